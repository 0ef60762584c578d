//! Saved queries in folders: their headers, their views, and their tests beside them.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::{Run, Said, archive_of, root, sample_archive};

/// An audit event.
fn event(id: &str, activity: &str) -> String {
    format!(
        r#"{{"id":"{id}","activityDateTime":"2026-03-02T09:00:00Z","activityDisplayName":"{activity}","category":"UserManagement","loggedByService":"Core Directory","result":"success"}}"#
    )
}

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = dir.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    dir
}

fn run(queries: &Path, args: &[&str]) -> Said {
    Run::new().args(args).args(["--queries".as_ref(), queries.as_os_str()]).said()
}

fn run_on_sample(queries: &Path, args: &[&str]) -> Said {
    let queries = ["--queries".as_ref(), queries.as_os_str()];
    Run::new().args(args).args(queries).archive(sample_archive()).said()
}

/// Runs the tests of a folder with a place for temporary files that must be empty after it.
fn test(queries: &Path, args: &[&str]) -> Said {
    let temporary = tempfile::tempdir().unwrap();
    let run = Run::new().env("TMPDIR", temporary.path().to_str().unwrap());
    let run = run.args(["queries", "test", "--queries"]).args([queries.as_os_str()]);
    let said = run.args(args).said();
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0, "temporary archives are removed");
    said
}

const ADDED: &str = "\
-- name: Added users
-- question: Which users were added?
-- needs: audit
-- param: most integer = 10; At most.
SELECT event_time, id, activity, source_file FROM audit WHERE activity = 'Add user' ORDER BY id LIMIT $most
";

/// A query, its test and what it needs.
fn tested(expected: &str) -> TempDir {
    let page = format!(r#"{{"value":[{},{}]}}"#, event("a1", "Add user"), event("d1", "Delete user"));
    let line = event("a2", "Add user");
    folder(&[
        ("audit/added.sql", ADDED),
        ("audit/added.test/page.json", &page),
        ("audit/added.test/more.ndjson", &line),
        ("audit/added.test/expected.csv", expected),
        (
            "audit/added.test/expected-one.csv",
            "# param most=1\nevent_time,id,activity,source_file\n2026-03-02T09:00:00Z,a1,Add user,page.json\n",
        ),
        ("audit/added.test/expected-late.csv", "# from 2026-03-03\nevent_time,id,activity,source_file\n"),
    ])
}

const RIGHT: &str = "\
event_time,id,activity,source_file
2026-03-02T09:00:00Z,a1,Add user,page.json
2026-03-02T09:00:00Z,a2,Add user,more.ndjson
";

#[test]
fn shipped_queries_answer_as_their_tests_expect() {
    let said = test(&root().join("queries"), &[]);
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
}

/// A line that runs each shipped query, with a value for each parameter that it needs.
fn every_query() -> String {
    let listed = Run::new().args(["queries"]).ok();
    let names: Vec<_> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() >= 78, "{} queries", names.len());
    let line = |name: &&str| {
        let help = Run::new().args(["queries", name]).ok();
        let needed = help.lines().filter(|line| line.starts_with("  ") && line.ends_with(" Required."));
        let values = needed.map(|line| {
            let mut words = line.split_whitespace();
            let (parameter, kind) = (words.next().unwrap(), words.next().unwrap());
            let value = match kind {
                "text" => "nobody",
                "time" => "2026-03-05",
                "duration" => "1h",
                _ => "1",
            };
            format!(" {parameter}={value}")
        });
        format!("\\run {name}{}\n", values.collect::<String>())
    };
    names.iter().map(line).collect()
}

#[test]
fn every_shipped_query_runs_on_the_sample_and_where_its_tables_are_empty() {
    let script = every_query();
    let (_dir, lacking, _) = archive_of("page.json", event("a1", "Add user").as_bytes());
    for archive in [sample_archive(), lacking.as_path()] {
        let said =
            Run::new().args(["query", "-f", "-", "--keep-going"]).archive(archive).input(&script).said();
        assert_eq!(said.code, 0, "{}", said.stderr);
        assert_eq!(said.stderr.contains("no events of signin at all"), archive == lacking, "{}", said.stderr);
    }
}

