//! Statements and commands, done one after the other: what a person types and what a script says are the same.
//!
//! ```text
//! shell, query, run ─▶ Session::item ─▶ a statement ─▶ Engine ─▶ Sink
//!                                    └▶ a `\` command ─▶ commands
//! ```

mod commands;
mod last;
mod sink;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::last::Last;
use self::sink::{Sink, Taken};
use super::Console;
use super::common::{EngineArgs, OutputArgs};
use super::progress::Progress;
use crate::archive::Snapshot;
use crate::engine::{Answer, Engine, Parameters, StatementText, TimeRange};
use crate::error::{Context, Error, Result};
use crate::query::{Library, Script, check_given, given_for, script_text};

pub(super) use self::commands::COMMANDS;

/// Scripts that call each other with `\i` and `\run`, at most.
const DEPTH_MAX: usize = 16;

/// What a session keeps between one input and the next.
pub(super) struct Session<'s> {
    args: &'s EngineArgs,
    console: &'s Console,
    engine: Rc<Engine>,
    library: Arc<Library>,
    sink: Sink<'s>,
    settings: Settings,
    variables: BTreeMap<String, String>,
    last: Last,
    told: BTreeSet<String>,
    statements: usize,
    rows: u64,
    depth: usize,
    is_over: bool,
}

/// What commands change.
struct Settings {
    has_timing: bool,
    is_interactive: bool,
    time_range: TimeRange,
}

/// How a session is opened.
pub(super) struct Opening<'o> {
    /// Which engine.
    pub(super) engine: &'o EngineArgs,
    /// The archive, if it is not the one that `engine` names.
    pub(super) snapshot: Option<Snapshot>,
    /// Where answers go.
    pub(super) output: &'o OutputArgs,
    /// Say how long each statement takes.
    pub(super) has_timing: bool,
    /// A person types.
    pub(super) is_interactive: bool,
}

impl<'s> Session<'s> {
    /// Opens the archive, and where answers go. `scripts` are those that will be run, as far as they are known.
    ///
    /// # Errors
    ///
    /// If the archive or a query folder cannot be read, a parameter of the scripts has no value, or the output cannot be
    /// written.
    pub(super) fn open(
        opening: Opening<'s>,
        scripts: &[Script],
        given: &[(String, String)],
        console: &'s Console,
    ) -> Result<Self> {
        let Opening { engine: args, snapshot, output, has_timing, is_interactive } = opening;
        let library = args.library()?;
        let engine = match snapshot {
            Some(snapshot) => args.open_on(snapshot, &library, console)?,
            None => args.open_with(&library, console)?,
        };
        let newest = engine.snapshot().period().map(|(_, last)| last);
        for script in scripts {
            script.check(given, &commands::variables_set(scripts), newest)?;
            warn_of_lacking(&engine, script, console);
        }
        let output = output.sparing_sources(engine.snapshot());
        let sink = Sink::open(&output, scripts, is_interactive, console)?;
        let time_range = engine.time_range();
        let keeps_last = is_interactive || scripts.iter().any(Script::has_commands);
        Ok(Self {
            args,
            console,
            engine: Rc::new(engine),
            library,
            sink,
            settings: Settings { has_timing, is_interactive, time_range },
            variables: BTreeMap::new(),
            last: Last::new(keeps_last),
            told: BTreeSet::new(),
            statements: 0,
            rows: 0,
            depth: 0,
            is_over: false,
        })
    }

    /// The engine; another one after `\from` and `\to`.
    pub(super) fn engine(&self) -> &Rc<Engine> {
        &self.engine
    }

    /// The saved queries at hand.
    pub(super) fn library(&self) -> &Arc<Library> {
        &self.library
    }

    /// Rows that statements gave so far.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Whether somebody wants to leave.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Does everything that a text says, up to the first failure; a text that was typed has no name.
    pub(super) fn take_text(&mut self, name: Option<&str>, text: &str) -> Result<()> {
        let script = match name {
            Some(name) => Script::named(name, text)?,
            None => Script::read(text)?,
        };
        self.take_script(&script, &[])
    }

