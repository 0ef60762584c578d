//! Keeping files few: small ones are merged into larger ones, with the rows in the order in which an ingest writes them.
//!
//! An ingest merges as many files as are about equally small, so a row is written anew at most once for each
//! [`MERGE_FILES`]-fold growth of its file. `auditql compact` merges everything that is not large and apart in time yet.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use arrow::array::{AsArray, BooleanArray, RecordBatch, TimestampMicrosecondArray};
use arrow::compute::{filter_record_batch, interleave_record_batch};
use arrow::datatypes::TimestampMicrosecondType;

use super::ranks::Ranks;
use super::stored::write_stored;
use super::wave::WRITE_ROWS;
use crate::archive::{
    CheckedFile, Claim, DataFile, FILE_ROWS_MAX, HOUR_MICROS, Hours, Snapshot, StagedFile, TableFile,
    TableWriter, Transaction, add_hours, file_hours, staged_hours,
};
use crate::error::{Context, Result};
use crate::schema::{Table, format_time, stored_tables};

/// Files of about one size that are merged into one.
const MERGE_FILES: usize = 8;
/// Rows that are ordered together; a row group has at most about as many.
const GROUP_ROWS: u64 = 1 << 16;

/// What `compact` did to one table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Compacted {
    /// Table.
    pub(crate) table: &'static str,
    /// Files before.
    pub(crate) files_before: usize,
    /// Files after.
    pub(crate) files_after: usize,
    /// Bytes of the files before.
    pub(crate) bytes_before: u64,
    /// Bytes of the files after.
    pub(crate) bytes_after: u64,
}

/// Merges the files of each table that are small or overlap. Returns what was done, and the commit's number; nothing
/// is committed if there was nothing to do.
///
/// # Errors
///
/// If the archive cannot be read or written: then it is as it was.
pub(crate) fn compact(archive: &Path, claim: &Claim, now: i64) -> Result<(Vec<Compacted>, Option<u64>)> {
    let transaction = Transaction::begin(archive, claim)?;
    let (mut staged, mut replaced, mut done) = (Vec::new(), BTreeSet::new(), Vec::new());
    for table in stored_tables() {
        let files = transaction.before.files(table.name);
        if is_compact(files) {
            continue;
        }
        let all: Vec<_> = files.iter().map(Part::Committed).collect();
        let merged = merge(table, &transaction.before, &all, &transaction.staging_dir(), "compact-")?;
        let bytes = |files: &mut dyn Iterator<Item = &DataFile>| files.map(|file| file.size_bytes).sum();
        done.push(Compacted {
            table: table.name,
            files_before: files.len(),
            files_after: merged.len(),
            bytes_before: bytes(&mut files.iter()),
            bytes_after: bytes(&mut merged.iter().map(|staged| &staged.file)),
        });
        replaced.extend(files.iter().map(|file| file.path.clone()));
        staged.extend(merged);
    }
    if done.is_empty() {
        return Ok((done, None));
    }
    let number = transaction.commit(staged, &replaced, format_time(now))?;
    Ok((done, Some(number)))
}

/// Whether there is nothing to gain: files do not overlap in time, and at most one of them is small.
fn is_compact(files: &[DataFile]) -> bool {
    let small = files.iter().filter(|file| file.rows < FILE_ROWS_MAX / 2).count();
    let mut periods: Vec<_> = files.iter().filter_map(|file| file.first_event.zip(file.last_event)).collect();
    periods.sort_unstable();
    small <= 1 && periods.windows(2).all(|pair| pair[0].1 <= pair[1].0)
}

