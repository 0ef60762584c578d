//! Writing: a transaction over all tables, and the Parquet files of one table.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use arrow::array::{Array, RecordBatch, TimestampMicrosecondArray};
use arrow::compute::kernels::aggregate::{max, min};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use sha2::{Digest, Sha256};

use super::commit::{self, Commit, DataFile, Snapshot};
use super::layout;
use super::lock::Lock;
use crate::error::{Context, Error, Result};
use crate::platform;
use crate::schema::{STORED_TABLES, Table};

/// Rows after which the next file is begun.
const FILE_ROWS_MAX: u64 = 2_000_000;
/// Columns that questions name single values of; each row group carries a filter that says which it has not.
const BLOOM_COLUMNS: &[&str] = &["id", "correlation_id", "actor_id", "target_id"];
/// Values of a row group that a filter is made for; the default of a million takes a megabyte a column.
const BLOOM_VALUES: u64 = 100_000;
/// Columns whose values hardly repeat: a dictionary would be built in vain.
const PLAIN_COLUMNS: &[&str] = &["id", "raw", "text"];
/// Longest begin of a value that statistics keep.
const STATISTICS_BYTES: usize = 48;

/// The one writer of an archive, from lock to commit. Dropped without a commit, it leaves the archive as it was.
#[derive(Debug)]
pub(crate) struct Transaction {
    /// The archive before.
    pub(crate) before: Snapshot,
    _lock: Lock,
}

impl Transaction {
    /// Locks an archive, makes it if need be, and clears away what a crashed writer left.
    ///
    /// `holder` says who writes, for whoever finds the archive locked.
    ///
    /// # Errors
    ///
    /// If the folder is something else, is locked, or cannot be written.
    pub(crate) fn begin(archive: &Path, holder: &str) -> Result<Self> {
        let describe = || format!("cannot write to archive `{}`", archive.display());
        if archive.exists() && !layout::commits_dir(archive).exists() {
            let mut entries = fs::read_dir(archive).context(describe)?.filter_map(io::Result::ok);
            if entries.any(|entry| !entry.file_name().to_string_lossy().starts_with('.')) {
                return Err(Error::new(describe())
                    .because("the folder holds other files and is no auditql archive")
                    .hint("name a new or empty folder with `--archive`"));
            }
        }
        platform::create_private_dir(archive).context(describe)?;
        let lock = Lock::take(archive, holder)?;
        for dir in [layout::commits_dir(archive), layout::staging_dir(archive)] {
            platform::create_private_dir(&dir).context(describe)?;
        }
        for table in STORED_TABLES {
            platform::create_private_dir(&layout::table_dir(archive, table.name)).context(describe)?;
        }
        let before = Snapshot { path: archive.to_owned(), commit: commit::newest(archive)? };
        before.check()?;
        clear_leftovers(&before).context(describe)?;
        Ok(Self { before, _lock: lock })
    }

    /// Folder for files of this transaction that do not outlive it.
    pub(crate) fn staging_dir(&self) -> PathBuf {
        layout::staging_dir(&self.before.path)
    }

    /// A writer for new files of a table.
    pub(crate) fn writer(&self, table: &'static Table) -> TableWriter {
        TableWriter { table, staging: self.staging_dir(), open: None, finished: Vec::new() }
    }

    /// Makes the writers' files part of the archive, durably and all at once. Returns the number of the commit.
    ///
    /// # Errors
    ///
    /// If the disk is full or fails; then the archive is as it was.
    pub(crate) fn commit(self, writers: Vec<TableWriter>, now: String) -> Result<u64> {
        let archive = &self.before.path;
        let describe = || format!("cannot write to archive `{}`", archive.display());
        let number = self.before.commit.as_ref().map_or(0, |commit| commit.number) + 1;
        let mut tables = self.before.commit.as_ref().map(|commit| commit.tables.clone()).unwrap_or_default();
        for writer in writers {
            let table = writer.table.name;
            for (ordinal, (staged, mut file)) in writer.finish()?.into_iter().enumerate() {
                file.path = layout::data_file(table, number, ordinal);
                let place = self.before.locate(&file)?;
                fs::rename(&staged, &place).context(describe)?;
                tables.entry(table.to_owned()).or_default().push(file);
            }
            platform::sync_dir(&layout::table_dir(archive, table)).context(describe)?;
        }
        for dir in [archive.join("data"), archive.clone()] {
            platform::sync_dir(&dir).context(describe)?;
        }
        let commit = Commit {
            format_version: layout::FORMAT_VERSION,
            number,
            committed_at: now,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            tables,
        };
        commit::publish(archive, &commit)?;
        Ok(number)
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        // What cannot be cleared now is cleared by the next writer.
        let _ = fs::remove_dir_all(self.staging_dir());
    }
}

