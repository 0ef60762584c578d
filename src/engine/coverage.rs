//! What a statement's answer does not cover, in words; and `meta.gaps`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::compute::cast;
use datafusion::datasource::{MemTable, TableProvider};

use super::lazy::Make;
use super::scans::Scan;
use super::time_range::TimeRange;
use crate::archive::{Gap, HOUR_MICROS, ServiceCoverage, Snapshot};
use crate::schema::{GAP, Table, format_time};

/// Gaps that are named after a statement, those in which most is missing.
const GAPS_NAMED_MAX: usize = 3;
/// Services of a gap that are named.
const SERVICES_NAMED_MAX: usize = 2;
/// Digits of an expectation that mean something.
const EXPECTED_DIGITS: u32 = 2;

/// How `meta.gaps` is made.
pub(super) fn make(snapshot: &Snapshot) -> (String, Make) {
    let snapshot = snapshot.clone();
    let make: Make = Arc::new(move |_| {
        let table = table(&snapshot);
        Box::pin(async { Ok(table) })
    });
    (GAP.name.to_owned(), make)
}

fn table(snapshot: &Snapshot) -> Arc<dyn TableProvider> {
    let services = snapshot.coverage().iter();
    let rows: Vec<(&ServiceCoverage, &Gap)> =
        services.flat_map(|service| service.gaps.iter().map(move |gap| (service, gap))).collect();
    let times = |of: fn(&Gap) -> i64| -> ArrayRef {
        let times = rows.iter().map(|(_, gap)| of(gap));
        Arc::new(TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC"))
    };
    let numbers = |of: fn(&Gap) -> i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|(_, gap)| of(gap))))
    };
    let column = |name: &str| -> ArrayRef {
        match name {
            "table_name" => {
                Arc::new(StringArray::from_iter_values(rows.iter().map(|(service, _)| &service.table)))
            }
            "service" => {
                let names = rows.iter().map(|(service, _)| service.service.as_str());
                Arc::new(
                    names.map(|name| Some(name).filter(|name| !name.is_empty())).collect::<StringArray>(),
                )
            }
            "gap_from" => times(|gap| gap.from),
            "gap_to" => times(|gap| gap.to),
            "hours" => numbers(|gap| (gap.to - gap.from) / HOUR_MICROS),
            "events_expected" => numbers(|gap| i64::try_from(gap.expected).unwrap_or(i64::MAX)),
            other => unreachable!("column `gaps.{other}` is not filled"),
        }
    };
    let schema = GAP.served_schema();
    let arrays = schema.fields().iter().map(|field| {
        cast(&column(field.name()), field.data_type()).expect("text casts to text, and times to times")
    });
    let batch =
        RecordBatch::try_new(Arc::clone(&schema), arrays.collect()).expect("columns follow the schema");
    Arc::new(MemTable::try_new(schema, vec![vec![batch]]).expect("the batch has the schema"))
}

/// Something that the archive does not cover of what a statement reads.
#[derive(Debug, Clone)]
pub(crate) struct Warning {
    /// What it is of, for who tells of that in another way.
    pub(crate) kind: WarningKind,
    /// A line for a person.
    pub(crate) text: String,
}

/// What a warning is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WarningKind {
    /// The archive has nothing of this table.
    NothingOf(&'static str),
    /// The events of a table begin later or end earlier than is asked for.
    Outside,
    /// A gap, or that there are more of them.
    Gap,
}

/// What the archive does not cover of what a statement reads; at most a few.
pub(super) fn warnings(snapshot: &Snapshot, scans: &[Scan]) -> Vec<Warning> {
    let mut by_table: BTreeMap<&str, Vec<&Scan>> = BTreeMap::new();
    for scan in scans.iter().filter(|scan| scan.table.has_rhythm()) {
        by_table.entry(scan.table.name).or_default().push(scan);
    }
    let mut warnings: Vec<Warning> =
        by_table.values().filter_map(|scans| outside(snapshot, scans[0].table, scans)).collect();
    let mut gaps: Vec<NamedGap<'_>> =
        by_table.iter().flat_map(|(table, scans)| named_gaps(snapshot, table, scans)).collect();
    gaps.sort_by_key(|named| (std::cmp::Reverse(named.gap.expected), named.gap.from, named.table));
    let more = gaps.len().saturating_sub(GAPS_NAMED_MAX);
    gaps.truncate(GAPS_NAMED_MAX);
    gaps.sort_by_key(|named| (named.gap.from, named.table));
    let more = match more {
        0 => None,
        1 => Some("1 more gap lies in the time that is asked for; see meta.gaps".to_owned()),
        _ => Some(format!("{more} more gaps lie in the time that is asked for; see meta.gaps")),
    };
    let gaps = gaps.iter().map(NamedGap::text).chain(more);
    warnings.extend(gaps.map(|text| Warning { kind: WarningKind::Gap, text }));
    warnings
}

