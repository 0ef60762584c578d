//! Every detection over an archive, one after the other: what they found, which could not look, which failed.
//!
//! A detection is a saved query whose answer ends with `severity`, `finding`, `first_time`, `last_time` and `event_ids`.
//! One that fails never stops the others, and one that lacks a table is named: silence must mean that nothing is there.
//!
//! ```text
//! Library ─▶ Hunt::choose (kinds, names, severities, parameters) ─▶ Hunt::run on an Engine ─▶ Findings
//! ```

mod finding;
mod rows;

use std::collections::BTreeSet;

pub(crate) use self::finding::{EVENT_IDS_MAX, Finding};
use self::finding::{FindingRows, has_findings};
pub(crate) use self::rows::{batches as finding_batches, schema as finding_schema};
use crate::engine::{Engine, Warning};
use crate::error::{Error, Result};
use crate::query::{Header, Library, QueryKind, SavedQuery, Script, Severity, check_given};

/// Findings of one detection that are kept, the worst first.
const FINDINGS_MAX: usize = 10_000;
/// Bytes that the findings of all detections may take together before they keep only a few ids each.
const BYTES_MAX: usize = 256 << 20;
/// Ids of events that a finding keeps beyond that.
const EVENT_IDS_FEW: usize = 10;

/// A value for a parameter: of all detections that know it, or of one.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    /// The detection; all if there is none.
    pub(crate) query: Option<String>,
    /// Name of the parameter.
    pub(crate) name: String,
    /// Its value.
    pub(crate) value: String,
}

/// Which detections, and which of their findings.
#[derive(Debug, Clone, Default)]
pub(crate) struct HuntOptions {
    /// Only these, by name, or by the folder with its `/`.
    pub(crate) only: Vec<String>,
    /// Not these.
    pub(crate) skip: Vec<String>,
    /// Values for parameters.
    pub(crate) parameters: Vec<Given>,
    /// Those that can find nothing as bad as this are left out.
    pub(crate) least: Option<Severity>,
    /// Only findings that name one of these, in small letters; all if there are none.
    pub(crate) naming: Vec<String>,
}

/// A detection that is to run.
struct Detection<'l> {
    query: &'l SavedQuery,
    header: Header,
    script: Script,
    worst: Severity,
    given: Vec<(String, String)>,
}

/// What a detection did.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The saved query.
    pub(crate) query: String,
    /// Its name in words.
    pub(crate) name: String,
    /// Techniques of MITRE ATT&CK.
    pub(crate) technique: Option<String>,
    /// Number of findings by severity, worst first.
    pub(crate) counts: [u64; 3],
    /// Tables that it needs and of which the archive has nothing.
    pub(crate) lacking: Vec<String>,
    /// Whether it ran: one for which all tables are missing did not.
    pub(crate) has_run: bool,
    /// What the archive does not cover of what it read.
    pub(crate) warnings: Vec<Warning>,
    /// Why it did not come to its end.
    pub(crate) failure: Option<Error>,
    /// Findings that were counted and not kept.
    pub(crate) not_kept: u64,
    is_cut: bool,
}

impl Ran {
    /// Number of findings.
    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// What a hunt brought.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// The findings, the worst first.
    pub(crate) findings: Vec<Finding>,
    /// What each detection did, by name.
    pub(crate) ran: Vec<Ran>,
    /// Whether some findings hold fewer ids than they might, for lack of memory.
    pub(crate) is_cut: bool,
    bytes: usize,
}

impl Findings {
    /// Number of findings as bad as this or worse, also of those that were not kept.
    pub(crate) fn count_from(&self, least: Severity) -> u64 {
        let reaching = Severity::ALL.iter().filter(|severity| severity.reaches(least)).count();
        self.ran.iter().flat_map(|ran| &ran.counts[..reaching]).sum()
    }

    /// Detections that lack a table.
    pub(crate) fn lacking(&self) -> impl Iterator<Item = &Ran> {
        self.ran.iter().filter(|ran| !ran.lacking.is_empty())
    }

    /// Detections that failed.
    pub(crate) fn failed(&self) -> impl Iterator<Item = &Ran> {
        self.ran.iter().filter(|ran| ran.failure.is_some())
    }
}

/// The detections that are to run.
pub(crate) struct Hunt<'l> {
    detections: Vec<Detection<'l>>,
    wrong: Vec<Ran>,
    naming: Vec<String>,
}

