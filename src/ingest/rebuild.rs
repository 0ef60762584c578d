//! Making every row anew from the text of its event, without the sources: for an archive that an earlier auditql wrote.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::compute::{filter_record_batch, interleave};
use arrow::datatypes::{Int32Type, Int64Type, TimestampMicrosecondType};

use super::compact::write_ordered;
use crate::archive::{Claim, TableFile, TableWriter, Transaction};
use crate::error::{Context, Result};
use crate::normalize::{Normalizer, Outcome, RawRecord};
use crate::schema::{DateOrder, EVENT_TABLES, Format, Table, format_time};

/// Columns that stay what they are: by what a row is known, where it came from, and its text.
const KEPT_COLUMNS: &[&str] =
    &["event_time", "id", "tenant_id", "format", "source_file", "source_offset", "degraded", "raw"];

/// What became of the rows of one table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Rebuilt {
    /// Table.
    pub(crate) table: &'static str,
    /// Rows made anew.
    pub(crate) rows: u64,
    /// Of them: those that differ from what they were.
    pub(crate) changed: u64,
    /// Rows left as they were, because this auditql does not read their text as an event of the table.
    pub(crate) kept: u64,
}

/// Makes the rows of every table anew. Returns what became of them, and the commit's number; nothing is committed if
/// no row changed.
///
/// # Errors
///
/// If the archive cannot be read or written: then it is as it was.
pub(crate) fn rebuild(archive: &Path, claim: &Claim, now: i64) -> Result<(Vec<Rebuilt>, Option<u64>)> {
    let transaction = Transaction::begin(archive, claim)?;
    let (mut staged, mut replaced, mut done) = (Vec::new(), BTreeSet::new(), Vec::new());
    for (index, table) in EVENT_TABLES.iter().enumerate() {
        let files = transaction.before.files(table.name);
        let mut rebuilding = Rebuilding::new(index, table);
        let mut writer = TableWriter::new(table, transaction.staging_dir(), "rebuilt-");
        for file in files {
            let open = TableFile::new(transaction.before.open_data(file)?)?;
            for group in 0..open.groups() {
                let mut batches = Vec::new();
                open.rows(group, table, &mut |_, batch| {
                    batches.push(rebuilding.rebuild(&batch)?);
                    Ok(())
                })?;
                write_ordered(table, &batches, &mut writer)?;
            }
        }
        let made = writer.finish()?;
        if rebuilding.done.changed > 0 {
            staged.extend(made);
            replaced.extend(files.iter().map(|file| file.path.clone()));
        }
        if !files.is_empty() {
            done.push(rebuilding.done);
        }
    }
    if replaced.is_empty() {
        return Ok((done, None));
    }
    let number = transaction.commit(staged, &replaced, format_time(now))?;
    Ok((done, Some(number)))
}

struct Rebuilding {
    index: usize,
    table: &'static Table,
    normalizer: Normalizer,
    done: Rebuilt,
}

impl Rebuilding {
    fn new(index: usize, table: &'static Table) -> Self {
        let done = Rebuilt { table: table.name, ..Rebuilt::default() };
        Self { index, table, normalizer: Normalizer::new(None), done }
    }

    /// The rows as this auditql makes them.
    fn rebuild(&mut self, stored: &RecordBatch) -> Result<RecordBatch> {
        let describe = || format!("cannot make the rows of `{}` anew", self.table.name);
        let column = |name: &str| stored.column(self.table.index_of(name));
        let raw = column("raw").as_string::<i32>();
        let sources = column("source_file").as_dictionary::<Int32Type>();
        let source_names = sources.values().as_string::<i32>();
        let formats = column("format").as_dictionary::<Int32Type>();
        let format_names = formats.values().as_string::<i32>();
        let offsets = column("source_offset").as_primitive::<Int64Type>();
        let times = column("event_time").as_primitive::<TimestampMicrosecondType>();
        // Of each stored row, the row that was made of it.
        let (mut made, mut is_of_row) = (Vec::with_capacity(stored.num_rows()), Vec::new());
        for row in 0..stored.num_rows() {
            let format = formats.key(row).and_then(|key| Format::find(format_names.value(key)));
            let record = RawRecord {
                text: raw.value(row).as_bytes(),
                offset: u64::try_from(offsets.value(row)).unwrap_or(0),
                source: sources.key(row).map_or("", |key| source_names.value(key)),
                modified: Some(times.value(row)),
                dates: DateOrder::default(),
                dates_are_guessed: false,
                context: None,
                expected: format,
                // Perhaps it was one; what its shape is was found out when it was read.
                is_row: true,
            };
            made.push(self.append(&record, times.value(row), &mut is_of_row));
        }
        let table = self.table;
        let new = self.normalizer.finish().into_iter().find(|(index, _)| *index == self.index);
        let new = match new {
            Some((_, batch)) => {
                filter_record_batch(&batch, &BooleanArray::from(is_of_row)).context(describe)?
            }
            None => stored.slice(0, 0),
        };
        let mut rows_made = 0;
        let places: Vec<Option<usize>> = made
            .into_iter()
            .map(|is_made| {
                rows_made += usize::from(is_made);
                is_made.then(|| rows_made - 1)
            })
            .collect();
        let columns = table.columns.iter().zip(stored.columns()).zip(new.columns());
        let columns = columns.map(|((column, old), new)| -> Result<ArrayRef> {
            if KEPT_COLUMNS.contains(&column.name) {
                return Ok(Arc::clone(old));
            }
            // What the page around the event said, its text does not say again.
            let place = |(row, made): (usize, &Option<usize>)| match made {
                Some(made) if new.is_valid(*made) => (1, *made),
                _ => (0, row),
            };
            let places: Vec<_> = places.iter().enumerate().map(place).collect();
            interleave(&[old.as_ref(), new.as_ref()], &places).context(describe)
        });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        let rebuilt = RecordBatch::try_new(stored.schema(), columns).context(describe)?;
        // Mostly no column differs, and then no row is looked at.
        let columns = rebuilt.columns().iter().zip(stored.columns());
        let differing: Vec<_> = columns.filter(|(new, old)| new.as_ref() != old.as_ref()).collect();
        let is_changed = |row: &usize| {
            differing.iter().any(|(new, old)| new.slice(*row, 1).as_ref() != old.slice(*row, 1).as_ref())
        };
        self.done.rows += rows_made as u64;
        self.done.kept += (stored.num_rows() - rows_made) as u64;
        self.done.changed += (0..stored.num_rows()).filter(is_changed).count() as u64;
        Ok(rebuilt)
    }

