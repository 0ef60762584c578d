//! Operators between values that do not fit: a text and a number, a time and a text, a list and a text.

use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, UnaryOperator};
use datafusion::sql::sqlparser::tokenizer::Token;

use super::fields::VIEWS;
use super::types::{in_words, with_article};
use super::{Case, shown};
use crate::error::Error;

/// An example of a time, and one that is relative to the archive.
const TIMES: &str = "`event_time > '2026-03-01'`, or `event_time > archive_end() - INTERVAL '7 days'`";

pub(super) fn explain(case: &Case<'_>) -> Option<Error> {
    logical(case)
        .or_else(|| arithmetic(case))
        .or_else(|| comparison(case))
        .or_else(|| condition(case))
        .or_else(|| unsupported(case))
}

/// What the engine says of `left op right`, in words.
fn operands(message: &str) -> Option<(String, String, String)> {
    let words = in_words(message);
    let words = words.split(" to valid types").next()?.split(": ").next()?;
    for operator in [
        "=",
        "!=",
        "<>",
        "<=",
        ">=",
        "<",
        ">",
        "AND",
        "OR",
        "+",
        "-",
        "*",
        "/",
        "%",
        "~",
        "~*",
        "!~",
        "!~*",
        "||",
        "IS DISTINCT FROM",
        "IS NOT DISTINCT FROM",
        "&",
        "|",
    ] {
        if let Some((left, right)) = words.split_once(&format!(" {operator} ")) {
            return Some((left.to_owned(), operator.to_owned(), right.to_owned()));
        }
    }
    None
}

fn is_binary(expr: &Expr) -> bool {
    matches!(expr, Expr::BinaryOp { .. } | Expr::Between { .. } | Expr::InList { .. })
}

/// The column of a comparison as it is written, or else an example.
fn left(case: &Case<'_>, example: &str) -> String {
    match case.innermost(is_binary) {
        Some(Expr::BinaryOp { left, right, .. }) => match (&**left, &**right) {
            (Expr::Value(_), right) => shown(right),
            (left, _) => shown(left),
        },
        Some(Expr::Between { expr, .. } | Expr::InList { expr, .. }) => shown(expr),
        _ => example.to_owned(),
    }
}

fn comparison(case: &Case<'_>) -> Option<Error> {
    if let Some(types) = case.after("Can not find compatible types to compare ") {
        let types = in_words(types);
        let (expr, list) = types.split_once(" with [")?;
        let list = list.trim_end_matches(']').split(", ").find(|kind| *kind != expr).unwrap_or("values");
        let what = format!("cannot compare {} with {}", with_article(expr), with_article(list));
        return Some(compared(case, &what, expr, list));
    }
    let types = case
        .after("argument type for comparison operation ")
        .or_else(|| case.after("argument type for regex operation "))
        .or_else(|| case.after("argument type for operation "));
    if let Some((left, _, right)) = types.and_then(operands) {
        let what = format!("cannot compare {} with {}", with_article(&left), with_article(&right));
        return Some(compared(case, &what, &left, &right));
    }
    let types = in_words(case.between("There isn't a common type to coerce ", " expression")?);
    let (types, operator) = types.split_once(" in ")?;
    let (left, right) = types.split_once(" and ")?;
    let like = |expr: &Expr| matches!(expr, Expr::Like { .. } | Expr::ILike { .. } | Expr::SimilarTo { .. });
    let expr = case.innermost(like);
    let column = match expr {
        Some(Expr::Like { expr, .. } | Expr::ILike { expr, .. }) => shown(expr),
        _ => "x".to_owned(),
    };
    if left == "text" {
        let pattern = match expr {
            Some(Expr::Like { pattern, .. } | Expr::ILike { pattern, .. }) => shown(pattern),
            _ => "it".to_owned(),
        };
        let error = case
            .error_of(expr, format!("{operator} takes a text, and `{pattern}` is {}", with_article(right)));
        return Some(error.hint(format!("write it in quotes: `{column} {operator} '%…%'`")));
    }
    let error =
        case.error_of(expr, format!("{operator} compares texts, and `{column}` is {}", with_article(left)));
    Some(match (left, right) {
        ("list", _) => error.hint(list_hint(&column)),
        ("timestamp" | "date", _) => error.hint(format!("compare times: {TIMES}")),
        _ => error.hint(format!("make a text of it: `CAST({column} AS TEXT)`")),
    })
}

