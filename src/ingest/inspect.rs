//! What files are and how their records would be read. Writes nothing, needs no archive.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::chunk::ChunkSource;
use super::read::{KnownFiles, Reading, Sink, SourceFacts};
use crate::error::Result;
use crate::format::{Item, decoded};
use crate::normalize::{Explained, NewRow, Normalizer, Notes, Outcome, RawRecord};
use crate::schema::Format;
use crate::source::walk;

/// Rows after which the normaliser's batch is let go.
const BATCH_ROWS: usize = 8_192;

/// What was found out about one source.
#[derive(Debug, Default)]
pub(crate) struct Inspection {
    /// Name of the source.
    pub(crate) name: String,
    /// SHA-256 of the file on disk.
    pub(crate) sha256: String,
    /// Bytes of the file on disk.
    pub(crate) size_bytes: u64,
    /// Bytes of the text, inflated.
    pub(crate) text_bytes: u64,
    /// Text encoding.
    pub(crate) encoding: Option<&'static str>,
    /// How records are framed.
    pub(crate) framing: String,
    /// Value of the last `@odata.context`.
    pub(crate) context: Option<String>,
    /// The last page names a next one.
    pub(crate) has_next_link: bool,
    /// What is wrong with the source as a whole.
    pub(crate) problem: Option<String>,
    /// Records that would become rows, copies of one event included.
    pub(crate) rows: u64,
    /// Records that could not be used.
    pub(crate) rejected: u64,
    /// Records of kinds without a table.
    pub(crate) skipped: BTreeMap<Cow<'static, str>, u64>,
    /// Rows by shape.
    pub(crate) formats: BTreeMap<Format, u64>,
    /// What was noticed about the records, with how many.
    pub(crate) notes: [u64; Notes::ALL.len()],
    /// Time of the earliest and the latest row.
    pub(crate) period: Option<(i64, i64)>,
    /// The first record: its place, its text, and how it becomes a row.
    pub(crate) first: Option<(u64, String, Format, Explained)>,
    /// Place, reason and text of rejects, as many as were asked for.
    pub(crate) rejects: Vec<(u64, String, String)>,
}

/// Reads the sources and says what each one is; keeps up to `rejects_max` rejects of each.
///
/// # Errors
///
/// If a path names nothing.
pub(crate) fn inspect(
    paths: &[String],
    tenant: Option<String>,
    rejects_max: usize,
) -> Result<Vec<Inspection>> {
    let mut reading = Reading::new(walk(paths, None)?, KnownFiles::default(), 1);
    let mut inspector =
        Inspector { normalizer: Normalizer::new(tenant), rejects_max, found: BTreeMap::new() };
    reading.read(&mut inspector);
    let mut found = inspector.found;
    let with_facts = |(index, facts): (usize, SourceFacts)| Inspection {
        name: facts.name,
        sha256: facts.sha256,
        size_bytes: facts.size_bytes,
        text_bytes: facts.text_bytes,
        encoding: facts.encoding.map(crate::source::Encoding::name),
        framing: facts.framing.name(),
        context: facts.framing.context,
        has_next_link: facts.framing.next_link,
        problem: facts.problem,
        ..found.remove(&index).unwrap_or_default()
    };
    Ok(reading.sources.into_iter().enumerate().map(with_facts).collect())
}

/// Takes what is read and only counts it.
struct Inspector {
    normalizer: Normalizer,
    rejects_max: usize,
    found: BTreeMap<usize, Inspection>,
}

impl Sink for Inspector {
    fn take(&mut self, item: Item<'_>, source: &ChunkSource, facts: &mut SourceFacts) -> Result<()> {
        let found = self.found.entry(source.index).or_default();
        let (text, offset, reason) = match item {
            Item::Record { text, offset, is_in_bare_array, is_row, context } => {
                facts.look_at(text, is_in_bare_array, context);
                let record = RawRecord {
                    text,
                    offset,
                    source: &source.name,
                    modified: source.modified,
                    dates: source.dates.unwrap_or_default(),
                    dates_are_guessed: source.dates.is_none(),
                    context,
                    expected: facts.format,
                    is_row,
                };
                match self.normalizer.append(&record) {
                    Outcome::Row(NewRow { time, format, notes, .. }) => {
                        found.rows += 1;
                        *found.formats.entry(format).or_default() += 1;
                        for (count, (note, _)) in found.notes.iter_mut().zip(Notes::ALL) {
                            *count += u64::from(notes.has(note));
                        }
                        let (first, last) = found.period.unwrap_or((time, time));
                        found.period = Some((first.min(time), last.max(time)));
                        if found.first.is_none() {
                            let explained = self.normalizer.explain(&record, format);
                            let text = decoded(text).into_owned();
                            found.first = explained.map(|explained| (offset, text, format, explained));
                        }
                        if self.normalizer.rows() >= BATCH_ROWS {
                            self.normalizer.finish();
                        }
                        return Ok(());
                    }
                    Outcome::Skipped(kind) => {
                        *found.skipped.entry(kind).or_default() += 1;
                        return Ok(());
                    }
                    Outcome::Rejected(reason) => (text, offset, reason.to_string()),
                }
            }
            Item::Foreign { kind, .. } => {
                *found.skipped.entry(kind.into()).or_default() += 1;
                return Ok(());
            }
            Item::Damaged { text, offset, reason, .. } => (text, offset, reason),
        };
        found.rejected += 1;
        if found.rejects.len() < self.rejects_max {
            found.rejects.push((offset, reason, String::from_utf8_lossy(text).into_owned()));
        }
        Ok(())
    }

    fn advance(&mut self, _: &str, _: u64) {}
}
