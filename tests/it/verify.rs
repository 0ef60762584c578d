//! What has changed on disk is found, and never becomes another answer.

use std::io::Write;
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

/// What `verify --json` says with these sources: at hand, not at hand, findings.
fn sources(dir: &Path, archive: &Path, paths: &[&Path]) -> (u64, u64, Vec<String>) {
    let paths: Vec<_> = paths.iter().flat_map(|path| ["--sources", path.to_str().unwrap()]).collect();
    let said = verify(dir, archive, &[&["--json"], &paths[..]].concat());
    let report: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(said.code, i32::from(!findings.is_empty()), "{}", said.stdout);
    let text = |finding: &serde_json::Value| {
        format!("{} {}", finding["subject"].as_str().unwrap(), finding["text"].as_str().unwrap())
    };
    (
        report["sources_same"].as_u64().unwrap(),
        report["sources_not_at_hand"].as_u64().unwrap(),
        findings.iter().map(text).collect(),
    )
}

#[test]
fn sources_are_found_in_the_folders_that_are_named_and_nowhere_else() {
    let (dir, archive) = case();
    let elsewhere = tempfile::tempdir().unwrap();
    // Where the archive was made lies something else under the same name; it was not asked for.
    std::fs::rename(dir.path().join("downloads"), elsewhere.path().join("evidence")).unwrap();
    std::fs::create_dir(dir.path().join("downloads")).unwrap();
    std::fs::write(dir.path().join("downloads/audit0.json"), "{}").unwrap();
    let evidence = elsewhere.path().join("evidence");
    assert_eq!(sources(dir.path(), &archive, &[&evidence]), (3, 0, vec![]));
    let nothing = elsewhere.path().join("nothing");
    std::fs::create_dir(&nothing).unwrap();
    assert_eq!(sources(dir.path(), &archive, &[&nothing]), (0, 3, vec![]));
    let (same, absent, found) = sources(dir.path(), &archive, &[]);
    assert!(
        (same, absent, found.len()) == (0, 2, 1) && found[0].starts_with("downloads/audit0.json has SHA-256")
    );

    // One that was changed is told by its name, in whatever folder; one that was renamed is itself.
    let page = evidence.join("audit0.json");
    let text = std::fs::read_to_string(&page).unwrap();
    std::fs::create_dir(evidence.join("below")).unwrap();
    std::fs::write(evidence.join("below/audit0.json"), text.replacen("success", "failure", 1)).unwrap();
    std::fs::rename(evidence.join("audit1.json"), evidence.join("renamed")).unwrap();
    assert_eq!(sources(dir.path(), &archive, &[&evidence]), (3, 0, vec![]));
    std::fs::remove_file(&page).unwrap();
    let (same, absent, found) = sources(dir.path(), &archive, &[&evidence]);
    assert_eq!((same, absent, found.len()), (2, 0, 1), "{found:?}");
    let is_by_name = "downloads/audit0.json is at hand by its name only: `";
    assert!(
        found[0].starts_with(is_by_name) && found[0].contains("below/audit0.json` has SHA-256"),
        "{found:?}"
    );
    // Of several that have the name, none is accused of being it.
    std::fs::write(evidence.join("audit1.json"), "{}").unwrap();
    std::fs::create_dir(evidence.join("more")).unwrap();
    std::fs::write(evidence.join("more/audit0.json"), "{}").unwrap();
    assert_eq!(sources(dir.path(), &archive, &[&evidence]), (2, 1, vec![]));
}

