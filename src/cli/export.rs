//! `auditql export`.

use std::path::PathBuf;

use super::common::EngineArgs;
use super::{Console, Outcome};
use crate::engine::Condition;
use crate::error::Result;
use crate::export::{ExportFormat, ExportOptions, ExportedFile, export};

/// Arguments of `export`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Formats:
  parquet           all columns, one file a table; lists and structs stay what they are
  csv               all columns, one file a table; lists and structs as JSON, formulas guarded
  ndjson            events as they were downloaded, one a line: `raw`, byte for byte where the
                    source was JSON in UTF-8, and in UTF-8 where it was UTF-16; of those that
                    stood on several lines without white space outside strings; rows of tables
                    (CSV, query results) as objects of their filled cells
  timesketch-csv    `timeline.csv`: every table of events in one, with a sentence for each event
  timesketch-jsonl  the same as `timeline.jsonl`

Without --table all tables of events that have rows are exported, in parquet and csv also the
accounting, `sources` and `rejects`, which --where and the time range do not limit.
`manifest.json` tells the archive's commit and sources, and rows, hash and query of each file;
`SHA256SUMS` is for `sha256sum --check`. The same archive gives the same bytes, all of them.
The folder appears when it is complete, readable by its owner only: downloads may hold secrets.
Until then it is called DIR.partial-<process>; the next export to DIR removes what a killed one left.

  auditql export -a case -o case-parquet
  auditql export -a case -o march --as csv --from 2026-03-01 --to 2026-03-31
  auditql export -a case -o failures --as ndjson --table audit --where \"result = 'failure'\"
  auditql export -a case -o guests --as csv --table guest --table guest_event
  auditql export -a case -o timeline --as timesketch-csv --from -7d
  cd case-parquet && sha256sum --check SHA256SUMS")]
pub(super) struct Args {
    /// Folder to write; it must not exist yet, or be empty
    #[arg(long, short, value_name = "DIR")]
    output: PathBuf,
    /// How the files are written: parquet, csv, ndjson, timesketch-csv or timesketch-jsonl
    #[arg(long = "as", value_name = "FORMAT", default_value = "parquet", value_parser = parse_format)]
    format: ExportFormat,
    /// A table or view to export; may be repeated
    #[arg(long = "table", value_name = "NAME")]
    tables: Vec<String>,
    /// Only rows that this SQL condition over the table's columns holds for
    #[arg(long = "where", value_name = "CONDITION")]
    condition: Option<String>,
    #[command(flatten)]
    engine: EngineArgs,
}

fn parse_format(text: &str) -> Result<ExportFormat, String> {
    let names: Vec<_> = ExportFormat::ALL.iter().map(|(name, _)| *name).collect();
    ExportFormat::named(text).ok_or_else(|| format!("the formats are {}", names.join(", ")))
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome> {
    let condition = args.condition.as_deref().map(Condition::parse).transpose()?;
    let options = ExportOptions {
        dir: args.output.clone(),
        format: args.format,
        tables: args.tables.clone(),
        condition,
        process: std::process::id(),
    };
    let engine = args.engine.open(console)?;
    let files = export(&engine, &options, &mut |file| console.say(&line(file)))?;
    let mut events = files.iter().filter(|file| !file.is_accounting()).peekable();
    if events.peek().is_some() && events.all(|file| file.rows == 0) {
        console.warn("no event is in the export: nothing fits the time range and the condition");
    }
    console.say(&format!(
        "{} has {} {}, manifest.json and SHA256SUMS",
        options.dir.display(),
        files.len(),
        if files.len() == 1 { "file" } else { "files" }
    ));
    Ok(Outcome::Done)
}

fn line(file: &ExportedFile) -> String {
    format!("{:<32} {:>12} rows {:>16} bytes", file.file, file.rows, file.size_bytes)
}
