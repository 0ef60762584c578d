//! What is told of wrong queries: `wrong_queries.txt` has each with exactly what a person reads.
//!
//! To add one, write it at the end of a block of its own and run `UPDATE_EXPECT=1 cargo it wrong_queries`; then read what
//! is told as somebody who wants to know within five seconds what to do.

use std::fmt::Write;
use std::path::Path;

use expect_test::expect_file;

use crate::support::{Run, Said, archive_of, root, sample_archive};

/// Words of the engine and of Rust that say nothing to an analyst.
const FORBIDDEN: &[&str] = &[
    "DataFusion",
    "Context(",
    "Projection",
    "SchemaError",
    "Arrow error",
    "ArrowError",
    "Parquet error",
    "Execution error",
    "Internal error",
    "External",
    "likely caused by a bug",
    "This feature is not implemented",
    "Error during planning",
    "panicked",
    "Utf8",
    "Int8",
    "Int16",
    "Int32",
    "Int64",
    "Float32",
    "Float64",
    "Decimal128",
    "Timestamp(",
    "Dictionary(",
    "Interval(",
    "List(",
    "Struct(",
    "Date32",
    "MonthDayNano",
    "Some(",
    "Ok(",
    "Err(",
    "Ident {",
    "Span(",
    "Location(",
    "BinaryExpr",
    "sqltorel",
    "UDF",
    "Candidate functions",
    "physical expr",
];

/// Queries whose message shows no place, because nothing in them is wrong more than the rest.
const WITHOUT_PLACE: &[&str] = &[];

fn said(sql: &str) -> Said {
    // With one thread it is always the same row that fails first.
    Run::new().args(["query", "-Fcsv", "--threads", "1", "-c", sql]).archive(sample_archive()).said()
}

/// The queries of the file: what stands before `error: ` in each block.
fn queries() -> Vec<String> {
    let text = std::fs::read_to_string(root().join("tests/it/wrong_queries.txt")).unwrap();
    let text = text.replace("\r\n", "\n");
    let query = |block: &str| {
        let lines = block.lines().take_while(|line| !line.starts_with("error: "));
        lines.collect::<Vec<_>>().join("\n")
    };
    text.split("\n\n")
        .map(|block| query(block.trim_matches('\n')))
        .filter(|query| !query.is_empty())
        .collect()
}

/// What runs say, many at a time.
fn all_said(queries: &[String]) -> Vec<Said> {
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let parts: Vec<_> = queries.chunks(queries.len().div_ceil(threads)).collect();
    std::thread::scope(|scope| {
        let running: Vec<_> = parts
            .into_iter()
            .map(|part| scope.spawn(move || part.iter().map(|query| said(query)).collect::<Vec<_>>()))
            .collect();
        running.into_iter().flat_map(|part| part.join().unwrap()).collect()
    })
}

/// The lines that are ours: without the excerpt, which shows what somebody wrote.
fn our_lines(stderr: &str) -> impl Iterator<Item = &str> {
    stderr.lines().filter(|line| !line.starts_with("  "))
}

/// Whether the line of the statement stands below the error, with a mark below that.
fn has_mark(stderr: &str) -> bool {
    let lines: Vec<&str> = stderr.lines().take(3).collect();
    matches!(lines.as_slice(), [_, line, mark] if line.starts_with("  ") && mark.trim() == "^" && mark.starts_with("  "))
}

