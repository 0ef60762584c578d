//! `auditql export`: what each format holds, what the manifest says, and what is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use arrow::util::pretty::pretty_format_batches;
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Run, Said, archive_of, files_below, sample_archive, value};

/// Every table of events that the sample has rows of.
const TABLES: &[&str] = &[
    "audit",
    "signin",
    "signin_auth_detail",
    "provisioning",
    "risk_detection",
    "risky_user",
    "graph_activity",
    "unified_audit",
    "directory_user",
    "invitation",
    "access_review_definition",
    "access_review_instance",
    "access_review_decision",
];

fn said(archive: &Path, out: &Path, args: &[&str]) -> Said {
    Run::new().args(["export", "-o"]).args([out]).args(args).archive(archive).said()
}

/// An export that succeeds, and says nothing on standard output.
fn export(archive: &Path, args: &[&str]) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let said = said(archive, &out, args);
    assert_eq!((said.stdout.as_str(), said.code), ("", 0), "{}", said.stderr);
    (dir, out)
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path).unwrap()
}

fn names(dir: &Path) -> Vec<String> {
    let name = |path: PathBuf| path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
    files_below(dir).into_iter().map(name).collect()
}

/// Names of the files that an export of everything has, but for manifest and sums.
fn names_with(extension: &str, tables: &[&str]) -> Vec<String> {
    let mut names: Vec<_> = tables.iter().map(|table| format!("{table}.{extension}")).collect();
    names.extend(["SHA256SUMS".to_owned(), "manifest.json".to_owned()]);
    names.sort();
    names
}

fn manifest(out: &Path) -> Value {
    serde_json::from_str(&read(out.join("manifest.json"))).unwrap()
}

fn csv_rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let header = reader.headers().unwrap().clone();
    let row = |record: csv::StringRecord| -> BTreeMap<String, String> {
        header.iter().zip(record.iter()).map(|(name, cell)| (name.to_owned(), cell.to_owned())).collect()
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

fn count(table: &str) -> usize {
    value(sample_archive(), &format!("SELECT count(*) FROM {table}")).parse().unwrap()
}

#[test]
fn parquet_holds_every_column_of_every_row() {
    let (_dir, out) = export(sample_archive(), &[]);
    assert_eq!(names(&out), names_with("parquet", &[TABLES, &["sources", "rejects"]].concat()));
    let same = |sql: &str, stored: &str, file: &str| {
        let stored = rows_of(&sample_archive().join("data").join(stored), sql);
        assert_eq!(rows_of(&out.join(file), sql), stored, "{file}");
    };
    for table in TABLES {
        same("SELECT * FROM t ORDER BY event_time, id, raw", table, &format!("{table}.parquet"));
    }
    same("SELECT * FROM t ORDER BY path, sha256, ingested_at", "source", "sources.parquet");
    same("SELECT * FROM t ORDER BY source_file, source_offset", "reject", "rejects.parquet");
    // Lists and structs are lists and structs.
    same("SELECT sum(cardinality(targets)), max(targets[1]['upn']) FROM t", "audit", "audit.parquet");
}

/// What `sql` gives of the table `t`, a Parquet file or a folder of them, read without the program.
fn rows_of(path: &Path, sql: &str) -> String {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let rows = runtime.block_on(async {
        let context = SessionContext::new();
        context.register_parquet("t", path.to_str().unwrap(), ParquetReadOptions::default()).await.unwrap();
        context.sql(sql).await.unwrap().collect().await.unwrap()
    });
    pretty_format_batches(&rows).unwrap().to_string()
}

#[test]
fn csv_holds_every_row_in_order_and_runs_no_formula() {
    let (_dir, out) = export(sample_archive(), &["--as", "csv"]);
    assert_eq!(names(&out), names_with("csv", &[TABLES, &["sources", "rejects"]].concat()));
    for table in TABLES {
        let rows = csv_rows(&out.join(format!("{table}.csv")));
        assert_eq!(rows.len(), count(table), "{table}");
        assert!(
            rows.is_sorted_by_key(|row| (
                row["event_time"].trim_end_matches('Z').to_owned(),
                row["id"].clone()
            )),
            "{table}"
        );
    }
    assert!(csv_rows(&out.join("audit.csv")).iter().any(|row| row["targets"].starts_with("[{\"id\":")));

    let event = r#"{"id":"=1+1","activityDateTime":"2026-03-02T09:00:00Z","activityDisplayName":"@SUM(A1)",
        "loggedByService":"Core Directory","category":"UserManagement","result":"success","initiatedBy":{"user":
        {"userPrincipalName":"-2+3"}},"targetResources":[]}"#;
    let (_dir, archive, _) = archive_of("audit.json", event.as_bytes());
    let (_dir, out) = export(&archive, &["--as", "csv"]);
    let row = &csv_rows(&out.join("audit.csv"))[0];
    assert_eq!([&row["id"], &row["activity"], &row["actor_upn"]], ["'=1+1", "'@SUM(A1)", "'-2+3"]);
    let (_dir, out) = export(&archive, &["--as", "timesketch-csv"]);
    let row = &csv_rows(&out.join("timeline.csv"))[0];
    assert_eq!([&row["id"], &row["message"]], ["'=1+1", "'@SUM(A1) (success) by -2+3"]);
}

