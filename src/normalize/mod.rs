//! Record to row: finds each column's value in a record's text, converts it, and appends it to column builders.
//!
//! Everything here follows the declarations in `schema`: a column's value is looked for at its declared places, best
//! first. No tree of values is built; members that no column claims are skipped over and stay reachable in `raw`.
//!
//! ```text
//! {"id":"B2C_1","initiatedBy":{"user":{"id":"u"}}}  ──plan──▶  id = "B2C_1", actor_id = "u"
//! ```

mod batch;
mod convert;
mod extract;
mod json;
mod key;
mod nested;
mod notes;
mod plan;
mod reject;
mod row;

use std::borrow::Cow;
use std::collections::BTreeMap;

use arrow::array::RecordBatch;

use crate::format::{
    Marks, Recognised, decoded, fold_numbered_columns, is_contradicted, recognise_context, recognise_first,
    unjoin_targets,
};
use crate::schema::{DateOrder, EVENT_TABLES, Format, Keys, is_ambiguous_date, parse_time_in};

use self::batch::BatchBuilder;
pub(crate) use self::convert::json_text;
use self::extract::extract_inner;
pub(crate) use self::extract::{Found, extract};
pub(crate) use self::key::{RowKey, canonical, fingerprint, parse_derived_id, seconds};
pub(crate) use self::notes::Notes;
pub(crate) use self::plan::Plan;
pub(crate) use self::reject::Reject;
use self::row::Row;

/// A record on its way to becoming a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawRecord<'a> {
    /// The record's text.
    pub(crate) text: &'a [u8],
    /// Byte at which it begins in its source.
    pub(crate) offset: u64,
    /// Name of its source.
    pub(crate) source: &'a str,
    /// When its source was last changed, microseconds since 1970-01-01 UTC: the time of snapshots that name none.
    pub(crate) modified: Option<i64>,
    /// How dates that can be read both ways are read.
    pub(crate) dates: DateOrder,
    /// Nothing in the source says how to read them.
    pub(crate) dates_are_guessed: bool,
    /// The page's `@odata.context`.
    pub(crate) context: Option<&'a str>,
    /// What the records before it were; tried first.
    pub(crate) expected: Option<Format>,
    /// The columns of its table have told what it is: that keys are missing says nothing.
    pub(crate) is_row: bool,
}

/// What became of a record.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It is the newest row of its table's batch.
    Row(NewRow),
    /// It is of a kind that has no table.
    Skipped(Cow<'static, str>),
    /// It cannot be used.
    Rejected(Reject),
}

/// What is known of a row just made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewRow {
    /// Position of its table in [`EVENT_TABLES`].
    pub(crate) table: usize,
    /// Shape of its record.
    pub(crate) format: Format,
    /// Its time, microseconds since 1970-01-01 UTC.
    pub(crate) time: i64,
    /// By what its twins are recognised.
    pub(crate) key: RowKey,
    /// What was noticed.
    pub(crate) notes: Notes,
}

/// A record's text as it is read.
#[derive(Debug, Clone, Copy)]
struct Text<'a> {
    json: &'a str,
    /// Some of its bytes were no UTF-8.
    is_guess: bool,
}

/// How far it is known that a record has a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// It was recognised as such.
    Recognised,
    /// It is, unless it names another kind.
    ByKind,
    /// It is, if it has the keys that tell the format from others and names no other kind.
    ByKeys,
}

/// Builds batches of every table from records of any format.
pub(crate) struct Normalizer {
    /// By format: position among the plans.
    by_format: Vec<usize>,
    /// By format: the keys that tell it from others.
    marks: Vec<Marks>,
    /// Position of the table, the family of keys, and how its records are read.
    plans: Vec<(usize, Keys, Plan)>,
    /// By table, made when the first row comes.
    batches: Vec<Option<BatchBuilder>>,
    tenant: Option<String>,
}

impl Normalizer {
    /// Prepares; `tenant` is the tenant of records that do not name theirs.
    pub(crate) fn new(tenant: Option<String>) -> Self {
        let mut plans: Vec<(usize, Keys, Plan)> = Vec::new();
        let marks: Vec<_> = Format::all().map(Marks::of).collect();
        let by_format = Format::all().zip(&marks).map(|(format, marks)| {
            let (table, keys) = (format.table_index(), format.keys());
            plans.iter().position(|(of, like, _)| *of == table && *like == keys).unwrap_or_else(|| {
                let (rows, columns) = (&EVENT_TABLES[table].rows, EVENT_TABLES[table].columns);
                let mut plan = Plan::new(columns, keys);
                plan.look_for(marks.keys());
                let names = [&["event_time", "tenant_id", "id"], rows.required, rows.facts, rows.version];
                plan.expect(names.into_iter().flatten().copied());
                plans.push((table, keys, plan));
                plans.len() - 1
            })
        });
        let by_format = by_format.collect();
        let batches = EVENT_TABLES.iter().map(|_| None).collect();
        Self { by_format, marks, plans, batches, tenant }
    }

