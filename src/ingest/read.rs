//! The reading thread: sources to chunks of records.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, Metadata};
use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::Progress;
use super::accounting::UNREADABLE;
use super::chunk::{Chunk, ChunkSource, RejectedRecord, Span};
use crate::archive::sha256;
use crate::error::{Error, Result};
use crate::format::{
    CsvFramer, DAMAGED_TEXT_MAX, Framer, Framing, Item, JsonFramer, Recognised, Sniffed, Units, day_first,
    recognise_first, sniff, sniff_behind,
};
use crate::schema::{DateOrder, Format};
use crate::source::{Encoding, Member, SourceFile, TextReader, Walk, container};

/// Bytes after which the progress is told again.
const PROGRESS_BYTES: u64 = 1 << 20;
/// Files that are looked at together, whether the archive has them.
const AHEAD: usize = 256;

/// What reading has learnt about one source.
#[derive(Debug)]
pub(super) struct SourceFacts {
    pub(super) name: String,
    pub(super) sha256: String,
    pub(super) size_bytes: u64,
    pub(super) text_bytes: u64,
    /// When it was last changed.
    pub(super) modified: Option<i64>,
    pub(super) encoding: Option<Encoding>,
    pub(super) framing: Framing,
    pub(super) format: Option<Format>,
    /// The kind of records, if they are of a kind without a table.
    pub(super) foreign: Option<String>,
    pub(super) problem: Option<String>,
    /// The archive has this file already, byte for byte.
    pub(super) is_known: bool,
    /// It has it under another name only: this one.
    pub(super) same_as: Option<String>,
}

/// The files that the archive has.
#[derive(Debug, Default)]
pub(super) struct KnownFiles {
    /// Their names, by their hash.
    pub(super) names: BTreeMap<String, BTreeSet<String>>,
    /// Their sizes in bytes.
    pub(super) sizes: BTreeSet<u64>,
}

/// The sources to read, and what has been learnt about those read.
#[derive(Debug)]
pub(super) struct Reading {
    files: Vec<SourceFile>,
    bytes: u64,
    known: KnownFiles,
    /// Threads that look whether files are known.
    threads: usize,
    pub(super) sources: Vec<SourceFacts>,
}

/// Who takes what is read.
pub(super) trait Sink {
    /// Takes one item of a source. An error ends the reading.
    fn take(&mut self, item: Item<'_>, source: &ChunkSource, facts: &mut SourceFacts) -> Result<()>;
    /// Hears that so many bytes of the file `name` are done.
    fn advance(&mut self, name: &str, bytes: u64);
}

/// Gathers records into chunks and sends them on. Reading ends when nobody takes them any more.
pub(super) struct Outlet<'a> {
    chunks: &'a SyncSender<Chunk>,
    chunk: Chunk,
    progress: &'a dyn Progress,
    /// The last page's `@odata.context`.
    context: Option<Arc<str>>,
}

impl Reading {
    pub(super) fn new(found: Walk, known: KnownFiles, threads: usize) -> Self {
        let size = |file: &SourceFile| std::fs::metadata(&file.path).map_or(0, |metadata| metadata.len());
        let bytes = found.files.iter().map(size).sum();
        let mut reading = Self { files: found.files, bytes, known, threads, sources: Vec::new() };
        for (name, reason) in found.unreadable {
            reading.add(name, None).problem = Some(format!("cannot list the folder: {reason}"));
        }
        reading
    }

    pub(super) fn files(&self) -> usize {
        self.files.len()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Reads every source, in order, until the sink takes no more.
    pub(super) fn read(&mut self, sink: &mut dyn Sink) {
        for files in std::mem::take(&mut self.files).chunks(AHEAD) {
            for (file, known) in files.iter().zip(self.look_ahead(files)) {
                let read = match known {
                    Some((size, hash)) => {
                        self.pass_over(file, &hash, size, sink);
                        Ok(())
                    }
                    None => self.read_file(file, sink),
                };
                if read.is_err() {
                    return;
                }
            }
        }
    }

    /// Size and hash of those of the files that the archive has; of most others their size says that it has not.
    fn look_ahead(&self, files: &[SourceFile]) -> Vec<Option<(u64, String)>> {
        let known = |file: &SourceFile| {
            let size = std::fs::metadata(&file.path).ok().filter(Metadata::is_file)?.len();
            let is_likely = self.known.sizes.contains(&size);
            let hashed =
                is_likely.then(|| File::open(&file.path).and_then(|mut file| sha256(&mut file)))?.ok()?;
            self.known.names.contains_key(&hashed.1).then_some(hashed)
        };
        let (next, found) = (AtomicUsize::new(0), Mutex::new(vec![None; files.len()]));
        thread::scope(|scope| {
            let look = || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(file) = files.get(index) else { return };
                    let known = known(file);
                    found.lock().unwrap_or_else(PoisonError::into_inner)[index] = known;
                }
            };
            if !self.known.sizes.is_empty() {
                for _ in 1..self.threads {
                    scope.spawn(look);
                }
                look();
            }
        });
        found.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that the archive has a file.
    fn pass_over(&mut self, file: &SourceFile, sha256: &str, size: u64, sink: &mut dyn Sink) {
        let names = &self.known.names[sha256];
        let other = if names.contains(&file.name) { None } else { names.first().cloned() };
        let facts = self.add(file.name.clone(), Some((sha256, size)));
        (facts.is_known, facts.same_as) = (true, other);
        sink.advance(&file.name, size);
    }

