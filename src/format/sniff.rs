//! Whether a text is JSON, CSV, or nothing that can be read, told by its beginning.

use std::fmt;

use super::csv::{is_preamble, separator};
use super::decode::decoded;
use super::headers::{in_english, tidy};
use super::recognise::{Recognised, recognise};
use crate::schema::parse_time;

/// What a text is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sniffed {
    /// JSON values in any framing.
    Json,
    /// CSV with this delimiter.
    Csv {
        /// `,`, `;`, tab or `|`.
        delimiter: u8,
    },
    /// Nothing to read.
    Unusable(Unusable),
}

/// Why a text cannot be read.
#[derive(Debug, PartialEq, Eq, Clone)]
pub(crate) enum Unusable {
    /// No bytes, or nothing but white space, byte-order marks and NUL padding.
    Empty,
    /// A web page or other markup.
    Markup(String),
    /// Objects that PowerShell's `Export-Clixml` wrote.
    Clixml,
    /// A known kind of file that holds no text: its name, and what to do about it.
    Known(&'static str, &'static str),
    /// Bytes that are no text.
    Binary,
    /// CSV whose header is of no known download.
    UnknownCsv(String),
    /// Any other text.
    Text(String),
}

impl Unusable {
    /// Whether records may stand behind a beginning that is none.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self, Self::UnknownCsv(_) | Self::Text(_))
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty"),
            Self::Markup(begin) => {
                write!(f, "a saved web page or XML, not a log: begins with `{begin}`; download the log again")
            }
            Self::Clixml => f.write_str("PowerShell Clixml; export as JSON with `ConvertTo-Json -Depth 100`"),
            Self::Known(name, advice) => write!(f, "{name}, neither JSON nor CSV text; {advice}"),
            Self::Binary => f.write_str("binary, neither JSON nor CSV text"),
            Self::UnknownCsv(header) => write!(f, "CSV of an unknown kind: header `{header}`"),
            Self::Text(begin) => {
                write!(f, "text that is neither JSON nor a known CSV: begins with `{begin}`")
            }
        }
    }
}

/// How many of the first characters an explanation quotes.
const QUOTED_CHARS: usize = 60;
/// How many of an unknown header's characters an explanation quotes.
const HEADER_CHARS: usize = 160;
/// Delimiters of CSV, the usual ones first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Rows after the header that tell CSV of an unknown kind from text with commas.
const ROWS_LOOKED_AT: usize = 3;
/// Fewest columns of a CSV that is known by its header.
const COLUMNS_MIN: usize = 3;
/// A control character in so many tells that bytes are no text.
const CONTROLS_MAX: usize = 16;

/// Text of this length may go on behind its head.
const MANY_NULLS_BYTES: usize = 4 << 10;

const EXPORT: &str = "export its records as JSON or CSV";
const UNPACK: &str = "unpack it first";
/// First bytes of files that hold no text.
const MAGIC: &[(&[u8], &str, &str)] = &[
    (b"Obj\x01", "Avro (an Event Hubs capture)", EXPORT),
    (b"PAR1", "Parquet", EXPORT),
    (b"ElfFile\0", "a Windows event log (EVTX)", EXPORT),
    (b"SQLite format 3\0", "an SQLite database", EXPORT),
    (b"%PDF-", "PDF", "download the log itself"),
    (
        b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
        "an Office document (old Excel, Word or Outlook)",
        "save the sheet as CSV",
    ),
    (b"!BDN", "an Outlook data file (PST)", EXPORT),
    (b"7z\xBC\xAF\x27\x1C", "a 7-Zip archive", UNPACK),
    (b"Rar!\x1A\x07", "a RAR archive", UNPACK),
    (b"BZh9", "bzip2", UNPACK),
    (b"\xFD7zXZ\0", "xz", UNPACK),
    (b"\x28\xB5\x2F\xFD", "zstd", UNPACK),
];

/// Tells what the text that begins with `head` is.
pub(crate) fn sniff(head: &[u8]) -> Sniffed {
    if let Some((_, name, advice)) = MAGIC.iter().find(|(magic, ..)| head.starts_with(magic)) {
        return Sniffed::Unusable(Unusable::Known(name, advice));
    }
    let Some(begin) = head.iter().position(|byte| !is_blank(*byte)) else {
        return Sniffed::Unusable(Unusable::Empty);
    };
    let end = head.iter().rposition(|byte| *byte != 0).map_or(head.len(), |last| last + 1);
    let text = decoded(&head[begin..end]);
    if is_json(&text) {
        return Sniffed::Json;
    }
    if text.split_whitespace().all(|word| word == "null") {
        return Sniffed::Unusable(Unusable::Empty);
    }
    if text.starts_with("<Objs") || text.starts_with("#< CLIXML") {
        return Sniffed::Unusable(Unusable::Clixml);
    }
    if text.strip_prefix('<').is_some_and(|rest| rest.starts_with(|c: char| !c.is_ascii_digit())) {
        return Sniffed::Unusable(Unusable::Markup(quote(&text, QUOTED_CHARS)));
    }
    sniff_csv(&text, &String::from_utf8_lossy(&head[begin..end]))
}

