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
//!
//! Where a text is wrong that somebody wrote, its line stands below, with a mark under the place:
//!
//! ```text
//! error: no column `actvity` in `audit` (line 1, column 8)
//!   SELECT actvity FROM audit
//!          ^
//! hint: did you mean `activity`?
//! ```

use std::borrow::Cow;
use std::fmt;
use std::io;

use unicode_width::UnicodeWidthChar;

/// Columns of a terminal that the line of a text may take below an error.
const EXCERPT_COLUMNS_MAX: usize = 100;
/// Of these, how many stand before the place if the line is longer.
const EXCERPT_COLUMNS_BEFORE: usize = 60;
/// How alike two names must be for one to be suggested for the other, from 0 to 1.
const ALIKE: f64 = 0.72;

/// A result whose failure is told to a person.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// What could not be done, why, and what to do about it.
#[derive(Debug)]
pub(crate) struct Error(Box<Parts>);

/// Boxed, so that a result that is fine stays small.
#[derive(Debug)]
struct Parts {
    what: String,
    because: Vec<String>,
    note: Option<String>,
    hint: Option<String>,
    place: Option<Place>,
    excerpt: Option<[String; 2]>,
    text_name: Option<String>,
    is_output: bool,
    is_closed_pipe: bool,
}

/// A place in a text: line and column in characters, the first is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Line.
    pub(crate) line: u64,
    /// Column.
    pub(crate) column: u64,
}

impl Place {
    /// This place of a part of a text as a place of the text, if the part begins at `begin`.
    pub(crate) fn after(self, begin: Self) -> Self {
        if self.line == 1 {
            Self { line: begin.line, column: begin.column + self.column - 1 }
        } else {
            Self { line: begin.line + self.line - 1, column: self.column }
        }
    }

    /// This place of a text as a place of the part of it that begins at `begin`, which is not after it.
    pub(crate) fn within(self, begin: Self) -> Self {
        if self.line == begin.line {
            Self { line: 1, column: self.column - begin.column + 1 }
        } else {
            Self { line: self.line - begin.line + 1, column: self.column }
        }
    }
}

