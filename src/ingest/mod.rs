//! Downloads in, archive out: the only place where sources, formats, rows and the archive meet.
//!
//! ```text
//! reading thread   walk → hash → inflate → decode → cut into records ──chunks──▶
//! worker threads   records → rows                                    ──batches─▶  in the order of the chunks
//! this thread      counts, gathers rows into waves                   ──waves───▶
//! writing thread   drops known events, orders the rest, writes Parquet; commits at the end
//! ```
//!
//! Chunks and waves have a fixed size, and only a fixed number of them exists at a time: memory does not grow with
//! the size of a file, the number of files or the length of the period.

mod accounting;
mod chunk;
mod compact;
mod inspect;
mod known;
#[cfg(test)]
mod mixed_tests;
mod page_set;
mod ranks;
mod read;
mod rebuild;
mod settle;
mod sources;
mod stored;
mod summary;
mod verify;
mod wave;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::archive::{Claim, Snapshot, TableWriter, Transaction};
use crate::error::{Error, Result};
use crate::normalize::{Normalizer, Notes, Outcome, RawRecord, RowKey};
use crate::schema::{Format, SOURCE, format_time};
use crate::source::walk;

pub(crate) use self::accounting::is_source;
use self::chunk::{Chunk, Parsed, ParsedRows, RejectedRecord};
use self::compact::merge_small;
pub(crate) use self::compact::{Compacted, compact};
pub(crate) use self::inspect::{Inspection, inspect};
use self::read::{Outlet, Reading};
pub(crate) use self::rebuild::{Rebuilt, rebuild};
pub(crate) use self::summary::{IngestSummary, SourceOutcome};
pub(crate) use self::verify::{Finding, Verification, verify};
use self::wave::{Wave, Writing};

/// Chunks that wait for a worker, and batches that wait to be gathered.
const WAITING_MAX: usize = 4;
/// Text whose rows make a wave: in columns they take two to three times as much. Two waves exist at a time, one being
/// gathered and one being written. Counted in text, because the room that columns take depends on the workers' timing.
const WAVE_TEXT_BYTES: usize = 40 << 20;

/// What to ingest, and how.
#[derive(Debug)]
pub(crate) struct IngestOptions {
    /// Files, folders and patterns.
    pub(crate) paths: Vec<String>,
    /// Folder of the archive.
    pub(crate) archive: PathBuf,
    /// Tenant of records that do not name theirs.
    pub(crate) tenant: Option<String>,
    /// Read and count everything, write nothing.
    pub(crate) is_dry_run: bool,
    /// Threads that turn records into rows.
    pub(crate) threads: usize,
    /// Now, microseconds since 1970-01-01 UTC.
    pub(crate) now: i64,
    /// Who writes.
    pub(crate) claim: Claim,
    /// A folder that does not exist, for what a dry run cannot hold in memory; other runs do not use it.
    pub(crate) scratch: PathBuf,
}

/// Hears how far an ingest has come.
pub(crate) trait Progress: Sync {
    /// This much is to be read in all.
    fn begin(&self, files: usize, bytes: u64);
    /// This much more has been read of the source called `name`.
    fn advance(&self, name: &str, bytes: u64);
}

