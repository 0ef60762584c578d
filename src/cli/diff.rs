//! `auditql diff`.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::common::{MachineArgs, OutputArgs, TimeArgs};
use super::scratch::Scratch;
use super::{Console, Outcome, usage};
use crate::archive::Snapshot;
use crate::diff::{self, Diff};
use crate::engine::EngineOptions;
use crate::error::{Error, Result};
use crate::ingest::SourceOutcome;
use crate::render::{OutputFormat, render};
use crate::schema::{EVENT_TABLES, Table};

/// Arguments of `diff`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A and B are archives, or downloads, which are read into a folder for temporary files that goes away at the end (with the
next command that needs one, if this is killed). Nothing is written into A and B or beside them.

Events are the same by table, tenant and id; where only one side has ids, by second, activity, actor and target. Pairs are
compared in every column but those that say where and how they were read. Formats are not equally fine: between two formats
times are compared in whole seconds, and what only one of them says is no change.

What only one side covers is no difference: a table is compared from the later of the two first events to the earlier of the
two last ones. --from and --to take the place of that. The summary on standard error counts what lies outside.

  auditql diff case downloads/                  is everything that was downloaded in the archive, as it was?
  auditql diff monday.json tuesday.csv --table audit --summary
  auditql diff case copy -F csv -o differences.csv
  auditql diff case api/ --from 2026-03-02 --to 2026-03-08

Exit code: 0 no differences, 1 differences, 2 not compared.")]
pub(super) struct Args {
    /// An archive, or a file, folder or pattern of downloads
    #[arg(value_name = "A")]
    a: String,
    /// What it is compared with
    #[arg(value_name = "B")]
    b: String,
    /// Only this table of events; may be repeated
    #[arg(long = "table", value_name = "NAME")]
    tables: Vec<String>,
    /// Print only the counts, to standard output
    #[arg(long)]
    summary: bool,
    #[command(flatten)]
    time: TimeArgs,
    #[command(flatten)]
    machine: MachineArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome> {
    let tables = tables(&args.tables)?;
    refuse_the_same_archive(args)?;
    // Goes away after the engine that reads from it.
    let mut scratch = Scratch::new("diff", &[args.a.clone(), args.b.clone()])?;
    let a = side("A", &args.a, args, &mut scratch, console)?;
    let b = side("B", &args.b, args, &mut scratch, console)?;
    let newest = [&a, &b].into_iter().filter_map(|side| side.period()).map(|(_, last)| last).max();
    let range = args.time.range(newest, console)?;
    let output = args.output.sparing_sources(&a).sparing_sources(&b);
    let options = EngineOptions {
        threads: args.machine.threads(),
        memory_bytes: args.machine.memory_bytes(),
        time_range: range,
        saved_queries: Arc::new(Vec::new),
        views: Vec::new(),
    };
    let engine = diff::open(a, &b, &options)?;
    let mut diff = Diff::new(&engine, &b, &tables, &range, !args.summary)?;
    let mut output = output.open(console)?;
    let done = if args.summary {
        diff.by_ref().try_for_each(|batch| batch.map(drop)).and_then(|()| {
            let counts = diff::summary(diff.tallies());
            output.take_batches(&counts.schema(), &mut std::iter::once(Ok(counts)))
        })
    } else {
        output.take_batches(&diff::schema(), &mut diff)
    };
    if let Err(error) = done {
        output.abandon();
        return Err(error);
    }
    output.finish()?;
    for reason in diff.tallies().iter().filter_map(diff::Tally::why_not_compared) {
        console.warn(&format!("not compared: {reason}"));
    }
    if !args.summary {
        say_summary(&diff, console)?;
    }
    let differences: u64 = diff.tallies().iter().map(diff::Tally::differences).sum();
    Ok(if differences > 0 { Outcome::WithComplaints } else { Outcome::Done })
}

/// The tables that were named; all if none was.
fn tables(names: &[String]) -> Result<Vec<&'static Table>> {
    if names.is_empty() {
        return Ok(EVENT_TABLES.to_vec());
    }
    let named = names.iter().map(|name| {
        let found = EVENT_TABLES.iter().find(|table| table.name == name).copied();
        found.ok_or_else(|| {
            let known: Vec<_> = EVENT_TABLES.iter().map(|table| table.name).collect();
            usage(
                &format!("no table of events is called `{name}`"),
                &format!("the tables are {}", known.join(", ")),
            )
        })
    });
    named.collect()
}

fn refuse_the_same_archive(args: &Args) -> Result<()> {
    let (a, b) = (Path::new(&args.a), Path::new(&args.b));
    let is_one = match (fs::canonicalize(a), fs::canonicalize(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    };
    if is_one && Snapshot::is_at(a) {
        return Err(Error::new(format!("cannot compare archive `{}` with itself", a.display()))
            .hint("name two archives, or the downloads that the archive was made of"));
    }
    Ok(())
}

/// What a side holds: the archive itself, or a temporary one of the downloads.
fn side(letter: &str, path: &str, args: &Args, scratch: &mut Scratch, console: &Console) -> Result<Snapshot> {
    Snapshot::check_permission(Path::new(path))?;
    let snapshot = if Snapshot::is_at(Path::new(path)) {
        let snapshot = Snapshot::open(Path::new(path))?;
        let number = snapshot.commit.as_ref().map_or(0, |commit| commit.number);
        console.say(&format!("{letter}: archive `{path}`, commit {number}"));
        snapshot
    } else {
        read(letter, path, args, scratch, console)?
    };
    if EVENT_TABLES.iter().all(|table| snapshot.files(table.name).is_empty()) {
        return Err(Error::new(format!("cannot compare `{path}`"))
            .because("it holds no events, and it is no archive that does")
            .hint(format!("see what it is with `auditql inspect {path}`")));
    }
    Ok(snapshot)
}

/// Reads downloads into a temporary archive.
fn read(letter: &str, path: &str, args: &Args, scratch: &mut Scratch, console: &Console) -> Result<Snapshot> {
    let (snapshot, summary) = scratch.ingest(letter, &[path.to_owned()], args.machine.threads(), console)?;
    let files = summary.sources.len();
    let files = if files == 1 { "1 file".to_owned() } else { format!("{files} files") };
    let events = summary.sum(|source: &SourceOutcome| source.added);
    console.say(&format!("{letter}: downloads `{path}`, {files}, {events} events"));
    Ok(snapshot)
}

fn say_summary(diff: &Diff<'_>, console: &Console) -> Result<()> {
    let counts = diff::summary(diff.tallies());
    let mut text = Vec::new();
    render(OutputFormat::Table, &counts.schema(), &mut std::iter::once(Ok(counts)), &mut text, None)?;
    for line in String::from_utf8_lossy(&text).lines() {
        console.say(line.trim_end());
    }
    Ok(())
}
