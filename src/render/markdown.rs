//! A table as GitHub's Markdown has it, for reports and tickets.
//!
//! A text stays the text that it is: what Markdown, HTML or GitHub's formulas would take for a sign of theirs is
//! escaped, a line end becomes `<br>`, what would drive a terminal becomes `U+FFFD`. NULL is an empty cell, an empty
//! text is `*empty*`, which no other text looks like.

use std::io::{self, Write};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::RowWriter;
use super::cell::{is_harmless, plain};
use super::columns::{Columns, Due};

/// Columns are filled with blanks up to this width, for whoever reads the source; one wide value does not swell every row.
const PADDED_WIDTH_MAX: usize = 60;
/// Dashes that every Markdown reader takes for the rule below a header.
const RULE_WIDTH_MIN: usize = 3;

/// Writes rows as a Markdown table.
pub(super) struct MarkdownWriter {
    names: Vec<String>,
    columns: Columns,
    is_first: bool,
}

impl MarkdownWriter {
    /// A table that is the document's first, or stands after another one.
    pub(super) fn new(schema: &SchemaRef, is_first: bool) -> Self {
        let names: Vec<String> = schema.fields().iter().map(|field| escape(field.name())).collect();
        let is_number = schema.fields().iter().map(|field| field.data_type().is_numeric()).collect();
        Self { columns: Columns::new(&names, is_number, RULE_WIDTH_MIN..=PADDED_WIDTH_MAX), names, is_first }
    }

    fn write_due(&self, due: &Due, out: &mut dyn Write) -> io::Result<()> {
        if due.has_header {
            // Without a blank line a table would go on with the next one's rows.
            out.write_all(if self.is_first { b"" } else { b"\n" })?;
            self.write_row(&self.names, out)?;
            for (width, is_number) in self.columns.iter() {
                let dashes = "-".repeat(width - 1);
                write!(out, "| {dashes}{} ", if is_number { ':' } else { '-' })?;
            }
            writeln!(out, "|")?;
        }
        due.rows.iter().try_for_each(|cells| self.write_row(cells, out))
    }

    fn write_row(&self, cells: &[String], out: &mut dyn Write) -> io::Result<()> {
        let mut line = String::new();
        for (index, cell) in cells.iter().enumerate() {
            line.push_str("| ");
            self.columns.pad(index, cell, &mut line);
            line.push(' ');
        }
        line.push_str("|\n");
        out.write_all(line.as_bytes())
    }
}

impl RowWriter for MarkdownWriter {
    fn write(&mut self, batch: &RecordBatch, out: &mut dyn Write) -> io::Result<()> {
        for row in 0..batch.num_rows() {
            let cells = batch.columns().iter().map(|array| match plain(array, row) {
                None => String::new(),
                Some(text) if text.is_empty() => "*empty*".to_owned(),
                Some(text) => escape(&text),
            });
            let due = self.columns.take(cells.collect());
            self.write_due(&due, out)?;
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let due = self.columns.finish();
        self.write_due(&due, out)
    }
}

/// A text that stays the text that it is, in a table too.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut before = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\n' => escaped.push_str("<br>"),
            '\r' => {}
            '\t' => escaped.push(' '),
            '\\' | '|' | '`' | '*' | '[' | '~' | '$' => escaped.extend(['\\', c]),
            // Inside a word it is no sign: `event_time` stays readable.
            '_' if !is_alphanumeric(before) || !is_alphanumeric(chars.peek().copied()) => {
                escaped.push_str("\\_");
            }
            // Some readers make a link of an address by themselves.
            ':' if chars.peek() == Some(&'/') => escaped.push_str("&#58;"),
            c if is_harmless(c) => escaped.push(c),
            _ => escaped.push('\u{FFFD}'),
        }
        before = Some(c);
    }
    escaped
}

fn is_alphanumeric(c: Option<char>) -> bool {
    c.is_some_and(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_the_text_that_it_is() {
        assert_eq!(escape("event_time"), "event_time");
        assert_eq!(escape("_a_ *b* `c` ~d~ $e$"), r"\_a\_ \*b\* \`c\` \~d\~ \$e\$");
        assert_eq!(escape("a|b\r\nc\td\\|"), r"a\|b<br>c d\\\|");
        assert_eq!(escape("<a href=x>&amp;[b](c)"), r"&lt;a href=x&gt;&amp;amp;\[b](c)");
        assert_eq!(escape("http://x a:b"), "http&#58;//x a:b");
        assert_eq!(escape("a\x1b[1m\u{202E}\0b"), "a\u{FFFD}\\[1m\u{FFFD}\u{FFFD}b");
    }
}
