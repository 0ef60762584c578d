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
            Item::Foreign { kind, offset } => writeln!(out, "foreign {offset} {kind}").unwrap(),
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

#[test]
fn ok_rows_of_a_query_result_become_objects() {
    check(
        r#"{"tables":[{"name":"PrimaryResult","columns":[{"name":"A","type":"long"},{"name":"B"},{"name":"B"}],"rows":[[1,null,"x"] , [ -2.50,{"k":["[",{}]},"\"]"]]}],"@odata.nextLink":"n"}"#,
        "record 108 {\"A\":1,\"B (3)\":\"x\"}\nrecord 123 {\"A\":-2.50,\"B\":{\"k\":[\"[\",{}]},\"B (3)\":\"\\\"]\"}\nquery result (`tables`), next link",
    );
    check(
        r#"{"Tables":[{"TableName":"T","Columns":[{"ColumnName":"A","DataType":"String"}],"Rows":[["x"]]},{"Columns":["B"],"Rows":[["y"]]}]}"#,
        "record 87 {\"A\":\"x\"}\nrecord 120 {\"B\":\"y\"}\nquery result (`tables`)",
    );
    for text in [
        r#"{"tables":[]}"#,
        r#"{"tables":null}"#,
        r#"{"tables":[{"name":"T","columns":[],"rows":[]}]}"#,
        r#"{"tables":[{"name":"T","columns":[{"name":"A"}],"rows":null}]}"#,
    ] {
        check(text, "query result (`tables`)");
    }
    let document = r#"{"tables":[{"columns":[{"name":"A"}],"rows":[[1],[2]]}]}"#;
    let found = frame(format!("{document}\n{document}{{\"a\":1}}").as_bytes(), 5);
    assert_eq!(found.matches("record ").count(), 5, "{found}");
}

