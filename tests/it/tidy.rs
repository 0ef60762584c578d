//! Two lists that must agree: what is on disk and what is embedded, listed or documented.

use crate::support::{Run, files_below, query, root, sample_archive};

fn names(folder: &str, extension: &str) -> Vec<String> {
    let base = root().join(folder);
    files_below(&base)
        .into_iter()
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .map(|path| path.strip_prefix(&base).unwrap().with_extension("").to_string_lossy().replace('\\', "/"))
        .collect()
}

#[test]
fn every_query_file_is_embedded_and_tested() {
    let (views, saved): (Vec<_>, Vec<_>) =
        names("queries", "sql").into_iter().partition(|name| name.starts_with("views/"));
    let listed = Run::new().args(["queries"]).ok();
    let listed: Vec<_> =
        listed.lines().map(|line| line.split_whitespace().next().unwrap().to_owned()).collect();
    assert_eq!(listed, saved, "build.rs lists every file of queries/");
    let tests = names("tests/slt", "slt");
    for name in saved {
        assert!(root().join(format!("queries/{name}.test")).is_dir(), "queries/{name}.test is missing");
        let help = Run::new().args(["queries", &name]).ok();
        assert!(help.lines().nth(2).unwrap().ends_with('?'), "{name} asks a question: {help}");
    }
    let known = query(sample_archive(), "SELECT table_name FROM meta.tables");
    for view in views {
        let name = view.strip_prefix("views/").unwrap();
        assert!(known.lines().any(|table| table == name), "build.rs does not list the view {name}");
        assert!(tests.contains(&view), "tests/slt/{view}.slt is missing");
    }
}

#[test]
fn every_function_is_documented_and_tested() {
    let listed = Run::new().archive(sample_archive()).input("\\df\n").ok();
    let tests = names("tests/slt", "slt");
    for function in names("src/engine/functions", "rs") {
        if matches!(function.as_str(), "mod" | "text" | "list" | "lookup" | "json_tree" | "archive_instant") {
            continue;
        }
        assert!(listed.contains(&format!("{function}(")), "{function} is not in FUNCTIONS");
    }
    for line in listed.lines() {
        let name = line.split('(').next().unwrap();
        assert!(tests.contains(&format!("functions/{name}")), "tests/slt/functions/{name}.slt is missing");
    }
}

#[test]
fn every_column_of_every_table_says_what_it_is() {
    let silent = query(
        sample_archive(),
        "SELECT table_name, column_name FROM meta.columns WHERE description IS NULL ORDER BY 1, 2",
    );
    assert_eq!(silent, "", "columns without a description");
    let undocumented = query(
        sample_archive(),
        "SELECT c.table_schema, c.table_name, c.column_name FROM information_schema.columns c
         LEFT JOIN meta.columns m
           ON m.column_name = c.column_name
          AND m.table_name = CASE c.table_schema WHEN 'meta' THEN 'meta.' ELSE '' END || c.table_name
         WHERE c.table_schema <> 'information_schema' AND m.column_name IS NULL ORDER BY 1, 2, 3",
    );
    assert_eq!(undocumented, "", "columns that meta.columns does not know");
}

#[test]
fn arrow_and_parquet_are_the_engines_own() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    for name in ["arrow", "parquet", "datafusion"] {
        let entry = format!("name = \"{name}\"\n");
        assert_eq!(lock.matches(&entry).count(), 1, "more than one version of {name}");
    }
}

#[test]
fn the_lint_never_to_allow_is_kept() {
    for path in files_below(&root().join("src")) {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains("#[allow("), "{}: use #[expect(…, reason = …)]", path.display());
    }
}
