//! Cuts CSV into records: each row becomes the JSON object of its filled cells, keyed by the header.
//!
//! From here on a CSV row is a record like any other, and the object is the event's `raw` text. Only where rows end is
//! followed here, through quotes and line ends inside them; what is in a row is the `csv` crate's. A header that comes
//! again, where files were appended to each other, is no row; another known header names the columns from there on.

use std::io::{self, Read};

use memchr::{memchr, memchr3};

use super::decode::decoded;
use super::headers::{Language, distinct, in_english, tidy};
use super::offset::Units;
use super::recognise::{Recognised, foreign_table, recognise};
use super::window::Window;
use super::{DAMAGED_TEXT_MAX, Framer, Framing, Item, RECORD_BYTES_MAX};
use crate::schema::parse_time;

/// Longest time that a row begins with.
const TIME_BYTES_MAX: usize = 40;
/// How far the end of a row is looked for.
const ROW_BYTES_MAX: usize = 2 * RECORD_BYTES_MAX;
/// Longest name of a column, in a header that comes later than at the beginning.
const NAME_BYTES_MAX: usize = 128;
/// Fewest columns of such a header.
const NAMES_MIN: usize = 3;

/// Cuts a stream of UTF-8 CSV text into [`Item`]s.
#[derive(Debug)]
pub(crate) struct CsvFramer<R> {
    window: Window<R>,
    delimiter: u8,
    cells: Cells,
    /// The header as it is written, tidied.
    written: Vec<String>,
    header: Vec<String>,
    /// The header as keys of JSON, each with its colon.
    keys: Vec<Vec<u8>>,
    /// The rows begin with a time, so that a lost quote can be told from a line end inside a cell.
    begins_with_time: bool,
    /// What the rows are, if the columns tell that they are no events.
    foreign: Option<&'static str>,
    /// The row at hand as an object, or the beginning of one that is too long.
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
    /// Not before this position, behind which nothing is followed at a time; inside quotes or not.
    TooLong { at: usize, is_quoted: bool },
}

impl<R: Read> CsvFramer<R> {
    /// Reads `input` and its header line; `sep=` and `#TYPE` lines before it are passed over.
    pub(crate) fn new(input: R, delimiter: u8, units: Units, bom_bytes: u64) -> Self {
        let mut framer = Self {
            window: Window::new(input, units, bom_bytes),
            delimiter,
            cells: Cells::new(delimiter),
            written: Vec::new(),
            header: Vec::new(),
            keys: Vec::new(),
            begins_with_time: false,
            foreign: None,
            text: Vec::new(),
            framing: Framing::default(),
        };
        if let Some(begin) = framer.next_line() {
            let end = match framer.row_end(begin, false) {
                RowEnd::Line(end) | RowEnd::NextRow(end) | RowEnd::TooLong { at: end, .. } => end,
                RowEnd::Text { .. } => framer.window.buffer.len(),
            };
            framer.window.start = end;
            let names = names(framer.cells.read(&framer.window.buffer[begin..end]));
            let (header, language) = framer.understand(names.clone());
            framer.name_columns(names, header, language);
        }
        framer
    }

    /// What the rows are by the header, and by the first of them.
    pub(crate) fn recognised(&self) -> Recognised {
        self.foreign.map_or_else(|| recognise(&self.header), |kind| Recognised::Foreign(kind.into()))
    }

    /// The English names of a header whose first row comes next.
    fn understand(&mut self, names: Vec<String>) -> (Vec<String>, Language) {
        self.begins_with_time = match self.next_line() {
            Some(begin) => self.is_row_begin(begin),
            None => false,
        };
        in_english(names, self.begins_with_time)
    }

    fn name_columns(&mut self, written: Vec<String>, names: Vec<String>, language: Language) {
        self.framing.saw(match language {
            Language::AsWritten => "CSV",
            Language::Translated => "CSV, localised header",
            Language::ByPosition => "CSV, localised header (columns by position)",
        });
        self.written = written;
        self.header = distinct(names);
        self.keys = self.header.iter().map(|name| json_key(name)).collect();
        self.foreign = match self.next_line().map(|begin| (begin, self.row_end(begin, false))) {
            Some((begin, RowEnd::Line(end))) => {
                let row = self.cells.read(&self.window.buffer[begin..end]);
                let cells: Vec<_> = row.iter().map(decoded).collect();
                foreign_table(&self.header, cells.iter().map(AsRef::as_ref))
            }
            _ => foreign_table(&self.header, std::iter::empty()),
        };
    }

