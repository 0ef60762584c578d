//! Arguments that several subcommands share, and what follows from them.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::console::Console;
use super::pager::Pager;
use super::usage;
use crate::archive::{Claim, Snapshot};
use crate::engine::{Answer, Engine, EngineOptions, SavedQueries, TimeRange, parse_instant, parse_span};
use crate::error::{Context, Error, Hint, Result};
use crate::ingest::is_source;
use crate::platform;
use crate::query::Library;
use crate::render::{OutputFormat, Place, Zone, plain, render_at};
use crate::schema::format_time;

/// Longest cell of a table on a terminal.
const CELL_WIDTH_MAX: usize = 72;
/// Memory that a query may take before it uses the disk, MiB.
const MEMORY_MIB: usize = 4_096;

/// Between folders that are named together, as in `PATH`.
pub(super) const PATHS_DELIMITER: char = if cfg!(windows) { ';' } else { ':' };

/// Which archive.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ArchiveArgs {
    /// Folder of the archive
    #[arg(long, short, value_name = "DIR", env = "AUDITQL_ARCHIVE")]
    pub(super) archive: Option<PathBuf>,
}

/// Which part of it, and how much of the machine.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct EngineArgs {
    #[command(flatten)]
    pub(super) archive: ArchiveArgs,
    #[command(flatten)]
    time: TimeArgs,
    #[command(flatten)]
    machine: MachineArgs,
    /// A folder of `.sql` files to add to the saved queries, those in its `views/` to the views; may be repeated
    #[arg(long, value_name = "DIR", env = "AUDITQL_QUERIES", value_delimiter = PATHS_DELIMITER)]
    pub(super) queries: Vec<PathBuf>,
}

/// Which events.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct TimeArgs {
    /// Only events from this time on: a date, a time, or an age such as -7d before the newest event
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    from: Option<String>,
    /// Only events before this time; a date includes its whole day
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    to: Option<String>,
}

/// How much of the machine.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct MachineArgs {
    /// Memory for queries, e.g. 2G or 512M; beyond it the disk is used
    #[arg(long, value_name = "SIZE", value_parser = parse_memory)]
    memory: Option<usize>,
    /// Threads for queries
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

/// How a command writes to an archive.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct WriterArgs {
    /// Wait this long for another writer to end, e.g. 30s, 10m or 1h; without it, fail at once
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    wait: Option<Duration>,
}

impl WriterArgs {
    /// Who writes.
    pub(super) fn claim(&self, console: &Console) -> Claim {
        let holder = format!("process {} since {}", std::process::id(), format_time(console.now()));
        Claim { holder, wait: self.wait.unwrap_or_default() }
    }
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    let micros = parse_span(text).map(i64::unsigned_abs);
    micros.map(Duration::from_micros).ok_or_else(|| "write a time such as 30s, 10m or 1h".to_owned())
}

/// How and where rows are written.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct OutputArgs {
    #[arg(long, short = 'F', value_name = "FORMAT", value_parser = parse_format, help = format_help())]
    format: Option<OutputFormat>,
    /// Write rows to a file instead of standard output, in the format that its ending names; it appears when it is complete
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Show times in this zone, e.g. Europe/Berlin or +02:00, instead of UTC
    #[arg(long, value_name = "ZONE", value_parser = Zone::parse)]
    pub(super) timezone: Option<Zone>,
    /// Never show long answers with a pager
    #[arg(long)]
    pub(super) no_pager: bool,
    #[arg(skip)]
    pub(super) expansion: Expansion,
    /// What nothing is written over.
    #[arg(skip)]
    spared: Spared,
}

/// Evidence, which an output must not take the place of.
#[derive(Debug, Clone, Default)]
struct Spared {
    /// Downloads and folders of them: nothing is written among them, either.
    downloads: Vec<PathBuf>,
    /// Archives: what they were made of is known by its bytes, wherever it lies.
    archives: Vec<Snapshot>,
}

fn parse_format(text: &str) -> Result<OutputFormat, String> {
    OutputFormat::named(text).ok_or_else(|| format!("the formats are {}", OutputFormat::names()))
}

fn format_help() -> String {
    format!(
        "How rows are written: {}. Without it the ending of --output decides, else table",
        OutputFormat::names()
    )
}

fn parse_memory(text: &str) -> Result<usize, String> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let shift = match unit.to_ascii_uppercase().trim_end_matches(['I', 'B']) {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => return Err("write a size such as 512M or 2G".to_owned()),
    };
    let size = digits.parse::<usize>().ok().and_then(|count| count.checked_mul(1 << shift));
    size.filter(|size| *size >= 1 << 20)
        .ok_or_else(|| "write a size of at least 1M, such as 512M or 2G".to_owned())
}

