//! Completion, hints, and when an input is complete.

use std::borrow::Cow;

use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hinter, HistoryHinter};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper, Result};

use super::context::{KEYWORDS, Next, Statement, statement};
use super::highlight;
use super::vocabulary::{Argument, Vocabulary};
use crate::engine::{TableDoc, ends_statement};

/// Helps who types.
pub(super) struct Assistant {
    vocabulary: Vocabulary,
    files: FilenameCompleter,
    past: HistoryHinter,
    has_colours: bool,
}

impl Assistant {
    pub(super) fn new(vocabulary: Vocabulary, has_colours: bool) -> Self {
        Self { vocabulary, files: FilenameCompleter::new(), past: HistoryHinter::new(), has_colours }
    }

    /// Where the word begins, and what it may become.
    fn candidates(&self, line: &str, pos: usize) -> (usize, Vec<String>) {
        if line.trim_start().starts_with('\\') {
            return self.of_command(&line[..pos]);
        }
        let Statement { next, start, tables } = statement(line, pos);
        let typed = &line[start..pos];
        let vocabulary = &self.vocabulary;
        let of_statement = || tables.iter().filter_map(|(name, _)| vocabulary.table(name));
        let called = |alias: &str| {
            let name = tables.iter().find(|(_, other)| other == alias).map_or(alias, |(name, _)| name);
            vocabulary.table(name)
        };
        let words: Vec<String> = match next {
            Next::Nothing => Vec::new(),
            Next::Value { table, column } => {
                return (
                    start,
                    self.values(table.map(|alias| called(&alias)), of_statement(), &column, typed),
                );
            }
            Next::Table => vocabulary.tables.iter().map(|table| table.name.clone()).collect(),
            Next::ColumnOf(alias) => match called(&alias) {
                Some(table) => columns(std::iter::once(table)),
                // `meta.sources`: a schema is no table.
                None => {
                    let inside = |table: &TableDoc| {
                        Some(table.name.strip_prefix(&alias)?.strip_prefix('.')?.to_owned())
                    };
                    vocabulary.tables.iter().filter_map(inside).collect()
                }
            },
            Next::Word if typed.starts_with('$') => Vec::new(),
            Next::Word => {
                let mut words = match tables.is_empty() {
                    true => columns(vocabulary.tables.iter()),
                    false => columns(of_statement()),
                };
                words.extend(tables.iter().map(|(_, alias)| alias.clone()));
                words.extend(vocabulary.functions.iter().map(|function| format!("{function}(")));
                words.extend(KEYWORDS.iter().map(|word| (*word).to_owned()));
                words
            }
        };
        (start, begun(words, typed))
    }