    /// Appends one record to the batch of its table, or says why it does not become a row.
    ///
    /// Every column of the table grows by one value exactly if the outcome is [`Outcome::Row`]. A member that is
    /// absent, means "nothing" or does not convert becomes NULL. Times are microseconds since 1970-01-01 UTC.
    pub(crate) fn append(&mut self, record: &RawRecord<'_>) -> Outcome {
        let decoded = decoded(record.text);
        let text = Text { json: &decoded, is_guess: matches!(decoded, Cow::Owned(_)) };
        let expected = record.expected.filter(|format| !is_contradicted(*format, record.context));
        let known = if record.is_row { Known::ByKind } else { Known::ByKeys };
        let first = expected.and_then(|format| self.append_as(record, text, format, known));
        match first {
            Some(Outcome::Rejected(Reject::NoTime | Reject::NothingNamed)) | None => {}
            Some(outcome) => return outcome,
        }
        match recognise_first(decoded.as_bytes(), false, record.context) {
            Recognised::Event(format) => {
                let made = self.append_as(record, text, format, Known::Recognised);
                made.unwrap_or(Outcome::Rejected(Reject::NothingNamed))
            }
            Recognised::Foreign(kind) => Outcome::Skipped(kind),
            Recognised::ErrorBody => Outcome::Rejected(Reject::ErrorBody(reject::error_message(&decoded))),
            Recognised::Unknown => {
                let by_context = record.context.and_then(recognise_context);
                let second =
                    by_context.and_then(|format| self.append_as(record, text, format, Known::Recognised));
                // Nothing else tells what it is: then it is what the records before it were.
                let third =
                    || expected.and_then(|format| self.append_as(record, text, format, Known::ByKind));
                let made = second.or(first).or_else(third);
                made.unwrap_or_else(|| Outcome::Rejected(Reject::unknown(&decoded)))
            }
        }
    }

    /// As [`Self::append`], for a given format; nothing if the record has neither a time nor what its table's rows
    /// must have, or, as far as it is not known to be of the format, is of another.
    fn append_as(
        &mut self,
        record: &RawRecord<'_>,
        Text { json: text, is_guess }: Text<'_>,
        format: Format,
        known: Known,
    ) -> Option<Outcome> {
        let index = self.by_format[format.index()];
        let (table_index, _, plan) = &self.plans[index];
        let table = EVENT_TABLES[*table_index];
        let (batches, tenant, marks) =
            (&mut self.batches, self.tenant.as_deref(), &self.marks[format.index()]);
        let outcome = with_row(plan, text, format, |row, found, mut notes| {
            if known != Known::Recognised && !row.is_of(format) {
                return None;
            }
            if known == Known::ByKeys && !marks.fit(found.marks) {
                return None;
            }
            if row.is_too_long() {
                return Some(Outcome::Rejected(Reject::TooManyElements));
            }
            let names_something = table.rows.required.iter().any(|column| row.has(column));
            let time = match row.text("event_time") {
                None if !names_something => return None,
                _ if !names_something => return Some(Outcome::Rejected(Reject::NothingNamed)),
                Some(text) => {
                    let is_either = record.dates_are_guessed && is_ambiguous_date(&text);
                    notes.add_if(is_either, Notes::DATE);
                    let Some(time) = parse_time_in(&text, record.dates) else {
                        return Some(Outcome::Rejected(Reject::BadTime(text.chars().take(60).collect())));
                    };
                    time
                }
                None => match record.modified.filter(|_| table.rows.is_snapshot) {
                    Some(modified) => modified,
                    None => return Some(Outcome::Rejected(Reject::NoTime)),
                },
            };
            notes.add_if(is_guess, Notes::WINDOWS_1252);
            let tenant = row.text("tenant_id").or(tenant.map(Cow::Borrowed));
            let degraded = notes.are_of_loss();
            let value = |column: &str| match column {
                "raw" => Some(Cow::Borrowed(text)),
                "event_time" => Some(Cow::Owned(seconds(time))),
                column => {
                    let index = plan.column(column);
                    row.value(index).and_then(|text| canonical(table.columns[index].kind, text))
                }
            };
            let key = RowKey::new(table, &value, time, tenant.as_deref(), format.shape().richness, degraded);
            let given = batch::Given { format, record, text, time, tenant: tenant.as_deref(), degraded };
            let batch = batches[*table_index].get_or_insert_with(|| BatchBuilder::new(table));
            batch.append(row, &given);
            Some(Outcome::Row(NewRow { table: *table_index, format, time, key, notes }))
        });
        outcome.unwrap_or_else(|error| Some(Outcome::Rejected(Reject::not_json(record.offset, &error))))
    }

    /// Rows in the batches under construction.
    pub(crate) fn rows(&self) -> usize {
        self.batches.iter().flatten().map(BatchBuilder::rows).sum()
    }

