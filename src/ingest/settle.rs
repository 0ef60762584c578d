//! After the last row, before the commit: poorer rows of an event go where a richer one has come.
//!
//! A row is superseded by a richer row with its id, or, if it has no id of its own, by a row that has one and tells of
//! the same event. Files that hold superseded rows are written anew without them; the rest stays untouched.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;

use super::compact::write_ordered;
use super::count_one;
use super::known::SECOND;
use super::stored::{StoredRows, fingerprint_columns, key_columns};
use crate::archive::{CheckedFile, DataFile, Snapshot, StagedFile, TableFile, TableWriter, text_column};
use crate::error::{Context, Result};
use crate::normalize::parse_derived_id;
use crate::schema::{EVENT_TABLES, Table};

/// Fingerprints held in memory at a time; more are compared in several passes over the files.
const FINGERPRINTS_MAX: u64 = 2_000_000;

/// What has to be settled in one table.
#[derive(Debug, Default)]
pub(super) struct Unsettled {
    /// Keys of rows that a richer one has come for: its richness, and the position of its source.
    richer: HashMap<u128, (u8, usize)>,
    /// New rows without an id of their own.
    nameless: u64,
    /// Time of the first and the last new row.
    period: Option<(i64, i64)>,
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
    }

    /// A row that is kept.
    pub(super) fn came_new(&mut self, time: i64, is_nameless: bool) {
        self.nameless += u64::from(is_nameless);
        let (first, last) = self.period.unwrap_or((time, time));
        self.period = Some((first.min(time), last.max(time)));
    }
}

/// Settles every table; `touched` are the files of the archive that hold events which have come again.
///
/// # Errors
///
/// If a file cannot be read, or a new one cannot be written.
pub(super) fn settle(
    before: &Snapshot,
    touched: &BTreeSet<String>,
    unsettled: &BTreeMap<usize, Unsettled>,
    staged: Vec<StagedFile>,
    source_of: &dyn Fn(&str) -> Option<usize>,
    dir: &Path,
) -> Result<Settled> {
    let mut settled = Settled { staged, ..Settled::default() };
    for (table, unsettled) in unsettled {
        if let Some(period) = unsettled.period {
            let (index, table) = (*table, EVENT_TABLES[*table]);
            // The time of a snapshot is its file's and tells nothing of its twin's.
            let period = if table.rows.is_snapshot {
                (i64::MIN, i64::MAX)
            } else {
                (period.0.saturating_sub(SECOND), period.1.saturating_add(SECOND))
            };
            Settling { index, table, before, touched, unsettled, period, source_of, dir }
                .run(&mut settled)?;
        }
    }
    Ok(settled)
}

/// Rows with an id, by the fingerprint that rows without one have, too: how many, and the source of one.
type Twins = HashMap<u128, (u32, Option<usize>)>;

/// A file, its position among those of this ingest if it is one, and the positions of its superseded rows.
type Found = (Candidate, Option<usize>, BTreeSet<u64>);

struct Settling<'a> {
    index: usize,
    table: &'static Table,
    before: &'a Snapshot,
    touched: &'a BTreeSet<String>,
    unsettled: &'a Unsettled,
    /// The events that can be those of new rows lie within.
    period: (i64, i64),
    source_of: &'a dyn Fn(&str) -> Option<usize>,
    dir: &'a Path,
}

/// A file of the table: that of the archive has a path in the commit.
struct Candidate {
    file: TableFile,
    committed: Option<String>,
}

