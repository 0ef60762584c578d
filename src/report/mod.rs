//! Reports: sections filled by saved queries and detections, as one page of HTML or as Markdown.
//!
//! A report is declared as a list of sections ([`REPORTS`]); making one runs their queries and counts what charts show
//! ([`make`]); how it looks is decided last. The same archive gives the same bytes: no clock, no place on the machine.
//!
//! ```text
//! Report ─▶ make (Engine, Library) ─▶ Document ─▶ html │ markdown
//! ```

mod catalogue;
mod chart;
mod document;
mod findings;
mod gather;
mod html;
mod markdown;
mod numbers;
mod section;
mod time;

use std::cmp::Reverse;
use std::collections::BTreeSet;

pub(crate) use self::catalogue::REPORTS;
pub(crate) use self::document::Document;
use self::document::{Block, Entry, Grid, Part};
use self::gather::Gather;
pub(crate) use self::html::html;
pub(crate) use self::markdown::markdown;
pub(crate) use self::section::Report;
use self::section::{Content, Section, Show, WHO};
use self::time::readable;
use crate::engine::{Engine, Warning, WarningKind, rounded};
use crate::error::{Error, Result, alike, shell_word};
use crate::query::{Library, QueryKind, SavedQuery, Script, check_given};
use crate::schema::format_time;

/// Rows of a saved query that is reported by itself.
const ROWS_MAX: usize = 1_000;
/// Source files that are listed.
const SOURCES_MAX: usize = 500;
/// Gaps that are told at the beginning, those in which most is missing.
const GAPS_MAX: usize = 8;
/// Who a report is about is given as this parameter.
const WHO_NAME: &str = "who";

/// What a report needs to know beside the archive.
pub(crate) struct ReportOptions<'o> {
    /// What the archive was called by who asks.
    pub(crate) archive: &'o str,
    /// Values that were given with `--param`.
    pub(crate) given: &'o [(String, String)],
}

/// Makes a report, or one of a single saved query.
///
/// # Errors
///
/// If there is no such report, or a parameter is missing or unknown. A section that fails is part of the report.
pub(crate) fn make(
    name: &str,
    engine: &Engine,
    library: &Library,
    options: &ReportOptions<'_>,
) -> Result<Document> {
    if let Some(report) = REPORTS.iter().find(|report| report.name == name) {
        let who = who(report, options.given)?;
        return Making::new(engine, library, options, who).report(report);
    }
    let query = library.find(name).map_err(|error| no_report(name, library, error))?;
    let script = Script::read(&query.text)?;
    query.header()?;
    check_given(std::slice::from_ref(&script), options.given)?;
    script.check(options.given, &BTreeSet::new(), engine.snapshot().period().map(|(_, last)| last))?;
    let (title, about) = (query.name(), query.question());
    let given: Vec<(&str, &str)> =
        options.given.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let shows = [Show::table(&[], ROWS_MAX)];
    let sections = [Section::answer("Answer", "", &query.id, &given, &shows)];
    let report = Report { name, title: &title, about: &about, is_about_someone: false, sections: &sections };
    Making::new(engine, library, options, None).report(&report)
}

fn no_report(name: &str, library: &Library, error: Error) -> Error {
    let names: Vec<&str> = REPORTS.iter().map(|report| report.name).collect();
    let hint = match (alike(name, &names), error.hint_text()) {
        (Some(meant), _) => format!("did you mean `{meant}`?"),
        (None, Some(hint)) if hint.starts_with("did you mean") && !library.queries().is_empty() => {
            hint.to_owned()
        }
        _ => format!("the reports are {}, and every saved query", names.join(", ")),
    };
    Error::new(format!("no report `{name}`")).hint(hint)
}

