//! `json_value(json, path)`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::text::Value;

/// The value at the path, as text; lists and objects as their JSON text. NULL for `null`, for a path that leads
/// nowhere, and for text that is no JSON.
pub(super) fn evaluate<'a>(arguments: &[&'a str]) -> Value<'a> {
    Value::Text(find(arguments[0], arguments[1]))
}

fn find<'a>(json: &'a str, path: &str) -> Option<Cow<'a, str>> {
    let path = path.trim();
    let path = path.strip_prefix('$').unwrap_or(path);
    let mut value: &'a RawValue = serde_json::from_str(json).ok()?;
    for step in steps(path)? {
        value = match step {
            Step::Member(key) => member(value.get(), &key)?,
            Step::Element(index) => {
                serde_json::from_str::<Vec<&'a RawValue>>(value.get()).ok()?.get(index).copied()?
            }
        };
    }
    let text = value.get();
    match text.as_bytes().first()? {
        b'"' => serde_json::from_str::<String>(text).ok().map(Cow::Owned),
        b'n' => None,
        _ => Some(Cow::Borrowed(text)),
    }
}

/// The member with this key; one that differs in case only if there is no better one.
fn member<'a>(object: &'a str, key: &str) -> Option<&'a RawValue> {
    let members: BTreeMap<Cow<'a, str>, &'a RawValue> = serde_json::from_str(object).ok()?;
    members
        .get(key)
        .or_else(|| members.iter().find(|(other, _)| other.eq_ignore_ascii_case(key)).map(|(_, value)| value))
        .copied()
}

enum Step {
    Member(String),
    Element(usize),
}

/// Takes `.a.b[0]["key with . in it"]` apart; nothing if it is no path.
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let quote = inside.chars().next().filter(|c| matches!(c, '"' | '\''));
            if let Some(quote) = quote {
                let end = inside[1..].find(quote)? + 1;
                steps.push(Step::Member(inside[1..end].to_owned()));
                rest = inside[end + 1..].strip_prefix(']')?;
            } else {
                let end = inside.find(']')?;
                steps.push(Step::Element(inside[..end].trim().parse().ok()?));
                rest = &inside[end + 1..];
            }
        } else {
            let key = rest.strip_prefix('.').unwrap_or(rest);
            let end = key.find(['.', '[']).unwrap_or(key.len());
            if end == 0 {
                return None;
            }
            steps.push(Step::Member(key[..end].to_owned()));
            rest = &key[end..];
        }
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_into_json() {
        let json = r#"{"a":{"B":[1,{"c":"x\"y"}],"d.e":true},"n":null,"f":1.10}"#;
        let cases = [
            ("$.a.b[1].c", Some("x\"y")),
            ("a.B[0]", Some("1")),
            ("$.a['d.e']", Some("true")),
            ("$.f", Some("1.10")),
            ("$.a.B", Some(r#"[1,{"c":"x\"y"}]"#)),
            ("$", Some(json)),
            ("$.n", None),
            ("$.a.B[7]", None),
            ("$.a..b", None),
            ("$.a[", None),
        ];
        for (path, expected) in cases {
            assert_eq!(find(json, path).as_deref(), expected, "{path}");
        }
        assert_eq!(find("not json", "$.a"), None);
    }
}
