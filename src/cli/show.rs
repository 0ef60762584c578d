//! `auditql show`.

mod event;
mod layout;
mod neighbours;
mod panel;

use std::io::Write;

use clap::ValueEnum;

use self::event::{Event, find, not_found};
use super::common::EngineArgs;
use super::{Console, Outcome};
use crate::engine::{Engine, parse_span};
use crate::error::{Error, Result};

/// Arguments of `show`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The event may be of any table: an audit event, a sign-in, a provisioning action, a risk detection … Several that share the
id (in other tenants or tables, or versions of one) are all shown. Beside it: events of any table with the same correlation
id, and what the same actor did within --around before and after.

Values of modified properties are decoded; where both are JSON, what differs is listed by path. Long values are folded: the
event's own text at the end has everything, and --raw has it byte for byte.

  auditql show Directory_00000000-0000-4000-9000-000000000001_4JLAP_41004219 -a case
  auditql show 00000000-0000-4000-9000-000000000039 -a case --around 1h
  auditql show auditql:3a11b24c1c6ae22e75fcf6a62575b00b -a case --format json")]
pub(super) struct Args {
    /// Id of the event (`auditql:…` ids too)
    id: String,
    /// Print the event's original JSON text and nothing else
    #[arg(long, conflicts_with = "format")]
    raw: bool,
    /// How far before and after to look for what the same actor did, e.g. 30s, 10m or 2h; 0 for not at all
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = parse_around)]
    around: i64,
    /// How events are written: `json` is a list of objects, `ndjson` an object a line
    #[arg(long, short = 'F', value_enum, default_value = "text")]
    format: Format,
    #[command(flatten)]
    engine: EngineArgs,
}

/// How events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Ndjson,
}

/// Microseconds around an event where the shell looks for others.
const AROUND_MICROS: i64 = 5 * 60 * 1_000_000;

/// Microseconds.
fn parse_around(text: &str) -> Result<i64, String> {
    let span = if text == "0" { Some(0) } else { parse_span(text) };
    span.ok_or_else(|| "write a time such as 30s, 10m, 2h or 1d, or 0".to_owned())
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome> {
    let engine = args.engine.open(console)?;
    let events = found(&engine, &args.id, console)?;
    let text = match (args.raw, args.format) {
        (true, _) => events.iter().map(|event| format!("{}\n", event.raw())).collect(),
        (false, Format::Text) => panels(&engine, &events, args.around)?,
        (false, format) => {
            let objects: Vec<String> =
                events.iter().map(|event| panel::json(&engine, event, args.around)).collect::<Result<_>>()?;
            match format {
                Format::Ndjson => objects.iter().map(|object| format!("{object}\n")).collect(),
                _ => format!("[\n{}\n]\n", objects.join(",\n")),
            }
        }
    };
    let mut out = console.output();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| Error::output(&error))?;
    Ok(Outcome::Done)
}

/// The events of an id as a person reads them.
///
/// # Errors
///
/// If there is none.
pub(super) fn text(engine: &Engine, id: &str, console: &Console) -> Result<String> {
    panels(engine, &found(engine, id, console)?, AROUND_MICROS)
}

fn found(engine: &Engine, id: &str, console: &Console) -> Result<Vec<Event>> {
    let (events, warnings) = find(engine, id)?;
    if events.is_empty() {
        warnings.iter().for_each(|warning| console.warn(&warning.text));
        return Err(not_found(engine, id));
    }
    Ok(events)
}

fn panels(engine: &Engine, events: &[Event], around: i64) -> Result<String> {
    let panels: Vec<String> =
        events.iter().map(|event| panel::text(engine, event, around)).collect::<Result<_>>()?;
    if let [panel] = panels.as_slice() {
        return Ok(panel.clone());
    }
    let count = panels.len();
    let titled = panels.iter().zip(events).enumerate();
    let titled = titled
        .map(|(at, (panel, event))| format!("── {} of {count}, {} ──\n{panel}", at + 1, event.table.name));
    Ok(titled.collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_around() {
        assert_eq!(parse_around("0"), Ok(0));
        assert_eq!(parse_around("90s"), Ok(90_000_000));
        assert_eq!(parse_around("2h"), Ok(7_200_000_000));
        for text in ["", "5", "m", "-5m", "5x", "5é", "99999999999d"] {
            assert!(parse_around(text).is_err(), "{text}");
        }
    }
}
