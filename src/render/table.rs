//! Columns side by side.

use std::io::{self, Write};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use unicode_width::UnicodeWidthStr;

use super::RowWriter;
use super::cell::{plain, printable};
use super::columns::{Columns, Due};
use super::fit::{Column, Kind, fit, row_width};
use super::width::shortened;

/// Columns that are named one by one where some are not shown.
const NAMED_MAX: usize = 8;

/// Writes rows as a table. On a terminal it is made to fit, and its last line says what that cost.
pub(super) struct TableWriter {
    names: Vec<String>,
    kinds: Vec<Kind>,
    columns: Columns,
    width_max: Option<usize>,
    terminal_width: Option<usize>,
    /// Columns that are shown, from the left.
    shown: usize,
    /// What is left of the terminal's width.
    spare: usize,
    values_shortened: u64,
}

impl TableWriter {
    /// `width_max` bounds each value, `terminal_width` each row.
    pub(super) fn new(schema: &SchemaRef, width_max: Option<usize>, terminal_width: Option<usize>) -> Self {
        let names: Vec<String> =
            schema.fields().iter().map(|field| printable(field.name()).into_owned()).collect();
        let kinds: Vec<Kind> = schema.fields().iter().map(|field| Kind::of(field)).collect();
        let is_number = kinds.iter().map(|kind| *kind == Kind::Number).collect();
        let columns = Columns::new(&names, is_number, 0..=width_max.unwrap_or(usize::MAX));
        Self {
            shown: names.len(),
            names,
            kinds,
            columns,
            width_max,
            terminal_width,
            spare: 0,
            values_shortened: 0,
        }
    }

    fn write_due(&mut self, due: Due, out: &mut dyn Write) -> io::Result<()> {
        if due.has_header {
            if let Some(width) = self.terminal_width {
                self.fit(width);
            }
            let header = self.line(&self.names.iter().map(String::as_str).collect::<Vec<_>>()).0;
            writeln!(out, "{header}")?;
            let rules: Vec<String> = self.columns.iter().map(|(width, _)| "─".repeat(width)).collect();
            writeln!(out, "{}", rules[..self.shown].join("─┼─"))?;
        }
        for cells in due.rows {
            let (line, shortened) = self.line(&cells.iter().map(String::as_str).collect::<Vec<_>>());
            self.values_shortened += shortened;
            writeln!(out, "{line}")?;
        }
        Ok(())
    }

    fn fit(&mut self, width: usize) {
        let columns = self.columns.iter().zip(&self.kinds).zip(&self.names);
        let columns =
            columns.map(|(((natural, _), kind), name)| Column { kind: *kind, header: name.width(), natural });
        let widths = fit(&columns.collect::<Vec<_>>(), width);
        self.shown = widths.len();
        let max = self.width_max.unwrap_or(usize::MAX);
        let last = widths.last().copied().unwrap_or(0);
        self.spare = width.saturating_sub(row_width(&widths)).min(max.saturating_sub(last));
        self.columns.set_widths(widths);
    }

    /// A line of these cells, and how many of them had to be shortened.
    fn line(&self, cells: &[&str]) -> (String, u64) {
        let (mut line, mut count) = (String::new(), 0);
        for (index, (cell, (width, is_number))) in
            cells.iter().zip(self.columns.iter()).take(self.shown).enumerate()
        {
            if index > 0 {
                line.push_str(" │ ");
            }
            let is_last = index + 1 == self.shown;
            // Behind the last column there may be room left.
            let room = width + if is_last { self.spare } else { 0 };
            let limit = if self.terminal_width.is_some() { Some(room) } else { self.width_max };
            match limit.filter(|limit| !is_number && cell.width() > *limit) {
                Some(limit) => {
                    self.columns.pad(index, &shortened(cell, limit), &mut line);
                    count += 1;
                }
                None => self.columns.pad(index, cell, &mut line),
            }
        }
        line.truncate(line.trim_end().len());
        (line, count)
    }

    /// What the terminal has no room for.
    fn cost(&self) -> Option<String> {
        self.terminal_width?;
        let mut parts = Vec::new();
        let left_out = &self.names[self.shown..];
        if !left_out.is_empty() {
            let (count, named) = (left_out.len(), left_out[..left_out.len().min(NAMED_MAX)].join(", "));
            let columns = if count == 1 { "column" } else { "columns" };
            let more = if count > NAMED_MAX { ", …" } else { "" };
            parts.push(format!("{count} {columns} not shown: {named}{more}"));
        }
        if self.values_shortened > 0 {
            let values = if self.values_shortened == 1 { "value" } else { "values" };
            parts.push(format!("{} {values} shortened", self.values_shortened));
        }
        if parts.is_empty() {
            return None;
        }
        Some(format!("… {}; \\x or --format vertical shows all", parts.join("; ")))
    }
}

