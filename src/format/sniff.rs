//! Whether a text is JSON, CSV, or nothing that can be read, told by its beginning.

use std::fmt;

use super::recognise::{Recognised, recognise};

/// What a text is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sniffed {
    /// JSON values in any framing.
    Json,
    /// CSV with this delimiter.
    Csv {
        /// `,`, `;` or tab.
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
    /// Bytes that are no text.
    Binary,
    /// CSV whose header is of no known download.
    UnknownCsv(String),
    /// Any other text.
    Text(String),
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty"),
            Self::Markup(begin) => {
                write!(f, "a saved web page or XML, not a log: begins with `{begin}`; download the log again")
            }
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

/// Tells what the text that begins with `head` is.
pub(crate) fn sniff(head: &[u8]) -> Sniffed {
    let Some(begin) = head.iter().position(|byte| !is_blank(*byte)) else {
        return Sniffed::Unusable(Unusable::Empty);
    };
    let end = head.iter().rposition(|byte| *byte != 0).map_or(head.len(), |last| last + 1);
    let text = String::from_utf8_lossy(&head[begin..end]);
    match text.as_bytes()[0] {
        b'{' | b'[' => return Sniffed::Json,
        b'<' => return Sniffed::Unusable(Unusable::Markup(quote(&text))),
        _ if text.trim_end() == "null" => return Sniffed::Unusable(Unusable::Empty),
        _ => {}
    }
    let header = text.lines().find(|line| !line.starts_with("#TYPE")).unwrap_or_default();
    let known = [b',', b';', b'\t'].into_iter().find(|delimiter| {
        let cells = header_cells(header, *delimiter);
        cells.len() > 2 && recognise(&cells) != Recognised::Unknown
    });
    if let Some(delimiter) = known {
        return Sniffed::Csv { delimiter };
    }
    let controls =
        text.chars().take(4_096).filter(|c| *c == '\u{FFFD}' || c.is_control() && !c.is_whitespace());
    Sniffed::Unusable(if controls.count() > 16 || text.starts_with('\u{FFFD}') {
        Unusable::Binary
    } else if header.matches(',').count() > 2 {
        Unusable::UnknownCsv(quote(header))
    } else {
        Unusable::Text(quote(&text))
    })
}

/// White space, NUL padding, and the bytes of a UTF-8 byte-order mark.
fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, 0 | 0xEF | 0xBB | 0xBF)
}

fn header_cells(header: &str, delimiter: u8) -> Vec<String> {
    let mut reader =
        ::csv::ReaderBuilder::new().has_headers(false).delimiter(delimiter).from_reader(header.as_bytes());
    let cells = reader.records().next().and_then(Result::ok);
    cells.map(|cells| cells.iter().map(|cell| cell.trim().to_owned()).collect()).unwrap_or_default()
}

fn quote(text: &str) -> String {
    let line: String =
        text.chars().take(QUOTED_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect();
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
}
