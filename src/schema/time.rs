//! Times as downloads spell them, and as we do.

use chrono::{DateTime, NaiveDate, SecondsFormat};

/// 1678-01-01 and 2262-01-01, microseconds since 1970-01-01 UTC.
const TIME_MIN: i64 = -9_214_560_000_000_000;
const TIME_MAX: i64 = 9_214_646_400_000_000;

/// What comes first in a date with slashes that could be read both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum DateOrder {
    /// `3/4/2026` is the fourth of March.
    #[default]
    MonthFirst,
    /// `3/4/2026` is the third of April.
    DayFirst,
}

impl DateOrder {
    /// Both, the usual one first.
    pub(crate) const ALL: [Self; 2] = [Self::MonthFirst, Self::DayFirst];

    /// By whether the day comes first.
    pub(crate) fn of_day_first(is_day_first: bool) -> Self {
        if is_day_first { Self::DayFirst } else { Self::MonthFirst }
    }
}

/// As [`parse_time_in`], with the month before the day.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    parse_time_in(text, DateOrder::MonthFirst)
}

/// Whether a text is a date with slashes that can be read with the day or the month first. Times with AM or PM have
/// the month first.
pub(crate) fn is_ambiguous_date(text: &str) -> bool {
    let mut parts = text.trim().splitn(3, '/');
    let mut is_small = || parts.next().and_then(number).is_some_and(|part| part <= 12);
    is_small() && is_small() && !text.trim_end().to_ascii_uppercase().ends_with('M')
}

/// Microseconds since 1970-01-01 UTC. Finer digits are cut, never rounded; no zone means UTC.
///
/// Times before 1678 or after 2261 are none: the engine counts some in nanoseconds, which end there.
///
/// Takes ISO 8601 with up to nine decimals and any offset, one-digit hours, `M/d/yyyy` with 12 or 24 hours (or
/// `d/M/yyyy`, as `dates` says; `d.M.yyyy` and `d-M-yyyy` have the day first), milliseconds since 1970 (bare, or in
/// `/Date(…)/`), and the object that Windows PowerShell writes around such a time.
pub(crate) fn parse_time_in(text: &str, dates: DateOrder) -> Option<i64> {
    let text = text.trim();
    let time = if text.starts_with('{') { object_time(text) } else { any_time(text, dates) };
    time.filter(|micros| (TIME_MIN..=TIME_MAX).contains(micros))
}

/// `{"value":"/Date(1546300800123)/","DisplayHint":2,"DateTime":"…"}`.
fn object_time(text: &str) -> Option<i64> {
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).ok()?;
    any_time(object.get("value")?.as_str()?.trim(), DateOrder::MonthFirst)
}

fn any_time(text: &str, dates: DateOrder) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() > 4 && bytes[4] == b'-' {
        return iso_time(text);
    }
    if bytes.len() >= 12 && bytes.iter().all(u8::is_ascii_digit) {
        return text.parse::<i64>().ok()?.checked_mul(1_000);
    }
    if let Some(inside) = text.trim_matches(['/', '\\']).strip_prefix("Date(") {
        let digits = inside.split([')', '+']).next()?;
        let digits = digits.rfind('-').filter(|at| *at > 0).map_or(digits, |at| &digits[..at]);
        return digits.parse::<i64>().ok()?.checked_mul(1_000);
    }
    local_time(text, dates)
}

/// `2026-03-02T08:09:10.1234567Z`.
fn iso_time(text: &str) -> Option<i64> {
    let (date, rest) = text.split_at_checked(10)?;
    let mut parts = date.split('-');
    let (year, month, day) = (number(parts.next()?)?, number(parts.next()?)?, number(parts.next()?)?);
    let rest = rest.trim_start_matches(['T', 't', ' ']);
    clock_time(year, month, day, rest)
}

/// `1/9/2007 9:41:00 AM +01:00`, with a comma after the date or not; `09.01.2007 09:41`.
fn local_time(text: &str, dates: DateOrder) -> Option<i64> {
    let (date, rest) = text.split_once([' ', ',', 'T'])?;
    let separator = date.chars().find(|c| matches!(c, '/' | '.' | '-'))?;
    let mut parts = date.split(separator);
    let (first, second, year) = (number(parts.next()?)?, number(parts.next()?)?, number(parts.next()?)?);
    // A number over 12 can only be a day.
    let is_day_first = separator != '/' || dates == DateOrder::DayFirst;
    let (month, day) =
        if (is_day_first || first > 12) && second <= 12 { (second, first) } else { (first, second) };
    clock_time(year, month, day, rest.trim_start_matches([' ', ',', '\u{202F}']))
}

