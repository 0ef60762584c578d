//! Values for `$name` in a statement: bound as values, never pasted as text.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use arrow::datatypes::{DataType, IntervalMonthDayNanoType, IntervalUnit, TimeUnit};
use datafusion::common::{ParamValues, ScalarValue};
use datafusion::error::{DataFusionError, Result as EngineResult};
use datafusion::logical_expr::{LogicalPlan, Statement as PlanStatement};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{Expr, Interval, Value, ValueWithSpan, visit_expressions_mut};

use super::time_range::{parse_instant, parse_span};
use crate::error::{Error, Result};

/// Values by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parameters(BTreeMap<String, Parameter>);

/// A value, typed, or text whose type the statement decides.
#[derive(Debug, Clone)]
pub(crate) struct Parameter {
    value: ScalarValue,
    is_typed: bool,
}

/// Type of a parameter, by the word that a saved query's header uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParameterKind {
    /// `text`
    Text,
    /// `integer`
    Integer,
    /// `number`
    Number,
    /// `boolean`
    Boolean,
    /// `time`: an ISO date or time, or an age such as `-7d`.
    Time,
    /// `duration`: `90s`, `15m`, `24h`, `30d`.
    Duration,
}

impl ParameterKind {
    const WORDS: [(&'static str, Self); 6] = [
        ("text", Self::Text),
        ("integer", Self::Integer),
        ("number", Self::Number),
        ("boolean", Self::Boolean),
        ("time", Self::Time),
        ("duration", Self::Duration),
    ];

    /// The kind that a word names.
    pub(crate) fn named(word: &str) -> Option<Self> {
        Self::WORDS.into_iter().find(|(name, _)| *name == word).map(|(_, kind)| kind)
    }

    /// The word that names it.
    pub(crate) fn name(self) -> &'static str {
        Self::WORDS.into_iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Integer => DataType::Int64,
            Self::Number => DataType::Float64,
            Self::Boolean => DataType::Boolean,
            Self::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Duration => DataType::Interval(IntervalUnit::MonthDayNano),
        }
    }

    fn example(self) -> &'static str {
        match self {
            Self::Text => "any text",
            Self::Integer => "10",
            Self::Number => "0.5",
            Self::Boolean => "true",
            Self::Time => "2026-03-02, 2026-03-02T14:00:00Z or -7d",
            Self::Duration => "90s, 15m, 24h or 30d",
        }
    }
}

impl Parameter {
    /// Text whose type the statement decides.
    pub(crate) fn untyped(text: &str) -> Self {
        Self { value: ScalarValue::Utf8(Some(text.to_owned())), is_typed: false }
    }

    /// No value, of a type.
    pub(crate) fn null(kind: ParameterKind) -> Self {
        let value = ScalarValue::try_from(&kind.data_type()).unwrap_or(ScalarValue::Null);
        Self { value, is_typed: true }
    }

    /// A value of a type from its text; `newest` is the archive's newest event, from which ages count back.
    ///
    /// # Errors
    ///
    /// If the text is no such value.
    pub(crate) fn parse(kind: ParameterKind, text: &str, newest: Option<i64>) -> Result<Self> {
        let wrong = || {
            Error::new(format!("`{text}` is no {}", kind.name())).hint(format!("write {}", kind.example()))
        };
        let value = match kind {
            ParameterKind::Text => ScalarValue::Utf8(Some(text.to_owned())),
            ParameterKind::Integer => ScalarValue::Int64(Some(text.trim().parse().map_err(|_| wrong())?)),
            ParameterKind::Number => ScalarValue::Float64(Some(text.trim().parse().map_err(|_| wrong())?)),
            ParameterKind::Boolean => ScalarValue::Boolean(Some(text.trim().parse().map_err(|_| wrong())?)),
            ParameterKind::Time => {
                let (instant, _) = parse_instant(text, newest, false)?;
                ScalarValue::TimestampMicrosecond(Some(instant), Some("UTC".into()))
            }
            ParameterKind::Duration => {
                // A day is 24 hours in UTC, and the engine compares days and hours badly.
                let nanos =
                    parse_span(text).and_then(|micros| micros.checked_mul(1_000)).ok_or_else(wrong)?;
                ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNanoType::make_value(0, 0, nanos)))
            }
        };
        Ok(Self { value, is_typed: true })
    }

    /// An integer or a duration as a literal.
    fn literal(&self) -> Option<Expr> {
        match &self.value {
            ScalarValue::Int64(Some(number)) if *number >= 0 => {
                Some(Expr::value(Value::Number(number.to_string(), false)))
            }
            ScalarValue::IntervalMonthDayNano(Some(duration)) => {
                let seconds = duration.nanoseconds / 1_000_000_000;
                let text = Value::SingleQuotedString(format!("{seconds} seconds"));
                Some(Expr::Interval(Interval {
                    value: Box::new(Expr::value(text)),
                    leading_field: None,
                    leading_precision: None,
                    last_field: None,
                    fractional_seconds_precision: None,
                }))
            }
            _ => None,
        }
    }
}

impl Parameters {
    /// Sets the value for `$name`; a later one replaces an earlier one.
    pub(crate) fn set(&mut self, name: &str, value: Parameter) {
        self.0.insert(name.to_owned(), value);
    }

    /// Puts integers and durations where a statement has their placeholders: the engine plans a window's frame, as in
    /// `RANGE BETWEEN $window PRECEDING AND CURRENT ROW`, before placeholders are bound. They are numbers, whatever the
    /// text that they were given as.
    pub(super) fn place(&self, statement: &mut Statement) {
        let Statement::Statement(statement) = statement else { return };
        let _ = visit_expressions_mut(statement.as_mut(), |expression| {
            if let Expr::Value(ValueWithSpan { value: Value::Placeholder(name), .. }) = expression
                && let Some(literal) = self.0.get(name.trim_start_matches('$')).and_then(Parameter::literal)
            {
                *expression = literal;
            }
            ControlFlow::<()>::Continue(())
        });
    }

    /// Binds the values to the plan's placeholders.
    pub(super) fn bind(&self, plan: LogicalPlan) -> EngineResult<LogicalPlan> {
        // EXECUTE gives the values.
        if matches!(plan, LogicalPlan::Statement(PlanStatement::Prepare(_))) {
            return Ok(plan);
        }
        let wanted = plan.get_parameter_types()?;
        if wanted.is_empty() {
            return Ok(plan);
        }
        let mut values = std::collections::HashMap::new();
        for (name, parameter) in &self.0 {
            let value = match wanted.get(&format!("${name}")) {
                Some(Some(data_type)) if !parameter.is_typed => {
                    parameter.value.cast_to(data_type).map_err(|_| {
                        let value = &parameter.value;
                        DataFusionError::Plan(format!("`{value}`, the value of `${name}`, is no {data_type}"))
                    })?
                }
                // Where the engine expects no type in particular, as after LIMIT, digits are a number; `007` is a text.
                Some(None) if !parameter.is_typed => match parameter.value.cast_to(&DataType::Int64) {
                    Ok(number) if number.to_string() == parameter.value.to_string() => number,
                    _ => parameter.value.clone(),
                },
                _ => parameter.value.clone(),
            };
            values.insert(name.clone(), value.into());
        }
        plan.with_param_values(ParamValues::Map(values))
    }
}
