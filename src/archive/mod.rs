//! The archive on disk: Parquet files, the record of which of them count, and the lock of their one writer.
//!
//! ```text
//! ARCHIVE/data/<table>/00000003-000.parquet   written once, never changed
//! ARCHIVE/index/<table>/00000003-000.index    checksums, identities and hours of that file
//! ARCHIVE/commits/00000003.json               every file that counts after commit 3, and what is known of gaps
//! ARCHIVE/.replaced/                          files that only commits before it list, while somebody reads as of those
//! ARCHIVE/.staging/                           files of an ingest that is not committed yet
//! ARCHIVE/.lock                               held by the one writer
//! ```
//!
//! A commit is one new file in `commits/`: before it exists nothing of an ingest counts, after it everything does.
//! Only this module knows the layout. It is synchronous and knows no SQL.

mod check;
mod checked;
mod commit;
mod coverage;
mod failure;
mod index;
mod keys;
mod layout;
mod leftovers;
mod lock;
mod reader;
mod writer;

pub(crate) use check::{coverage_differences, differences, sha256, unlisted};
pub(crate) use checked::CheckedFile;
pub(crate) use commit::{DataFile, Snapshot};
pub(crate) use coverage::{Gap, ServiceCoverage};
pub(crate) use index::{Events, HOUR_MICROS, Hours, add_hours, file_hours, file_keys, hours, staged_hours};
pub(crate) use keys::{Key, KeyIndex, Known};
pub(crate) use lock::Claim;
pub(crate) use reader::{TableFile, stored_columns, text_column};
pub(crate) use writer::{FILE_ROWS_MAX, StagedFile, TableWriter, Transaction};
