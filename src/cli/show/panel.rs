//! One event as the portal's details panel, or as an object.

use std::fmt::Write as _;

use serde_json::Value;
use serde_json::value::RawValue;
use unicode_width::UnicodeWidthStr;

use super::event::{Event, objects, plain};
use super::layout::{SOURCE, Section, is_told, sections};
use super::neighbours::{LISTED_MAX, Neighbours, of_actor, of_operation};
use crate::engine::{Engine, Parameter};
use crate::error::Result;
use crate::render::{printable, shortened};

/// Longest value that stands as it is, in characters; longer ones are folded.
const VALUE_CHARS_MAX: usize = 400;
/// What is left of a value that is folded.
const FOLDED_CHARS: usize = 160;
/// Longest value of JSON that stands beside another without their differences, in characters.
const PLAIN_CHARS_MAX: usize = 60;
/// Differences of two values that are listed.
const DIFFERENCES_MAX: usize = 40;
/// Widest column of a list of neighbours.
const CELL_WIDTH_MAX: usize = 48;
/// Deepest indent of the raw event: a text that nests deeper does not grow with its depth.
const INDENTS_MAX: usize = 32;

/// A modified property.
struct Change {
    target_index: Option<Value>,
    property: String,
    old: Option<String>,
    new: Option<String>,
    /// Path, old and new value of what differs, where both are JSON.
    differences: Vec<[Option<String>; 3]>,
}

/// The panel.
pub(super) fn text(engine: &Engine, event: &Event, around: i64) -> Result<String> {
    let mut text = String::new();
    for section in sections(event.table.name) {
        columns(&mut text, event, section, meaning(engine, event)?.as_deref());
    }
    match event.table.name {
        "audit" => audit(&mut text, engine, event)?,
        "signin" => {
            policies(&mut text, engine, event)?;
            steps(&mut text, engine, event)?;
        }
        _ => {}
    }
    others(&mut text, event);
    if let Some(found) = of_operation(engine, event)? {
        list(&mut text, "Same correlation ID", &found);
    }
    if let Some(found) = of_actor(engine, event, around)? {
        list(&mut text, &format!("Same actor, {} before and after", spelled(around)), &found);
    }
    columns(&mut text, event, &SOURCE, None);
    text.push_str("\nRaw\n");
    for part in indented(event.raw()).lines() {
        let _ = writeln!(text, "  {}", printable(part));
    }
    Ok(text)
}

/// `5m`.
fn spelled(micros: i64) -> String {
    match micros / 1_000_000 {
        seconds if seconds % 3_600 == 0 => format!("{}h", seconds / 3_600),
        seconds if seconds % 60 == 0 => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}

fn title(text: &mut String, title: &str) {
    let gap = if text.is_empty() { "" } else { "\n" };
    let _ = writeln!(text, "{gap}{title}");
}

fn line(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "  {:<21} {}", printable(name), folded(value));
}

/// A section; `meaning` stands beside the error code.
fn columns(text: &mut String, event: &Event, (name, columns): &Section, meaning: Option<&str>) {
    let filled: Vec<_> =
        columns.iter().filter_map(|(word, column)| Some((word, event.filled(column)?))).collect();
    if filled.is_empty() && !text.is_empty() {
        return;
    }
    title(text, name);
    for (word, value) in filled {
        line(text, word, &shown(value));
        if let (&"Sign-in error code", Some(meaning)) = (word, meaning) {
            line(text, "Meaning", meaning);
        }
    }
}

/// A value on one line: lists of words with commas.
fn shown(value: &Value) -> String {
    match value {
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().map(plain).collect::<Vec<_>>().join(", ")
        }
        other => plain(other),
    }
}

/// A value for a terminal; the middle of a long one is left out.
fn folded(value: &str) -> String {
    let chars = value.chars().count();
    if chars <= VALUE_CHARS_MAX {
        return printable(value).into_owned();
    }
    let cut = value.char_indices().nth(FOLDED_CHARS).map_or(value.len(), |(at, _)| at);
    format!("{}… ({chars} characters; see Raw)", printable(&value[..cut]))
}

