//! `key_fact(text, id, fact)`.

use std::borrow::Cow;

use super::key_ids::keys;
use super::text::Value;

/// A fact of the key with this id; NULL if there is no such key or it does not say.
pub(super) fn evaluate<'a>(arguments: &[&'a str]) -> Value<'a> {
    Value::Text(find(arguments[0], arguments[1], arguments[2]).map(Cow::Owned))
}

fn find(text: &str, id: &str, fact: &str) -> Option<String> {
    let keys = keys(Some(text));
    let key = keys.iter().find(|key| key.id().is_some_and(|known| known.eq_ignore_ascii_case(id.trim())))?;
    key.fact(fact).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_of_keys() {
        let packed = r#"["[KeyIdentifier=k1,KeyType=Password,KeyUsage=Verify,DisplayName=a]",
            "[KeyIdentifier=k2,KeyType=AsymmetricX509Cert,KeyUsage=Verify,DisplayName=CN=b, O=\"c\"]"]"#;
        let objects =
            r#"[{"keyId":"K1","type":"Symmetric","endDateTime":"2027-01-01T00:00:00Z","displayName":null}]"#;
        let cases = [
            (packed, "k1", "KeyType", Some("Password")),
            (packed, "K2", "keytype", Some("AsymmetricX509Cert")),
            (packed, "k2", "DisplayName", Some("CN=b, O=\"c\"")),
            (packed, "k3", "KeyType", None),
            (packed, "k1", "EndDateTime", None),
            (objects, "k1", "KeyType", Some("Symmetric")),
            (objects, "k1", "EndDate", Some("2027-01-01T00:00:00Z")),
            (objects, "k1", "DisplayName", None),
            ("", "k1", "KeyType", None),
        ];
        for (text, id, fact, expected) in cases {
            assert_eq!(find(text, id, fact).as_deref(), expected, "{id} {fact}");
        }
    }
}
