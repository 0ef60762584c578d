//! The one error that a person reads: what could not be done, because of what, and the way out.
//!
//! Code that branches on a failure uses an enum of its own (`normalize::Reject`, `format::Unusable`); everything
//! that ends on a screen becomes an [`Error`].
//!
//! ```text
//! error: cannot open archive `case-42`
//! because: no such file or directory
//! hint: create it with `auditql ingest <files> --archive case-42`
//! ```

use std::fmt;
use std::io;

/// A result whose failure is told to a person.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// What could not be done, why, and what to do about it.
#[derive(Debug)]
pub(crate) struct Error {
    what: String,
    because: Vec<String>,
    hint: Option<String>,
    is_closed_pipe: bool,
}

impl Error {
    /// An error that says `what` could not be done: lower case, values in backticks, no full stop.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), because: Vec::new(), hint: None, is_closed_pipe: false }
    }

    /// A failure to write what was asked for; whoever closes the pipe early has read enough, which is no failure.
    pub(crate) fn output(error: &io::Error) -> Self {
        let is_closed_pipe = error.kind() == io::ErrorKind::BrokenPipe;
        Self { is_closed_pipe, ..Self::new("cannot write the output").because(error) }
    }

    /// Whether the reader of the output has closed it.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        self.is_closed_pipe
    }

    /// Adds the reason.
    #[must_use]
    pub(crate) fn because(mut self, reason: impl fmt::Display) -> Self {
        self.because.push(reason.to_string());
        self
    }

    /// Adds the way out; a later hint replaces an earlier one.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The error as lines for a person: what, because, hint. A line end inside a part stays inside it.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> + '_ {
        let what = std::iter::once(self.what.clone());
        let because = self.because.iter().map(|reason| format!("because: {reason}"));
        what.chain(because).chain(self.hint.iter().map(|hint| format!("hint: {hint}")))
    }

    /// The hint, if there is one.
    pub(crate) fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The reasons on one line, for places that hold one line only (`meta.sources`, `meta.rejects`).
    pub(crate) fn one_line(&self) -> String {
        std::iter::once(self.what.as_str())
            .chain(self.because.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join(": ")
            .replace('\n', " ")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().collect::<Vec<_>>().join("\n"))
    }
}

impl std::error::Error for Error {}

/// Turns a failure of a lower layer into an [`Error`] that says what was being done.
pub(crate) trait Context<T> {
    /// Keeps the lower failure as the reason of `what`.
    fn context(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: fmt::Display> Context<T> for std::result::Result<T, E> {
    fn context(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|reason| Error::new(what()).because(reason))
    }
}

/// Adds the way out to a failure.
pub(crate) trait Hint<T> {
    /// Adds a hint, normally a command to paste.
    fn hint(self, hint: impl FnOnce() -> String) -> Result<T>;
}

impl<T> Hint<T> for Result<T> {
    fn hint(self, hint: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| error.hint(hint()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_reads_as_three_lines() {
        let error = Error::new("cannot open archive `case-42`").because("no such file").hint("make it");
        assert_eq!(error.to_string(), "cannot open archive `case-42`\nbecause: no such file\nhint: make it");
        assert_eq!(error.one_line(), "cannot open archive `case-42`: no such file");
    }
}
