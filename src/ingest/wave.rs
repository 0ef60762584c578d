//! The writing thread: drops known events from a wave of rows, orders the rest, and writes it.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::compute::{interleave_record_batch, max, min};
use arrow::datatypes::TimestampMicrosecondType;

use super::chunk::{Parsed, RejectedRecord};
use super::known::KnownEvents;
use super::ranks::Ranks;
use super::settle::{Settled, Unsettled, settle};
use super::stored::StoredRows;
use super::{accounting, count_one};
use crate::archive::{KeyIndex, Known, Snapshot, StagedFile, TableWriter, Transaction};
use crate::error::{Context, Result};
use crate::normalize::RowKey;
use crate::platform;
use crate::schema::{EVENT_TABLES, REJECT, Table};

/// Rows gathered into one batch before it is encoded.
pub(super) const WRITE_ROWS: usize = 8_192;

/// Rows without an id that are remembered of one source, to count those that agree in everything.
// LIMIT: of such rows further apart than this in one source, one is kept. The portal's downloads are 250,000 rows long.
const ORDINALS_MAX: usize = 2_000_000;

/// Rows that are written together, in the order of their sources.
#[derive(Debug, Default)]
pub(super) struct Wave {
    /// By position of the table.
    tables: BTreeMap<usize, TableWave>,
    rejects: Vec<RejectedRecord>,
    text_bytes: usize,
}

/// Rows of one table; a key and a source for each.
#[derive(Debug, Default)]
struct TableWave {
    batches: Vec<RecordBatch>,
    keys: Vec<(RowKey, usize)>,
}

impl Wave {
    pub(super) fn add(&mut self, part: Parsed) {
        for (table, rows) in part.tables {
            let wave = self.tables.entry(table).or_default();
            wave.batches.push(rows.batch);
            wave.keys.extend(rows.keys);
        }
        self.text_bytes += part.text_bytes;
        self.text_bytes += part.rejects.iter().map(|reject| reject.text.len() + 256).sum::<usize>();
        self.rejects.extend(part.rejects);
    }

    /// Bytes of the text that the wave was made of.
    pub(super) fn text_bytes(&self) -> usize {
        self.text_bytes
    }
}

/// Rows of one group of a table that were added: how many, and the time of the first and the last.
pub(super) type Group = (u64, i64, i64);

/// What is known, and what has been written.
#[derive(Debug)]
pub(super) struct Writing<'a> {
    before: &'a Snapshot,
    known: KnownEvents<'a>,
    /// Where files are staged.
    dir: PathBuf,
    /// By position of the table.
    writers: BTreeMap<usize, TableWriter>,
    rejects: TableWriter,
    /// Rows added, by source.
    pub(super) added: Vec<u64>,
    /// Rows added from between the first and the last event of their table and group that the archive had, by source.
    pub(super) late: Vec<u64>,
    /// Rows that differ from the event kept under their id, by source.
    pub(super) conflicting: Vec<u64>,
    /// Rows added in place of poorer ones of earlier commits, by source.
    pub(super) replaced: Vec<u64>,
    /// Rows added, by position of the table and group.
    pub(super) groups: BTreeMap<(usize, String), Group>,
    /// The source whose records without an id are being counted, and how often each fingerprint occurred in it.
    ordinals: (usize, HashMap<u128, u32>),
    unsettled: BTreeMap<usize, Unsettled>,
    /// Time of the first and the last event that the archive had, by name of the table and group.
    periods: BTreeMap<(&'a str, &'a str), (i64, i64)>,
    _dry_run_dir: Option<ScratchDir>,
}

/// A folder that goes away with its owner.
#[derive(Debug)]
struct ScratchDir(PathBuf);