#[test]
fn wrong_queries_are_told_in_words_that_help() {
    let queries = queries();
    assert!(queries.len() >= 50);
    let mut told = String::new();
    let mut wrong = String::new();
    for (query, said) in queries.iter().zip(all_said(&queries)) {
        writeln!(told, "{query}\n{}", said.stderr).unwrap();
        let forbidden: Vec<_> = our_lines(&said.stderr)
            .flat_map(|line| FORBIDDEN.iter().filter(move |word| line.contains(**word)))
            .collect();
        if !forbidden.is_empty() {
            writeln!(wrong, "{query}\n  says {forbidden:?}").unwrap();
        }
        if said.code != 2 || !said.stdout.is_empty() {
            writeln!(wrong, "{query}\n  runs: {said:?}").unwrap();
        }
        if has_mark(&said.stderr) == WITHOUT_PLACE.contains(&query.as_str()) {
            writeln!(wrong, "{query}\n  shows a place, or none, against WITHOUT_PLACE").unwrap();
        }
        if !said.stderr.contains("\nhint: ") {
            writeln!(wrong, "{query}\n  gives no hint").unwrap();
        }
    }
    expect_file!["wrong_queries.txt"].assert_eq(&told);
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_place_in_a_script_is_shown_in_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let script = "-- first\nSELECT 1 AS a;\r\n\n  SELECT '日本', activity,\r\n\tactvity\r\nFROM audit;\n";
    std::fs::write(dir.path().join("s.sql"), script).unwrap();
    let said =
        Run::new().dir(dir.path()).args(["query", "-Fcsv", "-f", "s.sql"]).archive(sample_archive()).said();
    assert_eq!(
        said.stderr,
        "error: s.sql:5:2: no column `actvity` in `audit`\n  actvity\n  ^\nnote: 1 statement of 2 ran before it\n\
         hint: did you mean `activity`?\n"
    );
    let said = said_of_rows("SELECT 1 AS a; SELECT '日本',\n  CAST(activity AS INT) FROM audit");
    assert_eq!(said.lines().next(), Some("error: -c:2:8: `Add user` is no number"));
    assert_eq!(said.lines().nth(1), Some("  CAST(activity AS INT) FROM audit"));
    let shell =
        Run::new().archive(sample_archive()).input("SELECT 1; SELECT '日本', nope FROM audit;\n").said();
    assert!(
        shell.stderr.contains(
            "error: no column `nope` in `audit` (line 1, column 24)\n  SELECT '日本', nope FROM audit\n                 ^\n"
        ),
        "{}",
        shell.stderr
    );
}

/// What a run on an archive of one event says.
fn said_of_rows(sql: &str) -> String {
    let (_dir, archive) = small_archive();
    Run::new().args(["query", "-Fcsv", "-c", sql]).archive(&archive).said().stderr
}

fn small_archive() -> (tempfile::TempDir, std::path::PathBuf) {
    let event = r#"{"id":"a","activityDateTime":"2026-03-02T09:00:00Z","activityDisplayName":"Add user",
        "loggedByService":"Core Directory","category":"UserManagement","result":"success","initiatedBy":{"user":
        {"userPrincipalName":"ana@fabrikam.example"}},"targetResources":[{"id":"t","type":"User"}]}"#;
    let (dir, archive, _) = archive_of("audit.json", event.as_bytes());
    (dir, archive)
}

#[test]
fn parameters_name_their_place() {
    let (_dir, archive) = small_archive();
    let run = |sql: &str, given: &str| {
        Run::new().args(["query", "-Fcsv", "-c", sql, "--param", given]).archive(&archive).said().stderr
    };
    assert_eq!(
        run("SELECT id FROM audit WHERE event_time > $since", "since=yesterday"),
        "error: -c:1:41: `yesterday`, the value of `$since`, is no time\n  \
         SELECT id FROM audit WHERE event_time > $since\n                                          ^\n\
         hint: write 2026-03-02 or 2026-03-02T14:00:00Z; an age is one of a parameter that a line `-- param: name time` declares\n"
    );
    let said = run("SELECT id FROM audit LIMIT $n", "n=x");
    assert!(said.contains("LIMIT takes a whole number, not text") && has_mark(&said), "{said}");
}

