//! `query`: where scripts come from, what their failures say, and where their rows go.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::support::{Run, Said, files_below, root, sample_archive};

/// A run of `query -Fcsv` in a folder of its own.
#[derive(Default)]
struct Case<'a> {
    args: &'a [&'a str],
    files: &'a [(&'a str, &'a [u8])],
    input: &'a str,
}

impl Case<'_> {
    fn said(&self) -> (Said, TempDir) {
        let dir = tempfile::tempdir().unwrap();
        for (name, bytes) in self.files {
            fs::write(dir.path().join(name), bytes).unwrap();
        }
        let run = Run::new().dir(dir.path()).args(["query", "-Fcsv"]).args(self.args).input(self.input);
        let reads_downloads = self.args.contains(&"-i");
        (if reads_downloads { run } else { run.archive(sample_archive()) }.said(), dir)
    }
}

/// A run with these arguments, a script `s.sql`, the exit code, all of standard output, and a part of standard error.
type Row<'a> = (&'a [&'a str], &'a [u8], i32, &'a str, &'a str);

#[track_caller]
fn check(rows: &[Row<'_>]) {
    let mut wrong = String::new();
    for (args, script, code, stdout, stderr) in rows {
        let files: &[_] = &[("s.sql", *script), ("b.sql", b"SELECT 'b' AS b")];
        let (said, _dir) = Case { args, files, ..Case::default() }.said();
        let holds = said.stderr.contains(stderr) && (!stderr.is_empty() || said.stderr.is_empty());
        if !holds || (said.code, said.stdout.as_str()) != (*code, *stdout) {
            let script = String::from_utf8_lossy(script);
            wrong += &format!("{args:?} {script}\nnot {code} {stdout}{stderr}\nbut {said:#?}\n\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

const F: &[&str] = &["-f", "s.sql"];
const KEEP: &[&str] = &["-f", "s.sql", "--keep-going"];

#[test]
fn what_a_script_is() {
    check(&[
        (F, b"SELECT 1 AS a;", 0, "a\n1\n", ""),
        (F, b"SELECT 1 AS a", 0, "a\n1\n", ""),
        (F, b"SELECT 1 AS a;\nSELECT 2 AS b\n;\n", 0, "a\n1\nb\n2\n", ""),
        (F, b"\xEF\xBB\xBFSELECT 1 AS a;\r\nSELECT 2 AS b;\r\n", 0, "a\n1\nb\n2\n", ""),
        (F, b"\xEF\xBB\xBF#!/usr/bin/env -S auditql query -a case -f\r\nSELECT 1 AS a", 0, "a\n1\n", ""),
        (F, b"#!/usr/bin/auditql; it's\nSELECT 1 AS a; SELECT nope", 2, "a\n1\n", "error: s.sql:2:23: no column `nope`"),
        (F, b"-- it's; \"\nSELECT 1 AS a -- ;\n/* ; /* ' */ ; */; -- done;", 0, "a\n1\n", ""),
        (F, b"SELECT ';' AS a, 'it''s;' AS \";b\"; SELECT `;c` FROM (SELECT 2 AS `;c`)", 0, "a,;b\n;,it's;\n;c\n2\n", ""),
        (F, b"SELECT $$it's;$$ AS a, $t$;$$;$t$ AS b", 0, "a,b\nit's;,;$$;\n", ""),
        (F, b"SELECT 'a\nb;' AS a;;;\n;SELECT 2 AS b", 0, "a\n\"a\nb;\"\nb\n2\n", ""),
        (F, "SELECT 'é😀' AS a; SELECT 'é😀', nope".as_bytes(), 2, "a\né😀\n", "s.sql:1:32: no column `nope`"),
        (F, b"CREATE VIEW v AS SELECT 1 AS n; SELECT n FROM v; SET datafusion.execution.batch_size = 10; SELECT n + 1 AS m FROM v", 0, "n\n1\nm\n2\n", ""),
        (F, b"", 2, "", "error: there is no statement to run"),
        (F, b"-- nothing\n/* at all */ ;; ", 2, "", "error: there is no statement to run"),
        (F, b"#!/usr/bin/auditql", 2, "", "error: there is no statement to run"),
        (F, b"SELECT 1\0;", 2, "", "because: it has a NUL character at byte 8"),
        (F, b"SELECT 'M\xFCller'", 2, "", "error: cannot read `s.sql`\nbecause: it is not UTF-8 at byte 9\nhint: save it as text in UTF-8"),
        (F, b"\xFF\xFES\0E\0", 2, "", "it is not UTF-8 at byte 0"),
        (&["-f", "none.sql"], b"", 2, "", "error: cannot read `none.sql`"),
    ]);
}

#[test]
fn commands_stand_in_scripts_too() {
    check(&[
        (F, b"SELECT 1 AS a;\n\\format json\nSELECT 2 AS b;", 0, "a\n1\n[\n{\"b\":2}\n]\n", ""),
        (F, b"\\set who it's me\nSELECT $who AS who;\n\\unset who\nSELECT 1 AS one", 0, "who\nit's me\none\n1\n", ""),
        (&["-f", "s.sql", "--param", "n=1"], b"SELECT $n AS n; \\set n 2\nSELECT $n AS n", 0, "n\n1\nn\n2\n", ""),
        (F, b"\\set $n 2\n-- comment\nSELECT $n + $m AS n", 2, "", "error: s.sql:3:13: the statement needs a value for `$m`"),
        (F, b"\\i b.sql\n\\i b.sql;\nSELECT 1 AS a", 0, "b\nb\nb\nb\na\n1\n", ""),
        (F, b"SELECT 1 AS a;\n\\i s.sql\n", 2, &"a\n1\n".repeat(17), "s.sql:2:1: scripts call each other too deep"),
        (F, b"\\i no.sql", 2, "", "error: s.sql:1:1: cannot read `no.sql`"),
        (F, b"SELECT 1 AS a;\n\\last\n\\last tsv\n\\g", 0, "a\n1\na\n1\na\n1\na\n1\n", ""),
        (F, b"\\last", 2, "", "error: s.sql:1:1: there is no last statement"),
        (F, b"\\o o.csv\nSELECT 1 AS a;\n\\o\nSELECT 2 AS b", 0, "b\n2\n", ""),
        (F, b"SELECT 1 AS a;\n\\q\nSELECT 2 AS b", 0, "a\n1\n", ""),
        (F, b"\\nope", 2, "", "error: s.sql:1:1: no command `\\nope`"),
        (F, b"\\timming", 2, "", "did you mean `\\timing`?"),
        (F, b"\\q now", 2, "", "`\\q` takes nothing"),
        (F, b"\\run", 2, "", "write `\\run NAME [PARAM=VALUE"),
        (KEEP, b"\\nope\nSELECT 1 AS a", 2, "a\n1\n", "1 of 2 statements failed"),
        (F, b"\\from 2030-01-01\nSELECT count(*) AS n FROM audit;\n\\from\nSELECT count(*) > 0 AS n FROM audit", 0, "n\n0\nn\ntrue\n", "events from the first to the last"),
        (F, b"\\tz Europe/Berlin\nSELECT TIMESTAMP '2026-03-02T08:00:00Z' AS t", 0, "t\n2026-03-02T09:00:00+01:00\n", "times are shown in Europe/Berlin"),
        (F, b"\\tz Mars/Phobos", 2, "", "Mars/Phobos"),
        (F, b"\\e", 2, "", "is for a person at a terminal"),
    ]);
}

#[test]
fn a_parameter_may_frame_a_window() {
    let frame = b"-- param: window duration = 90s; Length.\n\
        SELECT count(*) OVER (ORDER BY t RANGE BETWEEN $window PRECEDING AND CURRENT ROW) AS n FROM \
        (VALUES (TIMESTAMP '2026-03-02T00:00:00'), (TIMESTAMP '2026-03-02T00:01:30'), (TIMESTAMP '2026-03-02T00:03:01')) v(t)";
    let rows = b"-- param: n integer = 1; Rows.\n\
        SELECT sum(v) OVER (ORDER BY v ROWS BETWEEN $n PRECEDING AND CURRENT ROW) AS s FROM (VALUES (1), (2), (4)) t(v) LIMIT $n + 1";
    check(&[(F, frame, 0, "n\n1\n2\n1\n", ""), (F, rows, 0, "s\n1\n3\n", "")]);
}

#[test]
fn where_scripts_come_from() {
    check(&[
        (&["-c", "SELECT 1 AS a", "-f", "b.sql", "-c", "SELECT 3 AS c"], b"", 0, "a\n1\nb\nb\nc\n3\n", ""),
        (
            &["-f", "b.sql", "-c", "SELECT 1 AS a", "-f", "s.sql"],
            b"SELECT 3 AS c",
            0,
            "b\nb\na\n1\nc\n3\n",
            "",
        ),
        (&["-c", "-- nothing", "-f", "b.sql"], b"", 0, "b\nb\n", ""),
        (&["-c", "CREATE VIEW v AS SELECT 7 AS n", "-f", "s.sql"], b"SELECT n FROM v", 0, "n\n7\n", ""),
        (
            &["-c", "SELECT 1 AS a", "-c", "SELECT nope"],
            b"",
            2,
            "a\n1\n",
            "error: -c #2:1:8: no column `nope`",
        ),
        (&["-c", "SELECT\n  nope"], b"", 2, "", "error: -c:2:3: no column `nope`"),
        (
            &["-f", "b.sql", "-f", "s.sql"],
            b"SELECT 1 AS a;\n SELECT FROM WHERE",
            2,
            "b\nb\na\n1\n",
            "error: s.sql:2:",
        ),
        (&["-f", "-", "-"], b"", 2, "", "error: standard input is named twice"),
        (&[], b"", 2, "", "error: no SQL is given"),
        (&["SELECT 1"], b"", 2, "", "error: SQL stands without an option"),
    ]);
    for args in [&["-"][..], &["-f", "-"], &["-c", "CREATE VIEW v AS SELECT 1", "-"]] {
        let (said, _dir) = Case { args, input: "SELECT 1 AS a;\nSELECT 1,\n nope", ..Case::default() }.said();
        assert_eq!((said.code, said.stdout.as_str()), (2, "a\n1\n"), "{}", said.stderr);
        assert!(said.stderr.contains("error: <stdin>:3:2: no column `nope`"), "{}", said.stderr);
    }
}

#[test]
fn what_a_failure_says() {
    let three = b"SELECT 1 AS a; SELECT nope; SELECT 2 AS b";
    check(&[
        (
            F,
            three,
            2,
            "a\n1\n",
            "error: s.sql:1:23: no column `nope`, for the statement has no FROM\n  SELECT nope\n         ^\nnote: 1 statement of 3 ran before it\nhint: ",
        ),
        (KEEP, three, 2, "a\n1\nb\n2\n", "`'nope'`\nerror: 1 of 3 statements failed\n"),
        (KEEP, b"SELECT 1 AS a", 0, "a\n1\n", ""),
        (KEEP, b"SELECT x; SELECT FROM WHERE;\nSELECT y", 2, "", "`'y'`\nerror: 3 of 3 statements failed\n"),
        (F, b"SELECT x;\nSELECT 1", 2, "", "note: no statement of 2 ran before it"),
        (
            F,
            b"SELECT 1 AS a;\nSELECT 2 AS b;\n\n  DELETE FROM audit",
            2,
            "a\n1\nb\n2\n",
            "error: s.sql:4:3: `DELETE` is not run: an archive is only read\n",
        ),
        (
            F,
            b"SELECT 1 AS a;\nSELECT *\nFROM adit",
            2,
            "a\n1\n",
            "s.sql:3:6: no table `adit`\n  FROM adit\n       ^\nnote: 1 statement of 2 ran before it\nhint: did you mean `audit`?",
        ),
        (
            F,
            b"SELECT 1 AS a;\n SELECT 'open;\nSELECT 2",
            2,
            "a\n1\n",
            "error: s.sql:2:9: cannot read the statement\n  SELECT 'open;\n         ^\nbecause: the quote that opens here is never closed",
        ),
        (
            F,
            b"SELECT 1 AS a;\n /* open;\nSELECT 2",
            2,
            "a\n1\n",
            "error: s.sql:2:2: cannot read the statement\n  /* open;\n  ^\nbecause: the comment",
        ),
        (
            F,
            b"SELECT 1 AS a;\n\n SELECT 1 / (n - 1) AS b FROM (VALUES (1)) AS t(n)",
            2,
            "a\n1\n",
            "error: s.sql:3:9: division by zero\n",
        ),
        (F, b"SELECT 1 2", 2, "", "error: s.sql:1:10: cannot read the statement"),
    ]);
}

#[expect(clippy::too_many_lines, reason = "a table of cases")]
#[test]
fn what_a_parameter_is() {
    let who = b"SELECT $who AS w";
    let typed =
        b"-- param: n integer = 5; Rows.\n-- param: who text required; Whom.\nSELECT $n + 1 AS n, $who AS w";
    let with = |more: &'static [&'static str]| [F, more].concat();
    check(&[
        (
            &with(&["--param", "who=it's; DROP TABLE audit; --"]),
            who,
            0,
            "w\nit's; DROP TABLE audit; --\n",
            "",
        ),
        (
            &with(&["--param", "who=x' OR '1'='1"]),
            b"SELECT count(*) AS n FROM audit WHERE actor_upn = $who",
            0,
            "n\n0\n",
            "",
        ),
        (
            &with(&["--param", "who=a=b"]),
            b"SELECT $who || '+' || $who AS w; SELECT $who AS v",
            0,
            "w\na=b+a=b\nv\na=b\n",
            "",
        ),
        (&with(&["--param", "who="]), b"SELECT $who = '' AS w", 0, "w\ntrue\n", ""),
        (
            &with(&["--param", "n=2"]),
            b"SELECT v FROM (VALUES (1), (2), (3)) AS t(v) ORDER BY v LIMIT $n",
            0,
            "v\n1\n2\n",
            "",
        ),
        (
            &with(&[]),
            who,
            2,
            "",
            "error: s.sql:1:8: the statement needs a value for `$who`\n  SELECT $who AS w\n         ^\nhint: add `--param who=VALUE`, or `\\set who VALUE` before it",
        ),
        (&with(&[]), b"SELECT 1; SELECT $who", 2, "", "s.sql:1:18: the statement needs a value"),
        (
            &with(&["--param", "wo=x"]),
            who,
            2,
            "",
            "error: the query has no parameter `wo`\nhint: did you mean `who`? it takes `who`",
        ),
        (
            &with(&["--param", "x=1"]),
            b"SELECT 1",
            2,
            "",
            "error: the query has no parameter `x`\nhint: it takes none",
        ),
        (&with(&["--param", "x=1"]), b"SELECT '$x' /* $x */ -- $x", 2, "", "has no parameter `x`"),
        (&with(&["--param", "who=a"]), typed, 0, "n,w\n6,a\n", ""),
        (&with(&["--param", "who=a", "--param", "n=7"]), typed, 0, "n,w\n8,a\n", ""),
        (
            &with(&["--param", "who=a", "--param", "n=x"]),
            typed,
            2,
            "",
            "error: cannot use `--param n`\nbecause: `x` is no integer\nhint: write 10\n",
        ),
        (
            &with(&[]),
            typed,
            2,
            "",
            "error: s.sql: the query needs `who`\nbecause: Whom.\nhint: add `--param who=WHO`, or `who=WHO` behind the name in `\\run`",
        ),
        (
            &with(&["--param", "who=a"]),
            b"#!/usr/bin/auditql\r\n-- param: who text required; Whom.\r\nSELECT $who AS w",
            0,
            "w\na\n",
            "",
        ),
        (
            &with(&["-c", "SELECT $n AS n", "--param", "n=3", "--param", "who=a"]),
            typed,
            0,
            "n,w\n4,a\nn\n3\n",
            "",
        ),
        (
            &with(&[]),
            b"-- param: n int; x\nSELECT $n",
            2,
            "",
            "error: s.sql: cannot read the parameter `n int; x`",
        ),
    ]);
}

#[test]
fn rows_decide_the_exit_code_if_wanted() {
    let fail = &["-f", "s.sql", "--fail-on-rows"];
    check(&[
        (fail, b"SELECT 1 AS a WHERE false", 0, "a\n", ""),
        (fail, b"SELECT 1 AS a WHERE false; SELECT 2 AS b", 1, "a\nb\n2\n", ""),
        (fail, b"CREATE VIEW v AS SELECT 1 AS a; SELECT a FROM v WHERE a > 1", 0, "a\n", ""),
        (fail, b"SELECT 1 AS a; SELECT nope", 2, "a\n1\n", "no column `nope`"),
        (F, b"SELECT 1 AS a", 0, "a\n1\n", ""),
    ]);
}

#[test]
fn large_scripts() {
    let many: String = (1..=500).map(|n| format!("SELECT {n} AS n;\n")).collect();
    let (said, _dir) = Case { args: F, files: &[("s.sql", many.as_bytes())], ..Case::default() }.said();
    assert_eq!((said.stdout.lines().count(), said.code), (1_000, 0), "{}", said.stderr);
    let long = format!("SELECT length('{}') AS n; SELECT nope", "x;".repeat(500_000));
    let (said, _dir) = Case { args: F, files: &[("s.sql", long.as_bytes())], ..Case::default() }.said();
    assert_eq!((said.stdout.as_str(), said.code), ("n\n1000000\n", 2));
    assert!(said.stderr.contains("s.sql:1:1000032: no column `nope`"), "{}", said.stderr);
}

fn names(dir: &Path) -> Vec<String> {
    let names = files_below(dir).into_iter();
    names.map(|path| path.strip_prefix(dir).unwrap().to_string_lossy().replace('\\', "/")).collect()
}

#[test]
fn a_folder_gets_a_file_for_each_answer() {
    let script = b"-- name: ../first one\nSELECT 1 AS a; -- name: not this\nCREATE VIEW v AS SELECT 2 AS b;\n\n-- name: second\n-- about: it\nSELECT b FROM v; SELECT nope";
    let run = |args: &[&str]| Case { args, files: &[("s.sql", script)], ..Case::default() }.said();
    let (said, dir) = run(&["-f", "s.sql", "-o", "out/new/"]);
    assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{}", said.stderr);
    assert_eq!(names(&dir.path().join("out/new")), ["01-first-one.csv", "03-second.csv"]);
    assert_eq!(fs::read_to_string(dir.path().join("out/new/03-second.csv")).unwrap(), "b\n2\n");
    let (_, dir) = run(&["-c", "SELECT 1", "-o", ".", "-F", "json"]);
    assert_eq!(names(dir.path()), ["s.sql"], "an option that is given twice is refused");
    let dir = tempfile::tempdir().unwrap();
    let many: String = (1..=100).map(|n| format!("SELECT {n} AS n;")).collect();
    let args = ["query", "-Fndjson", "-c", &many, "-o", dir.path().to_str().unwrap()];
    Run::new().args(args).archive(sample_archive()).ok();
    assert_eq!(names(dir.path())[..2], ["001.ndjson", "002.ndjson"]);
    Run::new().args(["query", "-c", "SELECT 1", "-o"]).args([dir.path()]).archive(sample_archive()).ok();
    assert_eq!(names(dir.path()).len(), 101, "files of other names stay");
}

#[test]
fn nothing_is_written_into_the_archive() {
    let archive = sample_archive().to_str().unwrap();
    let before = names(sample_archive());
    for output in ["", "/", "/sub/", "/x.csv", "/none/../sub/", "/../archive/x.csv"] {
        let output = format!("{archive}{output}");
        let (said, _dir) = Case { args: &["-c", "SELECT 1", "-o", &output], ..Case::default() }.said();
        assert_eq!(said.code, 2, "{output}");
        assert!(said.stderr.contains("it lies inside the archive"), "{output}: {}", said.stderr);
    }
    assert_eq!(names(sample_archive()), before);
}

#[cfg(unix)]
#[test]
fn only_a_file_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("socket");
    let _socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let (said, _dir) =
        Case { args: &["-c", "SELECT 1", "-o", path.to_str().unwrap()], ..Case::default() }.said();
    assert!(said.code == 2 && said.stderr.contains("is no file"), "{}", said.stderr);
    assert!(!path.is_file() && path.exists());
}

#[test]
fn an_output_file_of_a_script_that_goes_on_has_what_was_answered() {
    let args = ["-c", "SELECT 1 AS a; SELECT nope; SELECT 2 AS b", "--keep-going", "-o", "rows.csv"];
    let (said, dir) = Case { args: &args, ..Case::default() }.said();
    assert_eq!(said.code, 2);
    assert_eq!(fs::read_to_string(dir.path().join("rows.csv")).unwrap(), "a\n1\nb\n2\n");
}

#[test]
fn downloads_are_queried_without_an_archive() {
    let temp = tempfile::tempdir().unwrap();
    let before = names(&root().join("sample-data"));
    let run = |args: &[&str]| {
        let run = Run::new().env("TMPDIR", temp.path().to_str().unwrap());
        let said = run.args(["query", "-Fcsv"]).args(args).said();
        assert_eq!(names(temp.path()), Vec::<String>::new(), "{args:?}");
        said
    };
    let count = "SELECT count(*) > 0 AS n, count(DISTINCT source_file) AS f FROM audit";
    let said = run(&["-i", "sample-data/legacy", "-c", count]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stdout.starts_with("n,f\ntrue,") && said.stderr.contains(" events"), "{}", said.stderr);
    let said = run(&[
        "-i",
        "sample-data/graph/damaged.json",
        "-i",
        "sample-data/legacy",
        "-c",
        "SELECT count(*) AS n FROM meta.rejects",
    ]);
    assert_eq!((said.stdout.as_str(), said.code), ("n\n1\n", 0), "{}", said.stderr);
    assert!(said.stderr.contains("warning: `sample-data/graph/damaged.json`: 1 of"), "{}", said.stderr);
    let said = run(&["-i", "sample-data/legacy", "sample-data/graph", "-c", "SELECT nope FROM audit"]);
    assert!(said.code == 2 && said.stderr.contains("no column `nope`"), "{}", said.stderr);
    let said = run(&["-i", "no-such-file", "-c", "SELECT 1"]);
    assert!(said.code == 2 && said.stderr.contains("no-such-file"), "{}", said.stderr);
    let said = run(&["-i", "sample-data/legacy", "-a", "case", "-c", "SELECT 1"]);
    assert!(said.code == 2 && said.stderr.contains("`--input` and `--archive`"), "{}", said.stderr);
    let said = run(&["-i", "-", "-c", "SELECT 1"]);
    assert!(said.code == 2 && said.stderr.contains("write `-f -`"), "{}", said.stderr);
    for output in ["sample-data/graph/damaged.json", "sample-data/graph/", "sample-data/graph/new/"] {
        let said = run(&["-i", "sample-data/graph", "-c", "SELECT 1", "-o", output]);
        assert!(said.code == 2 && said.stderr.contains("one of the downloads"), "{output}: {}", said.stderr);
    }
    assert_eq!(names(&root().join("sample-data")), before);
    let said = Run::new()
        .env("AUDITQL_ARCHIVE", "none")
        .args(["query", "-Fcsv", "-i", "sample-data/legacy", "-c", "SELECT 1 AS n"])
        .said();
    assert_eq!((said.stdout.as_str(), said.code), ("n\n1\n", 0), "{}", said.stderr);
    let said =
        Run::new().args(["-a", "none", "query", "-i", "sample-data/legacy", "-c", "SELECT 1 AS n"]).said();
    assert!(said.code == 2 && said.stderr.contains("`--input` and `--archive`"), "{}", said.stderr);
}

#[cfg(unix)]
#[test]
fn a_script_runs_as_a_program() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("hunt.sql");
    let program = env!("CARGO_BIN_EXE_auditql");
    let archive = sample_archive().display();
    let text =
        format!("#!/usr/bin/env -S {program} query -Fcsv -a {archive} -f\nSELECT $n AS n;\nSELECT nope\n");
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o700)).unwrap();
    let output = std::process::Command::new(&file).args(["--param", "n=4"]).output().unwrap();
    assert_eq!((output.stdout.as_slice(), output.status.code()), (b"n\n4\n".as_slice(), Some(2)));
    assert!(String::from_utf8(output.stderr).unwrap().contains("hunt.sql:3:8: no column `nope`"));
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_ends_a_script() {
    let script = "SELECT a.raw FROM audit a, audit b; SELECT a.raw FROM audit a, audit b";
    for more in ["", "--keep-going"] {
        let status = std::process::Command::new("bash")
            .args([
                "-c",
                "set -o pipefail; \"$0\" query -a \"$1\" -Fndjson -c \"$2\" $3 | head -n 1 >/dev/null",
            ])
            .args([env!("CARGO_BIN_EXE_auditql"), sample_archive().to_str().unwrap(), script, more])
            .status()
            .unwrap();
        assert!(status.success(), "{more}");
    }
}

#[test]
fn no_command_of_a_script_writes_over_the_downloads_it_queries() {
    let dir = tempfile::tempdir().unwrap();
    let download = dir.path().join("audit0.json");
    fs::copy(root().join("sample-data/graph/audit0.json"), &download).unwrap();
    let before = fs::read(&download).unwrap();
    for command in ["\\o audit0.json", "SELECT 1;\n\\last csv audit0.json", "SELECT 1;\n\\g audit0.json"] {
        let script = format!("{command}\nSELECT 2;\n");
        let said =
            Run::new().dir(dir.path()).args(["query", "-i", "audit0.json", "-f", "-"]).input(&script).said();
        assert!(said.code == 2 && said.stderr.contains("one of the downloads"), "{command}: {}", said.stderr);
        assert_eq!(fs::read(&download).unwrap(), before, "{command}");
    }
}

#[test]
fn no_output_takes_the_place_of_what_the_archive_was_made_of() {
    let dir = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| Run::new().dir(dir.path()).args(arguments.iter().copied()).said();
    let download = dir.path().join("audit0.json");
    fs::copy(root().join("sample-data/graph/audit0.json"), &download).unwrap();
    for archive in ["case", "other"] {
        let said = run(&["ingest", "audit0.json", "-a", archive]);
        assert_ne!(said.code, 2, "{}", said.stderr);
    }
    let before = fs::read(&download).unwrap();
    for command in [
        &["query", "-a", "case", "-c", "SELECT 1"][..],
        &["run", "b2c/tokens-per-policy", "-a", "case"],
        &["hunt", "-a", "case"],
        &["timeline", "priya.nair@aldercoffee.example", "-a", "case"],
        &["report", "overview", "-a", "case"],
        &["diff", "case", "other"],
    ] {
        let said = run(&[command, &["-o", "audit0.json"]].concat());
        let message = "one of the downloads that the archive `case` was made of";
        assert!(said.code == 2 && said.stderr.contains(message), "{command:?}: {}", said.stderr);
        assert_eq!(fs::read(&download).unwrap(), before, "{command:?}");
    }
    // A file of the same name that holds something else is an answer of an earlier run.
    fs::write(&download, "earlier").unwrap();
    let said = run(&["query", "-a", "case", "-c", "SELECT 1 AS n", "-Fcsv", "-o", "audit0.json"]);
    assert_eq!(
        (said.code, fs::read_to_string(&download).unwrap().as_str()),
        (0, "n\n1\n"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_piped_shell_runs_what_no_semicolon_ends() {
    let shell = |text| Run::new().args(["-Fcsv"]).archive(sample_archive()).input(text).said();
    let said = shell("SELECT 1 AS a;\nSELECT 2 AS b");
    assert_eq!((said.stdout.as_str(), said.code), ("a\n1\nb\n2\n", 0), "{}", said.stderr);
    let said = shell("SELECT 1 AS a;\nSELEC");
    assert_eq!((said.stdout.as_str(), said.code), ("a\n1\n", 1), "{}", said.stderr);
}

#[test]
fn two_runs_that_write_one_file_do_not_mix() {
    let dir = tempfile::tempdir().unwrap();
    let left = dir.path().join(".rows.csv.1.partial");
    fs::write(&left, "left behind").unwrap();
    let write = |sql: &str| {
        Run::new().dir(dir.path()).args(["query", "-c", sql, "-o", "rows.csv"]).archive(sample_archive())
    };
    let slow = "SELECT a.id, b.id AS other FROM audit a, audit b LIMIT 200000";
    let mut first = write(slow).spawn();
    write("SELECT 1 AS one").ok();
    assert!(first.wait().unwrap().success());
    assert_eq!(fs::read_to_string(dir.path().join("rows.csv")).unwrap().lines().count(), 200_001);
    assert_eq!(names(dir.path()), ["rows.csv"]);
}
