//! The time between two events, compared with an interval.
//!
//! The engine compares intervals by months, then days, then the rest, and the difference of two times has no days: four
//! days would be less than `INTERVAL '1' DAY`. Times here are UTC, where a day is 24 hours, so the days of the literal
//! become hours.

use arrow::datatypes::{DataType, IntervalMonthDayNanoType, IntervalUnit};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::expr::Between;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{BinaryExpr, Cast, LogicalPlan, Operator};
use datafusion::optimizer::analyzer::AnalyzerRule;
use datafusion::prelude::Expr;

const NANOS_PER_DAY: i64 = 86_400_000_000_000;

/// Makes the days of an interval hours, where it is compared with the difference of two times.
#[derive(Debug)]
pub(super) struct DaysAreHours;

impl AnalyzerRule for DaysAreHours {
    fn name(&self) -> &'static str {
        "days_are_hours"
    }

    /// Runs after the engine has made both sides intervals.
    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let of_plan = |plan: LogicalPlan| {
            // Columns are called as they were written.
            let names = NamePreserver::new(&plan);
            plan.map_expressions(|expression| {
                let name = names.save(&expression);
                Ok(expression.transform_up(compared)?.update_data(|changed| name.restore(changed)))
            })
        };
        plan.transform_up_with_subqueries(of_plan).map(|done| done.data)
    }
}

fn compared(expression: Expr) -> Result<Transformed<Expr>> {
    match expression {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if is_comparison(op) => {
            let is_difference = is_difference(&left) || is_difference(&right);
            let (left, right) = if is_difference {
                (Box::new(in_hours(*left)), Box::new(in_hours(*right)))
            } else {
                (left, right)
            };
            Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr { left, op, right })))
        }
        Expr::Between(Between { expr, negated, low, high }) if is_difference(&expr) => {
            Ok(Transformed::yes(Expr::Between(Between {
                expr,
                negated,
                low: Box::new(in_hours(*low)),
                high: Box::new(in_hours(*high)),
            })))
        }
        other => Ok(Transformed::no(other)),
    }
}

fn is_comparison(op: Operator) -> bool {
    use Operator::{Eq, Gt, GtEq, IsDistinctFrom, IsNotDistinctFrom, Lt, LtEq, NotEq};
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq | IsDistinctFrom | IsNotDistinctFrom)
}

/// Whether it is an interval only because it is compared with one.
fn is_difference(expression: &Expr) -> bool {
    matches!(expression, Expr::Cast(Cast { field, .. })
        if *field.data_type() == DataType::Interval(IntervalUnit::MonthDayNano))
}

fn in_hours(expression: Expr) -> Expr {
    match expression {
        Expr::Literal(ScalarValue::IntervalMonthDayNano(Some(interval)), metadata)
            if interval.months == 0 =>
        {
            let nanos = i64::from(interval.days)
                .checked_mul(NANOS_PER_DAY)
                .and_then(|days| days.checked_add(interval.nanoseconds));
            let interval = nanos.map_or(interval, |nanos| IntervalMonthDayNanoType::make_value(0, 0, nanos));
            Expr::Literal(ScalarValue::IntervalMonthDayNano(Some(interval)), metadata)
        }
        other => other,
    }
}
