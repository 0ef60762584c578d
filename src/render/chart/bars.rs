//! Lines of a chart as text: label, bar, number.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::amount::{Amount, decimals};
use super::lines::{Bar, Drawing, Line};
use crate::render::width::shortened;

/// Eighths of a full block, from none.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
/// Columns of one character, from low to high.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Of series, the largest first.
const FILLS: [char; 5] = ['█', '▓', '▒', '░', '·'];
/// Bars are at least this wide, whatever else has to be cut.
const BAR_MIN: usize = 8;
/// Blanks between label, bar and number.
const BETWEEN: usize = 2;

/// Writes a chart, no line wider than `width`.
pub(super) fn draw(drawing: &Drawing, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let totals: Vec<Amount> = drawing.lines.iter().filter_map(|line| line.bar.total()).collect();
    let decimals = decimals(totals.iter().copied());
    let values: Vec<String> = drawing.lines.iter().map(|line| line.bar.text(decimals)).collect();
    let widest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    let value_width = widest(&mut values.iter().map(|value| value.width()));
    let room = width.saturating_sub(value_width + 2 * BETWEEN);
    let label_width = widest(&mut drawing.lines.iter().map(|line| line.label.width()));
    let label_width = label_width.min(room * 3 / 5).min(room.saturating_sub(BAR_MIN));
    let bar_width = room.saturating_sub(label_width).max(BAR_MIN);
    let scale = Scale::of(&totals, bar_width);

    write_legend(drawing, decimals, width, out)?;
    write_head(&drawing.head, label_width + bar_width + value_width + 2 * BETWEEN, out)?;
    for (Line { label, bar }, value) in drawing.lines.iter().zip(&values) {
        let label = shortened(label, label_width);
        let blanks = " ".repeat(label_width - label.width());
        let label = if drawing.is_label_number { blanks + &label } else { label.into_owned() + &blanks };
        let drawn = scale.bar(bar);
        let before =
            " ".repeat(bar_width.saturating_sub(drawn.width()) + value_width - value.width() + BETWEEN);
        let line = format!("{label}{}{drawn}{before}{value}", " ".repeat(BETWEEN));
        writeln!(out, "{}", line.trim_end())?;
    }
    drawing.notes.iter().try_for_each(|note| writeln!(out, "… {note}"))
}

impl Bar {
    fn total(&self) -> Option<Amount> {
        match self {
            Self::Missing | Self::Null => None,
            Self::Whole(amount) => Some(*amount),
            Self::Parts(parts) => Some(parts.iter().copied().fold(Amount::Whole(0), Amount::plus)),
        }
    }

    fn text(&self, decimals: usize) -> String {
        match self {
            Self::Missing => String::new(),
            Self::Null => "(null)".to_owned(),
            _ => self.total().map_or(String::new(), |total| total.text(decimals)),
        }
    }
}

/// What the fills mean, in as many lines as that takes, and an empty one.
fn write_legend(drawing: &Drawing, decimals: usize, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut line = String::new();
    for ((name, total), fill) in drawing.series.iter().zip(FILLS) {
        let total = total.text(decimals);
        let name = shortened(name, width.saturating_sub(total.width() + 4).max(BAR_MIN));
        let entry = format!("{fill} {name}: {total}");
        if !line.is_empty() && line.width() + 3 + entry.width() > width {
            writeln!(out, "{line}")?;
            line.clear();
        }
        line += if line.is_empty() { "" } else { "   " };
        line += &entry;
    }
    if line.is_empty() { Ok(()) } else { writeln!(out, "{line}\n") }
}

fn write_head([x, y]: &[String; 2], width: usize, out: &mut dyn Write) -> io::Result<()> {
    let y = shortened(y, width / 2);
    let x = shortened(x, width.saturating_sub(y.width() + BETWEEN));
    writeln!(out, "{x}{}{y}", " ".repeat(width.saturating_sub(x.width() + y.width())))
}

