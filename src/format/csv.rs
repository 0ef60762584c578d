//! Cuts CSV into records: each row becomes the JSON object of its filled cells, keyed by the header.
//!
//! From here on a CSV row is a record like any other, and the object is the event's `raw` text. Only where rows end is
//! followed here, through quotes and line ends inside them; what is in a row is the `csv` crate's.

use std::collections::BTreeMap;
use std::io::{self, Read};

use super::offset::Units;
use super::window::Window;
use super::{DAMAGED_TEXT_MAX, Framer, Framing, Item, RECORD_BYTES_MAX};
use crate::schema::parse_time;

/// Longest time that a row begins with.
const TIME_BYTES_MAX: usize = 40;

/// Cuts a stream of UTF-8 CSV text into [`Item`]s.
#[derive(Debug)]
pub(crate) struct CsvFramer<R> {
    window: Window<R>,
    delimiter: u8,
    header: Vec<String>,
    /// The rows begin with a time, so that a lost quote can be told from a line end inside a cell.
    begins_with_time: bool,
    text: Vec<u8>,
    framing: Framing,
}

/// How a row ends.
enum RowEnd {
    /// With a line end, after this position.
    Line(usize),
    /// With the text; inside quotes or not.
    Text { is_quoted: bool },
    /// In the middle of a cell: at this position another row begins.
    NextRow(usize),
    /// Not within the length that is followed.
    TooLong(usize),
}

impl<R: Read> CsvFramer<R> {
    /// Reads `input` and its header line; a `#TYPE` line before it is passed over.
    ///
    /// # Errors
    ///
    /// A failure of the source.
    pub(crate) fn new(input: R, delimiter: u8, units: Units, bom_bytes: u64) -> io::Result<Self> {
        let mut framing = Framing::default();
        framing.saw("CSV");
        let mut framer = Self {
            window: Window::new(input, units, bom_bytes),
            delimiter,
            header: Vec::new(),
            begins_with_time: false,
            text: Vec::new(),
            framing,
        };
        while let Some(begin) = framer.skip_blank_lines()? {
            let end = match framer.row_end(begin)? {
                RowEnd::Line(end) | RowEnd::NextRow(end) | RowEnd::TooLong(end) => end,
                RowEnd::Text { .. } => framer.window.buffer.len(),
            };
            framer.window.start = end;
            let row = framer.cells(begin, end);
            if row.get(0).is_none_or(|cell| !cell.starts_with(b"#TYPE")) {
                framer.header = header_names(&row);
                break;
            }
        }
        if let Some(begin) = framer.skip_blank_lines()? {
            framer.begins_with_time = framer.is_row_begin(begin)?;
        }
        Ok(framer)
    }

    /// The columns, without blanks around them; a repeated one carries its number.
    pub(crate) fn header(&self) -> &[String] {
        &self.header
    }

    /// Moves on to the next line that has something in it; NUL padding is nothing.
    fn skip_blank_lines(&mut self) -> io::Result<Option<usize>> {
        self.window.release();
        loop {
            match self.window.byte(self.window.start)? {
                Some(b'\r' | b'\n' | 0) => self.window.start += 1,
                Some(_) => return Ok(Some(self.window.start)),
                None => return Ok(None),
            }
        }
    }

    /// Follows a row from its beginning.
    fn row_end(&mut self, begin: usize) -> io::Result<RowEnd> {
        let mut is_quoted = false;
        let mut at = begin;
        loop {
            match self.window.byte(at)? {
                None => return Ok(RowEnd::Text { is_quoted }),
                Some(b'"') => is_quoted = !is_quoted,
                Some(b'\n') if !is_quoted => return Ok(RowEnd::Line(at + 1)),
                Some(b'\n') if self.begins_with_time && self.is_row_begin(at + 1)? => {
                    return Ok(RowEnd::NextRow(at + 1));
                }
                Some(_) => {}
            }
            at += 1;
            if at - begin > 2 * RECORD_BYTES_MAX {
                return Ok(RowEnd::TooLong(at));
            }
        }
    }

    /// Whether the text here begins like a row: with a time and the delimiter.
    fn is_row_begin(&mut self, at: usize) -> io::Result<bool> {
        self.window.byte(at + TIME_BYTES_MAX)?;
        let text = &self.window.buffer[at.min(self.window.buffer.len())..];
        let text = &text[..text.len().min(TIME_BYTES_MAX)];
        let Some(end) = text.iter().position(|byte| *byte == self.delimiter) else { return Ok(false) };
        let cell = String::from_utf8_lossy(&text[..end]);
        Ok(parse_time(cell.trim_matches('"')).is_some())
    }

