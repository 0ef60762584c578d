//! Steps of time that a chart's lines are, and what they are called.

/// Microseconds.
pub(super) const SECOND: i64 = 1_000_000;
/// Microseconds.
pub(super) const MINUTE: i64 = 60 * SECOND;
/// Microseconds.
pub(super) const HOUR: i64 = 60 * MINUTE;
/// Microseconds.
pub(super) const DAY: i64 = 24 * HOUR;

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// So many microseconds.
    Micros(i64),
    /// A day or more, by the calendar.
    Days(i64),
    /// A month or more, by the calendar.
    Months(i64),
}

/// Steps that are chosen, from short to long.
pub(super) const LADDER: [Step; 16] = [
    Step::Micros(SECOND),
    Step::Micros(5 * SECOND),
    Step::Micros(15 * SECOND),
    Step::Micros(MINUTE),
    Step::Micros(5 * MINUTE),
    Step::Micros(15 * MINUTE),
    Step::Micros(HOUR),
    Step::Micros(3 * HOUR),
    Step::Micros(6 * HOUR),
    Step::Days(1),
    Step::Days(7),
    Step::Months(1),
    Step::Months(3),
    Step::Months(12),
    Step::Months(120),
    Step::Months(1_200),
];

impl Step {
    /// Its name, after "by".
    pub(super) fn name(self) -> String {
        self.several(1).trim_start_matches("1 ").to_owned()
    }

    /// This many of it, in a unit that is not too small for them.
    pub(super) fn several(self, count: i64) -> String {
        const ENOUGH: i64 = 72;
        let (each, unit) = match self {
            Self::Micros(micros) if count.saturating_mul(micros) >= ENOUGH * HOUR => {
                return Self::Days(1).several(count.saturating_mul(micros) / DAY);
            }
            Self::Micros(micros) if count.saturating_mul(micros) >= ENOUGH * MINUTE && micros < HOUR => {
                return Self::Micros(HOUR).several(count.saturating_mul(micros) / HOUR);
            }
            Self::Micros(micros) if micros % HOUR == 0 => (micros / HOUR, "hour"),
            Self::Micros(micros) if micros % MINUTE == 0 => (micros / MINUTE, "minute"),
            Self::Micros(micros) => (micros / SECOND, "second"),
            Self::Days(days) if days % 7 == 0 => (days / 7, "week"),
            Self::Days(days) => (days, "day"),
            Self::Months(3) => (1, "quarter"),
            Self::Months(months) if months % 12 == 0 => (months / 12, "year"),
            Self::Months(months) => (months, "month"),
        };
        let units = count.saturating_mul(each);
        format!("{units} {unit}{}", if units == 1 { "" } else { "s" })
    }

    /// Roughly how long it is, microseconds.
    pub(super) fn length(self) -> i64 {
        match self {
            Self::Micros(micros) => micros,
            Self::Days(days) => days * DAY,
            Self::Months(months) => months * 30 * DAY,
        }
    }
}
