//! What differs between operating systems: owner-only files, durable folders, hard links, the user's state folder.
//!
//! Everything else in the program is the same on Linux, macOS and Windows.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Creates a folder and its parents, readable by their owner only where the system knows owners.
///
/// # Errors
///
/// Whatever the file system says; a folder that exists is no error.
pub(crate) fn create_private_dir(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    step();
    private_dirs(true).create(path)
}

/// Creates a folder that nobody else has made, readable by its owner only where the system knows owners.
///
/// # Errors
///
/// [`io::ErrorKind::AlreadyExists`] if there is anything of this name.
pub(crate) fn create_new_private_dir(path: &Path) -> io::Result<()> {
    step();
    private_dirs(false).create(path)
}

/// Creates a new file, readable by its owner only where the system knows owners.
///
/// # Errors
///
/// Also if the file exists.
pub(crate) fn create_private_file(path: &Path) -> io::Result<File> {
    step();
    private_options().write(true).create_new(true).open(path)
}

/// Opens a file for reading and writing and creates it if need be, readable by its owner only.
///
/// # Errors
///
/// Whatever the file system says.
pub(crate) fn open_private_file(path: &Path) -> io::Result<File> {
    private_options().read(true).write(true).create(true).truncate(false).open(path)
}

fn private_dirs(is_recursive: bool) -> fs::DirBuilder {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(is_recursive);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder
}

fn private_options() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix sets a mode"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

/// Opens a file below `top` for reading, and refuses one that a symbolic link below `top` leads to: a link may lead
/// anywhere.
///
/// # Errors
///
/// [`io::ErrorKind::InvalidInput`] if there is a link; whatever the file system says.
pub(crate) fn open_no_link(top: &Path, path: &Path) -> io::Result<File> {
    for part in path.ancestors().take_while(|part| *part != top) {
        refuse_link(part)?;
    }
    File::open(path)
}

/// Refuses a symbolic link; what does not exist is none.
///
/// # Errors
///
/// [`io::ErrorKind::InvalidInput`] if it is one.
pub(crate) fn refuse_link(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink()) {
        let message =
            format!("`{}` is a symbolic link, and nothing outside of the archive is touched", path.display());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    Ok(())
}

/// Fills `buffer` from a place in a file, whatever the file's own position is.
///
/// # Errors
///
/// Whatever the file system says; also if the file ends before.
pub(crate) fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    #[cfg(unix)]
    {
        std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
    }
    #[cfg(windows)]
    {
        let mut done = 0;
        while done < buffer.len() {
            let place = offset + done as u64;
            match std::os::windows::fs::FileExt::seek_read(file, &mut buffer[done..], place)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => done += read,
            }
        }
        Ok(())
    }
}

/// The error with the name of the file, for callers that say what they do with a whole folder of them.
fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("`{}`: {error}", path.display()))
}

/// Makes what was written to a file durable.
///
/// # Errors
///
/// Whatever the file system says, at the latest now: a full disk, too.
pub(crate) fn sync_file(file: &File) -> io::Result<()> {
    step();
    file.sync_all()
}

/// Gives a file another name, in one step; a file that has that name goes.
///
/// # Errors
///
/// Whatever the file system says.
pub(crate) fn rename(path: &Path, name: &Path) -> io::Result<()> {
    step();
    fs::rename(path, name).map_err(|error| named(path, &error))
}

/// Removes a file.
///
/// # Errors
///
/// Whatever the file system says.
pub(crate) fn remove_file(path: &Path) -> io::Result<()> {
    step();
    fs::remove_file(path).map_err(|error| named(path, &error))
}

/// Counts the steps that change what is on disk, and ends the process on the spot before one of them, as if its power
/// had gone: for tests of what then remains.
#[cfg(debug_assertions)]
static STEPS_LEFT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(u64::MAX);

