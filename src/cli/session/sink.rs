//! Where answers go: standard output, a file, a folder of files, or a terminal where a person reads them.

use std::io::Write;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use crate::cli::Console;
use crate::cli::common::{Output, OutputArgs, refuse_inside_archive};
use crate::engine::StatementText;
use crate::error::{Context, Error, Result};
use crate::platform;
use crate::query::Script;
use crate::render::OutputFormat;

/// Longest name of a statement in the name of its file, in characters.
const NAME_CHARS_MAX: usize = 80;

/// Where answers go, and for a while somewhere else.
pub(super) struct Sink<'s> {
    args: OutputArgs,
    console: &'s Console,
    is_interactive: bool,
    home: Home<'s>,
    /// A file that `\o` has opened.
    detour: Option<Output<'s>>,
}

enum Home<'s> {
    /// All of them to one place.
    Whole(Output<'s>),
    /// Each to a file of its own.
    Folder { dir: PathBuf, digits: usize },
    /// Each for itself, to a person.
    Terminal,
}

/// What became of an answer.
pub(super) struct Taken {
    /// Its rows.
    pub(super) rows: u64,
    /// It is one that has rows, be it none; `CREATE VIEW` and the like have not.
    pub(super) has_rows: bool,
}

type Batches<'b> = dyn Iterator<Item = Result<RecordBatch>> + 'b;

impl<'s> Sink<'s> {
    pub(super) fn open(
        args: &OutputArgs,
        scripts: &[Script],
        is_interactive: bool,
        console: &'s Console,
    ) -> Result<Self> {
        let texts = || scripts.iter().flat_map(Script::statements).map(|statement| statement.text.as_str());
        let home = match args.path() {
            None if console.is_output_terminal() => {
                args.refuse_binary_terminal()?;
                Home::Terminal
            }
            Some(path) if is_folder(path) => {
                refuse_inside_archive(path)?;
                platform::create_private_dir(path).context(|| format!("cannot make `{}`", path.display()))?;
                Home::Folder { dir: path.to_owned(), digits: texts().count().to_string().len().max(2) }
            }
            _ => Home::Whole(args.open(console)?.for_statements(texts())?),
        };
        Ok(Self { args: args.clone(), console, is_interactive, home, detour: None })
    }

    /// Whether a person reads the answers as they come.
    pub(super) fn is_read_by_person(&self) -> bool {
        self.detour.is_none() && (matches!(self.home, Home::Terminal) || self.is_interactive)
    }

    /// Writes an answer.
    pub(super) fn take(
        &mut self,
        number: usize,
        statement: &StatementText,
        schema: &SchemaRef,
        batches: &mut Batches<'_>,
    ) -> Result<Taken> {
        if schema.fields().is_empty() {
            for batch in batches {
                batch?;
            }
            return Ok(Taken { rows: 0, has_rows: false });
        }
        let rows = match (&mut self.detour, &mut self.home) {
            (Some(output), _) | (None, Home::Whole(output)) => output.take_batches(schema, batches),
            (None, Home::Terminal) => {
                match self.args.open_at(None, self.console)?.take_all(schema, batches) {
                    // Whoever leaves the pager early has seen enough.
                    Err(error) if error.is_closed_pipe() => return Ok(Taken { rows: 0, has_rows: false }),
                    taken => taken,
                }
            }
            (None, Home::Folder { dir, digits }) => {
                let path = dir.join(file_name(number, *digits, statement, self.args.extension()));
                self.args.open_at(Some(&path), self.console)?.take_all(schema, batches)
            }
        }?;
        if self.is_interactive {
            self.flush()?;
        }
        Ok(Taken { rows, has_rows: true })
    }

    /// Writes an answer in another format or to a file, without a change for those after it.
    pub(super) fn take_once(
        &mut self,
        format: Option<OutputFormat>,
        path: Option<&Path>,
        schema: &SchemaRef,
        batches: &mut Batches<'_>,
    ) -> Result<u64> {
        let args = self.args.changed(format, path);
        let output = match (&mut self.detour, &mut self.home) {
            (Some(output), _) | (None, Home::Whole(output)) if path.is_none() => output,
            _ => return args.open(self.console)?.take_all(schema, batches),
        };
        let before = output.format();
        output.set_format(format.unwrap_or(before))?;
        let rows = output.take_batches(schema, batches)?;
        output.set_format(before)?;
        Ok(rows)
    }

