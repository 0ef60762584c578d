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
mod key;
mod plan;
mod reject;
mod row;

use std::borrow::Cow;
use std::collections::BTreeMap;

use arrow::array::RecordBatch;

use crate::format::{Recognised, fold_numbered_columns, recognise_text};
use crate::schema::{Format, Keys, Table, parse_time};

use self::batch::BatchBuilder;
pub(crate) use self::convert::json_text;
pub(crate) use self::extract::extract;
pub(crate) use self::key::{RowKey, derived_id, derived_key, key_of_id, payload_hash, tenant_hash};
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
    /// What the records before it were; tried first.
    pub(crate) expected: Option<Format>,
}

/// What became of a record.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It is the newest row of the batch; its time, and the key by which its twins are recognised.
    Row(i64, RowKey),
    /// It is of a kind that has no table.
    Skipped(&'static str),
    /// It cannot be used.
    Rejected(Reject),
}

/// Builds batches of one table from records of any format.
pub(crate) struct Normalizer {
    table: &'static Table,
    plans: Vec<(Keys, Plan)>,
    batch: BatchBuilder,
    tenant: Option<String>,
}

impl Normalizer {
    /// Prepares for a table; `tenant` is the tenant of records that do not name theirs.
    pub(crate) fn new(table: &'static Table, tenant: Option<String>) -> Self {
        let plans = [Keys::Legacy, Keys::Graph, Keys::Portal]
            .into_iter()
            .map(|keys| (keys, Plan::new(table.columns, keys)))
            .collect();
        Self { table, plans, batch: BatchBuilder::new(table), tenant }
    }

    /// Appends one record to the batch under construction, or says why it does not become a row.
    ///
    /// Every column grows by one value exactly if the outcome is [`Outcome::Row`]. A member that is absent, means
    /// "nothing" or does not convert becomes NULL. Times are microseconds since 1970-01-01 UTC.
    pub(crate) fn append(&mut self, record: &RawRecord<'_>) -> Outcome {
        let text = match std::str::from_utf8(record.text) {
            Ok(text) => text,
            Err(error) => {
                return Outcome::Rejected(Reject::NotUtf8(record.offset + error.valid_up_to() as u64));
            }
        };
        if let Some(format) = record.expected
            && let Some(outcome) = self.append_as(record, text, format)
            && !matches!(outcome, Outcome::Rejected(Reject::NoTime | Reject::NoActivity))
        {
            return outcome;
        }
        match recognise_text(record.text) {
            Recognised::Event(format) => {
                self.append_as(record, text, format).unwrap_or(Outcome::Rejected(Reject::NoActivity))
            }
            Recognised::Foreign(kind) => Outcome::Skipped(kind),
            Recognised::ErrorBody => Outcome::Rejected(Reject::ErrorBody(reject::error_message(text))),
            Recognised::Unknown => Outcome::Rejected(Reject::unknown(text)),
        }
    }

    /// As [`Self::append`], for a given format; nothing if the record has neither time nor activity in it.
    fn append_as(&mut self, record: &RawRecord<'_>, text: &str, format: Format) -> Option<Outcome> {
        let (batch, tenant) = (&mut self.batch, self.tenant.as_deref());
        let outcome = with_row(self.table, &self.plans, text, format, |plan, row, _, degraded| {
            if row.is_too_long() {
                return Some(Outcome::Rejected(Reject::TooManyElements));
            }
            let time = match (row.text(plan, "event_time"), row.text(plan, "activity")) {
                (Some(time), Some(_)) => time,
                (None, None) => return None,
                (None, Some(_)) => return Some(Outcome::Rejected(Reject::NoTime)),
                (Some(_), None) => return Some(Outcome::Rejected(Reject::NoActivity)),
            };
            let Some(time) = parse_time(&time) else {
                return Some(Outcome::Rejected(Reject::BadTime(time.chars().take(60).collect())));
            };
            let tenant = row.text(plan, "tenant_id").or(tenant.map(Cow::Borrowed));
            let key = RowKey::of(plan, row, time, tenant.as_deref());
            let given = batch::Given { format, record, text, time, tenant: tenant.as_deref(), degraded };
            batch.append(plan, row, &given);
            Some(Outcome::Row(time, key))
        });
        outcome.unwrap_or_else(|error| Some(Outcome::Rejected(Reject::not_json(record.offset, &error))))
    }

    /// Rows in the batch under construction.
    pub(crate) fn rows(&self) -> usize {
        self.batch.rows()
    }

    /// Ends the batch and begins a new one. Columns are exactly those of [`Table::stored_schema`].
    pub(crate) fn finish(&mut self) -> RecordBatch {
        self.batch.finish()
    }

    /// Each column of the table with the value that the record gives it and the member it came from, and the
    /// members that no column claims.
    pub(crate) fn explain(&self, record: &RawRecord<'_>, format: Format) -> Option<Explained> {
        let text = std::str::from_utf8(record.text).ok()?;
        let numbered = |key: &str| {
            format.keys() == Keys::Portal
                && (key.starts_with("Target") || key.starts_with("AdditionalDetail"))
        };
        let explained = with_row(self.table, &self.plans, text, format, |plan, row, slots, _| Explained {
            columns: plan.explain(self.table, row, slots),
            unclaimed: extract::member_paths(text, 2)
                .into_iter()
                .filter(|path| !plan.claims(path) && !numbered(path))
                .collect(),
        });
        explained.ok()
    }
}

/// Finds the values of a record of a given format and lends them to `take`: the plan, the row, the JSON text of each
/// of the plan's places, and whether the source may have lost part of the record.
///
/// # Errors
///
/// If the record is not a JSON object.
fn with_row<T>(
    table: &'static Table,
    plans: &[(Keys, Plan)],
    text: &str,
    format: Format,
    take: impl FnOnce(&Plan, &Row<'_>, &[Option<&str>], bool) -> T,
) -> serde_json::Result<T> {
    let plan = plans.iter().find(|(keys, _)| *keys == format.keys()).map(|(_, plan)| plan);
    let plan = plan.expect("every family has a plan");
    let mut slots = plan.empty_slots();
    extract(plan, text, &mut slots)?;
    let (mut targets, mut details) = (String::new(), String::new());
    let mut degraded = false;
    if format.keys() == Keys::Portal {
        degraded = fold_numbered_columns(&cells(text), &mut targets, &mut details);
        // What stands where bytes of a cell were no UTF-8.
        degraded |= text.contains('\u{FFFD}');
        plan.set(&mut slots, "targets", &targets);
        plan.set(&mut slots, "additionalDetails", &details);
    }
    Ok(take(plan, &Row::read(table, plan, &slots), &slots, degraded))
}

/// How a record becomes a row.
#[derive(Debug)]
pub(crate) struct Explained {
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
