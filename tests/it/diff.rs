//! `diff`: which events only one side has, and which say something else.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Run, Said, files_below, root, sample_archive};

/// An audit event of Graph, the `n`th second of an hour.
fn event(n: usize, result: &str) -> String {
    let (minute, second) = (n / 60, n % 60);
    format!(
        r#"{{"id":"Directory_{n}","category":"UserManagement","correlationId":"c-{n}","result":"{result}","activityDisplayName":"Update user",
"activityDateTime":"2026-03-02T08:{minute:02}:{second:02}.1234567Z","loggedByService":"Core Directory","operationType":"Update",
"initiatedBy":{{"user":{{"id":"u-1","displayName":"Ada","userPrincipalName":"ada@contoso.example","ipAddress":"192.0.2.1"}}}},
"targetResources":[{{"id":"t-{n}","displayName":"Bo","type":"User","userPrincipalName":"bo@contoso.example","modifiedProperties":[]}}],"additionalDetails":[]}}"#
    )
}

/// A page of Graph with these events.
fn page<'a>(events: impl IntoIterator<Item = &'a usize>) -> String {
    let events: Vec<_> = events.into_iter().map(|n| event(*n, "success")).collect();
    format!(r#"{{"value":[{}]}}"#, events.join(","))
}

/// The portal's CSV of these events.
fn csv<'a>(events: impl IntoIterator<Item = &'a usize>) -> String {
    let row = |n: &usize| {
        let (minute, second) = (n / 60, n % 60);
        format!(
            "2026-03-02T08:{minute:02}:{second:02}Z,c-{n},Core Directory,UserManagement,Update user,success,,User,Ada,u-1,ada@contoso.example,\
             192.0.2.1,User,Bo,t-{n},bo@contoso.example\n"
        )
    };
    let header = "Date (UTC),CorrelationId,Service,Category,Activity,Result,ResultReason,ActorType,ActorDisplayName,ActorObjectId,\
                  ActorUserPrincipalName,IPAddress,Target1Type,Target1DisplayName,Target1ObjectId,Target1UserPrincipalName\n";
    header.to_owned() + &events.into_iter().map(row).collect::<String>()
}

/// A folder with two downloads.
struct Case(TempDir);

impl Case {
    fn new(a: (&str, &str), b: (&str, &str)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in [a, b] {
            fs::write(dir.path().join(name), text).unwrap();
        }
        Self(dir)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn said(&self, args: &[&str]) -> Said {
        Run::new().dir(self.0.path()).args(["diff"]).args(args).said()
    }

    /// The differences, and the exit code.
    fn rows(&self, args: &[&str]) -> (Vec<Value>, i32) {
        let said = self.said(&[args, &["-F", "ndjson"]].concat());
        assert!(said.code < 2, "{}", said.stderr);
        (said.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), said.code)
    }

    /// The counts: only in A, only in B, changed, same, outside of either.
    #[track_caller]
    fn check(&self, args: &[&str], counts: [usize; 6]) {
        let said = self.said(&[args, &["-F", "csv", "--summary"]].concat());
        let line = said.stdout.lines().nth(1).unwrap_or_else(|| panic!("{}", said.stderr));
        let numbers: Vec<_> = counts.iter().map(ToString::to_string).collect();
        assert!(line.starts_with(&format!("audit,{},", numbers.join(","))), "{line}: not {numbers:?}");
        assert_eq!(said.code, i32::from(counts[..3] != [0, 0, 0]), "{}", said.stderr);
    }

    fn ingest(&self, files: &[&str], archive: &str) {
        Run::new().dir(self.0.path()).args(["ingest"]).args(files).args(["-a", archive]).ok();
    }
}

/// The values of a column.
fn column<'r>(rows: &'r [Value], name: &str) -> Vec<&'r str> {
    rows.iter().map(|row| row[name].as_str().unwrap_or("")).collect()
}

