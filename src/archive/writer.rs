//! Writing: a transaction over all tables, and the Parquet files of one table.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray, RecordBatch, TimestampMicrosecondArray};
use arrow::compute::kernels::aggregate::{max, min};
use arrow::datatypes::Int32Type;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use sha2::{Digest, Sha256};

use super::commit::{self, Commit, DataFile, Snapshot};
use super::coverage;
use super::failure::{cannot_use, cannot_write};
use super::index::{BLOCK_BYTES, Events, FileIndex, HOUR_MICROS};
use super::lock::{Claim, Lock};
use super::{layout, leftovers};
use crate::error::{Context, Error, Result};
use crate::platform;
use crate::schema::{Column, Kind, Table, stored_tables};

/// Rows after which the next file is begun.
pub(crate) const FILE_ROWS_MAX: u64 = 2_000_000;
/// Columns that questions name single values of; each row group carries a filter that says which it has not.
const BLOOM_COLUMNS: &[&str] = &["id", "correlation_id", "actor_id", "target_id"];
/// Values of a row group that a filter is made for; the default of a million takes a megabyte a column.
const BLOOM_VALUES: u64 = 1 << 16;
/// Columns whose values hardly repeat, or repeat in the next rows: a dictionary would be built in vain, and files are
/// smaller without.
const PLAIN_COLUMNS: &[&str] = &[
    "id",
    "raw",
    "text",
    "correlation_id",
    "target_id",
    "target_upn",
    "target_name",
    "targets.list.element.id",
    "targets.list.element.upn",
    "targets.list.element.name",
];
/// Columns whose values differ little from row to row: the differences are stored.
const DELTA_COLUMNS: &[&str] = &["event_time", "source_offset"];
/// Columns whose values are mostly of one length: lengths apart from the values take less.
const LENGTHS_APART: &[&str] = &["raw", "correlation_id", "target_id", "targets.list.element.id"];
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
    /// # Errors
    ///
    /// If the folder is something else, is locked, or cannot be written.
    pub(crate) fn begin(archive: &Path, claim: &Claim) -> Result<Self> {
        let describe = || format!("cannot write to archive `{}`", archive.display());
        Snapshot::check_permission(archive)?;
        if archive.exists() && !layout::commits_dir(archive).exists() {
            let entries = fs::read_dir(archive).map_err(|error| cannot_use(archive, archive, &error))?;
            let mut entries = entries.filter_map(io::Result::ok);
            if entries.any(|entry| !entry.file_name().to_string_lossy().starts_with('.')) {
                return Err(Error::new(describe())
                    .because("the folder holds other files and is no auditql archive")
                    .hint("name a new or empty folder with `--archive`"));
            }
        }
        if !archive.exists() {
            platform::create_private_dir(archive)
                .context(|| format!("cannot make archive `{}`", archive.display()))?;
            // The folder's own name is to outlast a power failure, too.
            if let Some(parent) = archive.canonicalize().context(describe)?.parent() {
                platform::sync_dir(parent).context(describe)?;
            }
        }
        let lock = Lock::take(archive, claim)?;
        for folder in layout::folders(archive) {
            platform::refuse_link(&folder).context(describe)?;
        }
        let create = |folder: &Path| {
            platform::create_private_dir(folder).map_err(|error| cannot_use(archive, folder, &error))
        };
        create(&layout::commits_dir(archive))?;
        let mut before = commit::newest(archive)?;
        // Only writers remove files, and the lock says that there is no other.
        before.let_go();
        leftovers::clear(&before)?;
        for folder in layout::folders(archive) {
            create(&folder)?;
        }
        before.check()?;
        Ok(Self { before, _lock: lock })
    }

    /// Folder for files of this transaction that do not outlive it.
    pub(crate) fn staging_dir(&self) -> PathBuf {
        layout::staging_dir(&self.before.path)
    }

    /// Makes the staged files part of the archive and takes the `replaced` ones (paths as in the commit) out of it,
    /// durably and all at once. Returns the number of the commit.
    ///
    /// # Errors
    ///
    /// If the disk is full or fails; then the archive is as it was.
    pub(crate) fn commit(
        self,
        staged: Vec<StagedFile>,
        replaced: &BTreeSet<String>,
        now: String,
    ) -> Result<u64> {
        let archive = self.before.path.clone();
        let describe = || format!("cannot write to archive `{}`", archive.display());
        let number = self.before.commit.as_ref().map_or(0, |commit| commit.number) + 1;
        let mut tables = self.before.commit.as_ref().map(|commit| commit.tables.clone()).unwrap_or_default();
        let coverage = coverage::after(&self.before, replaced, &staged)?;
        let (gone, mut places, mut changed) = (replaced.iter(), Vec::new(), BTreeSet::new());
        for (table, files) in &mut tables {
            let before = files.len();
            files.retain(|file| !replaced.contains(&file.path));
            if files.len() < before {
                changed.extend(stored_tables().map(|stored| stored.name).filter(|name| name == table));
            }
        }
        let mut ordinals: BTreeMap<&str, usize> = BTreeMap::new();
        for StagedFile { table, path, mut file } in staged {
            changed.insert(table.name);
            let ordinal = ordinals.entry(table.name).or_default();
            file.path = layout::data_file(table.name, number, *ordinal);
            *ordinal += 1;
            platform::rename(&layout::staged_index(&path), &archive.join(layout::index_file(&file.path)))
                .context(describe)?;
            let place = self.before.locate(&file)?;
            if place.exists() {
                return Err(
                    Error::new(describe()).because(format!("there is a file `{}` already", place.display()))
                );
            }
            places.push((path, place));
            tables.entry(table.name.to_owned()).or_default().push(file);
        }
        // First out, then in: whoever reads the folder without us never finds an event twice.
        for path in gone {
            leftovers::set_aside(&archive, path).context(describe)?;
        }
        for (path, place) in places {
            platform::rename(&path, &place).context(describe)?;
        }
        leftovers::sync(&archive, &changed).context(describe)?;
        let commit = Commit {
            format_version: layout::FORMAT_VERSION,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            number,
            committed_at: now,
            tables,
            coverage,
        };
        commit::publish(&archive, &commit)?;
        // What cannot be removed now is removed by the next writer.
        let _ = leftovers::forget(&archive);
        Ok(number)
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        // What cannot be put in order now is put in order by the next writer.
        if let Ok(newest) = commit::newest(&self.before.path) {
            let _ = leftovers::restore(&newest);
        }
        let _ = fs::remove_dir_all(self.staging_dir());
    }
}

