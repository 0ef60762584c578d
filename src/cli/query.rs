//! `auditql query`.

use std::io::Read;
use std::path::PathBuf;

use super::common::{EngineArgs, OutputArgs, parse_parameter, run_script};
use super::{Console, Outcome, usage};
use crate::error::{Context, Result};
use crate::query::Script;

/// Arguments of `query`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Statements are parted by `;` and run in order; the first failure ends the script with exit code 2.
A `$name` in a statement is a value given with --param, never pasted text.

  auditql query -a case -c 'SELECT * FROM audit WHERE actor_upn = $who' --param who=ana@fabrikam.example
  auditql query -a case -f report.sql --format csv -o report.csv
  echo 'SELECT count(*) FROM audit' | auditql query -a case -")]
pub(super) struct Args {
    /// SQL to run
    #[arg(long, short, value_name = "SQL", conflicts_with_all = ["file", "input"])]
    command: Option<String>,
    /// File of SQL to run
    #[arg(long, short, value_name = "FILE", conflicts_with = "input")]
    file: Option<PathBuf>,
    /// `-` reads the SQL from standard input
    #[arg(value_name = "-")]
    input: Option<String>,
    /// Value for `$NAME` in the SQL; may be repeated
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = parse_parameter)]
    parameters: Vec<(String, String)>,
    /// Say on standard error how long each statement took
    #[arg(long)]
    timing: bool,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome> {
    let text = match (&args.command, &args.file, &args.input) {
        (Some(command), _, _) => command.clone(),
        (None, Some(file), _) => {
            std::fs::read_to_string(file).context(|| format!("cannot read `{}`", file.display()))?
        }
        (None, None, Some(input)) if input != "-" => {
            return Err(usage(
                "SQL stands without an option",
                "write `-c 'SELECT …'`, or `-f FILE` for a file",
            ));
        }
        (None, None, Some(_)) => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).context(|| "cannot read standard input".to_owned())?;
            text
        }
        (None, None, None) => {
            return Err(usage("no SQL is given", "add `-c SQL`, `-f FILE`, or `-` for standard input"));
        }
    };
    let script = Script::read(&text)?;
    if script.statements().is_empty() {
        return Err(usage("there is no statement to run", "write SQL, e.g. `SELECT count(*) FROM audit`"));
    }
    let engine = args.engine.open(console)?;
    let output = args.output.open(console)?;
    run_script(&script, &args.parameters, &engine, output, args.timing.then_some(console))?;
    Ok(Outcome::Done)
}
