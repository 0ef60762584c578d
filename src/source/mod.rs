//! Where bytes come from: files found below the paths a person named, members of containers, text encodings.
//!
//! Sources are only ever read. This module does not know what the bytes mean.
//!
//! ```text
//! walk(["case/"]) ─▶ case/a.json, case/b.json.gz, case/c.zip       sorted by name
//! members(c.zip)  ─▶ case/c.zip!e.csv, case/c.zip!logs.tar!f.json  inflated, bounded, whatever is in what
//! text(bytes)     ─▶ UTF-8, whatever the byte-order mark said
//! ```

mod codec;
mod limits;
mod member;
mod nest;
mod seven_zip;
mod tar;
mod text;
mod time;
mod walk;
mod zip;

pub(crate) use limits::HEAD_BYTES;
pub(crate) use member::{Member, container};
pub(crate) use text::{Encoding, TextReader};
pub(crate) use walk::{SourceFile, Walk, walk};
