//! What happened beside an event: in the same operation, and by the same actor.

use serde_json::Value;

use super::event::{Event, objects, plain};
use crate::engine::{Engine, Parameter, ParameterKind, parse_instant};
use crate::error::{Result, shell_word};
use crate::schema::format_time;

/// Neighbours of a kind that are listed.
pub(super) const LISTED_MAX: usize = 20;
/// Some services write it into unrelated events.
const NO_CORRELATION: &str = "00000000-0000-0000-0000-000000000000";
/// Columns of a neighbour.
const COLUMNS: &str = "event_time, source, activity, result, actor, target, ip, id";

/// Neighbours of one kind.
#[derive(Default)]
pub(super) struct Neighbours {
    /// How many there are.
    pub(super) count: u64,
    /// Those that are listed, in the order of their times: objects, and their texts.
    pub(super) listed: Vec<(String, Value)>,
    /// The command that lists all.
    pub(super) command: String,
}

/// Other events of the same correlation id, of any table.
pub(super) fn of_operation(engine: &Engine, event: &Event) -> Result<Option<Neighbours>> {
    let Some(correlation) = event.column("correlation_id").filter(|id| id != NO_CORRELATION) else {
        return Ok(None);
    };
    let sql = format!(
        "SELECT {COLUMNS}, count(*) OVER () AS n FROM timeline \
         WHERE correlation_id = $correlation AND NOT (source = $source AND id = $id) \
         ORDER BY event_time, source, id LIMIT {LISTED_MAX}"
    );
    let others =
        [("correlation", Parameter::untyped(&correlation)), ("source", Parameter::untyped(event.table.name))];
    let command = format!("auditql run audit/correlation --param id={}", shell_word(&correlation));
    let parameters = event.parameters(&others);
    neighbours(objects(engine, &sql, &parameters)?, command).map(Some)
}

/// What the event's actor did within so many microseconds before and after it; those nearest in time.
pub(super) fn of_actor(engine: &Engine, event: &Event, around: i64) -> Result<Option<Neighbours>> {
    if around == 0 {
        return Ok(None);
    }
    let source = [("source", Parameter::untyped(event.table.name))];
    let sql = "SELECT actor_id, actor_upn, actor_app_id, event_time FROM timeline \
               WHERE id = $id AND source = $source AND coalesce(tenant_id, '') = $tenant \
               ORDER BY event_time LIMIT 1";
    let Some((_, actor)) = objects(engine, sql, &event.parameters(&source))?.pop() else { return Ok(None) };
    let column = |name: &str| actor.get(name).and_then(Value::as_str).map(str::to_owned);
    let known: Vec<(&str, String)> = ["actor_id", "actor_upn", "actor_app_id"]
        .into_iter()
        .filter_map(|name| column(name).map(|value| (name, value)))
        .collect();
    let (Some((_, named)), Some(time)) = (known.first(), event.column("event_time")) else { return Ok(None) };
    let (at, _) = parse_instant(&time, None, false)?;
    let (from, to) = (at.saturating_sub(around), at.saturating_add(around));
    let is_actor: Vec<String> = known.iter().map(|(name, _)| format!("{name} = ${name}")).collect();
    let sql = format!(
        "SELECT {COLUMNS}, n FROM ( \
             SELECT {COLUMNS}, count(*) OVER () AS n FROM timeline \
             WHERE event_time >= $from AND event_time <= $to AND ({}) AND NOT (source = $source AND id = $id) \
             ORDER BY abs(CAST(event_time AS BIGINT) - $at), event_time, source, id LIMIT {LISTED_MAX} \
         ) ORDER BY event_time, source, id",
        is_actor.join(" OR ")
    );
    let time = |micros: i64| Parameter::parse(ParameterKind::Time, &format_time(micros), None);
    let mut others = vec![
        ("source", Parameter::untyped(event.table.name)),
        ("from", time(from)?),
        ("to", time(to)?),
        ("at", Parameter::parse(ParameterKind::Integer, &at.to_string(), None)?),
    ];
    others.extend(known.iter().map(|(name, value)| (*name, Parameter::untyped(value))));
    let command = format!(
        "auditql timeline {} --direction by --from {} --to {}",
        shell_word(named),
        format_time(from),
        format_time(to.saturating_add(1))
    );
    let parameters = event.parameters(&others);
    neighbours(objects(engine, &sql, &parameters)?, command).map(Some)
}

fn neighbours(found: Vec<(String, Value)>, command: String) -> Result<Neighbours> {
    let count = found.first().and_then(|(_, row)| row.get("n")?.as_u64()).unwrap_or_default();
    Ok(Neighbours { count, listed: found, command })
}

impl Neighbours {
    /// The listed ones as a table of texts.
    pub(super) fn rows(&self) -> Vec<Vec<String>> {
        let row = |row: &Value| {
            COLUMNS.split(", ").map(|name| row.get(name).map(plain).unwrap_or_default()).collect()
        };
        self.listed.iter().map(|(_, value)| row(value)).collect()
    }
}
