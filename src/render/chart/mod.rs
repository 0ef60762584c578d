//! A chart in text, of any answer with a number: bars, a histogram over time, or stacked bars.
//!
//! ```text
//! day (UTC, by day)                    events
//! 2026-03-02 Mon  ███████████████████     120
//! 2026-03-03 Tue
//! 2026-03-04 Wed  ██████▍                  40
//! ```
//!
//! Two columns are what a bar stands for and how long it is; a third between them parts the bars; one alone is counted.
//! Lines over time are in order of time, and a step that is missing is an empty line, so that gaps are seen; other
//! lines keep the order of the answer. Everything is drawn at the end: memory is bounded by rows and bytes.

mod amount;
mod bars;
mod collect;
mod lines;
mod roles;
mod scale;
mod step;

use std::io::{self, Write};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

pub(crate) use self::bars::block;
use self::bars::draw;
use self::collect::Collected;
use self::lines::Drawing;
use self::roles::Roles;
use super::RowWriter;
use crate::error::Result;

/// Width of a chart where nobody says how wide the terminal is.
const WIDTH: usize = 80;
/// Narrower ones say nothing.
const WIDTH_MIN: usize = 40;

/// Draws the rows when they are all there.
pub(super) struct ChartWriter {
    collected: Collected,
    width: usize,
}

impl ChartWriter {
    /// # Errors
    ///
    /// If the columns are not such as a chart can show.
    pub(super) fn new(schema: &SchemaRef, width: Option<usize>) -> Result<Self> {
        let roles = Roles::of(schema)?;
        Ok(Self { collected: Collected::new(roles), width: width.unwrap_or(WIDTH).max(WIDTH_MIN) })
    }
}

