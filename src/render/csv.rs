//! CSV by RFC 4180, safe to open in a spreadsheet.

use std::borrow::Cow;
use std::io::{self, Write};

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};

use super::RowWriter;
use super::cell::plain;

/// Writes rows as CSV, header first.
pub(super) struct CsvWriter {
    header: Option<Vec<String>>,
    is_text: Vec<bool>,
}

impl CsvWriter {
    pub(super) fn new(schema: &SchemaRef) -> Self {
        Self {
            header: Some(schema.fields().iter().map(|field| field.name().clone()).collect()),
            is_text: schema.fields().iter().map(|field| may_be_formula(field.data_type())).collect(),
        }
    }
}

impl RowWriter for CsvWriter {
    fn write(&mut self, batch: &RecordBatch, out: &mut dyn Write) -> io::Result<()> {
        let header = self.header.take();
        let mut writer = ::csv::WriterBuilder::new().from_writer(out);
        if let Some(header) = header {
            writer.write_record(header.iter().map(|name| guard(name).into_owned())).map_err(cause)?;
        }
        for row in 0..batch.num_rows() {
            for (array, is_text) in batch.columns().iter().zip(&self.is_text) {
                let text = plain(array, row).unwrap_or_default();
                let text = if *is_text { guard(&text) } else { text };
                writer.write_field(text.as_bytes()).map_err(cause)?;
            }
            writer.write_record(None::<&[u8]>).map_err(cause)?;
        }
        writer.flush()
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let Some(header) = self.header.take() else { return Ok(()) };
        let mut writer = ::csv::WriterBuilder::new().from_writer(out);
        writer.write_record(header.iter().map(|name| guard(name).into_owned())).map_err(cause)?;
        writer.flush()
    }
}

/// The failure of the output itself, by which a closed pipe is known.
fn cause(error: ::csv::Error) -> io::Error {
    match error.into_kind() {
        ::csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// Whether values of a type can be what a spreadsheet takes for a formula.
pub(super) fn may_be_formula(data_type: &DataType) -> bool {
    !data_type.is_numeric() && !matches!(data_type, DataType::Timestamp(_, _))
}

/// A text that a spreadsheet would run as a formula gets an apostrophe before it.
pub(super) fn guard(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) && text.parse::<f64>().is_err() {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_guarded_and_numbers_are_not() {
        assert_eq!(guard("=HYPERLINK(\"x\")"), "'=HYPERLINK(\"x\")");
        assert_eq!(guard("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(guard("-1.5"), "-1.5");
        assert_eq!(guard("a=b"), "a=b");
    }
}
