//! An archive that an earlier auditql wrote is read, verified and continued by this one.

use std::path::Path;

use crate::support::{Run, files_below, query, root, value};

fn copy(name: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let (dir, from) = (tempfile::tempdir().unwrap(), root().join("tests/archives").join(name));
    let archive = dir.path().join("archive");
    for file in files_below(&from) {
        let place = archive.join(file.strip_prefix(&from).unwrap());
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::copy(&file, place).unwrap();
    }
    (dir, archive)
}

fn ingest(dir: &Path, source: &str, archive: &Path) -> String {
    let source = root().join("sample-data").join(source);
    Run::new().dir(dir).args(["ingest".as_ref(), source.as_os_str()]).archive(archive).said().stdout
}

const EVENTS: &str = "SELECT count(*), count(DISTINCT id), count(policy_id), max(event_time), sum(cardinality(targets)) FROM audit";

#[test]
fn format_1_is_read_verified_and_continued() {
    let (dir, archive) = copy("format-1");
    assert_eq!(value(&archive, EVENTS), "44,44,31,2026-03-07T22:32:51.970561Z,46");
    let tables = "SELECT table_name, sum(events) AS events FROM meta.coverage GROUP BY 1 ORDER BY 1";
    assert_eq!(
        query(&archive, tables),
        "audit,44\nprovisioning,10\nrisk_detection,3\nsignin,23\nunified_audit,8\n"
    );
    let accounts = "SELECT count(*), sum(events_read), sum(events_added), sum(events_rejected), sum(events_skipped) FROM meta.sources";
    assert_eq!(value(&archive, accounts), "10,102,98,1,3");
    for table in query(&archive, "SELECT table_name FROM meta.tables ORDER BY 1").lines() {
        query(&archive, &format!("SELECT * FROM {table} AS t"));
    }
    let said = Run::new().dir(dir.path()).args(["verify"]).archive(&archive).ok();
    assert!(said.contains("verified  everything is as it was written"), "{said}");

    // What it has is known, by its bytes and by its events; what it has not is added.
    let damaged = ingest(dir.path(), "graph/damaged.json", &archive);
    assert!(damaged.contains("1 more are in the archive already"), "{damaged}");
    let page = ingest(dir.path(), "graph/audit0.json", &archive);
    assert!(page.contains("  added                  74\n"), "{page}");
    let users = ingest(dir.path(), "graph/users.json", &archive);
    assert!(users.contains("directory_user"), "{users}");
    assert!(value(&archive, EVENTS).starts_with("118,118,"));
    Run::new().args(["rebuild"]).archive(&archive).ok();
    Run::new().args(["compact"]).archive(&archive).ok();
    assert!(value(&archive, EVENTS).starts_with("118,118,"));
    Run::new().dir(dir.path()).args(["verify"]).archive(&archive).ok();
}
