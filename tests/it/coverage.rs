//! "No rows" never silently means "not covered": gaps are known, shown and warned of.

use std::fmt::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use crate::support::{Run, Said, query, sample_archive, value};

/// Monday, 2026-02-02, and days of an invented tenant from there.
const DAYS: i64 = 35;
/// Without events: Wednesday 2026-02-18, of both services.
const MISSING: i64 = 16;

/// The time of a minute after the begin.
fn time(minute: i64) -> String {
    let (day, minute) = (minute.div_euclid(1_440), minute.rem_euclid(1_440));
    let (month, day) = if day < 27 { (2, day + 2) } else { (3, day - 26) };
    format!("2026-{month:02}-{day:02}T{:02}:{:02}:00Z", minute / 60, minute % 60)
}

fn event(service: &str, minute: i64) -> String {
    format!(
        r#"{{"id":"{service}-{minute}","category":"UserManagement","correlationId":"c","result":"success","activityDisplayName":"Update user","activityDateTime":"{}","loggedByService":"{service}","initiatedBy":{{"user":{{"id":"u-1"}}}},"targetResources":[]}}"#,
        time(minute)
    ) + "\n"
}

/// Events of some days: of B2C three an hour, of the directory two an hour while the office is open.
fn events(days: Range<i64>) -> String {
    let mut text = String::new();
    for hour in (days.start * 24..days.end * 24).filter(|hour| hour / 24 != MISSING) {
        for minute in [0, 20, 40] {
            text += &event("B2C", hour * 60 + minute);
        }
        if hour / 24 % 7 < 5 && (8..18).contains(&(hour % 24)) {
            text += &event("Core Directory", hour * 60 + 1);
            text += &event("Core Directory", hour * 60 + 31);
        }
    }
    text
}

fn ingest(dir: &Path, name: &str, text: &str) -> Said {
    std::fs::write(dir.join(name), text).unwrap();
    Run::new().dir(dir).args(["ingest", name, "--archive", "archive"]).said()
}

/// The archive of all days, in a folder with a saved query.
fn archive() -> &'static (TempDir, PathBuf) {
    static ARCHIVE: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    ARCHIVE.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let said = ingest(dir.path(), "all.json", &events(0..DAYS));
        assert_eq!(said.code, 0, "{}", said.stderr);
        std::fs::create_dir_all(dir.path().join("queries/case")).unwrap();
        std::fs::write(
            dir.path().join("queries/case/tokens.sql"),
            "-- name: Tokens\n-- question: How many?\n-- param: since time required; First instant.\n-- param: until time required; First instant after.\n\
             SELECT count(*) AS n FROM b2c_event WHERE event_time >= $since AND event_time < $until\n",
        )
        .unwrap();
        let path = dir.path().join("archive");
        (dir, path)
    })
}

/// What a run says on standard error.
fn told(args: &[&str]) -> String {
    let said = Run::new().args(args).archive(&archive().1).said();
    assert!(said.code < 2 || args[0] == "show", "{}", said.stderr);
    assert!(!said.stdout.contains("warning"), "{}", said.stdout);
    said.stderr
}

const B2C: &str = "warning: audit (B2C) has no events from 2026-02-18T00:00Z to 2026-02-19T00:00Z, where about 72 \
                   would be usual: \"no rows\" there may mean \"not covered\"; see meta.gaps\n";

#[test]
fn gaps_are_a_table() {
    let archive = &archive().1;
    assert_eq!(
        query(archive, "SELECT * FROM meta.gaps"),
        "audit,B2C,2026-02-18T00:00:00Z,2026-02-19T00:00:00Z,24,72\n\
         audit,Core Directory,2026-02-17T18:00:00Z,2026-02-19T08:00:00Z,38,20\n"
    );
}

