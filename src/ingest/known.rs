//! Which events the archive has already: looked up in the indexes of its files, and read only where that says so.
//!
//! An ingest of a week into an archive of years reads that week of it, and nothing if the week is new.

use std::collections::BTreeSet;

use super::stored::{StoredRows, key_columns};
use crate::archive::{DataFile, Key, KeyIndex, Known, Snapshot, TableFile, file_keys};
use crate::error::Result;
use crate::normalize::RowKey;
use crate::schema::{EVENT_TABLES, Table};

/// How far the times of two records of one event may be apart, in microseconds.
pub(super) const SECOND: i64 = 1_000_000;

/// The events of the archive and of the ingest that is under way.
#[derive(Debug)]
pub(super) struct KnownEvents<'a> {
    before: &'a Snapshot,
    index: KeyIndex,
    /// Files of the archive by position of the table, as far as they have not been read whole.
    files: Vec<Vec<ArchivedFile<'a>>>,
    /// Paths of the files that hold events which have come again.
    touched: BTreeSet<String>,
}

/// A file of the archive, and which of its row groups have not been read.
#[derive(Debug)]
struct ArchivedFile<'a> {
    file: &'a DataFile,
    open: Option<(TableFile, BTreeSet<usize>)>,
}

impl<'a> KnownEvents<'a> {
    /// Everything in the archive is known; `index` holds what else is.
    pub(super) fn new(before: &'a Snapshot, index: KeyIndex) -> Self {
        let files = |table: &&Table| {
            before.files(table.name).iter().map(|file| ArchivedFile { file, open: None }).collect()
        };
        Self { before, index, files: EVENT_TABLES.iter().map(files).collect(), touched: BTreeSet::new() }
    }

    /// Adds rows of a table whose events lie within `period`, and says of each what is known.
    ///
    /// # Errors
    ///
    /// If the archive cannot be read.
    pub(super) fn add(&mut self, table: usize, keys: &[RowKey], period: (i64, i64)) -> Result<Vec<Known>> {
        let mut hashes: Vec<(u64, u128)> = keys.iter().map(|key| (key.hash(), key.id)).collect();
        hashes.sort_unstable();
        for position in 0..self.files[table].len() {
            self.learn(table, position, &hashes, period)?;
        }
        self.index.add(&keys.iter().map(index_key).collect::<Vec<_>>())
    }

    /// Paths of the files that hold events which have come again.
    pub(super) fn touched(&self) -> &BTreeSet<String> {
        &self.touched
    }

    /// Reads of a file the identities of the events that are among `hashes`.
    fn learn(
        &mut self,
        table: usize,
        position: usize,
        hashes: &[(u64, u128)],
        (first, last): (i64, i64),
    ) -> Result<()> {
        let archived = &mut self.files[table][position];
        if archived.open.as_ref().is_some_and(|(_, unread)| unread.is_empty()) {
            return Ok(());
        }
        let in_file = file_keys(self.before, archived.file)?;
        let mut rest = in_file.as_slice();
        let hits: Vec<u128> = hashes
            .iter()
            .filter(|(hash, id)| {
                rest = &rest[rest.partition_point(|other| other < hash)..];
                rest.first() == Some(hash) && !self.index.has_at_hand(*id)
            })
            .map(|(_, id)| *id)
            .collect();
        if hits.is_empty() {
            return Ok(());
        }
        self.touched.insert(archived.file.path.clone());
        let (file, unread) = match &mut archived.open {
            Some(open) => open,
            none => {
                let file = TableFile::new(self.before.open_data(archived.file)?)?;
                let groups = (0..file.groups()).collect();
                none.insert((file, groups))
            }
        };
        let is_near = |file: &TableFile, group: usize| {
            file.period(group).is_none_or(|(begin, end)| {
                begin <= last.saturating_add(SECOND) && end >= first.saturating_sub(SECOND)
            })
        };
        // Mostly an event comes again with its time; if not, it is looked for everywhere.
        for only_near in [true, false] {
            let groups: Vec<_> =
                unread.iter().copied().filter(|group| !only_near || is_near(file, *group)).collect();
            for group in groups {
                unread.remove(&group);
                let table = EVENT_TABLES[table];
                file.columns(group, &key_columns(table), &mut |_, batch| {
                    let rows = StoredRows::new(table, batch);
                    let keys: Vec<_> = (0..rows.rows()).map(|row| index_key(&rows.key(row))).collect();
                    self.index.add(&keys).map(drop)
                })?;
            }
            if hits.iter().all(|id| self.index.has_at_hand(*id)) {
                break;
            }
        }
        Ok(())
    }
}

fn index_key(key: &RowKey) -> Key {
    Key { id: key.id, tenant: key.tenant, facts: key.facts, richness: key.richness }
}