fn compared(case: &Case<'_>, what: &str, left_type: &str, right_type: &str) -> Error {
    let error = case.error_of(case.innermost(is_binary), what);
    let is = |kind: &str| left_type == kind || right_type == kind;
    // `a || b` puts texts together before anything is compared.
    if is("boolean")
        && is("text")
        && (0..case.text.len()).any(|index| case.text.token(index) == Some(&Token::StringConcat))
    {
        return error.note("`||` puts two texts together").hint("write OR between conditions");
    }
    let column = left(case, "x");
    if column.to_ascii_lowercase().starts_with("unnest(") {
        return case.error_of(case.innermost(is_binary), "unnest cannot stand in a condition").hint(VIEWS);
    }
    if let Some(Expr::BinaryOp { right, .. }) = case.innermost(is_binary)
        && let Expr::Tuple(values) = &**right
    {
        let values: Vec<_> = values.iter().map(shown).collect();
        return error.hint(format!("write `{column} IN ({})`", values.join(", ")));
    }
    if is("list") || is("struct") {
        return error.hint(list_hint(&column));
    }
    if case.message.contains("regex operation") {
        return error.hint(format!("a pattern is a text: `{column} ~ '…'`"));
    }
    if is("timestamp") || is("date") {
        return error.hint(format!("write a time: {TIMES}"));
    }
    if is("boolean") {
        return error.hint(format!("write `{column}`, or `NOT {column}`"));
    }
    error.hint(format!("make one of the other: `CAST({column} AS TEXT)`, or `TRY_CAST({column} AS BIGINT)`"))
}

fn list_hint(column: &str) -> String {
    match column.rsplit('.').next().unwrap_or(column) {
        _ if column.ends_with(']') => format!("name a field of it: `{column}['name']`"),
        "targets" => {
            "write `targets[1]['upn']` for the first of the list; the view `audit_target` has a row for each"
                .to_owned()
        }
        "details" => "write `detail(details, 'key')`; the view `audit_detail` has a row for each".to_owned(),
        _ => {
            format!("of a list of texts write `array_has({column}, 'value')`, or `{column}[1]` for the first")
        }
    }
}

fn logical(case: &Case<'_>) -> Option<Error> {
    let (left, operator, right) = operands(case.after("argument type for logical boolean operation ")?)?;
    let wrong = if left == "boolean" { right } else { left };
    let expr = case.innermost(|expr| {
        matches!(expr, Expr::BinaryOp { op: BinaryOperator::And | BinaryOperator::Or, .. })
    });
    let side = match expr {
        Some(Expr::BinaryOp { left, right, .. }) => {
            let is_plain = |expr: &Expr| {
                matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Value(_))
            };
            if is_plain(right) && !is_plain(left) { Some(&**right) } else { Some(&**left) }
        }
        _ => None,
    };
    let error = case.error_of(
        side.or(expr),
        format!("{operator} joins conditions, and this is {}", with_article(&wrong)),
    );
    Some(error.hint(match side {
        Some(Expr::Value(_)) => {
            "repeat the column: `activity = 'a' OR activity = 'b'`, or `activity IN ('a', 'b')`".to_owned()
        }
        Some(side) => format!("compare it with something: `{} = '…'`", shown(side)),
        None => "compare it with something: `x = '…'`".to_owned(),
    }))
}

fn condition(case: &Case<'_>) -> Option<Error> {
    if let Some(kind) = case.after("Join condition must be boolean type, but got ") {
        let index = case.text.words(&["ON"]).map(|index| index + 1);
        let kind = in_words(kind);
        let error =
            case.error_at(index, format!("ON takes a condition, and this is {}", with_article(&kind)));
        return Some(
            error.hint("compare columns of both sides: `ON audit.correlation_id = signin.correlation_id`"),
        );
    }
    if let Some(rest) = case.after("Cannot create filter with non-boolean predicate '") {
        let (predicate, kind) = rest.split_once("' returning ")?;
        let kind = in_words(kind);
        let predicate = in_words(predicate);
        let predicate = predicate.rsplit('.').next().unwrap_or(&predicate).to_owned();
        let index = ["WHERE", "HAVING", "ON", "QUALIFY"].iter().find_map(|clause| {
            let clause = case.text.words(&[clause])?;
            (case.text.word(clause + 1)?.eq_ignore_ascii_case(&predicate)).then_some(clause + 1)
        });
        let error = case.error_at(
            index.or_else(|| case.text.name(&predicate)).or_else(|| case.text.words(&["WHERE"])),
            format!("WHERE takes a condition, and this is {}", with_article(&kind)),
        );
        return Some(error.hint(format!("compare it: `{predicate} = '…'`, or `{predicate} IS NOT NULL`")));
    }
    let kind = in_words(case.after("requires a boolean expression, got ")?);
    let expr = case.innermost(|expr| matches!(expr, Expr::UnaryOp { op: UnaryOperator::Not, .. }));
    let operand = match expr {
        Some(Expr::UnaryOp { expr, .. }) => shown(expr),
        _ => "x".to_owned(),
    };
    let error = Error::new(format!("NOT takes a condition, and `{operand}` is {}", with_article(&kind)))
        .at(case.span.or_else(|| case.place()));
    Some(error.hint(format!("compare it: `{operand} <> '…'`, or `{operand} IS NULL`")))
}

