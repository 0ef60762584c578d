//! Records among records of other shapes: what becomes of one does not depend on what came before it.

use std::collections::BTreeMap;

use super::chunk::ChunkSource;
use super::read::{KnownFiles, Reading, Sink, SourceFacts};
use crate::error::Result;
use crate::format::Item;
use crate::normalize::{Normalizer, Outcome, RawRecord};
use crate::schema::{DateOrder, Format};
use crate::source::walk;

/// Records of one source that are looked at.
const RECORDS_MAX: usize = 8;

/// The texts of the sample's records.
#[derive(Default)]
struct Texts {
    texts: Vec<Vec<u8>>,
    by_source: BTreeMap<usize, usize>,
}

impl Sink for Texts {
    fn take(&mut self, item: Item<'_>, source: &ChunkSource, _: &mut SourceFacts) -> Result<()> {
        let count = self.by_source.entry(source.index).or_default();
        if let Item::Record { text, .. } = item
            && *count < RECORDS_MAX
        {
            *count += 1;
            self.texts.push(text.to_vec());
        }
        Ok(())
    }

    fn advance(&mut self, _: &str, _: u64) {}
}

/// The shape that a record is taken for, or why it is for none.
fn told(normalizer: &mut Normalizer, text: &[u8], expected: Option<Format>) -> String {
    let record = RawRecord {
        text,
        offset: 0,
        source: "mixed.json",
        modified: Some(0),
        dates: DateOrder::MonthFirst,
        dates_are_guessed: false,
        context: None,
        expected,
        is_row: false,
    };
    match normalizer.append(&record) {
        // Both have the same keys: what stands around them tells the one from the other.
        Outcome::Row(row) if row.format.name() == "portal_audit_json" => "graph_audit".to_owned(),
        Outcome::Row(row) => row.format.name().to_owned(),
        Outcome::Skipped(kind) => format!("skipped: {kind}"),
        Outcome::Rejected(reason) => format!("rejected: {reason}"),
    }
}

#[test]
fn every_record_is_what_it_is_among_records_of_any_other_shape() {
    let sample = format!("{}/sample-data", env!("CARGO_MANIFEST_DIR"));
    let mut found = Texts::default();
    Reading::new(walk(&[sample], None).unwrap(), KnownFiles::default(), 1).read(&mut found);
    let mut normalizer = Normalizer::new(None);
    let mut shapes = BTreeMap::new();
    for text in &found.texts {
        let alone = told(&mut normalizer, text, None);
        for before in Format::all() {
            let among = told(&mut normalizer, text, Some(before));
            let text = String::from_utf8_lossy(text);
            assert_eq!(among, alone, "behind {}: {text}", before.name());
        }
        *shapes.entry(alone).or_insert(0) += 1;
        normalizer.finish();
    }
    assert!(
        shapes.keys().all(|shape| !shape.starts_with("rejected: a record of unknown shape")),
        "{shapes:?}"
    );
    for format in Format::all().filter(|format| format.name() != "portal_audit_json") {
        assert!(shapes.contains_key(format.name()), "the sample has no record of {}", format.name());
    }
}
