//! JSON text as a tree, for functions that compare or list its parts.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::value::RawValue;

/// Levels of lists, objects and JSON within strings that are read; what lies deeper stays text.
const DEPTH_MAX: usize = 64;

/// A value. Numbers keep the digits that the source wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Null,
    Scalar { text: String, is_string: bool },
    List(Vec<Self>),
    Object(BTreeMap<String, Self>),
}

impl Node {
    /// Reads a text. An object or a list that stands as text within a string is read too. A text that is no JSON is
    /// a string; no text, and one without anything in it, is null.
    pub(super) fn read(text: Option<&str>) -> Self {
        let text = text.unwrap_or_default();
        match parse(text, DEPTH_MAX) {
            Some(node) => node,
            None if text.trim().is_empty() => Self::Null,
            None => Self::Scalar { text: text.to_owned(), is_string: true },
        }
    }

    /// The text of a scalar, the JSON text of a list or an object: members in the order of their names, no blanks.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Scalar { text, .. } => text.clone(),
            other => {
                let mut json = String::new();
                other.write(&mut json);
                json
            }
        }
    }

    /// The scalar text of the member with this name; names compare without case.
    pub(super) fn member(&self, name: &str) -> Option<(&str, &str)> {
        let Self::Object(members) = self else { return None };
        let (name, value) = members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        match value {
            Self::Scalar { text, .. } => Some((name, text)),
            _ => None,
        }
    }

    fn write(&self, json: &mut String) {
        match self {
            Self::Null => json.push_str("null"),
            Self::Scalar { text, is_string: false } => json.push_str(text),
            Self::Scalar { text, is_string: true } => write_string(text, json),
            Self::List(elements) => {
                json.push('[');
                for (index, element) in elements.iter().enumerate() {
                    json.push_str(if index > 0 { "," } else { "" });
                    element.write(json);
                }
                json.push(']');
            }
            Self::Object(members) => {
                json.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    json.push_str(if index > 0 { "," } else { "" });
                    write_string(name, json);
                    json.push(':');
                    value.write(json);
                }
                json.push('}');
            }
        }
    }
}

fn write_string(text: &str, json: &mut String) {
    let _ = write!(json, "{}", serde_json::Value::from(text));
}

fn parse(text: &str, depth: usize) -> Option<Node> {
    serde_json::from_str::<&RawValue>(text).ok().and_then(|json| of_json(json.get(), depth))
}

fn of_json(json: &str, depth: usize) -> Option<Node> {
    let plain = || Some(Node::Scalar { text: json.to_owned(), is_string: false });
    match json.as_bytes().first()? {
        b'"' => {
            let text = serde_json::from_str::<String>(json).ok()?;
            let inside = if depth > 0 && text.trim_start().starts_with(['{', '[']) {
                parse(&text, depth - 1)
            } else {
                None
            };
            Some(inside.unwrap_or(Node::Scalar { text, is_string: true }))
        }
        b'n' => Some(Node::Null),
        b'[' | b'{' if depth == 0 => plain(),
        b'[' => {
            let elements: Vec<&RawValue> = serde_json::from_str(json).ok()?;
            let elements = elements.into_iter().map(|element| of_json(element.get(), depth - 1));
            elements.collect::<Option<_>>().map(Node::List)
        }
        b'{' => {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(json).ok()?;
            let members =
                members.into_iter().map(|(name, value)| Some((name, of_json(value.get(), depth - 1)?)));
            members.collect::<Option<_>>().map(Node::Object)
        }
        _ => plain(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_their_trees() {
        let cases = [
            (r#"{"b": 1.10, "a": [true, null, "x\"y"]}"#, r#"{"a":[true,null,"x\"y"],"b":1.10}"#),
            (r#""{\"state\":\"enabled\"}""#, r#"{"state":"enabled"}"#),
            (r#"["{\"Id\":1}"]"#, r#"[{"Id":1}]"#),
            ("plain, text", "plain, text"),
            (r#""quoted""#, "quoted"),
            ("[KeyIdentifier=1]", "[KeyIdentifier=1]"),
            ("\"\\ud800\"", "\"\\ud800\""),
        ];
        for (text, expected) in cases {
            assert_eq!(Node::read(Some(text)).text(), expected, "{text}");
        }
        for nothing in [None, Some(""), Some("  "), Some("null")] {
            assert_eq!(Node::read(nothing), Node::Null);
        }
    }

    #[test]
    fn what_lies_too_deep_stays_text() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert_eq!(Node::read(Some(&deep)).text(), deep);
        let open = "{\"a\":".repeat(100_000);
        assert_eq!(Node::read(Some(&open)).text(), open);
        let mut within = "1".to_owned();
        for _ in 0..12 {
            within = serde_json::to_string(&[within]).unwrap();
        }
        assert_eq!(Node::read(Some(&within)).text(), "[".repeat(12) + "\"1\"" + &"]".repeat(12));
    }
}
