//! Any bytes as a container: no panic, no endless loop, bounded memory.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| auditql_fuzz::containers(bytes));
