//! One writer at a time.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::failure::cannot_use;
use super::layout;
use crate::error::{Context, Error, Result};
use crate::platform;

/// How often to look whether another writer has ended.
const POLL: Duration = Duration::from_millis(50);

/// Who wants to write.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    /// Who it is, for whoever finds the archive locked.
    pub(crate) holder: String,
    /// How long to wait for another writer to end.
    pub(crate) wait: Duration,
}

/// The archive's lock; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Whether somebody writes.
    pub(super) fn is_held(archive: &Path) -> bool {
        let file = platform::open_no_link(archive, &layout::lock_path(archive));
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Takes the lock of an existing archive folder.
    ///
    /// # Errors
    ///
    /// If another process holds it longer than is waited: who, and since when.
    pub(super) fn take(archive: &Path, claim: &Claim) -> Result<Self> {
        let path = layout::lock_path(archive);
        let describe = || format!("cannot lock archive `{}`", archive.display());
        platform::refuse_link(&path).context(describe)?;
        let mut file =
            platform::open_private_file(&path).map_err(|error| cannot_use(archive, &path, &error))?;
        let mut waited = Duration::ZERO;
        let locked = loop {
            match file.try_lock() {
                Err(TryLockError::WouldBlock) if waited < claim.wait => {
                    thread::sleep(POLL);
                    waited += POLL;
                }
                other => break other,
            }
        };
        match locked {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut held_by = String::new();
                // A system with mandatory locks does not let us look; then we just do not know.
                let _ = file.read_to_string(&mut held_by);
                let held_by = if held_by.is_empty() { "another process" } else { held_by.trim() };
                return Err(Error::new(format!("cannot write to archive `{}`", archive.display()))
                    .because(format!("it is being written to by {held_by}"))
                    .hint(
                        "try again when that has ended, or add `--wait 10m`; reading is possible meanwhile",
                    ));
            }
            Err(TryLockError::Error(error)) => return Err(error).context(describe),
        }
        let write = |file: &mut File| -> std::io::Result<()> {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", claim.holder)
        };
        write(&mut file).context(describe)?;
        Ok(Self { _file: file })
    }
}
