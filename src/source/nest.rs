//! Containers inside containers: one function opens what its first bytes say, down to the texts.
//!
//! It keeps what all layers of a file share: how much may still be inflated, how many members may still come, how much
//! memory is left for zip and 7z files that lie inside others and have to be read from their end. Nothing is written
//! anywhere; a member's path is a name and no more.
//!
//! ```text
//! case.zip ─▶ zip ─▶ day1.tar.gz ─▶ gzip ─▶ tar ─▶ a.json      case.zip!day1.tar.gz!a.json
//! ```
//!
//! Members of a zip come in the order of their names, those of a tar or 7z in the order in which they lie there, as both
//! can only be read from the beginning to the end. The same file always gives the same order.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek};

use sha2::{Digest, Sha256};

use super::codec::{Kind, MAGIC_BYTES};
use super::limits::{Bounded, InflateBudget, LAYERS_MAX, MEMBERS_MAX, NAME_BYTES_MAX, NESTED_BYTES_MAX};
use super::member::{Member, VisitMember, hex};
use super::{seven_zip, tar, zip};
use crate::error::{Error, Result};

/// What a person can do about a container that cannot be followed.
pub(super) const UNPACK: &str = "unpack it and ingest the folder";

/// Takes the name of a layer inside a file, and the SHA-256 of its bytes.
pub(crate) type TakeHash<'v> = dyn FnMut(&str, String) + 'v;

/// What all layers of one file share.
pub(super) struct Nest<'v, 'f> {
    visit: &'v mut VisitMember<'f>,
    /// Hears of every layer inside the file what its bytes hash to, if it is there.
    hashes: Option<&'v mut TakeHash<'f>>,
    /// How many inflated bytes the file may still give.
    pub(super) budget: InflateBudget,
    members_left: usize,
    buffer_left: u64,
    /// Members visited and problems told.
    told: u64,
}

/// One layer that is opened: what it is called, when it was last changed, how deep it lies.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    /// Name of the file, and of each member down to this one after `!`.
    pub(super) name: String,
    /// Microseconds since 1970-01-01 UTC, if recorded.
    pub(super) modified: Option<i64>,
    /// Containers and compressions around it.
    pub(super) depth: usize,
}

/// Reads from any place.
pub(super) trait ReadSeek: Read + Seek {}

impl<R: Read + Seek> ReadSeek for R {}

