//! The accounting tables: which sources there were, and what was rejected.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::Int64Type;

use super::chunk::RejectedRecord;
use super::read::KnownFiles;
use super::summary::SourceOutcome;
use crate::archive::{Snapshot, sha256, stored_columns, text_column};
use crate::error::{Context, Result};
use crate::schema::{REJECT, SOURCE, Table};

/// How the problem of a source begins that could not be read to its end.
pub(super) const UNREADABLE: &str = "cannot be read to its end";

/// The files that this version of auditql has ingested into the archive.
///
/// A newer version may make more of a file than an older one did, so it reads the file again.
pub(super) fn known_hashes(before: &Snapshot) -> Result<KnownFiles> {
    let mut known = KnownFiles::default();
    let texts = ["path", "sha256", "version", "problem"];
    let columns = [&texts[..], &["size_bytes"]].concat();
    stored_columns(before, SOURCE.name, &columns, &mut |batch| {
        let [paths, hashes, versions, problems] = texts.map(|name| text_column(batch, name));
        let sizes = sizes(batch);
        let rows = paths.iter().zip(hashes).zip(versions).zip(problems).zip(sizes);
        for ((((path, hash), version), problem), size) in rows {
            // What ended in the middle may be whole the next time: a disk or a share may have failed.
            let is_whole = !problem.is_some_and(|problem| problem.starts_with(UNREADABLE));
            if is_whole && version == Some(env!("CARGO_PKG_VERSION")) {
                let Some(hash) = hash else { continue };
                known.sizes.extend(size.and_then(|size| u64::try_from(size).ok()));
                let names = known.names.entry(hash.to_owned()).or_default();
                // A member's name begins with that of its container.
                let path = path.unwrap_or_default();
                names.extend(path.match_indices('!').map(|(at, _)| path[..at].to_owned()));
                names.insert(path.to_owned());
            }
        }
        Ok(())
    })?;
    Ok(known)
}

/// Rows of table `source`; nothing if there are none.
pub(super) fn source_batch(outcomes: &[SourceOutcome], now: i64) -> Option<RecordBatch> {
    let news: Vec<_> = outcomes.iter().filter(|outcome| outcome.is_news()).collect();
    let rows = news.len();
    if rows == 0 {
        return None;
    }
    let texts = |of: &dyn Fn(&SourceOutcome) -> Option<String>| -> ArrayRef {
        Arc::new(news.iter().map(|outcome| of(outcome)).collect::<StringArray>())
    };
    let counts = |of: &dyn Fn(&SourceOutcome) -> u64| -> ArrayRef {
        Arc::new(news.iter().map(|outcome| i64::try_from(of(outcome)).ok()).collect::<Int64Array>())
    };
    let times = |of: &dyn Fn(&SourceOutcome) -> Option<i64>| -> ArrayRef {
        let times: TimestampMicrosecondArray = news.iter().map(|outcome| of(outcome)).collect();
        Arc::new(times.with_timezone("UTC"))
    };
    let column = |name: &str| -> ArrayRef {
        match name {
            "path" => texts(&|outcome| Some(outcome.name.clone())),
            "sha256" => texts(&|outcome| Some(outcome.sha256.clone()).filter(|hash| !hash.is_empty())),
            "size_bytes" => counts(&|outcome| outcome.size_bytes),
            "modified_at" => times(&|outcome| outcome.modified),
            "format" => texts(&|outcome| outcome.format.map(str::to_owned)),
            "encoding" => texts(&|outcome| outcome.encoding.map(str::to_owned)),
            "framing" => {
                texts(&|outcome| Some(outcome.framing.clone()).filter(|framing| !framing.is_empty()))
            }
            "events_read" => counts(&SourceOutcome::read),
            "events_added" => counts(&|outcome| outcome.added),
            "events_late" => counts(&|outcome| outcome.late),
            "events_duplicate" => counts(&|outcome| outcome.duplicate),
            "events_conflicting" => counts(&|outcome| outcome.conflicting),
            "events_replaced" => counts(&|outcome| outcome.replaced),
            "events_rejected" => counts(&|outcome| outcome.rejected),
            "events_skipped" => counts(&|outcome| outcome.skipped),
            "first_event" => times(&|outcome| outcome.first),
            "last_event" => times(&|outcome| outcome.last),
            "has_next_link" => {
                Arc::new(BooleanArray::from_iter(news.iter().map(|outcome| Some(outcome.has_next_link))))
            }
            "warning" => texts(&|outcome| outcome.warning.clone()),
            "notes" => texts(&|outcome| outcome.notes.clone()),
            "same_as" => texts(&|outcome| outcome.same_as.clone()),
            "problem" => texts(&|outcome| outcome.problem.clone()),
            "ingested_at" => times(&|_| Some(now)),
            "version" => texts(&|_| Some(env!("CARGO_PKG_VERSION").to_owned())),
            other => unreachable!("column `source.{other}` is not filled"),
        }
    };
    Some(batch(&SOURCE, column))
}

