//! `auditql run`.

use super::common::{EngineArgs, OutputArgs, parse_parameter};
use super::script::run_scripts;
use super::session::Opening;
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
    query.header()?;
    let opening = Opening {
        engine: &args.engine,
        snapshot: None,
        output: &args.output,
        has_timing: false,
        is_interactive: false,
    };
    run_scripts(&[script], &args.parameters, opening, false, console).map_err(|error| {
        match error.hint_text() {
            Some(_) => error,
            None => error.hint(format!("see `auditql queries {}`", query.id)),
        }
    })?;
    Ok(Outcome::Done)
}
