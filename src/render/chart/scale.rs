//! Time as lines of a chart: which step a line is, and what it is called.

use arrow::array::timezone::Tz;
use chrono::{
    DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Timelike, Utc,
};

use super::step::{DAY, HOUR, LADDER, MINUTE, SECOND, Step};
use crate::render::zone::tz;

/// Lines that a regular step may take; beyond, steps are put together.
const LINES_MAX: i64 = 200;
/// Lines where steps are ours to choose.
const LINES_GOOD: i64 = 60;
/// Lines for each that has a bar, from which on most of a chart would be empty.
const SPARSE_MIN: i64 = 4;
/// Steps in a row that may be missing as empty lines; where that makes too many lines, a longer gap is one line.
const GAP_LINES_MAX: i64 = 5;
/// Gaps of one line, where steps are ours to choose: with more, a longer step shows better how times are spread.
const GAPS_MAX: usize = 3;

/// Times as lines.
#[derive(Debug)]
pub(super) struct Scale {
    clock: Clock,
    /// What a line is; nothing if each time is a line of its own.
    pub(super) step: Option<Step>,
    /// A long gap is one line.
    has_short_gaps: bool,
    /// The offset from UTC is not the same everywhere.
    has_offsets: bool,
    /// Lines were put together: this many would have been there.
    pub(super) lines_before: Option<i64>,
    /// Where steps of microseconds begin.
    origin: i64,
    /// The same for steps of days, days since the first Monday of our calendar, which was its first day.
    origin_day: i64,
}

/// What times take of a chart.
#[derive(Debug, Default)]
struct Taken {
    /// Lines.
    lines: i64,
    /// Lines with bars among them.
    bars: usize,
    /// Gaps of one line among them.
    gaps: usize,
}

/// Local time.
#[derive(Debug)]
struct Clock(Option<Tz>);

impl Clock {
    /// Beyond what the calendar has, its first or last time: lines stay in order.
    fn utc(micros: i64) -> NaiveDateTime {
        let (first, last) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
        let within = micros.clamp(first.timestamp_micros(), last.timestamp_micros());
        DateTime::from_timestamp_micros(within).unwrap_or_default().naive_utc()
    }

    fn offset(&self, micros: i64) -> FixedOffset {
        let fixed = self.0.map(|tz| tz.offset_from_utc_datetime(&Self::utc(micros)).fix());
        fixed.unwrap_or_else(|| Utc.fix())
    }

    fn local(&self, micros: i64) -> NaiveDateTime {
        let utc = Self::utc(micros);
        utc.checked_add_offset(self.offset(micros)).unwrap_or(utc)
    }
}

impl Scale {
    /// The scale of values that somebody has put to these times, in order and each once: their own step if there is one.
    pub(super) fn of_values(times: &[i64], zone: Option<&str>) -> Self {
        let mut scale = Self::new(times, zone);
        scale.step = scale.regular(times);
        let is_regular = scale.step.is_some();
        let lines = scale.takes(times).lines;
        let lines_most = i64::try_from(times.len()).unwrap_or(i64::MAX).saturating_mul(SPARSE_MIN);
        scale.has_short_gaps = is_regular && lines > lines_most.clamp(LINES_GOOD, LINES_MAX);
        let lines = scale.takes(times).lines;
        if lines <= if is_regular { LINES_MAX } else { LINES_GOOD } {
            return scale;
        }
        scale.lines_before = Some(lines);
        scale.choose(times);
        scale
    }

    /// The scale of times that are counted, in order and each once: a step that gives a good chart.
    pub(super) fn of_counts(times: &[i64], zone: Option<&str>) -> Self {
        let mut scale = Self::new(times, zone);
        scale.choose(times);
        scale
    }

    fn new(times: &[i64], zone: Option<&str>) -> Self {
        let clock = Clock(zone.and_then(tz));
        let origin = times.first().copied().unwrap_or(0);
        Self {
            has_offsets: times.iter().any(|time| clock.offset(*time) != clock.offset(origin)),
            clock,
            step: None,
            has_short_gaps: false,
            lines_before: None,
            origin,
            origin_day: 0,
        }
    }

    /// The line that a time belongs to; lines are counted from anywhere.
    pub(super) fn line(&self, micros: i64) -> i64 {
        match self.step {
            None => micros,
            Some(Step::Micros(step)) => micros.saturating_sub(self.origin).div_euclid(step),
            Some(Step::Days(step)) => (day(self.clock.local(micros)) - self.origin_day).div_euclid(step),
            Some(Step::Months(step)) => months(self.clock.local(micros)).div_euclid(step),
        }
    }