impl ArchiveArgs {
    /// The folder that was named.
    ///
    /// # Errors
    ///
    /// If none was.
    pub(super) fn path<'a>(&'a self, console: &'a Console) -> Result<&'a Path> {
        self.archive
            .as_deref()
            .or(console.archive())
            .ok_or_else(|| usage("no archive is named", "add `--archive DIR`, or set AUDITQL_ARCHIVE"))
    }

    fn open(&self, console: &Console) -> Result<Snapshot> {
        Snapshot::open(self.path(console)?)
    }
}

/// Threads that the machine has.
pub(super) fn machine_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

impl EngineArgs {
    /// An option that is set, beside the archive.
    pub(super) fn option_set(&self) -> Option<&'static str> {
        let options = [
            ("--from", self.time.from.is_some()),
            ("--to", self.time.to.is_some()),
            ("--memory", self.machine.memory.is_some()),
            ("--threads", self.machine.threads.is_some()),
        ];
        options.into_iter().find(|(_, is_set)| *is_set).map(|(option, _)| option)
    }

    /// Opens the archive for queries, and says on standard error what an age in its time range means.
    pub(super) fn open(&self, console: &Console) -> Result<Engine> {
        self.open_with(&self.library()?, console)
    }

    /// As [`open`](Self::open), with the saved queries that are at hand already.
    pub(super) fn open_with(&self, library: &Arc<Library>, console: &Console) -> Result<Engine> {
        self.open_on(self.archive.open(console)?, library, console)
    }

    /// Opens an archive that is not the one that is named.
    pub(super) fn open_on(
        &self,
        snapshot: Snapshot,
        library: &Arc<Library>,
        console: &Console,
    ) -> Result<Engine> {
        let range = self.time_range(&snapshot, console)?;
        self.open_within(snapshot, library, range)
    }

    /// Opens a part of an archive.
    pub(super) fn open_within(
        &self,
        snapshot: Snapshot,
        library: &Arc<Library>,
        time_range: TimeRange,
    ) -> Result<Engine> {
        let options = EngineOptions {
            threads: self.machine.threads(),
            memory_bytes: self.machine.memory_bytes(),
            time_range,
            saved_queries: summaries_of(library),
            views: library.views().to_vec(),
        };
        Engine::open(snapshot, &options)
    }

    /// Threads to use.
    pub(super) fn threads(&self) -> usize {
        self.machine.threads()
    }

    /// The saved queries at hand.
    pub(super) fn library(&self) -> Result<Arc<Library>> {
        Library::open(&self.queries).map(Arc::new)
    }

    fn time_range(&self, snapshot: &Snapshot, console: &Console) -> Result<TimeRange> {
        let newest = snapshot.period().map(|(_, last)| last);
        self.time.range(newest, console)
    }
}

/// What `meta.queries` says of a library.
pub(super) fn summaries_of(library: &Arc<Library>) -> SavedQueries {
    let library = Arc::clone(library);
    Arc::new(move || library.summaries())
}

impl MachineArgs {
    /// Threads to use.
    pub(super) fn threads(&self) -> usize {
        self.threads.map_or_else(machine_threads, usize::from)
    }

    /// Memory that queries may take.
    pub(super) fn memory_bytes(&self) -> usize {
        self.memory.unwrap_or(MEMORY_MIB << 20)
    }
}

impl TimeArgs {
    /// The time range; ages count back from `newest`, which is said on standard error.
    ///
    /// # Errors
    ///
    /// If a time cannot be read, or nothing lies between them.
    pub(super) fn range(&self, newest: Option<i64>, console: &Console) -> Result<TimeRange> {
        let instant = |text: &Option<String>, is_end| -> Result<Option<i64>> {
            let Some(text) = text else { return Ok(None) };
            let (instant, is_age) = parse_instant(text, newest, is_end)?;
            if is_age {
                console.say(&format!(
                    "{text} is {}, counted back from the archive's newest event",
                    format_time(instant)
                ));
            }
            Ok(Some(instant))
        };
        let range = TimeRange { from: instant(&self.from, false)?, to: instant(&self.to, true)? };
        refuse_empty(range).hint(|| "--from must be before --to".to_owned())?;
        Ok(range)
    }
}

/// Refuses a time range that nothing lies in.
pub(super) fn refuse_empty(range: TimeRange) -> Result<()> {
    match (range.from, range.to) {
        (Some(from), Some(to)) if from >= to => Err(Error::new("the time range is empty").because(format!(
            "it begins at {} and ends at {}",
            format_time(from),
            format_time(to)
        ))),
        _ => Ok(()),
    }
}