fn clock_time(year: u32, month: u32, day: u32, rest: &str) -> Option<i64> {
    let (clock, zone) =
        rest.split_at(rest.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.').unwrap_or(rest.len()));
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut parts = clock.split(':');
    let mut hour = if clock.is_empty() { 0 } else { number(parts.next()?)? };
    let (minute, second) = (parts.next().map_or(Some(0), number)?, parts.next().map_or(Some(0), number)?);
    let mut zone = zone.trim_start_matches([' ', '\u{202F}']);
    for (half, noon) in [("AM", false), ("PM", true)] {
        if let Some(after) = zone.get(..2).filter(|head| head.eq_ignore_ascii_case(half)).map(|_| &zone[2..])
        {
            hour = hour % 12 + if noon { 12 } else { 0 };
            zone = after.trim_start();
        }
    }
    let offset_minutes = offset_minutes(zone)?;
    if fraction.len() > 9 || fraction.bytes().any(|byte| !byte.is_ascii_digit()) {
        return None;
    }
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(6);
    let micros = digits.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    // A leap second is the first instant of the next minute.
    let (second, extra) = if second == 60 { (59, 1) } else { (second, 0) };
    let time =
        NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?.and_hms_opt(hour, minute, second)?;
    Some((time.and_utc().timestamp() + extra - offset_minutes * 60) * 1_000_000 + micros)
}

/// `Z`, nothing, `+01:00`, `-0730` or `+02`.
fn offset_minutes(zone: &str) -> Option<i64> {
    let sign = match zone.as_bytes().first() {
        None => return Some(0),
        Some(b'Z' | b'z') => return (zone.len() == 1).then_some(0),
        Some(b'+') => 1,
        Some(b'-') => -1,
        Some(_) => return matches!(zone, "UTC" | "GMT").then_some(0),
    };
    let digits: String = zone[1..].chars().filter(|c| *c != ':').collect();
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes = if minutes.is_empty() { 0 } else { number(minutes)? };
    let hours = number(hours)?;
    // The offsets in use reach from -12:00 to +14:00.
    (hours <= 14 && minutes < 60).then(|| sign * (i64::from(hours) * 60 + i64::from(minutes)))
}

fn number(text: &str) -> Option<u32> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) { None } else { text.parse().ok() }
}

/// ISO 8601 in UTC, with as many decimals (0, 3 or 6) as the time has.
pub(crate) fn format_time(micros: i64) -> String {
    DateTime::from_timestamp_micros(micros)
        .map(|time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
        .unwrap_or_else(|| format!("{micros} µs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_the_order_of_their_file() {
        let read = |text, dates| parse_time_in(text, dates).map(format_time).unwrap();
        assert_eq!(read("3/4/2026 09:41", DateOrder::MonthFirst), "2026-03-04T09:41:00Z");
        assert_eq!(read("3/4/2026 09:41", DateOrder::DayFirst), "2026-04-03T09:41:00Z");
        assert_eq!(read("25/3/2026 09:41", DateOrder::MonthFirst), "2026-03-25T09:41:00Z");
        assert_eq!(read("3/25/2026 09:41", DateOrder::DayFirst), "2026-03-25T09:41:00Z");
        assert_eq!(read("03.04.2026 09:41:02", DateOrder::MonthFirst), "2026-04-03T09:41:02Z");
    }

    #[test]
    fn ok_a_time_inside_the_object_of_windows_powershell() {
        let text = r#"{"value":"\/Date(1546300800123)\/","DisplayHint":2,"DateTime":"x"}"#;
        assert_eq!(parse_time(text).map(format_time).as_deref(), Some("2019-01-01T00:00:00.123Z"));
    }

    #[test]
    fn ok_times_in_every_spelling_of_one_instant() {
        for text in [
            "01/09/2007 09:41:00",
            "1/9/2007 09:41:00",
            "01/09/2007 09:41:00 AM",
            "1/9/2007, 9:41:00 AM",
            "1/9/2007 10:41:00 AM +01:00",
            "2007-01-09T09:41:00",
            "2007-01-09T9:41:00Z",
            "2007-01-09 09:41:00+00:00",
            "2007-01-09T11:41:00+02:00",
            "2007-01-09T02:11:00-0730",
            "2007-01-09T09:41Z",
            "1168335660000",
            "/Date(1168335660000)/",
            "\\/Date(1168335660000+0200)\\/",
            " 2007-01-09T09:41:00.0000000Z ",
        ] {
            assert_eq!(parse_time(text).map(format_time).as_deref(), Some("2007-01-09T09:41:00Z"), "{text}");
        }
    }

    #[test]
    fn ok_decimals_are_cut_and_never_rounded() {
        let time = |text| parse_time(text).map(format_time);
        assert_eq!(time("2019-09-14T18:13:17.0618119Z").as_deref(), Some("2019-09-14T18:13:17.061811Z"));
        assert_eq!(time("2019-09-14T18:13:17.999999999Z").as_deref(), Some("2019-09-14T18:13:17.999999Z"));
        assert_eq!(time("2019-09-14T18:13:17.3Z").as_deref(), Some("2019-09-14T18:13:17.300Z"));
        assert_eq!(time("12/31/2025, 12:05:06.021 PM").as_deref(), Some("2025-12-31T12:05:06.021Z"));
        assert_eq!(time("12/31/2025 12:05:06 AM").as_deref(), Some("2025-12-31T00:05:06Z"));
        assert_eq!(time("31/12/2025 23:05:06").as_deref(), Some("2025-12-31T23:05:06Z"));
    }

    #[test]
    fn err_what_is_no_time() {
        for text in [
            "",
            "yesterday",
            "2026-13-01T00:00:00Z",
            "2026-01-01T25:00:00Z",
            "2026-01-01T00:00:00 CET",
            "12",
            "0001-01-01T00:00:00Z",
            "99999999999999999",
            "2026-01-01T00:00:00+99:00",
            "1/2",
        ] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }
}
