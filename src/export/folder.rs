//! The folder of an export: filled beside its final place and renamed when it is complete.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::{Context, Error, Result};
use crate::platform::{self, TemporaryDir};

/// Bytes that are gathered before a write.
const BUFFER_BYTES: usize = 1 << 18;

/// A folder on its way. Dropped before [`Self::finish`], it goes away with everything in it.
#[derive(Debug)]
pub(super) struct Folder {
    staging: TemporaryDir,
    place: PathBuf,
}

impl Folder {
    /// Begins a folder that will be `place`, under a name of its own: `place.partial-<process>`. Those of processes that
    /// were killed go away.
    ///
    /// # Errors
    ///
    /// If there is something at `place` already, if it lies inside `archive`, or if the disk refuses.
    pub(super) fn begin(place: &Path, archive: &Path, process: u32) -> Result<Self> {
        let what = || format!("cannot export to `{}`", place.display());
        let name = place.file_name().ok_or_else(|| {
            Error::new(what()).because("it names no new folder").hint("name a folder that does not exist yet")
        })?;
        let parent = match place.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        // Links in the way could lead into the archive.
        let parent = fs::canonicalize(parent).map_err(|error| {
            let error = match error.kind() {
                io::ErrorKind::NotFound => Error::new(what()).because("the folder above it does not exist"),
                _ => Error::new(what()).because(error),
            };
            error.hint(format!("create `{}` first", parent.display()))
        })?;
        let place = parent.join(name);
        let archive = fs::canonicalize(archive).context(what)?;
        if place.starts_with(&archive) {
            return Err(Error::new(what())
                .because("it lies inside the archive, which holds nothing but its own files")
                .hint("name a folder outside of it"));
        }
        if !is_free(&place).context(what)? {
            return Err(Error::new(what())
                .because("it exists and is not an empty folder")
                .hint("name a folder that does not exist yet; an export never adds to one or replaces one"));
        }
        let begin = format!("{}.partial-", name.to_string_lossy());
        let is_process = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
        TemporaryDir::sweep(&parent, |name| name.strip_prefix(&begin).is_some_and(is_process));
        let mut partial = OsString::from(name);
        partial.push(format!(".partial-{process}"));
        let staging = parent.join(partial);
        match TemporaryDir::create(staging.clone()) {
            Ok(staging) => Ok(Self { staging, place }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(Error::new(what())
                .because(format!("`{}` is in the way, left by an export that was killed", staging.display()))
                .hint("remove it")),
            Err(error) => Err(error).context(what),
        }
    }

    /// A new file in it.
    ///
    /// # Errors
    ///
    /// If the disk refuses.
    pub(super) fn create(&self, name: &str) -> Result<ExportFile> {
        let place = self.place.join(name);
        let file = platform::create_private_file(&self.staging.path().join(name))
            .map_err(|error| cannot_write(&place, &error))?;
        Ok(ExportFile {
            place,
            file: BufWriter::with_capacity(BUFFER_BYTES, file),
            hasher: Sha256::new(),
            size_bytes: 0,
            failure: None,
        })
    }

    /// Makes the folder durable and gives it its name.
    ///
    /// # Errors
    ///
    /// If somebody took the name meanwhile, or the disk fails.
    pub(super) fn finish(mut self) -> Result<()> {
        let mut give_name = || -> io::Result<()> {
            self.staging.unmark()?;
            platform::sync_dir(self.staging.path())?;
            // Windows renames over no folder, not even over an empty one.
            match fs::remove_dir(&self.place) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            fs::rename(self.staging.path(), &self.place)?;
            self.place.parent().map_or(Ok(()), platform::sync_dir)
        };
        give_name().map_err(|error| cannot_write(&self.place, &error))?;
        self.staging.keep();
        Ok(())
    }
}

/// Whether nothing is there, or an empty folder.
fn is_free(place: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
        Ok(found) if found.is_dir() => Ok(fs::read_dir(place)?.next().is_none()),
        Ok(_) => Ok(false),
    }
}

fn cannot_write(place: &Path, error: &io::Error) -> Error {
    let told = Error::new(format!("cannot write `{}`", place.display())).because(error);
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => told
            .hint("make room there, or name a folder on another disk; nothing of this export is left behind"),
        _ => told,
    }
}

/// A file of the export, hashed while it is written.
#[derive(Debug)]
pub(super) struct ExportFile {
    place: PathBuf,
    file: BufWriter<File>,
    hasher: Sha256,
    size_bytes: u64,
    failure: Option<Error>,
}

impl ExportFile {
    /// Makes the file durable; its size and SHA-256 in lower-case hexadecimal.
    ///
    /// # Errors
    ///
    /// If the disk is full or fails.
    pub(super) fn finish(mut self) -> Result<(u64, String)> {
        self.file
            .flush()
            .and_then(|()| self.file.get_ref().sync_all())
            .map_err(|error| cannot_write(&self.place, &error))?;
        let sha256 = self.hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok((self.size_bytes, sha256))
    }

    /// Why a write failed, if one did: what a writer above makes of it says less.
    pub(super) fn failure(&mut self) -> Option<Error> {
        self.failure.take()
    }

    fn note<T>(&mut self, done: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &done
            && error.kind() != io::ErrorKind::Interrupted
        {
            self.failure.get_or_insert_with(|| cannot_write(&self.place, error));
        }
        done
    }
}

impl Write for ExportFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes);
        let written = self.note(written)?;
        self.hasher.update(&bytes[..written]);
        self.size_bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.file.flush();
        self.note(flushed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_appears_when_it_is_finished_and_goes_away_if_it_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let archive = dir.path().join("archive");
        fs::create_dir(&archive).unwrap();
        let place = dir.path().join("out");
        let names = || {
            let mut names: Vec<_> =
                fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        let folder = Folder::begin(&place, &archive, 7).unwrap();
        folder.create("a").unwrap().write_all(b"half").unwrap();
        assert_eq!(names(), ["archive", "out.partial-7"]);
        assert!(Folder::begin(&place, &archive, 7).unwrap_err().to_string().contains("is in the way"));
        drop(folder);
        assert_eq!(names(), ["archive"]);
        let folder = Folder::begin(&place, &archive, 7).unwrap();
        let mut file = folder.create("a").unwrap();
        file.write_all(b"abc").unwrap();
        let (size_bytes, sha256) = file.finish().unwrap();
        assert!(size_bytes == 3 && sha256.starts_with("ba7816bf8f01cfea"), "{sha256}");
        folder.finish().unwrap();
        assert_eq!(fs::read(place.join("a")).unwrap(), b"abc");
        assert!(Folder::begin(&place, &archive, 7).is_err());
        assert!(Folder::begin(&archive.join("out"), &archive, 7).is_err());
    }
}
