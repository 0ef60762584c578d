//! `manifest.json` and `SHA256SUMS`: what an export is, of which archive, and what its files hash to.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::folder::ExportFile;
use super::{ExportOptions, ExportedFile};
use crate::engine::{Engine, Parameters};
use crate::error::{Error, Result};
use crate::render::{OutputFormat, render};
use crate::schema::format_time;

/// Name of the manifest.
pub(super) const MANIFEST: &str = "manifest.json";
/// Name of the list of hashes.
pub(super) const SUMS: &str = "SHA256SUMS";

/// The archive's sources, in a total order.
const SOURCES: &str = "SELECT path, sha256, size_bytes, format, events_read, events_added, events_duplicate, \
    events_replaced, events_rejected, events_skipped, first_event, last_event, ingested_at, version, warning, problem \
    FROM meta.sources ORDER BY path, sha256, ingested_at, format, events_read, events_added, problem";

/// Everything but the sources. It says when the archive was committed, not when it was exported: the same archive gives
/// the same bytes.
#[derive(Serialize)]
struct Head<'e> {
    auditql_version: &'static str,
    archive: Archive,
    format: &'static str,
    from: Option<String>,
    to: Option<String>,
    r#where: Option<&'e str>,
    files: &'e [ExportedFile],
}

#[derive(Serialize)]
struct Archive {
    path: String,
    commit: Option<u64>,
    committed_at: Option<String>,
}

/// Writes the manifest, a source a line.
///
/// # Errors
///
/// If the sources cannot be read, or the disk fails.
pub(super) fn write_manifest(
    engine: &Engine,
    options: &ExportOptions,
    files: &[ExportedFile],
    out: &mut ExportFile,
) -> Result<()> {
    let snapshot = engine.snapshot();
    let range = engine.time_range();
    let head = Head {
        auditql_version: env!("CARGO_PKG_VERSION"),
        archive: Archive {
            path: snapshot.path.display().to_string(),
            commit: snapshot.commit.as_ref().map(|commit| commit.number),
            committed_at: snapshot.commit.as_ref().map(|commit| commit.committed_at.clone()),
        },
        format: options.format.name(),
        from: range.from.map(format_time),
        to: range.to.map(format_time),
        r#where: options.condition.as_ref().map(|condition| condition.text()),
        files,
    };
    let head = serde_json::to_string_pretty(&head).map_err(|error| Error::output(&error.into()))?;
    let head = head.strip_suffix("\n}").unwrap_or(&head);
    // There may be as many sources as pages were downloaded: they are not gathered in memory.
    let told = |done: io::Result<()>| done.map_err(|error| Error::output(&error));
    told(write!(out, "{head},\n  \"sources\": "))?;
    let mut sources = engine.run(SOURCES, &Parameters::default())?;
    let schema = sources.schema();
    render(OutputFormat::Json, &schema, &mut sources, out, None)?;
    told(out.write_all(b"}\n"))
}

/// Writes the hashes as `sha256sum --check` reads them, by name.
///
/// # Errors
///
/// If the disk fails.
pub(super) fn write_sums(sums: &BTreeMap<String, String>, out: &mut ExportFile) -> Result<()> {
    for (name, sha256) in sums {
        writeln!(out, "{sha256}  {name}").map_err(|error| Error::output(&error))?;
    }
    Ok(())
}