/// What the reference data says of a sign-in's error code.
fn meaning(engine: &Engine, event: &Event) -> Result<Option<String>> {
    let Some(code) = event.value("error_code").and_then(Value::as_i64).filter(|code| *code != 0) else {
        return Ok(None);
    };
    let sql = format!("SELECT name, kind, meaning FROM ref_error WHERE error_code = {code}");
    let found = objects(engine, &sql, &event.parameters(&[]))?.into_iter().next().map(|(_, row)| {
        let column = |name: &str| row.get(name).map(plain).unwrap_or_default();
        let name = Some(column("name")).filter(|name| !name.is_empty()).map(|name| format!("{name}: "));
        format!("{}{} ({})", name.unwrap_or_default(), column("meaning"), column("kind"))
    });
    Ok(found)
}

fn audit(text: &mut String, engine: &Engine, event: &Event) -> Result<()> {
    let changes = changes(engine, event)?;
    let targets = event.value("targets").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if !targets.is_empty() {
        title(text, "Target(s)");
    }
    let names = [
        ("Type", "type"),
        ("Display name", "name"),
        ("Object ID", "id"),
        ("User principal name", "upn"),
        ("Group type", "group_type"),
    ];
    for (index, target) in targets.iter().enumerate() {
        for (word, field) in names {
            if let Some(value) = target.get(field).filter(|value| !value.is_null()) {
                line(text, word, &plain(value));
            }
        }
        for change in &changes {
            if change.target_index.as_ref().and_then(Value::as_u64) == u64::try_from(index + 1).ok() {
                change.write(text);
            }
        }
    }
    let details = event.value("details").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if !details.is_empty() {
        title(text, "Additional details");
    }
    for detail in details {
        pair(text, detail);
    }
    Ok(())
}

fn pair(text: &mut String, detail: &Value) {
    let field = |name: &str| detail.get(name).filter(|value| !value.is_null()).map(plain);
    line(
        text,
        &field("key").unwrap_or("(no name)".to_owned()),
        &field("value").unwrap_or("(none)".to_owned()),
    );
}

fn changes(engine: &Engine, event: &Event) -> Result<Vec<Change>> {
    if event.table.name != "audit" {
        return Ok(Vec::new());
    }
    let sql = "SELECT target_index, property, old_value, new_value FROM audit_change \
               WHERE id = $id AND coalesce(tenant_id, '') = $tenant";
    let mut changes = Vec::new();
    for (_, row) in objects(engine, sql, &event.parameters(&[]))? {
        let field = |name: &str| row.get(name).filter(|value| !value.is_null()).map(plain);
        let (old, new) = (field("old_value"), field("new_value"));
        let differences = differences(engine, event, old.as_deref(), new.as_deref())?;
        let property = field("property").unwrap_or("(no name)".to_owned());
        changes.push(Change {
            target_index: row.get("target_index").cloned(),
            property,
            old,
            new,
            differences,
        });
    }
    Ok(changes)
}

/// What differs between two values by path; nothing where they are short or no JSON.
fn differences(
    engine: &Engine,
    event: &Event,
    old: Option<&str>,
    new: Option<&str>,
) -> Result<Vec<[Option<String>; 3]>> {
    let is_json = |text: Option<&str>| text.is_none_or(|text| text.starts_with(['{', '[']));
    let chars = [old, new].map(|text| text.map_or(0, |text| text.chars().count()));
    if !is_json(old) || !is_json(new) || chars.iter().sum::<usize>() <= PLAIN_CHARS_MAX {
        return Ok(Vec::new());
    }
    let sql = "SELECT d['path'] AS path, d['old'] AS old, d['new'] AS new \
               FROM (SELECT unnest(json_diff($old, $new)) AS d)";
    let value = |text: Option<&str>| Parameter::untyped(text.unwrap_or("null"));
    let parameters = event.parameters(&[("old", value(old)), ("new", value(new))]);
    let found = objects(engine, sql, &parameters)?.into_iter().map(|(_, row)| {
        ["path", "old", "new"].map(|name| row.get(name).filter(|value| !value.is_null()).map(plain))
    });
    Ok(found.collect())
}

fn or_none(value: Option<&str>) -> String {
    value.map_or("(none)".to_owned(), folded)
}

impl Change {
    fn write(&self, text: &mut String) {
        let property = printable(&self.property).into_owned();
        if self.differences.is_empty() {
            let (old, new) = (or_none(self.old.as_deref()), or_none(self.new.as_deref()));
            let _ = writeln!(text, "    {property}: {old} → {new}");
            return;
        }
        let _ = writeln!(text, "    {property}:");
        for [path, old, new] in self.differences.iter().take(DIFFERENCES_MAX) {
            let path = printable(path.as_deref().unwrap_or("$")).into_owned();
            let (old, new) = (or_none(old.as_deref()), or_none(new.as_deref()));
            let _ = writeln!(text, "      {path}: {old} → {new}");
        }
        if self.differences.len() > DIFFERENCES_MAX {
            let more = self.differences.len() - DIFFERENCES_MAX;
            let _ = writeln!(text, "      {more} more differences; see Raw");
        }
    }

