//! What bytes are: whether a text is JSON or CSV, how records are framed in it, and which shape they have.
//!
//! Owns Microsoft's envelopes. Knows nothing of files (it reads any [`std::io::Read`] of UTF-8 text), of tables'
//! rows, or of the archive.
//!
//! ```text
//! {"@odata.context":…,"value":[ {record}, {record} ],"@odata.nextLink":…}   page
//! [ {record}, {record} ]                                                    array
//! {record}                                                                  object
//! {record}⏎{record}                                                         several objects: NDJSON and its kin
//! {"tables":[{"columns":[{"name":…}],"rows":[[…],[…]]}]}                    query result: a record for each row
//! {"columns":[…],"rows":[…]}                                                so is a table by itself
//! ["{record as text}", …]                                                   JSON text in strings
//! ```

mod csv;
mod date_order;
mod decode;
#[cfg(test)]
mod framing_tests;
mod headers;
mod json;
mod json_scan;
mod json_tables;
mod marks;
mod monitor_2018;
mod offset;
mod portal;
mod preamble;
mod recognise;
mod rules;
mod sniff;
mod summary;
mod window;

use std::io;

pub(crate) use csv::CsvFramer;
pub(crate) use date_order::day_first;
pub(crate) use decode::decoded;
pub(crate) use json::JsonFramer;
pub(crate) use marks::Marks;
pub(crate) use monitor_2018::unjoin_targets;
pub(crate) use offset::Units;
pub(crate) use portal::fold_numbered_columns;
pub(crate) use preamble::sniff_behind;
pub(crate) use recognise::{
    Recognised, bare_key, is_contradicted, is_event, recognise_context, recognise_first, recognise_text,
};
pub(crate) use sniff::{Sniffed, sniff};

/// The longest record that becomes a row; Graph's longest real ones are below 1 MiB.
pub(crate) const RECORD_BYTES_MAX: usize = 16 << 20;
/// How far the end of one record is looked for before the text is given up as damaged.
pub(crate) const SCAN_BYTES_MAX: usize = 128 << 20;
/// The deepest nesting of a record that becomes a row.
pub(crate) const NESTING_MAX: usize = 64;
/// How much of a damaged or oversized record is kept.
pub(crate) const DAMAGED_TEXT_MAX: usize = 1 << 20;

/// One thing found in a source text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Item<'a> {
    /// A record: a JSON object, complete and balanced, not yet validated.
    Record {
        /// Its text.
        text: &'a [u8],
        /// Where it begins in the source.
        offset: u64,
        /// It is an element of an array that is in nothing else, as in the portal's download.
        is_in_bare_array: bool,
        /// It is a row of a table, whose columns tell what it is: an empty cell leaves no key.
        is_row: bool,
        /// The last `@odata.context` before it.
        context: Option<&'a str>,
    },
    /// A row of a table whose columns tell that it holds no events.
    Foreign {
        /// What its rows are.
        kind: &'static str,
        /// Where it begins in the source.
        offset: u64,
    },
    /// Text that is no record.
    Damaged {
        /// Its text, at most [`DAMAGED_TEXT_MAX`] bytes of it.
        text: &'a [u8],
        /// Bytes of the whole.
        size: u64,
        /// Where it begins in the source.
        offset: u64,
        /// What is wrong with it.
        reason: String,
    },
}

/// Cuts a text into [`Item`]s.
pub(crate) trait Framer {
    /// The next record or damaged text; nothing at the end.
    ///
    /// # Errors
    ///
    /// A failure of the source. What was handed out before stays good.
    fn next(&mut self) -> io::Result<Option<Item<'_>>>;

    /// What was learnt about the text up to here.
    fn framing(&self) -> &Framing;
}

/// What a framer learnt about the text as a whole.
#[derive(Debug, Default, Clone)]
pub(crate) struct Framing {
    /// Names of the framings met, in order of first appearance.
    kinds: Vec<&'static str>,
    /// Records that stand in no array.
    objects_at_top: u64,
    /// The last page's link to the next page, if it had one.
    pub(crate) next_link: bool,
    /// Where the text ends too early, if it does.
    pub(crate) cut_at: Option<u64>,
    /// Value of the last `@odata.context`.
    pub(crate) context: Option<String>,
}

impl Framing {
    /// Notes a framing.
    fn saw(&mut self, kind: &'static str) {
        if !self.kinds.contains(&kind) {
            self.kinds.push(kind);
        }
    }

    /// Whether a page of an API's answer was met.
    pub(crate) fn is_page(&self) -> bool {
        self.kinds.iter().any(|kind| kind.starts_with("page"))
    }

    /// The framings on one line.
    pub(crate) fn name(&self) -> String {
        let objects = match self.objects_at_top {
            0 => None,
            1 => Some("object"),
            _ => Some("several objects (NDJSON)"),
        };
        self.kinds.iter().copied().chain(objects).collect::<Vec<_>>().join(", ")
    }
}
