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
    /// Positions of the columns of [`LISTS`], and of time, direction, result, reason and activity.
    lists_at: [Option<usize>; LISTS.len()],
    at: [Option<usize>; 5],
    rows: u64,
    first: Option<String>,
    last: Option<String>,
    directions: BTreeMap<String, u64>,
    lists: [BTreeMap<String, u64>; LISTS.len()],
    failures: BTreeMap<String, u64>,
    failed: u64,
}

impl Summary {
    /// Of no events yet; they have these columns.
    pub(super) fn new(schema: &SchemaRef) -> Self {
        let at = |name: &str| schema.index_of(name).ok();
        Self {
            lists_at: LISTS.map(|(_, column)| at(column)),
            at: ["event_time", "direction", "result", "reason", "activity"].map(at),
            ..Self::default()
        }
    }

    /// Counts events, which come in the order of their times.
    pub(super) fn add(&mut self, batch: &RecordBatch) {
        let [time, direction, result, reason, activity] = self.at;
        for row in 0..batch.num_rows() {
            let value = |column: Option<usize>| {
                column.and_then(|at| plain(batch.column(at), row)).map(std::borrow::Cow::into_owned)
            };
            let time = value(time);
            if self.rows == 0 {
                self.first.clone_from(&time);
            }
            (self.last, self.rows) = (time, self.rows + 1);
            *self.directions.entry(value(direction).unwrap_or_default()).or_default() += 1;
            for (column, counts) in self.lists_at.iter().zip(&mut self.lists) {
                let Some(text) = value(*column) else { continue };
                *counts.entry(text.trim().to_owned()).or_default() += 1;
            }
            if value(result).as_deref() == Some("failure") {
                self.failed += 1;
                let reason = value(reason).or(value(activity)).unwrap_or_default();
                *self.failures.entry(reason).or_default() += 1;
            }
        }
    }

    /// How many events were counted.
    pub(super) fn events(&self) -> u64 {
        self.rows
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
