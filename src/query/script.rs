//! A script: statements parted by `;`, with an optional header that declares parameters.

use super::saved::{DeclaredParameter, declared_parameters};
use crate::engine::{Answer, Engine, Parameter, Parameters};
use crate::error::{Error, Result};

/// A script, taken apart.
#[derive(Debug)]
pub(crate) struct Script {
    statements: Vec<Statement>,
    parameters: Vec<DeclaredParameter>,
}

/// One statement of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    /// Its text, after as many line ends and blanks as stand before it, so that places in it are places in the script.
    pub(crate) text: String,
    /// Line that it begins on, 1 the first.
    pub(crate) line: usize,
}

impl Script {
    /// Takes a script apart; texts that are no SQL show when they are run.
    ///
    /// # Errors
    ///
    /// If a parameter's declaration in the header cannot be read.
    pub(crate) fn read(text: &str) -> Result<Self> {
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        Ok(Self { statements: split(text), parameters: declared_parameters(text)? })
    }

    /// The statements in order.
    pub(crate) fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// The values for its parameters: those given as `name=value`, else the declared defaults.
    ///
    /// # Errors
    ///
    /// If a value does not have the declared type, a required one is missing, or, where parameters are declared, a
    /// name is not among them.
    pub(crate) fn bind(&self, given: &[(String, String)], newest: Option<i64>) -> Result<Parameters> {
        let mut parameters = Parameters::default();
        for (name, value) in given {
            let declared = self.parameters.iter().find(|declared| declared.name == *name);
            match declared {
                Some(declared) => {
                    let value = Parameter::parse(declared.kind, value, newest)
                        .map_err(|error| Error::new(format!("cannot use `--param {name}`")).because(error))?;
                    parameters.set(name, value);
                }
                None if self.parameters.is_empty() => parameters.set(name, Parameter::untyped(value)),
                None => return Err(self.unknown(name)),
            }
        }
        for declared in &self.parameters {
            if given.iter().any(|(name, _)| *name == declared.name) {
                continue;
            }
            match &declared.default {
                Some(default) => {
                    parameters.set(&declared.name, Parameter::parse(declared.kind, default, newest)?)
                }
                None if declared.is_required => {
                    return Err(Error::new(format!("the query needs `{}`", declared.name))
                        .because(declared.doc.clone())
                        .hint(format!("add `--param {}={}`", declared.name, declared.name.to_uppercase())));
                }
                None => parameters.set(&declared.name, Parameter::null(declared.kind)),
            }
        }
        Ok(parameters)
    }

    fn unknown(&self, name: &str) -> Error {
        let names: Vec<_> = self.parameters.iter().map(|declared| format!("`{}`", declared.name)).collect();
        Error::new(format!("the query has no parameter `{name}`"))
            .hint(format!("it takes {}", names.join(", ")))
    }

    /// Runs the statements in order and hands each answer to `take`. The first failure ends the script.
    ///
    /// # Errors
    ///
    /// The failure of a statement, or of `take`.
    pub(crate) fn run(
        &self,
        engine: &Engine,
        parameters: &Parameters,
        take: &mut dyn FnMut(usize, Answer<'_>) -> Result<()>,
    ) -> Result<()> {
        for (index, statement) in self.statements.iter().enumerate() {
            take(index, engine.run(&statement.text, parameters)?)?;
        }
        Ok(())
    }
}

/// What the splitter is inside of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Code,
    Quotes(u8),
    LineComment,
    BlockComment(u32),
}

/// Follows SQL text byte by byte through quotes and comments.
struct Follow {
    inside: Inside,
    skip: bool,
}