/// The bytes of a layer.
pub(super) enum Input<'a> {
    /// Bytes that come once.
    Stream(Box<dyn Read + 'a>),
    /// Bytes that can be read from any place.
    Seekable(Box<dyn ReadSeek + 'a>),
}

impl<'v, 'f> Nest<'v, 'f> {
    /// A file that may inflate within `budget`, whose members are handed to `visit`.
    pub(super) fn new(budget: InflateBudget, visit: &'v mut VisitMember<'f>) -> Self {
        Self {
            visit,
            hashes: None,
            budget,
            members_left: MEMBERS_MAX,
            buffer_left: NESTED_BYTES_MAX,
            told: 0,
        }
    }

    /// Hashes every layer inside the file on the way.
    pub(super) fn with_hashes(mut self, hashes: &'v mut TakeHash<'f>) -> Self {
        self.hashes = Some(hashes);
        self
    }

    /// Visits every text in a file or member, whatever it is packed in.
    ///
    /// # Errors
    ///
    /// Only if `visit` fails. What cannot be read is told to it, and the rest goes on.
    pub(super) fn open(&mut self, layer: Layer, input: Input<'_>) -> Result<()> {
        match input {
            Input::Stream(stream) if self.hashes.is_some() => {
                let name = layer.name.clone();
                let mut hashed = Hashed { inner: stream, hasher: Sha256::new() };
                self.open_layer(layer, Input::Stream(Box::new(&mut hashed)))?;
                // What nobody read belongs to the hash.
                if io::copy(&mut hashed, &mut io::sink()).is_ok()
                    && let Some(hashes) = &mut self.hashes
                {
                    hashes(&name, hex(&hashed.hasher.finalize()));
                }
                Ok(())
            }
            input => self.open_layer(layer, input),
        }
    }

    fn open_layer(&mut self, layer: Layer, input: Input<'_>) -> Result<()> {
        let (kind, input) = match input.look() {
            Ok(looked) => looked,
            Err(error) => return self.tell_unreadable(&layer.name, error),
        };
        if kind != Kind::Plain && layer.depth >= LAYERS_MAX {
            let error = unreadable(&layer.name)
                .because(format!("containers are nested more than {LAYERS_MAX} deep"))
                .hint(UNPACK);
            return self.tell(&layer.name, error);
        }
        let before = self.told;
        match kind {
            Kind::Plain => {
                self.told += 1;
                let Layer { name, modified, .. } = layer;
                return (self.visit)(Ok(Member { name, modified, reader: input.into_stream() }));
            }
            Kind::Compressed(codec) => {
                return match codec.inflate(input.into_stream()) {
                    Ok(inflated) => {
                        let bounded = Bounded::new(inflated, self.budget.clone());
                        let layer = Layer { depth: layer.depth + 1, ..layer };
                        self.open(layer, Input::Stream(Box::new(bounded)))
                    }
                    Err(error) => self.tell_unreadable(&layer.name, error),
                };
            }
            Kind::Tar => tar::members(self, &layer, input.into_stream())?,
            Kind::Zip => self.with_seekable(&layer, input, zip::members)?,
            Kind::SevenZip => self.with_seekable(&layer, input, seven_zip::members)?,
            Kind::Rar => {
                let error = unreadable(&layer.name).because("RAR files are not read").hint(UNPACK);
                self.tell(&layer.name, error)?;
            }
        }
        if self.told == before {
            self.tell(&layer.name, Error::new("an empty container"))?;
        }
        Ok(())
    }

    /// Tells `visit` what is wrong with `name`.
    pub(super) fn tell(&mut self, name: &str, error: Error) -> Result<()> {
        self.told += 1;
        (self.visit)(Err((name.to_owned(), error)))
    }

    /// Tells `visit` that `name` cannot be read, and why.
    pub(super) fn tell_unreadable(&mut self, name: &str, reason: impl std::fmt::Display) -> Result<()> {
        self.tell(name, unreadable(name).because(reason))
    }

    /// Tells `visit` that `name` is a link, which could lead anywhere.
    pub(super) fn tell_link(&mut self, name: &str, target: Option<&str>) -> Result<()> {
        let reason = match target {
            Some(target) => format!("it is a link to `{target}`, which is not followed"),
            None => "it is a link, which is not followed".to_owned(),
        };
        self.tell_unreadable(name, reason)
    }

    /// Tells `visit` that `name` is encrypted.
    pub(super) fn tell_encrypted(&mut self, name: &str) -> Result<()> {
        let error = unreadable(name).because("it is encrypted");
        self.tell(name, error.hint("unpack it with its password and ingest the folder"))
    }

    /// Counts so many members of the container `name`; whether they may be read. If not, this has been told.
    pub(super) fn take_members(&mut self, name: &str, count: usize) -> Result<bool> {
        if let Some(left) = self.members_left.checked_sub(count) {
            self.members_left = left;
            return Ok(true);
        }
        let error = unreadable(name)
            .because(format!("a file with more than {MEMBERS_MAX} members is not read further"))
            .hint(UNPACK);
        self.tell(name, error)?;
        Ok(false)
    }

    /// Lets `read` have the layer's bytes from any place, out of memory if they come as a stream.
    fn with_seekable(
        &mut self,
        layer: &Layer,
        input: Input<'_>,
        read: fn(&mut Nest<'_, '_>, &Layer, Box<dyn ReadSeek + '_>) -> Result<()>,
    ) -> Result<()> {
        let stream = match input {
            Input::Seekable(bytes) => return read(self, layer, bytes),
            Input::Stream(stream) => stream,
        };
        let mut bytes = Vec::new();
        if let Err(error) = stream.take(self.buffer_left + 1).read_to_end(&mut bytes) {
            return self.tell_unreadable(&layer.name, error);
        }
        let size = bytes.len() as u64;
        if size > self.buffer_left {
            let error = unreadable(&layer.name)
                .because(format!("containers inside containers are read up to {NESTED_BYTES_MAX} bytes"))
                .hint(UNPACK);
            return self.tell(&layer.name, error);
        }
        self.buffer_left -= size;
        let done = read(self, layer, Box::new(io::Cursor::new(bytes)));
        self.buffer_left += size;
        done
    }
}

impl Layer {
    /// A member of this container.
    pub(super) fn member(&self, name: String, modified: Option<i64>) -> Self {
        Self { name, modified, depth: self.depth + 1 }
    }
}

/// The beginning of an error about something that cannot be read.
pub(super) fn unreadable(name: &str) -> Error {
    Error::new(format!("cannot read `{name}`"))
}

impl<'a> Input<'a> {
    /// Tells what the bytes are; they still come from the first one on.
    fn look(self) -> io::Result<(Kind, Self)> {
        match self {
            Self::Stream(mut inner) => {
                let (head, failure) = head_of(&mut inner);
                let kind = Kind::of(&head);
                let looked = LookedAt { head: io::Cursor::new(head), failure, inner };
                Ok((kind, Self::Stream(Box::new(looked))))
            }
            Self::Seekable(mut bytes) => {
                let (head, failure) = head_of(&mut bytes);
                failure.map_or(Ok(()), Err)?;
                bytes.rewind()?;
                Ok((Kind::of(&head), Self::Seekable(bytes)))
            }
        }
    }

    fn into_stream(self) -> Box<dyn Read + 'a> {
        match self {
            Self::Stream(stream) => stream,
            Self::Seekable(bytes) => Box::new(bytes),
        }
    }
}

/// Hashes what is read.
struct Hashed<R> {
    inner: R,
    hasher: Sha256,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.hasher.update(&into[..read]);
        Ok(read)
    }
}

