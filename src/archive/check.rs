//! The archive's files against what was written down of them.

use std::fs::File;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

use super::commit::Snapshot;
use super::coverage::{self, ServiceCoverage};
use super::index::Hours;
use super::lock::Lock;
use super::{DataFile, layout, leftovers};
use crate::error::Result;
use crate::schema::{Table, format_time};

/// What differs in a data file or its index from what the commit says, one sentence each.
pub(crate) fn differences(snapshot: &Snapshot, file: &DataFile) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let index_path = layout::index_file(&file.path);
    match snapshot.open_plain(file) {
        Err(error) => found.push((file.path.clone(), error.one_line())),
        Ok(mut open) => match sha256(&mut open) {
            Err(error) => found.push((file.path.clone(), format!("cannot be read: {error}"))),
            Ok((size_bytes, _)) if size_bytes != file.size_bytes => found.push((
                file.path.clone(),
                format!("has {size_bytes} bytes, not the {} that were written", file.size_bytes),
            )),
            Ok((_, sha256)) if sha256 != file.sha256 => {
                found.push((file.path.clone(), format!("has SHA-256 {sha256}, not {}", file.sha256)));
            }
            Ok(_) => {}
        },
    }
    match snapshot.open_index(file) {
        Err(error) => found.push((index_path, error.one_line())),
        Ok((_, mut open)) => match sha256(&mut open) {
            Err(error) => found.push((index_path, format!("cannot be read: {error}"))),
            Ok((_, sha256)) if sha256 != file.index_sha256 => {
                found.push((index_path, format!("has SHA-256 {sha256}, not {}", file.index_sha256)));
            }
            Ok(_) => {}
        },
    }
    found
}

/// What the commit says of a table's events that their hours do not, one sentence each. What is a gap was judged by the
/// auditql that committed: another version may judge otherwise.
pub(crate) fn coverage_differences(snapshot: &Snapshot, table: &Table, hours: &Hours) -> Vec<String> {
    let Some(commit) = snapshot.commit.as_ref().filter(|commit| !commit.coverage.is_empty()) else {
        return Vec::new();
    };
    if table.rows.is_snapshot {
        return Vec::new();
    }
    let is_same_version = commit.version == env!("CARGO_PKG_VERSION");
    let listed: Vec<_> = commit.coverage.iter().filter(|listed| listed.table == table.name).collect();
    let found = coverage::of_table(table, hours);
    let of = |service: &str, of: &str| format!("of {} ({service}) {of}", table.name);
    let mut differences = Vec::new();
    for found in &found {
        match listed.iter().find(|listed| listed.service == found.service) {
            None => differences.push(of(&found.service, "it lists nothing, and there are events")),
            Some(listed)
                if (listed.events, listed.first, listed.last) != (found.events, found.first, found.last) =>
            {
                let text = format!(
                    "it lists {} events from {} to {}, and there are {} from {} to {}",
                    listed.events,
                    format_time(listed.first),
                    format_time(listed.last),
                    found.events,
                    format_time(found.first),
                    format_time(found.last)
                );
                differences.push(of(&found.service, &text));
            }
            Some(listed) if is_same_version && **listed != *found => {
                let text = format!(
                    "it lists {} gaps, and its hours give {} (or others); the next ingest lists them anew",
                    listed.gaps.len(),
                    found.gaps.len()
                );
                differences.push(of(&found.service, &text));
            }
            Some(_) => {}
        }
    }
    let is_gone = |listed: &&&ServiceCoverage| found.iter().all(|found| found.service != listed.service);
    for listed in listed.iter().filter(is_gone) {
        differences.push(of(&listed.service, "it lists events, and there are none"));
    }
    differences
}

/// Length of what is read, and its SHA-256.
///
/// # Errors
///
/// If the disk fails.
pub(crate) fn sha256(file: &mut File) -> io::Result<(u64, String)> {
    let (mut hasher, mut size_bytes, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 18]);
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            read => {
                hasher.update(&buffer[..read]);
                size_bytes += read as u64;
            }
        }
    }
    Ok((size_bytes, hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
}

/// Files in the folders of the tables that the commit does not list, by their path below the archive; none of them if
/// an ingest is under way.
///
/// # Errors
///
/// If a folder cannot be read.
pub(crate) fn unlisted(snapshot: &Snapshot) -> Result<Vec<String>> {
    if Lock::is_held(&snapshot.path) { Ok(Vec::new()) } else { leftovers::unlisted(snapshot) }
}