fn arithmetic(case: &Case<'_>) -> Option<Error> {
    let types = case
        .after("Cannot coerce arithmetic expression ")
        .or_else(|| case.after("result type for temporal operation "))
        .or_else(|| case.after("result type for arithmetic operation "))
        .or_else(|| case.after("result type for decimal operation "))
        .or_else(|| case.after("common type for bitwise operation "))
        .or_else(|| case.after("common string type for string concat operation "))?;
    let (left_type, operator, right_type) = operands(types)?;
    let what = match operator.as_str() {
        "+" => format!("cannot add {} to {}", with_article(&right_type), with_article(&left_type)),
        "-" => format!("cannot subtract {} from {}", with_article(&right_type), with_article(&left_type)),
        operator => format!(
            "`{operator}` does not take {} and {}",
            with_article(&left_type),
            with_article(&right_type)
        ),
    };
    let error = case.error_of(case.innermost(is_binary), what);
    let column = left(case, "event_time");
    let is = |kind: &str| left_type == kind || right_type == kind;
    Some(if is("timestamp") || is("date") {
        if left_type == right_type && operator == "+" {
            return Some(error.hint("the time between two is `a - b`"));
        }
        let sign = if operator == "-" { "-" } else { "+" };
        error.hint(format!("write `{column} {sign} INTERVAL '7 days'`"))
    } else if is("list") || is("struct") {
        error.hint(list_hint(&column))
    } else if is("text") {
        let text = match case.innermost(is_binary) {
            Some(Expr::BinaryOp { left, .. }) if left_type == "text" => shown(left),
            Some(Expr::BinaryOp { right, .. }) => shown(right),
            _ => "x".to_owned(),
        };
        let number = format!("a text becomes a number with `TRY_CAST({text} AS DOUBLE)`");
        if operator == "+" {
            error.hint(format!("`||` puts texts together; {number}"))
        } else {
            error.hint(number)
        }
    } else {
        error
    })
}

/// Operators of other dialects that can be read but not run.
fn unsupported(case: &Case<'_>) -> Option<Error> {
    let message = &case.message;
    let of = |operator: &str| (0..case.text.len()).find(|index| case.text.written(*index) == operator);
    if message.contains("PGOverlap") {
        return Some(case.error_at(of("&&"), "no operator `&&`").hint("write AND between conditions"));
    }
    if message.starts_with("ANY in ") || message.starts_with("LIKE ANY") {
        let error = case.error_of(None, "LIKE takes one pattern");
        return Some(
            error.hint("write `x LIKE 'a%' OR x LIKE 'b%'`, or a regular expression: `x ~ '^(a|b)'`"),
        );
    }
    if let Some(operator) = case.between("Unary operator '", "' only supports") {
        let error = Error::new(format!("`{operator}` before a value takes a number"))
            .at(case.span.or_else(|| case.place()));
        return Some(error.hint("a text becomes a number with `TRY_CAST(x AS DOUBLE)`"));
    }
    if message.starts_with("Unsupported SQL unary operator")
        || message.starts_with("Unsupported unary operator")
    {
        if let Some(index) = of("~")
            .filter(|index| index.checked_sub(1).is_some_and(|before| case.text.written(before) == "="))
        {
            let column = index.checked_sub(2).map_or("x", |before| case.text.written(before));
            let error = case.error_at(Some(index - 1), "`=~` is an operator of KQL");
            let text = case.text.written(index + 1);
            return Some(error.hint(format!("write `{column} ILIKE {text}`, which ignores case")));
        }
        if let Some(index) = of("!").or_else(|| of("~")) {
            return Some(
                case.error_at(
                    Some(index),
                    format!("no operator `{}` before a value", case.text.written(index)),
                )
                .hint("write NOT before a condition"),
            );
        }
        return Some(
            case.error_of(None, "the engine has no such operator")
                .hint("operators are = <> < > <= >= + - * / % || ~ AND OR NOT LIKE ILIKE IN BETWEEN IS"),
        );
    }
    if message.starts_with("Unsupported binary operator") {
        return Some(
            case.error_of(case.innermost(is_binary), "the engine has no such operator")
                .hint("operators are = <> < > <= >= + - * / % || ~ AND OR LIKE ILIKE IN BETWEEN IS"),
        );
    }
    if message.contains("RLike") || message.contains("RLIKE") || message.contains("REGEXP") {
        return Some(
            case.error_at(
                case.text.words(&["RLIKE"]).or_else(|| case.text.words(&["REGEXP"])),
                "no operator for regular expressions in words",
            )
            .hint("write `x ~ 'a+'`, or `x ~* 'a+'` to ignore case"),
        );
    }
    None
}
