//! The only integration-test binary: each further one would link the engine again.

#![expect(clippy::unwrap_used, reason = "in a test a failed unwrap is the failure")]

mod architecture;
mod archive;
mod cli;
mod compact;
mod containers;
mod coverage;
mod crash;
mod diff;
mod docs;
mod export;
mod formats;
mod hostile;
mod hunt;
mod identity;
mod normalize;
mod older;
mod page_set;
mod quirks;
mod readme;
mod report;
mod salvage;
mod saved;
mod scripts;
mod shapes_identity;
mod shapes_log_analytics;
mod shapes_monitor;
mod shapes_powershell;
mod shapes_signin;
mod shapes_unified;
#[cfg(unix)]
mod shell;
mod show;
mod slt;
mod support;
mod tenant;
mod tidy;
mod timeline;
mod tokens;
mod verify;
mod words;
mod wrong_queries;
