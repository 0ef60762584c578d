//! Whether dates written with the day or the month first have the day first, as far as a text's beginning tells.

use std::ops::ControlFlow;

/// Years that dates of a log are in.
const YEARS: std::ops::RangeInclusive<u32> = 1970..=2261;

/// Looks for dates such as `31/12/2025`, `31.12.2025` and `31-12-2025`: `Some(true)` if one of them can only have the
/// day first, `Some(false)` if one can only have the month first, and `None` if all can be read both ways or there is
/// none.
///
/// A text with both is `Some(false)`: the month first is what downloads write, and a first part over 12 is a day
/// under either order.
pub(crate) fn day_first(head: &[u8]) -> Option<bool> {
    let mut found = None;
    let mut at = 0;
    while let Some(step) = head[at..].iter().position(u8::is_ascii_digit) {
        at += step;
        let before = at.checked_sub(1).map(|before| head[before]);
        let end = at + digits(&head[at..]);
        // Digits inside words, paths, addresses and version numbers are no dates.
        if !before.is_some_and(is_part_of_more)
            && let Some((first, second)) = date(&head[at..])
        {
            match note(first, second) {
                ControlFlow::Break(()) => return Some(false),
                ControlFlow::Continue(day_first) => found = found.or(day_first),
            }
        }
        at = end;
    }
    found
}

/// What one date tells: a month first ends the search.
fn note(first: u32, second: u32) -> ControlFlow<(), Option<bool>> {
    match (first > 12, second > 12) {
        (true, _) => ControlFlow::Continue(Some(true)),
        (false, true) => ControlFlow::Break(()),
        (false, false) => ControlFlow::Continue(None),
    }
}

/// The first two parts of the date that the text begins with.
fn date(text: &[u8]) -> Option<(u32, u32)> {
    let (first, rest) = number(text, 1..=2)?;
    let (separator, rest) = rest.split_first().filter(|(byte, _)| matches!(byte, b'/' | b'.' | b'-'))?;
    let (second, rest) = number(rest, 1..=2)?;
    let (again, rest) = rest.split_first()?;
    let (year, rest) = number(rest, 4..=4)?;
    let ends = rest.first().is_none_or(|byte| *byte == b'T' || !is_part_of_more(*byte));
    let is_date = separator == again
        && ends
        && YEARS.contains(&year)
        && (1..=31).contains(&first)
        && (1..=31).contains(&second)
        && first.min(second) <= 12;
    is_date.then_some((first, second))
}

fn number(text: &[u8], lengths: std::ops::RangeInclusive<usize>) -> Option<(u32, &[u8])> {
    let length = digits(text);
    let (number, rest) = text.split_at(length);
    let value = number.iter().take(4).fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    lengths.contains(&length).then_some((value, rest))
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Whether a byte beside digits makes them part of a word, a path, an address or a version.
fn is_part_of_more(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'/' | b'_') || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::day_first;

    #[test]
    fn ok_a_part_over_twelve_tells_the_order() {
        let cases: &[(&str, Option<bool>)] = &[
            ("Date\n31/12/2025 10:00:00", Some(true)),
            ("Date\n\"1.2.2025 10:00\",x\n\"13.2.2025 10:00\"", Some(true)),
            ("31-12-2025T10:00:00Z", Some(true)),
            ("12/31/2025, 1:00:00 AM", Some(false)),
            ("{\"time\":\"8/22/2022 6:07:16 PM\"}", Some(false)),
            ("1/2/2025 and 3/4/2025", None),
            ("31/12/2025\n12/31/2025", Some(false)),
            ("12/31/2025\n31/12/2025", Some(false)),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(day_first(text.as_bytes()), *expected, "{text}");
        }
    }

    #[test]
    fn err_what_is_no_date_tells_nothing() {
        for text in [
            "2025-12-31T10:00:00Z",
            "Chrome/31.12.2025",
            "10.31.12.2025",
            "31.12.2025.1",
            "31/12.2025",
            "31/12/20251",
            "a31/12/2025",
            "32/12/2025",
            "31/13/2025",
            "31/12/9999",
            "00000000-0000-0000-31-12-2025",
            "31/12/",
        ] {
            assert_eq!(day_first(text.as_bytes()), None, "{text}");
        }
    }
}