#[test]
fn ndjson_is_what_was_downloaded_and_becomes_the_same_archive_again() {
    let (dir, out) = export(sample_archive(), &["--as", "ndjson"]);
    assert_eq!(names(&out), names_with("ndjson", TABLES));
    for table in TABLES {
        let text = read(out.join(format!("{table}.ndjson")));
        let raws: Vec<Value> = query_json(&format!("SELECT raw FROM {table} ORDER BY event_time, id"));
        let mut pairs = 0;
        for (line, raw) in text.lines().zip(&raws) {
            let raw = raw["raw"].as_str().unwrap();
            if raw.contains('\n') {
                let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
                assert_eq!(value(line), value(raw), "{table}");
            } else {
                assert_eq!(line, raw, "{table}");
            }
            pairs += 1;
        }
        assert_eq!((pairs, text.lines().count()), (count(table), count(table)), "{table}");
    }
    let archive = dir.path().join("again");
    let events: Vec<_> = TABLES.iter().map(|table| out.join(format!("{table}.ndjson"))).collect();
    let said = Run::new().args(["ingest"]).args(&events).archive(&archive).said();
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{}", said.stdout);
    assert_same_as_sample(&archive);
    // In one file, of which every line may be of another shape than the line before.
    let text: Vec<_> = events.iter().map(read).collect();
    let mut lines: Vec<&str> = text.iter().flat_map(|text| text.lines()).collect();
    lines.sort_by_key(|line| std::hash::BuildHasher::hash_one(&Same::default(), line));
    let mixed = dir.path().join("mixed.ndjson");
    for (name, is_backwards) in [("forwards", false), ("backwards", true)] {
        if is_backwards {
            lines.reverse();
        }
        std::fs::write(&mixed, lines.join("\n")).unwrap();
        let archive = dir.path().join(name);
        let said = Run::new().args(["ingest"]).args([&mixed]).archive(&archive).said();
        assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{name}: {}", said.stdout);
        assert_same_as_sample(&archive);
    }
}

/// Puts lines into an order that looks like none and is always the same.
type Same = std::hash::BuildHasherDefault<std::hash::DefaultHasher>;

#[track_caller]
fn assert_same_as_sample(archive: &Path) {
    let diff = Run::new().args(["diff", sample_archive().to_str().unwrap(), archive.to_str().unwrap()]);
    let said = diff.args(["-F", "vertical"]).said();
    assert_eq!((said.stdout.as_str(), said.code), ("", 0), "{}", said.stderr);
}

/// JSON text without white space outside strings.
fn compact(text: &str) -> String {
    let (mut line, mut is_in_string, mut is_escaped) = (String::new(), false, false);
    for c in text.chars() {
        if is_in_string || !c.is_ascii_whitespace() {
            line.push(c);
        }
        is_in_string ^= c == '"' && !is_escaped;
        is_escaped = is_in_string && c == '\\' && !is_escaped;
    }
    line
}

