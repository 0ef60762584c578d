//! What statements as a whole get wrong: settings, parameters, prepared statements, and words of other dialects.

use datafusion::sql::sqlparser::tokenizer::Token;

use super::Case;
use crate::error::{Error, alike};

pub(super) fn explain(case: &Case<'_>) -> Option<Error> {
    settings(case)
        .or_else(|| parameters(case))
        .or_else(|| objects(case))
        .or_else(|| names(case))
        .or_else(|| dialect(case))
        .or_else(|| kinds(case))
}

fn settings(case: &Case<'_>) -> Option<Error> {
    if let Some(name) = case.between("'", "' is not a variable which can be viewed") {
        let error = case.error_at(Some(1), format!("no setting `{name}`"));
        return Some(error.hint(
            "`SHOW ALL` lists the settings, `SHOW TABLES` the tables, `SHOW COLUMNS FROM audit` the columns",
        ));
    }
    let set =
        case.text.words(&["SET"]).or_else(|| case.text.words(&["RESET"])).filter(|index| *index == 0)?;
    let name = case.text.chain(set + 1).join(".");
    let is_unknown = case.message.contains("not found on") || case.message.contains("could not find config");
    if is_unknown {
        let error = case.error_at(Some(set + 1), format!("no setting `{name}`"));
        let entries = case.failure.known.context.state().config_options().entries();
        let names: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
        let is_near = name.contains('.');
        return Some(match alike(&name, &names).filter(|_| is_near) {
            Some(meant) => error.hint(format!("did you mean `{meant}`?")),
            None => error.hint(format!("`SHOW ALL` lists the settings; a value for a statement is written `${name}` and given with `--param {name}=VALUE`")),
        });
    }
    let value = case.text.written(case.text.len().checked_sub(1)?);
    let shown = value.trim_matches('\'');
    let error = case.error_at(Some(case.text.len() - 1), format!("`{shown}` is no value of `{name}`"));
    Some(error.hint(format!("`SHOW {name}` shows the value that it has")))
}

fn parameters(case: &Case<'_>) -> Option<Error> {
    if let Some(rest) = case.after("No value found for placeholder with name ") {
        let written: String =
            rest.chars().take_while(|c| c.is_alphanumeric() || "_$:@?".contains(*c)).collect();
        let name = written.trim_start_matches(['$', ':', '@', '?']);
        let is_here = |index: &usize| matches!(case.text.token(*index), Some(Token::Placeholder(found)) if *found == written);
        let index = (0..case.text.len()).find(is_here);
        return Some(if written.starts_with('$') {
            case.error_at(index, format!("the statement needs a value for `{written}`"))
                .hint(format!("add `--param {name}=VALUE`, or `\\set {name} VALUE` before it"))
        } else {
            foreign(case, index, &written)
        });
    }
    if let Some(name) = case.between("variable [\"", "\"]") {
        return Some(foreign(case, case.text.name(name), name));
    }
    if let Some((value, rest)) =
        case.message.strip_prefix('`').and_then(|rest| rest.split_once("`, the value of `"))
    {
        let name = rest.split('`').next()?;
        let is_here = |index: &usize| matches!(case.text.token(*index), Some(Token::Placeholder(found)) if found == name);
        let kind = super::types::in_words(rest.rsplit("is no ").next()?);
        let word = if kind == "timestamp" { "time" } else { &kind };
        let error = case.error_at(
            (0..case.text.len()).find(is_here),
            format!("`{value}`, the value of `{name}`, is no {word}"),
        );
        return Some(match word {
            "time" => error.hint("write 2026-03-02 or 2026-03-02T14:00:00Z; an age is one of a parameter that a line `-- param: name time` declares"),
            _ => error,
        });
    }
    None
}

/// A parameter as other programs write it.
fn foreign(case: &Case<'_>, index: Option<usize>, written: &str) -> Error {
    let name = written.trim_start_matches(['$', ':', '@', '?']);
    let name = if name.is_empty() { "name" } else { name };
    case.error_at(index, format!("parameters are not written `{written}` here"))
        .hint(format!("write `${name}`, and give its value with `--param {name}=VALUE`"))
}