fn who<'o>(report: &Report<'_>, given: &'o [(String, String)]) -> Result<Option<&'o str>> {
    let example = format!("write `auditql report {} --param who=ana@fabrikam.example`", report.name);
    if let Some((other, _)) = given.iter().find(|(name, _)| name != WHO_NAME || !report.is_about_someone) {
        let failure = Error::new(format!("the report `{}` has no parameter `{other}`", report.name));
        return Err(if report.is_about_someone { failure.hint(example) } else { failure });
    }
    let who = given.iter().rev().map(|(_, value)| value.trim()).find(|who| !who.is_empty());
    if report.is_about_someone && who.is_none() {
        return Err(Error::new(format!("the report `{}` needs a name", report.name))
            .because("it is about one person: object id or user principal name")
            .hint(example));
    }
    Ok(who)
}

/// A report that is being made.
struct Making<'m> {
    engine: &'m Engine,
    library: &'m Library,
    options: &'m ReportOptions<'m>,
    who: Option<&'m str>,
    document: Document,
    told: BTreeSet<String>,
    /// Tables that the sections need; none if one of them is about all.
    needed: BTreeSet<String>,
    needs_all: bool,
}

impl<'m> Making<'m> {
    fn new(
        engine: &'m Engine,
        library: &'m Library,
        options: &'m ReportOptions<'m>,
        who: Option<&'m str>,
    ) -> Self {
        Self {
            engine,
            library,
            options,
            who,
            document: Document::default(),
            told: BTreeSet::new(),
            needed: BTreeSet::new(),
            needs_all: false,
        }
    }

    fn report(mut self, report: &Report<'_>) -> Result<Document> {
        self.document.title = report.title.to_owned();
        self.document.about = report.about.to_owned();
        self.document.subject = self.who.map(str::to_owned);
        self.document.facts = self.facts()?;
        for section in report.sections {
            let mut part =
                Part { title: section.title.to_owned(), about: section.about.to_owned(), ..Part::default() };
            let done = match &section.content {
                Content::Answer { query, parameters, shows } => {
                    self.answer(query, parameters, shows, &mut part)
                }
                Content::Findings { folders, rows_max } => self.findings(folders, *rows_max, &mut part),
            };
            if let Err(error) = done {
                self.failed(&mut part, section.title, &error);
            }
            self.document.parts.push(part);
        }
        self.gaps();
        self.sources()?;
        Ok(self.document)
    }

    fn failed(&mut self, part: &mut Part, title: &str, error: &Error) {
        let reason = error.one_line();
        part.blocks.clear();
        part.notes.push(format!("This could not be answered: {reason}"));
        self.document.failures.push(format!("{title}: {reason}"));
    }

    /// What the report was made of.
    fn facts(&self) -> Result<Vec<(&'static str, String)>> {
        let (snapshot, range) = (self.engine.snapshot(), self.engine.time_range());
        let mut facts = vec![("Archive", self.options.archive.to_owned())];
        if let Some(commit) = &snapshot.commit {
            let at = commit.committed_at.get(..19).unwrap_or(&commit.committed_at).replace('T', " ");
            facts.push(("As of", format!("{at} UTC, commit {}", commit.number)));
        }
        facts.push(("Fingerprint", snapshot.fingerprint()?.unwrap_or_default()));
        facts.push((
            "Events",
            match snapshot.period() {
                Some((first, last)) => format!("{} to {} UTC", readable(first), readable(last)),
                None => "none".to_owned(),
            },
        ));
        facts.push((
            "Asked for",
            match (range.from, range.to) {
                (None, None) => "the whole archive".to_owned(),
                (from, to) => {
                    let shown = |time: Option<i64>, open: &str| time.map_or(open.to_owned(), readable);
                    format!("{} to {} UTC", shown(from, "the first event"), shown(to, "the last event"))
                }
            },
        ));
        facts.push(("Made with", format!("auditql {}", env!("CARGO_PKG_VERSION"))));
        Ok(facts)
    }