/// Removes staged files, and data files of commits that never came to be.
fn clear_leftovers(snapshot: &Snapshot) -> io::Result<()> {
    let staging = layout::staging_dir(&snapshot.path);
    fs::remove_dir_all(&staging)?;
    platform::create_private_dir(&staging)?;
    let newest = snapshot.commit.as_ref().map_or(0, |commit| commit.number);
    for table in STORED_TABLES {
        for entry in fs::read_dir(layout::table_dir(&snapshot.path, table.name))? {
            let entry = entry?;
            let number = layout::data_file_commit(&entry.file_name().to_string_lossy());
            if number.is_some_and(|number| number > newest) {
                fs::remove_file(entry.path())?;
            }
        }
    }
    Ok(())
}

/// Writes batches of one table into as few files as is good.
#[derive(Debug)]
pub(crate) struct TableWriter {
    table: &'static Table,
    staging: PathBuf,
    open: Option<OpenFile>,
    finished: Vec<(PathBuf, DataFile)>,
}

#[derive(Debug)]
struct OpenFile {
    path: PathBuf,
    writer: ArrowWriter<Hashing>,
    rows: u64,
    first: Option<i64>,
    last: Option<i64>,
}

impl TableWriter {
    /// Appends rows; columns are those of [`Table::stored_schema`].
    ///
    /// # Errors
    ///
    /// If the disk is full or fails.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let describe = || format!("cannot write table `{}`", self.table.name);
        if self.open.is_none() {
            let path = self.staging.join(format!("{}-{:03}.parquet", self.table.name, self.finished.len()));
            let file = Hashing::new(platform::create_private_file(&path).context(describe)?);
            let options =
                ArrowWriterOptions::new().with_properties(properties()).with_skip_arrow_metadata(true);
            let writer = ArrowWriter::try_new_with_options(file, self.table.stored_schema(), options)
                .context(describe)?;
            self.open = Some(OpenFile { path, writer, rows: 0, first: None, last: None });
        }
        let Some(open) = &mut self.open else { unreachable!("a file was opened above") };
        open.writer.write(batch).context(describe)?;
        open.rows += batch.num_rows() as u64;
        if let Some(times) = batch.column_by_name("event_time")
            && let Some(times) = times.as_any().downcast_ref::<TimestampMicrosecondArray>()
        {
            open.first = open.first.into_iter().chain(min(times)).min();
            open.last = open.last.into_iter().chain(max(times)).max();
        }
        Ok(())
    }

    /// Ends a row group; rows after it are ordered anew. Ends the file if it is large.
    ///
    /// # Errors
    ///
    /// If the disk is full or fails.
    pub(crate) fn end_group(&mut self) -> Result<()> {
        if let Some(open) = &mut self.open {
            open.writer.flush().context(|| format!("cannot write table `{}`", self.table.name))?;
            if open.rows >= FILE_ROWS_MAX {
                self.end_file()?;
            }
        }
        Ok(())
    }

    fn end_file(&mut self) -> Result<()> {
        let describe = || format!("cannot write table `{}`", self.table.name);
        let Some(open) = self.open.take() else { return Ok(()) };
        let (size_bytes, sha256) = open.writer.into_inner().context(describe)?.finish().context(describe)?;
        self.finished.push((
            open.path,
            DataFile {
                path: String::new(),
                rows: open.rows,
                size_bytes,
                sha256,
                first_event: open.first,
                last_event: open.last,
            },
        ));
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<(PathBuf, DataFile)>> {
        self.end_file()?;
        Ok(self.finished)
    }
}

fn properties() -> WriterProperties {
    let level = ZstdLevel::try_new(1).expect("level 1 exists");
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_statistics_truncate_length(Some(STATISTICS_BYTES))
        .set_column_index_truncate_length(Some(STATISTICS_BYTES))
        .set_max_row_group_row_count(Some(1 << 20))
        .set_created_by(format!("auditql {}", env!("CARGO_PKG_VERSION")));
    for column in BLOOM_COLUMNS {
        properties = properties
            .set_column_bloom_filter_enabled(ColumnPath::from(*column), true)
            .set_column_bloom_filter_max_ndv(ColumnPath::from(*column), BLOOM_VALUES);
    }
    for column in PLAIN_COLUMNS {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(*column), false);
    }
    // Nobody asks for the smallest JSON text.
    properties.set_column_statistics_enabled(ColumnPath::from("raw"), EnabledStatistics::None).build()
}

/// Hashes what is written to a file.
#[derive(Debug)]
struct Hashing {
    file: BufWriter<File>,
    hasher: Sha256,
    size_bytes: u64,
}

impl Hashing {
    fn new(file: File) -> Self {
        Self { file: BufWriter::with_capacity(1 << 18, file), hasher: Sha256::new(), size_bytes: 0 }
    }

    /// Makes the file durable; its size and hash.
    fn finish(self) -> io::Result<(u64, String)> {
        self.file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        let hash = self.hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok((self.size_bytes, hash))
    }
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.size_bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
