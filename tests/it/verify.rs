//! What has changed on disk is found, and never becomes another answer.

use std::path::{Path, PathBuf};

use crate::support::{Run, Said, files_below, root, sample_archive};

fn verify(dir: &Path, archive: &Path, more: &[&str]) -> Said {
    Run::new().dir(dir).args(["verify"]).args(more).archive(archive).said()
}

/// A folder with two pages and their archive, of which the second replaced some rows of the first.
fn case() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("downloads")).unwrap();
    for page in ["graph/audit0.json", "graph/audit1.json", "portal/AuditLogs_2026-03-08_2026-03-08.csv"] {
        let from = root().join("sample-data").join(page);
        let name = from.file_name().unwrap().to_owned();
        std::fs::copy(&from, dir.path().join("downloads").join(name)).unwrap();
    }
    let archive = dir.path().join("archive");
    let said = Run::new().dir(dir.path()).args(["ingest", "downloads"]).archive(&archive).said();
    assert!(said.code < 2, "{}", said.stderr);
    (dir, archive)
}

#[test]
fn an_archive_is_as_it_was_written_and_so_are_its_sources() {
    let said = verify(root(), sample_archive(), &[]);
    assert_eq!(said.code, 0, "{}", said.stdout);
    assert!(said.stdout.contains("at hand and as they were, 0 not at hand"), "{}", said.stdout);
    // From elsewhere the sources are found by what they hold.
    let elsewhere = tempfile::tempdir().unwrap();
    let said = verify(elsewhere.path(), sample_archive(), &["--json"]);
    let report: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(report["sources_same"], 0);
    let absent = report["sources_not_at_hand"].as_u64().unwrap();
    let samples = root().join("sample-data");
    let said =
        verify(elsewhere.path(), sample_archive(), &["--json", "--sources", samples.to_str().unwrap()]);
    let report: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(
        (report["sources_same"].as_u64(), report["sources_not_at_hand"].as_u64()),
        (Some(absent), Some(0))
    );
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_source_that_has_changed_is_named() {
    let (dir, archive) = case();
    let page = dir.path().join("downloads/audit0.json");
    let text = std::fs::read_to_string(&page).unwrap();
    std::fs::write(&page, text.replacen("success", "failure", 1)).unwrap();
    std::fs::remove_file(dir.path().join("downloads/audit1.json")).unwrap();
    let said = verify(dir.path(), &archive, &[]);
    assert_eq!(said.code, 1);
    assert!(said.stdout.contains("source     `downloads/audit0.json` has SHA-256"), "{}", said.stdout);
    assert!(said.stdout.contains("1 at hand and as they were, 1 not at hand"), "{}", said.stdout);
}

#[test]
fn a_file_too_many_or_too_few_is_named() {
    let (dir, archive) = case();
    let data = files_below(&archive.join("data/audit")).remove(0);
    let copy = data.with_file_name("00000009-000.parquet");
    std::fs::copy(&data, &copy).unwrap();
    let said = verify(dir.path(), &archive, &[]);
    assert!(
        said.code == 1 && said.stdout.contains("leftover   `data/audit/00000009-000.parquet`"),
        "{}",
        said.stdout
    );
    std::fs::remove_file(copy).unwrap();
    std::fs::remove_file(data).unwrap();
    let said = verify(dir.path(), &archive, &[]);
    assert!(said.code == 1 && said.stdout.contains("is missing"), "{}", said.stdout);
}

#[test]
fn a_flipped_bit_in_any_file_is_found_and_never_becomes_another_answer() {
    const QUESTION: &str = "SELECT count(*), count(DISTINCT id), min(event_time), max(raw), count(target_upn), \
                            sum(cardinality(details)), (SELECT sum(events_read) FROM meta.sources), \
                            (SELECT max(path) FROM meta.sources) FROM audit";
    let (dir, archive) = case();
    let ask =
        || Run::new().dir(dir.path()).args(["query", "-F", "csv", "-c", QUESTION]).archive(&archive).said();
    let hours = || {
        Run::new()
            .dir(dir.path())
            .args(["query", "-F", "csv", "-c", "SELECT * FROM meta.hours ORDER BY table_name, service, hour"])
            .archive(&archive)
            .said()
    };
    let (right, right_hours) = (ask(), hours());
    assert_eq!((right.code, right_hours.code), (0, 0), "{}{}", right.stderr, right_hours.stderr);
    let mut refused = 0;
    let files = ["data/audit", "data/source", "index/audit", "commits"];
    for file in files.iter().flat_map(|folder| files_below(&archive.join(folder))) {
        let good = std::fs::read(&file).unwrap();
        for step in 0..16 {
            // From the first byte to the last, another bit of it each time.
            let byte = (good.len() - 1) * step / 15;
            let mut bad = good.clone();
            bad[byte] ^= 1 << (step % 8);
            std::fs::write(&file, &bad).unwrap();
            let at = format!("{} byte {byte}", file.display());
            let said = verify(dir.path(), &archive, &[]);
            assert!(said.code == 1 || said.code == 2, "{at}: {}", said.stdout);
            assert!(!said.stderr.contains("panicked"), "{at}: {}", said.stderr);
            for (said, right) in [(ask(), &right), (hours(), &right_hours)] {
                if said.code == 0 {
                    assert_eq!(said.stdout, right.stdout, "{at}");
                } else {
                    refused += 1;
                    assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{at}: {}", said.stderr);
                    assert!(
                        said.stderr.starts_with("error: ") && !said.stderr.contains("panicked"),
                        "{at}: {}",
                        said.stderr
                    );
                }
            }
        }
        std::fs::write(&file, &good).unwrap();
    }
    assert!(refused > 40, "{refused}");
    assert_eq!(verify(dir.path(), &archive, &[]).code, 0);
}
