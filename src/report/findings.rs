//! Sections with what detections found.

use std::collections::BTreeMap;

use super::document::{Block, Cell, Column, Entry, Grid, Part};
use super::numbers::count;
use super::{Making, WHO_NAME, command, is_detection, texts};
use crate::error::{Error, Result};
use crate::hunt::{Findings, Hunt, HuntOptions, Ran};
use crate::query::Severity;
use crate::render::plain;

/// The query that knows under what a person is known.
const NAMES: &str = "audit/user-names";
/// Names of a person that findings are looked through for.
const NAMES_MAX: usize = 50;

impl Making<'_> {
    /// A section with what the detections of some folders found.
    pub(super) fn findings(&mut self, folders: &[&str], rows_max: usize, part: &mut Part) -> Result<()> {
        let naming = match self.who {
            Some(who) => self.names(who)?,
            None => Vec::new(),
        };
        let has = |folder: &&&str| {
            let begin = format!("{folder}/");
            self.library.queries().iter().any(|query| query.id.starts_with(&begin) && is_detection(query))
        };
        let only: Vec<String> = folders.iter().filter(has).map(|folder| (*folder).to_owned()).collect();
        let options = HuntOptions { only: only.clone(), naming: naming.clone(), ..HuntOptions::default() };
        let found = Hunt::choose(self.library, &options)?.run(self.engine, &mut |_| {})?;
        let mut words = vec!["hunt".to_owned()];
        words.extend(self.common());
        for folder in only {
            words.extend(["--only".to_owned(), folder]);
        }
        for name in naming {
            words.extend(["--naming".to_owned(), name]);
        }
        let command = command(&words);
        part.entry = Some(self.document.entries.len());
        self.document.entries.push(hunt_entry(&found, &command));
        let entries = self.detection_entries(&found)?;
        self.not_covered(&found);
        show(&found, &entries, rows_max, &command, part);
        Ok(())
    }

    /// Under what the person of the report is known, in small letters.
    fn names(&self, who: &str) -> Result<Vec<String>> {
        let mut names = vec![who.to_lowercase()];
        let given = [("user".to_owned(), who.to_owned())];
        for batch in self.library.find(NAMES)?.start(self.engine, &given)? {
            let batch = batch?;
            let column = batch
                .column_by_name("name")
                .ok_or_else(|| Error::new(format!("`{NAMES}` does not tell names of `{WHO_NAME}`")))?;
            let texts = (0..batch.num_rows()).filter_map(|row| plain(column, row));
            names.extend(texts.map(|name| name.to_lowercase()));
        }
        names.sort();
        names.dedup();
        names.truncate(NAMES_MAX);
        Ok(names)
    }

    /// An entry for each detection that found something: name to index.
    fn detection_entries(&mut self, found: &Findings) -> Result<BTreeMap<String, usize>> {
        let mut entries = BTreeMap::new();
        for ran in found.ran.iter().filter(|ran| ran.count() > 0) {
            let known = self.document.entries.iter().position(|entry| entry.name == ran.query);
            let index = match known {
                Some(index) => index,
                None => {
                    let mut entry = self.entry(self.library.find(&ran.query)?, &[])?;
                    entry.warnings = texts(&ran.warnings);
                    entry.rows = Some(ran.count()).filter(|_| self.who.is_none());
                    self.document.entries.push(entry);
                    self.document.entries.len() - 1
                }
            };
            entries.insert(ran.query.clone(), index);
        }
        Ok(entries)
    }

    fn not_covered(&mut self, found: &Findings) {
        for ran in &found.ran {
            let needs =
                self.library.find(&ran.query).and_then(|query| query.header()).map(|header| header.needs);
            self.lacking(&needs.unwrap_or_default());
            self.tell(&ran.warnings);
            if let Some(error) = &ran.failure {
                self.document.failures.push(format!("{}: {}", ran.query, error.one_line()));
            }
        }
    }
}

fn hunt_entry(found: &Findings, command: &str) -> Entry {
    let names: Vec<&str> = found.ran.iter().filter(|ran| ran.has_run).map(|ran| ran.query.as_str()).collect();
    Entry {
        name: "hunt".to_owned(),
        question: format!(
            "What does a hunt with {} find?",
            count(found.ran.len() as u64, "detection", "detections")
        ),
        command: command.to_owned(),
        parameters: Vec::new(),
        caveats: vec![format!("These ran, with the defaults of their parameters: {}.", names.join(", "))],
        warnings: Vec::new(),
        rows: Some(found.count_from(Severity::Low)),
        text: String::new(),
    }
}

