//! Values that are none of their type, and sums that have no result: in the statement, or in the rows that it reads.

use std::collections::BTreeSet;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr as PlanExpr, LogicalPlan, Operator};
use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr};

use super::types::{in_words, with_article};
use super::{Case, shortened, shown};
use crate::error::Error;

const TIMES: &str = "write a date `2026-03-01` or a time `2026-03-01T14:00:00Z`; relative to the archive: `archive_end() - INTERVAL '7 days'`";

pub(super) fn explain(case: &Case<'_>) -> Option<Error> {
    times(case)
        .or_else(|| casts(case))
        .or_else(|| division(case))
        .or_else(|| overflow(case))
        .or_else(|| patterns(case))
        .or_else(|| limits(case))
}

fn times(case: &Case<'_>) -> Option<Error> {
    if let Some(value) = case.between("Invalid input syntax for type interval: \"", "\"") {
        let error = case.error_at(case.text.literal(value), format!("`{value}` is no interval"));
        return Some(error.hint(
            "write a number and a unit: `INTERVAL '7 days'`, `INTERVAL '36 hours'`, `INTERVAL '90 minutes'`",
        ));
    }
    if let Some((value, format)) = case
        .between("Error parsing timestamp from '", "':")
        .and_then(|rest| rest.split_once("' using format '"))
    {
        let error =
            case.error_at(case.text.literal(format), format!("`{value}` is not written as `{format}` says"));
        return Some(error.hint("a format such as `'%Y-%m-%d %H:%M:%S'` says how a time is written; without one ISO times are read"));
    }
    let value = case
        .between("Error parsing timestamp from '", "':")
        .or_else(|| case.between("Error parsing '", "' as timestamp"))
        .or_else(|| case.between("Unable to parse timestamp from '", "'"));
    if let Some(value) = value {
        return Some(wrong_value(case, value, "time", TIMES, is_time));
    }
    if case.message.contains("Unable to cast to Date32") {
        let call = case.text.words(&["to_date"]);
        return Some(case.error_at(call, "a text that `to_date` is given is no date").hint(TIMES));
    }
    None
}

fn is_time(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 | DataType::Time64(_))
}

fn casts(case: &Case<'_>) -> Option<Error> {
    let (value, target) = if let Some(value) = case.between("Cannot cast string '", "' to value of ") {
        (value, case.after("' to value of ")?)
    } else if let Some(value) = case.between("Can't cast value ", " to type ") {
        let target = case.after(" to type ")?;
        return Some(too_large(case, value, target));
    } else {
        let rest = case.after("Cannot cast value '")?;
        (rest.split_once("' to value of ")?.0, case.after("' to value of ")?)
    };
    let target = target.split(" type").next().unwrap_or(target);
    let word = in_words(target);
    let (word, hint): (&str, &str) = match word.as_str() {
        "timestamp" | "date" => ("time", TIMES),
        "boolean" => ("boolean", "write a condition, `true` or `false`"),
        "time" => ("time of day", "write `'14:00:00'`"),
        _ if target.starts_with("Float") || target.starts_with("Decimal") => (
            "number",
            "write a number without quotes; of a text column `TRY_CAST(x AS DOUBLE)` is NULL where the text is none",
        ),
        _ => (
            "number",
            "write a number without quotes; of a text column `TRY_CAST(x AS BIGINT)` is NULL where the text is none",
        ),
    };
    let is_target: fn(&DataType) -> bool = match word {
        "time" | "time of day" => is_time,
        "boolean" => |data_type| *data_type == DataType::Boolean,
        _ => DataType::is_numeric,
    };
    Some(wrong_value(case, value, word, hint, is_target))
}

