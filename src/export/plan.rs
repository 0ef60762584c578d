//! Which files an export has, and the SQL of each.

use std::collections::BTreeSet;

use arrow::datatypes::DataType;

use super::timeline::{Timeline, timeline_query};
use super::{ExportFormat, ExportOptions};
use crate::engine::{Condition, Engine, Parameters};
use crate::error::{Error, Result, alike};
use crate::schema::{EVENT_TABLES, Table};

/// What rows are ordered by, as far as they have it.
const ORDER: &[&str] = &["event_time", "id", "source_file", "source_offset", "tenant_id"];
/// What makes an export describe itself; whole, whatever condition the events are under.
pub(super) const ACCOUNTING: &[&str] = &["meta.sources", "meta.rejects"];

/// One file of an export.
#[derive(Debug)]
pub(super) struct Part {
    /// Its name without the extension.
    pub(super) name: String,
    /// Tables that its rows are of.
    pub(super) tables: Vec<String>,
    /// The SQL that gives its rows, in a total order.
    pub(super) query: String,
}

/// The files, planned and checked: whatever is wrong with tables or condition shows here.
///
/// # Errors
///
/// If a table is not there or cannot be written in this format, or the condition does not fit one.
pub(super) fn plan(engine: &Engine, options: &ExportOptions) -> Result<Vec<Part>> {
    let is_named = !options.tables.is_empty();
    let tables = if is_named { named_tables(engine, &options.tables)? } else { tables_with_rows(engine) };
    let condition = options.condition.as_ref();
    if let Some(condition) = condition {
        check(engine, condition, &tables, is_named)?;
    }
    if tables.is_empty() && !options.format.has_accounting() {
        return Err(Error::new("there is nothing to export")
            .because("the archive has no events")
            .hint("`auditql status` says what became of its sources"));
    }
    if options.format.is_timeline() {
        let timelines = tables.iter().map(|table| Timeline::of(table).ok_or_else(|| not_in_timeline(table)));
        let timelines = timelines.collect::<Result<Vec<_>>>()?;
        let query = timeline_query(&timelines, condition);
        return Ok(vec![Part { name: "timeline".to_owned(), tables, query }]);
    }
    let mut parts = Vec::new();
    for table in &tables {
        parts.push(part(engine, table, options.format, condition)?);
    }
    if !is_named && options.format.has_accounting() {
        for table in ACCOUNTING {
            parts.push(part(engine, table, options.format, None)?);
        }
    }
    Ok(parts)
}

/// Tables of events that have rows, whether or not the time range or a condition leaves any of them.
fn tables_with_rows(engine: &Engine) -> Vec<String> {
    let has_rows = |table: &&&Table| engine.snapshot().files(table.name).iter().any(|file| file.rows > 0);
    EVENT_TABLES.iter().filter(has_rows).map(|table| table.name.to_owned()).collect()
}

/// The tables that were named, each once.
fn named_tables(engine: &Engine, named: &[String]) -> Result<Vec<String>> {
    let known: Vec<String> = engine.tables()?.into_iter().map(|table| table.name).collect();
    let mut seen = BTreeSet::new();
    for name in named {
        if !known.contains(name) {
            let names: Vec<&str> = known.iter().map(String::as_str).collect();
            return Err(Error::new(format!("no table `{name}`")).hint(match alike(name, &names) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("the tables are {}", known.join(", ")),
            }));
        }
    }
    Ok(named.iter().filter(|name| seen.insert(*name)).cloned().collect())
}

/// Plans the condition on each table before anything is written.
fn check(engine: &Engine, condition: &Condition, tables: &[String], is_named: bool) -> Result<()> {
    let fits = |table: &String| {
        engine
            .run(&format!("SELECT 1 FROM {table} WHERE {condition} LIMIT 0"), &Parameters::default())
            .map(drop)
    };
    for table in tables {
        let Err(error) = fits(table) else { continue };
        let told = Error::new(format!("`--where` does not fit table `{table}`"))
            .because(without_places(&error.one_line()));
        let fitting: Vec<_> = tables
            .iter()
            .filter(|table| fits(table).is_ok())
            .map(|table| format!("--table {table}"))
            .collect();
        return Err(match error.hint_text() {
            Some(hint) if hint.contains("--param") => told.hint("write the value itself, as in `id = '…'`"),
            _ if !fitting.is_empty() => {
                let which = if is_named {
                    "export only the tables that it fits"
                } else {
                    "name the tables that it fits"
                };
                told.hint(format!("{which}: `{}`", fitting.join(" ")))
            }
            Some(hint) => told.hint(hint),
            None => told,
        });
    }
    Ok(())
}

/// The text without `(line 1, column 20)`: these are places of a statement that nobody wrote.
fn without_places(text: &str) -> String {
    let mut text = text.to_owned();
    while let Some(begin) = text.find(" (line ") {
        let Some(length) = text[begin..].find(')') else { break };
        text.replace_range(begin..=begin + length, "");
    }
    text
}

fn part(engine: &Engine, table: &str, format: ExportFormat, condition: Option<&Condition>) -> Result<Part> {
    let every_row = format!("SELECT * FROM {table}");
    let schema = engine.run(&format!("{every_row} LIMIT 0"), &Parameters::default())?.schema();
    let has = |column: &str| schema.field_with_name(column).is_ok();
    let columns = match format {
        ExportFormat::Ndjson if !has("raw") => {
            return Err(Error::new(format!("cannot export `{table}` as ndjson"))
                .because("it has no column `raw`: its rows are not events as they were downloaded")
                .hint("export it as csv or parquet"));
        }
        ExportFormat::Ndjson => "raw",
        _ => "*",
    };
    let mut order: Vec<&str> = ORDER.iter().copied().filter(|column| has(column)).collect();
    match EVENT_TABLES.iter().find(|known| known.name == table) {
        // An id is unique within its tenant, but for versions.
        Some(known) => order.extend(known.rows.version.iter().filter(|column| !ORDER.contains(column))),
        None => {
            let others = schema.fields().iter().filter(|field| !field.data_type().is_nested());
            let others = others.filter(|field| *field.data_type() != DataType::Null);
            order.extend(others.map(|field| field.name().as_str()).filter(|name| !ORDER.contains(name)));
        }
    }
    let mut query = format!("SELECT {columns} FROM {table}");
    if let Some(condition) = condition {
        query += &format!(" WHERE {condition}");
    }
    if !order.is_empty() {
        let quoted: Vec<_> = order.iter().map(|name| format!("\"{name}\"")).collect();
        query += &format!(" ORDER BY {}", quoted.join(", "));
    }
    let name = table.strip_prefix("meta.").unwrap_or(table).to_owned();
    Ok(Part { name, tables: vec![table.to_owned()], query })
}

fn not_in_timeline(table: &str) -> Error {
    Error::new(format!("cannot export `{table}` into a timeline"))
        .because("it is no table of events")
        .hint(format!("a timeline has rows of {}", Timeline::tables().collect::<Vec<_>>().join(", ")))
}
