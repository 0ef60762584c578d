//! A condition that somebody gives as text: one SQL expression, which can become part of a statement and of no other.

use std::fmt;

use datafusion::error::DataFusionError;
use datafusion::sql::parser::DFParserBuilder;
use datafusion::sql::sqlparser::tokenizer::Token;

use super::explain::explain_text;
use crate::error::{Error, Result};

/// One SQL expression. Displayed, it stands in brackets, ready to follow `WHERE` or `AND`.
#[derive(Debug, Clone)]
pub(crate) struct Condition(String);

impl Condition {
    /// Reads the text, which must be one expression from its first character to its last. Whether its columns exist
    /// is found out by the statement that it becomes part of.
    ///
    /// # Errors
    ///
    /// If it is no expression, or if something follows it: `1=1; drop`, `true) union (`.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let unreadable = |error: &DataFusionError| {
            let why = explain_text(text, error);
            Error::new(format!("`{text}` is not one SQL condition"))
                .because(why.one_line().replacen("cannot read the statement", "cannot read it", 1))
                .hint("write one expression over the columns, quoted as a whole: \"result = 'failure' AND actor_ip IS NOT NULL\"")
        };
        let mut parser = DFParserBuilder::new(text).build().map_err(|error| unreadable(&error))?;
        parser.parser.parse_expr().map_err(|error| unreadable(&DataFusionError::from(error)))?;
        let rest = parser.parser.peek_token();
        if rest.token != Token::EOF {
            let error = parser.parser.expected::<()>("the end of the condition", rest);
            return Err(unreadable(&DataFusionError::from(error.expect_err("something else was found"))));
        }
        Ok(Self(text.to_owned()))
    }

    /// The condition as it was given.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A comment at the end would swallow the bracket.
        let end = if self.0.contains("--") { "\n" } else { "" };
        write!(f, "({}{end})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_one_expression() {
        for text in ["result = 'failure'", " a OR b ", "id IN (SELECT id FROM audit)", "note = ');' -- why"] {
            assert_eq!(Condition::parse(text).unwrap().text(), text.trim());
        }
        assert_eq!(Condition::parse("a = 1").unwrap().to_string(), "(a = 1)");
        assert_eq!(Condition::parse("a = 1 -- b").unwrap().to_string(), "(a = 1 -- b\n)");
    }

    #[test]
    fn err_anything_else() {
        let texts = [
            "",
            "1=1; drop table audit",
            "1=1;",
            "true) UNION (SELECT 1",
            "true) OR (true",
            "true ORDER BY id",
            "true, false",
            "true AS x",
            "id = 'open",
            "true /* open",
            "-- nothing",
            "SELECT 1",
            "result =",
        ];
        for text in texts {
            let error = Condition::parse(text).unwrap_err().to_string();
            assert!(
                error.contains("is not one SQL condition") && error.contains("hint: "),
                "{text}: {error}"
            );
        }
    }
}
