//! `auditql query`.

use std::fs;
use std::io::Read;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches};

use super::common::{EngineArgs, OutputArgs, parse_parameter};
use super::scratch::Scratch;
use super::script::run_scripts;
use super::session::Opening;
use super::{Console, Outcome, usage};
use crate::archive::Snapshot;
use crate::error::{Context, Result};
use crate::ingest::SourceOutcome;
use crate::query::{Script, script_text};

/// Arguments of `query`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
-c, -f and - run in the order in which they stand. Statements are parted by `;`; the first failure ends them all with exit
code 2 and names file:line:column, or with --keep-going the next statement runs. A first line `#!` is skipped.

A `$name` in a statement is a value given with --param, never pasted text. Its type follows from where it stands, or from a
line at the beginning of the file: `-- param: since time = -7d; First day.` (text, integer, number, boolean, time, duration;
`required`, `optional` or `= default`).

-o FILE appears when all statements are done, and replaces a file of that name; without --keep-going a failure leaves none.
-o DIR/ writes each statement's rows to its own file: 01.csv, or 01-guests.csv after a line `-- name: guests` before the
statement. Statements without columns, such as CREATE VIEW, write none. Files of the same names are replaced, others stay.

With -i there is no archive: downloads are read into a folder for temporary files that goes away at the end. What is wrong
with them is warned of and does not change the exit code.

  auditql query -a case -c 'SELECT * FROM audit WHERE actor_upn = $who' --param who=ana@fabrikam.example
  auditql query -a case -f views.sql -f report.sql --format csv -o report/
  auditql query -i downloads/ -c 'SELECT activity, count(*) FROM audit GROUP BY 1'
  echo 'SELECT count(*) FROM audit' | auditql query -a case -
  auditql query -a case -f hunt.sql --fail-on-rows || echo 'look at this'

A script that is run as a program begins with `#!/usr/bin/env -S auditql query -a case -f`.

Exit code: 0 done, 1 done and --fail-on-rows found rows, 2 not done.")]
pub(super) struct Args {
    #[command(flatten)]
    sources: Sources,
    /// Query downloads (files, folders or patterns) instead of an archive; may be repeated
    #[arg(long = "input", short, value_name = "PATH", num_args = 1..)]
    inputs: Vec<String>,
    /// Value for `$NAME` in the SQL; may be repeated
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = parse_parameter)]
    parameters: Vec<(String, String)>,
    /// After a statement that fails go on with the next one; the exit code is 2 all the same
    #[arg(long)]
    keep_going: bool,
    /// Exit with code 1 if any statement gave rows
    #[arg(long)]
    fail_on_rows: bool,
    /// Say on standard error how long each statement took
    #[arg(long)]
    timing: bool,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Where SQL comes from, in the order of the command line, which clap's derived arguments do not keep.
#[derive(Debug, Default)]
struct Sources {
    sources: Vec<Source>,
    /// The archive is named on the command line itself, not by the environment.
    has_archive: bool,
}

#[derive(Debug, Clone)]
enum Source {
    Command(String),
    File(PathBuf),
    Input(String),
}