impl<'l> Hunt<'l> {
    /// Chooses detections, and hunts, which are told apart when they run: only those that give findings count.
    ///
    /// # Errors
    ///
    /// If a name is no detection, or no detection knows a parameter.
    pub(crate) fn choose(library: &'l Library, options: &HuntOptions) -> Result<Self> {
        let only = options.only.iter().map(|name| Choice::read(name, library)).collect::<Result<Vec<_>>>()?;
        let skip = options.skip.iter().map(|name| Choice::read(name, library)).collect::<Result<Vec<_>>>()?;
        let mut hunt = Self { detections: Vec::new(), wrong: Vec::new(), naming: options.naming.clone() };
        let is_chosen = |id: &str| {
            (only.is_empty() || only.iter().any(|choice| choice.has(id)))
                && !skip.iter().any(|choice| choice.has(id))
        };
        for query in library.queries().iter().filter(|query| is_chosen(&query.id)) {
            match Detection::read(query) {
                Ok(Some(detection)) => {
                    // A detection that is asked for by its name runs, whatever it can find.
                    let is_worth_it = options.least.is_none_or(|least| detection.worst.reaches(least));
                    if is_worth_it || only.iter().any(|choice| choice.is_one(&query.id)) {
                        hunt.detections.push(detection);
                    }
                }
                Ok(None) if only.iter().any(|choice| choice.is_one(&query.id)) => {
                    return Err(Error::new(format!("`{}` is no detection", query.id))
                        .because("its kind is report: its rows are no findings")
                        .hint(format!("run it with `auditql run {}`", query.id)));
                }
                Ok(None) => {}
                Err(error) => hunt.wrong.push(Ran { failure: Some(error), ..Ran::of(query) }),
            }
        }
        hunt.give(library, &options.parameters)?;
        Ok(hunt)
    }

    /// How many detections were chosen.
    pub(crate) fn len(&self) -> usize {
        self.detections.len() + self.wrong.len()
    }

    fn give(&mut self, library: &Library, parameters: &[Given]) -> Result<()> {
        for given in parameters {
            let pair = [(given.name.clone(), given.value.clone())];
            let query = given.query.as_ref().map(|name| library.find(name)).transpose()?;
            let mut meant: Vec<&mut Detection<'l>> = self
                .detections
                .iter_mut()
                .filter(|detection| query.is_none_or(|query| query.id == detection.query.id))
                .collect();
            if let (Some(query), true) = (query, meant.is_empty()) {
                return Err(Error::new(format!("`{}` is not among the detections that run", query.id))
                    .hint("leave its `--param` out, or see `auditql queries --kind detection`"));
            }
            let knowing: Vec<bool> = meant
                .iter()
                .map(|detection| check_given(std::slice::from_ref(&detection.script), &pair).is_ok())
                .collect();
            if !knowing.contains(&true) {
                return Err(match query {
                    Some(_) => check_given(std::slice::from_ref(&meant[0].script), &pair)
                        .err()
                        .unwrap_or_else(|| Error::new("no such parameter")),
                    None => Error::new(format!("no detection has a parameter `{}`", given.name))
                        .hint("`auditql queries NAME` tells the parameters of one"),
                });
            }
            for (detection, _) in meant.iter_mut().zip(&knowing).filter(|(_, knows)| **knows) {
                detection.given.retain(|(name, _)| *name != given.name);
                detection.given.extend(pair.clone());
            }
        }
        Ok(())
    }

    /// Runs the detections one after the other; `done` hears of each, as it ends.
    ///
    /// # Errors
    ///
    /// If a value that was given for a parameter is none; nothing has run then.
    pub(crate) fn run(self, engine: &Engine, done: &mut dyn FnMut(&Ran)) -> Result<Findings> {
        let newest = engine.snapshot().period().map(|(_, last)| last);
        for detection in self.detections.iter().filter(|detection| !detection.given.is_empty()) {
            let later = BTreeSet::from_iter(detection.header.parameters.iter().map(|one| one.name.clone()));
            detection.script.check(&detection.given, &later, newest)?;
        }
        let mut findings = Findings::default();
        for detection in &self.detections {
            let mut ran = Ran::of(detection.query);
            ran.technique.clone_from(&detection.header.technique);
            let lacks = |table: &&String| engine.snapshot().rows(table) == 0;
            ran.lacking.extend(detection.header.needs.iter().filter(lacks).cloned());
            ran.has_run = ran.lacking.is_empty() || ran.lacking.len() < detection.header.needs.len();
            let mut own = Vec::new();
            if ran.has_run {
                match detection.run(engine, &self.naming, &mut ran, &mut own) {
                    Ok(true) => {}
                    Ok(false) => continue,
                    Err(error) => ran.failure = Some(error),
                }
            }
            own.sort_by(|a, b| a.order().cmp(&b.order()));
            findings.take(own);
            findings.is_cut |= ran.is_cut;
            done(&ran);
            findings.ran.push(ran);
        }
        for ran in self.wrong {
            done(&ran);
            findings.ran.push(ran);
        }
        findings.ran.sort_by(|a, b| a.query.cmp(&b.query));
        findings.findings.sort_by(|a, b| a.order().cmp(&b.order()));
        Ok(findings)
    }
}

