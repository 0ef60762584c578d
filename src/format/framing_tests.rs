//! What holds of every text: generated ones, in every framing, cut anywhere, or no text at all.

use std::io::{self, Read};

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value};

use super::*;

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

/// A record's text, or the reason why there is none, each with its offset.
type Found = (u64, Result<String, String>);

/// Everything that a framer finds; it ends, and offsets never decrease.
fn all(framer: &mut dyn Framer, size: usize) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    while let Some(item) = framer.next().unwrap() {
        let (offset, what) = match item {
            Item::Record { text, offset, .. } => (offset, Ok(String::from_utf8_lossy(text).into_owned())),
            Item::Damaged { offset, reason, .. } => (offset, Err(reason)),
            Item::Foreign { kind, offset } => (offset, Err(kind.to_owned())),
        };
        assert!(found.last().is_none_or(|(before, _)| *before <= offset) && offset <= size as u64);
        found.push((offset, what));
        assert!(found.len() <= size, "more items than bytes");
    }
    found
}

fn json(text: &[u8], piece: usize) -> Vec<Found> {
    all(&mut JsonFramer::new(Trickle(text, piece), Units::Utf8, 0), text.len())
}

fn csv(text: &[u8], delimiter: u8, piece: usize) -> Vec<Found> {
    let input = Trickle(text, piece);
    all(&mut CsvFramer::new(input, delimiter, Units::Utf8, 0), text.len())
}

fn records(found: &[Found]) -> Vec<Value> {
    found.iter().filter_map(|(_, text)| Some(serde_json::from_str(text.as_ref().ok()?).unwrap())).collect()
}

/// Any bytes, or pieces of JSON and CSV in any order.
fn any_text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\n",
        "\r",
        "null",
        "1",
        "\"a\"",
        "\"value\":",
        "\"tables\":",
        "\"rows\":[",
        "\"columns\":[\"A\"],",
        "[[1]]",
        "{\"a\":1}",
        "\"{\\\"a\\\":1}\"",
        "\0",
        "\u{FEFF}",
        " ",
        "A,B,C\n",
        "Date (UTC),CorrelationId,Activity\n",
        "2026-03-02T00:00:00Z,",
        "sep=;\n",
        "#TYPE \n",
        "é",
    ]);
    let pieces = vec(piece, 0..60).prop_map(|pieces| pieces.concat().into_bytes());
    prop_oneof![vec(any::<u8>(), 0..400), pieces]
}

fn flat_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(Value::Null),
        any::<String>().prop_map(Value::from),
        prop::sample::select(vec!["]", "[", "} {", "\"", "\\", "],[", "{\"value\":[", "\u{FEFF}"])
            .prop_map(Value::from),
    ]
}

/// Flat objects; no key is one that a page has.
fn objects() -> impl Strategy<Value = Vec<Value>> {
    let object = vec(("k[a-z]{0,3}", flat_value()), 0..5)
        .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>()));
    vec(object, 0..8)
}

/// White space, marks, padding and what merging collectors leave.
fn gap() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![" ", "\r\n", "\t", "\u{FEFF}", "\0"]);
    vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

/// The objects in every framing; each text is complete.
fn framings(objects: &[Value], gap: &str, split: usize) -> Vec<String> {
    let texts: Vec<String> = objects.iter().map(Value::to_string).collect();
    let split = split.min(texts.len());
    let list = |texts: &[String]| texts.join(&format!("{gap},{gap}"));
    let (first, second) = (list(&texts[..split]), list(&texts[split..]));
    let strings: Vec<String> = texts.iter().map(|text| Value::from(text.as_str()).to_string()).collect();
    let page = |records: &str| {
        format!("{{\"@odata.context\":\"c\",{gap}\"value\":{gap}[{gap}{records}{gap}]{gap}}}")
    };
    vec![
        format!("{gap}[{gap}{}{gap}]{gap}", list(&texts)),
        page(&list(&texts)),
        format!("{{\"records\":[{}],\"@odata.nextLink\":\"n\"}}", list(&texts)),
        texts.iter().map(|text| format!("{text}\n")).collect(),
        texts.join(gap),
        format!("{}{gap}{}\n", page(&first), page(&second)),
        format!("[{first}{gap}]{gap}[{gap}{second}]"),
        format!("[{first}]{gap}{}", texts[split..].join(gap)),
        format!("[{}]", list(&strings)),
        strings.join("\n"),
    ]
}

