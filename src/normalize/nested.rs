//! Objects and lists that a source wrote as text: JSON in a string, Python's way of writing, PowerShell's.

use serde::de::IgnoredAny;

/// Levels of PowerShell objects inside each other that are read.
const LEVELS_MAX: usize = 8;

/// What a text holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Nested {
    /// An object or list, as JSON.
    Json(String),
    /// An object that PowerShell wrote as text, read as well as it can be, as JSON.
    Remains(String),
    /// The name of a type in place of a value: what it held is lost.
    Lost,
    /// Nothing of the kind.
    Text,
}

/// Tells what a text holds.
pub(super) fn nested(text: &str) -> Nested {
    let text = text.trim();
    match text.as_bytes() {
        [b'{' | b'[', ..] => {
            if is_json(text) {
                return Nested::Json(text.to_owned());
            }
            python(text).filter(|json| is_json(json)).map_or(Nested::Text, Nested::Json)
        }
        [b'@', b'{', ..] => {
            let mut json = String::with_capacity(text.len() * 2);
            if power_shell(text, &mut json, 0) { Nested::Remains(json) } else { Nested::Lost }
        }
        _ if is_type_name(text) => Nested::Lost,
        _ => Nested::Text,
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Whether the text is what .NET writes for a value that it does not spell out.
pub(super) fn is_type_name(text: &str) -> bool {
    let is_name = |begin: &str| {
        text.len() < 400 && text.starts_with(begin) && !text[begin.len()..].contains(['/', '@', ' ', ','])
    };
    is_name("System.Object[]")
        || is_name("System.Collections.")
        || is_name("System.String[]")
        || is_name("Microsoft.Graph.PowerShell.Models.")
        || is_name("Microsoft.Graph.Beta.PowerShell.Models.")
        || is_name("Microsoft.Open.")
        || is_name("System.Management.Automation.")
        || text.starts_with("class ") && text.contains('{')
}

/// What Python's `repr` writes, as JSON: single quotes, `None`, `True`, `False`, `nan`.
fn python(text: &str) -> Option<String> {
    let mut json = String::with_capacity(text.len() + 16);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' | '"' => {
                let mut content = String::new();
                loop {
                    let (_, next) = chars.next()?;
                    match next {
                        '\\' => content.push(escaped(&mut chars)?),
                        next if next == c => break,
                        next => content.push(next),
                    }
                }
                json.push_str(&serde_json::to_string(&content).ok()?);
            }
            c if c.is_ascii_alphabetic() => {
                let rest = &text[at..];
                let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
                json.push_str(match &rest[..end] {
                    "None" | "nan" | "NaN" | "NaT" => "null",
                    "True" => "true",
                    "False" => "false",
                    // Of a number: `1e-05`.
                    other @ ("e" | "E") => other,
                    _ => return None,
                });
                for _ in 1..end {
                    chars.next();
                }
            }
            '(' => json.push('['),
            ')' => json.push(']'),
            other => json.push(other),
        }
    }
    Some(json)
}

/// The character behind a backslash of a Python string.
fn escaped(chars: &mut std::iter::Peekable<std::str::CharIndices<'_>>) -> Option<char> {
    let digits = match chars.next()?.1 {
        'n' => return Some('\n'),
        'r' => return Some('\r'),
        't' => return Some('\t'),
        'x' => 2,
        'u' => 4,
        'U' => 8,
        other => return Some(other),
    };
    let code = (0..digits).try_fold(0, |code, _| Some(code * 16 + chars.next()?.1.to_digit(16)?))?;
    char::from_u32(code)
}

/// What PowerShell writes for an object it does not spell out, `@{Id=…; Name=…}`, as a JSON object of texts. Values
/// carry no quotes, so one that looks like the next member is taken for it.
fn power_shell(text: &str, json: &mut String, level: usize) -> bool {
    let Some(inside) = text.strip_prefix("@{").and_then(|rest| rest.strip_suffix('}')) else { return false };
    if level >= LEVELS_MAX {
        return false;
    }
    json.push('{');
    let mut rest = inside.trim();
    let mut is_first = true;
    while let Some((key, after)) = rest.split_once('=') {
        let end = member_end(after);
        let value = after[..end].trim();
        rest = after[end..].trim_start_matches(';').trim_start();
        json.push_str(if is_first { "" } else { "," });
        is_first = false;
        push_string(json, key.trim());
        json.push(':');
        if value.starts_with("@{") && power_shell(value, json, level + 1) {
            continue;
        }
        if value.is_empty() || is_type_name(value) {
            json.push_str("null");
        } else {
            push_string(json, value);
        }
    }
    json.push('}');
    true
}

/// Where a member's value ends: before `; Key=` outside of braces, or at the end.
fn member_end(text: &str) -> usize {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b';' if depth == 0 && begins_member(&text[at + 1..]) => return at,
            _ => {}
        }
    }
    text.len()
}

fn begins_member(text: &str) -> bool {
    let key = text.trim_start();
    let end = key.find('=').unwrap_or(0);
    end > 0
        && text.starts_with(' ')
        && key[..end].chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '@'))
}

fn push_string(json: &mut String, text: &str) {
    json.push_str(&serde_json::to_string(text).expect("text is always valid JSON"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_cells_become_json() {
        let python = "{'errorCode': 0, 'failureReason': \"it's\", 'ok': True, 'none': None, 'n': [1, 2.5], 'u': '\\xe9\\'\\n'}";
        assert_eq!(
            nested(python),
            Nested::Json(
                r#"{"errorCode": 0, "failureReason": "it's", "ok": true, "none": null, "n": [1, 2.5], "u": "é'\n"}"#
                    .to_owned()
            )
        );
        assert_eq!(nested("{'cut': 'of"), Nested::Text);
        assert_eq!(nested("{risk, other}"), Nested::Text);
    }

    #[test]
    fn power_shell_objects_become_json() {
        assert_eq!(
            nested("@{Id=u-1; DisplayName=Ada; Lovelace; Type=User; Inner=@{A=1; B=}; List=System.Object[]}"),
            Nested::Remains(
                r#"{"Id":"u-1","DisplayName":"Ada; Lovelace","Type":"User","Inner":{"A":"1","B":null},"List":null}"#
                    .to_owned()
            )
        );
        assert_eq!(nested("@{"), Nested::Lost);
    }

    #[test]
    fn names_of_types_are_losses() {
        for text in [
            "System.Object[]",
            "Microsoft.Graph.PowerShell.Models.MicrosoftGraphAuditActivityInitiator",
            "System.Collections.Generic.List`1[Microsoft.X]",
            "class AuditActor {\n  User: \n}",
        ] {
            assert_eq!(nested(text), Nested::Lost, "{text}");
        }
        assert_eq!(nested("System administrator"), Nested::Text);
        assert_eq!(nested("PendingAcceptance"), Nested::Text);
        assert_eq!(nested(" {\"a\":1} "), Nested::Json("{\"a\":1}".to_owned()));
    }
}
