//! What the archive knows of each service's events: since when, until when, and which silences look like something that
//! is missing.
//!
//! A silence is judged by the service's own rhythm: the events that such hours usually have. A night in an office, a
//! weekend, a job that runs once a month are usual; a Tuesday without sign-ins is not.
//!
//! ```text
//! weeks before │ silence │ weeks after      per hour of the week: the median of those weeks
//! ```
//!
//! Pure: counts by hour in, silences out.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::index::{self, Events, HOUR_MICROS, Hours};
use super::{Snapshot, StagedFile};
use crate::error::Result;
use crate::schema::{EVENT_TABLES, Table};

/// Events that must be missing for a silence to be a gap. Where events come independently of each other, twenty are
/// missing by chance once in 500 million times.
const EXPECTED_MIN: u64 = 20;
/// Hours without events that a gap has at least.
const SILENCE_HOURS_MIN: i64 = 3;
/// Weeks on either side that a silence is compared with.
const NEAR_WEEKS: usize = 8;
/// Weeks that say something of an hour of the week, from which on it is compared with that hour only; before that with
/// the same hour of all days of its kind. Two downloads of seven days know every hour twice, whatever weekday they begin.
const WEEKS_MIN: usize = 4;
/// Days with events below which nothing is judged.
const DAYS_MIN: usize = 4;
/// Values that a median is made of, at least; else nothing is expected.
const SAMPLES_MIN: usize = 3;
/// Silence of a whole table that is taken for a time without downloads, if the downloads on both sides of it hold
/// [`BLOCK_HOURS_MIN`]: it says nothing of what is usual. Longer than a long weekend.
const DROPOUT_HOURS_MIN: i64 = 4 * DAY;
/// Hours from the first to the last event between two such silences; a job that runs once a month takes fewer.
const BLOCK_HOURS_MIN: i64 = 5 * DAY;
/// Gaps of a service that a commit lists: those in which most is missing.
const GAPS_MAX: usize = 100;
/// Services of a table that a commit tells of.
// LIMIT: of a table with more, those with the most events. Microsoft's audit log has about forty.
const SERVICES_MAX: usize = 1_000;

const DAY: i64 = 24;
const WEEK: i64 = 7 * DAY;
/// Hours from Monday, 1969-12-29 to 1970-01-01.
const MONDAY: i64 = 3 * DAY;
/// Days of the week that are compared with each other where there are too few weeks: an office that closes on Friday
/// or Saturday is not told by its Wednesdays.
const KINDS_OF_DAY: [Range<usize>; 4] = [0..4, 4..5, 5..6, 6..7];

/// What a commit knows of the events of one table and service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServiceCoverage {
    /// Name of the table.
    pub(crate) table: String,
    /// What its rows are told apart by, of audit the service; empty where a row has none.
    pub(crate) service: String,
    /// How many events.
    pub(crate) events: u64,
    /// Time of the first, microseconds since 1970-01-01 UTC.
    pub(crate) first: i64,
    /// Time of the last.
    pub(crate) last: i64,
    /// False if it is not known what is usual: too few days have events, or events come with exports only.
    pub(crate) is_judged: bool,
    /// Silences in which events are missing, in order of time.
    pub(crate) gaps: Vec<Gap>,
}

/// A silence in which events are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Gap {
    /// Begin of its first hour, microseconds since 1970-01-01 UTC.
    pub(crate) from: i64,
    /// End of its last hour.
    pub(crate) to: i64,
    /// Events that such hours usually have.
    pub(crate) expected: u64,
}

/// What a commit will know that takes the `replaced` files of the archive away and adds the staged ones.
///
/// # Errors
///
/// If the index of a file cannot be read.
pub(super) fn after(
    before: &Snapshot,
    replaced: &BTreeSet<String>,
    staged: &[StagedFile],
) -> Result<Vec<ServiceCoverage>> {
    let mut all = Vec::new();
    for table in EVENT_TABLES.iter().filter(|table| !table.rows.is_snapshot) {
        let mut hours = Hours::new();
        for file in before.files(table.name).iter().filter(|file| !replaced.contains(&file.path)) {
            index::add_hours(&mut hours, index::file_hours(before, file)?);
        }
        for file in staged.iter().filter(|file| file.table.name == table.name) {
            index::add_hours(&mut hours, index::staged_hours(&file.path)?);
        }
        all.extend(of_table(table, &hours));
    }
    Ok(all)
}

