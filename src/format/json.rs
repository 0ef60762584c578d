//! Cuts JSON text into records without building values: pages, arrays, objects, tables of query results, NDJSON and any
//! sequence of them.
//!
//! The framer only follows strings and brackets, at the speed of `memchr`; whether a record is valid JSON is found
//! out when it is read. Damage is recognised where text outside strings makes no sense, and stays local: the framer
//! looks for the next place where an event begins and goes on from there.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::LazyLock;

use memchr::{memchr, memchr2, memmem};
use serde::de::IgnoredAny;

use super::json_scan::{Holds, Scan};
use super::json_tables::Columns;
use super::offset::Units;
use super::preamble::{PREFIX_BYTES_MAX, begin_behind_prefix};
use super::window::Window;
use super::{
    DAMAGED_TEXT_MAX, Framer, Framing, Item, NESTING_MAX, RECORD_BYTES_MAX, Recognised, SCAN_BYTES_MAX,
    is_event, recognise_text,
};
use crate::schema::Format;

/// Framings inside framings (arrays of pages of …) that are followed.
const LEVELS_MAX: usize = 8;
/// Bytes looked at, places tried over again included, to find the next event after damage.
const RESYNC_BYTES_MAX: usize = 64 << 20;

/// Keys that an event has once. Text inside strings is escaped and does not match.
const ONCE_KEYS: &[&[u8]] = &[b"\"activityDateTime\"", b"\"activityDate\"", b"\"ActivityDateTime\""];
/// What stands in each of them, and where.
const ONCE_PART: (usize, &[u8]) = (2, b"ctivityDate");

/// Why a record that is not complete is no record.
const CUT: &str = "cut off: the text ends inside the record";

/// Where in the framing the next value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// Inside an array of records.
    Array,
    /// Inside a page object, after its records.
    PageTail,
    /// Before the only record of a page.
    Single,
    /// Inside the array of a query result's tables.
    Tables,
    /// Inside a table, between its members.
    Table,
    /// Inside the array of a table's rows.
    Rows,
}

