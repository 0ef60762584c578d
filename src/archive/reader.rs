//! Reading Parquet files of the archive without the engine.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch, StringArray, new_null_array};
use arrow::compute::cast;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

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
        file_columns(&snapshot.locate(file)?, columns, visit)?;
    }
    Ok(())
}

/// Visits some columns of every row of a file, batch by batch.
///
/// # Errors
///
/// If the file cannot be read or lacks a column, or `visit` fails.
pub(crate) fn file_columns(
    path: &Path,
    columns: &[&str],
    visit: &mut dyn FnMut(&RecordBatch) -> Result<()>,
) -> Result<()> {
    let describe = || format!("cannot read `{}`", path.display());
    let open = File::open(path).context(describe)?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(open).context(describe)?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
    let reader = builder.with_projection(mask).with_batch_size(BATCH_ROWS).build().context(describe)?;
    for batch in reader {
        let batch = batch.context(describe)?;
        if let Some(missing) = columns.iter().find(|name| batch.column_by_name(name).is_none()) {
            return Err(Error::new(describe()).because(format!("it has no column `{missing}`")));
        }
        visit(&batch)?;
    }
    Ok(())
}

/// Visits every row of a file with all columns of its table, batch by batch; `end_group` hears where a row group ends.
///
/// # Errors
///
/// If the file cannot be read, or `visit` fails.
pub(crate) fn file_rows(
    path: &Path,
    table: &'static Table,
    visit: &mut dyn FnMut(Rows) -> Result<()>,
) -> Result<()> {
    let describe = || format!("cannot read `{}`", path.display());
    let groups = {
        let open = File::open(path).context(describe)?;
        ParquetRecordBatchReaderBuilder::try_new(open).context(describe)?.metadata().num_row_groups()
    };
    for group in 0..groups {
        let open = File::open(path).context(describe)?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(open).context(describe)?;
        let reader =
            builder.with_row_groups(vec![group]).with_batch_size(BATCH_ROWS).build().context(describe)?;
        for batch in reader {
            let batch = conform(&batch.context(describe)?, table).context(describe)?;
            visit(Rows::Batch(batch))?;
        }
        visit(Rows::EndOfGroup)?;
    }
    Ok(())
}

/// What [`file_rows`] hands over.
pub(crate) enum Rows {
    /// Rows with the columns of [`Table::stored_schema`].
    Batch(RecordBatch),
    /// The row group has ended.
    EndOfGroup,
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