impl Follow {
    /// Takes a byte and the one after it; true if the byte is code.
    fn is_code(&mut self, byte: u8, next: Option<u8>) -> bool {
        if std::mem::take(&mut self.skip) {
            return false;
        }
        match (self.inside, byte, next) {
            (Inside::Code, b'\'' | b'"' | b'`', _) => self.inside = Inside::Quotes(byte),
            (Inside::Code, b'-', Some(b'-')) => {
                self.inside = Inside::LineComment;
                return false;
            }
            (Inside::Code, b'/', Some(b'*')) => {
                self.inside = Inside::BlockComment(1);
                self.skip = true;
                return false;
            }
            (Inside::Code, _, _) => return true,
            // A doubled quote ends the text and begins it again: the same text for us.
            (Inside::Quotes(quote), _, _) if byte == quote => self.inside = Inside::Code,
            (Inside::LineComment, b'\n', _) => self.inside = Inside::Code,
            (Inside::BlockComment(depth), b'/', Some(b'*')) => {
                self.inside = Inside::BlockComment(depth + 1);
                self.skip = true;
            }
            (Inside::BlockComment(depth), b'*', Some(b'/')) => {
                self.inside = if depth == 1 { Inside::Code } else { Inside::BlockComment(depth - 1) };
                self.skip = true;
            }
            _ => {}
        }
        matches!(self.inside, Inside::Quotes(_))
            || matches!(byte, b'\'' | b'"' | b'`') && self.inside == Inside::Code
    }
}

/// Parts a script at the `;` that stand in code.
fn split(text: &str) -> Vec<Statement> {
    let bytes = text.as_bytes();
    let mut follow = Follow { inside: Inside::Code, skip: false };
    let mut statements = Vec::new();
    // Where the statement's own text begins, once there is any.
    let mut begin = None;
    for (at, byte) in bytes.iter().enumerate() {
        let was_code = follow.inside == Inside::Code;
        let is_code = follow.is_code(*byte, bytes.get(at + 1).copied());
        if was_code && is_code && *byte == b';' {
            if let Some(begin) = begin.take() {
                statements.push(statement(text, begin, at));
            }
        } else if is_code && !byte.is_ascii_whitespace() {
            begin.get_or_insert(at);
        }
    }
    statements.extend(begin.map(|begin| statement(text, begin, text.len())));
    statements
}

fn statement(text: &str, begin: usize, end: usize) -> Statement {
    let line = text[..begin].matches('\n').count();
    let column = text[..begin].rsplit('\n').next().unwrap_or_default().chars().count();
    let padding = "\n".repeat(line) + &" ".repeat(column);
    Statement { text: padding + text[begin..end].trim_end(), line: line + 1 }
}

/// Whether the text's last statement is complete: it ends with a `;` in code.
pub(crate) fn ends_statement(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut follow = Follow { inside: Inside::Code, skip: false };
    let mut ends = false;
    for (at, byte) in bytes.iter().enumerate() {
        let was_code = follow.inside == Inside::Code;
        if follow.is_code(*byte, bytes.get(at + 1).copied()) && !byte.is_ascii_whitespace() {
            ends = was_code && *byte == b';';
        }
    }
    ends && !matches!(follow.inside, Inside::Quotes(_) | Inside::BlockComment(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(script: &str) -> Vec<(usize, String)> {
        split(script).into_iter().map(|s| (s.line, s.text.trim_start().to_owned())).collect()
    }

    #[test]
    fn statements_are_parted_in_code_only() {
        let script =
            "-- a; b\nSELECT ';' AS \"x;y\" /* ; /* ; */ ; */;\n\n  SELECT 'it''s; ok' -- ;\n;;\nSELECT 3";
        assert_eq!(
            texts(script),
            [
                (2, "SELECT ';' AS \"x;y\" /* ; /* ; */ ; */".to_owned()),
                (4, "SELECT 'it''s; ok' -- ;".to_owned()),
                (6, "SELECT 3".to_owned()),
            ]
        );
        assert!(texts("  ;; -- nothing\n").is_empty());
    }

    #[test]
    fn places_in_a_statement_are_places_in_the_script() {
        let statements = split("SELECT 1;\n  SELECT 2;");
        assert_eq!(statements[1].text, "\n  SELECT 2");
    }

    #[test]
    fn a_statement_ends_with_a_semicolon_in_code() {
        assert!(ends_statement("SELECT 1; -- done\n"));
        assert!(!ends_statement("SELECT ';"));
        assert!(!ends_statement("SELECT 1 -- ;"));
        assert!(!ends_statement("SELECT 1; SELECT 2"));
        assert!(!ends_statement("SELECT 1; /* "));
    }
}
