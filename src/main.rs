//! The program: arguments in, exit code out.

use std::process::ExitCode;
use std::thread;

use auditql::cli::{Cli, Console, run};
use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Of the thread that plans statements, bytes: what reads an expression of many parts calls itself for each.
const STACK: usize = 256 << 20;

fn main() -> ExitCode {
    let program = || run(Cli::parse(), &mut Console::new());
    // Memory is taken as far as the stack is used; where even the addresses are not to be had, the common stack will do.
    match thread::Builder::new().name("main".to_owned()).stack_size(STACK).spawn(program) {
        Ok(thread) => thread.join().unwrap_or_else(|_| ExitCode::from(101)),
        Err(_) => program(),
    }
}
