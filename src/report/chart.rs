//! Charts as SVG inside a page: colours by class, a title for who cannot see them.

use std::fmt::Write;

use super::document::{Heat, Series};
use super::html::escape;
use super::numbers::{number, short, ticks};

/// Width of a chart in its own units; the page shows it as wide as it is.
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 190.0;
const LEFT: f64 = 46.0;
const BOTTOM: f64 = 22.0;
const TOP: f64 = 8.0;
const SPARK_WIDTH: f64 = 240.0;
const SPARK_HEIGHT: f64 = 20.0;
/// Steps of colour of a heat map.
const LEVELS: f64 = 5.0;
/// Names of weekdays, Monday first.
pub(super) const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Columns over time, with scales.
pub(super) fn columns(series: &Series, caption: &str, out: &mut String) {
    let max = series.totals.iter().copied().fold(0.0, f64::max);
    let ticks = ticks(max);
    let top = ticks.last().copied().unwrap_or(1.0);
    let (plot_width, plot_height) = (WIDTH - LEFT, HEIGHT - TOP - BOTTOM);
    let step = plot_width / series.starts.len() as f64;
    let y = |value: f64| TOP + plot_height * (1.0 - value / top);
    let _ = write!(out, "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\"><title>");
    escape(caption, out);
    out.push_str("</title>\n");
    for tick in &ticks {
        let at = y(*tick);
        let _ = writeln!(
            out,
            "<line class=\"{}\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>\
             <text class=\"end\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            if *tick == 0.0 { "axis" } else { "grid" },
            LEFT - 8.0,
            at + 4.0,
            short(*tick)
        );
    }
    let width = (step * 0.82).min(44.0);
    for (index, (start, total)) in series.starts.iter().zip(&series.totals).enumerate() {
        if *total <= 0.0 {
            continue;
        }
        // Even one event among many is to be seen.
        let height = (plot_height * total / top).max(1.5);
        let _ = write!(
            out,
            "<rect class=\"mark\" x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"><title>{}: {} ",
            LEFT + step * index as f64 + (step - width) / 2.0,
            TOP + plot_height - height,
            series.unit.label(*start, false),
            number(*total),
        );
        escape(&series.what, out);
        out.push_str("</title></rect>\n");
    }
    for index in series.unit.labelled(&series.starts) {
        let _ = writeln!(
            out,
            "<text class=\"middle\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            LEFT + step * (index as f64 + 0.5),
            HEIGHT - 5.0,
            series.unit.label(series.starts[index], true)
        );
    }
    out.push_str("</svg>\n");
}

/// The same in small, without scales: beside its number.
pub(super) fn sparkline(values: &[f64], max: f64, out: &mut String) {
    let _ = write!(
        out,
        "<svg class=\"spark\" viewBox=\"0 0 {SPARK_WIDTH} {SPARK_HEIGHT}\" preserveAspectRatio=\"none\" \
         aria-hidden=\"true\"><path class=\"mark\" d=\""
    );
    let step = SPARK_WIDTH / values.len().max(1) as f64;
    let width = (step * 0.8).min(12.0);
    for (index, value) in values.iter().enumerate().filter(|(_, value)| **value > 0.0) {
        let height = (SPARK_HEIGHT * value / max.max(1.0)).max(1.5);
        let x = step * index as f64 + (step - width) / 2.0;
        let _ = write!(out, "M{x:.1} {SPARK_HEIGHT}v-{height:.1}h{width:.1}v{height:.1}z");
    }
    out.push_str("\"/></svg>");
}

/// A bar as long as its share.
pub(super) fn bar(value: f64, max: f64, out: &mut String) {
    let share = if max > 0.0 { (100.0 * value / max).clamp(0.4, 100.0) } else { 0.0 };
    let _ = write!(
        out,
        "<svg class=\"bar\" aria-hidden=\"true\"><rect class=\"mark\" width=\"{share:.1}%\" height=\"100%\" rx=\"2\"/></svg>"
    );
}

/// Weekdays by hours.
pub(super) fn heat(heat: &Heat, caption: &str, out: &mut String) {
    const CELL: f64 = 34.0;
    const ROW: f64 = 20.0;
    const SIDE: f64 = 40.0;
    let (width, height) = (SIDE + 24.0 * CELL, 7.0 * ROW + 20.0);
    let max = heat.cells.iter().flatten().copied().fold(0.0, f64::max);
    let _ = write!(out, "<svg class=\"chart heat\" viewBox=\"0 0 {width} {height}\" role=\"img\"><title>");
    escape(caption, out);
    out.push_str("</title>\n");
    for (day, (name, hours)) in WEEKDAYS.iter().zip(heat.cells.iter()).enumerate() {
        let y = day as f64 * ROW;
        let _ = write!(out, "<text x=\"0\" y=\"{:.1}\">{name}</text>", y + ROW - 6.0);
        for (hour, value) in hours.iter().enumerate() {
            let level = level(*value, max);
            let _ = write!(
                out,
                "<rect class=\"heat{level}\" x=\"{:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"2\"><title>{name} {hour:02}:00: {} ",
                SIDE + hour as f64 * CELL,
                CELL - 2.0,
                ROW - 2.0,
                number(*value)
            );
            escape(&heat.what, out);
            out.push_str("</title></rect>");
        }
        out.push('\n');
    }
    for hour in (0..24).step_by(3) {
        let x = SIDE + f64::from(hour) * CELL;
        let _ = write!(out, "<text x=\"{x:.1}\" y=\"{:.1}\">{hour:02}:00</text>", height - 4.0);
    }
    out.push_str("</svg>\n");
}

/// A step of colour: 0 is nothing, the others part what there is. Amounts of log events are far apart: the root brings
/// them nearer.
pub(super) fn level(value: f64, max: f64) -> usize {
    if value <= 0.0 || max <= 0.0 {
        return 0;
    }
    ((value / max).sqrt() * LEVELS).ceil().clamp(1.0, LEVELS) as usize
}