/// Whether the text begins like JSON: with brackets, with a string that holds an object, or with what merging
/// collectors leave before either.
fn is_json(text: &str) -> bool {
    let blank = |c: char| c.is_ascii_whitespace() || matches!(c, '\u{FEFF}' | '\0');
    let mut rest = text;
    while let Some(more) = rest.strip_prefix("null").filter(|rest| rest.starts_with(blank)) {
        rest = more.trim_start_matches(|c: char| blank(c) || c == ',');
    }
    // Nothing but answers of nothing, and more of them: read, as empty lists are.
    if rest.is_empty() || rest.len() < text.len() && "null".starts_with(rest) {
        return text.len() > MANY_NULLS_BYTES;
    }
    let text = rest.trim_start_matches(|c: char| blank(c) || c == ',');
    let object = text.strip_prefix("\"{").map(|inside| {
        inside.trim_start_matches(blank).trim_start_matches("\\r").trim_start_matches("\\n").trim_start()
    });
    text.starts_with(['{', '[']) || object.is_some_and(|inside| inside.starts_with("\\\""))
}

/// Tells a text that is no JSON by its header, if it has one. In `bytes` what is no UTF-8 is replaced.
fn sniff_csv(text: &str, bytes: &str) -> Sniffed {
    let mut rest = text;
    let mut named = None;
    while is_preamble(rest.as_bytes()) {
        named = separator(rest.as_bytes()).or(named);
        let line = rest.find(['\r', '\n']).unwrap_or(rest.len());
        rest = rest[line..].trim_start_matches(['\r', '\n', '\0', '\u{FEFF}']);
    }
    let header = rest.split(['\r', '\n']).next().unwrap_or_default();
    let candidates = || named.into_iter().chain(DELIMITERS);
    if let Some(delimiter) = candidates().find(|delimiter| is_known(rest, *delimiter)) {
        return Sniffed::Csv { delimiter };
    }
    let controls =
        bytes.chars().take(4_096).filter(|c| *c == '\u{FFFD}' || c.is_control() && !c.is_whitespace());
    Sniffed::Unusable(if controls.count() > CONTROLS_MAX || bytes.starts_with('\u{FFFD}') {
        Unusable::Binary
    } else if candidates().any(|delimiter| is_table(&rows(rest, delimiter))) {
        Unusable::UnknownCsv(quote(header, HEADER_CHARS))
    } else {
        Unusable::Text(quote(text, QUOTED_CHARS))
    })
}

/// The delimiter with which the text begins with a known header.
pub(super) fn known_delimiter(text: &str) -> Option<u8> {
    DELIMITERS.into_iter().find(|delimiter| is_known(text, *delimiter))
}

/// Whether the text begins with a known header.
fn is_known(text: &str, delimiter: u8) -> bool {
    let rows = rows(text, delimiter);
    let Some(names) = rows.first().filter(|names| names.len() >= COLUMNS_MIN) else { return false };
    let time = rows.get(1).and_then(|row| row.first()).is_some_and(|cell| parse_time(cell).is_some());
    recognise(&in_english(names.clone(), time).0) != Recognised::Unknown
}

/// Whether these are a header and rows of a table: as many cells in each, and names in the first.
fn is_table(rows: &[Vec<String>]) -> bool {
    let Some((names, rows)) = rows.split_first() else { return false };
    let is_name = |name: &String| !name.is_empty() && name.split(' ').count() <= 6;
    match names.len() {
        0 | 1 => false,
        2 => !rows.is_empty() && names.iter().all(is_name) && rows.iter().all(|row| row.len() == 2),
        _ => names.iter().filter(|name| is_name(name)).count() >= COLUMNS_MIN,
    }
}

/// White space, NUL padding, and the bytes of a UTF-8 byte-order mark.
fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, 0 | 0xEF | 0xBB | 0xBF)
}

/// The first rows of CSV text, their cells tidied.
fn rows(text: &str, delimiter: u8) -> Vec<Vec<String>> {
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let rows = reader.records().take(1 + ROWS_LOOKED_AT).filter_map(Result::ok);
    rows.map(|row| row.iter().map(tidy).collect()).collect()
}

