//! Whether an archive is what was written: its files, what their indexes say, the order and identity of the rows, the
//! accounting, and the sources as far as they are at hand.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use arrow::array::{Array, AsArray};
use arrow::datatypes::Int64Type;

use super::sources;
use super::stored::{StoredRows, key_columns};
use crate::archive::{
    DataFile, Events, HOUR_MICROS, Hours, Key, KeyIndex, Snapshot, TableFile, add_hours,
    coverage_differences, differences, file_hours, file_keys, stored_columns, text_column, unlisted,
};
use crate::error::{Context, Result};
use crate::platform;
use crate::schema::{EVENT_TABLES, REJECT, SOURCE, Table};

/// Rows without a place of their own that are named one by one, of each file.
const NAMED_MAX: usize = 5;

/// What was verified.
#[derive(Debug, Default)]
pub(crate) struct Verification {
    /// Data files.
    pub(crate) files: usize,
    /// Bytes of the data files.
    pub(crate) bytes: u64,
    /// Rows of events.
    pub(crate) rows: u64,
    /// Source files that are at hand, byte for byte.
    pub(crate) sources_same: usize,
    /// Source files that are not at hand.
    pub(crate) sources_absent: usize,
    /// What is not as it should be.
    pub(crate) findings: Vec<Finding>,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// `file`, `index`, `row`, `commit`, `accounting`, `source` or `leftover`.
    pub(crate) kind: &'static str,
    /// What it is about: a path below the archive, a source's path.
    pub(crate) subject: String,
    /// What differs.
    pub(crate) text: String,
}

/// Verifies an archive. `sources` are folders with the sources, for when they are not where they were; `scratch` is a
/// folder that does not exist, for what does not fit into memory.
///
/// # Errors
///
/// If the archive's commit or the sources cannot be read at all.
pub(crate) fn verify(snapshot: &Snapshot, sources: &[String], scratch: &Path) -> Result<Verification> {
    let mut verification = Verification::default();
    let mut is_whole = true;
    for file in snapshot.all_files() {
        verification.files += 1;
        verification.bytes += file.size_bytes;
        for (path, text) in differences(snapshot, file) {
            let kind = if path.starts_with("data/") { "file" } else { "index" };
            is_whole = false;
            verification.find(kind, &path, text);
        }
    }
    for path in unlisted(snapshot)? {
        let text =
            "is no part of the archive: an ingest that did not end has left it, and the next one removes it";
        verification.find("leftover", &path, text.to_owned());
    }
    platform::create_private_dir(scratch).context(|| format!("cannot make `{}`", scratch.display()))?;
    let looked =
        EVENT_TABLES.iter().try_for_each(|table| verification.look_at_rows(snapshot, table, scratch));
    let _ = std::fs::remove_dir_all(scratch);
    looked?;
    if is_whole {
        verification.close_accounts(snapshot)?;
    }
    sources::look_at(snapshot, sources, &mut verification)?;
    Ok(verification)
}

impl Verification {
    pub(super) fn find(&mut self, kind: &'static str, subject: &str, text: String) {
        self.findings.push(Finding { kind, subject: subject.to_owned(), text });
    }

    /// Whether every identity is there once, and every file is ordered and its index true.
    fn look_at_rows(&mut self, snapshot: &Snapshot, table: &'static Table, scratch: &Path) -> Result<()> {
        let mut known = KeyIndex::new(scratch.to_owned());
        let (mut hours, mut is_read) = (Hours::new(), true);
        for file in snapshot.files(table.name) {
            let mut look = Look::new(table);
            match look.run(snapshot, file, &mut known) {
                // What cannot be read has been found before.
                Err(error) => {
                    is_read = false;
                    if !self.findings.iter().any(|finding| finding.subject == file.path) {
                        self.find("file", &file.path, error.one_line());
                    }
                }
                Ok(()) => {
                    self.rows += look.rows;
                    for (kind, text) in look.judge(snapshot, file)? {
                        self.find(kind, &file.path, text);
                    }
                    add_hours(&mut hours, look.hours);
                }
            }
        }
        if is_read {
            let number = snapshot.commit.as_ref().map_or(0, |commit| commit.number);
            for text in coverage_differences(snapshot, table, &hours) {
                self.find("commit", &format!("commit {number}"), text);
            }
        }
        Ok(())
    }