#[test]
fn every_line_stands_in_the_bytes_of_its_source() {
    let (_dir, out) = export(sample_archive(), &["--as", "ndjson"]);
    let (mut as_they_were, mut without_space, mut from_tables, mut in_utf_16) = (0, 0, 0, 0);
    for table in TABLES {
        let text = read(out.join(format!("{table}.ndjson")));
        let order = if table.starts_with("ri") { ", risk_state, risk_level" } else { "" };
        let sql = format!(
            "SELECT source_file, source_offset, raw FROM {table} AS t \
             ORDER BY event_time, id, source_file, source_offset, tenant_id{order}"
        );
        for (line, row) in text.lines().zip(query_json(&sql)) {
            let (file, raw) = (row["source_file"].as_str().unwrap(), row["raw"].as_str().unwrap());
            if !file.ends_with("json") || file.contains('!') {
                continue;
            }
            let bytes = std::fs::read(crate::support::root().join(file)).unwrap();
            let at = usize::try_from(row["source_offset"].as_u64().unwrap()).unwrap();
            if bytes.starts_with(&[0xFF, 0xFE]) {
                let units: Vec<u16> =
                    bytes[at..].chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
                assert!(String::from_utf16(&units).unwrap().starts_with(raw), "{file}: {raw}");
                in_utf_16 += 1;
            } else if bytes[at] == b'[' {
                // A row of a query's result: its cells stand there, one after the other.
                let source = std::str::from_utf8(&bytes[at..]).unwrap();
                let cells: Vec<Value> =
                    serde_json::Deserializer::from_str(source).into_iter().next().unwrap().unwrap();
                let filled: Vec<_> = cells.iter().filter(|cell| !cell.is_null()).collect();
                let object: serde_json::Map<String, Value> = serde_json::from_str(raw).unwrap();
                assert_eq!(object.len(), filled.len(), "{file}: {raw}");
                assert!(filled.iter().all(|cell| object.values().any(|value| value == *cell)), "{file}");
                from_tables += 1;
                continue;
            } else {
                let there = &bytes[at..at + raw.len()];
                assert_eq!(std::str::from_utf8(there).unwrap(), raw, "{file}");
                as_they_were += 1;
            }
            if raw.contains('\n') {
                assert_eq!(line, compact(raw), "{file}");
                without_space += 1;
            } else {
                assert_eq!(line, raw, "{file}");
            }
        }
    }
    assert!(
        as_they_were > 700 && without_space > 50 && from_tables > 0 && in_utf_16 > 40,
        "{as_they_were} {without_space} {from_tables} {in_utf_16}"
    );
}

