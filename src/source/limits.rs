//! How much of anything is taken in.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// Text looked at to tell what it is.
pub(crate) const HEAD_BYTES: usize = 64 << 10;
/// Members of one file that are read, those of the containers inside it among them.
pub(super) const MEMBERS_MAX: usize = 200_000;
/// Containers and compressions around a text. A `.tar.gz` inside a zip makes three; a file that holds itself never ends.
pub(super) const LAYERS_MAX: usize = 8;
/// Zip and 7z files inside other containers are read into memory up to this size, all that are open at a time together.
pub(super) const NESTED_BYTES_MAX: u64 = 256 << 20;
/// Memory that an xz or 7z file may ask for to be inflated. `xz -9` and 7-Zip's `Ultra` ask for 64 MiB, newer ones for 256.
pub(super) const DICTIONARY_BYTES_MAX: u32 = 512 << 20;
/// Headers of one tar member, which are read into memory: long names, extended attributes, maps of holes.
pub(super) const TAR_HEADERS_BYTES_MAX: u64 = 1 << 20;
/// A member's name is kept so far; systems allow paths of 4096 bytes.
pub(super) const NAME_BYTES_MAX: usize = 4096;
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
///
/// A failure is final and told again by every later read: there are decoders that never return when they are asked for
/// more behind damage.
#[derive(Debug)]
pub(super) struct Bounded<R> {
    inner: R,
    budget: InflateBudget,
    failure: Option<(io::ErrorKind, String)>,
}

impl<R: Read> Bounded<R> {
    pub(super) fn new(inner: R, budget: InflateBudget) -> Self {
        Self { inner, budget, failure: None }
    }

    fn read_within_budget(&mut self, into: &mut [u8]) -> io::Result<usize> {
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

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if let Some((kind, reason)) = &self.failure {
            return Err(io::Error::new(*kind, reason.clone()));
        }
        let read = self.read_within_budget(into);
        if let Err(error) = &read
            && error.kind() != io::ErrorKind::Interrupted
        {
            self.failure = Some((error.kind(), error.to_string()));
        }
        read
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