#[test]
fn answers_as_expected() {
    let dir = tested(RIGHT);
    let said = test(dir.path(), &[]);
    let lines =
        "ok       audit/added\nok       audit/added expected-late\nok       audit/added expected-one\n";
    assert_eq!(said, Said { stdout: lines.to_owned(), stderr: "3 as expected\n".to_owned(), code: 0 });
    assert_eq!(test(dir.path(), &["added"]).stdout, lines);
}

#[test]
fn an_answer_that_differs_is_shown_line_by_line() {
    let dir = tested(&RIGHT.replace("a2,Add", "a3,Add"));
    let said = test(dir.path(), &["audit/added"]);
    let file = dir.path().join("audit/added.test/expected.csv").display().to_string();
    let expected = format!(
        "differs  audit/added: - {file}, + what it answers\n           \
         2026-03-02T09:00:00Z,a1,Add user,page.json\n         \
         - 2026-03-02T09:00:00Z,a3,Add user,more.ndjson\n         \
         + 2026-03-02T09:00:00Z,a2,Add user,more.ndjson\n"
    );
    assert!(said.stdout.starts_with(&expected), "{}", said.stdout);
    assert_eq!((said.stderr.as_str(), said.code), ("2 as expected, 1 wrong\n", 1));
}

#[test]
fn update_writes_the_answers_and_keeps_what_they_are_of() {
    let dir = tested("old\n");
    let one = dir.path().join("audit/added.test/expected-one.csv");
    fs::write(&one, "# param most=1\nold\n").unwrap();
    let said = test(dir.path(), &["--update"]);
    assert_eq!((said.stderr.as_str(), said.code), ("1 as expected, 2 updated\n", 0), "{}", said.stdout);
    assert_eq!(fs::read_to_string(dir.path().join("audit/added.test/expected.csv")).unwrap(), RIGHT);
    assert!(fs::read_to_string(one).unwrap().starts_with("# param most=1\nevent_time,id"));
    assert_eq!(test(dir.path(), &[]).code, 0);
}

#[test]
fn the_first_answer_is_written_by_update() {
    let dir = tested(RIGHT);
    let file = dir.path().join("audit/added.test/expected.csv");
    for name in ["expected.csv", "expected-one.csv", "expected-late.csv"] {
        fs::remove_file(file.with_file_name(name)).unwrap();
    }
    assert_eq!(test(dir.path(), &[]).code, 1);
    assert!(!file.exists());
    assert_eq!(test(dir.path(), &["--update"]).code, 0);
    assert_eq!(fs::read_to_string(file).unwrap(), RIGHT);
}

#[test]
fn what_a_test_lacks_is_told() {
    let broken = "{\"value\":[{\"id\":";
    let cases: [(&[(&str, &str)], &str); 7] = [
        (&[("a/q.sql", "SELECT 1 AS n")], "no test  a/q\n"),
        (&[("a/q.sql", "SELECT 1 AS n"), ("a/q.test/expected.csv", "n\n1\n")], "there is no download in it"),
        (&[("a/q.sql", "SELECT 1 AS n"), ("a/q.test/page.json", broken)], "its downloads hold no events"),
        (&[("a/q.sql", "SELECT 1 AS n"), ("a/q.test/notes.txt", "nothing")], "its downloads hold no events"),
        (
            &[("a/q.sql", "SELECT nope FROM audit"), ("a/q.test/e.json", "EVENT")],
            "no column `nope` in `audit`",
        ),
        (
            &[
                ("a/q.sql", "SELECT 1 AS n"),
                ("a/q.test/e.json", "EVENT"),
                ("a/q.test/expected.csv", "# who ana\nn\n1\n"),
            ],
            "line 1: `# who ana`",
        ),
        (
            &[("a/q.sql", "-- kinds: report\nSELECT 1 AS n"), ("a/q.test/e.json", "EVENT")],
            "there is no key `kinds`",
        ),
    ];
    for (files, expected) in cases {
        let event = event("a1", "Add user");
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(name, text)| (*name, if *text == "EVENT" { event.as_str() } else { text }))
            .collect();
        let said = test(folder(&files).path(), &[]);
        assert!(
            said.stdout.contains(expected) && said.code == 1,
            "{expected}: {}{}",
            said.stdout,
            said.stderr
        );
    }
    let said = test(folder(&[("a/q.sql", "SELECT 1"), ("a/old.test/e.json", "")]).path(), &[]);
    assert!(said.stdout.contains("no query ") && said.stdout.contains("old.test"), "{}", said.stdout);
}