    /// What a line is called: where it begins.
    pub(super) fn label(&self, line: i64) -> String {
        let date = |line: i64, step: i64| {
            i32::try_from(line * step + self.origin_day + 1)
                .ok()
                .and_then(NaiveDate::from_num_days_from_ce_opt)
        };
        match self.step {
            None => self.instant(line, None),
            Some(Step::Micros(step)) => {
                self.instant(line.saturating_mul(step).saturating_add(self.origin), Some(step))
            }
            Some(Step::Days(step)) => {
                let format = if step % 7 != 0 { "%Y-%m-%d %a" } else { "%Y-%m-%d" };
                date(line, step).map_or(String::new(), |date| date.format(format).to_string())
            }
            Some(Step::Months(step)) => {
                let (year, month) = ((line * step).div_euclid(12), (line * step).rem_euclid(12));
                match step {
                    3 => format!("{year:04}-Q{}", month / 3 + 1),
                    step if step % 12 == 0 => format!("{year:04}"),
                    _ => format!("{year:04}-{:02}", month + 1),
                }
            }
        }
    }

    fn instant(&self, micros: i64, step: Option<i64>) -> String {
        let format = match step {
            Some(step) if step % MINUTE == 0 => "%Y-%m-%d %H:%M",
            Some(step) if step % SECOND == 0 => "%Y-%m-%d %H:%M:%S",
            _ => "%Y-%m-%d %H:%M:%S%.f",
        };
        let text = self.clock.local(micros).format(format).to_string();
        // Where summer time ends an hour comes twice.
        if self.has_offsets { text + &self.clock.offset(micros).to_string() } else { text }
    }

    /// The lines between two lines that have bars: empty ones, or one that tells of all of them.
    pub(super) fn gap(&self, before: i64, after: i64) -> Vec<String> {
        let missing = after.saturating_sub(before).saturating_sub(1);
        match self.step {
            Some(step) if self.has_short_gaps && missing > GAP_LINES_MAX => {
                vec![format!("⋮ {}", step.several(missing))]
            }
            Some(_) => (1..=missing).map(|line| self.label(before + line)).collect(),
            None => Vec::new(),
        }
    }

    /// What these times take.
    fn takes(&self, times: &[i64]) -> Taken {
        let mut taken = Taken::default();
        let mut before = None;
        for line in times.iter().map(|time| self.line(*time)) {
            let ahead = before.map_or(1, |before| line.saturating_sub(before));
            before = Some(line);
            let is_gap = self.has_short_gaps && ahead - 1 > GAP_LINES_MAX;
            taken.gaps += usize::from(is_gap);
            taken.bars += usize::from(ahead > 0);
            taken.lines = taken.lines.saturating_add(match self.step {
                Some(_) if is_gap => 2,
                Some(_) => ahead,
                None => 1,
            });
        }
        taken
    }

    /// A step, longer than the one there is, that gives a good number of lines.
    fn choose(&mut self, times: &[i64]) {
        let finer = self.step.map_or(0, Step::length);
        // Steps begin at midnight, as it is at the first time.
        let Some(first) = times.first().copied() else { return };
        self.origin_day = 0;
        self.origin = -i64::from(self.clock.offset(first).local_minus_utc()) * SECOND;
        let mut good = |has_short_gaps: bool| {
            self.has_short_gaps = has_short_gaps;
            for step in LADDER.into_iter().filter(|step| step.length() > finer) {
                self.step = Some(step);
                let taken = self.takes(times);
                if taken.lines <= LINES_GOOD && taken.gaps <= GAPS_MAX {
                    return Some((step, taken.bars));
                }
            }
            None
        };
        let (with, without) = (good(true), good(false));
        // A gap breaks the scale: that must show much more. It does where a few times lie years apart from the rest.
        let is_worth = |(_, bars): &(Step, usize)| without.is_none_or(|(_, without)| *bars > 2 * without);
        let chosen = with.filter(is_worth);
        self.has_short_gaps = chosen.is_some();
        self.step = chosen.or(without).map(|(step, _)| step).or(self.step);
    }

    /// The step that all times are multiples of.
    fn regular(&mut self, times: &[i64]) -> Option<Step> {
        // Few times have many a step in common by accident: that of whole days, say, is then the likelier one.
        const ENOUGH: usize = 4;
        let unit = self.unit(times)?;
        let gcd = |times: &[i64]| {
            times
                .windows(2)
                .fold(0, |gcd, pair| greatest_common_divisor(gcd, pair[1].saturating_sub(pair[0])))
        };
        match unit {
            Step::Days(1) if times.len() >= ENOUGH => {
                let days: Vec<i64> = times.iter().map(|time| day(self.clock.local(*time))).collect();
                self.origin_day = days[0];
                Some(Step::Days(gcd(&days)))
            }
            Step::Micros(_) if times.len() >= ENOUGH => {
                let gcd = gcd(times);
                Some(if gcd >= SECOND && DAY % gcd == 0 { Step::Micros(gcd) } else { unit })
            }
            unit => Some(unit),
        }
    }

