//! A text taken apart into its statements, by the tokenizer that the engine itself reads SQL with.

use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{
    Location, Token, TokenWithSpan, Tokenizer, TokenizerError, Whitespace,
};

use crate::error::Place;

/// One statement of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StatementText {
    /// From its first word to its last, without the `;`.
    pub(crate) text: String,
    /// Where it begins.
    pub(crate) begin: Place,
    /// The comments `-- …` on lines of their own before it, without their dashes.
    pub(crate) comments: Vec<String>,
    /// Names of its parameters `$name`, without the `$`, and where each first stands.
    pub(crate) placeholders: Vec<(String, Place)>,
}

/// Parts a text at the `;` between statements. A line that begins with `\` where a statement could is a command, and a
/// statement of its own. Where the text cannot be read on, the rest is one statement, which fails when it is run. `line`
/// is the number of the text's first line.
pub(crate) fn statements(text: &str, line: u64) -> Vec<StatementText> {
    let (mut rest, mut line) = (text, line);
    let mut all = Vec::new();
    loop {
        let (statements, end) = until_command(rest, line);
        all.extend(statements);
        let Some((end, column)) = end else { return all };
        line += rest[..end].matches('\n').count() as u64;
        let (command, after) = rest[end..].split_once('\n').unwrap_or((&rest[end..], ""));
        all.push(StatementText {
            text: command.trim_end().trim_end_matches(';').trim_end().to_owned(),
            begin: Place { line, column },
            comments: Vec::new(),
            placeholders: Vec::new(),
        });
        (rest, line) = (after, line + 1);
    }
}

/// The statements before the first command, and the byte and the column at which it begins.
fn until_command(text: &str, line: u64) -> (Vec<StatementText>, Option<(usize, u64)>) {
    let (tokens, error) = tokens(text);
    let mut cursor = Cursor::new(text);
    let mut parts = vec![Part::default()];
    let last = |parts: &mut Vec<Part>| parts.pop().unwrap_or_default();
    let mut read_to = cursor.place;
    for TokenWithSpan { token, span } in tokens {
        let mut part = last(&mut parts);
        read_to = span.end;
        match token {
            Token::SemiColon => {
                parts.push(part);
                part = Part { after_line: span.start.line, ..Part::default() };
            }
            Token::Whitespace(Whitespace::SingleLineComment { comment, .. }) => {
                if part.range.is_none() && span.start.line > part.after_line {
                    part.comments.push(comment.trim().to_owned());
                }
            }
            Token::Whitespace(_) => {}
            Token::Backslash if part.range.is_none() => {
                let at = cursor.go_to(span.start);
                return (finished(parts, text, line), Some((at, span.start.column)));
            }
            token => {
                part.extend(&mut cursor, span.start);
                part.end_at(&mut cursor, span.end);
                if let Token::Placeholder(name) = token {
                    part.placeholder(&name, span.start, line);
                }
            }
        }
        parts.push(part);
    }
    if error.is_some() {
        let mut part = last(&mut parts);
        part.extend(&mut cursor, read_to);
        if let Some((_, end, _)) = &mut part.range {
            *end = text.len();
        }
        parts.push(part);
    }
    (finished(parts, text, line), None)
}

fn finished(parts: Vec<Part>, text: &str, line: u64) -> Vec<StatementText> {
    parts.into_iter().filter_map(|part| part.statement(text, line)).collect()
}

/// Whether the text's last statement is complete: it ends with a `;` that parts statements.
pub(crate) fn ends_statement(text: &str) -> bool {
    let (tokens, error) = tokens(text);
    match error {
        // What is open may be closed by a line that is still to come.
        Some(error) => {
            let is_open = ["Unterminated", "EOF", "close delimiter"];
            !is_open.iter().any(|word| error.message.contains(word)) && text.trim_end().ends_with(';')
        }
        None => {
            let last = tokens.iter().rev().find(|token| !matches!(token.token, Token::Whitespace(_)));
            last.is_some_and(|token| token.token == Token::SemiColon)
        }
    }
}

/// The tokens, as far as the text can be read.
pub(super) fn tokens(text: &str) -> (Vec<TokenWithSpan>, Option<TokenizerError>) {
    let mut tokens = Vec::new();
    let error = Tokenizer::new(&GenericDialect {}, text).tokenize_with_location_into_buf(&mut tokens).err();
    (tokens, error)
}

/// A statement that is being gathered.
#[derive(Default)]
struct Part {
    /// First and last byte, and where the first stands.
    range: Option<(usize, usize, Location)>,
    /// Line of the `;` before it.
    after_line: u64,
    comments: Vec<String>,
    placeholders: Vec<(String, Place)>,
}

