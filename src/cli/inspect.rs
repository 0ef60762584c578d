//! `auditql inspect`.

use std::fmt::Write as _;
use std::io::Write;

use super::{Console, Outcome};
use crate::error::{Error, Result};
use crate::ingest::{Inspection, inspect};
use crate::normalize::Notes;
use crate::render::printable;
use crate::schema::{Format, format_time};

/// Rejects of a file that are shown without `--rejects`.
const REJECTS_SHOWN: usize = 3;
/// Characters of a value or a reject's text that are shown.
const TEXT_SHOWN: usize = 160;

/// Arguments of `inspect`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files, folders, or patterns such as 'logs/*.json'
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<String>,
    /// Show every reject, with its whole text
    #[arg(long)]
    rejects: bool,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome> {
    let rejects_max = if args.rejects { usize::MAX } else { REJECTS_SHOWN };
    let inspections = inspect(&args.paths, None, rejects_max)?;
    let mut out = console.output();
    let mut outcome = Outcome::Done;
    for (index, inspection) in inspections.iter().enumerate() {
        let gap = if index > 0 { "\n" } else { "" };
        let text = format!("{gap}{}", describe(inspection, args.rejects));
        out.write_all(text.as_bytes()).map_err(|error| Error::output(&error))?;
        if inspection.problem.is_some() || inspection.rejected > 0 || !inspection.skipped.is_empty() {
            outcome = Outcome::WithComplaints;
        }
    }
    out.flush().map_err(|error| Error::output(&error))?;
    Ok(outcome)
}

fn describe(found: &Inspection, is_whole: bool) -> String {
    let mut text = format!("{}\n", printable(&found.name));
    let mut line = |name: &str, value: &str| {
        text.push_str(&format!("  {name:<10} {}\n", printable(value)));
    };
    if found.sha256.is_empty() {
        line("problem", found.problem.as_deref().unwrap_or("unreadable"));
        return text;
    }
    line("sha256", &found.sha256);
    line("size", &format!("{} bytes on disk, {} bytes of text", found.size_bytes, found.text_bytes));
    if let Some(encoding) = found.encoding {
        line("encoding", encoding);
    }
    if !found.framing.is_empty() {
        line("framing", &found.framing);
    }
    if let Some(context) = &found.context {
        line("context", context);
    }
    for (format, count) in &found.formats {
        let shape = format.shape();
        line("format", &format!("{}: {}", shape.name, shape.title));
        line("because", shape.evidence);
        line("rows", &format!("{count}, of table {}", shape.table.name));
    }
    if found.formats.is_empty() {
        line("format", "no records of a known shape");
    }
    if found.has_next_link {
        line("next page", "the last page names a next one: is it here too?");
    }
    if let Some((first, last)) = found.period {
        line("period", &format!("{} to {}", format_time(first), format_time(last)));
    }
    for (kind, count) in &found.skipped {
        line("skipped", &format!("{count} {kind}: no table of auditql holds them"));
    }
    for (count, (_, what)) in found.notes.iter().zip(Notes::ALL).filter(|(count, _)| **count > 0) {
        line("noticed", &format!("{count} records {what}"));
    }
    if found.rejected > 0 {
        line("rejected", &found.rejected.to_string());
    }
    if let Some(problem) = &found.problem {
        line("problem", problem);
    }
    describe_rejects(found, is_whole, &mut text);
    if let Some((offset, raw, format, explained)) = &found.first {
        describe_first(*offset, raw, explained, *format, &mut text);
    }
    text
}

fn describe_rejects(found: &Inspection, is_whole: bool, text: &mut String) {
    for (offset, reason, record) in &found.rejects {
        let record = if is_whole { record.clone() } else { shorten(record) };
        let _ =
            writeln!(text, "\n  reject at byte {offset}: {}\n    {}", printable(reason), printable(&record));
    }
    let hidden = found.rejected.saturating_sub(found.rejects.len() as u64);
    if hidden > 0 {
        let _ = writeln!(text, "\n  {hidden} more rejects: see them with --rejects");
    }
}

fn describe_first(
    offset: u64,
    raw: &str,
    explained: &crate::normalize::Explained,
    format: Format,
    text: &mut String,
) {
    let _ = writeln!(text, "\n  first record, at byte {offset}, becomes a row of {}", explained.table);
    let width =
        explained.columns.iter().map(|(column, ..)| column.len()).max().unwrap_or(0).max("format".len());
    for (column, value, place) in &explained.columns {
        let value = shorten(value);
        let _ = writeln!(text, "    {column:width$}  {}  ← {}", printable(&value), printable(place));
    }
    let _ = writeln!(text, "    {:width$}  {}", "format", format.name());
    let _ = writeln!(text, "    {:width$}  {}", "raw", printable(&shorten(raw)));
    if !explained.unclaimed.is_empty() {
        let keys: Vec<_> = explained.unclaimed.iter().map(|key| printable(key)).collect();
        let _ = writeln!(text, "  keys that no column holds (they stay in raw): {}", keys.join(", "));
    }
}

fn shorten(value: &str) -> String {
    let mut kept: String = value.chars().take(TEXT_SHOWN).collect();
    if kept.len() < value.len() {
        kept.push('…');
    }
    kept
}