#[test]
fn what_cannot_be_tested_at_all_is_an_error() {
    let dir = tested(RIGHT);
    for (queries, name, expected) in [
        (dir.path().join("nowhere"), None, "cannot read the query folder"),
        (dir.path().join("audit/added.test"), None, "there is no query to test"),
        (dir.path().to_owned(), Some("audit/aded"), "did you mean `audit/added`?"),
        (dir.path().to_owned(), Some("b2c/tokens-per-policy"), "lies in none of your folders"),
    ] {
        let said = test(&queries, &name.into_iter().collect::<Vec<_>>());
        assert!(said.stderr.contains(expected) && said.code == 2, "{}{}", said.stdout, said.stderr);
        assert_eq!(said.stdout, "");
    }
}

#[test]
fn a_wrong_header_is_an_error_wherever_the_query_runs() {
    let dir = folder(&[
        ("x/wrong.sql", "-- name: Wrong\n-- sverity: high\nSELECT 1"),
        ("script.txt", "\\run wrong"),
    ]);
    let script = dir.path().join("script.txt").display().to_string();
    for args in [&["run", "wrong"][..], &["report", "wrong"], &["query", "-f", &script]] {
        let said = run_on_sample(dir.path(), args);
        assert!(said.stderr.contains("did you mean `severity`?"), "{args:?}: {}", said.stderr);
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{args:?}");
    }
}

#[test]
fn views_of_a_folder_are_added_to_ours_and_take_their_place() {
    let dir = folder(&[
        (
            "views/a_first.sql",
            "-- name: a_first\n-- about: One.\n-- column n: A number.\nSELECT n FROM b_second",
        ),
        ("views/b_second.sql", "SELECT count(*) AS n FROM b2c_token"),
        ("views/b2c_event.sql", "SELECT * FROM audit WHERE false"),
        ("views/b2c_token.sql", "SELECT 'text' AS kind"),
        ("x/number.sql", "-- name: Number\nSELECT n FROM a_first"),
        ("x/number.test/inner.sql", "SELECT 1"),
        ("x/views/deep.sql", "SELECT 1"),
    ]);
    let answer = |args: &[&str]| run_on_sample(dir.path(), args).stdout;
    assert_eq!(answer(&["run", "number", "-Fcsv"]), "n\n1\n");
    assert_eq!(answer(&["query", "-Fcsv", "-c", "SELECT * FROM b2c_token"]), "kind\ntext\n");
    let columns = "SELECT c.table_name, c.description, kind FROM meta.columns AS c JOIN meta.tables USING (table_name) WHERE column_name = 'n'";
    assert_eq!(
        answer(&["query", "-Fcsv", "-c", columns]),
        "table_name,description,kind\na_first,A number.,view\nb_second,,view\n"
    );
    let listed = run(dir.path(), &["queries"]).stdout;
    assert!(
        listed.contains("x/number") && listed.contains("x/views/deep") && !listed.contains("a_first"),
        "{listed}"
    );
    assert!(!listed.contains("inner"), "{listed}");
}