    /// Whether every record of every source has come to something, and every row has come from a record.
    fn close_accounts(&mut self, snapshot: &Snapshot) -> Result<()> {
        const COUNTS: [&str; 6] = [
            "events_read",
            "events_added",
            "events_duplicate",
            "events_rejected",
            "events_skipped",
            "events_replaced",
        ];
        let (mut sum, mut open) = ([0_i64; COUNTS.len()], Vec::new());
        let columns: Vec<_> = COUNTS.iter().copied().chain(["path"]).collect();
        stored_columns(snapshot, SOURCE.name, &columns, &mut |batch| {
            for row in 0..batch.num_rows() {
                let counts = COUNTS.map(|name| {
                    let column = batch.column_by_name(name).expect("the column was asked for");
                    let counts = column.as_primitive::<Int64Type>();
                    if counts.is_null(row) { 0 } else { counts.value(row) }
                });
                let [read, added, duplicate, rejected, skipped, _] = counts;
                if read != added + duplicate + rejected + skipped {
                    open.push((text_column(batch, "path").value(row).to_owned(), counts));
                }
                for (sum, count) in sum.iter_mut().zip(counts) {
                    *sum += count;
                }
            }
            Ok(())
        })?;
        for (path, [read, added, duplicate, rejected, skipped, _]) in open {
            let text = format!(
                "{read} records read are not {added} added + {duplicate} duplicate + {rejected} rejected + {skipped} skipped"
            );
            self.find("accounting", &path, text);
        }
        let rows_of = |table: &Table| i64::try_from(snapshot.rows(table.name)).unwrap_or(i64::MAX);
        let events: i64 = EVENT_TABLES.iter().map(|table| rows_of(table)).sum();
        let [_, added, _, rejected, _, replaced] = sum;
        if events != added - replaced {
            let text = format!("{events} rows of events are not {added} added - {replaced} replaced");
            self.find("accounting", "meta.sources", text);
        }
        if rows_of(&REJECT) != rejected {
            let text = format!("{} rejects are kept of {rejected} rejected records", rows_of(&REJECT));
            self.find("accounting", "meta.rejects", text);
        }
        Ok(())
    }
}

/// What one file's rows say.
struct Look {
    table: &'static Table,
    rows: u64,
    rows_without_id: u64,
    keys: Vec<u64>,
    hours: Hours,
    twice: Vec<String>,
    unordered: u64,
}

impl Look {
    fn new(table: &'static Table) -> Self {
        Self {
            table,
            rows: 0,
            rows_without_id: 0,
            keys: Vec::new(),
            hours: Hours::new(),
            twice: Vec::new(),
            unordered: 0,
        }
    }

    fn run(&mut self, snapshot: &Snapshot, file: &DataFile, known: &mut KeyIndex) -> Result<()> {
        let open = TableFile::new(snapshot.open_data(file)?)?;
        for group in 0..open.groups() {
            let order = open.sorted_by(group);
            let mut columns: Vec<&str> = key_columns(self.table);
            columns.extend(order.iter().map(String::as_str).chain([self.table.rows.group]));
            columns.sort_unstable();
            columns.dedup();
            let mut last: Option<Vec<(Option<String>, i64)>> = None;
            open.columns(group, &columns, &mut |_, batch| {
                let rows = StoredRows::new(self.table, batch);
                let keys: Vec<_> = (0..rows.rows()).map(|row| rows.key(row)).collect();
                let index_keys: Vec<_> = keys
                    .iter()
                    .map(|key| Key {
                        id: key.id,
                        tenant: key.tenant,
                        facts: key.facts,
                        richness: key.richness,
                    })
                    .collect();
                for (row, known) in known.add(&index_keys)?.iter().enumerate() {
                    if !known.is_kept || known.replaces {
                        self.twice.push(rows.value("id", row).unwrap_or_default().into_owned());
                    }
                }
                for (row, key) in keys.iter().enumerate() {
                    self.rows += 1;
                    self.rows_without_id += u64::from(rows.has_derived_id(row));
                    self.keys.push(key.hash());
                    let time = rows.time(row);
                    let group = rows.value(self.table.rows.group, row).unwrap_or_default();
                    let events = Events { count: 1, first: time, last: time };
                    let hour = BTreeMap::from([(time.div_euclid(HOUR_MICROS), events)]);
                    add_hours(&mut self.hours, Hours::from([(group.into_owned(), hour)]));
                    let place = order.iter().map(|column| match column.as_str() {
                        "event_time" => (None, time),
                        word => (rows.value(word, row).map(Cow::into_owned), 0),
                    });
                    let place = place.collect();
                    self.unordered += u64::from(last.as_ref().is_some_and(|last| *last > place));
                    last = Some(place);
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// What is wrong with the file.
    fn judge(&mut self, snapshot: &Snapshot, file: &DataFile) -> Result<Vec<(&'static str, String)>> {
        let mut found = Vec::new();
        if self.rows != file.rows {
            found.push(("file", format!("has {} rows, not the {} that were written", self.rows, file.rows)));
        }
        for id in self.twice.iter().take(NAMED_MAX) {
            found.push(("row", format!("has the event `{id}` of table {} again", self.table.name)));
        }
        if self.twice.len() > NAMED_MAX {
            found.push(("row", format!("has {} events again", self.twice.len())));
        }
        if self.unordered > 0 {
            found.push(("row", format!("has {} rows out of order", self.unordered)));
        }
        self.keys.sort_unstable();
        let is_index_true = matches!(file_keys(snapshot, file), Ok(keys) if keys == self.keys)
            && matches!(file_hours(snapshot, file), Ok(hours) if hours == self.hours)
            && self.rows_without_id == file.rows_without_id;
        let period = self.hours.values().flat_map(|hours| hours.values());
        let first = period.clone().map(|events| events.first).min();
        let last = period.map(|events| events.last).max();
        if !is_index_true || (first, last) != (file.first_event, file.last_event) {
            found.push(("index", "does not agree with its index or the commit".to_owned()));
        }
        Ok(found)
    }
}
