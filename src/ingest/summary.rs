//! What an ingest did, source by source.

use super::page_set::judge;
use super::read::{Reading, SourceFacts};
use super::wave::Writing;
use super::{Counts, Gathered};
use crate::normalize::Notes;
use crate::schema::{EVENT_TABLES, Format};

/// What an ingest did.
#[derive(Debug)]
pub(crate) struct IngestSummary {
    /// Every source, in the order of reading.
    pub(crate) sources: Vec<SourceOutcome>,
    /// Rows added by table and group.
    pub(crate) groups: Vec<GroupPeriod>,
    /// Bytes of the files on disk.
    pub(crate) size_bytes: u64,
    /// Number of the commit; nothing if there was nothing new, or in a dry run.
    pub(crate) commit: Option<u64>,
}

/// What became of one source: read = added + duplicate + rejected + skipped.
#[derive(Debug, Clone, Default)]
pub(crate) struct SourceOutcome {
    /// Name as in `meta.sources.path`.
    pub(crate) name: String,
    /// SHA-256 of the file on disk; empty if it could not be read.
    pub(crate) sha256: String,
    /// Bytes of the file on disk.
    pub(crate) size_bytes: u64,
    /// When the file, or the member of a container, was last changed.
    pub(crate) modified: Option<i64>,
    /// Shape of the records.
    pub(crate) format: Option<&'static str>,
    /// Text encoding.
    pub(crate) encoding: Option<&'static str>,
    /// Framing of the records.
    pub(crate) framing: String,
    /// Records that became rows.
    pub(crate) added: u64,
    /// Of the added: those from a time that the archive had events of already.
    pub(crate) late: u64,
    /// Records whose event was known.
    pub(crate) duplicate: u64,
    /// Of the duplicates: those that differ from the event kept under their id.
    pub(crate) conflicting: u64,
    /// Of the added: those that took the place of a poorer record of the same event.
    pub(crate) replaced: u64,
    /// Records that could not be used.
    pub(crate) rejected: u64,
    /// Records of a kind without a table.
    pub(crate) skipped: u64,
    /// Time of the earliest usable record.
    pub(crate) first: Option<i64>,
    /// Time of the latest usable record.
    pub(crate) last: Option<i64>,
    /// The last page names a next one.
    pub(crate) has_next_link: bool,
    /// It is a page of several, as an API answers.
    pub(crate) is_page: bool,
    /// What its encoding suggests, and it as one of a set.
    pub(crate) warning: Option<String>,
    /// What was noticed about its records.
    pub(crate) notes: Option<String>,
    /// What is wrong with the source as a whole, or why its records were skipped.
    pub(crate) problem: Option<String>,
    /// Reason of its first reject.
    pub(crate) reject_example: Option<String>,
    /// The archive had this very file already; it was not read again.
    pub(crate) is_known: bool,
    /// It has it under another name only: this one.
    pub(crate) same_as: Option<String>,
}

/// Rows of one group of a table that an ingest added.
#[derive(Debug)]
pub(crate) struct GroupPeriod {
    /// Table.
    pub(crate) table: &'static str,
    /// Value of the table's grouping column (of `audit` the service); empty if the rows have none.
    pub(crate) group: String,
    /// Rows.
    pub(crate) events: u64,
    /// Time of the first, microseconds since 1970-01-01 UTC.
    pub(crate) first: i64,
    /// Time of the last.
    pub(crate) last: i64,
}

impl SourceOutcome {
    /// Records found.
    pub(crate) fn read(&self) -> u64 {
        self.added + self.duplicate + self.rejected + self.skipped
    }

    /// Whether the archive does not have this file under this name yet.
    pub(super) fn is_news(&self) -> bool {
        !self.is_known || self.same_as.is_some()
    }

    /// Whether something is to be complained about.
    pub(crate) fn has_complaints(&self) -> bool {
        self.rejected > 0 || self.conflicting > 0 || self.problem.is_some() || self.warning.is_some()
    }

    fn new(
        facts: SourceFacts,
        counts: &Counts,
        added: u64,
        conflicting: u64,
        replaced: u64,
        late: u64,
    ) -> Self {
        let skipped: u64 = counts.skipped.values().sum();
        let kinds: Vec<_> = counts.skipped.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let foreign =
            (skipped > 0).then(|| format!("skipped {}: no table of auditql holds them", kinds.join(", ")));
        let noticed = |is_warning: bool| {
            let notes = counts.notes.iter().zip(Notes::ALL);
            let notes = notes.filter(|(count, (note, _))| **count > 0 && note.is_warning() == is_warning);
            let notes: Vec<_> = notes.map(|(count, (_, what))| format!("{count} {what}")).collect();
            Some(notes.join("; ")).filter(|notes| !notes.is_empty())
        };
        // The shape that most of its records have.
        let format = counts.formats.iter().max_by_key(|(_, count)| **count).map(|(format, _)| *format);
        let format = format.or(facts.format);
        let unknown = facts.format.is_none() && facts.foreign.is_none() && counts.rejected > 0;
        let none_usable = unknown.then(|| "no record of a known shape".to_owned());
        Self {
            name: facts.name,
            sha256: facts.sha256,
            size_bytes: facts.size_bytes,
            modified: facts.modified,
            format: format.map(Format::name),
            encoding: facts.encoding.map(crate::source::Encoding::name),
            framing: facts.framing.name(),
            added,
            // A richer record of a known event is none that an earlier download did not have.
            late: late.min(added).saturating_sub(replaced),
            duplicate: counts.rows - added,
            conflicting,
            replaced,
            rejected: counts.rejected,
            skipped,
            first: counts.first,
            last: counts.last,
            has_next_link: facts.framing.next_link,
            is_page: facts.framing.is_page(),
            warning: noticed(true),
            notes: noticed(false),
            problem: facts.problem.or(foreign).or(none_usable),
            reject_example: counts.reject_example.clone(),
            is_known: facts.is_known,
            same_as: facts.same_as,
        }
    }
}

impl IngestSummary {
    pub(super) fn new(reading: Reading, gathered: Gathered, writing: &Writing<'_>) -> Self {
        let size_bytes = reading.bytes();
        let none = Counts::default();
        let sources = reading.sources.into_iter().enumerate().map(|(index, facts)| {
            let counts = gathered.counts.get(index).unwrap_or(&none);
            let of = |counts: &[u64]| counts.get(index).copied().unwrap_or(0);
            SourceOutcome::new(
                facts,
                counts,
                of(&writing.added),
                of(&writing.conflicting),
                of(&writing.replaced),
                of(&writing.late),
            )
        });
        let groups = writing.groups.iter().map(|((table, group), (events, first, last))| GroupPeriod {
            table: EVENT_TABLES[*table].name,
            group: group.clone(),
            events: *events,
            first: *first,
            last: *last,
        });
        let (mut sources, groups) = (sources.collect::<Vec<_>>(), groups.collect());
        judge(&mut sources);
        Self { sources, groups, size_bytes, commit: None }
    }

    /// Whether there is anything that the archive does not have yet: an event, or a source.
    pub(crate) fn has_news(&self) -> bool {
        self.sources.iter().any(|source| source.is_news() && !source.sha256.is_empty())
    }

    /// Sum over all sources.
    pub(crate) fn sum(&self, of: impl Fn(&SourceOutcome) -> u64) -> u64 {
        self.sources.iter().map(of).sum()
    }

    /// Whether something is to be complained about: a reject, a skip, a source with a problem.
    pub(crate) fn has_complaints(&self) -> bool {
        self.sources.iter().any(SourceOutcome::has_complaints)
    }
}