impl Drop for ScratchDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl<'a> Writing<'a> {
    /// Prepares to add to the archive as it was `before`; without a transaction nothing is written but to `scratch`.
    pub(super) fn new(
        before: &'a Snapshot,
        transaction: Option<&Transaction>,
        scratch: &Path,
    ) -> Result<Self> {
        let (dir, scratch) = match transaction {
            Some(transaction) => (transaction.staging_dir(), None),
            None => {
                platform::create_private_dir(scratch)
                    .context(|| format!("cannot make `{}`", scratch.display()))?;
                (scratch.to_owned(), Some(ScratchDir(scratch.to_owned())))
            }
        };
        Ok(Self {
            before,
            known: KnownEvents::new(before, KeyIndex::new(dir.clone())),
            writers: BTreeMap::new(),
            rejects: TableWriter::new(&REJECT, dir.clone(), ""),
            dir,
            added: Vec::new(),
            late: Vec::new(),
            conflicting: Vec::new(),
            replaced: Vec::new(),
            groups: BTreeMap::new(),
            ordinals: (usize::MAX, HashMap::new()),
            unsettled: BTreeMap::new(),
            periods: before
                .coverage()
                .iter()
                .map(|known| ((known.table.as_str(), known.service.as_str()), (known.first, known.last)))
                .collect(),
            _dry_run_dir: scratch,
        })
    }

    /// Writes the rows of a wave that are to be kept.
    pub(super) fn write(&mut self, wave: Wave, now: i64) -> Result<()> {
        for (index, mut rows) in wave.tables {
            let table = EVENT_TABLES[index];
            self.name_the_nameless(table, &mut rows);
            let Some(period) = rows.period(table) else { continue };
            let keys: Vec<_> = rows.keys.iter().map(|(key, _)| *key).collect();
            let known = self.known.add(index, &keys, period)?;
            let unsettled = self.unsettled.entry(index).or_default();
            for ((key, source), known) in rows.keys.iter().zip(&known) {
                if known.is_conflict {
                    count_one(&mut self.conflicting, *source);
                }
                if known.replaces {
                    unsettled.came_richer(key.id, key.richness, *source);
                }
            }
            let order = self.order(index, table, &rows, &known);
            let writer =
                self.writers.entry(index).or_insert_with(|| TableWriter::new(table, self.dir.clone(), ""));
            let batches: Vec<_> = rows.batches.iter().collect();
            for rows in order.chunks(WRITE_ROWS) {
                let places: Vec<_> = rows.iter().map(|row| row.place).collect();
                let batch = interleave_record_batch(&batches, &places)
                    .context(|| "cannot order events".to_owned())?;
                let keys: Vec<_> = rows.iter().map(|row| row.hash).collect();
                writer.write_events(&batch, &keys, rows.iter().map(|row| u64::from(row.is_derived)).sum())?;
            }
            writer.end_group()?;
        }
        if let Some(batch) = accounting::reject_batch(&wave.rejects, now) {
            self.rejects.write(&batch)?;
        }
        Ok(())
    }

    /// Ends the files and settles which of several rows of an event stays. `names` are those of the sources.
    pub(super) fn finish(&mut self, names: &[String]) -> Result<Settled> {
        let mut staged: Vec<StagedFile> = Vec::new();
        for (_, writer) in std::mem::take(&mut self.writers) {
            staged.extend(writer.finish()?);
        }
        let positions: HashMap<&str, usize> =
            names.iter().enumerate().map(|(index, name)| (name.as_str(), index)).collect();
        let source_of = |name: &str| positions.get(name).copied();
        let mut settled =
            settle(self.before, self.known.touched(), &self.unsettled, staged, &source_of, &self.dir)?;
        for (source, table, group) in &settled.withdrawn {
            if let Some(added) = self.added.get_mut(*source) {
                *added = added.saturating_sub(1);
            }
            if let Some((count, _, _)) = self.groups.get_mut(&(*table, group.clone())) {
                *count = count.saturating_sub(1);
            }
        }
        self.groups.retain(|_, (count, _, _)| *count > 0);
        self.replaced.clone_from(&settled.replaced);
        let rejects = TableWriter::new(&REJECT, self.dir.clone(), "");
        settled.staged.extend(std::mem::replace(&mut self.rejects, rejects).finish()?);
        Ok(settled)
    }

