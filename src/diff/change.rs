//! Whether two values of one event say the same.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::TimestampMicrosecondType;
use serde_json::Value;

use crate::render::plain;
use crate::schema::Kind;

/// A second in microseconds.
const SECOND: i64 = 1_000_000;

/// What is known of a row as a whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin<'a> {
    /// Shape that it was read from.
    pub(super) format: &'a str,
    /// Its source may have lost part of it.
    pub(super) is_degraded: bool,
}

/// How strictly two rows are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Terms {
    formats_differ: bool,
    /// Of each side: what it does not say, it may not have been able to say.
    may_lack: [bool; 2],
    /// Of each side: its lists may have been cut.
    may_be_cut: [bool; 2],
}

impl Terms {
    /// Terms for the rows `a` and `b`.
    pub(super) fn new(a: Origin<'_>, b: Origin<'_>) -> Self {
        // No format has all that another one has: the portal's CSV says more of a sign-in's policies than Log Analytics.
        let formats_differ = a.format != b.format;
        Self {
            formats_differ,
            may_lack: [a.is_degraded || formats_differ, b.is_degraded || formats_differ],
            may_be_cut: [a.is_degraded, b.is_degraded],
        }
    }

    /// Whether two values of a column differ.
    pub(super) fn differ(&self, kind: Kind, a: (&ArrayRef, usize), b: (&ArrayRef, usize)) -> bool {
        match (is_absent(a), is_absent(b)) {
            (true, true) => return false,
            (true, false) => return !self.may_lack[0],
            (false, true) => return !self.may_lack[1],
            (false, false) => {}
        }
        match kind {
            Kind::Time => self.times_differ(micros(a), micros(b)),
            Kind::Texts | Kind::Structs(_) => match (json(a), json(b)) {
                (Some(a), Some(b)) => !self.agree(&a, &b),
                _ => plain(a.0, a.1) != plain(b.0, b.1),
            },
            Kind::Word => match (plain(a.0, a.1), plain(b.0, b.1)) {
                (Some(a), Some(b)) => a != b && !(self.formats_differ && is_one_word(&a, &b)),
                (a, b) => a != b,
            },
            _ => match (plain(a.0, a.1), plain(b.0, b.1)) {
                (Some(a), Some(b)) => a != b && !is_one_json(&a, &b),
                (a, b) => a != b,
            },
        }
    }

    /// Exports cut times to milliseconds or seconds; CSV knows no finer ones.
    fn times_differ(&self, a: i64, b: i64) -> bool {
        let is_cut = |cut: i64, whole: i64| {
            [SECOND, 1_000].iter().any(|step| cut % step == 0 && whole.div_euclid(*step) * step == cut)
        };
        if self.formats_differ {
            return a.div_euclid(SECOND) != b.div_euclid(SECOND);
        }
        a != b && !is_cut(a, b) && !is_cut(b, a)
    }

    /// Whether two values inside lists agree as far as both say something.
    fn agree(&self, a: &Value, b: &Value) -> bool {
        let is_nothing = |value: &Value| {
            matches!(value, Value::Null) || matches!(value, Value::Array(elements) if elements.is_empty())
        };
        match (is_nothing(a), is_nothing(b)) {
            (true, true) => return true,
            (true, false) => return self.may_lack[0],
            (false, true) => return self.may_lack[1],
            (false, false) => {}
        }
        match (a, b) {
            (Value::Array(a), Value::Array(b)) => {
                let may_be_shorter = match a.len().cmp(&b.len()) {
                    std::cmp::Ordering::Less => self.may_be_cut[0],
                    std::cmp::Ordering::Equal => true,
                    std::cmp::Ordering::Greater => self.may_be_cut[1],
                };
                may_be_shorter && a.iter().zip(b).all(|(a, b)| self.agree(a, b))
            }
            (Value::Object(a), Value::Object(b)) => {
                a.iter().all(|(name, value)| self.agree(value, b.get(name).unwrap_or(&Value::Null)))
            }
            (Value::String(a), Value::String(b)) if self.formats_differ => {
                a == b || is_one_word(a, b) || is_number(a) != is_number(b)
            }
            (Value::String(a), Value::String(b)) => a == b || is_one_json(a, b),
            _ => a == b,
        }
    }
}

