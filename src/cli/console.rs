//! The terminal, the environment and the clock, in one place.

use std::ffi::OsString;
use std::io::{self, BufWriter, IsTerminal};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use terminal_size::{Height, Width, terminal_size_of};

use super::pager::{Pager, PagerChoice};
use super::status_line::{StatusLine, Watched};
use crate::error::Error;
use crate::render::printable;

/// What the program talks to.
pub struct Console {
    is_quiet: bool,
    archive: Option<PathBuf>,
    is_output_terminal: bool,
    is_error_terminal: bool,
    is_plain: bool,
    status_line: Arc<StatusLine>,
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
            is_plain: false,
            status_line: Arc::default(),
        }
    }

    pub(crate) fn set_quiet(&mut self, is_quiet: bool) {
        self.is_quiet = is_quiet;
    }

    /// No colours, whatever the terminal can show.
    pub(crate) fn set_plain(&mut self, is_plain: bool) {
        self.is_plain = is_plain;
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

    /// Columns and lines of the terminal that standard output is.
    pub(crate) fn terminal_size(&self) -> Option<(usize, usize)> {
        let (Width(columns), Height(lines)) =
            terminal_size_of(io::stdout()).filter(|_| self.is_output_terminal)?;
        Some((columns.into(), lines.into()))
    }

    /// Columns of the terminal that standard error is.
    pub(super) fn error_width(&self) -> Option<usize> {
        terminal_size_of(io::stderr()).map(|(Width(columns), _)| columns.into())
    }

    /// Whether colours are wanted on standard output: it is a terminal that has them, and nobody said no
    /// (<https://no-color.org>).
    pub(crate) fn has_colours(&self) -> bool {
        let is_set = |name| self.variable(name).is_some_and(|value| !value.is_empty());
        let is_dumb = self.variable("TERM").is_some_and(|terminal| terminal == "dumb");
        self.is_output_terminal && !self.is_plain && !is_set("NO_COLOR") && !is_dumb
    }

    /// The line below everything else on the terminal.
    pub(super) fn status_line(&self) -> &Arc<StatusLine> {
        &self.status_line
    }

    /// Standard output: data only. What is shown on a terminal ends the line below it.
    pub(crate) fn output(&self) -> BufWriter<Watched<io::StdoutLock<'static>>> {
        let line = self.is_output_terminal.then(|| Arc::clone(&self.status_line));
        BufWriter::with_capacity(1 << 16, Watched::new(io::stdout().lock(), line))
    }

    /// Standard output through a pager, if it is a terminal.
    pub(super) fn pager(&self) -> Option<Pager> {
        let choice = PagerChoice { own: self.variable("AUDITQL_PAGER"), any: self.variable("PAGER") };
        let out = Box::new(self.output());
        self.terminal_size().map(|size| Pager::new(&choice, size, out, Arc::clone(&self.status_line)))
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

    /// One line on standard error, whatever the text holds.
    fn tell(&self, text: &str) {
        self.status_line.tell(&printable(text));
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