    fn add(&mut self, name: String, hash: Option<(&str, u64)>) -> &mut SourceFacts {
        let (sha256, size_bytes) = hash.unwrap_or_default();
        self.sources.push(SourceFacts {
            name,
            sha256: sha256.to_owned(),
            size_bytes,
            text_bytes: 0,
            modified: None,
            encoding: None,
            framing: Framing::default(),
            format: None,
            foreign: None,
            problem: None,
            is_known: false,
            same_as: None,
        });
        self.sources.last_mut().expect("one was added")
    }

    /// Reads one file; an error only means that nobody takes chunks any more.
    fn read_file(&mut self, file: &SourceFile, sink: &mut dyn Sink) -> Result<()> {
        let opened = match container(file) {
            Ok(opened) => opened,
            Err(error) => {
                self.add(file.name.clone(), None).problem = Some(error.one_line());
                return Ok(());
            }
        };
        let (sha256, size) = (opened.sha256.clone(), opened.size_bytes);
        // It changed since it was looked at.
        if self.known.names.contains_key(&sha256) {
            self.pass_over(file, &sha256, size, sink);
            return Ok(());
        }
        let consumed = Arc::clone(&opened.consumed);
        let mut reading = FileRead { name: &file.name, sha256: &sha256, size, consumed, told: 0 };
        opened.members(&mut |member| match member {
            Ok(member) => self.read_member(member, &mut reading, sink),
            Err((name, error)) => {
                self.add(name, Some((&sha256, size))).problem = Some(problem(&error));
                Ok(())
            }
        })?;
        sink.advance(&file.name, size - reading.told);
        Ok(())
    }

    fn read_member(
        &mut self,
        member: Member<'_>,
        file: &mut FileRead<'_>,
        sink: &mut dyn Sink,
    ) -> Result<()> {
        let index = self.sources.len();
        let mut source = ChunkSource {
            index,
            name: member.name.as_str().into(),
            sha256: Arc::from(file.sha256),
            modified: member.modified,
            dates: Some(DateOrder::MonthFirst),
        };
        let facts = self.add(member.name, Some((file.sha256, file.size)));
        facts.modified = member.modified;
        let mut text = match TextReader::new(member.reader) {
            Ok(text) => text,
            Err(error) => {
                facts.finish(Err(error));
                return Ok(());
            }
        };
        let encoding = text.encoding();
        facts.encoding = Some(encoding);
        if encoding == Encoding::Utf32 {
            facts.problem = Some("UTF-32 text, which is not read; save it as UTF-8".to_owned());
            return Ok(());
        }
        let units = if encoding.is_utf16() { Units::Utf16 } else { Units::Utf8 };
        let mut begin = encoding.bom_bytes() as u64 + text.skip_padding();
        let mut sniffed = sniff(text.head());
        if let Sniffed::Unusable(why) = &sniffed
            && why.is_text()
            && let Some((at, records)) = sniff_behind(text.head())
        {
            let before = &text.head()[..at];
            if !is_empty_row(before) {
                sink.take(not_a_record(before, begin), &source, facts)?;
            }
            begin += text.skip(at);
            sniffed = records;
        }
        let done = match sniffed {
            Sniffed::Unusable(why) => {
                match text.take_failure() {
                    Some(error) => facts.finish(Err(error)),
                    None => facts.problem = Some(why.to_string()),
                }
                Ok(())
            }
            Sniffed::Json => {
                read_records(&mut JsonFramer::new(&mut text, units, begin), &source, facts, file, sink)
            }
            Sniffed::Csv { delimiter } => {
                // JSON of Microsoft's has the month first; a CSV may have gone through a spreadsheet.
                source.dates = day_first(text.head()).map(DateOrder::of_day_first);
                let mut framer = CsvFramer::new(&mut text, delimiter, units, begin);
                facts.recognised(framer.recognised());
                read_records(&mut framer, &source, facts, file, sink)
            }
        };
        facts.text_bytes = text.read_bytes();
        done
    }
}