impl RowWriter for ChartWriter {
    fn write(&mut self, batch: &RecordBatch, _: &mut dyn Write) -> io::Result<()> {
        self.collected.take(batch).map_err(io::Error::other)
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let drawing = Drawing::of(std::mem::take(&mut self.collected)).map_err(io::Error::other)?;
        draw(&drawing, self.width, out)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{
        ArrayRef, Date32Array, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray,
    };
    use expect_test::{Expect, expect};
    use unicode_width::UnicodeWidthStr;

    use super::*;
    use crate::render::{OutputFormat, Place, render_at};

    /// 2026-03-02, a Monday.
    const MONDAY: i32 = 20_514;

    fn chart(columns: &[(&str, ArrayRef)], width: usize) -> Result<String> {
        let columns = columns.iter().map(|(name, array)| (*name, Arc::clone(array), true));
        let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
        let place = Place { terminal_width: Some(width), ..Place::default() };
        let mut out = Vec::new();
        // In two batches: where an answer is cut must not matter.
        let half = batch.num_rows() / 2;
        let batches = [batch.slice(0, half), batch.slice(half, batch.num_rows() - half)];
        render_at(place, OutputFormat::Chart, &batch.schema(), &mut batches.into_iter().map(Ok), &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[track_caller]
    fn check(columns: &[(&str, ArrayRef)], expected: Expect) {
        let drawn = chart(columns, 44).unwrap();
        assert!(drawn.lines().all(|line| line.width() <= 44), "{drawn}");
        expected.assert_eq(&drawn);
    }

    fn texts<const N: usize>(texts: [Option<&str>; N]) -> ArrayRef {
        Arc::new(StringArray::from(texts.to_vec()))
    }

    fn numbers<const N: usize>(numbers: [Option<i64>; N]) -> ArrayRef {
        Arc::new(Int64Array::from(numbers.to_vec()))
    }

    fn days<const N: usize>(days: [Option<i32>; N]) -> ArrayRef {
        Arc::new(Date32Array::from(days.map(|day| day.map(|day| MONDAY + day)).to_vec()))
    }

    #[test]
    fn bars_in_the_order_of_the_answer() {
        check(
            &[
                (
                    "actor",
                    texts([Some("b"), Some("a\u{1b}[1m"), None, Some("日本語👩‍💻"), Some("b"), Some("x")]),
                ),
                ("events", numbers([Some(1000), Some(503), Some(1), Some(0), Some(2), None])),
            ],
            expect![[r#"
                actor                                 events
                b         ██████████████████████████    1000
                a�[1m     █████████████▏                 503
                (null)    ▏                                1
                日本語👩‍💻                                   0
                b         ▏                                2
                x                                     (null)
            "#]],
        );
    }

    #[test]
    fn below_zero_is_left_of_it() {
        let floats = Float64Array::from(vec![1.5, -3.0, 0.0, f64::NAN, -0.01]);
        check(
            &[
                ("y", Arc::new(floats) as ArrayRef),
                ("x", texts([Some("up"), Some("down"), Some("zero"), Some("nan"), Some("little")])),
            ],
            expect![[r#"
                x                                          y
                up                         │█████████   1.50
                down     ██████████████████│           -3.00
                zero                       │            0.00
                nan                        │             NaN
                little                    ▐│           -0.01
            "#]],
        );
    }

    #[test]
    fn days_in_order_with_those_that_are_missing() {
        check(
            &[
                ("day", days([Some(3), Some(0), None, Some(4), Some(0)])),
                ("n", numbers([Some(5), Some(10), Some(7), Some(0), Some(10)])),
            ],
            expect![[r#"
                day (by day)                               n
                2026-03-02 Mon  ████████████████████████  20
                2026-03-03 Tue
                2026-03-04 Wed
                2026-03-05 Thu  ██████                     5
                2026-03-06 Fri                             0
                (null)          ████████▍                  7
            "#]],
        );
    }

    #[test]
    fn parts_of_bars() {
        let series = ["c", "a", "a", "b", "d", "e", "f"].map(Some);
        check(
            &[
                ("day", days([Some(0), Some(0), Some(2), Some(2), Some(2), Some(2), Some(2)])),
                ("policy", texts(series)),
                ("n", numbers([Some(3), Some(7), Some(900), Some(40), Some(1), None, Some(2)])),
            ],
            expect![[r#"
                █ a: 907   ▓ b: 40   ▒ c: 3   ░ f: 2
                · d: 1

                day (by day)                               n
                2026-03-02 Mon  █▒                        10
                2026-03-03 Tue
                2026-03-04 Wed  ████████████████████▓░·  943
            "#]],
        );
    }

    #[test]
    fn many_series_are_one() {
        let names: Vec<String> = (0..20).map(|n| format!("policy {n}")).collect();
        let series = StringArray::from(names);
        let same = StringArray::from(vec!["all"; 20]);
        let counts = Int64Array::from((0..20).collect::<Vec<_>>());
        check(
            &[("x", Arc::new(same)), ("policy", Arc::new(series)), ("n", Arc::new(counts))],
            expect![[r#"
                █ policy 19: 19   ▓ policy 18: 18
                ▒ policy 17: 17   ░ policy 16: 16
                · other (16 series): 120

                x                                          n
                all  ███▓▓▓▓▒▒▒░░░·····················  190
            "#]],
        );
    }

    #[test]
    fn a_time_alone_is_counted() {
        let minutes = [0, 1, 1, 61, 130, 131].map(|minute| 1_772_409_600_000_000_i64 + minute * 60_000_000);
        let times = TimestampMicrosecondArray::from(minutes.to_vec()).with_timezone("Asia/Kolkata");
        check(
            &[("event_time", Arc::new(times))],
            expect![[r#"
                event_time (Asia/Kolkata, by 5 minute…  rows
                2026-03-02 05:30  ███████████████████████  3
                2026-03-02 05:35
                2026-03-02 05:40
                2026-03-02 05:45
                2026-03-02 05:50
                2026-03-02 05:55
                2026-03-02 06:00
                2026-03-02 06:05
                2026-03-02 06:10
                2026-03-02 06:15
                2026-03-02 06:20
                2026-03-02 06:25
                2026-03-02 06:30  ███████▋                 1
                2026-03-02 06:35
                2026-03-02 06:40
                2026-03-02 06:45
                2026-03-02 06:50
                2026-03-02 06:55
                2026-03-02 07:00
                2026-03-02 07:05
                2026-03-02 07:10
                2026-03-02 07:15
                2026-03-02 07:20
                2026-03-02 07:25
                2026-03-02 07:30
                2026-03-02 07:35
                2026-03-02 07:40  ███████████████▍         2
            "#]],
        );
        check(
            &[("result", texts([Some("ok"), None, Some("failed"), Some("ok")]))],
            expect![[r#"
                result                                  rows
                ok      █████████████████████████████████  2
                (null)  ████████████████▌                  1
                failed  ████████████████▌                  1
            "#]],
        );
    }

    #[test]
    fn two_numbers_are_no_parts_of_what_comes_once() {
        check(
            &[
                ("day", days([Some(0), Some(1)])),
                ("total", numbers([Some(10), Some(20)])),
                ("failed", numbers([Some(1), Some(2)])),
            ],
            expect![[r#"
                day (by day)                           total
                2026-03-02 Mon  ████████████              10
                2026-03-03 Tue  ████████████████████████  20
                … not drawn: failed
            "#]],
        );
    }

    #[test]
    fn what_cannot_be_drawn_is_an_error_that_is_not_the_outputs() {
        let below =
            chart(&[("x", texts([Some("a")])), ("z", texts([Some("b")])), ("n", numbers([Some(-1)]))], 44);
        let below = below.unwrap_err();
        assert!(!below.is_output() && below.to_string().contains("`n` has -1"), "{below}");
        let many: ArrayRef = Arc::new(Int64Array::from(vec![1; 100_001]));
        let many = chart(&[("x", Arc::clone(&many)), ("n", many)], 44).unwrap_err();
        assert!(!many.is_output() && many.to_string().contains("more than 100000 rows"), "{many}");
        assert!(chart(&[("n", numbers([Some(1)]))], 44).is_err());
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let long = "long word ".repeat(30);
        let columns = [
            (long.as_str(), texts([Some(&long), Some("short")])),
            ("series", texts([Some(&long), Some("短い")])),
            ("sum(a number with a long name)", numbers([Some(i64::MAX), Some(1)])),
        ];
        for width in [0, 40, 41, 80, 213] {
            let drawn = chart(&columns, width).unwrap();
            let widest = drawn.lines().map(UnicodeWidthStr::width).max().unwrap();
            assert!(widest <= width.max(WIDTH_MIN), "{width}:\n{drawn}");
        }
        for text in [chart(&[("x", texts([])), ("n", numbers([]))], 44), chart(&[("at", days([]))], 44)] {
            assert_eq!(text.unwrap().lines().count(), 1);
        }
    }
}
