//! After the last row, before the commit: poorer rows of an event go where a richer one has come.
//!
//! A row is superseded by a richer row with its id, or, if it has no id of its own, by a row that has one and tells of
//! the same event. Files that hold superseded rows are written anew without them; the rest stays untouched.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use arrow::array::BooleanArray;
use arrow::compute::filter_record_batch;

use super::count_one;
use super::stored::{StoredRows, fingerprint_columns, key_columns};
use crate::archive::{Rows, Snapshot, StagedFile, TableWriter, file_columns, file_rows, text_column};
use crate::error::{Context, Result};
use crate::normalize::parse_derived_id;
use crate::schema::{EVENT_TABLES, Table};

/// Fingerprints held in memory at a time; more are compared in several passes over the files.
const FINGERPRINTS_MAX: u64 = 2_000_000;
/// How far the times of two records of one event may be apart, in microseconds.
const SECOND: i64 = 1_000_000;

/// What has to be settled in one table.
#[derive(Debug, Default)]
pub(super) struct Unsettled {
    /// Keys of rows that a richer one has come for: its richness, and the position of its source.
    richer: HashMap<u128, (u8, usize)>,
    /// Rows without an id of their own.
    nameless: u64,
    /// Times between which the rows without an id lie.
    period: Option<(i64, i64)>,
    /// Rows have come that make it worth looking.
    has_news: bool,
}

/// What was settled.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// The new files.
    pub(super) staged: Vec<StagedFile>,
    /// Files of the archive that they take the place of.
    pub(super) replaced_files: BTreeSet<String>,
    /// Rows of earlier commits that went, by the source whose row came.
    pub(super) replaced: Vec<u64>,
    /// Rows of this ingest that went: the source, the table and the group that they were counted under.
    pub(super) withdrawn: Vec<(usize, usize, String)>,
}

impl Unsettled {
    /// A row that is richer than one kept before.
    pub(super) fn came_richer(&mut self, key: u128, richness: u8, source: usize) {
        self.richer.insert(key, (richness, source));
        self.has_news = true;
    }

    /// A row without an id of its own, in the archive or new.
    pub(super) fn saw_nameless(&mut self, time: i64) {
        self.nameless += 1;
        let (first, last) = self.period.unwrap_or((time, time));
        self.period = Some((first.min(time), last.max(time)));
    }

    /// A new row.
    pub(super) fn came_new(&mut self) {
        self.has_news = true;
    }
}

/// Settles every table.
///
/// # Errors
///
/// If a file cannot be read, or a new one cannot be written.
pub(super) fn settle(
    before: &Snapshot,
    unsettled: &BTreeMap<usize, Unsettled>,
    staged: Vec<StagedFile>,
    source_of: &dyn Fn(&str) -> Option<usize>,
    dir: &Path,
) -> Result<Settled> {
    let mut settled = Settled { staged, ..Settled::default() };
    for (table, unsettled) in unsettled {
        if unsettled.has_news && !(unsettled.richer.is_empty() && unsettled.nameless == 0) {
            Settling { index: *table, table: EVENT_TABLES[*table], before, unsettled, source_of, dir }
                .run(&mut settled)?;
        }
    }
    Ok(settled)
}

struct Settling<'a> {
    index: usize,
    table: &'static Table,
    before: &'a Snapshot,
    unsettled: &'a Unsettled,
    source_of: &'a dyn Fn(&str) -> Option<usize>,
    dir: &'a Path,
}

/// A file of the table: that of the archive has a path in the commit.
struct TableFile {
    place: PathBuf,
    committed: Option<String>,
    period: (Option<i64>, Option<i64>),
}

