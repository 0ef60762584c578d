//! The command line: one file a subcommand, each with its arguments and what it does with them.
//!
//! Only this module and `repl` know the terminal, the environment, the clock and exit codes.

mod chart;
mod common;
mod compact;
mod completions;
mod console;
mod diff;
mod export;
mod hunt;
mod ingest;
mod inspect;
mod pager;
mod progress;
mod queries;
mod queries_test;
mod query;
mod rebuild;
mod report;
mod run;
mod scratch;
mod script;
mod session;
mod shell;
mod show;
mod status;
mod status_line;
mod timeline;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use self::console::Console;
use crate::error::Error;

/// Offline SQL over archives of Microsoft Entra ID, Azure AD and Azure AD B2C audit logs.
#[derive(Debug, Parser)]
#[command(name = "auditql", version, about, max_term_width = 110)]
#[command(after_help = "\
Examples:
  auditql ingest downloads/ -a case           read everything below downloads/ into the archive case/
  auditql run b2c/tokens-per-policy -a case   a saved query; `auditql queries` lists them
  auditql hunt -a case                        all detections: what is worth a look
  auditql report tenant -a case -o tenant.html
  auditql timeline ana@fabrikam.example -a case everything done by or to somebody
  auditql query -a case -c 'SELECT activity, count(*) FROM audit GROUP BY 1'
  auditql diff case downloads/                which events only one of them has, and which differ
  auditql -a case                             the shell

Exit code: 0 done, 1 done with complaints (rejected records, unusable files, differences, findings), 2 not done.")]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    shell: shell::Args,
    #[command(flatten)]
    global: GlobalArgs,
}

/// What every subcommand takes.
#[derive(Debug, Clone, clap::Args)]
struct GlobalArgs {
    /// Say no progress, notes or summaries; warnings and errors are told all the same
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Show no colours (nor does NO_COLOR)
    #[arg(long, global = true)]
    no_color: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read downloads into an archive
    Ingest(ingest::Args),
    /// Say what files are and how their records are read; writes nothing
    Inspect(inspect::Args),
    /// Run SQL statements
    Query(query::Args),
    /// Run a saved query
    Run(run::Args),
    /// Run every detection and tell what they find
    Hunt(hunt::Args),
    /// Write a report as one page of HTML, or as Markdown
    Report(report::Args),
    /// List or explain the saved queries
    Queries(queries::Args),
    /// Show one event as the portal's details panel does, and what happened beside it
    Show(show::Args),
    /// List everything done by or to a user, guest, application or address
    Timeline(timeline::Args),
    /// Say in which events two archives or downloads differ
    Diff(diff::Args),
    /// Say what the archive holds
    Status(status::Args),
    /// Check that everything is as it was written
    Verify(verify::Args),
    /// Merge small files of the archive into large ones
    Compact(compact::Args),
    /// Make every row anew from the text of its event, with this version's columns
    Rebuild(rebuild::Args),
    /// Write the archive, or a part of it, as files for other tools
    Export(export::Args),
    /// Write the completions of a shell
    Completions(completions::Args),
    /// Write a manual page
    Man(completions::ManArgs),
    /// Open the shell (also without any subcommand)
    Shell(shell::Args),
}

/// How a command that was done ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing to complain about.
    Done,
    /// Done, but there is something to look at.
    WithComplaints,
}

/// Does what the arguments say. Errors are told on the console's standard error.
pub fn run(args: Cli, console: &mut Console) -> ExitCode {
    #[cfg(debug_assertions)]
    if let Some(steps) =
        console.variable("AUDITQL_STOP_BEFORE_STEP").and_then(|steps| steps.to_str()?.parse().ok())
    {
        crate::platform::stop_before_step(steps);
    }
    console.set_quiet(args.global.quiet);
    console.set_plain(args.global.no_color);
    console.set_archive(args.shell.archive());
    if args.command.is_some()
        && let Some(option) = args.shell.option_for_the_shell()
    {
        console.error(&usage(
            &format!("`{option}` stands before the subcommand"),
            "write it after the subcommand",
        ));
        return ExitCode::from(2);
    }
    let done = match args.command {
        Some(Command::Ingest(args)) => ingest::run(&args, console),
        Some(Command::Inspect(args)) => inspect::run(&args, console),
        Some(Command::Query(args)) => query::run(&args, console),
        Some(Command::Run(args)) => run::run(&args, console),
        Some(Command::Hunt(args)) => hunt::run(&args, console),
        Some(Command::Report(args)) => report::run(&args, console),
        Some(Command::Queries(args)) => queries::run(&args, console),
        Some(Command::Show(args)) => show::run(&args, console),
        Some(Command::Timeline(args)) => timeline::run(&args, console),
        Some(Command::Diff(args)) => diff::run(&args, console),
        Some(Command::Status(args)) => status::run(&args, console),
        Some(Command::Verify(args)) => verify::run(&args, console),
        Some(Command::Compact(args)) => compact::run(&args, console),
        Some(Command::Rebuild(args)) => rebuild::run(&args, console),
        Some(Command::Export(args)) => export::run(&args, console),
        Some(Command::Completions(args)) => completions::run(&args, console),
        Some(Command::Man(args)) => completions::man(&args, console),
        Some(Command::Shell(args)) => shell::run(&args, console),
        None => shell::run(&args.shell, console),
    };
    match done {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::WithComplaints) => ExitCode::from(1),
        Err(error) if error.is_closed_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            console.error(&error);
            ExitCode::from(2)
        }
    }
}

/// For a subcommand's result: an error that the user made with arguments.
fn usage(what: &str, hint: &str) -> Error {
    Error::new(what).hint(hint)
}
