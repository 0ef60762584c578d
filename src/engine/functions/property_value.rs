//! `property_value(text)`.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::text::Value;

/// The value of a modified property, whose text mostly is JSON: a string's content, a one-element list's element,
/// NULL for an empty list; JSON inside a string is decoded once more. Text that is no JSON stays as it is.
pub(super) fn evaluate<'a>(arguments: &[&'a str]) -> Value<'a> {
    Value::Text(peel(arguments[0]))
}

fn peel(text: &str) -> Option<Cow<'_, str>> {
    let once = match serde_json::from_str::<&RawValue>(text) {
        Ok(json) => of_json(json.get())?,
        Err(_) => return Some(Cow::Borrowed(text)),
    };
    if !once.starts_with(['[', '{']) || once == text {
        return Some(once);
    }
    match serde_json::from_str::<&RawValue>(&once) {
        Ok(json) => of_json(json.get()).map(|twice| Cow::Owned(twice.into_owned())),
        Err(_) => Some(once),
    }
}

fn of_json(json: &str) -> Option<Cow<'_, str>> {
    match json.as_bytes().first()? {
        b'"' => serde_json::from_str::<String>(json).ok().map(Cow::Owned),
        b'n' => None,
        b'[' => match serde_json::from_str::<Vec<&RawValue>>(json).ok()?.as_slice() {
            [] => None,
            [only] => of_json(only.get()),
            _ => Some(Cow::Borrowed(json)),
        },
        _ => Some(Cow::Borrowed(json)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_in_every_wrapping() {
        let cases = [
            (r#""DirectorySync""#, Some("DirectorySync")),
            (r#"["Guest"]"#, Some("Guest")),
            ("[true]", Some("true")),
            ("[\r\n  true\r\n]", Some("true")),
            ("[]", None),
            ("null", None),
            (r#""""#, Some("")),
            ("PendingAcceptance", Some("PendingAcceptance")),
            ("urn:a;b", Some("urn:a;b")),
            (r#"["a","b"]"#, Some(r#"["a","b"]"#)),
            (r#""{\"state\":\"enabled\"}""#, Some(r#"{"state":"enabled"}"#)),
            (r#"["[KeyIdentifier=1,KeyType=Password]"]"#, Some("[KeyIdentifier=1,KeyType=Password]")),
            (r#""[\"x\"]""#, Some("x")),
            ("", Some("")),
        ];
        for (text, expected) in cases {
            assert_eq!(peel(text).as_deref(), expected, "{text}");
        }
    }
}
