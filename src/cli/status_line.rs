//! The line below everything that a terminal shows, which goes away before anything else is written.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use unicode_width::UnicodeWidthStr;

/// Messages that wait for a pager to be left.
const WAITING_MAX: usize = 1_000;

/// A line that is written anew in its place, on a terminal's standard error.
///
/// Whatever is written to the terminal goes through [`StatusLine::tell`] or a [`Watched`] output, or follows
/// [`StatusLine::end`]: else it would stand in the middle of the line. While a pager has the terminal, nothing is written.
#[derive(Debug, Default)]
pub(super) struct StatusLine(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Columns that the line takes.
    shown: usize,
    /// Lines that were begun; the newest may be drawn.
    begun: u64,
    is_over: bool,
    /// A pager has the terminal.
    is_lent: bool,
    /// What is to be told when it is left.
    waiting: Vec<String>,
    /// What there was no room for.
    dropped: u64,
}

impl StatusLine {
    /// Begins a line; what draws an earlier one draws nothing any more.
    pub(super) fn begin(&self) -> u64 {
        let mut state = self.erased(&mut io::stderr());
        state.is_over = false;
        state.begun += 1;
        state.begun
    }

    /// Draws a line that was begun, unless it is over. The text must not be wider than the terminal.
    pub(super) fn draw(&self, begun: u64, text: &str, out: &mut dyn Write) {
        let mut state = self.lock();
        if state.is_over || state.is_lent || state.begun != begun {
            return;
        }
        let rest = " ".repeat(state.shown.saturating_sub(text.width()));
        // Blanks and not a terminal's own sign for it: every terminal has them.
        let _ = write!(out, "\r{text}{rest}\r").and_then(|()| out.flush());
        state.shown = text.width();
    }

    /// Takes the line away for good.
    pub(super) fn end(&self) {
        self.erased(&mut io::stderr()).is_over = true;
    }

    /// Writes a text and a line end to standard error, while the line is away; it comes back when it is drawn again.
    pub(super) fn tell(&self, text: &str) {
        let mut state = self.erased(&mut io::stderr());
        if state.is_lent {
            if state.waiting.len() < WAITING_MAX {
                state.waiting.push(text.to_owned());
            } else {
                state.dropped += 1;
            }
        } else {
            write_line(text);
        }
    }

    /// A pager gets the terminal: lines and messages wait until it is left.
    pub(super) fn lend(&self) {
        self.erased(&mut io::stderr()).is_lent = true;
    }

    /// The pager was left: tells what waited.
    pub(super) fn take_back(&self) {
        let mut state = self.lock();
        state.is_lent = false;
        state.waiting.drain(..).for_each(|text| write_line(&text));
        if state.dropped > 0 {
            write_line(&format!("… {} more messages", state.dropped));
            state.dropped = 0;
        }
    }

    fn erased(&self, out: &mut dyn Write) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        if state.shown > 0 {
            let _ = write!(out, "\r{}\r", " ".repeat(state.shown)).and_then(|()| out.flush());
            state.shown = 0;
        }
        state
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// If nobody can read it there is nobody to tell that.
fn write_line(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// An output on the same terminal: what is written first ends the line.
#[derive(Debug)]
pub(crate) struct Watched<W> {
    line: Option<std::sync::Arc<StatusLine>>,
    out: W,
}

impl<W: Write> Watched<W> {
    /// Without a line it is just the output.
    pub(super) fn new(out: W, line: Option<std::sync::Arc<StatusLine>>) -> Self {
        Self { line, out }
    }

    fn end(&self) {
        if let Some(line) = &self.line {
            line.end();
        }
    }
}

impl<W: Write> Write for Watched<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.end();
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.end();
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_line_covers_the_one_before_and_goes_away() {
        let line = StatusLine::default();
        let mut out = Vec::new();
        let begun = line.begin();
        line.draw(begun, "12345", &mut out);
        line.draw(begun, "日", &mut out);
        drop(line.erased(&mut out));
        drop(line.erased(&mut out));
        assert_eq!(String::from_utf8(out).unwrap(), "\r12345\r\r日   \r\r  \r");
    }

    #[test]
    fn what_is_over_is_not_drawn() {
        let line = Arc::new(StatusLine::default());
        let mut out = Vec::new();
        let first = line.begin();
        let second = line.begin();
        line.draw(first, "first", &mut out);
        assert!(out.is_empty());
        let mut rows = Watched::new(Vec::new(), Some(Arc::clone(&line)));
        rows.write_all(b"row").unwrap();
        line.draw(second, "second", &mut out);
        assert!(out.is_empty());
        let third = line.begin();
        line.draw(third, "third", &mut out);
        assert_eq!(out, b"\rthird\r");
        // What a test's terminal shows is none of its business.
        line.lock().shown = 0;
    }

    #[test]
    fn messages_wait_for_the_pager_to_be_left() {
        let line = StatusLine::default();
        let mut out = Vec::new();
        let begun = line.begin();
        line.lend();
        line.draw(begun, "line", &mut out);
        assert!(out.is_empty());
        for n in 0..WAITING_MAX + 5 {
            line.tell(&n.to_string());
        }
        {
            let mut state = line.lock();
            assert_eq!((state.waiting.len(), state.dropped), (WAITING_MAX, 5));
            // A test's standard error is no place for them.
            state.waiting.clear();
            state.dropped = 0;
        }
        line.take_back();
        line.draw(begun, "line", &mut out);
        assert_eq!(out, b"\rline\r");
        line.lock().shown = 0;
    }
}
