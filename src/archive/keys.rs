//! Which events are known already: every identity of the archive and of the ingest that is under way.
//!
//! Up to [`IN_MEMORY_MAX`] identities are held in a hash table; beyond that the table is written out as a sorted run
//! and begun anew, and each new wave of rows is compared with the runs by one pass over each. So memory is bounded
//! however large archive and ingest are, and no identity is ever forgotten.

use std::collections::HashMap;
use std::fs::File;
use std::hash::{BuildHasherDefault, Hasher};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use super::failure::cannot_write;
use crate::error::{Context, Result};
use crate::platform;

/// Identities held in memory: as many as fill a hash table of 35 MiB. Four times as many made the ingest of L in
/// `benches/` take 130 MiB more than that of M; to look through a run takes some milliseconds a wave.
const IN_MEMORY_MAX: usize = 900_000;
/// Bytes of an identity in a run: id, tenant and mark.
const ENTRY_BYTES: usize = 28;
/// Bytes of a run that are read at a time.
const BLOCK_BYTES: u64 = 8_192 * ENTRY_BYTES as u64;

/// Identity of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    /// Hash of the id.
    pub(crate) id: u128,
    /// Hash of the tenant; 0 where it is not known.
    pub(crate) tenant: u64,
    /// Hash of what happened; 24 bits of it count. 0 where the row does not say enough.
    pub(crate) facts: u32,
    /// Of the rows of one event the richest is kept.
    pub(crate) richness: u8,
}

/// What is known of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    /// The row is to be kept: its event is new, or the row is richer than what was kept of it.
    pub(crate) is_kept: bool,
    /// A poorer row of the event, which was kept before these keys came, is to go.
    pub(crate) replaces: bool,
    /// The row says something else of the event than another one.
    pub(crate) is_conflict: bool,
}

impl Known {
    const NEW: Self = Self { is_kept: true, replaces: false, is_conflict: false };
}

/// Facts and richness of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Mark(u32);

impl Mark {
    fn of(key: &Key) -> Self {
        Self(key.facts << 8 | u32::from(key.richness))
    }

    fn richness(self) -> u32 {
        self.0 & 0xFF
    }

    fn differs(self, other: Self) -> bool {
        let (a, b) = (self.0 >> 8, other.0 >> 8);
        a != b && a != 0 && b != 0
    }
}

/// A row that was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    tenant: u64,
    mark: Mark,
    /// Which key of all that were added it was.
    sequence: u32,
}

/// The identities known.
#[derive(Debug)]
pub(crate) struct KeyIndex {
    recent: HashMap<u128, Entry, BuildHasherDefault<AlreadyHashed>>,
    runs: Vec<PathBuf>,
    dir: PathBuf,
    in_memory_max: usize,
    sequence: u32,
}

impl KeyIndex {
    /// An empty index that puts its runs into the folder `dir`.
    pub(crate) fn new(dir: PathBuf) -> Self {
        Self { recent: HashMap::default(), runs: Vec::new(), dir, in_memory_max: IN_MEMORY_MAX, sequence: 0 }
    }

    /// Adds the keys, and says of each what is known. Of equal keys the richest is kept, of equally rich ones the first.
    ///
    /// An id is the same event if its tenants are equal or one of them is not known.
    ///
    /// # Errors
    ///
    /// If a run cannot be written or read.
    pub(crate) fn add(&mut self, keys: &[Key]) -> Result<Vec<Known>> {
        let describe = || "cannot use the list of known events".to_owned();
        let mut in_runs = vec![None; keys.len()];
        if !self.runs.is_empty() {
            let mut sorted: Vec<(u128, usize)> = keys
                .iter()
                .enumerate()
                .flat_map(|(index, key)| [(key.id, index), (within_tenant(*key), index)])
                .collect();
            sorted.sort_unstable();
            for run in &self.runs {
                compare(run, &sorted, keys, &mut in_runs).context(describe)?;
            }
        }
        let begin = self.sequence;
        let mut known = Vec::with_capacity(keys.len());
        for (key, in_runs) in keys.iter().zip(in_runs) {
            let found = self.insert(key, in_runs, begin, &mut known);
            known.push(found);
            self.sequence = self.sequence.wrapping_add(1);
        }
        if self.recent.len() >= self.in_memory_max {
            let path = self.dir.join(format!("keys-{:03}", self.runs.len()));
            self.write_run(&path).map_err(|error| cannot_write("the list of known events", &path, &error))?;
            self.runs.push(path);
        }
        Ok(known)
    }

    /// Whether an id is held in memory.
    pub(crate) fn has_at_hand(&self, id: u128) -> bool {
        self.recent.contains_key(&id)
    }

