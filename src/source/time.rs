//! Times of files and members, as microseconds since 1970-01-01 UTC. They are only ever read from where they are
//! recorded; the clock is not known here.

use std::fs::Metadata;
use std::time::UNIX_EPOCH;

/// Seconds from 1601-01-01, where Windows begins to count, to 1970-01-01.
const WINDOWS_TO_UNIX_SECONDS: i64 = 11_644_473_600;

/// When a file on disk was last changed, if its file system says so.
pub(super) fn of_file(metadata: &Metadata) -> Option<i64> {
    match metadata.modified().ok()?.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_micros()).ok(),
        Err(before) => i64::try_from(before.duration().as_micros()).ok().map(|micros| -micros),
    }
}

/// A time of Windows: tenths of microseconds since 1601-01-01 UTC; 0 stands for none.
pub(super) fn from_windows(tenths: u64) -> Option<i64> {
    let micros = i64::try_from(tenths / 10).ok().filter(|micros| *micros > 0)?;
    micros.checked_sub(WINDOWS_TO_UNIX_SECONDS * 1_000_000)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn ok_times_before_and_after_1970() {
        let file = tempfile::tempfile().unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_millis(1500)).unwrap();
        assert_eq!(of_file(&file.metadata().unwrap()), Some(1_500_000));
        file.set_modified(UNIX_EPOCH - Duration::from_millis(1500)).unwrap();
        assert_eq!(of_file(&file.metadata().unwrap()), Some(-1_500_000));
        assert_eq!(from_windows(116_444_736_000_000_000), Some(0));
        assert_eq!(from_windows(0), None);
    }
}
