//! The archive: nothing twice, nothing lost, whatever happens; ordinary Parquet for everyone else.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::support::{Run, archive_of, files_below, query, root, sample_archive, value};

const EVENTS: &str = "SELECT count(*), count(DISTINCT id) FROM audit";

fn ingest(paths: &[&str], archive: &Path) -> crate::support::Said {
    Run::new().args(["ingest"]).args(paths).archive(archive).said()
}

/// Every row with every column, without the accounting of when and by whom.
fn rows(archive: &Path) -> String {
    query(archive, "SELECT * FROM audit ORDER BY id, source_file, source_offset")
}

#[test]
fn a_second_ingest_adds_nothing_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let archive = dir.path().join("archive");
    ingest(&["sample-data"], &archive);
    let before = (rows(&archive), files_below(&archive));
    let said = ingest(&["sample-data"], &archive);
    assert!(said.stdout.contains("  added                  0\n"), "{}", said.stdout);
    assert!(said.stdout.contains("nothing new: unchanged"), "{}", said.stdout);
    assert_eq!(before, (rows(&archive), files_below(&archive)));
    assert_eq!(value(&archive, EVENTS), "867,867");
}

#[test]
fn the_same_events_in_other_bytes_add_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let archive = dir.path().join("archive");
    ingest(&["sample-data/graph/audit0.json"], &archive);
    let page = std::fs::read_to_string(root().join("sample-data/graph/audit0.json")).unwrap();
    let again = dir.path().join("again.json");
    std::fs::write(&again, page.replacen('{', "{ ", 1)).unwrap();
    let said = ingest(&[again.to_str().unwrap()], &archive);
    assert!(
        said.stdout.contains("  added                  0\n  duplicates             74\n"),
        "{}",
        said.stdout
    );
    assert_eq!(value(&archive, EVENTS), "74,74");
    assert_eq!(value(&archive, "SELECT count(*) FROM meta.sources"), "2");
}

#[test]
fn every_source_is_accounted_for() {
    let archive = sample_archive();
    assert_eq!(value(archive, EVENTS), "867,867");
    let sums = "SELECT count(*) FROM meta.sources
                WHERE events_read <> events_added + events_duplicate + events_rejected + events_skipped";
    assert_eq!(value(archive, sums), "0");
    let tables = query(archive, "SELECT DISTINCT table_name FROM meta.formats ORDER BY 1");
    let rows: Vec<_> = tables.lines().map(|table| format!("SELECT source_file FROM {table}")).collect();
    let rows = rows.join(" UNION ALL ");
    let sums = format!(
        "SELECT sum(events_added), (SELECT count(*) FROM ({rows})), sum(events_rejected) FROM meta.sources"
    );
    assert_eq!(value(archive, &sums), "1035,1035,2");
    let per_file = format!(
        "SELECT count(*) FROM meta.sources s
                    WHERE events_added <> (SELECT count(*) FROM ({rows}) r WHERE r.source_file = s.path)"
    );
    assert_eq!(value(archive, &per_file), "0");
    let rejects = "SELECT count(*) FROM meta.rejects r JOIN meta.sources s ON s.path = r.source_file
                   WHERE s.sha256 = r.source_sha256 AND r.text LIKE '%\"result\": ,%'";
    assert_eq!(value(archive, rejects), "1");
}

#[test]
fn the_order_of_sources_decides_nothing_but_where_a_row_says_it_comes_from() {
    let dir = tempfile::tempdir().unwrap();
    let (one, other) = (dir.path().join("one"), dir.path().join("other"));
    ingest(&["sample-data/graph"], &one);
    ingest(&["sample-data/portal"], &one);
    ingest(&["sample-data/portal"], &other);
    ingest(&["sample-data/graph"], &other);
    let ids = "SELECT id, event_time, activity, target_id FROM audit ORDER BY id";
    assert_eq!(query(&one, ids), query(&other, ids));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let hashes = |name: &str| {
        let archive = dir.path().join(name);
        ingest(&["sample-data"], &archive);
        files_below(&archive.join("data/audit"))
            .into_iter()
            .map(|path| std::fs::read(path).unwrap())
            .collect::<Vec<_>>()
    };
    assert!(hashes("a") == hashes("b"));
}

#[test]
fn killed_at_any_moment_and_run_again_the_rows_are_those_of_an_undisturbed_run() {
    let dir = tempfile::tempdir().unwrap();
    let archive = dir.path().join("archive");
    for attempt in 0..10_u64 {
        let mut child = Run::new().args(["ingest", "sample-data"]).archive(&archive).spawn();
        std::thread::sleep(Duration::from_millis(attempt * attempt * 4));
        // It may have ended by itself; the later attempts then are ingests over a finished archive.
        let _ = child.kill();
        child.wait().unwrap();
        if archive.join("commits/00000001.json").exists() {
            assert_eq!(value(&archive, EVENTS), "867,867", "after attempt {attempt}");
        }
    }
    let said = ingest(&["sample-data"], &archive);
    assert!(said.code <= 1, "{}", said.stderr);
    assert_eq!(rows(&archive), rows(sample_archive()));
    let on_disk = files_below(&archive.join("data/audit")).len();
    assert_eq!(on_disk, 1, "no file is left that no commit lists");
    assert!(!archive.join(".staging").exists());
}

