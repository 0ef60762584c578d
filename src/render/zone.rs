//! Times as clocks on the wall show them: a time zone for an answer's columns, and a time in its column's zone.
//!
//! The engine counts in UTC, and so does whatever keeps types (Parquet, Arrow). A zone only changes how a time is spelled:
//! `2026-03-02T09:00:00.123+01:00` is the instant that was `2026-03-02T08:00:00.123Z`.

use std::sync::Arc;

use arrow::array::timezone::Tz;
use arrow::array::{ArrayRef, RecordBatch, make_array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use chrono::{DateTime, SecondsFormat};

use crate::error::{Context, Result};
use crate::schema::format_time;

/// Before names of cities, for whoever leaves it out.
const REGIONS: [&str; 10] = [
    "Europe",
    "America",
    "Asia",
    "Africa",
    "Australia",
    "Pacific",
    "Atlantic",
    "Indian",
    "US",
    "America/Argentina",
];

/// A time zone that answers are shown in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Zone {
    name: Arc<str>,
}

impl Zone {
    /// Reads `Europe/Berlin`, `UTC` or `+02:00`; names in small letters too.
    ///
    /// # Errors
    ///
    /// What can be written instead, with what may have been meant.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let named = |name: &str| Self { name: name.into() };
        if is_utc(text) || text.eq_ignore_ascii_case("utc") {
            return Ok(named("UTC"));
        }
        if text.starts_with(['+', '-']) {
            let name = offset(text)
                .ok_or_else(|| format!("`{text}` is no offset from UTC: write one such as +02:00"))?;
            return Ok(named(if is_utc(&name) { "UTC" } else { &name }));
        }
        let guess = capitalised(text);
        if let Some(name) = [text, &guess, &text.to_ascii_uppercase()].into_iter().find(|name| is_known(name))
        {
            return Ok(named(name));
        }
        let meant = REGIONS.iter().map(|region| format!("{region}/{guess}")).find(|name| is_known(name));
        Err(match meant {
            Some(name) => format!("no time zone `{text}`: did you mean {name}?"),
            None => format!("no time zone `{text}`: write one such as Europe/Berlin, UTC or +02:00"),
        })
    }

    /// Its name: `Europe/Berlin`, `UTC`, `+02:00`.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The columns as they are when this zone is told; those of [`Zone::batch`].
    ///
    /// Times in lists and structs stay UTC, and a column that the statement itself put into a zone stays in it.
    pub(crate) fn schema(&self, schema: &SchemaRef) -> SchemaRef {
        let fields = schema.fields().iter().map(|field| match self.told(field) {
            Some(data_type) => Arc::new(field.as_ref().clone().with_data_type(data_type)),
            None => Arc::clone(field),
        });
        Arc::new(Schema::new_with_metadata(fields.collect::<Vec<_>>(), schema.metadata().clone()))
    }

    /// The rows, their instants unchanged, with this zone told.
    ///
    /// # Errors
    ///
    /// If the batch is not what its schema says.
    pub(crate) fn batch(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let describe = || format!("cannot show times in {}", self.name);
        let told = |(field, array): (&Arc<Field>, &ArrayRef)| match self.told(field) {
            Some(data_type) => array.to_data().into_builder().data_type(data_type).build().map(make_array),
            None => Ok(Arc::clone(array)),
        };
        let schema = batch.schema();
        let columns = schema.fields().iter().zip(batch.columns()).map(told);
        let columns = columns.collect::<Result<Vec<_>, _>>().context(describe)?;
        RecordBatch::try_new(self.schema(&schema), columns).context(describe)
    }

    /// The type of a column with this zone told, if it is to be told.
    fn told(&self, field: &Field) -> Option<DataType> {
        match field.data_type() {
            DataType::Timestamp(unit, zone) if zone.as_deref().is_none_or(is_utc) => {
                Some(DataType::Timestamp(*unit, Some(Arc::clone(&self.name))))
            }
            _ => None,
        }
    }
}

/// An instant, microseconds since 1970-01-01 UTC, in the zone of its column; without one, or in an unknown one, in UTC.
pub(super) fn format_in(micros: i64, zone: Option<&str>) -> String {
    let local = zone.filter(|zone| !is_utc(zone)).and_then(tz).zip(DateTime::from_timestamp_micros(micros));
    match local {
        Some((tz, time)) => time.with_timezone(&tz).to_rfc3339_opts(SecondsFormat::AutoSi, false),
        None => format_time(micros),
    }
}

/// The rules of a column's zone.
pub(super) fn tz(zone: &str) -> Option<Tz> {
    zone.parse().ok()
}