impl Part {
    fn extend(&mut self, cursor: &mut Cursor<'_>, start: Location) {
        if self.range.is_none() {
            let at = cursor.go_to(start);
            self.range = Some((at, at, start));
        }
    }

    fn end_at(&mut self, cursor: &mut Cursor<'_>, location: Location) {
        if let Some((_, end, _)) = &mut self.range {
            *end = cursor.go_to(location);
        }
    }

    fn placeholder(&mut self, name: &str, start: Location, line: u64) {
        let name = name.trim_start_matches('$');
        if !self.placeholders.iter().any(|(known, _)| known == name) {
            self.placeholders.push((name.to_owned(), place(start, line)));
        }
    }

    fn statement(self, text: &str, line: u64) -> Option<StatementText> {
        let (begin, end, start) = self.range?;
        Some(StatementText {
            text: text[begin..end].trim_end().to_owned(),
            begin: place(start, line),
            comments: self.comments,
            placeholders: self.placeholders,
        })
    }
}

fn place(location: Location, line: u64) -> Place {
    Place { line: location.line + line - 1, column: location.column }
}

/// Follows the tokenizer's places through the text, once from front to back.
pub(super) struct Cursor<'t> {
    text: &'t str,
    at: usize,
    place: Location,
}

impl<'t> Cursor<'t> {
    /// At the text's beginning.
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0, place: Location { line: 1, column: 1 } }
    }

    /// The byte at a place that is not before the last one.
    pub(super) fn go_to(&mut self, place: Location) -> usize {
        while self.place < place
            && let Some(c) = self.text[self.at..].chars().next()
        {
            self.at += c.len_utf8();
            match c {
                '\n' => self.place = Location { line: self.place.line + 1, column: 1 },
                _ => self.place.column += 1,
            }
        }
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(script: &str) -> Vec<(u64, u64, String)> {
        statements(script, 1).into_iter().map(|s| (s.begin.line, s.begin.column, s.text)).collect()
    }

    #[test]
    fn statements_are_parted_in_code_only() {
        let script = "-- a; b\nSELECT ';' AS \"x;y\" /* ; /* ; */ ; */;\r\n\n  SELECT 'it''s; ok' -- ;\n;;\nSELECT $$;é$$ , $a$;$a$, `;` /* é; */, 3";
        assert_eq!(
            texts(script),
            [
                (2, 1, "SELECT ';' AS \"x;y\"".to_owned()),
                (4, 3, "SELECT 'it''s; ok'".to_owned()),
                (6, 1, "SELECT $$;é$$ , $a$;$a$, `;` /* é; */, 3".to_owned()),
            ]
        );
        assert!(texts("  ;; -- nothing\n").is_empty() && texts("/* a */ -- b").is_empty());
    }

    #[test]
    fn a_command_is_a_line() {
        assert_eq!(
            texts("\\set who it's;\n-- a\nSELECT 1;\n  \\x on\r\nSELECT '\n\\q\n'; \\q"),
            [
                (1, 1, "\\set who it's".to_owned()),
                (3, 1, "SELECT 1".to_owned()),
                (4, 3, "\\x on".to_owned()),
                (5, 1, "SELECT '\n\\q\n'".to_owned()),
                (7, 4, "\\q".to_owned()),
            ]
        );
    }

    #[test]
    fn what_is_not_closed_is_the_last_statement() {
        assert_eq!(texts("SELECT 1;\n 'x;\ny"), [(1, 1, "SELECT 1".into()), (2, 2, "'x;\ny".into())]);
        assert_eq!(texts("SELECT 1; /* x").len(), 2);
        assert_eq!(texts("SELECT 'é' || 'x")[0].2, "SELECT 'é' || 'x");
    }

    #[test]
    fn comments_and_parameters_of_a_statement() {
        let all = statements("-- name: a\nSELECT $x, $x; -- name: b\n-- name: c\nSELECT '$z', $y1;", 2);
        assert_eq!(
            (all[0].comments.len(), all[1].comments.as_slice()),
            (1, ["name: c".to_owned()].as_slice())
        );
        assert_eq!(all[0].placeholders, [("x".to_owned(), Place { line: 3, column: 8 })]);
        assert_eq!(all[1].placeholders, [("y1".to_owned(), Place { line: 5, column: 14 })]);
    }

    #[test]
    fn a_statement_ends_with_a_semicolon_in_code() {
        assert!(ends_statement("SELECT 1; -- done\n"));
        assert!(!ends_statement("SELECT ';"));
        assert!(!ends_statement("SELECT 1 -- ;"));
        assert!(!ends_statement("SELECT 1; SELECT 2"));
        assert!(!ends_statement("SELECT 1; /* "));
        assert!(!ends_statement("SELECT $$;"));
    }
}