impl Settling<'_> {
    fn run(&self, settled: &mut Settled) -> Result<()> {
        let mut files = Vec::new();
        for file in self.before.files(self.table.name) {
            let place = self.before.locate(file)?;
            let period = (file.first_event, file.last_event);
            files.push(TableFile { place, committed: Some(file.path.clone()), period });
        }
        let (ours, others): (Vec<_>, Vec<_>) = std::mem::take(&mut settled.staged)
            .into_iter()
            .partition(|staged| staged.table.name == self.table.name);
        settled.staged = others;
        files.extend(ours.iter().map(|staged| TableFile {
            place: staged.path.clone(),
            committed: None,
            period: (staged.file.first_event, staged.file.last_event),
        }));
        // Each pass compares one part of the fingerprints; the first one also looks for poorer rows.
        let passes = u128::from(self.unsettled.nameless / FINGERPRINTS_MAX) + 1;
        let mut superseded: BTreeMap<usize, BTreeSet<u64>> = BTreeMap::new();
        for pass in 0..passes {
            let is_in_pass = |fingerprint: u128| fingerprint % passes == pass;
            let nameless = self.nameless(&files, &is_in_pass)?;
            let twins = self.twins(&files, &nameless)?;
            drop(nameless);
            let seeks_poorer = pass == 0 && !self.unsettled.richer.is_empty();
            if twins.is_empty() && !seeks_poorer {
                continue;
            }
            for (index, file) in files.iter().enumerate() {
                let positions = superseded.entry(index).or_default();
                self.superseded(file, &twins, seeks_poorer, positions, settled)?;
            }
        }
        let mut writer = TableWriter::new(self.table, self.dir.to_owned(), "settled-");
        let mut kept: BTreeMap<PathBuf, StagedFile> =
            ours.into_iter().map(|staged| (staged.path.clone(), staged)).collect();
        for (index, positions) in superseded.iter().filter(|(_, positions)| !positions.is_empty()) {
            let file = &files[*index];
            self.rewrite(&file.place, positions, &mut writer)?;
            kept.remove(&file.place);
            settled.replaced_files.extend(file.committed.clone());
        }
        settled.staged.extend(kept.into_values());
        settled.staged.extend(writer.finish()?);
        Ok(())
    }

    /// Fingerprints of the rows without an id of their own, as far as they belong to this pass.
    fn nameless(&self, files: &[TableFile], is_in_pass: &dyn Fn(u128) -> bool) -> Result<HashSet<u128>> {
        let mut nameless = HashSet::new();
        if self.unsettled.nameless == 0 {
            return Ok(nameless);
        }
        for file in files {
            file_columns(&file.place, &["id"], &mut |batch| {
                let ids = text_column(batch, "id").iter().flatten().filter_map(parse_derived_id);
                nameless.extend(ids.map(|(fingerprint, _)| fingerprint).filter(|print| is_in_pass(*print)));
                Ok(())
            })?;
        }
        Ok(nameless)
    }

    /// How many rows with an id tell of the same event as rows without one, by fingerprint, with the source of one.
    fn twins(
        &self,
        files: &[TableFile],
        nameless: &HashSet<u128>,
    ) -> Result<HashMap<u128, (u32, Option<usize>)>> {
        let mut twins: HashMap<u128, (u32, Option<usize>)> = HashMap::new();
        let Some((first, last)) = self.unsettled.period.filter(|_| !nameless.is_empty()) else {
            return Ok(twins);
        };
        let columns = fingerprint_columns(self.table);
        for file in files {
            let is_apart = file.period.0.is_some_and(|begin| begin > last + SECOND)
                || file.period.1.is_some_and(|end| end < first - SECOND);
            if is_apart {
                continue;
            }
            file_columns(&file.place, &columns, &mut |batch| {
                let rows = StoredRows::new(self.table, batch);
                for row in 0..rows.rows() {
                    let time = rows.time(row);
                    let id = rows.value("id", row).unwrap_or_default();
                    if time < first - SECOND || time > last + SECOND || parse_derived_id(&id).is_some() {
                        continue;
                    }
                    let fingerprint = rows.fingerprint(row);
                    if nameless.contains(&fingerprint) {
                        let twin = twins.entry(fingerprint).or_default();
                        twin.0 += 1;
                        if file.committed.is_none() {
                            let source = rows.value("source_file", row);
                            twin.1 = source.and_then(|name| (self.source_of)(&name)).or(twin.1);
                        }
                    }
                }
                Ok(())
            })?;
        }
        Ok(twins)
    }

    /// Adds the positions of the superseded rows of a file. Counts them.
    fn superseded(
        &self,
        file: &TableFile,
        twins: &HashMap<u128, (u32, Option<usize>)>,
        seeks_poorer: bool,
        positions: &mut BTreeSet<u64>,
        settled: &mut Settled,
    ) -> Result<()> {
        let mut columns = key_columns(self.table);
        columns.extend(["source_file", self.table.rows.group]);
        columns.sort_unstable();
        columns.dedup();
        let mut position = 0;
        file_columns(&file.place, &columns, &mut |batch| {
            let rows = StoredRows::new(self.table, batch);
            for row in 0..rows.rows() {
                if let Some(by) = self.superseded_by(&rows, row, twins, seeks_poorer)
                    && positions.insert(position)
                {
                    if file.committed.is_some() {
                        count_one(&mut settled.replaced, by.unwrap_or(0));
                    } else {
                        let source = rows.value("source_file", row).and_then(|name| (self.source_of)(&name));
                        let group = rows.value(self.table.rows.group, row).unwrap_or_default().into_owned();
                        settled.withdrawn.push((source.unwrap_or(0), self.index, group));
                    }
                }
                position += 1;
            }
            Ok(())
        })
    }

    /// The source of the row that a row has to go for, if it has to.
    fn superseded_by(
        &self,
        rows: &StoredRows,
        row: usize,
        twins: &HashMap<u128, (u32, Option<usize>)>,
        seeks_poorer: bool,
    ) -> Option<Option<usize>> {
        let id = rows.value("id", row)?;
        if let Some((fingerprint, ordinal)) = parse_derived_id(&id)
            && let Some((count, source)) = twins.get(&fingerprint)
            && *count > ordinal
        {
            return Some(*source);
        }
        if !seeks_poorer {
            return None;
        }
        let key = rows.key(row);
        let (richness, source) = self.unsettled.richer.get(&key.id)?;
        (key.richness < *richness).then_some(Some(*source))
    }

    /// Writes a file anew without some of its rows.
    fn rewrite(&self, path: &Path, without: &BTreeSet<u64>, writer: &mut TableWriter) -> Result<()> {
        let mut position = 0;
        file_rows(path, self.table, &mut |rows| match rows {
            Rows::EndOfGroup => writer.end_group(),
            Rows::Batch(batch) => {
                let stays: BooleanArray = (0..batch.num_rows() as u64)
                    .map(|row| Some(!without.contains(&(position + row))))
                    .collect();
                position += batch.num_rows() as u64;
                let kept =
                    filter_record_batch(&batch, &stays).context(|| "cannot drop poorer events".to_owned())?;
                if kept.num_rows() > 0 { writer.write(&kept) } else { Ok(()) }
            }
        })
    }
}
