//! A report as one page of HTML that needs nothing but itself: no script, no font, no network.
//!
//! The policy in its head forbids whatever a text could make of itself, should one ever get past the escaping.

use std::fmt::Write;

use super::chart;
use super::document::{Bars, Block, Cell, Document, Entry, Grid, Part, Series};
use super::gather::readable_name;
use super::numbers::{count, number};
use super::time::readable;
use crate::query::Severity;
use crate::render::{escape_html, printable};
use crate::schema::format_time;

const STYLE: &str = include_str!("style.css");
/// Characters from which on a column of texts is given room.
const WIDE_CHARS: usize = 60;
/// Characters of a word from which on it may be broken on paper.
const LONG_CHARS: usize = 19;

/// The page.
pub(crate) fn html(document: &Document) -> String {
    let mut out = String::from(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
    );
    escape(&title(document), &mut out);
    let _ = write!(out, "</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n");
    head(document, &mut out);
    out.push_str("<main>\n");
    for (index, one) in document.parts.iter().enumerate() {
        part(index, one, &mut out);
    }
    out.push_str("</main>\n<div class=\"appendix\">\n");
    appendix(document, &mut out);
    out.push_str("</div>\n</body>\n</html>\n");
    out
}

fn title(document: &Document) -> String {
    match &document.subject {
        Some(subject) => format!("{}: {subject}", document.title),
        None => document.title.clone(),
    }
}

fn head(document: &Document, out: &mut String) {
    out.push_str("<header>\n<p class=\"kicker\">auditql report</p>\n<h1>");
    escape(&title(document), out);
    out.push_str("</h1>\n<p class=\"lead\">");
    escape(&document.about, out);
    out.push_str("</p>\n<dl class=\"facts\">\n");
    for (name, value) in &document.facts {
        tag("dt", name, out);
        if *name == "Fingerprint" {
            out.push_str("<dd><a href=\"#sources\"><code>");
            escape(value.get(..16).unwrap_or(value), out);
            out.push_str("…</code></a></dd>\n");
        } else {
            tag("dd", value, out);
            out.push('\n');
        }
    }
    out.push_str("</dl>\n");
    if document.not_covered.is_empty() {
        out.push_str(
            "<div class=\"uncovered none\"><h2>Not covered</h2>No gap is known in the time that was asked for.</div>\n",
        );
    } else {
        out.push_str("<div class=\"uncovered\"><h2>Not covered</h2>\n<ul>\n");
        for text in &document.not_covered {
            tag("li", text, out);
            out.push('\n');
        }
        out.push_str("</ul></div>\n");
    }
    out.push_str("<nav aria-label=\"Sections\"><ol>\n");
    for (index, part) in document.parts.iter().enumerate() {
        let _ = write!(out, "<li><a href=\"#s{}\">", index + 1);
        escape(&part.title, out);
        out.push_str("</a></li>\n");
    }
    out.push_str(
        "<li><a href=\"#queries\">Queries</a></li>\n<li><a href=\"#sources\">Sources</a></li>\n</ol></nav>\n</header>\n",
    );
}

fn part(index: usize, part: &Part, out: &mut String) {
    let _ = write!(out, "<section id=\"s{}\">\n<h2>", index + 1);
    escape(&part.title, out);
    if let Some(entry) = part.entry {
        let _ = write!(out, "<a class=\"source\" href=\"#q{0}\">query {0}</a>", entry + 1);
    }
    out.push_str("</h2>\n");
    if !part.about.is_empty() {
        out.push_str("<p class=\"about\">");
        escape(&part.about, out);
        out.push_str("</p>\n");
    }
    for note in &part.notes {
        out.push_str("<p class=\"note\">");
        escape(note, out);
        out.push_str("</p>\n");
    }
    for block in &part.blocks {
        match block {
            Block::Numbers(numbers) => self::numbers(numbers, out),
            Block::Severities(counts) => severities(*counts, out),
            Block::Series(series) => self::series(series, out),
            Block::Bars(bars) => self::bars(bars, out),
            Block::Heat(heat) => {
                let caption = format!("{} by weekday and hour (UTC)", heat.what);
                out.push_str("<figure>\n");
                self::caption(&caption, "", out);
                chart::heat(heat, &caption, out);
                out.push_str("</figure>\n");
            }
            Block::Grid(grid) => self::grid(grid, out),
            Block::Text(text) => {
                out.push_str("<p class=\"quiet\">");
                escape(text, out);
                out.push_str("</p>\n");
            }
        }
    }
    out.push_str("</section>\n");
}

fn numbers(numbers: &[(String, f64)], out: &mut String) {
    out.push_str("<dl class=\"numbers\">\n");
    for (name, value) in numbers {
        out.push_str(if *value == 0.0 { "<div class=\"nil\">" } else { "<div>" });
        tag("dt", name, out);
        let _ = writeln!(out, "<dd>{}</dd></div>", number(*value));
    }
    out.push_str("</dl>\n");
}

