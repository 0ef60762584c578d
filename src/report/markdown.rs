//! A report as Markdown, for tickets and case notes: the same content, charts as small texts.

use std::fmt::Write;

use super::chart::{WEEKDAYS, level};
use super::document::{Bars, Block, Cell, Document, Entry, Grid, Heat, Series};
use super::gather::readable_name;
use super::html::capital;
use super::numbers::{count, number};
use super::time::readable;
use crate::query::Severity;
use crate::render::{block as spark, escape_markdown, printable};

/// Characters of the longest bar.
const BAR_CHARS: f64 = 24.0;
/// Periods that are listed line by line; more become one line of signs.
const PERIODS_LISTED_MAX: usize = 40;
const SHADES: [char; 6] = ['·', '░', '▒', '▓', '█', '█'];

/// The text.
pub(crate) fn markdown(document: &Document) -> String {
    let mut out = String::new();
    let subject = document.subject.iter().map(|subject| format!(": {}", escape(subject))).collect::<String>();
    let _ =
        write!(out, "# {}{subject}\n\n{}\n\n", escape(&document.title), capital(&escape(&document.about)));
    facts(document, &mut out);
    out.push_str("\n## Not covered\n\n");
    if document.not_covered.is_empty() {
        out.push_str("No gap is known in the time that was asked for.\n");
    }
    for text in &document.not_covered {
        let _ = writeln!(out, "- {}", escape(text));
    }
    for part in &document.parts {
        let _ = write!(out, "\n## {}\n\n{}", escape(&part.title), escape(&part.about));
        if let Some(entry) = part.entry {
            let _ = write!(out, " (query {})", entry + 1);
        }
        out.push('\n');
        for note in &part.notes {
            let _ = write!(out, "\n> {}\n", escape(note));
        }
        for block in &part.blocks {
            out.push('\n');
            self::block(block, &mut out);
        }
    }
    out.push_str("\n## Queries\n\nWhere every number of this report comes from. Each command gives the whole answer.\n");
    for (index, one) in document.entries.iter().enumerate() {
        entry(index, one, &mut out);
    }
    out.push_str("\n## Sources\n\nThe files that the archive was made of. The fingerprint is the SHA-256 of the commit's record.\n\n");
    grid(&document.sources, &mut out);
    out.push_str("\nAll times are UTC.\n");
    out
}

fn facts(document: &Document, out: &mut String) {
    out.push_str("| | |\n| --- | --- |\n");
    for (name, value) in &document.facts {
        let _ = writeln!(out, "| {name} | {} |", escape(value));
    }
}

fn block(block: &Block, out: &mut String) {
    match block {
        Block::Numbers(numbers) => {
            for (name, value) in numbers {
                let _ = writeln!(out, "- **{}** {}", number(*value), escape(name));
            }
        }
        Block::Severities(counts) => {
            for severity in Severity::ALL {
                let _ =
                    writeln!(out, "- **{}** {}", number(counts[severity as usize] as f64), severity.name());
            }
        }
        Block::Series(series) => self::series(series, out),
        Block::Bars(bars) => self::bars(bars, out),
        Block::Heat(heat) => self::heat(heat, out),
        Block::Grid(grid) => self::grid(grid, out),
        Block::Text(text) => {
            let _ = writeln!(out, "{}", escape(text));
        }
    }
}

fn series(series: &Series, out: &mut String) {
    let _ = write!(out, "**{} per {}**", escape(&capital(&series.what)), series.unit.name());
    if let Some(note) = &series.note {
        let _ = write!(out, " ({})", escape(note));
    }
    out.push_str("\n\n");
    let max = series.totals.iter().copied().fold(0.0, f64::max);
    if series.starts.len() <= PERIODS_LISTED_MAX {
        let _ = writeln!(out, "| {} | {} | |\n| --- | --: | --- |", series.unit.name(), escape(&series.what));
        for (start, total) in series.starts.iter().zip(&series.totals) {
            let label = series.unit.label(*start, false);
            let _ = writeln!(out, "| {label} | {} | {} |", number(*total), bar(*total, max));
        }
    } else {
        let label = |at: Option<&i64>| at.map_or(String::new(), |start| series.unit.label(*start, false));
        let _ = writeln!(
            out,
            "{} to {}, at most {}: {}",
            label(series.starts.first()),
            label(series.starts.last()),
            number(max),
            sparks(&series.totals)
        );
    }
    if !series.lines.is_empty() {
        let by = escape(series.by.as_deref().unwrap_or_default());
        let _ = writeln!(
            out,
            "\n| {by} | {} | each by its own scale |\n| --- | --: | --- |",
            escape(&series.what)
        );
        for (name, line, sum) in &series.lines {
            let _ = writeln!(out, "| {} | {} | {} |", escape(name), number(*sum), sparks(line));
        }
    }
}

