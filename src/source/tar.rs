//! Members of tar files: ustar, pax and GNU, read in a stream from the first to the last.
//!
//! Only files are read. Links are not followed, devices not opened; of a sparse file the holes would have to be made up.
//! Each of these is told. A tar that is followed by another one, or by zeros, is read to its very end, so that the
//! checksum of a compression around it is checked as well.
//!
//! ```text
//! 512 bytes header │ content, filled up to 512 │ … │ 1024 zeros
//! ```

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use tar::{Archive, Entry, EntryType};

use super::limits::TAR_HEADERS_BYTES_MAX;
use super::nest::{Input, Layer, Names, Nest, UNPACK, unreadable};
use crate::error::Result;

/// Bytes of a header, and the unit that contents are filled up to.
const BLOCK_BYTES: u64 = 512;

/// Visits each file of a tar, in the order in which they lie there.
///
/// # Errors
///
/// Only if `visit` fails.
pub(super) fn members(nest: &mut Nest<'_, '_>, layer: &Layer, bytes: Box<dyn Read + '_>) -> Result<()> {
    let watch = Rc::new(Watch::default());
    let mut archive = Archive::new(Watched { inner: bytes, watch: Rc::clone(&watch) });
    archive.set_ignore_zeros(true);
    let mut entries = match archive.entries() {
        Ok(entries) => entries,
        Err(error) => return nest.tell_unreadable(&layer.name, error),
    };
    let mut names = Names::new(&layer.name);
    let mut skipped = 0;
    loop {
        watch.headers_left.set(Some(TAR_HEADERS_BYTES_MAX.saturating_add(skipped)));
        let mut entry = match entries.next() {
            Some(Ok(entry)) => entry,
            Some(Err(error)) => return nest.tell_unreadable(&layer.name, error),
            None => break,
        };
        watch.headers_left.set(None);
        skipped = 0;
        if !nest.take_members(&layer.name, 1)? {
            return Ok(());
        }
        member(nest, layer, &mut names, &mut entry)?;
        if entry.header().entry_type() == EntryType::GNUSparse {
            // Reading it would make up the holes; the content itself is passed over before the next header.
            skipped = entry.header().entry_size().unwrap_or(0).saturating_add(BLOCK_BYTES);
        } else if let Err(error) = io::copy(&mut entry, &mut io::sink()) {
            return nest.tell_unreadable(&layer.name, error);
        }
    }
    if watch.zeros.get() < BLOCK_BYTES {
        nest.tell_unreadable(&layer.name, "its end mark is missing: it may be cut off, and is read so far")?;
    }
    Ok(())
}

fn member<R: Read>(
    nest: &mut Nest<'_, '_>,
    layer: &Layer,
    names: &mut Names<'_>,
    entry: &mut Entry<'_, R>,
) -> Result<()> {
    let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
    let kind = entry.header().entry_type();
    let extensions = Extensions::of(entry);
    if kind == EntryType::XGlobalHeader || kind == EntryType::Directory {
        return Ok(());
    }
    // The oldest writers mark a folder by its name only.
    if path.ends_with('/') && kind == EntryType::Regular {
        return Ok(());
    }
    let name = names.of(&path);
    match kind {
        EntryType::Regular | EntryType::Continuous if !extensions.is_sparse => {
            let content = Whole { left: entry.size(), inner: entry };
            let layer = layer.member(name, extensions.modified);
            nest.open(layer, Input::Stream(Box::new(content)))
        }
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
            let error = unreadable(&name).because("it is a sparse file, whose holes are not filled");
            nest.tell(&name, error.hint(UNPACK))
        }
        EntryType::Link | EntryType::Symlink => {
            let target = entry.link_name_bytes();
            let target = target.map(|target| String::from_utf8_lossy(&target).into_owned());
            nest.tell_link(&name, target.as_deref())
        }
        EntryType::Char | EntryType::Block | EntryType::Fifo => {
            nest.tell_unreadable(&name, "it is neither a file nor a folder")
        }
        other => {
            let kind = char::from(other.as_byte()).escape_default();
            nest.tell_unreadable(&name, format!("it is a member of the unknown kind `{kind}`"))
        }
    }
}

/// What the headers of a member say besides its name and size.
struct Extensions {
    /// Microseconds since 1970-01-01 UTC.
    modified: Option<i64>,
    is_sparse: bool,
}

impl Extensions {
    fn of<R: Read>(entry: &mut Entry<'_, R>) -> Self {
        let seconds = entry.header().mtime().ok().and_then(|seconds| i64::try_from(seconds).ok());
        let modified = seconds.and_then(|seconds| seconds.checked_mul(1_000_000));
        let mut found = Self { modified, is_sparse: false };
        if entry.header().entry_type() == EntryType::XGlobalHeader {
            return found;
        }
        if let Ok(Some(extensions)) = entry.pax_extensions() {
            for extension in extensions.flatten() {
                match extension.key() {
                    Ok("mtime") => {
                        found.modified = extension.value().ok().and_then(micros).or(found.modified);
                    }
                    Ok(key) => found.is_sparse |= key.starts_with("GNU.sparse."),
                    Err(_) => {}
                }
            }
        }
        found
    }
}

/// Decimal seconds since 1970-01-01 UTC as microseconds; further digits are cut off.
fn micros(seconds: &str) -> Option<i64> {
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let fraction: i64 = digits.parse().ok()?;
    let micros = whole.parse::<i64>().ok()?.checked_mul(1_000_000)?;
    micros.checked_add(if whole.starts_with('-') { -fraction } else { fraction })
}

/// Fails if a member's content ends before the size that its header promises.
struct Whole<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Whole<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.left = self.left.saturating_sub(read as u64);
        if read == 0 && self.left > 0 && !into.is_empty() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the tar file ends inside this member"));
        }
        Ok(read)
    }
}

/// What is seen of the bytes of a tar while they are read.
#[derive(Debug, Default)]
struct Watch {
    /// Bytes that headers may still take; none while a content is read.
    headers_left: Cell<Option<u64>>,
    /// Zeros at the end of what has been read.
    zeros: Cell<u64>,
}

/// Watches the bytes of a tar.
struct Watched<R> {
    inner: R,
    watch: Rc<Watch>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        let zeros = into[..read].iter().rev().take_while(|byte| **byte == 0).count();
        let is_zero = zeros == read;
        self.watch.zeros.set(if is_zero { self.watch.zeros.get() } else { 0 } + zeros as u64);
        if let Some(left) = self.watch.headers_left.get() {
            // Zeros between tars, or behind the last one, are kept by nobody.
            let counted = if is_zero { 0 } else { read as u64 };
            let left = left.checked_sub(counted).ok_or_else(|| {
                io::Error::other(format!("headers of more than {TAR_HEADERS_BYTES_MAX} bytes"))
            })?;
            self.watch.headers_left.set(Some(left));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_pax_times_become_microseconds() {
        let cases = [
            ("0", Some(0)),
            ("1772438950.5", Some(1_772_438_950_500_000)),
            ("1772438950.123456789", Some(1_772_438_950_123_456)),
            ("-1.5", Some(-1_500_000)),
            ("-0.5", Some(-500_000)),
            ("", None),
            ("now", None),
            ("1.x", None),
            ("9999999999999999", None),
        ];
        for (text, expected) in cases {
            assert_eq!(micros(text), expected, "{text}");
        }
    }
}