/// A text that is no value of a type: one of the statement, or one of the rows.
fn wrong_value(
    case: &Case<'_>,
    value: &str,
    word: &str,
    hint: &str,
    is_target: fn(&DataType) -> bool,
) -> Error {
    let shown_value = shortened(value);
    let what = if value.is_empty() {
        format!("an empty text is no {word}")
    } else {
        format!("`{shown_value}` is no {word}")
    };
    if let Some(index) = case.text.literal(value) {
        let error = case.error_at(Some(index), what);
        let compared = case.innermost(|expr| {
            matches!(expr, Expr::BinaryOp { .. } | Expr::InList { .. } | Expr::Between { .. })
        });
        let column = match compared {
            Some(Expr::BinaryOp { left, .. }) => Some(shown(left)),
            Some(Expr::InList { expr, .. } | Expr::Between { expr, .. }) => Some(shown(expr)),
            _ => None,
        };
        return match column {
            Some(column) if word == "number" => error
                .because(format!("`{column}` is compared with it"))
                .hint(format!("write a number, or compare texts: `CAST({column} AS TEXT)`")),
            _ => error.hint(hint),
        };
    }
    let Some(blamed) = case.hazard(&|plan| casts_to(plan, is_target)) else {
        return Error::new(what).at(case.place()).hint(hint);
    };
    let guilty = blamed.path.iter().rev().find(|expr| !matches!(expr, Expr::Value(_)));
    let error = case.error_of(guilty, what);
    let Some(guilty) = guilty else { return error.hint(hint) };
    let error = error.note("that text stands in a row, not in the statement");
    match guilty {
        Expr::Cast { expr, data_type, .. } => error
            .hint(format!("`TRY_CAST({} AS {data_type})` is NULL where the text is no {word}", shown(expr))),
        Expr::BinaryOp { left, op, right } if matches!(**right, Expr::Value(_)) => {
            let (left, right) = (shown(left), shown(right));
            error.hint(format!(
                "`{left}` is a text: compare it with one, `{left} {op} '{}'`, or `TRY_CAST({left} AS {}) {op} {right}`",
                right.trim_matches('\''),
                if word == "time" { "TIMESTAMP" } else { "BIGINT" }
            ))
        }
        guilty if word == "time" => error.hint(format!(
            "`{}` needs a time: `TRY_CAST(x AS TIMESTAMP)` is NULL where a text is none",
            shown(guilty)
        )),
        Expr::InList { expr, .. } if word == "number" => {
            error.hint(format!("`{}` is a text: write texts, `{} IN ('1', '2')`", shown(expr), shown(expr)))
        }
        _ => error.hint(hint),
    }
}

fn too_large(case: &Case<'_>, value: &str, target: &str) -> Error {
    let place = case.text.number(value).or_else(|| case.text.literal(value));
    let bits = target.trim_matches(|c: char| !c.is_ascii_digit());
    let name = match (target.starts_with('U'), bits) {
        (_, "8") => "TINYINT",
        (_, "16") => "SMALLINT",
        (_, "32") => "INT",
        (true, "64") => "BIGINT UNSIGNED",
        (false, "64") => "BIGINT",
        _ => "its type",
    };
    let what = format!("{} does not fit {name}", shortened(value));
    let hint = if name == "BIGINT" {
        "`DOUBLE` and `DECIMAL(38, 0)` hold more"
    } else {
        "`BIGINT` holds whole numbers up to 9223372036854775807"
    };
    if place.is_some() {
        return case.error_at(place, what).hint(hint);
    }
    let blamed = case.hazard(&|plan| {
        any_expression(
            plan,
            &mut |_, expr| matches!(expr, PlanExpr::Cast(cast) if cast.field.data_type().is_numeric()),
        )
    });
    let cast = blamed.as_ref().and_then(|blamed| blamed.path.last());
    case.error_of(cast, what).hint(hint)
}

fn division(case: &Case<'_>) -> Option<Error> {
    let message = case.message.to_ascii_lowercase();
    if !message.contains("divide by zero")
        && !message.contains("dividebyzero")
        && !message.contains("division by zero")
    {
        return None;
    }
    let is_division = |expr: &&Expr| {
        matches!(expr, Expr::BinaryOp { op: BinaryOperator::Divide | BinaryOperator::Modulo, .. })
    };
    let of_planning = case.innermost(|expr| is_division(&expr));
    let hazard = if of_planning.is_none() { case.hazard(&divides) } else { None };
    let of_rows = hazard.as_ref().and_then(|blamed| blamed.path.iter().rev().find(is_division));
    let guilty = of_planning.or(of_rows);
    let error = case.error_of(guilty, "division by zero");
    let divisions =
        (0..case.text.len()).filter(|index| ["/", "%"].contains(&case.text.written(*index))).count();
    let error = if divisions > 1 && of_planning.is_none() {
        error.note("the statement divides in more than one place; this is the first of them")
    } else {
        error
    };
    Some(match guilty {
        Some(Expr::BinaryOp { left, op, right }) if !matches!(**right, Expr::Value(_)) => {
            let right = shown(right);
            let inner = right.strip_prefix('(').and_then(|inner| inner.strip_suffix(')'));
            let right = inner.filter(|inner| !inner.starts_with("SELECT")).unwrap_or(&right);
            error.hint(format!(
                "`{} {op} nullif({}, 0)` is NULL where it is divided by zero",
                shown(left),
                right
            ))
        }
        _ => error.hint("`a / nullif(b, 0)` is NULL where it is divided by zero"),
    })
}