fn objects(case: &Case<'_>) -> Option<Error> {
    if let Some(name) = case.between("Prepared statement '", "' does not exist") {
        let error = case.error_at(case.text.name(name), format!("no prepared statement `{name}`"));
        return Some(
            error.hint(format!("prepare it in the same script or shell: `PREPARE {name} AS SELECT …`")),
        );
    }
    for (kind, word) in [("View '", "view"), ("Table '", "table")] {
        let Some(name) = case.between(kind, "'") else { continue };
        if case.message.contains("doesn't exist") {
            let error = case.error_at(case.text.name(name), format!("no {word} `{name}`"));
            return Some(error.hint(format!(
                "`DROP {} IF EXISTS {name}` is right whether it is there or not",
                word.to_uppercase()
            )));
        }
        if case.message.contains("already exists") {
            let error = case.error_at(case.text.name(name), format!("`{name}` is there already"));
            return Some(error.hint("replace it with `CREATE OR REPLACE …`, or choose another name"));
        }
    }
    let is_statement = [
        "Unsupported SQL statement",
        "Unsupported logical plan",
        "Function factory has not",
        "Unsupported ast node",
    ];
    let is_other =
        case.message.starts_with("DML not supported") || case.message.starts_with("DDL not supported");
    if !is_statement.iter().any(|start| case.message.starts_with(start)) && !is_other {
        return None;
    }
    if case.message.contains("Pivot")
        || case.text.words(&["PIVOT"]).is_some()
        || case.text.words(&["UNPIVOT"]).is_some()
    {
        let index = case.text.words(&["PIVOT"]).or_else(|| case.text.words(&["UNPIVOT"]));
        return Some(case.error_at(index, "auditql has no PIVOT").hint(
            "write a column for each value: `count(*) FILTER (WHERE result = 'failure') AS failures`",
        ));
    }
    if case.message.starts_with("Unsupported ast node") {
        return Some(
            case.error_of(None, "the engine does not know this kind of SQL")
                .hint("write it with SELECT, JOIN, WITH and subqueries"),
        );
    }
    let first = case.text.written(0).to_uppercase();
    let what = match (first.as_str(), case.text.word(1)) {
        ("CREATE" | "ALTER" | "SHOW", Some(second)) => format!("{first} {}", second.to_uppercase()),
        _ => first,
    };
    Some(case.error_at(Some(0), format!("`{what}` is no statement of auditql")).hint(
        "it runs SELECT, WITH, VALUES, SHOW, DESCRIBE, EXPLAIN, CREATE VIEW, CREATE TABLE … AS, DROP, SET, PREPARE and EXECUTE",
    ))
}

/// Names that are given twice, or to too many.
fn names(case: &Case<'_>) -> Option<Error> {
    let message = case.message.as_str();
    if message.contains("require unique expression names") {
        let expr = case.between("expression \"", "\" at position")?;
        let name = expr.rsplit(" AS ").next()?.rsplit('.').next()?;
        let first = case.text.name(name);
        let second = first
            .and_then(|first| (first + 1..case.text.len()).find(|index| case.text.is_word(*index, name)));
        let error = case.error_at(second.or(first), format!("two columns are called `{name}`"));
        return Some(error.hint(format!("leave one out, or call it something else: `… AS {name}_2`")));
    }
    if message.starts_with("Source table contains ") {
        let columns = case.between("contains ", " columns")?;
        let names = case.between("only ", " names")?;
        let open = case.text.words(&["AS"]).map(|index| index + 1);
        let place = open.map(|index| case.text.place(index)).or_else(|| case.place());
        let error = Error::new(format!("the list of names does not fit: {columns} to name, {names} named"))
            .at(place.or_else(|| case.likely_place()));
        return Some(error.hint("give a name to each column, or to none"));
    }
    if message.contains("name \"") && message.contains("specified more than once") {
        let name = case.between("name \"", "\"")?;
        let first = case.text.name(name)?;
        let second = (first + 1..case.text.len()).find(|index| case.text.is_word(*index, name));
        return Some(
            case.error_at(second, format!("WITH names `{name}` twice"))
                .hint("give each part a name of its own"),
        );
    }
    None
}

