//! Which tables of events a statement reads, and between which times: told by the scans that it is planned to.
//!
//! The scans know the filters that the engine has pushed down to them, whether they stood in the statement, in a view
//! or in `--from` and `--to`, with parameters bound and constants worked out.

use std::collections::BTreeSet;
use std::mem::take;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{BinaryExpr, Operator};
use datafusion::prelude::Expr;

use super::time_range::TimeRange;
use crate::schema::Table;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// One reading of a table of events.
#[derive(Debug, Clone)]
pub(super) struct Scan {
    /// The table.
    pub(super) table: &'static Table,
    /// All rows wanted lie in here.
    pub(super) range: TimeRange,
    /// All rows wanted are of these groups (services, of `audit`); nothing if they may be of any.
    pub(super) groups: Option<BTreeSet<String>>,
}

/// Takes down the scans of the statement that is being planned.
#[derive(Debug, Clone, Default)]
pub(super) struct Scans(Arc<Mutex<Vec<Scan>>>);

impl Scans {
    /// Takes down a scan with these filters, all of which hold for the rows wanted.
    pub(super) fn tell(&self, table: &'static Table, filters: &[Expr]) {
        let range = filters.iter().map(range_of).fold(TimeRange::default(), both);
        let groups = filters.iter().filter_map(|filter| groups_of(filter, table.rows.group));
        let groups = groups.reduce(|a, b| a.intersection(&b).cloned().collect());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Scan { table, range, groups });
    }

    /// The scans since this was last asked.
    pub(super) fn take(&self) -> Vec<Scan> {
        take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn both(a: TimeRange, b: TimeRange) -> TimeRange {
    TimeRange { from: a.from.max(b.from), to: a.to.into_iter().chain(b.to).min() }
}

fn either(a: TimeRange, b: TimeRange) -> TimeRange {
    let from = a.from.zip(b.from).map(|(a, b)| a.min(b));
    TimeRange { from, to: a.to.zip(b.to).map(|(a, b)| a.max(b)) }
}

/// Where all events lie for which a filter can be true; open where it does not say.
fn range_of(filter: &Expr) -> TimeRange {
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
            both(range_of(left), range_of(right))
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            either(range_of(left), range_of(right))
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
            compared(left, *op, right).or_else(|| compared(right, op.swap()?, left)).unwrap_or_default()
        }
        Expr::Between(between) if !between.negated => {
            let from = compared(&between.expr, Operator::GtEq, &between.low).unwrap_or_default();
            both(from, compared(&between.expr, Operator::LtEq, &between.high).unwrap_or_default())
        }
        Expr::InList(list) if !list.negated => {
            let each = list.list.iter().map(|value| compared(&list.expr, Operator::Eq, value));
            each.map(Option::unwrap_or_default).reduce(either).unwrap_or_default()
        }
        _ => TimeRange::default(),
    }
}

/// Where all events lie whose time compares so with a literal.
fn compared(time: &Expr, op: Operator, with: &Expr) -> Option<TimeRange> {
    let (grain, Expr::Literal(literal, _)) = (grain_of(time)?, with) else { return None };
    let micros = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let ScalarValue::TimestampMicrosecond(Some(at), _) = literal.cast_to(&micros).ok()? else { return None };
    let after = at.saturating_add(grain);
    let (from, to) = match op {
        Operator::Eq => (Some(at), Some(after)),
        Operator::GtEq => (Some(at), None),
        Operator::Gt => (Some(after), None),
        Operator::Lt => (None, Some(at)),
        Operator::LtEq => (None, Some(after)),
        _ => return None,
    };
    Some(TimeRange { from, to })
}

/// Of `event_time`, and of what rounds it down, how far down that may be: 1 for not at all.
fn grain_of(time: &Expr) -> Option<i64> {
    match time {
        Expr::Column(column) if column.name == "event_time" => Some(1),
        Expr::Cast(cast) => {
            let grain = match cast.field.data_type() {
                DataType::Date32 | DataType::Date64 => MICROS_PER_DAY,
                // The days and hours of another zone are not ours.
                DataType::Timestamp(_, Some(zone)) if !matches!(zone.as_ref(), "UTC" | "+00:00") => {
                    return None;
                }
                DataType::Timestamp(TimeUnit::Second, _) => 1_000_000,
                DataType::Timestamp(TimeUnit::Millisecond, _) => 1_000,
                DataType::Timestamp(_, _) => 1,
                _ => return None,
            };
            Some(grain_of(&cast.expr)?.max(grain))
        }
        Expr::ScalarFunction(call) if call.name() == "date_trunc" => {
            let [Expr::Literal(unit, _), time] = call.args.as_slice() else { return None };
            let grain = match unit.try_as_str()??.to_ascii_lowercase().as_str() {
                "second" => 1_000_000,
                "minute" => 60_000_000,
                "hour" => 3_600_000_000,
                "day" => MICROS_PER_DAY,
                "week" => 7 * MICROS_PER_DAY,
                "month" => 31 * MICROS_PER_DAY,
                "quarter" => 92 * MICROS_PER_DAY,
                "year" => 366 * MICROS_PER_DAY,
                _ => return None,
            };
            Some(grain_of(time)?.max(grain))
        }
        _ => None,
    }
}