/// After an ingest: merges small files, new and old ones, where there are many. `replaced` are files of the archive
/// that do not count any more.
///
/// # Errors
///
/// If a file cannot be read, or a new one cannot be written.
pub(super) fn merge_small(
    before: &Snapshot,
    mut staged: Vec<StagedFile>,
    replaced: &mut BTreeSet<String>,
    dir: &Path,
) -> Result<Vec<StagedFile>> {
    let mut all = Vec::new();
    for table in stored_tables() {
        let (mut ours, others): (Vec<_>, Vec<_>) =
            staged.into_iter().partition(|staged| staged.table.name == table.name);
        staged = others;
        for round in 0.. {
            let committed = before.files(table.name).iter().filter(|file| !replaced.contains(&file.path));
            let parts: Vec<_> = committed.map(Part::Committed).chain(ours.iter().map(Part::Staged)).collect();
            let Some(chosen) = choose(&parts.iter().map(|part| part.file().rows).collect::<Vec<_>>()) else {
                break;
            };
            let chosen: Vec<_> = chosen.into_iter().map(|index| parts[index]).collect();
            let merged = merge(table, before, &chosen, dir, &format!("merged-{round}-"))?;
            let mut gone = BTreeSet::new();
            for part in chosen {
                match part {
                    Part::Committed(file) => drop(replaced.insert(file.path.clone())),
                    Part::Staged(staged) => drop(gone.insert(staged.path.clone())),
                }
            }
            ours.retain(|staged| !gone.contains(&staged.path));
            ours.extend(merged);
        }
        all.extend(ours);
    }
    Ok(all)
}

/// Positions of the files that are to be merged: the smallest size of which there are enough, in powers of
/// [`MERGE_FILES`] rows.
fn choose(rows: &[u64]) -> Option<Vec<usize>> {
    let mut sizes: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (index, rows) in rows.iter().enumerate().filter(|(_, rows)| **rows < FILE_ROWS_MAX / 2) {
        sizes.entry(rows.max(&1).ilog(MERGE_FILES as u64)).or_default().push(index);
    }
    sizes.into_values().find(|files| files.len() >= MERGE_FILES)
}

/// A file to be merged.
#[derive(Debug, Clone, Copy)]
enum Part<'a> {
    Committed(&'a DataFile),
    Staged(&'a StagedFile),
}

impl Part<'_> {
    fn file(&self) -> &DataFile {
        match self {
            Self::Committed(file) => file,
            Self::Staged(staged) => &staged.file,
        }
    }

    fn open(&self, before: &Snapshot) -> Result<TableFile> {
        TableFile::new(match self {
            Self::Committed(file) => before.open_data(file)?,
            Self::Staged(staged) => CheckedFile::open_staged(&staged.path)?,
        })
    }

    fn hours(&self, before: &Snapshot) -> Result<Hours> {
        match self {
            Self::Committed(file) => file_hours(before, file),
            Self::Staged(staged) => staged_hours(&staged.path),
        }
    }
}

/// Writes the rows of the files into as few as is good.
fn merge(
    table: &'static Table,
    before: &Snapshot,
    parts: &[Part<'_>],
    dir: &Path,
    prefix: &str,
) -> Result<Vec<StagedFile>> {
    let mut writer = TableWriter::new(table, dir.to_owned(), prefix);
    let files = parts.iter().map(|part| part.open(before)).collect::<Result<Vec<_>>>()?;
    if table.rows.group.is_empty() {
        // Of the accounting the order is that of the ingests.
        for file in &files {
            for group in 0..file.groups() {
                file.rows(group, table, &mut |_, batch| writer.write(&batch))?;
            }
        }
        return writer.finish();
    }
    let mut hours = Hours::new();
    for part in parts {
        add_hours(&mut hours, part.hours(before)?);
    }
    for (begin, end) in periods(&hours) {
        let mut batches = Vec::new();
        for file in &files {
            let is_apart =
                |group: &usize| file.period(*group).is_some_and(|(first, last)| last < begin || first >= end);
            for group in (0..file.groups()).filter(|group| !is_apart(group)) {
                file.rows(group, table, &mut |_, batch| {
                    let within: BooleanArray = times(table, &batch)
                        .values()
                        .iter()
                        .map(|time| Some(begin <= *time && *time < end))
                        .collect();
                    let rows =
                        filter_record_batch(&batch, &within).context(|| "cannot order events".to_owned())?;
                    if rows.num_rows() > 0 {
                        batches.push(rows);
                    }
                    Ok(())
                })?;
            }
        }
        write_ordered(table, &batches, &mut writer)?;
    }
    writer.finish()
}

fn times<'b>(table: &Table, batch: &'b RecordBatch) -> &'b TimestampMicrosecondArray {
    batch.column(table.index_of("event_time")).as_primitive::<TimestampMicrosecondType>()
}

