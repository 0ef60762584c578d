//! `auditql hunt`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::common::{EngineArgs, OutputArgs, parameter_name};
use super::{Console, Outcome, timeline};
use crate::engine::WarningKind;
use crate::error::{Error, Result};
use crate::hunt::{EVENT_IDS_MAX, Findings, Given, Hunt, HuntOptions, Ran, finding_batches, finding_schema};
use crate::query::Severity;
use crate::render::OutputFormat;

/// Arguments of `hunt`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Every saved query of kind detection runs, and every hunt that gives findings; those of --queries
DIR too. Findings are rows of severity, query, technique, finding, first_time, last_time, events
and event_ids, the worst first; a table shows those columns that fit on a screen.

A detection that needs a table of which the archive has nothing is named: that it found nothing
says nothing. One that fails is told, and the others run all the same.

  auditql hunt -a case
  auditql hunt -a case --from -7d --severity medium
  auditql hunt -a case --only signin --only b2c/sms-pumping --param window=2h
  auditql hunt -a case --param signin/password-spray:min_users=5 --skip audit/rare-activities
  auditql hunt -a case --naming ana@fabrikam.example --naming 203.0.113.66
  auditql hunt -a case --fail-on high -o findings.csv || echo 'look at findings.csv'
  auditql show ID -a case                     one event of a finding
  auditql run NAME -a case                    all that a detection knows of its findings

Exit code: 0 done, 1 done and --fail-on found something, 2 not done, or not by every detection.")]
pub(super) struct Args {
    /// Only findings of this severity or worse: high, medium or low
    #[arg(long, value_name = "SEVERITY", value_parser = parse_severity)]
    severity: Option<Severity>,
    /// Only these detections, by name or folder
    #[arg(long, value_name = "NAME", num_args = 1..)]
    only: Vec<String>,
    /// Not these detections, by name or folder
    #[arg(long, value_name = "NAME", num_args = 1..)]
    skip: Vec<String>,
    /// Only findings that name this user, address or application; may be repeated
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    naming: Vec<String>,
    /// Value for a parameter of all detections that know it, or of one; may be repeated
    #[arg(long = "param", value_name = "[QUERY:]NAME=VALUE", value_parser = parse_given)]
    parameters: Vec<Given>,
    /// Exit with code 1 if there are findings of this severity or worse: high, medium or low
    #[arg(long, value_name = "SEVERITY", value_parser = parse_severity)]
    fail_on: Option<Severity>,
    /// Say on standard error how long each detection took
    #[arg(long)]
    timing: bool,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    output: OutputArgs,
}

fn parse_severity(text: &str) -> Result<Severity, String> {
    Severity::named(text)
        .ok_or_else(|| format!("the severities are {}", Severity::ALL.map(Severity::name).join(", ")))
}

/// `name=value` or `query:name=value`.
fn parse_given(text: &str) -> Result<Given, String> {
    let wrong = "write NAME=VALUE, or QUERY:NAME=VALUE for one detection";
    let (left, value) = text.split_once('=').ok_or(wrong)?;
    let (query, name) = match left.rsplit_once(':') {
        Some((query, name)) => (Some(query.trim().to_owned()), name),
        None => (None, left),
    };
    let name = parameter_name(name).filter(|_| query.as_deref() != Some("")).ok_or(wrong)?;
    Ok(Given { query, name, value: value.to_owned() })
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome> {
    let library = args.engine.library()?;
    let options = HuntOptions {
        only: args.only.clone(),
        skip: args.skip.clone(),
        parameters: args.parameters.clone(),
        // What --fail-on asks for must be looked for, even if it is not to be shown.
        least: args.severity.map(|severity| args.fail_on.map_or(severity, |other| other.max(severity))),
        naming: args.naming.iter().map(|name| name.to_lowercase()).collect(),
    };
    let hunt = Hunt::choose(&library, &options)?;
    if hunt.len() == 0 {
        return Err(Error::new("there is no detection to run").hint("see `auditql queries --kind detection`"));
    }
    let engine = args.engine.open_with(&library, console)?;
    let output = args.output.sparing_sources(engine.snapshot()).open(console)?;
    let mut teller =
        Teller { console, has_timing: args.timing, since: Instant::now(), told: BTreeSet::new() };
    let found = match hunt.run(&engine, &mut |ran| teller.tell(ran)) {
        Ok(found) => found,
        Err(error) => {
            output.abandon();
            return Err(error);
        }
    };
    let least = args.severity.unwrap_or(Severity::Low);
    let schema = finding_schema(args.output.format() == OutputFormat::Table);
    output.take_all(&schema, &mut finding_batches(&found.findings, least, &schema))?;
    summarise(&found, least, console);
    if found.findings.is_empty() && !args.naming.is_empty() {
        let whole = timeline::whole(&engine, &args.engine, &library)?;
        for who in &args.naming {
            if let Err(error) = timeline::refuse_unknown(who, whole.as_ref().unwrap_or(&engine), &library) {
                console.warn(&format!("that nothing names `{who}` says nothing: {}", error.one_line()));
            }
        }
    }
    let failed = found.failed().count();
    if failed > 0 {
        return Err(Error::new(format!("{failed} of {} detections failed", found.ran.len()))
            .because("what they would have found is not known; the findings of the others are complete"));
    }
    let has_any = args.fail_on.is_some_and(|severity| found.count_from(severity) > 0);
    Ok(if has_any { Outcome::WithComplaints } else { Outcome::Done })
}

/// Tells of detections as they end.
struct Teller<'c> {
    console: &'c Console,
    has_timing: bool,
    since: Instant,
    told: BTreeSet<String>,
}