impl Error {
    /// An error that says `what` could not be done: lower case, values in backticks, no full stop.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            what: what.into(),
            because: Vec::new(),
            note: None,
            hint: None,
            place: None,
            excerpt: None,
            text_name: None,
            is_output: false,
            is_closed_pipe: false,
        }))
    }

    /// A failure to write what was asked for; whoever closes the pipe early has read enough, which is no failure.
    pub(crate) fn output(error: &io::Error) -> Self {
        let mut failure = Self::new("cannot write the output").because(error);
        failure.0.is_output = true;
        failure.0.is_closed_pipe = error.kind() == io::ErrorKind::BrokenPipe;
        failure
    }

    /// Whether what failed is the writing of what was asked for.
    pub(crate) fn is_output(&self) -> bool {
        self.0.is_output
    }

    /// Whether the reader of the output has closed it.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        self.0.is_closed_pipe
    }

    /// Adds the reason.
    #[must_use]
    pub(crate) fn because(mut self, reason: impl fmt::Display) -> Self {
        self.0.because.push(reason.to_string());
        self
    }

    /// Makes this failure the reason of another one, and its way out that of both.
    pub(crate) fn reason_of(self, what: impl Into<String>) -> Self {
        let failure = Self::new(what).because(self.one_line());
        Self(Box::new(Parts { hint: self.0.hint, ..*failure.0 }))
    }

    /// Adds the way out; a later hint replaces an earlier one.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Says where in the text that was given it is wrong.
    #[must_use]
    pub(crate) fn at(mut self, place: Option<Place>) -> Self {
        self.0.place = place;
        self
    }

    /// Shows the line of the text that it has its place in.
    #[must_use]
    pub(crate) fn shown_in(mut self, text: &str) -> Self {
        self.0.excerpt = self.0.place.and_then(|place| excerpt(text, place));
        self
    }

    /// Makes its place in a part of a text one in the text, if the part begins at `begin`; a place in another text, which
    /// has a name, stays.
    #[must_use]
    pub(crate) fn moved(mut self, begin: Place) -> Self {
        if self.0.text_name.is_none() {
            self.0.place = self.0.place.map(|place| place.after(begin));
        }
        self
    }

    /// Names the text that is wrong, unless that is known; where its place is not known, it is `begin`.
    #[must_use]
    pub(crate) fn in_text(mut self, name: &str, begin: Option<Place>) -> Self {
        if self.0.text_name.is_some() {
            return self;
        }
        self.0.text_name = Some(name.to_owned());
        self.0.place = self.0.place.or(begin);
        self
    }

    /// Adds what is worth knowing beside the reason.
    #[must_use]
    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.0.note = Some(note.into());
        self
    }

    /// What could not be done, and where.
    fn headline(&self) -> String {
        match (&self.0.text_name, self.0.place) {
            (Some(name), Some(Place { line, column })) => format!("{name}:{line}:{column}: {}", self.0.what),
            (Some(name), None) => format!("{name}: {}", self.0.what),
            (None, Some(Place { line, column })) => format!("{} (line {line}, column {column})", self.0.what),
            (None, None) => self.0.what.clone(),
        }
    }

    /// The error as lines for a person: what, where, because, note, hint. A line end inside a part stays inside it.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> + '_ {
        let what = std::iter::once(self.headline()).chain(self.0.excerpt.iter().flatten().cloned());
        let because = self.0.because.iter().map(|reason| format!("because: {reason}"));
        let note = self.0.note.iter().map(|note| format!("note: {note}"));
        what.chain(because).chain(note).chain(self.0.hint.iter().map(|hint| format!("hint: {hint}")))
    }

    /// The hint, if there is one.
    pub(crate) fn hint_text(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The reasons on one line, for places that hold one line only (`meta.sources`, `meta.rejects`).
    pub(crate) fn one_line(&self) -> String {
        std::iter::once(self.headline().as_str())
            .chain(self.0.because.iter().map(String::as_str))
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

/// The line that a place is in, and a line with a mark under the place. A tab is a blank, what cannot be seen is U+FFFD,
/// and of a long line only the part around the place is left.
fn excerpt(text: &str, place: Place) -> Option<[String; 2]> {
    let line = text.split('\n').nth(usize::try_from(place.line).ok()?.checked_sub(1)?)?;
    let line: Vec<char> = line.trim_end().chars().map(visible).collect();
    let at = usize::try_from(place.column).ok()?.checked_sub(1)?.min(line.len());
    let of = |c: &char| c.width().unwrap_or(0);
    let width = |part: &[char]| part.iter().map(of).sum::<usize>();
    let mut begin = line.iter().take(at).take_while(|c| **c == ' ').count();
    let mut end = line.len();
    if width(&line[begin..]) > EXCERPT_COLUMNS_MAX {
        begin = at - fitting(line[begin..at].iter().rev().map(of), EXCERPT_COLUMNS_BEFORE);
        end = begin + fitting(line[begin..].iter().map(of), EXCERPT_COLUMNS_MAX);
    }
    let is_cut_before = line[..begin].iter().any(|c| *c != ' ');
    let before = if is_cut_before { "…" } else { "" };
    let after = if end < line.len() { "…" } else { "" };
    let shown: String = line[begin..end].iter().collect();
    let blanks = " ".repeat(usize::from(is_cut_before) + width(&line[begin..at]));
    Some([format!("  {before}{shown}{after}"), format!("  {blanks}^")])
}

/// How many of the first of these widths fit.
fn fitting(widths: impl Iterator<Item = usize>, width_max: usize) -> usize {
    let mut sum = 0;
    let is_inside = |width: &usize| {
        sum += width;
        sum <= width_max
    };
    widths.take_while(is_inside).count()
}

/// The character as an excerpt shows it: one that takes no room, or moves the cursor, would push the mark off its place.
fn visible(c: char) -> char {
    match c {
        '\t' | '\r' => ' ',
        c if c.is_control() => '\u{FFFD}',
        '\u{061C}'
        | '\u{FEFF}'
        | '\u{200B}'..='\u{200F}'
        | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' => '\u{FFFD}',
        c => c,
    }
}

/// A word of a command to paste, as a shell takes it.
pub(crate) fn shell_word(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@+,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
}

/// The name most like another one, if one is like it: a hint asks whether it was meant.
pub(crate) fn alike<'n>(name: &str, names: &[&'n str]) -> Option<&'n str> {
    let name = name.to_ascii_lowercase();
    let score = |other: &str| {
        let likeness = strsim::jaro_winkler(&name, other);
        match strsim::osa_distance(&name, other) {
            0 => 2.0,
            1 if other.len() > 2 => 1.0 + likeness / 10.0,
            _ => likeness,
        }
    };
    // A short name is within nearly every long one.
    let comparable =
        names.iter().filter(|other| name.len() <= 2 * other.len() && (name.len() > 2 || other.len() < 12));
    let scored = comparable.map(|other| (score(&other.to_ascii_lowercase()), *other));
    scored.filter(|(score, _)| *score >= ALIKE).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, other)| other)
}

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

    #[test]
    fn words_to_paste() {
        assert_eq!(shell_word("ana@fabrikam.example"), "ana@fabrikam.example");
        assert_eq!(shell_word("a b'$(x)"), r"'a b'\''$(x)'");
        assert_eq!(shell_word(""), "''");
    }

    #[test]
    fn the_name_most_like_another() {
        assert_eq!(alike("Actvity", &["activity_type", "activity"]), Some("activity"));
        assert_eq!(alike("SIGNIN", &["audit", "signin"]), Some("signin"));
        assert_eq!(alike("describe", &["d", "df"]), None);
        assert_eq!(alike("critical", &["high", "medium", "low"]), None);
        assert_eq!(alike("x", &[]), None);
    }

    #[test]
    fn a_failure_that_is_the_reason_of_another_keeps_its_way_out() {
        let error = Error::new("`x` is no number").hint("write 5").reason_of("cannot use `n`");
        assert_eq!(error.to_string(), "cannot use `n`\nbecause: `x` is no number\nhint: write 5");
    }

    #[test]
    fn a_place_in_a_part_is_one_in_the_text() {
        let begin = Place { line: 3, column: 5 };
        let error = |line, column| Error::new("no").at(Some(Place { line, column })).moved(begin);
        assert_eq!(error(1, 2).to_string(), "no (line 3, column 6)");
        assert_eq!(error(2, 2).in_text("a.sql", Some(begin)).to_string(), "a.sql:4:2: no");
        assert_eq!(Error::new("no").in_text("a.sql", Some(begin)).to_string(), "a.sql:3:5: no");
        assert_eq!(Error::new("no").in_text("a.sql", None).to_string(), "a.sql: no");
        for place in [begin, Place { line: 3, column: 9 }, Place { line: 7, column: 2 }] {
            assert_eq!(place.within(begin).after(begin), place);
        }
    }

    #[test]
    fn a_place_is_shown_in_its_line() {
        let lines = |text: &str, line, column| {
            Error::new("no")
                .at(Some(Place { line, column }))
                .shown_in(text)
                .lines()
                .skip(1)
                .collect::<Vec<_>>()
        };
        let check = |text: &str, line, column, shown: &str, mark: &str| {
            assert_eq!(lines(text, line, column), [format!("  {shown}"), format!("  {mark}")], "{text:?}");
        };
        check("SELECT x", 1, 8, "SELECT x", "       ^");
        check("SELECT\r\n\t  x,\ty\r\nFROM t", 2, 6, "x, y", "  ^");
        check("SELECT x", 1, 9, "SELECT x", "        ^");
        check("  SELECT", 1, 1, "  SELECT", "^");
        check("SELECT '日本' x", 1, 13, "SELECT '日本' x", "              ^");
        check("a\u{1b}[31m\u{202e}b c", 1, 9, "a\u{FFFD}[31m\u{FFFD}b c", "        ^");
        check("e\u{301} x", 1, 4, "e\u{301} x", "  ^");
        check("", 1, 1, "", "^");
        assert!(lines("a", 2, 1).is_empty() && lines("a", 0, 0).is_empty());
        let long = format!("{}x{}", "a".repeat(200), "b".repeat(200));
        let cut = format!("…{}x{}…", "a".repeat(60), "b".repeat(39));
        check(&long, 1, 201, &cut, &format!("{}^", " ".repeat(61)));
        check(&long, 1, 1, &format!("{}…", "a".repeat(100)), "^");
        let error = Error::new("no")
            .at(Some(Place { line: 1, column: 8 }))
            .shown_in("SELECT x")
            .because("b")
            .hint("h");
        assert_eq!(error.to_string(), "no (line 1, column 8)\n  SELECT x\n         ^\nbecause: b\nhint: h");
        assert_eq!(error.one_line(), "no (line 1, column 8): b");
    }
}
