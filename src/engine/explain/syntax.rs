//! Statements that are no SQL: what is wrong at the place where reading stopped, and what may have been meant.

use datafusion::sql::sqlparser::parser::ParserError;
use datafusion::sql::sqlparser::tokenizer::Token;

use super::text::Text;
use super::{Known, readings};
use crate::error::{Error, Place};

/// Why a statement cannot be read.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) place: Option<Place>,
    pub(super) because: String,
    pub(super) hint: Option<String>,
}

impl Reading {
    pub(super) fn new(place: Place, because: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { place: Some(place), because: because.into(), hint: Some(hint.into()) }
    }
}

/// Explains why a text is no statement.
pub(super) fn explain(text: &Text<'_>, parser: &ParserError, known: Option<&Known<'_>>) -> Error {
    let (message, place) = match parser {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => parted(message),
        ParserError::RecursionLimitExceeded => return too_deep(text, deepest(text)),
    };
    let place = place.unwrap_or_else(|| text.place(text.len()));
    let reading = match parser {
        ParserError::TokenizerError(_) => unclosed(text, message, place),
        _ => {
            let stop = Stop::new(text, message, place);
            readings::read(&stop, known).unwrap_or_else(|| stop.plainly())
        }
    };
    let error = Error::new("cannot read the statement").at(reading.place).because(reading.because);
    reading.hint.into_iter().fold(error, Error::hint)
}

/// The parser's message without the place that it ends with, and the place.
fn parted(message: &str) -> (&str, Option<Place>) {
    let Some((message, place)) = message.split_once(" at Line: ") else { return (message, None) };
    let place = place.split_once(", Column: ").and_then(|(line, column)| {
        Some(Place { line: line.parse().ok()?, column: column.trim().parse().ok()? })
    });
    (message, place)
}

/// A statement that is nested too deep at a token.
pub(super) fn too_deep(text: &Text<'_>, index: usize) -> Error {
    Error::new("the statement is nested too deep")
        .at(Some(text.place(index)))
        .hint("name its parts: `WITH name AS (SELECT …) SELECT … FROM name`; write many values as `IN (…)`")
}

/// Where the brackets are deepest, or else where a statement begins.
fn deepest(text: &Text<'_>) -> usize {
    let (mut depth, mut deepest) = (0_usize, (0, 0));
    for index in 0..text.len() {
        match text.token(index) {
            Some(Token::LParen) => {
                depth += 1;
                deepest = if depth > deepest.0 { (depth, index) } else { deepest };
            }
            Some(Token::RParen) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest.1
}

/// What the tokenizer could not read: mostly something that is opened and never closed.
fn unclosed(text: &Text<'_>, message: &str, place: Place) -> Reading {
    let closed = |what: &str| format!("the {what} that opens here is never closed");
    if message.contains("string literal") || message.contains("dollar-quoted") {
        return Reading::new(place, closed("quote"), "a quote inside a text is written twice: `'it''s'`");
    }
    if message.contains("close delimiter") {
        return Reading::new(place, closed("quote"), "double quotes are for names, a text is written `'…'`");
    }
    if message.contains("multi-line comment") {
        let last = text.place(text.len());
        let opening = rest_from(text.sql(), last).find("/*").map(|at| after(text.sql(), last, at));
        return Reading::new(opening.unwrap_or(place), closed("comment"), "close it with `*/`");
    }
    Reading { place: Some(place), because: lower_first(message.trim_end_matches('.')), hint: None }
}

fn rest_from(sql: &str, place: Place) -> &str {
    let mut rest = sql;
    for _ in 1..place.line {
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
    }
    let skipped = usize::try_from(place.column).unwrap_or(1) - 1;
    rest.char_indices().nth(skipped).map_or("", |(at, _)| &rest[at..])
}

/// The place that is `bytes` after another one.
fn after(sql: &str, place: Place, bytes: usize) -> Place {
    let passed = &rest_from(sql, place)[..bytes];
    let lines = passed.matches('\n').count() as u64;
    let last = passed.rsplit('\n').next().unwrap_or_default().chars().count() as u64;
    Place { line: lines + 1, column: last + 1 }.after(place)
}

/// Where reading a statement stopped.
pub(super) struct Stop<'t> {
    pub(super) text: &'t Text<'t>,
    /// The token that was not expected; past the last one if the text ended.
    pub(super) at: usize,
    /// What the parser would have read.
    pub(super) expected: String,
    pub(super) place: Place,
}

impl<'t> Stop<'t> {
    fn new(text: &'t Text<'t>, message: &str, place: Place) -> Self {
        let expected = message.strip_prefix("Expected: ").unwrap_or(message);
        let expected = expected.split_once(", found: ").map_or(expected, |(expected, _)| expected);
        let at = text.index_at(place).unwrap_or(text.len());
        Self { text, at, expected: expected.to_owned(), place }
    }

    /// Whether the token is this word.
    pub(super) fn is(&self, word: &str) -> bool {
        self.text.is_word(self.at, word)
    }

    /// What the parser said.
    pub(super) fn plainly(&self) -> Reading {
        let expected = match self.expected.as_str() {
            "identifier" => "a name".to_owned(),
            text if text.contains(' ') || text.chars().all(char::is_lowercase) => text.to_owned(),
            text => format!("`{text}`"),
        };
        let found = match self.text.written(self.at) {
            "" => "the statement ends here,".to_owned(),
            found => format!("`{}` stands", super::shortened(found)),
        };
        let is_short = expected.chars().count() < 60;
        let because = if found.starts_with("the statement ends") && !is_short {
            "the statement ends here".to_owned()
        } else if !is_short {
            format!("{found} where something else is expected")
        } else if self.expected.contains("found")
            || !self.expected.contains(char::is_alphanumeric) && expected.contains(' ')
        {
            lower_first(&self.expected)
        } else {
            format!("{found} where {expected} is expected")
        };
        Reading { place: Some(self.place), because, hint: None }
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_lowercase().chain(chars).collect())
}
