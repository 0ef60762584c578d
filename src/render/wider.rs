//! A table where rows fit the terminal, blocks of lines where they do not.

use std::io::{self, Write};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use unicode_width::UnicodeWidthStr;

use super::RowWriter;
use super::cell::{plain, printable};
use super::columns::MEASURED_ROWS;
use super::fit::row_width;
use super::vertical::VerticalWriter;

/// Memory of batches that wait until it is known how wide their rows are.
const WAITING_BYTES_MAX: usize = 64 << 20;

/// Decides between a table and [`VerticalWriter`] by the first rows.
pub(super) struct WiderWriter {
    /// A table, as long as nothing else is decided.
    writer: Box<dyn RowWriter>,
    measuring: Option<Measuring>,
}

struct Measuring {
    width: usize,
    widths: Vec<usize>,
    rows: usize,
    waiting: Vec<RecordBatch>,
    waiting_bytes: usize,
}

impl WiderWriter {
    /// `table` is written if no row is wider than `width`.
    pub(super) fn new(schema: &SchemaRef, width: usize, table: Box<dyn RowWriter>) -> Self {
        let widths = schema.fields().iter().map(|field| printable(field.name()).width()).collect();
        let measuring = Measuring { width, widths, rows: 0, waiting: Vec::new(), waiting_bytes: 0 };
        Self { writer: table, measuring: Some(measuring) }
    }

    /// Writes what waits, as is right for it.
    fn decide(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let Some(measured) = self.measuring.take() else { return Ok(()) };
        // Without any row there are no blocks: a table still has its header.
        if measured.is_wider() && measured.rows > 0 {
            self.writer = Box::new(VerticalWriter::default());
        }
        measured.waiting.iter().try_for_each(|batch| self.writer.write(batch, out))
    }
}

impl Measuring {
    fn is_wider(&self) -> bool {
        row_width(&self.widths) > self.width
    }

    fn take(&mut self, batch: &RecordBatch) {
        let rows = batch.num_rows().min(MEASURED_ROWS - self.rows);
        for (width, array) in self.widths.iter_mut().zip(batch.columns()) {
            for row in 0..rows {
                let text = plain(array, row).unwrap_or_default();
                *width = (*width).max(printable(&text).width());
            }
        }
        self.rows += rows;
        self.waiting_bytes += batch.get_array_memory_size();
        self.waiting.push(batch.clone());
    }

    fn is_done(&self) -> bool {
        self.rows == MEASURED_ROWS
            || self.waiting_bytes > WAITING_BYTES_MAX
            || (self.rows > 0 && self.is_wider())
    }
}

impl RowWriter for WiderWriter {
    fn write(&mut self, batch: &RecordBatch, out: &mut dyn Write) -> io::Result<()> {
        let Some(measuring) = &mut self.measuring else { return self.writer.write(batch, out) };
        measuring.take(batch);
        if measuring.is_done() { self.decide(out) } else { Ok(()) }
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.decide(out)?;
        self.writer.finish(out)
    }
}
