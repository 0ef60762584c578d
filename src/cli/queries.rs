//! `auditql queries`.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use super::common::PATHS_DELIMITER;
use super::{Console, Outcome, queries_test, usage};
use crate::error::{Error, Result};
use crate::query::{Library, QueryKind};
use crate::render::printable;

/// Arguments of `queries`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Explain this query: question, parameters, caveats, SQL
    name: Option<String>,
    /// List only those of a kind: report, hunt or detection
    #[arg(long, value_name = "KIND", value_parser = parse_kind)]
    kind: Option<QueryKind>,
    #[command(flatten)]
    library: LibraryArgs,
}

/// Which saved queries there are.
#[derive(Debug, clap::Args)]
pub(super) struct LibraryArgs {
    /// A folder of `.sql` files to add to the saved queries, those in its `views/` to the views; may be repeated
    #[arg(long, value_name = "DIR", env = "AUDITQL_QUERIES", value_delimiter = PATHS_DELIMITER, global = true)]
    pub(super) queries: Vec<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Run the queries of your folders on the downloads beside them, and compare the answers
    Test(queries_test::Args),
}

fn parse_kind(text: &str) -> Result<QueryKind, String> {
    let names: Vec<_> = QueryKind::ALL.iter().map(|(name, _)| *name).collect();
    QueryKind::named(text).ok_or_else(|| format!("the kinds are {}", names.join(", ")))
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome> {
    let library = Arc::new(Library::open(&args.library.queries)?);
    if let Some(Command::Test(test)) = &args.command {
        return queries_test::run(test, &library, console);
    }
    let (text, wrong) = match (&args.name, args.kind) {
        (Some(_), Some(_)) => {
            return Err(usage("`--kind` stands beside the name of a query", "leave one of them out"));
        }
        (Some(name), None) => (library.find(name)?.explain()?, Vec::new()),
        (None, kind) => library.list_kind(kind),
    };
    let mut out = console.output();
    let text: String = text.lines().map(|line| format!("{}\n", printable(line))).collect();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| Error::output(&error))?;
    wrong.iter().for_each(|error| console.error(error));
    Ok(if wrong.is_empty() { Outcome::Done } else { Outcome::WithComplaints })
}
