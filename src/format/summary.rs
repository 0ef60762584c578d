//! Rows of a query's summary, which count events and are none: told by a column that no table of events has.
//!
//! ```text
//! TimeGenerated, UserPrincipalName, ResultType, Attempts    a summary
//! TimeGenerated, UserPrincipalName, ResultType, IPAddress   events, if only some of their columns
//! ```

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::schema::{Column, EVENT_TABLES, Keys, Kind, Place};

/// What the rows are called.
pub(super) const SUMMARY: &str = "rows of a summary of events, not events";
/// Columns that name one event: a row that has one is an event whatever was added to it.
pub(super) const IDENTITIES: &[&str] = &[
    "id",
    "correlationId",
    "OperationId",
    "Type",
    "_ItemId",
    "requestId",
    "Request ID",
    "originalRequestId",
    "uniqueTokenIdentifier",
    "signInActivityId",
    "changeId",
];
/// How the columns begin that a query language names itself.
const AGGREGATES: &[&str] = &[
    "count_",
    "dcount_",
    "countif_",
    "dcountif_",
    "sum_",
    "sumif_",
    "avg_",
    "avgif_",
    "min_",
    "max_",
    "percentile_",
    "stdev_",
    "variance_",
    "arg_min_",
    "arg_max_",
    "make_set_",
    "make_list_",
    "set_",
    "list_",
    "take_any_",
];
/// Words in the names that people give to counts.
const COUNTS: &[&str] = &[
    "count",
    "counts",
    "cnt",
    "dcount",
    "n",
    "num",
    "total",
    "totals",
    "sum",
    "avg",
    "average",
    "min",
    "max",
    "attempts",
    "tries",
    "hits",
    "occurrences",
    "failures",
    "successes",
    "percent",
    "percentage",
    "ratio",
    "distinct",
];
/// Numbers that events have, or that spreadsheets and scripts put beside them.
const NUMBERS: &[&str] = &[
    "level",
    "durationms",
    "autonomoussystemnumber",
    "_billedsize",
    "processingtimeinmilliseconds",
    "index",
    "row",
    "#",
    "asn",
    "latitude",
    "longitude",
];
/// How names of numbers end that count nothing.
const NAMES: &[&str] = &["id", "code", "number", "port", "version", "type"];

/// Whether a query language names the column of an aggregate so.
pub(super) fn is_aggregate(name: &str) -> bool {
    AGGREGATES.iter().any(|begin| name.get(..begin.len()).is_some_and(|n| n.eq_ignore_ascii_case(begin)))
}

/// Whether a column of this name counts events; `is_number` says so of its value.
pub(super) fn is_count(name: &str, is_number: bool) -> bool {
    static KNOWN: LazyLock<BTreeSet<String>> = LazyLock::new(known_names);
    let lower = name.to_ascii_lowercase();
    if is_aggregate(name) {
        return !KNOWN.contains(&lower);
    }
    if !is_number && !words(name).any(|word| COUNTS.contains(&word.as_str())) {
        return false;
    }
    let is_name = words(name).last().is_none_or(|last| NAMES.contains(&last.as_str()));
    let is_beside =
        NUMBERS.contains(&lower.as_str()) || lower.starts_with("column ") || lower.starts_with("unnamed");
    !is_name && !is_beside && !KNOWN.contains(&lower)
}

/// Whether a cell or JSON value is a number.
pub(super) fn is_number(value: &str) -> bool {
    let digits = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    let digits = digits.strip_prefix('-').unwrap_or(digits);
    digits.len() <= 18
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && digits.matches('.').count() <= 1
}

/// The words of a name, in lower case: `FailedAttempts`, `failed_attempts`.
fn words(name: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        let is_new = !c.is_alphanumeric() || was_lower && c.is_uppercase();
        if is_new && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase();
    }
    words.into_iter().filter(|word| !word.is_empty())
}

/// Every name that Graph, Log Analytics or PowerShell has in an event, in lower case.
fn known_names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    EVENT_TABLES.iter().for_each(|table| add_names(table.columns, &mut names));
    names
}

fn add_names(columns: &[Column], names: &mut BTreeSet<String>) {
    for column in columns {
        for source in column.sources {
            let is_theirs =
                matches!(source.keys, Keys::Graph | Keys::GraphOnly | Keys::Analytics | Keys::Every);
            if let (true, Place::Key(path) | Place::Header(path)) = (is_theirs, source.place) {
                names.extend(path.split('.').map(str::to_ascii_lowercase));
            }
        }
        if let Kind::Structs(fields) = column.kind {
            add_names(fields, names);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_told_by_their_names_or_by_being_numbers_of_no_event() {
        for name in [
            "count_",
            "Count",
            "dcount_UserPrincipalName",
            "dcount_SessionId",
            "FailedAttempts",
            "n",
            "make_set_IPAddress",
            "total",
        ] {
            assert!(is_count(name, false), "{name}");
        }
        assert!(is_count("Logins", true) && !is_count("Logins", false));
        for name in [
            "ResultType",
            "DurationMs",
            "column 1",
            "Unnamed: 0",
            "EmployeeId",
            "errorCode",
            "latitude",
            "OperationVersion",
        ] {
            assert!(!is_count(name, true), "{name}");
        }
    }

    #[test]
    fn numbers_are_told_from_texts() {
        for value in ["0", "-3", "\"42\"", "0.25"] {
            assert!(is_number(value), "{value}");
        }
        for value in ["", "\"\"", "-", "192.0.2.1", "2026-03-02", "1E5x", "null", "true", "{}"] {
            assert!(!is_number(value), "{value}");
        }
    }
}
