//! The only integration-test binary: each further one would link the engine again.

#![expect(clippy::unwrap_used, reason = "in a test a failed unwrap is the failure")]

mod architecture;
mod archive;
mod cli;
mod containers;
mod hostile;
mod normalize;
mod page_set;
mod readme;
mod slt;
mod support;
mod tidy;
mod tokens;
