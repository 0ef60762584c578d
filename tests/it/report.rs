//! `auditql report`: pages that say what the queries say, and nothing that a log could make of them.

use std::fs;
use std::path::Path;

use crate::support::{Run, Said, archive_of, sample_archive, value};

const REPORTS: [&[&str]; 5] = [
    &["tenant"],
    &["b2c"],
    &["guests"],
    &["user", "--param", "who=tomas.berg@aldercoffee.example"],
    &["hunt"],
];

fn report(archive: &Path, args: &[&str]) -> Said {
    Run::new().args(["report"]).args(args).archive(archive).said()
}

#[test]
fn every_report_is_whole_and_its_links_lead_somewhere() {
    for args in REPORTS {
        let page = report(sample_archive(), args);
        assert_eq!((page.code, page.stderr.as_str()), (0, ""), "{args:?}");
        let titles = |text: &str, begin: &str, end: &str| -> Vec<String> {
            let cut = |rest: &str| rest.split(end).next().unwrap_or_default().to_owned();
            text.split(begin).skip(1).map(cut).filter(|title| title != "Not covered").collect()
        };
        // Hunting takes its time: reports of few detections are enough for the other form.
        if matches!(args[0], "b2c" | "guests") {
            let text = report(sample_archive(), &[args, &["--format", "markdown"]].concat());
            assert_eq!((text.code, text.stderr.as_str()), (0, ""), "{args:?}");
            assert_eq!(titles(&page.stdout, "<h2>", "<"), titles(&text.stdout, "\n## ", "\n"), "{args:?}");
        }
        // Each link has its place.
        for link in page.stdout.split("href=\"#").skip(1) {
            let id = link.split('"').next().unwrap();
            assert!(page.stdout.contains(&format!("id=\"{id}\"")), "{args:?}: {id}");
        }
    }
}

#[test]
fn a_report_is_the_same_bytes_each_time() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["one.html", "two.html"] {
        let path = dir.path().join(name);
        let said = Run::new().args(["report", "guests", "-o"]).args([&path]).archive(sample_archive()).said();
        assert_eq!((said.code, said.stdout.as_str()), (0, ""));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
    let read = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
    assert_eq!(read("one.html"), read("two.html"));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "nothing is left over");
}

#[test]
fn numbers_are_those_of_the_queries() {
    let page = report(sample_archive(), &["b2c", "--format", "markdown"]).stdout;
    let tokens = value(sample_archive(), "SELECT count(*) FROM b2c_token");
    assert!(page.contains(&format!("- **{tokens}** tokens issued")), "{tokens}");
    assert!(page.contains("`auditql run b2c/tokens-per-policy -a "), "the command that gives them");
    assert!(page.contains("FROM b2c_token"), "the query's text");
    assert!(page.contains("has no events from 2018-03-14 09:00 to 2026-03-02 03:00"), "the gap is told");
    let range =
        report(sample_archive(), &["b2c", "-F", "markdown", "--from", "2026-03-03", "--to", "2026-03-03"])
            .stdout;
    assert!(range.contains("--from 2026-03-03T00:00:00Z --to 2026-03-04T00:00:00Z"));
    assert!(!range.contains("has no events from"), "the gap lies before");
}

