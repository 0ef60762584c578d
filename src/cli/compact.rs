//! `auditql compact`.

use std::io::Write;

use super::common::{ArchiveArgs, WriterArgs};
use super::{Console, Outcome};
use crate::error::{Error, Result};
use crate::ingest::{Compacted, compact};

/// Arguments of `compact`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
An ingest keeps files few by itself. This merges what is left of many small ones, and puts files that overlap in time in
order. It takes as much free space as the archive has, and changes the archive in one step at the end.
Queries that run meanwhile are not disturbed.")]
pub(super) struct Args {
    #[command(flatten)]
    archive: ArchiveArgs,
    #[command(flatten)]
    writer: WriterArgs,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome> {
    let now = console.now();
    let archive = args.archive.path(console)?.to_owned();
    let (done, commit) = compact(&archive, &args.writer.claim(console), now)?;
    let mut text = String::new();
    for Compacted { table, files_before, files_after, bytes_before, bytes_after } in &done {
        text.push_str(&format!(
            "{table:<24} {files_before} files of {bytes_before} bytes are now {files_after} of {bytes_after}\n"
        ));
    }
    text.push_str(&match commit {
        Some(number) => format!("archive                  {}, commit {number}\n", archive.display()),
        None => format!("archive                  {}, nothing to do: unchanged\n", archive.display()),
    });
    if !console.is_quiet() {
        let mut out = console.output();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| Error::output(&error))?;
    }
    Ok(Outcome::Done)
}
