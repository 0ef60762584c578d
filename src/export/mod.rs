//! The archive, or a part of it, as files for other tools: what a query gives, made durable and accounted for.
//!
//! ```text
//! tables, condition ─▶ plan: a file and its SQL each ─▶ engine ─▶ parquet, csv, ndjson, timeline ─▶ DIR.partial-<pid>
//!                                                     manifest.json, SHA256SUMS ─▶ renamed to DIR
//! ```
//!
//! The same archive gives the same bytes: every query has a total order, and nothing says when it was exported. This
//! module knows no terminal and no clock.

mod folder;
mod manifest;
mod ndjson;
mod parquet;
mod plan;
mod timeline;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use self::folder::{ExportFile, Folder};
use self::plan::{Part, plan};
use crate::engine::{Condition, Engine, Parameters};
use crate::error::Result;
use crate::render::{OutputFormat, render};

/// A sort merges a batch of each run that it put aside, and whole events are large: 8 192 of them, the engine's
/// default, can be a few hundred megabytes. Several sorts side by side would share the memory.
const SETTINGS: &[&str] =
    &["SET datafusion.execution.batch_size = 512", "SET datafusion.execution.target_partitions = 1"];

/// How the files of an export are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExportFormat {
    /// All columns, one Parquet file a table.
    Parquet,
    /// All columns, one CSV file a table.
    Csv,
    /// The events as they were downloaded, one file a table.
    Ndjson,
    /// One timeline over all tables of events, for Timesketch, as CSV.
    TimesketchCsv,
    /// The same as one JSON object a line.
    TimesketchJsonl,
}

impl ExportFormat {
    /// Every format by its name.
    pub(crate) const ALL: [(&'static str, Self); 5] = [
        ("parquet", Self::Parquet),
        ("csv", Self::Csv),
        ("ndjson", Self::Ndjson),
        ("timesketch-csv", Self::TimesketchCsv),
        ("timesketch-jsonl", Self::TimesketchJsonl),
    ];

    /// The format of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(other, _)| *other == name).map(|(_, format)| format)
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, format)| *format == self).map_or("", |(name, _)| name)
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv | Self::TimesketchCsv => "csv",
            Self::Ndjson => "ndjson",
            Self::TimesketchJsonl => "jsonl",
        }
    }

    /// Whether all tables go into one file.
    fn is_timeline(self) -> bool {
        matches!(self, Self::TimesketchCsv | Self::TimesketchJsonl)
    }

    /// Whether the sources and rejects can be files beside those of the events.
    fn has_accounting(self) -> bool {
        matches!(self, Self::Parquet | Self::Csv)
    }
}

/// What is exported, as what, and where to.
#[derive(Debug)]
pub(crate) struct ExportOptions {
    /// Folder that will hold the files; it must not exist, or be empty.
    pub(crate) dir: PathBuf,
    /// How they are written.
    pub(crate) format: ExportFormat,
    /// Tables and views; empty: every table of events that has rows, and the accounting of the sources.
    pub(crate) tables: Vec<String>,
    /// Which of their rows.
    pub(crate) condition: Option<Condition>,
    /// Number that tells this process from others.
    pub(crate) process: u32,
}

/// A finished file of an export.
#[derive(Debug, Serialize)]
pub(crate) struct ExportedFile {
    /// Its name.
    pub(crate) file: String,
    /// Tables that its rows are of.
    pub(crate) tables: Vec<String>,
    /// Rows.
    pub(crate) rows: u64,
    /// Bytes.
    pub(crate) size_bytes: u64,
    /// SHA-256 of the bytes, lower-case hexadecimal.
    pub(crate) sha256: String,
    /// Query that gave the rows.
    pub(crate) query: String,
}

impl ExportedFile {
    /// Whether it tells of the sources, and holds no events.
    pub(crate) fn is_accounting(&self) -> bool {
        self.tables.iter().all(|table| plan::ACCOUNTING.contains(&table.as_str()))
    }
}

/// Writes the files, tells of each when it is complete, and returns them all.
///
/// # Errors
///
/// If a table is not there, the condition does not fit one, the folder is not free, or the disk is full. Then
/// nothing is left behind.
pub(crate) fn export(
    engine: &Engine,
    options: &ExportOptions,
    tell: &mut dyn FnMut(&ExportedFile),
) -> Result<Vec<ExportedFile>> {
    for setting in SETTINGS {
        engine.run(setting, &Parameters::default())?;
    }
    let parts = plan(engine, options)?;
    let folder = Folder::begin(&options.dir, &engine.snapshot().path, options.process)?;
    let mut files = Vec::new();
    let mut sums = BTreeMap::new();
    for Part { name, tables, query } in parts {
        let file = format!("{name}.{}", options.format.extension());
        let (rows, size_bytes, sha256) =
            write(&folder, &file, &mut |out| fill(engine, options, &query, out))?;
        sums.insert(file.clone(), sha256.clone());
        let exported = ExportedFile { file, tables, rows, size_bytes, sha256, query };
        tell(&exported);
        files.push(exported);
    }
    let (_, _, sha256) = write(&folder, manifest::MANIFEST, &mut |out| {
        manifest::write_manifest(engine, options, &files, out).map(|()| 0)
    })?;
    sums.insert(manifest::MANIFEST.to_owned(), sha256);
    write(&folder, manifest::SUMS, &mut |out| manifest::write_sums(&sums, out).map(|()| 0))?;
    folder.finish()?;
    Ok(files)
}

/// Writes one file: its rows, bytes and hash.
fn write(
    folder: &Folder,
    name: &str,
    content: &mut dyn FnMut(&mut ExportFile) -> Result<u64>,
) -> Result<(u64, u64, String)> {
    let mut file = folder.create(name)?;
    let rows = content(&mut file).map_err(|error| file.failure().unwrap_or(error))?;
    let (size_bytes, sha256) = file.finish()?;
    Ok((rows, size_bytes, sha256))
}

/// Fills a file with what a query gives.
fn fill(engine: &Engine, options: &ExportOptions, query: &str, out: &mut ExportFile) -> Result<u64> {
    let mut answer = engine.run(query, &Parameters::default())?;
    let schema = answer.schema();
    match options.format {
        ExportFormat::Parquet => parquet::write(&schema, &mut answer, out),
        ExportFormat::Ndjson => ndjson::write(&mut answer, out),
        ExportFormat::Csv | ExportFormat::TimesketchCsv => {
            render(OutputFormat::Csv, &schema, &mut answer, out, None)
        }
        ExportFormat::TimesketchJsonl => render(OutputFormat::Ndjson, &schema, &mut answer, out, None),
    }
}
