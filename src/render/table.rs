//! Columns side by side.

use std::borrow::Cow;
use std::io::{self, Write};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::cell::{plain, printable};

/// Rows whose widths decide the columns' widths; rows after them are written as they come.
const MEASURED_ROWS: usize = 2_000;

/// Writes rows as a table.
pub(super) struct TableWriter {
    names: Vec<String>,
    is_number: Vec<bool>,
    widths: Vec<usize>,
    width_max: Option<usize>,
    waiting: Vec<Vec<String>>,
    has_header: bool,
}

impl TableWriter {
    pub(super) fn new(schema: &SchemaRef, width_max: Option<usize>) -> Self {
        let names: Vec<String> =
            schema.fields().iter().map(|field| printable(field.name()).into_owned()).collect();
        Self {
            is_number: schema.fields().iter().map(|field| field.data_type().is_numeric()).collect(),
            widths: names.iter().map(|name| name.width()).collect(),
            names,
            width_max,
            waiting: Vec::new(),
            has_header: false,
        }
    }

    pub(super) fn write(&mut self, batch: &RecordBatch, out: &mut dyn Write) -> io::Result<()> {
        for row in 0..batch.num_rows() {
            let cells = batch.columns().iter().map(|array| {
                let text = plain(array, row).unwrap_or_default();
                self.shorten(printable(&text)).into_owned()
            });
            let cells: Vec<String> = cells.collect();
            if self.has_header {
                self.write_row(&cells, out)?;
            } else {
                self.waiting.push(cells);
            }
        }
        if self.waiting.len() >= MEASURED_ROWS { self.flush(out) } else { Ok(()) }
    }

    pub(super) fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.has_header { Ok(()) } else { self.flush(out) }
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

    fn flush(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.has_header = true;
        for cells in &self.waiting {
            for (width, cell) in self.widths.iter_mut().zip(cells) {
                *width = (*width).max(cell.width());
            }
        }
        self.write_row(&self.names, out)?;
        let rules: Vec<String> = self.widths.iter().map(|width| "─".repeat(*width)).collect();
        writeln!(out, "{}", rules.join("─┼─"))?;
        for cells in std::mem::take(&mut self.waiting) {
            self.write_row(&cells, out)?;
        }
        Ok(())
    }

    fn write_row(&self, cells: &[String], out: &mut dyn Write) -> io::Result<()> {
        let mut line = String::new();
        for (index, cell) in cells.iter().enumerate() {
            let padding = " ".repeat(self.widths[index].saturating_sub(cell.width()));
            if index > 0 {
                line.push_str(" │ ");
            }
            if self.is_number[index] {
                line.push_str(&padding);
                line.push_str(cell);
            } else {
                line.push_str(cell);
                line.push_str(&padding);
            }
        }
        writeln!(out, "{}", line.trim_end())
    }
}
