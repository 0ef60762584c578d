//! `auditql report`.

use std::path::PathBuf;

use super::common::{EngineArgs, OutputArgs, parse_parameter};
use super::{Console, Outcome, timeline, usage};
use crate::error::Result;
use crate::render::OutputFormat;
use crate::report::{REPORTS, ReportOptions, html, make, markdown};

/// Arguments of `report`.
#[derive(Debug, clap::Args)]
#[command(after_help = help())]
pub(super) struct Args {
    /// Name of the report, or of a saved query; without one, list the reports
    name: Option<String>,
    /// Who a report is about (`who=NAME`), or a value for a parameter of a saved query; may be repeated
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = parse_parameter)]
    parameters: Vec<(String, String)>,
    /// How it is written: html or markdown. Without it the ending of --output decides, else html
    #[arg(long, short = 'F', value_name = "FORMAT", value_parser = parse_format)]
    format: Option<OutputFormat>,
    /// Write to a file instead of standard output; it appears when it is complete, readable by its owner only
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    engine: EngineArgs,
}

const FORMATS: [OutputFormat; 2] = [OutputFormat::Html, OutputFormat::Markdown];

fn help() -> String {
    let width = REPORTS.iter().map(|report| report.name.len()).max().unwrap_or(0);
    let list: String =
        REPORTS.iter().map(|report| format!("  {:width$}  {}\n", report.name, report.about)).collect();
    format!(
        "Reports:\n{list}
A report is one file that needs nothing but itself: no script, no network; on paper as well as
on a screen. Each section leads to the query, its parameters and the command that gives it. What
the archive does not cover is told at the beginning. The same archive gives the same bytes.

  auditql report tenant -a case -o tenant.html
  auditql report b2c -a case --from -7d -o b2c.md
  auditql report user --param who=ana@fabrikam.example -a case -o ana.html
  auditql report hunt -a case -o findings.html
  auditql report mine/my-query --queries DIR -a case -o mine.html

Exit code: 0 done, 1 done, and a section says that it could not be answered, 2 not done."
    )
}

fn parse_format(text: &str) -> Result<OutputFormat, String> {
    let format = OutputFormat::named(text).filter(|format| FORMATS.contains(format));
    format.ok_or_else(|| "the formats of reports are html and markdown".to_owned())
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome> {
    let Some(name) = &args.name else {
        let names: Vec<&str> = REPORTS.iter().map(|report| report.name).collect();
        return Err(usage(
            "no report is named",
            &format!("the reports are {}, and every saved query", names.join(", ")),
        ));
    };
    let format = args.format.unwrap_or_else(|| {
        let ending = args.output.as_deref().and_then(|path| path.extension()?.to_str()).unwrap_or_default();
        OutputFormat::of_ending(ending)
            .filter(|format| FORMATS.contains(format))
            .unwrap_or(OutputFormat::Html)
    });
    let library = args.engine.library()?;
    let archive = args.engine.archive.path(console)?.display().to_string();
    let engine = args.engine.open_with(&library, console)?;
    // Of somebody unknown it would say that nothing was found. Of an archive without events it says that itself.
    if REPORTS.iter().any(|report| report.name == *name && report.is_about_someone)
        && engine.snapshot().period().is_some()
    {
        let whole = timeline::whole(&engine, &args.engine, &library)?;
        for (_, who) in args.parameters.iter().filter(|(parameter, _)| parameter == "who") {
            timeline::refuse_unknown(who, whole.as_ref().unwrap_or(&engine), &library)?;
        }
    }
    let output = OutputArgs::of(format, args.output.clone());
    let mut output = output.sparing_sources(engine.snapshot()).open(console)?;
    let options = ReportOptions { archive: &archive, given: &args.parameters };
    let made = make(name, &engine, &library, &options);
    let written = made.and_then(|document| {
        output.write_text(&if format == OutputFormat::Markdown {
            markdown(&document)
        } else {
            html(&document)
        })?;
        Ok(document)
    });
    let document = match written {
        Ok(document) => document,
        Err(error) => {
            output.abandon();
            return Err(error);
        }
    };
    output.finish()?;
    for failure in &document.failures {
        console.warn(&format!("not answered: {failure}"));
    }
    Ok(if document.failures.is_empty() { Outcome::Done } else { Outcome::WithComplaints })
}
