//! Tables that are not there.

use super::Case;
use super::dialects::FILE_READERS;
use crate::error::{Error, alike};
use crate::schema::FORMATS;

/// Endings of files that somebody may want to query.
const FILE_ENDINGS: &[&str] =
    &[".json", ".csv", ".ndjson", ".jsonl", ".parquet", ".gz", ".zip", ".zst", ".xlsx"];

/// Tables of Sentinel and Defender that tell of what we read in other shapes.
const ELSEWHERE: &[(&str, &str)] = &[
    ("OfficeActivity", "unified_audit"),
    ("UnifiedAuditLog", "unified_audit"),
    ("AADSignInEventsBeta", "signin"),
    ("AADSpnSignInEventsBeta", "signin"),
    ("EntraIdSignInEvents", "signin"),
    ("EntraIdSpnSignInEvents", "signin"),
    ("IdentityInfo", "directory_user"),
];

pub(super) fn explain(case: &Case<'_>) -> Option<Error> {
    if let Some(name) = case.between("table function '", "'") {
        return Some(function(case, name));
    }
    if let Some(name) = case.after("Invalid qualifier ") {
        let error = case.error_at(case.text.name(name), format!("no table `{name}` in this FROM"));
        return Some(error.hint("name a table of FROM, or its alias"));
    }
    let name = case
        .message
        .strip_prefix("table '")
        .and_then(|rest| Some(rest.split_once("' not found")?.0))
        .or_else(|| case.message.strip_prefix("Table not found: "))
        .or_else(|| {
            case.between("failed to resolve schema: ", "\n")
                .or_else(|| case.after("failed to resolve schema: "))
        })?;
    let name = name.strip_prefix("auditql.").unwrap_or(name);
    let name = name.strip_prefix("public.").unwrap_or(name);
    let index = case.span.and_then(|place| case.text.index_at(place)).or_else(|| case.text.name(name));
    let index = index.or_else(|| case.text.literal(name));
    let written = index.map(|index| case.text.chain(index).join("."));
    let written =
        written.filter(|written| written.eq_ignore_ascii_case(name)).unwrap_or_else(|| name.to_owned());
    const CLAUSES: [&str; 7] = ["WHERE", "GROUP", "ORDER", "LIMIT", "HAVING", "JOIN", "ON"];
    if CLAUSES.contains(&written.to_uppercase().as_str()) {
        let error = case.error_at(index, format!("the name of a table is missing before `{written}`"));
        return Some(error.hint(format!("write `FROM audit {written} …`")));
    }
    let error = case.error_at(index, format!("no table `{written}`"));
    let known = &case.failure.known;
    if known.saved_queries.contains(&written) {
        return Some(
            error.note("a saved query has that name").hint(format!("run it with `auditql run {written}`")),
        );
    }
    if FILE_ENDINGS.iter().any(|ending| name.to_ascii_lowercase().ends_with(ending)) {
        return Some(error.note("SQL here reads the archive, not files").hint(format!(
            "query downloads with `auditql query -i {written} -c '…'`, or add them with `auditql ingest {written}`"
        )));
    }
    let mut names = known.tables();
    names.extend(common_names(case));
    names.retain(|known| *known != written);
    Some(match meant(&written, &names) {
        Some(meant) => error.hint(format!("did you mean `{meant}`?")),
        None => error.hint("`SELECT table_name, description FROM meta.tables` lists the tables"),
    })
}

fn function(case: &Case<'_>, name: &str) -> Error {
    let error = case.error_at(case.text.name(name), format!("no function `{name}` gives a table"));
    if FILE_READERS.contains(&name) {
        return error.note("SQL here reads the archive, not files").hint(
            "query downloads with `auditql query -i FILE -c '…'`, or add them with `auditql ingest FILE`",
        );
    }
    let tables = case.failure.known.tables();
    match meant(name, &tables) {
        Some(table) => error.hint(format!("a table stands without brackets: `FROM {table}`")),
        None => error.hint(
            "those that do are `generate_series(1, 10)`, `range(0, 10)` and `unnest(make_array(1, 2))`",
        ),
    }
}

