//! What the program says, where, and with which exit code.

use crate::support::{Run, Said, sample_archive, value};

fn run(args: &[&str]) -> Said {
    Run::new().args(args).archive(sample_archive()).said()
}

#[test]
fn a_script_stops_at_its_first_failure_and_keeps_what_was_printed() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("script.sql");
    for second in ["SELECT nope FROM audit", "SELECT FROM WHERE", "SELECT 'unclosed"] {
        std::fs::write(&file, format!("SELECT 1 AS one;\n{second};\nSELECT 3 AS three;\n")).unwrap();
        let said = run(&["query", "--format", "csv", "-f", file.to_str().unwrap()]);
        assert_eq!((said.stdout.as_str(), said.code), ("one\n1\n", 2), "{second}: {}", said.stderr);
        assert!(
            said.stderr.starts_with("error: ") && said.stderr.contains("script.sql:2:"),
            "{}",
            said.stderr
        );
    }
}

#[test]
fn wrong_sql_says_where_and_what_was_meant_and_prints_nothing() {
    let cases = [
        (
            "SELECT activityDisplayName FROM audit",
            "-c:1:8: no column `activityDisplayName` in `audit`",
            "did you mean `activity`?",
        ),
        (
            "SELECT a.aktor_upn FROM audit a",
            "-c:1:8: no column `aktor_upn` in `a`",
            "did you mean `actor_upn`?",
        ),
        ("SELECT *\nFROM adit", "-c:2:6: no table `adit`", "did you mean `audit`?"),
        (
            "SELECT * FROM audit WHERE id = $id",
            "needs a value for `$id`",
            "add `--param id=VALUE`, or `\\set id VALUE` before it",
        ),
        ("SELECT * frm audit", "-c:1:10: cannot read the statement", "did you mean `FROM`?"),
        ("DELETE FROM audit", "-c:1:1: `DELETE` is not run", "leave rows out with WHERE"),
        ("COPY audit TO '/tmp/x.parquet'", "-c:1:1: `COPY` is not run", "`-o rows.parquet`"),
    ];
    for (sql, what, hint) in cases {
        let said = run(&["query", "-c", sql]);
        assert_eq!((said.stdout.as_str(), said.code), ("", 2), "{sql}");
        assert!(said.stderr.contains(what) && said.stderr.contains(hint), "{sql}: {}", said.stderr);
    }
}

#[test]
fn a_missing_archive_says_how_to_make_one() {
    let said = Run::new().args(["query", "-a", "no-such-archive", "-c", "SELECT 1"]).said();
    assert_eq!(
        said,
        Said {
            stdout: String::new(),
            stderr: "error: cannot open archive `no-such-archive`\n\
                     because: no such file or directory\n\
                     hint: create it with `auditql ingest <files> --archive no-such-archive`\n"
                .to_owned(),
            code: 2,
        }
    );
    let said = Run::new().args(["query", "-c", "SELECT 1"]).said();
    assert!(said.stderr.contains("no archive is named") && said.code == 2, "{}", said.stderr);
    let said = Run::new().args(["query", "-a", "src", "-c", "SELECT 1"]).said();
    assert!(said.stderr.contains("it is no auditql archive") && said.code == 2, "{}", said.stderr);
}

#[test]
fn the_archive_may_be_named_by_the_environment() {
    let archive = sample_archive().to_str().unwrap();
    let text = Run::new()
        .env("AUDITQL_ARCHIVE", archive)
        .args(["query", "-Fcsv", "-c", "SELECT count(*) AS n FROM audit"])
        .ok();
    assert_eq!(text, "n\n867\n");
}

