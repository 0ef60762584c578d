//! `auditql shell`, and `auditql` alone.

use std::cell::LazyCell;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use super::common::{EngineArgs, OutputArgs};
use super::session::{COMMANDS, Opening, Session};
use super::{Console, Outcome};
use crate::engine::{Engine, FUNCTIONS};
use crate::error::Result;
use crate::platform;
use crate::query::{Library, SavedQuery};
use crate::render::OutputFormat;
use crate::repl::{self, CommandWord, Flow, QueryWord, Surroundings, Vocabulary};
use crate::schema::{EVENT_TABLES, format_time};

/// Values of a column that completion offers, at most.
const VALUES_MAX: usize = 40;

/// Arguments of `shell`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// Say how long each statement takes
    #[arg(long)]
    timing: bool,
}

impl Args {
    /// The archive that was named.
    pub(super) fn archive(&self) -> Option<PathBuf> {
        self.engine.archive.archive.clone()
    }

    /// An option that only means something to the shell itself.
    pub(super) fn option_for_the_shell(&self) -> Option<&'static str> {
        self.engine.option_set().or(self.output.option_set()).or(self.timing.then_some("--timing"))
    }
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome> {
    let console: &Console = console;
    let is_interactive = io::stdin().is_terminal() && console.is_output_terminal();
    let opening = Opening {
        engine: &args.engine,
        snapshot: None,
        output: &args.output,
        has_timing: args.timing,
        is_interactive,
    };
    let mut session = Session::open(opening, &[], &[], console)?;
    if is_interactive {
        session.engine().survive_interrupts();
        banner(session.engine(), console);
    }
    let around = Surroundings {
        history: platform::state_dir(|name| console.variable(name)).map(|dir| dir.join("history")),
        is_interactive,
        has_colours: console.has_colours(),
        vocabulary: vocabulary(session.engine(), session.library()),
    };
    let mut all_succeeded = true;
    let done = repl::run(around, &mut |input| {
        if let Err(error) = session.take_text(None, input) {
            if error.is_closed_pipe() && !is_interactive {
                return Err(error);
            }
            if !error.is_closed_pipe() {
                all_succeeded = false;
                console.error(&error);
            }
        }
        Ok(if session.is_over() { Flow::Over } else { Flow::On })
    });
    if done.is_err() {
        session.abandon();
    } else {
        session.finish()?;
    }
    done?;
    // A person has seen what failed; a script's caller has only the exit code.
    Ok(if all_succeeded || is_interactive { Outcome::Done } else { Outcome::WithComplaints })
}

/// What a newcomer needs: what there is, and what to type.
fn banner(engine: &Engine, console: &Console) {
    let snapshot = engine.snapshot();
    let counted = EVENT_TABLES.iter().filter_map(|table| {
        let rows: u64 = snapshot.files(table.name).iter().map(|file| file.rows).sum();
        (rows > 0).then(|| format!("{} {rows}", table.name))
    });
    let counts = counted.collect::<Vec<_>>().join(", ");
    console.say(&format!("auditql {}: archive {}", env!("CARGO_PKG_VERSION"), snapshot.path.display()));
    match snapshot.period() {
        Some((first, last)) => {
            console.say(&format!("{} to {}: {counts}", format_time(first), format_time(last)));
        }
        None => console.say("it holds no events yet: `auditql ingest DOWNLOADS… --archive DIR` reads some"),
    }
    console.say(
        "\\dq lists the saved queries, \\d the tables, \\? the commands; SQL ends with `;`, Ctrl-D leaves",
    );
}

/// What completion knows.
fn vocabulary(engine: &Rc<Engine>, library: &Arc<Library>) -> Vocabulary {
    let (listed, asked, library) = (Rc::clone(engine), Rc::clone(engine), Arc::clone(library));
    Vocabulary {
        tables: LazyCell::new(Box::new(move || listed.tables().unwrap_or_default())),
        functions: FUNCTIONS.iter().map(|function| function.name().to_owned()).collect(),
        queries: LazyCell::new(Box::new(move || library.queries().iter().map(query_word).collect())),
        commands: COMMANDS
            .iter()
            .map(|command| CommandWord {
                name: command.name,
                arguments: command.arguments,
                argument: command.argument,
            })
            .collect(),
        formats: OutputFormat::ALL.iter().map(|named| named.name).collect(),
        values: Box::new(move |table, column, start| {
            asked.values(table, column, start, VALUES_MAX).unwrap_or_default()
        }),
    }
}

fn query_word(query: &SavedQuery) -> QueryWord {
    let parameters = query.header().map(|header| header.parameters).unwrap_or_default();
    QueryWord {
        name: query.id.clone(),
        parameters: parameters.into_iter().map(|parameter| parameter.name).collect(),
    }
}
