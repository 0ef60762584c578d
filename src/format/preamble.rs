//! What stands before the first record: the lines of a tool, a title, or what is left of a record that was cut.
//!
//! Only asked of a text that begins like nothing known, and only its head is looked at.
//!
//! ```text
//! WARNING: sign in first⏎{"value":[…]}          ─▶ 23, JSON
//! Audit log of March⏎Date (UTC),Activity,…      ─▶ 18, CSV
//! …"result":"success"}⏎{"id":…}⏎{"id":…}        ─▶  0, JSON: the framer finds the next event itself
//! <14>Mar 1 00:00:00 host app: {"id":…}         ─▶  0, JSON: so it does here
//! ```

use memchr::{memchr, memchr_iter, memchr3};
use serde_json::value::RawValue;

use super::decode::decoded;
use super::recognise::{Recognised, recognise_text};
use super::sniff::{Sniffed, known_delimiter};

/// Longest prefix of an object on its line.
pub(super) const PREFIX_BYTES_MAX: usize = 1 << 10;
/// Lines that are looked at for a header of CSV; before one stand a title and a few notes.
const TITLE_LINES_MAX: usize = 32;
/// Places that are looked at for an event.
const PLACES_MAX: usize = 1_000;

/// Where in the head of a text that begins like nothing known records begin, and what they are.
pub(crate) fn sniff_behind(head: &[u8]) -> Option<(usize, Sniffed)> {
    let begins = || std::iter::once(0).chain(memchr_iter(b'\n', head).map(|end| end + 1));
    let cut = first_member(head).unwrap_or(head.len());
    // A line of JSON behind members of an object may stand inside of that object.
    if let Some(at) = begins().skip(1).take_while(|at| *at <= cut).find(|at| begins_json(&head[*at..])) {
        let blank = head[at..].len() - head[at..].trim_ascii_start().len();
        return Some((at + blank, Sniffed::Json));
    }
    let header = |at: usize| {
        let text = decoded(&head[at..]);
        known_delimiter(&text).map(|delimiter| (at, Sniffed::Csv { delimiter }))
    };
    let titles = begins().skip(1).take(TITLE_LINES_MAX).filter(|at| has_columns(&head[*at..]));
    let csv = titles.filter(|at| *at < cut).find_map(header);
    csv.or_else(|| (has_event(head) || is_behind_prefix(head)).then_some((0, Sniffed::Json)))
}

/// Where in a line an object begins behind a prefix, if one does: before it stands neither a quote nor another.
pub(super) fn begin_behind_prefix(line: &[u8]) -> Option<usize> {
    let line = &line[..line.len().min(PREFIX_BYTES_MAX)];
    let at = memchr3(b'{', b'"', b'\n', line)?;
    (at > 0 && line[at..].starts_with(b"{\"")).then_some(at)
}

/// Where the first member of a JSON object stands: `"key":`, or what is left of it at the very beginning.
fn first_member(text: &[u8]) -> Option<usize> {
    let is_key = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'@' | b'.');
    memchr_iter(b':', text).find_map(|colon| {
        let before = text[..colon].trim_ascii_end().strip_suffix(b"\"")?;
        let key = before.iter().rev().take_while(|byte| is_key(byte)).count();
        let begin = before.len() - key;
        (key > 0 && (begin == 0 || before[..begin].ends_with(b"\""))).then(|| begin.saturating_sub(1))
    })
}

/// Whether the line here begins like JSON that is worth reading: a list, a page, or a record of a known kind.
fn begins_json(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    let inner = text.get(1..).unwrap_or_default().trim_ascii_start().first();
    match text.first() {
        Some(b'[') => matches!(inner, Some(b'{' | b'[' | b']')),
        Some(b'{') if inner == Some(&b'"') => match first_value(text) {
            Ok(object) => {
                let has = |key: &[u8]| memchr::memmem::find(object, key).is_some();
                let is_page =
                    [&b"\"value\""[..], b"\"records\"", b"\"tables\"", b"\"rows\""].into_iter().any(has);
                is_page || recognise_text(object) != Recognised::Unknown
            }
            // Longer than the head is fine; what is no JSON is not.
            Err(is_cut) => is_cut,
        },
        _ => false,
    }
}

