//! Events over time as a line of blocks, one for each table and service.
//!
//! ```text
//! audit  B2C  2026-03-02 to 2026-03-08  752 │▇▅▆█▅▄▆│ by day
//! ```

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate};
use unicode_width::UnicodeWidthStr;

use crate::archive::ServiceCoverage;
use crate::render::{block, printable, shortened};

/// Columns of a chart, at most.
const COLUMNS_MAX: usize = 60;
/// Stands where a gap leaves nothing.
const GAP: char = '×';
/// What is said of it.
const GAP_LEGEND: &str = "\n×: a gap, no events where there usually are some\n";
/// What is said of services whose gaps are not known.
const UNJUDGED_LEGEND: &str = "\nnot judged: too few days to know what is usual, so gaps would not show\n";
/// Longest name of a service that is shown whole.
const NAME_WIDTH_MAX: usize = 28;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// What a column of a chart stands for, from short to long: its name, and the column that a day belongs to.
const SCALES: &[(&str, ColumnOf)] = &[
    ("day", |day| i64::from(day.num_days_from_ce())),
    // The first day of our calendar was a Monday.
    ("week", |day| i64::from((day.num_days_from_ce() - 1).div_euclid(7))),
    ("month", |day| i64::from(day.year() * 12) + i64::from(day.month0())),
    ("year", |day| i64::from(day.year())),
    ("ten years", |day| i64::from(day.year().div_euclid(10))),
];

/// One line for each table and service; `days` are the events by table, service and day.
pub(super) fn chart(coverage: &[ServiceCoverage], days: &DaysByService) -> String {
    let none = Days::new();
    let mut rows: Vec<[String; 5]> = Vec::new();
    let (mut has_gaps, mut is_judged) = (false, true);
    for known in coverage {
        let days = days.get(&(known.table.clone(), known.service.clone())).unwrap_or(&none);
        let (line, scale) = line(known, days);
        has_gaps |= line.contains(GAP);
        is_judged &= known.is_judged;
        let note = if known.is_judged { "" } else { ", not judged" };
        // The name of a table stands at its first service only.
        let is_next = rows.iter().any(|row| row[0] == known.table);
        rows.push([
            if is_next { String::new() } else { known.table.clone() },
            service_name(&known.service),
            known.events.to_string(),
            format!("{} to {}", date(known.first), date(known.last)),
            format!("│{line}│ by {scale}{note}"),
        ]);
    }
    text(&rows)
        + &cut(coverage, days)
        + if has_gaps { GAP_LEGEND } else { "" }
        + if is_judged { "" } else { UNJUDGED_LEGEND }
}

/// What is said of tables with more services than are listed.
fn cut(coverage: &[ServiceCoverage], days: &DaysByService) -> String {
    let mut listed: BTreeMap<&str, usize> = BTreeMap::new();
    for known in coverage {
        *listed.entry(&known.table).or_default() += 1;
    }
    let mut text = String::new();
    for (table, listed) in listed {
        let services = days.keys().filter(|(of, _)| of == table).count();
        if services > listed {
            text += &format!(
                "\n{table}: the {listed} services with the most events of {services}; only these are judged, all are in meta.coverage\n"
            );
        }
    }
    text
}

/// Events by day.
pub(super) type Days = BTreeMap<NaiveDate, u64>;
/// Events by table, service and day.
pub(super) type DaysByService = BTreeMap<(String, String), Days>;
/// The column of a chart that a day belongs to.
type ColumnOf = fn(NaiveDate) -> i64;