/// Where rows go: standard output, or a file that appears when it is complete.
pub(super) struct Output<'c> {
    console: &'c Console,
    format: OutputFormat,
    expansion: Expansion,
    zone: Option<Zone>,
    writer: Writer,
    file: Option<(PathBuf, PathBuf)>,
    answers: u64,
}

/// What an output writes with.
enum Writer {
    Plain(Box<dyn Write>),
    Paged(Pager),
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(writer) => writer.write(bytes),
            Self::Paged(pager) => pager.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(writer) => writer.flush(),
            Self::Paged(pager) => pager.flush(),
        }
    }
}

impl Writer {
    /// Writes what waits; a pager is waited for until it is left.
    fn finish(self) -> io::Result<()> {
        match self {
            Self::Plain(mut writer) => writer.flush(),
            Self::Paged(pager) => pager.finish(),
        }
    }
}

/// Whether tables are turned on their side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Expansion {
    /// Never.
    #[default]
    Off,
    /// Always.
    On,
    /// Those that are wider than the terminal.
    Auto,
}

impl OutputArgs {
    /// A format and a place that are known.
    pub(super) fn of(format: OutputFormat, output: Option<PathBuf>) -> Self {
        Self {
            format: Some(format),
            output,
            timezone: None,
            no_pager: true,
            expansion: Expansion::Off,
            spared: Spared::default(),
        }
    }

    /// An option that is set.
    pub(super) fn option_set(&self) -> Option<&'static str> {
        let options = [
            ("--format", self.format.is_some()),
            ("--output", self.output.is_some()),
            ("--timezone", self.timezone.is_some()),
            ("--no-pager", self.no_pager),
        ];
        options.into_iter().find(|(_, is_set)| *is_set).map(|(option, _)| option)
    }

    pub(super) fn open<'c>(&self, console: &'c Console) -> Result<Output<'c>> {
        self.open_at(self.output.as_deref(), console)
    }

    /// Where rows go, if not to standard output.
    pub(super) fn path(&self) -> Option<&Path> {
        self.output.as_deref()
    }

    /// The same, with another format if one is named, to another place.
    pub(super) fn changed(&self, format: Option<OutputFormat>, path: Option<&Path>) -> Self {
        Self { format: format.or(self.format), output: path.map(Path::to_owned), ..self.clone() }
    }

    /// As these, but nothing may be written in the place of downloads, or among them.
    pub(super) fn sparing_downloads(&self, downloads: &[String]) -> Self {
        let downloads = downloads.iter().filter_map(|download| fs::canonicalize(download).ok()).collect();
        Self { spared: Spared { downloads, ..self.spared.clone() }, ..self.clone() }
    }

    /// As these, but nothing may be written in the place of a file that the archive was made of.
    pub(super) fn sparing_sources(&self, archive: &Snapshot) -> Self {
        let mut spared = self.spared.clone();
        spared.archives.push(archive.clone());
        Self { spared, ..self.clone() }
    }

    /// Refuses an output in place of a download, and one among downloads.
    pub(super) fn refuse_download(&self, output: &Path) -> Result<()> {
        let describe = || format!("cannot write `{}`", output.display());
        let target = real(output);
        if self.spared.downloads.iter().any(|download| target.starts_with(download)) {
            return Err(Error::new(describe())
                .because("it is one of the downloads, or lies among them")
                .hint("name a place outside of them"));
        }
        for archive in &self.spared.archives {
            if is_source(archive, output).context(describe)? {
                return Err(Error::new(describe())
                    .because(format!(
                        "it is one of the downloads that the archive `{}` was made of",
                        archive.path.display()
                    ))
                    .hint("name another file"));
            }
        }
        Ok(())
    }

    /// How files of the format end.
    pub(super) fn extension(&self) -> &'static str {
        match self.format() {
            OutputFormat::Table | OutputFormat::Vertical => "txt",
            OutputFormat::Markdown => "md",
            other => other.name(),
        }
    }

    /// Refuses to write bytes to who reads text.
    pub(super) fn refuse_binary_terminal(&self) -> Result<()> {
        let format = self.format();
        if !format.is_binary() {
            return Ok(());
        }
        Err(usage(
            &format!("cannot write {} to a terminal: it is binary", format.name()),
            "add `-o FILE`, or redirect standard output",
        ))
    }

    pub(super) fn open_at<'c>(&self, path: Option<&Path>, console: &'c Console) -> Result<Output<'c>> {
        let (writer, file) = match path {
            None if console.is_output_terminal() => {
                self.refuse_binary_terminal()?;
                let pager = console.pager().filter(|_| !self.no_pager);
                (pager.map_or_else(|| Writer::Plain(Box::new(console.output())), Writer::Paged), None)
            }
            None => (Writer::Plain(Box::new(console.output())), None),
            Some(path) => {
                path.file_name().ok_or_else(|| usage("`--output` names no file", "name a file"))?;
                refuse_inside_archive(path)?;
                self.refuse_download(path)?;
                if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
                    return Err(Error::new(format!("cannot write `{}`", path.display()))
                        .because(
                            "it is there already, and is no file: what is complete takes the place of a file",
                        )
                        .hint("name a file, or leave `--output` out for standard output"));
                }
                let (open, partial) = platform::create_partial_file(path)
                    .context(|| format!("cannot write `{}`", path.display()))?;
                (Writer::Plain(Box::new(io::BufWriter::new(open))), Some((partial, path.to_owned())))
            }
        };
        let (format, expansion, zone) = (self.format(), self.expansion, self.timezone.clone());
        Ok(Output { console, format, expansion, zone, writer, file, answers: 0 })
    }

    /// The format that was named, else the one that the file's ending means, else a table.
    pub(super) fn format(&self) -> OutputFormat {
        let ending = self.output.as_deref().and_then(Path::extension).and_then(std::ffi::OsStr::to_str);
        self.format.or(ending.and_then(OutputFormat::of_ending)).unwrap_or(OutputFormat::Table)
    }
}

