//! Widths of columns that stand side by side, from the first rows: nobody can wait for the last one.

use std::ops::RangeInclusive;

use unicode_width::UnicodeWidthStr;

/// Rows whose widths decide the columns' widths; rows after them are written as they come.
pub(super) const MEASURED_ROWS: usize = 2_000;
/// Bytes of text that wait to be measured: fewer rows are measured where they are very wide.
const MEASURED_BYTES: usize = 16 << 20;

/// Widths of the columns, and the rows that wait for them.
pub(super) struct Columns {
    is_number: Vec<bool>,
    widths: Vec<usize>,
    width_max: usize,
    waiting: Vec<Vec<String>>,
    waiting_bytes: usize,
    is_measured: bool,
}

/// What is to be written now.
pub(super) struct Due {
    /// The header goes first.
    pub(super) has_header: bool,
    /// Rows, in order.
    pub(super) rows: Vec<Vec<String>>,
}

impl Columns {
    /// Columns at least as wide as these names, and not wider than allowed: what is wider sticks out.
    pub(super) fn new(names: &[String], is_number: Vec<bool>, allowed: RangeInclusive<usize>) -> Self {
        let (width_min, width_max) = allowed.into_inner();
        Self {
            is_number,
            widths: names.iter().map(|name| name.width().clamp(width_min, width_max)).collect(),
            width_max,
            waiting: Vec::new(),
            waiting_bytes: 0,
            is_measured: false,
        }
    }

    /// Takes a row.
    pub(super) fn take(&mut self, cells: Vec<String>) -> Due {
        if self.is_measured {
            return Due { has_header: false, rows: vec![cells] };
        }
        for (width, cell) in self.widths.iter_mut().zip(&cells) {
            *width = (*width).max(cell.width().min(self.width_max));
        }
        self.waiting_bytes += cells.iter().map(String::len).sum::<usize>();
        self.waiting.push(cells);
        if self.waiting.len() >= MEASURED_ROWS || self.waiting_bytes >= MEASURED_BYTES {
            self.finish()
        } else {
            Due { has_header: false, rows: Vec::new() }
        }
    }

    /// No row is waited for any longer.
    pub(super) fn finish(&mut self) -> Due {
        let has_header = !self.is_measured;
        self.is_measured = true;
        Due { has_header, rows: std::mem::take(&mut self.waiting) }
    }

    /// The width and whether numbers stand in it, of each column.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, bool)> + '_ {
        self.widths.iter().copied().zip(self.is_number.iter().copied())
    }

    /// Makes the columns from the left as wide as this, whatever was measured.
    pub(super) fn set_widths(&mut self, widths: Vec<usize>) {
        self.widths.splice(..widths.len(), widths);
    }

    /// Adds a cell to a line, with blanks up to the column's width: numbers stand right.
    pub(super) fn pad(&self, index: usize, cell: &str, line: &mut String) {
        let blanks = self.widths[index].saturating_sub(cell.width());
        let (before, after) = if self.is_number[index] { (blanks, 0) } else { (0, blanks) };
        line.extend(std::iter::repeat_n(' ', before));
        line.push_str(cell);
        line.extend(std::iter::repeat_n(' ', after));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_wait_for_a_bounded_number_of_others() {
        let mut columns = Columns::new(&["n".to_owned()], vec![false], 0..=10);
        for n in 1..MEASURED_ROWS {
            assert!(columns.take(vec![n.to_string()]).rows.is_empty());
        }
        let due = columns.take(vec!["x".repeat(20)]);
        assert!(due.has_header && due.rows.len() == MEASURED_ROWS);
        assert_eq!(columns.iter().collect::<Vec<_>>(), [(10, false)]);
        assert_eq!(columns.take(vec!["after".to_owned()]).rows.len(), 1);
        assert!(!columns.finish().has_header);

        let mut columns = Columns::new(&["n".to_owned()], vec![false], 0..=10);
        assert!(columns.take(vec!["x".repeat(MEASURED_BYTES)]).has_header);
    }
}
