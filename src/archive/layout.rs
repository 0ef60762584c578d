//! Names of the archive's files and folders.

use std::path::{Path, PathBuf};

use crate::schema::stored_tables;

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

/// Number of the commit that a data file or an index was written for; nothing if the name is none of ours.
pub(super) fn file_commit(name: &str) -> Option<u64> {
    let stem = name.strip_suffix(".parquet").or_else(|| name.strip_suffix(".index"))?;
    let (commit, ordinal) = stem.split_once('-')?;
    let is_ordinal = ordinal.len() >= 3 && ordinal.bytes().all(|byte| byte.is_ascii_digit());
    number(commit).filter(|_| is_ordinal)
}

/// A number as it stands in names: eight digits or more.
fn number(digits: &str) -> Option<u64> {
    let number: u64 =
        if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok()? } else { return None };
    (format!("{number:08}") == digits).then_some(number)
}

pub(super) fn table_dir(archive: &Path, table: &str) -> PathBuf {
    archive.join("data").join(table)
}

/// Path of a data file below the archive, with `/` on every system: what a commit lists.
pub(super) fn data_file(table: &str, commit: u64, ordinal: usize) -> String {
    format!("data/{table}/{commit:08}-{ordinal:03}.parquet")
}

/// Path of a data file's index, from the data file's path as a commit lists it.
pub(super) fn index_file(data_file: &str) -> String {
    let below = data_file.strip_prefix("data/").unwrap_or(data_file);
    format!("index/{}.index", below.strip_suffix(".parquet").unwrap_or(below))
}

pub(super) fn index_dir(archive: &Path, table: &str) -> PathBuf {
    archive.join("index").join(table)
}

/// Where the index of a staged file lies.
pub(super) fn staged_index(staged: &Path) -> PathBuf {
    staged.with_extension("index")
}

/// Where files wait that only earlier commits list, until nobody reads as of those.
pub(super) fn replaced_dir(archive: &Path) -> PathBuf {
    archive.join(".replaced")
}

pub(super) fn staging_dir(archive: &Path) -> PathBuf {
    archive.join(".staging")
}

/// Every folder of an archive, parents first, but those that come and go.
pub(super) fn folders(archive: &Path) -> Vec<PathBuf> {
    let mut folders =
        vec![commits_dir(archive), staging_dir(archive), archive.join("data"), archive.join("index")];
    folders.extend(stored_tables().map(|table| table_dir(archive, table.name)));
    folders.extend(stored_tables().map(|table| index_dir(archive, table.name)));
    folders
}

pub(super) fn lock_path(archive: &Path) -> PathBuf {
    archive.join(".lock")
}