fn severities(counts: [u64; 3], out: &mut String) {
    out.push_str("<dl class=\"numbers\">\n");
    for severity in Severity::ALL {
        let count = counts[severity as usize];
        let name = severity.name();
        let _ = writeln!(
            out,
            "<div{}><dt><span class=\"pill {name}\">{name}</span></dt><dd>{}</dd></div>",
            if count == 0 { " class=\"nil\"" } else { "" },
            number(count as f64)
        );
    }
    out.push_str("</dl>\n");
}

fn caption(what: &str, more: &str, out: &mut String) {
    out.push_str("<figcaption>");
    escape(&capital(what), out);
    if !more.is_empty() {
        out.push_str(" <span>");
        escape(more, out);
        out.push_str("</span>");
    }
    out.push_str("</figcaption>\n");
}

/// With a capital letter.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn series(series: &Series, out: &mut String) {
    let what = format!("{} per {}", series.what, series.unit.name());
    out.push_str("<figure>\n");
    caption(&what, series.note.as_deref().unwrap_or_default(), out);
    chart::columns(series, &what, out);
    if !series.lines.is_empty() {
        let all: f64 = series.totals.iter().sum();
        // Each line has a scale of its own: what is rare would be flat beside what is frequent.
        out.push_str("<table class=\"lines\">\n<thead><tr><th class=\"name\">");
        escape(series.by.as_deref().unwrap_or_default(), out);
        out.push_str("</th><th>each by its own scale</th><th class=\"number amount\">");
        escape(&series.what, out);
        out.push_str("</th><th class=\"number share\">share</th></tr></thead>\n<tbody>\n");
        for (name, line, sum) in &series.lines {
            out.push_str("<tr><td class=\"name\">");
            clamped(Some(name), out);
            out.push_str("</td><td>");
            chart::sparkline(line, line.iter().copied().fold(0.0, f64::max), out);
            amount_and_share(*sum, all, out);
        }
        out.push_str("</tbody>\n</table>\n");
    }
    out.push_str("</figure>\n");
}

/// A name beside a chart: two lines of it, and the whole for who points at it.
fn clamped(name: Option<&str>, out: &mut String) {
    match name {
        Some(name) if name.chars().nth(WIDE_CHARS).is_some() => {
            out.push_str("<span title=\"");
            escape(name, out);
            out.push_str("\">");
            escape(name, out);
            out.push_str("</span>");
        }
        name => cell_text(name, out),
    }
}

fn amount_and_share(amount: f64, all: f64, out: &mut String) {
    let share = if all > 0.0 { 100.0 * amount / all } else { 0.0 };
    let _ = writeln!(
        out,
        "</td><td class=\"number amount\">{}</td><td class=\"number share\">{share:.1} %</td></tr>",
        number(amount)
    );
}

fn bars(bars: &Bars, out: &mut String) {
    let max = bars.rows.iter().map(|(_, amount)| *amount).fold(0.0, f64::max);
    let all = bars.rows.iter().map(|(_, amount)| amount).sum::<f64>() + bars.rest.1;
    out.push_str("<figure>\n");
    caption(&format!("{} by {}", bars.what, bars.by), "", out);
    out.push_str("<table class=\"lines\">\n<tbody>\n");
    for (name, amount) in &bars.rows {
        out.push_str("<tr><td class=\"name\">");
        clamped(name.as_deref(), out);
        out.push_str("</td><td>");
        chart::bar(*amount, max, out);
        amount_and_share(*amount, all, out);
    }
    if bars.rest.0 > 0 {
        let _ = write!(out, "<tr><td class=\"name nil\">{} more</td><td>", number(bars.rest.0 as f64));
        amount_and_share(bars.rest.1, all, out);
    }
    out.push_str("</tbody>\n</table>\n</figure>\n");
}

