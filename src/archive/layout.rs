//! Names of the archive's files and folders.

use std::path::{Path, PathBuf};

/// Version of the layout that this program writes; it reads this one and every one before it.
pub(super) const FORMAT_VERSION: u32 = 1;

pub(super) fn commits_dir(archive: &Path) -> PathBuf {
    archive.join("commits")
}

pub(super) fn commit_path(archive: &Path, number: u64) -> PathBuf {
    commits_dir(archive).join(format!("{number:08}.json"))
}

/// Number of a commit, from the name of its file.
pub(super) fn commit_number(name: &str) -> Option<u64> {
    number(name.strip_suffix(".json")?)
}

/// Number of the commit that a data file was written for, from its name.
pub(super) fn data_file_commit(name: &str) -> Option<u64> {
    number(name.strip_suffix(".parquet")?.split('-').next()?)
}

fn number(digits: &str) -> Option<u64> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

pub(super) fn table_dir(archive: &Path, table: &str) -> PathBuf {
    archive.join("data").join(table)
}

/// Path of a data file below the archive, with `/` on every system: what a commit lists.
pub(super) fn data_file(table: &str, commit: u64, ordinal: usize) -> String {
    format!("data/{table}/{commit:08}-{ordinal:03}.parquet")
}

pub(super) fn staging_dir(archive: &Path) -> PathBuf {
    archive.join(".staging")
}

pub(super) fn lock_path(archive: &Path) -> PathBuf {
    archive.join(".lock")
}
