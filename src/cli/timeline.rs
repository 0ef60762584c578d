//! `auditql timeline`: who is meant, and everything that was done by, to or at them.
//!
//! What is asked is SQL in `queries/audit/who*.sql`; here is only what to ask next, and how the answers read.

mod identity;
mod summary;

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

pub(super) use self::identity::refuse_unknown;
use self::identity::{Identity, find};
use self::summary::Summary;
use super::common::{EngineArgs, OutputArgs};
use super::{Console, Outcome};
use crate::engine::{Answer, Engine, TimeRange, WarningKind};
use crate::error::Result;
use crate::query::Library;
use crate::render::OutputFormat;

/// Arguments of `timeline`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
WHO is an object id, a user principal name, a mail address, the `#EXT#` name of a guest, an application (client) id, the
name of a user, application or group, an address or network (IPv4 or IPv6), or a correlation id. Case does not matter.
What it is known by elsewhere in the archive is found out first, from all of it; --from and --to limit the events only.

Above the rows stands a summary; where rows are data (csv, json …) it goes to standard error. `direction` is `by` for what
they did, `to` for what was done to them, be it as a second target, and `at` for what came from the address, went through
the application, belongs to the operation or names them in an additional detail. The unified audit log and Graph's
activity tell again of changes that `audit` has: do not count across sources.

  auditql timeline tomas.berg@fabrikam.example -a case
  auditql timeline ana_contoso.example#EXT#@fabrikam.example -a case --from -7d --direction to
  auditql timeline 203.0.113.0/24 -a case --format csv -o network.csv
  auditql timeline 'Alder Loyalty Sync' -a case

A name that several have is an error that lists them; --all takes them all. `auditql run audit/who-timeline` is the same
for ids that are known; `auditql run audit/who-is` says who is who.

Exit code: 0 done, 2 not done: nobody is called so, or several are.")]
pub(super) struct Args {
    /// Id, user principal name, mail address, name, address, network or correlation id
    who: String,
    /// Of a name that several have, take all of them
    #[arg(long)]
    all: bool,
    /// Only what was done `by` them, `to` them, or `at` (from, through, within) them
    #[arg(long, value_name = "WORD", value_parser = ["by", "to", "at"])]
    direction: Option<String>,
    /// At most so many events, the first ones
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: &Args, console: &mut Console) -> Result<Outcome> {
    let library = args.engine.library()?;
    let engine = args.engine.open_with(&library, console)?;
    let whole = whole(&engine, &args.engine, &library)?;
    let question = Question {
        who: args.who.trim(),
        is_all: args.all,
        direction: args.direction.as_deref(),
        limit: args.limit,
    };
    let mut story = question.ask(whole.as_ref().unwrap_or(&engine), &engine, &library, console)?;
    let mut output = args.output.sparing_sources(engine.snapshot()).open(console)?;
    let is_read = is_read(output.format());
    let written = story.tell(is_read, &mut |told| match told {
        Told::Summary(text) if is_read => output.write_text(&format!("{text}\n")),
        Told::Summary(text) => {
            text.lines().for_each(|line| console.say(line));
            Ok(())
        }
        Told::Events(schema, batches) => output.take_batches(schema, batches).map(drop),
    });
    match written {
        Ok(()) => output.finish()?,
        Err(error) => {
            output.abandon();
            return Err(error);
        }
    }
    story.left_out().iter().for_each(|text| console.say(text));
    Ok(Outcome::Done)
}

/// The archive without a time range, if the engine has one: who somebody is does not depend on it.
pub(super) fn whole(engine: &Engine, args: &EngineArgs, library: &Arc<Library>) -> Result<Option<Engine>> {
    if engine.time_range() == TimeRange::default() {
        return Ok(None);
    }
    args.open_within(engine.snapshot().clone(), library, TimeRange::default()).map(Some)
}

