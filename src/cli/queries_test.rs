//! `auditql queries test`: the answers of saved queries on the downloads beside them.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::common::{MachineArgs, summaries_of};
use super::scratch::Scratch;
use super::{Console, Outcome, usage};
use crate::archive::Snapshot;
use crate::engine::{Engine, EngineOptions, TimeRange, parse_instant};
use crate::error::{Error, Result};
use crate::query::{Case, Library, SavedQuery, Script, TestFolder, difference};
use crate::render::{OutputFormat, printable, render};
use crate::schema::EVENT_TABLES;

/// Arguments of `queries test`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Beside NAME.sql lies the folder NAME.test: downloads of any shape, which are ingested into
a temporary archive, and expected.csv, the whole answer (`--format csv`). The first lines of
further expected-….csv say of what: `# param window=7d`, `# from 2026-03-02`, `# to 2026-03-08`.

Exit code: 0 all answers are as expected, 1 one differs or a query has no test, 2 not done.")]
pub(super) struct Args {
    /// Only these queries; without a name, all of your folders
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Write the answers where they differ from what was expected; read them before you keep them
    #[arg(long)]
    update: bool,
    #[command(flatten)]
    machine: MachineArgs,
}

pub(super) fn run(args: &Args, library: &Arc<Library>, console: &Console) -> Result<Outcome> {
    let queries = chosen(&args.names, library)?;
    let mut run = Run { args, library, console, out: Box::new(console.output()), tally: Tally::default() };
    for query in &queries {
        if let Err(error) = run.query(query) {
            if error.is_closed_pipe() {
                return Err(error);
            }
            run.failed(&query.id, &error)?;
        }
    }
    if args.names.is_empty() {
        let known: BTreeSet<PathBuf> =
            queries.iter().map(|query| query.file.with_extension("test")).collect();
        for folder in library.tests().iter().filter(|folder| !known.contains(*folder)) {
            run.tally.wrong += 1;
            run.line("no query", &folder.display().to_string())?;
        }
    }
    console.say(&run.tally.summary());
    Ok(if run.tally.is_fine() { Outcome::Done } else { Outcome::WithComplaints })
}

/// The queries of the user's folders that are named; all if none is.
fn chosen<'l>(names: &[String], library: &'l Library) -> Result<Vec<&'l SavedQuery>> {
    let own: Vec<&SavedQuery> = library.queries().iter().filter(|query| !query.is_shipped).collect();
    let hint = "name the folder of the queries and of their tests with `--queries DIR`";
    if own.is_empty() {
        return Err(usage("there is no query to test", hint));
    }
    if names.is_empty() {
        return Ok(own);
    }
    let mut chosen = BTreeSet::new();
    for name in names {
        let query = library.find(name)?;
        if query.is_shipped {
            return Err(usage(&format!("`{}` lies in none of your folders", query.id), hint));
        }
        chosen.insert(query.id.as_str());
    }
    Ok(own.into_iter().filter(|query| chosen.contains(query.id.as_str())).collect())
}

/// How it went.
#[derive(Debug, Default)]
struct Tally {
    right: usize,
    wrong: usize,
    updated: usize,
    untested: usize,
}

impl Tally {
    fn is_fine(&self) -> bool {
        self.wrong == 0 && self.untested == 0
    }

    fn summary(&self) -> String {
        let mut text = format!("{} as expected", self.right);
        for (count, what) in
            [(self.updated, "updated"), (self.wrong, "wrong"), (self.untested, "without a test")]
        {
            if count > 0 {
                text += &format!(", {count} {what}");
            }
        }
        text
    }
}

/// A run of tests.
struct Run<'r> {
    args: &'r Args,
    library: &'r Arc<Library>,
    console: &'r Console,
    out: Box<dyn Write>,
    tally: Tally,
}