/// How long bars are.
struct Scale {
    /// Cells of one unit.
    cells_per_unit: f64,
    /// Cells left of zero; none if nothing is below it.
    below: usize,
}

impl Scale {
    fn of(totals: &[Amount], width: usize) -> Self {
        let finite = || totals.iter().map(|total| total.as_f64()).filter(|total| total.is_finite());
        let (lowest, highest) = (finite().fold(0.0, f64::min), finite().fold(0.0, f64::max));
        if lowest == 0.0 {
            let cells_per_unit = if highest > 0.0 { cells(width) / highest } else { 0.0 };
            return Self { cells_per_unit, below: 0 };
        }
        // One cell is the line at zero. Halves first: the sum of two numbers may be infinite.
        let room = width - 1;
        let share = (-lowest / 2.0) / (highest / 2.0 - lowest / 2.0);
        let below = round(cells(room) * share).clamp(1, room);
        let above = if highest > 0.0 { cells((room - below).max(1)) / highest } else { f64::INFINITY };
        Self { cells_per_unit: above.min(cells(below) / -lowest), below }
    }

    fn bar(&self, bar: &Bar) -> String {
        match bar {
            Bar::Parts(parts) => self.stacked(parts),
            Bar::Whole(amount) if amount.as_f64().is_finite() => self.single(amount.as_f64()),
            _ if self.below > 0 => " ".repeat(self.below) + "│",
            _ => String::new(),
        }
    }

    fn single(&self, value: f64) -> String {
        let length = value.abs() * self.cells_per_unit;
        if value < 0.0 {
            // There are no eighths that begin at the right: halves must do.
            let halves = round(length * 2.0).clamp(1, 2 * self.below);
            let drawn = if halves % 2 == 1 { "▐" } else { "" }.to_owned() + &"█".repeat(halves / 2);
            return " ".repeat(self.below - halves.div_ceil(2)) + &drawn + "│";
        }
        let eighths = round(length * 8.0).max(usize::from(value > 0.0));
        let axis = if self.below > 0 { " ".repeat(self.below) + "│" } else { String::new() };
        axis + &"█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
    }

    /// Parts in whole cells. None that is there vanishes: one failure among a thousand sign-ins is what is looked for.
    fn stacked(&self, parts: &[Amount]) -> String {
        let parts: Vec<f64> = parts.iter().map(|part| part.as_f64()).collect();
        let total: f64 = parts.iter().filter(|part| part.is_finite()).sum();
        let mut lengths: Vec<usize> = Vec::with_capacity(parts.len());
        let mut end = 0.0;
        for part in &parts {
            let begin = round(end * self.cells_per_unit);
            end += if part.is_finite() { *part } else { 0.0 };
            let length = round(end * self.cells_per_unit) - begin;
            lengths.push(length.max(usize::from(*part > 0.0 && part.is_finite())));
        }
        // What that takes is taken from the longest.
        let allowed = round(total * self.cells_per_unit);
        while lengths.iter().sum::<usize>() > allowed {
            let Some(longest) = lengths.iter_mut().max().filter(|longest| **longest > 1) else { break };
            *longest -= 1;
        }
        lengths.iter().zip(FILLS).flat_map(|(length, fill)| std::iter::repeat_n(fill, *length)).collect()
    }
}

/// A column of one character, as high as a part of the most; none for nothing.
pub(crate) fn block(value: f64, most: f64) -> Option<char> {
    let height = value / most * cells(HEIGHTS.len());
    (height > 0.0).then(|| HEIGHTS[round(height.ceil()).clamp(1, HEIGHTS.len()) - 1])
}

#[expect(clippy::cast_precision_loss, reason = "no terminal is that wide")]
fn cells(width: usize) -> f64 {
    width as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a length that fits the bar")]
fn round(length: f64) -> usize {
    length.round().max(0.0) as usize
}
