//! Work in flight: records on their way to a worker, rows on their way back.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::RecordBatch;

use super::Counts;
use crate::format::DAMAGED_TEXT_MAX;
use crate::normalize::RowKey;
use crate::schema::{DateOrder, Format};

/// Text that makes a chunk; a longer record makes one of its own.
const CHUNK_BYTES: usize = 1 << 20;
/// Records that make a chunk.
const CHUNK_RECORDS: usize = 16_384;

/// A source that a chunk has records of.
#[derive(Debug, Clone)]
pub(super) struct ChunkSource {
    /// Position among the sources read.
    pub(super) index: usize,
    /// Name of the source.
    pub(super) name: Arc<str>,
    /// Hash of the file on disk.
    pub(super) sha256: Arc<str>,
    /// When it was last changed, microseconds since 1970-01-01 UTC.
    pub(super) modified: Option<i64>,
    /// How its dates are read that can be read both ways; nothing if nothing in it says.
    pub(super) dates: Option<DateOrder>,
}

/// Records of one or more sources, in order.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    /// Position among the chunks.
    pub(super) sequence: u64,
    /// Texts of the records, one after the other.
    pub(super) text: Vec<u8>,
    /// Where in the text they are.
    pub(super) records: Vec<Span>,
    /// Text that was no record.
    pub(super) damaged: Vec<RejectedRecord>,
    /// Rows of tables that hold no events: position of the source, what they are, how many.
    pub(super) foreign: Vec<(usize, &'static str, u64)>,
    /// The sources.
    pub(super) sources: Vec<ChunkSource>,
}

/// One record of a chunk.
#[derive(Debug)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) offset: u64,
    pub(super) source_in_chunk: usize,
    pub(super) expected: Option<Format>,
    pub(super) is_row: bool,
    pub(super) context: Option<Arc<str>>,
}

impl Chunk {
    /// An empty chunk with room for a full one.
    pub(super) fn new(sequence: u64) -> Self {
        Self { sequence, text: Vec::with_capacity(CHUNK_BYTES + CHUNK_BYTES / 8), ..Self::default() }
    }

    /// Position of the source among this chunk's, added if it is new.
    pub(super) fn source(&mut self, source: &ChunkSource) -> usize {
        if self.sources.last().is_none_or(|last| last.index != source.index) {
            self.sources.push(source.clone());
        }
        self.sources.len() - 1
    }

    /// Counts a row of a table that holds no events.
    pub(super) fn add_foreign(&mut self, source: &ChunkSource, kind: &'static str) {
        match self.foreign.last_mut() {
            Some((index, last, count)) if *index == source.index && *last == kind => *count += 1,
            _ => self.foreign.push((source.index, kind, 1)),
        }
    }

    /// Whether it is time to hand the chunk on.
    pub(super) fn is_full(&self) -> bool {
        self.text.len() >= CHUNK_BYTES
            || self.records.len() >= CHUNK_RECORDS
            || self.damaged_bytes() >= CHUNK_BYTES
    }

    fn damaged_bytes(&self) -> usize {
        self.damaged.iter().map(|damaged| damaged.text.len() + 256).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty() && self.damaged.is_empty() && self.foreign.is_empty()
    }
}

/// A record that cannot be used.
#[derive(Debug)]
pub(super) struct RejectedRecord {
    pub(super) source: ChunkSource,
    pub(super) offset: u64,
    pub(super) size_bytes: u64,
    pub(super) reason: String,
    pub(super) text: String,
}

impl RejectedRecord {
    pub(super) fn new(
        source: &ChunkSource,
        offset: u64,
        text: &[u8],
        size_bytes: u64,
        reason: String,
    ) -> Self {
        let text = String::from_utf8_lossy(&text[..text.len().min(DAMAGED_TEXT_MAX)]).into_owned();
        Self { source: source.clone(), offset, size_bytes, reason, text }
    }
}

/// What a worker made of a chunk.
#[derive(Debug)]
pub(super) struct Parsed {
    /// Position of the chunk.
    pub(super) sequence: u64,
    /// Bytes of the records' text.
    pub(super) text_bytes: usize,
    /// The rows, by position of their table.
    pub(super) tables: BTreeMap<usize, ParsedRows>,
    /// Records that cannot be used.
    pub(super) rejects: Vec<RejectedRecord>,
    /// Counts by source.
    pub(super) counts: BTreeMap<usize, Counts>,
}

/// Rows of one table, with key and source of each.
#[derive(Debug)]
pub(super) struct ParsedRows {
    pub(super) batch: RecordBatch,
    pub(super) keys: Vec<(RowKey, usize)>,
}

impl Parsed {
    pub(super) fn new(sequence: u64, text_bytes: usize) -> Self {
        Self { sequence, text_bytes, tables: BTreeMap::new(), rejects: Vec::new(), counts: BTreeMap::new() }
    }

    pub(super) fn count(&mut self, source: usize, change: impl FnOnce(&mut Counts)) {
        change(self.counts.entry(source).or_default());
    }

    pub(super) fn reject(&mut self, rejected: RejectedRecord) {
        self.count(rejected.source.index, |counts| {
            counts.rejected += 1;
            if counts.reject_example.is_none() {
                counts.reject_example =
                    Some(format!("{} (record at byte {})", rejected.reason, rejected.offset));
            }
        });
        self.rejects.push(rejected);
    }
}
