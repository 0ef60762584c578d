//! Cuts JSON text into records without building values: pages, arrays, objects, NDJSON and any sequence of them.
//!
//! The framer only follows strings and brackets, at the speed of `memchr`; whether a record is valid JSON is found
//! out when it is read. Damage is recognised where text outside strings makes no sense, and stays local: the framer
//! looks for the next place where an event begins and goes on from there.

use std::io::{self, Read};
use std::ops::Range;

use memchr::{memchr, memchr3, memmem};

use super::offset::Units;
use super::window::Window;
use super::{
    DAMAGED_TEXT_MAX, Framer, Framing, Item, NESTING_MAX, RECORD_BYTES_MAX, SCAN_BYTES_MAX, is_event,
};

/// Framings inside framings (arrays of pages of …) that are followed.
const LEVELS_MAX: usize = 8;
/// Brackets inside brackets beyond which the text is taken for damaged.
const BRACKETS_MAX: usize = 1_024;
/// Bytes looked at, places tried over again included, to find the next event after damage.
const RESYNC_BYTES_MAX: usize = 64 << 20;

/// Keys that an event has and a page has not.
const EVENT_KEYS: &[&[u8]] =
    &[b"id", b"activity", b"activityDisplayName", b"activityDate", b"activityDateTime", b"category"];
/// Keys that an event has once. Text inside strings is escaped and does not match.
const ONCE_KEYS: &[&[u8]] = &[b"\"activityDateTime\"", b"\"activityDate\"", b"\"ActivityDateTime\""];

/// Where in the framing the next value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// Inside an array of records.
    Array,
    /// Inside a page object, after the array of its records.
    PageTail,
}

/// How the scan of one value ended.
#[derive(Debug)]
enum Scan {
    /// The value ends before this position; it is nested this deep.
    End(usize, usize),
    /// The value is a page: its records begin at this position.
    Page(usize, &'static str),
    /// The text makes no sense at this position.
    Damage(usize),
    /// The text ends inside the value.
    Cut,
    /// The value is longer than is followed.
    TooLong,
}

/// Cuts a stream of UTF-8 text into [`Item`]s.
#[derive(Debug)]
pub(crate) struct JsonFramer<R> {
    window: Window<R>,
    levels: Vec<Level>,
    framing: Framing,
    /// Text of the last damage, set aside so that it can be lent out.
    damaged: Vec<u8>,
}

impl<R: Read> JsonFramer<R> {
    /// Reads `input`; `units` and `bom_bytes` say how positions in it count in the source.
    pub(crate) fn new(input: R, units: Units, bom_bytes: u64) -> Self {
        Self {
            window: Window::new(input, units, bom_bytes),
            levels: Vec::new(),
            framing: Framing::default(),
            damaged: Vec::new(),
        }
    }

    /// Whether a record that lost its closing brackets has taken those of the events after it.
    fn swallows_another(&mut self, at: usize, end: usize) -> io::Result<bool> {
        let text = &self.window.buffer[at..end];
        if !ONCE_KEYS.iter().any(|key| memmem::find_iter(text, key).nth(1).is_some()) {
            return Ok(false);
        }
        let mut looked_at = 0;
        let mut candidate = at + 1;
        while let Some(step) = memchr(b'{', &self.window.buffer[candidate..end]) {
            candidate += step;
            if let Scan::End(inner_end, _) = self.scan_object(candidate)? {
                if inner_end <= end && is_event(&self.window.buffer[candidate..inner_end]) {
                    return Ok(true);
                }
                looked_at += inner_end - candidate;
            }
            if looked_at > RESYNC_BYTES_MAX {
                break;
            }
            candidate += 1;
        }
        Ok(false)
    }

    /// Hands out the record, or says why it cannot become a row.
    fn record(&mut self, at: usize, end: usize, depth: usize) -> io::Result<Item<'_>> {
        if self.levels.is_empty() {
            self.framing.objects_at_top += 1;
        }
        self.window.start = end;
        let offset = self.window.count_to(at);
        let text = &self.window.buffer[at..end];
        let is_in_bare_array = self.levels == [Level::Array];
        let reason = if text.len() > RECORD_BYTES_MAX {
            format!("{} bytes long; records are read up to {} MiB", text.len(), RECORD_BYTES_MAX >> 20)
        } else if depth > NESTING_MAX {
            format!("nested {depth} deep; records are read up to {NESTING_MAX}")
        } else {
            return Ok(Item::Record { text, offset, is_in_bare_array });
        };
        let size = text.len() as u64;
        Ok(Item::Damaged { text: &text[..text.len().min(DAMAGED_TEXT_MAX)], size, offset, reason })
    }