/// What is known of each service of a table.
pub(super) fn of_table(table: &Table, hours: &Hours) -> Vec<ServiceCoverage> {
    let dropouts = dropouts(hours);
    let last = hours.values().filter_map(|hours| hours.keys().next_back()).max().copied().unwrap_or(0);
    let mut services: Vec<_> = hours.iter().filter(|(_, hours)| !hours.is_empty()).collect();
    let events = |hours: &BTreeMap<i64, Events>| hours.values().map(|events| events.count).sum::<u64>();
    if services.len() > SERVICES_MAX {
        services.sort_by_key(|(_, hours)| std::cmp::Reverse(events(hours)));
        services.truncate(SERVICES_MAX);
        services.sort_by_key(|(service, _)| *service);
    }
    let of_service = |(service, hours): (&String, &BTreeMap<i64, Events>)| {
        let all = hours.values().copied().reduce(Events::and)?;
        let counts: Vec<_> = hours.iter().map(|(hour, events)| (*hour, events.count)).collect();
        let days: BTreeSet<_> = hours.keys().map(|hour| hour.div_euclid(DAY)).collect();
        let is_judged = table.has_rhythm() && days.len() >= DAYS_MIN;
        Some(ServiceCoverage {
            table: table.name.to_owned(),
            service: service.clone(),
            events: all.count,
            first: all.first,
            last: all.last,
            is_judged,
            gaps: if is_judged { gaps(&counts, last, &dropouts) } else { Vec::new() },
        })
    };
    let mut all: Vec<_> = services.into_iter().filter_map(of_service).collect();
    if table.has_rhythm() {
        add_gaps_before(&mut all, hours, &dropouts);
    }
    all
}

/// Adds the gaps that lie before the first event of every service that is usual: a whole table that is silent between
/// a few old events and all the others. Else those few would make the years between look covered.
fn add_gaps_before(all: &mut [ServiceCoverage], hours: &Hours, dropouts: &[Range<i64>]) {
    let mut table: BTreeMap<i64, u64> = BTreeMap::new();
    for (hour, events) in hours.values().flatten() {
        *table.entry(*hour).or_default() += events.count;
    }
    let table: Vec<_> = table.into_iter().collect();
    let last = table.last().map_or(0, |(hour, _)| *hour);
    let overlaps = |a: &Gap, b: &Gap| a.from < b.to && b.from < a.to;
    let is_known = |gap: &Gap| all.iter().flat_map(|known| &known.gaps).any(|other| overlaps(gap, other));
    let found: Vec<_> = gaps(&table, last, dropouts).into_iter().filter(|gap| !is_known(gap)).collect();
    for known in all.iter_mut().filter(|known| known.is_judged) {
        let before: Vec<_> = found.iter().filter(|gap| gap.to <= known.first).collect();
        if before.is_empty() {
            continue;
        }
        let counts: Vec<_> =
            hours[&known.service].iter().map(|(hour, events)| (*hour, events.count)).collect();
        let service = Series { counts: &counts, dropouts };
        for gap in before.into_iter().rev() {
            let silence = gap.from / HOUR_MICROS..gap.to / HOUR_MICROS;
            let expected = service.usual(&service.weeks_near(&silence)).events(&silence);
            if expected >= EXPECTED_MIN && known.gaps.len() < GAPS_MAX {
                known.gaps.insert(0, Gap { expected, ..*gap });
            }
        }
    }
}

/// Times in which a table as a whole has no events because nothing was downloaded, as hours.
fn dropouts(hours: &Hours) -> Vec<Range<i64>> {
    let active: BTreeSet<i64> = hours.values().flat_map(BTreeMap::keys).copied().collect();
    let mut blocks: Vec<Range<i64>> = Vec::new();
    for hour in active {
        match blocks.last_mut() {
            Some(block) if hour - block.end < DROPOUT_HOURS_MIN => block.end = hour + 1,
            _ => blocks.push(hour..hour + 1),
        }
    }
    let is_long = |block: &Range<i64>| block.end - block.start >= BLOCK_HOURS_MIN;
    let between = blocks.windows(2).filter(|pair| pair.iter().all(is_long));
    between.map(|pair| pair[0].end..pair[1].start).collect()
}