/// Bytes on disk of the sources.
fn sizes(batch: &RecordBatch) -> impl Iterator<Item = Option<i64>> {
    batch.column_by_name("size_bytes").expect("it was asked for").as_primitive::<Int64Type>().iter()
}

/// Whether a file is one that the archive was made of, byte for byte.
///
/// # Errors
///
/// If the archive or the file cannot be read.
pub(crate) fn is_source(archive: &Snapshot, path: &Path) -> Result<bool> {
    let Ok(found) = std::fs::metadata(path) else { return Ok(false) };
    if !found.is_file() {
        return Ok(false);
    }
    let size = i64::try_from(found.len()).unwrap_or(i64::MAX);
    let mut hashes = BTreeSet::new();
    stored_columns(archive, SOURCE.name, &["size_bytes", "sha256"], &mut |batch| {
        let of_size =
            sizes(batch).zip(text_column(batch, "sha256")).filter(|(other, _)| *other == Some(size));
        hashes.extend(of_size.filter_map(|(_, hash)| hash.map(str::to_owned)));
        Ok(())
    })?;
    if hashes.is_empty() {
        return Ok(false);
    }
    let (_, hash) = std::fs::File::open(path)
        .and_then(|mut file| sha256(&mut file))
        .context(|| format!("cannot read `{}`", path.display()))?;
    Ok(hashes.contains(&hash))
}

/// Rows of table `reject`; nothing if there are none.
pub(super) fn reject_batch(rejects: &[RejectedRecord], now: i64) -> Option<RecordBatch> {
    if rejects.is_empty() {
        return None;
    }
    let texts = |of: fn(&RejectedRecord) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rejects.iter().map(of)))
    };
    let counts = |of: fn(&RejectedRecord) -> u64| -> ArrayRef {
        Arc::new(rejects.iter().map(|reject| i64::try_from(of(reject)).ok()).collect::<Int64Array>())
    };
    let column = |name: &str| -> ArrayRef {
        match name {
            "source_file" => texts(|reject| &reject.source.name),
            "source_sha256" => texts(|reject| &reject.source.sha256),
            "source_offset" => counts(|reject| reject.offset),
            "reason" => texts(|reject| &reject.reason),
            "size_bytes" => counts(|reject| reject.size_bytes),
            "text" => texts(|reject| &reject.text),
            "ingested_at" => {
                Arc::new(TimestampMicrosecondArray::from(vec![now; rejects.len()]).with_timezone("UTC"))
            }
            other => unreachable!("column `reject.{other}` is not filled"),
        }
    };
    Some(batch(&REJECT, column))
}

/// A batch with the table's stored types.
fn batch(table: &'static Table, column: impl Fn(&str) -> ArrayRef) -> RecordBatch {
    let schema = table.stored_schema();
    let columns = schema.fields().iter().map(|field| {
        cast(&column(field.name()), field.data_type()).expect("text casts to a dictionary of text")
    });
    RecordBatch::try_new(Arc::clone(&schema), columns.collect()).expect("columns follow the schema")
}
