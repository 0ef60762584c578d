//! Every format of `--format`: what it makes of awkward values, how other tools read it back, and what it costs.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use arrow_ipc::reader::{FileReader, StreamReader};
use expect_test::{Expect, expect};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;

use crate::support::{Run, Said, sample_archive};

const FORMATS: [&str; 11] =
    ["table", "vertical", "csv", "tsv", "json", "ndjson", "markdown", "html", "parquet", "arrow", "chart"];

/// Those that show any rows, whatever their columns.
fn of_any_rows() -> impl Iterator<Item = &'static str> {
    FORMATS.into_iter().filter(|format| *format != "chart")
}

/// What a stranger may have written into a log.
const TEXTS: &str = r#"SELECT * FROM (VALUES
  (1, 'plain'), (2, '=1+1'), (3, ''), (4, NULL),
  (5, 'a' || chr(9) || 'b' || chr(13) || chr(10) || 'c\d' || '|e'),
  (6, chr(27) || '[1m' || chr(7) || chr(8238)),
  (7, '<b title="x">&amp; ''y''</b>'), (8, '_a_ *b* `c` [d](e) snake_case $f$'),
  (9, '日本語'), (10, '👩‍💻 é')) AS t (n, "text|<name>") ORDER BY n"#;

/// Every kind of value, and a row without any.
const KINDS: &str = r#"SELECT 1 AS n, -1.5 AS f, true AS is_ok, TIMESTAMP '2026-03-02T08:00:00.25' AS at,
  arrow_cast('2026-03-02T10:00:00+02:00', 'Timestamp(Second, Some("+02:00"))') AS zoned, DATE '2026-03-02' AS d,
  INTERVAL '1 day 2 hours' AS i, arrow_cast(90, 'Duration(Second)') AS lasted, arrow_cast('word', 'Dictionary(Int8, Utf8)') AS word,
  arrow_cast('view', 'Utf8View') AS view, named_struct('k', 'a|b', 'v', NULL) AS s,
  [named_struct('k', '日', 'at', TIMESTAMP '2026-03-02T08:00:00')] AS l, NULL AS z
UNION ALL SELECT 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL ORDER BY n"#;

fn said(args: &[&str]) -> Said {
    Run::new().arg_query(args).said()
}

/// Standard output of a query, whatever bytes it has.
fn bytes(format: &str, sql: &str) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_auditql"))
        .args(["query", "--format", format, "-c", sql, "--archive"])
        .arg(sample_archive())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn text(format: &str, sql: &str) -> String {
    String::from_utf8(bytes(format, sql)).unwrap()
}

#[track_caller]
fn check(format: &str, sql: &str, expected: Expect) {
    // The source of a test must not hold them either.
    let text = text(format, sql);
    expected.assert_eq(&text.replace('\u{202E}', "⟨202E⟩").replace('\x1b', "⟨1B⟩").replace('\x07', "⟨07⟩"));
}

impl Run {
    fn arg_query(self, args: &[&str]) -> Self {
        self.args(["query"]).args(args).archive(sample_archive())
    }
}

/// The page without its style sheet and what stands around it.
fn body(page: &str) -> &str {
    page.split_once("<body>\n").unwrap().1
}