#[test]
fn the_same_download_twice_does_not_differ() {
    let case = Case::new(("a.json", &page(&[1, 2, 3])), ("b.json", &page(&[3, 1, 2])));
    for b in ["b.json", "a.json"] {
        assert_eq!(case.rows(&["a.json", b]), (vec![], 0));
    }
    case.check(&["a.json", "b.json"], [0, 0, 0, 3, 0, 0]);
}

#[test]
fn an_event_that_is_missing_is_named_on_either_side() {
    let case = Case::new(("a.json", &page(&[1, 2, 3, 5])), ("b.json", &page(&[1, 3, 4, 5])));
    let (rows, code) = case.rows(&["a.json", "b.json"]);
    assert_eq!(code, 1);
    assert_eq!(column(&rows, "difference"), ["only_in_a", "only_in_b"]);
    assert_eq!(column(&rows, "id"), ["Directory_2", "Directory_4"]);
    assert_eq!(column(&rows, "activity"), ["Update user"; 2]);
    assert_eq!(column(&rows, "event_time"), ["2026-03-02T08:00:02.123456Z", "2026-03-02T08:00:04.123456Z"]);
    assert_eq!(column(&rows, "source_file_a"), ["a.json", ""]);
    assert_eq!(column(&rows, "source_file_b"), ["", "b.json"]);
    case.check(&["a.json", "b.json"], [1, 1, 0, 3, 0, 0]);
}