    /// The longest unit of the calendar or the clock at whose beginning all times are.
    fn unit(&self, times: &[i64]) -> Option<Step> {
        times.first()?;
        let locals: Vec<NaiveDateTime> = times.iter().map(|time| self.clock.local(*time)).collect();
        let all = |is: &dyn Fn(&NaiveDateTime) -> bool| locals.iter().all(is);
        if all(&|local| local.time() == NaiveTime::MIN) {
            // A single day may be the first of a month by accident.
            let is_several = times.len() > 1;
            return Some(match () {
                () if is_several && all(&|local| local.ordinal() == 1) => Step::Months(12),
                () if is_several && all(&|local| local.day() == 1 && local.month0() % 3 == 0) => {
                    Step::Months(3)
                }
                () if is_several && all(&|local| local.day() == 1) => Step::Months(1),
                () if is_several && all(&|local| local.weekday().num_days_from_monday() == 0) => {
                    Step::Days(7)
                }
                () => Step::Days(1),
            });
        }
        let units = [HOUR, MINUTE, SECOND];
        let is_whole = |local: &NaiveDateTime, unit: i64| {
            let nanos =
                i64::from(local.num_seconds_from_midnight()) * 1_000_000_000 + i64::from(local.nanosecond());
            nanos % (unit * 1_000) == 0
        };
        units.into_iter().find(|unit| all(&|local| is_whole(local, *unit))).map(Step::Micros)
    }
}

fn day(local: NaiveDateTime) -> i64 {
    i64::from(local.date().num_days_from_ce()) - 1
}

fn months(local: NaiveDateTime) -> i64 {
    i64::from(local.year()) * 12 + i64::from(local.month0())
}