#[test]
fn err_rows_that_do_not_fit_their_columns_are_told() {
    check(
        r#"{"tables":[{"columns":[{"name":"A"}],"rows":[[1,2],[],[3]]}]}"#,
        "damaged 45+5 a row of 2 cells in a table of 1 columns: [1,2]\ndamaged 51+2 a row of 0 cells in a table of 1 columns: []\nrecord 54 {\"A\":3}\nquery result (`tables`)",
    );
    check(
        r#"{"tables":[{"rows":[[1]],"name":"A"}]}"#,
        "damaged 20+3 a row of a table whose columns stand neither before its rows nor within 128 MiB behind their beginning: [1]\nquery result (`tables`)",
    );
    let found = frame(br#"{"tables":[{"columns":["A"],"rows":[[1],[2"x],[tru],[4]]}]}"#, 3);
    assert_eq!((found.matches("record ").count(), found.matches("damaged ").count()), (2, 1), "{found}");
    let found = frame(br#"{"tables":[{"columns":["A"],"rows":[[1],[2,"#, 3);
    assert!(found.starts_with("record 36 {\"A\":1}\ndamaged 40+2 cut off"), "{found}");
    assert!(found.ends_with("cut at 40"), "{found}");
}

#[test]
fn err_a_damaged_member_of_a_page_or_table_does_not_cost_what_follows() {
    let lines = |found: &str, kind: &str| found.lines().filter(|line| line.starts_with(kind)).count();
    let document = r#"{"tables":[{"columns":[{"name":"A"}],"rows":[[1]]}]}"#;
    let text = format!("{}\n{document}\n{EVENT}", document.replace(r#"{"name""#, r#"{name""#));
    let found = frame(text.as_bytes(), 16);
    assert_eq!((lines(&found, "record "), lines(&found, "damaged ")), (2, 1), "{found}");
    let text = format!("{{\"value\":[{EVENT}],\"x\":{{oops\n{EVENT}");
    let found = frame(text.as_bytes(), 16);
    assert_eq!((lines(&found, "record "), lines(&found, "damaged ")), (2, 1), "{found}");
}

#[test]
fn ok_a_context_is_that_of_a_page_or_of_one_record() {
    let contexts = |text: &str| {
        let mut framer = JsonFramer::new(text.as_bytes(), Units::Utf8, 0);
        let mut contexts = Vec::new();
        while let Some(item) = framer.next().unwrap() {
            let Item::Record { context, .. } = item else { panic!("{item:?}") };
            contexts.push(context.unwrap_or("-").to_owned());
        }
        contexts.join(" ")
    };
    let page = r#"{"@odata.context":"p","value":[{"a":1},{"@odata.context":"own","a":2},{"a":3}]}"#;
    assert_eq!(contexts(page), "p own p");
    assert_eq!(contexts("{\"a\":1}\n{\"@odata.context\":\"own\",\"a\":2}\n{\"a\":3}"), "- own -");
    assert_eq!(
        contexts("{\"@odata.context\":\"x\",\"a\":2}\n{\"@odata.context\":\"y\",\"a\":2}\n{\"a\":3}"),
        "x y -"
    );
    assert_eq!(contexts(r#"{"@odata.context":"p","value":{"a":1}}{"value":[{"a":1}]}"#), "p p");
}

#[test]
fn ok_a_page_may_hold_one_record_or_nothing() {
    check(
        r#"{"@odata.context":"c","value":{"a":1},"@odata.nextLink":"n"}{"value":{"b":{}}}"#,
        "record 30 {\"a\":1}\nrecord 69 {\"b\":{}}\npage (`value`)",
    );
    for text in [r#"{"value":null}"#, r#"{"@odata.context":"c","Count":0,"value":null}"#] {
        check(text, "page (`value`)");
    }
    check(r#"{"records":null}"#, "page (`records`)");
    check(r#"{"key":"k","value":null}"#, "record 0 {\"key\":\"k\",\"value\":null}\nobject");
    check(r#"{"key":"k","value":{}}"#, "record 0 {\"key\":\"k\",\"value\":{}}\nobject");
}

#[test]
fn ok_records_as_text_in_strings() {
    check(
        r#"["{\"Id\":\"1\",\"n\":{}}", "{\"Id\":\"\u00e9\\\"\"}"]"#,
        "record 1 {\"Id\":\"1\",\"n\":{}}\nrecord 28 {\"Id\":\"é\\\"\"}\narray, JSON text in strings",
    );
    check(
        "\"{\\\"Id\\\":1}\"\r\n\"{\\\"Id\\\":2\n\"{\\\"Id\\\":3}\"\n",
        "record 0 {\"Id\":1}\ndamaged 14+10 a string without its end: \"{\\\"Id\\\":2\nrecord 25 {\"Id\":3}\nJSON text in strings",
    );
    let deep = format!(r#"["{}1{}"]"#, "{\\\"a\\\":".repeat(100), "}".repeat(100));
    assert!(frame(deep.as_bytes(), 64).contains("nested 100 deep"));
    let found = frame(br#"["text", "{\"a\":", "{\"a\":\q}"]"#, 64);
    assert_eq!(found.matches("damaged ").count(), 3, "{found}");
    assert!(frame(br#"["{\"a\":1"#, 64).ends_with("cut at 1"));
}

#[test]
fn ok_pages_and_values_in_any_sequence() {
    for text in [
        r#"{"records":[{"a":1}]}⏎{"value":[{"a":2},{"a":3}]}"#,
        r#"[{"a":1},{"a":2}] , {"a":3}"#,
        r#"[{"a":1} ] [ {"a":2},{"a":3}]"#,
        r#"[[{"a":1}],[{"a":2},{"a":3}]]"#,
        "{\"a\":1}\u{feff}{\"a\":2}⏎\u{feff}⏎,{\"a\":3}\0\0\0",
        r#"{"value":[{"a":1}] {"value":[{"a":2}]}{"a":3}"#,
    ] {
        let found = frame(text.replace('⏎', "\r\n").as_bytes(), 5);
        assert_eq!((found.matches("record ").count(), found.matches("damaged").count()), (3, 0), "{found}");
    }
}

#[test]
fn err_a_cut_object_is_told_with_its_place() {
    assert!(frame(b"{\"a\":1}\n{\"a\":", 5).ends_with("cut at 8"));
    assert!(frame(br#"{"value":[{"a":1}]"#, 5).ends_with("cut at 18"));
}

#[test]
fn memory_is_let_go_of_while_a_long_array_is_read() {
    let rows = r#"[1,"xxxxxxxxxxxxxxxxxxxxxxxxxxxx"],"#.repeat(1 << 20);
    let records = r#"{"a":"xxxxxxxxxxxxxxxxxxxxxxxxxxxx"},"#.repeat(1 << 20);
    for text in [
        format!(r#"{{"tables":[{{"columns":["A","B"],"rows":[{rows}]}}]}}"#),
        format!(r#"{{"value":[{records}]}}{}"#, "\0".repeat(32 << 20)),
    ] {
        let mut framer = JsonFramer::new(text.as_bytes(), Units::Utf8, 0);
        let mut count = 0;
        while let Some(item) = framer.next().unwrap() {
            assert!(matches!(item, Item::Record { .. }));
            count += 1;
        }
        assert_eq!(count, 1 << 20);
        assert!(framer.window.buffer.capacity() < 4 << 20, "{}", framer.window.buffer.capacity());
    }
}

#[test]
fn ok_a_table_by_itself_and_rows_before_their_columns() {
    let kind = "query result (`columns`, `rows`)";
    check(
        r#"{"columns":[{"name":"A"}],"rows":[[1],[2]]}"#,
        &format!("record 34 {{\"A\":1}}\nrecord 38 {{\"A\":2}}\n{kind}"),
    );
    check(r#"{"name":"T","columns":["A"],"rows":[]} "#, kind);
    check(
        r#"{"rows":[["]",1]],"name":"T","columns":["A","B"]}"#,
        &format!("record 9 {{\"A\":\"]\",\"B\":1}}\n{kind}"),
    );
    check(
        r#"{"tables":[{"rows":[[1]],"columns":["A"]},{"rows":[[2]],"columns":["B"]}]}"#,
        "record 20 {\"A\":1}\nrecord 51 {\"B\":2}\nquery result (`tables`)",
    );
    check(
        r#"{"id":"1","columns":["A"],"rows":[[1]]}"#,
        "record 0 {\"id\":\"1\",\"columns\":[\"A\"],\"rows\":[[1]]}\nobject",
    );
    check(r#"{"columns":["A"],"x":1}"#, "record 0 {\"columns\":[\"A\"],\"x\":1}\nobject");
}

#[test]
fn ok_rows_of_a_summary_are_told_by_the_columns_and_the_first_row() {
    let text = r#"{"columns":["TimeGenerated","LoggedByService","OperationName","Events"],"rows":[["t","s","o",2],["t","s","o",null]]}"#;
    let kind = "rows of a summary of events, not events";
    check(text, &format!("foreign 80 {kind}\nforeign 96 {kind}\nquery result (`columns`, `rows`)"));
}

#[test]
fn ok_objects_behind_a_prefix_on_their_lines() {
    let line = format!("<14>Mar  1 00:00:00 host app[7]: {EVENT}");
    check(
        &format!("{line}\r\n{line}\n{EVENT}"),
        &format!(
            "record 33 {EVENT}\nrecord 139 {EVENT}\nrecord 211 {EVENT}\nobjects behind a prefix on their lines, several objects (NDJSON)"
        ),
    );
    let found = frame(format!("note: {{\"a\":1}}\n{EVENT}").as_bytes(), 7);
    assert!(found.contains("damaged 0+13 not JSON: note: {\"a\":1}\nrecord 14"), "{found}");
}

#[test]
fn ok_reading_goes_on_at_a_page_and_at_the_first_column_of_a_line() {
    let page = format!(r#"{{"value":[{EVENT}],"@odata.nextLink":"n"}}"#);
    let found = frame(format!("x\":1}}\n{page}").as_bytes(), 9);
    assert!(found.contains("record 16") && found.ends_with("page (`value`), next link"), "{found}");
    let user = r#"{"userPrincipalName":"u","mail":"m"}"#;
    let found = frame(format!("x\":1}}\n{user}\n{user}").as_bytes(), 9);
    assert_eq!(found.matches("record ").count(), 2, "{found}");
    let found = frame(format!("x\":1}},\n  {user}\n").as_bytes(), 9);
    assert_eq!(found.matches("record ").count(), 0, "an object inside of another: {found}");
}

#[test]
fn err_a_source_that_fails_ends_the_text_and_is_told_after_it() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("broken"))
        }
    }
    let text = format!("{EVENT}\n{{\"id\":");
    let mut framer = JsonFramer::new(text.as_bytes().chain(Failing), Units::Utf8, 0);
    assert!(matches!(framer.next(), Ok(Some(Item::Record { .. }))));
    assert!(matches!(framer.next(), Ok(Some(Item::Damaged { size: 6, .. }))));
    assert_eq!(framer.next().unwrap_err().to_string(), "broken");
}
