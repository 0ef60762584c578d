//! `distance_km(lat1, lon1, lat2, lon2)`.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};

/// Mean radius of the Earth, km (IUGG).
const EARTH_RADIUS_KM: f64 = 6_371.008_8;
/// Distances are given in whole metres: sines differ between machines in their last digits.
const PER_KM: f64 = 1_000.0;

/// The distance along a great circle between two places in degrees; NULL if one of them is none.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct DistanceKm {
    signature: Signature,
}

impl DistanceKm {
    pub(super) fn new() -> Self {
        Self { signature: Signature::uniform(4, vec![DataType::Float64], Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for DistanceKm {
    fn name(&self) -> &'static str {
        "distance_km"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let is_scalar = args.args.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
        let rows = if is_scalar { 1 } else { args.number_rows };
        let degrees: Vec<ArrayRef> =
            args.args.iter().map(|argument| argument.to_array(rows)).collect::<Result<_>>()?;
        let degree = |index: usize, row: usize| {
            let array: &Float64Array = degrees[index].as_primitive::<Float64Type>();
            array.is_valid(row).then(|| array.value(row))
        };
        let distances: Float64Array = (0..rows)
            .map(|row| distance((degree(0, row)?, degree(1, row)?), (degree(2, row)?, degree(3, row)?)))
            .collect();
        Ok(if is_scalar {
            ColumnarValue::Scalar(ScalarValue::try_from_array(&distances, 0)?)
        } else {
            ColumnarValue::Array(Arc::new(distances))
        })
    }
}

/// The haversine formula.
fn distance(a: (f64, f64), b: (f64, f64)) -> Option<f64> {
    let is_place = |(latitude, longitude): (f64, f64)| latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
    if !is_place(a) || !is_place(b) {
        return None;
    }
    let half_sine_squared = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
    let (latitude_a, latitude_b) = (a.0.to_radians(), b.0.to_radians());
    let h = half_sine_squared(a.0, b.0) + latitude_a.cos() * latitude_b.cos() * half_sine_squared(a.1, b.1);
    let km = 2.0 * EARTH_RADIUS_KM * h.clamp(0.0, 1.0).sqrt().asin();
    Some((km * PER_KM).round() / PER_KM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_between_places() {
        let (berlin, lisbon, auckland) = ((52.52, 13.405), (38.722, -9.139), (-36.848, 174.763));
        assert_eq!(distance(berlin, berlin), Some(0.0));
        assert_eq!(distance(berlin, lisbon).map(f64::round), Some(2_312.0));
        assert_eq!(distance(berlin, auckland), distance(auckland, berlin));
        assert_eq!(distance((0.0, 0.0), (0.0, 180.0)).map(f64::round), Some(20_015.0));
        assert_eq!(distance((0.0, 179.5), (0.0, -179.5)).map(f64::round), Some(111.0));
        for none in [(91.0, 0.0), (0.0, -181.0), (f64::NAN, 0.0), (0.0, f64::INFINITY)] {
            assert_eq!(distance(berlin, none), None);
        }
    }
}