/// Periods (begin inclusive, end exclusive) of about [`GROUP_ROWS`] events each. A busy hour is cut evenly.
fn periods(hours: &Hours) -> Vec<(i64, i64)> {
    let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
    for (hour, events) in hours.values().flatten() {
        *counts.entry(*hour).or_default() += events.count;
    }
    let mut periods: Vec<(i64, i64)> = Vec::new();
    let mut open: Option<(i64, u64)> = None;
    for (hour, count) in counts {
        let (begin, end) =
            (hour.saturating_mul(HOUR_MICROS), hour.saturating_add(1).saturating_mul(HOUR_MICROS));
        match &mut open {
            Some((_, rows)) if *rows + count <= GROUP_ROWS => {
                *rows += count;
                if let Some(last) = periods.last_mut() {
                    last.1 = end;
                }
            }
            _ => {
                let pieces = i64::try_from(count.div_ceil(GROUP_ROWS)).unwrap_or(1).max(1);
                let cut = |piece: i64| begin + (end - begin) / pieces * piece;
                periods.extend(
                    (0..pieces)
                        .map(|piece| (cut(piece), if piece + 1 == pieces { end } else { cut(piece + 1) })),
                );
                open = (pieces == 1).then_some((hour, count));
            }
        }
    }
    periods
}

/// Writes a row group: by the table's words, and time.
pub(super) fn write_ordered(
    table: &'static Table,
    batches: &[RecordBatch],
    writer: &mut TableWriter,
) -> Result<()> {
    let words: Vec<_> = table.rows.order.iter().map(|column| Ranks::of(table, batches, column)).collect();
    let mut rows = Vec::new();
    for (index, batch) in batches.iter().enumerate() {
        let times = times(table, batch);
        for row in 0..batch.num_rows() {
            let rank = |word: usize| words.get(word).map_or(0, |ranks| ranks.rank(index, row));
            rows.push((rank(0), rank(1), times.value(row), index, row));
        }
    }
    rows.sort_unstable();
    let batches: Vec<_> = batches.iter().collect();
    for rows in rows.chunks(WRITE_ROWS) {
        let places: Vec<_> = rows.iter().map(|(_, _, _, batch, row)| (*batch, *row)).collect();
        let ordered =
            interleave_record_batch(&batches, &places).context(|| "cannot order events".to_owned())?;
        write_stored(table, &ordered, writer)?;
    }
    writer.end_group()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::Events;

    #[test]
    fn many_small_ingests_end_in_few_files_and_a_row_is_rarely_written_again() {
        let (mut files, mut written) = (Vec::new(), 0);
        for _ in 0..5_000 {
            files.push(10_u64);
            while let Some(chosen) = choose(&files) {
                let merged: u64 = chosen.iter().map(|index| files[*index]).sum();
                written += merged;
                for index in chosen.into_iter().rev() {
                    files.remove(index);
                }
                files.push(merged);
            }
            assert!(files.len() <= 7 * 6, "{files:?}");
        }
        assert_eq!(files.iter().sum::<u64>(), 50_000);
        assert!(written <= 50_000 * 6, "{written}");
    }

    #[test]
    fn large_files_are_left_alone() {
        assert_eq!(choose(&[FILE_ROWS_MAX; 100]), None);
        assert_eq!(choose(&[10; 7]), None);
    }

    #[test]
    fn periods_hold_every_hour_once_and_are_of_a_size() {
        let events = |count| Events { count, first: 0, last: 0 };
        let busy = GROUP_ROWS * 3 + 1;
        let of_a =
            BTreeMap::from([(-2, events(5)), (0, events(GROUP_ROWS - 5)), (1, events(1)), (7, events(busy))]);
        let hours = Hours::from([("a".to_owned(), of_a), ("b".to_owned(), BTreeMap::from([(8, events(1))]))]);
        let found = periods(&hours);
        assert_eq!(found.len(), 2 + 4 + 1, "{found:?}");
        assert_eq!(found[0], (-2 * HOUR_MICROS, HOUR_MICROS));
        assert_eq!((found[2].0, found[5].1), (7 * HOUR_MICROS, 8 * HOUR_MICROS));
        assert!(found.windows(2).all(|pair| pair[0].1 <= pair[1].0));
    }
}
