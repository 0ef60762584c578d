//! Source text to value. Pure functions; the spellings are those met in real downloads.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

use serde::de::Visitor;

use crate::schema::{Convert, Spellings, interrupts, is_null_word, parse_time};

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
    if matches!(how, Convert::Verbatim) {
        return Some(text);
    }
    if is_null_word(trimmed(&text)) {
        return None;
    }
    match how {
        Convert::Verbatim | Convert::Plain => Some(text),
        // An IPv4 address has one spelling.
        Convert::Ip if text.parse::<Ipv4Addr>().is_ok() => Some(text),
        Convert::Ip => ip(&text).map(|ip| if ip == text { text } else { Cow::Owned(ip) }),
        Convert::Words(spellings) => Some(match word(spellings, &text) {
            Some(word) => Cow::Borrowed(word),
            None => Cow::Owned(text.to_lowercase()),
        }),
        Convert::Names(spellings) => Some(word(spellings, &text).map_or(text, Cow::Borrowed)),
        // One word, or a list that holds it.
        Convert::Only(spellings) => {
            let words = text.split(['[', ']', '"', '\'', ',', '{', '}', ' ']).filter(|word| !word.is_empty());
            words.filter_map(|text| word(spellings, text)).next().map(Cow::Borrowed)
        }
        // `User`, or `#…Reporting.AuditLog.ActorUserEntity`.
        Convert::ActorType => Some(match bare_type(&text, "Actor").to_lowercase().as_str() {
            "user" | "upn" => Cow::Borrowed("user"),
            "application" | "app" | "serviceprincipal" | "spn" => Cow::Borrowed("application"),
            other => Cow::Owned(other.to_owned()),
        }),
        Convert::Presence(word) => Some(Cow::Borrowed(word)),
        Convert::ODataType => Some(Cow::Owned(bare_type(&text, "targetResource").to_owned())),
        Convert::ResultOfCode => text.trim().parse().ok().map(|code: i64| {
            Cow::Borrowed(match code {
                0 => "success",
                code if interrupts().binary_search(&code).is_ok() => "interrupted",
                _ => "failure",
            })
        }),
        Convert::TenantOfResource => {
            let rest = strip_prefix_no_case(text.trim_start_matches('/'), "tenants/")?;
            Some(Cow::Owned(rest.split('/').next()?.to_lowercase())).filter(|tenant| !is_null_word(tenant))
        }
        Convert::Coordinate(name) => coordinate(&text, name).map(Cow::Owned),
        Convert::LocationPart(from_end) => {
            // `City, State, CC`; the city may hold commas itself.
            let mut parts = text.rsplitn(3, ',').map(str::trim);
            parts.nth(from_end).filter(|part| !is_null_word(part)).map(|part| Cow::Owned(part.to_owned()))
        }
        Convert::TimeOrNever => parse_time(&text).filter(|micros| *micros > NEVER).map(|_| text),
        Convert::WithoutPeriod => Some(Cow::Owned(text.trim_end_matches(['.', ' ']).to_owned())),
        Convert::ClassOfObject => class_of_object(&text).map(Cow::Owned),
        Convert::NameOfFirst => {
            let list: Vec<serde_json::Value> = serde_json::from_str(&text).ok()?;
            Some(Cow::Owned(list.first()?.get("id")?.as_str()?.to_owned()))
        }
        Convert::Member(name) => {
            let object: serde_json::Value = serde_json::from_str(&text).ok()?;
            object
                .get(name)?
                .as_str()
                .filter(|text| !is_null_word(text.trim()))
                .map(|text| Cow::Owned(text.to_owned()))
        }
    }
}

/// The text without blanks around it; most have none, which is seen quicker than looked for.
fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

/// Times up to here, the end of 1601, mean never.
const NEVER: i64 = -11_612_160_000_000_000;

/// The word that a spelling stands for.
fn word(spellings: Spellings, text: &str) -> Option<&'static str> {
    let text = text.trim();
    spellings.iter().find(|(spelling, _)| spelling.eq_ignore_ascii_case(text)).map(|(_, word)| *word)
}

/// A coordinate of an object with both; 0 and 0 together mean that they are not known.
fn coordinate(json: &str, name: &str) -> Option<String> {
    let place: serde_json::Map<String, serde_json::Value> = serde_json::from_str(json).ok()?;
    let value = |name: &str| {
        let (_, value) = place.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
    };
    let is_known = value("latitude") != Some(0.0) || value("longitude") != Some(0.0);
    value(name).filter(|_| is_known).map(|value| value.to_string())
}

/// Of `[{"ID":…,"Type":…}]` the text that is a word naming a class of directory objects.
fn class_of_object(json: &str) -> Option<String> {
    const CLASSES: &[&str] = &[
        "User",
        "ServicePrincipal",
        "Application",
        "Group",
        "Role",
        "Device",
        "Policy",
        "Domain",
        "Directory",
        "DirectorySetting",
        "AdministrativeUnit",
        "Contact",
        "Other",
    ];
    let list: Vec<serde_json::Value> = serde_json::from_str(json).ok()?;
    let mut texts = list.iter().filter_map(|item| item.get("ID").or_else(|| item.get("Id"))?.as_str());
    texts.find(|text| CLASSES.contains(text)).map(str::to_owned)
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
    fn coordinates_of_nowhere_are_none() {
        let convert = |json: &str| {
            convert(Cow::Owned(json.to_owned()), Convert::Coordinate("latitude")).map(Cow::into_owned)
        };
        assert_eq!(convert(r#"{"latitude":0.0,"longitude":0}"#), None);
        assert_eq!(convert(r#"{"Latitude":"0","longitude":36.8}"#).as_deref(), Some("0"));
        assert_eq!(convert(r#"{"latitude":59.9,"longitude":10.7}"#).as_deref(), Some("59.9"));
    }

    #[test]
    fn parts_of_a_location_are_counted_from_its_end() {
        let part = |n| {
            convert(Cow::Borrowed("Washington, D.C., District of Columbia, US"), Convert::LocationPart(n))
        };
        assert_eq!(part(0).as_deref(), Some("US"));
        assert_eq!(part(1).as_deref(), Some("District of Columbia"));
        assert_eq!(part(2).as_deref(), Some("Washington, D.C."));
        assert_eq!(convert(Cow::Borrowed(", , NO"), Convert::LocationPart(2)), None);
    }

    #[test]
    fn interrupts_are_no_failures() {
        let result = |code| convert(Cow::Borrowed(code), Convert::ResultOfCode);
        assert_eq!(result("0").as_deref(), Some("success"));
        assert_eq!(result("50126").as_deref(), Some("failure"));
        assert_eq!(result("50140").as_deref(), Some("interrupted"));
        assert_eq!(result("x"), None);
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
