//! Reading Parquet files of the archive without the engine.

use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch, StringArray, new_null_array};
use arrow::compute::cast;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::statistics::Statistics;

use super::checked::CheckedFile;
use super::commit::Snapshot;
use crate::error::{Context, Error, Result};
use crate::schema::Table;

/// Rows read at a time.
const BATCH_ROWS: usize = 8_192;

/// Visits some columns of every row of a table, batch by batch.
///
/// # Errors
///
/// If a file cannot be read or lacks a column, or `visit` fails.
pub(crate) fn stored_columns(
    snapshot: &Snapshot,
    table: &str,
    columns: &[&str],
    visit: &mut dyn FnMut(&RecordBatch) -> Result<()>,
) -> Result<()> {
    for file in snapshot.files(table) {
        let file = TableFile::new(snapshot.open_data(file)?)?;
        for group in 0..file.groups() {
            file.columns(group, columns, &mut |_, batch| visit(batch))?;
        }
    }
    Ok(())
}

/// A Parquet file of a table, row group by row group.
#[derive(Debug, Clone)]
pub(crate) struct TableFile {
    file: CheckedFile,
    metadata: ArrowReaderMetadata,
}

impl TableFile {
    /// Reads the footer of a file.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub(crate) fn new(file: CheckedFile) -> Result<Self> {
        let metadata = ArrowReaderMetadata::load(&file, Default::default()).context(|| describe(&file))?;
        Ok(Self { file, metadata })
    }

    /// How many row groups it has.
    pub(crate) fn groups(&self) -> usize {
        self.metadata.metadata().num_row_groups()
    }

    /// The rows of all groups before this one.
    fn rows_before(&self, group: usize) -> u64 {
        let groups = &self.metadata.metadata().row_groups()[..group];
        groups.iter().map(|group| u64::try_from(group.num_rows()).unwrap_or(0)).sum()
    }

    /// Time of the first and the last event of a group; nothing if the file does not say.
    pub(crate) fn period(&self, group: usize) -> Option<(i64, i64)> {
        let times = |group: &RowGroupMetaData| {
            let column =
                group.columns().iter().find(|column| column.column_path().string() == "event_time")?;
            match column.statistics()? {
                Statistics::Int64(times) => Some((*times.min_opt()?, *times.max_opt()?)),
                _ => None,
            }
        };
        times(self.metadata.metadata().row_group(group))
    }

    /// Columns by which the file says that the rows of a group are ordered.
    pub(crate) fn sorted_by(&self, group: usize) -> Vec<String> {
        let group = self.metadata.metadata().row_group(group);
        let columns = group.sorting_columns().into_iter().flatten();
        let name =
            |place: i32| Some(group.columns().get(usize::try_from(place).ok()?)?.column_path().string());
        columns.filter_map(|column| name(column.column_idx)).collect()
    }

    /// Visits some columns of every row of a group, batch by batch, each with the position of its first row in the
    /// file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read or lacks a column, or `visit` fails.
    pub(crate) fn columns(
        &self,
        group: usize,
        columns: &[&str],
        visit: &mut dyn FnMut(u64, &RecordBatch) -> Result<()>,
    ) -> Result<()> {
        let describe = || describe(&self.file);
        let builder = self.builder(group);
        let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
        let mut position = self.rows_before(group);
        for batch in builder.with_projection(mask).build().context(describe)? {
            let batch = batch.context(describe)?;
            if let Some(missing) = columns.iter().find(|name| batch.column_by_name(name).is_none()) {
                return Err(Error::new(describe()).because(format!("it has no column `{missing}`")));
            }
            visit(position, &batch)?;
            position += batch.num_rows() as u64;
        }
        Ok(())
    }

    /// Visits every row of a group with the columns of [`Table::stored_schema`], as [`Self::columns`] does.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or `visit` fails.
    pub(crate) fn rows(
        &self,
        group: usize,
        table: &'static Table,
        visit: &mut dyn FnMut(u64, RecordBatch) -> Result<()>,
    ) -> Result<()> {
        let describe = || describe(&self.file);
        let mut position = self.rows_before(group);
        for batch in self.builder(group).build().context(describe)? {
            let batch = conform(&batch.context(describe)?, table).context(describe)?;
            let rows = batch.num_rows() as u64;
            visit(position, batch)?;
            position += rows;
        }
        Ok(())
    }

    fn builder(&self, group: usize) -> ParquetRecordBatchReaderBuilder<CheckedFile> {
        ParquetRecordBatchReaderBuilder::new_with_metadata(self.file.clone(), self.metadata.clone())
            .with_row_groups(vec![group])
            .with_batch_size(BATCH_ROWS)
    }
}

fn describe(file: &CheckedFile) -> String {
    format!("cannot read `{}`", file.path().display())
}

/// The batch with the table's stored columns; one that the file does not have is NULL.
fn conform(batch: &RecordBatch, table: &'static Table) -> Result<RecordBatch, arrow::error::ArrowError> {
    let schema = table.stored_schema();
    let columns = schema.fields().iter().map(|field| match batch.column_by_name(field.name()) {
        Some(column) => cast(column, field.data_type()),
        None => Ok(new_null_array(field.data_type(), batch.num_rows())),
    });
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    RecordBatch::try_new(Arc::clone(&schema), columns)
}

/// A text column of a batch.
pub(crate) fn text_column<'b>(batch: &'b RecordBatch, name: &str) -> &'b StringArray {
    batch.column_by_name(name).expect("the column was asked for").as_string()
}
