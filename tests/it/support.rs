//! Running the program, and archives to run it on.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::OnceLock;

use expect_test::Expect;
use tempfile::TempDir;

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A run of the program.
pub(crate) struct Run {
    command: Command,
    input: Option<String>,
}

/// What a run said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

impl Run {
    /// Runs in the repository's root, with an environment of its own.
    pub(crate) fn new() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_auditql"));
        command.current_dir(root()).env_remove("AUDITQL_ARCHIVE").env_remove("AUDITQL_QUERIES");
        Self { command, input: None }
    }

    pub(crate) fn args<I: IntoIterator<Item = S>, S: AsRef<std::ffi::OsStr>>(mut self, args: I) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn archive(self, archive: &Path) -> Self {
        self.args(["--archive".as_ref(), archive.as_os_str()])
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn dir(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    pub(crate) fn input(mut self, text: &str) -> Self {
        self.input = Some(text.to_owned());
        self
    }

    /// Starts it without waiting.
    pub(crate) fn spawn(mut self) -> std::process::Child {
        self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Starts it with its standard input and output at hand.
    pub(crate) fn start(mut self) -> Started {
        let mut child =
            self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Started { child, output }
    }

    pub(crate) fn said(mut self) -> Said {
        self.command.stdin(if self.input.is_some() { Stdio::piped() } else { Stdio::null() });
        let mut child = self.command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        if let Some(input) = self.input {
            child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        }
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        Said {
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
            code: status.code().unwrap_or(-1),
        }
    }

    /// Runs and expects success without complaints; what it wrote to standard output.
    pub(crate) fn ok(self) -> String {
        let said = self.said();
        assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
        said.stdout
    }
}

/// A run that goes on; it ends with its owner.
pub(crate) struct Started {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Started {
    pub(crate) fn write(&mut self, text: &str) {
        self.child.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// Reads lines up to one that has this text.
    #[track_caller]
    pub(crate) fn read_until(&mut self, text: &str) {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "it ended before `{text}`");
        }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs `sql` and gives its rows as CSV without the header.
pub(crate) fn query(archive: &Path, sql: &str) -> String {
    let text = Run::new().args(["query", "--format", "csv", "-c", sql]).archive(archive).ok();
    text.split_once('\n').unwrap().1.to_owned()
}

/// The single value that `sql` gives.
pub(crate) fn value(archive: &Path, sql: &str) -> String {
    query(archive, sql).trim_end().to_owned()
}

/// An archive of `sample-data/`, made once for all tests that only read it.
pub(crate) fn sample_archive() -> &'static Path {
    static ARCHIVE: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = ARCHIVE.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("archive");
        let said = Run::new().args(["ingest", "sample-data"]).archive(&path).said();
        assert_eq!(said.code, 1, "one record of the sample is damaged: {}{}", said.stdout, said.stderr);
        (dir, path)
    });
    path
}

/// A folder with an archive of one source, a file with these bytes.
pub(crate) fn archive_of(name: &str, bytes: &[u8]) -> (TempDir, PathBuf, Said) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(name), bytes).unwrap();
    let archive = dir.path().join("archive");
    let said = Run::new().dir(dir.path()).args(["ingest", name]).archive(&archive).said();
    (dir, archive, said)
}

/// Ingests one clean file: what `sql` then gives, as CSV without its header.
#[track_caller]
pub(crate) fn rows(name: &str, text: impl AsRef<[u8]>, sql: &str) -> String {
    let (_dir, archive, said) = archive_of(name, text.as_ref());
    assert_eq!(said.code, 0, "{}", said.stderr);
    query(&archive, sql).trim_end_matches('\n').to_owned()
}

/// Ingests one clean file and compares every filled column of its rows in a table, in the file's order, but `raw` and
/// where it stood.
#[track_caller]
pub(crate) fn check_table(table: &str, name: &str, bytes: impl AsRef<[u8]>, columns: Expect) {
    let (_dir, archive, said) = archive_of(name, bytes.as_ref());
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
    let sql =
        format!("SELECT * EXCEPT (raw, source_file, source_offset) FROM {table} AS t ORDER BY source_offset");
    columns.assert_eq(&Run::new().args(["query", "-F", "vertical", "-c", &sql]).archive(&archive).ok());
}

/// The text with `~07` written out: the GUID of zeros that ends so.
pub(crate) fn guids(text: &str) -> String {
    let mut parts = text.split('~');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("00000000-0000-0000-0000-0000000000");
        out.push_str(part);
    }
    out
}

/// A CSV of one row, from lines `name = value`: as the portal and PowerShell write it, every cell quoted.
pub(crate) fn csv_of(lines: &str) -> String {
    let cells =
        lines.lines().filter(|line| !line.trim().is_empty()).map(|line| line.split_once('=').unwrap());
    let (names, values): (Vec<_>, Vec<_>) = cells.unzip();
    let row = |cells: &[&str]| {
        let quoted = cells.iter().map(|cell| format!("\"{}\"", cell.trim_start().replace('"', "\"\"")));
        quoted.collect::<Vec<_>>().join(",")
    };
    format!("\u{FEFF}{}\r\n{}\r\n", row(&names), guids(&row(&values)))
}

/// Every file below a folder, sorted.
pub(crate) fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}