impl Findings {
    fn take(&mut self, own: Vec<Finding>) {
        self.bytes += own.iter().map(Finding::size_bytes).sum::<usize>();
        self.findings.extend(own);
        if self.bytes > BYTES_MAX {
            keep_few_ids(&mut self.findings);
            self.bytes = self.findings.iter().map(Finding::size_bytes).sum();
            self.is_cut = true;
        }
    }
}

impl Ran {
    fn of(query: &SavedQuery) -> Self {
        Self {
            query: query.id.clone(),
            name: query.name(),
            technique: None,
            counts: [0; 3],
            lacking: Vec::new(),
            has_run: false,
            warnings: Vec::new(),
            failure: None,
            not_kept: 0,
            is_cut: false,
        }
    }
}

impl<'l> Detection<'l> {
    /// A query as a detection; nothing if it is a report.
    fn read(query: &'l SavedQuery) -> Result<Option<Self>> {
        let header = query.header()?;
        if header.kind == QueryKind::Report {
            return Ok(None);
        }
        let script = Script::read(&query.text)?;
        let worst = header.severity.unwrap_or(Severity::High);
        Ok(Some(Self { query, header, script, worst, given: Vec::new() }))
    }

    /// Runs it; whether it gives findings at all.
    fn run(&self, engine: &Engine, naming: &[String], ran: &mut Ran, own: &mut Vec<Finding>) -> Result<bool> {
        let answer = self.query.start(engine, &self.given)?;
        if !has_findings(&answer.schema()) {
            if self.header.kind == QueryKind::Hunt {
                return Ok(false);
            }
            return Err(Error::new(format!("`{}` gives no findings", self.query.id)).because(format!(
                "its answer does not end with the columns {}",
                finding::COLUMNS.join(", ")
            )));
        }
        ran.warnings = answer.warnings().to_vec();
        let mut bytes = 0;
        for batch in answer {
            let batch = batch?;
            let rows = FindingRows::new(&batch)?;
            for row in (0..batch.num_rows()).filter(|row| naming.is_empty() || rows.names(*row, naming)) {
                let technique = self.header.technique.as_deref();
                let finding = rows.finding(row, &self.query.id, technique, self.worst);
                ran.counts[finding.severity as usize] += 1;
                bytes += finding.size_bytes();
                own.push(finding);
                if bytes > BYTES_MAX {
                    keep_few_ids(own);
                    bytes = own.iter().map(Finding::size_bytes).sum();
                    ran.is_cut = true;
                }
                if own.len() >= 2 * FINDINGS_MAX {
                    keep_worst(own);
                }
            }
        }
        keep_worst(own);
        ran.not_kept = ran.count() - own.len() as u64;
        Ok(true)
    }
}

fn keep_few_ids(own: &mut [Finding]) {
    for finding in own {
        finding.event_ids.truncate(EVENT_IDS_FEW);
        finding.event_ids.shrink_to_fit();
    }
}

fn keep_worst(own: &mut Vec<Finding>) {
    own.sort_by(|a, b| a.order().cmp(&b.order()));
    own.truncate(FINDINGS_MAX);
}

/// What a name given with `--only` or `--skip` means.
enum Choice {
    One(String),
    Folder(String),
}

impl Choice {
    fn read(name: &str, library: &Library) -> Result<Self> {
        let folder = format!("{}/", name.trim_end_matches('/'));
        if library.queries().iter().any(|query| query.id.starts_with(&folder)) {
            return Ok(Self::Folder(folder));
        }
        library.find(name).map(|query| Self::One(query.id.clone()))
    }

    fn has(&self, id: &str) -> bool {
        match self {
            Self::One(one) => one == id,
            Self::Folder(folder) => id.starts_with(folder.as_str()),
        }
    }

    fn is_one(&self, id: &str) -> bool {
        matches!(self, Self::One(one) if one == id)
    }
}