#[test]
fn a_changed_event_is_named_with_the_columns_and_both_values() {
    let changed = page(&[1, 2, 3]).replace(r#""c-2","result":"success""#, r#""c-2","result":"failure""#);
    let changed = changed.replace(r#""t-2","displayName":"Bo""#, r#""t-2","displayName":"Bo\"b""#);
    let case = Case::new(("a.json", &page(&[1, 2, 3])), ("b.json", &changed));
    let (rows, code) = case.rows(&["a.json", "b.json"]);
    assert_eq!(code, 1);
    assert_eq!(column(&rows, "difference"), ["changed"]);
    assert_eq!(column(&rows, "columns_changed"), ["result, target_name, targets"]);
    let values = |side: &str| serde_json::from_str::<Value>(rows[0][side].as_str().unwrap()).unwrap();
    assert_eq!((&values("a")["result"], &values("b")["result"]), (&"success".into(), &"failure".into()));
    assert_eq!(values("b")["target_name"], "Bo\"b");
    assert_eq!(values("b")["targets"][0]["name"], "Bo\"b");
    case.check(&["a.json", "b.json"], [0, 0, 1, 2, 0, 0]);
}

#[test]
fn a_value_taken_away_is_a_change_within_a_format() {
    let cut = page(&[1, 2]).replace(r#""ipAddress":"192.0.2.1""#, r#""ipAddress":null"#);
    let case = Case::new(("a.json", &page(&[1, 2])), ("b.json", &cut));
    let (rows, _) = case.rows(&["a.json", "b.json"]);
    assert_eq!(column(&rows, "columns_changed"), ["actor_ip"; 2]);
    assert_eq!(column(&rows, "b"), [r#"{"actor_ip":null}"#; 2]);
}

#[test]
fn the_portals_csv_of_the_same_events_does_not_differ() {
    let all = [1, 2, 3, 61, 200];
    let case = Case::new(("a.json", &page(&all)), ("b.csv", &csv(&all)));
    for (a, b) in [("a.json", "b.csv"), ("b.csv", "a.json"), ("b.csv", "b.csv")] {
        case.check(&[a, b], [0, 0, 0, 5, 0, 0]);
    }
    let case = Case::new(("a.json", &page(&[1, 2, 3, 61])), ("b.csv", &csv(&[1, 3, 4, 61])));
    let (rows, _) = case.rows(&["b.csv", "a.json"]);
    assert_eq!(column(&rows, "difference"), ["only_in_b", "only_in_a"]);
    assert_eq!(rows[0]["id"], "Directory_2");
    assert!(rows[1]["id"].as_str().unwrap().starts_with("auditql:"), "{rows:?}");
    let renamed = csv(&[1, 2]).replacen(",Ada,", ",Eve,", 1);
    let case = Case::new(("a.json", &page(&[1, 2])), ("b.csv", &renamed));
    let (rows, _) = case.rows(&["a.json", "b.csv"]);
    assert_eq!(column(&rows, "columns_changed"), ["actor_name"]);
    assert_eq!(
        (column(&rows, "id"), column(&rows, "b")),
        (vec!["Directory_1"], vec![r#"{"actor_name":"Eve"}"#])
    );
}

#[test]
fn rows_without_ids_that_agree_in_everything_are_counted() {
    let twice = |times: usize| {
        let row = csv(&[2]).lines().nth(1).unwrap().to_owned() + "\n";
        csv(&[1]) + &row.repeat(times) + csv(&[3]).lines().nth(1).unwrap() + "\n"
    };
    let case = Case::new(("a.csv", &twice(3)), ("b.csv", &twice(1)));
    case.check(&["a.csv", "b.csv"], [2, 0, 0, 3, 0, 0]);
    // Two events of the API in the place of the first two of three rows: one is left.
    let api = page(&[1, 2, 3]);
    let more = event(2, "success").replace("Directory_2", "Directory_2b");
    let api = api.strip_suffix("]}").unwrap().to_owned() + "," + &more + "]}";
    let case = Case::new(("a.csv", &twice(3)), ("b.json", &api));
    case.check(&["a.csv", "b.json"], [1, 0, 0, 4, 0, 0]);
}

#[test]
fn every_shape_of_the_sample_agrees_with_the_others() {
    let sample = |name: &str| root().join("sample-data").join(name).to_str().unwrap().to_owned();
    let changed = |a: &str, b: &str| {
        let said = Run::new().args(["diff", "-Fndjson", &sample(a), &sample(b)]).said();
        assert!(said.code < 2, "{}", said.stderr);
        let rows = said.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        rows.filter(|row| row["difference"] == "changed")
            .map(|row| format!("{}: {}", row["table_name"], row["columns_changed"]).replace('"', ""))
            .collect::<Vec<_>>()
    };
    let none: Vec<String> = Vec::new();
    assert_eq!(changed("graph", "monitor"), none);
    assert_eq!(changed("graph", "log-analytics"), none);
    assert_eq!(changed("monitor", "portal"), none);
    assert_eq!(changed("log-analytics", "portal"), none);
    assert_eq!(changed("collector", "portal"), none);
    // The retired API knows no interrupted sign-ins.
    assert_eq!(changed("graph", "legacy"), ["signin: result"]);
}

#[test]
fn a_row_that_names_no_tenant_is_the_same_in_any() {
    let of = |tenant: &str| {
        let event = event(1, "success").replace('\n', "");
        format!(
            r#"{{"time":"2026-03-02T08:00:01.1234567Z","category":"AuditLogs",{tenant}"properties":{event}}}"#
        )
    };
    let (one, other) = (of(r#""tenantId":"t-1","#), of(r#""tenantId":"t-2","#));
    let case = Case::new(("a.json", &one), ("b.json", &other));
    case.check(&["a.json", "b.json"], [1, 1, 0, 0, 0, 0]);
    fs::write(case.path("c.json"), page(&[1])).unwrap();
    fs::write(case.path("d.json"), of(r#""tenantId":"T-1","#)).unwrap();
    case.check(&["a.json", "c.json"], [0, 0, 0, 1, 0, 0]);
    case.check(&["c.json", "b.json"], [0, 0, 0, 1, 0, 0]);
    case.check(&["a.json", "d.json"], [0, 0, 0, 1, 0, 0]);
}

#[test]
fn what_only_one_side_covers_is_counted_apart() {
    let case = Case::new(("a.json", &page(&[1, 2, 3, 4])), ("b.json", &page(&[3, 5, 6])));
    case.check(&["a.json", "b.json"], [1, 0, 0, 1, 2, 2]);
    case.check(&["a.json", "b.json", "--from", "2026-03-02", "--to", "2026-03-02"], [3, 2, 0, 1, 0, 0]);
    case.check(&["a.json", "b.json", "--from", "2026-03-02T08:00:02Z"], [2, 0, 0, 1, 1, 2]);
    case.check(&["a.json", "b.json", "--to", "2026-03-02T08:00:06Z"], [1, 1, 0, 1, 2, 1]);
}

#[test]
fn periods_that_do_not_meet_cannot_be_compared() {
    let case = Case::new(("a.json", &page(&[1, 2])), ("b.json", &page(&[8, 9])));
    let said = case.said(&["a.json", "b.json"]);
    assert_eq!((said.stdout.as_str(), said.code), ("", 2));
    for part in [
        "error: there is nothing that could be compared\n",
        "because: `audit` has no common period: A has 2026-03-02T08:00:01.123456Z to 2026-03-02T08:00:02.123456Z, \
         B has 2026-03-02T08:00:08.123456Z to 2026-03-02T08:00:09.123456Z\n",
        "hint: name a time that both should cover, with `--from TIME --to TIME`\n",
    ] {
        assert!(said.stderr.contains(part), "{part}{}", said.stderr);
    }
    case.check(&["a.json", "b.json", "--from", "2026-03-02", "--to", "2026-03-02"], [2, 2, 0, 0, 0, 0]);
}

#[test]
fn a_table_that_only_one_side_has_is_told() {
    let case = Case::new(("a.json", &page(&[1, 2])), ("b.json", &page(&[1, 2])));
    let signins = root().join("sample-data/graph/signIns.json");
    fs::create_dir(case.path("both")).unwrap();
    fs::copy(signins, case.path("both/signins.json")).unwrap();
    fs::copy(case.path("b.json"), case.path("both/b.json")).unwrap();
    let said = case.said(&["a.json", "both", "-F", "csv"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stderr.contains("warning: not compared: only B has rows of `signin`\n"), "{}", said.stderr);
    let said = case.said(&["a.json", "both", "--table", "signin"]);
    assert!(
        said.code == 2 && said.stderr.contains("because: only B has rows of `signin`"),
        "{}",
        said.stderr
    );
    let said = case.said(&["a.json", "both", "--table", "signin", "--table", "audit", "--summary", "-Fcsv"]);
    assert_eq!(said.stdout.lines().count(), 3, "{}", said.stdout);
}

#[test]
fn archives_and_downloads_compare_alike() {
    let changed = page(&[1, 2, 3]).replace(r#""c-2","result":"success""#, r#""c-2","result":"failure""#);
    let case = Case::new(("a.json", &page(&[1, 2, 3])), ("b.json", &changed));
    case.ingest(&["a.json"], "one");
    case.ingest(&["b.json"], "two");
    let expected = case.rows(&["a.json", "b.json"]);
    for (a, b) in [("one", "two"), ("one", "b.json"), ("a.json", "two")] {
        assert_eq!(case.rows(&[a, b]), expected, "{a} {b}");
    }
    case.check(&["one", "two"], [0, 0, 1, 2, 0, 0]);
}

#[test]
fn files_of_one_path_and_size_are_not_taken_for_each_other() {
    // A key that no column claims makes the files equally long.
    let of = |name: &str, reason: &str, unclaimed: &str| {
        let named = page(&[1]).replace(r#""displayName":"Ada""#, &format!(r#""displayName":"{name}""#));
        named.replace(r#""result":"#, &format!(r#""x":"{unclaimed}","resultReason":"{reason}","result":"#))
    };
    let case = Case::new(("a.json", &of("Ada Byron of Lovelace", "No", "q7zk1xw5vj3pm")), ("b.json", ""));
    case.ingest(&["a.json"], "one");
    let file = |archive: &str| {
        let files = files_below(&case.path(archive).join("data/audit"));
        (files.len(), files[0].file_name().unwrap().to_owned(), fs::metadata(&files[0]).unwrap().len())
    };
    let alike = (0..26 * 8).find(|attempt| {
        let unclaimed = &"qz7kx0vj4wp9yf2mhb6gt3dn8c"[..attempt % 26];
        let reason = &"Not on a Monday 1234 or Tuesday"[..31 - attempt / 26];
        fs::write(case.path("b.json"), of("Bo", reason, unclaimed)).unwrap();
        let _ = fs::remove_dir_all(case.path("two"));
        case.ingest(&["b.json"], "two");
        file("one") == file("two")
    });
    assert!(alike.is_some(), "{:?} {:?}", file("one"), file("two"));
    let (rows, _) = case.rows(&["one", "two"]);
    assert_eq!(column(&rows, "columns_changed"), ["result_reason, actor_name"]);
    assert_eq!(column(&rows, "a"), [r#"{"result_reason":"No","actor_name":"Ada Byron of Lovelace"}"#]);
}

#[test]
fn versions_of_an_object_are_rows_of_their_own() {
    let sample = root().join("sample-data/graph");
    let at = |name: &str| sample.join(name).to_str().unwrap().to_owned();
    let run = |a: &str, b: &str| Run::new().args(["diff", "-Fcsv", "--summary", &at(a), &at(b)]).said();
    let said = run("accessReviewDecisions.json", "accessReviewDecisions-applied.json");
    assert_eq!(said.stdout.lines().nth(1), Some("access_review_decision,5,5,0,0,0,0,,"), "{}", said.stderr);
    let said = run("users.json", "users.json");
    assert_eq!((said.stdout.lines().nth(1), said.code), (Some("directory_user,0,0,0,18,0,0,,"), 0));
}

#[test]
fn wrong_arguments_say_the_way_out() {
    let case = Case::new(("a.json", &page(&[1])), ("notes.txt", "no log"));
    fs::create_dir(case.path("empty")).unwrap();
    fs::create_dir_all(case.path("begun/commits")).unwrap();
    case.ingest(&["a.json"], "one");
    let cases: [(&[&str], &str, &str); 8] = [
        (&["one", "one"], "cannot compare archive `one` with itself", "hint: name two archives"),
        (&["one", "./one"], "cannot compare archive `one` with itself", "hint: name two archives"),
        (&["one", "nowhere"], "cannot find `nowhere`", "hint: name a file, a folder, or a pattern"),
        (
            &["notes.txt", "one"],
            "cannot compare `notes.txt`",
            "hint: see what it is with `auditql inspect notes.txt`",
        ),
        (&["one", "empty"], "cannot compare `empty`", "because: it holds no events"),
        (&["one", "begun"], "nothing has been ingested into it yet", "hint: create it with"),
        (
            &["one", "a.json", "--table", "audits"],
            "no table of events is called `audits`",
            "hint: the tables are audit, signin",
        ),
        (&["one", "a.json", "--from", "soon"], "cannot read the time `soon`", "hint: write a date"),
    ];
    for (args, what, hint) in cases {
        let said = case.said(args);
        assert_eq!((said.stdout.as_str(), said.code), ("", 2), "{args:?}: {}", said.stderr);
        assert!(said.stderr.contains(what) && said.stderr.contains(hint), "{args:?}: {}", said.stderr);
    }
    let said = case.said(&["one"]);
    assert_eq!((said.stdout.as_str(), said.code), ("", 2));
    let temporary = case.0.path().to_str().unwrap();
    let said = Run::new().env("TMPDIR", temporary).args(["diff", temporary, "sample-data"]).said();
    assert!(cfg!(windows) || said.stderr.contains("the folder for temporary files"), "{}", said.stderr);
}

#[test]
fn nothing_is_written_but_what_goes_away() {
    let case = Case::new(("a.json", &page(&[1, 2])), ("b.json", &page(&[1, 3])));
    case.ingest(&["a.json"], "one");
    fs::write(case.path("notes.txt"), "no log").unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let before = state(case.0.path());
    for b in ["b.json", "notes.txt", "nowhere"] {
        for a in ["one", "a.json"] {
            let variable = if cfg!(windows) { "TMP" } else { "TMPDIR" };
            let run = Run::new().dir(case.0.path()).env(variable, temporary.path().to_str().unwrap());
            run.args(["diff", a, b]).said();
            assert_eq!(state(case.0.path()), before, "{a} {b}");
            assert_eq!(files_below(temporary.path()), Vec::<PathBuf>::new(), "{a} {b}");
            assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0, "{a} {b}");
        }
    }
}

/// Every file with its bytes and the time it was written.
fn state(dir: &Path) -> Vec<(PathBuf, Vec<u8>, std::time::SystemTime)> {
    let files = files_below(dir).into_iter();
    let state = files.map(|path| {
        let (bytes, written) = (fs::read(&path).unwrap(), fs::metadata(&path).unwrap().modified().unwrap());
        (path, bytes, written)
    });
    state.collect()
}

#[test]
fn the_output_is_the_same_every_time_and_in_every_format() {
    let archive = sample_archive().to_str().unwrap();
    let portal = root().join("sample-data/portal");
    let run = |format: &str, threads: &str| {
        let args = ["diff", archive, portal.to_str().unwrap(), "-q", "-F", format, "--threads", threads];
        let said = Run::new().args(args).said();
        assert_eq!(said.code, 1, "{}", said.stderr);
        said.stdout
    };
    let first = run("csv", "1");
    assert!(first.lines().count() > 10, "{first}");
    assert!(first.starts_with("difference,table_name,event_time,id,tenant_id,activity,columns_changed,a,b,source_file_a,source_file_b\n"));
    assert_eq!(run("csv", "3"), first);
    assert_eq!(run("ndjson", "1"), run("ndjson", "4"));
    let case = Case::new(("a.json", &page(&[1, 2, 3])), ("b.json", &page(&[1, 3])));
    let said = case.said(&["a.json", "b.json", "-F", "csv", "-o", "out.csv"]);
    assert_eq!((said.stdout.as_str(), said.code), ("", 1), "{}", said.stderr);
    assert_eq!(fs::read_to_string(case.path("out.csv")).unwrap().lines().count(), 2);
    assert!(said.stderr.contains("audit      │         1 │"), "{}", said.stderr);
}

#[test]
fn random_subsets_differ_in_exactly_what_one_lacks() {
    let config = Config { cases: 12, failure_persistence: None, ..Config::default() };
    let subset = || prop::collection::btree_set(1_usize..40, 1..30);
    let done = TestRunner::new(config).run(&(subset(), subset(), any::<bool>()), |(mut a, mut b, is_csv)| {
        // Both begin and end alike, so that everything lies in the common period.
        a.extend([0, 50]);
        b.extend([0, 50]);
        let text = if is_csv { csv(&b) } else { page(&b) };
        let case = Case::new(("a.json", &page(&a)), ("b", &text));
        let (rows, code) = case.rows(&["a.json", "b"]);
        // The second of each is its number.
        let seconds = |difference: &str| -> BTreeSet<usize> {
            let of = rows.iter().filter(|row| row["difference"] == difference);
            of.map(|row| row["event_time"].as_str().unwrap()[17..19].parse().unwrap()).collect()
        };
        prop_assert_eq!(seconds("only_in_a"), &a - &b);
        prop_assert_eq!(seconds("only_in_b"), &b - &a);
        prop_assert_eq!(rows.len(), a.symmetric_difference(&b).count());
        prop_assert_eq!(code, i32::from(a != b));
        Ok(())
    });
    done.unwrap();
}
