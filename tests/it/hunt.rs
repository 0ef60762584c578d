//! `auditql hunt`: what is planted is found, what is clean is not, and silence is never taken for an answer.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::support::{Run, Said, archive_of, sample_archive};

/// A Graph sign-in; error 50126 is a wrong password.
fn signin(number: u32, time: &str, user: &str, error: u32) -> String {
    format!(
        r#"{{"id":"s{number:03}","createdDateTime":"2026-03-02T{time}Z","userPrincipalName":"{user}@a.example","userId":"00000000-0000-4000-a000-0000000000{user}","appDisplayName":"Portal","ipAddress":"203.0.113.66","clientAppUsed":"Browser","signInEventTypes":["interactiveUser"],"status":{{"errorCode":{error},"failureReason":"x"}}}}"#
    )
}

/// Twelve users, tried once each from one address, and the password of the last is found.
fn spray() -> String {
    let tries = (10..22).map(|user| signin(user, &format!("09:{user}:00"), &user.to_string(), 50126));
    let success = signin(99, "09:22:00", "21", 0);
    format!(r#"{{"value":[{}]}}"#, tries.chain([success]).collect::<Vec<_>>().join(","))
}

fn audit(activity: &str) -> String {
    format!(
        r#"{{"value":[{{"id":"a1","activityDateTime":"2026-03-02T09:00:00Z","activityDisplayName":"{activity}","category":"UserManagement","loggedByService":"Core Directory","result":"success"}}]}}"#
    )
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    dir
}

fn hunt(archive: &Path, args: &[&str]) -> Said {
    Run::new().args(["hunt"]).args(args).archive(archive).said()
}

/// Hunts with the queries of a folder alone.
fn hunt_own(archive: &Path, queries: &Path, args: &[&str]) -> Said {
    let names: Vec<String> = fs::read_dir(queries)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let run = Run::new().args(["hunt", "--queries"]).args([queries.as_os_str()]).args(args).archive(archive);
    run.args(["--only"]).args(names).said()
}

const DETECTION: &str = "\
-- name: One finding
-- question: What?
-- kind: detection
-- technique: T1110
-- severity: high
-- param: word text = found; What to say.
SELECT 'medium' AS severity, $word AS finding, TIMESTAMP '2026-03-02T09:00:00' AS first_time,
       TIMESTAMP '2026-03-02T10:00:00' AS last_time, ['a', 'b'] AS event_ids
";
const BROKEN: &str =
    "-- name: Broken\n-- question: What?\n-- kind: detection\n-- severity: low\nSELECT nothing FROM audit";

#[test]
fn what_is_planted_is_found() {
    let (_dir, archive, _) = archive_of("signins.json", spray().as_bytes());
    let said = hunt(&archive, &["--format", "csv", "--only", "signin", "--fail-on", "high"]);
    assert_eq!(said.code, 1, "{}{}", said.stdout, said.stderr);
    let (header, rows) = said.stdout.split_once('\n').unwrap();
    assert_eq!(header, "severity,query,technique,finding,first_time,last_time,events,event_ids");
    assert!(rows.starts_with("high,signin/password-spray,T1110.003,"), "{rows}");
    assert!(rows.contains("203.0.113.66") && rows.contains("s099"), "{rows}");
    assert!(said.stderr.contains("1 high"), "{}", said.stderr);
    let more = ["--format", "csv", "-q", "--only", "signin/password-spray", "--param", "min_users=13"];
    assert_eq!(hunt(&archive, &more).stdout.lines().count(), 1);
    let other = ["--format", "csv", "-q", "--only", "signin", "--param", "signin/mfa-fatigue:min=9"];
    assert!(hunt(&archive, &other).stdout.contains("password-spray"));
}

#[test]
fn a_clean_archive_has_nothing_high() {
    let (_dir, archive, _) = archive_of("audit.json", audit("Update user").as_bytes());
    let said = hunt(&archive, &["--format", "csv", "--fail-on", "high"]);
    assert_eq!((said.code, said.stdout.contains("\nhigh,")), (0, false), "{}", said.stdout);
}

#[test]
fn who_lacks_a_table_is_named() {
    let (_dir, archive, _) = archive_of("audit.json", audit("Update user").as_bytes());
    let said = hunt(&archive, &["-q"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    let line = |begin: &str| {
        let found = said.stderr.lines().find(|line| line.starts_with(begin));
        found.unwrap_or_else(|| panic!("no `{begin}`: {}", said.stderr)).to_owned()
    };
    let lacking = line("warning: the archive has nothing of signin: ");
    assert!(
        lacking.contains("detections could not run") && lacking.contains("signin/password-spray"),
        "{lacking}"
    );
    let mut in_part = said.stderr.lines().filter(|line| line.contains("ran in part only"));
    assert!(in_part.any(|line| line.contains("workloads/sp-credential-then-signin")), "{}", said.stderr);
}

#[test]
fn one_that_fails_does_not_stop_the_others() {
    let queries = folder(&[
        ("a-broken.sql", BROKEN),
        ("found.sql", DETECTION),
        ("wrong.sql", "-- kind: detectoin\nSELECT 1"),
    ]);
    let said = hunt_own(sample_archive(), queries.path(), &["--format", "csv"]);
    assert_eq!(said.code, 2, "{}", said.stderr);
    let row =
        "medium,found,T1110,found,2026-03-02T09:00:00Z,2026-03-02T10:00:00Z,2,\"[\"\"a\"\",\"\"b\"\"]\"";
    assert_eq!(said.stdout.lines().nth(1), Some(row));
    assert!(said.stderr.contains("`a-broken` failed\nerror: no column `nothing`"), "{}", said.stderr);
    assert!(said.stderr.contains("error: 2 of 3 detections failed"), "{}", said.stderr);
}

#[test]
fn a_detection_gives_its_five_columns() {
    let header = "-- name: x\n-- question: What?\n-- kind: detection\n-- severity: low\n";
    let queries = folder(&[("x.sql", &format!("{header}SELECT 'low' AS severity"))]);
    let said = hunt_own(sample_archive(), queries.path(), &[]);
    assert_eq!(said.code, 2);
    assert!(
        said.stderr.contains("does not end with the columns severity, finding, first_time"),
        "{}",
        said.stderr
    );
}

#[test]
fn severities_decide_what_is_shown_and_how_it_ends() {
    let queries = folder(&[("found.sql", DETECTION)]);
    let run = |args: &[&str]| {
        let said = hunt_own(sample_archive(), queries.path(), &[&["-F", "csv"], args].concat());
        (said.code, said.stdout.lines().count() - 1)
    };
    assert_eq!(run(&["--fail-on", "high"]), (0, 1));
    assert_eq!(run(&["--fail-on", "medium"]), (1, 1));
    assert_eq!(run(&["--fail-on", "low"]), (1, 1));
    assert_eq!(run(&["--severity", "high"]), (0, 0));
    assert_eq!(run(&["--severity", "high", "--fail-on", "medium"]), (1, 0));
    assert_eq!(run(&["--naming", "found"]), (0, 1));
    assert_eq!(run(&["--naming", "foun"]), (0, 0));
    let said = hunt_own(sample_archive(), queries.path(), &["--naming", "foun"]);
    assert!(said.stderr.contains("that nothing names `foun` says nothing"), "{}", said.stderr);
    let said = hunt_own(sample_archive(), queries.path(), &["--param", "word=x", "--timing"]);
    assert!(said.stdout.contains("│ x"), "{}", said.stdout);
    assert!(said.stderr.contains("timing: found"), "{}", said.stderr);
}

#[test]
fn mistakes_are_told_before_anything_runs() {
    let cases: [(&[&str], &str); 6] = [
        (&["--param", "nope=1"], "no detection has a parameter `nope`"),
        (&["--param", "window=soon"], "`soon` is no duration"),
        (&["--param", "archive/gaps:min_gap=1h"], "`archive/gaps` is not among the detections that run"),
        (&["--only", "archive/gaps"], "`archive/gaps` is no detection"),
        (&["--skip", "signin/pasword-spray"], "did you mean `signin/password-spray`?"),
        (&["--severity", "worst"], "the severities are high, medium, low"),
    ];
    for (args, told) in cases {
        let said = hunt(sample_archive(), args);
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{args:?}");
        assert!(said.stderr.contains(told), "{args:?}: {}", said.stderr);
    }
}
