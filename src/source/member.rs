//! Files as they are, gzip files, and the members of zip files.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::SourceFile;
use super::limits::{Bounded, InflateBudget, MEMBERS_MAX};
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
    /// Name of the container; a zip's member follows after `!`.
    pub(crate) name: String,
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
    let (bytes, size_bytes) = if metadata.len() <= IN_MEMORY_BYTES_MAX {
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0) + 1);
        open.read_to_end(&mut bytes).context(describe)?;
        hasher.update(&bytes);
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
            size += read as u64;
        }
        open.rewind().context(describe)?;
        (Bytes::OnDisk(open), size)
    };
    let sha256 = hex(&hasher.finalize());
    Ok(Container { name: file.name.clone(), sha256, size_bytes, consumed: Arc::default(), bytes })
}

impl Container {
    /// Visits each member in the order of their names; a plain or gzip file is its own only member.
    ///
    /// A member that cannot be opened is given to `visit` as the reason, and the rest goes on.
    ///
    /// # Errors
    ///
    /// If the container cannot be opened as what it begins like, or `visit` fails.
    pub(crate) fn members(self, visit: &mut VisitMember<'_>) -> Result<()> {
        let count = self.consumed;
        match self.bytes {
            Bytes::InMemory(bytes) => {
                read(&self.name, self.size_bytes, Counted { inner: Cursor::new(bytes), count }, visit)
            }
            Bytes::OnDisk(inner) => read(&self.name, self.size_bytes, Counted { inner, count }, visit),
        }
    }
}

fn read<'a, R: Read + Seek + 'a>(
    name: &str,
    size_bytes: u64,
    mut bytes: R,
    visit: &mut VisitMember<'_>,
) -> Result<()> {
    let mut magic = [0; 4];
    let read = read_up_to(&mut bytes, &mut magic).context(|| format!("cannot read `{name}`"))?;
    bytes.rewind().context(|| format!("cannot read `{name}`"))?;
    if magic[..read].starts_with(b"PK\x03\x04") || magic[..read].starts_with(b"PK\x05\x06") {
        return read_zip(name, InflateBudget::new(size_bytes), bytes, visit);
    }
    let reader = inflate(&magic[..read], InflateBudget::new(size_bytes), bytes);
    visit(Ok(Member { name: name.to_owned(), reader }))
}

/// The bytes, inflated if they begin like gzip.
fn inflate<'a>(magic: &[u8], budget: InflateBudget, bytes: impl Read + 'a) -> Box<dyn Read + 'a> {
    if magic.starts_with(&[0x1F, 0x8B]) {
        Box::new(Bounded::new(MultiGzDecoder::new(BufReader::new(bytes)), budget))
    } else {
        Box::new(bytes)
    }
}

fn read_zip<R: Read + Seek>(
    name: &str,
    budget: InflateBudget,
    bytes: R,
    visit: &mut VisitMember<'_>,
) -> Result<()> {
    let mut zip =
        zip::ZipArchive::new(BufReader::new(bytes)).context(|| format!("cannot read zip file `{name}`"))?;
    if zip.len() > MEMBERS_MAX {
        return Err(Error::new(format!("cannot read zip file `{name}`"))
            .because(format!("it has {} members; up to {MEMBERS_MAX} are read", zip.len()))
            .hint("unpack it and ingest the folder"));
    }
    let mut members: Vec<(String, usize)> = (0..zip.len())
        .map(|index| (member_name(&zip, index), index))
        .filter(|(member, _)| !member.ends_with('/'))
        .collect();
    members.sort();
    for (member, index) in members {
        let name = format!("{name}!{member}");
        let opened = match zip.by_index(index) {
            Ok(member) => {
                let mut reader = Bounded::new(member, budget.clone());
                let mut magic = [0; 4];
                match read_up_to(&mut reader, &mut magic) {
                    Ok(read) => {
                        let whole = Cursor::new(magic[..read].to_vec()).chain(reader);
                        let reader = inflate(&magic[..read], budget.clone(), whole);
                        visit(Ok(Member { name, reader }))?;
                        continue;
                    }
                    Err(error) => error.to_string(),
                }
            }
            Err(error) => error.to_string(),
        };
        visit(Err((name.clone(), Error::new(format!("cannot read `{name}`")).because(opened))))?;
    }
    Ok(())
}

/// The member's path with `/`; one without a readable name goes by its number.
fn member_name<R: Read + Seek>(zip: &zip::ZipArchive<R>, index: usize) -> String {
    match zip.name_for_index(index) {
        Some(Ok(name)) => name.replace('\\', "/"),
        _ => format!("member {index}"),
    }
}

fn read_up_to(reader: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < into.len() {
        match reader.read(&mut into[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

/// Lower-case hexadecimal.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String does not fail");
        text
    })
}