    /// Gives rows without an id of their own one, which counts equal rows within their source.
    fn name_the_nameless(&mut self, table: &'static Table, wave: &mut TableWave) {
        let mut begin = 0;
        for batch in &mut wave.batches {
            let keys = &mut wave.keys[begin..begin + batch.num_rows()];
            begin += batch.num_rows();
            if !keys.iter().any(|(key, _)| key.is_derived) {
                continue;
            }
            let index = table.index_of("id");
            let given: &StringArray = batch.column(index).as_string();
            let versions = StoredRows::new(table, batch);
            let mut ids = Vec::with_capacity(keys.len());
            for (row, (key, source)) in keys.iter_mut().enumerate() {
                if !key.is_derived {
                    ids.push(given.value(row).to_owned());
                    continue;
                }
                if self.ordinals.0 != *source || self.ordinals.1.len() >= ORDINALS_MAX {
                    self.ordinals = (*source, HashMap::new());
                }
                let ordinal = self.ordinals.1.entry(key.id).or_default();
                ids.push(key.name(table, &|column| versions.value(column, row), *ordinal));
                *ordinal += 1;
            }
            let mut columns = batch.columns().to_vec();
            columns[index] = Arc::new(StringArray::from(ids)) as ArrayRef;
            *batch = RecordBatch::try_new(batch.schema(), columns).expect("only the ids were replaced");
        }
    }

    /// Counts the rows that are kept and says in which order they are written: by the table's words, and time.
    fn order(
        &mut self,
        index: usize,
        table: &'static Table,
        wave: &TableWave,
        known: &[Known],
    ) -> Vec<Ordered> {
        let groups = Ranks::of(table, &wave.batches, table.rows.group);
        let words: Vec<_> =
            table.rows.order.iter().map(|column| Ranks::of(table, &wave.batches, column)).collect();
        let rank = |word: usize, batch: usize, row: usize| {
            words.get(word).map_or(0, |ranks: &Ranks| ranks.rank(batch, row))
        };
        let period = |name: &String| self.periods.get(&(table.name, name.as_str())).copied();
        let periods: Vec<_> = groups.names().iter().map(period).collect();
        let unsettled = self.unsettled.entry(index).or_default();
        let mut rows = Vec::with_capacity(known.len());
        let mut counts: BTreeMap<usize, Group> = BTreeMap::new();
        let mut row_in_wave = 0;
        for (batch_index, batch) in wave.batches.iter().enumerate() {
            let times: &TimestampMicrosecondArray =
                batch.column(table.index_of("event_time")).as_primitive::<TimestampMicrosecondType>();
            for row in 0..batch.num_rows() {
                if known[row_in_wave].is_kept {
                    let (key, source) = &wave.keys[row_in_wave];
                    count_one(&mut self.added, *source);
                    let time = times.value(row);
                    unsettled.came_new(time, key.is_derived);
                    let group = groups.rank(batch_index, row);
                    if periods[group].is_some_and(|(first, last)| first <= time && time < last) {
                        count_one(&mut self.late, *source);
                    }
                    let (count, first, last) = counts.entry(group).or_insert((0, time, time));
                    *count += 1;
                    *first = time.min(*first);
                    *last = time.max(*last);
                    rows.push((
                        (rank(0, batch_index, row), rank(1, batch_index, row), time, batch_index, row),
                        Ordered { place: (batch_index, row), hash: key.hash(), is_derived: key.is_derived },
                    ));
                }
                row_in_wave += 1;
            }
        }
        for (rank, (more, begin, end)) in counts {
            let key = (index, groups.name(rank).to_owned());
            let (count, first, last) = self.groups.entry(key).or_insert((0, begin, end));
            *count += more;
            *first = begin.min(*first);
            *last = end.max(*last);
        }
        rows.sort_unstable_by_key(|(order, _)| *order);
        rows.into_iter().map(|(_, row)| row).collect()
    }
}

/// A row that is written.
struct Ordered {
    /// Its batch, and its place in that.
    place: (usize, usize),
    /// Hash of its identity.
    hash: u64,
    /// Its source gave no id.
    is_derived: bool,
}

impl TableWave {
    /// Time of the first and the last row.
    fn period(&self, table: &Table) -> Option<(i64, i64)> {
        let times = |batch: &RecordBatch| {
            let times: &TimestampMicrosecondArray = batch.column(table.index_of("event_time")).as_primitive();
            Some((min(times)?, max(times)?))
        };
        self.batches.iter().filter_map(times).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }
}