/// Refuses a file below an archive: only `ingest` and its like write there.
pub(super) fn refuse_inside_archive(path: &Path) -> Result<()> {
    match real(path).ancestors().find(|folder| Snapshot::is_at(folder)) {
        Some(archive) => Err(Error::new(format!("cannot write `{}`", path.display()))
            .because(format!("it lies inside the archive `{}`", archive.display()))
            .hint("name a place elsewhere")),
        None => Ok(()),
    }
}

/// The path without links and `..`; its end need not exist.
pub(super) fn real(path: &Path) -> PathBuf {
    let mut missing: Vec<OsString> = Vec::new();
    let here = std::env::current_dir().unwrap_or_default().join(path);
    let mut known = here.as_path();
    let mut found = loop {
        match (fs::canonicalize(known), known.parent(), known.components().next_back()) {
            (Ok(found), _, _) => break found,
            (Err(_), Some(parent), Some(last)) => {
                missing.push(last.as_os_str().to_owned());
                known = parent;
            }
            _ => break known.to_owned(),
        }
    };
    for part in missing.iter().rev() {
        if part.as_os_str() == Component::ParentDir.as_os_str() {
            found.pop();
        } else {
            found.push(part);
        }
    }
    found
}

impl Output<'_> {
    /// Refuses, before anything runs, more answers than the format can hold.
    pub(super) fn for_statements<'s>(self, texts: impl Iterator<Item = &'s str>) -> Result<Self> {
        let answers = texts.filter(|text| has_answer(text)).count();
        if !self.format.is_binary() || answers <= 1 {
            return Ok(self);
        }
        let what = format!("cannot write {answers} answers as {}", self.format.name());
        self.abandon();
        Err(Error::new(what)
            .because("an output of this format holds one answer")
            .hint("write each to its own file with `-o DIR/`, or write html, json or ndjson"))
    }

    /// Writes rows of a schema.
    pub(super) fn take_batches(
        &mut self,
        schema: &SchemaRef,
        batches: &mut dyn Iterator<Item = Result<RecordBatch>>,
    ) -> Result<u64> {
        let Some(zone) = self.zone.clone() else { return self.take_as_is(schema, batches) };
        let zoned = zone.schema(schema);
        self.take_as_is(&zoned, &mut batches.map(|batch| zone.batch(&batch?)))
    }

    fn take_as_is(
        &mut self,
        schema: &SchemaRef,
        batches: &mut dyn Iterator<Item = Result<RecordBatch>>,
    ) -> Result<u64> {
        let has_rows = !schema.fields().is_empty();
        if has_rows && self.answers > 0 && self.format.is_layout() {
            writeln!(self.writer).map_err(|error| Error::output(&error))?;
        }
        let is_read_by_person = self.console.is_output_terminal() && self.file.is_none();
        let terminal_width = self.console.terminal_size().map(|(columns, _)| columns);
        let terminal_width = terminal_width.filter(|columns| is_read_by_person && *columns > 0);
        let width_max = (is_read_by_person && terminal_width.is_none()).then_some(CELL_WIDTH_MAX);
        let place = Place {
            width_max,
            terminal_width,
            is_vertical_if_wider: self.expansion == Expansion::Auto,
            answers_before: self.answers,
            is_file: self.file.is_some(),
        };
        let format = match (self.format, self.expansion) {
            (OutputFormat::Table, Expansion::On) => OutputFormat::Vertical,
            (format, _) => format,
        };
        let rows = render_at(place, format, schema, batches, &mut self.writer)?;
        self.answers += u64::from(has_rows);
        Ok(rows)
    }

    /// Writes rows of a schema and nothing after them; a failure leaves no file.
    pub(super) fn take_all(
        mut self,
        schema: &SchemaRef,
        batches: &mut dyn Iterator<Item = Result<RecordBatch>>,
    ) -> Result<u64> {
        match self.take_batches(schema, batches) {
            Ok(rows) => self.finish().map(|()| rows),
            Err(error) => {
                self.abandon();
                Err(error)
            }
        }
    }

    /// Writes a text that is no answer.
    pub(super) fn write_text(&mut self, text: &str) -> Result<()> {
        self.writer
            .write_all(text.as_bytes())
            .and_then(|()| self.writer.flush())
            .map_err(|error| Error::output(&error))
    }

    /// Another format from the next answer on, and how tables stand.
    pub(super) fn change(&mut self, args: &OutputArgs) -> Result<()> {
        (self.expansion, self.zone) = (args.expansion, args.timezone.clone());
        self.set_format(args.format())
    }

    /// The format of answers.
    pub(super) fn format(&self) -> OutputFormat {
        self.format
    }

    /// Another format from the next answer on.
    pub(super) fn set_format(&mut self, format: OutputFormat) -> Result<()> {
        if format != self.format {
            self.flush()?;
            (self.format, self.answers) = (format, 0);
        }
        Ok(())
    }

    /// Shows what was written so far to who reads along.
    pub(super) fn flush(&mut self) -> Result<()> {
        self.writer.flush().map_err(|error| Error::output(&error))
    }

    /// Ends the output; a file gets its name.
    pub(super) fn finish(mut self) -> Result<()> {
        if self.format.is_binary() && self.answers == 0 {
            let what = format!("cannot write {}: no statement has an answer", self.format.name());
            self.abandon();
            return Err(usage(&what, "write a statement with rows, e.g. `SELECT * FROM audit`"));
        }
        self.writer.finish().map_err(|error| Error::output(&error))?;
        if let Some((partial, path)) = self.file.take() {
            fs::rename(&partial, &path).context(|| format!("cannot write `{}`", path.display()))?;
        }
        Ok(())
    }

    /// Gives up; a file that is not complete goes away.
    pub(super) fn abandon(mut self) {
        // It is given up for a reason that is told.
        let _ = self.writer.finish();
        if let Some((partial, _)) = self.file.take() {
            let _ = fs::remove_file(partial);
        }
    }
}