/// What comes next in the text.
#[derive(Debug)]
enum Step {
    /// Nothing to hand out.
    Passed,
    /// A record, nested so deep.
    Record(usize, usize, usize),
    /// A row of a table, nested so deep.
    Row(usize, usize, usize),
    /// A string that may hold a record.
    String(usize, usize),
    /// Text of no use, and why.
    Damaged(usize, usize, &'static str),
    /// Damage whose end is not known, and why.
    Lost(usize, String),
    /// The text's end.
    End,
}

/// Cuts a stream of UTF-8 text into [`Item`]s.
#[derive(Debug)]
pub(crate) struct JsonFramer<R> {
    pub(super) window: Window<R>,
    pub(super) levels: Vec<Level>,
    pub(super) framing: Framing,
    /// The columns of the table at hand.
    pub(super) columns: Columns,
    /// Text of a record that does not stand in the source as it is.
    pub(super) text: Vec<u8>,
    /// Shape of the first record that has one.
    shape: Option<Format>,
    /// The context before an object that names its own: if it is a record, the one after it does not share that.
    context_before: Option<Option<String>>,
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
            columns: Columns::default(),
            text: Vec::new(),
            shape: None,
            context_before: None,
            damaged: Vec::new(),
        }
    }

    /// Whether a record that lost its closing brackets has taken those of the events after it.
    fn swallows_another(&mut self, at: usize, end: usize) -> bool {
        let text = &self.window.buffer[at..end];
        if !has_key_twice(text) {
            return false;
        }
        let mut looked_at = 0;
        let mut candidate = at + 1;
        while let Some(step) = memchr(b'{', &self.window.buffer[candidate..end]) {
            candidate += step;
            if let Scan::End(inner_end, _) = self.scan_object(candidate) {
                if inner_end <= end && is_event(&self.window.buffer[candidate..inner_end], self.shape) {
                    return true;
                }
                looked_at += inner_end - candidate;
            }
            if looked_at > RESYNC_BYTES_MAX {
                break;
            }
            candidate += 1;
        }
        false
    }

    /// Hands out the record, or says why it cannot become a row.
    fn record(&mut self, at: usize, end: usize, depth: usize) -> Item<'_> {
        if self.levels.is_empty() {
            self.framing.objects_at_top += 1;
        }
        self.window.start = end;
        let offset = self.window.count_to(at);
        let text = &self.window.buffer[at..end];
        let is_in_bare_array = self.levels == [Level::Array];
        let Some(reason) = too_much(text.len(), depth) else {
            if self.shape.is_none()
                && let Recognised::Event(shape) = recognise_text(text)
            {
                self.shape = Some(shape);
            }
            let context = self.framing.context.as_deref();
            return Item::Record { text, offset, is_in_bare_array, is_row: false, context };
        };
        let size = text.len() as u64;
        Item::Damaged { text: &text[..text.len().min(DAMAGED_TEXT_MAX)], size, offset, reason }
    }

    fn damaged(&mut self, at: usize, end: usize, reason: &str) -> Option<Item<'_>> {
        self.window.start = end;
        let offset = self.window.count_to(at);
        let text = &self.window.buffer[at..end];
        let kept = &text[..text.len().min(DAMAGED_TEXT_MAX)];
        Some(Item::Damaged { text: kept, size: text.len() as u64, offset, reason: reason.to_owned() })
    }

    /// Goes on at the next place where an event begins; the text up to there is damaged.
    ///
    /// A place is an opening brace after `,`, `[`, `}` or a line's beginning; an event is a complete object whose
    /// keys are those of an event. Another query result is such a place too; among rows, so is an array with as many
    /// cells as the table has columns. Text that has been looked through in vain is let go, so memory stays bounded.
    fn resync(&mut self, at: usize, reason: String) -> Option<Item<'_>> {
        let offset = self.window.count_to(at);
        self.damaged.clear();
        self.window.start = at;
        let mut size = 0;
        let mut looked_at = 0;
        let mut candidate = at + 1;
        let is_in_rows = self.levels.last() == Some(&Level::Rows);
        let found = loop {
            let rest = &self.window.buffer[candidate.min(self.window.buffer.len())..];
            let bracket = if is_in_rows { memchr2(b'{', b'[', rest) } else { memchr(b'{', rest) };
            if let Some(step) = bracket.filter(|_| looked_at < RESYNC_BYTES_MAX) {
                candidate += step;
                if self.may_begin_record(candidate) {
                    let end = match self.scan_candidate(candidate) {
                        Scan::End(end, _) if self.is_restart(candidate, end) => break true,
                        Scan::Page(position, holds, _)
                            if self.is_restart_of_page(candidate, position, holds) =>
                        {
                            self.levels.clear();
                            break true;
                        }
                        Scan::End(end, _) | Scan::Page(end, ..) | Scan::Damage(end) => end,
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
            if !self.window.fill() {
                break false;
            }
        };
        size += self.set_aside(candidate);
        if !found && (!self.levels.is_empty() || reason == CUT) {
            self.framing.cut_at = Some(offset);
        }
        let trailing = self.damaged.len() - trim_separators(&self.damaged);
        let text = &self.damaged[..self.damaged.len() - trailing];
        Some(Item::Damaged { text, size: size.saturating_sub(trailing as u64), offset, reason })
    }

    fn scan_candidate(&mut self, candidate: usize) -> Scan {
        match self.window.buffer[candidate] {
            b'[' => self.scan_brackets(candidate),
            _ => self.scan_object(candidate),
        }
    }

    /// Whether reading goes on at this complete value.
    fn is_restart(&self, at: usize, end: usize) -> bool {
        let text = &self.window.buffer[at..end];
        if text[0] == b'[' {
            return self.columns.fit(text);
        }
        // What begins a line in its first column stands inside of nothing: it may be of any shape, as long as none is known.
        let shape = match self.shape {
            None if at > self.window.start && self.window.buffer[at - 1] == b'\n' => shape_of(text),
            known => known,
        };
        is_event(text, shape)
    }

    /// Whether reading goes on at this page, whose records begin at `position`: with a query result, and at the
    /// beginning of a line with a page whose first record is an event.
    fn is_restart_of_page(&mut self, at: usize, position: usize, holds: Holds) -> bool {
        match holds {
            Holds::Tables | Holds::Table => true,
            Holds::One | Holds::Nothing => false,
            Holds::Records if self.window.buffer[..at].last() != Some(&b'\n') => false,
            Holds::Records => match self.skip_blank_from(position) {
                Some((first, b'{')) => match self.scan_object(first) {
                    Scan::End(end, _) => shape_of(&self.window.buffer[first..end]).is_some(),
                    _ => false,
                },
                _ => false,
            },
        }
    }

    /// Where the object begins that stands behind a prefix on the line here, as log collectors write them: it is an event
    /// and ends with its line.
    fn behind_prefix(&mut self, at: usize) -> Option<usize> {
        if at > 0 && self.window.buffer[at - 1] != b'\n' {
            return None;
        }
        self.window.byte(at + PREFIX_BYTES_MAX);
        let begin = at + begin_behind_prefix(&self.window.buffer[at..])?;
        let mut end = begin;
        while end - begin <= RECORD_BYTES_MAX {
            match memchr(b'\n', &self.window.buffer[end..]) {
                Some(step) => {
                    let line = &self.window.buffer[begin..end + step];
                    return shape_of(line).map(|_| begin);
                }
                None => end = self.window.buffer.len(),
            }
            if !self.window.fill() {
                return shape_of(&self.window.buffer[begin..end]).map(|_| begin);
            }
        }
        None
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
    ///
    /// # Errors
    ///
    /// The failure of the source that ended the text.
    fn end(&mut self) -> io::Result<Option<Item<'_>>> {
        if !self.levels.is_empty() && self.framing.cut_at.is_none() {
            let end = self.window.buffer.len();
            self.framing.cut_at = Some(self.window.count_to(end));
        }
        self.window.end()?;
        Ok(None)
    }

    /// Reads one member of a page after its records or one of a table, or the end of either.
    fn page_member(&mut self, byte: u8) -> Step {
        let at = self.window.start;
        match byte {
            b'}' => {
                self.levels.pop();
                self.window.start += 1;
            }
            b',' => self.window.start += 1,
            // The end of this one is lost; what comes is not.
            b'{' | b'[' => {
                self.levels.pop();
                let place = self.window.offset_of(at);
                self.framing.cut_at.get_or_insert(place);
            }
            b'"' => {
                let (key, value) = match self.member(at) {
                    Ok(member) => member,
                    Err(scan) => return self.bad_member(&scan),
                };
                if self.levels.last() == Some(&Level::Table)
                    && self.window.buffer[value] == b'['
                    && self.window.buffer[key.clone()].eq_ignore_ascii_case(b"rows")
                {
                    if self.columns.are_unknown()
                        && let Some(columns) = self.columns_behind(value)
                    {
                        self.columns = Columns::read(&self.window.buffer[columns]);
                    }
                    self.levels.push(Level::Rows);
                    self.window.start = value + 1;
                    return Step::Passed;
                }
                let end = match self.scan_any(value) {
                    Scan::End(end, _) => end,
                    scan => return self.bad_member(&scan),
                };
                if self.levels.last() == Some(&Level::PageTail) {
                    self.page_fact(key, value..end);
                    self.context_before = None;
                } else if self.window.buffer[key].eq_ignore_ascii_case(b"columns") {
                    self.columns = Columns::read(&self.window.buffer[value..end]);
                }
                self.window.start = end;
            }
            _ => {
                self.levels.pop();
                return Step::Damaged(at, at + 1, "the page is damaged after its records");
            }
        }
        Step::Passed
    }

    /// Leaves a page or table in the middle of a member, where the text ends or makes no sense.
    fn bad_member(&mut self, scan: &Scan) -> Step {
        let reason = "the page is damaged after its records";
        self.levels.pop();
        let at = self.window.start;
        if !matches!(scan, Scan::Cut) {
            return Step::Lost(at, reason.to_owned());
        }
        self.framing.cut_at = Some(self.window.offset_of(at));
        Step::Damaged(at, self.window.buffer.len(), reason)
    }

    /// Notes what a member says of its page; true if it links to a next page.
    pub(super) fn page_fact(&mut self, key: Range<usize>, value: Range<usize>) -> bool {
        let value = &self.window.buffer[value];
        match &self.window.buffer[key] {
            b"@odata.nextLink" | b"odata.nextLink" => {
                self.framing.next_link = !matches!(value, b"null" | b"\"\"");
                return self.framing.next_link;
            }
            b"@odata.context" => {
                let own = serde_json::from_slice(value).ok();
                let before = std::mem::replace(&mut self.framing.context, own);
                self.context_before.get_or_insert(before);
            }
            _ => {}
        }
        false
    }

    /// Looks at what comes next; goes past it unless it is to be handed out.
    fn step(&mut self) -> Step {
        self.window.release();
        let Some(byte) = self.skip_blank() else { return Step::End };
        let at = self.window.start;
        let level = self.levels.last().copied();
        match (level, byte) {
            (Some(Level::PageTail | Level::Table), _) => return self.page_member(byte),
            (_, b',') => self.window.start += 1,
            // A stray `]` between two arrays is what merging collectors leave.
            (_, b']') => {
                self.levels.pop();
                self.window.start += 1;
            }
            (Some(Level::Tables), b'{') => {
                self.columns = Columns::default();
                self.levels.push(Level::Table);
                self.window.start += 1;
            }
            (Some(Level::Rows), b'[') => {
                let scan = self.scan_brackets(at);
                return match scan {
                    Scan::End(end, depth) => Step::Row(at, end, depth),
                    other => self.lost(at, &other),
                };
            }
            (_, b'[') if level != Some(Level::Tables) && self.levels.len() < LEVELS_MAX => {
                if self.levels.is_empty() {
                    self.framing.saw("array");
                }
                self.levels.push(Level::Array);
                self.window.start += 1;
            }
            (_, b'{') => {
                self.levels.pop_if(|level| *level == Level::Single);
                return self.object(at);
            }
            (_, b'"') => return self.string(at),
            _ => return self.no_record(at),
        }
        Step::Passed
    }

    /// Looks at what is neither object, array nor string.
    fn no_record(&mut self, at: usize) -> Step {
        if self.levels.is_empty()
            && let Some(begin) = self.behind_prefix(at)
        {
            self.framing.saw("objects behind a prefix on their lines");
            self.window.start = begin;
            return Step::Passed;
        }
        let Scan::End(end, _) = self.scan_any(at) else { return Step::Lost(at, "not JSON".to_owned()) };
        let value = &self.window.buffer[at..end];
        if value == b"null" {
            self.window.start = end;
            return Step::Passed;
        }
        // Outside of everything it is more likely what is left of a record.
        match !self.levels.is_empty() && serde_json::from_slice::<IgnoredAny>(value).is_ok() {
            true => Step::Damaged(at, end, "not a JSON object"),
            false => Step::Lost(at, "not JSON".to_owned()),
        }
    }

    /// Reads an object, or a page up to what it holds.
    fn object(&mut self, at: usize) -> Step {
        if let Some(context) = self.context_before.take() {
            self.framing.context = context;
        }
        let (position, holds, kind) = match self.scan_object(at) {
            Scan::End(end, _) if self.swallows_another(at, end) => {
                return Step::Lost(at, "its end is lost: another event stands inside it".to_owned());
            }
            Scan::End(end, depth) => return Step::Record(at, end, depth),
            Scan::Page(position, holds, kind) => (position, holds, kind),
            other => return self.lost(at, &other),
        };
        self.framing.saw(kind);
        self.context_before = None;
        let levels: &[Level] = match holds {
            Holds::Records => &[Level::PageTail, Level::Array],
            Holds::One => &[Level::PageTail, Level::Single],
            Holds::Tables => &[Level::PageTail, Level::Tables],
            Holds::Table => &[Level::Table],
            Holds::Nothing => &[],
        };
        if self.levels.len() + levels.len() > LEVELS_MAX {
            return Step::Lost(at, "pages nested too deep".to_owned());
        }
        if holds == Holds::Table {
            self.columns = Columns::default();
        }
        self.levels.extend(levels);
        self.window.start = position;
        Step::Passed
    }

    /// Reads a string where a record is expected: it may hold one.
    fn string(&mut self, at: usize) -> Step {
        let scan = self.scan_string(at);
        let may_hold = self.window.buffer[at..].starts_with(b"\"{");
        match scan {
            Scan::End(end, _) if may_hold || !self.levels.is_empty() => Step::String(at, end),
            Scan::Damage(line_end) if may_hold => Step::Damaged(at, line_end, "a string without its end"),
            other if may_hold => self.lost(at, &other),
            _ => Step::Lost(at, "not JSON".to_owned()),
        }
    }

    /// Why the value at `at` is none.
    fn lost(&self, at: usize, scan: &Scan) -> Step {
        let reason = match scan {
            Scan::Damage(bad) => format!("not JSON at byte {}", self.window.offset_of(*bad)),
            Scan::TooLong => format!("no end of the record within {} MiB", SCAN_BYTES_MAX >> 20),
            Scan::Cut | Scan::End(..) | Scan::Page(..) => CUT.to_owned(),
        };
        Step::Lost(at, reason)
    }
}

impl<R: Read> Framer for JsonFramer<R> {
    fn next(&mut self) -> io::Result<Option<Item<'_>>> {
        loop {
            return Ok(match self.step() {
                Step::Passed => continue,
                Step::Record(at, end, depth) => Some(self.record(at, end, depth)),
                Step::Row(at, end, depth) => Some(self.row(at, end, depth)),
                Step::String(at, end) => Some(self.text_in_string(at, end)),
                Step::Damaged(at, end, reason) => self.damaged(at, end, reason),
                Step::Lost(at, reason) => self.resync(at, reason),
                Step::End => return self.end(),
            });
        }
    }

    fn framing(&self) -> &Framing {
        &self.framing
    }
}

