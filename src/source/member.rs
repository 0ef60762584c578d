//! Files on disk: their hash, their time, and the members that visitors get to see.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use super::limits::InflateBudget;
use super::nest::{self, Input, Layer, Nest, ReadSeek, TakeHash};
use super::{SourceFile, time};
use crate::error::{Context, Error, Result};

/// Files up to this size are read into memory once, larger ones twice: for their hash and for their text.
const IN_MEMORY_BYTES_MAX: u64 = 8 << 20;

/// A file on disk whose hash is known: itself a source, or the container of several.
#[derive(Debug)]
pub(crate) struct Container {
    name: String,
    /// SHA-256 of the bytes on disk, lower-case hexadecimal.
    pub(crate) sha256: String,
    /// Bytes on disk.
    pub(crate) size_bytes: u64,
    /// It is a container, or compressed.
    pub(crate) is_packed: bool,
    /// When the file was last changed, in microseconds since 1970-01-01 UTC.
    modified: Option<i64>,
    /// Bytes that have been read for the members so far.
    pub(crate) consumed: Arc<AtomicU64>,
    bytes: Bytes,
}

/// Counts the bytes that are read.
struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl<R: Seek> Seek for Counted<R> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

#[derive(Debug)]
enum Bytes {
    InMemory(Vec<u8>),
    OnDisk(File),
}

/// One source inside a container.
pub(crate) struct Member<'a> {
    /// Name of the file; the path of a member follows after `!`, that of a member's member after another.
    pub(crate) name: String,
    /// When it was last changed, in microseconds since 1970-01-01 UTC: the file's time, or what the container recorded.
    pub(crate) modified: Option<i64>,
    /// Its bytes, inflated.
    pub(crate) reader: Box<dyn Read + 'a>,
}

/// Takes a member, or the name of one that cannot be opened and the reason.
pub(crate) type VisitMember<'v> = dyn FnMut(Result<Member<'_>, (String, Error)>) -> Result<()> + 'v;

/// Opens a file and hashes it.
///
/// # Errors
///
/// If it cannot be read, or is no regular file.
pub(crate) fn container(file: &SourceFile) -> Result<Container> {
    let describe = || format!("cannot read `{}`", file.name);
    let metadata = std::fs::metadata(&file.path).context(describe)?;
    if !metadata.is_file() {
        return Err(Error::new(describe()).because("it is neither a file nor a folder"));
    }
    let mut open = File::open(&file.path).context(describe)?;
    let mut hasher = Sha256::new();
    let mut is_packed = false;
    let (bytes, size_bytes) = if metadata.len() <= IN_MEMORY_BYTES_MAX {
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0) + 1);
        open.read_to_end(&mut bytes).context(describe)?;
        hasher.update(&bytes);
        is_packed = nest::is_packed(&bytes);
        let size = bytes.len() as u64;
        (Bytes::InMemory(bytes), size)
    } else {
        let mut block = vec![0; 1 << 20];
        let mut size = 0;
        loop {
            let read = open.read(&mut block).context(describe)?;
            if read == 0 {
                break;
            }
            hasher.update(&block[..read]);
            if size == 0 {
                is_packed = nest::is_packed(&block[..read]);
            }
            size += read as u64;
        }
        open.rewind().context(describe)?;
        (Bytes::OnDisk(open), size)
    };
    let sha256 = hex(&hasher.finalize());
    let modified = time::of_file(&metadata);
    let (name, consumed) = (file.name.clone(), Arc::default());
    Ok(Container { name, sha256, size_bytes, is_packed, modified, consumed, bytes })
}

impl Container {
    /// Visits each member; a plain or compressed file is its own only member.
    ///
    /// What cannot be read, a member or the whole file, is given to `visit` as the reason, and the rest goes on.
    ///
    /// # Errors
    ///
    /// If `visit` fails.
    pub(crate) fn members(self, visit: &mut VisitMember<'_>) -> Result<()> {
        let nest = Nest::new(InflateBudget::new(self.size_bytes), visit);
        self.open(nest)
    }

    /// Tells what every layer inside hashes to: each member as it lies in its container, and inflated, if it is
    /// compressed. What cannot be read has no hash.
    pub(crate) fn hashes(self, take: &mut TakeHash<'_>) {
        let visit: &mut VisitMember<'_> = &mut |_| Ok(());
        let nest = Nest::new(InflateBudget::new(self.size_bytes), visit).with_hashes(take);
        self.open(nest).expect("the visitor never fails");
    }

    fn open(self, mut nest: Nest<'_, '_>) -> Result<()> {
        let bytes: Box<dyn ReadSeek> = match self.bytes {
            Bytes::InMemory(bytes) => Box::new(Counted { inner: Cursor::new(bytes), count: self.consumed }),
            Bytes::OnDisk(file) => Box::new(Counted { inner: file, count: self.consumed }),
        };
        let layer = Layer { name: self.name, modified: self.modified, depth: 0 };
        nest.open(layer, Input::Seekable(bytes))
    }
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String does not fail");
        text
    })
}