#[test]
fn table_of_awkward_texts() {
    check(
        "table",
        TEXTS,
        expect![[r#"
         n │ text|<name>
        ───┼──────────────────────────────────
         1 │ plain
         2 │ =1+1
         3 │
         4 │
         5 │ a b⏎c\d|e
         6 │ �[1m��
         7 │ <b title="x">&amp; 'y'</b>
         8 │ _a_ *b* `c` [d](e) snake_case $f$
         9 │ 日本語
        10 │ 👩‍💻 é
    "#]],
    );
}

#[test]
fn tsv() {
    check(
        "tsv",
        TEXTS,
        expect![[r#"
        n	text|<name>
        1	plain
        2	'=1+1
        3	
        4	
        5	a\tb\r\nc\\d|e
        6	⟨1B⟩[1m⟨07⟩⟨202E⟩
        7	<b title="x">&amp; 'y'</b>
        8	_a_ *b* `c` [d](e) snake_case $f$
        9	日本語
        10	👩‍💻 é
    "#]],
    );
    check(
        "tsv",
        KINDS,
        expect![[r#"
        n	f	is_ok	at	zoned	d	i	lasted	word	view	s	l	z
        1	-1.5	true	2026-03-02T08:00:00.250Z	2026-03-02T10:00:00+02:00	2026-03-02	1 days 2 hours	PT90S	word	view	{"k":"a|b","v":null}	[{"k":"日","at":"2026-03-02T08:00:00Z"}]	
        2												
    "#]],
    );
}

#[test]
fn markdown() {
    check(
        "markdown",
        TEXTS,
        expect![[r#"
        |   n | text\|&lt;name&gt;                         |
        | --: | ------------------------------------------ |
        |   1 | plain                                      |
        |   2 | =1+1                                       |
        |   3 | *empty*                                    |
        |   4 |                                            |
        |   5 | a b<br>c\\d\|e                             |
        |   6 | �\[1m��                                    |
        |   7 | &lt;b title="x"&gt;&amp;amp; 'y'&lt;/b&gt; |
        |   8 | \_a\_ \*b\* \`c\` \[d](e) snake_case \$f\$ |
        |   9 | 日本語                                     |
        |  10 | 👩‍💻 é                                       |
    "#]],
    );
    check(
        "markdown",
        KINDS,
        expect![[r#"
            |   n |    f | is_ok | at                       | zoned                     | d          | i              | lasted | word | view | s                     | l                                         | z   |
            | --: | ---: | ----- | ------------------------ | ------------------------- | ---------- | -------------- | ------ | ---- | ---- | --------------------- | ----------------------------------------- | --- |
            |   1 | -1.5 | true  | 2026-03-02T08:00:00.250Z | 2026-03-02T10:00:00+02:00 | 2026-03-02 | 1 days 2 hours | PT90S  | word | view | {"k":"a\|b","v":null} | \[{"k":"日","at":"2026-03-02T08:00:00Z"}] |     |
            |   2 |      |       |                          |                           |            |                |        |      |      |                       |                                           |     |
        "#]],
    );
}

#[test]
fn html() {
    expect![[r#"
        <section>
        <h2>Answer 1</h2>
        <table>
        <thead>
        <tr><th class="number">n</th><th>text|&lt;name&gt;</th></tr>
        </thead>
        <tbody>
        <tr><td class="number">1</td><td>plain</td></tr>
        <tr><td class="number">2</td><td>=1+1</td></tr>
        <tr><td class="number">3</td><td class="empty"></td></tr>
        <tr><td class="number">4</td><td class="null"></td></tr>
        <tr><td class="number">5</td><td>a	b
        c\d|e</td></tr>
        <tr><td class="number">6</td><td>�[1m��</td></tr>
        <tr><td class="number">7</td><td>&lt;b title=&quot;x&quot;&gt;&amp;amp; &#39;y&#39;&lt;/b&gt;</td></tr>
        <tr><td class="number">8</td><td>_a_ *b* `c` [d](e) snake_case $f$</td></tr>
        <tr><td class="number">9</td><td>日本語</td></tr>
        <tr><td class="number">10</td><td>👩‍💻 é</td></tr>
        </tbody>
        </table>
        <p>10 rows</p>
        </section>
    "#]].assert_eq(body(&text("html", TEXTS)));
    expect![[r#"
        <section>
        <h2>Answer 1</h2>
        <table>
        <thead>
        <tr><th class="number">n</th><th class="number">f</th><th>is_ok</th><th>at</th><th>zoned</th><th>d</th><th>i</th><th>lasted</th><th>word</th><th>view</th><th>s</th><th>l</th><th>z</th></tr>
        </thead>
        <tbody>
        <tr><td class="number">1</td><td class="number">-1.5</td><td>true</td><td>2026-03-02T08:00:00.250Z</td><td>2026-03-02T10:00:00+02:00</td><td>2026-03-02</td><td>1 days 2 hours</td><td>PT90S</td><td>word</td><td>view</td><td>{&quot;k&quot;:&quot;a|b&quot;,&quot;v&quot;:null}</td><td>[{&quot;k&quot;:&quot;日&quot;,&quot;at&quot;:&quot;2026-03-02T08:00:00Z&quot;}]</td><td class="null"></td></tr>
        <tr><td class="number">2</td><td class="null"></td><td class="null"></td><td class="null"></td><td class="null"></td><td class="null"></td><td class="null"></td><td class="null"></td><td class="null"></td><td class="null"></td><td class="null"></td><td class="null"></td><td class="null"></td></tr>
        </tbody>
        </table>
        <p>2 rows</p>
        </section>
    "#]].assert_eq(body(&text("html", KINDS)));
}

#[test]
fn a_page_needs_nothing_but_itself() {
    let page = text("html", "SELECT 'http://tracker.example' AS link, '<script>' AS s");
    assert!(page.contains("default-src 'none'") && page.contains("prefers-color-scheme: dark"), "{page}");
    for part in ["<script", "<link", "<img", "<a ", "url(", "@import", "src=", "href="] {
        assert!(!page.contains(part), "{part}");
    }
}

#[test]
fn nested_values_and_nothing_in_json() {
    check(
        "ndjson",
        KINDS,
        expect![[r#"
        {"n":1,"f":-1.5,"is_ok":true,"at":"2026-03-02T08:00:00.250Z","zoned":"2026-03-02T10:00:00+02:00","d":"2026-03-02","i":"1 days 2 hours","lasted":"PT90S","word":"word","view":"view","s":{"k":"a|b","v":null},"l":[{"k":"日","at":"2026-03-02T08:00:00Z"}],"z":null}
        {"n":2,"f":null,"is_ok":null,"at":null,"zoned":null,"d":null,"i":null,"lasted":null,"word":null,"view":null,"s":null,"l":null,"z":null}
    "#]],
    );
}

#[test]
fn charts() {
    check(
        "chart",
        "SELECT date_trunc('day', event_time) AS day, count(*) AS events FROM audit GROUP BY 1",
        expect![[r#"
            day (UTC, by day)                                                         events
            2018-03-14 Wed  █▎                                                             3
            ⋮ 2909 days
            2026-03-02 Mon  █████████████████████████████████████████████████████▎       131
            2026-03-03 Tue  █████████████████████████████████████████████████▋           122
            2026-03-04 Wed  ███████████████████████████████████████████████▎             116
            2026-03-05 Thu  ███████████████████████████████████████████████████████████  145
            2026-03-06 Fri  ████████████████████████████████████████████████████▌        129
            2026-03-07 Sat  ██████████████████████████████████████████████████▉          125
            2026-03-08 Sun  ███████████████████████████████████████                       96
        "#]],
    );
    check(
        "chart",
        "SELECT service, result, count(*) AS events FROM audit GROUP BY 1, 2 ORDER BY 1, 2",
        expect![[r#"
            █ success: 812   ▓ failure: 55

            service                                                                   events
            Access Reviews      █                                                         12
            B2B Auth            █                                                          2
            B2C                 ███████████████████████████████████████████████████▓▓▓▓  752
            Conditional Access  █                                                          1
            Core Directory      █████▓                                                    80
            Invited Users       █▓                                                        17
            (null)              █▓                                                         3
        "#]],
    );
    check(
        "chart",
        &TEXTS.replace("SELECT *", "SELECT \"text|<name>\", n"),
        expect![[r#"
            text|<name>                                                                    n
            plain                              ████▏                                       1
            =1+1                               ████████▎                                   2
                                               ████████████▎                               3
            (null)                             ████████████████▍                           4
            a b⏎c\d|e                          ████████████████████▌                       5
            �[1m��                             ████████████████████████▋                   6
            <b title="x">&amp; 'y'</b>         ████████████████████████████▊               7
            _a_ *b* `c` [d](e) snake_case $f$  ████████████████████████████████▊           8
            日本語                             ████████████████████████████████████▉       9
            👩‍💻 é                               █████████████████████████████████████████  10
        "#]],
    );
    check(
        "chart",
        "SELECT result FROM audit",
        expect![[r#"
        result                                                                      rows
        success  ██████████████████████████████████████████████████████████████████  812
        failure  ████▌                                                                55
    "#]],
    );
    let drawn = text("chart", "SELECT event_time FROM audit");
    assert!(drawn.lines().count() <= 61 && drawn.starts_with("event_time (UTC, by 3 hours)"), "{drawn}");
    assert_eq!(
        text("chart", "SELECT 'a' AS x, 1 AS n; SELECT 'b' AS x, 2 AS n").matches("\n\nx ").count(),
        1
    );
}

#[test]
fn what_no_chart_can_show() {
    let told = |sql| {
        let said = said(&["-F", "chart", "-c", sql]);
        assert_eq!((said.stdout.as_str(), said.code), ("", 2), "{}", said.stderr);
        said.stderr
    };
    let two = told("SELECT id, activity FROM audit");
    assert!(
        two.contains("cannot draw a chart of `id`, `activity`\nbecause: none of them is a number\n"),
        "{two}"
    );
    assert!(
        two.contains("hint: a chart needs a time or a text, and a number: e.g. `SELECT date_trunc("),
        "{two}"
    );
    let many = told("SELECT a.activity, 1 FROM audit a, audit b");
    assert!(many.contains("cannot draw a chart of more than 100000 rows"), "{many}");
}

#[test]
fn empty_answers() {
    let empty = |format| text(format, "SELECT id, 1 AS n FROM audit WHERE false");
    assert_eq!(empty("tsv"), "id\tn\n");
    assert_eq!(empty("markdown"), "| id  |   n |\n| --- | --: |\n");
    assert!(body(&empty("html")).contains("<th>id</th><th class=\"number\">n</th>"));
    assert!(body(&empty("html")).ends_with("<tbody>\n</tbody>\n</table>\n<p>0 rows</p>\n</section>\n"));
    let file = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes(
        "parquet",
        "SELECT 1 AS n LIMIT 0",
    )));
    let file = file.unwrap();
    assert_eq!((file.schema().fields().len(), file.metadata().file_metadata().num_rows()), (1, 0));
    let stream = StreamReader::try_new(Cursor::new(bytes("arrow", "SELECT 1 AS n LIMIT 0")), None).unwrap();
    assert_eq!((stream.schema().fields().len(), stream.count()), (1, 0));
}

#[test]
fn statements_without_columns_write_nothing() {
    for format in FORMATS {
        let view = "CREATE VIEW v AS SELECT 'x' AS x, 1 AS n";
        let said = said(&["-F", format, "-c", view]);
        if matches!(format, "parquet" | "arrow") {
            assert!(said.code == 2 && said.stderr.contains("no statement has an answer"), "{}", said.stderr);
        } else {
            assert_eq!((said.stdout.as_str(), said.code), ("", 0), "{format}: {}", said.stderr);
        }
        assert!(!bytes(format, &format!("{view}; SELECT * FROM v")).is_empty(), "{format}");
    }
}

#[test]
fn several_answers() {
    let sql = "SELECT 1 AS a; SET datafusion.execution.batch_size = 100; SELECT 'x' AS b WHERE false; SELECT 3 AS c";
    assert_eq!(
        text("markdown", sql),
        "|   a |\n| --: |\n|   1 |\n\n| b   |\n| --- |\n\n|   c |\n| --: |\n|   3 |\n"
    );
    let page = text("html", sql);
    assert_eq!(page.matches("<!DOCTYPE html>").count(), 1);
    assert_eq!(page.matches("</table>").count(), 3);
    assert!(page.contains("<h2>Answer 3</h2>"), "{page}");
    for format in ["parquet", "arrow"] {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("answer.bin");
        let said = said(&["-F", format, "-o", file.to_str().unwrap(), "-c", sql]);
        assert_eq!((said.stdout.as_str(), said.code), ("", 2));
        assert!(
            said.stderr.starts_with(&format!("error: cannot write 3 answers as {format}\n")),
            "{}",
            said.stderr
        );
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left behind");
    }
}

fn parquet_of(bytes: Vec<u8>) -> Vec<RecordBatch> {
    let file = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes)).unwrap();
    for group in file.metadata().row_groups() {
        assert!(group.columns().iter().all(|column| matches!(column.compression(), Compression::ZSTD(_))));
        assert!(group.num_rows() <= 1 << 18);
    }
    file.build().unwrap().map(Result::unwrap).collect()
}

/// Columns as `name type: first value, second value …`.
fn columns(batches: &[RecordBatch]) -> String {
    let options = FormatOptions::default().with_null("NULL");
    let schema = batches[0].schema();
    let column = |(index, field): (usize, &Arc<arrow::datatypes::Field>)| {
        let values = |array: &ArrayRef| {
            let formatter = ArrayFormatter::try_new(array, &options).unwrap();
            (0..array.len()).map(|row| formatter.value(row).to_string()).collect::<Vec<_>>()
        };
        let values: Vec<_> = batches.iter().flat_map(|batch| values(batch.column(index))).collect();
        format!("{} {}: {}\n", field.name(), field.data_type(), values.join(", "))
    };
    schema.fields().iter().enumerate().map(column).collect()
}

#[test]
fn parquet_keeps_types_and_values() {
    expect![[r#"
        n Int64: 1, 2
        f Float64: -1.5, NULL
        is_ok Boolean: true, NULL
        at Timestamp(ns, "UTC"): 2026-03-02T08:00:00.250Z, NULL
        zoned Timestamp(ms, "UTC"): 2026-03-02T08:00:00Z, NULL
        d Date32: 2026-03-02, NULL
        i Utf8: 1 days 2 hours, NULL
        lasted Utf8: PT90S, NULL
        word Utf8: word, NULL
        view Utf8: view, NULL
        s Struct("k": Utf8, "v": Null): {k: a|b, v: NULL}, NULL
        l List(Struct("k": Utf8, "at": Timestamp(ns, "UTC"))): [{k: 日, at: 2026-03-02T08:00:00Z}], NULL
        z Null: NULL, NULL
    "#]]
    .assert_eq(&columns(&parquet_of(bytes("parquet", KINDS))));
}

#[test]
fn arrow_keeps_types_and_values() {
    let stream = StreamReader::try_new(Cursor::new(bytes("arrow", KINDS)), None).unwrap();
    let stream: Vec<_> = stream.map(Result::unwrap).collect();
    expect![[r#"
        n Int64: 1, 2
        f Float64: -1.5, NULL
        is_ok Boolean: true, NULL
        at Timestamp(ns, "UTC"): 2026-03-02T08:00:00.250Z, NULL
        zoned Timestamp(ms, "UTC"): 2026-03-02T08:00:00Z, NULL
        d Date32: 2026-03-02, NULL
        i Utf8: 1 days 2 hours, NULL
        lasted Duration(s): PT90S, NULL
        word Utf8: word, NULL
        view Utf8: view, NULL
        s Struct("k": Utf8, "v": Null): {k: a|b, v: NULL}, NULL
        l List(Struct("k": Utf8, "at": Timestamp(ns, "UTC"))): [{k: 日, at: 2026-03-02T08:00:00Z}], NULL
        z Null: NULL, NULL
    "#]]
    .assert_eq(&columns(&stream));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("answer.arrow");
    Run::new().arg_query(&["-o", path.to_str().unwrap(), "-c", KINDS]).ok();
    let file = FileReader::try_new(File::open(&path).unwrap(), None).unwrap();
    assert_eq!(file.map(Result::unwrap).collect::<Vec<_>>(), stream, "a file and a stream hold the same");
}

#[test]
fn whole_tables_are_the_same_in_both_binary_formats() {
    for table in ["audit", "signin", "unified_audit"] {
        let sql = format!("SELECT * FROM {table} ORDER BY source_file, source_offset");
        let stream = StreamReader::try_new(Cursor::new(bytes("arrow", &sql)), None).unwrap();
        let stream: Vec<_> = stream.map(Result::unwrap).collect();
        assert!(stream[0].num_rows() > 0);
        assert_eq!(columns(&parquet_of(bytes("parquet", &sql))), columns(&stream), "{table}");
    }
}

#[test]
fn bytes_do_not_depend_on_how_the_engine_cut_its_answer() {
    let sql = "SELECT source_file, source_offset, activity, targets FROM audit ORDER BY 1, 2";
    for format in FORMATS {
        let small = bytes(format, &format!("SET datafusion.execution.batch_size = 7; {sql}"));
        assert!(small == bytes(format, sql), "{format}");
    }
}

#[test]
fn the_ending_of_the_file_names_the_format() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, args: &[&str]| {
        let path = dir.path().join(name);
        Run::new().arg_query(&["-c", "SELECT 1 AS n", "-o", path.to_str().unwrap()]).args(args).ok();
        std::fs::read(path).unwrap()
    };
    let cases = [
        ("a.csv", "csv"),
        ("a.TSV", "tsv"),
        ("a.json", "json"),
        ("a.ndjson", "ndjson"),
        ("a.jsonl", "ndjson"),
        ("a.md", "markdown"),
        ("a.html", "html"),
        ("a.parquet", "parquet"),
        ("a.txt", "table"),
        ("csv", "table"),
    ];
    for (name, format) in cases {
        assert!(write(name, &[]) == bytes(format, "SELECT 1 AS n"), "{name}");
    }
    assert!(write("a.arrow", &[]).starts_with(b"ARROW1"));
    assert_eq!(write("b.csv", &["--format", "ndjson"]), b"{\"n\":1}\n");
}

#[test]
fn run_diff_and_the_shell_have_every_format() {
    let archive = sample_archive();
    for format in FORMATS {
        let name = if format == "arrow" { "a.ipc" } else { "a" };
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        let run = ["run", "audit/activity-census", "-F", format, "-o", path.to_str().unwrap()];
        let said = Run::new().args(run).archive(archive).said();
        assert_eq!(said.code, 0, "{}", said.stderr);
        let sample = archive.to_str().unwrap();
        let said = Run::new()
            .args([
                "diff",
                "sample-data/legacy",
                sample,
                "--summary",
                "-F",
                format,
                "-o",
                path.to_str().unwrap(),
            ])
            .said();
        assert!(said.code < 2 && path.metadata().unwrap().len() > 0, "{}", said.stderr);
    }
    let shell = |input: &str| Run::new().archive(archive).input(input).said();
    let listed = shell("\\format\n").stdout;
    assert_eq!(listed.lines().map(|line| line.split(' ').next().unwrap()).collect::<Vec<_>>(), FORMATS);
    assert_eq!(shell("\\format tsv\nSELECT 1 AS n, NULL AS z;\n").stdout, "n\tz\n1\t\n");
    assert_eq!(shell("\\format html\nSELECT 1;\nSELECT 2;\n").stdout.matches("<!DOCTYPE").count(), 1);
    let said = shell("\\format xml\n");
    assert!(said.stderr.contains("the formats are table, vertical, csv, tsv,"), "{}", said.stderr);
    let help = Run::new().args(["query", "--help"]).ok().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("markdown, html, parquet, arrow"), "{help}");
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_failure_in_any_format() {
    let sql = "SELECT a.raw FROM audit a, audit b";
    for format in of_any_rows() {
        let mut child = Command::new(env!("CARGO_BIN_EXE_auditql"))
            .args(["query", "--format", format, "-c", sql, "--archive"])
            .arg(sample_archive())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdout.take().unwrap().read_exact(&mut [0; 4]).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{format}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Memory that a million rows may take, MiB: far less than they are, in a file (27 MiB to 87 MiB) or in memory.
#[cfg(target_os = "linux")]
const PEAK_MIB_MAX: u64 = 250;

#[cfg(target_os = "linux")]
#[test]
fn a_million_rows_take_no_memory() {
    let sql = "SELECT n, 'row ' || n AS text, n * 1.5 AS f FROM
        (SELECT unnest(range(1000)) * 1000 + m AS n FROM (SELECT unnest(range(1000)) AS m))";
    for format in ["csv", "ndjson", "html", "parquet"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_auditql"))
            .args(["query", "--format", format, "-c", sql, "--archive"])
            .arg(sample_archive())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = child.stdout.take().unwrap();
        let status = Path::new("/proc").join(child.id().to_string()).join("status");
        let (mut buffer, mut peak_kib, mut lines) = (vec![0; 1 << 20], 0, 0);
        loop {
            let count = out.read(&mut buffer).unwrap();
            if count == 0 {
                break;
            }
            lines += buffer[..count].iter().filter(|byte| **byte == b'\n').count();
            let status = std::fs::read_to_string(&status).unwrap_or_default();
            let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let peak = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse::<u64>().ok());
            peak_kib = peak.unwrap_or(peak_kib);
        }
        assert!(child.wait().unwrap().success());
        assert!(format == "parquet" || lines >= 1_000_000, "{format}: {lines} lines");
        assert!(peak_kib > 0 && peak_kib < PEAK_MIB_MAX << 10, "{format}: {} MiB", peak_kib >> 10);
    }
}