/// Whether one of the keys that an event has once stands twice in a text.
fn has_key_twice(text: &[u8]) -> bool {
    static FINDER: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new(ONCE_PART.1));
    let mut seen = [false; ONCE_KEYS.len()];
    FINDER.find_iter(text).filter_map(|at| text.get(at.checked_sub(ONCE_PART.0)?..)).any(|key| {
        let known = ONCE_KEYS.iter().position(|once| key.starts_with(once));
        known.is_some_and(|known| std::mem::replace(&mut seen[known], true))
    })
}

/// The shape of an event's text.
pub(super) fn shape_of(text: &[u8]) -> Option<Format> {
    match recognise_text(text) {
        Recognised::Event(shape) => Some(shape),
        _ => None,
    }
}

/// Why a record of this length and depth does not become a row.
pub(super) fn too_much(bytes: usize, depth: usize) -> Option<String> {
    if bytes > RECORD_BYTES_MAX {
        Some(format!("{bytes} bytes long; records are read up to {} MiB", RECORD_BYTES_MAX >> 20))
    } else if depth > NESTING_MAX {
        Some(format!("nested {depth} deep; records are read up to {NESTING_MAX}"))
    } else {
        None
    }
}

/// Length of the text without the blanks and commas at its end.
fn trim_separators(text: &[u8]) -> usize {
    text.iter().rposition(|byte| !byte.is_ascii_whitespace() && *byte != b',').map_or(0, |last| last + 1)
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