    /// Whether the row just read is a header again; if it is another known one, it names the columns from here on.
    fn is_header(&mut self) -> bool {
        if !may_be_header(&self.cells.row) {
            return false;
        }
        let names = names(&self.cells.row);
        if names == self.written {
            return true;
        }
        let before = self.begins_with_time;
        let (header, language) = self.understand(names.clone());
        if matches!(recognise(&header), Recognised::Event(_) | Recognised::Foreign(_)) {
            self.name_columns(names, header, language);
            return true;
        }
        self.begins_with_time = before;
        false
    }

    /// Moves on to the next line that has something in it: neither NUL padding nor byte-order marks are anything, and
    /// lines that only speak of the CSV itself are passed over.
    fn next_line(&mut self) -> Option<usize> {
        self.window.release();
        loop {
            self.window.skip(|byte| matches!(byte, b'\r' | b'\n' | 0))?;
            let begin = self.window.start;
            self.window.byte(begin + PREAMBLE_BYTES_MAX);
            let text = &self.window.buffer[begin..self.window.buffer.len().min(begin + PREAMBLE_BYTES_MAX)];
            if text.starts_with("\u{FEFF}".as_bytes()) {
                self.window.start += "\u{FEFF}".len();
            } else if is_preamble(text) {
                self.window.skip(|byte| !matches!(byte, b'\r' | b'\n'));
            } else {
                return Some(begin);
            }
        }
    }

    /// Follows a row from its beginning, or from inside a quoted cell. As in the `csv` crate, quotes open a cell only at its
    /// beginning.
    fn row_end(&mut self, begin: usize, mut is_quoted: bool) -> RowEnd {
        let mut at = begin;
        while at - begin <= ROW_BYTES_MAX {
            let rest = &self.window.buffer[at.min(self.window.buffer.len())..];
            let found = if is_quoted && !self.begins_with_time {
                memchr(b'"', rest)
            } else {
                memchr3(b'"', b'\r', b'\n', rest)
            };
            let Some(step) = found else {
                at = at.max(self.window.buffer.len());
                if !self.window.fill() {
                    return RowEnd::Text { is_quoted };
                }
                continue;
            };
            at += step;
            let byte = self.window.buffer[at];
            match byte {
                b'"' if !is_quoted => {
                    is_quoted = at == begin || self.window.buffer[at - 1] == self.delimiter;
                }
                b'"' if self.window.byte(at + 1) == Some(b'"') => at += 1,
                b'"' => is_quoted = false,
                _ if !is_quoted => return RowEnd::Line(at + 1),
                _ if self.is_row_begin(at + 1) => return RowEnd::NextRow(at + 1),
                _ => {}
            }
            at += 1;
        }
        RowEnd::TooLong { at: at.min(self.window.buffer.len()), is_quoted }
    }