    /// Adds a key unless something as rich is there; `known` are those of this call, which began at `begin`.
    fn insert(&mut self, key: &Key, in_runs: Option<Mark>, begin: u32, known: &mut [Known]) -> Known {
        let entry = Entry { tenant: key.tenant, mark: Mark::of(key), sequence: self.sequence };
        let mut place = key.id;
        for id in [key.id, within_tenant(*key)] {
            place = id;
            let Some(earlier) = self.recent.get_mut(&id) else { break };
            if !same_tenant(earlier.tenant, key.tenant) {
                continue;
            }
            let is_conflict = earlier.mark.differs(entry.mark);
            if entry.mark.richness() <= earlier.mark.richness() {
                return Known { is_kept: false, replaces: false, is_conflict };
            }
            let of_this_call = known.get_mut(earlier.sequence.wrapping_sub(begin) as usize);
            *earlier = entry;
            return match of_this_call {
                Some(poorer) => {
                    let replaces = poorer.replaces;
                    *poorer = Known { is_kept: false, replaces: false, is_conflict };
                    Known { is_kept: true, replaces, is_conflict: false }
                }
                None => Known { is_kept: true, replaces: true, is_conflict },
            };
        }
        if let Some(earlier) = in_runs {
            let is_conflict = earlier.differs(entry.mark);
            if entry.mark.richness() <= earlier.richness() {
                return Known { is_kept: false, replaces: false, is_conflict };
            }
            self.recent.insert(place, entry);
            return Known { is_kept: true, replaces: true, is_conflict };
        }
        self.recent.insert(place, entry);
        Known::NEW
    }

    fn write_run(&mut self, path: &Path) -> io::Result<()> {
        let mut entries: Vec<(u128, Entry)> = self.recent.drain().collect();
        entries.sort_unstable();
        let mut file = BufWriter::with_capacity(1 << 18, platform::create_private_file(path)?);
        for (id, entry) in entries {
            file.write_all(&id.to_be_bytes())?;
            file.write_all(&entry.tenant.to_be_bytes())?;
            file.write_all(&entry.mark.0.to_be_bytes())?;
        }
        file.flush()
    }
}

/// Marks the keys that a run has, with the richest of them; `sorted` are the ids to look for with the positions of
/// their keys.
fn compare(
    run: &PathBuf,
    sorted: &[(u128, usize)],
    keys: &[Key],
    found: &mut [Option<Mark>],
) -> io::Result<()> {
    let mut file = File::open(run)?;
    let mut block = Vec::new();
    let mut wanted = sorted.iter().peekable();
    loop {
        block.clear();
        if Read::by_ref(&mut file).take(BLOCK_BYTES).read_to_end(&mut block)? == 0 {
            return Ok(());
        }
        for entry in block.chunks_exact(ENTRY_BYTES) {
            let id = u128::from_be_bytes(entry[..16].try_into().expect("16 bytes"));
            while wanted.next_if(|(other, _)| *other < id).is_some() {}
            while let Some((_, index)) = wanted.next_if(|(other, _)| *other == id) {
                let tenant = u64::from_be_bytes(entry[16..24].try_into().expect("8 bytes"));
                let mark = Mark(u32::from_be_bytes(entry[24..].try_into().expect("4 bytes")));
                let is_richer = found[*index].is_none_or(|other| other.richness() < mark.richness());
                if is_richer && same_tenant(tenant, keys[*index].tenant) {
                    found[*index] = Some(mark);
                }
            }
            if wanted.peek().is_none() {
                return Ok(());
            }
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

    fn key(id: u128, tenant: u64, facts: u32, richness: u8) -> Key {
        Key { id, tenant, facts, richness }
    }

    #[test]
    fn an_id_is_known_within_its_tenant_and_to_whoever_names_none() {
        for in_memory_max in [1, 100] {
            let (mut index, _dir) = index(in_memory_max);
            let mut add = |id, tenant| index.add(&[key(id, tenant, 1, 1)]).unwrap()[0] == Known::NEW;
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
    fn the_richest_is_kept_in_any_order() {
        let kept = |known: Vec<Known>| known.iter().map(|known| known.is_kept).collect::<Vec<_>>();
        for in_memory_max in [1, 100] {
            let (mut index, _dir) = index(in_memory_max);
            let wave = [key(1, 0, 5, 10), key(1, 0, 5, 70), key(1, 0, 5, 50), key(2, 0, 5, 10)];
            assert_eq!(kept(index.add(&wave).unwrap()), [false, true, false, true]);
            let later = index.add(&[key(2, 0, 5, 30), key(1, 0, 5, 70), key(2, 0, 6, 40)]).unwrap();
            assert_eq!(kept(later.clone()), [false, false, true]);
            assert!(later[2].replaces && later[0].is_conflict && !later[1].is_conflict);
            assert!(!index.add(&[key(2, 0, 5, 39)]).unwrap()[0].is_kept);
        }
    }

    #[test]
    fn runs_on_disk_forget_nothing() {
        let (mut index, _dir) = index(100);
        let keys: Vec<_> =
            (0..1_000_u128).map(|n| key(n.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C), 1, 1, 1)).collect();
        for wave in keys.chunks(30) {
            assert!(index.add(wave).unwrap().into_iter().all(|known| known.is_kept));
        }
        assert!(index.runs.len() > 5);
        for wave in keys.chunks(70) {
            assert!(!index.add(wave).unwrap().into_iter().any(|known| known.is_kept));
        }
        let twice = index.add(&[key(5, 1, 1, 1), key(5, 1, 1, 1)]).unwrap();
        assert!(twice[0].is_kept && !twice[1].is_kept && !twice[1].is_conflict);
        let other = index.add(&[key(5, 1, 2, 1)]).unwrap();
        assert!(!other[0].is_kept && other[0].is_conflict);
    }
}
