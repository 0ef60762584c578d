//! The shell's line editor: statements over several lines until `;`, commands that begin with `\`, completion, history.
//!
//! Knows the terminal; what becomes of an input is decided by who takes it.

mod complete;
mod context;
mod highlight;
mod history;
mod vocabulary;

use std::io::{self, BufRead};
use std::path::PathBuf;

use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{CompletionType, Config, Editor};

use crate::error::{Context, Error, Result};

use self::complete::{Assistant, is_complete};
use self::history::History;
pub(crate) use self::vocabulary::{Argument, CommandWord, QueryWord, Vocabulary};

/// What stands before an input.
const PROMPT: &str = "auditql> ";
/// Candidates of a completion that are listed without asking.
const LISTED_MAX: usize = 100;

/// What a shell needs from outside.
pub(crate) struct Surroundings {
    /// File of the history; nothing keeps none.
    pub(crate) history: Option<PathBuf>,
    /// A person types: prompt, complete and remember.
    pub(crate) is_interactive: bool,
    /// The terminal shows colours.
    pub(crate) has_colours: bool,
    /// What completion knows.
    pub(crate) vocabulary: Vocabulary,
}

/// What follows an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// The next one.
    On,
    /// The end.
    Over,
}

/// Reads inputs and hands them to `take`, until that is over or the input ends.
///
/// # Errors
///
/// If the terminal fails, or `take` does.
pub(crate) fn run(around: Surroundings, take: &mut dyn FnMut(&str) -> Result<Flow>) -> Result<()> {
    let describe = || "cannot read from the terminal".to_owned();
    let Surroundings { history, is_interactive, has_colours, vocabulary } = around;
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .completion_prompt_limit(LISTED_MAX)
        .auto_add_history(false)
        .build();
    if !is_interactive {
        return read_piped(take);
    }
    let mut editor: Editor<Assistant, FileHistory> =
        Editor::with_history(config, FileHistory::default()).context(describe)?;
    editor.set_helper(Some(Assistant::new(vocabulary, has_colours)));
    let history = History::open(history, &mut editor);
    loop {
        match editor.readline(PROMPT) {
            Ok(line) if line.trim().is_empty() => {}
            Ok(line) => {
                history.add(&mut editor, &line);
                if take(&line)? == Flow::Over {
                    return Ok(());
                }
            }
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => return Ok(()),
            Err(error) => return Err(Error::new(describe()).because(error)),
        }
    }
}

/// Takes what is piped in as it ends; what is not ended when the input ends, too.
fn read_piped(take: &mut dyn FnMut(&str) -> Result<Flow>) -> Result<()> {
    let mut text = String::new();
    for line in io::stdin().lock().lines() {
        text.push_str(&line.context(|| "cannot read standard input".to_owned())?);
        text.push('\n');
        if is_complete(&text) {
            if !text.trim().is_empty() && take(&text)? == Flow::Over {
                return Ok(());
            }
            text.clear();
        }
    }
    if text.trim().is_empty() { Ok(()) } else { take(&text).map(drop) }
}
