//! Which files count.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::checked::CheckedFile;
use super::coverage::ServiceCoverage;
use super::failure::cannot_write;
use super::layout;
use crate::error::{Context, Error, Hint, Result};
use crate::platform;
use crate::schema::EVENT_TABLES;

/// How often to look for the newest commit again when it has gone while it was being opened.
const OPEN_ATTEMPTS: usize = 100;

/// What stands in a file of `commits/`.
#[derive(Debug, Serialize, Deserialize)]
struct Envelope<'a> {
    /// Version of the layout.
    format_version: u32,
    /// Version of auditql that made it.
    #[serde(default)]
    version: String,
    /// SHA-256 of `<format_version> <version>`, a line end, and the text of `commit`.
    #[serde(default)]
    sha256: String,
    #[serde(borrow)]
    commit: &'a RawValue,
}

/// The record of one commit: every file that counts after it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Commit {
    /// Version of the layout.
    #[serde(skip)]
    pub(crate) format_version: u32,
    /// Version of auditql that made it.
    #[serde(skip)]
    pub(crate) version: String,
    /// Number of the commit, 1 the first.
    pub(crate) number: u64,
    /// When it was made, ISO 8601 in UTC.
    pub(crate) committed_at: String,
    /// Files by table.
    pub(crate) tables: BTreeMap<String, Vec<DataFile>>,
    /// Since when, until when and with which gaps there are events, by table and service.
    #[serde(default)]
    pub(crate) coverage: Vec<ServiceCoverage>,
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
    /// Rows whose source gave no id.
    pub(crate) rows_without_id: u64,
    /// SHA-256 of its index.
    pub(crate) index_sha256: String,
    /// CRC-32 of the checksums of its blocks, which stand in the index.
    pub(crate) blocks_crc32: u32,
}

/// An archive as of one commit. Later commits do not change what it shows.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    /// Folder of the archive.
    pub(crate) path: PathBuf,
    /// The commit; nothing if there is none yet.
    pub(crate) commit: Option<Commit>,
    /// Tells writers that somebody reads as of this commit, as long as it is open.
    hold: Option<Arc<File>>,
}

impl Snapshot {
    /// An archive without a commit.
    pub(crate) fn empty(path: &Path) -> Self {
        Self { path: path.to_owned(), commit: None, hold: None }
    }

