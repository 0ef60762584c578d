//! Periods of time for charts: which length suits, where they begin, what they are called. All times are UTC.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

pub(super) const HOUR: i64 = 3_600_000_000;
pub(super) const DAY: i64 = 24 * HOUR;
/// Periods that a chart can show.
const PERIODS_MAX: i64 = 100;
/// Names of periods below a chart.
const LABELS_MAX: usize = 9;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Length of the periods of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unit {
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl Unit {
    /// The shortest that shows the time between two moments in not too many periods, and no shorter than `least`.
    pub(super) fn fitting(first: i64, last: i64, least: Self) -> Self {
        let days = (last - first) / DAY + 1;
        let unit = if days <= 3 {
            Self::Hour
        } else if days <= PERIODS_MAX {
            Self::Day
        } else if days <= 7 * PERIODS_MAX {
            Self::Week
        } else if days <= 30 * PERIODS_MAX {
            Self::Month
        } else {
            Self::Year
        };
        unit.max(least)
    }

    /// The word for it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// When the period of a moment begins.
    pub(super) fn start(self, micros: i64) -> i64 {
        let time = civil(micros);
        let date = time.date();
        let date = match self {
            Self::Hour => return micros.div_euclid(HOUR) * HOUR,
            Self::Day => date,
            Self::Week => date - Days::new(u64::from(date.weekday().num_days_from_monday())),
            Self::Month => date.with_day(1).unwrap_or(date),
            Self::Year => NaiveDate::from_yo_opt(date.year(), 1).unwrap_or(date),
        };
        micros_of(date)
    }

    /// When the period after one begins.
    fn next(self, start: i64) -> i64 {
        let date = civil(start).date();
        match self {
            Self::Hour => start + HOUR,
            Self::Day => start + DAY,
            Self::Week => start + 7 * DAY,
            Self::Month => micros_of(date + Months::new(1)),
            Self::Year => micros_of(date + Months::new(12)),
        }
    }

    /// The beginnings of all periods from that of one moment to that of another.
    pub(super) fn starts(self, first: i64, last: i64) -> Vec<i64> {
        let last = self.start(last);
        let following = |start: &i64| Some(self.next(*start)).filter(|next| *next <= last);
        std::iter::successors(Some(self.start(first)), following).collect()
    }

    /// What a period is called: in full where it stands alone, in short below a chart.
    pub(super) fn label(self, start: i64, is_short: bool) -> String {
        let time = civil(start);
        let (day, month) = (time.day(), MONTHS[time.month0() as usize]);
        match (self, is_short) {
            (Self::Hour, true) if time.hour() == 0 => format!("{day} {month}"),
            (Self::Hour, true) => format!("{:02}:00", time.hour()),
            (Self::Hour, false) => format!("{} {:02}:00", time.date(), time.hour()),
            (Self::Day | Self::Week, true) => format!("{day} {month}"),
            (Self::Day, false) => time.date().to_string(),
            (Self::Week, false) => format!("week from {}", time.date()),
            (Self::Month, true) if time.month0() == 0 => time.year().to_string(),
            (Self::Month, true) => month.to_owned(),
            (Self::Month, false) => format!("{month} {}", time.year()),
            (Self::Year, _) => time.year().to_string(),
        }
    }

    /// Which periods are named below a chart, by their index.
    pub(super) fn labelled(self, starts: &[i64]) -> Vec<usize> {
        let steps: &[usize] = match self {
            Self::Hour => &[1, 3, 6, 12, 24],
            Self::Day => &[1, 2, 7, 14],
            Self::Week => &[1, 2, 4, 13],
            Self::Month => &[1, 3, 6, 12],
            Self::Year => &[1, 2, 5, 10, 20],
        };
        let fits = |step: &&usize| starts.len().div_ceil(**step) <= LABELS_MAX;
        let step = steps.iter().find(fits).copied().unwrap_or(starts.len().div_ceil(LABELS_MAX));
        // Whole days of hours, Mondays of days and Januaries of months are where people look.
        let is_round = |start: &i64| match (self, step) {
            (Self::Hour, step) => (civil(*start).hour() as usize).is_multiple_of(step.min(24)),
            (Self::Day, 7 | 14) => civil(*start).weekday().num_days_from_monday() == 0,
            (Self::Month, step) => (civil(*start).month0() as usize).is_multiple_of(step.min(12)),
            _ => true,
        };
        let first = starts.iter().position(is_round).unwrap_or(0);
        (first..starts.len()).step_by(step).collect()
    }
}

/// Weekday (Monday is 0) and hour of a moment.
pub(super) fn weekday_and_hour(micros: i64) -> (usize, usize) {
    let time = civil(micros);
    (time.weekday().num_days_from_monday() as usize, time.hour() as usize)
}

/// A moment as people read it, to the second.
pub(super) fn readable(micros: i64) -> String {
    civil(micros).format("%Y-%m-%d %H:%M:%S").to_string()
}

fn civil(micros: i64) -> NaiveDateTime {
    DateTime::from_timestamp_micros(micros).unwrap_or_default().naive_utc()
}

fn micros_of(date: NaiveDate) -> i64 {
    date.and_time(NaiveTime::MIN).and_utc().timestamp_micros()
}

/// The part of a time line that is worth drawing: a few events far from all others would make one bar of the rest. Gives
/// the first and last day, from days with amounts, in order.
pub(super) fn worth_drawing(days: &[(i64, f64)]) -> Option<(i64, i64)> {
    let (mut from, mut to) = (0, days.len().checked_sub(1)?);
    loop {
        let part = &days[from..=to];
        let total: f64 = part.iter().map(|(_, amount)| amount).sum();
        let silence = |at: &usize| part[*at].0 - part[*at - 1].0;
        let Some(at) = (1..part.len()).max_by_key(silence) else { break };
        let range = part[part.len() - 1].0 - part[0].0;
        if silence(&at) < 30 * DAY || silence(&at) * 2 < range {
            break;
        }
        let before: f64 = part[..at].iter().map(|(_, amount)| amount).sum();
        if before <= total / 50.0 {
            from += at;
        } else if total - before <= total / 50.0 {
            to = from + at - 1;
        } else {
            break;
        }
    }
    Some((days[from].0, days[to].0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros()
    }

    #[test]
    fn periods_begin_where_people_expect_them() {
        let moment = at("2026-03-05T14:31:00Z");
        let starts = [Unit::Hour, Unit::Day, Unit::Week, Unit::Month, Unit::Year]
            .map(|unit| readable(unit.start(moment)));
        assert_eq!(
            starts,
            [
                "2026-03-05 14:00:00",
                "2026-03-05 00:00:00",
                "2026-03-02 00:00:00",
                "2026-03-01 00:00:00",
                "2026-01-01 00:00:00"
            ]
        );
        let months = Unit::Month.starts(at("2025-11-30T00:00:00Z"), at("2026-02-01T00:00:00Z"));
        assert_eq!(
            months.iter().map(|start| Unit::Month.label(*start, true)).collect::<Vec<_>>(),
            ["Nov", "Dec", "2026", "Feb"]
        );
    }

    #[test]
    fn labels_are_few_and_round() {
        let days = Unit::Day.starts(at("2026-03-04T00:00:00Z"), at("2026-04-20T00:00:00Z"));
        let labels: Vec<_> =
            Unit::Day.labelled(&days).into_iter().map(|at| Unit::Day.label(days[at], true)).collect();
        assert_eq!(labels, ["9 Mar", "16 Mar", "23 Mar", "30 Mar", "6 Apr", "13 Apr", "20 Apr"]);
        assert_eq!(Unit::Day.labelled(&days[..3]), [0, 1, 2]);
    }

    #[test]
    fn a_few_events_far_away_are_not_drawn() {
        let days: Vec<_> = (0..7).map(|day| (3_000 * DAY + day * DAY, 100.0)).collect();
        let mut with_old = vec![(0, 3.0)];
        with_old.extend(&days);
        assert_eq!(worth_drawing(&with_old), Some((3_000 * DAY, 3_006 * DAY)));
        with_old[0].1 = 300.0;
        assert_eq!(worth_drawing(&with_old), Some((0, 3_006 * DAY)));
        assert_eq!(worth_drawing(&[]), None);
    }
}