impl clap::Args for Sources {
    fn augment_args(command: Command) -> Command {
        command
            .arg(
                Arg::new("command")
                    .long("command")
                    .short('c')
                    .value_name("SQL")
                    .allow_hyphen_values(true)
                    .action(ArgAction::Append)
                    .help("SQL to run; may be repeated"),
            )
            .arg(
                Arg::new("file")
                    .long("file")
                    .short('f')
                    .value_name("FILE")
                    .action(ArgAction::Append)
                    .value_parser(clap::value_parser!(PathBuf))
                    .help("File of SQL to run, `-` for standard input; may be repeated"),
            )
            .arg(Arg::new("stdin").value_name("-").help("`-` reads the SQL from standard input"))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Sources {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let commands = matches.get_many::<String>("command").into_iter().flatten();
        let files = matches.get_many::<PathBuf>("file").into_iter().flatten();
        let inputs = matches.get_many::<String>("stdin").into_iter().flatten();
        let indices = |id| matches.indices_of(id).into_iter().flatten();
        let mut sources: Vec<(usize, Source)> = Vec::new();
        sources.extend(indices("command").zip(commands.cloned().map(Source::Command)));
        sources.extend(indices("file").zip(files.cloned().map(Source::File)));
        sources.extend(indices("stdin").zip(inputs.cloned().map(Source::Input)));
        sources.sort_by_key(|(index, _)| *index);
        Ok(Self {
            sources: sources.into_iter().map(|(_, source)| source).collect(),
            has_archive: matches.value_source("archive") == Some(ValueSource::CommandLine),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Sources {
    fn read(&self) -> Result<Vec<Script>> {
        if self.sources.is_empty() {
            return Err(usage("no SQL is given", "add `-c SQL`, `-f FILE`, or `-` for standard input"));
        }
        let commands = self.sources.iter().filter(|source| matches!(source, Source::Command(_))).count();
        let mut command = 0;
        let mut has_input = false;
        let scripts = self.sources.iter().map(|source| match source {
            Source::Command(text) => {
                command += 1;
                Script::named(&if commands > 1 { format!("-c #{command}") } else { "-c".to_owned() }, text)
            }
            Source::Input(input) if input != "-" => {
                Err(usage("SQL stands without an option", "write `-c 'SELECT …'`, or `-f FILE` for a file"))
            }
            Source::File(file) if file.as_os_str() != "-" => {
                let name = file.display().to_string();
                let bytes = fs::read(file).context(|| format!("cannot read `{name}`"))?;
                Script::named(&name, &script_text(&name, bytes)?)
            }
            Source::Input(_) | Source::File(_) => {
                if std::mem::replace(&mut has_input, true) {
                    return Err(usage("standard input is named twice", "it can be read only once"));
                }
                let mut bytes = Vec::new();
                std::io::stdin()
                    .read_to_end(&mut bytes)
                    .context(|| "cannot read standard input".to_owned())?;
                Script::named("<stdin>", &script_text("<stdin>", bytes)?)
            }
        });
        let scripts = scripts.collect::<Result<Vec<_>>>()?;
        if scripts.iter().all(|script| script.statements().is_empty()) {
            return Err(usage(
                "there is no statement to run",
                "write SQL, e.g. `SELECT count(*) FROM audit`",
            ));
        }
        Ok(scripts)
    }
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome> {
    let scripts = args.sources.read()?;
    // Goes away after the engine that reads from it.
    let mut scratch = Scratch::new("query", &args.inputs)?;
    let (snapshot, output) = match args.inputs.as_slice() {
        [] => (None, args.output.clone()),
        _ => {
            let (snapshot, output) = read_inputs(args, &mut scratch, console)?;
            (Some(snapshot), output)
        }
    };
    let opening = Opening {
        engine: &args.engine,
        snapshot,
        output: &output,
        has_timing: args.timing,
        is_interactive: false,
    };
    let rows = run_scripts(&scripts, &args.parameters, opening, args.keep_going, console)?;
    Ok(if args.fail_on_rows && rows > 0 { Outcome::WithComplaints } else { Outcome::Done })
}

/// A temporary archive of the downloads that are named, and an output that spares them.
fn read_inputs(args: &Args, scratch: &mut Scratch, console: &Console) -> Result<(Snapshot, OutputArgs)> {
    let variable = console.variable("AUDITQL_ARCHIVE").map(PathBuf::from);
    let is_before = console.archive().is_some() && console.archive() != variable.as_deref();
    if args.sources.has_archive || is_before {
        return Err(usage(
            "`--input` and `--archive` stand together",
            "leave `--archive` out to query the downloads, or `--input` to query the archive",
        ));
    }
    if args.inputs.iter().any(|path| path == "-") {
        return Err(usage("`--input` reads files only", "write `-f -` for SQL from standard input"));
    }
    let (snapshot, summary) = scratch.ingest("archive", &args.inputs, args.engine.threads(), console)?;
    let output = args.output.sparing_downloads(&args.inputs);
    args.output.path().map_or(Ok(()), |path| output.refuse_download(path))?;
    let files = summary.sources.len();
    let events = summary.sum(|source: &SourceOutcome| source.added);
    console.say(&format!("read {files} {}, {events} events", if files == 1 { "file" } else { "files" }));
    Ok((snapshot, output))
}