/// Silences of a service in which events are missing, from its events by hour; at most [`GAPS_MAX`], in order of time.
/// The last one reaches to the last hour in which the table has events, of other services: that hour may not be over.
///
/// Silence before its first event is none by itself: services come, and Microsoft begins to log things.
fn gaps(counts: &[(i64, u64)], last: i64, dropouts: &[Range<i64>]) -> Vec<Gap> {
    let service = Series { counts, dropouts };
    let mut gaps = Vec::new();
    // Silences of one week mostly have the same weeks around them.
    let mut usual: Option<(Vec<i64>, Usual)> = None;
    let ends = counts.iter().skip(1).map(|(hour, _)| *hour).chain([last]);
    for ((before, _), end) in counts.iter().zip(ends) {
        let silence = before + 1..end;
        if silence.end - silence.start < SILENCE_HOURS_MIN {
            continue;
        }
        let weeks = service.weeks_near(&silence);
        if usual.as_ref().is_none_or(|(of, _)| *of != weeks) {
            let found = service.usual(&weeks);
            usual = Some((weeks, found));
        }
        let expected = usual.as_ref().map_or(0, |(_, usual)| usual.events(&silence));
        if expected >= EXPECTED_MIN {
            let (from, to) = (silence.start * HOUR_MICROS, silence.end * HOUR_MICROS);
            gaps.push(Gap { from, to, expected });
        }
    }
    if gaps.len() > GAPS_MAX {
        gaps.sort_by_key(|gap| (std::cmp::Reverse(gap.expected), gap.from));
        gaps.truncate(GAPS_MAX);
        gaps.sort_by_key(|gap| gap.from);
    }
    gaps
}

/// Weeks are counted from the one that begins on Monday, 1969-12-29.
fn week_of(hour: i64) -> i64 {
    (hour + MONDAY).div_euclid(WEEK)
}

fn week_begin(week: i64) -> i64 {
    week * WEEK - MONDAY
}

fn is_within(week: i64, hours: &Range<i64>) -> bool {
    hours.start <= week_begin(week) && week_begin(week + 1) <= hours.end
}

/// Events of a service by hour, hours with events only, and the times that say nothing.
struct Series<'a> {
    counts: &'a [(i64, u64)],
    dropouts: &'a [Range<i64>],
}