fn sparks(values: &[f64]) -> String {
    let max = values.iter().copied().fold(0.0, f64::max);
    values.iter().map(|value| spark(*value, max).unwrap_or('·')).collect()
}

fn bar(value: f64, max: f64) -> String {
    match value {
        value if value <= 0.0 || max <= 0.0 => String::new(),
        value => "█".repeat(((value / max * BAR_CHARS).round() as usize).max(1)),
    }
}

fn bars(bars: &Bars, out: &mut String) {
    let max = bars.rows.iter().map(|(_, amount)| *amount).fold(0.0, f64::max);
    let _ = writeln!(out, "| {} | {} | |\n| --- | --: | --- |", escape(&bars.by), escape(&bars.what));
    for (name, amount) in &bars.rows {
        let name = name.as_deref().map_or("–".to_owned(), escape);
        let _ = writeln!(out, "| {name} | {} | {} |", number(*amount), bar(*amount, max));
    }
    if bars.rest.0 > 0 {
        let _ = writeln!(out, "| {} more | {} | |", number(bars.rest.0 as f64), number(bars.rest.1));
    }
}

fn heat(heat: &Heat, out: &mut String) {
    let max = heat.cells.iter().flatten().copied().fold(0.0, f64::max);
    let _ = write!(
        out,
        "**{} by weekday and hour (UTC)**\n\n```text\n    0  3  6  9  12 15 18 21\n",
        escape(&capital(&heat.what))
    );
    for (name, hours) in WEEKDAYS.iter().zip(heat.cells.iter()) {
        let shades: String = hours.iter().map(|value| SHADES[level(*value, max)]).collect();
        let _ = writeln!(out, "{name} {shades}");
    }
    let _ = write!(out, "```\n\nAt most {} in an hour of the week.\n", number(max));
}

fn grid(grid: &Grid, out: &mut String) {
    out.push('|');
    for column in &grid.columns {
        let _ = write!(out, " {} |", escape(&readable_name(&column.name)));
    }
    out.push_str("\n|");
    for column in &grid.columns {
        out.push_str(if column.is_number { " --: |" } else { " --- |" });
    }
    out.push('\n');
    for row in &grid.rows {
        out.push('|');
        for value in row {
            let _ = write!(out, " {} |", cell(value));
        }
        out.push('\n');
    }
    let more = grid.count.saturating_sub(grid.rows.len() as u64);
    if more > 0 {
        let _ = write!(out, "\n{}: {}\n", count(more, "more row", "more rows"), code(&grid.command));
    }
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Text(text) if text.is_empty() => "*empty*".to_owned(),
        Cell::Text(text) => escape(text),
        Cell::Time(micros) => readable(*micros),
        Cell::Severity(severity) => format!("**{}**", severity.name()),
        Cell::Link(text, entry) => format!("{} (query {})", escape(text), entry + 1),
    }
}

fn entry(index: usize, entry: &Entry, out: &mut String) {
    let _ = write!(out, "\n### {}. {}\n\n{}\n\n", index + 1, escape(&entry.name), escape(&entry.question));
    let _ = writeln!(out, "- Command: {}", code(&entry.command));
    if let Some(rows) = entry.rows {
        let _ = writeln!(out, "- Answer: {}", count(rows, "row", "rows"));
    }
    for (name, value) in &entry.parameters {
        let _ = writeln!(out, "- Parameter {} = {}", escape(name), escape(value));
    }
    for caveat in &entry.caveats {
        let _ = writeln!(out, "- Keep in mind: {}", escape(caveat));
    }
    for warning in &entry.warnings {
        let _ = writeln!(out, "- Not covered: {}", escape(warning));
    }
    if !entry.text.is_empty() {
        let fence = fence(&entry.text, 3);
        let _ = write!(out, "\n{fence}sql\n");
        for line in entry.text.lines() {
            let _ = writeln!(out, "{}", printable(line));
        }
        let _ = writeln!(out, "{fence}");
    }
}

/// A text as code, whatever it holds.
fn code(text: &str) -> String {
    let text = printable(text);
    let fence = fence(&text, 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// More backticks than stand together in a text.
fn fence(text: &str, least: usize) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat((longest + 1).max(least))
}

/// A text on one line that stays the text that it is, in a table and at the begin of a line too.
fn escape(text: &str) -> String {
    let escaped = escape_markdown(&printable(text));
    if escaped.starts_with(['#', '-', '+', '=']) { format!("\\{escaped}") } else { escaped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_the_text_that_it_is() {
        assert_eq!(
            escape("a|b\n[x](javascript:y) <b> event_time _z_"),
            r"a\|b⏎\[x](javascript:y) &lt;b&gt; event_time \_z\_"
        );
        assert_eq!(escape("# http://x"), "\\# http&#58;//x");
        assert_eq!(code("a``b`"), "``` a``b` ```");
    }
}