/// Reads the sources into the archive, and says what became of every one.
///
/// # Errors
///
/// If a path names nothing, or the archive cannot be written: then nothing of this ingest is in it. A source that
/// cannot be read or used is no error; the summary has it.
pub(crate) fn ingest(options: &IngestOptions, progress: &dyn Progress) -> Result<IngestSummary> {
    let found = walk(&options.paths, Some(&options.archive))?;
    let transaction =
        if options.is_dry_run { None } else { Some(Transaction::begin(&options.archive, &options.claim)?) };
    let before = match &transaction {
        Some(transaction) => transaction.before.clone(),
        None => Snapshot::open_or_empty(&options.archive)?,
    };
    let known = accounting::known_hashes(&before)?;
    let reading = Reading::new(found, known, options.threads);
    progress.begin(reading.files(), reading.bytes());
    let writing = Writing::new(&before, transaction.as_ref(), &options.scratch)?;
    let (reading, gathered, mut writing) = run(options, reading, writing, progress)?;

    let names: Vec<_> = reading.sources.iter().map(|source| source.name.clone()).collect();
    let settled = writing.finish(&names)?;
    let mut summary = IngestSummary::new(reading, gathered, &writing);
    if let Some(transaction) = transaction
        && summary.has_news()
    {
        let now = format_time(options.now);
        let mut staged = settled.staged;
        let mut sources = TableWriter::new(&SOURCE, transaction.staging_dir(), "");
        if let Some(batch) = accounting::source_batch(&summary.sources, options.now) {
            sources.write(&batch)?;
        }
        staged.extend(sources.finish()?);
        let mut replaced = settled.replaced_files;
        let staged = merge_small(&before, staged, &mut replaced, &transaction.staging_dir())?;
        summary.commit = Some(transaction.commit(staged, &replaced, now)?);
    }
    Ok(summary)
}

/// What the gathering thread counted.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// By source, in the order of reading.
    counts: Vec<Counts>,
}

/// What became of the records of one source.
#[derive(Debug, Default, Clone)]
pub(super) struct Counts {
    rows: u64,
    rejected: u64,
    skipped: BTreeMap<Cow<'static, str>, u64>,
    /// By shape: records that became rows.
    formats: BTreeMap<Format, u64>,
    /// By note, as in [`Notes::ALL`]: records that have it.
    notes: [u64; Notes::ALL.len()],
    first: Option<i64>,
    last: Option<i64>,
    reject_example: Option<String>,
}

/// Runs the threads until every source is read and every row is written.
fn run<'a>(
    options: &IngestOptions,
    mut reading: Reading,
    mut writing: Writing<'a>,
    progress: &dyn Progress,
) -> Result<(Reading, Gathered, Writing<'a>)> {
    let (chunk_sender, chunk_receiver) = sync_channel::<Chunk>(WAITING_MAX);
    let (parsed_sender, parsed_receiver) = sync_channel::<Parsed>(WAITING_MAX);
    let (wave_sender, wave_receiver) = sync_channel::<Wave>(0);
    let chunk_receiver = Mutex::new(chunk_receiver);
    thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let mut outlet = Outlet::new(&chunk_sender, progress);
            reading.read(&mut outlet);
            // If nobody takes the last chunk, the writer has ended with an error, which the user hears.
            let _ = outlet.send();
            reading
        });
        for _ in 0..options.threads.max(1) {
            let (chunks, parsed) = (&chunk_receiver, parsed_sender.clone());
            scope.spawn(move || work(options, chunks, &parsed));
        }
        drop(parsed_sender);
        let now = options.now;
        let writer = scope.spawn(move || -> Result<Writing<'a>> {
            for wave in &wave_receiver {
                writing.write(wave, now)?;
            }
            Ok(writing)
        });
        let gathered = gather(&parsed_receiver, &wave_sender);
        drop(wave_sender);
        drop(parsed_receiver);
        let writing = join(writer.join())??;
        let reading = join(reader.join())?;
        Ok((reading, gathered, writing))
    })
}

fn join<T>(joined: thread::Result<T>) -> Result<T> {
    joined.map_err(|_| Error::new("cannot go on").because("a thread ended by a defect of auditql"))
}

/// A worker: records to rows, chunk by chunk.
fn work(options: &IngestOptions, chunks: &Mutex<Receiver<Chunk>>, parsed: &SyncSender<Parsed>) {
    let mut normalizer = Normalizer::new(options.tenant.clone());
    loop {
        let received = chunks.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(chunk) = received else { return };
        if parsed.send(parse(&mut normalizer, chunk)).is_err() {
            return;
        }
    }
}

