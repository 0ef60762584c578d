//! `packed_value(text, key)`.

use std::borrow::Cow;

use super::text::Value;

/// The value of a key in a text such as `UPN: a@b.example, Email: a@b.example, Source: One Time Passcode`.
pub(super) fn evaluate<'a>(arguments: &[&'a str]) -> Value<'a> {
    Value::Text(find(arguments[0], arguments[1]).map(Cow::Borrowed))
}

fn find<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.split(", ").find_map(|pair| {
        let (name, value) = pair.split_once(':')?;
        (name.trim().eq_ignore_ascii_case(key.trim()) && !value.trim().is_empty()).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_of_a_redemption() {
        let text = "UPN: ana@fabrikam.example, Email: ana@fabrikam.example, InvitationId: 1, Source: One Time Passcode";
        assert_eq!(find(text, "email"), Some("ana@fabrikam.example"));
        assert_eq!(find(text, "Source"), Some("One Time Passcode"));
        assert_eq!(find(text, "Phone"), None);
        assert_eq!(find("Ana Ferreira", "UPN"), None);
    }
}
