//! Numbers of a chart: whole ones exact, and as few decimals as tell them apart.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type, UInt64Type};

use crate::error::{Context, Result};

/// Decimals of numbers that are not very small.
const DECIMALS: usize = 3;

/// How much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Amount {
    /// A whole number.
    Whole(i128),
    /// Any other.
    Real(f64),
}

impl Amount {
    /// Both together.
    pub(super) fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Whole(a), Self::Whole(b)) => Self::Whole(a.saturating_add(b)),
            (a, b) => Self::Real(a.as_f64() + b.as_f64()),
        }
    }

    /// For drawing and comparing.
    pub(super) fn as_f64(self) -> f64 {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "a chart is not that fine")]
            Self::Whole(whole) => whole as f64,
            Self::Real(real) => real,
        }
    }

    /// In figures, with this many decimals if it is not a whole number.
    pub(super) fn text(self, decimals: usize) -> String {
        match self {
            Self::Whole(whole) => whole.to_string(),
            Self::Real(real) if !real.is_finite() => real.to_string(),
            Self::Real(real) if real.abs() >= 1e15 => format!("{real:.DECIMALS$e}"),
            Self::Real(real) => format!("{real:.decimals$}"),
        }
    }
}

/// Decimals that all of these amounts have in common: no more than they need.
pub(super) fn decimals(amounts: impl Iterator<Item = Amount> + Clone) -> usize {
    let reals = || amounts.clone().map(Amount::as_f64).filter(|real| real.is_finite() && real.abs() < 1e15);
    let largest = reals().map(f64::abs).fold(0.0, f64::max);
    // Very small numbers need more: 0.00012 is not 0.
    let mut most = DECIMALS;
    let mut shown = largest * 10_f64.powi(2);
    while largest > 0.0 && shown < 1.0 && most < 12 {
        shown *= 10.0;
        most += 1;
    }
    let is_told = |real: f64, decimals: usize| {
        let text: f64 = format!("{real:.decimals$}").parse().unwrap_or(f64::NAN);
        (text - real).abs() <= real.abs() * 1e-9
    };
    (0..most).find(|decimals| reals().all(|real| is_told(real, *decimals))).unwrap_or(most)
}

/// The numbers of a column; nothing where they are NULL.
pub(super) fn amounts(array: &ArrayRef) -> Result<Vec<Option<Amount>>> {
    let data_type = array.data_type();
    let target = match data_type {
        DataType::UInt64 => DataType::UInt64,
        integer if integer.is_integer() => DataType::Int64,
        _ => DataType::Float64,
    };
    let numbers = cast(array, &target).context(|| "cannot draw a chart".to_owned())?;
    let amount = |row: usize| match &target {
        DataType::UInt64 => Amount::Whole(numbers.as_primitive::<UInt64Type>().value(row).into()),
        DataType::Int64 => Amount::Whole(numbers.as_primitive::<Int64Type>().value(row).into()),
        _ => Amount::Real(numbers.as_primitive::<Float64Type>().value(row)),
    };
    Ok((0..numbers.len()).map(|row| numbers.is_valid(row).then(|| amount(row))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_as_many_decimals_as_they_need() {
        let texts = |reals: &[f64]| {
            let amounts: Vec<_> = reals.iter().copied().map(Amount::Real).collect();
            let decimals = decimals(amounts.iter().copied());
            amounts.iter().map(|amount| amount.text(decimals)).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(texts(&[1.0, 20.0]), "1 20");
        assert_eq!(texts(&[0.1 + 0.2, 1.5]), "0.3 1.5");
        assert_eq!(texts(&[1.25, 10.0]), "1.25 10.00");
        assert_eq!(texts(&[10.0 / 3.0, 2.0]), "3.333 2.000");
        assert_eq!(texts(&[0.000_123_456, 0.0]), "0.00012 0.00000");
        assert_eq!(texts(&[1e300, f64::NAN, 0.5]), "1.000e300 NaN 0.5");
        assert_eq!(texts(&[]), "");
    }

    #[test]
    fn whole_numbers_stay_exact() {
        let sum = Amount::Whole(i128::from(u64::MAX)).plus(Amount::Whole(1));
        assert_eq!(sum.text(0), "18446744073709551616");
        assert_eq!(Amount::Whole(1).plus(Amount::Real(0.5)), Amount::Real(1.5));
    }
}
