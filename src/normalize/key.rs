//! By what a row is recognised when it comes again.

use std::borrow::Cow;
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};

use sha2::{Digest, Sha256};

use crate::schema::{DERIVED_ID, Kind, Table, parse_time};

/// Identity of a row: half of a SHA-256, so that nobody can make an event that hides another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowKey {
    /// Hash of the table and the id, and of what tells versions apart; of a record without an id, of what tells it
    /// from others.
    pub(crate) id: u128,
    /// Hash of the tenant; 0 where it is not known.
    pub(crate) tenant: u64,
    /// What happened, in short: records of one event agree in it whatever their format. 0 if something of the record
    /// was lost.
    pub(crate) facts: u32,
    /// Of the rows of one event the richest is kept.
    pub(crate) richness: u8,
    /// The record has no id of its own.
    pub(crate) is_derived: bool,
}

/// Text of a column of a row in one spelling: see [`canonical`].
pub(crate) type Value<'v> = dyn Fn(&str) -> Option<Cow<'v, str>> + 'v;

impl RowKey {
    /// Key of a row of `table` whose time is `time` (microseconds) and whose other values are `value`.
    pub(crate) fn new(
        table: &Table,
        value: &Value<'_>,
        time: i64,
        tenant: Option<&str>,
        of_shape: u8,
        is_degraded: bool,
    ) -> Self {
        let tenant = tenant.map_or(0, tenant_hash);
        let richness = if is_degraded { of_shape / 10 } else { of_shape + fineness(table, time) };
        let facts = if is_degraded { 0 } else { facts(table, value, time) };
        match value("id").filter(|id| !id.is_empty()) {
            Some(id) => {
                let version = table.rows.version.iter().map(|column| value(column));
                Self { id: key_of_id(table, &id, version), tenant, facts, richness, is_derived: false }
            }
            None => Self { id: fingerprint(table, value, time), tenant, facts, richness, is_derived: true },
        }
    }

    /// The part of the identity that stands in the index of a data file.
    pub(crate) fn hash(&self) -> u64 {
        (self.id >> 64) as u64
    }

    /// Gives a row without an id the key of the `ordinal`th (from 0) such row of its source. Returns the id.
    pub(crate) fn name(&mut self, table: &Table, value: &Value<'_>, ordinal: u32) -> String {
        let id = derived_id(self.id, ordinal);
        let version = table.rows.version.iter().map(|column| value(column));
        self.id = key_of_id(table, &id, version);
        id
    }
}

/// A value in the one spelling that keys are made of: times in whole seconds, as CSV knows no finer ones.
pub(crate) fn canonical(kind: Kind, text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    match kind {
        Kind::Time => parse_time(&text).map(|micros| Cow::Owned(seconds(micros))),
        Kind::Integer => text.trim().parse::<i64>().ok().map(|number| Cow::Owned(number.to_string())),
        _ => Some(text),
    }
}

/// Microseconds as whole seconds.
pub(crate) fn seconds(micros: i64) -> String {
    micros.div_euclid(1_000_000).to_string()
}

/// Of rows of one shape the one with the finer time is the richer: exports cut it to milliseconds or seconds.
fn fineness(table: &Table, time: i64) -> u8 {
    if table.rows.is_snapshot {
        return 0;
    }
    u8::from(time % 1_000_000 != 0) + u8::from(time % 1_000 != 0)
}

/// The time by which rows are compared, in whole seconds. A snapshot's time is its file's: the same object read on
/// another day is the same.
fn compared_time(table: &Table, time: i64) -> i64 {
    if table.rows.is_snapshot { 0 } else { time.div_euclid(1_000_000) }
}

/// What tells a record without an id from others: its time in whole seconds and the table's columns for it.
pub(crate) fn fingerprint(table: &Table, value: &Value<'_>, time: i64) -> u128 {
    let mut hasher = Sha256::new();
    hasher.update(compared_time(table, time).to_le_bytes());
    for column in table.rows.fingerprint {
        hash_text(&mut hasher, value(column).as_deref());
    }
    let actor = table.rows.fingerprint_actor.iter().find_map(|column| value(column));
    hash_text(&mut hasher, actor.as_deref());
    half(hasher)
}

/// Hash of what every format says of an event, and of its time in whole seconds.
fn facts(table: &Table, value: &Value<'_>, time: i64) -> u32 {
    let mut hasher = DefaultHasher::new();
    compared_time(table, time).hash(&mut hasher);
    for column in table.rows.facts {
        value(column).hash(&mut hasher);
    }
    ((hasher.finish() >> 40) as u32).max(1)
}

/// Key of an id, or of a version of what it names.
pub(crate) fn key_of_id<'v>(
    table: &Table,
    id: &str,
    version: impl Iterator<Item = Option<Cow<'v, str>>>,
) -> u128 {
    let mut hasher = Sha256::new();
    hash_text(&mut hasher, Some(table.name));
    hash_text(&mut hasher, Some(id));
    for value in version {
        hash_text(&mut hasher, value.as_deref());
    }
    half(hasher)
}

/// Hash of a tenant, never 0.
pub(crate) fn tenant_hash(tenant: &str) -> u64 {
    let mut hasher = Sha256::new();
    hasher.update(tenant.to_ascii_lowercase().as_bytes());
    (half(hasher) >> 64) as u64 | 1
}

/// Id of the row that is the `ordinal`th (from 0) with the derived key `fingerprint` in its source.
pub(crate) fn derived_id(fingerprint: u128, ordinal: u32) -> String {
    let mut id = format!("{DERIVED_ID}{fingerprint:032x}");
    if ordinal > 0 {
        write!(id, "-{ordinal}").expect("writing to a String does not fail");
    }
    id
}

/// Fingerprint and ordinal of a derived id.
pub(crate) fn parse_derived_id(id: &str) -> Option<(u128, u32)> {
    let digits = id.strip_prefix(DERIVED_ID)?;
    let (fingerprint, ordinal) = digits.split_once('-').unwrap_or((digits, "0"));
    Some((u128::from_str_radix(fingerprint, 16).ok()?, ordinal.parse().ok()?))
}

/// Length first, so that neighbouring texts cannot be mistaken for each other.
fn hash_text(hasher: &mut Sha256, text: Option<&str>) {
    let text = text.unwrap_or_default();
    hasher.update((text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
}

fn half(hasher: Sha256) -> u128 {
    let digest = hasher.finalize();
    u128::from_be_bytes(digest[..16].try_into().expect("a SHA-256 has 32 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_ids_are_read_again() {
        for ordinal in [0, 1, 17] {
            assert_eq!(parse_derived_id(&derived_id(42, ordinal)), Some((42, ordinal)));
        }
        assert_eq!(parse_derived_id("Directory_1"), None);
    }
}