    /// Does everything that a script says, up to the first failure.
    fn take_script(&mut self, script: &Script, given: &[(String, String)]) -> Result<()> {
        check_given(std::slice::from_ref(script), given)?;
        warn_of_lacking(&self.engine, script, self.console);
        if self.depth >= DEPTH_MAX {
            return Err(Error::new("scripts call each other too deep")
                .because(format!("{DEPTH_MAX} of them wait for each other")));
        }
        self.depth += 1;
        let mut done = Ok(());
        for item in script.statements() {
            done = self.item(script, given, item).map_err(|error| script.of_this(error, Some(item.begin)));
            if done.is_err() || self.is_over {
                break;
            }
        }
        self.depth -= 1;
        done
    }

    /// Does one thing that a script says, with the values given for its parameters.
    ///
    /// # Errors
    ///
    /// What is wrong with it, where, and what may have been meant.
    pub(super) fn item(
        &mut self,
        script: &Script,
        given: &[(String, String)],
        item: &StatementText,
    ) -> Result<()> {
        if let Some(command) = item.text.strip_prefix('\\') {
            return commands::run(self, command);
        }
        let parameters = if item.placeholders.is_empty() {
            Parameters::default()
        } else {
            let given = given_for(script, given, &self.variables);
            script.bind(&given, self.engine.snapshot().period().map(|(_, last)| last))?
        };
        self.statement(script, item, &parameters)
    }

    fn statement(&mut self, script: &Script, item: &StatementText, parameters: &Parameters) -> Result<()> {
        self.statements += 1;
        let started = Instant::now();
        let engine = Rc::clone(&self.engine);
        let answer = script.start(item, &engine, parameters)?;
        self.last.begin(item, parameters);
        self.show(item, answer, started)
    }

    /// Shows an answer, and says what is to be said of it.
    fn show(&mut self, item: &StatementText, answer: Answer<'_>, started: Instant) -> Result<()> {
        for warning in answer.warnings() {
            // A person sees it where it belongs; a script's log holds it once.
            if self.told.insert(warning.text.clone()) || self.settings.is_interactive {
                self.console.warn(&warning.text);
            }
        }
        let schema = answer.schema();
        let _progress = Progress::begin(self.console, answer.reading());
        let last = &mut self.last;
        last.schema(&schema);
        let mut kept = answer.inspect(|batch| last.keep(batch));
        let taken = self.sink.take(self.statements, item, &schema, &mut kept)?;
        self.say_taken(&taken, started.elapsed());
        self.rows += taken.rows;
        Ok(())
    }

    fn say_taken(&self, taken: &Taken, elapsed: Duration) {
        let rows = || format!("{} {}", taken.rows, if taken.rows == 1 { "row" } else { "rows" });
        let elapsed = format!("{:.3} ms", elapsed.as_secs_f64() * 1_000.0);
        match (self.sink.is_read_by_person(), self.settings.has_timing) {
            (true, true) if taken.has_rows => self.console.say(&format!("{}, {elapsed}", rows())),
            (true, true) => self.console.say(&elapsed),
            (true, false) if taken.has_rows => self.console.say(&rows()),
            (false, true) => self.console.say(&format!("timing: statement {}: {elapsed}", self.statements)),
            (_, false) => {}
        }
    }

    /// Writes a text to where answers go.
    fn write(&mut self, text: &str) -> Result<()> {
        self.sink.write(text)
    }

    /// From now on another part of the archive.
    fn set_time_range(&mut self, range: TimeRange) -> Result<()> {
        let engine = self.args.open_within(self.engine.snapshot().clone(), &self.library, range)?;
        if self.settings.is_interactive {
            engine.survive_interrupts();
        }
        self.engine = Rc::new(engine);
        self.settings.time_range = range;
        Ok(())
    }

    /// Runs a file of SQL.
    fn take_file(&mut self, path: &Path) -> Result<()> {
        let name = path.display().to_string();
        let bytes = fs::read(path).context(|| format!("cannot read `{name}`"))?;
        let text = script_text(&name, bytes)?;
        self.take_text(Some(&name), &text)
    }

    /// Shows what was written so far to who reads along.
    pub(super) fn flush(&mut self) -> Result<()> {
        self.sink.flush()
    }

    /// Ends the output; a file gets its name.
    pub(super) fn finish(self) -> Result<()> {
        self.sink.finish()
    }

    /// Gives up; a file that is not complete goes away.
    pub(super) fn abandon(self) {
        self.sink.abandon();
    }
}

/// Says which tables of events the archive has nothing of though a script needs them.
fn warn_of_lacking(engine: &Engine, script: &Script, console: &Console) {
    engine.lacking(script.needs()).iter().for_each(|warning| console.warn(&warning.text));
}