    fn json(&self) -> Value {
        let differences: Vec<Value> = self
            .differences
            .iter()
            .map(|[path, old, new]| serde_json::json!({"path": path, "old": old, "new": new}))
            .collect();
        serde_json::json!({
            "target_index": self.target_index, "property": self.property, "old_value": self.old,
            "new_value": self.new, "differences": differences,
        })
    }
}

fn policies(text: &mut String, engine: &Engine, event: &Event) -> Result<()> {
    let sql = "SELECT policy_name, policy_id, policy_result, grant_controls, session_controls FROM signin_policy \
               WHERE signin_id = $id AND coalesce(tenant_id, '') = $tenant ORDER BY position";
    let rows = objects(engine, sql, &event.parameters(&[]))?;
    if !rows.is_empty() {
        title(text, "Conditional Access policies");
    }
    for (_, row) in rows {
        let field = |name: &str| row.get(name).map(plain).filter(|text| !matches!(text.as_str(), "" | "[]"));
        let name = field("policy_name").or(field("policy_id")).unwrap_or("(no name)".to_owned());
        let controls = [("grant", field("grant_controls")), ("session", field("session_controls"))];
        let controls = controls.into_iter().filter_map(|(word, value)| Some(format!("; {word} {}", value?)));
        let result = field("policy_result").unwrap_or("(no result)".to_owned());
        line(text, &result, &format!("{name}{}", controls.collect::<String>()));
    }
    Ok(())
}

fn steps(text: &mut String, engine: &Engine, event: &Event) -> Result<()> {
    let sql = "SELECT event_time, method, method_detail, succeeded, result_detail, requirement FROM signin_step \
               WHERE signin_id = $id ORDER BY position";
    let rows = objects(engine, sql, &event.parameters(&[]))?;
    if !rows.is_empty() {
        title(text, "Authentication steps");
    }
    for (_, row) in rows {
        let field = |name: &str| row.get(name).map(plain).filter(|text| !text.is_empty());
        let outcome = match row.get("succeeded").and_then(Value::as_bool) {
            Some(true) => Some("succeeded".to_owned()),
            Some(false) => Some("failed".to_owned()),
            None => None,
        };
        let method = field("method").unwrap_or("(no method)".to_owned());
        let parts = [
            field("event_time"),
            field("method_detail"),
            outcome,
            field("result_detail"),
            field("requirement"),
        ];
        line(text, &method, &parts.into_iter().flatten().collect::<Vec<_>>().join(", "));
    }
    Ok(())
}

/// Every other column that has a value, under the table's name; lists an element a line.
fn others(text: &mut String, event: &Event) {
    let table = event.table.name;
    let is_placed = |name: &str| {
        sections(table).iter().any(|(_, columns)| columns.iter().any(|(_, other)| *other == name))
    };
    let columns = event.table.columns.iter().map(|column| column.name);
    let rest: Vec<(&str, &Value)> = columns
        .filter(|name| !is_told(table, name) && !is_placed(name))
        .filter_map(|name| Some((name, event.filled(name)?)))
        .collect();
    if rest.is_empty() {
        return;
    }
    let name = if sections(table).is_empty() { table } else { "More" };
    title(text, name);
    for (name, value) in rest {
        match value {
            Value::Array(items) if items.iter().any(Value::is_object) => {
                let _ = writeln!(text, "  {name}");
                items.iter().for_each(|item| element(text, item));
            }
            value => line(text, name, &shown(value)),
        }
    }
}

fn element(text: &mut String, item: &Value) {
    let field = |name: &str| item.get(name).filter(|value| !value.is_null()).map(plain);
    if item.get("old_value").is_some() && item.get("new_value").is_some() {
        let (old, new) = (or_none(field("old_value").as_deref()), or_none(field("new_value").as_deref()));
        let name = field("name").unwrap_or("(no name)".to_owned());
        let _ = writeln!(text, "    {}: {old} → {new}", printable(&name));
    } else if item.get("key").is_some() {
        let (key, value) = (field("key").unwrap_or_default(), field("value"));
        let _ = writeln!(text, "    {}: {}", printable(&key), or_none(value.as_deref()));
    } else {
        let fields = item.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
        let fields: Vec<String> = fields.map(|(name, value)| format!("{name} {}", plain(value))).collect();
        let _ = writeln!(text, "    {}", folded(&fields.join(", ")));
    }
}

