//! A text in its words, for who shows or completes what is being typed.

use std::ops::Range;

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, Whitespace};

use super::statements::{Cursor, tokens};

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lexeme {
    /// Its bytes.
    pub(crate) range: Range<usize>,
    /// What it is.
    pub(crate) kind: LexemeKind,
}

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LexemeKind {
    /// A word of SQL.
    Keyword,
    /// Any other word.
    Name,
    /// A number.
    Number,
    /// A text in quotes.
    Text,
    /// A text in quotes, or a comment, whose end is still to come.
    Open,
    /// `$name`.
    Parameter,
    /// A comment.
    Comment,
    /// Blanks and line ends.
    Space,
    /// Anything else.
    Sign,
}

impl LexemeKind {
    /// Whether it may name something: a name may well be a word of SQL, such as `result`.
    pub(crate) fn is_name(self) -> bool {
        matches!(self, Self::Name | Self::Keyword)
    }
}

/// The words of a text, in order; where it cannot be read on, the rest is one.
pub(crate) fn lexemes(text: &str) -> Vec<Lexeme> {
    let (tokens, error) = tokens(text);
    let mut cursor = Cursor::new(text);
    let mut all = Vec::new();
    let mut read_to = 0;
    for token in tokens {
        let kind = match &token.token {
            Token::Word(word) if word.keyword == Keyword::NoKeyword || word.quote_style.is_some() => {
                LexemeKind::Name
            }
            Token::Word(_) => LexemeKind::Keyword,
            Token::Number(..) => LexemeKind::Number,
            Token::Placeholder(_) => LexemeKind::Parameter,
            Token::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)) => {
                LexemeKind::Comment
            }
            Token::Whitespace(_) => LexemeKind::Space,
            Token::SingleQuotedString(_)
            | Token::DollarQuotedString(_)
            | Token::EscapedStringLiteral(_)
            | Token::NationalStringLiteral(_)
            | Token::DoubleQuotedString(_) => LexemeKind::Text,
            _ => LexemeKind::Sign,
        };
        let (start, end) = (cursor.go_to(token.span.start), cursor.go_to(token.span.end));
        all.push(Lexeme { range: start..end, kind });
        read_to = end;
    }
    if error.is_some() && read_to < text.len() {
        all.push(Lexeme { range: read_to..text.len(), kind: LexemeKind::Open });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_what_they_are() {
        let text = "SELECT a, 'é' -- c\nFROM b WHERE $x = 'op";
        let words: Vec<_> = lexemes(text)
            .into_iter()
            .filter(|lexeme| lexeme.kind != LexemeKind::Space)
            .map(|lexeme| (&text[lexeme.range], lexeme.kind))
            .collect();
        assert_eq!(
            words[..4],
            [
                ("SELECT", LexemeKind::Keyword),
                ("a", LexemeKind::Name),
                (",", LexemeKind::Sign),
                ("'é'", LexemeKind::Text),
            ]
        );
        assert_eq!(words.last(), Some(&("'op", LexemeKind::Open)));
        assert!(words.iter().any(|word| word.1 == LexemeKind::Parameter && word.0 == "$x"));
    }
}
