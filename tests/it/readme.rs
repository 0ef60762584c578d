//! What README.md shows is what the program says: its tour is run, and its tables are made again.
//!
//! `UPDATE_EXPECT=1 cargo test --test it readme` writes the answers into it. Two marks keep what changes from run to
//! run out of it: a line `…` stands for any number of lines, and `…` at the end of a line for the rest of it.

use std::fmt::Write;

use expect_test::expect_file;
use serde_json::Value;

use crate::support::{Run, files_below, root, sample_archive};

/// Builds, and answers the first question.
const BUILD_AND_RUN: &str = "cargo build --release && ./target/release/auditql ingest sample-data --archive archive \
                             ; ./target/release/auditql run b2c/tokens-per-policy --param bucket=all --archive archive";
/// Tests everything.
const TEST: &str = "cargo test";

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

#[test]
fn what_it_shows_is_what_the_program_says() {
    let readme = retold(&read("README.md"));
    let tokens = Run::new()
        .args(["run", "b2c/tokens-per-policy", "--param", "bucket=all"])
        .archive(sample_archive())
        .ok();
    let functions = Run::new().archive(sample_archive()).input("\\df\n").ok();
    let functions: Vec<_> =
        functions.lines().filter_map(|line| Some(format!("`{}`", line.split_once("  ")?.0))).collect();
    let generated = [
        ("tokens", text_block(&tokens)),
        (
            "formats",
            markdown_table(&["format", "table_name", "description", "recognised_by"], "meta.formats"),
        ),
        ("tables", markdown_table(&["table_name", "description"], "meta.tables")),
        ("functions", functions.join(", ") + ".\n"),
    ];
    let readme = generated.iter().fold(readme, |readme, (name, content)| with_region(&readme, name, content));
    expect_file![root().join("README.md")].assert_eq(&readme);
}

#[test]
fn its_two_commands_are_the_ones_that_hold() {
    let readme = read("README.md");
    for command in [BUILD_AND_RUN, TEST] {
        assert!(
            readme.contains(&format!("```sh\n{command}\n```\n")),
            "README.md lacks the block `{command}`"
        );
    }
    assert!(read(".ci/run").lines().any(|line| line == TEST), ".ci/run does not call `{TEST}`");
}

#[test]
fn every_promise_names_tests_that_exist() {
    let readme = read("README.md");
    let (_, promises) = readme.split_once("## What you can rely on\n").unwrap();
    let rows: Vec<_> = promises.lines().filter(|line| line.starts_with("| **")).collect();
    assert!(rows.len() >= 8, "{}", rows.len());
    for row in rows {
        let tests: Vec<_> = row.split('`').filter_map(|word| word.split_once("::")).collect();
        assert!(!tests.is_empty(), "no test holds: {row}");
        for (module, test) in tests {
            let has = read(&format!("tests/it/{module}.rs")).contains(&format!("fn {test}("));
            assert!(has, "there is no test {module}::{test}");
        }
    }
}

#[test]
fn its_links_lead_somewhere() {
    for file in ["README.md", "ARCHITECTURE.md"] {
        let text = read(file);
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://") && !link.starts_with('#')) {
            assert!(root().join(link).exists(), "{file} links to {link}");
        }
    }
}

/// The text with the answers of all commands in its console blocks, run in order in a folder of their own.
fn retold(readme: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    for file in files_below(&root().join("sample-data")) {
        let copy = dir.path().join(file.strip_prefix(root()).unwrap());
        std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
        std::fs::copy(file, copy).unwrap();
    }
    let ingest = ["ingest", "sample-data", "--archive", "archive"];
    assert!(
        BUILD_AND_RUN.contains(&ingest.join(" ")),
        "the tour begins with the archive of the first command"
    );
    assert_eq!(Run::new().dir(dir.path()).args(ingest).said().code, 1);
    let mut told = String::new();
    let mut environment = Vec::new();
    let mut is_console = false;
    let mut lines = readme.lines().peekable();
    while let Some(line) = lines.next() {
        writeln!(told, "{line}").unwrap();
        if line.starts_with("```") {
            is_console = line == "```console";
        }
        let Some(begin) = line.strip_prefix("$ ").filter(|_| is_console) else { continue };
        let mut command = begin.to_owned();
        let words = loop {
            if let Some(words) = shell_words(&command) {
                break words;
            }
            let more = lines.next().expect("a quote of the command is not closed");
            writeln!(told, "{more}").unwrap();
            command = format!("{command}\n{more}");
        };
        let mut shown = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with("$ ") && !line.starts_with("```")) {
            shown.push(line);
        }
        if words[0] == "export" {
            let (name, value) = words[1].split_once('=').unwrap();
            environment.push((name.to_owned(), value.to_owned()));
            continue;
        }
        assert_eq!(words[0], "auditql", "only `auditql` and `export` can be run: {command}");
        let run = Run::new().dir(dir.path()).args(&words[1..]);
        let said = environment.iter().fold(run, |run, (name, value)| run.env(name, value)).said();
        assert!(said.code < 2, "{command}\n{}", said.stderr);
        for line in updated(&shown, &said.stdout.lines().map(str::trim_end).collect::<Vec<_>>()) {
            writeln!(told, "{line}").unwrap();
        }
    }
    told
}