    fn values<'v>(
        &self,
        qualified: Option<Option<&'v TableDoc>>,
        tables: impl Iterator<Item = &'v TableDoc>,
        column: &str,
        typed: &str,
    ) -> Vec<String> {
        let tables: Vec<_> = match qualified {
            Some(table) => table.into_iter().collect(),
            None => tables.collect(),
        };
        let has_column = |table: &&&TableDoc| table.columns.iter().any(|known| known.name == column);
        let Some(table) = tables.iter().find(has_column) else { return Vec::new() };
        let values = (self.vocabulary.values)(&table.name, column, &typed.replace("''", "'"));
        values.into_iter().map(|value| format!("{}'", value.replace('\'', "''"))).collect()
    }

    fn of_command(&self, before: &str) -> (usize, Vec<String>) {
        let vocabulary = &self.vocabulary;
        let start = before.rfind(char::is_whitespace).map_or(0, |at| at + 1);
        let typed = &before[start..];
        if before.trim_start().starts_with(typed) && typed.starts_with('\\') {
            return (
                start,
                begun(vocabulary.commands.iter().map(|command| format!("\\{}", command.name)), typed),
            );
        }
        let Some(command) = vocabulary.command(before) else { return (start, Vec::new()) };
        let is_first = before.split_whitespace().count() - usize::from(!typed.is_empty()) == 1;
        let words: Vec<String> = match command.argument {
            Argument::Query if !is_first => {
                let name = before.split_whitespace().nth(1).unwrap_or_default();
                vocabulary
                    .query(name)
                    .into_iter()
                    .flat_map(|query| &query.parameters)
                    .map(|name| format!("{name}="))
                    .collect()
            }
            Argument::Query => vocabulary.queries.iter().map(|query| query.name.clone()).collect(),
            Argument::Table if is_first => vocabulary.tables.iter().map(|table| table.name.clone()).collect(),
            Argument::Format if is_first => {
                vocabulary.formats.iter().map(|name| (*name).to_owned()).collect()
            }
            Argument::Words(words) if is_first => words.iter().map(|word| (*word).to_owned()).collect(),
            _ => Vec::new(),
        };
        (start, begun(words, typed))
    }

    fn is_file(&self, before: &str) -> bool {
        let command = self.vocabulary.command(before);
        let words = before.split_whitespace().count() - usize::from(!before.ends_with(char::is_whitespace));
        command.is_some_and(|command| match command.argument {
            Argument::File => words >= 1,
            Argument::Format => words >= 2,
            _ => false,
        })
    }

    /// What is still to be typed, in words.
    fn usage(&self, line: &str) -> Option<String> {
        let command = self.vocabulary.command(line)?;
        let words = line.split_whitespace().count();
        let rest = match command.argument {
            Argument::Query if words >= 2 => {
                let name = line.split_whitespace().nth(1)?;
                let query = self.vocabulary.query(name)?;
                let is_open = |name: &&String| !line.contains(&format!(" {name}="));
                query.parameters.iter().filter(is_open).map(|name| format!("{name}=… ")).collect()
            }
            _ if words == 1 => command.arguments.to_owned(),
            _ => String::new(),
        };
        let gap = if line.ends_with(char::is_whitespace) { "" } else { " " };
        Some(format!("{gap}{rest}")).filter(|_| !rest.is_empty())
    }
}

fn columns<'t>(tables: impl Iterator<Item = &'t TableDoc>) -> Vec<String> {
    tables.flat_map(|table| table.columns.iter().map(|column| column.name.clone())).collect()
}

/// The words that begin so, each once; all in order but the letters' size.
fn begun(words: impl IntoIterator<Item = String>, typed: &str) -> Vec<String> {
    let typed_lower = typed.to_ascii_lowercase();
    let mut words: Vec<String> =
        words.into_iter().filter(|word| word.to_ascii_lowercase().starts_with(&typed_lower)).collect();
    words.sort_by_key(|word| word.to_ascii_lowercase());
    words.dedup();
    // Who types small letters gets small letters.
    let is_lower = !typed.is_empty() && !typed.chars().any(|c| c.is_ascii_uppercase());
    if is_lower {
        for word in &mut words {
            if KEYWORDS.contains(&word.as_str()) {
                *word = word.to_ascii_lowercase();
            }
        }
    }
    words
}

