//! One page with a table for each answer, which needs nothing but itself: no script, no font, no network.
//!
//! Rows are written as they come, and a page may get a further table until its end; HTML needs no closing tag there.
//! A NULL and an empty text are told apart by words that the style sheet adds, so that copying them gives nothing.

use std::io::{self, Write};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::RowWriter;
use super::cell::{is_harmless, plain};

/// What stands before the first table. The policy holds even if a text got past the escaping.
const HEAD: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>auditql</title>
<style>
:root { color-scheme: light dark; --text: #1b1b1b; --back: #fff; --head: #eceff3; --line: #d4d8dd; --row: #f6f7f9; --faint: #6a7077 }
@media (prefers-color-scheme: dark) { :root { --text: #e4e4e4; --back: #16181b; --head: #2a2e34; --line: #3b4048; --row: #1d2024; --faint: #939aa3 } }
body { margin: 1rem; color: var(--text); background: var(--back); font: 14px/1.4 system-ui, sans-serif }
section { margin-bottom: 2rem }
section:only-of-type h2 { display: none }
h2 { margin: 0 0 .5rem; font-size: 1.1rem }
p { margin: .5rem 0; color: var(--faint) }
table { border-collapse: separate; border-spacing: 0; border-top: 1px solid var(--line); border-left: 1px solid var(--line); font-variant-numeric: tabular-nums }
th, td { max-width: 40rem; padding: .2rem .5rem; border: solid var(--line); border-width: 0 1px 1px 0; text-align: left; vertical-align: top; white-space: pre-wrap; overflow-wrap: anywhere }
td { min-width: 3ch }
th { position: sticky; top: 0; background: var(--head); overflow-wrap: normal }
tbody tr:nth-child(even) { background: var(--row) }
.number { text-align: right }
.null::before, .empty::before { color: var(--faint); font-size: .8em }
.null::before { content: "NULL" }
.empty::before { content: "empty" }
@media print {
  :root { color-scheme: light; --text: #000; --back: #fff; --head: #eee; --line: #999; --row: #fff; --faint: #555 }
  body { margin: 0; font-size: 8pt }
  thead { display: table-header-group }
  th { position: static }
  tr { break-inside: avoid }
}
</style>
</head>
<body>
"#;

/// Writes rows as a table of a page.
pub(super) struct HtmlWriter {
    begin: Option<String>,
    is_number: Vec<bool>,
    rows: u64,
}

impl HtmlWriter {
    /// A table after this many others on the page.
    pub(super) fn new(schema: &SchemaRef, answers_before: u64) -> Self {
        let is_number: Vec<bool> =
            schema.fields().iter().map(|field| field.data_type().is_numeric()).collect();
        let mut begin = if answers_before == 0 { HEAD.to_owned() } else { String::new() };
        begin.push_str(&format!("<section>\n<h2>Answer {}</h2>\n<table>\n<thead>\n<tr>", answers_before + 1));
        for (field, is_number) in schema.fields().iter().zip(&is_number) {
            begin.push_str(if *is_number { "<th class=\"number\">" } else { "<th>" });
            escape(field.name(), &mut begin);
            begin.push_str("</th>");
        }
        begin.push_str("</tr>\n</thead>\n<tbody>\n");
        Self { begin: Some(begin), is_number, rows: 0 }
    }

    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.begin.take().map_or(Ok(()), |begin| out.write_all(begin.as_bytes()))
    }
}

impl RowWriter for HtmlWriter {
    fn write(&mut self, batch: &RecordBatch, out: &mut dyn Write) -> io::Result<()> {
        self.begin(out)?;
        let mut line = String::new();
        for row in 0..batch.num_rows() {
            line.clear();
            line.push_str("<tr>");
            for (array, is_number) in batch.columns().iter().zip(&self.is_number) {
                match plain(array, row) {
                    None => line.push_str("<td class=\"null\">"),
                    Some(text) if text.is_empty() => line.push_str("<td class=\"empty\">"),
                    Some(text) => {
                        line.push_str(if *is_number { "<td class=\"number\">" } else { "<td>" });
                        escape(&text, &mut line);
                    }
                }
                line.push_str("</td>");
            }
            line.push_str("</tr>\n");
            out.write_all(line.as_bytes())?;
        }
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.begin(out)?;
        let rows = if self.rows == 1 { "row" } else { "rows" };
        write!(out, "</tbody>\n</table>\n<p>{} {rows}</p>\n</section>\n", self.rows)
    }
}

/// Adds a text as text, whatever signs of HTML's it has.
pub(crate) fn escape(text: &str, line: &mut String) {
    for c in text.chars() {
        match c {
            '&' => line.push_str("&amp;"),
            '<' => line.push_str("&lt;"),
            '>' => line.push_str("&gt;"),
            '"' => line.push_str("&quot;"),
            '\'' => line.push_str("&#39;"),
            '\n' | '\t' => line.push(c),
            '\r' => {}
            c if is_harmless(c) => line.push(c),
            _ => line.push('\u{FFFD}'),
        }
    }
}
