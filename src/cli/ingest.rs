//! `auditql ingest`.

use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::common::{ArchiveArgs, WriterArgs, machine_threads};
use super::scratch::Scratch;
use super::{Console, Outcome};
use crate::error::{Error, Result};
use crate::ingest::{IngestOptions, IngestSummary, Progress, SourceOutcome, ingest};
use crate::render::printable;
use crate::schema::format_time;

/// Sources with a problem that the summary names one by one.
const LISTED_PROBLEMS: usize = 20;
/// Bytes in the megabyte of file sizes and speeds.
const MEGABYTE: f64 = 1_000_000.0;

/// Arguments of `ingest`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Folders are read to the bottom, in the order of their names. Compressed files (gzip, zstd, bzip2, xz) and the members of
zip, tar and 7z files are read too, also inside each other; nothing is unpacked to disk.
What a file is, is told by its content, never by its name. The same or overlapping downloads add nothing twice.
The archive changes in one step at the end: an ingest that is interrupted leaves it as it was.")]
pub(super) struct Args {
    /// Files, folders, or patterns such as 'logs/*.json'
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<String>,
    #[command(flatten)]
    archive: ArchiveArgs,
    #[command(flatten)]
    writer: WriterArgs,
    /// Tenant id of events that do not name their tenant
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// Read and count everything, write nothing
    #[arg(long)]
    dry_run: bool,
    /// Threads that read records; two more feed them and write
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome> {
    let now = console.now();
    let mut scratch = Scratch::new("ingest", &[])?;
    let options = IngestOptions {
        paths: args.paths.clone(),
        archive: args.archive.path(console)?.to_owned(),
        tenant: args.tenant.clone(),
        is_dry_run: args.dry_run,
        threads: args.threads.map_or_else(machine_threads, usize::from),
        now,
        scratch: if args.dry_run { scratch.folder(now)?.join("keys") } else { PathBuf::new() },
        claim: args.writer.claim(console),
    };
    let started = Instant::now();
    let summary = ingest_with_bar(&options, console)?;
    if !console.is_quiet() {
        let mut out = console.output();
        let text = describe(&summary, started.elapsed(), &options);
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| Error::output(&error))?;
    }
    complain(&summary, &options, console);
    Ok(if summary.has_complaints() { Outcome::WithComplaints } else { Outcome::Done })
}

/// Ingests, and shows how far it has come.
///
/// # Errors
///
/// Those of [`ingest`].
pub(super) fn ingest_with_bar(options: &IngestOptions, console: &Console) -> Result<IngestSummary> {
    let bar = Bar::new(console);
    let summary = ingest(options, &bar);
    bar.0.finish_and_clear();
    summary
}

/// The progress bar; hidden where no person reads standard error.
struct Bar(ProgressBar, AtomicUsize);

impl Bar {
    fn new(console: &Console) -> Self {
        let is_shown = console.is_error_terminal() && !console.is_quiet();
        let target = if is_shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style = ProgressStyle::with_template(
            "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} eta {eta}  {wide_msg}",
        )
        .unwrap_or_else(|_| ProgressStyle::default_bar());
        Self(ProgressBar::with_draw_target(Some(0), target).with_style(style), AtomicUsize::new(0))
    }
}

impl Progress for Bar {
    fn begin(&self, files: usize, bytes: u64) {
        self.0.set_length(bytes);
        self.1.store(files, Ordering::Relaxed);
        self.0.enable_steady_tick(Duration::from_millis(200));
    }

    fn advance(&self, name: &str, bytes: u64) {
        self.0.inc(bytes);
        self.0.set_message(printable(name).into_owned());
    }
}

/// The summary table.
fn describe(summary: &IngestSummary, elapsed: Duration, options: &IngestOptions) -> String {
    let known = summary.sources.iter().filter(|source| source.is_known).count();
    let read = summary.sources.len() - known;
    let mut lines = Vec::new();
    let mut line = |name: &str, value: String| lines.push(format!("{name:<24} {value}\n"));
    let ingested_before = if known > 0 {
        format!(" ({known} more are in the archive already, byte for byte)")
    } else {
        String::new()
    };
    line("files", format!("{}{ingested_before}", count(read as u64)));
    line("events read", count(summary.sum(SourceOutcome::read)));
    line("  added", count(summary.sum(|source| source.added)));
    line("  duplicates", count(summary.sum(|source| source.duplicate)));
    line("  rejected", count(summary.sum(|source| source.rejected)));
    line("  skipped", count(summary.sum(|source| source.skipped)));
    let late = summary.sum(|source| source.late);
    if late > 0 {
        line("  late", format!("{} added to a time that the archive had events of already", count(late)));
    }
    let replaced = summary.sum(|source| source.replaced);
    if replaced > 0 {
        line("  replacing", format!("{} poorer records of the same events", count(replaced)));
    }
    let mut table = "";
    for period in &summary.groups {
        let group = if period.group.is_empty() { "(not said)" } else { &period.group };
        let name = if table == period.table { "" } else { period.table };
        table = period.table;
        // Whole seconds do here, and fit a line.
        let second = |time: i64| format_time(time - time.rem_euclid(1_000_000));
        let events = count(period.events);
        let period = format!("{} to {}", second(period.first), second(period.last));
        line(name, format!("{:<30} {events:>10}  {period}", printable(group)));
    }
    let seconds = elapsed.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let megabytes = summary.size_bytes as f64 / MEGABYTE;
    line("elapsed", format!("{seconds:.2} s, {:.0} MB/s", megabytes / seconds.max(1e-9)));
    let archive = options.archive.display();
    line(
        "archive",
        match (options.is_dry_run, summary.commit) {
            (true, _) => format!("{archive} (dry run: nothing was written)"),
            (false, Some(commit)) => format!("{archive}, commit {commit}"),
            (false, None) => format!("{archive}, nothing new: unchanged"),
        },
    );
    lines.concat()
}

/// Names the sources with something wrong, and the way to all of them.
fn complain(summary: &IngestSummary, options: &IngestOptions, console: &Console) {
    let has_wrong = warn_of_sources(summary, console);
    if has_wrong && !options.is_dry_run {
        console.say(&format!(
            "hint: see all with `auditql query -a {} -c 'SELECT * FROM meta.rejects'`, and the files with `auditql status`",
            options.archive.display()
        ));
    }
    if options.tenant.is_some() && summary.sources.iter().any(|source| source.is_known) {
        console.warn("files that are in the archive already keep the tenant that they were ingested with");
    }
}

/// Names the sources with something wrong. Says whether there are any.
pub(super) fn warn_of_sources(summary: &IngestSummary, console: &Console) -> bool {
    let wrong: Vec<_> = summary.sources.iter().filter(|source| source.has_complaints()).collect();
    for source in wrong.iter().take(LISTED_PROBLEMS) {
        let mut text = format!("`{}`", source.name);
        if source.rejected > 0 {
            text += &format!(": {} of {} records rejected", count(source.rejected), count(source.read()));
            if let Some(example) = &source.reject_example {
                text += &format!("; the first: {example}");
            }
        }
        if source.conflicting > 0 {
            text += &format!(
                ": {} duplicates say that something else happened than the event kept under their id",
                count(source.conflicting)
            );
        }
        for more in source.problem.iter().chain(&source.warning).chain(&source.notes) {
            text += &format!(": {more}");
        }
        console.warn(&text);
    }
    if wrong.len() > LISTED_PROBLEMS {
        console.warn(&format!("{} more files have something wrong", wrong.len() - LISTED_PROBLEMS));
    }
    !wrong.is_empty()
}

/// A number with its thousands apart.
fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}
