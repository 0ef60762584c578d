//! One finding, and how it is read from a row of a detection's answer.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, SchemaRef, TimeUnit, TimestampMicrosecondType};

use crate::error::{Context, Error, Result};
use crate::query::Severity;
use crate::render::plain;

/// The columns with which a detection's answer ends.
pub(super) const COLUMNS: [&str; 5] = ["severity", "finding", "first_time", "last_time", "event_ids"];
/// Ids of events that a finding keeps; it knows the number of all.
pub(crate) const EVENT_IDS_MAX: usize = 1_000;

/// Something that a detection found.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    /// How much it matters.
    pub(crate) severity: Severity,
    /// The saved query.
    pub(crate) query: String,
    /// Techniques of MITRE ATT&CK.
    pub(crate) technique: Option<String>,
    /// Who did what to whom.
    pub(crate) finding: String,
    /// Time of the first event.
    pub(crate) first_time: Option<i64>,
    /// Time of the last event.
    pub(crate) last_time: Option<i64>,
    /// How many events it is made of.
    pub(crate) events: u64,
    /// Their ids, the first [`EVENT_IDS_MAX`].
    pub(crate) event_ids: Vec<String>,
}

impl Finding {
    /// What findings are ordered by: the worst first, then time, query and words.
    pub(super) fn order(&self) -> impl Ord + '_ {
        let time = self.first_time.unwrap_or(i64::MAX);
        (self.severity, time, &self.query, &self.finding, self.last_time, &self.event_ids)
    }

    /// Bytes that it takes, about.
    pub(super) fn size_bytes(&self) -> usize {
        let ids: usize = self.event_ids.iter().map(|id| id.capacity() + size_of::<String>()).sum();
        size_of::<Self>() + self.query.capacity() + self.finding.capacity() + ids
    }
}

/// Whether an answer ends with the columns of findings.
pub(super) fn has_findings(schema: &SchemaRef) -> bool {
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    names.ends_with(&COLUMNS)
}

/// The five columns of a batch.
pub(super) struct FindingRows<'b> {
    batch: &'b RecordBatch,
    severity: &'b ArrayRef,
    finding: &'b ArrayRef,
    first: ArrayRef,
    last: ArrayRef,
    ids: ArrayRef,
}

impl<'b> FindingRows<'b> {
    /// The columns of a batch whose schema [has them](has_findings).
    ///
    /// # Errors
    ///
    /// If one does not have the type that it must have.
    pub(super) fn new(batch: &'b RecordBatch) -> Result<Self> {
        let columns = &batch.columns()[batch.num_columns() - COLUMNS.len()..];
        let [severity, finding, first, last, ids] = columns else {
            return Err(Error::new("the answer lacks the columns of findings"));
        };
        let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let list = DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true)));
        let typed = |array, name: &str, wanted: &DataType| {
            cast(array, wanted).context(|| format!("cannot read the column `{name}` as {wanted}"))
        };
        Ok(Self {
            batch,
            severity,
            finding,
            first: typed(first, "first_time", &time)?,
            last: typed(last, "last_time", &time)?,
            ids: typed(ids, "event_ids", &list)?,
        })
    }

    /// One finding; a severity that is no word of ours counts as the worst that the detection can have.
    pub(super) fn finding(
        &self,
        row: usize,
        query: &str,
        technique: Option<&str>,
        worst: Severity,
    ) -> Finding {
        let severity = plain(self.severity, row).and_then(|word| Severity::named(&word)).unwrap_or(worst);
        let time = |array: &ArrayRef| {
            let times = array.as_primitive::<TimestampMicrosecondType>();
            arrow::array::Array::is_valid(times, row).then(|| times.value(row))
        };
        let (mut events, mut event_ids) = (0, Vec::new());
        if arrow::array::Array::is_valid(&self.ids, row) {
            let all = self.ids.as_list::<i32>().value(row);
            events = all.len() as u64;
            event_ids.extend(all.as_string::<i32>().iter().flatten().take(EVENT_IDS_MAX).map(str::to_owned));
        }
        Finding {
            severity,
            query: query.to_owned(),
            technique: technique.map(str::to_owned),
            finding: plain(self.finding, row).map_or_else(String::new, std::borrow::Cow::into_owned),
            first_time: time(&self.first),
            last_time: time(&self.last),
            events,
            event_ids,
        }
    }

    /// Whether a row names one of these, which are in small letters, in any of its columns.
    pub(super) fn names(&self, row: usize, names: &[String]) -> bool {
        self.batch.columns().iter().filter_map(|array| plain(array, row)).any(|text| {
            let text = text.to_lowercase();
            names.iter().any(|name| is_named_in(name, &text))
        })
    }
}

/// Whether a text has a name, and not only as a part of a longer one.
fn is_named_in(name: &str, text: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@' | '#');
    !name.is_empty()
        && text.match_indices(name).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let mut after = text[at + name.len()..].chars();
            // A full stop after a name ends a sentence, unless the name goes on.
            let goes_on = match after.next() {
                Some('.') => after.next().is_some_and(|c| c.is_alphanumeric()),
                other => other.is_some_and(is_part),
            };
            !before.is_some_and(is_part) && !goes_on
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_more_than_letters_in_a_row() {
        let cases = [
            ("`ana@a.example` failed", true),
            ("role for ana@a.example.", true),
            ("susana@a.example failed", false),
            ("ana@a.example.org failed", false),
            ("[\"ana@a.example\"]", true),
            ("ana@a.example-x", false),
        ];
        for (text, is_named) in cases {
            assert_eq!(is_named_in("ana@a.example", text), is_named, "{text}");
        }
        assert!(!is_named_in("", "x"));
    }
}