fn list(text: &mut String, name: &str, found: &Neighbours) {
    title(text, name);
    if found.listed.is_empty() {
        text.push_str("  nothing else\n");
        return;
    }
    let cell = |value: String| shortened(&printable(value.trim()), CELL_WIDTH_MAX).into_owned();
    // Ids stay whole: they are what is asked for next.
    let rows = found.rows().into_iter().map(|mut row| {
        let id = row.pop().map(|id| printable(&id).into_owned());
        row.into_iter().map(cell).chain(id).collect::<Vec<_>>()
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let width = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).filter(|(_, width)| **width > 0);
        let padded = |(cell, width): (&String, &usize)| format!("{cell}{}", " ".repeat(width - cell.width()));
        let cells: Vec<String> = cells.map(padded).collect();
        let _ = writeln!(text, "  {}", cells.join("  ").trim_end());
    }
    let more = found.count.saturating_sub(LISTED_MAX as u64);
    if more > 0 {
        let _ = writeln!(text, "  {more} more: {}", printable(&found.command));
    }
}

/// The event as one object on one line: its row as it is, and what the panel adds.
pub(super) fn json(engine: &Engine, event: &Event, around: i64) -> Result<String> {
    let changes: Vec<Value> = changes(engine, event)?.iter().map(Change::json).collect();
    let neighbours = |found: Option<Neighbours>| {
        let found = found.unwrap_or_default();
        let events: Vec<&Value> = found.listed.iter().map(|(_, row)| row).collect();
        serde_json::json!({"count": found.count, "events": events})
    };
    let (operation, actor) = (of_operation(engine, event)?, of_actor(engine, event, around)?);
    let mut text = format!("{{\"table\":{:?},\"event\":{}", event.table.name, event.text);
    let _ = write!(text, ",\"changes\":{}", Value::Array(changes));
    let _ = write!(text, ",\"same_correlation_id\":{}", neighbours(operation));
    let _ = write!(text, ",\"same_actor\":{}}}", neighbours(actor));
    Ok(text)
}

/// JSON with line breaks and indents; nothing else of it changes. What is no JSON stays as it is.
fn indented(json: &str) -> String {
    if serde_json::from_str::<&RawValue>(json).is_err() {
        return json.to_owned();
    }
    let mut text = String::with_capacity(json.len() * 2);
    let (mut depth, mut is_text, mut is_escaped) = (0_usize, false, false);
    let mut rest = json.chars().peekable();
    let break_line = |text: &mut String, depth: usize| {
        text.push('\n');
        text.extend(std::iter::repeat_n("  ", depth.min(INDENTS_MAX)));
    };
    while let Some(c) = rest.next() {
        if is_text {
            text.push(c);
            (is_text, is_escaped) = (is_escaped || c != '"', !is_escaped && c == '\\');
            continue;
        }
        match c {
            c if c.is_ascii_whitespace() => {}
            '{' | '[' => {
                text.push(c);
                while rest.next_if(char::is_ascii_whitespace).is_some() {}
                if let Some(end) = rest.next_if(|next| matches!(next, '}' | ']')) {
                    text.push(end);
                } else {
                    depth += 1;
                    break_line(&mut text, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                break_line(&mut text, depth);
                text.push(c);
            }
            ',' => {
                text.push(c);
                break_line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            c => {
                is_text = c == '"';
                text.push(c);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_gets_line_breaks_and_nothing_else() {
        let text = indented(r#"{ "a":[1.50,{}, [ ] ],"b":"x, {\"y\\\":[" ,"b":null}"#);
        assert_eq!(
            text,
            "{\n  \"a\": [\n    1.50,\n    {},\n    []\n  ],\n  \"b\": \"x, {\\\"y\\\\\\\":[\",\n  \"b\": null\n}"
        );
        assert_eq!(indented("{\"a\": "), "{\"a\": ");
    }

    #[test]
    fn long_values_are_folded() {
        assert_eq!(folded("é"), "é");
        let text = folded(&"é".repeat(VALUE_CHARS_MAX + 1));
        assert!(text.ends_with("… (401 characters; see Raw)") && text.chars().count() < 200, "{text}");
    }
}
