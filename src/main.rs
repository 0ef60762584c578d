//! The program: arguments in, exit code out.

use std::process::ExitCode;

use auditql::cli::{Cli, Console, run};
use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    run(Cli::parse(), &mut Console::new())
}