/// That a table has no events at all, or that its events begin later or end earlier than is asked for.
fn outside(snapshot: &Snapshot, table: &Table, scans: &[&Scan]) -> Option<Warning> {
    let files = snapshot.files(table.name);
    let first = files.iter().filter_map(|file| file.first_event).min();
    let last = files.iter().filter_map(|file| file.last_event).max();
    let Some((first, last)) = first.zip(last) else {
        return Some(nothing_of(table));
    };
    // A time that is open on one side reaches out on the other side only.
    let is_outside = |range: TimeRange| {
        range.from.is_some_and(|from| from < first || from > last)
            || range.to.is_some_and(|to| to <= first || to > last.saturating_add(1))
    };
    scans.iter().any(|scan| is_outside(scan.range)).then(|| Warning {
        kind: WarningKind::Outside,
        text: format!(
            "{} has events from {} to {} only: outside of that \"no rows\" means \"not covered\"",
            table.name,
            format_time(first),
            format_time(last)
        ),
    })
}

/// That the archive has nothing of a table.
pub(super) fn nothing_of(table: &Table) -> Warning {
    let rows = if table.rows.is_snapshot { "rows" } else { "events" };
    let text =
        format!("the archive has no {rows} of {} at all: \"no rows\" means \"not covered\"", table.name);
    Warning { kind: WarningKind::NothingOf(table.name), text }
}

/// A gap, with the services of its table that have one at about the same time.
struct NamedGap<'a> {
    table: &'a str,
    gap: Gap,
    services: Vec<&'a str>,
}

/// The gaps of a table that a statement's scans touch; those of several services that overlap are one, that in which
/// most is missing.
fn named_gaps<'a>(snapshot: &'a Snapshot, table: &'a str, scans: &[&Scan]) -> Vec<NamedGap<'a>> {
    let mut gaps: Vec<(&str, Gap)> = Vec::new();
    for service in snapshot.coverage().iter().filter(|service| service.table == table) {
        let touched = service.gaps.iter().filter(|gap| scans.iter().any(|scan| touches(scan, service, gap)));
        gaps.extend(touched.map(|gap| (service.service.as_str(), *gap)));
    }
    gaps.sort_by_key(|(service, gap)| (std::cmp::Reverse(gap.expected), gap.from, *service));
    let mut named: Vec<NamedGap<'a>> = Vec::new();
    for (service, gap) in gaps {
        match named.iter_mut().find(|named| named.gap.from < gap.to && gap.from < named.gap.to) {
            Some(named) => named.services.push(service),
            None => named.push(NamedGap { table, gap, services: vec![service] }),
        }
    }
    named
}

fn touches(scan: &Scan, service: &ServiceCoverage, gap: &Gap) -> bool {
    let TimeRange { from, to } = scan.range;
    let overlaps = from.is_none_or(|from| from < gap.to) && to.is_none_or(|to| to > gap.from);
    // Who does not say since when does not ask for the time before the first event, unless that is all there is.
    let asks = gap.from >= service.first || from.is_some() || to.is_some_and(|to| to <= gap.to);
    overlaps && asks && scan.groups.as_ref().is_none_or(|groups| groups.contains(&service.service))
}

impl NamedGap<'_> {
    fn text(&self) -> String {
        // A service may have several gaps within the one that is named.
        let others: BTreeSet<&str> =
            self.services.iter().copied().filter(|name| *name != self.services[0]).collect();
        let mut service = self.services[0].to_owned();
        if service.is_empty() {
            service = "no service named".to_owned();
        }
        if others.len() < SERVICES_NAMED_MAX {
            service.extend(others.iter().map(|other| format!(", and about then {other}")));
        } else {
            service += &format!(", and about then {} more", others.len());
        }
        format!(
            "{} ({service}) has no events from {} to {}, where about {} would be usual: \"no rows\" there may mean \
             \"not covered\"; see meta.gaps",
            self.table,
            minute(self.gap.from),
            minute(self.gap.to),
            rounded(self.gap.expected)
        )
    }
}

/// A time on a whole hour, without the seconds.
fn minute(micros: i64) -> String {
    let text = format_time(micros);
    text.strip_suffix(":00Z").map_or(text.clone(), |begin| format!("{begin}Z"))
}

/// An expectation, to as many digits as mean something, its thousands apart.
pub(crate) fn rounded(number: u64) -> String {
    let unit = 10_u64.pow(number.checked_ilog10().unwrap_or(0).saturating_sub(EXPECTED_DIGITS - 1));
    let digits = (number / unit).saturating_mul(unit).to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expectations_are_rounded_to_what_they_mean() {
        let cases = [
            (20, "20"),
            (99, "99"),
            (4_327, "4,300"),
            (1_234_567, "1,200,000"),
            (u64::MAX, "18,000,000,000,000,000,000"),
        ];
        for (number, text) in cases {
            assert_eq!(rounded(number), text);
        }
        assert_eq!(minute(1_772_618_400_000_000), "2026-03-04T10:00Z");
    }
}
