//! Completion, and when an input is complete.

use rustyline::completion::Completer as Complete;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper, Result};

use super::commands::COMMANDS;
use crate::engine::{FUNCTIONS, TableDoc, ends_statement};
use crate::query::Library;
use crate::render::OutputFormat;

/// Words of SQL worth completing.
const KEYWORDS: &[&str] = &[
    "SELECT",
    "DISTINCT",
    "FROM",
    "WHERE",
    "GROUP BY",
    "ORDER BY",
    "HAVING",
    "LIMIT",
    "JOIN",
    "LEFT JOIN",
    "BETWEEN",
    "ILIKE",
    "LIKE",
    "IS NULL",
    "IS NOT NULL",
    "INTERVAL",
    "COUNT(",
    "CASE",
    "WHEN",
    "FILTER (WHERE ",
    "UNNEST(",
    "EXPLAIN ",
];

/// Completes names of tables, columns, functions, saved queries and commands.
pub(super) struct Completer {
    tables: Vec<String>,
    words: Vec<String>,
    queries: Vec<String>,
}

impl Completer {
    pub(super) fn new(tables: &[TableDoc], library: &Library) -> Self {
        let names: Vec<String> = tables.iter().map(|table| table.name.clone()).collect();
        let mut words: Vec<String> =
            tables.iter().flat_map(|table| table.columns.iter().map(|column| column.name.clone())).collect();
        words.extend(names.iter().cloned());
        words.extend(FUNCTIONS.iter().map(|function| format!("{}(", function.name())));
        words.extend(KEYWORDS.iter().map(|word| (*word).to_owned()));
        words.sort();
        words.dedup();
        Self {
            tables: names,
            words,
            queries: library.queries().iter().map(|query| query.id.clone()).collect(),
        }
    }

    fn candidates(&self, line: &str, pos: usize) -> (usize, Vec<String>) {
        let before = &line[..pos];
        let from = |start: usize, words: &mut dyn Iterator<Item = String>| {
            let typed = before[start..].to_ascii_lowercase();
            (start, words.filter(|word| word.to_ascii_lowercase().starts_with(&typed)).collect())
        };
        let word_start = before.rfind(char::is_whitespace).map_or(0, |at| at + 1);
        match before.split_whitespace().next() {
            Some("\\run" | "\\queries") if word_start > 0 => {
                from(word_start, &mut self.queries.iter().cloned())
            }
            Some("\\format") if word_start > 0 => {
                from(word_start, &mut OutputFormat::ALL.into_iter().map(|named| named.name.to_owned()))
            }
            Some("\\d") if word_start > 0 => from(word_start, &mut self.tables.iter().cloned()),
            Some(first) if first.starts_with('\\') => {
                from(0, &mut COMMANDS.iter().map(|command| format!("\\{}", command.name)))
            }
            _ => {
                let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
                let start = before
                    .rfind(|c| !is_word(c))
                    .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
                from(start, &mut self.words.iter().cloned())
            }
        }
    }
}

impl Complete for Completer {
    type Candidate = String;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> Result<(usize, Vec<String>)> {
        Ok(self.candidates(line, pos))
    }
}

impl Validator for Completer {
    /// A command is one line; a statement goes on until its `;`.
    fn validate(&self, context: &mut ValidationContext<'_>) -> Result<ValidationResult> {
        let input = context.input().trim();
        let is_complete = input.is_empty() || input.starts_with('\\') || ends_statement(input);
        Ok(if is_complete { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

impl Hinter for Completer {
    type Hint = String;
}

impl Highlighter for Completer {}

impl Helper for Completer {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completes_by_what_stands_before() {
        let audit = TableDoc {
            name: "audit".into(),
            kind: "table",
            doc: String::new(),
            reference: "",
            columns: vec![],
        };
        let tables = [audit];
        let completer = Completer::new(&tables, &Library::open(&[]).unwrap());
        let complete = |line: &str| completer.candidates(line, line.len());
        assert_eq!(complete("SELECT * FROM aud"), (14, vec!["audit".to_owned()]));
        assert_eq!(complete("\\d aud"), (3, vec!["audit".to_owned()]));
        assert_eq!(complete("\\ti"), (0, vec!["\\timing".to_owned()]));
        assert_eq!(complete("\\run b2c/tokens-per-pol").1, ["b2c/tokens-per-policy"]);
        assert_eq!(complete("select json").1, ["json_value("]);
    }
}