    /// Writes a text that is no answer.
    pub(super) fn write(&mut self, text: &str) -> Result<()> {
        match (&mut self.detour, &mut self.home) {
            (Some(output), _) | (None, Home::Whole(output)) => output.write_text(text),
            (None, Home::Terminal) => {
                let mut output = self.args.changed(Some(OutputFormat::Table), None).open(self.console)?;
                output.write_text(text).and_then(|()| output.finish())
            }
            (None, Home::Folder { .. }) => {
                let mut out = self.console.output();
                out.write_all(text.as_bytes())
                    .and_then(|()| out.flush())
                    .map_err(|error| Error::output(&error))
            }
        }
    }

    /// How answers are written.
    pub(super) fn args(&self) -> &OutputArgs {
        &self.args
    }

    /// Another way to write answers, from the next one on.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut OutputArgs)) -> Result<()> {
        let mut args = self.args.clone();
        change(&mut args);
        let has_file =
            self.detour.is_some() || (args.path().is_some() && matches!(self.home, Home::Whole(_)));
        if has_file && args.format() != self.args.format() {
            return Err(Error::new("the format cannot change now")
                .because("answers go to a file, which has one format")
                .hint("end a file of `\\o FILE` with `\\o`"));
        }
        match &mut self.home {
            Home::Terminal => args.refuse_binary_terminal()?,
            Home::Whole(output) => output.change(&args)?,
            Home::Folder { .. } => {}
        }
        self.args = args;
        Ok(())
    }

    /// From now on to a file; without one, back to where answers went before.
    pub(super) fn redirect(&mut self, path: Option<&Path>) -> Result<()> {
        if let Some(open) = self.detour.take() {
            open.finish()?;
        }
        if let Some(path) = path {
            self.detour = Some(self.args.changed(None, Some(path)).open(self.console)?);
        }
        Ok(())
    }

    /// Shows what was written so far to who reads along.
    pub(super) fn flush(&mut self) -> Result<()> {
        match (&mut self.detour, &mut self.home) {
            (Some(output), _) | (None, Home::Whole(output)) => output.flush(),
            (None, Home::Folder { .. } | Home::Terminal) => Ok(()),
        }
    }

    pub(super) fn finish(mut self) -> Result<()> {
        self.redirect(None)?;
        match self.home {
            Home::Whole(output) => output.finish(),
            Home::Folder { .. } | Home::Terminal => Ok(()),
        }
    }

    pub(super) fn abandon(self) {
        for output in self.detour.into_iter().chain(match self.home {
            Home::Whole(output) => Some(output),
            Home::Folder { .. } | Home::Terminal => None,
        }) {
            output.abandon();
        }
    }
}

/// Whether the path means a folder: it ends so, or is one.
fn is_folder(path: &Path) -> bool {
    let text = path.as_os_str().to_string_lossy();
    text.ends_with(std::path::is_separator) || path.is_dir()
}

/// `01-name.csv`, the name from the last comment `-- name: …` before the statement.
fn file_name(number: usize, digits: usize, statement: &StatementText, extension: &str) -> String {
    let named = statement.comments.iter().rev().find_map(|comment| comment.strip_prefix("name:"));
    let mut name = String::new();
    for c in named.unwrap_or_default().trim().chars().take(NAME_CHARS_MAX) {
        if c.is_alphanumeric() || c == '_' {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    match name.trim_end_matches('-') {
        "" => format!("{number:0digits$}.{extension}"),
        name => format!("{number:0digits$}-{name}.{extension}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Place;

    #[test]
    fn a_file_is_called_as_the_statement_is() {
        let name = |comments: &[&str], number, digits| {
            let statement = StatementText {
                text: String::new(),
                begin: Place { line: 1, column: 1 },
                comments: comments.iter().map(|comment| (*comment).to_owned()).collect(),
                placeholders: Vec::new(),
            };
            file_name(number, digits, &statement, "csv")
        };
        assert_eq!(name(&[], 1, 2), "01.csv");
        assert_eq!(name(&["name: a", "name: new guests"], 12, 3), "012-new-guests.csv");
        assert_eq!(name(&["name: ../../etc/x.sh", "about: y"], 1, 2), "01-etc-x-sh.csv");
        assert_eq!(name(&["name: ..;"], 1, 2), "01.csv");
    }
}
