//! The archive on disk: Parquet files, the record of which of them count, and the lock of their one writer.
//!
//! ```text
//! ARCHIVE/data/<table>/00000003-000.parquet   written once, never changed
//! ARCHIVE/commits/00000003.json               every file that counts after commit 3
//! ARCHIVE/.staging/                           files of an ingest that is not committed yet
//! ARCHIVE/.lock                               held by the one writer
//! ```
//!
//! A commit is one new file in `commits/`: before it exists nothing of an ingest counts, after it everything does.
//! Only this module knows the layout. It is synchronous and knows no SQL.

mod commit;
mod keys;
mod layout;
mod lock;
mod reader;
mod writer;

pub(crate) use commit::{DataFile, Snapshot};
pub(crate) use keys::{Key, KeyIndex, Known};
pub(crate) use reader::{Rows, file_columns, file_rows, stored_columns, text_column};
pub(crate) use writer::{StagedFile, TableWriter, Transaction};
