//! Which events are known already: every identity of the archive and of the ingest that is under way.
//!
//! Up to [`IN_MEMORY_MAX`] identities are held in a hash table; beyond that the table is written out as a sorted run
//! and begun anew, and each new wave of rows is compared with the runs by one pass over each. So memory is bounded
//! however large archive and ingest are, and no identity is ever forgotten.

use std::collections::HashMap;
use std::fs::File;
use std::hash::{BuildHasherDefault, Hasher};
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Write};
use std::path::PathBuf;

use arrow::array::{AsArray, RecordBatch, StringArray};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::commit::Snapshot;
use crate::error::{Context, Error, Result};
use crate::platform;

/// Identities held in memory: as many as fill a hash table of 138 MiB.
const IN_MEMORY_MAX: usize = 3_600_000;
/// Bytes of an identity in a run: id, tenant and payload.
const ENTRY_BYTES: usize = 28;

/// Identity of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// Hash of the id.
    pub(crate) id: u128,
    /// Hash of the tenant; 0 where it is not known.
    pub(crate) tenant: u64,
    /// Hash of what happened.
    pub(crate) payload: u32,
}

/// What is known of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// Nothing: the event is new.
    New,
    /// The same event.
    Same,
    /// Another event under the same id.
    Conflict,
}

impl Known {
    fn of(earlier: u32, later: u32) -> Self {
        if earlier == later { Self::Same } else { Self::Conflict }
    }
}

/// The identities known.
#[derive(Debug)]
pub(crate) struct KeyIndex {
    recent: HashMap<u128, (u64, u32), BuildHasherDefault<AlreadyHashed>>,
    runs: Vec<PathBuf>,
    dir: PathBuf,
    in_memory_max: usize,
}

impl KeyIndex {
    /// An empty index that puts its runs into the folder `dir`.
    pub(crate) fn new(dir: PathBuf) -> Self {
        Self { recent: HashMap::default(), runs: Vec::new(), dir, in_memory_max: IN_MEMORY_MAX }
    }

    /// Adds the keys, and says of each what was known. Of equal keys the first is new.
    ///
    /// An id is the same event if its tenants are equal or one of them is not known.
    ///
    /// # Errors
    ///
    /// If a run cannot be written or read.
    pub(crate) fn add(&mut self, keys: &[Key]) -> Result<Vec<Known>> {
        let describe = || "cannot use the list of known events".to_owned();
        let mut known = vec![Known::New; keys.len()];
        if !self.runs.is_empty() {
            let mut sorted: Vec<(u128, usize)> = keys
                .iter()
                .enumerate()
                .flat_map(|(index, key)| [(key.id, index), (within_tenant(*key), index)])
                .collect();
            sorted.sort_unstable();
            for run in &self.runs {
                compare(run, &sorted, keys, &mut known).context(describe)?;
            }
        }
        for (key, known) in keys.iter().zip(&mut known) {
            if *known == Known::New {
                *known = self.insert(*key);
            }
        }
        if self.recent.len() >= self.in_memory_max {
            self.write_run().context(describe)?;
        }
        Ok(known)
    }

    /// Adds a key to the table, unless it is there.
    fn insert(&mut self, key: Key) -> Known {
        use std::collections::hash_map::Entry;
        let value = (key.tenant, key.payload);
        match self.recent.entry(key.id) {
            Entry::Vacant(entry) => {
                entry.insert(value);
                Known::New
            }
            Entry::Occupied(entry) if same_tenant(entry.get().0, key.tenant) => {
                Known::of(entry.get().1, key.payload)
            }
            Entry::Occupied(_) => match self.recent.entry(within_tenant(key)) {
                Entry::Vacant(entry) => {
                    entry.insert(value);
                    Known::New
                }
                Entry::Occupied(entry) => Known::of(entry.get().1, key.payload),
            },
        }
    }

    fn write_run(&mut self) -> io::Result<()> {
        let path = self.dir.join(format!("keys-{:03}", self.runs.len()));
        let mut entries: Vec<(u128, (u64, u32))> = self.recent.drain().collect();
        entries.sort_unstable();
        let mut file = BufWriter::with_capacity(1 << 18, platform::create_private_file(&path)?);
        for (id, (tenant, payload)) in entries {
            file.write_all(&id.to_be_bytes())?;
            file.write_all(&tenant.to_be_bytes())?;
            file.write_all(&payload.to_be_bytes())?;
        }
        file.flush()?;
        self.runs.push(path);
        Ok(())
    }
}