#[test]
fn every_output_format() {
    let sql = "SELECT 1 AS n, '=1+1' AS f, NULL AS z, [1, NULL] AS l UNION ALL SELECT -2, 'a\nb', 'x,\"y\"', NULL ORDER BY n";
    let text = |format: &str| {
        Run::new().args(["query", "-c", sql, "--format", format]).archive(sample_archive()).ok()
    };
    assert_eq!(text("csv"), "n,f,z,l\n-2,\"a\nb\",\"x,\"\"y\"\"\",\n1,'=1+1,,\"[1,null]\"\n");
    assert_eq!(
        text("ndjson"),
        "{\"n\":-2,\"f\":\"a\\nb\",\"z\":\"x,\\\"y\\\"\",\"l\":null}\n{\"n\":1,\"f\":\"=1+1\",\"z\":null,\"l\":[1,null]}\n"
    );
    assert_eq!(
        text("json"),
        "[\n{\"n\":-2,\"f\":\"a\\nb\",\"z\":\"x,\\\"y\\\"\",\"l\":null},\n{\"n\":1,\"f\":\"=1+1\",\"z\":null,\"l\":[1,null]}\n]\n"
    );
    assert_eq!(
        text("table"),
        " n │ f    │ z     │ l\n───┼──────┼───────┼─────────\n-2 │ a⏎b  │ x,\"y\" │\n 1 │ =1+1 │       │ [1,null]\n"
    );
    assert!(text("vertical").contains("n  -2\nf  a⏎b\nz  x,\"y\"\n"));
}

#[test]
fn empty_answers_have_a_header_where_the_format_has_one() {
    let text = |format: &str| {
        Run::new()
            .args(["query", "-c", "SELECT id FROM audit WHERE false", "--format", format])
            .archive(sample_archive())
            .ok()
    };
    assert_eq!((text("csv").as_str(), text("json").as_str(), text("ndjson").as_str()), ("id\n", "[]\n", ""));
}

#[test]
fn a_statement_without_rows_prints_nothing() {
    let said = run(&[
        "query",
        "-c",
        "SET datafusion.execution.batch_size = 100; CREATE VIEW v AS SELECT 1 AS n; SELECT * FROM v",
    ]);
    assert_eq!(said.stdout, "n\n─\n1\n", "{}", said.stderr);
}

#[test]
fn options_stand_where_they_count() {
    let archive = sample_archive().to_str().unwrap();
    let said = Run::new().args(["--archive", archive, "query", "-Fcsv", "-c", "SELECT 1 AS n"]).said();
    assert_eq!(said.stdout, "n\n1\n", "{}", said.stderr);
    let said = Run::new().args(["--from", "-1d", "query", "-a", archive, "-c", "SELECT 1"]).said();
    assert!(
        said.code == 2 && said.stderr.contains("`--from` stands before the subcommand"),
        "{}",
        said.stderr
    );
    let said = run(&["query", "SELECT 1"]);
    assert!(said.code == 2 && said.stderr.contains("write `-c 'SELECT …'`"), "{}", said.stderr);
    let said = run(&["query", "-c", "SELECT id FROM audit WHERE actor_upn = \"ana\""]);
    assert!(said.stderr.contains("a text is written `'ana'`"), "{}", said.stderr);
}

#[test]
fn parameters_are_values_and_never_text() {
    let said = run(&[
        "query",
        "-Fcsv",
        "-c",
        "SELECT count(*) AS n FROM audit WHERE actor_upn = $who",
        "--param",
        "who=x' OR '1'='1",
    ]);
    assert_eq!(said.stdout, "n\n0\n", "{}", said.stderr);
    let said = run(&["query", "-Fcsv", "-c", "SELECT id FROM audit ORDER BY id LIMIT $n", "--param", "n=2"]);
    assert_eq!(said.stdout.lines().count(), 3, "{}", said.stderr);
    let sql = "SELECT count(*) > 0 AS found FROM audit WHERE event_time < $t";
    let said = run(&["query", "-Fcsv", "-c", sql, "--param", "t=2026-03-03T00:00:00Z"]);
    assert_eq!(said.stdout, "found\ntrue\n", "{}", said.stderr);
}

