//! Over which time two archives can be compared.

use crate::engine::TimeRange;

/// A second, a millisecond and a microsecond, in microseconds: what times are cut to.
const STEPS: [i64; 3] = [1_000_000, 1_000, 1];

/// The time over which a table of two archives is compared. Microseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    /// First instant inside.
    pub(super) from: i64,
    /// First instant after.
    pub(super) to: i64,
    /// Time of the first event that it is about, or where it was asked to begin.
    pub(crate) first: i64,
    /// Time of the last event that it is about, or the last instant that was asked for.
    pub(crate) last: i64,
}

impl Period {
    /// What both sides cover, each from its first to its last event; where `range` says so, what it says instead.
    /// Nothing if they have no time in common.
    pub(super) fn common(a: Option<(i64, i64)>, b: Option<(i64, i64)>, range: &TimeRange) -> Option<Self> {
        let (from, first) = match (range.from, a, b) {
            (Some(from), _, _) => (from, from),
            (None, Some((a, _)), Some((b, _))) => {
                let step = step(a).max(step(b));
                (a.max(b).div_euclid(step) * step, a.max(b))
            }
            _ => return None,
        };
        let (to, last) = match (range.to, a, b) {
            (Some(to), _, _) => (to, to - 1),
            (None, Some((_, a)), Some((_, b))) => {
                let step = step(a).max(step(b));
                (a.min(b).div_euclid(step) * step + step, a.min(b))
            }
            _ => return None,
        };
        (from < to).then_some(Self { from, to, first: first.min(last), last })
    }
}

/// What a time may have been cut to: a file of whole seconds ends in the second that it says, not at its beginning.
fn step(time: i64) -> i64 {
    STEPS.into_iter().find(|step| time % step == 0).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000;

    fn common(a: (i64, i64), b: (i64, i64)) -> Option<(i64, i64)> {
        Period::common(Some(a), Some(b), &TimeRange::default()).map(|period| (period.from, period.to))
    }

    #[test]
    fn from_the_later_first_to_the_earlier_last_both_inside() {
        assert_eq!(common((1, 9 * S + 1), (2 * S + 7, 20 * S + 3)), Some((2 * S + 7, 9 * S + 2)));
        assert_eq!(common((S + 1, 2 * S + 1), (3 * S + 1, 4 * S + 1)), None);
    }

    #[test]
    fn times_that_were_cut_stand_for_what_was_cut_off() {
        assert_eq!(common((S, 5 * S), (S + 700_001, 5 * S + 700_001)), Some((S, 6 * S)));
        assert_eq!(common((1_000, 5_000), (1_001, 5_001)), Some((1_000, 6_000)));
    }

    #[test]
    fn a_range_takes_the_place_of_what_the_sides_cover() {
        let range = TimeRange { from: Some(3), to: Some(8) };
        let period = Period::common(None, Some((S, S)), &range);
        assert_eq!(period, Some(Period { from: 3, to: 8, first: 3, last: 7 }));
        let range = TimeRange { from: Some(3), to: None };
        assert_eq!(Period::common(None, Some((S, S)), &range), None);
        assert_eq!(Period::common(Some((7, 9)), Some((7, 9)), &range).map(|p| (p.from, p.to)), Some((3, 10)));
    }
}
