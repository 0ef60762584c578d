//! Compressions of one text: gzip, zstd, bzip2, xz; and how every container is told by its first bytes.
//!
//! File names mean nothing here. Streams that follow one another in a file are read as one, which is how `cat a.gz b.gz`
//! and tools that compress in parallel write. Zero bytes behind a gzip stream are padding, as tapes and disks leave it.
//!
//! ```text
//! 1F 8B …           ─▶ Gzip  ─▶ its bytes, inflated
//! … "ustar" at 257  ─▶ Tar
//! anything else     ─▶ Plain
//! ```

use std::io::{self, BufRead, BufReader, Read};

use bzip2::read::MultiBzDecoder;
use flate2::bufread::GzDecoder;
use lzma_rust2::XzReader;

use super::limits::DICTIONARY_BYTES_MAX;

/// First bytes that tell what a file is: the header of a tar.
pub(super) const MAGIC_BYTES: usize = 512;

/// What a file or a member is, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// No container: a text, if anything.
    Plain,
    /// One compressed text.
    Compressed(Codec),
    /// Members one after the other.
    Tar,
    /// Members with a directory at the end.
    Zip,
    /// Members compressed together, with a directory at the end.
    SevenZip,
    /// Recognised to be named; there is no free reader.
    Rar,
}

/// A compression of a single text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    /// `.gz`.
    Gzip,
    /// `.zst`.
    Zstd,
    /// `.bz2`.
    Bzip2,
    /// `.xz`.
    Xz,
}

impl Kind {
    /// Tells a file by its first bytes, [`MAGIC_BYTES`] of them if there are so many.
    pub(super) fn of(head: &[u8]) -> Self {
        match head {
            [0x1F, 0x8B, ..] => Self::Compressed(Codec::Gzip),
            // A stream, or the note that some writers put before it.
            [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => {
                Self::Compressed(Codec::Zstd)
            }
            [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => Self::Compressed(Codec::Xz),
            // A block, or the end of a stream without any.
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..]
            | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => {
                Self::Compressed(Codec::Bzip2)
            }
            // A member, the directory of no members, or the mark of a zip in parts.
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, ..] => Self::Zip,
            [b'7', b'z', 0xBC, 0xAF, 0x27, 0x1C, ..] => Self::SevenZip,
            [b'R', b'a', b'r', b'!', 0x1A, 7, ..] => Self::Rar,
            // A text could have the word at this place, but no zero byte before it.
            _ if head.get(257..262) == Some(b"ustar") && head[..257].contains(&0) => Self::Tar,
            _ => Self::Plain,
        }
    }
}

impl Codec {
    /// Inflates a stream, and what follows it as long as it is of the same kind.
    ///
    /// # Errors
    ///
    /// If there is no memory for the decoder; damage shows when the stream is read so far.
    pub(super) fn inflate<'a>(self, bytes: Box<dyn Read + 'a>) -> io::Result<Box<dyn Read + 'a>> {
        Ok(match self {
            Self::Gzip => Box::new(Gzip(Some(GzDecoder::new(BufReader::new(bytes))))),
            // Asks for 128 MiB at most, unless told otherwise.
            Self::Zstd => Box::new(zstd::Decoder::new(bytes)?),
            Self::Bzip2 => Box::new(MultiBzDecoder::new(BufReader::new(bytes))),
            Self::Xz => {
                Box::new(XzReader::new_mem_limit(BufReader::new(bytes), true, DICTIONARY_BYTES_MAX >> 10))
            }
        })
    }
}

/// Gzip streams one after the other, and the padding behind them.
struct Gzip<R>(Option<GzDecoder<R>>);

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while let Some(stream) = &mut self.0 {
            let read = stream.read(into)?;
            if read > 0 || into.is_empty() {
                return Ok(read);
            }
            let Some(mut rest) = self.0.take().map(GzDecoder::into_inner) else { break };
            if has_more(&mut rest)? {
                self.0 = Some(GzDecoder::new(rest));
            }
        }
        Ok(0)
    }
}

/// Passes over zero bytes; whether anything comes behind them.
fn has_more(bytes: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let waiting = bytes.fill_buf()?;
        if waiting.is_empty() {
            return Ok(false);
        }
        let zeros = waiting.iter().take_while(|byte| **byte == 0).count();
        let is_more = zeros < waiting.len();
        bytes.consume(zeros);
        if is_more {
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_a_text_with_the_word_ustar_is_no_tar() {
        let text = format!("{{\"a\":\"{}\"}}", "x".repeat(300));
        let mut head = text.into_bytes();
        head[257..262].copy_from_slice(b"ustar");
        assert_eq!(Kind::of(&head), Kind::Plain);
        head[100] = 0;
        assert_eq!(Kind::of(&head), Kind::Tar);
    }

    #[test]
    fn ok_padding_behind_gzip_streams_is_no_damage() {
        use std::io::Write;
        let gzip = |text: &str| {
            let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            writer.write_all(text.as_bytes()).unwrap();
            writer.finish().unwrap()
        };
        let inflate = |bytes: &[u8]| {
            let mut text = String::new();
            Codec::Gzip.inflate(Box::new(bytes)).unwrap().read_to_string(&mut text).map(|_| text).ok()
        };
        let (a, b, zeros) = (gzip("a"), gzip("b"), [0; 20_000]);
        assert_eq!(inflate(&[&a[..], &zeros, &b, &zeros].concat()).as_deref(), Some("ab"));
        assert_eq!(inflate(&[&a[..], &zeros, b"x"].concat()), None);
        assert_eq!(inflate(&a[..a.len() - 1]), None);
    }

    #[test]
    fn ok_short_heads_are_plain() {
        for head in [&b""[..], b"P", b"PK", b"BZh9 is no stream", b"7z"] {
            assert_eq!(Kind::of(head), Kind::Plain);
        }
    }
}
