//! Framings, and what damage does to them.

use std::fmt::Write;

use super::*;

const EVENT: &str = r#"{"id":"1","activityDisplayName":"a","initiatedBy":{},"n":[{"key":"k"}]}"#;

/// Hands out its text in pieces, so that every state is met at a block's end.
struct Trickle<'a>(&'a [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let size = self.1.min(self.0.len()).min(into.len());
        let (now, later) = self.0.split_at(size);
        into[..size].copy_from_slice(now);
        self.0 = later;
        Ok(size)
    }
}

fn frame(text: &[u8], piece: usize) -> String {
    let mut framer = JsonFramer::new(Trickle(text, piece), Units::Utf8, 0);
    let mut out = String::new();
    while let Some(item) = framer.next().unwrap() {
        match item {
            Item::Record { text, offset, .. } => {
                writeln!(out, "record {offset} {}", String::from_utf8_lossy(text)).unwrap();
            }
            Item::Damaged { text, size, offset, reason } => {
                let text: String = String::from_utf8_lossy(text).chars().take(40).collect();
                writeln!(out, "damaged {offset}+{size} {reason}: {text}").unwrap();
            }
        }
    }
    let framing = framer.framing();
    write!(out, "{}", framing.name()).unwrap();
    if framing.next_link {
        out.push_str(", next link");
    }
    if let Some(at) = framing.cut_at {
        write!(out, ", cut at {at}").unwrap();
    }
    out
}

fn check(text: &str, expected: &str) {
    for piece in [1, 7, usize::MAX] {
        assert_eq!(frame(text.as_bytes(), piece), expected, "pieces of {piece}");
    }
}

#[test]
fn ok_page_array_object_and_sequences() {
    check(
        r#"{"@odata.context":"c","value":[{"a":1} , {"b":"]}\"{["}],"@odata.nextLink":"n"}"#,
        "record 31 {\"a\":1}\nrecord 41 {\"b\":\"]}\\\"{[\"}\npage (`value`), next link",
    );
    check(r#"[{"a":1},{"b":2}]"#, "record 1 {\"a\":1}\nrecord 9 {\"b\":2}\narray");
    check("{\"a\":1}", "record 0 {\"a\":1}\nobject");
    check("{\"a\":1}\r\n{\"b\":{}}\r\n", "record 0 {\"a\":1}\nrecord 9 {\"b\":{}}\nseveral objects (NDJSON)");
    check(
        "{\"value\":[{\"a\":1}]}\n{\"value\":[{\"b\":1}]}",
        "record 10 {\"a\":1}\nrecord 30 {\"b\":1}\npage (`value`)",
    );
    check("\u{feff}[{\"a\":1}]\r\n\u{feff}[{\"b\":1}]\0\0", "record 4 {\"a\":1}\nrecord 18 {\"b\":1}\narray");
    check("[{\"a\":1} ] [ {\"b\":1}]", "record 1 {\"a\":1}\nrecord 13 {\"b\":1}\narray");
    check("{\"records\":[{\"a\":1}]}", "record 12 {\"a\":1}\npage (`records`)");
}

#[test]
fn ok_empty_results_have_no_records() {
    for text in ["", "[]", "null", "\u{feff}", "[null]"] {
        assert!(!frame(text.as_bytes(), 3).contains("record"), "{text}");
    }
    check(r#"{"value":[]}"#, "page (`value`)");
}

#[test]
fn ok_next_link_before_the_records_counts_and_null_does_not() {
    check(r#"{"@odata.nextLink":"n","value":[]}"#, "page (`value`), next link");
    check(r#"{"value":[],"@odata.nextLink":null}"#, "page (`value`)");
    check("{\"value\":[],\"@odata.nextLink\":\"n\"}{\"value\":[]}", "page (`value`)");
}

#[test]
fn err_cut_page_keeps_what_came_before() {
    check(
        r#"{"value":[{"a":1},{"b":"xy"#,
        "record 10 {\"a\":1}\ndamaged 18+8 cut off: the text ends inside the record: {\"b\":\"xy\npage (`value`), cut at 18",
    );
    check(r#"{"value":[{"a":1},"#, "record 10 {\"a\":1}\npage (`value`), cut at 18");
    check(r#"[{"a":1}"#, "record 1 {\"a\":1}\narray, cut at 8");
}

#[test]
fn err_a_lost_quote_damages_one_record_only() {
    let broken = r#"{"id":"0","activityDisplayName":"a,"initiatedBy":{},"n":[{"key":"k"}]}"#;
    let text = format!("[{EVENT},{broken},{EVENT}]");
    let found = frame(text.as_bytes(), 16);
    assert_eq!(found.matches("record ").count(), 2, "{found}");
    assert!(
        found.contains(&format!("damaged 73+{} not JSON at byte 109: {{\"id\":\"0\"", broken.len())),
        "{found}"
    );
}

#[test]
fn err_a_lost_brace_damages_one_record_only() {
    let broken = r#"{"id":"0","activityDisplayName":"a","initiatedBy":{},"n":[{"key":"k"]}"#;
    let found = frame(format!("{{\"value\":[{broken},{EVENT}]}}").as_bytes(), 16);
    assert_eq!((found.matches("record ").count(), found.matches("damaged ").count()), (1, 1), "{found}");
    let found = frame(format!("{EVENT}\n{{\"id\":\"0\",\"acti\n{EVENT}\n").as_bytes(), 16);
    assert_eq!((found.matches("record ").count(), found.matches("damaged ").count()), (2, 1), "{found}");
}

#[test]
fn err_deep_and_long_records_are_told_not_followed_to_the_stack() {
    let deep = format!("[{}1{},{EVENT}]", "{\"a\":".repeat(200), "}".repeat(200));
    assert!(frame(deep.as_bytes(), 4096).contains("nested 200 deep"), "{}", frame(deep.as_bytes(), 4096));
    assert!(frame(deep.as_bytes(), 4096).contains("record "));
    let long = format!("[{{\"a\":\"{}\"}},{EVENT}]", "x".repeat(RECORD_BYTES_MAX));
    let found = frame(long.as_bytes(), usize::MAX);
    assert!(found.contains("bytes long; records are read up to 16 MiB") && found.contains("record "));
    let brackets = "[".repeat(100_000);
    assert!(frame(brackets.as_bytes(), usize::MAX).contains("damaged"));
}

#[test]
fn err_hostile_repetition_ends_soon() {
    let text = ",{\"a\":[".repeat(1 << 18);
    assert!(frame(text.as_bytes(), usize::MAX).contains("damaged"));
}

#[test]
fn err_things_that_are_no_objects() {
    check("[1,{\"a\":1}]", "damaged 1+1 not a JSON object: 1\nrecord 3 {\"a\":1}\narray");
    let found = frame(format!("oops\n{EVENT}").as_bytes(), 3);
    assert!(found.contains("damaged 0+4 not JSON: oops") && found.contains("record 5"), "{found}");
}