impl RowWriter for TableWriter {
    fn write(&mut self, batch: &RecordBatch, out: &mut dyn Write) -> io::Result<()> {
        for row in 0..batch.num_rows() {
            let cells = batch.columns().iter().map(|array| {
                let text = plain(array, row).unwrap_or_default();
                printable(&text).into_owned()
            });
            let due = self.columns.take(cells.collect());
            self.write_due(due, out)?;
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let due = self.columns.finish();
        self.write_due(due, out)?;
        self.cost().map_or(Ok(()), |cost| writeln!(out, "{cost}"))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, StringArray};
    use expect_test::{Expect, expect};

    use crate::render::{OutputFormat, Place, render_at};

    use super::*;

    fn table(rows: usize, place: Place) -> String {
        let repeat = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text; rows])) };
        let batch = RecordBatch::try_from_iter([
            ("id", repeat("00000000-0000-0000-0000-000000000001")),
            ("n", Arc::new(Int64Array::from(vec![1_234_567; rows])) as ArrayRef),
            ("activity", repeat("Änderung einer 日本語 Richtlinie 👩‍💻 und noch viel mehr")),
            ("raw\u{1b}", repeat(&"x".repeat(300))),
        ]);
        let batch = batch.unwrap();
        let mut out = Vec::new();
        render_at(place, OutputFormat::Table, &batch.schema(), &mut std::iter::once(Ok(batch)), &mut out)
            .unwrap();
        String::from_utf8(out).unwrap()
    }

    #[track_caller]
    fn check(width: usize, expected: Expect) {
        let text = table(2, Place { terminal_width: Some(width), ..Place::default() });
        // The last line is no row: a terminal breaks it.
        assert!(
            text.lines().filter(|line| !line.starts_with('…')).all(|line| line.width() <= width),
            "{text}"
        );
        expected.assert_eq(&text);
    }

    #[test]
    fn a_table_is_made_to_fit() {
        check(
            100,
            expect![[r#"
                id                                   │       n │ activity                 │ raw�
                ─────────────────────────────────────┼─────────┼──────────────────────────┼─────────────────────────
                00000000-0000-0000-0000-000000000001 │ 1234567 │ Änderung einer 日本語 R… │ xxxxxxxxxxxxxxxxxxxxxxx…
                00000000-0000-0000-0000-000000000001 │ 1234567 │ Änderung einer 日本語 R… │ xxxxxxxxxxxxxxxxxxxxxxx…
                … 4 values shortened; \x or --format vertical shows all
            "#]],
        );
        check(
            60,
            expect![[r#"
                id           │       n │ activity         │ raw�
                ─────────────┼─────────┼──────────────────┼─────────────────
                00000000-00… │ 1234567 │ Änderung einer…  │ xxxxxxxxxxxxxxx…
                00000000-00… │ 1234567 │ Änderung einer…  │ xxxxxxxxxxxxxxx…
                … 6 values shortened; \x or --format vertical shows all
            "#]],
        );
        check(
            30,
            expect![[r#"
                id       │       n │ activity
                ─────────┼─────────┼──────────
                0000000… │ 1234567 │ Änderung…
                0000000… │ 1234567 │ Änderung…
                … 1 column not shown: raw�; 4 values shortened; \x or --format vertical shows all
            "#]],
        );
        check(
            5,
            expect![[r#"
            id
            ─────
            0000…
            0000…
            … 3 columns not shown: n, activity, raw�; 2 values shortened; \x or --format vertical shows all
        "#]],
        );
    }

    #[test]
    fn without_a_terminal_nothing_is_cut() {
        let text = table(1, Place::default());
        assert!(text.contains(&"x".repeat(300)) && !text.contains('…'), "{text}");
        let short = table(1, Place { width_max: Some(10), ..Place::default() });
        assert!(short.contains("xxxxxxxxx…\n") && !short.contains("shortened"), "{short}");
    }

    #[test]
    fn what_fits_says_nothing() {
        let text = table(1, Place { terminal_width: Some(500), ..Place::default() });
        assert!(!text.contains('…'), "{text}");
        let bounded = table(3, Place { terminal_width: Some(500), width_max: Some(72), ..Place::default() });
        assert!(bounded.ends_with("… 3 values shortened; \\x or --format vertical shows all\n"), "{bounded}");
    }

    #[test]
    fn rows_that_were_not_measured_fit_too() {
        let rows: Vec<String> = (0..3_000).map(|row| "x".repeat(row / 40)).collect();
        let batch =
            RecordBatch::try_from_iter([("x", Arc::new(StringArray::from(rows)) as ArrayRef)]).unwrap();
        let mut out = Vec::new();
        let place = Place { terminal_width: Some(60), ..Place::default() };
        render_at(place, OutputFormat::Table, &batch.schema(), &mut std::iter::once(Ok(batch)), &mut out)
            .unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.lines().all(|line| line.width() <= 60));
        assert!(text.contains("… 560 values shortened; "), "{}", text.lines().last().unwrap());
    }

    #[test]
    fn wider_rows_stand_in_blocks_of_lines() {
        let place = |width, rows| {
            table(rows, Place { terminal_width: Some(width), is_vertical_if_wider: true, ..Place::default() })
        };
        assert!(place(60, 2).starts_with("── row 1 ─"));
        assert_eq!(place(60, 2).matches("── row ").count(), 2);
        assert!(place(60, 2).contains(&"x".repeat(300)));
        assert!(place(420, 2).starts_with("id "), "{}", place(420, 2));
        assert!(place(20, 0).starts_with("id "), "no row, no blocks");
        assert_eq!(place(60, 5_000).matches("── row ").count(), 5_000);
        assert_eq!(place(420, 5_000).lines().count(), 5_002);
    }
}
