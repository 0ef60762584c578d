//! What a chart keeps of an answer's rows, within limits that have names.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit};

use super::amount::{Amount, amounts};
use super::roles::{Axis, EXAMPLE, Roles};
use crate::error::{Context, Error, Result};
use crate::render::cell::{micros, plain, printable};

/// Rows that are drawn; more are no chart.
const ROWS_MAX: usize = 100_000;
/// Text of them.
const TEXT_BYTES_MAX: usize = 64 << 20;
/// Times that are kept apart while rows are counted; more are counted in coarser steps.
const TIMES_MAX: usize = 100_000;
/// Those steps, microseconds. An hour is the coarsest that keeps most zones' days apart.
const GRAINS: [i64; 4] = [1_000_000, 900_000_000, 3_600_000_000, 86_400_000_000];
/// Stands for NULL.
const NULL: &str = "(null)";

/// The rows of a chart.
#[derive(Debug, Default)]
pub(super) struct Collected {
    /// What their columns are.
    pub(super) roles: Roles,
    /// In the order of the answer; none if rows are counted.
    pub(super) rows: Vec<Row>,
    /// Rows by time, those without a time last, if rows are counted.
    pub(super) times: BTreeMap<Moment, i128>,
    /// Rows by value, if rows are counted.
    pub(super) values: BTreeMap<String, i128>,
    text_bytes: usize,
    grain: usize,
}

/// A row of a chart.
#[derive(Debug)]
pub(super) struct Row {
    /// What its line stands for.
    pub(super) x: X,
    /// What its part of the line's bar stands for.
    pub(super) series: Option<String>,
    /// How long the bar is.
    pub(super) y: Option<Amount>,
    /// The series' number, if it may be what is meant by `y`.
    pub(super) other_y: Option<Amount>,
}

/// What a line stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum X {
    /// A time.
    At(Moment),
    /// Anything else.
    Named(String),
}

/// A time, microseconds since 1970-01-01 UTC, or none, which comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Moment {
    /// A time.
    At(i64),
    /// NULL.
    None,
}

impl Collected {
    pub(super) fn new(roles: Roles) -> Self {
        Self { roles, ..Self::default() }
    }

    /// Takes more rows.
    ///
    /// # Errors
    ///
    /// If there are too many to draw.
    pub(super) fn take(&mut self, batch: &RecordBatch) -> Result<()> {
        match (self.roles.y, self.roles.axis.is_time()) {
            (Some(y), _) => self.take_rows(batch, y),
            (None, true) => self.count_times(batch),
            (None, false) => self.count_values(batch),
        }
    }

    /// Whether no line stands for several rows.
    pub(super) fn is_each_x_once(&self) -> bool {
        let mut seen = BTreeSet::new();
        self.rows.iter().all(|row| seen.insert(&row.x))
    }

    fn take_rows(&mut self, batch: &RecordBatch, y: usize) -> Result<()> {
        if self.rows.len() + batch.num_rows() > ROWS_MAX {
            return Err(too_many(&format!("more than {ROWS_MAX} rows")));
        }
        let x = batch.column(self.roles.x);
        let times = if self.roles.axis.is_time() { Some(times(x)?) } else { None };
        let y = amounts(batch.column(y))?;
        let series = self.roles.series.map(|series| batch.column(series));
        let other_y = match series {
            Some(series) if self.roles.is_series_doubtful => Some(amounts(series)?),
            _ => None,
        };
        for (row, y) in y.into_iter().enumerate() {
            let x = match &times {
                Some(times) => X::At(times[row]),
                None => X::Named(self.text(x, row)?),
            };
            let series = series.map(|series| self.text(series, row)).transpose()?;
            let other_y = other_y.as_ref().and_then(|other| other[row]);
            self.rows.push(Row { x, series, y, other_y });
        }
        Ok(())
    }

    fn text(&mut self, array: &ArrayRef, row: usize) -> Result<String> {
        let text = match plain(array, row) {
            Some(text) => printable(&text).into_owned(),
            None => NULL.to_owned(),
        };
        self.text_bytes += text.len();
        if self.text_bytes > TEXT_BYTES_MAX {
            return Err(too_many(&format!("more than {} MiB of text", TEXT_BYTES_MAX >> 20)));
        }
        Ok(text)
    }

    fn count_times(&mut self, batch: &RecordBatch) -> Result<()> {
        for moment in times(batch.column(self.roles.x))? {
            *self.times.entry(self.grained(moment)).or_default() += 1;
            if self.times.len() > TIMES_MAX && self.grain + 1 < GRAINS.len() {
                self.grain += 1;
                for (moment, rows) in std::mem::take(&mut self.times) {
                    *self.times.entry(self.grained(moment)).or_default() += rows;
                }
            }
        }
        Ok(())
    }

    fn grained(&self, moment: Moment) -> Moment {
        let grain = GRAINS[self.grain];
        match moment {
            Moment::At(micros) => Moment::At(micros.div_euclid(grain).saturating_mul(grain)),
            Moment::None => Moment::None,
        }
    }

    fn count_values(&mut self, batch: &RecordBatch) -> Result<()> {
        let array = batch.column(self.roles.x);
        for row in 0..batch.num_rows() {
            let text = plain(array, row);
            let text = text.as_deref().map_or(NULL.into(), printable);
            if let Some(rows) = self.values.get_mut(text.as_ref()) {
                *rows += 1;
                continue;
            }
            self.text_bytes += text.len();
            self.values.insert(text.into_owned(), 1);
            if self.values.len() > ROWS_MAX || self.text_bytes > TEXT_BYTES_MAX {
                return Err(too_many("too many different values"));
            }
        }
        Ok(())
    }
}

/// The times of a column of times or dates.
fn times(array: &ArrayRef) -> Result<Vec<Moment>> {
    let (array, unit) = match array.data_type() {
        DataType::Timestamp(unit, _) => (array.clone(), *unit),
        _ => {
            let unit = TimeUnit::Microsecond;
            let times = cast(array, &DataType::Timestamp(unit, None));
            (times.context(|| "cannot draw a chart".to_owned())?, unit)
        }
    };
    let moment = |row| if array.is_null(row) { Moment::None } else { Moment::At(micros(&array, unit, row)) };
    Ok((0..array.len()).map(moment).collect())
}

impl Roles {
    /// The zone of the times, if they have one that is not UTC.
    pub(super) fn zone(&self) -> Option<&str> {
        match &self.axis {
            Axis::Time(zone) => zone.as_deref().filter(|zone| !crate::render::zone::is_utc(zone)),
            _ => None,
        }
    }
}

fn too_many(what: &str) -> Error {
    Error::new(format!("cannot draw a chart of {what}"))
        .because("a chart is drawn when all of it is there, and nobody reads that many lines")
        .hint(format!("let the query count first, {EXAMPLE}"))
}
