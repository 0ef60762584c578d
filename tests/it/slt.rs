//! SQL behaviour, in SQL: every file of `tests/slt/` against the archive of `sample-data/`.
//!
//! `RUN name param=value …` in place of a statement runs a saved query; a `+` in a value stands for a blank. `UPDATE_EXPECT=1` rewrites the answers.

use std::fmt;

use sqllogictest::{DBOutput, DefaultColumnType, Runner};

use crate::support::{Run, files_below, root, sample_archive};

/// The program, as a database that forgets everything between statements.
struct Program;

#[derive(Debug)]
struct Failure(String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl sqllogictest::DB for Program {
    type Error = Failure;
    type ColumnType = DefaultColumnType;

    fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, Failure> {
        let run = Run::new().archive(sample_archive());
        let run = match sql.trim().strip_prefix("RUN ") {
            Some(saved) => {
                let mut words = saved.split_whitespace();
                let run = run.args(["run", "--format", "json", words.next().unwrap_or_default()]);
                words.fold(run, |run, parameter| run.args(["--param", &parameter.replace('+', " ")]))
            }
            None => run.args(["query", "--format", "json", "-c", sql]),
        };
        let said = run.said();
        if said.code == 2 {
            return Err(Failure(said.stderr));
        }
        let rows: Vec<serde_json::Value> = serde_json::from_str(&said.stdout).unwrap();
        let keys = column_names(&said.stdout);
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| keys.iter().map(|key| text_of(&row[key])).collect()).collect();
        Ok(DBOutput::Rows { types: vec![DefaultColumnType::Text; keys.len()], rows })
    }

    fn engine_name(&self) -> &str {
        "auditql"
    }
}

/// Names of the first object's members in order; a parsed object has them sorted.
fn column_names(json: &str) -> Vec<String> {
    let first = json.lines().find(|line| line.starts_with('{')).unwrap_or("{}");
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(first.trim_end_matches(',')).unwrap();
    let place = |name: &String| first.find(&format!("{}:", serde_json::to_string(name).unwrap())).unwrap();
    let mut names: Vec<String> = object.keys().cloned().collect();
    names.sort_by_key(place);
    names
}

fn text_of(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => "NULL".to_owned(),
        serde_json::Value::String(text) if text.is_empty() => "(empty)".to_owned(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[test]
fn slt() {
    let wanted = std::env::args().skip_while(|argument| argument != "slt").nth(1);
    let files = files_below(&root().join("tests/slt"));
    assert!(files.len() > 20, "the SQL logic tests are here");
    let mut failures = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "slt")) {
        let name = file.to_string_lossy();
        if wanted.as_ref().is_some_and(|wanted| !name.contains(wanted)) {
            continue;
        }
        let mut runner = Runner::new(|| async { Ok(Program) });
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            let update = runner.update_test_file(
                file,
                " ",
                sqllogictest::default_validator,
                sqllogictest::default_normalizer,
                sqllogictest::default_column_validator,
            );
            futures::executor::block_on(update).unwrap();
        } else if let Err(error) = runner.run_file(file) {
            failures.push(error.display(false).to_string());
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}
