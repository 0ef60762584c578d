//! How many columns of a terminal a text takes, and the part of it that fits.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr;

/// Stands where a text was cut.
const CUT: &str = "…";
/// Joins the emoji before and after it to one.
const JOINER: char = '\u{200D}';

/// The text, or so much of its beginning that it takes no more than `width` columns with the sign that it was cut.
pub(crate) fn shortened(text: &str, width: usize) -> Cow<'_, str> {
    // No character takes more columns than bytes.
    if text.len() <= width || text.width() <= width {
        return Cow::Borrowed(text);
    }
    let (mut end, mut taken) = (0, 0);
    for cluster in clusters(text) {
        taken += cluster.width();
        // The sign takes one.
        if taken + 1 > width {
            break;
        }
        end += cluster.len();
    }
    Cow::Owned(if width == 0 { String::new() } else { format!("{}{CUT}", text[..end].trim_end()) })
}

/// Parts that are never cut in two: a character with its marks, and emoji that are joined to one.
fn clusters(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut chars = rest.char_indices();
        let mut before = chars.next()?.1;
        let goes_on = |before: char, c: char| {
            before == JOINER || c == JOINER || is_mark(c) || (is_flag_half(before) && is_flag_half(c))
        };
        let end = chars.find(|(_, c)| !goes_on(std::mem::replace(&mut before, *c), *c));
        let (cluster, after) = rest.split_at(end.map_or(rest.len(), |(at, _)| at));
        rest = after;
        Some(cluster)
    })
}

/// Whether a character stands on the one before it: accents, variants, tones of skin.
fn is_mark(c: char) -> bool {
    let mut buffer = [0; 4];
    matches!(c, '\u{1F3FB}'..='\u{1F3FF}') || (!c.is_ascii() && c.encode_utf8(&mut buffer).width() == 0)
}

/// Two of them are a flag.
fn is_flag_half(c: char) -> bool {
    matches!(c, '\u{1F1E6}'..='\u{1F1FF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_says_so_and_fits() {
        let cases = [
            ("", 0, ""),
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("ab d", 3, "ab…"),
            ("a c d", 4, "a c…"),
            ("abc", 1, "…"),
            ("abc", 0, ""),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
            ("👩‍💻👩‍💻👩‍💻", 6, "👩‍💻👩‍💻👩‍💻"),
            ("👩‍💻👩‍💻👩‍💻", 5, "👩‍💻👩‍💻…"),
            ("👍🏽👍🏽👍🏽", 4, "👍🏽…"),
        ];
        for (text, width, expected) in cases {
            let cut = shortened(text, width);
            assert_eq!(cut, expected);
            assert!(cut.width() <= width, "{cut} in {width}");
        }
    }

    #[test]
    fn clusters_stay_whole() {
        let parts: Vec<_> = clusters("ae\u{301}👩‍💻🇫🇮🇸🇪x").collect();
        assert_eq!(parts, ["a", "e\u{301}", "👩‍💻", "🇫🇮🇸🇪", "x"]);
    }
}
