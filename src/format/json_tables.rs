//! Records that do not stand in the text as JSON objects: rows of a query result's tables, and JSON text in strings.
//!
//! ```text
//! {"tables":[{"name":…,"columns":[{"name":"A"},{"name":"B"}],"rows":[[1,null],[2,"x"]]}]}  ──▶  {"A":1} {"A":2,"B":"x"}
//! ["{\"Id\":\"1\"}"]                                                                        ──▶  {"Id":"1"}
//! ```

use std::io::Read;

use memchr::memchr2;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::headers::distinct;
use super::json::{JsonFramer, too_much};
use super::recognise::foreign_table;
use super::{DAMAGED_TEXT_MAX, Item, RECORD_BYTES_MAX, SCAN_BYTES_MAX};

/// The columns of the table whose rows are being read, as JSON keys with their colons.
#[derive(Debug, Default)]
pub(super) struct Columns {
    names: Vec<String>,
    keys: Option<Vec<String>>,
    /// What the rows are, if the columns tell that they are no events; not known before the first row.
    foreign: Option<Option<&'static str>>,
}

/// A column as the APIs describe it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Described {
    Name(String),
    Column {
        #[serde(alias = "Name", alias = "ColumnName", alias = "columnName")]
        name: String,
    },
}

impl Columns {
    /// Reads the array of columns; nothing is known of them if it is no such array.
    pub(super) fn read(text: &[u8]) -> Self {
        let described: Option<Vec<Described>> = serde_json::from_slice(text).ok();
        let name = |column| match column {
            Described::Name(name) | Described::Column { name } => name,
        };
        let names = described.map(|columns| distinct(columns.into_iter().map(name).collect()));
        let key = |name: &String| serde_json::to_string(name).expect("text is always valid JSON") + ":";
        let keys = names.as_ref().map(|names| names.iter().map(key).collect());
        Self { names: names.unwrap_or_default(), keys, foreign: None }
    }

    /// Whether nothing is known of them.
    pub(super) fn are_unknown(&self) -> bool {
        self.keys.is_none()
    }

    /// Whether the array has a cell for each column.
    pub(super) fn fit(&self, row: &[u8]) -> bool {
        let cells: Option<Vec<IgnoredAny>> = serde_json::from_slice(row).ok();
        self.keys.as_ref().zip(cells).is_some_and(|(keys, cells)| keys.len() == cells.len())
    }

    /// What the rows are, if the columns and this first row tell that they are no events.
    fn foreign(&mut self, row: &[u8]) -> Option<&'static str> {
        *self.foreign.get_or_insert_with(|| {
            let cells: Vec<&RawValue> = serde_json::from_slice(row).unwrap_or_default();
            foreign_table(&self.names, cells.iter().map(|cell| cell.get()))
        })
    }

    /// Writes the object of a row's cells, those that are null left out; else says what is wrong with the row.
    fn write(&self, row: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        let Some(keys) = &self.keys else {
            let reason = "a row of a table whose columns stand neither before its rows nor";
            return Err(format!("{reason} within {} MiB behind their beginning", SCAN_BYTES_MAX >> 20));
        };
        let cells: Vec<&RawValue> =
            serde_json::from_slice(row).map_err(|error| format!("a row that is not JSON: {error}"))?;
        if cells.len() != keys.len() {
            return Err(format!("a row of {} cells in a table of {} columns", cells.len(), keys.len()));
        }
        out.clear();
        out.push(b'{');
        for (key, cell) in keys.iter().zip(cells).filter(|(_, cell)| cell.get() != "null") {
            if out.len() > 1 {
                out.push(b',');
            }
            out.extend_from_slice(key.as_bytes());
            out.extend_from_slice(cell.get().as_bytes());
        }
        out.push(b'}');
        Ok(())
    }
}

impl<R: Read> JsonFramer<R> {
    /// Hands out a row of a table as the object of its cells, or says why it cannot become a record.
    pub(super) fn row(&mut self, at: usize, end: usize, depth: usize) -> Item<'_> {
        self.window.start = end;
        let offset = self.window.count_to(at);
        let row = &self.window.buffer[at..end];
        if let Some(kind) = self.columns.foreign(row) {
            return Item::Foreign { kind, offset };
        }
        let reason = match too_much(row.len(), depth) {
            Some(reason) => reason,
            None => match self.columns.write(row, &mut self.text) {
                Err(reason) => reason,
                Ok(()) => match too_much(self.text.len(), depth) {
                    Some(reason) => reason,
                    None => {
                        return Item::Record {
                            text: &self.text,
                            offset,
                            is_in_bare_array: false,
                            is_row: true,
                            context: None,
                        };
                    }
                },
            },
        };
        let kept = &row[..row.len().min(DAMAGED_TEXT_MAX)];
        Item::Damaged { text: kept, size: row.len() as u64, offset, reason }
    }

    /// Hands out the object that a string holds, or says why it is none.
    pub(super) fn text_in_string(&mut self, at: usize, end: usize) -> Item<'_> {
        self.window.start = end;
        let offset = self.window.count_to(at);
        let string = &self.window.buffer[at..end];
        let reason = match object_in(string) {
            Ok(text) => {
                self.framing.saw("JSON text in strings");
                self.text.clear();
                self.text.extend_from_slice(text.trim().as_bytes());
                match too_much(self.text.len(), depth(&self.text)) {
                    Some(reason) => reason,
                    None => {
                        return Item::Record {
                            text: &self.text,
                            offset,
                            is_in_bare_array: false,
                            is_row: false,
                            context: None,
                        };
                    }
                }
            }
            Err(reason) => reason,
        };
        let kept = &string[..string.len().min(DAMAGED_TEXT_MAX)];
        Item::Damaged { text: kept, size: string.len() as u64, offset, reason }
    }
}

/// The text in the string, if it is a JSON object.
fn object_in(string: &[u8]) -> Result<String, String> {
    if string.len() > 2 * RECORD_BYTES_MAX {
        return Err(format!("a string of over {} MiB", (2 * RECORD_BYTES_MAX) >> 20));
    }
    let text: String =
        serde_json::from_slice(string).map_err(|error| format!("a string that is not JSON: {error}"))?;
    if !text.trim_start().starts_with('{') {
        return Err("not a JSON object".to_owned());
    }
    match serde_json::from_str::<&RawValue>(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(format!("the text in the string is not JSON: {error}")),
    }
}

/// How deep the brackets of valid JSON are nested.
fn depth(text: &[u8]) -> usize {
    let (mut deepest, mut depth, mut at) = (0, 0_usize, 0);
    while let Some(byte) = text.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                while let Some(step) = memchr2(b'"', b'\\', text.get(at..).unwrap_or_default()) {
                    at += step + 1;
                    if text[at - 1] == b'"' {
                        break;
                    }
                    at += 1;
                }
            }
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::depth;

    #[test]
    fn ok_depth_counts_brackets_outside_strings() {
        for (text, expected) in [("{}", 1), (r#"{"a":["[[[","\"[[",{}]}"#, 3), ("1", 0), (r#"["\\",[]]"#, 2)]
        {
            assert_eq!(depth(text.as_bytes()), expected, "{text}");
        }
    }
}