/// Words that are missing in SHOW, or too many in EXPLAIN.
fn kinds(case: &Case<'_>) -> Option<Error> {
    let message = case.message.as_str();
    if message.starts_with("SHOW COLUMNS ") {
        let error = case.error_at(Some(0), "SHOW COLUMNS takes FROM and the name of a table");
        return Some(error.hint("write `SHOW COLUMNS FROM audit`; `meta.columns` can be filtered"));
    }
    if message.starts_with("Nested EXPLAINs") {
        return Some(
            case.error_at(Some(1), "EXPLAIN takes a statement that is none itself")
                .hint("write EXPLAIN once"),
        );
    }
    None
}

/// Words of other dialects that can be read but not run.
fn dialect(case: &Case<'_>) -> Option<Error> {
    let message = case.message.as_str();
    if message == "TOP" {
        let top = case.text.words(&["TOP"])?;
        let count = case.text.written(top + 1).trim_matches(['(', ')']);
        let count = if count.is_empty() { "10" } else { count };
        return Some(
            case.error_at(Some(top), "TOP is written LIMIT here")
                .hint(format!("leave `TOP` out and end the statement with `LIMIT {count}`")),
        );
    }
    if message.starts_with("FETCH clause") {
        let fetch = case.text.words(&["FETCH"])?;
        let count =
            (fetch..case.text.len()).find(|index| matches!(case.text.token(*index), Some(Token::Number(..))));
        let count = count.map_or("10", |index| case.text.written(index));
        return Some(
            case.error_at(Some(fetch), "FETCH is written LIMIT here").hint(format!("write `LIMIT {count}`")),
        );
    }
    if let Some(name) = case.after("Unsupported SQL type ") {
        let name = name.split(['(', '.']).next()?.trim();
        let error = case.error_at(case.text.name(name), format!("no type `{name}`"));
        return Some(error.hint(
            "types are TEXT, BIGINT, INT, DOUBLE, DECIMAL(38, 2), BOOLEAN, TIMESTAMP, DATE and INTERVAL",
        ));
    }
    if message == "LATERAL VIEWS" {
        return Some(
            case.error_at(case.text.words(&["LATERAL"]), "no LATERAL VIEW").hint(super::fields::VIEWS),
        );
    }
    if message.starts_with("join condition should not be empty") {
        let error = case.error_at(case.text.words(&["JOIN"]), "this JOIN needs a condition");
        return Some(
            error.hint("add what the rows have in common: `ON audit.correlation_id = signin.correlation_id`"),
        );
    }
    if message.starts_with("Unsupported LIMIT expression")
        || message.starts_with("Unsupported OFFSET expression")
    {
        return Some(
            case.error_of(None, "LIMIT and OFFSET take a whole number, or a parameter")
                .hint("write `LIMIT 10`"),
        );
    }
    if message.starts_with("Unsupported Value '") || message.starts_with("Invalid HexStringLiteral") {
        let value = case.between("\"", "\"").or_else(|| case.between("'", "'")).unwrap_or_default();
        let index = (0..case.text.len()).find(|index| {
            let written = case.text.written(*index);
            written.contains(value) && !written.starts_with('\'')
        });
        return Some(
            case.error_at(index, "the engine does not know this way to write a value").hint(
                "texts are written `'…'`, numbers `1` or `0.5`, times `TIMESTAMP '2026-03-01 14:00:00'`",
            ),
        );
    }
    if message.starts_with("SELECT * with no tables specified") {
        let error = case.error_at(case.text.words(&["SELECT"]), "SELECT * needs a FROM");
        return Some(error.hint("add `FROM audit`"));
    }
    None
}
