//! Source text to value. Pure functions; the spellings are those met in real downloads.

use std::borrow::Cow;
use std::net::IpAddr;

use serde::de::Visitor;

use crate::schema::{
    Convert, category_of_resource_type, is_null_word, result_word, service_of_legacy_category,
};

/// The text that a JSON value stands for: a string's content, a number or truth value as written, a list or object
/// as its JSON text. Nothing for `null` and for a string that is not valid.
pub(crate) fn json_text(json: &str) -> Option<Cow<'_, str>> {
    match json.as_bytes().first()? {
        b'"' => {
            let inner = &json[1..json.len() - 1];
            if memchr::memchr(b'\\', inner.as_bytes()).is_some() {
                unescape(json).map(Cow::Owned)
            } else {
                Some(Cow::Borrowed(inner))
            }
        }
        b'n' => None,
        _ => Some(Cow::Borrowed(json)),
    }
}

/// The content of a JSON string. Halves of UTF-16 characters, which JSON can spell and text cannot hold, become
/// U+FFFD.
fn unescape(json: &str) -> Option<String> {
    struct Content;
    impl Visitor<'_> for Content {
        type Value = String;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a string")
        }
        fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<String, E> {
            // Half a character is three bytes that are no UTF-8.
            Ok(String::from_utf8_lossy(bytes).replace("\u{FFFD}\u{FFFD}\u{FFFD}", "\u{FFFD}"))
        }
    }
    let mut json = serde_json::Deserializer::from_str(json);
    serde::Deserializer::deserialize_bytes(&mut json, Content).ok()
}

/// Converts the text of a member; nothing if it means "nothing" or does not convert.
pub(super) fn convert(text: Cow<'_, str>, how: Convert) -> Option<Cow<'_, str>> {
    if how == Convert::Verbatim {
        return Some(text);
    }
    if is_null_word(text.trim()) {
        return None;
    }
    match how {
        Convert::Verbatim | Convert::Plain => Some(text),
        Convert::Ip => ip(&text).map(|ip| if ip == text { text } else { Cow::Owned(ip) }),
        Convert::Result => Some(match result_word(&text) {
            Some(word) => Cow::Borrowed(word),
            None => Cow::Owned(text.to_lowercase()),
        }),
        // `User`, or `#…Reporting.AuditLog.ActorUserEntity`.
        Convert::ActorType => Some(match bare_type(&text, "Actor").to_lowercase().as_str() {
            "user" => Cow::Borrowed("user"),
            "application" | "app" | "serviceprincipal" => Cow::Borrowed("application"),
            other => Cow::Owned(other.to_owned()),
        }),
        Convert::Presence(word) => Some(Cow::Borrowed(word)),
        Convert::LegacyService => Some(mapped(text, service_of_legacy_category)),
        Convert::LegacyCategory => Some(mapped(text, category_of_resource_type)),
        Convert::ODataType => Some(Cow::Owned(bare_type(&text, "targetResource").to_owned())),
    }
}

fn mapped<'a>(text: Cow<'a, str>, map: fn(&str) -> &str) -> Cow<'a, str> {
    let to = map(&text);
    if to == text { text } else { Cow::Owned(to.to_owned()) }
}

/// The type's own name: of `#namespace.PrefixUserEntity` it is `User`.
fn bare_type<'t>(text: &'t str, prefix: &str) -> &'t str {
    let last = text.rsplit('.').next().unwrap_or_default();
    let bare = strip_prefix_no_case(last, prefix).unwrap_or(last);
    bare.strip_suffix("Entity").unwrap_or(bare)
}

fn strip_prefix_no_case<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

/// The address in canonical spelling, without port, brackets or zone.
fn ip(text: &str) -> Option<String> {
    let text = text.trim();
    let bare = match text.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None if text.matches(':').count() == 1 => text.split(':').next().unwrap_or_default(),
        None => text,
    };
    let bare = bare.split('%').next().unwrap_or_default();
    bare.parse::<IpAddr>().ok().map(|ip| ip.to_canonical().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_port_brackets_and_zone() {
        let cases = [
            ("192.0.2.1", Some("192.0.2.1")),
            ("192.0.2.1:443", Some("192.0.2.1")),
            ("[2001:db8::1]:443", Some("2001:db8::1")),
            ("2001:DB8:0:0::1", Some("2001:db8::1")),
            ("fe80::1%eth0", Some("fe80::1")),
            ("::ffff:192.0.2.1", Some("192.0.2.1")),
            ("<null>", None),
            ("host.example", None),
        ];
        for (text, expected) in cases {
            assert_eq!(convert(Cow::Borrowed(text), Convert::Ip).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn json_values_as_text() {
        assert_eq!(json_text(r#""a\"b""#).as_deref(), Some("a\"b"));
        assert_eq!(json_text(r#""plain""#).as_deref(), Some("plain"));
        assert_eq!(json_text("-1").as_deref(), Some("-1"));
        assert_eq!(json_text(r#"{"a":1}"#).as_deref(), Some(r#"{"a":1}"#));
        assert_eq!(json_text("null"), None);
    }

    #[test]
    fn types_from_odata() {
        let convert = |text| convert(Cow::Borrowed(text), Convert::ODataType);
        assert_eq!(convert("#microsoft.graph.targetResourceUser").as_deref(), Some("User"));
        assert_eq!(convert("#microsoft.graph.TargetResourceGroup").as_deref(), Some("Group"));
        assert_eq!(
            convert("#Microsoft.ActiveDirectory.DataService.TargetResourceUserEntity").as_deref(),
            Some("User")
        );
    }
}
