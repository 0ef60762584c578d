//! The doors through which foreign bytes come in, for a fuzzer: the program's own modules, by path, without the engine.
#![expect(dead_code, unused_imports, reason = "the modules serve the program too")]

#[path = "../../../src/error.rs"]
mod error;
#[path = "../../../src/format/mod.rs"]
mod format;
#[path = "../../../src/normalize/mod.rs"]
mod normalize;
#[path = "../../../src/schema/mod.rs"]
mod schema;
#[path = "../../../src/source/mod.rs"]
mod source;

use std::io::{Read, Write};

use format::{CsvFramer, Framer, Item, JsonFramer, Sniffed, Units, recognise_first, sniff, sniff_behind};
use normalize::{Normalizer, Outcome, RawRecord};
use source::{SourceFile, TextReader, container};

/// Reads bytes as an ingest does: decodes, tells the shape, cuts into records, makes rows, and explains the first one.
///
/// # Panics
///
/// If an offset decreases: a defect.
pub fn records(bytes: impl Read) {
    let mut normalizer = Normalizer::new(None);
    let Ok(mut text) = TextReader::new(bytes) else { return };
    let units = if text.encoding().is_utf16() { Units::Utf16 } else { Units::Utf8 };
    let mut begin = text.encoding().bom_bytes() as u64 + text.skip_padding();
    let mut sniffed = sniff(text.head());
    if let Sniffed::Unusable(why) = &sniffed
        && why.is_text()
        && let Some((at, records)) = sniff_behind(text.head())
    {
        begin += text.skip(at);
        sniffed = records;
    }
    match sniffed {
        Sniffed::Json => rows(&mut JsonFramer::new(&mut text, units, begin), None, &mut normalizer),
        Sniffed::Csv { delimiter } => {
            let mut framer = CsvFramer::new(&mut text, delimiter, units, begin);
            let header = framer.recognised();
            rows(&mut framer, Some(header), &mut normalizer);
        }
        Sniffed::Unusable(why) => drop(why.to_string()),
    }
}

fn rows(framer: &mut dyn Framer, header: Option<format::Recognised>, normalizer: &mut Normalizer) {
    let mut expected = match header {
        Some(format::Recognised::Event(format)) => Some(format),
        _ => None,
    };
    let (mut last, mut is_explained) = (0, false);
    while let Ok(Some(item)) = framer.next() {
        let (Item::Record { offset, .. } | Item::Damaged { offset, .. } | Item::Foreign { offset, .. }) = &item;
        assert!(*offset >= last, "an offset decreases: {offset} after {last}");
        last = *offset;
        let Item::Record { text, offset, is_in_bare_array, is_row, context } = item else { continue };
        if let (None, format::Recognised::Event(format)) = (expected, recognise_first(text, is_in_bare_array, context)) {
            expected = Some(format);
        }
        let record = RawRecord {
            text,
            offset,
            source: "a.json",
            modified: Some(0),
            dates: schema::DateOrder::MonthFirst,
            dates_are_guessed: true,
            context,
            expected,
            is_row,
        };
        if let Outcome::Row(row) = normalizer.append(&record)
            && !is_explained
        {
            is_explained = true;
            let _ = normalizer.explain(&record, row.format);
        }
        if normalizer.rows() > 1_000 {
            normalizer.finish();
        }
    }
    normalizer.finish();
    drop(framer.framing().name());
}

/// Opens bytes as a container, and reads the records of its members.
///
/// # Panics
///
/// If the file system of temporary files fails.
pub fn containers(bytes: &[u8]) {
    let path = std::env::temp_dir().join(format!("auditql-fuzz-{}", std::process::id()));
    let mut file = std::fs::File::create(&path).expect("a temporary file can be made");
    file.write_all(bytes).expect("a temporary file can be written");
    let Ok(opened) = container(&SourceFile { name: "a.zip".to_owned(), path }) else { return };
    let _ = opened.members(&mut |member| {
        if let Ok(member) = member {
            records(member.reader);
        }
        Ok(())
    });
}
