//! `auditql status`.

use std::fmt::Write as _;
use std::io::Write;

use super::common::EngineArgs;
use super::{Console, Outcome};
use crate::engine::{Engine, Parameters};
use crate::error::{Error, Result};
use crate::render::{OutputFormat, render};
use crate::schema::{format_time, stored_tables};

/// Longest cell of a section.
const CELL_WIDTH_MAX: usize = 60;

/// A section: its title, and the query that fills it. A section without rows is left out.
const SECTIONS: &[(&str, &str)] = &[
    (
        "Events by table and service",
        "SELECT table_name, service, sum(events) AS events, min(first_event) AS first_event, \
         max(last_event) AS last_event, count(*) AS days_with_events \
         FROM meta.coverage GROUP BY 1, 2 ORDER BY 1, 2",
    ),
    (
        "Sources by format",
        "SELECT coalesce(format, CASE WHEN same_as IS NULL THEN '(not usable)' ELSE '(a copy)' END) AS format, count(*) AS files, sum(events_read) AS read, \
         sum(events_added) AS added, sum(events_duplicate) AS duplicate, sum(events_rejected) AS rejected, \
         sum(events_skipped) AS skipped FROM meta.sources GROUP BY 1 ORDER BY 1",
    ),
    (
        "Sources with a problem (20 of them at most; all in meta.sources)",
        "SELECT path, problem FROM meta.sources WHERE problem IS NOT NULL ORDER BY path LIMIT 20",
    ),
    (
        "Sources with a warning (20 of them at most; all in meta.sources)",
        "SELECT path, warning FROM meta.sources WHERE warning IS NOT NULL ORDER BY path LIMIT 20",
    ),
    (
        "Rejects by reason (20 at most; all in meta.rejects)",
        "SELECT regexp_replace(reason, '[0-9]+', '…', 'g') AS reason, count(*) AS records, \
         count(DISTINCT source_file) AS files FROM meta.rejects GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20",
    ),
];

/// Arguments of `status`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    engine: EngineArgs,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome> {
    let engine = args.engine.open(console)?;
    let mut out = console.output();
    let mut text = head(&engine).into_bytes();
    for (title, sql) in SECTIONS {
        let mut answer = engine.run(sql, &Parameters::default())?;
        let schema = answer.schema();
        let mut section = Vec::new();
        if render(OutputFormat::Table, &schema, &mut answer, &mut section, Some(CELL_WIDTH_MAX))? > 0 {
            text.extend_from_slice(format!("\n{title}\n\n").as_bytes());
            text.extend_from_slice(&section);
        }
    }
    out.write_all(&text).and_then(|()| out.flush()).map_err(|error| Error::output(&error))?;
    Ok(Outcome::Done)
}

/// What the commit knows by itself.
fn head(engine: &Engine) -> String {
    let snapshot = engine.snapshot();
    let mut text = format!("archive   {}\n", snapshot.path.display());
    if let Some(commit) = &snapshot.commit {
        let _ = writeln!(
            text,
            "commit    {}, made {} by auditql {}, format {}",
            commit.number, commit.committed_at, commit.version, commit.format_version
        );
    }
    if let Some((first, last)) = snapshot.period() {
        let _ = writeln!(text, "period    {} to {}", format_time(first), format_time(last));
    }
    for table in stored_tables() {
        let files = snapshot.files(table.name);
        if files.is_empty() {
            continue;
        }
        let (rows, bytes) =
            files.iter().fold((0, 0), |(rows, bytes), file| (rows + file.rows, bytes + file.size_bytes));
        let count = files.len();
        let files = if count == 1 { "file" } else { "files" };
        let _ = writeln!(text, "{:<24} {rows} rows, {bytes} bytes in {count} {files}", table.name);
    }
    text
}
