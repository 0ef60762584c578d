//! The engine's errors in words that help: what is wrong, where in the statement, what may have been meant.

use datafusion::common::{Column, SchemaError};
use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::parser::ParserError;

use super::store::READING_FAILED;
use crate::error::{Error, Place as TextPlace};
use crate::schema::{Place, stored_tables};

/// How alike two names must be for one to be suggested for the other, from 0 to 1.
const ALIKE: f64 = 0.72;

/// Explains an error of the statement `sql`; `tables` are the names that it could have used.
pub(super) fn explain(sql: &str, error: &DataFusionError, tables: &[String]) -> Error {
    match error.find_root() {
        DataFusionError::SQL(parser, _) => syntax(parser),
        DataFusionError::SchemaError(schema, _) => unknown_column(sql, error, schema),
        DataFusionError::ResourcesExhausted(why) => Error::new("the query needs more memory than it may use")
            .because(first_sentence(why))
            .hint("narrow it with --from and --to or a WHERE on event_time, or raise --memory"),
        root => {
            let text = root.strip_backtrace();
            let text = text.strip_prefix("Error during planning: ").unwrap_or(&text).to_owned();
            if let Some((_, why)) = text.split_once(READING_FAILED) {
                return Error::new("cannot read the archive").because(why);
            }
            missing_table(sql, &text, tables)
                .or_else(|| missing_parameter(&text))
                .unwrap_or_else(|| other(error, &text))
        }
    }
}

fn syntax(parser: &ParserError) -> Error {
    let text = match parser {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text.clone(),
        ParserError::RecursionLimitExceeded => "it is nested too deep".to_owned(),
    };
    let (what, place) = text.split_once(" at Line: ").unwrap_or((&text, ""));
    let place = place.split_once(", Column: ").and_then(|(line, column)| {
        Some(TextPlace { line: line.parse().ok()?, column: column.trim().parse().ok()? })
    });
    let error = Error::new("cannot read the statement").at(place).because(what);
    if what.contains("found: EOF") { error.hint("the statement ends too early") } else { error }
}

fn unknown_column(sql: &str, error: &DataFusionError, schema: &SchemaError) -> Error {
    let SchemaError::FieldNotFound { field, valid_fields } = schema else {
        return Error::new(schema.to_string());
    };
    let name = &as_written(sql, &field.name);
    let found = Error::new(format!("no column `{name}`{}", in_table(field, valid_fields)))
        .at(place(sql, error, name));
    let mut names: Vec<&str> = valid_fields.iter().map(|column| column.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    if sql.contains(&format!("\"{name}\"")) {
        return found.hint(format!("double quotes are for names; a text is written `'{name}'`"));
    }
    match column_of_source_key(name).filter(|column| names.contains(column)).or_else(|| alike(name, &names)) {
        Some(meant) => found.hint(format!("did you mean `{meant}`?")),
        None if names.is_empty() => found,
        None if names.len() <= 20 => found.hint(format!("the columns here are {}", names.join(", "))),
        None => {
            found.hint("see the columns with `SELECT column_name FROM meta.columns WHERE table_name = '…'`")
        }
    }
}

/// The name as the statement writes it: the engine reads unquoted names in lower case.
fn as_written(sql: &str, name: &str) -> String {
    let found = sql.to_ascii_lowercase().find(&name.to_ascii_lowercase());
    found.map_or(name, |at| &sql[at..at + name.len()]).to_owned()
}

fn in_table(field: &Column, valid: &[Column]) -> String {
    let mut tables: Vec<String> = valid
        .iter()
        .filter_map(|column| column.relation.as_ref())
        .map(|table| table.table().to_owned())
        .collect();
    tables.sort_unstable();
    tables.dedup();
    match (&field.relation, tables.as_slice()) {
        (Some(table), _) => format!(" in `{table}`"),
        (None, [only]) => format!(" in `{only}`"),
        _ => String::new(),
    }
}

/// The column that is read from a member called `name`: Graph's word for what we call otherwise.
fn column_of_source_key(name: &str) -> Option<&'static str> {
    let key_is = |place: &Place| match place {
        Place::Key(path) => path.rsplit('.').next().is_some_and(|key| key.eq_ignore_ascii_case(name)),
        Place::Pair(_, key) | Place::Header(key) => key.eq_ignore_ascii_case(name),
        Place::FirstTarget(_) | Place::Constant(_) => false,
    };
    let columns = stored_tables().flat_map(|table| table.columns);
    columns
        .filter(|column| column.sources.iter().any(|source| key_is(&source.place)))
        .map(|column| column.name)
        .next()
}

fn missing_table(sql: &str, text: &str, tables: &[String]) -> Option<Error> {
    let name = text.strip_prefix("table '")?.split_once("' not found")?.0;
    let name = name.strip_prefix("auditql.").unwrap_or(name);
    let name = name.strip_prefix("public.").unwrap_or(name);
    let names: Vec<&str> = tables.iter().map(String::as_str).collect();
    let found = Error::new(format!("no table `{name}`")).at(find(sql, name));
    Some(match alike(name, &names) {
        Some(meant) => found.hint(format!("did you mean `{meant}`?")),
        None => found.hint(format!("the tables are {}", names.join(", "))),
    })
}

fn missing_parameter(text: &str) -> Option<Error> {
    let name = text.split_once("No value found for placeholder with name $")?.1;
    let name: String = name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    Some(
        Error::new(format!("the statement needs a value for `${name}`"))
            .hint(format!("add `--param {name}=VALUE`")),
    )
}

fn other(error: &DataFusionError, text: &str) -> Error {
    Error::new("cannot run the statement").at(span(error)).because(text.trim())
}

/// Where the engine says the error is, or else where the name first stands.
fn place(sql: &str, error: &DataFusionError, name: &str) -> Option<TextPlace> {
    span(error).or_else(|| find(sql, name))
}

fn span(error: &DataFusionError) -> Option<TextPlace> {
    let start = error.diagnostic()?.span?.start;
    (start.line > 0).then_some(TextPlace { line: start.line, column: start.column })
}

fn find(sql: &str, name: &str) -> Option<TextPlace> {
    let lower = sql.to_ascii_lowercase();
    let before = &lower[..lower.find(&name.to_ascii_lowercase())?];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Some(TextPlace { line: line as u64, column: column as u64 })
}

fn alike<'n>(name: &str, names: &[&'n str]) -> Option<&'n str> {
    let name = name.to_ascii_lowercase();
    let scored = names.iter().map(|other| (strsim::jaro_winkler(&name, other), *other));
    scored.filter(|(score, _)| *score >= ALIKE).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, other)| other)
}

fn first_sentence(text: &str) -> String {
    text.split(". ").next().unwrap_or(text).lines().next().unwrap_or_default().to_owned()
}
