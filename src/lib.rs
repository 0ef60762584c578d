//! auditql: an offline analysis engine for archives of Microsoft Entra ID, Azure AD and Azure AD B2C audit logs.
//!
//! Downloaded pages of JSON and CSV become a Parquet archive, which an embedded engine serves as SQL tables.
//! `ARCHITECTURE.md` has the map; the program itself is [`cli`].

mod archive;
pub mod cli;
mod diff;
mod engine;
mod error;
mod export;
mod format;
mod hunt;
mod ingest;
mod normalize;
mod platform;
mod query;
mod render;
mod repl;
mod report;
mod schema;
mod source;
