//! Scripts and saved queries: a text becomes statements with typed parameters, run one after the other.

mod builtin;
mod saved;
mod script;

pub(crate) use saved::Library;
pub(crate) use script::{Script, bind_all};
