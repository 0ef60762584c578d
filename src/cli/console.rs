//! The terminal, the environment and the clock, in one place.

use std::ffi::OsString;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::render::printable;

/// What the program talks to.
pub struct Console {
    is_quiet: bool,
    archive: Option<PathBuf>,
    is_output_terminal: bool,
    is_error_terminal: bool,
}

impl Default for Console {
    fn default() -> Self {
        Self::new()
    }
}

impl Console {
    /// The process's own.
    pub fn new() -> Self {
        Self {
            is_quiet: false,
            archive: None,
            is_output_terminal: io::stdout().is_terminal(),
            is_error_terminal: io::stderr().is_terminal(),
        }
    }

    pub(crate) fn set_quiet(&mut self, is_quiet: bool) {
        self.is_quiet = is_quiet;
    }

    pub(crate) fn set_archive(&mut self, archive: Option<PathBuf>) {
        self.archive = archive;
    }

    /// The archive that was named before the subcommand.
    pub(crate) fn archive(&self) -> Option<&Path> {
        self.archive.as_deref()
    }

    /// Whether only errors are wanted.
    pub(crate) fn is_quiet(&self) -> bool {
        self.is_quiet
    }

    /// Whether a person reads standard output.
    pub(crate) fn is_output_terminal(&self) -> bool {
        self.is_output_terminal
    }

    /// Whether a person reads standard error.
    pub(crate) fn is_error_terminal(&self) -> bool {
        self.is_error_terminal
    }

    /// Standard output: data only.
    pub(crate) fn output(&self) -> BufWriter<io::StdoutLock<'static>> {
        BufWriter::with_capacity(1 << 16, io::stdout().lock())
    }

    /// Says something on standard error, unless only errors are wanted.
    pub(crate) fn say(&self, text: &str) {
        if !self.is_quiet {
            self.tell(text);
        }
    }

    /// Warns on standard error, quiet or not.
    pub(crate) fn warn(&self, text: &str) {
        self.tell(&format!("warning: {text}"));
    }

    /// Tells an error.
    pub(crate) fn error(&self, error: &Error) {
        for (index, line) in error.lines().enumerate() {
            self.tell(&if index == 0 { format!("error: {line}") } else { line });
        }
    }

    /// One line on standard error, whatever the text holds; if nobody can read it there is nobody to tell that.
    fn tell(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{}", printable(text));
    }

    /// A variable of the environment.
    pub(crate) fn variable(&self, name: &str) -> Option<OsString> {
        std::env::var_os(name)
    }

    /// Now, microseconds since 1970-01-01 UTC.
    pub(crate) fn now(&self) -> i64 {
        chrono::Utc::now().timestamp_micros()
    }
}