/// Whether a file that begins so is a container, or compressed.
pub(super) fn is_packed(head: &[u8]) -> bool {
    Kind::of(&head[..head.len().min(MAGIC_BYTES)]) != Kind::Plain
}

/// The first bytes, and the failure that ended them.
fn head_of(reader: &mut impl Read) -> (Vec<u8>, Option<io::Error>) {
    let mut head = vec![0; MAGIC_BYTES];
    let mut filled = 0;
    let mut failure = None;
    // Not every decoder takes a buffer without room.
    while filled < head.len() && failure.is_none() {
        match reader.read(&mut head[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => failure = Some(error),
        }
    }
    head.truncate(filled);
    (head, failure)
}

/// A stream whose first bytes have been read, and perhaps the failure behind them.
struct LookedAt<R> {
    head: io::Cursor<Vec<u8>>,
    failure: Option<io::Error>,
    inner: R,
}

impl<R: Read> Read for LookedAt<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.head.read(into)?;
        if read > 0 || into.is_empty() {
            return Ok(read);
        }
        match self.failure.take() {
            Some(failure) => Err(failure),
            None => self.inner.read(into),
        }
    }
}

/// Names of a container's members: each once, though two members may be called the same.
pub(super) struct Names<'a> {
    container: &'a str,
    /// How many members had the name so far.
    seen: BTreeMap<String, usize>,
}

impl<'a> Names<'a> {
    /// Names behind the name of the container.
    pub(super) fn new(container: &'a str) -> Self {
        Self { container, seen: BTreeMap::new() }
    }

    /// The whole name of a member; the second of a name gets ` (2)`, the third ` (3)`. Folders are parted by `/`.
    pub(super) fn of(&mut self, member: &str) -> String {
        let mut member = member.replace('\\', "/");
        if member.len() > NAME_BYTES_MAX {
            member.truncate(member.floor_char_boundary(NAME_BYTES_MAX));
            member.push('…');
        }
        let name = match self.seen.get(&member).copied() {
            None => member,
            Some(mut count) => loop {
                count += 1;
                let name = format!("{member} ({count})");
                if !self.seen.contains_key(&name) {
                    self.seen.insert(member, count);
                    break name;
                }
            },
        };
        self.seen.insert(name.clone(), 1);
        format!("{}!{name}", self.container)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// Name, time and text of every member, and `None` for what cannot be read.
    fn read(bytes: &[u8]) -> Vec<(String, Option<i64>, Option<String>)> {
        let mut found = Vec::new();
        let layer = Layer { name: "f".to_owned(), modified: Some(7), depth: 0 };
        let input = Input::Seekable(Box::new(io::Cursor::new(bytes)));
        let visit: &mut VisitMember<'_> = &mut |member| {
            found.push(match member {
                Ok(mut member) => {
                    let mut text = Vec::new();
                    let read = member.reader.read_to_end(&mut text);
                    let text = read.ok().map(|_| String::from_utf8_lossy(&text).into_owned());
                    (member.name, member.modified, text)
                }
                Err((name, _)) => (name, None, None),
            });
            Ok(())
        };
        Nest::new(InflateBudget::new(bytes.len() as u64), visit).open(layer, input).unwrap();
        found
    }

