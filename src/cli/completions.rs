//! `auditql completions` and `auditql man`: what shells and `man` know of the command line, made from its declaration.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use super::{Cli, Console, Outcome, usage};
use crate::error::{Error, Result};

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
  auditql completions bash > ~/.local/share/bash-completion/completions/auditql
  auditql completions zsh  > ~/.zfunc/_auditql          # a folder of $fpath
  auditql completions fish > ~/.config/fish/completions/auditql.fish
  auditql completions powershell >> $PROFILE")]
pub(super) struct Args {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Arguments of `man`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
  auditql man > /usr/local/share/man/man1/auditql.1
  auditql man ingest | man -l -")]
pub(super) struct ManArgs {
    /// The subcommand; without one, the program
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome> {
    let mut text = Vec::new();
    generate(args.shell, &mut Cli::command(), "auditql", &mut text);
    print(&text, console)
}

pub(super) fn man(args: &ManArgs, console: &mut Console) -> Result<Outcome> {
    let mut program = Cli::command();
    program.build();
    let command = match &args.command {
        None => program,
        Some(name) => program.find_subcommand(name).cloned().ok_or_else(|| {
            usage(&format!("there is no subcommand `{name}`"), "`auditql --help` lists them")
        })?,
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(command).render(&mut text).map_err(|error| Error::output(&error))?;
    print(&text, console)
}

fn print(text: &[u8], console: &Console) -> Result<Outcome> {
    let mut out = console.output();
    out.write_all(text).and_then(|()| out.flush()).map_err(|error| Error::output(&error))?;
    Ok(Outcome::Done)
}