#[test]
fn a_wrong_view_is_told_with_its_file() {
    type Files<'f> = &'f [(&'f str, &'f [u8])];
    let cases: [(Files<'_>, &str); 5] = [
        (
            &[("a.sql", b"SELECT * FROM b"), ("b.sql", b"SELECT * FROM a")],
            "is made of itself\nbecause: it reads the view `b`",
        ),
        (&[("a.sql", b"SELECT \xFF")], "cannot read the view `"),
        (
            &[("a.sql", b"-- name: a\nSELECT aktivity FROM audit")],
            "a.sql:2:8: no column `aktivity` in `audit`\n",
        ),
        (&[("a.sql", b"SELECT 1; SELECT 2")], "a view is one statement"),
        (&[("signin.sql", b"SELECT 1")], "a table has this name"),
    ];
    for (files, expected) in cases {
        let dir = folder(&[("views/none.txt", "")]);
        for (name, bytes) in files {
            fs::write(dir.path().join("views").join(name), bytes).unwrap();
        }
        let said = run_on_sample(dir.path(), &["query", "-c", "SELECT * FROM a"]);
        assert!(said.stderr.contains(expected) && said.code == 2, "{expected}: {}", said.stderr);
        let file = dir.path().join("views").join(files[0].0).display().to_string();
        assert!(said.stderr.contains(&file), "{}", said.stderr);
    }
}

#[test]
fn a_header_says_what_a_query_is_for() {
    let dir = folder(&[
        (
            "x/found.sql",
            "-- name: Found\n-- question: Who?\n-- kind: detection\n-- technique: T1110.003\n-- severity: high\n-- needs: signin,\n--     audit\nSELECT 1 AS n",
        ),
        ("x/wrong.sql", "-- name: Wrong\n-- kind: detektion\nSELECT 1 AS n"),
    ]);
    let detections = run(dir.path(), &["queries", "--kind", "detection"]);
    assert!(detections.stdout.contains("x/found"), "{}", detections.stdout);
    assert!(!detections.stdout.contains("b2c/tokens-per-policy"), "{}", detections.stdout);
    let file: PathBuf = ["x", "wrong.sql"].iter().collect();
    let wrong = format!("{}`, line 2\nbecause: there is no kind `detektion`", file.display());
    assert!(detections.stderr.contains(&wrong) && detections.code == 1, "{}", detections.stderr);
    let help = run(dir.path(), &["queries", "found"]).stdout;
    assert!(
        help.contains(
            "Who?\n\nKind: detection\nTechnique: T1110.003\nSeverity: at most high\nNeeds: signin, audit\n"
        ),
        "{help}"
    );
    let sql = "SELECT kind, technique, severity, needs FROM meta.queries WHERE name LIKE 'x/%' ORDER BY name";
    let table = run_on_sample(dir.path(), &["query", "-Fcsv", "-c", sql]).stdout;
    assert_eq!(table, "kind,technique,severity,needs\ndetection,T1110.003,high,\"signin, audit\"\n,,,\n");
    let said = run_on_sample(dir.path(), &["run", "wrong"]);
    assert!(said.stderr.contains(&wrong) && said.code == 2, "{}", said.stderr);
}

#[test]
fn a_query_that_needs_what_the_archive_lacks_warns() {
    let (_dir, archive, _) = archive_of("page.json", event("a1", "Add user").as_bytes());
    let dir = folder(&[(
        "x/needy.sql",
        "-- needs: audit, signin, directory_user\nSELECT a.id FROM audit a JOIN signin s USING (id) JOIN directory_user u USING (id)",
    )]);
    let queries = ["--queries".as_ref(), dir.path().as_os_str()];
    let said = Run::new().args(["run", "needy", "-Fcsv"]).args(queries).archive(&archive).said();
    let warning = |what: &str| {
        format!("warning: the archive has no {what} at all: \"no rows\" means \"not covered\"\n")
    };
    assert_eq!(said.stderr, warning("rows of directory_user") + &warning("events of signin"));
    assert_eq!((said.stdout.as_str(), said.code), ("id\n", 0));
}
