//! Pages of one download are judged as a set.

use std::path::Path;

use crate::support::{Run, Said, query};

/// A page with one event; with a link to a next page or not.
fn page(id: &str, is_last: bool) -> String {
    let link =
        if is_last { "" } else { r#","@odata.nextLink":"https://graph.microsoft.com/v1.0/x?$skiptoken=1""# };
    format!(
        r#"{{"value":[{{"id":"{id}","activityDisplayName":"a","activityDateTime":"2026-03-02T08:09:10Z","initiatedBy":{{}}}}]{link}}}"#
    )
}

/// Ingests files: names and texts. What was said, and path and warning of each source with one.
fn warnings(files: &[(&str, String)]) -> (Said, String) {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join("in").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let archive = dir.path().join("archive");
    let said = Run::new().dir(dir.path()).args(["ingest", "in"]).archive(Path::new("archive")).said();
    let sql = "SELECT path, warning FROM meta.sources WHERE warning IS NOT NULL ORDER BY path";
    let warned = query(&archive, sql);
    (said, warned)
}

#[test]
fn a_whole_set_of_pages_is_not_warned_of() {
    let (said, warned) = warnings(&[
        ("audit0.json", page("0", false)),
        ("audit1.json", page("1", false)),
        ("audit2.json", page("2", true)),
    ]);
    assert_eq!((said.code, said.stderr.as_str(), warned.as_str()), (0, "", ""));
}

#[test]
fn a_last_page_that_names_a_next_one_is_warned_of() {
    let (said, warned) = warnings(&[("audit0.json", page("0", false)), ("audit1.json", page("1", false))]);
    assert_eq!(
        warned,
        "in/audit1.json,the last page names a next one that is not here: the download was not finished\n"
    );
    assert!(said.code == 1 && said.stderr.contains("the download was not finished"), "{}", said.stderr);
    let (_, warned) = warnings(&[("page.json", page("0", false))]);
    assert!(warned.contains("the download was not finished"), "{warned}");
}

#[test]
fn a_hole_among_numbered_pages_is_warned_of() {
    let (_, warned) = warnings(&[
        ("a/audit0.json", page("0", false)),
        ("a/audit1.json", page("1", false)),
        ("a/audit4.json", page("4", true)),
        ("b/audit2.json", page("5", true)),
    ]);
    assert_eq!(
        warned,
        "in/a/audit4.json,\"of its set `in/a/audit2.json`, `in/a/audit3.json` are missing\"\n"
    );
}

#[test]
fn a_set_that_begins_in_the_middle_is_warned_of() {
    let (_, warned) = warnings(&[("p7.json", page("0", false)), ("p8.json", page("1", true))]);
    assert_eq!(warned, "in/p7.json,the first of its set has number 7: earlier pages may be missing\n");
}

#[test]
fn numbered_files_that_are_no_pages_of_one_answer_are_no_set() {
    let (_, warned) = warnings(&[("list1.json", page("0", true)), ("list5.json", page("1", true))]);
    assert_eq!(warned, "");
}

#[test]
fn equal_files_are_told() {
    let (said, warned) = warnings(&[("a.json", page("0", true)), ("copy of a.json", page("0", true))]);
    assert_eq!(warned, "in/copy of a.json,the same bytes as `in/a.json`\n");
    assert!(said.stdout.contains("duplicates             1"), "{}", said.stdout);
}
