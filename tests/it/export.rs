//! `auditql export`: what each format holds, what the manifest says, and what is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Run, Said, archive_of, files_below, query, sample_archive, value};

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
    let same = |sql: &str, table: &str, file: &str| {
        let path = out.join(file);
        let external =
            format!("CREATE EXTERNAL TABLE exported STORED AS PARQUET LOCATION '{}'", path.display());
        let of = |table: &str| sql.replace('?', table);
        let exported = query(sample_archive(), &format!("{external}; {}", of("exported")));
        assert_eq!(exported, query(sample_archive(), &of(table)), "{table}");
    };
    for table in TABLES {
        same("SELECT * FROM ? AS t ORDER BY event_time, id, raw", table, &format!("{table}.parquet"));
    }
    same("SELECT * FROM ? AS t ORDER BY path, sha256, ingested_at", "meta.sources", "sources.parquet");
    same("SELECT * FROM ? AS t ORDER BY source_file, source_offset", "meta.rejects", "rejects.parquet");
    // Lists and structs are lists and structs.
    same("SELECT sum(cardinality(targets)), max(targets[1]['upn']) FROM ? AS t", "audit", "audit.parquet");
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
    assert!(said.code < 2, "{}", said.stderr);
    for table in TABLES {
        let ids = format!("SELECT id FROM {table} ORDER BY id");
        assert_eq!(query(&archive, &ids), query(sample_archive(), &ids), "{table}");
    }
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
    assert!(manifest["created_at"].is_string() && manifest["archive"]["committed_at"].is_string());
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
            let bytes = |dir: &Path| {
                let mut lines: Vec<_> = std::fs::read(dir.join(&name))
                    .unwrap()
                    .split(|byte| *byte == b'\n')
                    .map(<[u8]>::to_vec)
                    .collect();
                match name.as_str() {
                    "manifest.json" => lines.retain(|line| !line.starts_with(b"  \"created_at\"")),
                    "SHA256SUMS" => lines.retain(|line| !line.ends_with(b"manifest.json")),
                    _ => {}
                }
                lines
            };
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
            &["is not one SQL condition", "found: ;", "write one expression"][..],
        ),
        (&["--where", "true) union (select 1"], &["is not one SQL condition", "found: )"]),
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
            &["cannot run the statement"],
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
