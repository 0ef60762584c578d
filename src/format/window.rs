//! The part of a source's text that is being looked at: read block by block, let go of when handed out.

use std::io::{self, Read};

use super::offset::{Offsets, Units};

/// Bytes asked of the source at a time.
const BLOCK_BYTES: usize = 256 << 10;

/// Text read and not yet handed out.
#[derive(Debug)]
pub(super) struct Window<R> {
    input: R,
    /// The text; what lies before `start` has been handed out.
    pub(super) buffer: Vec<u8>,
    pub(super) start: usize,
    /// Up to where the offsets have been advanced.
    counted: usize,
    at_end: bool,
    /// Why the source could not be read further.
    failure: Option<io::Error>,
    offsets: Offsets,
}

impl<R: Read> Window<R> {
    /// A window on `input`; `units` and `bom_bytes` say how positions in it count in the source.
    pub(super) fn new(input: R, units: Units, bom_bytes: u64) -> Self {
        let offsets = Offsets::new(units, bom_bytes);
        Self { input, buffer: Vec::new(), start: 0, counted: 0, at_end: false, failure: None, offsets }
    }

    /// The byte at a position, read if need be; nothing behind the end.
    pub(super) fn byte(&mut self, at: usize) -> Option<u8> {
        while at >= self.buffer.len() {
            if !self.fill() {
                return None;
            }
        }
        Some(self.buffer[at])
    }

    /// Moves the start to the first byte that is not to be skipped, and says which it is. Positions at hand before are
    /// no longer good: what is passed over is let go of, however much it is.
    pub(super) fn skip(&mut self, is_skipped: impl Fn(u8) -> bool) -> Option<u8> {
        loop {
            if let Some(step) = self.buffer[self.start..].iter().position(|byte| !is_skipped(*byte)) {
                self.start += step;
                return Some(self.buffer[self.start]);
            }
            self.start = self.buffer.len();
            self.release();
            if !self.fill() {
                return None;
            }
        }
    }

    /// Reads another block behind the text at hand; false at the end. A failure of the source ends the text too, so that
    /// what came before it is read: see [`Self::end`].
    pub(super) fn fill(&mut self) -> bool {
        if self.at_end {
            return false;
        }
        let filled = self.buffer.len();
        self.buffer.resize(filled + BLOCK_BYTES, 0);
        let read = loop {
            match self.input.read(&mut self.buffer[filled..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        let size = read.as_ref().copied().unwrap_or(0);
        self.failure = read.err();
        self.buffer.truncate(filled + size);
        self.at_end = size == 0;
        !self.at_end
    }

    /// Whether the text ends because the source failed.
    pub(super) fn is_broken_off(&self) -> bool {
        self.failure.is_some()
    }

    /// Hands out the failure that ended the text, if one did.
    ///
    /// # Errors
    ///
    /// That failure.
    pub(super) fn end(&mut self) -> io::Result<()> {
        self.failure.take().map_or(Ok(()), Err)
    }

    /// Lets go of the text that has been handed out, when it is worth moving the rest.
    pub(super) fn release(&mut self) {
        if self.start > 2 * BLOCK_BYTES {
            self.count_to(self.start);
            self.buffer.drain(..self.start);
            self.start = 0;
            self.counted = 0;
        }
    }

    /// Source offset of a position; positions are asked for from front to back.
    pub(super) fn count_to(&mut self, at: usize) -> u64 {
        if at < self.counted {
            return self.offsets.peek(b"");
        }
        let offset = self.offsets.advance(&self.buffer[self.counted..at]);
        self.counted = at;
        offset
    }

    /// Source offset of a position ahead, without moving on.
    pub(super) fn offset_of(&self, at: usize) -> u64 {
        self.offsets.peek(&self.buffer[self.counted.min(at)..at])
    }
}