fn query_json(sql: &str) -> Vec<Value> {
    let text = Run::new().args(["query", "-F", "ndjson", "-c", sql]).archive(sample_archive()).ok();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_events_of_a_file_of_lines_come_out_as_its_bytes() {
    let event = |id: u32, upn: &str| {
        format!(
            "{{ \"id\":\"{id}\", \"activityDateTime\":\"2026-03-02T09:00:0{id}Z\",\t\"activityDisplayName\":\"Add user\",\
             \"x\":1.50,\"initiatedBy\":{{\"user\":{{\"userPrincipalName\":\"{upn}\"}}}},\"targetResources\":[]}}\n"
        )
    };
    let text = event(1, "\\u0061na@fabrikam.example") + &event(2, "märta@fabrikam.example");
    let (_dir, archive, said) = archive_of("audit.json", text.as_bytes());
    assert_eq!(said.code, 0, "{}", said.stderr);
    let (_dir, out) = export(&archive, &["--as", "ndjson"]);
    assert_eq!(read(out.join("audit.ndjson")), text);
}

#[test]
fn a_timeline_has_what_timesketch_asks_for() {
    let (_dir, out) = export(sample_archive(), &["--as", "timesketch-csv"]);
    assert_eq!(names(&out), names_with("csv", &["timeline"]));
    let rows = csv_rows(&out.join("timeline.csv"));
    assert_eq!(rows.len(), TABLES.iter().map(|table| count(table)).sum::<usize>());
    assert!(rows.is_sorted_by_key(|row| row["timestamp"].parse::<i64>().unwrap()));
    assert_eq!(rows.iter().map(|row| row["table"].as_str()).collect::<BTreeSet<_>>().len(), TABLES.len());
    let form = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "0");
    for row in &rows {
        assert!(["message", "timestamp_desc", "id"].iter().all(|column| !row[*column].is_empty()), "{row:?}");
        assert!(!row["message"].contains("  ") && !row["message"].contains("()"), "{}", row["message"]);
        assert_eq!(form(&row["datetime"]), "0000-00-00T00:00:00.000000+00:00");
        assert!(!row.contains_key("tag"));
    }
    let messages: Vec<_> = rows.iter().map(|row| row["message"].as_str()).collect();
    for message in [
        "Remove member from role (success) by nora.lindqvist@aldercoffee.example on User \
         felix.hartmann@aldercoffee.example",
        "Sign-in (failure, interactive) of felix.hartmann@aldercoffee.example to Azure Portal for Windows Azure \
         Service Management API from 192.0.2.16 (Aldersund, NO) – error 50057 The account of the user is disabled.",
        "Risk detected: passwordSpray (medium, atRisk) of felix.hartmann@aldercoffee.example from 203.0.113.66 \
         (Lowport, NL)",
    ] {
        assert!(messages.iter().any(|found| found.starts_with(message)), "{message}");
    }

    let (_dir, lines) = export(sample_archive(), &["--as", "timesketch-jsonl"]);
    assert_eq!(names(&lines), names_with("jsonl", &["timeline"]));
    let text = read(lines.join("timeline.jsonl"));
    assert_eq!(text.lines().count(), rows.len());
    for (line, row) in text.lines().zip(&rows) {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(
            (line["message"].as_str(), line["datetime"].as_str()),
            (Some(&*row["message"]), Some(&*row["datetime"]))
        );
        assert_eq!(line["timestamp"].as_i64().unwrap().to_string(), row["timestamp"]);
    }
}

#[test]
fn the_manifest_accounts_for_files_and_sources() {
    let args =
        ["--from", "2026-03-05", "--to", "2026-03-05", "--as", "csv", "--where", "tenant_id IS NOT NULL"];
    let (_dir, out) = export(sample_archive(), &args);
    let manifest = manifest(&out);
    assert_eq!(manifest["archive"]["path"], sample_archive().to_str().unwrap());
    assert_eq!(manifest["archive"]["commit"], 1);
    let committed = "SELECT max(ingested_at) FROM meta.sources";
    assert_eq!(manifest["archive"]["committed_at"], value(sample_archive(), committed).as_str());
    assert!(manifest.as_object().unwrap().keys().all(|key| !key.ends_with("_at")), "{manifest}");
    assert_eq!(
        [&manifest["format"], &manifest["from"], &manifest["to"], &manifest["where"]],
        ["csv", "2026-03-05T00:00:00Z", "2026-03-06T00:00:00Z", "tenant_id IS NOT NULL"]
    );
    let sums: BTreeMap<String, String> = read(out.join("SHA256SUMS"))
        .lines()
        .map(|line| line.split_once("  ").map(|(sum, name)| (name.to_owned(), sum.to_owned())).unwrap())
        .collect();
    let mut covered: Vec<_> = sums.keys().cloned().chain(["SHA256SUMS".to_owned()]).collect();
    covered.sort();
    assert_eq!(covered, names(&out));
    for file in manifest["files"].as_array().unwrap() {
        let name = file["file"].as_str().unwrap();
        let rows = csv_rows(&out.join(name)).len();
        assert_eq!(file["rows"], rows, "{name}");
        assert_eq!(file["size_bytes"], std::fs::metadata(out.join(name)).unwrap().len(), "{name}");
        assert_eq!(file["sha256"], sums[name].as_str(), "{name}");
        // The query that it names gives the same file.
        let range = ["--from", manifest["from"].as_str().unwrap(), "--to", manifest["to"].as_str().unwrap()];
        let again = Run::new().args(["query", "-Fcsv", "-c", file["query"].as_str().unwrap()]).args(range);
        assert_eq!(again.archive(sample_archive()).ok(), read(out.join(name)), "{name}");
    }
    // Accounting is whole, whatever the condition.
    let sources = manifest["sources"].as_array().unwrap();
    assert_eq!(
        (sources.len(), csv_rows(&out.join("sources.csv")).len()),
        (count("meta.sources"), count("meta.sources"))
    );
    for key in ["path", "sha256", "size_bytes", "events_read", "events_added", "events_rejected"] {
        assert!(sources.iter().all(|source| !source[key].is_null()), "{key}");
    }
}