#[test]
fn statements_too_deep_to_read_do_not_end_the_program() {
    let (_dir, archive) = small_archive();
    let many = |before: &str, part: &str, after: &str| format!("{before}{}{after}", part.repeat(2_000));
    for sql in [
        many("SELECT ", "(", "1"),
        many("SELECT ", "[", "1"),
        many("SELECT ", "- ", "1"),
        many("SELECT ", "NOT ", "true"),
        many("SELECT ", "INTERVAL ", "'1'"),
        many("SELECT ", "CASE WHEN true THEN ", "1"),
        many("SELECT CAST(1 AS ", "ARRAY<", "INT"),
        many("SELECT CAST(1 AS INT", "[]", ")"),
        many("SELECT * FROM ", "(SELECT * FROM ", "audit"),
        many("SELECT id", ".id", " FROM audit"),
        many("SELECT id FROM audit WHERE event_time > 5", " OR id = 'x'", ""),
        many("SELECT 1", " UNION SELECT 1", ""),
        many("", "EXPLAIN ", "SELECT 1"),
    ] {
        let said = Run::new().args(["query", "-Fcsv", "-c", &sql]).archive(&archive).said();
        assert!(said.code == 2 && said.stderr.starts_with("error: -c:1:"), "{}: {said:?}", &sql[..40]);
    }
}

#[test]
fn what_is_suggested_for_functions_of_other_languages_runs() {
    let text = include_str!("../../src/engine/explain/dialects.rs");
    let (functions, _) = text.split_once("const FILE_READERS").unwrap();
    let code =
        functions.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut suggested: Vec<&str> = code.split('`').skip(1).step_by(2).collect();
    // Parts of what is said, rather than what is to be written.
    const PARTS: &[&str] = &["+", "--from -7d", "lead", "IS NOT NULL"];
    suggested.retain(|code| {
        !PARTS.contains(code)
            && !code.starts_with("audit_")
            && !code.starts_with("CASE")
            && !code.starts_with("WITH")
    });
    assert!(suggested.len() > 60);
    let times = "event_time, event_time AS a, event_time AS b, raw, actor_ip AS ip";
    let list = "array_agg(activity) AS x, max(event_time) AS event_time, 'a' AS a, 'b' AS b, max(raw) AS raw, max(actor_ip) AS ip";
    let sources = [format!("activity AS x, {times}"), format!("10 AS x, {times}"), list.to_owned()];
    let mut never: Vec<usize> = (0..suggested.len()).collect();
    let (_dir, archive) = small_archive();
    for source in sources {
        let mut run = Run::new().args(["query", "-q", "-Fcsv", "--keep-going"]);
        for code in &suggested {
            let code = code.replace('…', "true");
            run = run.args(["-c", &format!("SELECT {code} FROM (SELECT {source} FROM audit) AS s")]);
        }
        let said = run.archive(&archive).said();
        never.retain(|index| said.stderr.contains(&format!("error: -c #{}:", index + 1)));
    }
    let never: Vec<_> = never.into_iter().map(|index| suggested[index]).collect();
    assert!(never.is_empty(), "{never:#?}");
}

