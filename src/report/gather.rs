//! Answers to blocks, batch by batch: what is kept does not grow with the answer.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, SchemaRef, TimeUnit, TimestampMicrosecondType};

use super::document::{Bars, Block, Cell, Column, Grid, Heat, Series};
use super::section::{Measure, Show};
use super::time::{DAY, HOUR, Unit, weekday_and_hour, worth_drawing};
use crate::error::{Context, Error, Result};
use crate::query::Severity;
use crate::render::{plain, shortened};
use crate::schema::format_time;

/// Different names that a chart tells apart; what comes later is among the rest.
const NAMES_MAX: usize = 10_000;
/// Amounts by name and hour that a series keeps before it goes over to days.
const HOURS_MAX: usize = 50_000;
/// Lines of a series, the greatest; the rest is one more.
const LINES_MAX: usize = 8;
/// Bars that are shown.
const BARS_MAX: usize = 12;
/// Columns of a terminal that a value may take.
const CELL_WIDTH_MAX: usize = 240;
/// What has no name in a chart by names.
const NO_NAME: &str = "(none)";
const THE_REST: &str = "(all others)";

/// A block on its way.
pub(super) struct Gather<'r> {
    show: &'r Show<'r>,
    rows: u64,
    numbers: Vec<f64>,
    by_name: BTreeMap<Option<String>, f64>,
    by_time: BTreeMap<(String, i64), f64>,
    step: i64,
    cells: Box<[[f64; 24]; 7]>,
    grid: Grid,
}

impl<'r> Gather<'r> {
    pub(super) fn new(show: &'r Show<'r>) -> Self {
        Self {
            show,
            rows: 0,
            numbers: Vec::new(),
            by_name: BTreeMap::new(),
            by_time: BTreeMap::new(),
            step: HOUR,
            cells: Box::new([[0.0; 24]; 7]),
            grid: Grid::default(),
        }
    }

