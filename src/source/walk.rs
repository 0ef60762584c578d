//! Finds the files below the paths that a person named.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Context, Error, Result};

/// A file to read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SourceFile {
    /// As it was named, folders with `/` on every system: what `meta.sources.path` says.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) path: PathBuf,
}

/// What a walk found.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    /// Files sorted by name, each once.
    pub(crate) files: Vec<SourceFile>,
    /// Folders that could not be listed, with the reason.
    pub(crate) unreadable: Vec<(String, String)>,
}

/// Finds every file at or below `paths`, which may be files, folders or globs.
///
/// Links to files are followed, links to folders are not: they could lead in circles or out of the evidence. The
/// folder `archive`, if it lies below a path, is left out. A name that exists is never taken for a glob.
///
/// # Errors
///
/// If a path names nothing at all.
pub(crate) fn walk(paths: &[String], archive: Option<&Path>) -> Result<Walk> {
    let archive = archive.and_then(|path| fs::canonicalize(path).ok());
    let mut found = Walk::default();
    for path in paths {
        let before = (found.files.len(), found.unreadable.len());
        if Path::new(path).exists() {
            found.visit(Path::new(path), archive.as_deref(), true);
        } else {
            let matches = glob::glob(path).context(|| format!("cannot read the pattern `{path}`"))?;
            for matched in matches.filter_map(|matched| matched.ok()) {
                found.visit(&matched, archive.as_deref(), true);
            }
        }
        if before == (found.files.len(), found.unreadable.len()) && !Path::new(path).is_dir() {
            return Err(Error::new(format!("cannot find `{path}`"))
                .because("no such file or folder, and no file matches it as a pattern")
                .hint("name a file, a folder, or a pattern such as 'logs/*.json'"));
        }
    }
    found.files.sort();
    found.files.dedup();
    found.unreadable.sort();
    Ok(found)
}

impl Walk {
    fn visit(&mut self, path: &Path, archive: Option<&Path>, named: bool) {
        let is_dir = if named { path.is_dir() } else { path.is_dir() && !path.is_symlink() };
        if !is_dir {
            if !path.is_dir() {
                self.files.push(SourceFile { name: display_name(path), path: path.to_owned() });
            }
            return;
        }
        if archive.is_some() && fs::canonicalize(path).ok().as_deref() == archive {
            return;
        }
        match fs::read_dir(path) {
            Ok(entries) => {
                for entry in entries {
                    match entry {
                        Ok(entry) => self.visit(&entry.path(), archive, false),
                        Err(error) => self.unreadable.push((display_name(path), error.to_string())),
                    }
                }
            }
            Err(error) => self.unreadable.push((display_name(path), error.to_string())),
        }
    }
}

fn display_name(path: &Path) -> String {
    let name = path.to_string_lossy();
    let name = if cfg!(windows) { name.replace('\\', "/") } else { name.into_owned() };
    name.strip_prefix("./").map_or(name.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_sorted_and_once_and_the_archive_is_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir_all(at("b/c")).unwrap();
        fs::create_dir_all(at("archive/data")).unwrap();
        for name in ["z.json", "b/c/1.json", "b/a [1].json", "archive/data/x.parquet"] {
            fs::write(at(name), "{}").unwrap();
        }
        let root = dir.path().to_string_lossy().into_owned();
        let found = walk(&[root.clone(), format!("{root}/*.json")], Some(&at("archive"))).unwrap();
        let names: Vec<_> = found.files.iter().map(|f| f.name.strip_prefix(&root).unwrap()).collect();
        assert_eq!(names, ["/b/a [1].json", "/b/c/1.json", "/z.json"]);
        assert_eq!(walk(&[format!("{root}/b/a [1].json")], None).unwrap().files.len(), 1);
        assert!(
            walk(&[format!("{root}/nothing*.json")], None).unwrap_err().to_string().contains("cannot find")
        );
    }
}
