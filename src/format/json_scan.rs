//! Follows one JSON value to its end, by its strings and brackets alone, and tells pages from records.

use std::io::Read;
use std::ops::Range;

use memchr::memchr3;

use super::SCAN_BYTES_MAX;
use super::json::JsonFramer;

/// Brackets inside brackets beyond which the text is taken for damaged.
const BRACKETS_MAX: usize = 1_024;
/// Keys that an event has and a page has not.
const EVENT_KEYS: &[&[u8]] =
    &[b"id", b"activity", b"activityDisplayName", b"activityDate", b"activityDateTime", b"category"];
/// Keys of a page beside those of OData.
const PAGE_KEYS: &[&[u8]] = &[b"count", b"nextLink"];

/// What a page holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// An array of records.
    Records,
    /// One record.
    One,
    /// An array of tables.
    Tables,
    /// Columns and rows: it is a table itself.
    Table,
    /// `null`.
    Nothing,
}

/// How the scan of one value ended.
#[derive(Debug)]
pub(super) enum Scan {
    /// The value ends before this position; it is nested this deep.
    End(usize, usize),
    /// The value is a page: what it holds begins at this position, or it holds nothing and ends there.
    Page(usize, Holds, &'static str),
    /// The text makes no sense at this position.
    Damage(usize),
    /// The text ends inside the value.
    Cut,
    /// The value is longer than is followed.
    TooLong,
}

impl<R: Read> JsonFramer<R> {
    /// Follows an object; if it is a page, only up to its records.
    pub(super) fn scan_object(&mut self, at: usize) -> Scan {
        let mut deepest = 1;
        let mut i = at + 1;
        let mut has_next_link = false;
        let mut is_event = false;
        let mut has_page_keys_only = true;
        let mut null_page = None;
        let mut has_columns = false;
        loop {
            i = match self.skip_blank_from(i) {
                Some((i, b'}')) => {
                    return match null_page.filter(|_| has_page_keys_only && !is_event) {
                        Some(kind) => {
                            self.framing.next_link = has_next_link;
                            Scan::Page(i + 1, Holds::Nothing, kind)
                        }
                        None => Scan::End(i + 1, deepest),
                    };
                }
                Some((i, b',')) => i + 1,
                Some((key_at, b'"')) => {
                    let (key, value) = match self.member(key_at) {
                        Ok(member) => member,
                        Err(scan) => return scan,
                    };
                    is_event |= EVENT_KEYS
                        .iter()
                        .any(|name| self.window.buffer[key.clone()].eq_ignore_ascii_case(name));
                    match self.page_kind(key.clone(), value).filter(|_| !is_event) {
                        Some((Holds::Nothing, kind)) => null_page = Some(kind),
                        Some((Holds::One, kind)) if has_page_keys_only => {
                            self.framing.next_link = has_next_link;
                            return Scan::Page(value, Holds::One, kind);
                        }
                        Some((holds @ (Holds::Records | Holds::Tables), kind)) => {
                            self.framing.next_link = has_next_link;
                            return Scan::Page(value + 1, holds, kind);
                        }
                        _ => has_page_keys_only &= is_page_key(&self.window.buffer[key.clone()]),
                    }
                    if !is_event && self.is_table(key.clone(), value, &mut has_columns) {
                        return Scan::Page(at + 1, Holds::Table, "query result (`columns`, `rows`)");
                    }
                    let (end, depth) = match self.scan_any(value) {
                        Scan::End(end, depth) => (end, depth),
                        other => return other,
                    };
                    if self.window.buffer[key_at + 1] == b'@' || self.window.buffer[key_at + 1] == b'o' {
                        has_next_link |= self.page_fact(key, value..end);
                    }
                    deepest = deepest.max(depth + 1);
                    end
                }
                Some((i, _)) => return Scan::Damage(i),
                None => return Scan::Cut,
            };
            if i - at > SCAN_BYTES_MAX {
                return Scan::TooLong;
            }
        }
    }

    /// Whether this member makes its object a table: rows that are arrays, before or behind an array of columns.
    fn is_table(&mut self, key: Range<usize>, value: usize, has_columns: &mut bool) -> bool {
        if self.window.buffer[value] != b'[' {
            return false;
        }
        let first = self.skip_blank_from(value + 1).map(|(_, byte)| byte);
        let key = &self.window.buffer[key];
        if key.eq_ignore_ascii_case(b"columns") {
            *has_columns = matches!(first, Some(b'{' | b'"' | b']'));
        }
        key.eq_ignore_ascii_case(b"rows") && (first == Some(b'[') || *has_columns && first == Some(b']'))
    }

    /// Looks for the columns of a table behind its rows, which begin at `rows`; nothing is passed over.
    pub(super) fn columns_behind(&mut self, rows: usize) -> Option<Range<usize>> {
        let mut end = match self.scan_any(rows) {
            Scan::End(end, _) => end,
            _ => return None,
        };
        loop {
            let (comma, byte) = self.skip_blank_from(end)?;
            let (at, quote) = self.skip_blank_from(comma + 1)?;
            if (byte, quote) != (b',', b'"') {
                return None;
            }
            let (key, value) = self.member(at).ok()?;
            end = match self.scan_any(value) {
                Scan::End(end, _) => end,
                _ => return None,
            };
            if self.window.buffer[key].eq_ignore_ascii_case(b"columns") {
                return Some(value..end);
            }
        }
    }