#[test]
fn sources_are_at_hand_inside_of_containers() {
    let (dir, archive) = case();
    let downloads = dir.path().join("downloads");
    let files: Vec<_> = files_below(&downloads)
        .into_iter()
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .collect();
    std::fs::remove_dir_all(&downloads).unwrap();
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in &files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, format!("downloads/{name}"), &bytes[..]).unwrap();
    }
    let tar = tar.into_inner().unwrap();
    let zip_of = |files: &[(String, Vec<u8>)]| {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, bytes) in files {
            zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&tar).unwrap();
    let mut seven_zip = sevenz_rust2::ArchiveWriter::new(std::io::Cursor::new(Vec::new())).unwrap();
    for (name, bytes) in &files {
        seven_zip.push_archive_entry(sevenz_rust2::ArchiveEntry::new_file(name), Some(&bytes[..])).unwrap();
    }
    for (name, bytes) in [
        ("all.zip", zip_of(&files)),
        ("zip-in.zip", zip_of(&[("inner.zip".to_owned(), zip_of(&files))])),
        ("all.tar.gz", gzip.finish().unwrap()),
        ("all.tar", tar),
        ("all.7z", seven_zip.finish().unwrap().into_inner()),
    ] {
        let container = dir.path().join(name);
        std::fs::write(&container, bytes).unwrap();
        assert_eq!(sources(dir.path(), &archive, &[&container]), (3, 0, vec![]), "{name}");
    }
    let one = dir.path().join("one.zip");
    std::fs::write(&one, zip_of(&files[..1])).unwrap();
    assert_eq!(sources(dir.path(), &archive, &[&one]), (1, 2, vec![]));
    // A container that was ingested is one source, whatever is in it.
    let archive = dir.path().join("of-zip");
    assert!(Run::new().dir(dir.path()).args(["ingest", "all.zip"]).archive(&archive).said().code < 2);
    assert_eq!(sources(dir.path(), &archive, &[&dir.path().join("all.zip")]), (1, 0, vec![]));
    assert_eq!(sources(dir.path(), &archive, &[&one]), (0, 1, vec![]));
}

#[test]
fn what_the_commit_says_of_the_events_is_counted_again() {
    use sha2::Digest;

    let (dir, archive) = case();
    let path = archive.join("commits/00000001.json");
    let text = std::fs::read_to_string(&path).unwrap();
    // Whoever forges a commit makes its checksum fit, too.
    let forge = |from: &str, to: &str| {
        let (head, commit) = text.split_once(r#","commit":"#).unwrap();
        let commit = commit.trim_end().strip_suffix('}').unwrap();
        assert_eq!(commit.matches(from).count(), 1, "{from}");
        let commit = commit.replace(from, to);
        let sum = sha2::Sha256::digest(format!("1 {}\n{commit}", env!("CARGO_PKG_VERSION")));
        let sum: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
        let at = head.find(r#""sha256":""#).unwrap() + r#""sha256":""#.len();
        let head = format!("{}{sum}{}", &head[..at], &head[at + sum.len()..]);
        std::fs::write(&path, format!("{head},\"commit\":{commit}}}\n")).unwrap();
        verify(dir.path(), &archive, &[])
    };
    let coverage: serde_json::Value = serde_json::from_str(&text).unwrap();
    let events = coverage["commit"]["coverage"][0]["events"].as_u64().unwrap();
    let service = coverage["commit"]["coverage"][0]["service"].as_str().unwrap();
    let in_coverage = |events: u64| format!("\"service\": \"{service}\",\n      \"events\": {events},");
    let said = forge(&in_coverage(events), &in_coverage(events));
    assert_eq!(said.code, 0, "{}", said.stdout);
    let said = forge(&in_coverage(events), &in_coverage(events + 1));
    let finding = format!("commit     `commit 1` of audit ({service}) it lists {} events from ", events + 1);
    assert!(said.code == 1 && said.stdout.contains(&finding), "{}", said.stdout);
    let other = in_coverage(events).replace(service, "Nothing");
    let said = forge(&in_coverage(events), &other);
    for part in
        ["it lists nothing, and there are events", "of audit (Nothing) it lists events, and there are none"]
    {
        assert!(said.code == 1 && said.stdout.contains(part), "{}", said.stdout);
    }
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
