//! Failures to write: which file, why, that nothing has changed, and what to do.

use std::error::Error as StdError;
use std::io::{self, ErrorKind};
use std::path::Path;

use crate::error::Error;

/// Why a file that no commit lists could not be written.
pub(super) fn cannot_write(what: &str, file: &Path, error: &(dyn StdError + 'static)) -> Error {
    let root = root(error);
    let told = Error::new(format!("cannot write {what} to `{}`", file.display()));
    let told = match root {
        Some(root) => told.because(root),
        None => told.because(error),
    };
    let told = told.note("the archive is unchanged");
    match root.map(io::Error::kind) {
        Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge) => {
            told.hint("make room there, or name a folder on another disk, and run the same again")
        }
        _ => told,
    }
}

/// Why a folder of an archive that is to be written cannot be used.
pub(super) fn cannot_use(archive: &Path, path: &Path, error: &io::Error) -> Error {
    let told = Error::new(format!("cannot write to archive `{}`", archive.display()));
    let place = path.display();
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => told
            .because(format!("it is read-only: `{place}`: {error}"))
            .hint("queries work; to add to it, make it writable for you, or copy it to where you may write"),
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory => {
            told.because(format!("`{place}` is to be a folder, and a file is there: {error}"))
        }
        _ => told.because(format!("`{place}`: {error}")),
    }
}

/// The failure of the system below what a writer made of it.
fn root<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e io::Error> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Some(error);
        }
        cause = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use parquet::errors::ParquetError;

    use super::*;

    #[test]
    fn a_full_disk_is_told_with_the_file_and_the_way_out() {
        let full = ParquetError::External(Box::new(io::Error::from(ErrorKind::StorageFull)));
        assert_eq!(
            cannot_write("table `audit`", Path::new("a/x.parquet"), &full).to_string(),
            "cannot write table `audit` to `a/x.parquet`\nbecause: no storage space\nnote: the archive is unchanged\n\
             hint: make room there, or name a folder on another disk, and run the same again"
        );
        let other = ParquetError::General("no".to_owned());
        let told = cannot_write("table `audit`", Path::new("a"), &other).to_string();
        assert_eq!(
            told,
            "cannot write table `audit` to `a`\nbecause: Parquet error: no\nnote: the archive is unchanged"
        );
    }

    #[test]
    fn what_may_not_be_written_may_be_queried() {
        let told = |kind: ErrorKind| {
            cannot_use(Path::new("a"), Path::new("a/.lock"), &io::Error::from(kind)).to_string()
        };
        for kind in [ErrorKind::PermissionDenied, ErrorKind::ReadOnlyFilesystem] {
            assert!(told(kind).contains("\nbecause: it is read-only: `a/.lock`: "), "{}", told(kind));
            assert!(told(kind).contains("\nhint: queries work; "), "{}", told(kind));
        }
        assert!(told(ErrorKind::AlreadyExists).contains("`a/.lock` is to be a folder, and a file is there"));
        assert!(told(ErrorKind::Interrupted).contains("because: `a/.lock`: "));
    }
}
