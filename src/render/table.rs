//! Columns side by side.

use std::borrow::Cow;
use std::io::{self, Write};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::RowWriter;
use super::cell::{plain, printable};
use super::columns::{Columns, Due};

/// Writes rows as a table.
pub(super) struct TableWriter {
    names: Vec<String>,
    columns: Columns,
    width_max: Option<usize>,
}

impl TableWriter {
    pub(super) fn new(schema: &SchemaRef, width_max: Option<usize>) -> Self {
        let names: Vec<String> =
            schema.fields().iter().map(|field| printable(field.name()).into_owned()).collect();
        let is_number = schema.fields().iter().map(|field| field.data_type().is_numeric()).collect();
        Self { columns: Columns::new(&names, is_number, 0..=usize::MAX), names, width_max }
    }

    fn shorten<'t>(&self, text: Cow<'t, str>) -> Cow<'t, str> {
        let Some(max) = self.width_max.filter(|max| text.width() > *max) else { return text };
        let mut width = 0;
        let kept: String = text
            .chars()
            .take_while(|c| {
                width += c.width().unwrap_or(0);
                width < max
            })
            .collect();
        Cow::Owned(kept + "…")
    }

    fn write_due(&self, due: &Due, out: &mut dyn Write) -> io::Result<()> {
        if due.has_header {
            self.write_row(&self.names, out)?;
            let rules: Vec<String> = self.columns.iter().map(|(width, _)| "─".repeat(width)).collect();
            writeln!(out, "{}", rules.join("─┼─"))?;
        }
        due.rows.iter().try_for_each(|cells| self.write_row(cells, out))
    }

    fn write_row(&self, cells: &[String], out: &mut dyn Write) -> io::Result<()> {
        let mut line = String::new();
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                line.push_str(" │ ");
            }
            self.columns.pad(index, cell, &mut line);
        }
        writeln!(out, "{}", line.trim_end())
    }
}

impl RowWriter for TableWriter {
    fn write(&mut self, batch: &RecordBatch, out: &mut dyn Write) -> io::Result<()> {
        for row in 0..batch.num_rows() {
            let cells = batch.columns().iter().map(|array| {
                let text = plain(array, row).unwrap_or_default();
                self.shorten(printable(&text)).into_owned()
            });
            let cells = cells.collect();
            let due = self.columns.take(cells);
            self.write_due(&due, out)?;
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let due = self.columns.finish();
        self.write_due(&due, out)
    }
}
