//! All columns as one Parquet file, nested ones kept.

use arrow::array::RecordBatch;
use arrow::compute::BatchCoalescer;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use super::folder::ExportFile;
use crate::error::{Context, Result};

/// Rows that are encoded at a time. Pages end between them, so it must not depend on how the engine cut its answer.
const BATCH_ROWS: usize = 8_192;
/// Rows and bytes of a row group, which is held in memory until it is complete.
const GROUP_ROWS_MAX: usize = 1 << 18;
const GROUP_BYTES_MAX: usize = 128 << 20;
/// Columns whose values hardly repeat: a dictionary would be built in vain.
const PLAIN_COLUMNS: &[&str] = &["id", "raw", "text"];

/// Writes the rows, and returns how many there were.
///
/// # Errors
///
/// The first failure of the batches or of the disk.
pub(super) fn write(
    schema: &SchemaRef,
    batches: &mut dyn Iterator<Item = Result<RecordBatch>>,
    out: &mut ExportFile,
) -> Result<u64> {
    let describe = || "cannot write Parquet".to_owned();
    // Without Arrow's own schema every reader sees plain strings and times.
    let options = ArrowWriterOptions::new().with_properties(properties()).with_skip_arrow_metadata(true);
    let mut writer = ArrowWriter::try_new_with_options(out, schema.clone(), options).context(describe)?;
    let mut even = BatchCoalescer::new(schema.clone(), BATCH_ROWS);
    let mut rows = 0;
    for batch in batches {
        let batch = batch?;
        rows += batch.num_rows() as u64;
        even.push_batch(batch).context(describe)?;
        while let Some(batch) = even.next_completed_batch() {
            writer.write(&batch).context(describe)?;
        }
    }
    even.finish_buffered_batch().context(describe)?;
    while let Some(batch) = even.next_completed_batch() {
        writer.write(&batch).context(describe)?;
    }
    writer.close().context(describe)?;
    Ok(rows)
}

fn properties() -> WriterProperties {
    let level = ZstdLevel::try_new(3).expect("level 3 exists");
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(GROUP_ROWS_MAX))
        .set_max_row_group_bytes(Some(GROUP_BYTES_MAX))
        .set_created_by(format!("auditql {}", env!("CARGO_PKG_VERSION")));
    for column in PLAIN_COLUMNS {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(*column), false);
    }
    properties.build()
}
