//! Record batches to text, or to what other tools read, as they come. No SQL, no terminal: any [`Write`] will do.

mod cell;
mod chart;
mod columns;
mod csv;
mod fit;
mod html;
mod ipc;
mod json;
mod markdown;
mod parquet;
mod portable;
mod table;
mod tsv;
mod vertical;
mod wider;
mod width;
mod zone;

use std::io::{self, Write};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use crate::error::{Error, Result};

pub(crate) use self::cell::{plain, printable};
use self::chart::ChartWriter;
pub(crate) use self::chart::block;
use self::csv::CsvWriter;
use self::html::HtmlWriter;
pub(crate) use self::html::escape as escape_html;
use self::ipc::IpcWriter;
use self::json::JsonWriter;
use self::markdown::MarkdownWriter;
pub(crate) use self::markdown::escape as escape_markdown;
use self::parquet::ParquetWriter;
use self::table::TableWriter;
use self::tsv::TsvWriter;
use self::vertical::VerticalWriter;
use self::wider::WiderWriter;
pub(crate) use self::width::shortened;
pub(crate) use self::zone::Zone;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutputFormat {
    /// Columns side by side, for reading.
    Table,
    /// One line a value, for wide rows.
    Vertical,
    /// RFC 4180, with a header.
    Csv,
    /// Tabs between values, with a header; one line a row.
    Tsv,
    /// One JSON array of objects.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// A table of GitHub's Markdown.
    Markdown,
    /// A page that needs nothing but itself.
    Html,
    /// A Parquet file.
    Parquet,
    /// Arrow IPC.
    Arrow,
    /// Bars in text, for reading.
    Chart,
}

/// A format as people name it.
pub(crate) struct NamedFormat {
    /// The format.
    pub(crate) format: OutputFormat,
    /// Its name.
    pub(crate) name: &'static str,
    /// What it is, in a few words.
    pub(crate) doc: &'static str,
    /// Endings of files that are written in it.
    endings: &'static [&'static str],
}

impl OutputFormat {
    /// Every format, in the order in which they are told.
    pub(crate) const ALL: [NamedFormat; 11] = [
        named(Self::Table, "table", &[], "columns side by side"),
        named(Self::Vertical, "vertical", &[], "one line a value, for wide rows"),
        named(Self::Csv, "csv", &["csv"], "RFC 4180, formulas guarded for spreadsheets"),
        named(
            Self::Tsv,
            "tsv",
            &["tsv"],
            "tabs between values, \\t \\n \\r \\\\ inside of them, formulas guarded",
        ),
        named(Self::Json, "json", &["json"], "one array of objects"),
        named(Self::Ndjson, "ndjson", &["ndjson", "jsonl"], "one JSON object a line"),
        named(Self::Markdown, "markdown", &["md"], "a GitHub table"),
        named(Self::Html, "html", &["html"], "one page without scripts, a table for each answer"),
        named(Self::Parquet, "parquet", &["parquet"], "binary, types kept"),
        named(
            Self::Arrow,
            "arrow",
            &["arrow"],
            "binary, types kept: an IPC file, a stream on standard output",
        ),
        named(
            Self::Chart,
            "chart",
            &[],
            "bars in text: of a time or text and a number, with a column between for their parts",
        ),
    ];

    /// The format of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|named| named.name == name).map(|named| named.format)
    }

    /// The format that a file with this ending is written in, small letters or not.
    pub(crate) fn of_ending(ending: &str) -> Option<Self> {
        let is_meant =
            |named: &NamedFormat| named.endings.iter().any(|other| other.eq_ignore_ascii_case(ending));
        Self::ALL.into_iter().find(is_meant).map(|named| named.format)
    }

    /// Every name, as they are told in a sentence.
    pub(crate) fn names() -> String {
        Self::ALL.map(|named| named.name).join(", ")
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|named| named.format == self).map_or("", |named| named.name)
    }

    /// Whether it is no text: a terminal cannot show it, and an output holds one answer.
    pub(crate) fn is_binary(self) -> bool {
        matches!(self, Self::Parquet | Self::Arrow)
    }

    /// Whether it is laid out for a person: no program reads it, and an empty line parts two answers.
    pub(crate) fn is_layout(self) -> bool {
        matches!(self, Self::Table | Self::Vertical | Self::Chart)
    }
}

