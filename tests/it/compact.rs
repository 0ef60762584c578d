//! Files stay few and large, and merging them changes no row.

use std::path::Path;

use crate::support::{Run, files_below, query, value};

/// A page of events, one each second from `begin` on.
fn page(begin: usize, events: usize) -> String {
    let events: Vec<_> = (begin..begin + events)
        .map(|n| {
            let (hour, minute, second) = (n / 3600, n / 60 % 60, n % 60);
            let service = ["B2C", "Core Directory"][n % 2];
            format!(
                r#"{{"id":"e-{n}","loggedByService":"{service}","activityDisplayName":"Issue an id_token to the application",
                    "activityDateTime":"2026-03-02T{hour:02}:{minute:02}:{second:02}Z","result":"success","initiatedBy":{{}},"targetResources":[]}}"#
            )
        })
        .collect();
    format!(r#"{{"value":[{}]}}"#, events.join(","))
}

fn data_files(archive: &Path, table: &str) -> usize {
    files_below(&archive.join("data").join(table)).len()
}

fn rows(archive: &Path) -> String {
    query(archive, "SELECT * FROM audit ORDER BY id")
}

#[test]
fn many_small_ingests_end_in_few_files_and_compact_in_one() {
    let dir = tempfile::tempdir().unwrap();
    let archive = dir.path().join("archive");
    for day in 0..70 {
        let name = format!("{day:02}.json");
        // Every page has the last two events of the one before it.
        std::fs::write(dir.path().join(&name), page(day * 10, 12)).unwrap();
        Run::new().dir(dir.path()).args(["ingest", &name]).archive(&archive).ok();
    }
    for table in ["audit", "source"] {
        let files = data_files(&archive, table);
        assert!(files <= 14, "{table}: {files}");
        assert_eq!(files_below(&archive.join("index").join(table)).len(), files);
    }
    assert_eq!(files_below(&archive.join("commits")).len(), 1);
    assert_eq!(value(&archive, "SELECT count(*), count(DISTINCT id) FROM audit"), "702,702");
    assert_eq!(
        value(&archive, "SELECT sum(events_added), sum(events_duplicate) FROM meta.sources"),
        "702,138"
    );
    assert_eq!(value(&archive, "SELECT sum(events) FROM meta.coverage"), "702");

    let before = rows(&archive);
    let said = Run::new().args(["compact"]).archive(&archive).ok();
    assert!(said.contains("audit"), "{said}");
    assert_eq!((data_files(&archive, "audit"), data_files(&archive, "source")), (1, 1));
    assert_eq!(rows(&archive), before);
    assert_eq!(value(&archive, "SELECT sum(events) FROM meta.coverage"), "702");
    let stored = query(&archive, "SELECT service, event_time FROM audit");
    let mut sorted: Vec<_> = stored.lines().collect();
    sorted.sort_unstable();
    assert_eq!(stored.lines().collect::<Vec<_>>(), sorted, "rows stand by service and time");

    let said = Run::new().args(["compact"]).archive(&archive).ok();
    assert!(said.contains("nothing to do: unchanged"), "{said}");
    // What is known stays known.
    std::fs::write(dir.path().join("again.json"), page(100, 300)).unwrap();
    Run::new().dir(dir.path()).args(["ingest", "again.json"]).archive(&archive).ok();
    assert_eq!(value(&archive, "SELECT count(*) FROM audit"), "702");
}

#[test]
fn a_reader_keeps_what_it_began_with_while_files_are_merged_and_removed() {
    let dir = tempfile::tempdir().unwrap();
    let archive = dir.path().join("archive");
    for day in 0..3 {
        let name = format!("{day}.json");
        std::fs::write(dir.path().join(&name), page(day * 10, 10)).unwrap();
        Run::new().dir(dir.path()).args(["ingest", &name]).archive(&archive).ok();
    }
    let mut shell = Run::new().args(["shell"]).archive(&archive).start();
    let count = "SELECT count(DISTINCT raw) AS n FROM audit;\n";
    shell.write("SELECT 'ready' AS r;\n");
    shell.read_until("ready");
    Run::new().args(["compact"]).archive(&archive).ok();
    std::fs::write(dir.path().join("more.json"), page(100, 10)).unwrap();
    Run::new().dir(dir.path()).args(["ingest", "more.json"]).archive(&archive).ok();
    assert!(!files_below(&archive.join(".replaced")).is_empty());
    shell.write(count);
    shell.read_until("30");
    assert_eq!(value(&archive, "SELECT count(DISTINCT raw) FROM audit"), "40");
    drop(shell);
    // Nobody reads as of the earlier commits any more.
    std::fs::write(dir.path().join("last.json"), page(200, 10)).unwrap();
    Run::new().dir(dir.path()).args(["ingest", "last.json"]).archive(&archive).ok();
    assert!(!archive.join(".replaced").exists());
    assert_eq!(files_below(&archive.join("commits")).len(), 1);
}
