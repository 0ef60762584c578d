//! Files that do not count: those of a commit that never came to be, and those that only earlier commits list.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use super::commit::{self, Snapshot};
use super::layout;
use crate::error::{Context, Result};
use crate::platform;
use crate::schema::stored_tables;

/// Moves a replaced file out of the way of whoever reads the folder without us; those who read as of an earlier commit
/// find it there.
pub(super) fn set_aside(archive: &Path, path: &str) -> io::Result<()> {
    for path in [path.to_owned(), layout::index_file(path)] {
        let place = layout::replaced_dir(archive).join(&path);
        platform::refuse_link(&layout::replaced_dir(archive))?;
        if let Some(folder) = place.parent() {
            platform::create_private_dir(folder)?;
        }
        platform::rename(&archive.join(&path), &place)?;
    }
    Ok(())
}

/// Puts things in order after a writer that did not come to its end.
pub(super) fn clear(before: &Snapshot) -> io::Result<()> {
    let staging = layout::staging_dir(&before.path);
    fs::remove_dir_all(&staging)?;
    platform::create_private_dir(&staging)?;
    restore(before)?;
    let _ = forget(&before.path);
    Ok(())
}

/// Makes the folders hold what the commit lists, and nothing else.
pub(super) fn restore(snapshot: &Snapshot) -> io::Result<()> {
    let archive = &snapshot.path;
    let mut changed = BTreeSet::new();
    for table in stored_tables() {
        let live: BTreeSet<String> = snapshot
            .files(table.name)
            .iter()
            .flat_map(|file| [file.path.clone(), layout::index_file(&file.path)])
            .collect();
        for folder in [layout::table_dir(archive, table.name), layout::index_dir(archive, table.name)] {
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let is_live = entry
                    .path()
                    .strip_prefix(archive)
                    .is_ok_and(|path| live.contains(&path.to_string_lossy().replace('\\', "/")));
                if layout::is_ours(&name) && !is_live {
                    platform::remove_file(&entry.path())?;
                    changed.insert(table.name);
                }
            }
        }
        for path in live {
            let (place, replaced) = (archive.join(&path), layout::replaced_dir(archive).join(&path));
            if !place.exists() && replaced.exists() {
                platform::rename(&replaced, &place)?;
                changed.insert(table.name);
            }
        }
    }
    sync(archive, &changed)
}

/// Makes the names of the data files and indexes of some tables durable.
pub(super) fn sync(archive: &Path, tables: &BTreeSet<&str>) -> io::Result<()> {
    if tables.is_empty() {
        return Ok(());
    }
    for table in tables {
        platform::sync_dir(&layout::table_dir(archive, table))?;
        platform::sync_dir(&layout::index_dir(archive, table))?;
    }
    for folder in [archive.join("data"), archive.join("index"), archive.to_owned()] {
        platform::sync_dir(&folder)?;
    }
    Ok(())
}

/// Removes earlier commits and the files that only they list, as far as nobody reads as of them.
pub(super) fn forget(archive: &Path) -> Result<()> {
    let held = commit::forget_earlier(archive)?;
    let needed: BTreeSet<String> = held
        .iter()
        .flat_map(|commit| commit.tables.values().flatten())
        .flat_map(|file| [file.path.clone(), layout::index_file(&file.path)])
        .collect();
    let replaced = layout::replaced_dir(archive);
    platform::refuse_link(&replaced).context(|| format!("cannot clear `{}`", replaced.display()))?;
    let describe = || format!("cannot clear `{}`", replaced.display());
    for table in stored_tables() {
        for folder in [layout::table_dir(&replaced, table.name), layout::index_dir(&replaced, table.name)] {
            let entries = match fs::read_dir(&folder) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                other => other.context(describe)?,
            };
            for entry in entries {
                let path = entry.context(describe)?.path();
                let is_needed = path
                    .strip_prefix(&replaced)
                    .is_ok_and(|path| needed.contains(&path.to_string_lossy().replace('\\', "/")));
                if !is_needed {
                    platform::remove_file(&path).context(describe)?;
                }
            }
        }
    }
    Ok(())
}