    /// A section with the answer of a saved query.
    fn answer(
        &mut self,
        id: &str,
        declared: &[(&str, &str)],
        shows: &[Show<'_>],
        part: &mut Part,
    ) -> Result<()> {
        let query = self.library.find(id)?;
        let resolve = |value: &str| self.who.filter(|_| value == WHO).unwrap_or(value).to_owned();
        let given: Vec<(String, String)> =
            declared.iter().map(|(name, value)| ((*name).to_owned(), resolve(value))).collect();
        let mut entry = self.entry(query, &given)?;
        let index = self.document.entries.len();
        part.entry = Some(index);
        let header = query.header()?;
        let lacking = self.lacking(&header.needs);
        self.needs_all |= header.needs.is_empty();
        let done = self.run(query, &given, shows, &mut entry, part);
        if entry.rows == Some(0) {
            part.blocks.clear();
            let has_events = self.engine.snapshot().period().is_some();
            part.notes.push(match lacking.as_slice() {
                [] if !has_events => "Not known: the archive has no events.".to_owned(),
                [] => "Nothing found.".to_owned(),
                tables => format!(
                    "Not known: the archive has nothing of {}, so that nothing was found says nothing.",
                    tables.join(", ")
                ),
            });
        } else if !lacking.is_empty() {
            part.notes.push(format!(
                "The archive has nothing of {}: more may have happened than is shown here.",
                lacking.join(", ")
            ));
        }
        self.document.entries.push(entry);
        done
    }

    fn run(
        &mut self,
        query: &SavedQuery,
        given: &[(String, String)],
        shows: &[Show<'_>],
        entry: &mut Entry,
        part: &mut Part,
    ) -> Result<()> {
        let answer = query.start(self.engine, given)?;
        entry.warnings = texts(answer.warnings());
        self.tell(answer.warnings());
        let schema = answer.schema();
        let mut gathers: Vec<Gather<'_>> = shows.iter().map(Gather::new).collect();
        for gather in &mut gathers {
            gather.begin(&schema)?;
        }
        let mut rows = 0;
        for batch in answer {
            let batch = batch?;
            rows += batch.num_rows() as u64;
            for gather in &mut gathers {
                gather.take(&batch)?;
            }
        }
        entry.rows = Some(rows);
        part.blocks.extend(gathers.into_iter().filter_map(|gather| gather.finish(&entry.command)));
        Ok(())
    }

    /// Tables of these of which the archive has nothing; they are told at the beginning, too.
    fn lacking(&mut self, needs: &[String]) -> Vec<String> {
        self.needed.extend(needs.iter().cloned());
        let lacking: Vec<String> =
            needs.iter().filter(|table| self.engine.snapshot().rows(table) == 0).cloned().collect();
        for table in &lacking {
            self.tell_once(format!("the archive has nothing of {table} at all"));
        }
        lacking
    }

    /// Tells the gaps of the tables that the sections need. A statement warns of gaps only if it asks for their time; who
    /// reads a report asks for all of it.
    fn gaps(&mut self) {
        let (snapshot, range) = (self.engine.snapshot(), self.engine.time_range());
        let mut gaps: Vec<(u64, i64, i64, &str, &str)> = Vec::new();
        for service in snapshot.coverage() {
            let is_needed = self.needs_all || self.needed.contains(&service.table);
            let touched = service.gaps.iter().filter(|gap| {
                is_needed
                    && range.from.is_none_or(|from| from < gap.to)
                    && range.to.is_none_or(|to| to > gap.from)
            });
            gaps.extend(
                touched.map(|gap| (gap.expected, gap.from, gap.to, &*service.table, &*service.service)),
            );
        }
        gaps.sort_by_key(|(expected, from, _, table, service)| (Reverse(*expected), *from, *table, *service));
        let more = gaps.split_off(gaps.len().min(GAPS_MAX)).len();
        gaps.sort_by_key(|(_, from, _, table, service)| (*from, *table, *service));
        let told = gaps.iter().map(|(expected, from, to, table, service)| {
            format!(
                "{table} ({}) has no events from {} to {}, where about {} would be usual",
                if service.is_empty() { "no service named" } else { service },
                &readable(*from)[..16],
                &readable(*to)[..16],
                rounded(*expected)
            )
        });
        let mut told: Vec<String> = told.collect();
        if more > 0 {
            let mut words = vec!["run".to_owned(), "archive/gaps".to_owned()];
            words.extend(self.common());
            told.push(format!(
                "{}: {}",
                numbers::count(more as u64, "more gap", "more gaps"),
                command(&words)
            ));
        }
        self.document.not_covered.extend(told);
    }

    /// Adds what is not covered to what is told at the beginning; of gaps and of tables without anything it is told once.
    fn tell(&mut self, warnings: &[Warning]) {
        for warning in warnings {
            match warning.kind {
                WarningKind::Outside => self.tell_once(warning.text.clone()),
                WarningKind::NothingOf(_) | WarningKind::Gap => {}
            }
        }
    }

    fn tell_once(&mut self, text: String) {
        if self.told.insert(text.clone()) {
            self.document.not_covered.push(text);
        }
    }

    fn entry(&self, query: &SavedQuery, given: &[(String, String)]) -> Result<Entry> {
        let header = query.header()?;
        let value = |name: &str, default: &Option<String>| {
            let given = given.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
            given.or_else(|| default.clone()).unwrap_or_else(|| "not given".to_owned())
        };
        let parameters =
            header.parameters.iter().map(|one| (one.name.clone(), value(&one.name, &one.default))).collect();
        let mut words = vec!["run".to_owned(), query.id.clone()];
        words.extend(self.common());
        for (name, value) in given {
            words.extend(["--param".to_owned(), format!("{name}={value}")]);
        }
        if !query.is_shipped {
            words.extend(["--queries".to_owned(), "DIR".to_owned()]);
        }
        Ok(Entry {
            name: query.id.clone(),
            question: query.question(),
            command: command(&words),
            parameters,
            caveats: query.caveats(),
            warnings: Vec::new(),
            rows: None,
            text: query.sql().to_owned(),
        })
    }

    /// What every command of this report has in common: archive and period.
    fn common(&self) -> Vec<String> {
        let range = self.engine.time_range();
        let mut words = vec!["-a".to_owned(), self.options.archive.to_owned()];
        for (option, time) in [("--from", range.from), ("--to", range.to)] {
            words.extend(time.into_iter().flat_map(|time| [option.to_owned(), format_time(time)]));
        }
        words
    }

    /// The files that the archive was made of.
    fn sources(&mut self) -> Result<()> {
        let query = self.library.find("archive/sources")?;
        let entry = self.entry(query, &[])?;
        let columns =
            ["file", "sha256", "size_bytes", "format", "events_read", "events_added", "events_rejected"];
        let show = Show::table(&columns, SOURCES_MAX);
        let mut gather = Gather::new(&show);
        let answer = query.start(self.engine, &[])?;
        gather.begin(&answer.schema())?;
        for batch in answer {
            gather.take(&batch?)?;
        }
        if let Some(Block::Grid(grid)) = gather.finish(&entry.command) {
            self.document.sources = grid;
        } else {
            self.document.sources = Grid { command: entry.command, ..Grid::default() };
        }
        Ok(())
    }
}

/// A command of ours, as a shell takes it.
fn command(words: &[String]) -> String {
    let mut text = "auditql".to_owned();
    for word in words {
        text.push(' ');
        text.push_str(&shell_word(word));
    }
    text
}

fn texts(warnings: &[Warning]) -> Vec<String> {
    warnings.iter().map(|warning| warning.text.clone()).collect()
}

/// Whether a saved query is one whose rows are findings.
fn is_detection(query: &SavedQuery) -> bool {
    query.header().is_ok_and(|header| header.kind != QueryKind::Report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_one_that_a_shell_takes() {
        let words = ["run", "x/y", "-a", "my case", "--param", "who=o'x;$(id)"].map(str::to_owned);
        assert_eq!(command(&words), r"auditql run x/y -a 'my case' --param 'who=o'\''x;$(id)'");
    }
}
