//! What is in a timeline, above its events.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::identity::Identity;
use crate::render::{plain, printable, shortened};

/// Values of a kind that are listed, most frequent first.
const LISTED_MAX: usize = 5;
/// Columns that a value may take: of requests the address is long.
const VALUE_WIDTH_MAX: usize = 72;
/// Words for lists of values, and the columns that they are of.
const LISTS: [(&str, &str); 7] = [
    ("Tables", "source"),
    ("Services", "service"),
    ("Activities", "activity"),
    ("Addresses", "ip"),
    ("Countries", "country"),
    ("Apps", "app"),
    ("Others", "other_party"),
];

/// Counts over the events of a timeline.
#[derive(Default)]
pub(super) struct Summary {
    rows: u64,
    first: Option<String>,
    last: Option<String>,
    directions: BTreeMap<String, u64>,
    lists: [BTreeMap<String, u64>; LISTS.len()],
    failures: BTreeMap<String, u64>,
    failed: u64,
}

impl Summary {
    /// Of events in the order of their times.
    pub(super) fn of(schema: &SchemaRef, batches: &[RecordBatch]) -> Self {
        let mut summary = Self::default();
        let at = |name: &str| schema.index_of(name).ok();
        let columns = LISTS.map(|(_, column)| at(column));
        let [time, direction, result, reason, activity] =
            ["event_time", "direction", "result", "reason", "activity"].map(at);
        for batch in batches {
            for row in 0..batch.num_rows() {
                let value = |column: Option<usize>| {
                    column.and_then(|at| plain(batch.column(at), row)).map(std::borrow::Cow::into_owned)
                };
                let time = value(time);
                if summary.rows == 0 {
                    summary.first.clone_from(&time);
                }
                (summary.last, summary.rows) = (time, summary.rows + 1);
                *summary.directions.entry(value(direction).unwrap_or_default()).or_default() += 1;
                for (column, counts) in columns.iter().zip(&mut summary.lists) {
                    let Some(text) = value(*column) else { continue };
                    *counts.entry(text.trim().to_owned()).or_default() += 1;
                }
                if value(result).as_deref() == Some("failure") {
                    summary.failed += 1;
                    let reason = value(reason).or(value(activity)).unwrap_or_default();
                    *summary.failures.entry(reason).or_default() += 1;
                }
            }
        }
        summary
    }

    /// The summary as a person reads it.
    pub(super) fn text(&self, identity: &Identity) -> String {
        let mut text = String::new();
        for (index, sighting) in identity.lines().iter().enumerate() {
            let _ = writeln!(text, "{:<11} {sighting}", if index == 0 { "Who" } else { "" });
        }
        let directions: Vec<String> = ["by", "to", "at"]
            .iter()
            .filter_map(|word| Some(format!("{word} {}", self.directions.get(*word)?)))
            .collect();
        let _ = match (&self.first, &self.last) {
            (Some(first), Some(last)) => {
                writeln!(text, "{:<11} {}: {}; {first} to {last}", "Events", self.rows, directions.join(", "))
            }
            _ => writeln!(text, "{:<11} none", "Events"),
        };
        for ((name, _), counts) in LISTS.iter().zip(&self.lists) {
            list(&mut text, name, counts);
        }
        if self.failed > 0 {
            let _ = writeln!(text, "{:<11} {}: {}", "Failures", self.failed, listed(&self.failures));
        }
        text
    }
}

fn list(text: &mut String, name: &str, counts: &BTreeMap<String, u64>) {
    if !counts.is_empty() {
        let _ = writeln!(text, "{name:<11} {}", listed(counts));
    }
}

/// `a 12 · b 3 · 4 more`.
fn listed(counts: &BTreeMap<String, u64>) -> String {
    let mut counts: Vec<(&String, &u64)> = counts.iter().collect();
    counts.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let mut parts: Vec<String> = counts
        .iter()
        .take(LISTED_MAX)
        .map(|(value, count)| format!("{} {count}", shortened(&printable(value), VALUE_WIDTH_MAX)))
        .collect();
    if counts.len() > LISTED_MAX {
        parts.push(format!("{} more", counts.len() - LISTED_MAX));
    }
    parts.join(" · ")
}
