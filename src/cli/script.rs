//! Running scripts: one after the other, and what is told when a statement fails.

use super::Console;
use super::session::{Opening, Session};
use crate::error::{Error, Result};
use crate::query::{Script, check_given};

/// Runs scripts one after the other and writes their answers; what was written before a failure stays. Gives the number
/// of rows.
///
/// # Errors
///
/// The first failure; with `keeps_going`, how many statements failed, after each failure was told.
pub(super) fn run_scripts(
    scripts: &[Script],
    given: &[(String, String)],
    opening: Opening<'_>,
    keeps_going: bool,
    console: &Console,
) -> Result<u64> {
    check_given(scripts, given)?;
    let mut session = Session::open(opening, scripts, given, console)?;
    if console.is_output_terminal() {
        // The pager of an answer is left by who reads it, not by the end of the program.
        session.engine().survive_interrupts();
    }
    let count = scripts.iter().map(|script| script.statements().len()).sum();
    let items = scripts.iter().flat_map(|script| script.statements().iter().map(move |item| (script, item)));
    let mut failed = 0;
    for (index, (script, item)) in items.enumerate() {
        if session.is_over() {
            break;
        }
        let Err(error) = session.item(script, given, item) else { continue };
        if error.is_output() {
            session.abandon();
            return Err(error);
        }
        let error = script.of_this(error, Some(item.begin));
        if !keeps_going {
            session.abandon();
            return Err(if count > 1 { error.note(ran_before(index, count)) } else { error });
        }
        session.flush()?;
        console.error(&error);
        failed += 1;
    }
    let rows = session.rows();
    session.finish()?;
    if failed > 0 {
        return Err(Error::new(format!("{failed} of {count} statements failed")));
    }
    Ok(rows)
}

fn ran_before(index: usize, count: usize) -> String {
    match index {
        0 => format!("no statement of {count} ran before it"),
        1 => format!("1 statement of {count} ran before it"),
        index => format!("{index} statements of {count} ran before it"),
    }
}
