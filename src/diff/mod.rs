//! Two archives of one period, compared: which events only one of them has, and which of them say something else.
//!
//! The engine brings the rows together ([`statement`]); here pairs that are not equal to the letter are looked at again,
//! because formats are not equally fine ([`change`]). Knows no terminal and writes nothing.
//!
//! ```text
//! a.audit, b.audit ─▶ pairs and rows without one, in order ─▶ only_in_a · only_in_b · changed
//! ```

mod change;
mod period;
mod rows;
mod statement;

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, TimeUnit};

use self::period::Period;
pub(crate) use self::rows::schema;
use self::statement::{Statements, nameless};
use crate::archive::Snapshot;
use crate::engine::{Answer, Engine, EngineOptions, Parameters, TimeRange};
use crate::error::{Error, Result};
use crate::schema::{EVENT_TABLES, Table, format_time};

/// What the second archive is called in statements; the first is the engine's own.
const OTHER: &str = "b";

/// How the engine joins: by sorting, which uses the disk beyond its memory, and in small steps, because there are up to
/// ten sorts at a time, each of which keeps some batches of wide rows in memory.
const SETTINGS: [&str; 3] = [
    "optimizer.prefer_hash_join = false",
    "execution.batch_size = 1024",
    "execution.sort_spill_reservation_bytes = 1048576",
];

/// What was found in one table. Of either side, rows = only + changed + same + outside.
#[derive(Debug)]
pub(crate) struct Tally {
    /// The table.
    pub(crate) table: &'static Table,
    /// Rows that only A or only B has.
    pub(crate) only: [u64; 2],
    /// Rows that both have, and that say something else.
    pub(crate) changed: u64,
    /// Rows that both have.
    pub(crate) same: u64,
    /// Rows of either side that were not compared: outside the common period, or the range that was asked for.
    pub(crate) outside: [u64; 2],
    /// The time that was compared; none if it was not, or the table knows no times of its own.
    pub(crate) period: Option<Period>,
    /// What either side covers.
    covered: [Option<(i64, i64)>; 2],
    is_compared: bool,
}

/// A comparison that is on its way: an iterator over batches of differences, by table, time and id.
pub(crate) struct Diff<'e> {
    engine: &'e Engine,
    is_ordered: bool,
    tallies: Vec<Tally>,
    /// The next table.
    next: usize,
    answer: Option<Answer<'e>>,
}

/// Opens an engine on both archives.
///
/// # Errors
///
/// If the folder of one cannot be read.
pub(crate) fn open(a: Snapshot, b: &Snapshot, options: &EngineOptions) -> Result<Engine> {
    // Only where it may choose does the engine join by sorting, which uses the disk beyond its memory.
    let options = EngineOptions { threads: options.threads.max(2), ..options.clone() };
    let engine = Engine::open(a, &options)?;
    engine.attach(OTHER, b, &options.time_range)?;
    for setting in SETTINGS {
        engine
            .run(&format!("SET datafusion.{setting}"), &Parameters::default())?
            .try_for_each(|batch| batch.map(drop))?;
    }
    Ok(engine)
}

impl<'e> Diff<'e> {
    /// Compares these tables of the engine's archive with those of `other`, in an order that is always the same if
    /// `is_ordered`. `range` takes the place of what both sides cover.
    ///
    /// # Errors
    ///
    /// If there is nothing that could be compared.
    pub(crate) fn new(
        engine: &'e Engine,
        other: &Snapshot,
        tables: &[&'static Table],
        range: &TimeRange,
        is_ordered: bool,
    ) -> Result<Self> {
        let sides = [engine.snapshot(), other];
        let tables = EVENT_TABLES.iter().filter(|table| tables.iter().any(|other| other.name == table.name));
        let tallies: Vec<_> = tables.map(|table| Tally::new(table, sides, range)).collect();
        let tallies: Vec<_> = tallies.into_iter().filter(|tally| tally.outside != [0, 0]).collect();
        if !tallies.iter().any(|tally| tally.is_compared) {
            let reasons = tallies.iter().filter_map(Tally::why_not_compared);
            let nothing = Error::new("there is nothing that could be compared");
            let error = reasons.fold(nothing, |error, reason| error.because(reason));
            let error = if tallies.is_empty() { error.because("neither side has such rows") } else { error };
            return Err(error.hint("name a time that both should cover, with `--from TIME --to TIME`"));
        }
        Ok(Self { engine, is_ordered, tallies, next: 0, answer: None })
    }

    /// What was found, table by table; complete when the differences have been read to their end.
    pub(crate) fn tallies(&self) -> &[Tally] {
        &self.tallies
    }

    /// Counts, and begins to read the candidates of a table.
    fn begin(&mut self, index: usize) -> Result<()> {
        let tally = &mut self.tallies[index];
        if !tally.is_compared {
            return Ok(());
        }
        let (table, period) = (tally.table, tally.period);
        let mut has_nameless = false;
        for schema in ["public", OTHER] {
            has_nameless |= !numbers(self.engine, &nameless(schema, table))?.is_empty();
        }
        let statements = Statements { table, other: OTHER, period, has_nameless };
        if has_nameless {
            numbers(self.engine, &statements.twins())?;
        }
        let counts = numbers(self.engine, &statements.counts())?;
        if let [only_a, only_b, pairs] = counts[..] {
            tally.only = [only_a, only_b];
            tally.same = pairs;
            // A row that names no tenant may be a pair with several.
            tally.outside = [0, 1].map(|side| tally.outside[side].saturating_sub(tally.only[side] + pairs));
        }
        self.answer = Some(self.engine.run(&statements.candidates(self.is_ordered), &Parameters::default())?);
        Ok(())
    }

    fn read(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(answer) = &mut self.answer {
                if let Some(candidates) = answer.next() {
                    let tally = &mut self.tallies[self.next - 1];
                    let (batch, changed) = rows::differences(tally.table, &candidates?)?;
                    tally.changed += changed;
                    tally.same -= changed.min(tally.same);
                    if batch.num_rows() > 0 {
                        return Ok(Some(batch));
                    }
                    continue;
                }
                self.answer = None;
            }
            if self.next == self.tallies.len() {
                return Ok(None);
            }
            self.next += 1;
            self.begin(self.next - 1)?;
        }
    }
}

