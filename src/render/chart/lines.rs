//! The lines of a chart: rows put in order, and together where they stand for the same.

use std::collections::{BTreeMap, BTreeSet};

use super::amount::Amount;
use super::collect::{Collected, Moment, Row, X};
use super::roles::{Axis, Roles};
use super::scale::Scale;
use crate::error::{Error, Result};

/// Series that are told apart; the rest is one.
const SERIES_MAX: usize = 4;
/// Columns that are named where they are left out.
const NAMED_MAX: usize = 8;

/// Everything that is to be drawn.
#[derive(Debug)]
pub(super) struct Drawing {
    /// What the lines and the bars stand for.
    pub(super) head: [String; 2],
    /// Labels are numbers.
    pub(super) is_label_number: bool,
    /// What the parts of the bars stand for, the largest first; none if bars have no parts.
    pub(super) series: Vec<(String, Amount)>,
    /// From the top.
    pub(super) lines: Vec<Line>,
    /// What is to be known beside.
    pub(super) notes: Vec<String>,
}

/// A line.
#[derive(Debug)]
pub(super) struct Line {
    /// What it stands for.
    pub(super) label: String,
    /// Its bar.
    pub(super) bar: Bar,
}

/// What a line's bar tells.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Bar {
    /// There is no row.
    Missing,
    /// There is no number.
    Null,
    /// One number.
    Whole(Amount),
    /// A number of each series, in their order.
    Parts(Vec<Amount>),
}

impl Drawing {
    /// # Errors
    ///
    /// If numbers below zero would have to be stacked.
    pub(super) fn of(mut collected: Collected) -> Result<Self> {
        if collected.roles.is_series_doubtful && collected.is_each_x_once() {
            // Two numbers of the same thing are no parts of it: the first is drawn.
            collected.roles.y = collected.roles.series.take();
            for row in &mut collected.rows {
                (row.y, row.series) = (row.other_y, None);
            }
        }
        count(&mut collected);
        let mut drawing = Self {
            head: head(&collected.roles),
            is_label_number: collected.roles.axis == Axis::Number,
            series: Vec::new(),
            lines: Vec::new(),
            notes: Vec::new(),
        };
        let parts = Parts::of(&collected)?;
        drawing.series.clone_from(&parts.series);
        if collected.roles.axis.is_time() {
            drawing.take_times(&collected, &parts);
        } else {
            drawing.take_named(collected.rows, &parts);
        }
        let left_out: Vec<&str> = collected.roles.left_out().collect();
        if !left_out.is_empty() {
            let more = if left_out.len() > NAMED_MAX { ", …" } else { "" };
            let named = left_out[..left_out.len().min(NAMED_MAX)].join(", ");
            drawing.notes.push(format!("not drawn: {named}{more}"));
        }
        Ok(drawing)
    }

    /// A line for each step.
    fn take_times(&mut self, collected: &Collected, parts: &Parts) {
        let moments: BTreeSet<Moment> = collected.rows.iter().filter_map(Row::moment).collect();
        let times: Vec<i64> = moments.iter().filter_map(|moment| moment.time()).collect();
        let zone = collected.roles.zone();
        let of = if collected.roles.y.is_none() { Scale::of_counts } else { Scale::of_values };
        let scale = of(&times, zone);
        let mut bars: BTreeMap<i64, Bar> = BTreeMap::new();
        let mut none = Bar::Missing;
        for row in &collected.rows {
            match row.moment().and_then(Moment::time) {
                Some(time) => parts.add(row, bars.entry(scale.line(time)).or_insert(Bar::Missing)),
                None => parts.add(row, &mut none),
            }
        }
        let mut before = None;
        for (line, bar) in bars {
            for label in before.map_or(Vec::new(), |before| scale.gap(before, line)) {
                self.lines.push(Line { label, bar: Bar::Missing });
            }
            before = Some(line);
            self.lines.push(Line { label: scale.label(line), bar });
        }
        if none != Bar::Missing {
            self.lines.push(Line { label: "(null)".to_owned(), bar: none });
        }
        let zone = match (&collected.roles.axis, zone) {
            (Axis::Time(_), None) => Some("UTC".to_owned()),
            (_, zone) => zone.map(str::to_owned),
        };
        let step = scale.step.map(|step| format!("by {}", step.name()));
        let about: Vec<String> = zone.into_iter().chain(step.clone()).collect();
        if !about.is_empty() {
            self.head[0] += &format!(" ({})", about.join(", "));
        }
        if let (Some(before), Some(step)) = (scale.lines_before, step) {
            self.notes.push(format!("{before} lines were put together {step}, their numbers summed"));
        }
    }