/// Marks the keys that a run has; `sorted` are the ids to look for with the positions of their keys.
fn compare(run: &PathBuf, sorted: &[(u128, usize)], keys: &[Key], known: &mut [Known]) -> io::Result<()> {
    let mut file = BufReader::with_capacity(1 << 18, File::open(run)?);
    let mut entry = [0; ENTRY_BYTES];
    let mut wanted = sorted.iter().peekable();
    loop {
        match file.read_exact(&mut entry) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            other => other?,
        }
        let id = u128::from_be_bytes(entry[..16].try_into().expect("16 bytes"));
        let tenant = u64::from_be_bytes(entry[16..24].try_into().expect("8 bytes"));
        let payload = u32::from_be_bytes(entry[24..].try_into().expect("4 bytes"));
        while wanted.next_if(|(other, _)| *other < id).is_some() {}
        while let Some((_, index)) = wanted.next_if(|(other, _)| *other == id) {
            if same_tenant(tenant, keys[*index].tenant) {
                known[*index] = Known::of(payload, keys[*index].payload);
            }
        }
        if wanted.peek().is_none() {
            return Ok(());
        }
    }
}

fn same_tenant(a: u64, b: u64) -> bool {
    a == b || a == 0 || b == 0
}

/// Under what an id is filed that another tenant has too.
fn within_tenant(key: Key) -> u128 {
    key.id ^ (u128::from(key.tenant) << 64 | u128::from(key.tenant.rotate_left(32)))
}

/// Visits some columns of every row of a table, batch by batch.
///
/// # Errors
///
/// If a file cannot be read or lacks a column, or `visit` fails.
pub(crate) fn stored_columns(
    snapshot: &Snapshot,
    table: &str,
    columns: &[&str],
    visit: &mut dyn FnMut(&RecordBatch) -> Result<()>,
) -> Result<()> {
    for file in snapshot.files(table) {
        let path = snapshot.locate(file)?;
        let describe = || format!("cannot read `{}`", path.display());
        let open = File::open(&path).context(describe)?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(open).context(describe)?;
        let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
        let reader = builder.with_projection(mask).with_batch_size(8_192).build().context(describe)?;
        for batch in reader {
            let batch = batch.context(describe)?;
            if let Some(missing) = columns.iter().find(|name| batch.column_by_name(name).is_none()) {
                return Err(Error::new(describe()).because(format!("it has no column `{missing}`")));
            }
            visit(&batch)?;
        }
    }
    Ok(())
}

/// A text column of a batch that [`stored_columns`] gave.
pub(crate) fn text_column<'b>(batch: &'b RecordBatch, name: &str) -> &'b StringArray {
    batch.column_by_name(name).expect("the column was asked for").as_string()
}

/// The ids are hashes already: their low half serves as it is.
#[derive(Debug, Default)]
struct AlreadyHashed(u64);

impl Hasher for AlreadyHashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u128(&mut self, id: u128) {
        self.0 = id as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(in_memory_max: usize) -> (KeyIndex, tempfile::TempDir) {
        let dir = tempfile::tempdir().unwrap();
        let mut index = KeyIndex::new(dir.path().to_owned());
        index.in_memory_max = in_memory_max;
        (index, dir)
    }

    #[test]
    fn an_id_is_known_within_its_tenant_and_to_whoever_names_none() {
        for in_memory_max in [1, 100] {
            let (mut index, _dir) = index(in_memory_max);
            let mut add = |id, tenant| index.add(&[Key { id, tenant, payload: 1 }]).unwrap()[0] == Known::New;
            assert!(add(7, 1));
            assert!(!add(7, 1));
            assert!(!add(7, 0));
            assert!(add(7, 2));
            assert!(!add(7, 2));
            assert!(add(8, 0));
            assert!(!add(8, 3));
        }
    }

    #[test]
    fn runs_on_disk_forget_nothing() {
        let (mut index, _dir) = index(100);
        let keys: Vec<_> = (0..1_000_u128)
            .map(|n| Key { id: n.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C), tenant: 1, payload: 1 })
            .collect();
        for wave in keys.chunks(30) {
            assert!(index.add(wave).unwrap().into_iter().all(|known| known == Known::New));
        }
        assert!(index.runs.len() > 5);
        for wave in keys.chunks(70) {
            assert!(!index.add(wave).unwrap().into_iter().any(|known| known == Known::New));
        }
        let twice = [Key { id: 5, tenant: 1, payload: 1 }, Key { id: 5, tenant: 1, payload: 1 }];
        assert_eq!(index.add(&twice).unwrap(), [Known::New, Known::Same]);
        let other = [Key { id: 5, tenant: 1, payload: 2 }];
        assert_eq!(index.add(&other).unwrap(), [Known::Conflict]);
    }
}
