//! Files that do not count: those of a commit that never came to be, and those that only earlier commits list.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use super::commit::{self, Snapshot};
use super::failure::cannot_use;
use super::layout;
use crate::error::{Context, Error, Result};
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
///
/// # Errors
///
/// If a file is there that no such writer can have left: then a commit is missing, and nothing is removed.
pub(super) fn clear(before: &Snapshot) -> Result<()> {
    let staging = layout::staging_dir(&before.path);
    let describe = || format!("cannot clear `{}`", staging.display());
    let unlisted = unlisted(before)?;
    let next = before.commit.as_ref().map_or(0, |commit| commit.number) + 1;
    // Whoever writes has a staging folder until its commit is there, or everything is as before.
    let is_left = |name: &str| staging.exists() && layout::file_commit(name) == Some(next);
    if let Some(path) = unlisted.iter().find(|path| !is_left(path.rsplit('/').next().unwrap_or_default())) {
        return Err(Error::new(format!("cannot write to archive `{}`", before.path.display()))
            .because(format!(
                "its file `{path}` is listed by no commit, and no ingest that ended early has left it"
            ))
            .hint("a file of `commits/` is missing or old: restore it from a copy; nothing was removed"));
    }
    let use_staging = || -> io::Result<()> {
        if staging.exists() {
            fs::remove_dir_all(&staging)?;
        }
        platform::create_private_dir(&staging)
    };
    use_staging().map_err(|error| cannot_use(&before.path, &staging, &error))?;
    restore(before).context(describe)?;
    let _ = forget(&before.path);
    Ok(())
}

/// Data files and indexes with names of ours that the commit does not list, by their path below the archive.
///
/// # Errors
///
/// If a folder cannot be read.
pub(super) fn unlisted(snapshot: &Snapshot) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for table in stored_tables() {
        let listed: BTreeSet<String> = snapshot
            .files(table.name)
            .iter()
            .flat_map(|file| [file.path.clone(), layout::index_file(&file.path)])
            .collect();
        for (folder, below) in [
            (layout::table_dir(&snapshot.path, table.name), "data"),
            (layout::index_dir(&snapshot.path, table.name), "index"),
        ] {
            let describe = || format!("cannot read `{}`", folder.display());
            let entries = match fs::read_dir(&folder) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                other => other.context(describe)?,
            };
            for entry in entries {
                let name = entry.context(describe)?.file_name().to_string_lossy().into_owned();
                let path = format!("{below}/{}/{name}", table.name);
                if layout::file_commit(&name).is_some() && !listed.contains(&path) {
                    found.push(path);
                }
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Takes back what a writer did that does not come to its end: its own files go, and those it replaced come back.
pub(super) fn restore(snapshot: &Snapshot) -> io::Result<()> {
    let archive = &snapshot.path;
    let mut changed = BTreeSet::new();
    let next = snapshot.commit.as_ref().map_or(0, |commit| commit.number) + 1;
    for path in unlisted(snapshot).map_err(io::Error::other)? {
        if layout::file_commit(path.rsplit('/').next().unwrap_or_default()) == Some(next) {
            platform::remove_file(&archive.join(&path))?;
            changed.extend(
                stored_tables().map(|table| table.name).filter(|name| path.split('/').nth(1) == Some(name)),
            );
        }
    }
    for table in stored_tables() {
        let live = snapshot.files(table.name).iter();
        for path in live.flat_map(|file| [file.path.clone(), layout::index_file(&file.path)]) {
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
            // As long as a file waits in it, it stays.
            let _ = fs::remove_dir(&folder);
        }
    }
    for folder in [replaced.join("data"), replaced.join("index"), replaced] {
        let _ = fs::remove_dir(folder);
    }
    Ok(())
}