    fn cells(&self, begin: usize, end: usize) -> ::csv::ByteRecord {
        let mut reader = ::csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.delimiter)
            .from_reader(&self.window.buffer[begin..end]);
        let mut row = ::csv::ByteRecord::new();
        // Any bytes are some row to the reader, and reading memory does not fail.
        let _ = reader.read_byte_record(&mut row);
        row
    }

    fn damaged(&mut self, begin: usize, end: usize, reason: &str) -> Option<Item<'_>> {
        self.window.start = end;
        let offset = self.window.count_to(begin);
        let text = self.window.buffer[begin..end].trim_ascii_end();
        let kept = &text[..text.len().min(DAMAGED_TEXT_MAX)];
        Some(Item::Damaged { text: kept, size: text.len() as u64, offset, reason: reason.to_owned() })
    }

    /// Writes the row's filled cells as a JSON object. Cells beyond the header are kept under their number.
    fn write_object(&mut self, row: &::csv::ByteRecord) {
        self.text.clear();
        self.text.push(b'{');
        for (index, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            if self.text.len() > 1 {
                self.text.push(b',');
            }
            let beyond = (index >= self.header.len()).then(|| format!("column {}", index + 1));
            let name = beyond.as_deref().unwrap_or_else(|| &self.header[index]);
            for (text, after) in [(name, b":".as_slice()), (&String::from_utf8_lossy(cell), b"")] {
                serde_json::to_writer(&mut self.text, text).expect("writing text to memory does not fail");
                self.text.extend_from_slice(after);
            }
        }
        self.text.push(b'}');
    }
}

impl<R: Read> Framer for CsvFramer<R> {
    fn next(&mut self) -> io::Result<Option<Item<'_>>> {
        loop {
            let Some(begin) = self.skip_blank_lines()? else { return Ok(None) };
            let (end, is_last) = match self.row_end(begin)? {
                RowEnd::Line(end) => (end, false),
                RowEnd::Text { is_quoted: false } => (self.window.buffer.len(), true),
                RowEnd::Text { is_quoted: true } => {
                    let end = self.window.buffer.len();
                    self.framing.cut_at = Some(self.window.offset_of(begin));
                    return Ok(self.damaged(begin, end, "cut off: the text ends inside a quoted cell"));
                }
                RowEnd::NextRow(end) => {
                    return Ok(self.damaged(
                        begin,
                        end,
                        "a quote is not closed: the next row begins inside a cell",
                    ));
                }
                RowEnd::TooLong(end) => {
                    let limit = RECORD_BYTES_MAX >> 20;
                    return Ok(self.damaged(
                        begin,
                        end,
                        &format!("no end of the row within {} MiB", 2 * limit),
                    ));
                }
            };
            let row = self.cells(begin, end);
            if is_last && row.len() < self.header.len() {
                self.framing.cut_at = Some(self.window.offset_of(begin));
                return Ok(self.damaged(begin, end, "cut off: the text ends inside the row"));
            }
            self.window.start = end;
            if row.iter().all(|cell| cell.is_empty()) {
                continue;
            }
            if end - begin > RECORD_BYTES_MAX {
                let limit = RECORD_BYTES_MAX >> 20;
                return Ok(self.damaged(begin, end, &format!("a row of over {limit} MiB")));
            }
            self.write_object(&row);
            let offset = self.window.count_to(begin);
            return Ok(Some(Item::Record { text: &self.text, offset, is_in_bare_array: false }));
        }
    }

    fn framing(&self) -> &Framing {
        &self.framing
    }
}

fn header_names(row: &::csv::ByteRecord) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let name = |(index, cell): (usize, &[u8])| {
        let cell = String::from_utf8_lossy(cell);
        let name = cell.trim_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}' || c == '\0');
        let earlier = seen.entry(name.to_owned()).or_default();
        *earlier += 1;
        match (name, *earlier) {
            ("", _) => format!("column {}", index + 1),
            (name, 1) => name.to_owned(),
            (name, _) => format!("{name} ({})", index + 1),
        }
    };
    row.iter().enumerate().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<String> {
        let mut framer = CsvFramer::new(text.as_bytes(), b',', Units::Utf8, 0).unwrap();
        let mut rows = Vec::new();
        while let Some(item) = framer.next().unwrap() {
            match item {
                Item::Record { text, offset, .. } => {
                    rows.push(format!("{offset} {}", String::from_utf8_lossy(text)));
                }
                Item::Damaged { offset, reason, .. } => rows.push(format!("{offset} {reason}")),
            }
        }
        rows
    }

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
}
