//! Functions that are not there, and arguments that they do not take.

use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, Function};
use datafusion::sql::sqlparser::tokenizer::Token;

use super::types::in_words;
use super::{Case, Known, dialects};
use crate::engine::FUNCTIONS;
use crate::error::{Error, alike};

impl Known<'_> {
    /// Names of the functions, sorted.
    fn functions(&self) -> Vec<String> {
        let state = self.context.state();
        let scalar = state.scalar_functions().keys();
        let names = scalar.chain(state.aggregate_functions().keys()).chain(state.window_functions().keys());
        let mut names: Vec<String> = names.cloned().collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// How a function is written.
    fn usage(&self, name: &str) -> Option<String> {
        if let Some(ours) = FUNCTIONS.iter().find(|function| function.name() == name) {
            return Some(ours.usage.to_owned());
        }
        let state = self.context.state();
        let scalar = state.scalar_functions().get(name).and_then(|f| f.documentation().cloned());
        let aggregate = || state.aggregate_functions().get(name).and_then(|f| f.documentation().cloned());
        let window = || state.window_functions().get(name).and_then(|f| f.documentation().cloned());
        let documentation = scalar.or_else(aggregate).or_else(window)?;
        // Of several ways to write it, the first.
        let usage = documentation.syntax_example.lines().map(str::trim).find(|line| !line.is_empty())?;
        Some(usage.split(" or ").next().unwrap_or(usage).to_owned())
    }
}

pub(super) fn explain(case: &Case<'_>) -> Option<Error> {
    if let Some(name) = case.between("Invalid function '", "'") {
        return Some(unknown(case, name));
    }
    if let Some(name) = case.after("There is no window function named ") {
        return Some(unknown(case, name.trim_end_matches('.')));
    }
    arguments(case).or_else(|| particular(case))
}

fn unknown(case: &Case<'_>, name: &str) -> Error {
    let known = &case.failure.known;
    let index = case.span.and_then(|place| case.text.index_at(place)).or_else(|| case.text.name(name));
    let written = index.map(|index| case.text.chain(index).join("."));
    let written =
        written.filter(|written| written.eq_ignore_ascii_case(name)).unwrap_or_else(|| name.to_owned());
    if known.context.state().window_functions().contains_key(name) {
        let usage = known.usage(name).unwrap_or_else(|| format!("{name}()"));
        return case
            .error_at(index, format!("function `{name}` needs OVER"))
            .hint(format!("write `{usage} OVER (ORDER BY event_time)`"));
    }
    let error = case.error_at(index, format!("no function `{written}`"));
    if let Some(meant) = dialects::function(name) {
        return error.hint(format!("write {meant}"));
    }
    let functions = known.functions();
    let names: Vec<&str> = functions.iter().map(String::as_str).collect();
    let is_near = |meant: &&str| {
        strsim::osa_distance(name, meant) <= 2 && name.len() > 3 || strsim::jaro_winkler(name, meant) > 0.88
    };
    match alike(name, &names).filter(is_near) {
        Some(meant) => error.hint(format!("did you mean `{meant}`?")),
        None => {
            let ours: Vec<_> = FUNCTIONS.iter().map(|function| format!("`{}`", function.name())).collect();
            error.hint(format!("`SHOW FUNCTIONS` lists them; for audit logs there are {}", ours.join(", ")))
        }
    }
}