const fn named(
    format: OutputFormat,
    name: &'static str,
    endings: &'static [&'static str],
    doc: &'static str,
) -> NamedFormat {
    NamedFormat { format, name, doc, endings }
}

/// What a format may have to know of where its rows go.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place {
    /// Longest cell of a table; longer ones are cut.
    pub(crate) width_max: Option<usize>,
    /// Answers in the same document, before this one.
    pub(crate) answers_before: u64,
    /// A file and no pipe: a reader may jump in it.
    pub(crate) is_file: bool,
    /// Width that a row of a table is made to fit, and a chart is drawn in; without it a row of a table is as wide as it
    /// wants to be.
    pub(crate) terminal_width: Option<usize>,
    /// A table whose rows do not fit that width is written as [`OutputFormat::Vertical`].
    pub(crate) is_vertical_if_wider: bool,
}

/// A writer of rows in one format.
trait RowWriter {
    /// Writes what can be written of the rows so far.
    fn write(&mut self, batch: &RecordBatch, out: &mut dyn Write) -> io::Result<()>;

    /// Writes the rest.
    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()>;
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
    render_at(Place { width_max, ..Place::default() }, format, schema, batches, out)
}

/// As [`render`], for an answer that may not stand alone.
///
/// # Errors
///
/// The first failure of the batches or of the output.
pub(crate) fn render_at(
    place: Place,
    format: OutputFormat,
    schema: &SchemaRef,
    batches: &mut dyn Iterator<Item = Result<RecordBatch>>,
    out: &mut dyn Write,
) -> Result<u64> {
    if schema.fields().is_empty() {
        // SET, CREATE VIEW and the like have nothing to show.
        return batches.map(|batch| batch.map(|_| 0)).sum();
    }
    if format.is_binary() && place.answers_before > 0 {
        return Err(Error::new(format!("cannot write a second answer as {}", format.name()))
            .because("an output of this format holds one answer")
            .hint("run the statements one by one, each with an output of its own"));
    }
    let mut writer = writer(place, format, schema)?;
    let mut rows = 0;
    for batch in batches {
        // An answer that fails before its first row writes nothing at all.
        let batch = batch?;
        rows += batch.num_rows() as u64;
        writer.write(&batch, out).map_err(failure)?;
    }
    writer.finish(out).map_err(failure)?;
    out.flush().map_err(|error| Error::output(&error))?;
    Ok(rows)
}

/// A failure of the output; or of a format that cannot show these rows.
fn failure(error: io::Error) -> Error {
    error.downcast::<Error>().unwrap_or_else(|error| Error::output(&error))
}

fn writer(place: Place, format: OutputFormat, schema: &SchemaRef) -> Result<Box<dyn RowWriter>> {
    Ok(match format {
        OutputFormat::Table => {
            let table = Box::new(TableWriter::new(schema, place.width_max, place.terminal_width));
            match place.terminal_width.filter(|_| place.is_vertical_if_wider) {
                Some(width) => Box::new(WiderWriter::new(schema, width, table)),
                None => table,
            }
        }
        OutputFormat::Vertical => Box::new(VerticalWriter::default()),
        OutputFormat::Csv => Box::new(CsvWriter::new(schema)),
        OutputFormat::Tsv => Box::new(TsvWriter::new(schema)),
        OutputFormat::Json => Box::new(JsonWriter::array()),
        OutputFormat::Ndjson => Box::new(JsonWriter::lines()),
        OutputFormat::Markdown => Box::new(MarkdownWriter::new(schema, place.answers_before == 0)),
        OutputFormat::Html => Box::new(HtmlWriter::new(schema, place.answers_before)),
        OutputFormat::Parquet => Box::new(ParquetWriter::new(schema).map_err(failure)?),
        OutputFormat::Arrow => Box::new(IpcWriter::new(schema, place.is_file).map_err(failure)?),
        OutputFormat::Chart => Box::new(ChartWriter::new(schema, place.terminal_width)?),
    })
}
