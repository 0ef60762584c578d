//! Kusto's query language where SQL is expected.

use datafusion::sql::sqlparser::tokenizer::Token;

use super::dialects::PIPES;
use super::syntax::{Reading, Stop};
use super::text::Text;
use super::{Known, dialects, tables};

/// Operators of KQL after a pipe.
pub(super) fn pipe(stop: &Stop<'_>, known: Option<&Known<'_>>) -> Option<Reading> {
    let text = stop.text;
    let after_pipe = |index: usize| {
        let name = text.word(index + 1)?;
        let is_pipe = text.token(index) == Some(&Token::Pipe);
        PIPES.iter().find(|(known, _)| is_pipe && known.eq_ignore_ascii_case(name))
    };
    let first = (0..text.len()).find(|index| after_pipe(*index).is_some());
    let names: Vec<&str> = (0..text.len()).filter_map(after_pipe).map(|(name, _)| *name).collect();
    let (first, names) = match first {
        Some(first) => (first, names),
        None => without_pipe(stop)?,
    };
    let table = known
        .and_then(|known| tables::meant(text.word(0)?, &known.tables()))
        .or_else(|| {
            known.and_then(|known| tables::meant(text.word(text.words(&["FROM"])? + 1)?, &known.tables()))
        })
        .unwrap_or_else(|| "audit".to_owned());
    Some(Reading::new(
        text.place(first),
        format!("`{}` is KQL, and auditql speaks SQL", shown(text, first)),
        format!("write `{}`; docs/from-kql.md has the words of KQL side by side", skeleton(&table, &names)),
    ))
}

/// The pipe with the operator that follows it.
fn shown(text: &Text<'_>, first: usize) -> String {
    match text.token(first) {
        Some(Token::Pipe) => format!("| {}", text.written(first + 1)),
        _ => text.written(first).to_owned(),
    }
}

/// An operator that stands where a second name for a table would.
fn without_pipe<'n>(stop: &Stop<'_>) -> Option<(usize, Vec<&'n str>)> {
    let words = ["summarize", "extend", "project", "take"];
    let found = [Some(stop.at), stop.at.checked_sub(1)].into_iter().flatten();
    let mut found = found.filter_map(|index| {
        let word = words.into_iter().find(|word| stop.text.is_word(index, word))?;
        Some((index, vec![word]))
    });
    found.next()
}

/// The statement of SQL that these operators make.
fn skeleton(table: &str, names: &[&str]) -> String {
    let has = |clause: &str| {
        names.iter().any(|name| PIPES.iter().any(|(known, of)| known == name && *of == clause))
    };
    let mut sql = String::from(if has("GROUP BY") { "SELECT x, count(*) FROM " } else { "SELECT … FROM " });
    sql.push_str(table);
    for (clause, part) in [
        ("WHERE", " WHERE …"),
        ("GROUP BY", " GROUP BY x"),
        ("ORDER BY", " ORDER BY … DESC"),
        ("LIMIT", " LIMIT 10"),
    ] {
        if has(clause) {
            sql.push_str(part);
        }
    }
    sql
}

/// `activity has 'user'`.
pub(super) fn operator(stop: &Stop<'_>) -> Option<Reading> {
    if stop.at > 1 && stop.text.is_word(stop.at - 1, "IN") && stop.text.written(stop.at) == "~" {
        let column = stop.text.written(stop.at - 2);
        let place = stop.text.place(stop.at - 1);
        return Some(Reading::new(
            place,
            "`in~` is an operator of KQL",
            format!("write `lower({column}) IN ('a', 'b')`"),
        ));
    }
    let near = [Some(stop.at), Some(stop.at + 1), stop.at.checked_sub(1)];
    let (first, meant) = near.into_iter().flatten().find_map(|index| foreign_operator(stop.text, index))?;
    let left = first.checked_sub(1).and_then(|index| stop.text.word(index)).unwrap_or("x");
    let (operator, more) = match meant.split_once(" OR").or_else(|| meant.split_once(" AND")) {
        Some((operator, _)) => (operator.to_owned(), " for each of the texts"),
        None => (meant, ""),
    };
    let written = if stop.text.token(first) == Some(&Token::ExclamationMark) {
        format!("!{}", stop.text.written(first + 1))
    } else {
        stop.text.written(first).to_owned()
    };
    Some(Reading::new(
        stop.text.place(first),
        format!("`{written}` is an operator of KQL"),
        format!("write `{left} {operator}`{more}"),
    ))
}

/// `7d`, and `ago(7d)`.
pub(super) fn age(stop: &Stop<'_>) -> Option<Reading> {
    let text = stop.text;
    let number = stop.at.checked_sub(1)?;
    let (Token::Number(count, _), Some(unit)) = (text.token(number)?, text.word(stop.at)) else {
        return None;
    };
    if !text.is_joined(stop.at) {
        return None;
    }
    let unit = match unit.to_ascii_lowercase().as_str() {
        "d" | "day" | "days" => "days",
        "h" | "hr" | "hour" | "hours" => "hours",
        "m" | "min" | "minute" | "minutes" => "minutes",
        "s" | "sec" | "second" | "seconds" => "seconds",
        "w" | "week" | "weeks" => "weeks",
        _ => return None,
    };
    let interval = format!("INTERVAL '{count} {unit}'");
    let is_ago = number >= 2 && text.is_word(number - 2, "ago");
    let (place, hint) = if is_ago {
        let from = format!("{count}{}", &unit[..1]);
        (number - 2, format!("write `archive_end() - {interval}`, or run it with `--from -{from}`"))
    } else {
        (number, format!("write `{interval}`"))
    };
    Some(Reading::new(text.place(place), format!("`{count}{}` is KQL", text.written(stop.at)), hint))
}

/// The operator of KQL that a token is, with its `!`, and the token that its text would be.
fn foreign_operator(text: &Text<'_>, index: usize) -> Option<(usize, String)> {
    let word = text.word(index)?;
    let is_negated = index > 0 && text.token(index - 1) == Some(&Token::ExclamationMark);
    let (first, name) = if is_negated { (index - 1, format!("!{word}")) } else { (index, word.to_owned()) };
    let argument = match text.token(index + 1) {
        Some(Token::SingleQuotedString(text)) => text.as_str(),
        Some(Token::Word(word)) if word.quote_style.is_some() => word.value.as_str(),
        _ => "",
    };
    dialects::operator(&name, argument).map(|meant| (first, meant))
}
