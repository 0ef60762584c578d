//! Whether the files that were ingested are still at hand, and what they were.
//!
//! Where folders are named, files are looked for in them by what they hold, whatever they are called and packed in;
//! then by their name, as one that has it and holds something else was changed. Else each is looked for where it was.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use super::verify::Verification;
use crate::archive::{Snapshot, sha256, stored_columns, text_column};
use crate::error::Result;
use crate::schema::SOURCE;
use crate::source::{SourceFile, container, walk};

/// Paths of sources by the hash of the file that they stand in: the members of a container share its hash.
type Recorded = BTreeMap<String, BTreeSet<String>>;

/// Counts the sources that are at hand and those that are not, and finds those that are others now.
///
/// # Errors
///
/// If the archive's list of sources cannot be read, or a folder is not there.
pub(super) fn look_at(snapshot: &Snapshot, folders: &[String], found: &mut Verification) -> Result<()> {
    let recorded = recorded(snapshot)?;
    if folders.is_empty() {
        for (hash, paths) in &recorded {
            for path in files(paths, |path| path.is_file()) {
                look_at_place(&path, hash, found);
            }
        }
        return Ok(());
    }
    let at_hand = AtHand::read(snapshot, folders, &recorded)?;
    let missing: Vec<(String, &String)> = recorded
        .iter()
        .flat_map(|(hash, paths)| files(paths, |_| false).into_iter().map(move |path| (path, hash)))
        .filter(|(_, hash)| {
            let is_there = at_hand.hashes.contains(*hash);
            found.sources_same += usize::from(is_there);
            !is_there
        })
        .collect();
    for (path, hash) in &missing {
        let others = missing.iter().filter(|(other, _)| name(other) == name(path)).count();
        match at_hand.called(path, others > 1) {
            Some((other, other_hash)) => {
                let text = format!(
                    "is at hand by its name only: `{other}` has SHA-256 {other_hash}; what was ingested had {hash}"
                );
                found.find("source", path, text);
            }
            // Relative to what, only the folders could have told.
            None if Path::new(path).is_absolute() => look_at_place(path, hash, found),
            None => found.sources_absent += 1,
        }
    }
    Ok(())
}

/// Looks for a file where it was.
fn look_at_place(path: &str, hash: &str, found: &mut Verification) {
    match File::open(path).and_then(|mut file| sha256(&mut file)) {
        Err(_) => found.sources_absent += 1,
        Ok((_, now)) if now == hash => found.sources_same += 1,
        Ok((_, now)) => {
            found.find("source", path, format!("has SHA-256 {now} now; what was ingested had {hash}"));
        }
    }
}

fn recorded(snapshot: &Snapshot) -> Result<Recorded> {
    let mut recorded = Recorded::new();
    stored_columns(snapshot, SOURCE.name, &["path", "sha256"], &mut |batch| {
        let (paths, hashes) = (text_column(batch, "path"), text_column(batch, "sha256"));
        for (path, hash) in paths.iter().zip(hashes) {
            if let (Some(path), Some(hash)) = (path, hash) {
                recorded.entry(hash.to_owned()).or_default().insert(path.to_owned());
            }
        }
        Ok(())
    })?;
    Ok(recorded)
}

/// The files that sources of one hash stand in. A container's member is called `container!member`, but files may have
/// a `!` in their names, too: the longest name that `is_there` is the file's.
fn files(paths: &BTreeSet<String>, is_there: impl Fn(&Path) -> bool) -> BTreeSet<String> {
    let file = |path: &String| {
        let before: Vec<&str> = path.match_indices('!').map(|(at, _)| &path[..at]).collect();
        let known = std::iter::once(path.as_str()).chain(before.iter().rev().copied());
        let known = known.into_iter().find(|path| is_there(Path::new(path)));
        // With others of the same hash it is a member.
        let shared = before.first().filter(|begin| {
            paths
                .iter()
                .filter(|other| other.starts_with(**begin) && other[begin.len()..].starts_with('!'))
                .count()
                > 1
        });
        known.or(shared.copied()).unwrap_or(path).to_owned()
    };
    paths.iter().map(file).collect()
}

/// Name of a file without its folders.
fn name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// What lies in the folders that were named.
struct AtHand {
    /// Of files, and of all that is packed in them.
    hashes: BTreeSet<String>,
    /// Files that are no source of the archive: path below the folder that was named, whole path, and hash.
    others: Vec<(PathBuf, String, String)>,
}

impl AtHand {
    fn read(snapshot: &Snapshot, folders: &[String], recorded: &Recorded) -> Result<Self> {
        let mut at_hand = Self { hashes: BTreeSet::new(), others: Vec::new() };
        let mut packed = Vec::new();
        for file in walk(folders, Some(&snapshot.path))?.files {
            let Ok(open) = container(&file) else { continue };
            if !recorded.contains_key(&open.sha256) {
                let below = folders.iter().filter_map(|folder| file.path.strip_prefix(folder).ok());
                let below = below.filter(|below| below.components().next().is_some());
                let below = below.min_by_key(|below| below.components().count()).unwrap_or(&file.path);
                at_hand.others.push((below.to_owned(), file.name.clone(), open.sha256.clone()));
            }
            at_hand.hashes.insert(open.sha256.clone());
            if open.is_packed {
                packed.push(file);
            }
        }
        at_hand.unpack(&packed, recorded);
        Ok(at_hand)
    }

    /// Looks into containers as long as something is missing.
    fn unpack(&mut self, packed: &[SourceFile], recorded: &Recorded) {
        for file in packed {
            if recorded.keys().all(|hash| self.hashes.contains(hash)) {
                return;
            }
            if let Ok(open) = container(file) {
                open.hashes(&mut |_, hash| {
                    self.hashes.insert(hash);
                });
            }
        }
    }

    /// The file that is called as the source `path` was: as far as both its folders and those of the source are known,
    /// or, unless the name is common, wherever it lies.
    fn called(&self, path: &str, is_common: bool) -> Option<(&str, &str)> {
        let same = |a: &Path, b: &Path| {
            let same = a.components().rev().zip(b.components().rev()).take_while(|(a, b)| a == b).count();
            (same, same == a.components().count() || same == b.components().count())
        };
        let named: Vec<_> = self.others.iter().filter(|(_, other, _)| name(other) == name(path)).collect();
        let mut alike: Vec<_> = named.iter().map(|other| (same(&other.0, Path::new(path)), *other)).collect();
        alike.sort_by_key(|((same, is_whole), _)| std::cmp::Reverse((*is_whole, *same)));
        let ((_, is_whole), (_, other, hash)) = alike.first()?;
        (*is_whole || named.len() == 1 && !is_common).then_some((other.as_str(), hash.as_str()))
    }
}