/// The groups that all rows have for which a filter can be true; nothing if it does not say.
fn groups_of(filter: &Expr, column: &str) -> Option<BTreeSet<String>> {
    let is_group = |expr: &Expr| matches!(expr, Expr::Column(found) if found.name == column);
    let text = |expr: &Expr| match expr {
        Expr::Literal(literal, _) => literal.try_as_str().flatten().map(str::to_owned),
        _ => None,
    };
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) if is_group(left) => {
            Some(BTreeSet::from([text(right)?]))
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            let mut groups = groups_of(left, column)?;
            groups.extend(groups_of(right, column)?);
            Some(groups)
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
            match (groups_of(left, column), groups_of(right, column)) {
                (Some(a), Some(b)) => Some(a.intersection(&b).cloned().collect()),
                (a, b) => a.or(b),
            }
        }
        Expr::InList(list) if !list.negated && is_group(&list.expr) => list.list.iter().map(text).collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use datafusion::functions::datetime::expr_fn::date_trunc;
    use datafusion::logical_expr::{cast, col, lit};

    use super::*;

    fn at(micros: i64) -> Expr {
        lit(ScalarValue::TimestampMicrosecond(Some(micros), Some("UTC".into())))
    }

    #[test]
    fn ranges_of_filters() {
        let time = || col("event_time");
        let day = || cast(time(), DataType::Date32);
        let berlin = || DataType::Timestamp(TimeUnit::Microsecond, Some("Europe/Berlin".into()));
        let date = |day| lit(ScalarValue::Date32(Some(day)));
        let hour = || date_trunc(lit("hour"), time());
        let cases = [
            (time().gt_eq(at(5)), Some(5), None),
            (time().gt(at(5)), Some(6), None),
            (at(5).gt(time()), None, Some(5)),
            (time().lt_eq(at(5)), None, Some(6)),
            (time().eq(at(5)), Some(5), Some(6)),
            (time().between(at(2), at(5)), Some(2), Some(6)),
            (time().not_between(at(2), at(5)), None, None),
            (time().gt_eq(at(2)).and(time().lt(at(9))).and(col("x").eq(lit(1))), Some(2), Some(9)),
            (time().eq(at(2)).or(time().eq(at(9))), Some(2), Some(10)),
            (time().eq(at(2)).or(col("x").eq(lit(1))), None, None),
            (time().in_list(vec![at(7), at(3)], false), Some(3), Some(8)),
            (day().eq(date(1)), Some(MICROS_PER_DAY), Some(2 * MICROS_PER_DAY)),
            (day().gt(date(1)), Some(2 * MICROS_PER_DAY), None),
            (cast(cast(time(), berlin()), DataType::Date32).eq(date(1)), None, None),
            (hour().eq(at(3_600_000_000)), Some(3_600_000_000), Some(7_200_000_000)),
            (time().not_eq(at(5)), None, None),
            (col("ingested_at").gt(at(5)), None, None),
        ];
        for (filter, from, to) in cases {
            assert_eq!(range_of(&filter), TimeRange { from, to }, "{filter}");
        }
    }

    #[test]
    fn groups_of_filters() {
        let service = || col("service");
        let groups = |filter: Expr| {
            groups_of(&filter, "service").map(|groups| groups.into_iter().collect::<Vec<_>>().join(" "))
        };
        assert_eq!(groups(service().eq(lit("B2C"))).as_deref(), Some("B2C"));
        assert_eq!(groups(service().in_list(vec![lit("b"), lit("a")], false)).as_deref(), Some("a b"));
        assert_eq!(groups(service().eq(lit("a")).or(service().eq(lit("b")))).as_deref(), Some("a b"));
        assert_eq!(groups(service().eq(lit("a")).and(col("x").eq(lit("b")))).as_deref(), Some("a"));
        assert_eq!(groups(service().eq(lit("a")).or(col("x").eq(lit("b")))), None);
        assert_eq!(groups(service().not_eq(lit("a"))), None);
    }
}
