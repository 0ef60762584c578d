//! What may have been meant where reading a statement stopped.

use datafusion::sql::sqlparser::tokenizer::Token;

use super::syntax::{Reading, Stop};
use super::{Known, fields, kql, tables};

/// Words that begin a clause, or join two parts of one; a misspelt one is compared with them.
const KEYWORDS: &[&str] = &[
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP",
    "ORDER",
    "HAVING",
    "LIMIT",
    "OFFSET",
    "JOIN",
    "LEFT",
    "INNER",
    "CROSS",
    "UNION",
    "DISTINCT",
    "QUALIFY",
    "BETWEEN",
    "LIKE",
    "ILIKE",
    "WITH",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "EXPLAIN",
    "DESCRIBE",
    "SHOW",
    "CREATE",
    "VALUES",
    "OVER",
    "PARTITION",
];

/// Words that a new clause begins with.
const CLAUSES: &[&str] =
    &["SELECT", "FROM", "WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "UNION", "JOIN", "ON", "QUALIFY"];

/// Reads a stop in the first way that fits it.
pub(super) fn read(stop: &Stop<'_>, known: Option<&Known<'_>>) -> Option<Reading> {
    readings().into_iter().find_map(|reading| reading(stop, known))
}

type Read = fn(&Stop<'_>, Option<&Known<'_>>) -> Option<Reading>;

/// The ways to read a stop, in the order in which they are tried.
fn readings() -> [Read; 19] {
    [
        |stop, known| kql::pipe(stop, known),
        |stop, _| typographic(stop),
        |stop, known| saved_query(stop, known?),
        |stop, _| bracket(stop),
        |stop, _| case_without_end(stop),
        |stop, _| comma(stop),
        |stop, _| misspelt(stop),
        |stop, _| kql::operator(stop),
        |stop, _| kql::age(stop),
        |stop, _| without_by(stop),
        |stop, _| list(stop),
        |stop, _| operand(stop),
        |stop, _| half_comparison(stop),
        |stop, _| without_brackets(stop),
        |stop, known| beginning(stop, known),
        |stop, _| clause_order(stop),
        |stop, _| text_without_quotes(stop),
        |stop, _| second_name(stop),
        |stop, _| end(stop),
    ]
}

/// Characters that word processors and chats make of those that are typed.
fn typographic(stop: &Stop<'_>) -> Option<Reading> {
    let found = stop.text.written(stop.at);
    let first = found.chars().next()?;
    if matches!(first, '–' | '—' | '−') {
        let because = format!("`{first}` is a dash as word processors make them");
        return Some(Reading::new(stop.place, because, "a comment begins with `--`, a minus is `-`"));
    }
    if unicode_width::UnicodeWidthChar::width(first).unwrap_or(0) == 0 {
        let because = format!("a character that cannot be seen stands here: U+{:04X}", u32::from(first));
        return Some(Reading::new(stop.place, because, "delete it, or type the statement again"));
    }
    let is_quote = found.starts_with(['‘', '’', '‚', '“', '”', '„', '´', '«', '»', '＇', '＂', '′', '″']);
    is_quote.then(|| {
        Reading::new(
            stop.place,
            format!("`{}` is a typographic quote, as word processors make them", super::shortened(found)),
            "write texts in straight quotes: `'…'`",
        )
    })
}

fn saved_query(stop: &Stop<'_>, known: &Known<'_>) -> Option<Reading> {
    let name = known.saved_queries.iter().find(|name| stop.text.sql().contains(name.as_str()))?;
    let first = name.split('/').next()?;
    let place = stop.text.name(first).map_or(stop.place, |index| stop.text.place(index));
    Some(Reading::new(
        place,
        format!("`{name}` is a saved query, not a table"),
        format!("run it with `auditql run {name}`"),
    ))
}

/// Brackets that do not pair.
fn bracket(stop: &Stop<'_>) -> Option<Reading> {
    let mut open = Vec::new();
    for index in 0..stop.text.len() {
        match stop.text.token(index)? {
            Token::LParen => open.push(index),
            Token::RParen if open.pop().is_none() => {
                let place = stop.text.place(index);
                return Some(Reading::new(
                    place,
                    "no bracket is open that this one closes",
                    "leave it out, or open one before it",
                ));
            }
            _ => {}
        }
    }
    let place = stop.text.place(*open.last()?);
    Some(Reading::new(place, "the bracket that opens here is never closed", "close it with `)`"))
}

fn case_without_end(stop: &Stop<'_>) -> Option<Reading> {
    let count = |word| (0..stop.text.len()).filter(|index| stop.text.is_word(*index, word)).count();
    let index = stop.text.words(&["CASE"]).filter(|_| count("CASE") > count("END"))?;
    let because = "the CASE that begins here has no END";
    Some(Reading::new(
        stop.text.place(index),
        because,
        "write `CASE WHEN condition THEN value ELSE value END`",
    ))
}

/// A comma that nothing follows.
fn comma(stop: &Stop<'_>) -> Option<Reading> {
    let is_over = |index: usize| match stop.text.token(index) {
        None | Some(Token::RParen | Token::SemiColon) => true,
        Some(_) => CLAUSES.iter().any(|clause| stop.text.is_word(index, clause)),
    };
    let index = (0..=stop.at.min(stop.text.len()))
        .find(|index| stop.text.token(*index) == Some(&Token::Comma) && is_over(index + 1))?;
    Some(Reading::new(
        stop.text.place(index),
        "nothing follows this comma",
        "leave the comma out, or write what follows it",
    ))
}

/// A word that is nearly a keyword: where reading stopped, or just before, where it passed for another name.
fn misspelt(stop: &Stop<'_>) -> Option<Reading> {
    let candidates = [Some(stop.at), stop.at.checked_sub(1)];
    candidates.into_iter().flatten().find_map(|index| {
        let Some(Token::Word(word)) = stop.text.token(index) else { return None };
        let written = word.value.to_uppercase();
        // `let` is KQL.
        if word.quote_style.is_some() || written == "LET" || KEYWORDS.contains(&written.as_str()) {
            return None;
        }
        let distance_max = if written.len() < 6 { 1 } else { 2 };
        let distance = |keyword: &&&str| strsim::osa_distance(&written, keyword);
        let meant = KEYWORDS.iter().min_by_key(distance).filter(|keyword| {
            let distance = distance(keyword);
            distance <= distance_max && distance + 1 < written.len()
        })?;
        let place = stop.text.place(index);
        Some(Reading::new(
            place,
            format!("`{}` is no word of SQL", word.value),
            format!("did you mean `{meant}`?"),
        ))
    })
}

fn without_by(stop: &Stop<'_>) -> Option<Reading> {
    let word = ["ORDER", "GROUP", "PARTITION"].into_iter().find(|word| stop.is(word))?;
    if stop.text.is_word(stop.at + 1, "BY") {
        return None;
    }
    Some(Reading::new(
        stop.place,
        format!("`BY` is missing after `{word}`"),
        format!("write `{word} BY …`; a name that is `{}` stands in double quotes", word.to_lowercase()),
    ))
}

/// IN without a list.
fn list(stop: &Stop<'_>) -> Option<Reading> {
    let before = stop.at.checked_sub(1).filter(|before| stop.text.is_word(*before, "IN"))?;
    let found = stop.text.written(stop.at);
    let hint = match (stop.text.token(stop.at)?, before.checked_sub(1).map(|at| stop.text.written(at))) {
        (Token::Word(word), Some(_)) if fields::fields(&word.value).is_some() => {
            format!("`{}` is a list of structs: {}", word.value, fields::VIEWS)
        }
        (Token::Word(word), Some(value)) => format!(
            "write `IN ('a', 'b')`; whether a list column has a value is `array_has({}, {value})`",
            word.value
        ),
        _ => format!("write `IN ({found})`"),
    };
    Some(Reading::new(stop.place, "IN takes a list in brackets", hint))
}

/// IS, EXISTS and NOT without what they take.
fn operand(stop: &Stop<'_>) -> Option<Reading> {
    let text = stop.text;
    let before = stop.at.checked_sub(1)?;
    let earlier = |word: &str| before > 0 && text.is_word(before - 1, word);
    let (because, hint) = if text.is_word(before, "IS") || text.is_word(before, "NOT") && earlier("IS") {
        ("IS takes NULL, TRUE or FALSE", "compare values with `=` and `<>`")
    } else if before > 0 && text.is_word(before, "EXISTS")
        || earlier("EXISTS")
        || stop.is("EXISTS") && text.written(stop.at + 1) == "("
    {
        (
            "EXISTS takes a subquery",
            "write `EXISTS (SELECT 1 FROM …)`; whether a column has a value is `x IS NOT NULL`",
        )
    } else if stop.is("NOT") {
        (
            "NOT stands before a condition, or before LIKE, IN, BETWEEN and NULL",
            "that values differ is `x <> 'a'`",
        )
    } else if text.token(stop.at)? == &Token::ExclamationMark {
        ("`!` is no operator here", "write NOT before a condition, `<>` between values")
    } else {
        return None;
    };
    Some(Reading::new(stop.place, because, hint))
}

/// A comparison with one side only.
fn half_comparison(stop: &Stop<'_>) -> Option<Reading> {
    let text = stop.text;
    let before = stop.at.checked_sub(1)?;
    let is_comparison = |index: usize| {
        use Token::{DoubleEq, Eq, Gt, GtEq, Lt, LtEq, Neq};
        matches!(text.token(index), Some(Eq | DoubleEq | Neq | Lt | Gt | LtEq | GtEq))
    };
    let is_joined = text.is_word(before, "AND") || text.is_word(before, "OR");
    if !is_joined || !is_comparison(stop.at) {
        return None;
    }
    let earlier = (1..before).rev().find(|index| is_comparison(*index));
    let column = earlier.map_or("x", |index| text.written(index - 1));
    let hint = format!("repeat the column: `{column} {} …`", text.written(stop.at));
    Some(Reading::new(stop.place, "a comparison has a value on both sides", hint))
}

/// What belongs into brackets.
fn without_brackets(stop: &Stop<'_>) -> Option<Reading> {
    let text = stop.text;
    let before = stop.at.checked_sub(1)?;
    let found = text.token(stop.at)?;
    let is_value = matches!(found, Token::Word(_) | Token::SingleQuotedString(_) | Token::Number(..));
    let (because, hint) = if text.is_word(before, "WITH") || stop.expected == "(" && stop.is("SELECT") {
        let hint = "write `WITH name AS (SELECT …) SELECT … FROM name`".to_owned();
        ("a query that has a name stands in brackets", hint)
    } else if before > 0 && *found == Token::RParen && text.is_word(before - 1, "IN") {
        ("IN has no values", "write at least one: `IN ('a')`".to_owned())
    } else if stop.expected.contains("columns in parentheses") || stop.expected == "(" && is_value {
        ("brackets are missing here", format!("write `({})`", super::shortened(text.written(stop.at))))
    } else {
        return None;
    };
    Some(Reading::new(stop.place, because, hint))
}

/// A text that begins like no statement.
fn beginning(stop: &Stop<'_>, known: Option<&Known<'_>>) -> Option<Reading> {
    if !stop.expected.contains("an SQL statement") {
        return None;
    }
    let found = stop.text.written(stop.at);
    if found.is_empty() {
        return Some(Reading::new(
            stop.place,
            "there is no statement",
            "write SQL, e.g. `SELECT count(*) FROM audit`",
        ));
    }
    let because = format!("no statement begins with `{}`", super::shortened(found));
    let table = known.and_then(|known| tables::meant(found, &known.tables()));
    let hint = match (table, found.to_ascii_lowercase().as_str()) {
        (Some(table), _) => format!("write `SELECT * FROM {table}`"),
        (None, "let") => {
            "that is KQL; name a part with `WITH name AS (SELECT …) SELECT … FROM name`".to_owned()
        }
        (None, "/" | "//") => "a comment begins with `--`".to_owned(),
        (None, "help" | "exit" | "quit" | "tables" | "q" | "d" | "\\" | ".") => {
            "commands of the shell begin with `\\`: `\\?` lists them, `\\d` lists the tables, `\\q` leaves"
                .to_owned()
        }
        (None, "run" | "ingest" | "show" | "timeline" | "status" | "auditql") => {
            "that is a command of the command line, not SQL: `auditql --help` lists them".to_owned()
        }
        _ => "begin with SELECT, WITH, VALUES, SHOW, DESCRIBE, EXPLAIN, CREATE VIEW, CREATE TABLE or SET"
            .to_owned(),
    };
    Some(Reading::new(stop.place, because, hint))
}

fn clause_order(stop: &Stop<'_>) -> Option<Reading> {
    let word = CLAUSES.iter().find(|word| stop.is(word))?;
    let is_over = stop.expected.contains("end of the statement");
    is_over.then(|| {
        Reading::new(
            stop.place,
            format!("{word} cannot stand here"),
            "the order is SELECT … FROM … JOIN … WHERE … GROUP BY … HAVING … QUALIFY … ORDER BY … LIMIT",
        )
    })
}

/// Words after an operator: a text that has no quotes.
fn text_without_quotes(stop: &Stop<'_>) -> Option<Reading> {
    let text = stop.text;
    let is_word = |index: usize| {
        matches!(text.token(index), Some(Token::Word(word)) if word.quote_style.is_none())
            && !KEYWORDS
                .iter()
                .chain(["AND", "OR", "BY", "AS", "IS", "IN", "NOT"].iter())
                .any(|keyword| text.is_word(index, keyword))
    };
    let mut first = stop.at;
    while first > 0 && is_word(first - 1) {
        first -= 1;
    }
    let before = first.checked_sub(1)?;
    let is_operator =
        matches!(text.token(before), Some(Token::Eq | Token::DoubleEq | Token::Neq | Token::Gt | Token::Lt))
            || text.is_word(before, "LIKE")
            || text.is_word(before, "ILIKE");
    let count = (first..text.len()).take_while(|index| is_word(*index)).count();
    if !is_operator || count < 2 || first + count <= stop.at {
        return None;
    }
    let words: Vec<_> = (first..first + count).map(|index| text.written(index)).collect();
    Some(Reading::new(
        text.place(first),
        "these words are not in quotes",
        format!("write a text as `'{}'`", words.join(" ")),
    ))
}

/// A value or a name after which another one stands.
fn second_name(stop: &Stop<'_>) -> Option<Reading> {
    stop.text.token(stop.at)?;
    if !stop.expected.contains("end of the statement") {
        return None;
    }
    // A call whose name passed for that of the column before it.
    let is_call = stop.text.token(stop.at) == Some(&Token::LParen) && stop.at > 1;
    let index = if is_call { stop.at - 1 } else { stop.at };
    Some(Reading::new(
        stop.text.place(index),
        format!("`{}` cannot stand here", super::shortened(stop.text.written(index))),
        "a comma or an operator may be missing before it, or quotes around a text: `'…'`",
    ))
}

fn end(stop: &Stop<'_>) -> Option<Reading> {
    if stop.at < stop.text.len() || stop.expected.contains("the end") {
        return None;
    }
    let last = stop.text.written(stop.text.len().checked_sub(1)?);
    let hint = match last.to_ascii_uppercase().as_str() {
        "SELECT" => "name columns, or all of them: `SELECT * FROM audit`".to_owned(),
        "FROM" | "JOIN" => format!("name a table: `{last} audit`"),
        "WHERE" | "AND" | "OR" | "ON" | "HAVING" | "NOT" | "QUALIFY" => {
            format!("write a condition: `{last} activity = 'Add user'`")
        }
        "BY" => format!(
            "name a column: `{} {last} activity`",
            stop.text.written(stop.text.len().saturating_sub(2))
        ),
        "DESCRIBE" | "DESC" => format!("name a table: `{last} audit`"),
        _ if stop.expected.contains("query body") => "add what to select: `SELECT * FROM …`".to_owned(),
        "LIMIT" | "OFFSET" => format!("write a number: `{last} 10`"),
        _ if stop.expected == "AND" => "write `BETWEEN low AND high`".to_owned(),
        _ => format!("write what is missing after `{}`, or leave that out", super::shortened(last)),
    };
    Some(Reading { hint: Some(hint), ..stop.plainly() })
}
