//! How much of anything is taken in.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// Text looked at to tell what it is.
pub(crate) const HEAD_BYTES: usize = 64 << 10;
/// Members of one container that are read.
pub(super) const MEMBERS_MAX: usize = 200_000;
/// A container may inflate to this many times its size on disk. Audit pages shrink 20 to 60 times, bombs a thousand.
pub(super) const INFLATE_RATIO_MAX: u64 = 200;
/// … or to this many bytes, whichever is more: small files may be very repetitive.
pub(super) const INFLATE_FREE_BYTES: u64 = 64 << 20;

/// How many inflated bytes a container may still give, all its members together.
#[derive(Debug, Clone)]
pub(super) struct InflateBudget {
    left: Rc<Cell<u64>>,
    limit: u64,
}

impl InflateBudget {
    /// The budget of a container of so many bytes on disk.
    pub(super) fn new(size_bytes: u64) -> Self {
        let limit = size_bytes.saturating_mul(INFLATE_RATIO_MAX).max(INFLATE_FREE_BYTES);
        Self { left: Rc::new(Cell::new(limit)), limit }
    }
}

/// Stops a reader that inflates beyond its container's budget.
#[derive(Debug)]
pub(super) struct Bounded<R> {
    inner: R,
    budget: InflateBudget,
}

impl<R: Read> Bounded<R> {
    pub(super) fn new(inner: R, budget: InflateBudget) -> Self {
        Self { inner, budget }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        let left = self.budget.left.get().checked_sub(read as u64).ok_or_else(|| {
            io::Error::other(format!(
                "inflates to more than {} bytes, {INFLATE_RATIO_MAX} times its size: not read further",
                self.budget.limit
            ))
        })?;
        self.budget.left.set(left);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn err_a_bomb_is_stopped_at_its_bound() {
        let mut bomb = Bounded::new(io::repeat(0), InflateBudget::new(1_000_000));
        let error = io::copy(&mut bomb, &mut io::sink()).unwrap_err();
        assert!(error.to_string().contains("more than 200000000 bytes"), "{error}");
    }
}