fn parse(normalizer: &mut Normalizer, chunk: Chunk) -> Parsed {
    let mut parsed = Parsed::new(chunk.sequence, chunk.text.len());
    let mut keys: BTreeMap<usize, Vec<(RowKey, usize)>> = BTreeMap::new();
    for span in &chunk.records {
        let text = &chunk.text[span.start..span.end];
        let source = &chunk.sources[span.source_in_chunk];
        let record = RawRecord {
            text,
            offset: span.offset,
            source: &source.name,
            modified: source.modified,
            dates: source.dates.unwrap_or_default(),
            dates_are_guessed: source.dates.is_none(),
            context: span.context.as_deref(),
            expected: span.expected,
            is_row: span.is_row,
        };
        match normalizer.append(&record) {
            Outcome::Row(row) => {
                parsed.count(source.index, |counts| counts.add_row(row.time, row.format, row.notes));
                keys.entry(row.table).or_default().push((row.key, source.index));
            }
            Outcome::Skipped(kind) => parsed.count(source.index, |counts| counts.skip(kind, 1)),
            Outcome::Rejected(reason) => {
                parsed.reject(RejectedRecord::new(
                    source,
                    span.offset,
                    text,
                    text.len() as u64,
                    reason.to_string(),
                ));
            }
        }
    }
    for (source, kind, count) in chunk.foreign {
        parsed.count(source, |counts| counts.skip(kind.into(), count));
    }
    for damaged in chunk.damaged {
        parsed.reject(damaged);
    }
    for (table, batch) in normalizer.finish() {
        let keys = keys.remove(&table).unwrap_or_default();
        parsed.tables.insert(table, ParsedRows { batch, keys });
    }
    parsed
}

/// Kinds of skipped records of one source that are counted each; the rest is counted together.
const KINDS_MAX: usize = 50;

impl Counts {
    fn add_row(&mut self, time: i64, format: Format, notes: Notes) {
        self.rows += 1;
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = self.last.max(Some(time));
        *self.formats.entry(format).or_default() += 1;
        for (count, (note, _)) in self.notes.iter_mut().zip(Notes::ALL) {
            *count += u64::from(notes.has(note));
        }
    }

    fn skip(&mut self, kind: Cow<'static, str>, count: u64) {
        let is_room = self.skipped.len() < KINDS_MAX || self.skipped.contains_key(&kind);
        let kind = if is_room { kind } else { Cow::Borrowed("records of further kinds") };
        *self.skipped.entry(kind).or_default() += count;
    }
}

fn count_one(counts: &mut Vec<u64>, index: usize) {
    if counts.len() <= index {
        counts.resize(index + 1, 0);
    }
    counts[index] += 1;
}

/// Brings what the workers made back into the order of the sources, counts, and hands it on in waves.
fn gather(parsed: &Receiver<Parsed>, waves: &SyncSender<Wave>) -> Gathered {
    let mut gathered = Gathered::default();
    let mut early = BTreeMap::new();
    let mut next = 0;
    let mut wave = Wave::default();
    for part in parsed {
        early.insert(part.sequence, part);
        while let Some(part) = early.remove(&next) {
            next += 1;
            gathered.add(&part);
            wave.add(part);
            if wave.text_bytes() >= WAVE_TEXT_BYTES && waves.send(std::mem::take(&mut wave)).is_err() {
                return gathered;
            }
        }
    }
    // If the writer has ended, it has ended with an error, and that is what the user hears.
    let _ = waves.send(wave);
    gathered
}

impl Gathered {
    fn add(&mut self, part: &Parsed) {
        for (index, more) in &part.counts {
            if self.counts.len() <= *index {
                self.counts.resize(index + 1, Counts::default());
            }
            let counts = &mut self.counts[*index];
            counts.rows += more.rows;
            counts.rejected += more.rejected;
            for (kind, count) in &more.skipped {
                *counts.skipped.entry(kind.clone()).or_default() += count;
            }
            for (format, count) in &more.formats {
                *counts.formats.entry(*format).or_default() += count;
            }
            for (count, more) in counts.notes.iter_mut().zip(more.notes) {
                *count += more;
            }
            counts.first = counts.first.into_iter().chain(more.first).min();
            counts.last = counts.last.max(more.last);
            if counts.reject_example.is_none() {
                counts.reject_example.clone_from(&more.reject_example);
            }
        }
    }
}
