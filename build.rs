//! Lists the SQL of `queries/` for embedding: a query or a view is its file, and no list is kept beside the files.
//!
//! Writes `views.rs` (`queries/views/*.sql`) and `queries.rs` (all others), each a sorted constant of names and texts.
//! Folders that end in `.test` hold tests and are left out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Folder of the views.
const VIEWS: &str = "views/";

fn main() -> io::Result<()> {
    let folder = |name| env::var_os(name).map(PathBuf::from).ok_or(io::ErrorKind::NotFound);
    let queries = folder("CARGO_MANIFEST_DIR")?.join("queries");
    let out = folder("OUT_DIR")?;
    let mut files = BTreeMap::new();
    find(&queries, "", &mut files)?;
    let (views, queries): (BTreeMap<_, _>, _) =
        files.into_iter().partition(|(name, _)| name.starts_with(VIEWS));
    let views = views.into_iter().map(|(name, file)| (name[VIEWS.len()..].to_owned(), file)).collect();
    write(&out.join("views.rs"), &constant("VIEWS", "Name and text of each shipped view.", &views))?;
    write(&out.join("queries.rs"), &constant("BUILTIN", "Name and text of each shipped query.", &queries))
}

/// Writes a file that is not so already: one that is written is compiled again.
fn write(path: &Path, text: &str) -> io::Result<()> {
    match fs::read_to_string(path) {
        Ok(there) if there == text => Ok(()),
        _ => fs::write(path, text),
    }
}

/// Finds the `.sql` files below a folder, by their names within `queries/`.
fn find(folder: &Path, prefix: &str, files: &mut BTreeMap<String, PathBuf>) -> io::Result<()> {
    // A change in the folder: one of its files is new or gone. Changes of the texts are followed by the compiler.
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if path.is_dir() && !name.ends_with(".test") {
            find(&path, &format!("{prefix}{name}/"), files)?;
        } else if let Some(stem) = name.strip_suffix(".sql").filter(|_| path.is_file()) {
            files.insert(format!("{prefix}{stem}"), path);
        }
    }
    Ok(())
}

fn constant(name: &str, doc: &str, files: &BTreeMap<String, PathBuf>) -> String {
    let line = |(name, file): (&String, &PathBuf)| {
        format!("    ({name:?}, include_str!({:?})),\n", file.display().to_string())
    };
    let lines: String = files.iter().map(line).collect();
    format!("/// {doc}\npub(super) const {name}: &[(&str, &str)] = &[\n{lines}];\n")
}