/// A finished file that no commit lists yet.
#[derive(Debug)]
pub(crate) struct StagedFile {
    /// Its table.
    pub(crate) table: &'static Table,
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// What the commit will say of it, but for the path.
    pub(crate) file: DataFile,
}

/// Writes batches of one table into as few files as is good.
#[derive(Debug)]
pub(crate) struct TableWriter {
    table: &'static Table,
    dir: PathBuf,
    prefix: String,
    open: Option<OpenFile>,
    finished: Vec<StagedFile>,
}

#[derive(Debug)]
struct OpenFile {
    path: PathBuf,
    writer: ArrowWriter<Hashing>,
    index: FileIndex,
    rows: u64,
    rows_without_id: u64,
    first: Option<i64>,
    last: Option<i64>,
}

impl OpenFile {
    /// Counts the events by hour. Rows of a group mostly come together, in the order of their time.
    fn count_hours(&mut self, table: &Table, batch: &RecordBatch) {
        let Some(groups) = batch.column_by_name(table.rows.group) else { return };
        let groups = groups.as_dictionary::<Int32Type>();
        let names = groups.values().as_string::<i32>();
        let times: &TimestampMicrosecondArray = batch.column(table.index_of("event_time")).as_primitive();
        let group = |row: usize| groups.key(row);
        let mut row = 0;
        while row < batch.num_rows() {
            let (key, time) = (group(row), times.value(row));
            let hour = time.div_euclid(HOUR_MICROS);
            let mut events = Events { count: 0, first: time, last: time };
            while row < batch.num_rows()
                && group(row) == key
                && times.value(row).div_euclid(HOUR_MICROS) == hour
            {
                let time = times.value(row);
                events = Events {
                    count: events.count + 1,
                    first: time.min(events.first),
                    last: time.max(events.last),
                };
                row += 1;
            }
            let name = key.map_or("", |key| names.value(key));
            if !self.index.hours.contains_key(name) {
                self.index.hours.insert(name.to_owned(), BTreeMap::new());
            }
            let hours = self.index.hours.get_mut(name).expect("it was put there");
            let sum = hours.get(&hour).map_or(events, |known| known.and(events));
            hours.insert(hour, sum);
        }
    }
}