#[test]
fn saved_queries_check_their_parameters() {
    let said = run(&["run", "b2c/tokens-per-policy", "--param", "policies=x"]);
    assert!(said.code == 2 && said.stderr.contains("has no parameter `policies`"), "{}", said.stderr);
    let said = run(&["run", "b2c/tokens-per-user"]);
    assert!(said.code == 2 && said.stderr.contains("hint: add `--param "), "{}", said.stderr);
    let said = run(&["run", "b2c/tokens-per-polcy"]);
    assert!(said.stderr.contains("did you mean `b2c/tokens-per-policy`?"), "{}", said.stderr);
}

#[test]
fn a_users_own_queries_join_the_shipped_ones() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("case")).unwrap();
    let text = "-- name: Mine\n-- question: How many?\n-- param: at_least integer = 3; Least.\nSELECT $at_least AS n\n";
    std::fs::write(dir.path().join("case/mine.sql"), text).unwrap();
    let folder = dir.path().to_str().unwrap();
    assert_eq!(run(&["run", "case/mine", "--queries", folder, "-Fcsv"]).stdout, "n\n3\n");
    assert_eq!(run(&["run", "mine", "--queries", folder, "-Fcsv", "--param", "at_least=4"]).stdout, "n\n4\n");
    let said = run(&["run", "mine", "--queries", folder, "--param", "at_least=many"]);
    assert!(said.stderr.contains("`many` is no integer"), "{}", said.stderr);
}

#[test]
fn a_time_range_limits_tables_views_and_saved_queries() {
    let count = |args: &[&str]| {
        let said = run(&[&["query", "-Fcsv", "-c", "SELECT count(*) AS n FROM audit"], args].concat());
        (said.stdout.lines().nth(1).unwrap_or_default().to_owned(), said.stderr)
    };
    let day = value(
        sample_archive(),
        "SELECT count(*) FROM audit WHERE date_trunc('day', event_time) = '2026-03-04'",
    );
    assert_eq!(count(&["--from", "2026-03-04", "--to", "2026-03-04"]).0, day);
    let (all, warning) = count(&["--from", "2018-01-01"]);
    assert!(all == "867" && warning.contains("\"not covered\""), "{warning}");
    let (_, note) = count(&["--from", "-1d"]);
    assert!(note.contains("counted back from the archive's newest event"), "{note}");
    let said = run(&["query", "-c", "SELECT 1", "--from", "2026-03-05", "--to", "2026-03-01"]);
    assert!(said.code == 2 && said.stderr.contains("the time range is empty"), "{}", said.stderr);
    let tokens = run(&["run", "b2c/tokens-per-policy", "-Fcsv", "--from", "2026-03-08"]).stdout;
    assert!(tokens.lines().count() > 1 && tokens != run(&["run", "b2c/tokens-per-policy", "-Fcsv"]).stdout);
}

#[test]
fn show_is_the_portals_details_panel() {
    let archive = sample_archive();
    let id = |condition: &str| {
        value(archive, &format!("SELECT id FROM audit WHERE {condition} ORDER BY event_time, id LIMIT 1"))
    };
    let event = id(
        "policy_id = 'B2C_1A_signup_signin' AND activity LIKE 'Issue an id_token%' AND result = 'success'",
    );
    let said = run(&["show", &event]);
    for part in [
        "Activity\n",
        "  Activity type         Issue an id_token to the application\n",
        "\nInitiated by (actor)\n",
        "  Object ID             00000000-0000-4000-c000-",
        "  SPN                   00000000-0000-4000-b000-",
        "\nTarget(s)\n",
        "\nAdditional details\n",
        "  PolicyId              B2C_1A_signup_signin\n",
        "\nSource\n",
        "\nRaw\n",
    ] {
        assert!(said.stdout.contains(part), "{part}\n{}", said.stdout);
    }
    let event = id("activity = 'Update user' AND format = 'graph_audit'");
    assert!(run(&["show", &event]).stdout.contains(" → "), "{event}");
    let raw = run(&["show", &event, "--raw"]).stdout;
    assert_eq!(serde_json::from_str::<serde_json::Value>(&raw).unwrap()["id"], event.as_str());
    let said = run(&["show", "nothing"]);
    assert!(
        said.code == 2 && said.stdout.is_empty() && said.stderr.contains("no event has the id `nothing`")
    );
    let correlation = value(archive, "SELECT max(correlation_id) FROM audit");
    assert!(run(&["show", &correlation]).stderr.contains("audit/correlation"));
}