/// Whether a statement surely has an answer; `SET`, `CREATE VIEW` and the like have none.
fn has_answer(statement: &str) -> bool {
    const WORDS: [&str; 8] = ["select", "with", "values", "table", "from", "show", "describe", "explain"];
    let word = statement.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    word.is_empty() || WORDS.iter().any(|other| other.eq_ignore_ascii_case(word))
}

/// `name=value` as it is given with `--param`.
pub(super) fn parse_parameter(text: &str) -> Result<(String, String), String> {
    let parts =
        text.split_once('=').and_then(|(name, value)| Some((parameter_name(name)?, value.to_owned())));
    parts.ok_or_else(|| "write NAME=VALUE".to_owned())
}

/// The name of a parameter, with or without its `$`.
pub(super) fn parameter_name(text: &str) -> Option<String> {
    let name = text.trim().trim_start_matches('$');
    (!name.is_empty()).then(|| name.to_owned())
}

/// The rows of a small answer as texts, NULL as nothing.
pub(super) fn rows(answer: Answer<'_>) -> Result<Vec<Vec<Option<String>>>> {
    let mut rows = Vec::new();
    for batch in answer {
        let batch = batch?;
        for row in 0..batch.num_rows() {
            let cells =
                batch.columns().iter().map(|array| plain(array, row).map(std::borrow::Cow::into_owned));
            rows.push(cells.collect());
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_not_there_yet_is_known() {
        let dir = fs::canonicalize(std::env::temp_dir()).unwrap();
        assert_eq!(real(&dir.join("no-such-folder/../b/c")), dir.join("b/c"));
    }
}