/// The portal writes `Refresh token` where the API writes `refreshToken`.
fn is_one_word(a: &str, b: &str) -> bool {
    let letters = |text: &str| text.to_lowercase().replace(' ', "");
    letters(a) == letters(b)
}

/// Objects that are kept as JSON text are the same however they were indented.
fn is_one_json(a: &str, b: &str) -> bool {
    let object = |text: &str| {
        if text.starts_with(['{', '[']) { serde_json::from_str::<Value>(text).ok() } else { None }
    };
    object(a).is_some_and(|a| Some(a) == object(b))
}

/// Inside of lists some formats write a code where others write a word.
fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_absent((array, row): (&ArrayRef, usize)) -> bool {
    array.is_null(row) || array.as_list_opt::<i32>().is_some_and(|list| list.value_length(row) == 0)
}

fn micros((array, row): (&ArrayRef, usize)) -> i64 {
    array.as_primitive::<TimestampMicrosecondType>().value(row)
}

fn json((array, row): (&ArrayRef, usize)) -> Option<Value> {
    serde_json::from_str(&plain(array, row)?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const GRAPH: Origin<'_> = Origin { format: "graph_audit", is_degraded: false };
    const CSV: Origin<'_> = Origin { format: "portal_audit_csv", is_degraded: false };

    #[test]
    fn times_are_as_fine_as_the_coarser_format() {
        let (same, other) = (Terms::new(GRAPH, GRAPH), Terms::new(GRAPH, CSV));
        assert!(same.times_differ(7_123_456, 7_123_457) && !other.times_differ(7_123_456, 7_999_999));
        assert!(!same.times_differ(7_123_456, 7_123_000) && !same.times_differ(7_000_000, 7_123_456));
        assert!(same.times_differ(7_123_456, 7_122_000) && other.times_differ(7_999_999, 8_000_000));
    }

    #[test]
    fn between_formats_what_one_does_not_say_is_passed_over() {
        let terms = Terms::new(GRAPH, CSV);
        let full =
            json!([{"id": "1", "upn": "a", "modified_properties": [{"name": "n", "old_value": null}]}]);
        let poor = json!([{"id": "1", "upn": null, "modified_properties": []}]);
        assert!(terms.agree(&full, &poor) && terms.agree(&poor, &full));
        assert!(!Terms::new(GRAPH, GRAPH).agree(&full, &poor));
        assert!(!terms.agree(&full, &json!([{"id": "2"}])));
    }

    #[test]
    fn between_formats_words_may_be_spelled_otherwise() {
        let (portal, api) = (json!(["Refresh token"]), json!(["refreshToken"]));
        assert!(
            Terms::new(GRAPH, CSV).agree(&portal, &api) && !Terms::new(GRAPH, GRAPH).agree(&portal, &api)
        );
        assert!(Terms::new(GRAPH, CSV).agree(&json!(["users"]), &json!(["2"])));
        assert!(!Terms::new(GRAPH, CSV).agree(&json!(["1"]), &json!(["2"])));
    }

    #[test]
    fn json_text_is_the_same_however_it_is_indented() {
        assert!(is_one_json("{\n  \"a\": [1, \" x\"]\n}", r#"{"a":[1," x"]}"#));
        for (a, b) in
            [("{\"a\":1}", "{\"a\":2}"), ("{\"a\":\" x\"}", "{\"a\":\"x\"}"), ("{", "{ "), ("1", " 1")]
        {
            assert!(!is_one_json(a, b), "{a} {b}");
        }
        let terms = Terms::new(GRAPH, GRAPH);
        assert!(terms.agree(&json!(["{\"a\": 1}"]), &json!(["{\"a\":1}"])));
        assert!(!terms.agree(&json!(["{\"a\": 1}"]), &json!(["{\"a\":2}"])));
    }

    #[test]
    fn only_a_degraded_list_may_be_shorter() {
        let cut = Origin { is_degraded: true, ..CSV };
        let (long, short) = (json!(["a", "b"]), json!(["a"]));
        assert!(!Terms::new(GRAPH, CSV).agree(&long, &short));
        assert!(Terms::new(GRAPH, cut).agree(&long, &short));
        assert!(!Terms::new(GRAPH, cut).agree(&short, &long));
    }
}
