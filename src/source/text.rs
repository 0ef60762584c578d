//! Text encodings: whatever the source wrote becomes UTF-8.

use std::io::{self, Read};

use encoding_rs::{CoderResult, Decoder, UTF_16BE, UTF_16LE};

use super::HEAD_BYTES;

/// How a source encodes its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// UTF-8 without a byte-order mark.
    Utf8,
    /// UTF-8 after `EF BB BF`.
    Utf8Bom,
    /// UTF-16, little end first, after `FF FE`: what Windows PowerShell's `Out-File` writes.
    Utf16LeBom,
    /// UTF-16, big end first, after `FE FF`.
    Utf16BeBom,
    /// UTF-16, little end first, told by its zero bytes.
    Utf16Le,
}

impl Encoding {
    /// Tells the encoding from a source's first bytes.
    fn of(head: &[u8]) -> Self {
        match head {
            [0xEF, 0xBB, 0xBF, ..] => Self::Utf8Bom,
            [0xFF, 0xFE, ..] => Self::Utf16LeBom,
            [0xFE, 0xFF, ..] => Self::Utf16BeBom,
            [a, 0, b, 0, ..] if *a != 0 && *b != 0 => Self::Utf16Le,
            _ => Self::Utf8,
        }
    }

    /// Name in `meta.sources` and `inspect`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf8Bom => "UTF-8 with BOM",
            Self::Utf16LeBom => "UTF-16LE with BOM",
            Self::Utf16BeBom => "UTF-16BE with BOM",
            Self::Utf16Le => "UTF-16LE",
        }
    }

    /// Bytes of the byte-order mark.
    pub(crate) const fn bom_bytes(self) -> usize {
        match self {
            Self::Utf8Bom => 3,
            Self::Utf16LeBom | Self::Utf16BeBom => 2,
            Self::Utf8 | Self::Utf16Le => 0,
        }
    }

    /// Whether the source counts two bytes to a code unit.
    pub(crate) const fn is_utf16(self) -> bool {
        matches!(self, Self::Utf16LeBom | Self::Utf16BeBom | Self::Utf16Le)
    }
}

/// Reads a source as UTF-8 text without its first byte-order mark.
///
/// UTF-8 is handed through unchecked: a record with bytes that are no UTF-8 is rejected when it is read. Halves of
/// UTF-16 characters become U+FFFD.
pub(crate) struct TextReader<R> {
    input: R,
    encoding: Encoding,
    decoder: Option<Decoder>,
    /// Bytes of the source that wait to be decoded.
    raw: Vec<u8>,
    /// Text that waits to be read, from `start`.
    text: Vec<u8>,
    start: usize,
    read_bytes: u64,
    at_end: bool,
    /// Met while looking ahead.
    failure: Option<io::Error>,
}

impl<R: Read> TextReader<R> {
    /// Reads the beginning of a source and tells its encoding.
    ///
    /// # Errors
    ///
    /// A failure of the source at its very beginning.
    pub(crate) fn new(input: R) -> io::Result<Self> {
        let mut reader = Self {
            input,
            encoding: Encoding::Utf8,
            decoder: None,
            raw: Vec::new(),
            text: Vec::new(),
            start: 0,
            read_bytes: 0,
            at_end: false,
            failure: None,
        };
        while reader.raw.len() < 4 && reader.fill_raw()? {}
        reader.encoding = Encoding::of(&reader.raw);
        reader.raw.drain(..reader.encoding.bom_bytes());
        reader.decoder = match reader.encoding {
            Encoding::Utf8 | Encoding::Utf8Bom => None,
            Encoding::Utf16LeBom | Encoding::Utf16Le => Some(UTF_16LE.new_decoder_without_bom_handling()),
            Encoding::Utf16BeBom => Some(UTF_16BE.new_decoder_without_bom_handling()),
        };
        reader.decode();
        Ok(reader)
    }

    /// How the source encodes its text.
    pub(crate) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Bytes read from the source so far.
    pub(crate) fn read_bytes(&self) -> u64 {
        self.read_bytes
    }

    /// The first text, without consuming it. A failure of the source shows when the text is read so far.
    pub(crate) fn head(&mut self) -> &[u8] {
        while self.text.len() - self.start < HEAD_BYTES && self.failure.is_none() {
            match self.fill_raw() {
                Ok(true) => self.decode(),
                Ok(false) => break,
                Err(error) => self.failure = Some(error),
            }
        }
        &self.text[self.start..]
    }

    fn fill_raw(&mut self) -> io::Result<bool> {
        if self.at_end {
            return Ok(false);
        }
        let filled = self.raw.len();
        self.raw.resize(filled + HEAD_BYTES, 0);
        let read = self.input.read(&mut self.raw[filled..]);
        self.raw.truncate(filled + *read.as_ref().unwrap_or(&0));
        let read = read?;
        self.read_bytes += read as u64;
        self.at_end = read == 0;
        Ok(read > 0)
    }

    /// Moves the waiting bytes over to the waiting text.
    fn decode(&mut self) {
        let Some(decoder) = &mut self.decoder else {
            self.text.append(&mut self.raw);
            return;
        };
        let mut raw = self.raw.as_slice();
        loop {
            let room = decoder.max_utf8_buffer_length(raw.len()).unwrap_or(raw.len() * 3).max(16);
            let filled = self.text.len();
            self.text.resize(filled + room, 0);
            let (result, read, written, _) =
                decoder.decode_to_utf8(raw, &mut self.text[filled..], self.at_end);
            self.text.truncate(filled + written);
            raw = &raw[read..];
            if result == CoderResult::InputEmpty {
                break;
            }
        }
        self.raw.clear();
    }
}

impl<R: Read> Read for TextReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.start == self.text.len() {
            self.text.clear();
            self.start = 0;
            if let Some(error) = self.failure.take() {
                return Err(error);
            }
            if self.decoder.is_none() {
                let read = self.input.read(into)?;
                self.read_bytes += read as u64;
                return Ok(read);
            }
            while self.text.is_empty() && !self.at_end {
                self.fill_raw()?;
                self.decode();
            }
        }
        let size = into.len().min(self.text.len() - self.start);
        into[..size].copy_from_slice(&self.text[self.start..self.start + size]);
        self.start += size;
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (String, Encoding) {
        let mut reader = TextReader::new(bytes).unwrap();
        reader.head();
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(reader.read_bytes(), bytes.len() as u64);
        (text, reader.encoding())
    }

    #[test]
    fn every_encoding_becomes_utf8_without_its_mark() {
        let text = "{\"n\":\"é – 😀\"}\r\n".repeat(10_000);
        let utf16 = |big: bool| -> Vec<u8> {
            text.encode_utf16()
                .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
                .collect()
        };
        let with = |bom: &[u8], rest: &[u8]| [bom, rest].concat();
        assert_eq!(read(text.as_bytes()), (text.clone(), Encoding::Utf8));
        assert_eq!(read(&with(&[0xEF, 0xBB, 0xBF], text.as_bytes())), (text.clone(), Encoding::Utf8Bom));
        assert_eq!(read(&with(&[0xFF, 0xFE], &utf16(false))), (text.clone(), Encoding::Utf16LeBom));
        assert_eq!(read(&with(&[0xFE, 0xFF], &utf16(true))), (text.clone(), Encoding::Utf16BeBom));
        assert_eq!(read(&utf16(false)), (text.clone(), Encoding::Utf16Le));
        assert_eq!(read(b""), (String::new(), Encoding::Utf8));
    }
}