/// A call with arguments that are too many, too few or of the wrong types.
fn arguments(case: &Case<'_>) -> Option<Error> {
    let call = case.after("name and argument types '")?;
    let name = call.split('(').next()?;
    let inside = call.strip_prefix(name)?.strip_prefix('(')?;
    let inside = inside.split("'. You might").next()?.trim_end_matches(')');
    let types = in_words(inside);
    let types: Vec<&str> = types.split(", ").filter(|word| !word.is_empty()).collect();
    if name == "array_element" {
        return None;
    }
    let written = case.innermost(|expr| written_as(expr).is_some());
    let what = written.and_then(written_as);
    let error = |what: String| match written {
        Some(_) => case.error_of(written, what),
        None => case.error_at(call_of(case, name), what),
    };
    match what.as_deref() {
        Some("[") => {
            return Some(
                error(format!("a list holds values of one type, and these are {}", list(&types)))
                    .hint("make texts of them: `CAST(x AS TEXT)`"),
            );
        }
        Some("ANY") => {
            return Some(
                error("ANY takes a list, or a subquery".to_owned()).hint("of values write `IN ('a', 'b')`"),
            );
        }
        Some("||") => {
            return Some(error(format!("`||` does not take {}", list(&types)))
                .hint("it puts two texts together, or two lists; of a list of structs use a view such as `audit_target`"));
        }
        _ => {}
    }
    let called = what.unwrap_or_else(|| name.to_owned());
    let usage = case.failure.known.usage(name).map(|usage| usage.replacen(name, &called, 1));
    let what = match wanted_count(case, usage.as_deref(), types.len()) {
        Some(wanted) => {
            let found = if types.is_empty() { "none".to_owned() } else { types.len().to_string() };
            format!("function `{called}` takes {wanted}, not {found}")
        }
        None if types.is_empty() => format!("function `{called}` takes arguments"),
        None => format!("function `{called}` does not take {}", list(&types)),
    };
    let error = error(what);
    Some(match particular_hint(case, name, &types) {
        Some(hint) => error.hint(hint),
        None => match usage {
            Some(usage) => error.hint(format!("it is written `{usage}`")),
            None => error,
        },
    })
}

/// How the statement writes a call: the engine has functions for operators too.
fn written_as(expr: &Expr) -> Option<String> {
    Some(match expr {
        Expr::Function(Function { name, .. }) => name.to_string().to_lowercase(),
        Expr::Substring { .. } => "substring".to_owned(),
        Expr::Position { .. } => "position".to_owned(),
        Expr::Trim { .. } => "trim".to_owned(),
        Expr::Extract { .. } => "extract".to_owned(),
        Expr::Ceil { .. } => "ceil".to_owned(),
        Expr::Floor { .. } => "floor".to_owned(),
        Expr::Array(_) => "[".to_owned(),
        Expr::AnyOp { .. } | Expr::AllOp { .. } => "ANY".to_owned(),
        Expr::BinaryOp { op: BinaryOperator::StringConcat, .. } => "||".to_owned(),
        _ => return None,
    })
}

/// The token where a function is first called.
fn call_of(case: &Case<'_>, name: &str) -> Option<usize> {
    (0..case.text.len())
        .find(|index| case.text.is_word(*index, name) && case.text.token(index + 1) == Some(&Token::LParen))
}

/// How many arguments a function takes, if that is what is wrong.
fn wanted_count(case: &Case<'_>, usage: Option<&str>, found: usize) -> Option<String> {
    if case.message.contains("expected zero argument") {
        return Some(counted(0));
    }
    let inside = usage?.split_once('(')?.1;
    // Some arguments can be left out, or repeated.
    let is_fixed = inside.ends_with(')') && !inside.contains(['[', '(']) && !inside.contains("..");
    let arguments = inside.trim_end_matches(')').split(',');
    let wanted = arguments.filter(|argument| !argument.trim().is_empty()).count();
    (is_fixed && wanted != found).then(|| counted(wanted))
}

fn counted(count: usize) -> String {
    match count {
        0 => "no argument".to_owned(),
        1 => "1 argument".to_owned(),
        count => format!("{count} arguments"),
    }
}

fn list(types: &[&str]) -> String {
    match types {
        [one] => super::types::with_article(one),
        types => format!("({})", types.join(", ")),
    }
}