fn show(
    found: &Findings,
    entries: &BTreeMap<String, usize>,
    rows_max: usize,
    command: &str,
    part: &mut Part,
) {
    part.notes.extend(notes(found));
    let mut counts = [0; 3];
    for ran in &found.ran {
        counts.iter_mut().zip(ran.counts).for_each(|(all, one)| *all += one);
    }
    // Three zeros would look like an answer if nobody looked.
    if found.ran.iter().any(|ran| ran.has_run) {
        part.blocks.push(Block::Severities(counts));
    }
    let text = |name: &str| Column { name: name.to_owned(), is_number: false };
    let number = |name: &str| Column { name: name.to_owned(), is_number: true };
    let link = |query: &String| match entries.get(query) {
        Some(entry) => Cell::Link(query.clone(), *entry),
        None => Cell::Text(query.clone()),
    };
    if found.findings.is_empty() {
        let (looked, others) = (found.ran.iter().any(|ran| ran.has_run), found.lacking().next().is_some());
        part.notes.extend(match (looked, others) {
            (false, _) => None,
            (true, false) => Some("Nothing found.".to_owned()),
            (true, true) => Some("Those that looked found nothing.".to_owned()),
        });
    } else {
        let time = |time: Option<i64>| time.map_or(Cell::Null, Cell::Time);
        let rows = found.findings.iter().take(rows_max).map(|finding| {
            vec![
                Cell::Severity(finding.severity),
                time(finding.first_time),
                Cell::Text(super::gather::cut(&finding.finding)),
                link(&finding.query),
                finding.technique.clone().map_or(Cell::Null, Cell::Text),
                Cell::Text(finding.events.to_string()),
            ]
        });
        let columns = vec![
            text("severity"),
            text("first_time"),
            text("finding"),
            text("detection"),
            text("technique"),
            number("events"),
        ];
        let (rows, count) = (rows.collect(), found.count_from(Severity::Low));
        part.blocks.push(Block::Grid(Grid { columns, rows, count, command: command.to_owned() }));
    }
    let with: Vec<&Ran> = found.ran.iter().filter(|ran| ran.count() > 0).collect();
    if with.len() > 1 {
        let amount = |count: u64| if count == 0 { Cell::Null } else { Cell::Text(count.to_string()) };
        let rows = with.iter().map(|ran| {
            let [high, medium, low] = ran.counts.map(amount);
            vec![link(&ran.query), Cell::Text(ran.name.clone()), high, medium, low]
        });
        let columns = vec![text("detection"), text("name"), number("high"), number("medium"), number("low")];
        let (rows, count) = (rows.collect(), with.len() as u64);
        part.blocks.push(Block::Text("Findings by detection".to_owned()));
        part.blocks.push(Block::Grid(Grid { columns, rows, count, command: command.to_owned() }));
    }
    let silent: Vec<&str> = found
        .ran
        .iter()
        .filter(|ran| ran.count() == 0 && ran.lacking.is_empty() && ran.failure.is_none())
        .map(|ran| ran.query.as_str())
        .collect();
    if !silent.is_empty() {
        let text = format!(
            "{} looked and found nothing: {}.",
            count(silent.len() as u64, "detection", "detections"),
            silent.join(", ")
        );
        part.blocks.push(Block::Text(text));
    }
}

/// What did not look, or not at everything.
fn notes(found: &Findings) -> Vec<String> {
    let mut notes = Vec::new();
    for (what, has_run) in [("could not look", false), ("looked in part only", true)] {
        let mut by_tables: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for ran in found.lacking().filter(|ran| ran.has_run == has_run) {
            by_tables.entry(ran.lacking.join(", ")).or_default().push(&ran.query);
        }
        for (tables, names) in by_tables {
            notes.push(format!(
                "{} {what}, as the archive has nothing of {tables}: {}.",
                count(names.len() as u64, "detection", "detections"),
                names.join(", ")
            ));
        }
    }
    for ran in found.failed() {
        let reason = ran.failure.as_ref().map(Error::one_line).unwrap_or_default();
        notes.push(format!(
            "The detection {} failed, and what it would have found is not known: {reason}",
            ran.query
        ));
    }
    notes
}