#[test]
fn a_failed_ingest_leaves_the_archive_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let archive = dir.path().join("archive");
    ingest(&["sample-data/legacy"], &archive);
    let before = files_below(&archive);
    let said = ingest(&["sample-data/graph", "no-such-folder"], &archive);
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("cannot find `no-such-folder`"), "{}", said.stderr);
    assert_eq!(before, files_below(&archive));
}

#[test]
fn a_dry_run_counts_and_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let archive = dir.path().join("archive");
    let said = Run::new().args(["ingest", "sample-data", "--dry-run"]).archive(&archive).said();
    assert!(said.stdout.contains("  added                  1 035\n"), "{}", said.stdout);
    assert!(!archive.exists());
}

#[cfg(unix)]
#[test]
fn the_archive_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    for path in files_below(sample_archive()) {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o077, 0, "{}", path.display());
    }
    let dir = tempfile::tempdir().unwrap();
    let answer = dir.path().join("answer.csv");
    let said = Run::new().args(["query", "-F", "csv", "-c", "SELECT id FROM audit", "-o"]).args([&answer]);
    said.archive(sample_archive()).ok();
    assert_eq!(answer.metadata().unwrap().permissions().mode() & 0o077, 0);
}

#[test]
fn nothing_is_written_beside_the_sources() {
    let (dir, archive, _) = archive_of("audit0.json", b"{\"value\":[]}");
    let mut names: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["archive", "audit0.json"]);
    drop(archive);
}

#[test]
fn two_writers_wait_or_say_who_holds_the_archive_and_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let archive = dir.path().join("archive");
    let mut other = Run::new().args(["ingest", "sample-data/graph"]).archive(&archive).spawn();
    let said = ingest(&["sample-data/legacy"], &archive);
    other.wait().unwrap();
    if said.code == 2 {
        assert!(said.stderr.contains("it is being written to by process "), "{}", said.stderr);
    }
    ingest(&["sample-data"], &archive);
    assert_eq!(value(&archive, EVENTS), "867,867");
}

/// Other engines read `data/audit/*.parquet` by themselves, and count the same.
#[test]
fn duckdb_polars_and_pandas_read_the_files_directly() {
    let glob = sample_archive().join("data/audit/*.parquet");
    let folder = sample_archive().join("data/audit");
    let script = format!(
        "import duckdb, polars, pandas\n\
         glob, folder = {glob:?}, {folder:?}\n\
         counts = duckdb.sql(f\"SELECT count(*), count(DISTINCT id), sum(len(targets)), min(event_time)::VARCHAR FROM '{{glob}}'\").fetchall()[0]\n\
         frame = polars.read_parquet(glob)\n\
         table = pandas.read_parquet(folder)\n\
         print(counts[0], counts[1], counts[2], frame.height, frame['id'].n_unique(), len(table), table['id'].nunique())\n\
         print(frame['event_time'].dtype, table['event_time'].dtype, str(table['event_time'].min()))\n",
        glob = glob.to_string_lossy(),
        folder = folder.to_string_lossy(),
    );
    let python = |script: &str| Command::new("python3").args(["-c", script]).output().ok();
    let has_readers =
        python("import duckdb, polars, pandas, pyarrow").is_some_and(|run| run.status.success());
    if !has_readers {
        // A machine with Rust alone does not have these readers; CI installs them and insists.
        assert!(
            std::env::var_os("AUDITQL_NEEDS_PYTHON").is_none(),
            "python3 with duckdb, polars, pandas is missing"
        );
        return;
    }
    let run = python(&script).unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let targets = value(sample_archive(), "SELECT count(*) FROM audit_target");
    let first =
        value(sample_archive(), "SELECT min(event_time) FROM audit").replace('T', " ").replace('Z', "+00:00");
    assert_eq!(
        String::from_utf8(run.stdout).unwrap(),
        format!(
            "867 867 {targets} 867 867 867 867\nDatetime(time_unit='us', time_zone='UTC') datetime64[us, UTC] {first}\n"
        )
    );
}

#[test]
fn rows_made_anew_from_their_text_are_the_rows_that_are_there() {
    let dir = tempfile::tempdir().unwrap();
    let archive = dir.path().join("archive");
    ingest(&["sample-data"], &archive);
    let said = Run::new().args(["rebuild"]).archive(&archive).ok();
    assert!(said.contains("867 rows made anew, 0 changed, 0 left as they were"), "{said}");
    assert!(said.ends_with("nothing new: unchanged\n"), "{said}");
}

#[test]
fn a_file_under_another_name_is_known_by_its_bytes_and_noted_once() {
    let dir = tempfile::tempdir().unwrap();
    let archive = dir.path().join("archive");
    for name in ["a.json", "b.json"] {
        std::fs::copy(root().join("sample-data/graph/audit0.json"), dir.path().join(name)).unwrap();
    }
    let run = |name: &str| Run::new().dir(dir.path()).args(["ingest", name]).archive(&archive).said().stdout;
    assert!(run("a.json").contains("  added                  74\n"));
    assert!(run("b.json").contains("1 more are in the archive already, byte for byte"));
    let sources = "SELECT path, events_read, same_as FROM meta.sources ORDER BY path";
    assert_eq!(query(&archive, sources), "a.json,74,\nb.json,0,a.json\n");
    assert!(run("b.json").contains("nothing new: unchanged"));
    assert_eq!(value(&archive, EVENTS), "74,74");
}