#[test]
fn an_archive_without_the_tables_gives_a_report_that_says_so() {
    let (_dir, archive, _) = archive_of("audit.json", br#"{"value":[]}"#);
    for args in REPORTS {
        let said = report(&archive, &[args, &["-F", "markdown"]].concat());
        assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{args:?}");
        assert!(
            said.stdout.contains("- the archive has nothing of audit at all"),
            "{args:?}: {}",
            said.stdout
        );
        assert!(!said.stdout.contains("Nothing found."), "{args:?}: {}", said.stdout);
    }
}

#[test]
fn the_text_of_strangers_stays_text() {
    let evil = r#"<script>alert(1)</script>]]>'\"onload=x \u001b[31m\u202e javascript:alert(1) ![x](http://x.example) `|"#;
    let event = format!(
        r#"{{"id":"<b>","activityDateTime":"2026-03-02T09:00:00Z","activityDisplayName":"{evil}","category":"{evil}","loggedByService":"{evil}","result":"success","initiatedBy":{{"user":{{"userPrincipalName":"{evil}"}}}}}}"#
    );
    let named = "<script>alert(1)</script>@x.example";
    let other = r#"{"id":"<b>2","activityDateTime":"2026-03-02T09:00:01Z","activityDisplayName":"Add user","category":"UserManagement","loggedByService":"Core Directory","result":"success","initiatedBy":{"user":{"userPrincipalName":"NAMED"}}}"#;
    let page = format!(r#"{{"value":[{event},{}]}}"#, other.replace("NAMED", named));
    let (_dir, archive, _) = archive_of("<i>.json", page.as_bytes());
    let who = format!("who={named}");
    for args in [&["tenant"][..], &["user", "--param", &who], &["hunt"]] {
        let page = report(&archive, args);
        assert_eq!(page.code, 0, "{}", page.stderr);
        let page = page.stdout;
        assert!(page.contains("&lt;script&gt;alert(1)"), "{args:?}");
        for sign in [
            "<script",
            "<b>",
            "<i>",
            "<img",
            "\u{1b}",
            "\u{202e}",
            "onload=x \u{1b}",
            "href=\"j",
            "http://x.example\"",
        ] {
            assert!(!page.contains(sign), "{args:?}: {sign}");
        }
        assert!(page.contains("default-src 'none'"));
        // All that is loaded or led to is the page itself.
        let links = page.split("href=\"").skip(1).all(|link| link.starts_with('#'));
        assert!(links && !page.contains("src=") && !page.contains("url("), "{args:?}");
    }
    for args in [&["b2c"][..], &["audit/activity-census"]] {
        let text = report(&archive, &[args, &["-F", "markdown"]].concat()).stdout;
        assert!(!text.contains("<script"), "{args:?}");
        assert!(!text.contains("![x]") && !text.contains("\u{1b}") && !text.contains("\u{202e}"), "{args:?}");
    }
}

#[test]
fn a_saved_query_is_a_report_too() {
    let dir = tempfile::tempdir().unwrap();
    let text = "-- name: Mine\n-- question: How many?\n-- kind: report\n-- param: least integer = 1; At least.\n\
                SELECT activity, count(*) AS events FROM audit GROUP BY 1 HAVING count(*) >= $least ORDER BY 2 DESC, 1";
    fs::create_dir(dir.path().join("my")).unwrap();
    fs::write(dir.path().join("my/query.sql"), text).unwrap();
    let run = |args: &[&str]| {
        let queries = ["--queries".as_ref(), dir.path().as_os_str()];
        Run::new().args(["report", "my/query"]).args(args).args(queries).archive(sample_archive()).said()
    };
    let page = run(&["--param", "least=100"]);
    assert_eq!(page.code, 0, "{}", page.stderr);
    assert!(
        page.stdout.contains("<h1>Mine</h1>") && page.stdout.contains("Validate local account credentials")
    );
    assert!(page.stdout.contains("least = 100"));
    assert!(run(&["--param", "lest=1"]).stderr.contains("did you mean `least`?"));
}

#[test]
fn a_query_that_takes_the_place_of_ours_and_is_none_is_told() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("archive")).unwrap();
    fs::write(dir.path().join("archive/sources.sql"), "-- Nothing.").unwrap();
    let queries = ["--queries".as_ref(), dir.path().as_os_str()];
    let said = Run::new().args(["report", "guests"]).args(queries).archive(sample_archive()).said();
    assert!(said.stderr.contains("`archive/sources` is not one statement"), "{}", said.stderr);
    assert_eq!((said.code, said.stdout.as_str()), (2, ""));
}

#[test]
fn mistakes_are_told() {
    let cases: [(&[&str], &str); 7] = [
        (&[], "the reports are tenant, b2c, guests, user, hunt"),
        (&["tennant"], "did you mean `tenant`?"),
        (&["user"], "write `auditql report user --param who="),
        (&["tenant", "--param", "who=x"], "the report `tenant` has no parameter `who`"),
        (&["user", "--param", "who=Tomas Berg"], "`Tomas Berg` is a display name"),
        (&["user", "--param", "who=tomas.bergh@aldercoffee.example"], "did you mean"),
        (&["tenant", "--format", "csv"], "the formats of reports are html and markdown"),
    ];
    for (args, told) in cases {
        let said = report(sample_archive(), args);
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{args:?}");
        assert!(said.stderr.contains(told), "{args:?}: {}", said.stderr);
    }
}
