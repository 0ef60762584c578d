//! A pager for what does not fit the terminal.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use unicode_width::UnicodeWidthStr;

use super::status_line::StatusLine;

/// What is run if nobody wants another one: it leaves at once if all fits, passes colours on, cuts long lines and leaves
/// what was read on the screen.
const DEFAULT: &str = "less -RSFX";
/// Bytes that wait for a terminal to be full; characters without a width never fill it.
const WAITING_BYTES_MAX: usize = 1 << 20;

/// What the environment says of pagers.
#[derive(Debug, Clone, Default)]
pub(super) struct PagerChoice {
    /// `AUDITQL_PAGER`.
    pub(super) own: Option<OsString>,
    /// `PAGER`.
    pub(super) any: Option<OsString>,
}

/// Holds back what is written until the terminal is full, and then hands it to a pager; else it writes it where it
/// belongs.
///
/// A pager that is left early makes writing fail with [`io::ErrorKind::BrokenPipe`]: its reader has seen enough.
pub(super) struct Pager {
    command: Option<Vec<String>>,
    /// Columns and lines.
    size: (usize, usize),
    state: State,
    out: Box<dyn Write>,
    line: Arc<StatusLine>,
}

enum State {
    /// Nothing was shown; so much of the text, up to the beginning of its last line, takes so many of the terminal's
    /// lines.
    Waiting { text: Vec<u8>, begin: usize, lines: usize },
    /// The pager shows it.
    Paging(Child),
    /// It goes to the output.
    Plain,
}

impl PagerChoice {
    /// Program and arguments; nothing if none is wanted.
    fn command(&self) -> Option<Vec<String>> {
        let chosen = self.own.as_ref().or(self.any.as_ref());
        let words = words(&chosen.map_or(DEFAULT.into(), |chosen| chosen.to_string_lossy()));
        if matches!(words.first().map(String::as_str), None | Some("cat")) { None } else { Some(words) }
    }
}

impl Pager {
    /// For a terminal of `size`, columns and lines, on which `out` writes and whose last line is `line`. Starts nothing
    /// yet.
    pub(super) fn new(
        choice: &PagerChoice,
        size: (usize, usize),
        out: Box<dyn Write>,
        line: Arc<StatusLine>,
    ) -> Self {
        let command = choice.command();
        let state = match command {
            Some(_) => State::Waiting { text: Vec::new(), begin: 0, lines: 0 },
            None => State::Plain,
        };
        Self { command, size: (size.0.max(1), size.1), state, out, line }
    }

    /// Shows what waits, and waits for the pager to be left.
    ///
    /// # Errors
    ///
    /// If the output fails; nothing that the pager's reader does is a failure.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.end()
    }

    fn end(&mut self) -> io::Result<()> {
        match std::mem::replace(&mut self.state, State::Plain) {
            State::Waiting { text, .. } => self.out.write_all(&text).and_then(|()| self.out.flush()),
            State::Plain => self.out.flush(),
            State::Paging(mut child) => {
                // It reads on until its input ends.
                drop(child.stdin.take());
                let left = child.wait().map(drop);
                self.line.take_back();
                left
            }
        }
    }

    /// Hands over what waits.
    fn start(&mut self) -> io::Result<()> {
        let State::Waiting { text, .. } = std::mem::replace(&mut self.state, State::Plain) else {
            return Ok(());
        };
        self.out.flush()?;
        let [program, arguments @ ..] = self.command.as_deref().unwrap_or_default() else {
            return self.out.write_all(&text);
        };
        // What we write is UTF-8 whatever the locale; `less` would show the lines of a table as numbers.
        let child =
            Command::new(program).args(arguments).env("LESSCHARSET", "utf-8").stdin(Stdio::piped()).spawn();
        match child {
            Ok(child) => {
                self.line.lend();
                self.state = State::Paging(child);
                self.write_all(&text)
            }
            // A machine without it shows it as it always did.
            Err(_) => self.out.write_all(&text),
        }
    }

    /// Whether the terminal cannot show what waits, with a line left for the prompt.
    fn is_full(&mut self) -> bool {
        let (columns, rows) = self.size;
        let State::Waiting { text, begin, lines } = &mut self.state else { return false };
        let taken = |line: &[u8]| String::from_utf8_lossy(line).width().div_ceil(columns).max(1);
        while let Some(end) = text[*begin..].iter().position(|byte| *byte == b'\n') {
            *lines += taken(&text[*begin..*begin + end]);
            *begin += end + 1;
        }
        let last = if *begin < text.len() { taken(&text[*begin..]) } else { 0 };
        *lines + last >= rows || text.len() > WAITING_BYTES_MAX
    }
}

