//! Scripts and saved queries: a text becomes statements with typed parameters, run one after the other.

mod builtin;
mod case;
mod header;
mod saved;
mod script;
mod severity;

pub(crate) use case::{Case, TestFolder, difference};
pub(crate) use header::{Header, QueryKind};
pub(crate) use saved::{Library, SavedQuery};
pub(crate) use script::{Script, check_given, given_for, script_text};
pub(crate) use severity::Severity;
