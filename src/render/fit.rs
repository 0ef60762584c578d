//! Columns side by side in the width of a terminal: which of them are shown, and how wide.
//!
//! Long texts give way first, then ids, then times, numbers never: a part of a number is another number. If that is not
//! enough, columns at the right end are left out.

use arrow::datatypes::{DataType, Field};

/// What stands between two columns takes.
const BETWEEN: usize = 3;
/// No column is made narrower than this: an id's first digits tell most ids apart.
const WIDTH_MIN: usize = 8;
/// Texts are cut to this before ids are: less of a text says little.
const READABLE: usize = 16;
/// A time cut here still has its seconds: `2026-03-02T08:00:00…`.
const TIME_WIDTH_MIN: usize = 20;

/// A column before it is fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column {
    /// What stands in it.
    pub(super) kind: Kind,
    /// Width of its name.
    pub(super) header: usize,
    /// Width that it would like: of its name and of every value that was measured.
    pub(super) natural: usize,
}

/// What may be done to a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Never cut.
    Number,
    /// Cut last.
    Time,
    /// Cut when texts are hardly readable.
    Id,
    /// Cut first.
    Text,
}

impl Kind {
    /// By type and name.
    pub(super) fn of(field: &Field) -> Self {
        match field.data_type() {
            number if number.is_numeric() => Self::Number,
            time if time.is_temporal() => Self::Time,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
                if field.name() == "id" || field.name().ends_with("_id") =>
            {
                Self::Id
            }
            _ => Self::Text,
        }
    }
}

impl Column {
    /// How narrow it may become while others are as narrow as they may, too.
    fn narrowest(&self) -> usize {
        let least = match self.kind {
            Kind::Number => usize::MAX,
            Kind::Time => TIME_WIDTH_MIN.max(self.header),
            Kind::Id | Kind::Text => WIDTH_MIN.max(self.header),
        };
        self.natural.min(least)
    }
}

/// Widths of the columns that are shown, from the left; at least one is.
pub(super) fn fit(columns: &[Column], width: usize) -> Vec<usize> {
    let natural: Vec<usize> = columns.iter().map(|column| column.natural).collect();
    if row_width(&natural) <= width {
        return natural;
    }
    let mut widths: Vec<usize> = columns.iter().map(Column::narrowest).collect();
    while widths.len() > 1 && row_width(&widths) > width {
        widths.pop();
    }
    if row_width(&widths) > width {
        // One column alone may go below its name.
        return vec![if columns[0].kind == Kind::Number { natural[0] } else { width.max(1) }];
    }
    let shown = &columns[..widths.len()];
    for (kind, most) in
        [(Kind::Time, usize::MAX), (Kind::Text, READABLE), (Kind::Id, usize::MAX), (Kind::Text, usize::MAX)]
    {
        let wanted = |column: &Column| if column.kind == kind { column.natural.min(most) } else { 0 };
        widen(&shown.iter().map(wanted).collect::<Vec<_>>(), &mut widths, width);
    }
    widths
}

/// What a row of these columns takes.
pub(super) fn row_width(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + BETWEEN * widths.len().saturating_sub(1)
}

/// Gives the columns what they want of what is left of the width, the narrowest first, so that the widest are cut.
fn widen(wanted: &[usize], widths: &mut [usize], width: usize) {
    let mut left = width - row_width(widths);
    loop {
        let narrow = widths.iter().zip(wanted).filter(|(width, wanted)| width < wanted);
        let Some(least) = narrow.map(|(width, _)| *width).min() else { return };
        for (width, wanted) in widths.iter_mut().zip(wanted) {
            if *width == least && *width < *wanted {
                if left == 0 {
                    return;
                }
                *width += 1;
                left -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(header: usize, natural: usize) -> Column {
        Column { kind: Kind::Text, header, natural }
    }

    fn column(kind: Kind, header: usize, natural: usize) -> Column {
        Column { kind, header, natural }
    }

    #[test]
    fn what_fits_stays_as_it_is() {
        assert_eq!(fit(&[text(4, 10), text(4, 20)], 33), [10, 20]);
        assert_eq!(fit(&[text(4, 10), text(4, 20)], 32), [10, 19]);
    }

    #[test]
    fn the_widest_texts_are_cut() {
        assert_eq!(fit(&[text(4, 10), text(4, 90), text(4, 300)], 80), [10, 32, 32]);
        assert_eq!(fit(&[text(4, 30), text(4, 31), text(4, 12)], 60), [21, 21, 12]);
    }

    #[test]
    fn ids_and_times_are_cut_last_and_numbers_never() {
        let (time, id) = (column(Kind::Time, 10, 24), column(Kind::Id, 2, 36));
        let number = column(Kind::Number, 1, 12);
        assert_eq!(fit(&[time, id, text(8, 60), number], 100), [24, 36, 19, 12]);
        assert_eq!(fit(&[time, id, text(8, 60), number], 80), [24, 19, 16, 12]);
        assert_eq!(fit(&[time, id, text(8, 60), number], 65), [24, 8, 12, 12]);
        assert_eq!(fit(&[time, id, number], 47), [21, 8, 12]);
    }

    #[test]
    fn columns_at_the_right_end_are_left_out() {
        let columns: Vec<_> = (0..40).map(|_| text(12, 50)).collect();
        assert_eq!(fit(&columns, 80), [14, 14, 14, 13, 13]);
        assert_eq!(fit(&[text(20, 30), text(4, 4)], 12), [12]);
        assert_eq!(fit(&[column(Kind::Number, 1, 30), text(4, 4)], 12), [30]);
        assert_eq!(fit(&[text(4, 4)], 0), [1]);
    }

    #[test]
    fn no_row_is_wider_than_the_terminal() {
        let kinds = [Kind::Text, Kind::Time, Kind::Id, Kind::Number];
        for seed in 0..2_000_usize {
            let column = |index: usize| {
                let draw = (seed * 7_919 + index * 104_729) % 9_973;
                let header = draw % 17;
                column(kinds[draw % 4], header, header + draw % 61)
            };
            let columns: Vec<_> = (0..seed % 9 + 1).map(column).collect();
            let width = 20 + seed % 150;
            let widths = fit(&columns, width);
            assert!(row_width(&widths) <= width || widths.len() == 1, "{columns:?} in {width}: {widths:?}");
            let is_tight = row_width(&widths) == width;
            let is_whole = widths.iter().zip(&columns).all(|(width, column)| *width == column.natural);
            assert!(is_tight || is_whole || widths.len() == 1, "{columns:?} in {width}: {widths:?}");
        }
    }
}