/// Ends the process before the `steps`th step (from 0) that changes what is on disk. Only in builds for tests.
#[cfg(debug_assertions)]
pub(crate) fn stop_before_step(steps: u64) {
    STEPS_LEFT.store(steps, std::sync::atomic::Ordering::SeqCst);
}

fn step() {
    #[cfg(debug_assertions)]
    if STEPS_LEFT.fetch_sub(1, std::sync::atomic::Ordering::SeqCst) == 0 {
        std::process::abort();
    }
}

/// Makes the entries of a folder durable.
///
/// Windows has no such call and writes folder entries through.
///
/// # Errors
///
/// Whatever the file system says.
pub(crate) fn sync_dir(path: &Path) -> io::Result<()> {
    step();
    #[cfg(unix)]
    File::open(path).and_then(|dir| dir.sync_all()).map_err(|error| named(path, &error))?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Gives a finished file its final name, and fails if that name is taken.
///
/// A hard link does both in one step. File systems without hard links (FAT, some network shares) get a rename,
/// which is safe because the caller holds the archive's lock.
///
/// # Errors
///
/// [`io::ErrorKind::AlreadyExists`] if somebody else took the name.
pub(crate) fn publish(finished: &Path, name: &Path) -> io::Result<()> {
    step();
    match fs::hard_link(finished, name) {
        Ok(()) => fs::remove_file(finished),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(_) if name.exists() => Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(finished, name),
    }
}

/// Creates the file that is written until `path` is complete: beside it, under a name of its process, readable by its
/// owner only. It is locked as long as the process lives; those of processes that have ended are removed.
///
/// # Errors
///
/// Whatever the file system says.
pub(crate) fn create_partial_file(path: &Path) -> io::Result<(File, PathBuf)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let begin = format!(".{name}.");
    for entry in fs::read_dir(folder).into_iter().flatten().filter_map(io::Result::ok) {
        let found = entry.file_name().to_string_lossy().into_owned();
        let process = found.strip_prefix(&begin).and_then(|rest| rest.strip_suffix(".partial"));
        let is_partial = process.is_some_and(|process| process.parse::<u32>().is_ok())
            && entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_partial && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok()) {
            // What cannot be removed is somebody else's.
            let _ = fs::remove_file(entry.path());
        }
    }
    // It gets its name when it is locked: whoever finds it unlocked takes it away.
    let unlocked = path.with_file_name(format!("{begin}{}.new", std::process::id()));
    let partial = path.with_file_name(format!("{begin}{}.partial", std::process::id()));
    let _ = fs::remove_file(&unlocked);
    let file = create_private_file(&unlocked)?;
    // On a file system without locks nobody can tell whether the process lives, and nobody takes it away.
    let _ = file.try_lock();
    fs::rename(&unlocked, &partial)?;
    Ok((file, partial))
}

/// A folder that goes away with its owner; if the process is killed, with the next one that sweeps.
///
/// A file in it is locked as long as the process lives: the system lets go of locks however a process ends.
#[derive(Debug)]
pub(crate) struct TemporaryDir {
    path: PathBuf,
    lock: Option<File>,
    is_kept: bool,
}

/// The file in a temporary folder that its process keeps locked.
const OWNER: &str = ".owner";

