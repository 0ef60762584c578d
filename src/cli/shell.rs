//! `auditql shell`, and `auditql` alone.

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use super::common::EngineArgs;
use super::{Console, Outcome};
use crate::error::Result;
use crate::platform;
use crate::repl::{self, Surroundings};

/// Arguments of `shell`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    engine: EngineArgs,
}

impl Args {
    /// The archive that was named.
    pub(super) fn archive(&self) -> Option<PathBuf> {
        self.engine.archive.archive.clone()
    }

    /// An option that only means something to the shell itself.
    pub(super) fn option_for_the_shell(&self) -> Option<&'static str> {
        self.engine.option_set()
    }
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome> {
    let engine = args.engine.open(console)?;
    let library = args.engine.library()?;
    let is_interactive = io::stdin().is_terminal() && console.is_output_terminal();
    if is_interactive {
        engine.survive_interrupts();
    }
    let around = Surroundings {
        out: &mut io::stdout(),
        err: &mut io::stderr(),
        history: platform::state_dir(|name| console.variable(name)).map(|dir| dir.join("history")),
        is_interactive,
        is_output_terminal: console.is_output_terminal(),
        newest: engine.snapshot().period().map(|(_, last)| last),
    };
    let all_succeeded = repl::run(&engine, &library, around)?;
    Ok(if all_succeeded { Outcome::Done } else { Outcome::WithComplaints })
}