    /// Opens an archive as of its newest commit.
    ///
    /// # Errors
    ///
    /// If there is no archive, or it was written by a newer auditql.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        Self::check_permission(path)?;
        let make = || format!("create it with `auditql ingest <files> --archive {}`", path.display());
        match newest(path) {
            Ok(snapshot) if snapshot.commit.is_some() => Ok(snapshot),
            Ok(_) => Err(Error::new(format!("cannot open archive `{}`", path.display()))
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

    /// Looks whether the folder may be read.
    ///
    /// # Errors
    ///
    /// If not: then nobody can tell whether it is an archive.
    pub(crate) fn check_permission(path: &Path) -> Result<()> {
        match fs::read_dir(layout::commits_dir(path)) {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => Err(error)
                .context(|| format!("cannot read `{}`", path.display()))
                .hint(|| "make it readable for you, or run auditql as a user who may read it".to_owned()),
            _ => Ok(()),
        }
    }

    /// Whether a folder is an archive, or was to become one.
    pub(crate) fn is_at(path: &Path) -> bool {
        layout::commits_dir(path).is_dir()
    }

    /// Files of a table.
    pub(crate) fn files(&self, table: &str) -> &[DataFile] {
        self.commit.as_ref().and_then(|commit| commit.tables.get(table)).map_or(&[], Vec::as_slice)
    }

    /// Rows of a table.
    pub(crate) fn rows(&self, table: &str) -> u64 {
        self.files(table).iter().map(|file| file.rows).sum()
    }

    /// Time of the first and the last event of a table.
    pub(crate) fn period_of(&self, table: &str) -> Option<(i64, i64)> {
        let files = self.files(table);
        let first = files.iter().filter_map(|file| file.first_event).min()?;
        files.iter().filter_map(|file| file.last_event).max().map(|last| (first, last))
    }

    /// Time of the first and the last event; snapshots of objects have none.
    pub(crate) fn period(&self) -> Option<(i64, i64)> {
        let tables = EVENT_TABLES.iter().filter(|table| !table.rows.is_snapshot);
        let periods = tables.filter_map(|table| self.period_of(table.name));
        periods.reduce(|(first, last), (begin, end)| (first.min(begin), last.max(end)))
    }

    /// What is known of the events of each table and service that has some; snapshots of objects have no such thing.
    pub(crate) fn coverage(&self) -> &[ServiceCoverage] {
        self.commit.as_ref().map_or(&[], |commit| &commit.coverage)
    }

    /// SHA-256 of the commit's record, which names every file with its own; nothing if there is no commit.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub(crate) fn fingerprint(&self) -> Result<Option<String>> {
        let Some(commit) = &self.commit else { return Ok(None) };
        let path = layout::commit_path(&self.path, commit.number);
        let describe = || format!("cannot read commit `{}`", path.display());
        let mut file = platform::open_no_link(&self.path, &path).context(describe)?;
        super::check::sha256(&mut file).context(describe).map(|(_, sha256)| Some(sha256))
    }

    /// Every file of every table.
    pub(crate) fn all_files(&self) -> impl Iterator<Item = &DataFile> {
        self.commit.iter().flat_map(|commit| commit.tables.values().flatten())
    }

    /// Checks that every file is where the commit says, and as large.
    ///
    /// # Errors
    ///
    /// If one is missing or has another size, or its path leads out of the archive.
    pub(super) fn check(&self) -> Result<()> {
        let describe = || format!("cannot use archive `{}`", self.path.display());
        for file in self.all_files() {
            self.open_index(file)?;
            let size_bytes = self.open_below(&file.path)?.1.metadata().context(describe)?.len();
            if size_bytes != file.size_bytes {
                return Err(Error::new(describe())
                    .because(format!(
                        "its file `{}` has {size_bytes} bytes, not the {} that were written",
                        file.path, file.size_bytes
                    ))
                    .hint("restore the file from a copy; nothing of the archive was changed"));
            }
        }
        Ok(())
    }

    /// Opens a data file; what is read of it is checked.
    ///
    /// # Errors
    ///
    /// If it is missing, cannot be read, or is not the one that was written.
    pub(crate) fn open_data(&self, file: &DataFile) -> Result<CheckedFile> {
        let (path, data) = self.open_below(&file.path)?;
        let open = CheckedFile::new(path, data, self.open_index(file)?)?;
        if open.size_bytes() != file.size_bytes || open.blocks_crc32() != file.blocks_crc32 {
            return Err(Error::new(format!("cannot read `{}`", open.path().display()))
                .because("it is not the file that was written: another one has its name")
                .hint(
                    "restore the file and its index from a copy; `auditql verify` says what else differs",
                ));
        }
        Ok(open)
    }

    /// Opens a data file as it is.
    pub(super) fn open_plain(&self, file: &DataFile) -> Result<File> {
        self.open_below(&file.path).map(|(_, file)| file)
    }

    /// Opens the index of a data file.
    ///
    /// # Errors
    ///
    /// If it is missing or cannot be read.
    pub(super) fn open_index(&self, file: &DataFile) -> Result<(PathBuf, File)> {
        self.open_below(&layout::index_file(&file.path))
    }

    /// Opens a file of the archive, by its path as in the commit. A file that a later commit has replaced waits
    /// elsewhere; between the two it may be moved, so both places are looked at again.
    fn open_below(&self, path: &str) -> Result<(PathBuf, File)> {
        let place = self.resolve(path)?;
        let replaced = layout::replaced_dir(&self.path).join(path);
        for place in [&place, &replaced, &place, &replaced] {
            match platform::open_no_link(&self.path, place) {
                Ok(file) => return Ok((place.clone(), file)),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error).context(|| format!("cannot read `{}`", place.display())),
            }
        }
        Err(Error::new(format!("cannot use archive `{}`", self.path.display()))
            .because(format!("its file `{path}` is missing"))
            .hint("restore the file from a copy; nothing of the archive was changed"))
    }

    /// As [`Self::open`], but an archive that does not exist yet is empty.
    ///
    /// # Errors
    ///
    /// If there is something that cannot be read as an archive.
    pub(crate) fn open_or_empty(path: &Path) -> Result<Self> {
        if layout::commits_dir(path).exists() { newest(path) } else { Ok(Self::empty(path)) }
    }

    /// Stops to tell writers that somebody reads as of this commit.
    pub(super) fn let_go(&mut self) {
        self.hold = None;
    }

    /// Where a file is. Paths in a commit that lead out of the archive are refused.
    ///
    /// # Errors
    ///
    /// If the path is absolute or climbs.
    pub(super) fn locate(&self, file: &DataFile) -> Result<PathBuf> {
        self.resolve(&file.path)
    }