    /// Prepares for an answer with these columns.
    ///
    /// # Errors
    ///
    /// If a column is not among them.
    pub(super) fn begin(&mut self, schema: &SchemaRef) -> Result<()> {
        match self.show {
            Show::Numbers(numbers) => self.numbers = vec![0.0; numbers.len()],
            Show::Table { columns, .. } => {
                let names: Vec<&str> = match columns {
                    [] => schema.fields().iter().map(|field| field.name().as_str()).collect(),
                    named => named.to_vec(),
                };
                for name in names {
                    let field = &schema.fields()[index_of(schema, name)?];
                    let is_number = field.data_type().is_numeric();
                    self.grid.columns.push(Column { name: name.to_owned(), is_number });
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes some rows.
    ///
    /// # Errors
    ///
    /// If a column is not there, or not what it should be.
    pub(super) fn take(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows() as u64;
        match self.show {
            Show::Numbers(numbers) => {
                for (number, (_, measure)) in self.numbers.iter_mut().zip(*numbers) {
                    *number += amounts(batch, measure)?.iter().sum::<f64>();
                }
            }
            Show::Series { time, by, measure, .. } => {
                let (times, amounts) = (times(batch, time)?, amounts(batch, measure)?);
                let names = by.map(|by| column(batch, by)).transpose()?;
                for (row, amount) in amounts.into_iter().enumerate().filter(|(_, amount)| *amount != 0.0) {
                    let Some(time) = times[row] else { continue };
                    let name = names.map_or(String::new(), |names| {
                        plain(names, row).map_or_else(|| NO_NAME.to_owned(), |name| cut(&name))
                    });
                    self.add_at(name, time, amount);
                }
            }
            Show::Bars { label, measure, .. } => {
                let (labels, amounts) = (column(batch, label)?, amounts(batch, measure)?);
                for (row, amount) in amounts.into_iter().enumerate().filter(|(_, amount)| *amount != 0.0) {
                    let name = plain(labels, row).map(|text| cut(&text));
                    let is_known = self.by_name.len() < NAMES_MAX || self.by_name.contains_key(&name);
                    let name = if is_known { name } else { Some(THE_REST.to_owned()) };
                    *self.by_name.entry(name).or_default() += amount;
                }
            }
            Show::Heat { time, measure, .. } => {
                for (time, amount) in times(batch, time)?.into_iter().zip(amounts(batch, measure)?) {
                    let Some(time) = time else { continue };
                    let (day, hour) = weekday_and_hour(time);
                    self.cells[day][hour] += amount;
                }
            }
            Show::Table { rows_max, .. } => {
                let arrays = self.grid.columns.iter().map(|named| column(batch, &named.name));
                let arrays = arrays.collect::<Result<Vec<_>>>()?;
                let wanted = rows_max.saturating_sub(self.grid.rows.len()).min(batch.num_rows());
                for row in 0..wanted {
                    let cells = self.grid.columns.iter().zip(&arrays);
                    self.grid.rows.push(cells.map(|(named, array)| cell(&named.name, array, row)).collect());
                }
            }
        }
        Ok(())
    }

    fn add_at(&mut self, name: String, time: i64, amount: f64) {
        let key = (name, time.div_euclid(self.step) * self.step);
        *self.by_time.entry(key).or_default() += amount;
        if self.by_time.len() > HOURS_MAX && self.step == HOUR {
            self.step = DAY;
            for ((name, time), amount) in std::mem::take(&mut self.by_time) {
                *self.by_time.entry((name, time.div_euclid(DAY) * DAY)).or_default() += amount;
            }
        }
        if self.by_time.len() > 2 * HOURS_MAX {
            // So many names are no lines of a chart: they count together.
            for ((_, time), amount) in std::mem::take(&mut self.by_time) {
                *self.by_time.entry((THE_REST.to_owned(), time)).or_default() += amount;
            }
        }
    }

    /// The block; nothing if there is nothing to see. `command` gives all rows.
    pub(super) fn finish(self, command: &str) -> Option<Block> {
        match self.show {
            Show::Numbers(numbers) => {
                let named = numbers.iter().zip(self.numbers);
                Some(Block::Numbers(named.map(|((name, _), number)| ((*name).to_owned(), number)).collect()))
            }
            Show::Series { what, by, .. } => series(what, *by, self.by_time, self.step).map(Block::Series),
            Show::Bars { what, label, .. } => bars(what, label, self.by_name).map(Block::Bars),
            Show::Heat { what, .. } => {
                let has_any = self.cells.iter().flatten().any(|amount| *amount > 0.0);
                has_any.then(|| Block::Heat(Heat { what: (*what).to_owned(), cells: self.cells }))
            }
            Show::Table { .. } => (self.rows > 0)
                .then(|| Block::Grid(Grid { count: self.rows, command: command.to_owned(), ..self.grid })),
        }
    }
}

fn series(what: &str, by: Option<&str>, amounts: BTreeMap<(String, i64), f64>, step: i64) -> Option<Series> {
    let mut days: BTreeMap<i64, f64> = BTreeMap::new();
    for ((_, time), amount) in &amounts {
        *days.entry(time.div_euclid(DAY) * DAY).or_default() += amount;
    }
    let days: Vec<(i64, f64)> = days.into_iter().collect();
    let (first, last_day) = worth_drawing(&days)?;
    let is_drawn = |time: i64| time >= first && time < last_day + DAY;
    let is_by_day = amounts.keys().all(|(_, time)| time % DAY == 0);
    let least = if is_by_day || step == DAY { Unit::Day } else { Unit::Hour };
    let unit = Unit::fitting(first, last_day, least);
    let starts = unit.starts(first, if unit == Unit::Hour { last_day + 23 * HOUR } else { last_day });
    let mut totals = vec![0.0; starts.len()];
    let mut lines: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut outside = 0.0;
    for ((name, time), amount) in amounts {
        if !is_drawn(time) {
            outside += amount;
            continue;
        }
        let Ok(index) = starts.binary_search(&unit.start(time)) else { continue };
        totals[index] += amount;
        lines.entry(name).or_insert_with(|| vec![0.0; starts.len()])[index] += amount;
    }
    let note = (outside > 0.0).then(|| {
        let (begin, end) = (format_time(first), format_time(last_day));
        format!("{outside} {what} far before {} or after {} are not drawn", &begin[..10], &end[..10])
    });
    let summed = |(name, line): (String, Vec<f64>)| {
        let sum = line.iter().sum();
        (name, line, sum)
    };
    let mut lines: Vec<(String, Vec<f64>, f64)> = lines.into_iter().map(summed).collect();
    lines.sort_by(|a, b| b.2.total_cmp(&a.2).then_with(|| a.0.cmp(&b.0)));
    if lines.len() > LINES_MAX + 1 {
        let rest = lines.split_off(LINES_MAX);
        let mut all = vec![0.0; starts.len()];
        for (_, line, _) in &rest {
            all.iter_mut().zip(line).for_each(|(all, one)| *all += one);
        }
        let sum = all.iter().sum();
        lines.push((format!("{} others", rest.len()), all, sum));
    }
    if by.is_none() {
        lines.clear();
    }
    Some(Series { what: what.to_owned(), by: by.map(readable_name), unit, starts, totals, lines, note })
}

fn bars(what: &str, label: &str, amounts: BTreeMap<Option<String>, f64>) -> Option<Bars> {
    let mut rows: Vec<(Option<String>, f64)> = amounts.into_iter().collect();
    rows.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let rest = if rows.len() > BARS_MAX { rows.split_off(BARS_MAX) } else { Vec::new() };
    let rest = (rest.len() as u64, rest.iter().map(|(_, amount)| amount).sum());
    (!rows.is_empty()).then(|| Bars { what: what.to_owned(), by: readable_name(label), rows, rest })
}

/// The name of a column as words.
pub(super) fn readable_name(name: &str) -> String {
    name.replace('_', " ")
}

fn index_of(schema: &SchemaRef, name: &str) -> Result<usize> {
    schema.index_of(name).map_err(|_| {
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        Error::new(format!("the answer has no column `{name}`"))
            .because(format!("it has {}", names.join(", ")))
    })
}

fn column<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b ArrayRef> {
    index_of(&batch.schema(), name).map(|index| batch.column(index))
}

/// What each row adds.
fn amounts(batch: &RecordBatch, measure: &Measure<'_>) -> Result<Vec<f64>> {
    let one_if = |is_meant: bool| if is_meant { 1.0 } else { 0.0 };
    Ok(match measure {
        Measure::Rows => vec![1.0; batch.num_rows()],
        Measure::RowsWith(name, value) => {
            let array = column(batch, name)?;
            (0..batch.num_rows()).map(|row| one_if(plain(array, row).as_deref() == Some(value))).collect()
        }
        Measure::RowsWithout(name) => {
            let array = column(batch, name)?;
            (0..batch.num_rows()).map(|row| one_if(plain(array, row).is_none())).collect()
        }
        Measure::Sum(name) => {
            let numbers = cast(column(batch, name)?, &DataType::Float64)
                .context(|| format!("the column `{name}` is no number"))?;
            numbers.as_primitive::<Float64Type>().iter().map(Option::unwrap_or_default).collect()
        }
    })
}

fn times(batch: &RecordBatch, name: &str) -> Result<Vec<Option<i64>>> {
    let wanted = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let times = cast(column(batch, name)?, &wanted).context(|| format!("the column `{name}` is no time"))?;
    Ok(times.as_primitive::<TimestampMicrosecondType>().iter().collect())
}

fn cell(name: &str, array: &ArrayRef, row: usize) -> Cell {
    let Some(text) = plain(array, row) else { return Cell::Null };
    match array.data_type() {
        DataType::Timestamp(..) => {
            let wanted = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
            let time = cast(&array.slice(row, 1), &wanted).ok();
            let time = time.map(|time| time.as_primitive::<TimestampMicrosecondType>().value(0));
            time.map_or(Cell::Text(text.into_owned()), Cell::Time)
        }
        DataType::List(_) | DataType::LargeList(_) => {
            let items: Option<Vec<Option<String>>> = serde_json::from_str(&text).ok();
            Cell::Text(cut(&items.map_or(text.into_owned(), |items| {
                items.into_iter().flatten().collect::<Vec<_>>().join(", ")
            })))
        }
        _ => match Severity::named(&text).filter(|_| name == "severity") {
            Some(severity) => Cell::Severity(severity),
            None => Cell::Text(cut(&text)),
        },
    }
}

/// The text, cut where it is long.
pub(super) fn cut(text: &str) -> String {
    shortened(text, CELL_WIDTH_MAX).into_owned()
}