    fn damaged(&mut self, at: usize, end: usize, reason: &str) -> io::Result<Option<Item<'_>>> {
        self.window.start = end;
        let offset = self.window.count_to(at);
        let text = &self.window.buffer[at..end];
        let kept = &text[..text.len().min(DAMAGED_TEXT_MAX)];
        Ok(Some(Item::Damaged { text: kept, size: text.len() as u64, offset, reason: reason.to_owned() }))
    }

    /// Goes on at the next place where an event begins; the text up to there is damaged.
    ///
    /// A place is an opening brace after `,`, `[`, `}` or a line's beginning; an event is a complete object whose
    /// keys are those of an event. Text that has been looked through in vain is let go, so memory stays bounded.
    fn resync(&mut self, at: usize, reason: String) -> io::Result<Option<Item<'_>>> {
        let offset = self.window.count_to(at);
        self.damaged.clear();
        self.window.start = at;
        let mut size = 0;
        let mut looked_at = 0;
        let mut candidate = at + 1;
        let found = loop {
            let brace = memchr(b'{', &self.window.buffer[candidate.min(self.window.buffer.len())..]);
            if let Some(step) = brace.filter(|_| looked_at < RESYNC_BYTES_MAX) {
                candidate += step;
                if self.may_begin_record(candidate) {
                    let end = match self.scan_object(candidate)? {
                        Scan::End(end, _) if is_event(&self.window.buffer[candidate..end]) => break true,
                        Scan::End(end, _) | Scan::Page(end, _) | Scan::Damage(end) => end,
                        Scan::Cut | Scan::TooLong => self.window.buffer.len(),
                    };
                    looked_at += end - candidate;
                }
                candidate += 1;
                continue;
            }
            size += self.set_aside(self.window.buffer.len());
            self.window.release();
            candidate = self.window.start;
            if !self.window.fill()? {
                break false;
            }
        };
        size += self.set_aside(candidate);
        if !found && !self.levels.is_empty() {
            self.framing.cut_at = Some(offset);
        }
        let trailing = self.damaged.len() - trim_separators(&self.damaged);
        let text = &self.damaged[..self.damaged.len() - trailing];
        Ok(Some(Item::Damaged { text, size: size.saturating_sub(trailing as u64), offset, reason }))
    }

    /// Moves on to `end`, keeping the text passed over as far as it is kept at all. Returns its length.
    fn set_aside(&mut self, end: usize) -> u64 {
        let passed = &self.window.buffer[self.window.start..end];
        let room = DAMAGED_TEXT_MAX - self.damaged.len();
        self.damaged.extend_from_slice(&passed[..passed.len().min(room)]);
        let length = passed.len() as u64;
        self.window.start = end;
        length
    }

    fn may_begin_record(&self, candidate: usize) -> bool {
        let before = &self.window.buffer[self.window.start..candidate];
        let blank = before.iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
        let (before, gap) = before.split_at(before.len() - blank);
        gap.contains(&b'\n') || matches!(before.last(), None | Some(b',' | b'[' | b'}'))
    }

    /// The end of the text: no item, but the framing says whether it came too early.
    fn end(&mut self) -> io::Result<Option<Item<'_>>> {
        if !self.levels.is_empty() && self.framing.cut_at.is_none() {
            let end = self.window.buffer.len();
            self.framing.cut_at = Some(self.window.count_to(end));
        }
        Ok(None)
    }

    /// Reads one member of a page after its records, or the page's end. Returns a position that makes no sense.
    fn page_member(&mut self, byte: u8) -> io::Result<Option<usize>> {
        match byte {
            b'}' => {
                self.levels.pop();
                self.window.start += 1;
            }
            b',' => self.window.start += 1,
            b'"' => {
                let Ok((key, value)) = self.member(self.window.start)? else { return self.cut_page() };
                let Scan::End(end, _) = self.scan_any(value)? else { return self.cut_page() };
                self.page_fact(key, value..end);
                self.window.start = end;
            }
            _ => {
                self.levels.pop();
                return Ok(Some(self.window.start + 1));
            }
        }
        Ok(None)
    }

    /// The rest of the text, after a page that ends in the middle of a member.
    fn cut_page(&mut self) -> io::Result<Option<usize>> {
        self.levels.pop();
        self.framing.cut_at = Some(self.window.offset_of(self.window.start));
        Ok(Some(self.window.buffer.len()))
    }

    /// Notes what a member says of its page; true if it links to a next page.
    fn page_fact(&mut self, key: Range<usize>, value: Range<usize>) -> bool {
        let value = &self.window.buffer[value];
        match &self.window.buffer[key] {
            b"@odata.nextLink" | b"odata.nextLink" => {
                self.framing.next_link = !matches!(value, b"null" | b"\"\"");
                return self.framing.next_link;
            }
            b"@odata.context" => self.framing.context = serde_json::from_slice(value).ok(),
            _ => {}
        }
        false
    }

    /// Follows an object; if it is a page, only up to its records.
    fn scan_object(&mut self, at: usize) -> io::Result<Scan> {
        let mut deepest = 1;
        let mut i = at + 1;
        let mut has_next_link = false;
        let mut is_event = false;
        loop {
            i = match self.skip_blank_from(i)? {
                Some((i, b'}')) => return Ok(Scan::End(i + 1, deepest)),
                Some((i, b',')) => i + 1,
                Some((key_at, b'"')) => {
                    let (key, value) = match self.member(key_at)? {
                        Ok(member) => member,
                        Err(scan) => return Ok(scan),
                    };
                    is_event |= EVENT_KEYS
                        .iter()
                        .any(|name| self.window.buffer[key.clone()].eq_ignore_ascii_case(name));
                    if let Some(kind) = self.page_kind(key.clone(), value).filter(|_| !is_event) {
                        self.framing.next_link = has_next_link;
                        return Ok(Scan::Page(value + 1, kind));
                    }
                    let (end, depth) = match self.scan_any(value)? {
                        Scan::End(end, depth) => (end, depth),
                        other => return Ok(other),
                    };
                    if self.window.buffer[key_at + 1] == b'@' || self.window.buffer[key_at + 1] == b'o' {
                        has_next_link |= self.page_fact(key, value..end);
                    }
                    deepest = deepest.max(depth + 1);
                    end
                }
                Some((i, _)) => return Ok(Scan::Damage(i)),
                None => return Ok(Scan::Cut),
            };
            if i - at > SCAN_BYTES_MAX {
                return Ok(Scan::TooLong);
            }
        }
    }

    /// Whether this member of an object is the array of a page's records.
    fn page_kind(&self, key: Range<usize>, value: usize) -> Option<&'static str> {
        if self.window.buffer[value] != b'[' {
            return None;
        }
        let key = &self.window.buffer[key];
        let kinds = [("value", "page (`value`)"), ("records", "page (`records`)")];
        kinds.into_iter().find(|(name, _)| key.eq_ignore_ascii_case(name.as_bytes())).map(|(_, kind)| kind)
    }

    /// The key at `at` without its quotes, and where its value begins; else how the scan ended.
    fn member(&mut self, at: usize) -> io::Result<Result<(Range<usize>, usize), Scan>> {
        let end = match self.scan_string(at)? {
            Scan::End(end, _) => end,
            other => return Ok(Err(other)),
        };
        let value = match self.skip_blank_from(end)? {
            Some((colon, b':')) => self.skip_blank_from(colon + 1)?,
            Some((other, _)) => return Ok(Err(Scan::Damage(other))),
            None => None,
        };
        Ok(value.map(|(value, _)| (at + 1..end - 1, value)).ok_or(Scan::Cut))
    }

    /// Follows a value of any kind.
    fn scan_any(&mut self, at: usize) -> io::Result<Scan> {
        match self.window.buffer[at] {
            b'"' => self.scan_string(at),
            b'{' | b'[' => self.scan_brackets(at),
            byte if is_bare(byte) => {
                let mut i = at;
                loop {
                    match self.window.byte(i)? {
                        Some(byte) if is_bare(byte) => i += 1,
                        None if !self.levels.is_empty() => return Ok(Scan::Cut),
                        _ => return Ok(Scan::End(i, 0)),
                    }
                }
            }
            _ => Ok(Scan::Damage(at)),
        }
    }

    /// Follows a string from its opening quote. A line end inside it is damage: JSON escapes it.
    fn scan_string(&mut self, at: usize) -> io::Result<Scan> {
        let mut i = at + 1;
        loop {
            match memchr3(b'"', b'\\', b'\n', &self.window.buffer[i.min(self.window.buffer.len())..]) {
                Some(step) => match self.window.buffer[i + step] {
                    b'"' => return Ok(Scan::End(i + step + 1, 0)),
                    b'\\' => i += step + 2,
                    _ => return Ok(Scan::Damage(i + step)),
                },
                None => {
                    i = i.max(self.window.buffer.len());
                    if i - at > SCAN_BYTES_MAX {
                        return Ok(Scan::TooLong);
                    }
                    if !self.window.fill()? {
                        return Ok(Scan::Cut);
                    }
                }
            }
        }
    }

    /// Follows an object or array to its end.
    fn scan_brackets(&mut self, at: usize) -> io::Result<Scan> {
        let mut closers = Vec::with_capacity(8);
        let mut deepest = 0;
        let mut i = at;
        loop {
            let Some(&byte) = self.window.buffer.get(i) else {
                if i - at > SCAN_BYTES_MAX {
                    return Ok(Scan::TooLong);
                }
                if !self.window.fill()? {
                    return Ok(Scan::Cut);
                }
                continue;
            };
            match byte {
                b'"' => {
                    i = match self.scan_string(i)? {
                        Scan::End(end, _) => end,
                        other => return Ok(other),
                    };
                    // What follows a string tells whether a quote was lost before it.
                    match self.skip_blank_from(i)? {
                        Some((next, b',' | b':' | b'}' | b']')) => i = next,
                        Some((next, _)) => return Ok(Scan::Damage(next)),
                        None => return Ok(Scan::Cut),
                    }
                    continue;
                }
                b'{' | b'[' => {
                    closers.push(if byte == b'{' { b'}' } else { b']' });
                    deepest = deepest.max(closers.len());
                    if deepest > BRACKETS_MAX {
                        return Ok(Scan::Damage(i));
                    }
                }
                b'}' | b']' => {
                    if closers.pop() != Some(byte) {
                        return Ok(Scan::Damage(i));
                    }
                    if closers.is_empty() {
                        return Ok(Scan::End(i + 1, deepest));
                    }
                }
                b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' => {}
                _ if is_bare(byte) => {}
                _ => return Ok(Scan::Damage(i)),
            }
            i += 1;
        }
    }

    /// Skips white space, byte-order marks and NUL padding from the front; the byte that comes then.
    fn skip_blank(&mut self) -> io::Result<Option<u8>> {
        let found = self.skip_blank_from(self.window.start)?;
        self.window.start = found.map_or(self.window.buffer.len(), |(at, _)| at);
        Ok(found.map(|(_, byte)| byte))
    }

    fn skip_blank_from(&mut self, mut i: usize) -> io::Result<Option<(usize, u8)>> {
        loop {
            match self.window.byte(i)? {
                Some(b' ' | b'\t' | b'\r' | b'\n' | 0 | 0xEF | 0xBB | 0xBF) => i += 1,
                Some(byte) => return Ok(Some((i, byte))),
                None => return Ok(None),
            }
        }
    }
}

