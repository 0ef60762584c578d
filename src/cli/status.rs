//! `auditql status`.

use std::fmt::Write as _;
use std::io::Write as _;

use super::chart::{DaysByService, chart};
use super::common::{EngineArgs, rows};
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
        "Gaps: no events where there usually are some (the 20 in which most is missing; all in meta.gaps)",
        "SELECT * FROM (SELECT * FROM meta.gaps ORDER BY events_expected DESC, gap_from, table_name, service LIMIT 20) \
         ORDER BY gap_from, table_name, service",
    ),
    (
        "Downloads that end at Microsoft's retention: what is older was deleted before they were made",
        "WITH edge AS ( \
             SELECT f.table_name, s.first_event, s.last_event, s.modified_at, \
                    CASE WHEN s.modified_at < s.first_event + INTERVAL '9 days' THEN 7 ELSE 30 END AS days \
             FROM meta.sources s JOIN meta.formats f ON f.format = s.format \
             WHERE s.modified_at BETWEEN s.first_event + INTERVAL '6 days' AND s.first_event + INTERVAL '8 days' \
                OR s.modified_at BETWEEN s.first_event + INTERVAL '29 days' AND s.first_event + INTERVAL '31 days'), \
         service AS ( \
             SELECT table_name, service, min(first_event) AS first_event, max(last_event) AS last_event \
             FROM meta.hours GROUP BY 1, 2) \
         SELECT c.table_name, c.service, e.days AS retention_days, count(*) AS downloads, \
                min(e.first_event) AS earliest_edge, min(c.first_event) AS first_event \
         FROM edge e JOIN service c ON c.table_name = e.table_name \
          AND c.first_event <= e.last_event AND c.last_event >= e.first_event \
         GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
    ),
    (
        "Events that came late, to a time that the archive had events of already (events_late in meta.sources)",
        "SELECT sum(events_late) AS events, count(*) AS files, max(ingested_at) AS last_ingested_at \
         FROM meta.sources WHERE events_late > 0 HAVING sum(events_late) > 0",
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
    let text = text(&engine)?;
    let mut out = console.output();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| Error::output(&error))?;
    Ok(Outcome::Done)
}

/// What the archive holds, as a person reads it.
pub(super) fn text(engine: &Engine) -> Result<String> {
    let mut text = head(engine);
    let coverage = engine.snapshot().coverage();
    if !coverage.is_empty() {
        let _ = write!(text, "\nEvents by table and service\n\n{}", chart(coverage, &days(engine)?));
    }
    for (title, sql) in SECTIONS {
        let mut answer = engine.run(sql, &Parameters::default())?;
        let schema = answer.schema();
        let mut section = Vec::new();
        if render(OutputFormat::Table, &schema, &mut answer, &mut section, Some(CELL_WIDTH_MAX))? > 0 {
            let _ = write!(text, "\n{title}\n\n{}", String::from_utf8_lossy(&section));
        }
    }
    Ok(text)
}

/// Events by table, service and day.
fn days(engine: &Engine) -> Result<DaysByService> {
    let sql = "SELECT table_name, service, day, events FROM meta.coverage";
    let mut all = DaysByService::new();
    for row in rows(engine.run(sql, &Parameters::default())?)? {
        let mut cells = row.into_iter().map(Option::unwrap_or_default);
        let mut next = || cells.next().unwrap_or_default();
        let (table, service, day, events) = (next(), next(), next(), next());
        if let (Ok(day), Ok(events)) = (day.parse(), events.parse()) {
            all.entry((table, service)).or_default().insert(day, events);
        }
    }
    Ok(all)
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