    /// Makes a row of a record whose event has this time. Dates that can be read in several ways are read as they
    /// were. Says of every row that was made on the way whether it is the one.
    fn append(&mut self, record: &RawRecord<'_>, time: i64, is_of_row: &mut Vec<bool>) -> bool {
        for dates in DateOrder::ALL {
            match self.normalizer.append(&RawRecord { dates, ..*record }) {
                Outcome::Row(row) if row.table == self.index => {
                    is_of_row.push(row.time == time);
                    if row.time == time {
                        return true;
                    }
                }
                _ => return false,
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use arrow::array::new_null_array;

    use super::*;
    use crate::archive::Snapshot;
    use crate::ingest::stored::write_stored;
    use crate::schema::AUDIT;

    const TEXT: &str = r#"{"id":"B2C_1","loggedByService":"B2C","activityDisplayName":"Issue an id_token to the application",
        "activityDateTime":"2026-03-02T08:09:10.5Z","additionalDetails":[{"key":"PolicyId","value":"B2C_1_signin"}]}"#;

    fn claim() -> Claim {
        Claim { holder: "a test".to_owned(), wait: Duration::ZERO }
    }

    /// An archive of one event, without the columns that `is_missing` names.
    fn archive(folder: &Path, is_missing: fn(&str) -> bool) {
        let mut normalizer = Normalizer::new(None);
        let record = RawRecord {
            text: TEXT.as_bytes(),
            offset: 7,
            source: "a.json",
            modified: None,
            dates: DateOrder::default(),
            dates_are_guessed: false,
            context: None,
            expected: None,
            is_row: false,
        };
        assert!(matches!(normalizer.append(&record), Outcome::Row(_)));
        let (_, batch) = normalizer.finish().remove(0);
        let schema = batch.schema();
        let columns = schema.fields().iter().zip(batch.columns()).map(|(field, column)| {
            let missing = is_missing(field.name()) && field.is_nullable();
            if missing { new_null_array(field.data_type(), 1) } else { Arc::clone(column) }
        });
        let batch = RecordBatch::try_new(batch.schema(), columns.collect()).unwrap();
        let transaction = Transaction::begin(folder, &claim()).unwrap();
        let mut writer = TableWriter::new(&AUDIT, transaction.staging_dir(), "");
        write_stored(&AUDIT, &batch, &mut writer).unwrap();
        let staged = writer.finish().unwrap();
        transaction.commit(staged, &BTreeSet::new(), "2026-03-03T00:00:00Z".to_owned()).unwrap();
    }

    fn cell(folder: &Path, column: &str) -> Option<String> {
        let snapshot = Snapshot::open(folder).unwrap();
        let file = TableFile::new(snapshot.open_data(&snapshot.files("audit")[0]).unwrap()).unwrap();
        let mut found = None;
        file.columns(0, &[column], &mut |_, batch| {
            let texts = batch.column(0).as_string::<i32>();
            found = texts.is_valid(0).then(|| texts.value(0).to_owned());
            Ok(())
        })
        .unwrap();
        found
    }

    #[test]
    fn columns_that_an_earlier_version_did_not_have_are_filled_from_the_text() {
        let folder = tempfile::tempdir().unwrap();
        archive(folder.path(), |column| matches!(column, "policy_id" | "activity" | "service"));
        assert_eq!(cell(folder.path(), "policy_id"), None);
        let (done, commit) = rebuild(folder.path(), &claim(), 0).unwrap();
        assert_eq!(done, [Rebuilt { table: "audit", rows: 1, changed: 1, kept: 0 }]);
        assert_eq!(commit, Some(2));
        assert_eq!(cell(folder.path(), "policy_id").as_deref(), Some("B2C_1_signin"));
        assert_eq!(cell(folder.path(), "service").as_deref(), Some("B2C"));
        assert_eq!(cell(folder.path(), "source_file").as_deref(), Some("a.json"));
        assert_eq!(rebuild(folder.path(), &claim(), 0).unwrap().1, None);
    }

    #[test]
    fn a_row_whose_format_is_not_known_any_more_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        archive(folder.path(), |column| matches!(column, "format" | "policy_id"));
        let (done, _) = rebuild(folder.path(), &claim(), 0).unwrap();
        assert_eq!((done[0].rows + done[0].kept, done[0].table), (1, "audit"));
        assert_eq!(cell(folder.path(), "id").as_deref(), Some("B2C_1"));
    }
}
