//! Our own rules about which module may use which, and how large a file may be.

use crate::support::{files_below, root};

/// A module may name only modules listed before it, and only these. Drawn again in ARCHITECTURE.md.
const MAY_USE: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("platform", &[]),
    ("schema", &[]),
    ("render", &["error", "schema"]),
    ("source", &["error"]),
    ("format", &["schema"]),
    ("normalize", &["schema", "format"]),
    ("archive", &["error", "platform", "schema"]),
    ("ingest", &["error", "platform", "schema", "source", "format", "normalize", "archive"]),
    ("engine", &["error", "schema", "archive"]),
    ("diff", &["error", "schema", "render", "archive", "engine"]),
    ("query", &["error", "engine"]),
    ("hunt", &["error", "render", "engine", "query"]),
    ("report", &["error", "schema", "render", "engine", "query", "hunt"]),
    ("export", &["error", "platform", "schema", "render", "engine"]),
    ("repl", &["error", "platform", "engine"]),
    (
        "cli",
        &[
            "error",
            "platform",
            "schema",
            "render",
            "archive",
            "ingest",
            "normalize",
            "engine",
            "diff",
            "query",
            "hunt",
            "report",
            "export",
            "repl",
        ],
    ),
];

/// Lines that a source file may have.
const LINES_MAX: usize = 700;

fn sources() -> Vec<(String, String)> {
    let src = root().join("src");
    files_below(&src)
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            let name = path.strip_prefix(&src).unwrap().to_string_lossy().replace('\\', "/");
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// The module that a file belongs to.
fn module(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

#[test]
fn modules_use_only_what_they_may() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let module = module(&file);
        if matches!(module, "lib" | "main") {
            continue;
        }
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == module) else {
            wrong.push(format!("src/{file}: module `{module}` is not in MAY_USE"));
            continue;
        };
        for part in text.split("crate::").skip(1) {
            let used: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if used.is_empty() {
                wrong
                    .push(format!("src/{file}: write one `use crate::module::…` a line, not `crate::{{…}}`"));
            } else if used != module && !allowed.contains(&used.as_str()) {
                wrong.push(format!(
                    "src/{file}: `{module}` may not use `{used}`; move the code, or argue for MAY_USE"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_module_is_listed_after_those_it_uses() {
    for (index, (name, allowed)) in MAY_USE.iter().enumerate() {
        for used in *allowed {
            assert!(
                MAY_USE[..index].iter().any(|(earlier, _)| earlier == used),
                "`{name}` uses `{used}`, listed later"
            );
        }
    }
}

#[test]
fn only_cli_and_repl_know_the_terminal_the_environment_and_the_clock() {
    let owned =
        ["std::env::", "io::stdout", "io::stderr", "io::stdin", "SystemTime", "Utc::now", "Instant::now"];
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        if matches!(module(&file), "cli" | "repl" | "main") {
            continue;
        }
        for name in owned.iter().filter(|name| text.contains(**name)) {
            wrong.push(format!("src/{file}: `{name}` is cli's: take it as an argument"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_stay_small_enough_to_read() {
    for (file, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "src/{file} has {lines} lines; more than {LINES_MAX} is two subjects");
    }
    let main = std::fs::read_to_string(root().join("src/main.rs")).unwrap();
    assert!(main.lines().count() < 30);
}

#[test]
fn every_module_says_what_it_owns() {
    for (file, text) in sources() {
        assert!(text.starts_with("//! "), "src/{file} begins without `//!`");
    }
}
