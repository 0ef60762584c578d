//! How far a slow statement is, on the terminal's last line: `1.2 M of 5.0 M rows, 84 MB read, 3 s`.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::console::Console;
use super::status_line::StatusLine;
use crate::engine::Reading;

/// A statement that is done within this time says nothing.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the line is drawn.
const TICK: Duration = Duration::from_millis(250);
/// Width of a terminal that does not tell its own.
const WIDTH: usize = 80;

/// Tells how far a statement is, as long as it lives or until a row is shown.
pub(super) struct Progress {
    line: Arc<StatusLine>,
    drawing: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// From now on, where a person reads standard error and wants to hear something.
    pub(super) fn begin(console: &Console, reading: Reading) -> Self {
        let line = Arc::clone(console.status_line());
        if console.is_quiet() || !console.is_error_terminal() {
            return Self { line, drawing: None };
        }
        let begun = line.begin();
        let width = console.error_width().unwrap_or(WIDTH);
        let started = Instant::now();
        let (sender, receiver) = channel();
        let drawn = Arc::clone(&line);
        let draw = move || {
            let mut pause = PATIENCE;
            while receiver.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                pause = TICK;
                let text = told(reading.rows(), reading.rows_total(), reading.bytes(), started.elapsed());
                // Nothing of it is wider than one column; a line that is as wide as the terminal would break.
                let text: String = text.chars().take(width.saturating_sub(1)).collect();
                drawn.draw(begun, &text, &mut io::stderr());
            }
        };
        // Without a thread there is no line; the statement runs all the same.
        let thread = std::thread::Builder::new().name("progress".to_owned()).spawn(draw);
        Self { line, drawing: thread.ok().map(|thread| (sender, thread)) }
    }

    /// Takes the line away for good. The console's own output does this before the first row it shows.
    pub(super) fn clear(&self) {
        if self.drawing.is_some() {
            self.line.end();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
        if let Some((sender, thread)) = self.drawing.take() {
            drop(sender);
            // It has nothing that could fail; if it did all the same, a line is missing.
            let _ = thread.join();
        }
    }
}

fn told(rows: u64, rows_total: Option<u64>, bytes: u64, elapsed: Duration) -> String {
    let mut parts = Vec::new();
    match rows_total {
        Some(total) if rows >= total => parts.push(format!("all {} rows", count(total))),
        Some(total) => parts.push(format!("{} of {} rows", count(rows), count(total))),
        None if rows > 0 => parts.push(format!("{} rows", count(rows))),
        None => {}
    }
    if bytes > 0 {
        parts.push(format!("{} read", size(bytes)));
    }
    let seconds = elapsed.as_secs();
    parts.push(if seconds < 60 {
        format!("{seconds} s")
    } else {
        format!("{} min {} s", seconds / 60, seconds % 60)
    });
    parts.join(", ")
}

fn count(rows: u64) -> String {
    scaled(rows, &["", " k", " M", " G"])
}

fn size(bytes: u64) -> String {
    scaled(bytes, &[" B", " kB", " MB", " GB", " TB"])
}

/// With two digits or more, thousands up to ten of them as they are.
fn scaled(number: u64, units: &[&str]) -> String {
    let mut tenths = u128::from(number) * 10;
    let mut unit = 0;
    while unit + 1 < units.len() && tenths >= if unit == 0 { 100_000 } else { 10_000 } {
        tenths /= 1_000;
        unit += 1;
    }
    if unit == 0 || tenths >= 100 {
        format!("{}{}", tenths / 10, units[unit])
    } else {
        format!("{}.{}{}", tenths / 10, tenths % 10, units[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::scratch::Scratch;
    use crate::engine::{Engine, EngineOptions, Parameters, TimeRange};

    #[test]
    fn numbers_are_short() {
        let cases = [
            (0, "0"),
            (9_999, "9999"),
            (10_000, "10 k"),
            (999_999, "999 k"),
            (1_000_000, "1.0 M"),
            (1_260_000, "1.2 M"),
            (12_600_000, "12 M"),
            (u64::MAX, "18446744073 G"),
        ];
        for (number, expected) in cases {
            assert_eq!(count(number), expected);
        }
        assert_eq!(size(84_000_000), "84 MB");
        let told = |rows, total, bytes, seconds| told(rows, total, bytes, Duration::from_secs(seconds));
        assert_eq!(told(1_200_000, Some(5_000_000), 84_000_000, 3), "1.2 M of 5.0 M rows, 84 MB read, 3 s");
        assert_eq!(told(5_000_000, Some(5_000_000), 310_000_000, 9), "all 5.0 M rows, 310 MB read, 9 s");
        assert_eq!(told(5, None, 0, 61), "5 rows, 1 min 1 s");
        assert_eq!(told(0, None, 0, 1), "1 s");
    }

    #[test]
    fn a_statement_counts_what_it_reads() {
        let mut console = Console::new();
        console.set_quiet(true);
        let mut scratch = Scratch::new("test-progress", &[]).unwrap();
        let (snapshot, _) =
            scratch.ingest("a", &["sample-data/graph/signIns.json".to_owned()], 1, &console).unwrap();
        let total = snapshot.files("signin").iter().map(|file| file.rows).sum::<u64>();
        let options = EngineOptions {
            threads: 2,
            memory_bytes: 64 << 20,
            time_range: TimeRange::default(),
            saved_queries: Arc::new(Vec::new),
            views: Vec::new(),
        };
        let engine = Engine::open(snapshot, &options).unwrap();
        let read = |sql: &str| {
            let answer = engine.run(sql, &Parameters::default()).unwrap();
            let reading = answer.reading();
            assert!(answer.into_iter().all(|batch| batch.is_ok()));
            (reading.rows(), reading.rows_total(), reading.bytes())
        };
        let (rows, all, bytes) = read("SELECT app_name, raw FROM signin");
        assert!(total > 0 && bytes > 0);
        assert_eq!((rows, all), (total, Some(total)));
        let (rows, all, fewer_bytes) = read("SELECT app_name FROM signin WHERE app_name LIKE '%zz%'");
        assert!(
            (rows, all) == (total, Some(total)) && fewer_bytes < bytes,
            "rows are read that a filter drops"
        );
        assert_eq!(read("SELECT count(*) FROM signin a JOIN signin b USING (id)").1, Some(2 * total));
        assert_eq!(read("SELECT 1"), (0, None, 0));
    }
}