fn overflow(case: &Case<'_>) -> Option<Error> {
    let lower = case.message.to_ascii_lowercase();
    if !lower.contains("overflow") || lower.contains("stack overflow") {
        return None;
    }
    let words = super::plain(&case.message);
    let error = Error::new("a value is too large").at(case.place().or_else(|| case.likely_place()));
    let error = words.into_iter().fold(error, Error::because);
    if !lower.contains("overflow happened") && !lower.contains("arithmetic") {
        return Some(error);
    }
    Some(error.hint("numbers are exact up to 9223372036854775807; `CAST(x AS DOUBLE)` holds larger ones"))
}

/// A regular expression that is none.
fn patterns(case: &Case<'_>) -> Option<Error> {
    let rest = case.after("regex parse error:")?;
    let mut lines = rest.lines().map(str::trim).filter(|line| !line.is_empty());
    let pattern = lines.next()?.to_owned();
    let why = rest.lines().find_map(|line| line.trim().strip_prefix("error: "))?;
    let error = case
        .error_at(case.text.literal(&pattern), format!("`{}` is no regular expression", shortened(&pattern)));
    let error = if case.text.literal(&pattern).is_none() {
        error.at(case.place().or_else(|| case.likely_place()))
    } else {
        error
    };
    Some(error.because(why).hint("put `\\` before a character that stands for itself: `\\(`; a plain text is found with `ILIKE '%text%'`"))
}

fn limits(case: &Case<'_>) -> Option<Error> {
    if let Some(clause) = case.between("Expected ", " to be an integer or null, but got ") {
        let kind = in_words(case.after("but got ")?);
        let index = case.text.words(&[clause]).map(|index| index + 1);
        let instead = if kind == "number" { String::new() } else { format!(", not {}", with_article(&kind)) };
        let error = case.error_at(index, format!("{clause} takes a whole number{instead}"));
        return Some(error.hint(format!("write `{clause} 10`")));
    }
    let clause = if case.message.starts_with("LIMIT must be") {
        "LIMIT"
    } else if case.message.starts_with("OFFSET must be") {
        "OFFSET"
    } else {
        return None;
    };
    let index = case.text.words(&[clause]).map(|index| index + 1);
    Some(
        case.error_at(index, format!("{clause} takes no negative number"))
            .hint(format!("write `{clause} 10`")),
    )
}

impl Case<'_> {
    /// The expression that makes the plan one with this hazard.
    fn hazard(&self, hazard: &dyn Fn(&LogicalPlan) -> bool) -> Option<super::Blamed> {
        (self.failure.blame)(&DataFusionError::Execution(self.message.clone()), Some(hazard))
    }
}

/// Whether any expression of a plan, or of its subqueries, is so.
fn any_expression(plan: &LogicalPlan, is_so: &mut dyn FnMut(&LogicalPlan, &PlanExpr) -> bool) -> bool {
    let mut found = false;
    // Neither visitor fails.
    let _ = plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|part| {
                found = found || is_so(node, part);
                Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
            })
        })
    });
    found
}

/// Whether a plan makes values of a type from texts: with a cast, or in a function that reads times.
fn casts_to(plan: &LogicalPlan, is_target: fn(&DataType) -> bool) -> bool {
    let is_text = |node: &LogicalPlan, expr: &PlanExpr| {
        let mut schema = datafusion::common::DFSchema::empty();
        for input in node.inputs() {
            schema.merge(input.schema());
        }
        if node.inputs().is_empty() {
            schema.merge(node.schema());
        }
        use datafusion::logical_expr::ExprSchemable;
        expr.get_type(&schema).map_or(true, |data_type| {
            matches!(
                data_type,
                DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..)
            )
        })
    };
    any_expression(plan, &mut |node, expr| match expr {
        PlanExpr::Cast(cast) => is_target(cast.field.data_type()) && is_text(node, &cast.expr),
        PlanExpr::ScalarFunction(call) => {
            let reads: BTreeSet<&str> = [
                "to_timestamp",
                "to_timestamp_micros",
                "to_timestamp_millis",
                "to_timestamp_nanos",
                "to_timestamp_seconds",
                "to_date",
                "to_time",
                "to_unixtime",
            ]
            .into();
            is_target(&DataType::Date32) && reads.contains(call.name())
        }
        _ => false,
    })
}

/// Whether a plan divides by what may be zero.
fn divides(plan: &LogicalPlan) -> bool {
    any_expression(plan, &mut |_, expr| match expr {
        PlanExpr::BinaryExpr(binary) => {
            matches!(binary.op, Operator::Divide | Operator::Modulo)
                && !matches!(&*binary.right, PlanExpr::Literal(value, _) if !is_zero(value))
        }
        _ => false,
    })
}

fn is_zero(value: &ScalarValue) -> bool {
    ScalarValue::new_zero(&value.data_type()).is_ok_and(|zero| zero == *value)
}
