//! Which column of an answer is what in a chart.

use arrow::datatypes::{DataType, SchemaRef};

use crate::error::{Error, Result};
use crate::render::printable;

/// A query whose answer every chart can show.
pub(super) const EXAMPLE: &str =
    "e.g. `SELECT date_trunc('day', event_time) AS day, count(*) AS events FROM audit GROUP BY 1`";

/// What the columns are in the chart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Roles {
    /// Names of all columns.
    pub(super) names: Vec<String>,
    /// What a line stands for.
    pub(super) x: usize,
    /// How lines are named and ordered.
    pub(super) axis: Axis,
    /// What parts a line's bar.
    pub(super) series: Option<usize>,
    /// How long a bar is; nothing if rows are counted.
    pub(super) y: Option<usize>,
    /// `series` is a number, too: if no `x` comes twice, it is how long the bar is, and nothing parts it.
    pub(super) is_series_doubtful: bool,
}

/// What stands before the bars.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Axis {
    /// Values as they come.
    #[default]
    Text,
    /// The same, in figures.
    Number,
    /// Days.
    Date,
    /// Instants, and the zone that they are told in.
    Time(Option<String>),
}

impl Axis {
    fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Timestamp(_, zone) => Self::Time(zone.as_deref().map(str::to_owned)),
            DataType::Date32 | DataType::Date64 => Self::Date,
            number if number.is_numeric() => Self::Number,
            _ => Self::Text,
        }
    }

    /// Whether lines are in order of time.
    pub(super) fn is_time(&self) -> bool {
        matches!(self, Self::Date | Self::Time(_))
    }
}

impl Roles {
    /// By number, type and order of the columns.
    ///
    /// # Errors
    ///
    /// If there is no number, and more than one column to be counted.
    pub(super) fn of(schema: &SchemaRef) -> Result<Self> {
        let names: Vec<String> =
            schema.fields().iter().map(|field| printable(field.name()).into_owned()).collect();
        let axes: Vec<Axis> = schema.fields().iter().map(|field| Axis::of(field.data_type())).collect();
        let is_number = |index: &usize| axes[*index] == Axis::Number;
        let is_plain = |index: &usize| !schema.field(*index).data_type().is_nested();
        let first = |wanted: &dyn Fn(&usize) -> bool| (0..axes.len()).find(wanted);
        let (mut series, mut is_series_doubtful) = (None, false);
        let (x, y) = match axes.as_slice() {
            [Axis::Number] => {
                return Err(unsuitable(&names, "a number alone has nothing that it belongs to"));
            }
            [_] => (Some(0), None),
            [_, Axis::Number] => (Some(0), Some(1)),
            [Axis::Number, _] => (Some(1), Some(0)),
            [_, _, Axis::Number] if is_number(&0) || !is_number(&1) => {
                let x = if axes[1].is_time() && !axes[0].is_time() { 1 } else { 0 };
                series = Some(1 - x);
                is_series_doubtful = is_number(&(1 - x));
                (Some(x), Some(2))
            }
            [_, Axis::Number, Axis::Number] => {
                (series, is_series_doubtful) = (Some(1), true);
                (Some(0), Some(2))
            }
            _ => {
                let x = first(&|index| axes[*index].is_time())
                    .or_else(|| first(&|index| !is_number(index) && is_plain(index)))
                    .or_else(|| first(&is_plain));
                (x, first(&|index| Some(*index) != x && is_number(index)))
            }
        };
        let Some(x) = x.filter(|_| y.is_some() || axes.len() == 1) else {
            return Err(unsuitable(&names, "none of them is a number"));
        };
        Ok(Self { axis: axes[x].clone(), names, x, series, y, is_series_doubtful })
    }

    /// Names of the columns that the chart does not show.
    pub(super) fn left_out(&self) -> impl Iterator<Item = &str> {
        let is_drawn = |index| index == self.x || Some(index) == self.y || Some(index) == self.series;
        self.names
            .iter()
            .enumerate()
            .filter(move |(index, _)| !is_drawn(*index))
            .map(|(_, name)| name.as_str())
    }
}

fn unsuitable(names: &[String], reason: &str) -> Error {
    const NAMED_MAX: usize = 8;
    let named = names[..names.len().min(NAMED_MAX)].join("`, `");
    let more = if names.len() > NAMED_MAX { ", …" } else { "" };
    Error::new(format!("cannot draw a chart of `{named}`{more}"))
        .because(reason)
        .hint(format!("a chart needs a time or a text, and a number: {EXAMPLE}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::datatypes::{Field, Schema, TimeUnit};

    use super::*;

    /// Columns by letter: `t`ime, `d`ate, te`x`t, `n`umber, `l`ist. As `x` `series` `y`, doubtful ones with `?`.
    fn roles(letters: &str) -> Result<String> {
        let field = |(index, letter): (usize, char)| {
            let data_type = match letter {
                't' => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
                'd' => DataType::Date32,
                'n' => DataType::Int64,
                'l' => DataType::new_list(DataType::Utf8, true),
                _ => DataType::Utf8View,
            };
            Field::new(format!("{letter}{index}"), data_type, true)
        };
        let schema = Schema::new(letters.chars().enumerate().map(field).collect::<Vec<_>>());
        let roles = Roles::of(&Arc::new(schema))?;
        let name = |index: Option<usize>| index.map_or("-", |index| &roles.names[index]).to_owned();
        let doubt = if roles.is_series_doubtful { "?" } else { "" };
        Ok(format!("{} {}{doubt} {}", name(Some(roles.x)), name(roles.series), name(roles.y)))
    }

    #[test]
    fn ok_columns_by_number_type_and_order() {
        for (letters, expected) in [
            ("t", "t0 - -"),
            ("x", "x0 - -"),
            ("xn", "x0 - n1"),
            ("nx", "x1 - n0"),
            ("nn", "n0 - n1"),
            ("txn", "t0 x1 n2"),
            ("xtn", "t1 x0 n2"),
            ("dtn", "d0 t1 n2"),
            ("tnn", "t0 n1? n2"),
            ("nxn", "n0 x1 n2"),
            ("nnn", "n0 n1? n2"),
            ("xnx", "x0 - n1"),
            ("nxx", "x1 - n0"),
            ("xxtxnn", "t2 - n4"),
            ("lxnx", "x1 - n2"),
            ("nnnn", "n0 - n1"),
        ] {
            assert_eq!(roles(letters).unwrap(), expected, "{letters}");
        }
    }

    #[test]
    fn err_without_a_number() {
        for letters in ["n", "xx", "tx", "xtd", "xxxxxxxxxx"] {
            let error = roles(letters).unwrap_err().to_string();
            assert!(error.contains("hint: a chart needs a time or a text, and a number"), "{error}");
        }
        assert!(roles("xx").unwrap_err().to_string().starts_with("cannot draw a chart of `x0`, `x1`\n"));
    }
}
