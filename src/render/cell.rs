//! One value as text.

use std::borrow::Cow;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Int32Type, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::json;
use super::zone::format_in;

/// The value as text: times in ISO 8601, in the zone of their column; lists and structs as JSON; nothing for NULL.
pub(crate) fn plain(array: &ArrayRef, row: usize) -> Option<Cow<'_, str>> {
    // A column that is nothing but NULL has no row that `is_null`.
    if array.is_null(row) || *array.data_type() == DataType::Null {
        return None;
    }
    Some(match array.data_type() {
        DataType::Utf8 => Cow::Borrowed(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => Cow::Borrowed(array.as_string::<i64>().value(row)),
        DataType::Utf8View => Cow::Borrowed(array.as_string_view().value(row)),
        DataType::Timestamp(unit, zone) => Cow::Owned(format_in(micros(array, *unit, row), zone.as_deref())),
        DataType::Dictionary(keys, _) if **keys == DataType::Int32 => {
            let dictionary = array.as_dictionary::<Int32Type>();
            let key = dictionary.key(row)?;
            return plain(dictionary.values(), key).map(|text| Cow::Owned(text.into_owned()));
        }
        DataType::Dictionary(_, values) => {
            let value = cast(&array.slice(row, 1), values).ok()?;
            return plain(&value, 0).map(|text| Cow::Owned(text.into_owned()));
        }
        DataType::List(_) | DataType::LargeList(_) | DataType::Struct(_) | DataType::Map(_, _) => {
            let mut text = Vec::new();
            json::write_value(array, row, &mut text).ok()?;
            Cow::Owned(String::from_utf8(text).ok()?)
        }
        _ => {
            let formatter = ArrayFormatter::try_new(array, &FormatOptions::default()).ok()?;
            Cow::Owned(formatter.value(row).to_string())
        }
    })
}

/// Microseconds since 1970-01-01 UTC; finer digits are cut.
pub(super) fn micros(array: &ArrayRef, unit: TimeUnit, row: usize) -> i64 {
    match unit {
        TimeUnit::Second => array.as_primitive::<TimestampSecondType>().value(row).saturating_mul(1_000_000),
        TimeUnit::Millisecond => {
            array.as_primitive::<TimestampMillisecondType>().value(row).saturating_mul(1_000)
        }
        TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().value(row),
        TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().value(row).div_euclid(1_000),
    }
}

/// The text without what would move the cursor, change colours or reorder what is read: a log is written by
/// strangers. Line ends and tabs become visible signs.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_harmless) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => clean.push('⏎'),
            '\t' => clean.push(' '),
            '\r' => {}
            c if is_harmless(c) => clean.push(c),
            _ => clean.push('\u{FFFD}'),
        }
    }
    Cow::Owned(clean)
}

/// Whether the character neither moves the cursor, nor changes colours, nor reorders what is read.
pub(super) fn is_harmless(c: char) -> bool {
    !c.is_control() && !is_reordering(c)
}

fn is_reordering(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_strangers_cannot_drive_the_terminal() {
        assert_eq!(printable("plain – é"), "plain – é");
        assert_eq!(printable("a\x1b[31mb\r\nc\td\u{202E}e\u{9b}"), "a\u{FFFD}[31mb⏎c d\u{FFFD}e\u{FFFD}");
    }
}