    /// Ends the batches and begins new ones: the position of each table that has rows, and its rows. Columns are
    /// exactly those of [`Table::stored_schema`].
    pub(crate) fn finish(&mut self) -> Vec<(usize, RecordBatch)> {
        let batches = self.batches.iter_mut().enumerate();
        let filled = batches.filter_map(|(table, batch)| batch.as_mut().map(|batch| (table, batch)));
        filled.filter(|(_, batch)| batch.rows() > 0).map(|(table, batch)| (table, batch.finish())).collect()
    }

    /// Each column of the record's table with the value that the record gives it and the member it came from, and
    /// the members that no column claims.
    pub(crate) fn explain(&self, record: &RawRecord<'_>, format: Format) -> Option<Explained> {
        let text = &decoded(record.text);
        let numbered = |key: &str| {
            format.keys() == Keys::Portal
                && (key.starts_with("Target") || key.starts_with("AdditionalDetail"))
        };
        let (table, _, plan) = &self.plans[self.by_format[format.index()]];
        let table = EVENT_TABLES[*table];
        let explained = with_row(plan, text, format, |row, found, _| Explained {
            table: table.name,
            columns: plan.explain(table, row, &found.slots, record.dates),
            unclaimed: extract::member_paths(text, 2)
                .into_iter()
                .filter(|path| !plan.claims(path) && !numbered(path))
                .collect(),
        });
        explained.ok()
    }
}

/// Finds the values of a record of a given format and lends them to `take`: the row, what was found at each of the
/// plan's places, and what was noticed.
///
/// # Errors
///
/// If the record is not a JSON object.
fn with_row<T>(
    plan: &Plan,
    text: &str,
    format: Format,
    take: impl FnOnce(&Row<'_>, &Found<'_, '_>, Notes) -> T,
) -> serde_json::Result<T> {
    // Objects that were written as text, and those inside of them: the slots borrow from both.
    let (outer, inner);
    let (mut targets, mut details) = (String::new(), String::new());
    let updates;
    let mut notes = Notes::default();
    let mut found = Found::new(plan);
    extract(plan, text, &mut found)?;
    outer = std::mem::take(&mut found.texts);
    for (nodes, text) in &outer {
        extract_inner(nodes, text, &mut found);
    }
    inner = std::mem::take(&mut found.texts);
    for (nodes, text) in &inner {
        extract_inner(nodes, text, &mut found);
    }
    match format.keys() {
        Keys::Portal if plan.slot_of("targets").is_some() => {
            let is_full = fold_numbered_columns(&cells(text), &mut targets, &mut details);
            notes.add_if(is_full, Notes::FULL_LIST);
            found.set_path("targets", &targets);
            found.set_path("additionalDetails", &details);
        }
        Keys::Monitor2018 => {
            updates = Found2018::read(text);
            if let (Some(types), Some(names)) = (&updates.types, &updates.names) {
                unjoin_targets(types, names, updates.changes.as_deref(), &mut targets);
                found.set_path("targets", &targets);
            }
        }
        _ => {}
    }
    let mut lists = std::mem::take(&mut found.lists);
    let row = Row::read(plan, &found.slots, &mut lists, found.is_lossy);
    // Its first byte is in hardly any text.
    let is_replaced = memchr::memchr(0xEF, text.as_bytes()).is_some() && text.contains('\u{FFFD}');
    notes.add_if(is_replaced, Notes::REPLACED);
    notes.add_if(row.is_lossy(), Notes::LOST);
    notes.add_if(found.has_repeated_key, Notes::REPEATED_KEY);
    Ok(take(&row, &found, notes))
}

/// The joined members of a diagnostic record of 2018.
#[derive(Default)]
struct Found2018 {
    types: Option<String>,
    names: Option<String>,
    changes: Option<String>,
}

impl Found2018 {
    fn read(text: &str) -> Self {
        #[derive(serde::Deserialize)]
        struct Record {
            properties: serde_json::Map<String, serde_json::Value>,
        }
        let Ok(record) = serde_json::from_str::<Record>(text) else { return Self::default() };
        let text = |name: &str| match record.properties.get(name)? {
            serde_json::Value::String(text) => Some(text.clone()),
            serde_json::Value::Null => None,
            other => Some(other.to_string()),
        };
        Self {
            types: text("targetResourceType"),
            names: text("targetResourceName"),
            changes: text("targetUpdatedProperties"),
        }
    }
}

/// How a record becomes a row.
#[derive(Debug)]
pub(crate) struct Explained {
    /// The table.
    pub(crate) table: &'static str,
    /// Column, value, and the place it was found at.
    pub(crate) columns: Vec<(&'static str, String, String)>,
    /// Paths of members that no column claims.
    pub(crate) unclaimed: Vec<String>,
}

/// The members of a CSV row's object: keys and texts.
fn cells(text: &str) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
    let cells: BTreeMap<Cow<'_, str>, &serde_json::value::RawValue> =
        serde_json::from_str(text).expect("the row's object was read before");
    cells.into_iter().filter_map(|(key, value)| json_text(value.get()).map(|text| (key, text))).collect()
}