impl Completer for Assistant {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, context: &Context<'_>) -> Result<(usize, Vec<Pair>)> {
        if line.trim_start().starts_with('\\') && self.is_file(&line[..pos]) {
            return self.files.complete(line, pos, context);
        }
        let (start, words) = self.candidates(line, pos);
        Ok((start, words.into_iter().map(|word| Pair { display: word.clone(), replacement: word }).collect()))
    }
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext<'_>) -> Result<ValidationResult> {
        let is_complete = is_complete(context.input());
        Ok(if is_complete { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

/// Whether nothing more is waited for: a command is one line; a statement goes on until its `;`.
pub(super) fn is_complete(input: &str) -> bool {
    let input = input.trim();
    input.is_empty() || input.starts_with('\\') || ends_statement(input)
}

impl Hinter for Assistant {
    type Hint = String;

    fn hint(&self, line: &str, pos: usize, context: &Context<'_>) -> Option<String> {
        if pos < line.len() || line.is_empty() {
            return None;
        }
        self.usage(line).or_else(|| self.past.hint(line, pos, context).filter(|hint| !hint.contains('\n')))
    }
}

impl Highlighter for Assistant {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        if self.has_colours { Cow::Owned(highlight::line(line)) } else { Cow::Borrowed(line) }
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        if self.has_colours { Cow::Owned(highlight::prompt(prompt)) } else { Cow::Borrowed(prompt) }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        if self.has_colours { Cow::Owned(highlight::hint(hint)) } else { Cow::Borrowed(hint) }
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        self.has_colours && kind != CmdKind::MoveCursor
    }
}

impl Helper for Assistant {}

#[cfg(test)]
mod tests {
    use std::cell::LazyCell;

    use super::super::vocabulary::{CommandWord, QueryWord};
    use super::*;
    use crate::engine::ColumnDoc;

    fn assistant() -> Assistant {
        let table = |name: &str, columns: &[&str]| TableDoc {
            name: name.into(),
            kind: "table",
            doc: String::new(),
            reference: "",
            columns: columns
                .iter()
                .map(|name| ColumnDoc {
                    name: (*name).to_owned(),
                    data_type: String::new(),
                    doc: String::new(),
                    source_keys: String::new(),
                })
                .collect(),
        };
        let command = |name, argument| CommandWord { name, arguments: "NAME", argument };
        let values = |table: &str, column: &str, typed: &str| {
            let all = ["B2C_1_sign_in", "it's"].map(str::to_owned);
            let is_meant = (table, column) == ("audit", "policy_id");
            all.into_iter().filter(|value| is_meant && value.starts_with(typed)).collect()
        };
        let vocabulary = Vocabulary {
            tables: LazyCell::new(Box::new(move || {
                vec![
                    table("audit", &["activity", "policy_id"]),
                    table("signin", &["app_name", "ip"]),
                    table("meta.sources", &["path"]),
                ]
            })),
            functions: vec!["json_value".to_owned()],
            queries: LazyCell::new(Box::new(|| {
                vec![QueryWord { name: "b2c/journeys".to_owned(), parameters: vec!["policy".to_owned()] }]
            })),
            commands: vec![
                command("d", Argument::Table),
                command("run", Argument::Query),
                command("timing", Argument::Words(&["on", "off"])),
                command("i", Argument::File),
            ],
            formats: vec!["csv"],
            values: Box::new(values),
        };
        Assistant::new(vocabulary, false)
    }

    #[test]
    fn completes_by_what_stands_before() {
        let assistant = assistant();
        let complete = |line: &str| assistant.candidates(line, line.len());
        assert_eq!(complete("SELECT * FROM aud"), (14, vec!["audit".to_owned()]));
        assert_eq!(complete("SELECT * FROM meta.s").1, ["sources"]);
        assert_eq!(complete("SELECT * FROM signin s WHERE s.").1, ["app_name", "ip"]);
        assert_eq!(complete("SELECT * FROM signin WHERE a").1, ["and", "app_name", "as", "asc"]);
        assert_eq!(assistant.candidates("SELECT pol FROM audit", 10).1, ["policy_id"]);
        assert_eq!(complete("select json").1, ["json_value("]);
        assert_eq!(complete("SELECT 1 FROM audit WHERE policy_id = 'B2").1, ["B2C_1_sign_in'"]);
        assert_eq!(complete("SELECT 1 FROM audit WHERE policy_id IN ('it''").1, ["it''s'"]);
        assert!(complete("SELECT 1 FROM signin WHERE ip = '").1.is_empty());
        assert!(complete("SELECT 1 -- aud").1.is_empty());
    }

    #[test]
    fn completes_commands_and_their_arguments() {
        let assistant = assistant();
        let complete = |line: &str| assistant.candidates(line, line.len());
        assert_eq!(complete("\\ti"), (0, vec!["\\timing".to_owned()]));
        assert_eq!(complete("\\d aud"), (3, vec!["audit".to_owned()]));
        assert_eq!(complete("\\run b2c/j").1, ["b2c/journeys"]);
        assert_eq!(complete("\\run b2c/journeys po").1, ["policy="]);
        assert_eq!(complete("\\timing o").1, ["off", "on"]);
        assert!(complete("\\nope x").1.is_empty() && complete("\\d audit x").1.is_empty());
        assert!(assistant.is_file("\\i a") && !assistant.is_file("\\i") && !assistant.is_file("\\d a"));
    }

    #[test]
    fn usage_is_hinted() {
        let assistant = assistant();
        assert_eq!(assistant.usage("\\d").as_deref(), Some(" NAME"));
        assert_eq!(assistant.usage("\\run b2c/journeys ").as_deref(), Some("policy=… "));
        assert_eq!(assistant.usage("\\run b2c/journeys policy=x"), None);
        assert_eq!(assistant.usage("SELECT"), None);
    }
}
