//! Record batches to text, as they come. No SQL, no terminal: any [`Write`] will do.

mod cell;
mod csv;
mod json;
mod table;
mod vertical;

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use crate::error::{Error, Result};

pub(crate) use self::cell::{plain, printable};
use self::csv::CsvWriter;
use self::json::JsonWriter;
use self::table::TableWriter;
use self::vertical::VerticalWriter;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutputFormat {
    /// Columns side by side, for reading.
    Table,
    /// One line a value, for wide rows.
    Vertical,
    /// RFC 4180, with a header.
    Csv,
    /// One JSON array of objects.
    Json,
    /// One JSON object a line.
    Ndjson,
}

impl OutputFormat {
    /// Every format by its name.
    pub(crate) const ALL: [(&'static str, Self); 5] = [
        ("table", Self::Table),
        ("vertical", Self::Vertical),
        ("csv", Self::Csv),
        ("json", Self::Json),
        ("ndjson", Self::Ndjson),
    ];

    /// The format of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(other, _)| *other == name).map(|(_, format)| format)
    }
}

/// A writer of rows in one format.
enum Writer {
    Table(TableWriter),
    Vertical(VerticalWriter),
    Csv(CsvWriter),
    Json(JsonWriter),
}

/// Writes every batch, and returns how many rows there were. `width_max` shortens the cells of a table.
///
/// # Errors
///
/// The first failure of the batches or of the output.
pub(crate) fn render(
    format: OutputFormat,
    schema: &SchemaRef,
    batches: &mut dyn Iterator<Item = Result<RecordBatch>>,
    out: &mut dyn Write,
    width_max: Option<usize>,
) -> Result<u64> {
    if schema.fields().is_empty() {
        // SET, CREATE VIEW and the like have nothing to show.
        return batches.map(|batch| batch.map(|_| 0)).sum();
    }
    let mut writer = match format {
        OutputFormat::Table => Writer::Table(TableWriter::new(schema, width_max)),
        OutputFormat::Vertical => Writer::Vertical(VerticalWriter::default()),
        OutputFormat::Csv => Writer::Csv(CsvWriter::new(schema)),
        OutputFormat::Json => Writer::Json(JsonWriter::array()),
        OutputFormat::Ndjson => Writer::Json(JsonWriter::lines()),
    };
    let mut rows = 0;
    for batch in batches {
        // An answer that fails before its first row writes nothing at all.
        let batch = batch?;
        rows += batch.num_rows() as u64;
        let written = match &mut writer {
            Writer::Table(writer) => writer.write(&batch, out),
            Writer::Vertical(writer) => writer.write(&batch, out),
            Writer::Csv(writer) => writer.write(&batch, out),
            Writer::Json(writer) => writer.write(&batch, out),
        };
        written.map_err(|error| Error::output(&error))?;
    }
    let finished = match &mut writer {
        Writer::Table(writer) => writer.finish(out),
        Writer::Vertical(_) => Ok(()),
        Writer::Csv(writer) => writer.finish(out),
        Writer::Json(writer) => writer.finish(out),
    };
    finished.and_then(|()| out.flush()).map_err(|error| Error::output(&error))?;
    Ok(rows)
}