/// Right statements, of which the wrong ones below are made.
const SEEDS: &[&str] = &[
    "SELECT activity, count(*) AS n FROM audit WHERE result = 'success' GROUP BY activity HAVING count(*) > 0 ORDER BY n DESC, activity LIMIT 5",
    "SELECT date_trunc('hour', event_time) AS hour, count(DISTINCT actor_upn) FROM audit WHERE event_time > archive_end() - INTERVAL '7 days' GROUP BY 1",
    "SELECT a.id, s.user_upn FROM audit AS a LEFT JOIN signin AS s ON a.correlation_id = s.correlation_id WHERE s.id IS NULL",
    "SELECT targets[1]['upn'], detail(details, 'key'), json_value(raw, '$.id') FROM audit WHERE activity ILIKE '%user%'",
    "WITH x AS (SELECT id, row_number() OVER (PARTITION BY activity ORDER BY event_time DESC) AS nth FROM audit) SELECT id FROM x WHERE nth = 1",
    "SELECT CASE WHEN degraded THEN 'a' ELSE coalesce(actor_upn, '-') END AS c, CAST('5' AS INT) + 1 FROM audit WHERE id IN ('a', 'b')",
    "SELECT id FROM audit WHERE event_time BETWEEN '2026-01-01' AND '2026-12-31' AND ip_in_cidr(actor_ip, '192.0.2.0/24')",
    "SELECT id FROM audit UNION ALL SELECT id FROM signin WHERE error_code = 50126 OR NOT is_interactive",
    "SELECT u.upn FROM (SELECT unnest(targets)['upn'] AS upn FROM audit) AS u WHERE u.upn LIKE '%@%' QUALIFY rank() OVER (ORDER BY u.upn) < 3",
    "SELECT (SELECT max(event_time) FROM audit) - min(event_time), substr(activity, 1, 3), 10 / length(activity) FROM audit GROUP BY activity",
];

/// Tokens, roughly: words, numbers, texts, blanks, and anything else by itself.
fn tokens(sql: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut is_text = false;
    for c in sql.chars() {
        let joins = tokens.last().is_some_and(|token| {
            let last = token.chars().next_back().unwrap_or(' ');
            is_text || (c.is_alphanumeric() || c == '_') && (last.is_alphanumeric() || last == '_')
        });
        match tokens.last_mut() {
            Some(token) if joins => token.push(c),
            _ => tokens.push(c.to_string()),
        }
        if c == '\'' {
            is_text = !is_text;
        }
    }
    tokens
}

/// A generator of numbers, the same at every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

/// One of the seeds with a few tokens deleted, doubled, swapped, or taken from another one; at times a character is missing.
fn broken(numbers: &mut Numbers) -> String {
    let mut parts = tokens(SEEDS[numbers.below(SEEDS.len())]);
    for _ in 0..=numbers.below(3) {
        let (at, other) = (numbers.below(parts.len()), numbers.below(parts.len()));
        match numbers.below(5) {
            0 => drop(parts.remove(at)),
            1 => parts.insert(at, parts[at].clone()),
            2 => parts.swap(at, other),
            3 => {
                let others = tokens(SEEDS[numbers.below(SEEDS.len())]);
                parts[at] = others[numbers.below(others.len())].clone();
            }
            _ => {
                let kept: String = parts[at].chars().skip(1).collect();
                parts[at] = kept;
            }
        }
    }
    parts.concat()
}

/// What is wrong with what a run of these statements says.
fn complaint(archive: &Path, statements: &[String]) -> Option<String> {
    let mut run = Run::new().args(["query", "-q", "-Fcsv", "--keep-going"]);
    for statement in statements {
        run = run.args(["-c", statement]);
    }
    let said = run.archive(archive).said();
    let forbidden = our_lines(&said.stderr)
        .filter(|line| FORBIDDEN.iter().any(|word| line.contains(word)) || line.starts_with("thread "))
        .map(str::to_owned)
        .next();
    let has_ended = !matches!(said.code, 0 | 2);
    forbidden.or_else(|| has_ended.then(|| format!("it ended with {}: {}", said.code, said.stderr)))
}

#[test]
fn broken_statements_neither_panic_nor_talk_of_the_engine() {
    let (_dir, archive) = small_archive();
    let mut numbers = Numbers(2_026);
    let statements: Vec<String> =
        (0..600).map(|_| broken(&mut numbers)).filter(|sql| !sql.contains('$')).collect();
    for part in statements.chunks(100) {
        let Some(first) = complaint(&archive, part) else { continue };
        let one = |statement: &String| {
            Some((statement.clone(), complaint(&archive, std::slice::from_ref(statement))?))
        };
        let all: Vec<_> = part.iter().filter_map(one).collect();
        panic!("{first}\n{all:#?}");
    }
}