    /// Whether this member of an object is what a page holds.
    fn page_kind(&self, key: Range<usize>, value: usize) -> Option<(Holds, &'static str)> {
        let key = &self.window.buffer[key];
        let kinds = [
            ("value", Holds::Records, "page (`value`)"),
            ("records", Holds::Records, "page (`records`)"),
            ("tables", Holds::Tables, "query result (`tables`)"),
        ];
        let (_, holds, kind) =
            kinds.into_iter().find(|(name, ..)| key.eq_ignore_ascii_case(name.as_bytes()))?;
        match self.window.buffer[value] {
            b'[' => Some((holds, kind)),
            b'{' if holds == Holds::Records => Some((Holds::One, kind)),
            b'n' => Some((Holds::Nothing, kind)),
            _ => None,
        }
    }

    /// The key at `at` without its quotes, and where its value begins; else how the scan ended.
    pub(super) fn member(&mut self, at: usize) -> Result<(Range<usize>, usize), Scan> {
        let end = match self.scan_string(at) {
            Scan::End(end, _) => end,
            other => return Err(other),
        };
        let value = match self.skip_blank_from(end) {
            Some((colon, b':')) => self.skip_blank_from(colon + 1),
            Some((other, _)) => return Err(Scan::Damage(other)),
            None => None,
        };
        value.map(|(value, _)| (at + 1..end - 1, value)).ok_or(Scan::Cut)
    }

    /// Follows a value of any kind.
    pub(super) fn scan_any(&mut self, at: usize) -> Scan {
        match self.window.buffer[at] {
            b'"' => self.scan_string(at),
            b'{' | b'[' => self.scan_brackets(at),
            byte if is_bare(byte) => {
                let mut i = at;
                loop {
                    match self.window.byte(i) {
                        Some(byte) if is_bare(byte) => i += 1,
                        None if !self.levels.is_empty() => return Scan::Cut,
                        _ => return Scan::End(i, 0),
                    }
                }
            }
            _ => Scan::Damage(at),
        }
    }

    /// Follows a string from its opening quote. A line end inside it is damage: JSON escapes it.
    pub(super) fn scan_string(&mut self, at: usize) -> Scan {
        let mut i = at + 1;
        loop {
            match memchr3(b'"', b'\\', b'\n', &self.window.buffer[i.min(self.window.buffer.len())..]) {
                Some(step) => match self.window.buffer[i + step] {
                    b'"' => return Scan::End(i + step + 1, 0),
                    b'\\' => i += step + 2,
                    _ => return Scan::Damage(i + step),
                },
                None => {
                    i = i.max(self.window.buffer.len());
                    if i - at > SCAN_BYTES_MAX {
                        return Scan::TooLong;
                    }
                    if !self.window.fill() {
                        return Scan::Cut;
                    }
                }
            }
        }
    }

    /// Follows an object or array to its end.
    pub(super) fn scan_brackets(&mut self, at: usize) -> Scan {
        let mut closers = Vec::with_capacity(8);
        let mut deepest = 0;
        let mut i = at;
        loop {
            let Some(&byte) = self.window.buffer.get(i) else {
                if i - at > SCAN_BYTES_MAX {
                    return Scan::TooLong;
                }
                if !self.window.fill() {
                    return Scan::Cut;
                }
                continue;
            };
            match byte {
                b'"' => {
                    i = match self.scan_string(i) {
                        Scan::End(end, _) => end,
                        other => return other,
                    };
                    // What follows a string tells whether a quote was lost before it.
                    match self.skip_blank_from(i) {
                        Some((next, b',' | b':' | b'}' | b']')) => i = next,
                        Some((next, _)) => return Scan::Damage(next),
                        None => return Scan::Cut,
                    }
                    continue;
                }
                b'{' | b'[' => {
                    closers.push(if byte == b'{' { b'}' } else { b']' });
                    deepest = deepest.max(closers.len());
                    if deepest > BRACKETS_MAX {
                        return Scan::Damage(i);
                    }
                }
                b'}' | b']' => {
                    if closers.pop() != Some(byte) {
                        return Scan::Damage(i);
                    }
                    if closers.is_empty() {
                        return Scan::End(i + 1, deepest);
                    }
                }
                b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' => {}
                _ if is_bare(byte) => {}
                _ => return Scan::Damage(i),
            }
            i += 1;
        }
    }

    /// Skips white space, byte-order marks and NUL padding from the front; the byte that comes then.
    pub(super) fn skip_blank(&mut self) -> Option<u8> {
        self.window.skip(is_blank)
    }

    pub(super) fn skip_blank_from(&mut self, mut i: usize) -> Option<(usize, u8)> {
        loop {
            match self.window.byte(i) {
                Some(byte) if is_blank(byte) => i += 1,
                Some(byte) => return Some((i, byte)),
                None => return None,
            }
        }
    }
}

/// Bytes of numbers and of `true`, `false`, `null`.
fn is_bare(byte: u8) -> bool {
    matches!(
        byte,
        b'0'..=b'9'
            | b'-'
            | b'+'
            | b'.'
            | b'e'
            | b'E'
            | b'a'
            | b'f'
            | b'l'
            | b'n'
            | b'r'
            | b's'
            | b't'
            | b'u'
    )
}

/// Whether a member is one that pages have beside what they hold.
fn is_page_key(key: &[u8]) -> bool {
    key.starts_with(b"@")
        || key.starts_with(b"odata.")
        || PAGE_KEYS.iter().any(|name| key.eq_ignore_ascii_case(name))
}

/// White space, NUL padding, and the bytes of a UTF-8 byte-order mark.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0 | 0xEF | 0xBB | 0xBF)
}