fn grid(grid: &Grid, out: &mut String) {
    let classes: Vec<&str> = (0..grid.columns.len()).map(|index| class(grid, index)).collect();
    out.push_str("<div class=\"scroll\">\n<table>\n<thead><tr>");
    for column in &grid.columns {
        out.push_str(if column.is_number {
            "<th class=\"number\" scope=\"col\">"
        } else {
            "<th scope=\"col\">"
        });
        escape(&readable_name(&column.name), out);
        out.push_str("</th>");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &grid.rows {
        out.push_str("<tr>");
        for (value, class) in row.iter().zip(&classes) {
            let _ =
                if class.is_empty() { write!(out, "<td>") } else { write!(out, "<td class=\"{class}\">") };
            cell(value, out);
            out.push_str("</td>");
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n</div>\n");
    let more = grid.count.saturating_sub(grid.rows.len() as u64);
    if more > 0 {
        let _ = write!(out, "<p class=\"more\">{}: <code>", count(more, "more row", "more rows"));
        escape(&grid.command, out);
        out.push_str("</code></p>\n");
    }
}

/// What a column's cells are like: numbers, sentences, long words.
fn class(grid: &Grid, index: usize) -> &'static str {
    let texts = || {
        grid.rows.iter().filter_map(|row| match &row[index] {
            Cell::Text(text) | Cell::Link(text, _) => Some(text.as_str()),
            _ => None,
        })
    };
    let is_longer = |text: &str, chars: usize| text.chars().nth(chars).is_some();
    if grid.columns[index].is_number {
        "number"
    } else if texts().any(|text| is_longer(text, WIDE_CHARS)) {
        "wide"
    } else if texts().any(|text| text.split_whitespace().any(|word| is_longer(word, LONG_CHARS))) {
        "long"
    } else {
        ""
    }
}

fn cell(cell: &Cell, out: &mut String) {
    match cell {
        Cell::Null => cell_text(None, out),
        Cell::Text(text) => cell_text(Some(text), out),
        Cell::Time(micros) => {
            let _ = write!(out, "<time datetime=\"{}\">{}</time>", format_time(*micros), readable(*micros));
        }
        Cell::Severity(severity) => {
            let _ = write!(out, "<span class=\"pill {0}\">{0}</span>", severity.name());
        }
        Cell::Link(text, entry) => {
            let _ = write!(out, "<a href=\"#q{}\">", entry + 1);
            escape(text, out);
            out.push_str("</a>");
        }
    }
}

fn cell_text(text: Option<&str>, out: &mut String) {
    match text {
        None => out.push_str("<span class=\"nil\">–</span>"),
        Some("") => out.push_str("<span class=\"nil\">(empty)</span>"),
        Some(text) => escape(text, out),
    }
}

fn appendix(document: &Document, out: &mut String) {
    out.push_str(
        "<section id=\"queries\">\n<h2>Queries</h2>\n<p class=\"about\">Where every number of this report comes from. \
         Each command gives the whole answer.</p>\n</section>\n",
    );
    for (index, one) in document.entries.iter().enumerate() {
        entry(index, one, out);
    }
    out.push_str("<section id=\"sources\">\n<h2>Sources</h2>\n<p class=\"about\">The files that the archive was made of, by their SHA-256. The fingerprint of the archive is that of its commit’s record, which lists every file of the archive with its own.</p>\n<dl class=\"facts\">\n");
    for (name, value) in &document.facts {
        tag("dt", name, out);
        out.push_str("<dd>");
        escape(value, out);
        out.push_str("</dd>\n");
    }
    out.push_str("</dl>\n");
    grid(&document.sources, out);
    out.push_str("</section>\n<footer>All times are UTC.</footer>\n");
}

fn entry(index: usize, entry: &Entry, out: &mut String) {
    let _ = write!(out, "<section class=\"entry\" id=\"q{0}\">\n<h3>{0}. ", index + 1);
    escape(&entry.name, out);
    out.push_str("</h3>\n");
    escape(&entry.question, out);
    out.push_str("\n<dl>\n<dt>Command</dt><dd><code>");
    escape(&entry.command, out);
    out.push_str("</code></dd>\n");
    if let Some(rows) = entry.rows {
        let _ = writeln!(out, "<dt>Answer</dt><dd>{}</dd>", count(rows, "row", "rows"));
    }
    if !entry.parameters.is_empty() {
        let values: Vec<String> =
            entry.parameters.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        out.push_str("<dt>Parameters</dt>");
        tag("dd", &values.join("; "), out);
        out.push('\n');
    }
    for (name, texts) in [("Keep in mind", &entry.caveats), ("Not covered", &entry.warnings)] {
        if !texts.is_empty() {
            let _ = write!(out, "<dt>{name}</dt><dd><ul>");
            texts.iter().for_each(|text| tag("li", text, out));
            out.push_str("</ul></dd>\n");
        }
    }
    out.push_str("</dl>\n");
    if !entry.text.is_empty() {
        out.push_str("<pre>");
        for line in entry.text.lines() {
            escape(line, out);
            out.push('\n');
        }
        out.push_str("</pre>\n");
    }
    out.push_str("</section>\n");
}

fn tag(name: &str, text: &str, out: &mut String) {
    let _ = write!(out, "<{name}>");
    escape(text, out);
    let _ = write!(out, "</{name}>");
}

/// Writes a text as text: what a stranger wrote into a log is never a part of the page.
pub(super) fn escape(text: &str, out: &mut String) {
    escape_html(&printable(text), out);
}