fn greatest_common_divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-02, a Monday.
    const MONDAY: i64 = 1_772_409_600 * SECOND;

    fn told(scale: &Scale, times: &[i64]) -> String {
        let labels: Vec<_> = times.iter().map(|time| scale.label(scale.line(*time))).collect();
        let step = scale.step.map_or("each".to_owned(), Step::name);
        let merged = scale.lines_before.map_or(String::new(), |lines| format!(", not {lines}"));
        format!("{step}{merged}: {}", labels.join(", "))
    }

    #[track_caller]
    fn check(times: &[i64], zone: Option<&str>, expected: &str) {
        assert_eq!(told(&Scale::of_values(times, zone), times), expected);
    }

    #[test]
    fn values_have_the_step_of_their_times() {
        check(&[], None, "each: ");
        check(&[MONDAY], None, "day: 2026-03-02 Mon");
        check(&[MONDAY, MONDAY + DAY], None, "day: 2026-03-02 Mon, 2026-03-03 Tue");
        check(&[MONDAY, MONDAY + 7 * DAY], None, "week: 2026-03-02, 2026-03-09");
        check(&[MONDAY - DAY, MONDAY + 30 * DAY], None, "month: 2026-03, 2026-04");
        check(&[MONDAY - 60 * DAY, MONDAY + 30 * DAY], None, "quarter: 2026-Q1, 2026-Q2");
        check(&[MONDAY - 60 * DAY, MONDAY + 305 * DAY], None, "year: 2026, 2027");
        check(&[MONDAY + HOUR, MONDAY + 7 * HOUR], None, "hour: 2026-03-02 01:00, 2026-03-02 07:00");
        let weeks: Vec<_> = [3, 10, 17, 31].map(|day| MONDAY + day * DAY).to_vec();
        check(&weeks, None, "week: 2026-03-05, 2026-03-12, 2026-03-19, 2026-04-02");
        let quarters: Vec<_> = [1, 2, 3, 9].map(|n| MONDAY + 5 * MINUTE + n * 15 * MINUTE).to_vec();
        check(
            &quarters,
            None,
            "15 minutes: 2026-03-02 00:20, 2026-03-02 00:35, 2026-03-02 00:50, 2026-03-02 02:20",
        );
        check(
            &[MONDAY + 1, MONDAY + 3],
            None,
            "each: 2026-03-02 00:00:00.000001, 2026-03-02 00:00:00.000003",
        );
    }

    #[test]
    fn days_are_those_of_the_zone() {
        // Midnight in Berlin, before and after summer time begins on the 29th of March.
        let times = [MONDAY + 26 * DAY - HOUR, MONDAY + 27 * DAY - HOUR, MONDAY + 28 * DAY - 2 * HOUR];
        check(&times, Some("Europe/Berlin"), "day: 2026-03-28 Sat, 2026-03-29 Sun, 2026-03-30 Mon");
        // An hour that comes twice.
        let times = [0, 1, 2].map(|hour| 1_792_882_800 * SECOND + hour * HOUR);
        check(
            &times,
            Some("Europe/Berlin"),
            "hour: 2026-10-25 01:00+02:00, 2026-10-25 02:00+02:00, 2026-10-25 02:00+01:00",
        );
    }

    #[test]
    fn too_many_lines_are_put_together() {
        let scale = |times: &[i64]| {
            let scale = Scale::of_values(times, None);
            format!("{:?} {:?}", scale.step.map(Step::name), scale.lines_before)
        };
        let days = |count: i64| (0..count).map(|day| MONDAY + day * DAY).collect::<Vec<_>>();
        assert_eq!(scale(&days(200)), r#"Some("day") None"#);
        assert_eq!(scale(&days(201)), r#"Some("week") Some(201)"#);
        assert_eq!(scale(&days(730)), r#"Some("month") Some(730)"#);
        let hours: Vec<_> = (0..240).map(|hour| MONDAY + hour * HOUR).collect();
        assert_eq!(scale(&hours), r#"Some("6 hours") Some(240)"#);
        // Twelve events are lines of their own, a hundred are put together.
        let events = |count: i64| (0..count).map(|n| MONDAY + n * n * 977_000_011).collect::<Vec<_>>();
        assert_eq!(scale(&events(12)), "None None");
        assert_eq!(scale(&events(100)), r#"Some("week") Some(100)"#);
        assert_eq!(scale(&[i64::MIN / 4, i64::MAX / 4]), "None None");
        let far = [i64::MIN, i64::MIN + 1, MONDAY, MONDAY + DAY, i64::MAX - 1, i64::MAX];
        for zone in [None, Some("Europe/Berlin")] {
            for scale in [Scale::of_values(&far, zone), Scale::of_counts(&far, zone)] {
                let lines = far.map(|time| scale.line(time));
                assert!(lines.is_sorted());
                let gaps = lines.windows(2).map(|pair| scale.gap(pair[0], pair[1]).len()).sum::<usize>();
                assert!(gaps <= 200 && lines.map(|line| scale.label(line)).len() == 6);
            }
        }
    }

    #[test]
    fn a_long_gap_is_one_line_where_it_would_be_too_many() {
        let days = [0, 1, 3, 4, 300].map(|day| MONDAY + day * DAY);
        let scale = Scale::of_values(&days, None);
        let lines = days.map(|day| scale.line(day));
        assert_eq!(scale.gap(lines[0], lines[1]), Vec::<String>::new());
        assert_eq!(scale.gap(lines[1], lines[2]), ["2026-03-04 Wed"]);
        assert_eq!(scale.gap(lines[3], lines[4]), ["⋮ 295 days"]);
        let scale = Scale::of_values(&days[..4], None);
        assert_eq!(scale.gap(lines[1], lines[1] + 100).len(), 99);
        let hours = [0, 3, 90, 91].map(|hour| MONDAY + hour * HOUR);
        let scale = Scale::of_values(&hours, None);
        assert_eq!(scale.gap(scale.line(hours[1]), scale.line(hours[2])), ["⋮ 3 days"]);
        assert_eq!(scale.gap(0, 50), ["⋮ 49 hours"]);
        // An outlier does not make a chart of years of a week.
        let hours: Vec<_> = [-90_000].into_iter().chain(0..168).map(|hour| MONDAY + hour * HOUR).collect();
        assert_eq!(Scale::of_counts(&hours, None).step.map(Step::name).unwrap(), "3 hours");
        let spread: Vec<_> = (0..20).map(|n| MONDAY + n * 18 * DAY).collect();
        assert_eq!(Scale::of_counts(&spread, None).step.map(Step::name).unwrap(), "week");
    }

    #[test]
    fn counts_get_a_good_step() {
        let of_span = |span: i64, zone| {
            let times: Vec<_> = (0..=1_000).map(|n| MONDAY + span / 1_000 * n).collect();
            Scale::of_counts(&times, zone)
        };
        let step = |span: i64| of_span(span, None).step.map(Step::name).unwrap();
        assert_eq!(step(0), "second");
        assert_eq!(step(HOUR), "5 minutes");
        assert_eq!(step(DAY), "hour");
        assert_eq!(step(7 * DAY), "3 hours");
        assert_eq!(step(30 * DAY), "day");
        assert_eq!(step(365 * DAY), "week");
        assert_eq!(step(250_000 * DAY), "100 years");
        let scale = of_span(7 * DAY, Some("Asia/Kolkata"));
        assert_eq!(scale.label(scale.line(MONDAY)), "2026-03-02 03:00");
    }
}
