//! The text of a statement as the tokens that the engine reads, each with its place: names are looked for among them,
//! never inside texts and comments.

use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer};

use crate::error::Place;

/// A statement's text, as far as it can be read.
pub(super) struct Text<'s> {
    sql: &'s str,
    tokens: Vec<TokenWithSpan>,
}

impl<'s> Text<'s> {
    pub(super) fn new(sql: &'s str) -> Self {
        let mut tokens = Vec::new();
        // What cannot be read is told by whoever runs it.
        let _ = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location_into_buf(&mut tokens);
        tokens.retain(|token| !matches!(token.token, Token::Whitespace(_)));
        Self { sql, tokens }
    }

    /// The text itself.
    pub(super) fn sql(&self) -> &'s str {
        self.sql
    }

    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// A token; past the end there is none.
    pub(super) fn token(&self, index: usize) -> Option<&Token> {
        self.tokens.get(index).map(|token| &token.token)
    }

    /// A name or keyword as it is written, without its quotes.
    pub(super) fn word(&self, index: usize) -> Option<&str> {
        match self.token(index)? {
            Token::Word(word) => Some(&word.value),
            _ => None,
        }
    }

    /// Whether a token is this word, not in quotes.
    pub(super) fn is_word(&self, index: usize, wanted: &str) -> bool {
        matches!(self.token(index), Some(Token::Word(word))
            if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(wanted))
    }

    /// A token as it is written.
    pub(super) fn written(&self, index: usize) -> &'s str {
        self.tokens.get(index).map_or("", |token| self.slice(token.span))
    }

    /// Where a token begins; past the last one the end of the text.
    pub(super) fn place(&self, index: usize) -> Place {
        let location = match self.tokens.get(index) {
            Some(token) => token.span.start,
            None => self.tokens.last().map_or(Location { line: 1, column: 1 }, |token| token.span.end),
        };
        Place { line: location.line, column: location.column }
    }

    /// The token that begins at a place.
    pub(super) fn index_at(&self, place: Place) -> Option<usize> {
        let location = Location { line: place.line, column: place.column };
        self.tokens.iter().position(|token| token.span.start == location)
    }

    /// Whether no blank parts a token from the one before it.
    pub(super) fn is_joined(&self, index: usize) -> bool {
        index > 0
            && self.tokens.get(index).is_some_and(|token| token.span.start == self.tokens[index - 1].span.end)
    }

    /// Where these words first follow each other.
    pub(super) fn words(&self, words: &[&str]) -> Option<usize> {
        (0..self.len())
            .find(|index| words.iter().enumerate().all(|(offset, word)| self.is_word(index + offset, word)))
    }

    /// Where a name first stands, `a.b` too: as names, or quoted as one.
    pub(super) fn name(&self, name: &str) -> Option<usize> {
        let parts: Vec<&str> = name.split('.').collect();
        let part_is =
            |index: usize, part: &str| self.word(index).is_some_and(|word| word.eq_ignore_ascii_case(part));
        let is_whole = |index: usize| match self.token(index) {
            Some(Token::SingleQuotedString(text)) => parts.len() > 1 && text == name,
            _ => part_is(index, name),
        };
        let is_here = |index: usize| {
            parts.iter().enumerate().all(|(nth, part)| {
                part_is(index + 2 * nth, part)
                    && (nth == 0 || self.token(index + 2 * nth - 1) == Some(&Token::Period))
            })
        };
        (0..self.len())
            .find(|index| is_here(*index))
            .or_else(|| (0..self.len()).find(|index| is_whole(*index)))
    }

    /// Where a text `'…'` with this value first stands.
    pub(super) fn literal(&self, value: &str) -> Option<usize> {
        (0..self.len()).find(
            |index| matches!(self.token(*index), Some(Token::SingleQuotedString(text)) if text == value),
        )
    }

    /// Where a number first stands that is written so.
    pub(super) fn number(&self, value: &str) -> Option<usize> {
        (0..self.len())
            .find(|index| matches!(self.token(*index), Some(Token::Number(text, _)) if text == value))
    }

    /// The names from a token on that are joined by periods: `a.b.c`.
    pub(super) fn chain(&self, index: usize) -> Vec<&str> {
        let mut names: Vec<&str> = self.word(index).into_iter().collect();
        let mut next = index + 1;
        while self.token(next) == Some(&Token::Period)
            && let Some(name) = self.word(next + 1)
        {
            names.push(name);
            next += 2;
        }
        names
    }

    /// The names that a token is one of, joined by periods.
    pub(super) fn chain_around(&self, index: usize) -> Vec<&str> {
        let mut first = index;
        while first >= 2 && self.token(first - 1) == Some(&Token::Period) && self.word(first - 2).is_some() {
            first -= 2;
        }
        self.chain(first)
    }

    /// What stands between two places of the text.
    pub(super) fn slice(&self, span: Span) -> &'s str {
        self.sql.get(self.offset(span.start)..self.offset(span.end)).unwrap_or_default()
    }

    fn offset(&self, location: Location) -> usize {
        let (mut line, mut column) = (1, 1);
        for (at, c) in self.sql.char_indices() {
            if (line, column) == (location.line, location.column) {
                return at;
            }
            match c {
                '\n' => (line, column) = (line + 1, 1),
                _ => column += 1,
            }
        }
        self.sql.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_code_only() {
        let text = Text::new("SELECT 'b', a.b /* c */ -- d\nFROM \"c\" WHERE B = 'x.y' AND c.b.d > 1");
        let at = |name: &str| text.name(name).map(|index| (text.place(index).line, text.place(index).column));
        assert_eq!(at("b"), Some((1, 15)));
        assert_eq!(at("A.B"), Some((1, 13)));
        assert_eq!(at("c"), Some((2, 6)));
        assert_eq!(at("x.y"), Some((2, 20)));
        assert_eq!(at("d"), Some((2, 34)));
        assert_eq!(at("e"), None);
        assert_eq!(text.chain_around(text.name("d").unwrap()), ["c", "b", "d"]);
        assert_eq!(text.literal("b").map(|index| text.written(index)), Some("'b'"));
        assert_eq!(text.place(text.len()), Place { line: 2, column: 39 });
        assert_eq!(Text::new("").place(0), Place { line: 1, column: 1 });
    }
}