impl TemporaryDir {
    /// Creates a folder that nobody else has made.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::AlreadyExists`] if there is anything of this name.
    pub(crate) fn create(path: PathBuf) -> io::Result<Self> {
        create_new_private_dir(&path)?;
        let mut dir = Self { path, lock: None, is_kept: false };
        // It gets its name when it is locked: whoever finds it unlocked takes the folder away.
        let unnamed = dir.path.join(".owner.new");
        let file = create_private_file(&unnamed)?;
        if file.try_lock().is_ok() {
            fs::rename(&unnamed, dir.path.join(OWNER))?;
            dir.lock = Some(file);
        } else {
            // File systems without locks: nobody can tell whether the process lives, and nobody sweeps.
            fs::remove_file(&unnamed)?;
        }
        Ok(dir)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes what marks it as temporary: from here on there is in it what was put there, and nothing else.
    ///
    /// # Errors
    ///
    /// Whatever the file system says.
    pub(crate) fn unmark(&mut self) -> io::Result<()> {
        if self.lock.take().is_some() { fs::remove_file(self.path.join(OWNER)) } else { Ok(()) }
    }

    /// Leaves it to whoever has given it another name.
    pub(crate) fn keep(mut self) {
        self.is_kept = true;
    }

    /// Removes the folders of processes that have ended, as far as `is_ours` says so of their names.
    pub(crate) fn sweep(parent: &Path, is_ours: impl Fn(&str) -> bool) {
        let Ok(entries) = fs::read_dir(parent) else { return };
        for entry in entries.filter_map(io::Result::ok) {
            let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if !is_dir || !is_ours(&entry.file_name().to_string_lossy()) {
                continue;
            }
            let open = open_no_link(parent, &entry.path().join(OWNER));
            if open.is_ok_and(|owner| owner.try_lock().is_ok()) {
                // What cannot be removed is somebody else's.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

impl Drop for TemporaryDir {
    fn drop(&mut self) {
        self.lock = None;
        if !self.is_kept {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// The folder for the shell's history: `$XDG_STATE_HOME/auditql`, else the system's usual place below the home
/// folder; nothing if the user has no home.
pub(crate) fn state_dir(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let path = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(state) = path("XDG_STATE_HOME").filter(|state| state.is_absolute()) {
        return Some(state.join("auditql"));
    }
    if cfg!(windows) {
        return path("LOCALAPPDATA").map(|local| local.join("auditql"));
    }
    let home = path("HOME")?;
    Some(if cfg!(target_os = "macos") {
        home.join("Library/Application Support/auditql")
    } else {
        home.join(".local/state/auditql")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn publishing_never_overwrites() {
        let dir = tempfile::tempdir().unwrap();
        let (first, second, name) = (dir.path().join("a"), dir.path().join("b"), dir.path().join("c"));
        fs::write(&first, "first").unwrap();
        fs::write(&second, "second").unwrap();
        publish(&first, &name).unwrap();
        assert_eq!(publish(&second, &name).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&name).unwrap(), "first");
        assert!(!first.exists() && second.exists());
    }

    #[test]
    fn temporary_folders_of_processes_that_have_ended_are_swept() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let alive = TemporaryDir::create(at("ours-alive")).unwrap();
        assert_eq!(TemporaryDir::create(at("ours-alive")).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        for (name, owner) in [("ours-dead", true), ("ours-unmarked", false), ("other-dead", true)] {
            fs::create_dir_all(at(name).join("below")).unwrap();
            if owner {
                fs::write(at(name).join(OWNER), "").unwrap();
            }
        }
        TemporaryDir::sweep(dir.path(), |name| name.starts_with("ours-"));
        let exist = ["ours-alive", "ours-dead", "ours-unmarked", "other-dead"].map(|name| at(name).exists());
        assert_eq!(exist, [true, false, true, true]);
        drop(alive);
        assert!(!at("ours-alive").exists());
        let mut kept = TemporaryDir::create(at("ours-kept")).unwrap();
        kept.unmark().unwrap();
        assert_eq!(fs::read_dir(kept.path()).unwrap().count(), 0);
        kept.keep();
        assert!(at("ours-kept").exists());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn state_folder_follows_xdg_then_home() {
        let with = |pairs: &[(&str, &str)]| {
            let pairs: Vec<_> = pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
            state_dir(move |name| pairs.iter().find(|(k, _)| k == name).map(|(_, v)| v.into()))
        };
        assert_eq!(with(&[("XDG_STATE_HOME", "/s"), ("HOME", "/h")]), Some("/s/auditql".into()));
        assert_eq!(with(&[("HOME", "/h")]), Some("/h/.local/state/auditql".into()));
        assert_eq!(with(&[("HOME", "")]), None);
    }
}