    fn resolve(&self, path: &str) -> Result<PathBuf> {
        let parts: Vec<_> = path.split('/').collect();
        if parts.iter().any(|part| matches!(*part, "" | "." | "..") || part.contains(['\\', ':'])) {
            return Err(Error::new(format!("cannot use `{path}` of archive `{}`", self.path.display()))
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

/// An archive as of its newest commit.
pub(super) fn newest(archive: &Path) -> Result<Snapshot> {
    for _ in 0..OPEN_ATTEMPTS {
        let Some(number) = numbers(archive)?.pop() else { return Ok(Snapshot::empty(archive)) };
        let path = layout::commit_path(archive, number);
        let describe = || format!("cannot read commit `{}`", path.display());
        let mut file = match platform::open_no_link(archive, &path) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            other => other.context(describe)?,
        };
        // File systems without locks have one user at a time.
        let _ = file.try_lock_shared();
        if !path.exists() {
            // A writer has removed it in between; there is a newer one.
            continue;
        }
        let mut text = String::new();
        file.read_to_string(&mut text).context(describe)?;
        let commit = decode(&text, archive, &path)?;
        if commit.number != number {
            return Err(Error::new(describe())
                .because(format!("its name is that of commit {number}, and it is commit {}", commit.number))
                .hint("restore the files of `commits/` from a copy; the data files are untouched"));
        }
        return Ok(Snapshot { path: archive.to_owned(), commit: Some(commit), hold: Some(Arc::new(file)) });
    }
    Err(Error::new(format!("cannot open archive `{}`", archive.display()))
        .because("its newest commit goes each time it is opened")
        .hint("try again when nothing is being ingested"))
}

/// Numbers of the commits there are, smallest first.
fn numbers(archive: &Path) -> Result<Vec<u64>> {
    let describe = || format!("cannot open archive `{}`", archive.display());
    let mut numbers = Vec::new();
    for entry in fs::read_dir(layout::commits_dir(archive)).context(describe)? {
        let name = entry.context(describe)?.file_name();
        numbers.extend(layout::commit_number(&name.to_string_lossy()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

fn decode(text: &str, archive: &Path, path: &Path) -> Result<Commit> {
    let describe = || format!("cannot read commit `{}`", path.display());
    let restore = || "restore the file from a copy; the data files are untouched".to_owned();
    let envelope: Envelope<'_> = serde_json::from_str(text).context(describe).hint(restore)?;
    if envelope.format_version > layout::FORMAT_VERSION {
        return Err(Error::new(format!("cannot open archive `{}`", archive.display()))
            .because(format!(
                "it has format {}, written by auditql {}; this is auditql {} and reads up to format {}",
                envelope.format_version,
                envelope.version,
                env!("CARGO_PKG_VERSION"),
                layout::FORMAT_VERSION
            ))
            .hint("use the newer auditql"));
    }
    if envelope.hash() != envelope.sha256 {
        return Err(Error::new(describe()).because("it is damaged: its checksum does not match"))
            .hint(restore);
    }
    let commit: Commit = serde_json::from_str(envelope.commit.get()).context(describe)?;
    Ok(Commit { format_version: envelope.format_version, version: envelope.version, ..commit })
}

impl Envelope<'_> {
    fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        hasher.update(format!("{} {}\n", self.format_version, self.version));
        hasher.update(self.commit.get());
        hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Removes commits before the newest that nobody reads as of. Returns those that somebody does.
///
/// # Errors
///
/// If the folder cannot be read.
pub(super) fn forget_earlier(archive: &Path) -> Result<Vec<Commit>> {
    let mut numbers = numbers(archive)?;
    numbers.pop();
    let mut held = Vec::new();
    for number in numbers {
        let path = layout::commit_path(archive, number);
        let Ok(mut file) = platform::open_no_link(archive, &path) else { continue };
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                if file.read_to_string(&mut text).is_ok() {
                    held.extend(decode(&text, archive, &path).ok());
                }
            }
            // Without locks nobody can say that they read: as before there were any.
            Ok(()) | Err(TryLockError::Error(_)) => {
                platform::remove_file(&path).context(|| format!("cannot remove `{}`", path.display()))?;
            }
        }
    }
    Ok(held)
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
        let text = RawValue::from_string(serde_json::to_string_pretty(commit)?)?;
        let mut envelope = Envelope {
            format_version: commit.format_version,
            version: commit.version.clone(),
            sha256: String::new(),
            commit: &text,
        };
        envelope.sha256 = envelope.hash();
        let mut file = platform::create_private_file(&finished)?;
        serde_json::to_writer(&mut file, &envelope)?;
        file.write_all(b"\n")?;
        platform::sync_file(&file)
    };
    write().map_err(|error| cannot_write("the commit", &finished, &error))?;
    platform::publish(&finished, &layout::commit_path(archive, commit.number)).context(describe)?;
    platform::sync_dir(&layout::commits_dir(archive)).context(describe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn err_paths_that_lead_out_of_the_archive() {
        let snapshot = Snapshot::empty(Path::new("a"));
        for path in ["../x.parquet", "/etc/passwd", "data/../../x", "data\\x", "c:/x", "data//x"] {
            let file = DataFile {
                path: path.to_owned(),
                rows: 0,
                size_bytes: 0,
                sha256: String::new(),
                first_event: None,
                last_event: None,
                rows_without_id: 0,
                index_sha256: String::new(),
                blocks_crc32: 0,
            };
            assert!(snapshot.locate(&file).is_err(), "{path}");
        }
    }
}