    /// Goes past a row that is too long to be one, from where its end was given up: what is kept of it, and no more, stays
    /// in memory.
    fn long_row(&mut self, begin: usize, mut at: usize, mut is_quoted: bool) -> Item<'_> {
        let offset = self.window.count_to(begin);
        self.text.clear();
        self.text.extend_from_slice(&self.window.buffer[begin..at.min(begin + DAMAGED_TEXT_MAX)]);
        let mut size = at - begin;
        loop {
            self.window.start = at;
            self.window.release();
            let from = self.window.start;
            let end = self.row_end(from, is_quoted);
            let is_last = matches!(end, RowEnd::Text { .. });
            (at, is_quoted) = match end {
                RowEnd::Line(end) | RowEnd::NextRow(end) => (end, false),
                RowEnd::TooLong { at, is_quoted } => (at, is_quoted),
                RowEnd::Text { is_quoted } => (self.window.buffer.len(), is_quoted),
            };
            size += at - from;
            if is_last && is_quoted {
                self.framing.cut_at = Some(offset);
            }
            if is_last || !matches!(end, RowEnd::TooLong { .. }) {
                break;
            }
        }
        self.window.start = at;
        let reason = format!("a row of over {} MiB", ROW_BYTES_MAX >> 20);
        Item::Damaged { text: &self.text, size: size as u64, offset, reason }
    }

    /// Whether the text here begins like a row: with a time and the delimiter.
    fn is_row_begin(&mut self, at: usize) -> bool {
        self.window.byte(at + TIME_BYTES_MAX);
        let text = &self.window.buffer[at.min(self.window.buffer.len())..];
        let text = &text[..text.len().min(TIME_BYTES_MAX)];
        let Some(end) = text.iter().position(|byte| *byte == self.delimiter) else { return false };
        let cell = String::from_utf8_lossy(&text[..end]);
        if cell.contains(['\r', '\n']) {
            return false;
        }
        parse_time(cell.trim_matches('"')).is_some()
    }

    fn damaged(&mut self, begin: usize, end: usize, reason: &str) -> Option<Item<'_>> {
        self.window.start = end;
        let offset = self.window.count_to(begin);
        let text = self.window.buffer[begin..end].trim_ascii_end();
        let kept = &text[..text.len().min(DAMAGED_TEXT_MAX)];
        Some(Item::Damaged { text: kept, size: text.len() as u64, offset, reason: reason.to_owned() })
    }

    /// Writes the row's filled cells as a JSON object. Cells beyond the header are kept under their number.
    fn write_object(&mut self) {
        self.text.clear();
        self.text.push(b'{');
        for (index, cell) in self.cells.row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            if self.text.len() > 1 {
                self.text.push(b',');
            }
            match self.keys.get(index) {
                Some(key) => self.text.extend_from_slice(key),
                None => self.text.extend(json_key(&format!("column {}", index + 1))),
            }
            write_string(cell, &mut self.text);
        }
        self.text.push(b'}');
    }
}

impl<R: Read> Framer for CsvFramer<R> {
    fn next(&mut self) -> io::Result<Option<Item<'_>>> {
        loop {
            let Some(begin) = self.next_line() else {
                self.window.end()?;
                return Ok(None);
            };
            let (end, is_last) = match self.row_end(begin, false) {
                RowEnd::Line(end) => (end, false),
                RowEnd::Text { is_quoted: false } => (self.window.buffer.len(), true),
                RowEnd::Text { is_quoted: true } => {
                    let end = self.window.buffer.len();
                    self.framing.cut_at = Some(self.window.offset_of(begin));
                    return Ok(self.damaged(begin, end, "cut off: the text ends inside a quoted cell"));
                }
                RowEnd::NextRow(end) => {
                    let reason = "a quote is not closed: the next row begins inside a cell";
                    return Ok(self.damaged(begin, end, reason));
                }
                RowEnd::TooLong { at, is_quoted } => return Ok(Some(self.long_row(begin, at, is_quoted))),
            };
            let columns = self.cells.read(&self.window.buffer[begin..end]).len();
            if is_last && (columns < self.header.len() || self.window.is_broken_off()) {
                self.framing.cut_at = Some(self.window.offset_of(begin));
                return Ok(self.damaged(begin, end, "cut off: the text ends inside the row"));
            }
            if end - begin > RECORD_BYTES_MAX {
                let reason = format!("a row of over {} MiB", RECORD_BYTES_MAX >> 20);
                return Ok(self.damaged(begin, end, &reason));
            }
            self.window.start = end;
            if self.cells.row.iter().all(<[u8]>::is_empty) {
                continue;
            }
            let offset = self.window.count_to(begin);
            if self.is_header() {
                continue;
            }
            if let Some(kind) = self.foreign {
                return Ok(Some(Item::Foreign { kind, offset }));
            }
            self.write_object();
            return Ok(Some(Item::Record {
                text: &self.text,
                offset,
                is_in_bare_array: false,
                is_row: true,
                context: None,
            }));
        }
    }

    fn framing(&self) -> &Framing {
        &self.framing
    }
}

