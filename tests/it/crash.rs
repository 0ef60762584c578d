//! Whatever happens while the archive is written, it is as it was before or as it is after.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use arrow::array::AsArray;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tempfile::TempDir;

use crate::support::{Run, Said, files_below, value};

/// More steps than any of these commands takes.
const STEPS_MAX: usize = 1_000;

/// Events `from..to` as the portal's CSV has them, without ids, or as Graph has them.
fn events(from: usize, to: usize, is_csv: bool) -> String {
    let time = |n: usize| format!("2026-03-02T08:{:02}:{:02}Z", n / 60 % 60, n % 60);
    if is_csv {
        let head = "Date (UTC),CorrelationId,Service,Category,Activity,Result,ResultReason,ActorType,ActorDisplayName,ActorObjectId\r\n";
        let rows = (from..to).map(|n| {
            format!(
                "{},c-{n},Core Directory,UserManagement,Update user,success,,User,Ada,u-{}\r\n",
                time(n),
                n % 3
            )
        });
        return head.to_owned() + &rows.collect::<String>();
    }
    let events = (from..to).map(|n| {
        format!(
            r#"{{"id":"e-{n}","correlationId":"c-{n}","loggedByService":"Core Directory","category":"UserManagement","activityDisplayName":"Update user","activityDateTime":"{}","result":"success","initiatedBy":{{"user":{{"id":"u-{}","displayName":"Ada"}}}},"targetResources":[]}}"#,
            time(n),
            n % 3
        )
    });
    format!(r#"{{"value":[{}]}}"#, events.collect::<Vec<_>>().join(",\n"))
}

fn write(dir: &Path, name: &str, text: &str) -> String {
    std::fs::write(dir.join(name), text).unwrap();
    name.to_owned()
}

fn run(dir: &Path, args: &[&str], archive: &Path) -> Said {
    Run::new().dir(dir).args(args).archive(archive).said()
}

/// Every row of the archive, as the program sees it; nothing if there is no archive yet.
fn content(archive: &Path) -> Option<String> {
    let sql = "SELECT id, correlation_id, format, source_file FROM audit ORDER BY correlation_id, id";
    let said = Run::new().args(["query", "-F", "csv", "-c", sql]).archive(archive).said();
    if said.code == 2 && said.stderr.contains("nothing has been ingested into it yet") {
        return None;
    }
    if said.code == 2 && (said.stderr.contains("no such file") || said.stderr.contains("No such file")) {
        return None;
    }
    assert_eq!(said.code, 0, "{}", said.stderr);
    Some(said.stdout)
}

/// No event stands twice in the files that a glob finds.
#[track_caller]
fn assert_no_event_twice(archive: &Path, at: &str) {
    let folder = archive.join("data/audit");
    if !folder.exists() {
        return;
    }
    let mut seen = HashSet::new();
    for path in files_below(&folder) {
        let file = std::fs::File::open(&path).unwrap();
        for batch in ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap() {
            let batch = batch.unwrap();
            let ids = batch.column_by_name("correlation_id").unwrap();
            for id in ids.as_string::<i32>().iter().flatten() {
                assert!(seen.insert(id.to_owned()), "{at}: {id} is there twice");
            }
        }
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in files_below(from) {
        let place = to.join(file.strip_prefix(from).unwrap());
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::copy(&file, place).unwrap();
    }
}

/// Ends a command before each of its steps, one after the other: what then is there is what was before or what is
/// after, no event stands twice, and running the command again completes it. Returns how often it was ended.
fn stop_before_every_step(dir: &Path, base: Option<&Path>, args: &[&str]) -> usize {
    let (before, after) = {
        let archive = dir.join("undisturbed");
        if let Some(base) = base {
            copy(base, &archive);
        }
        let before = content(&archive);
        assert!(run(dir, args, &archive).code <= 1);
        (before, content(&archive))
    };
    for step in 0..STEPS_MAX {
        let archive = dir.join(format!("stopped-{step}"));
        if let Some(base) = base {
            copy(base, &archive);
        }
        let stop = step.to_string();
        let said =
            Run::new().dir(dir).args(args).archive(&archive).env("AUDITQL_STOP_BEFORE_STEP", &stop).said();
        let at = format!("{args:?} stopped before step {step}");
        assert!(!said.stderr.contains("panicked"), "{at}: {}", said.stderr);
        let found = content(&archive);
        assert!(found == before || found == after, "{at}");
        assert_no_event_twice(&archive, &at);
        if said.code != -1 {
            assert!(step > 10, "{at}: {}", said.stderr);
            return step;
        }
        let again = run(dir, args, &archive);
        assert!(again.code <= 1, "{at}: {}", again.stderr);
        assert_eq!(content(&archive), after, "{at}");
        assert_no_event_twice(&archive, &at);
        let verified = run(dir, &["verify"], &archive);
        assert_eq!(verified.code, 0, "{at}: {}", verified.stdout);
        std::fs::remove_dir_all(archive).unwrap();
    }
    panic!("{args:?} takes more than {STEPS_MAX} steps");
}

/// A folder with an archive of CSV pages, each ingested by itself.
fn poor_archive() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let archive = dir.path().join("base");
    for page in 0..3 {
        let name = write(dir.path(), &format!("{page}.csv"), &events(page * 10, page * 10 + 10, true));
        assert_eq!(run(dir.path(), &["ingest", &name], &archive).code, 0);
    }
    (dir, archive)
}

#[cfg(debug_assertions)]
#[test]
fn a_first_ingest_may_stop_at_any_step() {
    let dir = tempfile::tempdir().unwrap();
    let name = write(dir.path(), "a.json", &events(0, 20, false));
    assert!(stop_before_every_step(dir.path(), None, &["ingest", &name]) > 50);
}

#[cfg(debug_assertions)]
#[test]
fn an_ingest_that_replaces_poorer_rows_may_stop_at_any_step() {
    let (dir, base) = poor_archive();
    let name = write(dir.path(), "rich.json", &events(5, 40, false));
    assert!(stop_before_every_step(dir.path(), Some(&base), &["ingest", &name]) > 50);
}

#[cfg(debug_assertions)]
#[test]
fn a_compaction_may_stop_at_any_step() {
    let (dir, base) = poor_archive();
    assert!(stop_before_every_step(dir.path(), Some(&base), &["compact"]) > 30);
}

#[test]
fn an_ingest_may_be_killed_at_any_time() {
    let (dir, base) = poor_archive();
    let name = write(dir.path(), "rich.json", &events(5, 400, false));
    let before = content(&base);
    let undisturbed = dir.path().join("undisturbed");
    copy(&base, &undisturbed);
    let started = Instant::now();
    assert!(run(dir.path(), &["ingest", &name], &undisturbed).code <= 1);
    let whole = started.elapsed();
    let after = content(&undisturbed);
    for attempt in 0..40_u32 {
        let archive = dir.path().join(format!("killed-{attempt}"));
        copy(&base, &archive);
        let mut child = Run::new().dir(dir.path()).args(["ingest", &name]).archive(&archive).spawn();
        std::thread::sleep(whole * attempt / 36);
        // On Unix this is SIGKILL.
        let _ = child.kill();
        child.wait().unwrap();
        let at = format!("killed at {attempt}/36 of its time");
        let found = content(&archive);
        assert!(found == before || found == after, "{at}");
        assert_no_event_twice(&archive, &at);
        assert!(run(dir.path(), &["ingest", &name], &archive).code <= 1);
        assert_eq!(content(&archive), after, "{at}");
        std::fs::remove_dir_all(archive).unwrap();
    }
}

/// A limit on the size of a file stands for a disk that is full: writing fails, sooner or later.
#[cfg(unix)]
#[test]
fn a_disk_that_is_full_leaves_the_archive_as_it_was() {
    use std::process::Command;
    let (dir, base) = poor_archive();
    write(dir.path(), "rich.json", &events(5, 3_000, false));
    let before = content(&base);
    let mut failed = 0;
    for blocks in [1, 2, 4, 8, 16, 32, 64, 128, 1_000_000] {
        let archive = dir.path().join(format!("full-{blocks}"));
        copy(&base, &archive);
        let limited =
            format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" ingest rich.json --archive \"$1\"");
        let said = Command::new("sh")
            .args(["-c", &limited, env!("CARGO_BIN_EXE_auditql")])
            .arg(&archive)
            .current_dir(dir.path())
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&said.stderr);
        if said.status.code() == Some(2) {
            failed += 1;
            assert!(stderr.starts_with("error: cannot write ") && !stderr.contains("panicked"), "{stderr}");
            let (file, rest) = stderr.split_once(" to `").unwrap().1.split_once('`').unwrap();
            assert!(Path::new(file).starts_with(archive.join(".staging")), "{stderr}");
            let rest = rest.trim_start_matches('\n');
            assert!(
                rest.starts_with(
                    "because: File too large (os error 27)\nnote: the archive is unchanged\nhint: make room"
                ),
                "{stderr}"
            );
            assert_eq!(content(&archive), before);
            assert_no_event_twice(&archive, "full");
            assert!(!archive.join(".staging").exists());
        } else {
            assert!(said.status.code().is_some_and(|code| code <= 1), "{blocks}: {stderr}");
        }
        assert_eq!(run(dir.path(), &["verify"], &archive).code, 0);
    }
    assert!(failed >= 3, "{failed}");
}

