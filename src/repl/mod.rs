//! The shell: statements over several lines until `;`, and commands that begin with `\`.
//!
//! Knows the line editor and writes to the output that it is given; archive and arguments are `cli`'s.

mod commands;
mod complete;
mod history;

use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{CompletionType, Config, Editor};

use crate::engine::{Answer, Engine};
use crate::error::{Context, Error, Result};
use crate::query::{Library, Script};
use crate::render::{OutputFormat, Place, printable, render_at};

use self::complete::Completer;
use self::history::History;

/// Longest cell of a table.
const CELL_WIDTH_MAX: usize = 72;

/// What a shell needs from outside.
pub(crate) struct Surroundings<'a> {
    /// Where answers go.
    pub(crate) out: &'a mut dyn Write,
    /// Where everything else goes.
    pub(crate) err: &'a mut dyn Write,
    /// File of the history; nothing keeps none.
    pub(crate) history: Option<PathBuf>,
    /// A person types: greet and prompt.
    pub(crate) is_interactive: bool,
    /// A person reads the answers where they are written.
    pub(crate) is_output_terminal: bool,
    /// Time of the archive's newest event, from which ages count back.
    pub(crate) newest: Option<i64>,
}

/// A running shell.
struct Shell<'a> {
    engine: &'a Engine,
    library: &'a Library,
    around: Surroundings<'a>,
    format: OutputFormat,
    /// Answers in this format, which stand in one document.
    answers: u64,
    has_timing: bool,
    is_over: bool,
}

/// Reads and runs until `\q` or the end of the input. Returns whether everything that was run succeeded.
///
/// # Errors
///
/// If the terminal fails. A statement that fails is told, and the shell goes on.
pub(crate) fn run<'a>(engine: &'a Engine, library: &'a Library, around: Surroundings<'a>) -> Result<bool> {
    let describe = || "cannot read from the terminal".to_owned();
    let config = Config::builder().completion_type(CompletionType::List).auto_add_history(false).build();
    let mut editor: Editor<Completer, FileHistory> =
        Editor::with_history(config, FileHistory::default()).context(describe)?;
    editor.set_helper(Some(Completer::new(&engine.tables()?, library)));
    let history = History::open(around.history.clone(), &mut editor);
    let is_interactive = around.is_interactive;
    let mut shell = Shell {
        engine,
        library,
        around,
        format: OutputFormat::Table,
        answers: 0,
        has_timing: false,
        is_over: false,
    };
    if is_interactive {
        shell.say("auditql: SQL ends with `;`, `\\?` lists the commands, `\\q` leaves");
    }
    let mut all_succeeded = true;
    while !shell.is_over {
        match editor.readline(if is_interactive { "auditql> " } else { "" }) {
            Ok(line) if line.trim().is_empty() => {}
            Ok(line) => {
                history.add(&mut editor, &line);
                if let Err(error) = shell.take(&line) {
                    if error.is_closed_pipe() {
                        return Err(error);
                    }
                    all_succeeded = false;
                    shell.tell(&error);
                }
            }
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(Error::new(describe()).because(error)),
        }
    }
    Ok(all_succeeded)
}

impl Shell<'_> {
    /// Runs one input: a command, or statements.
    fn take(&mut self, line: &str) -> Result<()> {
        let line = line.trim();
        match line.strip_prefix('\\') {
            Some(command) => commands::run(self, command),
            None => {
                let script = Script::read(line)?;
                self.run_script(&script, &[])
            }
        }
    }

    fn run_script(&mut self, script: &Script, given: &[(String, String)]) -> Result<()> {
        let engine = self.engine;
        let parameters = script.bind(given, self.around.newest)?;
        let mut started = Instant::now();
        script.run(engine, &parameters, &mut |answer| {
            self.show(answer, started)?;
            started = Instant::now();
            Ok(())
        })
    }

    fn show(&mut self, mut answer: Answer<'_>, started: Instant) -> Result<()> {
        let schema = answer.schema();
        for warning in answer.warnings() {
            self.say(&format!("warning: {}", printable(warning)));
        }
        let width_max = self.around.is_interactive.then_some(CELL_WIDTH_MAX);
        let place = Place { width_max, answers_before: self.answers, is_file: false };
        let rows = render_at(place, self.format, &schema, &mut answer, &mut self.around.out)?;
        self.answers += u64::from(!schema.fields().is_empty());
        if self.around.is_interactive || self.has_timing {
            let mut note = format!("{rows} {}", if rows == 1 { "row" } else { "rows" });
            if self.has_timing {
                note += &format!(", {:.1} ms", started.elapsed().as_secs_f64() * 1_000.0);
            }
            self.say(&note);
        }
        Ok(())
    }

    fn write(&mut self, text: &str) -> Result<()> {
        let out = &mut self.around.out;
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| Error::output(&error))
    }

    /// Says something beside the answers.
    fn say(&mut self, text: &str) {
        let _ = writeln!(self.around.err, "{text}");
    }

    fn tell(&mut self, error: &Error) {
        for (index, line) in error.lines().enumerate() {
            let prefix = if index == 0 { "error: " } else { "" };
            let _ = writeln!(self.around.err, "{prefix}{}", printable(&line));
        }
    }
}
