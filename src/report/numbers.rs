//! Numbers as people read them, and scales for charts.

/// A number with its thousands apart; of those that are not whole, two digits.
pub(super) fn number(value: f64) -> String {
    let rounded = (value * 100.0).round() / 100.0;
    let text = format!("{rounded}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}{rest}")
}

/// A number below a line of a chart: `12k`, `1.5M`.
pub(super) fn short(value: f64) -> String {
    let (divisor, unit) = match value {
        value if value >= 1e9 => (1e9, "G"),
        value if value >= 1e6 => (1e6, "M"),
        value if value >= 1e4 => (1e3, "k"),
        _ => (1.0, ""),
    };
    format!("{}{unit}", number(value / divisor))
}

/// Lines of a scale from zero to at least `max`: three or four steps of 1, 2 or 5 times a power of ten.
pub(super) fn ticks(max: f64) -> Vec<f64> {
    let raw = (max / 3.0).max(f64::MIN_POSITIVE);
    let power = 10_f64.powf(raw.log10().floor());
    let step =
        [1.0, 2.0, 5.0, 10.0].into_iter().map(|unit| unit * power).find(|step| *step >= raw).unwrap_or(raw);
    // Amounts are whole: there is nothing between 0 and 1.
    let step = step.max(1.0);
    let mut ticks = vec![0.0];
    while ticks[ticks.len() - 1] < max {
        ticks.push(step * ticks.len() as f64);
    }
    ticks
}

/// A number of things.
pub(super) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", self::number(number as f64), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_scales_are_round() {
        assert_eq!(
            [0.0, 999.0, 1234567.0, 0.125, -4321.5].map(number),
            ["0", "999", "1,234,567", "0.13", "-4,321.5"]
        );
        assert_eq!([950.0, 12_000.0, 1_500_000.0].map(short), ["950", "12k", "1.5M"]);
        assert_eq!(ticks(130.0), [0.0, 50.0, 100.0, 150.0]);
        assert_eq!(ticks(2.0), [0.0, 1.0, 2.0]);
        assert_eq!(ticks(1.0), [0.0, 1.0]);
    }
}
