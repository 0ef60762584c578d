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
    /// UTF-32 after its byte-order mark: recognised to be named, and not decoded.
    Utf32,
}

impl Encoding {
    /// Tells the encoding from a source's first bytes.
    fn of(head: &[u8]) -> Self {
        match head {
            [0xEF, 0xBB, 0xBF, ..] => Self::Utf8Bom,
            // Else it is UTF-16 with padding.
            [0xFF, 0xFE, 0, 0, a, b, 0..=0x10, 0, ..] if *a | *b != 0 => Self::Utf32,
            [0, 0, 0xFE, 0xFF, ..] => Self::Utf32,
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
            Self::Utf32 => "UTF-32",
        }
    }

    /// Bytes of the byte-order mark.
    pub(crate) const fn bom_bytes(self) -> usize {
        match self {
            Self::Utf8Bom => 3,
            Self::Utf16LeBom | Self::Utf16BeBom => 2,
            Self::Utf8 | Self::Utf16Le | Self::Utf32 => 0,
        }
    }

    /// Whether the source counts two bytes to a code unit.
    pub(crate) const fn is_utf16(self) -> bool {
        matches!(self, Self::Utf16LeBom | Self::Utf16BeBom | Self::Utf16Le)
    }
}

/// Reads a source as UTF-8 text without its first byte-order mark.
///
/// UTF-8 is handed through unchecked: what bytes are that are none is decided when their record is read. Halves of UTF-16
/// characters become U+FFFD.
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
        while reader.raw.len() < 8 && reader.fill_raw()? {}
        reader.encoding = Encoding::of(&reader.raw);
        reader.raw.drain(..reader.encoding.bom_bytes());
        reader.decoder = match reader.encoding {
            Encoding::Utf8 | Encoding::Utf8Bom | Encoding::Utf32 => None,
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

    /// Passes over white space, NUL padding and byte-order marks at the beginning, however many there are; blanks right
    /// before the first text stay. Returns how many bytes of the source that were.
    pub(crate) fn skip_padding(&mut self) -> u64 {
        let mut skipped = 0;
        loop {
            let head = self.head();
            let blank = padding(head);
            let is_all = matches!(&head[blank..], [] | [0xEF] | [0xEF, 0xBB]);
            // A tab before a text may part its first column from its second.
            let is_inner = |byte: &u8| matches!(byte, b' ' | b'\t');
            let line = head[..blank].iter().rposition(|byte| !is_inner(byte)).map_or(0, |last| last + 1);
            let end = if is_all && line == 0 { blank } else { line };
            skipped += self.skip(end);
            if end == 0 || !is_all {
                return skipped;
            }
        }
    }

    /// Passes over so many bytes of [`Self::head`]. Returns how many bytes of the source that were.
    pub(crate) fn skip(&mut self, bytes: usize) -> u64 {
        let passed = &self.text[self.start..self.start + bytes];
        let width = match self.encoding.is_utf16() {
            true => 2 * String::from_utf8_lossy(passed).encode_utf16().count(),
            false => bytes,
        };
        self.start += bytes;
        if self.start == self.text.len() {
            self.text.clear();
            self.start = 0;
        }
        width as u64
    }

    /// Hands out the failure of the source that ended [`Self::head`], if one did.
    pub(crate) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
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

/// Length of the white space, NUL padding and byte-order marks at the beginning.
fn padding(text: &[u8]) -> usize {
    let mut at = 0;
    loop {
        match &text[at..] {
            [0xEF, 0xBB, 0xBF, ..] => at += 3,
            [byte, ..] if *byte == 0 || byte.is_ascii_whitespace() => at += 1,
            _ => return at,
        }
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

    #[test]
    fn padding_of_any_length_is_passed_over_and_counted() {
        for (padding, kept) in [(0, 0), (3, 0), (HEAD_BYTES - 1, 2), (HEAD_BYTES, 0), (5 * HEAD_BYTES + 7, 1)]
        {
            for byte in ["\0", "\n", "\u{FEFF}"] {
                let text = format!("{}{}a", byte.repeat(padding), "\t".repeat(kept));
                let mut reader = TextReader::new(text.as_bytes()).unwrap();
                let bom = reader.encoding().bom_bytes() as u64;
                assert_eq!(bom + reader.skip_padding(), (byte.len() * padding) as u64, "{byte:?} {padding}");
                let mut rest = String::new();
                reader.read_to_string(&mut rest).unwrap();
                assert_eq!(rest, text[byte.len() * padding..]);
                let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                let mut reader = TextReader::new([b"\xFF\xFE", &utf16[..]].concat().leak() as &[u8]).unwrap();
                assert_eq!(reader.skip_padding(), 2 * padding as u64);
            }
        }
        assert_eq!(TextReader::new(" \r\n\0".repeat(HEAD_BYTES).as_bytes()).unwrap().skip_padding(), 262_144);
    }

    #[test]
    fn utf_32_is_told_by_its_mark() {
        for bytes in [&b"\xFF\xFE\0\0[\0\0\0"[..], b"\0\0\xFE\xFF\0\0\0["] {
            assert_eq!(TextReader::new(bytes).unwrap().encoding(), Encoding::Utf32);
        }
        assert_eq!(TextReader::new(&b"\xFF\xFE[\0"[..]).unwrap().encoding(), Encoding::Utf16LeBom);
    }
}