/// Why writing JSON cannot fail.
const IN_MEMORY: &str = "writing text to memory does not fail";
/// Length of what a line that only speaks of the CSV is told by.
const PREAMBLE_BYTES_MAX: usize = 12;

/// Whether the line here is Excel's `sep=;`, or the `#TYPE` line that PowerShell writes before the header.
pub(super) fn is_preamble(text: &[u8]) -> bool {
    separator(text).is_some() || text.strip_prefix(b"\"").unwrap_or(text).starts_with(b"#TYPE ")
}

/// The delimiter that a line `sep=;` names.
pub(super) fn separator(text: &[u8]) -> Option<u8> {
    let line = &text[..text.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(text.len())];
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    match line {
        [word @ .., delimiter] if word.eq_ignore_ascii_case(b"sep=") && delimiter.is_ascii() => {
            Some(*delimiter)
        }
        _ => None,
    }
}

/// The cells of a header, tidied.
fn names(row: &::csv::ByteRecord) -> Vec<String> {
    row.iter().map(|cell| tidy(&decoded(cell))).collect()
}

/// Whether a row may name columns: every cell is filled and short, and none begins with a digit, as a time does.
fn may_be_header(row: &::csv::ByteRecord) -> bool {
    let is_name = |cell: &[u8]| {
        cell.len() <= NAME_BYTES_MAX && cell.first().is_some_and(|first| !first.is_ascii_digit())
    };
    row.len() >= NAMES_MIN && row.iter().all(is_name)
}

/// Writes a cell as a JSON string. Bytes that are no UTF-8 stay, as in JSON that was saved so: the record is decoded when it
/// is read.
fn write_string(cell: &[u8], out: &mut Vec<u8>) {
    if let Ok(text) = std::str::from_utf8(cell) {
        serde_json::to_writer(out, text).expect(IN_MEMORY);
        return;
    }
    out.push(b'"');
    for chunk in cell.utf8_chunks() {
        let text = serde_json::to_vec(chunk.valid()).expect(IN_MEMORY);
        out.extend_from_slice(&text[1..text.len() - 1]);
        out.extend_from_slice(chunk.invalid());
    }
    out.push(b'"');
}

/// A name as a JSON key with its colon.
fn json_key(name: &str) -> Vec<u8> {
    let mut key = serde_json::to_vec(name).expect(IN_MEMORY);
    key.push(b':');
    key
}

/// Takes rows apart, one by one, with one reader: making one costs more than a row.
#[derive(Debug)]
struct Cells {
    reader: ::csv::Reader<Feed>,
    row: ::csv::ByteRecord,
    delimiter: u8,
}

/// The row that is taken apart.
#[derive(Debug, Default)]
struct Feed {
    text: Vec<u8>,
    read: usize,
}

impl Read for Feed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut rest = &self.text[self.read..];
        let size = rest.read(into)?;
        self.read += size;
        Ok(size)
    }
}

impl Cells {
    fn new(delimiter: u8) -> Self {
        Self { reader: Self::reader(delimiter), row: ::csv::ByteRecord::new(), delimiter }
    }

    fn reader(delimiter: u8) -> ::csv::Reader<Feed> {
        ::csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(Feed::default())
    }

    /// The cells of one row; its line end and NUL padding behind it are not part of the last cell.
    fn read(&mut self, text: &[u8]) -> &::csv::ByteRecord {
        let length = text.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let text = text[..length].strip_suffix(b"\n").unwrap_or(&text[..length]);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let feed = self.reader.get_mut();
        feed.text.clear();
        feed.read = 0;
        feed.text.extend_from_slice(text);
        // The line end completes the row without a look at what follows it.
        feed.text.push(b'\n');
        // Any bytes are some row to the reader, and reading memory does not fail.
        let _ = self.reader.read_byte_record(&mut self.row);
        if self.reader.is_done() {
            self.reader = Self::reader(self.delimiter);
        }
        &self.row
    }
}

#[cfg(test)]
#[path = "csv_tests.rs"]
mod tests;
