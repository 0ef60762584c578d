//! What belongs to another clause: columns beside aggregates, aggregates and windows in WHERE, positions, subqueries.

use datafusion::sql::sqlparser::ast::Expr;

use super::fields::VIEWS;
use super::types::{in_words, with_article};
use super::{Case, shown};
use crate::error::Error;

pub(super) fn explain(case: &Case<'_>) -> Option<Error> {
    grouping(case)
        .or_else(|| clauses(case))
        .or_else(|| positions(case))
        .or_else(|| subqueries(case))
        .or_else(|| sets(case))
}

/// The name of a column without its table, as people write it.
fn bare(name: &str) -> String {
    let name = in_words(name);
    let is_plain = name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
    if is_plain { name.rsplit('.').next().unwrap_or_default().to_owned() } else { super::shortened(&name) }
}

fn grouping(case: &Case<'_>) -> Option<Error> {
    if case.message.starts_with("Column in ") && case.message.contains("must be in GROUP BY") {
        let name = bare(case.between("column \"", "\" must appear")?);
        let star = (0..case.text.len()).find(|index| {
            case.text.written(*index) == "*"
                && index.checked_sub(1).is_some_and(|before| case.text.is_word(before, "SELECT"))
        });
        if case.text.name(&name).is_none() && star.is_some() {
            let error = case.error_at(star, format!("`*` stands for columns that are neither in GROUP BY nor in an aggregate, such as `{name}`"));
            return Some(
                error.hint("name the columns: `SELECT activity, count(*) FROM audit GROUP BY activity`"),
            );
        }
        let error = Error::new(format!("`{name}` is neither in GROUP BY nor in an aggregate"))
            .at(case.span.or_else(|| case.place()));
        let has_group = case.text.words(&["GROUP", "BY"]).is_some();
        let group = if has_group {
            format!("add it to GROUP BY: `GROUP BY …, {name}`")
        } else {
            format!("add `GROUP BY {name}`")
        };
        return Some(error.hint(format!("{group}; or take one value of each group: `min({name})`")));
    }
    if let Some(rest) = case.after("HAVING clause references: ") {
        let index = case.text.words(&["HAVING"]);
        let name = bare(rest.split(" must appear").next()?);
        let error = case.error_at(index, "HAVING is for groups, and needs GROUP BY or aggregates");
        let error = error.because(format!("`{name}` is a condition on single rows"));
        return Some(error.hint("write it after WHERE"));
    }
    if case.message.contains("Aggregate function calls cannot be nested") {
        let call = case.innermost(|expr| matches!(expr, Expr::Function(_)));
        let outer = case
            .blamed
            .as_ref()
            .and_then(|blamed| blamed.path.iter().find(|expr| matches!(expr, Expr::Function(_))));
        let error = case.error_of(outer.or(call), "an aggregate cannot stand inside another one");
        return Some(error.hint("compute the inner one first: `SELECT max(n) FROM (SELECT count(*) AS n FROM audit GROUP BY activity) AS s`"));
    }
    if let Some(rest) = case.after("For SELECT DISTINCT, ORDER BY expressions ") {
        let name = bare(rest.split(" must appear").next()?);
        let index = case.text.words(&["ORDER", "BY"]).map(|index| index + 2);
        let error = case.error_at(index, format!("after SELECT DISTINCT rows cannot be ordered by `{name}`"));
        return Some(
            error
                .because("it is not one of the columns that are selected")
                .hint(format!("select it too, or group: `SELECT … GROUP BY … ORDER BY max({name})`")),
        );
    }
    None
}

fn clauses(case: &Case<'_>) -> Option<Error> {
    let is_call = |expr: &Expr| matches!(expr, Expr::Function(_));
    if case.message.starts_with("Aggregate functions are not allowed in the WHERE") {
        let call = case.innermost(is_call);
        let written = call.map_or_else(|| "count(*)".to_owned(), shown);
        let place = call.and_then(super::place_of).or_else(|| {
            // Where something else is wrong too, the first call after WHERE.
            let clause = case.text.words(&["WHERE"])?;
            let is_call =
                |index: &usize| case.text.word(*index).is_some() && case.text.written(index + 1) == "(";
            (clause + 1..case.text.len()).find(is_call).map(|index| case.text.place(index))
        });
        return Some(
            Error::new("WHERE cannot hold an aggregate")
                .at(place)
                .because("WHERE chooses rows before they are grouped")
                .hint(format!("filter groups after GROUP BY: `HAVING {written} …`")),
        );
    }
    let kind = case.after("Physical plan does not support logical expression ")?;
    if kind.starts_with("WindowFunction") {
        let call = case.innermost(is_call);
        let written = call.map_or_else(|| "row_number() OVER (…)".to_owned(), shown);
        return Some(
            case.error_of(call, "WHERE cannot hold a window function")
                .hint(format!("filter by it after WHERE: `QUALIFY {written} …`")),
        );
    }
    if kind.starts_with("AggregateFunction") {
        return Some(
            case.error_of(case.innermost(is_call), "an aggregate cannot stand here")
                .hint("aggregates stand in SELECT, HAVING and ORDER BY"),
        );
    }
    if kind.starts_with("OuterReferenceColumn")
        && let Some(index) = case.text.words(&["UNNEST"])
    {
        let error = case.error_at(Some(index), "unnest in FROM cannot read a column of another table");
        return Some(error.hint(VIEWS));
    }
    if kind.starts_with("OuterReferenceColumn")
        || kind.starts_with("ScalarSubquery")
        || kind.starts_with("InSubquery")
        || kind.starts_with("Exists")
    {
        return Some(case.error_at(subquery(case), "the subquery depends on the rows around it in a way the engine cannot do").hint(
            "write it as a JOIN, or take one value of it with an aggregate such as max; for lists use the views `audit_target`, `audit_change`, `audit_detail`",
        ));
    }
    if kind.starts_with("Unnest") {
        return Some(case.error_of(case.innermost(is_call), "unnest cannot stand here").hint(
            "write it in SELECT; the view `audit_target` has a row for each target, `audit_change` for each changed property",
        ));
    }
    None
}

