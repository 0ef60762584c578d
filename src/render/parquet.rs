//! Parquet: types kept, nested ones too, compressed with zstd.

use std::io::{self, Write};

use ::parquet::arrow::ArrowWriter;
use ::parquet::arrow::arrow_writer::ArrowWriterOptions;
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::file::properties::WriterProperties;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::RowWriter;
use super::portable::Portable;

/// Rows and bytes of a row group, which is held in memory until it is complete.
const GROUP_ROWS_MAX: usize = 1 << 18;
const GROUP_BYTES_MAX: usize = 64 << 20;

/// Writes rows as one Parquet file.
pub(super) struct ParquetWriter {
    portable: Portable,
    // Parquet's writer wants an output of its own: it gets this one, which is emptied as it fills.
    writer: ArrowWriter<Vec<u8>>,
}

impl ParquetWriter {
    /// # Errors
    ///
    /// If Parquet has no such type.
    pub(super) fn new(schema: &SchemaRef) -> io::Result<Self> {
        let portable = Portable::new(schema, false);
        // Without Arrow's own schema every reader sees plain strings and times.
        let options = ArrowWriterOptions::new().with_properties(properties()).with_skip_arrow_metadata(true);
        let writer = ArrowWriter::try_new_with_options(Vec::new(), portable.schema().clone(), options)?;
        Ok(Self { portable, writer })
    }

    fn drain(&mut self, out: &mut dyn Write) -> io::Result<()> {
        while let Some(batch) = self.portable.next() {
            self.writer.write(&batch)?;
            out.write_all(&std::mem::take(self.writer.inner_mut()))?;
        }
        Ok(())
    }
}

impl RowWriter for ParquetWriter {
    fn write(&mut self, batch: &RecordBatch, out: &mut dyn Write) -> io::Result<()> {
        self.portable.push(batch)?;
        self.drain(out)
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.portable.finish()?;
        self.drain(out)?;
        self.writer.finish()?;
        out.write_all(&std::mem::take(self.writer.inner_mut()))
    }
}

fn properties() -> WriterProperties {
    let level = ZstdLevel::try_new(3).expect("level 3 exists");
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(GROUP_ROWS_MAX))
        .set_max_row_group_bytes(Some(GROUP_BYTES_MAX))
        .set_created_by(format!("auditql {}", env!("CARGO_PKG_VERSION")))
        .build()
}
