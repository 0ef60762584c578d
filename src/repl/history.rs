//! What was typed before, in the user's state folder.

use std::path::PathBuf;

use rustyline::history::FileHistory;
use rustyline::{Editor, Helper};

use crate::platform;

/// The history's file; without one, or where it cannot be written, nothing is kept.
pub(super) struct History(Option<PathBuf>);

impl History {
    /// Makes the file if need be, owner-only, and loads it.
    pub(super) fn open<H: Helper>(path: Option<PathBuf>, editor: &mut Editor<H, FileHistory>) -> Self {
        let usable = path.filter(|path| {
            let made = path.parent().is_none_or(|dir| platform::create_private_dir(dir).is_ok());
            made && platform::open_private_file(path).is_ok()
        });
        if let Some(path) = &usable {
            // A history that cannot be read is as good as none.
            let _ = editor.load_history(path);
        }
        Self(usable)
    }

    pub(super) fn add<H: Helper>(&self, editor: &mut Editor<H, FileHistory>, line: &str) {
        let added = editor.add_history_entry(line).unwrap_or(false);
        if let Some(path) = self.0.as_ref().filter(|_| added) {
            let _ = editor.append_history(path);
        }
    }
}
