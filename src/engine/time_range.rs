//! `--from` and `--to`: the part of the archive that a session sees.

use chrono::{Datelike, NaiveDate};

use crate::error::{Error, Result};
use crate::schema::parse_time;

/// Events from `from` (inclusive) to `to` (exclusive), microseconds since 1970-01-01 UTC; open where nothing is set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct TimeRange {
    /// First instant inside.
    pub(crate) from: Option<i64>,
    /// First instant after.
    pub(crate) to: Option<i64>,
}

/// Reads a span of time such as `30s`, `90m`, `36h`, `7d` or `2w`, in microseconds.
pub(crate) fn parse_span(text: &str) -> Option<i64> {
    let text = text.trim();
    let unit = text.chars().last()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        _ => return None,
    };
    let count: u32 = text[..text.len() - 1].trim().parse().ok()?;
    i64::from(count).checked_mul(seconds * 1_000_000)
}

/// Reads an instant: an ISO date or time (UTC unless it says otherwise), or an age such as `-7d`, `-36h`, `-90m`,
/// `-2w`, counted back from `newest`, the archive's newest event. Says whether it was an age.
///
/// A bare date is its first instant, or the first instant after it if `is_end`: `--to 2026-03-08` includes the 8th.
///
/// # Errors
///
/// If the text is neither, or an age is asked for and there are no events.
pub(crate) fn parse_instant(text: &str, newest: Option<i64>, is_end: bool) -> Result<(i64, bool)> {
    let wrong = || {
        Error::new(format!("cannot read the time `{text}`"))
            .hint("write a date `2026-03-02`, a time `2026-03-02T14:00:00Z`, or an age `-7d`, `-36h`, `-90m`, `-2w`")
    };
    let trimmed = text.trim();
    if let Some(age) = trimmed.strip_prefix('-') {
        let age = parse_span(age).ok_or_else(wrong)?;
        let newest = newest.ok_or_else(|| {
            Error::new(format!("cannot count `{text}` back")).because("the archive has no events")
        })?;
        return newest.checked_sub(age).map(|from| (from, true)).ok_or_else(wrong);
    }
    if let Ok(date) = NaiveDate::parse_from_str(trimmed, "%Y-%m-%d") {
        let date = if is_end { date.succ_opt().ok_or_else(wrong)? } else { date };
        let day = i64::from(date.num_days_from_ce() - NaiveDate::default().num_days_from_ce());
        return Ok((day * 86_400_000_000, false));
    }
    let is_iso = trimmed.len() > 10 && trimmed.as_bytes()[4] == b'-';
    parse_time(trimmed).filter(|_| is_iso).map(|time| (time, false)).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time() {
        assert_eq!(parse_span("90s"), Some(90_000_000));
        assert_eq!(parse_span(" 2w "), Some(14 * 86_400_000_000));
        for text in ["", "5", "m", "-5m", "5x", "5é", "99999999999d"] {
            assert_eq!(parse_span(text), None, "{text}");
        }
    }

    #[test]
    fn instants_in_every_spelling() {
        let day = 86_400_000_000;
        let noon = parse_time("2026-03-02T12:00:00Z").unwrap();
        assert_eq!(parse_instant("2026-03-02", None, false).unwrap().0, noon - day / 2);
        assert_eq!(parse_instant("2026-03-02", None, true).unwrap().0, noon + day / 2);
        assert_eq!(parse_instant("2026-03-02T13:00+01:00", None, true).unwrap().0, noon);
        assert_eq!(parse_instant("-12h", Some(noon), false).unwrap(), (noon - day / 2, true));
        assert_eq!(parse_instant("-1w", Some(noon), false).unwrap().0, noon - 7 * day);
        for wrong in
            ["yesterday", "-7", "-x", "-7y", "2026-02-30", "-99999999999999w", "1/2/2026 10:00", "-é"]
        {
            assert!(parse_instant(wrong, Some(noon), false).is_err(), "{wrong}");
        }
    }
}
