//! Temporary archives: downloads read for one command, away from them, and gone when it ends.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Console;
use super::ingest::{ingest_with_bar, warn_of_sources};
use crate::archive::{Claim, Snapshot};
use crate::error::{Context, Error, Result};
use crate::ingest::{IngestOptions, IngestSummary};
use crate::platform;

/// A folder for temporary archives, made when it is first needed. It goes away with its owner.
pub(super) struct Scratch {
    command: &'static str,
    parent: PathBuf,
    made: Option<PathBuf>,
}

impl Scratch {
    /// Makes nothing yet.
    ///
    /// # Errors
    ///
    /// If temporary files would lie inside of what `command` reads.
    pub(super) fn new(command: &'static str, paths: &[String]) -> Result<Self> {
        let parent = std::env::temp_dir();
        let real = fs::canonicalize(&parent).unwrap_or_else(|_| parent.clone());
        for path in paths {
            if fs::canonicalize(path).is_ok_and(|path| path.is_dir() && real.starts_with(path)) {
                return Err(Error::new(format!("cannot read `{path}`"))
                    .because(format!("the folder for temporary files, `{}`, lies inside", parent.display()))
                    .hint("set TMPDIR (on Windows TMP) to a folder outside of it"));
            }
        }
        Ok(Self { command, parent, made: None })
    }

    /// Reads downloads into the temporary archive `name`, and warns of what is wrong with them.
    ///
    /// # Errors
    ///
    /// Those of an ingest; if there is no place for temporary files.
    pub(super) fn ingest(
        &mut self,
        name: &str,
        paths: &[String],
        threads: usize,
        console: &Console,
    ) -> Result<(Snapshot, IngestSummary)> {
        let now = console.now();
        let folder = self.folder(now)?;
        let archive = folder.join(name);
        let options = IngestOptions {
            paths: paths.to_owned(),
            archive: archive.clone(),
            tenant: None,
            is_dry_run: false,
            threads,
            now,
            scratch: folder.join("scratch"),
            claim: Claim { holder: format!("auditql {}", self.command), wait: Duration::ZERO },
        };
        let summary = ingest_with_bar(&options, console)?;
        warn_of_sources(&summary, console);
        Ok((Snapshot::open_or_empty(&archive)?, summary))
    }

    fn folder(&mut self, now: i64) -> Result<&Path> {
        if self.made.is_none() {
            let name = format!("auditql-{}-{}-{now}", self.command, std::process::id());
            let folder = self.parent.join(name);
            platform::create_new_private_dir(&folder)
                .context(|| format!("cannot make `{}`", folder.display()))
                .map_err(|error| {
                    error.hint("set TMPDIR (on Windows TMP) to a folder that can be written to")
                })?;
            self.made = Some(folder);
        }
        Ok(self.made.as_deref().expect("it was just made"))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some(made) = &self.made {
            let _ = fs::remove_dir_all(made);
        }
    }
}