fn particular_hint(case: &Case<'_>, name: &str, types: &[&str]) -> Option<String> {
    const NUMERIC: [&str; 16] = [
        "sum",
        "avg",
        "mean",
        "abs",
        "round",
        "sqrt",
        "power",
        "pow",
        "floor",
        "ceil",
        "stddev",
        "median",
        "ln",
        "exp",
        "approx_percentile_cont",
        "var_samp",
    ];
    Some(match (name, types) {
        ("avg" | "sum" | "mean" | "median", ["timestamp" | "date"]) => {
            "of times there is `min` and `max`; of seconds `date_part('epoch', x)`".to_owned()
        }
        ("date_trunc" | "date_part", ["timestamp" | "date", "text"]) => {
            format!("the unit comes first: `{name}('hour', event_time)`")
        }
        ("date_trunc" | "date_part", _) => format!("write `{name}('hour', event_time)`"),
        ("coalesce" | "greatest" | "least" | "nvl" | "ifnull", _) if types.len() > 1 => {
            "its values need one type: `CAST(x AS TEXT)` makes a text of any".to_owned()
        }
        (_, ["text", ..]) if NUMERIC.contains(&name) => {
            "a text becomes a number with `TRY_CAST(x AS DOUBLE)`, NULL if it is none".to_owned()
        }
        ("array_has" | "array_contains" | "list_has" | "list_contains", ["list", ..]) => {
            "the list holds structs, not texts: query a view with a row for each, `audit_target` or `audit_detail`"
                .to_owned()
        }
        (name, ["text", ..]) if (name.starts_with("array_") || name.starts_with("list_") || name == "cardinality") && name != "array_agg" => {
            let length = if name.ends_with("length") { "; the length of a text is `length(x)`" } else { "" };
            format!("it takes a list, such as `targets`{length}")
        }
        ("detail" | "target_of_type", _) => {
            let usage = case.failure.known.usage(name)?;
            let column = if name == "detail" { "details" } else { "targets" };
            format!("write `{}`, with the column `{column}` of `audit`", usage.replace(", key", ", 'key'").replace(", type", ", 'User'"))
        }
        _ => return None,
    })
}

/// What the engine says of some functions only.
fn particular(case: &Case<'_>) -> Option<Error> {
    if case.message.starts_with("Substring without for/from") {
        let index = call_of(case, "substr").or_else(|| call_of(case, "substring"));
        let error = case.error_at(index, "function `substr` takes 2 or 3 arguments, not 1");
        return Some(error.hint("write `substr(x, 1, 3)` for the first three characters"));
    }
    if case.message.starts_with("COUNT DISTINCT with multiple") {
        let error = case.error_at(case.text.words(&["DISTINCT"]), "count(DISTINCT …) takes one expression");
        return Some(
            error.hint("count pairs with `SELECT count(*) FROM (SELECT DISTINCT a, b FROM …) AS s`"),
        );
    }
    if let Some(unit) = case.between("date_trunc granularity: '", "'") {
        let units = case.after("Supported values are: ").unwrap_or_default();
        let error = case.error_at(case.text.literal(unit), format!("`{unit}` is no unit of `date_trunc`"));
        let is_meant = |known: &&str| unit.to_ascii_lowercase().trim_end_matches('s') == *known;
        return Some(match units.split(", ").find(is_meant) {
            Some(meant) => error.hint(format!("did you mean `{meant}`?")),
            None => error.hint(format!("units are {units}")),
        });
    }
    if let Some(unit) = case.between("Date part '", "' not supported") {
        let index = case.text.literal(unit).or_else(|| case.text.name(unit));
        let error = case.error_at(index, format!("`{unit}` is no part of a time"));
        return Some(
            error.hint("parts are year, quarter, month, week, day, hour, minute, second, dow, doy and epoch"),
        );
    }
    if case.message.contains("does not support zero arguments") {
        let name = case.between("'", "'")?;
        let error = case.error_at(call_of(case, name), format!("function `{name}` takes arguments"));
        return Some(match case.failure.known.usage(name) {
            Some(usage) => error.hint(format!("it is written `{usage}`")),
            None => error,
        });
    }
    None
}