#[cfg(unix)]
#[test]
fn sha256sum_agrees_and_only_the_owner_reads() {
    use std::os::unix::fs::PermissionsExt;

    let (_dir, out) = export(sample_archive(), &[]);
    let mut check = std::process::Command::new("sha256sum");
    let checked = check.args(["--check", "--strict", "--quiet", "SHA256SUMS"]).current_dir(&out).status();
    assert!(checked.unwrap().success());
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&out), mode(&out.join("audit.parquet"))), (0o700, 0o600));
}

#[test]
fn the_same_archive_gives_the_same_bytes() {
    for format in ["parquet", "csv", "ndjson", "timesketch-csv", "timesketch-jsonl"] {
        let (_first_dir, first) = export(sample_archive(), &["--as", format, "--threads", "1"]);
        let (_second_dir, second) = export(sample_archive(), &["--as", format, "--threads", "4"]);
        assert_eq!(names(&first), names(&second));
        for name in names(&first) {
            let bytes = |dir: &Path| std::fs::read(dir.join(&name)).unwrap();
            assert!(bytes(&first) == bytes(&second), "{format}: {name}");
        }
    }
}

#[test]
fn a_part_is_named_by_tables_views_and_a_condition() {
    let args = [
        "--as",
        "csv",
        "--table",
        "audit",
        "--table",
        "audit_change",
        "--table",
        "audit",
        "--where",
        "result = 'failure'",
    ];
    let (_dir, out) = export(sample_archive(), &args);
    assert_eq!(names(&out), names_with("csv", &["audit", "audit_change"]));
    assert_eq!(csv_rows(&out.join("audit.csv")).len(), count("audit WHERE result = 'failure'"));
    let rows = csv_rows(&out.join("audit.csv"));
    assert!(!rows.is_empty() && rows.iter().all(|row| row["result"] == "failure"));
    let condition = "id IN (SELECT id FROM audit_target WHERE target_type = 'Group') -- a comment";
    let (_dir, out) = export(sample_archive(), &["--as", "ndjson", "--table", "audit", "--where", condition]);
    assert!(!read(out.join("audit.ndjson")).is_empty());

    let dir = tempfile::tempdir().unwrap();
    let said = said(sample_archive(), &dir.path().join("out"), &["--where", "id = 'nothing'"]);
    assert!(said.code == 0 && said.stderr.contains("warning: no event is in the export"), "{}", said.stderr);
}

#[test]
fn what_is_wrong_with_the_question_is_said_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    for (args, parts) in [
        (
            &["--where", "1=1; drop table audit"][..],
            &[
                "is not one SQL condition",
                "`;` stands where the end of the condition is expected",
                "write one expression",
            ][..],
        ),
        (&["--where", "true) union (select 1"], &["is not one SQL condition", "no bracket is open"]),
        (&["--where", "result ="], &["is not one SQL condition"]),
        (&["--where", ""], &["is not one SQL condition"]),
        (
            &["--where", "actor_upn IS NOT NULL"],
            &[
                "`--where` does not fit table `signin`",
                "no column `actor_upn`",
                "`--table audit --table unified_audit`",
            ],
        ),
        (
            &["--where", "activityDisplayName = 'x'", "--table", "audit"],
            &["table `audit`", "did you mean `activity`?"],
        ),
        (&["--where", "5", "--table", "audit"], &["does not fit table `audit`"]),
        (&["--where", "id = $id", "--table", "audit"], &["write the value itself"]),
        (&["--table", "adit"], &["no table `adit`", "did you mean `audit`?"]),
        (&["--table", "audit; DROP TABLE audit"], &["no table"]),
        (&["--table", "guest", "--as", "ndjson"], &["cannot export `guest` as ndjson", "no column `raw`"]),
        (
            &["--table", "meta.sources", "--as", "timesketch-csv"],
            &["cannot export `meta.sources` into a timeline"],
        ),
        (&["--as", "xml"], &["the formats are parquet, csv, ndjson, timesketch-csv, timesketch-jsonl"]),
        // It fails at a row, when files are there already.
        (
            &["--table", "signin", "--table", "audit", "--where", "CAST(id AS BIGINT) > 0"],
            &["is no number", "WHERE (CAST(id AS BIGINT) > 0)", "`TRY_CAST(id AS BIGINT)`"],
        ),
    ] {
        let said = said(sample_archive(), &dir.path().join("out"), args);
        assert_eq!((said.stdout.as_str(), said.code), ("", 2), "{args:?}: {}", said.stderr);
        assert!(parts.iter().all(|part| said.stderr.contains(part)), "{args:?}: {}", said.stderr);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "{args:?}");
    }
}

