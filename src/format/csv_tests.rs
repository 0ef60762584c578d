//! Rows, headers and what damage does to them.

use super::*;

fn frame(text: &str, delimiter: u8) -> (Vec<String>, Framing) {
    let mut framer = CsvFramer::new(text.as_bytes(), delimiter, Units::Utf8, 0);
    let mut rows = Vec::new();
    while let Some(item) = framer.next().unwrap() {
        match item {
            Item::Record { text, offset, .. } => {
                rows.push(format!("{offset} {}", String::from_utf8_lossy(text)));
            }
            Item::Damaged { offset, reason, .. } => rows.push(format!("{offset} {reason}")),
            Item::Foreign { kind, offset } => rows.push(format!("{offset} {kind}")),
        }
    }
    (rows, framer.framing().clone())
}

fn rows(text: &str) -> Vec<String> {
    frame(text, b',').0
}

const AUDIT: &str = "Date (UTC),CorrelationId,Activity";
const TIME: &str = "2026-03-02T00:00:00Z";

#[test]
fn rows_become_objects_of_their_filled_cells() {
    assert_eq!(
        rows("\"A \",B,A,\r\n1,\"x\r\n\"\"y\"\"\",3\r\n,,\r\n4,,,5,6\r\n"),
        [r#"11 {"A":"1","B":"x\r\n\"y\"","A (3)":"3"}"#, r#"31 {"A":"4","column 4":"5","column 5":"6"}"#]
    );
}

#[test]
fn a_type_line_before_the_header_is_passed_over() {
    assert_eq!(rows("#TYPE System.Object\r\nA\r\n1\r\n"), [r#"24 {"A":"1"}"#]);
}

#[test]
fn err_a_lost_quote_costs_one_row() {
    let text = "D,A\n2026-03-02T00:00:00Z,\"x\n2026-03-03T00:00:00Z,y\n2026-03-04T00:00:00Z,\"z\n\"\n";
    assert_eq!(
        rows(text),
        [
            "4 a quote is not closed: the next row begins inside a cell",
            r#"28 {"D":"2026-03-03T00:00:00Z","A":"y"}"#,
            r#"51 {"D":"2026-03-04T00:00:00Z","A":"z\n"}"#
        ]
    );
}

#[test]
fn err_a_cut_row_is_told() {
    assert_eq!(rows("A,B\n1,2\n3")[1], "8 cut off: the text ends inside the row");
    assert_eq!(rows("A,B\n1,2\n3,\"4")[1], "8 cut off: the text ends inside a quoted cell");
    assert_eq!(rows("A,B\n1,2\n3,4").len(), 2);
}

#[test]
fn ok_every_line_end_and_nul_padding() {
    for end in ["\n", "\r\n", "\r"] {
        let text = "A,B\n1,2\n3,4\n".replace('\n', end) + "\0\0\0";
        let found: Vec<_> = rows(&text).iter().map(|row| row.split_once(' ').unwrap().1.to_owned()).collect();
        assert_eq!(found, [r#"{"A":"1","B":"2"}"#, r#"{"A":"3","B":"4"}"#], "{end:?}");
    }
    assert_eq!(rows("A,B\n1,2\0\0"), [r#"4 {"A":"1","B":"2"}"#]);
}

#[test]
fn ok_every_delimiter_and_excels_line_that_names_it() {
    for delimiter in [b',', b';', b'\t', b'|'] {
        let separator = char::from(delimiter);
        let text = format!("sep={separator}\r\nA{separator}\"B\"\r\n1{separator}\",;\t|\"\r\n");
        let (rows, framing) = frame(&text, delimiter);
        assert_eq!(rows, [r#"14 {"A":"1","B":",;\t|"}"#]);
        assert_eq!(framing.name(), "CSV");
    }
}

#[test]
fn ok_names_padded_repeated_quoted_or_behind_a_mark() {
    assert_eq!(
        rows("\"\u{FEFF}Application ID \",Autonomous system  number,X,X\n1,2,3,4\n"),
        [r#"51 {"Application ID":"1","Autonomous system number":"2","X":"3","X (4)":"4"}"#]
    );
    assert_eq!(rows("\u{FEFF}\"A\"\n1\n"), [r#"7 {"A":"1"}"#]);
}

#[test]
fn ok_a_quote_inside_a_cell_opens_nothing() {
    assert_eq!(
        rows("A,B\n5\" disk,x\n\"a\"b\",y\n"),
        [r#"4 {"A":"5\" disk","B":"x"}"#, r#"14 {"A":"ab\"","B":"y"}"#]
    );
}

#[test]
fn ok_files_appended_to_each_other() {
    let text = format!(
        "#TYPE A.B\r\n{AUDIT}\r\n{TIME},c,Add\r\n\u{FEFF}#TYPE A.B\r\n\"Date (UTC)\",CorrelationId,Activity\r\n\u{FEFF}{TIME},d,Add\r\n"
    );
    let found: Vec<_> = rows(&text).iter().map(|row| row.split_once(' ').unwrap().1.to_owned()).collect();
    let row = |id: &str| format!(r#"{{"Date (UTC)":"{TIME}","CorrelationId":"{id}","Activity":"Add"}}"#);
    assert_eq!(found, [row("c"), row("d")]);
}

#[test]
fn ok_another_known_header_names_the_columns_from_there_on() {
    let text = format!("{AUDIT}\n{TIME},c,Add\nActivity,Date (UTC),Target1Type\nAdd,{TIME},User\na,b,c\n");
    let found: Vec<_> = rows(&text).iter().map(|row| row.split_once(' ').unwrap().1.to_owned()).collect();
    assert_eq!(
        found,
        [
            format!(r#"{{"Date (UTC)":"{TIME}","CorrelationId":"c","Activity":"Add"}}"#),
            format!(r#"{{"Activity":"Add","Date (UTC)":"{TIME}","Target1Type":"User"}}"#),
            r#"{"Activity":"a","Date (UTC)":"b","Target1Type":"c"}"#.to_owned(),
        ]
    );
}

#[test]
fn ok_localised_headers_become_english_and_are_told() {
    let text = format!("Fecha (UTC),CorrelationId,Actividad,Otra\n{TIME},c,Add,x\n");
    let (rows, framing) = frame(&text, b',');
    assert_eq!(
        rows,
        [format!(r#"41 {{"Date (UTC)":"{TIME}","CorrelationId":"c","Activity":"Add","Otra":"x"}}"#)]
    );
    assert_eq!(framing.name(), "CSV, localised header");

    let names = super::super::headers::audit_layout();
    let foreign: Vec<_> =
        names.iter().map(|name| name.replace(|c: char| c.is_ascii_alphabetic(), "ж")).collect();
    let cells: Vec<_> =
        (0..names.len()).map(|n| if n == 0 { TIME.to_owned() } else { n.to_string() }).collect();
    let (rows, framing) = frame(&format!("{}\n{}\n", foreign.join(";"), cells.join(";")), b';');
    assert!(rows[0].contains(r#""Activity":"4""#) && rows[0].contains(r#""AdditionalDetail6Value":"85""#));
    assert_eq!(framing.name(), "CSV, localised header (columns by position)");
}

#[test]
fn ok_a_text_without_rows_has_none() {
    for text in ["", "\0\0", "A,B", "sep=;", "#TYPE A.B\r\n", "A,B\r\n,\r\n"] {
        assert_eq!(rows(text), [""; 0], "{text}");
    }
}

#[test]
fn memory_is_let_go_of_while_much_padding_is_passed_over() {
    let text = b"A,B\n1,2\n".chain(io::repeat(0).take(64 << 20)).chain(&b"3,4\n"[..]);
    let mut framer = CsvFramer::new(text, b',', Units::Utf8, 0);
    let mut found = Vec::new();
    while let Some(item) = framer.next().unwrap() {
        let Item::Record { offset, .. } = item else { panic!("{item:?}") };
        found.push(offset);
    }
    assert_eq!(found, [4, 8 + (64 << 20)]);
    assert!(framer.window.buffer.capacity() < 2 << 20);
}

#[test]
fn err_a_row_that_is_too_long_is_one_damage_and_the_rows_behind_it_stay() {
    let long = format!("2,\"{}\"\n", "B\r\n\"\"".repeat(10 << 20));
    let text = format!("A,B\n1,\"x\"\n{long}3,4\n");
    let mut framer = CsvFramer::new(text.as_bytes(), b',', Units::Utf8, 0);
    let mut found = Vec::new();
    while let Some(item) = framer.next().unwrap() {
        found.push(match item {
            Item::Record { text, offset, .. } => format!("{offset} {}", String::from_utf8_lossy(text)),
            Item::Damaged { text, size, offset, reason } => {
                assert_eq!((size, text.len()), (long.len() as u64, DAMAGED_TEXT_MAX));
                format!("{offset} {reason}")
            }
            Item::Foreign { .. } => panic!("{item:?}"),
        });
    }
    let third = 10 + long.len();
    assert_eq!(
        found,
        [
            r#"4 {"A":"1","B":"x"}"#.to_owned(),
            "10 a row of over 32 MiB".to_owned(),
            format!(r#"{third} {{"A":"3","B":"4"}}"#),
        ]
    );
    assert!(framer.window.buffer.capacity() < 80 << 20);
    assert_eq!(frame(&format!("A,B\n1,\"{}", "x\n".repeat(20 << 20)), b',').1.cut_at, Some(4));
}

#[test]
fn ok_rows_of_a_summary_are_told_by_the_header_and_the_first_row() {
    let kind = "rows of a summary of events, not events";
    let header = "TimeGenerated,UserPrincipalName,AppDisplayName,ResultType";
    for (column, first, second) in [("Attempts", "", "2"), ("Logins", "2", "")] {
        let text = format!("{header},{column}\n{TIME},u,a,0,{first}\n{TIME},u,a,0,{second}\n");
        assert!(rows(&text).iter().all(|row| row.ends_with(kind)), "{:?}", rows(&text));
    }
    for text in [
        format!("{header}\n{TIME},u,a,0\n"),
        format!("{header},CorrelationId,Attempts\n{TIME},u,a,0,c,3\n"),
        format!("{header},Country\n{TIME},u,a,0,NL\n"),
    ] {
        assert!(rows(&text)[0].contains("UserPrincipalName"), "{:?}", rows(&text));
    }
}

#[test]
fn ok_a_cell_that_ends_with_a_line_end_before_a_row_that_begins_with_a_time() {
    let text = format!("T,B,C\n{TIME},1,\"x\r\n\"\r\n{TIME},2,\"y\"\r\n");
    assert_eq!(
        rows(&text),
        [
            format!(r#"6 {{"T":"{TIME}","B":"1","C":"x\r\n"}}"#),
            format!(r#"36 {{"T":"{TIME}","B":"2","C":"y"}}"#)
        ]
    );
}
