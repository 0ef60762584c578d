//! `auditql queries`.

use std::io::Write;
use std::path::PathBuf;

use super::{Console, Outcome};
use crate::error::{Error, Result};
use crate::query::Library;
use crate::render::printable;

/// Arguments of `queries`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Explain this query: question, parameters, caveats, SQL
    name: Option<String>,
    /// A folder of `.sql` files to add to the saved queries; may be repeated
    #[arg(long, value_name = "DIR", env = "AUDITQL_QUERIES", value_delimiter = ':')]
    queries: Vec<PathBuf>,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome> {
    let library = Library::open(&args.queries)?;
    let mut out = console.output();
    let text = match &args.name {
        Some(name) => library.find(name)?.explain()?,
        None => library.list(),
    };
    let text: String = text.lines().map(|line| format!("{}\n", printable(line))).collect();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| Error::output(&error))?;
    Ok(Outcome::Done)
}
