//! One line a value, for rows that are too wide to read side by side.

use std::io::{self, Write};

use arrow::array::RecordBatch;
use unicode_width::UnicodeWidthStr;

use super::RowWriter;
use super::cell::{plain, printable};

/// Writes rows as blocks of `column  value`; columns that are NULL are left out.
#[derive(Default)]
pub(super) struct VerticalWriter {
    rows: u64,
}

impl RowWriter for VerticalWriter {
    fn write(&mut self, batch: &RecordBatch, out: &mut dyn Write) -> io::Result<()> {
        let names: Vec<_> =
            batch.schema_ref().fields().iter().map(|field| printable(field.name()).into_owned()).collect();
        let width = names.iter().map(|name| name.width()).max().unwrap_or(0);
        for row in 0..batch.num_rows() {
            self.rows += 1;
            writeln!(out, "── row {} {}", self.rows, "─".repeat(40))?;
            for (name, array) in names.iter().zip(batch.columns()) {
                if let Some(text) = plain(array, row) {
                    let padding = " ".repeat(width - name.width());
                    writeln!(out, "{name}{padding}  {}", printable(&text))?;
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}
