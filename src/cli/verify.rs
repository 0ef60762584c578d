//! `auditql verify`.

use std::fmt::Write as _;
use std::io::Write;

use serde_json::json;

use super::common::ArchiveArgs;
use super::scratch::Scratch;
use super::{Console, Outcome};
use crate::archive::Snapshot;
use crate::error::{Error, Result};
use crate::ingest::{Finding, Verification, verify};
use crate::render::printable;

/// Arguments of `verify`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Every data file is read against its recorded SHA-256, size and number of rows; the identity of every event must be there
once, rows must stand in their order, the accounts must close, and the counts, periods and gaps that the commit lists must
follow from the events. Nothing is changed.

Sources that are still where they were ingested from are read against the SHA-256 they had. With --sources they are looked
for there, and not where they were, if that was named by a relative path: by what they hold, under any name, in zip, tar and
7z files too; then by their name, as one that has it and holds something else was changed.

Exit code: 0 everything is as it was written, 1 something differs, 2 not done.")]
pub(super) struct Args {
    #[command(flatten)]
    archive: ArchiveArgs,
    /// A folder (or file, or pattern) with the sources; may be repeated
    #[arg(long, value_name = "PATH")]
    sources: Vec<String>,
    /// Say it as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome> {
    let now = console.now();
    let snapshot = Snapshot::open(args.archive.path(console)?)?;
    let mut scratch = Scratch::new("verify", &[])?;
    let verification = verify(&snapshot, &args.sources, &scratch.folder(now)?.join("keys"))?;
    let text = if args.json { as_json(&snapshot, &verification) } else { as_text(&snapshot, &verification) };
    let mut out = console.output();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| Error::output(&error))?;
    Ok(if verification.findings.is_empty() { Outcome::Done } else { Outcome::WithComplaints })
}

fn as_text(snapshot: &Snapshot, verification: &Verification) -> String {
    let Verification { files, bytes, rows, sources_same, sources_absent, findings } = verification;
    let mut text = format!("archive   {}\n", snapshot.path.display());
    if let Some(commit) = &snapshot.commit {
        let _ = writeln!(text, "commit    {}, made {}", commit.number, commit.committed_at);
    }
    let _ = writeln!(text, "files     {files} of {bytes} bytes, with {rows} events");
    let _ = writeln!(
        text,
        "sources   {sources_same} at hand and as they were, {sources_absent} not at hand (name their folder with --sources)"
    );
    if findings.is_empty() {
        text.push_str("verified  everything is as it was written\n");
        return text;
    }
    let _ = writeln!(text, "verified  {} findings", findings.len());
    for Finding { kind, subject, text: what } in findings {
        let _ = writeln!(text, "{kind:<10} `{}` {}", printable(subject), printable(what));
    }
    text
}

fn as_json(snapshot: &Snapshot, verification: &Verification) -> String {
    let findings: Vec<_> = verification
        .findings
        .iter()
        .map(|finding| json!({"kind": finding.kind, "subject": finding.subject, "text": finding.text}))
        .collect();
    let commit = snapshot.commit.as_ref();
    let report = json!({
        "archive": snapshot.path.to_string_lossy(),
        "commit": commit.map(|commit| commit.number),
        "committed_at": commit.map(|commit| commit.committed_at.clone()),
        "files": verification.files,
        "bytes": verification.bytes,
        "events": verification.rows,
        "sources_same": verification.sources_same,
        "sources_not_at_hand": verification.sources_absent,
        "findings": findings,
    });
    format!("{report:#}\n")
}