impl Series<'_> {
    fn first_hour(&self) -> i64 {
        self.counts.first().map_or(0, |(hour, _)| *hour)
    }

    fn last_hour(&self) -> i64 {
        self.counts.last().map_or(0, |(hour, _)| *hour)
    }

    /// The weeks that a silence is compared with: its own as far as it does not fill them, and those around.
    fn weeks_near(&self, silence: &Range<i64>) -> Vec<i64> {
        let own = week_of(silence.start)..=week_of(silence.end - 1);
        let in_dropout = |week: i64| {
            let next = self.dropouts.partition_point(|dropout| dropout.end < week_begin(week + 1));
            self.dropouts.get(next).filter(|dropout| is_within(week, dropout))
        };
        let mut weeks = Vec::new();
        let mut week = own.start() - 1;
        while weeks.len() < NEAR_WEEKS && week >= week_of(self.first_hour()) {
            match in_dropout(week) {
                Some(dropout) => week = week.min(week_of(dropout.start - 1) + 1),
                None => weeks.push(week),
            }
            week -= 1;
        }
        weeks.reverse();
        weeks.extend([*own.start(), *own.end()].into_iter().filter(|week| !is_within(*week, silence)));
        weeks.dedup();
        let until = weeks.len() + NEAR_WEEKS;
        let mut week = own.end() + 1;
        while weeks.len() < until && week <= week_of(self.last_hour()) {
            match in_dropout(week) {
                Some(dropout) => week = week.max(week_of(dropout.end) - 1),
                None => weeks.push(week),
            }
            week += 1;
        }
        weeks
    }

    /// What is usual in these weeks.
    fn usual(&self, weeks: &[i64]) -> Usual {
        let mut by_hour: Vec<Vec<u64>> = vec![Vec::new(); 7 * 24];
        let mut by_day: Vec<Vec<u64>> = vec![Vec::new(); 7];
        let mut days_with_events = 0;
        for week in weeks {
            let begin = week_begin(*week);
            let place = |hour: i64| self.counts.partition_point(|(other, _)| *other < hour);
            let mut counts = [0; 7 * 24];
            for (hour, count) in &self.counts[place(begin)..place(begin + WEEK)] {
                counts[usize::try_from(hour - begin).expect("it lies in the week")] = *count;
            }
            let says_something: Vec<bool> =
                (begin..begin + WEEK).map(|hour| self.says_something(hour)).collect();
            for (day, (counts, says_something)) in
                counts.chunks(24).zip(says_something.chunks(24)).enumerate()
            {
                for (hour, count) in counts.iter().enumerate().filter(|(hour, _)| says_something[*hour]) {
                    by_hour[day * 24 + hour].push(*count);
                }
                let events = counts.iter().sum();
                days_with_events += usize::from(events > 0);
                if says_something.iter().all(|says| *says) {
                    by_day[day].push(events);
                }
            }
        }
        by_hour = pooled_where_few(by_hour, 24);
        by_day = pooled_where_few(by_day, 1);
        if days_with_events < DAYS_MIN {
            return Usual { hours: vec![0; 7 * 24], days: vec![0; 7] };
        }
        let hours: Vec<u64> = by_hour.into_iter().map(median).collect();
        // When summer time begins or ends, an office opens an hour earlier or later by UTC: an hour counts as the
        // quieter one of its neighbours does.
        let quieter = |hour: usize| hours[hour].min(hours[(hour + 1) % 168]).min(hours[(hour + 167) % 168]);
        let days = by_day.into_iter().map(median).collect();
        Usual { hours: (0..hours.len()).map(quieter).collect(), days }
    }

    /// Whether it means anything that an hour has no events.
    fn says_something(&self, hour: i64) -> bool {
        let next = self.dropouts.partition_point(|dropout| dropout.end <= hour);
        let is_in_dropout = self.dropouts.get(next).is_some_and(|dropout| dropout.contains(&hour));
        (self.first_hour()..=self.last_hour()).contains(&hour) && !is_in_dropout
    }
}

/// The samples of each place in the week; where there are too few, those of all days of its kind together.
fn pooled_where_few(samples: Vec<Vec<u64>>, per_day: usize) -> Vec<Vec<u64>> {
    let mut pooled = samples.clone();
    for days in KINDS_OF_DAY {
        for hour in 0..per_day {
            let places = days.clone().map(|day| day * per_day + hour);
            for place in places.clone().filter(|place| samples[*place].len() < WEEKS_MIN) {
                pooled[place] = places.clone().flat_map(|place| &samples[place]).copied().collect();
            }
        }
    }
    pooled
}

/// The lower median; 0 of too few.
fn median(mut samples: Vec<u64>) -> u64 {
    samples.sort_unstable();
    if samples.len() < SAMPLES_MIN { 0 } else { samples[(samples.len() - 1) / 2] }
}

/// Events that are usual.
struct Usual {
    /// In each hour of the week, from Monday 00:00 UTC.
    hours: Vec<u64>,
    /// On each day of the week, from Monday.
    days: Vec<u64>,
}

impl Usual {
    /// Events that are usual in such a time: by its hours, or, for services too sparse for that, by its whole days.
    fn events(&self, silence: &Range<i64>) -> u64 {
        let by_hour = over(&self.hours, &(silence.start + MONDAY..silence.end + MONDAY));
        let first_day = -(-silence.start).div_euclid(DAY);
        let by_day =
            over(&self.days, &(first_day + MONDAY / DAY..silence.end.div_euclid(DAY) + MONDAY / DAY));
        by_hour.max(by_day)
    }
}