/// Writers retry while another one holds the archive; readers always see whole ingests, and never fewer than before.
/// `AUDITQL_SOAK_SECONDS` makes it longer.
#[test]
fn two_writers_and_five_readers_at_once() {
    const PAGE: usize = 40;
    let seconds = std::env::var("AUDITQL_SOAK_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let end = Instant::now() + Duration::from_secs(seconds.unwrap_or(6));
    let dir = tempfile::tempdir().unwrap();
    let archive = dir.path().join("archive");
    let name = write(dir.path(), "first.json", &events(0, PAGE, false));
    assert_eq!(run(dir.path(), &["ingest", &name], &archive).code, 0);
    let written: usize = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..2)
            .map(|writer| {
                let (dir, archive) = (dir.path(), &archive);
                scope.spawn(move || {
                    let mut pages = 0;
                    while Instant::now() < end {
                        // First poor, then rich: every page is replaced once.
                        for is_csv in [true, false] {
                            let begin = (1 + pages * 2 + writer) * PAGE;
                            let end = if is_csv { "csv" } else { "json" };
                            let name = format!("{writer}-{pages}.{end}");
                            write(dir, &name, &events(begin, begin + PAGE, is_csv));
                            let said = run(dir, &["ingest", "--wait", "60s", &name], archive);
                            assert_eq!(said.code, 0, "{}", said.stderr);
                        }
                        pages += 1;
                        if pages % 5 == 0 {
                            let said = run(dir, &["compact", "--wait", "60s"], archive);
                            assert_eq!(said.code, 0, "{}", said.stderr);
                        }
                    }
                    pages
                })
            })
            .collect();
        for _ in 0..5 {
            let archive = &archive;
            scope.spawn(move || {
                let mut last = 0;
                while Instant::now() < end {
                    let sql =
                        "SELECT count(*), count(DISTINCT correlation_id), count(DISTINCT raw) FROM audit";
                    let counts = value(archive, sql);
                    let counts: Vec<usize> = counts.split(',').map(|count| count.parse().unwrap()).collect();
                    assert!(counts[0] == counts[1] && counts[0] == counts[2], "{counts:?}");
                    assert!(counts[0].is_multiple_of(PAGE) && counts[0] >= last, "{counts:?} after {last}");
                    last = counts[0];
                }
            });
        }
        writers.into_iter().map(|writer| writer.join().unwrap()).sum()
    });
    assert_eq!(value(&archive, "SELECT count(*) FROM audit"), (PAGE * (written + 1)).to_string());
    assert_eq!(value(&archive, "SELECT count(*) FROM audit WHERE format <> 'graph_audit'"), "0");
    assert_eq!(run(dir.path(), &["verify"], &archive).code, 0);
}
