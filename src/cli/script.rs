//! Running scripts: one answer after the other to where it belongs, and what is told when one fails.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::Console;
use super::common::{Output, OutputArgs, refuse_inside_archive};
use crate::engine::{Answer, Engine, Parameters, StatementText};
use crate::error::{Context, Error, Result};
use crate::platform;
use crate::query::{Script, bind_all};

/// Longest name of a statement in the name of its file, in characters.
const NAME_CHARS_MAX: usize = 80;

/// How scripts are run.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RunOptions {
    /// Say how long each statement took.
    pub(super) has_timing: bool,
    /// After a statement that fails go on with the next one.
    pub(super) keeps_going: bool,
}

/// Runs scripts one after the other and writes their answers; what was written before a failure stays. Gives the number
/// of rows.
///
/// # Errors
///
/// The first failure; with `keeps_going`, how many statements failed, after each failure was told.
pub(super) fn run_scripts(
    scripts: &[Script],
    given: &[(String, String)],
    engine: &Engine,
    output: &OutputArgs,
    options: RunOptions,
    console: &Console,
) -> Result<u64> {
    let newest = engine.snapshot().period().map(|(_, last)| last);
    let parameters = bind_all(scripts, given, newest)?;
    let count = scripts.iter().map(|script| script.statements().len()).sum();
    let sink = Sink::open(output, scripts, console)?;
    let mut run = Running { engine, options, console, sink, told: BTreeSet::new(), rows: 0 };
    let statements = scripts.iter().zip(&parameters).flat_map(|(script, parameters)| {
        script.statements().iter().map(move |one| (script, parameters, one))
    });
    let mut failed = 0;
    for (index, (script, parameters, statement)) in statements.enumerate() {
        let Err(error) = run.statement(index + 1, script, parameters, statement) else { continue };
        if error.is_output() {
            run.sink.abandon();
            return Err(error);
        }
        let error = script.of_this(error, Some(statement.begin));
        if !options.keeps_going {
            run.sink.abandon();
            return Err(if count > 1 { error.note(ran_before(index, count)) } else { error });
        }
        run.sink.flush()?;
        console.error(&error);
        failed += 1;
    }
    run.sink.finish()?;
    if failed > 0 {
        return Err(Error::new(format!("{failed} of {count} statements failed")));
    }
    Ok(run.rows)
}

fn ran_before(index: usize, count: usize) -> String {
    match index {
        0 => format!("no statement of {count} ran before it"),
        1 => format!("1 statement of {count} ran before it"),
        index => format!("{index} statements of {count} ran before it"),
    }
}

struct Running<'r> {
    engine: &'r Engine,
    options: RunOptions,
    console: &'r Console,
    sink: Sink<'r>,
    told: BTreeSet<String>,
    rows: u64,
}

impl Running<'_> {
    fn statement(
        &mut self,
        number: usize,
        script: &Script,
        parameters: &Parameters,
        statement: &StatementText,
    ) -> Result<()> {
        let started = Instant::now();
        let answer = script.start(statement, self.engine, parameters)?;
        for warning in answer.warnings() {
            if self.told.insert(warning.clone()) {
                self.console.warn(warning);
            }
        }
        self.rows += self.sink.take(number, statement, answer)?;
        if self.options.has_timing {
            let elapsed = started.elapsed().as_secs_f64() * 1_000.0;
            self.console.say(&format!("timing: statement {number}: {elapsed:.3} ms"));
        }
        Ok(())
    }
}

/// Where the answers go.
enum Sink<'s> {
    /// All of them to one place.
    Whole(Output<'s>),
    /// Each to a file of its own.
    Folder { dir: PathBuf, digits: usize, output: &'s OutputArgs, console: &'s Console },
}

impl<'s> Sink<'s> {
    fn open(output: &'s OutputArgs, scripts: &[Script], console: &'s Console) -> Result<Self> {
        let texts = || scripts.iter().flat_map(Script::statements).map(|statement| statement.text.as_str());
        let Some(path) = output.path() else {
            return Ok(Self::Whole(output.open(console)?.for_statements(texts())?));
        };
        refuse_inside_archive(path)?;
        if !is_folder(path) {
            return Ok(Self::Whole(output.open(console)?.for_statements(texts())?));
        }
        platform::create_private_dir(path).context(|| format!("cannot make `{}`", path.display()))?;
        let digits = texts().count().to_string().len().max(2);
        Ok(Self::Folder { dir: path.to_owned(), digits, output, console })
    }

    fn take(&mut self, number: usize, statement: &StatementText, mut answer: Answer<'_>) -> Result<u64> {
        let has_rows = !answer.schema().fields().is_empty();
        match self {
            Self::Whole(output) => output.take(answer).map(|rows| if has_rows { rows } else { 0 }),
            Self::Folder { .. } if !has_rows => answer.try_for_each(|batch| batch.map(drop)).map(|()| 0),
            Self::Folder { dir, digits, output, console } => {
                let name = file_name(number, *digits, statement, output.extension());
                let mut file = output.open_at(Some(&dir.join(name)), console)?;
                match file.take(answer) {
                    Ok(rows) => file.finish().map(|()| rows),
                    Err(error) => {
                        file.abandon();
                        Err(error)
                    }
                }
            }
        }
    }

    fn flush(&mut self) -> Result<()> {
        match self {
            Self::Whole(output) => output.flush(),
            Self::Folder { .. } => Ok(()),
        }
    }

    fn finish(self) -> Result<()> {
        match self {
            Self::Whole(output) => output.finish(),
            Self::Folder { .. } => Ok(()),
        }
    }

    fn abandon(self) {
        if let Self::Whole(output) = self {
            output.abandon();
        }
    }
}

/// Whether the path means a folder: it ends so, or is one.
pub(super) fn is_folder(path: &Path) -> bool {
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