impl Settling<'_> {
    fn run(&self, settled: &mut Settled) -> Result<()> {
        let (ours, others): (Vec<_>, Vec<_>) = std::mem::take(&mut settled.staged)
            .into_iter()
            .partition(|staged| staged.table.name == self.table.name);
        settled.staged = others;
        let mut kept: Vec<Option<StagedFile>> = ours.into_iter().map(Some).collect();
        let superseded = self.find(&kept, settled)?;
        let mut writer = TableWriter::new(self.table, self.dir.to_owned(), "settled-");
        for (candidate, staged, positions) in superseded {
            self.rewrite(&candidate.file, &positions, &mut writer)?;
            if let Some(staged) = staged {
                kept[staged] = None;
            }
            settled.replaced_files.extend(candidate.committed);
        }
        settled.staged.extend(kept.into_iter().flatten());
        settled.staged.extend(writer.finish()?);
        Ok(())
    }

    /// The files that hold superseded rows, with those rows' positions.
    fn find(&self, ours: &[Option<StagedFile>], settled: &mut Settled) -> Result<Vec<Found>> {
        let mut nameless = self.unsettled.nameless;
        let near: Vec<_> =
            self.before.files(self.table.name).iter().filter(|file| self.is_near(file)).collect();
        nameless += near.iter().map(|file| file.rows_without_id).sum::<u64>();
        if nameless == 0 && self.unsettled.richer.is_empty() {
            return Ok(Vec::new());
        }
        let mut files = Vec::new();
        for file in self.before.files(self.table.name) {
            if self.touched.contains(&file.path) || (nameless > 0 && self.is_near(file)) {
                let candidate = Candidate {
                    file: TableFile::new(self.before.open_data(file)?)?,
                    committed: Some(file.path.clone()),
                };
                files.push((candidate, None, BTreeSet::new()));
            }
        }
        for (position, staged) in ours.iter().enumerate() {
            if let Some(staged) = staged {
                let file = TableFile::new(CheckedFile::open_staged(&staged.path)?)?;
                files.push((Candidate { file, committed: None }, Some(position), BTreeSet::new()));
            }
        }
        // Each pass compares one part of the fingerprints; the first one also looks for poorer rows.
        let passes = u128::from(nameless / FINGERPRINTS_MAX) + 1;
        for pass in 0..passes {
            let is_in_pass = |fingerprint: u128| fingerprint % passes == pass;
            let nameless = if nameless > 0 { self.nameless(&files, &is_in_pass)? } else { HashSet::new() };
            let twins = self.twins(&files, &nameless)?;
            drop(nameless);
            let seeks_poorer = pass == 0 && !self.unsettled.richer.is_empty();
            if twins.is_empty() && !seeks_poorer {
                continue;
            }
            for (candidate, _, positions) in &mut files {
                self.superseded(candidate, &twins, seeks_poorer, positions, settled)?;
            }
        }
        files.retain(|(_, _, positions)| !positions.is_empty());
        Ok(files)
    }

    /// Whether a file may hold an event that a new row tells of.
    fn is_near(&self, file: &DataFile) -> bool {
        file.first_event.is_none_or(|first| first <= self.period.1)
            && file.last_event.is_none_or(|last| last >= self.period.0)
    }

    /// The row groups that may hold an event that a new row tells of.
    fn near_groups(&self, file: &TableFile) -> Vec<usize> {
        let is_near = |group: &usize| {
            let period = file.period(*group);
            period.is_none_or(|(first, last)| first <= self.period.1 && last >= self.period.0)
        };
        (0..file.groups()).filter(is_near).collect()
    }

    /// Fingerprints of the rows without an id of their own, as far as they belong to this pass.
    fn nameless(&self, files: &[Found], is_in_pass: &dyn Fn(u128) -> bool) -> Result<HashSet<u128>> {
        let mut nameless = HashSet::new();
        for (candidate, _, _) in files {
            for group in self.near_groups(&candidate.file) {
                candidate.file.columns(group, &["id"], &mut |_, batch| {
                    let ids = text_column(batch, "id").iter().flatten().filter_map(parse_derived_id);
                    nameless
                        .extend(ids.map(|(fingerprint, _)| fingerprint).filter(|print| is_in_pass(*print)));
                    Ok(())
                })?;
            }
        }
        Ok(nameless)
    }

    /// How many rows with an id tell of the same event as rows without one, by fingerprint, with the source of one.
    fn twins(&self, files: &[Found], nameless: &HashSet<u128>) -> Result<Twins> {
        let mut twins = Twins::new();
        if nameless.is_empty() {
            return Ok(twins);
        }
        let columns = fingerprint_columns(self.table);
        for (candidate, _, _) in files {
            for group in self.near_groups(&candidate.file) {
                candidate.file.columns(group, &columns, &mut |_, batch| {
                    let rows = StoredRows::new(self.table, batch);
                    for row in 0..rows.rows() {
                        let time = rows.time(row);
                        let id = rows.value("id", row).unwrap_or_default();
                        if time < self.period.0 || time > self.period.1 || parse_derived_id(&id).is_some() {
                            continue;
                        }
                        let fingerprint = rows.fingerprint(row);
                        if nameless.contains(&fingerprint) {
                            let twin = twins.entry(fingerprint).or_default();
                            twin.0 += 1;
                            if candidate.committed.is_none() {
                                let source = rows.value("source_file", row);
                                twin.1 = source.and_then(|name| (self.source_of)(&name)).or(twin.1);
                            }
                        }
                    }
                    Ok(())
                })?;
            }
        }
        Ok(twins)
    }

    /// Adds the positions of the superseded rows of a file. Counts them.
    fn superseded(
        &self,
        candidate: &Candidate,
        twins: &Twins,
        seeks_poorer: bool,
        positions: &mut BTreeSet<u64>,
        settled: &mut Settled,
    ) -> Result<()> {
        let mut columns = key_columns(self.table);
        columns.extend(["source_file", self.table.rows.group]);
        columns.sort_unstable();
        columns.dedup();
        let mut look = |begin: u64, batch: &RecordBatch| {
            let rows = StoredRows::new(self.table, batch);
            for row in 0..rows.rows() {
                if let Some(by) = self.superseded_by(&rows, row, twins, seeks_poorer)
                    && positions.insert(begin + row as u64)
                {
                    if candidate.committed.is_some() {
                        count_one(&mut settled.replaced, by.unwrap_or(0));
                    } else {
                        let source = rows.value("source_file", row).and_then(|name| (self.source_of)(&name));
                        let group = rows.value(self.table.rows.group, row).unwrap_or_default().into_owned();
                        settled.withdrawn.push((source.unwrap_or(0), self.index, group));
                    }
                }
            }
            Ok(())
        };
        for group in 0..candidate.file.groups() {
            candidate.file.columns(group, &columns, &mut look)?;
        }
        Ok(())
    }

    /// The source of the row that a row has to go for, if it has to.
    fn superseded_by(
        &self,
        rows: &StoredRows,
        row: usize,
        twins: &Twins,
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
    fn rewrite(&self, file: &TableFile, without: &BTreeSet<u64>, writer: &mut TableWriter) -> Result<()> {
        for group in 0..file.groups() {
            let mut batches = Vec::new();
            file.rows(group, self.table, &mut |begin, batch| {
                let stays: BooleanArray =
                    (0..batch.num_rows() as u64).map(|row| Some(!without.contains(&(begin + row)))).collect();
                let kept =
                    filter_record_batch(&batch, &stays).context(|| "cannot drop poorer events".to_owned())?;
                batches.push(kept);
                Ok(())
            })?;
            write_ordered(self.table, &batches, writer)?;
        }
        Ok(())
    }
}
