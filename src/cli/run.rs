//! `auditql run`.

use super::common::{EngineArgs, OutputArgs, parse_parameter};
use super::script::{RunOptions, run_scripts};
use super::{Console, Outcome};
use crate::error::Result;
use crate::query::Script;

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
#[command(after_help = "`auditql queries` lists the saved queries, `auditql queries NAME` explains one.")]
pub(super) struct Args {
    /// Name of the saved query, e.g. b2c/tokens-per-policy
    name: String,
    /// Value for one of its parameters; may be repeated
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = parse_parameter)]
    parameters: Vec<(String, String)>,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome> {
    let library = args.engine.library()?;
    let query = library.find(&args.name)?;
    let script = Script::read(&query.text)?;
    let engine = args.engine.open(console)?;
    let options = RunOptions::default();
    run_scripts(&[script], &args.parameters, &engine, &args.output, options, console).map_err(|error| {
        match error.hint_text() {
            Some(_) => error,
            None => error.hint(format!("see `auditql queries {}`", query.id)),
        }
    })?;
    Ok(Outcome::Done)
}
