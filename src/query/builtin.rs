//! The saved queries that ship inside the program: the files of `queries/`, as `build.rs` lists them.

include!(concat!(env!("OUT_DIR"), "/queries.rs"));