/// The text before the first record.
fn not_a_record(text: &[u8], offset: u64) -> Item<'_> {
    let text = text.trim_ascii_end();
    let reason = "text before the first record".to_owned();
    Item::Damaged { text: &text[..text.len().min(DAMAGED_TEXT_MAX)], size: text.len() as u64, offset, reason }
}

/// Whether the text is only what parts cells that are empty.
fn is_empty_row(text: &[u8]) -> bool {
    text.iter().all(|byte| byte.is_ascii_whitespace() || matches!(byte, b',' | b';' | b'|' | b'"' | 0))
}

/// What is wrong and what to do about it, on one line.
fn problem(error: &Error) -> String {
    error.hint_text().map_or_else(|| error.one_line(), |hint| format!("{}; {hint}", error.one_line()))
}

/// Hands every item of a text to the sink; how the text ended is noted among the facts.
fn read_records(
    framer: &mut dyn Framer,
    source: &ChunkSource,
    facts: &mut SourceFacts,
    file: &mut FileRead<'_>,
    sink: &mut dyn Sink,
) -> Result<()> {
    let end = loop {
        match framer.next() {
            Ok(Some(item)) => sink.take(item, source, facts)?,
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
        file.tell(sink, PROGRESS_BYTES);
    };
    facts.framing = framer.framing().clone();
    facts.finish(end);
    Ok(())
}

/// A file that is being read.
struct FileRead<'a> {
    name: &'a str,
    sha256: &'a str,
    size: u64,
    consumed: Arc<AtomicU64>,
    told: u64,
}

impl FileRead<'_> {
    /// Tells the sink how far the reading is, if it is that much further than at the last time.
    fn tell(&mut self, sink: &mut dyn Sink, step: u64) {
        // A zip file's directory is read more than once.
        let consumed = self.consumed.load(Ordering::Relaxed).min(self.size);
        if consumed >= self.told + step {
            sink.advance(self.name, consumed - self.told);
            self.told = consumed;
        }
    }
}

impl SourceFacts {
    fn recognised(&mut self, as_what: Recognised) {
        match as_what {
            Recognised::Event(format) => self.format = self.format.or(Some(format)),
            Recognised::Foreign(kind) => {
                self.foreign.get_or_insert_with(|| kind.into_owned());
            }
            Recognised::ErrorBody | Recognised::Unknown => {}
        }
    }

    /// Tells the format by the first record that has one.
    pub(super) fn look_at(&mut self, text: &[u8], is_in_bare_array: bool, context: Option<&str>) {
        if self.format.is_none() {
            self.recognised(recognise_first(text, is_in_bare_array, context));
        }
    }

    /// Notes how the text ended.
    fn finish(&mut self, end: io::Result<()>) {
        if let Err(error) = end {
            self.problem = Some(format!("{UNREADABLE}: {error}"));
        } else if let Some(at) = self.framing.cut_at {
            self.problem = Some(format!("cut off at byte {at}: what came before is kept; download it again"));
        }
    }
}

impl Sink for Outlet<'_> {
    fn take(&mut self, item: Item<'_>, source: &ChunkSource, facts: &mut SourceFacts) -> Result<()> {
        match item {
            Item::Record { text, offset, is_in_bare_array, is_row, context } => {
                facts.look_at(text, is_in_bare_array, context);
                let source_in_chunk = self.chunk.source(source);
                let start = self.chunk.text.len();
                self.chunk.text.extend_from_slice(text);
                let end = self.chunk.text.len();
                let context = self.shared_context(context);
                self.chunk.records.push(Span {
                    start,
                    end,
                    offset,
                    source_in_chunk,
                    expected: facts.format,
                    is_row,
                    context,
                });
            }
            Item::Foreign { kind, .. } => self.chunk.add_foreign(source, kind),
            Item::Damaged { text, size, offset, reason } => {
                self.chunk.damaged.push(RejectedRecord::new(source, offset, text, size, reason));
            }
        }
        if self.chunk.is_full() { self.send() } else { Ok(()) }
    }

    fn advance(&mut self, name: &str, bytes: u64) {
        self.progress.advance(name, bytes);
    }
}

impl<'a> Outlet<'a> {
    /// The context, shared by the records that have it in common.
    fn shared_context(&mut self, context: Option<&str>) -> Option<Arc<str>> {
        let context = context?;
        if self.context.as_deref() != Some(context) {
            self.context = Some(context.into());
        }
        self.context.clone()
    }

    pub(super) fn new(chunks: &'a SyncSender<Chunk>, progress: &'a dyn Progress) -> Self {
        Self { chunks, chunk: Chunk::new(0), progress, context: None }
    }

    /// Sends the chunk on, full or not.
    pub(super) fn send(&mut self) -> Result<()> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        let next = Chunk::new(self.chunk.sequence + 1);
        let full = std::mem::replace(&mut self.chunk, next);
        self.chunks.send(full).map_err(|_| Error::new("nobody takes records any more"))
    }
}