impl Iterator for Diff<'_> {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

impl Tally {
    fn new(table: &'static Table, sides: [&Snapshot; 2], range: &TimeRange) -> Self {
        let rows = sides.map(|side| side.rows(table.name));
        let covered = sides.map(|side| side.period_of(table.name));
        let has_times = !table.rows.is_snapshot;
        let period = if has_times { Period::common(covered[0], covered[1], range) } else { None };
        let is_compared = if has_times { period.is_some() } else { rows.iter().all(|rows| *rows > 0) };
        Self { table, only: [0; 2], changed: 0, same: 0, outside: rows, period, covered, is_compared }
    }

    /// Rows that differ.
    pub(crate) fn differences(&self) -> u64 {
        self.only[0] + self.only[1] + self.changed
    }

    /// Why the table was not compared, if it was not.
    pub(crate) fn why_not_compared(&self) -> Option<String> {
        let name = self.table.name;
        let times = |(first, last)| format!("{} to {}", format_time(first), format_time(last));
        match (self.is_compared, self.covered) {
            (true, _) => None,
            (false, [Some(a), Some(b)]) => {
                Some(format!("`{name}` has no common period: A has {}, B has {}", times(a), times(b)))
            }
            (false, [a, _]) => {
                Some(format!("only {} has rows of `{name}`", if a.is_some() { "A" } else { "B" }))
            }
        }
    }
}

/// The tallies as a table.
pub(crate) fn summary(tallies: &[Tally]) -> RecordBatch {
    let numbers = |of: &dyn Fn(&Tally) -> u64| -> ArrayRef {
        Arc::new(tallies.iter().map(|tally| i64::try_from(of(tally)).ok()).collect::<Int64Array>())
    };
    let times = |of: &dyn Fn(&Period) -> i64| -> ArrayRef {
        let times = tallies.iter().map(|tally| tally.period.as_ref().map(of));
        Arc::new(times.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
    };
    let names: StringArray = tallies.iter().map(|tally| Some(tally.table.name)).collect();
    let columns: [(&str, ArrayRef); 9] = [
        ("table_name", Arc::new(names)),
        ("only_in_a", numbers(&|tally| tally.only[0])),
        ("only_in_b", numbers(&|tally| tally.only[1])),
        ("changed", numbers(&|tally| tally.changed)),
        ("same", numbers(&|tally| tally.same)),
        ("outside_a", numbers(&|tally| tally.outside[0])),
        ("outside_b", numbers(&|tally| tally.outside[1])),
        ("period_from", times(&|period| period.first)),
        ("period_to", times(&|period| period.last)),
    ];
    let (names, arrays): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    RecordBatch::try_new(summary_schema(&names), arrays).expect("columns are equally long")
}

fn summary_schema(names: &[&str]) -> SchemaRef {
    let kind = |name: &str| match name {
        "table_name" => DataType::Utf8,
        "period_from" | "period_to" => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        _ => DataType::Int64,
    };
    Arc::new(Schema::new(names.iter().map(|name| Field::new(*name, kind(name), true)).collect::<Vec<_>>()))
}

/// The numbers of a small answer, 0 for whatever is none.
fn numbers(engine: &Engine, sql: &str) -> Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for batch in engine.run(sql, &Parameters::default())? {
        let batch = batch?;
        for row in 0..batch.num_rows() {
            numbers.extend(batch.columns().iter().map(|array| {
                let count = array.as_primitive_opt::<Int64Type>().map_or(0, |counts| counts.value(row));
                u64::try_from(count).unwrap_or(0)
            }));
        }
    }
    Ok(numbers)
}