/// Words of a command as a shell parts them, with quotes; nothing if a quote is not closed.
fn shell_words(command: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in command.chars() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some('\''), _) => word.get_or_insert_default().push(c),
            (_, '$' | '`' | '\\') => panic!("a shell would replace `{c}` here: {command}"),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ' | '\n') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

/// Whether an answer is what is shown, with `…` for what may differ.
fn holds(shown: &[&str], said: &[&str]) -> bool {
    match (shown.split_first(), said.split_first()) {
        (Some((&"…", rest)), _) => (0..=said.len()).any(|skipped| holds(rest, &said[skipped..])),
        (Some((line, rest)), Some((other, after))) => line_holds(line, other) && holds(rest, after),
        (None, None) => true,
        _ => false,
    }
}

fn line_holds(shown: &str, said: &str) -> bool {
    shown == said || shown.strip_suffix('…').is_some_and(|begin| !begin.is_empty() && said.starts_with(begin))
}

/// What is shown if it holds, else the answer, with those `…` of what was shown whose neighbours are still there.
fn updated(shown: &[&str], said: &[&str]) -> Vec<String> {
    if holds(shown, said) {
        return shown.iter().map(|line| (*line).to_owned()).collect();
    }
    let kept = |line: &&str| shown.iter().find(|shown| line_holds(shown, line)).unwrap_or(line).to_string();
    let mut lines: Vec<String> = said.iter().map(kept).collect();
    for index in (0..shown.len()).filter(|index| shown[*index] == "…") {
        let place = |line: &str| lines.iter().position(|other| other == line);
        let begin = if index == 0 { Some(0) } else { place(shown[index - 1]).map(|before| before + 1) };
        let end = shown.get(index + 1).map_or(Some(lines.len()), |after| place(after));
        if let (Some(begin), Some(end)) = (begin, end)
            && begin < end
        {
            lines.splice(begin..end, ["…".to_owned()]);
        }
    }
    lines
}

/// The text with `content` between the marks of the region `name`.
fn with_region(text: &str, name: &str, content: &str) -> String {
    let (begin, end) = (format!("<!-- {name}: begin -->\n"), format!("<!-- {name}: end -->\n"));
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("README.md lacks `{begin}`"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("README.md lacks `{end}`"));
    format!("{before}{begin}{content}{end}{after}")
}

fn text_block(text: &str) -> String {
    let lines: String = text.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    format!("```text\n{lines}```\n")
}

/// Columns of text as a table; the first is code.
fn markdown_table(columns: &[&str], from: &str) -> String {
    let sql = format!("SELECT {} FROM {from}", columns.join(", "));
    let rows = Run::new().args(["query", "--format", "ndjson", "-c", &sql]).archive(sample_archive()).ok();
    let mut table = format!("| {} |\n|{}\n", columns.join(" | "), "---|".repeat(columns.len()));
    for row in rows.lines() {
        let row: Value = serde_json::from_str(row).unwrap();
        let cells = columns.iter().map(|column| row[*column].as_str().unwrap().replace('|', "\\|"));
        let cells: Vec<_> =
            cells.enumerate().map(|(at, cell)| if at == 0 { format!("`{cell}`") } else { cell }).collect();
        writeln!(table, "| {} |", cells.join(" | ")).unwrap();
    }
    table
}

#[test]
fn an_answer_is_compared_with_what_may_differ_left_out() {
    assert!(holds(&["a", "…", "z"], &["a", "b", "c", "z"]) && holds(&["…"], &[]));
    assert!(holds(&["at 0.2…"], &["at 0.25 s"]) && !holds(&["at 0.2…"], &["at 0.3 s"]));
    assert!(!holds(&["a"], &["a", "b"]) && !holds(&["a", "…", "z"], &["a", "b"]));
    assert_eq!(updated(&["a", "…", "z", "t …"], &["A", "a", "b", "z", "t 1"]), ["A", "a", "…", "z", "t …"]);
    assert_eq!(shell_words("a 'b $c' \"d 'e'\" -f=\"\"").unwrap(), ["a", "b $c", "d 'e'", "-f="]);
    assert_eq!(shell_words("a \"b"), None);
}