#[test]
fn a_statement_whose_time_touches_a_gap_says_so() {
    let both = "warning: audit (B2C, and about then Core Directory) has no events from 2026-02-18T00:00Z to \
                2026-02-19T00:00Z, where about 72 would be usual: \"no rows\" there may mean \"not covered\"; see meta.gaps\n";
    let touching = [
        "SELECT count(*) FROM audit",
        "SELECT * FROM audit WHERE event_time >= '2026-02-18' AND event_time < '2026-02-19' AND result = 'x'",
        "SELECT * FROM audit WHERE event_time >= TIMESTAMP '2026-02-17T20:00:00' AND id = 'x'",
        "SELECT * FROM audit WHERE event_time BETWEEN '2026-02-18T03:00:00Z' AND '2026-02-18T04:00:00Z'",
        "SELECT * FROM audit WHERE CAST(event_time AS DATE) = '2026-02-18'",
        "SELECT * FROM audit WHERE date_trunc('day', event_time) = '2026-02-18'",
        "SELECT * FROM audit_target WHERE event_time > '2026-02-18' AND event_time < '2026-02-19'",
        "WITH a AS (SELECT * FROM audit) SELECT count(*) FROM a JOIN a b ON a.id = b.id WHERE a.event_time > '2026-02-18'",
    ];
    for sql in touching {
        assert_eq!(told(&["query", "-c", sql]), both, "{sql}");
    }
    assert_eq!(told(&["query", "-c", "SELECT count(*) FROM b2c_token"]), B2C);
    let of_service = "SELECT count(*) FROM audit WHERE service IN ('B2C', 'B2B Auth')";
    assert_eq!(told(&["query", "-c", of_service]), B2C);
    let twice = "SELECT count(*) FROM audit; SELECT max(id) FROM audit";
    assert_eq!(told(&["query", "-c", twice]), both, "once for a script");
    let param = "SELECT count(*) FROM audit WHERE event_time >= $t AND service = 'B2C'";
    assert_eq!(told(&["query", "-c", param, "--param", "t=2026-02-18T09:00:00Z"]), B2C);
    let all = "SELECT count(*) FROM audit";
    assert_eq!(told(&["query", "--from", "2026-02-16", "--to", "2026-02-18", "-c", all]), both);
}

#[test]
fn a_statement_whose_time_touches_no_gap_is_silent() {
    let silent = [
        "SELECT * FROM audit WHERE event_time >= '2026-02-20' AND id = 'x'",
        "SELECT * FROM audit WHERE event_time < '2026-02-17T18:00:00Z' AND id = 'x'",
        "SELECT * FROM audit WHERE CAST(event_time AS DATE) = '2026-02-20' AND id = 'x'",
        "SELECT * FROM audit WHERE service = 'Invited Users'",
        "SELECT * FROM meta.gaps",
        "SELECT path FROM meta.sources",
        "SELECT * FROM ref_activity LIMIT 1",
        "SELECT * FROM directory_user",
        "EXPLAIN SELECT * FROM audit",
        "SELECT 1",
    ];
    for sql in silent {
        assert_eq!(told(&["query", "-c", sql]), "", "{sql}");
    }
    assert_eq!(told(&["query", "--from", "2026-02-20", "-c", "SELECT count(*) FROM audit"]), "");
    assert_eq!(told(&["status"]), "");
}

#[test]
fn a_time_beyond_the_events_says_so_wherever_it_is_written() {
    let outside = "warning: audit has events from 2026-02-02T00:00:00Z to 2026-03-08T23:40:00Z only: outside of that \"no rows\" \
                   means \"not covered\"\n";
    let sql = "SELECT count(*) FROM audit WHERE event_time >= '2026-03-08' AND event_time < '2026-03-10'";
    assert_eq!(told(&["query", "-c", sql]), outside);
    for wholly in ["event_time > '2027-01-01'", "event_time < '2026-01-01'", "event_time = '2026-03-09'"] {
        assert_eq!(
            told(&["query", "-c", &format!("SELECT * FROM audit WHERE {wholly}")]),
            outside,
            "{wholly}"
        );
    }
    let all = "SELECT count(*) FROM audit";
    assert_eq!(told(&["query", "--from", "2026-01-01", "--to", "2026-02-10", "-c", all]), outside);
    assert_eq!(told(&["query", "--from", "2026-01-01", "-c", "SELECT 1"]), "");
    assert_eq!(
        told(&["query", "-c", "SELECT count(*) FROM signin"]),
        "warning: the archive has no events of signin at all: \"no rows\" means \"not covered\"\n"
    );
}

#[test]
fn a_few_old_events_do_not_make_the_years_after_them_look_covered() {
    let told = |condition: &str| {
        let sql = format!("SELECT count(*) FROM audit WHERE {condition}");
        Run::new().args(["query", "-c", &sql]).archive(sample_archive()).said().stderr
    };
    let gap = "warning: audit (B2C, and about then 2 more) has no events from 2018-03-14T09:00Z to 2026-03-02T03:00Z, where about 170,000";
    for covers_little in ["event_time BETWEEN '2020-01-01' AND '2020-12-31'", "event_time < '2020-01-01'"] {
        assert!(told(covers_little).starts_with(gap), "{}", told(covers_little));
    }
    for open in ["true", "event_time < '2026-03-05'", "event_time > '2026-03-03'"] {
        assert_eq!(told(open), "", "{open}");
    }
}