/// Whether a format is read by a person, so that a summary can stand above its rows.
pub(super) fn is_read(format: OutputFormat) -> bool {
    matches!(format, OutputFormat::Table | OutputFormat::Vertical)
}

/// Whose timeline, and which part of it.
pub(super) struct Question<'q> {
    /// As it was written.
    pub(super) who: &'q str,
    /// All that have the name.
    pub(super) is_all: bool,
    /// `by`, `to` or `at` only.
    pub(super) direction: Option<&'q str>,
    /// Events, at most.
    pub(super) limit: Option<usize>,
}

/// A timeline under way.
pub(super) struct Story<'e> {
    identity: Identity,
    answer: Answer<'e>,
    summary: Summary,
    limit: usize,
}

/// What a timeline consists of.
pub(super) enum Told<'t> {
    /// Who it is of and what is in it, for a person; lines.
    Summary(&'t str),
    /// The events.
    Events(&'t SchemaRef, &'t mut dyn Iterator<Item = Result<RecordBatch>>),
}

impl Story<'_> {
    /// Tells the events, and what they come to: before them to somebody who reads, which takes room for all that are
    /// told; behind them to a program, as they come.
    ///
    /// # Errors
    ///
    /// If the archive cannot be read, or `tell` fails.
    pub(super) fn tell(
        &mut self,
        summary_first: bool,
        tell: &mut dyn FnMut(Told<'_>) -> Result<()>,
    ) -> Result<()> {
        let schema = self.answer.schema();
        let mut events = Counted { events: &mut self.answer, summary: &mut self.summary, rest: self.limit };
        if summary_first {
            let batches: Vec<_> = events.collect::<Result<_>>()?;
            tell(Told::Summary(&self.summary.text(&self.identity)))?;
            return tell(Told::Events(&schema, &mut batches.into_iter().map(Ok)));
        }
        tell(Told::Events(&schema, &mut events))?;
        tell(Told::Summary(&self.summary.text(&self.identity)))
    }

    /// What the limit left out.
    pub(super) fn left_out(&self) -> Option<String> {
        let more = self.summary.events().saturating_sub(self.limit as u64);
        (more > 0).then(|| format!("{more} more events; leave `--limit` out for all"))
    }
}

/// Counts events, and lets the first ones through.
struct Counted<'c> {
    events: &'c mut dyn Iterator<Item = Result<RecordBatch>>,
    summary: &'c mut Summary,
    rest: usize,
}

impl Iterator for Counted<'_> {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let batch = match self.events.next()? {
                Ok(batch) => batch,
                Err(error) => return Some(Err(error)),
            };
            self.summary.add(&batch);
            let rows = batch.num_rows().min(self.rest);
            self.rest -= rows;
            if rows > 0 {
                return Some(Ok(batch.slice(0, rows)));
            }
        }
    }
}

impl Question<'_> {
    /// Finds who is meant in `whole`, and their events in `engine`.
    ///
    /// # Errors
    ///
    /// If nobody is called so, or several are that have nothing to do with each other.
    pub(super) fn ask<'e>(
        &self,
        whole: &Engine,
        engine: &'e Engine,
        library: &Library,
        console: &Console,
    ) -> Result<Story<'e>> {
        let identity = find(self, whole, library)?;
        identity.told(self.who).lines().for_each(|line| console.say(line));
        let mut given = identity.given();
        given.extend(self.direction.map(|direction| ("direction".to_owned(), direction.to_owned())));
        let answer = library.find("audit/who-timeline")?.start(engine, &given)?;
        // The summary says which tables events are in.
        let is_told = |kind| matches!(kind, WarningKind::NothingOf(_));
        let warnings = answer.warnings().iter().filter(|warning| !is_told(warning.kind));
        warnings.for_each(|warning| console.warn(&warning.text));
        let limit = self.limit.unwrap_or(usize::MAX);
        let summary = Summary::new(&answer.schema());
        Ok(Story { identity, answer, summary, limit })
    }
}