impl TableWriter {
    /// A writer that stages files of a table in `dir`; their names begin with `prefix`.
    pub(crate) fn new(table: &'static Table, dir: PathBuf, prefix: &str) -> Self {
        Self { table, dir, prefix: prefix.to_owned(), open: None, finished: Vec::new() }
    }

    /// Appends rows of events; columns are those of [`Table::stored_schema`], keys the hashes of the rows' identities.
    ///
    /// # Errors
    ///
    /// If the disk is full or fails.
    pub(crate) fn write_events(&mut self, batch: &RecordBatch, keys: &[u64], without_id: u64) -> Result<()> {
        self.write(batch)?;
        if let Some(open) = &mut self.open {
            open.index.keys.extend_from_slice(keys);
            open.rows_without_id += without_id;
            open.count_hours(self.table, batch);
        }
        Ok(())
    }

    /// Appends rows; columns are those of [`Table::stored_schema`].
    ///
    /// # Errors
    ///
    /// If the disk is full or fails.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        if self.open.is_none() {
            let name = format!("{}{}-{:03}.parquet", self.prefix, self.table.name, self.finished.len());
            let path = self.dir.join(name);
            let file = platform::create_private_file(&path).map_err(|error| self.failed(&path, &error))?;
            let properties = properties(self.table);
            let options =
                ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
            let schema = self.table.stored_schema();
            let writer = ArrowWriter::try_new_with_options(Hashing::new(file), schema, options)
                .map_err(|error| self.failed(&path, &error))?;
            self.open = Some(OpenFile {
                path,
                writer,
                index: FileIndex::default(),
                rows: 0,
                rows_without_id: 0,
                first: None,
                last: None,
            });
        }
        let table = self.table;
        let Some(open) = &mut self.open else { unreachable!("a file was opened above") };
        open.writer.write(batch).map_err(|error| failed(table, &open.path, &error))?;
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
            open.writer.flush().map_err(|error| failed(self.table, &open.path, &error))?;
            if open.rows >= FILE_ROWS_MAX {
                self.end_file()?;
            }
        }
        Ok(())
    }

    fn end_file(&mut self) -> Result<()> {
        let Some(mut open) = self.open.take() else { return Ok(()) };
        let writer = open.writer.into_inner().map_err(|error| self.failed(&open.path, &error))?;
        let written = writer.finish().map_err(|error| self.failed(&open.path, &error))?;
        open.index.sums = written.sums;
        let blocks_crc32 = open.index.blocks_crc32();
        let place = layout::staged_index(&open.path);
        let index_sha256 =
            write_index(&mut open.index, &place).map_err(|error| self.failed(&place, &error))?;
        let file = DataFile {
            path: String::new(),
            rows: open.rows,
            size_bytes: written.size_bytes,
            sha256: written.sha256,
            first_event: open.first,
            last_event: open.last,
            rows_without_id: open.rows_without_id,
            index_sha256,
            blocks_crc32,
        };
        self.finished.push(StagedFile { table: self.table, path: open.path, file });
        Ok(())
    }

    fn failed(&self, path: &Path, error: &(dyn std::error::Error + 'static)) -> Error {
        failed(self.table, path, error)
    }

    /// Ends the last file.
    ///
    /// # Errors
    ///
    /// If the disk is full or fails.
    pub(crate) fn finish(mut self) -> Result<Vec<StagedFile>> {
        self.end_file()?;
        Ok(self.finished)
    }
}