/// Sum over a range of what comes again and again.
fn over(cycle: &[u64], range: &Range<i64>) -> u64 {
    if range.is_empty() {
        return 0;
    }
    let length = cycle.len() as i64;
    let times = u64::try_from((range.end - range.start) / length).unwrap_or(0);
    let rest = range.end - (range.end - range.start) % length..range.end;
    let rest = rest.map(|at| cycle[usize::try_from(at.rem_euclid(length)).expect("it is not negative")]);
    let whole = cycle.iter().fold(0, |sum: u64, count| sum.saturating_add(*count));
    rest.fold(whole.saturating_mul(times), u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::schema::AUDIT;

    /// Monday, 2026-03-02, 00:00.
    const BEGIN: i64 = 492_336;

    /// Events by hour, of day (0 a Monday) and hour of the day.
    fn series(days: i64, count: impl Fn(i64, i64) -> u64) -> Vec<(i64, u64)> {
        let hours = (0..days * DAY).map(|hour| (BEGIN + hour, count(hour / DAY, hour % DAY)));
        hours.filter(|(_, count)| *count > 0).collect()
    }

    /// Gaps as hours from the begin, and what is expected in them.
    fn found(counts: &[(i64, u64)]) -> Vec<(i64, i64, u64)> {
        let events = |(hour, count): &(i64, u64)| {
            (*hour, Events { count: *count, first: hour * HOUR_MICROS, last: hour * HOUR_MICROS })
        };
        let hours = Hours::from([(String::new(), counts.iter().map(events).collect())]);
        let coverage = of_table(&AUDIT, &hours);
        let hour = |micros: i64| micros / HOUR_MICROS - BEGIN;
        coverage[0].gaps.iter().map(|gap| (hour(gap.from), hour(gap.to), gap.expected)).collect()
    }

    fn is_office(day: i64, hour: i64) -> bool {
        day % 7 < 5 && (8..18).contains(&hour)
    }

    #[test]
    fn nights_and_weekends_of_an_office_are_usual() {
        for days in [5, 9, 10, 14, 22, 35, 400] {
            let counts = series(days, |day, hour| if is_office(day, hour) { 50 } else { 0 });
            assert_eq!(found(&counts), [], "{days} days");
        }
    }

    #[test]
    fn an_office_opens_an_hour_later_when_summer_time_ends() {
        let counts = series(70, |day, hour| {
            let hour = if day < 63 { hour } else { hour - 1 };
            if is_office(day, hour) { 50 } else { 0 }
        });
        assert_eq!(found(&counts), []);
    }

    #[test]
    fn a_missing_day_of_an_office_is_a_gap_whatever_the_length_of_the_history() {
        for (days, missing) in [(5, 2), (9, 2), (35, 15), (35, 1), (35, 30), (400, 199)] {
            let counts =
                series(days, |day, hour| if is_office(day, hour) && day != missing { 50 } else { 0 });
            // From the evening before to the morning after, less the hours at the edges of the office's day.
            assert_eq!(
                found(&counts),
                [((missing - 1) * 24 + 18, (missing + 1) * 24 + 8, 500)],
                "day {missing} of {days}"
            );
        }
    }

    #[test]
    fn six_hours_of_a_busy_tenant_are_a_gap_and_two_are_not() {
        let counts = |hours: Range<i64>| {
            series(28, move |day, hour| u64::from(!(day == 15 && hours.contains(&hour))) * 40)
        };
        assert_eq!(found(&counts(9..15)), [(15 * 24 + 9, 15 * 24 + 15, 240)]);
        assert_eq!(found(&counts(9..11)), []);
    }

    #[test]
    fn a_missing_weekend_is_a_gap_where_weekends_are_worked() {
        let counts = series(35, |day, _| if day == 19 || day == 20 { 0 } else { 7 });
        assert_eq!(found(&counts), [(19 * 24, 21 * 24, 7 * 48)]);
    }

    #[test]
    fn monthly_jobs_and_sparse_services_have_no_gaps() {
        let monthly = series(400, |day, hour| if day % 30 == 0 && hour == 3 { 1_000 } else { 0 });
        assert_eq!(found(&monthly), []);
        let for_three_days = series(400, |day, hour| if day % 30 < 3 && hour > 3 { 1_000 } else { 0 });
        assert_eq!(found(&for_three_days), []);
        let sparse = series(400, |day, hour| u64::from(day % 3 == 0 && hour == (day * 7) % 24));
        assert_eq!(found(&sparse), []);
    }

    #[test]
    fn a_service_too_sparse_by_hour_is_judged_by_day() {
        let counts = series(60, |day, hour| u64::from(hour % 6 == day % 5 && !(30..36).contains(&day)));
        let found = found(&counts);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].0 <= 30 * 24 && found[0].1 >= 36 * 24 && found[0].2 == 6 * 4, "{found:?}");
    }

    #[test]
    fn a_download_every_other_week_leaves_gaps() {
        let counts = series(56, |day, hour| if (day + 4) / 7 % 2 == 0 { 5 + hour as u64 } else { 0 });
        let found: Vec<_> = found(&counts).into_iter().map(|(from, to, _)| (from / 24, to / 24)).collect();
        assert_eq!(found, [(3, 10), (17, 24), (31, 38), (45, 52)]);
    }

    #[test]
    fn years_between_two_downloads_are_a_gap() {
        let counts = series(800, |day, _| u64::from(!(28..770).contains(&day)) * 3);
        assert_eq!(found(&counts), [(28 * 24, 770 * 24, 742 * 24 * 3)]);
    }

    #[test]
    fn two_downloads_of_a_week_leave_a_gap_whatever_weekday_they_begin() {
        for begin in (0..WEEK).step_by(7) {
            for between in 1..=4 {
                let is_there = |hour: i64| {
                    let hour = hour - begin;
                    (0..WEEK).contains(&hour) || (WEEK * (1 + between)..WEEK * (2 + between)).contains(&hour)
                };
                let all_day = series(49, |day, hour| u64::from(is_there(day * 24 + hour)) * 9);
                let (from, to) = (begin + WEEK, begin + WEEK * (1 + between));
                let [(found_from, found_to, expected)] = found(&all_day)[..] else {
                    panic!("begin {begin}, {between} between: {:?}", found(&all_day))
                };
                assert_eq!((found_from, found_to), (from, to), "begin {begin}, {between} between");
                // At least the days from Monday to Thursday, at most all of them.
                let days = between as u64 * 24 * 9;
                assert!((days * 3..=days * 7).contains(&expected), "begin {begin}: {expected}");

                let office =
                    series(49, |day, hour| u64::from(is_office(day, hour) && is_there(day * 24 + hour)) * 9);
                let found = found(&office);
                assert!(found.len() == 1 && found[0].2 > 20, "begin {begin}, {between} between: {found:?}");
            }
        }
    }

    #[test]
    fn a_weekly_job_has_no_gap_whatever_weekday_and_however_short_the_history() {
        for weekday in 0..7 {
            for days in [8, 14, 15, 20, 21, 22, 27, 29, 36, 57, 200] {
                for begin in 0..7 {
                    let counts = series(days, |day, hour| {
                        u64::from((day + begin) % 7 == weekday && (2..5).contains(&hour)) * 1_000
                    });
                    assert_eq!(found(&counts), [], "weekday {weekday}, {days} days from {begin}");
                }
            }
        }
    }

    #[test]
    fn a_campaign_of_one_service_is_no_download() {
        let hours = |counts: Vec<(i64, u64)>| {
            let events = |(hour, count)| (hour, Events { count, first: hour, last: hour });
            counts.into_iter().map(events).collect::<BTreeMap<_, _>>()
        };
        let reviews = series(200, |day, _| if day % 60 < 14 { 10 } else { 0 });
        let all = Hours::from([
            ("Access Reviews".to_owned(), hours(reviews)),
            ("Core Directory".to_owned(), hours(series(200, |_, _| 1))),
        ]);
        assert!(of_table(&AUDIT, &all).iter().all(|service| service.is_judged && service.gaps.is_empty()));
    }

    #[test]
    fn a_service_that_falls_silent_while_others_go_on_has_a_gap() {
        let hours = |counts: Vec<(i64, u64)>| {
            let events = |(hour, count)| (hour, Events { count, first: hour, last: hour });
            counts.into_iter().map(events).collect::<BTreeMap<_, _>>()
        };
        let all = Hours::from([
            ("B2C".to_owned(), hours(series(28, |_, _| 9))),
            ("Core Directory".to_owned(), hours(series(33, |day, hour| u64::from(is_office(day, hour)) * 9))),
            ("Late".to_owned(), hours(series(33, |day, _| u64::from(day > 20) * 9))),
        ]);
        let gaps: Vec<_> = of_table(&AUDIT, &all).into_iter().map(|service| service.gaps).collect();
        let end = BEGIN + 32 * DAY + 23;
        let (from, to) = ((BEGIN + 28 * DAY) * HOUR_MICROS, end * HOUR_MICROS);
        assert_eq!(gaps, [vec![Gap { from, to, expected: (4 * 24 + 23) * 9 }], Vec::new(), Vec::new()]);
    }

    #[test]
    fn a_few_old_events_do_not_make_the_years_between_look_covered() {
        let hours = |begin: i64, counts: Vec<(i64, u64)>| {
            let events = |(hour, count): (i64, u64)| {
                let micros = (hour + begin) * HOUR_MICROS;
                (hour + begin, Events { count, first: micros, last: micros })
            };
            counts.into_iter().map(events).collect::<BTreeMap<_, _>>()
        };
        let all = Hours::from([
            (String::new(), hours(-3_000 * DAY, series(1, |_, hour| u64::from(hour == 8)))),
            ("B2C".to_owned(), hours(0, series(28, |_, _| 9))),
            ("Core Directory".to_owned(), hours(0, series(28, |day, _| u64::from(day % 6 == 0)))),
        ]);
        let gaps: Vec<_> = of_table(&AUDIT, &all).into_iter().map(|service| service.gaps).collect();
        let (from, to) = (BEGIN - 3_000 * DAY + 9, BEGIN);
        let expected = u64::try_from((to - from) * 9).unwrap();
        let gap = Gap { from: from * HOUR_MICROS, to: to * HOUR_MICROS, expected };
        assert_eq!(gaps, [Vec::new(), vec![gap], Vec::new()]);
    }

    #[test]
    fn too_little_history_is_not_judged_and_says_so() {
        let counts = series(3, |day, hour| if day == 1 && hour < 12 { 0 } else { 100 });
        assert_eq!(found(&counts), []);
        let hours = |counts: Vec<(i64, u64)>| {
            let events = |(hour, count)| (hour, Events { count, first: hour, last: hour });
            Hours::from([("B2C".to_owned(), counts.into_iter().map(events).collect())])
        };
        assert!(!of_table(&AUDIT, &hours(counts))[0].is_judged);
        assert!(of_table(&AUDIT, &hours(series(4, |_, _| 1)))[0].is_judged);
        assert!(of_table(&AUDIT, &Hours::new()).is_empty());
    }

    #[test]
    fn the_gaps_in_which_most_is_missing_are_kept() {
        let counts = series(1_000, |day, hour| {
            if hour >= 6 || day % 3 > 0 || day == 0 { 10 + u64::from(hour < 6 && day > 600) } else { 0 }
        });
        let found = found(&counts);
        assert_eq!(found.len(), GAPS_MAX);
        assert!(found.is_sorted_by_key(|gap| gap.0) && found.iter().all(|gap| gap.0 > 500 * 24));
    }

    #[test]
    fn times_at_both_ends_of_the_calendar_are_quick() {
        let counts: Vec<_> =
            [-2_559_600, -2_559_599, 0, 2_559_599, 2_559_600].map(|hour| (hour, 1_000)).to_vec();
        assert_eq!(found(&counts), []);
    }

    proptest! {
        #[test]
        fn steady_noise_has_no_gap(counts in prop::collection::vec(0..6_u64, 24 * 7..24 * 60)) {
            let counts: Vec<_> =
                (BEGIN..).zip(counts).filter(|(_, count)| *count > 0).collect();
            prop_assert_eq!(found(&counts), []);
        }

        #[test]
        fn a_stretch_taken_out_of_a_busy_series_is_found_exactly(
            counts in prop::collection::vec(10..100_u64, 24 * 7 * 5..24 * 7 * 12),
            at in 1..24 * 7 * 4_i64,
            length in 6..24 * 6_i64,
        ) {
            let gone = BEGIN + at..BEGIN + at + length;
            let counts: Vec<_> = (BEGIN..).zip(counts).filter(|(hour, _)| !gone.contains(hour)).collect();
            let found = found(&counts);
            prop_assert_eq!(found.len(), 1);
            prop_assert_eq!((found[0].0, found[0].1), (at, at + length));
            let per_hour = found[0].2 / u64::try_from(length).unwrap();
            prop_assert!((10..100).contains(&per_hour));
        }
    }
}