impl Teller<'_> {
    fn tell(&mut self, ran: &Ran) {
        // Of what is lacking altogether a summary tells.
        let is_lack = |kind| match kind {
            WarningKind::NothingOf(table) => ran.lacking.iter().any(|lacking| lacking == table),
            WarningKind::Outside | WarningKind::Gap => false,
        };
        for warning in ran.warnings.iter().filter(|warning| !is_lack(warning.kind)) {
            if self.told.insert(warning.text.clone()) {
                self.console.warn(&warning.text);
            }
        }
        if let Some(error) = &ran.failure {
            self.console.warn(&format!("`{}` failed", ran.query));
            self.console.error(error);
        }
        if self.has_timing {
            let elapsed = self.since.elapsed().as_secs_f64() * 1_000.0;
            self.console.say(&format!("timing: {:<36} {elapsed:>10.1} ms, {} found", ran.query, ran.count()));
        }
        self.since = Instant::now();
    }
}

/// What is to be said of a whole hunt; what is lacking is a warning, quiet or not.
fn summarise(found: &Findings, least: Severity, console: &Console) {
    for (what, has_run) in
        [("could not run", false), ("ran in part only: what they did not find says nothing", true)]
    {
        let mut by_tables: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for ran in found.lacking().filter(|ran| ran.has_run == has_run) {
            by_tables.entry(ran.lacking.join(", ")).or_default().push(&ran.query);
        }
        for (tables, names) in by_tables {
            let count = names.len();
            let detections = if count == 1 { "detection" } else { "detections" };
            console.warn(&format!(
                "the archive has nothing of {tables}: {count} {detections} {what}: {}",
                names.join(", ")
            ));
        }
    }
    for ran in found.ran.iter().filter(|ran| ran.not_kept > 0) {
        console.warn(&format!(
            "`{}` found {}, and the {} least of them are not shown; `auditql run {0}` gives all",
            ran.query,
            ran.count(),
            ran.not_kept
        ));
    }
    if found.is_cut || found.findings.iter().any(|finding| finding.events > EVENT_IDS_MAX as u64) {
        console.warn("some findings hold only the first of their event_ids: `events` counts all, and `auditql run` gives all");
    }
    let counts = Severity::ALL.map(|severity| {
        let count = found.ran.iter().map(|ran| ran.counts[severity as usize]).sum::<u64>();
        let hidden = if severity.reaches(least) { "" } else { " (not shown)" };
        format!("{count} {}{hidden}", severity.name())
    });
    let ran = found.ran.iter().filter(|ran| ran.has_run && ran.failure.is_none()).count();
    let with = found.ran.iter().filter(|ran| ran.count() > 0).count();
    console.say(&format!(
        "{ran} of {} detections ran, {with} found something: {}",
        found.ran.len(),
        counts.join(", ")
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_for_all_or_for_one() {
        let read = |text| parse_given(text).map(|given| (given.query, given.name, given.value));
        assert_eq!(read("a=b:c=d"), Ok((None, "a".into(), "b:c=d".into())));
        assert_eq!(read("x/y:a=1"), Ok((Some("x/y".into()), "a".into(), "1".into())));
        assert!(read("a").is_err() && read(":a=1").is_err() && read("x:=1").is_err());
    }
}
