//! `auditql rebuild`.

use std::io::Write;

use super::common::{ArchiveArgs, WriterArgs};
use super::{Console, Outcome};
use crate::error::{Error, Result};
use crate::ingest::{Rebuilt, rebuild};

/// Arguments of `rebuild`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A newer auditql may have more columns, or read more of an event than the one that ingested it. This fills them from the text
that every row carries; the downloads are not needed. Ids, times, and where a row came from stay as they are; so does a row
whose text this auditql does not read as that kind of event. The archive changes in one step at the end.")]
pub(super) struct Args {
    #[command(flatten)]
    archive: ArchiveArgs,
    #[command(flatten)]
    writer: WriterArgs,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome> {
    let archive = args.archive.path(console)?.to_owned();
    let (done, commit) = rebuild(&archive, &args.writer.claim(console), console.now())?;
    let mut text = String::new();
    for Rebuilt { table, rows, changed, kept } in &done {
        text.push_str(&format!(
            "{table:<24} {rows} rows made anew, {changed} changed, {kept} left as they were\n"
        ));
    }
    text.push_str(&match commit {
        Some(number) => format!("archive                  {}, commit {number}\n", archive.display()),
        None => format!("archive                  {}, nothing new: unchanged\n", archive.display()),
    });
    if !console.is_quiet() {
        let mut out = console.output();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| Error::output(&error))?;
    }
    Ok(Outcome::Done)
}