#[test]
fn a_folder_that_is_not_free_is_refused() {
    let (dir, archive, _) = archive_of("none.json", b"[]");
    let event = br#"{"id":"1","activityDateTime":"2026-03-02T09:00:00Z","activityDisplayName":"Add user","initiatedBy":{},"targetResources":[]}"#;
    std::fs::write(dir.path().join("audit.json"), event).unwrap();
    assert_eq!(Run::new().dir(dir.path()).args(["ingest", "audit.json"]).archive(&archive).said().code, 0);
    let before = files_below(dir.path());
    let place = |name: &str| dir.path().join(name);
    std::fs::create_dir_all(place("full/inside")).unwrap();
    std::fs::write(place("file"), "x").unwrap();
    for (out, why) in [
        (place("full"), "it exists and is not an empty folder"),
        (place("file"), "it exists and is not an empty folder"),
        (archive.clone(), "it lies inside the archive"),
        (archive.join("out"), "it lies inside the archive"),
        (place("full/../archive/data/out"), "it lies inside the archive"),
        (place("missing/out"), "the folder above it does not exist"),
        (place("full/.."), "it names no new folder"),
    ] {
        let said = said(&archive, &out, &[]);
        assert!(said.code == 2 && said.stderr.contains(why), "{}: {}", out.display(), said.stderr);
    }
    std::fs::remove_dir_all(place("full")).unwrap();
    std::fs::remove_file(place("file")).unwrap();
    assert_eq!(files_below(dir.path()), before);
    // An empty folder will do, also below the sources.
    std::fs::create_dir(place("empty")).unwrap();
    assert_eq!(
        said(&archive, &place("empty"), &["--quiet"]),
        Said { stdout: String::new(), stderr: String::new(), code: 0 }
    );
    assert_eq!(names(&place("empty")), names_with("parquet", &["audit", "sources", "rejects"]));
}

#[test]
fn what_a_killed_export_left_goes_with_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    // As a process leaves it that is killed: nobody holds the lock.
    for name in ["out.partial-1", "out.partial-x", "other.partial-1"] {
        std::fs::create_dir(at(name)).unwrap();
        std::fs::write(at(name).join(".owner"), "").unwrap();
    }
    assert_eq!(said(sample_archive(), &at("out"), &["--table", "audit"]).code, 0);
    assert_eq!(names(&at("out")), names_with("parquet", &["audit"]));
    let left = ["out.partial-1", "out.partial-x", "other.partial-1"].map(|name| at(name).exists());
    assert_eq!(left, [false, true, true]);
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_nothing_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    // A limit on the size of files stands for the disk; ignoring its signal makes it an error.
    let script = "trap '' XFSZ; ulimit -f 8; \"$0\" export -a \"$1\" -o \"$2\" --as \"$3\"";
    for format in ["parquet", "csv", "ndjson", "timesketch-jsonl"] {
        let ran = std::process::Command::new("bash")
            .args(["-c", script, env!("CARGO_BIN_EXE_auditql")])
            .args([sample_archive(), &out])
            .arg(format)
            .output()
            .unwrap();
        let stderr = String::from_utf8(ran.stderr).unwrap();
        assert_eq!(ran.status.code(), Some(2), "{format}: {stderr}");
        let parts = ["error: cannot write `", "because: File too large", "hint: make room there"];
        assert!(parts.iter().all(|part| stderr.contains(part)), "{format}: {stderr}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "{format}");
    }
}
