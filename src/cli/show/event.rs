//! The events of an id, whatever their table, and what is said of them elsewhere.

use serde_json::Value;

use crate::cli::common::rows;
use crate::engine::{Engine, Parameter, Parameters, Warning, WarningKind};
use crate::error::{Error, Result};
use crate::render::{OutputFormat, printable, render};
use crate::schema::{EVENT_TABLES, Table};

/// Events that one id shows; several only if tenants or tables share it, or an object has versions.
const EVENTS_MAX: usize = 10;
/// Ids that are named where one is not found.
const NEAR_MAX: usize = 3;
/// Columns beside `id` and `correlation_id` that hold ids of events.
const REFERENCES: &[(&str, &str)] = &[
    ("unified_audit", "signin_id"),
    ("risk_detection", "signin_id"),
    ("signin_auth_detail", "signin_id"),
    ("signin", "original_request_id"),
    ("signin", "unique_token_id"),
    ("access_review_decision", "review_id"),
];

/// One event.
pub(super) struct Event {
    pub(super) table: &'static Table,
    /// Its row as a JSON object, in the order of the columns.
    pub(super) text: String,
    row: Value,
}

impl Event {
    /// A column's value; nothing for NULL.
    pub(super) fn value(&self, column: &str) -> Option<&Value> {
        self.row.get(column).filter(|value| !value.is_null())
    }

    /// A column's value; nothing for NULL and for a list without elements.
    pub(super) fn filled(&self, column: &str) -> Option<&Value> {
        self.value(column).filter(|value| value.as_array().is_none_or(|items| !items.is_empty()))
    }

    /// A column's value as text.
    pub(super) fn column(&self, column: &str) -> Option<String> {
        self.value(column).map(plain)
    }

    /// The event's text as it stood in the source.
    pub(super) fn raw(&self) -> &str {
        self.value("raw").and_then(Value::as_str).unwrap_or_default()
    }

    /// Parameters `id` and `tenant`, and others.
    pub(super) fn parameters(&self, others: &[(&str, Parameter)]) -> Parameters {
        let mut parameters = Parameters::default();
        parameters.set("id", Parameter::untyped(&self.column("id").unwrap_or_default()));
        // NULL equals nothing, and a tenant has no empty name.
        parameters.set("tenant", Parameter::untyped(&self.column("tenant_id").unwrap_or_default()));
        for (name, value) in others {
            parameters.set(name, value.clone());
        }
        parameters
    }
}

/// A value without quotes.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The rows of an answer as objects, and their texts.
pub(super) fn objects(engine: &Engine, sql: &str, parameters: &Parameters) -> Result<Vec<(String, Value)>> {
    let mut answer = engine.run(sql, parameters)?;
    lines(&mut answer)
}

fn lines(answer: &mut crate::engine::Answer<'_>) -> Result<Vec<(String, Value)>> {
    let schema = answer.schema();
    let mut text = Vec::new();
    render(OutputFormat::Ndjson, &schema, answer, &mut text, None)?;
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().map(|line| {
        let value = serde_json::from_str(line)
            .map_err(|error| Error::new("cannot read a row").because(error.to_string()))?;
        Ok((line.to_owned(), value))
    });
    lines.collect()
}

/// The events of an id, and what the archive does not cover of where they were looked for.
pub(super) fn find(engine: &Engine, id: &str) -> Result<(Vec<Event>, Vec<Warning>)> {
    let mut parameters = Parameters::default();
    parameters.set("id", Parameter::untyped(id));
    let (mut events, mut warnings) = (Vec::new(), Vec::new());
    for table in EVENT_TABLES {
        let sql = format!(
            "SELECT * FROM {} WHERE id = $id ORDER BY tenant_id, event_time, source_file, source_offset \
             LIMIT {EVENTS_MAX}",
            table.name
        );
        let mut answer = engine.run(&sql, &parameters)?;
        // Tables without any event are no news where one id is looked for in all of them.
        let is_news = |kind| !matches!(kind, WarningKind::NothingOf(_));
        warnings.extend(answer.warnings().iter().filter(|warning| is_news(warning.kind)).cloned());
        events.extend(lines(&mut answer)?.into_iter().map(|(text, row)| Event { table, text, row }));
    }
    events.truncate(EVENTS_MAX);
    Ok((events, warnings))
}

/// That no event has an id, and what else it is or may have been.
pub(super) fn not_found(engine: &Engine, id: &str) -> Error {
    let mut parameters = Parameters::default();
    parameters.set("id", Parameter::untyped(id));
    let error = Error::new(format!("no event has the id `{id}`"));
    let count = |sql: &str| {
        let found =
            rows(engine.run(sql, &parameters).ok()?).ok()?.into_iter().next()?.into_iter().next()??;
        (found != "0").then_some(found)
    };
    if let Some(count) = count("SELECT count(*) FROM timeline WHERE correlation_id = $id") {
        return error
            .because(format!("it is the correlation id of {count} events"))
            .hint(format!("`auditql run audit/correlation --param id={id}`, or `auditql timeline {id}`"));
    }
    for (table, column) in REFERENCES {
        if let Some(count) = count(&format!("SELECT count(*) FROM {table} WHERE {column} = $id")) {
            return error
                .because(format!("it is the `{column}` of {count} rows of `{table}`"))
                .hint(format!("`SELECT id FROM {table} WHERE {column} = '…'` names them"));
        }
    }
    let party = "SELECT count(*) FROM party \
                 WHERE (party_id = $id OR party_app_id = $id OR party_upn = $id) AND kind <> 'operation'";
    if let Some(count) = count(party) {
        return error
            .because(format!("it is no event but who or what {count} events name"))
            .hint(format!("`auditql timeline {id}`"));
    }
    let near = near(engine, id, &parameters);
    match near.as_slice() {
        [] => error.hint("ids are in the column `id`: `SELECT id, activity FROM audit …`"),
        near => error.hint(format!("did you mean {}?", near.join(", "))),
    }
}

/// Ids that hold the text, with their tables.
fn near(engine: &Engine, id: &str, parameters: &Parameters) -> Vec<String> {
    if id.len() < 4 {
        return Vec::new();
    }
    let selects = EVENT_TABLES.iter().map(|table| {
        format!("SELECT '{0}' AS name, id FROM {0} WHERE strpos(lower(id), lower($id)) > 0", table.name)
    });
    let sql = format!(
        "SELECT DISTINCT name, id FROM ({}) ORDER BY id, name LIMIT {NEAR_MAX}",
        selects.collect::<Vec<_>>().join(" UNION ALL ")
    );
    let found = engine.run(&sql, parameters).and_then(rows).unwrap_or_default();
    let near = found.into_iter().filter_map(|row| {
        let [Some(table), Some(id)] = row.as_slice() else { return None };
        Some(format!("`{}` ({table})", printable(id)))
    });
    near.collect()
}