impl Run<'_> {
    fn query(&mut self, query: &SavedQuery) -> Result<()> {
        query.header()?;
        let Some(folder) = TestFolder::beside(&query.file)? else {
            self.tally.untested += 1;
            return self.line("no test", &query.id);
        };
        // Goes away with the archive in it when this query is done.
        let mut scratch = Scratch::new("test", &[])?;
        let downloads: Vec<String> = folder.downloads.iter().map(|path| path.display().to_string()).collect();
        let (snapshot, _) =
            scratch.ingest("archive", &downloads, self.args.machine.threads(), self.console)?;
        if EVENT_TABLES.iter().all(|table| snapshot.files(table.name).is_empty()) {
            return Err(Error::new(format!("cannot use the test `{}`", folder.path.display()))
                .because("its downloads hold no events"));
        }
        for file in &folder.expected {
            let stem = file.file_stem().unwrap_or_default().to_string_lossy();
            let title = match stem.as_ref() {
                "expected" => query.id.clone(),
                stem => format!("{} {stem}", query.id),
            };
            match self.case(query, &folder, file, &snapshot) {
                Ok(Found::Right) => {
                    self.tally.right += 1;
                    self.line("ok", &title)?;
                }
                Ok(Found::Updated) => {
                    self.tally.updated += 1;
                    self.line("updated", &format!("{title}: {}", file.display()))?;
                }
                Ok(Found::Wrong(lines)) => {
                    self.tally.wrong += 1;
                    self.line("differs", &format!("{title}: - {}, + what it answers", file.display()))?;
                    for line in lines {
                        self.line("", &line)?;
                    }
                }
                Err(error) => self.failed(&title, &error)?,
            }
        }
        Ok(())
    }

    fn case(
        &self,
        query: &SavedQuery,
        folder: &TestFolder,
        file: &Path,
        snapshot: &Snapshot,
    ) -> Result<Found> {
        let case = Case::read(file)?;
        let answer = self.answer(query, &case, snapshot)?;
        // Files are told as in the test's folder, wherever that lies.
        let answer = answer.replace(&format!("{}{}", folder.path.display(), std::path::MAIN_SEPARATOR), "");
        let lines = difference(case.answer.as_deref().unwrap_or_default(), &answer);
        Ok(if case.answer.is_some() && lines.is_empty() {
            Found::Right
        } else if self.args.update {
            case.write(file, &answer)?;
            Found::Updated
        } else {
            Found::Wrong(lines)
        })
    }

    /// What the query answers, as CSV.
    fn answer(&self, query: &SavedQuery, case: &Case, snapshot: &Snapshot) -> Result<String> {
        let newest = snapshot.period().map(|(_, last)| last);
        let instant = |text: &Option<String>, is_end| -> Result<Option<i64>> {
            text.as_deref().map(|text| Ok(parse_instant(text, newest, is_end)?.0)).transpose()
        };
        let options = EngineOptions {
            threads: self.args.machine.threads(),
            memory_bytes: self.args.machine.memory_bytes(),
            time_range: TimeRange { from: instant(&case.from, false)?, to: instant(&case.to, true)? },
            saved_queries: summaries_of(self.library),
            views: self.library.views().to_vec(),
        };
        let script = Script::read(&query.text)?;
        let engine = Engine::open(snapshot.clone(), &options)?;
        let parameters = script.bind(&case.parameters, newest)?;
        let mut answer = Vec::new();
        for statement in script.statements() {
            let mut rows = engine.run(&statement.text, &parameters)?;
            render(OutputFormat::Csv, &rows.schema(), &mut rows, &mut answer, None)?;
        }
        String::from_utf8(answer).map_err(|error| Error::new("the answer is no text").because(error))
    }

    fn failed(&mut self, title: &str, error: &Error) -> Result<()> {
        self.tally.wrong += 1;
        self.line("failed", title)?;
        for line in error.lines() {
            self.line("", &line)?;
        }
        Ok(())
    }

    fn line(&mut self, word: &str, text: &str) -> Result<()> {
        let done = writeln!(self.out, "{word:<8} {}", printable(text)).and_then(|()| self.out.flush());
        done.map_err(|error| Error::output(&error))
    }
}

/// What came of a case.
enum Found {
    Right,
    Updated,
    Wrong(Vec<String>),
}
