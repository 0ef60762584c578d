//! Which files count.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::layout;
use crate::error::{Context, Error, Hint, Result};
use crate::platform;
use crate::schema::EVENT_TABLES;

/// The record of one commit: every file that counts after it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Commit {
    /// Version of the layout.
    pub(crate) format_version: u32,
    /// Number of the commit, 1 the first.
    pub(crate) number: u64,
    /// When it was made, ISO 8601 in UTC.
    pub(crate) committed_at: String,
    /// Version of auditql that made it.
    pub(crate) version: String,
    /// Files by table.
    pub(crate) tables: BTreeMap<String, Vec<DataFile>>,
}

/// A Parquet file of the archive.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DataFile {
    /// Path below the archive, with `/`.
    pub(crate) path: String,
    /// Rows.
    pub(crate) rows: u64,
    /// Bytes on disk.
    pub(crate) size_bytes: u64,
    /// SHA-256 of the bytes, lower-case hexadecimal.
    pub(crate) sha256: String,
    /// Earliest event time, microseconds since 1970-01-01 UTC; none in tables without one.
    pub(crate) first_event: Option<i64>,
    /// Latest event time.
    pub(crate) last_event: Option<i64>,
}

/// An archive as of one commit. Later commits do not change what it shows.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    /// Folder of the archive.
    pub(crate) path: PathBuf,
    /// The commit; nothing if there is none yet.
    pub(crate) commit: Option<Commit>,
}

impl Snapshot {
    /// Opens an archive as of its newest commit.
    ///
    /// # Errors
    ///
    /// If there is no archive, or it was written by a newer auditql.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let make = || format!("create it with `auditql ingest <files> --archive {}`", path.display());
        match newest(path) {
            Ok(Some(commit)) => Ok(Self { path: path.to_owned(), commit: Some(commit) }),
            Ok(None) => Err(Error::new(format!("cannot open archive `{}`", path.display()))
                .because("nothing has been ingested into it yet"))
            .hint(make),
            Err(error) if !path.exists() => {
                Err(Error::new(format!("cannot open archive `{}`", path.display())).because(no_such(error)))
                    .hint(make)
            }
            Err(error) if !layout::commits_dir(path).exists() => {
                Err(Error::new(format!("cannot open archive `{}`", path.display()))
                    .because(format!("it is no auditql archive: {}", no_such(error))))
                .hint(make)
            }
            Err(error) => Err(error),
        }
    }

    /// Files of a table.
    pub(crate) fn files(&self, table: &str) -> &[DataFile] {
        self.commit.as_ref().and_then(|commit| commit.tables.get(table)).map_or(&[], Vec::as_slice)
    }

    /// Time of the first and the last event; snapshots of objects have none.
    pub(crate) fn period(&self) -> Option<(i64, i64)> {
        let tables = EVENT_TABLES.iter().filter(|table| !table.rows.is_snapshot);
        let files: Vec<_> = tables.flat_map(|table| self.files(table.name)).collect();
        let first = files.iter().filter_map(|file| file.first_event).min()?;
        files.iter().filter_map(|file| file.last_event).max().map(|last| (first, last))
    }

    /// Checks that every file is where the commit says.
    ///
    /// # Errors
    ///
    /// If one is missing, or its path leads out of the archive.
    pub(super) fn check(&self) -> Result<()> {
        for file in self.commit.iter().flat_map(|commit| commit.tables.values().flatten()) {
            let path = self.locate(file)?;
            if !path.is_file() {
                return Err(Error::new(format!("cannot use archive `{}`", self.path.display()))
                    .because(format!("its file `{}` is missing", file.path))
                    .hint("restore the file from a copy; nothing of the archive was changed"));
            }
        }
        Ok(())
    }

    /// As [`Self::open`], but an archive that does not exist yet is empty.
    ///
    /// # Errors
    ///
    /// If there is something that cannot be read as an archive.
    pub(crate) fn open_or_empty(path: &Path) -> Result<Self> {
        if layout::commits_dir(path).exists() {
            return Ok(Self { path: path.to_owned(), commit: newest(path)? });
        }
        Ok(Self { path: path.to_owned(), commit: None })
    }

    /// Where a file is. Paths in a commit that lead out of the archive are refused.
    ///
    /// # Errors
    ///
    /// If the path is absolute or climbs.
    pub(crate) fn locate(&self, file: &DataFile) -> Result<PathBuf> {
        let parts: Vec<_> = file.path.split('/').collect();
        if parts.iter().any(|part| matches!(*part, "" | "." | "..") || part.contains(['\\', ':'])) {
            return Err(Error::new(format!(
                "cannot use `{}` of archive `{}`",
                file.path,
                self.path.display()
            ))
            .because("its path leads out of the archive"));
        }
        Ok(parts.iter().fold(self.path.clone(), |path, part| path.join(part)))
    }
}

fn no_such(error: Error) -> String {
    if error.to_string().contains("os error 2") {
        "no such file or directory".to_owned()
    } else {
        error.one_line()
    }
}

/// The newest commit of an archive; nothing if it has none.
pub(super) fn newest(archive: &Path) -> Result<Option<Commit>> {
    let describe = || format!("cannot open archive `{}`", archive.display());
    let mut newest = None;
    for entry in fs::read_dir(layout::commits_dir(archive)).context(describe)? {
        let name = entry.context(describe)?.file_name();
        newest = newest.max(layout::commit_number(&name.to_string_lossy()));
    }
    let Some(number) = newest else { return Ok(None) };
    let path = layout::commit_path(archive, number);
    let text = fs::read_to_string(&path).context(|| format!("cannot read commit `{}`", path.display()))?;
    #[derive(Deserialize)]
    struct Version {
        format_version: u32,
        #[serde(default)]
        version: String,
    }
    let made_by: Version =
        serde_json::from_str(&text).context(|| format!("cannot read commit `{}`", path.display()))?;
    if made_by.format_version > layout::FORMAT_VERSION {
        return Err(Error::new(describe())
            .because(format!(
                "it has format {}, written by auditql {}; this is auditql {} and reads up to format {}",
                made_by.format_version,
                made_by.version,
                env!("CARGO_PKG_VERSION"),
                layout::FORMAT_VERSION
            ))
            .hint("use the newer auditql"));
    }
    serde_json::from_str(&text).map(Some).context(|| format!("cannot read commit `{}`", path.display()))
}

/// Makes a commit durable and visible, in one step.
///
/// # Errors
///
/// If the number is taken, or the disk is full; then nothing of it counts.
pub(super) fn publish(archive: &Path, commit: &Commit) -> Result<()> {
    let describe = || format!("cannot commit to archive `{}`", archive.display());
    let finished = layout::staging_dir(archive).join("commit.json");
    let write = || -> io::Result<()> {
        let mut file = platform::create_private_file(&finished)?;
        serde_json::to_writer_pretty(&mut file, commit)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        platform::publish(&finished, &layout::commit_path(archive, commit.number))?;
        platform::sync_dir(&layout::commits_dir(archive))
    };
    write().context(describe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn err_paths_that_lead_out_of_the_archive() {
        let snapshot = Snapshot { path: "a".into(), commit: None };
        for path in ["../x.parquet", "/etc/passwd", "data/../../x", "data\\x", "c:/x", "data//x"] {
            let file = DataFile {
                path: path.to_owned(),
                rows: 0,
                size_bytes: 0,
                sha256: String::new(),
                first_event: None,
                last_event: None,
            };
            assert!(snapshot.locate(&file).is_err(), "{path}");
        }
    }
}