fn quote(text: &str, chars_max: usize) -> String {
    let line: String = text.chars().take(chars_max).map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_told_apart_by_their_beginning() {
        let unusable = |text: &[u8]| match sniff(text) {
            Sniffed::Unusable(why) => why.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(sniff(b"\xEF\xBB\xBF\r\n {\"value\":[]}"), Sniffed::Json);
        assert_eq!(
            sniff(b"\"Date (UTC)\",\"CorrelationId\",\"Activity\"\r\n"),
            Sniffed::Csv { delimiter: b',' }
        );
        assert_eq!(sniff(b"Date (UTC);CorrelationId;Activity\r\n"), Sniffed::Csv { delimiter: b';' });
        assert_eq!(unusable(b""), "empty");
        assert_eq!(unusable(b"\xEF\xBB\xBF\0\0"), "empty");
        assert_eq!(unusable(b"null\r\n"), "empty");
        assert!(unusable(b"<!DOCTYPE html><html>").contains("begins with `<!DOCTYPE html>"));
        assert!(
            unusable(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x01\x02\x03\x04\x05\x06\x07\x08\xff\xfe\xfd")
                .contains("binary")
        );
        assert!(unusable(b"a,b,c,d\n1,2,3,4").contains("CSV of an unknown kind"));
        assert!(unusable(b"hello there").contains("begins with `hello there`"));
    }

    #[test]
    fn files_that_hold_no_text_are_named() {
        let cases: &[(&[u8], &str)] = &[
            (b"Obj\x01\x04\x14avro.codec", "Avro (an Event Hubs capture)"),
            (b"PAR1\x15\x04", "Parquet"),
            (b"ElfFile\0\0\0", "a Windows event log"),
            (b"SQLite format 3\0\x10", "an SQLite database"),
            (b"%PDF-1.7", "PDF"),
            (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0", "an Office document"),
            (b"!BDN\0", "an Outlook data file"),
            (b"7z\xBC\xAF\x27\x1C\0", "a 7-Zip archive"),
            (
                b"<Objs Version=\"1.1.0.1\"",
                "PowerShell Clixml; export as JSON with `ConvertTo-Json -Depth 100`",
            ),
            (b"#< CLIXML\r\n<Objs", "PowerShell Clixml"),
            (b"<html>", "a saved web page"),
            (b"UserId,count_\r\nada,3\r\n", "CSV of an unknown kind: header `UserId,count_`"),
            (b"sep=;\r\nUserId;count_\r\nada;3\r\n", "CSV of an unknown kind: header `UserId;count_`"),
            (b"Dear Ada, I rang\r\nBob", "text that is neither"),
        ];
        for (text, expected) in cases {
            let Sniffed::Unusable(why) = sniff(text) else { panic!("{expected}") };
            assert!(why.to_string().starts_with(expected), "{why}");
        }
    }

    #[test]
    fn json_is_told_behind_what_collectors_leave() {
        for text in ["[]", "null\r\n[{}]", ",\r\n{}", "\"{\\\"Id\\\":1}\"", "\u{FEFF}\0 {"] {
            assert_eq!(sniff(text.as_bytes()), Sniffed::Json, "{text}");
        }
        assert_ne!(sniff(b"\"{Id}\",\"b\""), Sniffed::Json);
    }

    #[test]
    fn delimiters_are_told_by_the_header_or_by_excel() {
        let csv = |text: &str, expected: u8| {
            assert_eq!(sniff(text.as_bytes()), Sniffed::Csv { delimiter: expected }, "{text}");
        };
        for delimiter in DELIMITERS {
            let text = "Date (UTC),CorrelationId,Activity\n".replace(',', &char::from(delimiter).to_string());
            csv(&text, delimiter);
        }
        csv("sep=;\r\nDate (UTC);CorrelationId;Activity\r\n", b';');
        csv("\"sep=\t\"\r\nDate (UTC)\tCorrelationId\tActivity\r\n", b'\t');
        csv("sep=;\r\n#TYPE A.B\r\n\"Date (UTC)\",\"CorrelationId\",\"Activity\"\r\n", b',');
        csv("#TYPE A.B\rDate  (UTC) ,CorrelationId,Activity\r2026-03-02T00:00:00Z,a,b\r", b',');
        csv("\"\u{FEFF}Date (UTC)\",CorrelationId,Activity", b',');
        csv("Fecha (UTC),CorrelationId,Actividad", b',');
    }
}