/// Whether a zone is UTC by one of its names.
pub(super) fn is_utc(zone: &str) -> bool {
    matches!(zone, "UTC" | "Z" | "z" | "+00:00" | "-00:00" | "Etc/UTC")
}

fn is_known(name: &str) -> bool {
    tz(name).is_some()
}

/// `+02:00` of `+2`, `+02`, `+0200`, `+2:00`.
fn offset(text: &str) -> Option<String> {
    let (sign, digits) = text.split_at(1);
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() > 2 => digits.split_at_checked(digits.len() - 2)?,
        None => (digits, "00"),
    };
    let number = |text: &str| match text.len() {
        1 | 2 if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse::<u32>().ok(),
        _ => None,
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    // Kiribati is 14 hours ahead, nobody is more.
    (minutes < 60 && hours * 60 + minutes <= 14 * 60).then(|| format!("{sign}{hours:02}:{minutes:02}"))
}

/// `America/New_York` of `america/new_york`.
fn capitalised(text: &str) -> String {
    let mut is_first = true;
    let letter = |c: char| {
        let letter = if is_first { c.to_ascii_uppercase() } else { c };
        is_first = matches!(c, '/' | '_' | '-');
        letter
    };
    text.to_ascii_lowercase().chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use arrow::array::{StringArray, TimestampMicrosecondArray, TimestampNanosecondArray};

    use super::*;
    use crate::render::plain;

    #[test]
    fn ok_names_and_offsets() {
        let name = |text: &str| Zone::parse(text).unwrap().name().to_owned();
        for (text, expected) in [
            ("Europe/Berlin", "Europe/Berlin"),
            (" america/new_york ", "America/New_York"),
            ("utc", "UTC"),
            ("Z", "UTC"),
            ("+00:00", "UTC"),
            ("+0", "UTC"),
            ("+2", "+02:00"),
            ("-0330", "-03:30"),
            ("-3:30", "-03:30"),
            ("+5:45", "+05:45"),
            ("CET", "CET"),
            ("cet", "CET"),
        ] {
            assert_eq!(name(text), expected, "{text}");
        }
    }

    #[test]
    fn err_with_what_can_be_written() {
        let told = |text: &str| Zone::parse(text).unwrap_err();
        assert_eq!(told("berlin"), "no time zone `berlin`: did you mean Europe/Berlin?");
        assert_eq!(told("Mars"), "no time zone `Mars`: write one such as Europe/Berlin, UTC or +02:00");
        for text in ["+15", "+1:2:3", "+", "-é0", "+12345", "+01:60"] {
            assert!(told(text).ends_with("write one such as +02:00"), "{text}");
        }
        assert!(told("").contains("Europe/Berlin"));
    }

    #[test]
    fn the_instant_stays_and_its_spelling_changes() {
        // 08:00:00.123 UTC in winter, an hour before and at the end of summer time.
        let times =
            [Some(1_772_438_400_123_000), Some(1_792_888_200_000_000), Some(1_792_891_800_000_000), None];
        let utc = TimestampMicrosecondArray::from(times.to_vec()).with_timezone("UTC");
        let naive =
            TimestampNanosecondArray::from(times.map(|time| time.map(|micros| micros * 1_000)).to_vec());
        let tokyo = utc.clone().with_timezone("Asia/Tokyo");
        let text = StringArray::from(vec!["a"; 4]);
        let batch = RecordBatch::try_from_iter([
            ("utc", Arc::new(utc) as ArrayRef),
            ("naive", Arc::new(naive)),
            ("tokyo", Arc::new(tokyo)),
            ("text", Arc::new(text)),
        ]);
        let zone = Zone::parse("Europe/Berlin").unwrap();
        let batch = batch.unwrap();
        let told = zone.batch(&batch).unwrap();
        assert_eq!(told.schema(), zone.schema(&batch.schema()));
        let texts = |batch: &RecordBatch, column: usize| -> Vec<String> {
            (0..4).map(|row| plain(batch.column(column), row).unwrap_or_default().into_owned()).collect()
        };
        let local =
            ["2026-03-02T09:00:00.123+01:00", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", ""];
        assert_eq!(texts(&told, 0), local);
        assert_eq!(texts(&told, 1), local);
        assert_eq!(texts(&told, 2)[0], "2026-03-02T17:00:00.123+09:00");
        assert_eq!(texts(&told, 3), ["a"; 4]);
        assert_eq!(texts(&batch, 0)[0], "2026-03-02T08:00:00.123Z");
        assert_eq!(Zone::parse("UTC").unwrap().batch(&told.project(&[3]).unwrap()).unwrap().num_rows(), 4);
    }
}