fn positions(case: &Case<'_>) -> Option<Error> {
    if let Some(number) = case.between("Order by column out of bounds, specified: ", ",") {
        let max = case.after("max: ")?;
        return Some(position(case, "ORDER BY", number, max));
    }
    if case.message.starts_with("Order by index starts at 1") {
        return Some(position(case, "ORDER BY", "0", ""));
    }
    if let Some(number) = case.between("Cannot find column with position ", " ") {
        let max = case.after("Valid columns: 1 to ")?;
        return Some(position(case, "GROUP BY", number, max));
    }
    let name = case.between("The window ", " is not defined")?;
    let index = case.text.words(&["OVER", name]).map(|index| index + 1);
    let error = case.error_at(index, format!("no window `{name}`"));
    Some(
        error.hint(format!(
            "write `OVER (ORDER BY event_time)`, or add `WINDOW {name} AS (ORDER BY event_time)`"
        )),
    )
}

fn position(case: &Case<'_>, clause: &str, number: &str, max: &str) -> Error {
    let words: Vec<&str> = clause.split(' ').collect();
    let index = case
        .text
        .words(&words)
        .and_then(|first| (first..case.text.len()).find(|index| case.text.written(*index) == number));
    let count = match max {
        "" => "positions begin at 1".to_owned(),
        "1" => "SELECT has 1 column".to_owned(),
        max => format!("SELECT has {max} columns"),
    };
    case.error_at(index, format!("{clause} {number} is the position of no column"))
        .because(count)
        .hint(format!("name the column: `{clause} event_time`"))
}

fn subqueries(case: &Case<'_>) -> Option<Error> {
    let message = &case.message;
    let is_subquery = |expr: &Expr| matches!(expr, Expr::Subquery(_) | Expr::InSubquery { .. });
    if message.contains("subquery should only return one column") {
        let error = Error::new("a subquery here gives one column, and this one gives more").at(case
            .span
            .or_else(|| case.innermost(is_subquery).and_then(super::place_of))
            .or_else(|| case.place()));
        return Some(error.hint("select one column in it; for several compare with a JOIN"));
    }
    if message.contains("Scalar subquery returned more than one row") {
        let error =
            case.error_at(subquery(case), "the subquery gives more than one row where one value is needed");
        return Some(error.hint(
            "compare with `IN (SELECT …)` instead of `=`, or take one value: `(SELECT max(id) FROM …)`",
        ));
    }
    if message.contains("Correlated scalar subquery must be aggregated") {
        let error = case.error_of(
            case.innermost(is_subquery),
            "the subquery may give several rows for one row around it",
        );
        return Some(error.hint("take one value of them: `(SELECT max(x) FROM …)`"));
    }
    None
}

/// The first `(SELECT` that is a value.
fn subquery(case: &Case<'_>) -> Option<usize> {
    let text = case.text;
    (1..text.len()).find(|index| {
        let before = text.written(index - 1).to_ascii_uppercase();
        text.written(*index) == "("
            && text.is_word(index + 1, "SELECT")
            && !["FROM", "JOIN", "IN", "EXISTS", "AS", "UNION", "ALL", "LATERAL"].contains(&before.as_str())
    })
}

fn sets(case: &Case<'_>) -> Option<Error> {
    let message = &case.message;
    let set = ["UNION", "INTERSECT", "EXCEPT"].into_iter().find_map(|word| case.text.words(&[word]));
    let is_count = message.contains("queries have different number of columns")
        || message.contains("query must have the same number of columns")
        || message.starts_with("Union schemas have different number");
    if is_count {
        let word = set.map_or("UNION", |index| case.text.written(index)).to_uppercase();
        let error = case.error_at(set, format!("the two sides of {word} have different numbers of columns"));
        return Some(
            error.hint(
                "select as many columns on both sides; `NULL AS name` stands for one that a side lacks",
            ),
        );
    }
    if let Some(types) = case.after("Previous inputs were of type ") {
        let types = in_words(types);
        let (first, rest) = types.split_once(", but got incompatible type ")?;
        let (second, column) = rest.split_once(" on column '")?;
        let column = column.trim_end_matches('\'');
        let error = case.error_at(
            case.text.name(column).or(set),
            format!("UNION cannot put {} and {} into one column", with_article(first), with_article(second)),
        );
        return Some(error.hint(format!("give both sides one type: `CAST({column} AS TEXT)`")));
    }
    if message.starts_with("Non-recursive term and recursive term must have") {
        let error = case.error_at(
            case.text.words(&["RECURSIVE"]),
            "the two parts of WITH RECURSIVE have different numbers of columns",
        );
        return Some(error.hint("select as many columns before and after UNION ALL"));
    }
    if message.starts_with("Inconsistent data length across values list") {
        let index = case.text.words(&["VALUES"]);
        return Some(
            case.error_at(index, "the rows of VALUES have different numbers of values")
                .hint("write as many values in each row"),
        );
    }
    None
}
