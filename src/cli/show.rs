//! `auditql show`.

use std::fmt::Write as _;
use std::io::Write;

use super::common::{EngineArgs, rows};
use super::{Console, Outcome};
use crate::engine::{Engine, Parameter, Parameters};
use crate::error::{Error, Result};
use crate::render::printable;

/// Events that one id shows; several only if tenants share it.
const EVENTS_MAX: usize = 10;
/// Columns of the section *Activity*, with the portal's words for them.
const ACTIVITY: &[(&str, &str)] = &[
    ("Date", "event_time"),
    ("Activity type", "activity"),
    ("Service", "service"),
    ("Category", "category"),
    ("Operation type", "operation_type"),
    ("Status", "result"),
    ("Status reason", "result_reason"),
    ("Correlation ID", "correlation_id"),
    ("Event ID", "id"),
    ("Tenant ID", "tenant_id"),
];
/// Columns of the section *Initiated by (actor)*.
const ACTOR: &[(&str, &str)] = &[
    ("Type", "actor_type"),
    ("Display name", "actor_name"),
    ("Object ID", "actor_id"),
    ("User principal name", "actor_upn"),
    ("Application ID", "actor_app_id"),
    ("Service principal ID", "actor_service_principal_id"),
    ("SPN", "actor_service_principal_name"),
    ("IP address", "actor_ip"),
    ("User agent", "actor_user_agent"),
];
/// Columns of the section *Source*.
const SOURCE: &[(&str, &str)] =
    &[("File", "source_file"), ("Byte", "source_offset"), ("Format", "format"), ("Degraded", "degraded")];

/// Arguments of `show`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Id of the event (`auditql:…` ids too)
    id: String,
    /// Print the event's original JSON text and nothing else
    #[arg(long)]
    raw: bool,
    #[command(flatten)]
    engine: EngineArgs,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome> {
    let engine = args.engine.open(console)?;
    let text = text(&engine, &args.id, args.raw, console)?;
    let mut out = console.output();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| Error::output(&error))?;
    Ok(Outcome::Done)
}

/// The event of an id as a person reads it, or just as it was downloaded.
///
/// # Errors
///
/// If there is none.
pub(super) fn text(engine: &Engine, id: &str, is_raw: bool, console: &Console) -> Result<String> {
    let mut parameters = Parameters::default();
    parameters.set("id", Parameter::untyped(id));
    let columns: Vec<&str> =
        [ACTIVITY, ACTOR, SOURCE].concat().into_iter().map(|(_, column)| column).chain(["raw"]).collect();
    let sql = format!(
        "SELECT {} FROM audit WHERE id = $id ORDER BY tenant_id, event_time LIMIT {EVENTS_MAX}",
        columns.join(", ")
    );
    let events = rows(engine, &sql, &parameters)?;
    if events.is_empty() {
        for warning in engine.run(&sql, &parameters)?.warnings() {
            console.warn(warning);
        }
        return Err(not_found(engine, id, &parameters));
    }
    let mut text = String::new();
    for (index, event) in events.iter().enumerate() {
        let value = |column: &str| {
            columns.iter().position(|name| *name == column).and_then(|at| event[at].as_deref())
        };
        if is_raw {
            text += value("raw").unwrap_or_default();
            text.push('\n');
        } else {
            text += if index > 0 { "\n" } else { "" };
            text += &panel(engine, &parameters, &value)?;
        }
    }
    Ok(text)
}

fn not_found(engine: &Engine, id: &str, parameters: &Parameters) -> Error {
    let sql = "SELECT count(*) FROM audit WHERE correlation_id = $id";
    let related =
        rows(engine, sql, parameters).ok().and_then(|rows| rows.into_iter().next()?.into_iter().next()?);
    let error = Error::new(format!("no event has the id `{id}`"));
    match related.as_deref() {
        None | Some("0") => error.hint("ids are in the column `id`: `SELECT id, activity FROM audit …`"),
        Some(count) => error
            .because(format!("it is the correlation id of {count} events"))
            .hint(format!("`auditql run audit/correlation --param id={id}`")),
    }
}

fn panel<'v>(
    engine: &Engine,
    parameters: &Parameters,
    value: &impl Fn(&str) -> Option<&'v str>,
) -> Result<String> {
    let mut text = String::new();
    section(&mut text, "Activity", ACTIVITY, value);
    section(&mut text, "Initiated by (actor)", ACTOR, value);
    let targets = rows(
        engine,
        "SELECT target_index, target_type, target_name, target_id, target_upn, group_type FROM audit_target \
         WHERE id = $id ORDER BY target_index",
        parameters,
    )?;
    let changes = rows(
        engine,
        "SELECT target_index, property, old_value, new_value FROM audit_change WHERE id = $id",
        parameters,
    )?;
    if !targets.is_empty() {
        text.push_str("\nTarget(s)\n");
    }
    for target in &targets {
        let names = ["", "Type", "Display name", "Object ID", "User principal name", "Group type"];
        for (name, field) in names.iter().zip(target).skip(1) {
            line(&mut text, name, field.as_deref());
        }
        for change in changes.iter().filter(|change| change[0] == target[0]) {
            let shown = |field: &Option<String>| {
                field.as_deref().map_or_else(|| "(none)".to_owned(), |text| printable(text).into_owned())
            };
            let property = printable(change[1].as_deref().unwrap_or("(no name)"));
            let _ = writeln!(text, "    {property}: {} → {}", shown(&change[2]), shown(&change[3]));
        }
    }
    let details =
        rows(engine, "SELECT key, value FROM audit_detail WHERE id = $id ORDER BY detail_index", parameters)?;
    if !details.is_empty() {
        text.push_str("\nAdditional details\n");
    }
    for detail in &details {
        line(&mut text, detail[0].as_deref().unwrap_or("(no name)"), detail[1].as_deref().or(Some("(none)")));
    }
    section(&mut text, "Source", SOURCE, value);
    text.push_str("\nRaw\n");
    for part in value("raw").unwrap_or_default().lines() {
        let _ = writeln!(text, "  {}", printable(part));
    }
    Ok(text)
}

fn section<'v>(
    text: &mut String,
    title: &str,
    columns: &[(&str, &str)],
    value: &impl Fn(&str) -> Option<&'v str>,
) {
    let gap = if text.is_empty() { "" } else { "\n" };
    let _ = writeln!(text, "{gap}{title}");
    for (name, column) in columns {
        line(text, name, value(column));
    }
}

fn line(text: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        let _ = writeln!(text, "  {:<21} {}", printable(name), printable(value));
    }
}
