//! By what a row is recognised when it comes again.

use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};

use sha2::{Digest, Sha256};

use super::plan::Plan;
use super::row::Row;

/// Identity of a row: half of a SHA-256, so that nobody can make an event that hides another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowKey {
    /// Hash of the id; of a record without an id, of what tells it from others.
    pub(crate) id: u128,
    /// Hash of the tenant; 0 where it is not known.
    pub(crate) tenant: u64,
    /// What happened, in short: records of one event agree in it whatever their format.
    pub(crate) payload: u32,
    /// The record has no id of its own.
    pub(crate) is_derived: bool,
}

impl RowKey {
    /// Key of a row whose time is `time` (microseconds).
    ///
    /// A record without an id is told by its time in whole seconds (CSV knows no finer), correlation id, service,
    /// category, activity, result, and the ids of its actor and first target.
    pub(super) fn of(plan: &Plan, row: &Row<'_>, time: i64, tenant: Option<&str>) -> Self {
        let tenant = tenant.map_or(0, tenant_hash);
        let text = |column| row.text(plan, column);
        let payload = payload_hash(
            time,
            text("activity").as_deref(),
            text("correlation_id").as_deref(),
            text("target_id").as_deref(),
        );
        if let Some(id) = row.text(plan, "id").filter(|id| !id.is_empty()) {
            return Self { id: key_of_id(&id), tenant, payload, is_derived: false };
        }
        let mut hasher = Sha256::new();
        hasher.update(time.div_euclid(1_000_000).to_le_bytes());
        for column in ["correlation_id", "service", "category", "activity", "result", "target_id"] {
            hash_text(&mut hasher, row.text(plan, column).as_deref());
        }
        let actor = ["actor_id", "actor_upn", "actor_service_principal_name", "actor_name"];
        let actor = actor.into_iter().find_map(|column| row.text(plan, column));
        hash_text(&mut hasher, actor.as_deref());
        Self { id: half(hasher), tenant, payload, is_derived: true }
    }
}

/// Hash of what every format says of an event: its time in whole seconds, activity, correlation id and first target.
pub(crate) fn payload_hash(
    time: i64,
    activity: Option<&str>,
    correlation_id: Option<&str>,
    target_id: Option<&str>,
) -> u32 {
    let mut hasher = DefaultHasher::new();
    (time.div_euclid(1_000_000), activity, correlation_id, target_id).hash(&mut hasher);
    (hasher.finish() >> 32) as u32
}

/// Key of an id.
pub(crate) fn key_of_id(id: &str) -> u128 {
    let mut hasher = Sha256::new();
    hasher.update(id.as_bytes());
    half(hasher)
}

/// Hash of a tenant, never 0.
pub(crate) fn tenant_hash(tenant: &str) -> u64 {
    (key_of_id(&tenant.to_ascii_lowercase()) >> 64) as u64 | 1
}

/// Id of the row that is the `ordinal`th (from 0) with the derived key `fingerprint` in its source.
pub(crate) fn derived_id(fingerprint: u128, ordinal: u32) -> String {
    let mut id = format!("auditql:{fingerprint:032x}");
    if ordinal > 0 {
        write!(id, "-{ordinal}").expect("writing to a String does not fail");
    }
    id
}

/// Key of a derived id.
pub(crate) fn derived_key(fingerprint: u128, ordinal: u32) -> u128 {
    key_of_id(&derived_id(fingerprint, ordinal))
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
