//! Tab-separated values, one row a line, whatever the texts hold. Header first, NULL as nothing.
//!
//! No quotes: a tab, a line end and a backslash inside a value are written `\t`, `\n`, `\r` and `\\`, so that `cut`,
//! `awk` and `sort` see rows and columns as they are. Spreadsheets open these files too, and what is pasted from a
//! terminal: formulas are guarded as in CSV.

use std::io::{self, Write};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::RowWriter;
use super::cell::plain;
use super::csv::{guard, may_be_formula};

/// Writes rows as TSV.
pub(super) struct TsvWriter {
    header: Option<String>,
    may_be_formula: Vec<bool>,
}

impl TsvWriter {
    pub(super) fn new(schema: &SchemaRef) -> Self {
        let mut header = String::new();
        for (index, field) in schema.fields().iter().enumerate() {
            begin_field(index, &mut header);
            escape(&guard(field.name()), &mut header);
        }
        header.push('\n');
        let may_be_formula = schema.fields().iter().map(|field| may_be_formula(field.data_type()));
        Self { header: Some(header), may_be_formula: may_be_formula.collect() }
    }
}

impl RowWriter for TsvWriter {
    fn write(&mut self, batch: &RecordBatch, out: &mut dyn Write) -> io::Result<()> {
        self.finish(out)?;
        let mut line = String::new();
        for row in 0..batch.num_rows() {
            line.clear();
            for (index, array) in batch.columns().iter().enumerate() {
                begin_field(index, &mut line);
                let text = plain(array, row).unwrap_or_default();
                escape(&if self.may_be_formula[index] { guard(&text) } else { text }, &mut line);
            }
            line.push('\n');
            out.write_all(line.as_bytes())?;
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.header.take().map_or(Ok(()), |header| out.write_all(header.as_bytes()))
    }
}

fn begin_field(index: usize, line: &mut String) {
    if index > 0 {
        line.push('\t');
    }
}

fn escape(text: &str, line: &mut String) {
    for c in text.chars() {
        match c {
            '\t' => line.push_str("\\t"),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\\' => line.push_str("\\\\"),
            c => line.push(c),
        }
    }
}
