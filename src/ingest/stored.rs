//! Rows that the archive has, as keys: what a row is recognised by, read from the columns that it was stored in.

use std::borrow::Cow;
use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int32Type, Int64Type, TimestampMicrosecondType};

use crate::archive::TableWriter;
use crate::error::Result;
use crate::normalize::{RowKey, fingerprint, parse_derived_id, seconds};
use crate::schema::{Format, Table};

/// Columns that keys are made of.
pub(super) fn key_columns(table: &'static Table) -> Vec<&'static str> {
    let mut columns = vec!["event_time", "id", "tenant_id", "format", "degraded"];
    columns.extend(table.rows.facts.iter().chain(table.rows.version));
    columns.sort_unstable();
    columns.dedup();
    columns
}

/// Columns that fingerprints are made of, and those that tell where a row came from.
pub(super) fn fingerprint_columns(table: &'static Table) -> Vec<&'static str> {
    let mut columns = vec!["event_time", "id", "source_file"];
    columns.extend(table.rows.fingerprint.iter().chain(table.rows.fingerprint_actor));
    columns.sort_unstable();
    columns.dedup();
    columns
}

/// Writes rows again that were stored before.
///
/// # Errors
///
/// If the disk is full or fails.
pub(super) fn write_stored(
    table: &'static Table,
    batch: &RecordBatch,
    writer: &mut TableWriter,
) -> Result<()> {
    if batch.num_rows() == 0 {
        return Ok(());
    }
    let rows = StoredRows::new(table, batch);
    let keys: Vec<_> = (0..rows.rows()).map(|row| rows.key(row).hash()).collect();
    let without_id = (0..rows.rows()).filter(|row| rows.has_derived_id(*row)).count();
    writer.write_events(batch, &keys, without_id as u64)
}

/// Some columns of stored rows.
pub(super) struct StoredRows {
    table: &'static Table,
    columns: BTreeMap<String, ArrayRef>,
    rows: usize,
}

impl StoredRows {
    pub(super) fn new(table: &'static Table, batch: &RecordBatch) -> Self {
        let names = batch.schema_ref().fields().iter().map(|field| field.name().clone());
        let columns = names.zip(batch.columns().iter().cloned()).collect();
        Self { table, columns, rows: batch.num_rows() }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Time of a row, microseconds since 1970-01-01 UTC.
    pub(super) fn time(&self, row: usize) -> i64 {
        self.columns["event_time"].as_primitive::<TimestampMicrosecondType>().value(row)
    }

    /// Text of a column in the spelling that keys are made of; nothing for NULL.
    pub(super) fn value(&self, column: &str, row: usize) -> Option<Cow<'_, str>> {
        let array = self.columns.get(column)?;
        if array.is_null(row) {
            return None;
        }
        Some(match array.data_type() {
            DataType::Utf8 => Cow::Borrowed(array.as_string::<i32>().value(row)),
            DataType::Dictionary(_, _) => {
                let words = array.as_dictionary::<Int32Type>();
                let word = words.key(row)?;
                Cow::Borrowed(words.values().as_string::<i32>().value(word))
            }
            DataType::Int64 => Cow::Owned(array.as_primitive::<Int64Type>().value(row).to_string()),
            DataType::Timestamp(_, _) => {
                Cow::Owned(seconds(array.as_primitive::<TimestampMicrosecondType>().value(row)))
            }
            other => unreachable!("a column of type {other} is part of no key"),
        })
    }

    /// Whether the source of a row gave no id.
    pub(super) fn has_derived_id(&self, row: usize) -> bool {
        self.value("id", row).is_some_and(|id| parse_derived_id(&id).is_some())
    }

    /// Key of a row.
    pub(super) fn key(&self, row: usize) -> RowKey {
        let format = self.value("format", row);
        let degraded = self.columns["degraded"].as_boolean();
        let is_degraded = degraded.is_valid(row) && degraded.value(row);
        let richness = format.map_or(0, |name| Format::richness_of(&name));
        let tenant = self.value("tenant_id", row);
        let value = |column: &str| self.value(column, row);
        RowKey::new(self.table, &value, self.time(row), tenant.as_deref(), richness, is_degraded)
    }

    /// Fingerprint of a row: the same as that of a record without an id that tells of the same event.
    pub(super) fn fingerprint(&self, row: usize) -> u128 {
        fingerprint(self.table, &|column| self.value(column, row), self.time(row))
    }
}
