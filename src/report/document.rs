//! What stands in a report, made and counted, before anybody thinks of how it looks.

use super::time::Unit;
use crate::query::Severity;

/// A report with its numbers.
#[derive(Debug, Default)]
pub(crate) struct Document {
    /// Headline.
    pub(super) title: String,
    /// What it is for.
    pub(super) about: String,
    /// Whom it is about.
    pub(super) subject: Option<String>,
    /// What it was made of, as names and values.
    pub(super) facts: Vec<(&'static str, String)>,
    /// What the archive does not cover of what was asked.
    pub(super) not_covered: Vec<String>,
    /// Its sections.
    pub(super) parts: Vec<Part>,
    /// Where each section comes from.
    pub(super) entries: Vec<Entry>,
    /// The files that the archive was made of.
    pub(super) sources: Grid,
    /// What could not be answered.
    pub(crate) failures: Vec<String>,
}

/// A section.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) title: String,
    pub(super) about: String,
    /// Index of its entry.
    pub(super) entry: Option<usize>,
    /// What has to be said before anything is shown.
    pub(super) notes: Vec<String>,
    pub(super) blocks: Vec<Block>,
}

/// Something to look at.
#[derive(Debug)]
pub(super) enum Block {
    Numbers(Vec<(String, f64)>),
    Severities([u64; 3]),
    Series(Series),
    Bars(Bars),
    Heat(Heat),
    Grid(Grid),
    /// A text between others.
    Text(String),
}

/// Amounts over time.
#[derive(Debug)]
pub(super) struct Series {
    /// What is counted.
    pub(super) what: String,
    /// What it is parted by.
    pub(super) by: Option<String>,
    pub(super) unit: Unit,
    /// Begin of each period.
    pub(super) starts: Vec<i64>,
    pub(super) totals: Vec<f64>,
    /// Name, amount of each period, and amount of all.
    pub(super) lines: Vec<(String, Vec<f64>, f64)>,
    /// What is not drawn.
    pub(super) note: Option<String>,
}

/// Amounts by name, the greatest first.
#[derive(Debug)]
pub(super) struct Bars {
    pub(super) what: String,
    pub(super) by: String,
    pub(super) rows: Vec<(Option<String>, f64)>,
    /// Names that are not shown, and their amount.
    pub(super) rest: (u64, f64),
}

/// Amounts by weekday (Monday first) and hour.
#[derive(Debug)]
pub(super) struct Heat {
    pub(super) what: String,
    pub(super) cells: Box<[[f64; 24]; 7]>,
}

/// Rows and columns.
#[derive(Debug, Default)]
pub(super) struct Grid {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<Cell>>,
    /// Rows there are, also those that are not shown.
    pub(super) count: u64,
    /// What gives them all.
    pub(super) command: String,
}

#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) is_number: bool,
}

/// A value of a table.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Null,
    Text(String),
    Time(i64),
    Severity(Severity),
    /// A text that leads to an entry.
    Link(String, usize),
}

/// Where numbers come from.
#[derive(Debug)]
pub(super) struct Entry {
    /// The query, or what else gives them.
    pub(super) name: String,
    pub(super) question: String,
    pub(super) command: String,
    pub(super) parameters: Vec<(String, String)>,
    pub(super) caveats: Vec<String>,
    pub(super) warnings: Vec<String>,
    pub(super) rows: Option<u64>,
    /// The query's text.
    pub(super) text: String,
}