impl Write for Pager {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.state {
            State::Plain => self.out.write(bytes),
            State::Paging(child) => match &mut child.stdin {
                Some(stdin) => stdin.write(bytes),
                None => Err(io::ErrorKind::BrokenPipe.into()),
            },
            State::Waiting { text, .. } => {
                text.extend_from_slice(bytes);
                if self.is_full() {
                    self.start()?;
                }
                Ok(bytes.len())
            }
        }
    }

    /// What waits goes on waiting: whether it fits is known at the end only.
    fn flush(&mut self) -> io::Result<()> {
        match &mut self.state {
            State::Plain => self.out.flush(),
            State::Paging(Child { stdin: Some(stdin), .. }) => stdin.flush(),
            State::Paging(_) | State::Waiting { .. } => Ok(()),
        }
    }
}

impl Drop for Pager {
    /// What was written is shown, and nobody leaves a pager behind.
    fn drop(&mut self) {
        let _ = self.end();
    }
}

/// Words between blanks, quoted ones whole. No shell: what it would make of the rest differs by system.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// An output that tells what was written to it.
    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Shared {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn pager(own: &str, size: (usize, usize)) -> (Pager, Shared) {
        let out = Shared::default();
        let choice = PagerChoice { own: Some(own.into()), any: Some("never run".into()) };
        (Pager::new(&choice, size, Box::new(out.clone()), Arc::default()), out)
    }

    #[test]
    fn words_are_parted_by_blanks() {
        assert_eq!(words(" less  -R\t-S "), ["less", "-R", "-S"]);
        assert_eq!(words(r#""/a b/less" 'x "y' """#), ["/a b/less", "x \"y", ""]);
        assert!(words("  ").is_empty());
    }

    #[test]
    fn the_environment_chooses() {
        let command = |own: Option<&str>, any: Option<&str>| {
            PagerChoice { own: own.map(Into::into), any: any.map(Into::into) }.command()
        };
        assert_eq!(command(None, None).unwrap(), ["less", "-RSFX"]);
        assert_eq!(command(None, Some("more")).unwrap(), ["more"]);
        assert_eq!(command(Some("most -x"), Some("more")).unwrap(), ["most", "-x"]);
        assert_eq!(command(Some(""), Some("more")), None);
        assert_eq!(command(Some("cat"), None), None);
    }

    #[test]
    fn what_fits_is_written_at_the_end() {
        let (mut pager, out) = pager("no-such-pager", (10, 4));
        pager.write_all("1\n2\nzehn Zeich".as_bytes()).unwrap();
        pager.flush().unwrap();
        assert_eq!(out.text(), "");
        pager.finish().unwrap();
        assert_eq!(out.text(), "1\n2\nzehn Zeich");
    }

    #[test]
    fn lines_that_are_wider_than_the_terminal_count_as_several() {
        for (text, is_full) in [
            ("1\n2\n3\n", false),
            ("1\n2\n3\n4", true),
            ("\n\n\n\n", true),
            ("1\n2\n12345678901", true),
            ("1\n2\n日本語日本", false),
            ("1\n2\n日本語日本語\n", true),
        ] {
            let (mut pager, out) = pager("no-such-pager", (10, 4));
            // Byte by byte, so that characters come in parts.
            text.bytes().for_each(|byte| pager.write_all(&[byte]).unwrap());
            assert_eq!(out.text().is_empty(), !is_full, "{text}: a pager that is not there shows it plainly");
            drop(pager);
            assert_eq!(out.text(), text);
        }
    }

    #[test]
    fn without_a_pager_everything_is_written_as_it_comes() {
        let (mut pager, out) = pager("cat", (10, 4));
        pager.write_all(b"1").unwrap();
        assert_eq!(out.text(), "1");
    }

    #[cfg(unix)]
    #[test]
    fn what_does_not_fit_goes_to_the_pager() {
        let dir = tempfile::tempdir().unwrap();
        let seen = dir.path().join("seen by the pager");
        let (mut pager, out) = pager(&format!("dd status=none 'of={}'", seen.display()), (10, 4));
        for line in 0..10_000 {
            writeln!(pager, "line {line}").unwrap();
        }
        pager.flush().unwrap();
        pager.finish().unwrap();
        assert_eq!(out.text(), "");
        let seen = std::fs::read_to_string(seen).unwrap();
        assert!(seen.starts_with("line 0\n") && seen.ends_with("line 9999\n"));
    }

    #[cfg(unix)]
    #[test]
    fn a_pager_that_is_left_early_is_a_closed_pipe() {
        let (mut pager, _) = pager("true", (10, 4));
        let text = "x".repeat(1 << 20);
        let failed = (0..100).find_map(|_| pager.write_all(text.as_bytes()).err()).unwrap();
        assert_eq!(failed.kind(), io::ErrorKind::BrokenPipe);
        pager.finish().unwrap();
    }
}