fn text(rows: &[[String; 5]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let mut text = String::new();
    for [table, service, events, period, chart] in rows {
        let pad = |cell: &str, width: usize| " ".repeat(width - cell.width());
        text += &format!(
            "{table}{}  {service}{}  {}{events}  {period}  {chart}\n",
            pad(table, widths[0]),
            pad(service, widths[1]),
            pad(events, widths[2])
        );
    }
    text
}

/// The blocks of a service, and what a column of them is.
fn line(known: &ServiceCoverage, days: &Days) -> (String, &'static str) {
    // The last gap may lie behind the last event.
    let last = known.gaps.last().map_or(known.last, |gap| known.last.max(gap.to - 1));
    let (first, last) = (date(known.first), date(last));
    let columns = |of: ColumnOf| usize::try_from(of(last) - of(first) + 1).unwrap_or(usize::MAX);
    let fits = SCALES.iter().find(|(_, of)| columns(*of) <= COLUMNS_MAX);
    let Some((scale, of)) = fits.or(SCALES.last()) else { unreachable!("there are scales") };
    let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
    for (day, events) in days {
        *counts.entry(of(*day)).or_default() += events;
    }
    let most = counts.values().max().copied().unwrap_or(1).max(1);
    let gaps: Vec<_> = known.gaps.iter().map(|gap| of(date(gap.from))..=of(date(gap.to - 1))).collect();
    let sign = |column: i64| match counts.get(&column) {
        Some(events) => block(*events as f64, most as f64).unwrap_or(' '),
        None if gaps.iter().any(|gap| gap.contains(&column)) => GAP,
        None => ' ',
    };
    ((of(first)..=of(last)).take(COLUMNS_MAX).map(sign).collect(), scale)
}

fn service_name(service: &str) -> String {
    let name = if service.is_empty() { "(not said)".into() } else { printable(service) };
    shortened(&name, NAME_WIDTH_MAX).into_owned()
}

fn date(micros: i64) -> NaiveDate {
    let time = DateTime::from_timestamp_micros(micros.div_euclid(MICROS_PER_DAY) * MICROS_PER_DAY);
    time.unwrap_or_default().date_naive()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::Gap;

    /// A service with so many events on each day from 2026-03-02 on.
    fn chart_of(counts: &[u64], gaps: Vec<Gap>) -> String {
        let begin = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
        let days: Vec<_> = begin.iter_days().zip(counts).filter(|(_, count)| **count > 0).collect();
        let micros = |day: NaiveDate| day.and_hms_opt(12, 0, 0).unwrap().and_utc().timestamp_micros();
        let known = ServiceCoverage {
            table: "audit".to_owned(),
            service: "B2C".to_owned(),
            events: counts.iter().sum(),
            first: micros(days[0].0),
            last: micros(days[days.len() - 1].0),
            is_judged: true,
            gaps,
        };
        let days = days.into_iter().map(|(day, count)| (day, *count)).collect();
        let of = BTreeMap::from([(("audit".to_owned(), "B2C".to_owned()), days)]);
        chart(&[known], &of)
    }

    #[test]
    fn services_that_are_not_listed_are_counted() {
        let day = BTreeMap::from([(NaiveDate::from_ymd_opt(2026, 3, 2).unwrap(), 1)]);
        let of = |service: &str| ServiceCoverage {
            table: "audit".to_owned(),
            service: service.to_owned(),
            events: 1,
            first: 0,
            last: 0,
            is_judged: false,
            gaps: Vec::new(),
        };
        let days = |services: &[&str]| {
            services
                .iter()
                .map(|service| (("audit".to_owned(), (*service).to_owned()), day.clone()))
                .collect()
        };
        assert!(!chart(&[of("a"), of("b")], &days(&["a", "b"])).contains("meta.coverage"));
        let text = chart(&[of("a"), of("b")], &days(&["a", "b", "c"]));
        let told = "\naudit: the 2 services with the most events of 3; only these are judged, all are in meta.coverage\n";
        assert!(text.contains(told), "{text}");
    }

    #[test]
    fn days_are_blocks_and_gaps_are_marked() {
        let from = 1_772_582_400_000_000;
        let gap = Gap { from, to: from + MICROS_PER_DAY, expected: 20 };
        assert_eq!(
            chart_of(&[1, 8, 0, 4, 0, 1_000], vec![gap]),
            "audit  B2C  1013  2026-03-02 to 2026-03-07  │▁▁×▁ █│ by day\n\n\
             ×: a gap, no events where there usually are some\n"
        );
        assert_eq!(chart_of(&[1, 2, 3, 4, 5, 6, 7, 8], Vec::new()).matches("▁▂▃▄▅▆▇█").count(), 1);
    }

    #[test]
    fn long_periods_are_merged_until_they_fit() {
        for (days, scale, width) in
            [(60, "day", 60), (61, "week", 9), (420, "week", 60), (421, "month", 14), (2_000, "year", 6)]
        {
            let chart = chart_of(&vec![3; days], Vec::new());
            let blocks = chart.split('│').nth(1).unwrap();
            assert_eq!(blocks.chars().count(), width, "{days} days: {chart}");
            assert!(chart.trim_end().ends_with(&format!("by {scale}")), "{days} days: {chart}");
        }
    }
}