    /// A line for each row, or for all that are parts of the same.
    fn take_named(&mut self, rows: Vec<Row>, parts: &Parts) {
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        for row in rows {
            let X::Named(name) = &row.x else { continue };
            let is_part = row.series.is_some();
            let place = places.get(name).copied().filter(|_| is_part).unwrap_or(self.lines.len());
            if place == self.lines.len() {
                if is_part {
                    places.insert(name.clone(), place);
                }
                self.lines.push(Line { label: name.clone(), bar: Bar::Missing });
            }
            parts.add(&row, &mut self.lines[place].bar);
        }
    }
}

impl Row {
    fn moment(&self) -> Option<Moment> {
        match self.x {
            X::At(moment) => Some(moment),
            X::Named(_) => None,
        }
    }
}

impl Moment {
    fn time(self) -> Option<i64> {
        match self {
            Self::At(micros) => Some(micros),
            Self::None => None,
        }
    }
}

/// The series, and what each adds to a bar.
struct Parts {
    series: Vec<(String, Amount)>,
    /// Place of each series that has one of its own.
    places: BTreeMap<String, usize>,
}

impl Parts {
    fn of(collected: &Collected) -> Result<Self> {
        let mut totals: BTreeMap<&str, Amount> = BTreeMap::new();
        for row in &collected.rows {
            let (Some(series), Some(amount)) = (&row.series, row.y) else { continue };
            if amount.as_f64() < 0.0 {
                return Err(Error::new("cannot draw a chart of parts that are below zero")
                    .because(format!(
                        "`{}` has {}",
                        collected.roles.names[collected.roles.y.unwrap_or(0)],
                        amount.text(3)
                    ))
                    .hint(format!(
                        "leave `{}` out",
                        collected.roles.names[collected.roles.series.unwrap_or(0)]
                    )));
            }
            let total = totals.entry(series).or_insert(Amount::Whole(0));
            *total = total.plus(amount);
        }
        let mut series: Vec<(String, Amount)> =
            totals.into_iter().map(|(name, total)| (name.to_owned(), total)).collect();
        series.sort_by(|(a, a_total), (b, b_total)| {
            b_total.as_f64().total_cmp(&a_total.as_f64()).then_with(|| a.cmp(b))
        });
        // A single one behind the largest needs no other name.
        if series.len() > SERIES_MAX + 1 {
            let others = series.split_off(SERIES_MAX);
            let total = others.iter().map(|(_, total)| *total).fold(Amount::Whole(0), Amount::plus);
            series.push((format!("other ({} series)", others.len()), total));
        }
        let places = series.iter().take(SERIES_MAX).enumerate();
        let places = places.map(|(place, (name, _))| (name.clone(), place)).collect();
        Ok(Self { series, places })
    }

    /// Adds a row to the bar of its line.
    fn add(&self, row: &Row, bar: &mut Bar) {
        let Some(amount) = row.y else {
            if *bar == Bar::Missing {
                *bar = Bar::Null;
            }
            return;
        };
        match &row.series {
            None => {
                let before = if let Bar::Whole(before) = bar { Some(*before) } else { None };
                *bar = Bar::Whole(before.map_or(amount, |before| before.plus(amount)));
            }
            Some(series) => {
                let place = self.places.get(series).copied().unwrap_or(self.series.len() - 1);
                if !matches!(bar, Bar::Parts(_)) {
                    *bar = Bar::Parts(vec![Amount::Whole(0); self.series.len()]);
                }
                if let Bar::Parts(parts) = bar {
                    parts[place] = parts[place].plus(amount);
                }
            }
        }
    }
}

/// Makes rows of what was counted: times in their order, values by how often they come.
fn count(collected: &mut Collected) {
    let row = |x: X, rows: i128| Row { x, series: None, y: Some(Amount::Whole(rows)), other_y: None };
    let mut values: Vec<_> = std::mem::take(&mut collected.values).into_iter().collect();
    values.sort_by(|(a, a_rows), (b, b_rows)| b_rows.cmp(a_rows).then_with(|| a.cmp(b)));
    collected.rows.extend(values.into_iter().map(|(value, rows)| row(X::Named(value), rows)));
    let times = std::mem::take(&mut collected.times);
    collected.rows.extend(times.into_iter().map(|(moment, rows)| row(X::At(moment), rows)));
}

fn head(roles: &Roles) -> [String; 2] {
    let y = roles.y.map_or("rows", |y| &roles.names[y]);
    [roles.names[roles.x].clone(), y.to_owned()]
}