    fn zip_of(name: &str, bytes: &[u8]) -> Vec<u8> {
        let time = ::zip::DateTime::from_date_and_time(2026, 3, 2, 8, 9, 10).unwrap();
        let options = ::zip::write::SimpleFileOptions::default().last_modified_time(time);
        let mut writer = ::zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        writer.start_file(name, options).unwrap();
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap().into_inner()
    }

    fn tar_of(name: &str, bytes: &[u8]) -> Vec<u8> {
        let mut header = ::tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mtime(1_772_438_950);
        let mut builder = ::tar::Builder::new(Vec::new());
        builder.append_pax_extensions([("mtime", b"1772438950.5".as_slice())]).unwrap();
        builder.append_data(&mut header, name, bytes).unwrap();
        builder.into_inner().unwrap()
    }

    fn seven_zip_of(name: &str, bytes: &[u8]) -> Vec<u8> {
        let mut writer = sevenz_rust2::ArchiveWriter::new(io::Cursor::new(Vec::new())).unwrap();
        let mut entry = sevenz_rust2::ArchiveEntry::new_file(name);
        entry.has_last_modified_date = true;
        entry.last_modified_date = sevenz_rust2::NtTime::new(134_169_125_500_000_000);
        writer.push_archive_entry(entry, Some(bytes)).unwrap();
        writer.finish().unwrap().into_inner()
    }

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    }

    fn xz(bytes: &[u8]) -> Vec<u8> {
        let options = lzma_rust2::XzOptions::with_preset(0);
        let mut writer = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    }

    fn bz2(bytes: &[u8]) -> Vec<u8> {
        let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn ok_members_have_the_time_that_the_container_recorded() {
        let time = 1_772_438_950_000_000;
        let text = Some("{}".to_owned());
        let member = |time| vec![("f!a".to_owned(), Some(time), text.clone())];
        assert_eq!(read(&zip_of("a", b"{}")), member(time));
        assert_eq!(read(&tar_of("a", b"{}")), member(time + 500_000));
        assert_eq!(read(&seven_zip_of("a", b"{}")), member(time));
        assert_eq!(read(&zip_of("a", &gz(b"{}"))), member(time));
        assert_eq!(read(&gz(b"{}")), [("f".to_owned(), Some(7), text.clone())]);
        assert_eq!(read(b"{}"), [("f".to_owned(), Some(7), text)]);
    }

    #[test]
    fn ok_damage_anywhere_neither_panics_nor_hides() {
        let text = b"{\"a\":1} {\"b\":2} {\"c\":[1,2,3,4,5,6,7,8]}".repeat(3);
        let wholes = [
            gz(&text),
            xz(&text),
            bz2(&text),
            zstd::encode_all(text.as_slice(), 1).unwrap(),
            tar_of("a", &text),
            gz(&tar_of("a", &text)),
            zip_of("a", &text),
            seven_zip_of("a", &text),
            zip_of("b", &seven_zip_of("a", &text)),
        ];
        for whole in wholes {
            for at in 0..whole.len() {
                for change in [0x01, 0x80, 0xFF] {
                    let mut bent = whole.clone();
                    bent[at] ^= change;
                    assert!(!read(&bent).is_empty(), "byte {at} ^ {change}");
                }
                assert!(!read(&whole[..at]).is_empty(), "cut at {at}");
            }
        }
    }

    #[test]
    fn err_too_many_members_are_counted_over_all_layers() {
        let mut told = Vec::new();
        let visit: &mut VisitMember<'_> = &mut |member| {
            told.extend(member.err().map(|(name, error)| format!("{name}: {}", error.one_line())));
            Ok(())
        };
        let mut nest = Nest::new(InflateBudget::new(1), visit);
        assert!(nest.take_members("a", MEMBERS_MAX - 1).unwrap());
        assert!(nest.take_members("a!b", 1).unwrap());
        assert!(!nest.take_members("a!c", 1).unwrap());
        assert_eq!(
            told,
            ["a!c: cannot read `a!c`: a file with more than 200000 members is not read further"]
        );
    }

    #[test]
    fn ok_members_of_one_name_are_told_apart() {
        let mut names = Names::new("c.tar");
        let named = ["a", "a (2)", "a", "b\\c", "b/c", "a"].map(|name| names.of(name));
        assert_eq!(
            named,
            ["c.tar!a", "c.tar!a (2)", "c.tar!a (3)", "c.tar!b/c", "c.tar!b/c (2)", "c.tar!a (4)"]
        );
    }
}