proptest! {
    #[test]
    fn any_bytes_are_framed_without_panic_to_their_end(text in any_text(), piece in 1_usize..64) {
        json(&text, piece);
        for delimiter in [b',', b';'] {
            csv(&text, delimiter, piece);
        }
        sniff(&text);
        date_order::day_first(&text);
    }

    #[test]
    fn every_framing_yields_the_same_objects(
        objects in objects(), gap in gap(), split in 0_usize..8, piece in 1_usize..64,
    ) {
        for text in framings(&objects, &gap, split) {
            let found = json(text.as_bytes(), piece);
            prop_assert_eq!(&records(&found), &objects, "{}", text);
            prop_assert_eq!(found.len(), objects.len(), "{}", text);
        }
    }

    #[test]
    fn a_text_cut_anywhere_yields_the_first_of_its_objects(
        objects in objects(), gap in gap(), split in 0_usize..8, cut in any::<prop::sample::Index>(),
    ) {
        for text in framings(&objects, &gap, split) {
            let text = &text.as_bytes()[..cut.index(text.len() + 1)];
            let found = records(&json(text, 7));
            prop_assert_eq!(&found[..], &objects[..found.len().min(objects.len())]);
        }
    }

    #[test]
    fn rows_of_tables_yield_their_cells(rows in vec(vec(flat_value(), 3), 0..6), piece in 1_usize..64) {
        let text = serde_json::json!({"tables": [{"columns": [{"name": "A"}, {"name": "B"}, {"name": "C"}], "rows": rows}]});
        // Members are written in the order of their names: the columns first.
        let text = text.to_string();
        let object = |row: &Vec<Value>| {
            ["A", "B", "C"].into_iter().zip(row).filter(|(_, cell)| !cell.is_null())
                .map(|(name, cell)| (name.to_owned(), cell.clone())).collect::<Map<_, _>>()
        };
        let expected: Vec<Value> = rows.iter().map(|row| Value::Object(object(row))).collect();
        prop_assert_eq!(records(&json(text.as_bytes(), piece)), expected);
    }

    #[test]
    fn csv_yields_the_cells_that_the_csv_crate_wrote(
        rows in vec(vec("[ -~éж\r\n\t\"]{0,6}", 4), 0..8),
        delimiter in prop::sample::select(vec![b',', b';', b'\t', b'|']),
        ends_with_cr in any::<bool>(),
        piece in 1_usize..64,
        cut in any::<prop::sample::Index>(),
    ) {
        // A row without a filled cell is none, and a cell may look like the line `sep=;` or `#TYPE`.
        let rows: Vec<Vec<String>> = rows.into_iter().map(|mut row| { row[0].insert(0, '.'); row }).collect();
        let terminator = if ends_with_cr { ::csv::Terminator::Any(b'\r') } else { ::csv::Terminator::CRLF };
        let mut writer =
            ::csv::WriterBuilder::new().delimiter(delimiter).terminator(terminator).from_writer(Vec::new());
        let names = ["A", "B", "C", "D"];
        writer.write_record(names).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let text = writer.into_inner().unwrap();
        let object = |row: &Vec<String>| {
            names.into_iter().zip(row).filter(|(_, cell)| !cell.is_empty())
                .map(|(name, cell)| (name.to_owned(), Value::from(cell.as_str()))).collect::<Map<_, _>>()
        };
        let expected: Vec<Value> = rows.iter().map(|row| Value::Object(object(row))).collect();
        prop_assert_eq!(&records(&csv(&text, delimiter, piece)), &expected);

        // Cut behind the header, every row but the last is whole: nothing tells a short last cell from a cut one.
        let header = text.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(text.len());
        let cut = (header + 1 + cut.index(text.len() - header)).min(text.len());
        let found = records(&csv(&text[..cut], delimiter, piece));
        let whole = found.len().saturating_sub(1);
        prop_assert!(found.len() <= expected.len());
        prop_assert_eq!(&found[..whole], &expected[..whole]);
    }
}