#[test]
fn an_output_file_appears_only_when_it_is_complete() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("rows.csv");
    let path = file.to_str().unwrap();
    assert_eq!(run(&["query", "-c", "SELECT 1 AS n; SELECT nope", "-Fcsv", "-o", path]).code, 2);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    let said = run(&["query", "-c", "SELECT 1 AS n", "-Fcsv", "-o", path]);
    assert_eq!((said.stdout.as_str(), said.code), ("", 0));
    assert_eq!(std::fs::read_to_string(file).unwrap(), "n\n1\n");
}

#[test]
fn the_shell_reads_statements_over_several_lines_and_goes_on_after_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().to_str().unwrap();
    let input = "\\format csv\nSELECT count(*) AS n\n  FROM audit;\nSELECT nope;\n\\nonsense\n\\d guest\n\\run tokens-per-policy policy=none\nSELECT 'a;\nb' AS t;\n\\q\nSELECT 9;\n";
    let said = Run::new().env("XDG_STATE_HOME", state).archive(sample_archive()).input(input).said();
    assert!(said.stdout.starts_with("n\n867\n"), "{}", said.stdout);
    assert!(
        said.stdout.contains("One row per guest") && said.stdout.contains("\nt\n\"a;\nb\"\n"),
        "{}",
        said.stdout
    );
    assert!(
        said.stderr.contains("no column `nope`") && said.stderr.contains("no command `\\nonsense`"),
        "{}",
        said.stderr
    );
    assert!(!said.stdout.contains('9') && said.code == 1);
    assert!(!dir.path().join("auditql").exists(), "only what a person types is kept");
}

#[test]
fn status_closes_the_accounts() {
    let text = Run::new().args(["status"]).archive(sample_archive()).ok();
    for part in [
        "period    2018-03-14T",
        "audit                    867 rows",
        "Events by table and service",
        "Sources by format",
        "Rejects by reason",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn quiet_says_nothing_but_errors() {
    let dir = tempfile::tempdir().unwrap();
    let said =
        Run::new().args(["ingest", "sample-data/legacy", "--quiet"]).archive(&dir.path().join("a")).said();
    assert_eq!((said.stdout.as_str(), said.stderr.as_str(), said.code), ("", "", 0));
    // What is to be looked at is no chatter.
    let damaged = ["ingest", "sample-data/graph/damaged.json", "--quiet"];
    let said = Run::new().args(damaged).archive(&dir.path().join("a")).said();
    assert!(
        said.stdout.is_empty() && said.stderr.starts_with("warning: ") && said.code == 1,
        "{}",
        said.stderr
    );
    let help = Run::new().args(["--help"]).ok().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("warnings and errors are told all the same"), "{help}");
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_failure() {
    let status = std::process::Command::new("bash")
        .args(["-c", "set -o pipefail; \"$0\" query -a \"$1\" -Fndjson -c 'SELECT a.raw FROM audit a, audit b' | head -n 1 >/dev/null"])
        .args([env!("CARGO_BIN_EXE_auditql"), sample_archive().to_str().unwrap()])
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
fn completions_and_manual_pages_know_every_subcommand() {
    let help = Run::new().args(["--help"]).ok();
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let commands: Vec<_> = commands
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.contains(&"ingest") && commands.contains(&"verify"), "{commands:?}");
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = Run::new().args(["completions", shell]).ok();
        for command in &commands {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
    for command in &commands {
        let page = Run::new().args(["man", command]).ok();
        assert!(page.contains(".TH") && page.contains("SYNOPSIS"), "{command}: {page}");
    }
    assert!(Run::new().args(["man"]).ok().contains("auditql"));
    let said = Run::new().args(["man", "nonsense"]).said();
    assert!(said.code == 2 && said.stderr.contains("no subcommand `nonsense`"), "{}", said.stderr);
}
