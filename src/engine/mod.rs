//! The archive as SQL: DataFusion's session over the archive's files, with our tables, views and functions.
//!
//! Only this module knows DataFusion's session. Its door is synchronous: [`Engine::run`] plans one statement and
//! gives back an [`Answer`] that is read batch by batch, and knows what the archive does not cover of it.
//!
//! ```text
//! Snapshot ─▶ tables audit, meta.sources …  ─▶ functions detail, json_value … ─▶ views b2c_token, guest …
//! ```

mod answer;
mod condition;
mod coverage;
mod durations;
mod explain;
mod functions;
mod header;
mod hours;
mod interrupt;
mod lazy;
mod lexemes;
mod meta;
mod panics;
mod parameters;
mod reading;
mod scans;
mod session;
mod statements;
mod store;
mod table;
mod time_range;
mod views;
mod words;

pub(crate) use answer::Answer;
pub(crate) use condition::Condition;
pub(crate) use coverage::{Warning, WarningKind, rounded};
pub(crate) use functions::FUNCTIONS;
pub(crate) use header::{HeaderField, header_field, header_fields};
pub(crate) use lexemes::{Lexeme, LexemeKind, lexemes};
#[cfg(test)]
pub(crate) use meta::ColumnDoc;
pub(crate) use meta::{QuerySummary, SavedQueries, TableDoc, event_table_names};
pub(crate) use parameters::{Parameter, ParameterKind, Parameters};
pub(crate) use reading::Reading;
pub(crate) use session::{Engine, EngineOptions};
pub(crate) use statements::{StatementText, ends_statement, statements};
pub(crate) use time_range::{TimeRange, parse_instant, parse_span};
pub(crate) use views::View;