impl<R: Read> Framer for JsonFramer<R> {
    fn next(&mut self) -> io::Result<Option<Item<'_>>> {
        loop {
            self.window.release();
            let Some(byte) = self.skip_blank()? else { return self.end() };
            let at = self.window.start;
            match (self.levels.last(), byte) {
                (Some(Level::PageTail), _) => {
                    if let Some(bad) = self.page_member(byte)? {
                        return self.damaged(at, bad, "the page is damaged after its records");
                    }
                }
                (_, b',') => self.window.start += 1,
                (_, b'[') if self.levels.len() < LEVELS_MAX => {
                    if self.levels.is_empty() {
                        self.framing.saw("array");
                    }
                    self.levels.push(Level::Array);
                    self.window.start += 1;
                }
                // A stray `]` between two arrays is what merging collectors leave.
                (_, b']') => {
                    self.levels.pop();
                    self.window.start += 1;
                }
                (_, b'{') => match self.scan_object(at)? {
                    Scan::End(end, _) if self.swallows_another(at, end)? => {
                        return self.resync(at, "its end is lost: another event stands inside it".to_owned());
                    }
                    Scan::End(end, depth) => return self.record(at, end, depth).map(Some),
                    Scan::Page(records, kind) => {
                        self.framing.saw(kind);
                        if self.levels.len() + 2 > LEVELS_MAX {
                            return self.resync(at, "pages nested too deep".to_owned());
                        }
                        self.levels.extend([Level::PageTail, Level::Array]);
                        self.window.start = records;
                    }
                    Scan::Damage(bad) => {
                        let place = self.window.offset_of(bad);
                        return self.resync(at, format!("not JSON at byte {place}"));
                    }
                    Scan::Cut => {
                        return self.resync(at, "cut off: the text ends inside the record".to_owned());
                    }
                    Scan::TooLong => {
                        let limit = SCAN_BYTES_MAX >> 20;
                        return self.resync(at, format!("no end of the record within {limit} MiB"));
                    }
                },
                _ => match self.scan_any(at)? {
                    Scan::End(end, _) if &self.window.buffer[at..end] == b"null" => self.window.start = end,
                    Scan::End(end, _) => return self.damaged(at, end, "not a JSON object"),
                    _ => return self.resync(at, "not JSON".to_owned()),
                },
            }
        }
    }

    fn framing(&self) -> &Framing {
        &self.framing
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

/// Length of the text without the blanks and commas at its end.
fn trim_separators(text: &[u8]) -> usize {
    text.iter().rposition(|byte| !byte.is_ascii_whitespace() && *byte != b',').map_or(0, |last| last + 1)
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