#[test]
fn saved_queries_the_shell_and_show_say_so_too() {
    let folder = archive().0.path().join("queries");
    let run = |since: &str, until: &str| {
        let (since, until) = (format!("since={since}"), format!("until={until}"));
        told(&[
            "run",
            "case/tokens",
            "--queries",
            folder.to_str().unwrap(),
            "--param",
            &since,
            "--param",
            &until,
        ])
    };
    assert_eq!(run("2026-02-18", "2026-02-19"), B2C);
    assert_eq!(run("2026-02-20", "2026-03-01"), "");
    let shell = |sql: &str| Run::new().archive(&archive().1).input(sql).said().stderr;
    assert_eq!(shell("SELECT count(*) FROM audit WHERE service = 'B2C';\n"), B2C);
    assert_eq!(shell("SELECT count(*) FROM audit WHERE event_time > '2026-02-20';\n"), "");
    assert!(told(&["show", "nothing"]).starts_with("warning: audit (B2C, and about then Core Directory)"));
    assert_eq!(told(&["show", "B2C-0"]), "");
}

#[test]
fn status_draws_the_days_and_names_the_gaps() {
    let text = Run::new().args(["status"]).archive(&archive().1).ok();
    for part in [
        "audit  B2C             2448  2026-02-02 to 2026-03-08  │████████████████×██████████████████│ by day\n",
        "       Core Directory   480  2026-02-02 to 2026-03-06  │█████  █████  ██×██  █████  █████│ by day\n",
        "×: a gap, no events where there usually are some\n",
        "audit      │ B2C            │ 2026-02-18T00:00:00Z │ 2026-02-19T00:00:00Z │    24 │              72\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn a_later_download_closes_a_gap_and_its_events_are_late() {
    let dir = tempfile::tempdir().unwrap();
    let archive = dir.path().join("archive");
    assert_eq!(ingest(dir.path(), "begin.json", &events(7..12)).code, 0);
    assert_eq!(ingest(dir.path(), "older.json", &events(5..9)).code, 0);
    let said = ingest(dir.path(), "end.json", &events(14..35));
    assert!(said.code == 0 && !said.stdout.contains("late"), "{}", said.stdout);
    let status = Run::new().args(["status"]).archive(&archive).ok();
    assert!(!status.contains("came late"), "{status}");
    let gaps = "SELECT gap_from, gap_to FROM meta.gaps WHERE service = 'B2C' ORDER BY 1";
    assert_eq!(query(&archive, gaps).lines().count(), 2);
    let said = ingest(dir.path(), "between.json", &events(11..15));
    assert!(
        said.code == 0 && said.stdout.contains("\n  late                   144 added to a time"),
        "{}",
        said.stdout
    );
    assert_eq!(query(&archive, gaps), "2026-02-18T00:00:00Z,2026-02-19T00:00:00Z\n");
    assert_eq!(
        query(&archive, "SELECT path, events_added, events_late FROM meta.sources ORDER BY ingested_at"),
        "begin.json,460,0\nolder.json,144,0\nend.json,1720,0\nbetween.json,144,144\n"
    );
    let status = Run::new().args(["status"]).archive(&archive).ok();
    assert!(status.contains("Events that came late"), "{status}");
}

#[test]
fn downloads_that_end_at_the_retention_are_told() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.json"), events(20..28)).unwrap();
    let file = std::fs::File::options().write(true).open(dir.path().join("a.json")).unwrap();
    // 2026-03-01T10:00:00Z; the first event is of 2026-02-22.
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_772_359_200)).unwrap();
    drop(file);
    let ingest = Run::new().dir(dir.path()).args(["ingest", "a.json", "--archive", "archive"]).said();
    assert_eq!(ingest.code, 0, "{}", ingest.stderr);
    let archive = dir.path().join("archive");
    assert_eq!(value(&archive, "SELECT modified_at FROM meta.sources"), "2026-03-01T10:00:00Z");
    let status = Run::new().args(["status"]).archive(&archive).ok();
    let mut row = String::new();
    write!(row, "audit      │ B2C            │              7 │         1 │ 2026-02-22T00:00:00Z").unwrap();
    assert!(status.contains("retention") && status.contains(&row), "{status}");
}
