//! Temporary files of one command: archives of downloads, read away from them, and what does not fit the memory. Gone
//! when it ends; what a killed process left goes with the next one.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Console;
use super::ingest::{ingest_with_bar, warn_of_sources};
use crate::archive::{Claim, Snapshot};
use crate::error::{Context, Error, Hint, Result};
use crate::ingest::{IngestOptions, IngestSummary};
use crate::platform::TemporaryDir;

/// How the names of temporary folders begin.
const PREFIX: &str = "auditql-";

/// A folder for temporary files, made when it is first needed. It goes away with its owner.
pub(super) struct Scratch {
    command: &'static str,
    parent: PathBuf,
    made: Option<TemporaryDir>,
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

    /// The folder.
    ///
    /// # Errors
    ///
    /// If there is no place for temporary files.
    pub(super) fn folder(&mut self, now: i64) -> Result<&Path> {
        if self.made.is_none() {
            TemporaryDir::sweep(&self.parent, |name| name.starts_with(PREFIX));
            let name = format!("{PREFIX}{}-{}-{now}", self.command, std::process::id());
            let folder = self.parent.join(name);
            let made = TemporaryDir::create(folder.clone())
                .context(|| format!("cannot make `{}`", folder.display()))
                .hint(|| "set TMPDIR (on Windows TMP) to a folder that can be written to".to_owned())?;
            self.made = Some(made);
        }
        Ok(self.made.as_ref().expect("it was just made").path())
    }
}