fn failed(table: &Table, path: &Path, error: &(dyn std::error::Error + 'static)) -> Error {
    cannot_write(&format!("table `{}`", table.name), path, error)
}

/// Writes an index; its SHA-256.
fn write_index(index: &mut FileIndex, place: &Path) -> io::Result<String> {
    let mut file = Hashing::new(platform::create_private_file(place)?);
    index.write(&mut file)?;
    Ok(file.finish()?.sha256)
}

fn properties(table: &Table) -> WriterProperties {
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
        properties = properties.set_column_dictionary_enabled(column_path(column), false);
    }
    for column in LENGTHS_APART {
        properties = properties.set_column_encoding(column_path(column), Encoding::DELTA_LENGTH_BYTE_ARRAY);
    }
    for column in DELTA_COLUMNS {
        let (path, encoding) = (column_path(column), Encoding::DELTA_BINARY_PACKED);
        properties =
            properties.set_column_dictionary_enabled(path.clone(), false).set_column_encoding(path, encoding);
    }
    let leaves = leaves(table.columns, "");
    for path in leaves.iter().filter(|path| needs_no_statistics(path)) {
        properties = properties.set_column_statistics_enabled(column_path(path), EnabledStatistics::None);
    }
    properties.set_sorting_columns(order(table, &leaves)).build()
}

/// Whether nobody asks for the smallest and the largest of a column's values: they rule no row group out, and finding
/// them takes time. Of an id a filter says more; of lists nothing is looked for in statistics.
fn needs_no_statistics(path: &str) -> bool {
    path.contains('.') || BLOOM_COLUMNS.contains(&path) || path == "raw"
}

/// Paths of the columns as Parquet has them: a list's parts are columns each.
fn leaves(columns: &[Column], above: &str) -> Vec<String> {
    let of = |column: &Column| {
        let path = format!("{above}{}", column.name);
        match column.kind {
            Kind::Structs(fields) => leaves(fields, &format!("{path}.list.element.")),
            Kind::Texts => vec![format!("{path}.list.element")],
            _ => vec![path],
        }
    };
    columns.iter().flat_map(of).collect()
}

/// The order of the rows of each row group, for those who check it.
fn order(table: &Table, leaves: &[String]) -> Option<Vec<SortingColumn>> {
    let columns = table.rows.order.iter().chain([&"event_time"]);
    let place = |name: &&str| leaves.iter().position(|leaf| leaf == name);
    let sorted = |place| SortingColumn { column_idx: place, descending: false, nulls_first: true };
    columns.map(|name| Some(sorted(i32::try_from(place(name)?).ok()?))).collect()
}

fn column_path(path: &str) -> ColumnPath {
    ColumnPath::new(path.split('.').map(str::to_owned).collect())
}

/// Hashes what is written to a file.
#[derive(Debug)]
struct Hashing {
    file: BufWriter<File>,
    hasher: Sha256,
    size_bytes: u64,
    sums: Vec<u32>,
    /// Of the block that is being filled.
    sum: crc32fast::Hasher,
}

/// What was written.
struct Written {
    size_bytes: u64,
    sha256: String,
    /// CRC-32 of each block.
    sums: Vec<u32>,
}

impl Hashing {
    fn new(file: File) -> Self {
        Self {
            file: BufWriter::with_capacity(1 << 18, file),
            hasher: Sha256::new(),
            size_bytes: 0,
            sums: Vec::new(),
            sum: crc32fast::Hasher::new(),
        }
    }

    /// Makes the file durable.
    fn finish(mut self) -> io::Result<Written> {
        platform::sync_file(&self.file.into_inner().map_err(io::IntoInnerError::into_error)?)?;
        if !self.size_bytes.is_multiple_of(BLOCK_BYTES) {
            self.sums.push(self.sum.finalize());
        }
        let sha256 = self.hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Written { size_bytes: self.size_bytes, sha256, sums: self.sums })
    }
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        let mut rest = &bytes[..written];
        while !rest.is_empty() {
            let room = usize::try_from(BLOCK_BYTES - self.size_bytes % BLOCK_BYTES).unwrap_or(usize::MAX);
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.sum.update(now);
            self.size_bytes += now.len() as u64;
            if self.size_bytes.is_multiple_of(BLOCK_BYTES) {
                self.sums.push(std::mem::take(&mut self.sum).finalize());
            }
            rest = later;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