/// Names that the statement gives with WITH.
fn common_names(case: &Case<'_>) -> Vec<String> {
    let text = case.text;
    let is_named = |index: &usize| text.is_word(index + 1, "AS") && text.written(index + 2) == "(";
    (0..text.len()).filter(is_named).filter_map(|index| text.word(index)).map(str::to_owned).collect()
}

/// The table that a name means: ours, Microsoft's for what we read, or one that is nearly so.
pub(super) fn meant(name: &str, tables: &[String]) -> Option<String> {
    let bare = name.rsplit('.').next().unwrap_or(name);
    let is = |wanted: &str| tables.iter().find(|table| table.eq_ignore_ascii_case(wanted)).cloned();
    if let Some(table) = is(name).or_else(|| is(bare)).or_else(|| is(&format!("meta.{bare}"))) {
        return Some(table);
    }
    if let Some(table) = table_of_source(bare).filter(|table| tables.iter().any(|known| known == table)) {
        return Some(table.to_owned());
    }
    // Of a schema the table that is alike; that two are in one schema does not make them alike.
    let (schema, bare) = name.rsplit_once('.').unwrap_or(("", name));
    let in_schema = |table: &String| {
        let (of, bare) = table.rsplit_once('.').unwrap_or(("", table));
        (of.eq_ignore_ascii_case(schema)).then(|| bare.to_owned())
    };
    let names: Vec<String> = tables.iter().filter_map(in_schema).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let meant = alike(bare, &names)?;
    Some(if schema.is_empty() { meant.to_owned() } else { format!("{schema}.{meant}") })
}

/// The table that a kind of records becomes rows of: `SigninLogs`, `directoryAudits`, `risky_users`.
fn table_of_source(name: &str) -> Option<&'static str> {
    let name = folded(name);
    let says = |text: &str| {
        // Names stand in backticks, and may be the end of an address.
        let quoted = text.split('`').skip(1).step_by(2);
        quoted.flat_map(|name| name.rsplit('/').next()).any(|known| folded(known) == name)
    };
    let is_kind = |kinds: &[&str]| kinds.iter().any(|kind| folded(kind) == name);
    let shape = FORMATS.iter().find(|shape| is_kind(shape.kinds) || says(shape.title));
    let elsewhere = ELSEWHERE.iter().find(|(known, _)| folded(known) == name).map(|(_, table)| *table);
    shape.map(|shape| shape.table.name).or(elsewhere)
}

/// A name without case, underscores, the plural and the words that names of logs have.
fn folded(name: &str) -> String {
    let name: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let name = name.strip_suffix('s').unwrap_or(&name);
    let name = name.strip_suffix("log").filter(|rest| !rest.is_empty()).unwrap_or(name);
    name.strip_suffix('_').unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_logs_elsewhere_mean_a_table() {
        let cases = [
            ("AuditLogs", "audit"),
            ("SigninLogs", "signin"),
            ("AADNonInteractiveUserSignInLogs", "signin"),
            ("AADServicePrincipalSignInLogs", "signin"),
            ("AADProvisioningLogs", "provisioning"),
            ("AADUserRiskEvents", "risk_detection"),
            ("AADRiskyUsers", "risky_user"),
            ("MicrosoftGraphActivityLogs", "graph_activity"),
            ("OfficeActivity", "unified_audit"),
            ("AADSignInEventsBeta", "signin"),
            ("directoryAudits", "audit"),
            ("signIns", "signin"),
            ("sign_ins", "signin"),
            ("users", "directory_user"),
            ("riskyUsers", "risky_user"),
            ("riskDetections", "risk_detection"),
            ("invitations", "invitation"),
        ];
        for (name, table) in cases {
            assert_eq!(table_of_source(name), Some(table), "{name}");
        }
        assert_eq!(table_of_source("x"), None);
    }
}