/// The first JSON value of a text; else whether it only is not complete.
fn first_value(text: &[u8]) -> Result<&[u8], bool> {
    match serde_json::Deserializer::from_slice(text).into_iter::<&RawValue>().next() {
        Some(Ok(value)) => Ok(value.get().as_bytes()),
        Some(Err(error)) => Err(error.is_eof()),
        None => Err(false),
    }
}

fn has_columns(line: &[u8]) -> bool {
    let end = memchr(b'\n', line).unwrap_or(line.len());
    line[..end].iter().filter(|byte| matches!(byte, b',' | b';' | b'\t' | b'|')).count() >= 2
}

/// Whether a complete event stands where the framer would go on after damage.
fn has_event(head: &[u8]) -> bool {
    let may_begin = |at: &usize| {
        let before = head[..*at].trim_ascii_end();
        head[before.len()..*at].contains(&b'\n') || matches!(before.last(), Some(b',' | b'[' | b'}'))
    };
    let is_event = |at: usize| {
        let Ok(object) = first_value(&head[at..]) else { return false };
        // An object inside of another never begins a line in its first column.
        match recognise_text(object) {
            Recognised::Event(format) => {
                !format.shape().table.rows.is_snapshot || head[..at].ends_with(b"\n")
            }
            _ => false,
        }
    };
    memchr_iter(b'{', head).filter(may_begin).take(PLACES_MAX).any(is_event)
}

/// Whether the first line is an event behind a prefix.
fn is_behind_prefix(head: &[u8]) -> bool {
    let line = &head[..memchr(b'\n', head).unwrap_or(head.len())];
    begin_behind_prefix(line).is_some_and(|at| matches!(recognise_text(&line[at..]), Recognised::Event(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"id":"1","activityDisplayName":"a","initiatedBy":{"user":{"userPrincipalName":"u","displayName":"d"}}}"#;

    #[test]
    fn records_are_found_behind_what_tools_and_people_write_before_them() {
        let json = |before: &str, rest: &str| {
            assert_eq!(
                sniff_behind(format!("{before}{rest}").as_bytes()),
                Some((before.len(), Sniffed::Json)),
                "{before}{rest}"
            );
        };
        let page = format!(r#"{{"value":[{EVENT}]}}"#);
        json("WARNING: use a browser\n", &page);
        json("HTTP/1.1 200 OK\r\nAlt-Svc: h3=\":443\"; ma=86400\r\n\r\n", &page);
        json("// comment\n", &format!("[{EVENT}]"));
        json("1\n2\n", EVENT);
        json("$ get\n", &EVENT[..60]);
        json("", &format!("d\":1}}\n{EVENT}\n"));
        json("", &format!("x\",\"y\":{{\n  \"z\": [\n{{\n\"a\":1}}]}},\n{EVENT}"));
        json("", "d\":1}\n{\"userPrincipalName\":\"u\",\"mail\":\"m\"}\n");
        json("", &format!("<14>Mar  1 00:00:00 host app[7]: {EVENT}\n"));
        for before in [",,,,\n", "Audit logs\r\n\r\n", "a,b,c\nd,e,f\n"] {
            let text = format!("{before}Date (UTC),CorrelationId,Activity\n");
            assert_eq!(sniff_behind(text.as_bytes()), Some((before.len(), Sniffed::Csv { delimiter: b',' })));
        }
    }

    #[test]
    fn text_without_records_stays_what_it_is() {
        for text in [
            "call ada back\n[1] she said {so}\n",
            "a,b,c\n1,2,\"{\n  \"\"id\"\": 1\n}\"\n",
            "[settings]\n{\"color\":1}\n",
            "2026-03-01 INFO {\"value\": 1} started\n2026-03-01 INFO done\n",
            "what: {\"a\":1}\n",
            "",
        ] {
            assert_eq!(sniff_behind(text.as_bytes()), None, "{text}");
        }
    }
}
