//! What lies beside a data file: checksums of its blocks, hashes of its rows' identities, and its events by hour.
//!
//! ```text
//! AUDITQLX  then sections:  tag (4 bytes)  length (8, little-endian)  CRC-32 (4)  content
//! SUMS      CRC-32 of each block of the data file
//! HOUR      by group of rows: its name, and for each hour how many events, and the first and the last
//! KEYS      sorted hashes, 8 bytes each
//! ```
//!
//! All of it follows from the data file; it saves reading that file to find damage, a known event or a quiet hour.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::{DataFile, Snapshot, layout};
use crate::error::{Context, Result};
use crate::schema::Table;

/// Bytes of a data file that have one checksum, and are read together.
pub(super) const BLOCK_BYTES: u64 = 64 << 10;

const MAGIC: &[u8; 8] = b"AUDITQLX";
const SUMS: &[u8; 4] = b"SUMS";
const HOUR: &[u8; 4] = b"HOUR";
const KEYS: &[u8; 4] = b"KEYS";
const HEAD_BYTES: usize = 16;

/// Hours are counted from 1970-01-01T00:00:00Z.
pub(crate) const HOUR_MICROS: i64 = 3_600_000_000;

/// Events of one hour: how many, and the time of the first and the last, microseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Events {
    /// How many.
    pub(crate) count: u64,
    /// Time of the first.
    pub(crate) first: i64,
    /// Time of the last.
    pub(crate) last: i64,
}

impl Events {
    /// Both together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            count: self.count + other.count,
            first: self.first.min(other.first),
            last: self.last.max(other.last),
        }
    }
}

/// By group of rows (empty where a row has none) and hour.
pub(crate) type Hours = BTreeMap<String, BTreeMap<i64, Events>>;

/// Adds events to hours.
pub(crate) fn add_hours(hours: &mut Hours, more: Hours) {
    for (group, more) in more {
        let hours = hours.entry(group).or_default();
        for (hour, events) in more {
            let sum = hours.get(&hour).map_or(events, |known| known.and(events));
            hours.insert(hour, sum);
        }
    }
}

/// What will be written beside a data file.
#[derive(Debug, Default)]
pub(super) struct FileIndex {
    pub(super) sums: Vec<u32>,
    pub(super) hours: Hours,
    pub(super) keys: Vec<u64>,
}

impl FileIndex {
    /// CRC-32 of the checksums of the blocks: what ties the index to its data file.
    pub(super) fn blocks_crc32(&self) -> u32 {
        crc32_of(&self.sums)
    }

    /// Writes everything; the keys are sorted first.
    pub(super) fn write(&mut self, file: &mut impl Write) -> io::Result<()> {
        self.keys.sort_unstable();
        file.write_all(MAGIC)?;
        section(file, SUMS, &self.sums.iter().flat_map(|sum| sum.to_le_bytes()).collect::<Vec<_>>())?;
        section(file, HOUR, &encode(&self.hours))?;
        section(file, KEYS, &self.keys.iter().flat_map(|key| key.to_le_bytes()).collect::<Vec<_>>())
    }
}

/// CRC-32 of the checksums of blocks.
pub(super) fn crc32_of(sums: &[u32]) -> u32 {
    crc32fast::hash(&sums.iter().flat_map(|sum| sum.to_le_bytes()).collect::<Vec<_>>())
}

fn section(file: &mut impl Write, tag: &[u8; 4], content: &[u8]) -> io::Result<()> {
    file.write_all(tag)?;
    file.write_all(&(content.len() as u64).to_le_bytes())?;
    file.write_all(&crc32fast::hash(content).to_le_bytes())?;
    file.write_all(content)
}

fn encode(hours: &Hours) -> Vec<u8> {
    let mut content = Vec::new();
    for (group, hours) in hours {
        content.extend_from_slice(&(group.len() as u64).to_le_bytes());
        content.extend_from_slice(group.as_bytes());
        content.extend_from_slice(&(hours.len() as u64).to_le_bytes());
        for (hour, events) in hours {
            content.extend_from_slice(&hour.to_le_bytes());
            content.extend_from_slice(&events.count.to_le_bytes());
            content.extend_from_slice(&events.first.to_le_bytes());
            content.extend_from_slice(&events.last.to_le_bytes());
        }
    }
    content
}

fn decode(mut content: &[u8]) -> Option<Hours> {
    let mut hours = Hours::new();
    while !content.is_empty() {
        let length = usize::try_from(u64::from_le_bytes(take(&mut content)?)).ok()?;
        let (name, rest) = content.split_at_checked(length)?;
        content = rest;
        let group = hours.entry(String::from_utf8(name.to_vec()).ok()?).or_default();
        for _ in 0..u64::from_le_bytes(take(&mut content)?) {
            let hour = i64::from_le_bytes(take(&mut content)?);
            let count = u64::from_le_bytes(take(&mut content)?);
            let first = i64::from_le_bytes(take(&mut content)?);
            let last = i64::from_le_bytes(take(&mut content)?);
            group.insert(hour, Events { count, first, last });
        }
    }
    Some(hours)
}

fn take<const N: usize>(content: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = content.split_first_chunk::<N>()?;
    *content = rest;
    Some(*taken)
}

/// The content of one section.
fn read_section(file: &mut (impl Read + Seek), wanted: &[u8; 4]) -> io::Result<Vec<u8>> {
    let damaged = || io::Error::new(ErrorKind::InvalidData, "it is damaged: its checksum does not match");
    let mut magic = [0; MAGIC.len()];
    file.read_exact(&mut magic)?;
    if magic != *MAGIC {
        return Err(damaged());
    }
    loop {
        let mut head = [0; HEAD_BYTES];
        file.read_exact(&mut head).map_err(|_| damaged())?;
        let length = u64::from_le_bytes(head[4..12].try_into().expect("8 bytes"));
        if head[..4] != *wanted {
            let length = i64::try_from(length).map_err(|_| damaged())?;
            file.seek(SeekFrom::Current(length))?;
            continue;
        }
        let mut content = Vec::new();
        file.by_ref().take(length).read_to_end(&mut content)?;
        let sum = u32::from_le_bytes(head[12..].try_into().expect("4 bytes"));
        if content.len() as u64 != length || crc32fast::hash(&content) != sum {
            return Err(damaged());
        }
        return Ok(content);
    }
}

/// Checksums of the blocks of the data file that an index lies beside.
pub(super) fn read_sums(index: File) -> io::Result<Vec<u32>> {
    let content = read_section(&mut BufReader::with_capacity(4 << 10, index), SUMS)?;
    let sums = content.as_chunks::<4>().0;
    Ok(sums.iter().map(|sum| u32::from_le_bytes(*sum)).collect())
}

/// Events by hour of all files of a table.
///
/// # Errors
///
/// If an index cannot be read or is damaged.
pub(crate) fn hours(snapshot: &Snapshot, table: &Table) -> Result<Hours> {
    let mut all = Hours::new();
    for file in snapshot.files(table.name) {
        add_hours(&mut all, file_hours(snapshot, file)?);
    }
    Ok(all)
}

/// Events by hour of one file.
///
/// # Errors
///
/// If its index cannot be read or is damaged.
pub(crate) fn file_hours(snapshot: &Snapshot, file: &DataFile) -> Result<Hours> {
    let (path, index) = snapshot.open_index(file)?;
    read_hours(&path, index)
}

/// Events by hour of a staged file.
///
/// # Errors
///
/// As [`file_hours`].
pub(crate) fn staged_hours(path: &Path) -> Result<Hours> {
    let path = layout::staged_index(path);
    let index = File::open(&path).context(|| format!("cannot read `{}`", path.display()))?;
    read_hours(&path, index)
}

fn read_hours(path: &Path, index: File) -> Result<Hours> {
    let describe = || format!("cannot read `{}`", path.display());
    let content = read_section(&mut BufReader::new(index), HOUR).context(describe)?;
    decode(&content).ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "it is damaged")).context(describe)
}

/// Sorted hashes of the identities of a file's rows.
///
/// # Errors
///
/// If its index cannot be read or is damaged.
pub(crate) fn file_keys(snapshot: &Snapshot, file: &DataFile) -> Result<Vec<u64>> {
    let (path, index) = snapshot.open_index(file)?;
    let content = read_section(&mut BufReader::new(index), KEYS)
        .context(|| format!("cannot read `{}`", path.display()))?;
    Ok(content.as_chunks::<8>().0.iter().map(|key| u64::from_le_bytes(*key)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn example() -> Vec<u8> {
        let events = Events { count: 2, first: -5, last: 7 };
        let hours = Hours::from([
            (String::new(), BTreeMap::from([(-1, events), (0, events)])),
            ("B2C".to_owned(), BTreeMap::from([(3, events)])),
        ]);
        let mut bytes = Vec::new();
        FileIndex { sums: vec![1, 2], hours, keys: vec![9, 3] }.write(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = example();
        let hours = decode(&read_section(&mut Cursor::new(&bytes), HOUR).unwrap()).unwrap();
        assert_eq!(encode(&hours), read_section(&mut Cursor::new(&bytes), HOUR).unwrap());
        assert_eq!(hours["B2C"][&3], Events { count: 2, first: -5, last: 7 });
        let keys = read_section(&mut Cursor::new(&bytes), KEYS).unwrap();
        assert_eq!(keys, [3_u64.to_le_bytes(), 9_u64.to_le_bytes()].concat());
    }

    #[test]
    fn a_flipped_bit_is_an_error_and_never_other_content() {
        let whole = example();
        let read = |bytes: &[u8]| [SUMS, HOUR, KEYS].map(|tag| read_section(&mut Cursor::new(bytes), tag));
        let expected = read(&whole).map(Result::unwrap);
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            for (found, expected) in read(&bytes).into_iter().zip(&expected) {
                assert!(found.is_err() || found.unwrap() == *expected, "bit {bit}");
            }
        }
    }
}
