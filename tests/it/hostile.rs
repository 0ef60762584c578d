//! Damaged and malicious input: the program says what is wrong, keeps what is good, and neither hangs nor dies.

use std::collections::BTreeSet;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use tempfile::TempDir;
use zip::write::SimpleFileOptions;

use crate::support::{Run, Said, files_below, query, root, value};

/// No run here takes longer, even unoptimised on a busy machine; a hang does.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs the program in `dir`, and kills it if it does not end.
#[track_caller]
fn run(dir: &Path, args: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_auditql"));
    command.args(args).current_dir(dir).env_remove("AUDITQL_ARCHIVE").env_remove("AUDITQL_QUERIES");
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (sender, receiver) = channel();
    let pipes: [Box<dyn Read + Send>; 2] =
        [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
    for (which, mut pipe) in pipes.into_iter().enumerate() {
        let sender = sender.clone();
        std::thread::spawn(move || {
            let mut text = Vec::new();
            pipe.read_to_end(&mut text).unwrap();
            // If nobody listens any more, the test has failed already.
            let _ = sender.send((which, String::from_utf8(text).unwrap()));
        });
    }
    let mut texts = [String::new(), String::new()];
    for _ in 0..2 {
        let Ok((which, text)) = receiver.recv_timeout(LIMIT) else {
            child.kill().unwrap();
            panic!("{args:?} does not end");
        };
        texts[which] = text;
    }
    let code = child.wait().unwrap().code().unwrap_or(-1);
    let [stdout, stderr] = texts;
    assert!(!stderr.contains("panicked"), "{stderr}");
    Said { stdout, stderr, code }
}

/// A case folder with one good file beside the hostile one, ingested.
struct Case {
    dir: TempDir,
    archive: PathBuf,
    said: Said,
}

fn event(id: &str) -> String {
    with(id, "")
}

/// A Graph event with these members at its end.
fn with(id: &str, members: &str) -> String {
    format!(
        r#"{{"id":"{id}","activityDisplayName":"Update user","activityDateTime":"2026-03-02T08:09:10Z","initiatedBy":{{}},"targetResources":[{{"id":"t"}}]{members}}}"#
    )
}

fn page(events: &[String]) -> String {
    format!(r#"{{"value":[{}]}}"#, events.join(","))
}

impl Case {
    #[track_caller]
    fn new(name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("in")).unwrap();
        std::fs::write(dir.path().join("in").join(name), bytes).unwrap();
        Self::of(dir)
    }

    /// Ingests `dir/in`; the archive is usable afterwards, has the good event, and every source is accounted for.
    #[track_caller]
    fn of(dir: TempDir) -> Self {
        std::fs::write(dir.path().join("in/zz-good.json"), event("good")).unwrap();
        let said = run(dir.path(), &["ingest", "in", "-a", "archive"]);
        let case = Self { archive: dir.path().join("archive"), dir, said };
        assert_eq!(case.value("SELECT count(*) FROM audit WHERE id = 'good'"), "1", "{}", case.said.stderr);
        let unaccounted = "SELECT path FROM meta.sources WHERE events_read <>
            events_added + events_duplicate + events_rejected + events_skipped";
        assert_eq!(query(&case.archive, unaccounted), "");
        let rejects = "SELECT sum(events_rejected) - (SELECT count(*) FROM meta.rejects) FROM meta.sources";
        assert_eq!(case.value(rejects), "0", "every reject is kept");
        let added = "SELECT sum(events_added) - (SELECT count(*) FROM audit) FROM meta.sources";
        assert_eq!(case.value(added), "0");
        case
    }

    fn value(&self, sql: &str) -> String {
        value(&self.archive, sql)
    }

    /// Ids of the hostile file's events that came in, in order.
    fn ids(&self) -> String {
        query(&self.archive, "SELECT id FROM audit WHERE id <> 'good' ORDER BY id")
            .replace('\n', " ")
            .trim_end()
            .to_owned()
    }

    /// The program ended with complaints, and one line names the file and says this.
    #[track_caller]
    fn complains(self, name: &str, what: &str) -> Self {
        assert_eq!(self.said.code, 1, "{}", self.said.stderr);
        let told = |line: &str| line.starts_with("warning: ") && line.contains(name) && line.contains(what);
        assert!(self.said.stderr.lines().any(told), "{what}: {}", self.said.stderr);
        self
    }

    #[track_caller]
    fn has(self, ids: &str) -> Self {
        assert_eq!(self.ids(), ids, "{}", self.said.stderr);
        self
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

const CSV: &str =
    "Date (UTC),CorrelationId,Service,Category,Activity,Result,AdditionalDetail1Key,AdditionalDetail1Value\n";

fn csv_row(n: usize) -> String {
    format!(
        "2026-03-02T08:{:02}:{:02}Z,c-{n},Core Directory,UserManagement,Update user,success,k,v\n",
        n / 60,
        n % 60
    )
}

#[test]
fn files_that_are_no_log_are_named_with_the_reason() {
    let binary: Vec<u8> = (0..=255).cycle().take(5_000).collect();
    let cases: &[(&str, &[u8], &str)] = &[
        ("empty.json", b"", "empty"),
        ("bom.json", b"\xEF\xBB\xBF", "empty"),
        ("bom16.json", b"\xFF\xFE", "empty"),
        ("null.json", b"null\r\n", "empty"),
        ("login.html", b"<!DOCTYPE html><html><title>Sign in</title>", "a saved web page or XML"),
        ("binary.json", &binary, "binary"),
        ("notes.txt", b"call ada back", "neither JSON nor a known CSV"),
        ("other.csv", b"a,b,c,d\n1,2,3,4\n", "CSV of an unknown kind"),
    ];
    for (name, bytes, why) in cases {
        let case = Case::new(name, bytes).complains(name, why).has("");
        assert!(case.value("SELECT problem FROM meta.sources WHERE problem IS NOT NULL").contains(why));
    }
}

#[test]
fn a_saved_error_answer_is_no_event() {
    let body = r#"{"error":{"code":"Authorization_RequestDenied","message":"no\u001b[2J\nerror: forged"}}"#;
    let case = Case::new("p.json", body).complains("p.json", "Authorization_RequestDenied").has("");
    assert_eq!(case.value("SELECT events_rejected FROM meta.sources WHERE path LIKE '%p.json'"), "1");
    assert!(!case.said.stderr.contains("\nerror:"), "{}", case.said.stderr);
}

#[test]
fn records_of_a_neighbour_are_skipped_and_counted() {
    let mail = r#"{"Id":"s","CreationTime":"2026-03-02T08:09:10","RecordType":2,"Workload":"Exchange"}"#;
    let case = Case::new("s.json", format!("[{mail},{mail}]"))
        .complains("s.json", "skipped 2 unified audit records of `Exchange`");
    assert_eq!(case.value("SELECT sum(events_skipped), sum(events_rejected) FROM meta.sources"), "2,0");
}

#[cfg(unix)]
#[test]
fn pipes_devices_dangling_links_and_loops_do_not_hang_and_are_named() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join("in").join(name);
    std::fs::create_dir_all(at("sub")).unwrap();
    symlink("nowhere", at("dangling.json")).unwrap();
    symlink("/dev/zero", at("zero.json")).unwrap();
    symlink("self.json", at("self.json")).unwrap();
    symlink("..", at("sub/up")).unwrap();
    assert!(Command::new("mkfifo").arg(at("fifo.json")).status().unwrap().success());
    std::fs::write(at("locked.json"), event("locked")).unwrap();
    std::fs::set_permissions(at("locked.json"), std::fs::Permissions::from_mode(0o000)).unwrap();
    // Root may read everything.
    let is_root = std::fs::read(at("locked.json")).is_ok();
    let case = Case::of(dir)
        .complains("dangling.json", "No such file")
        .complains("zero.json", "neither a file nor a folder")
        .complains("fifo.json", "neither a file nor a folder")
        .complains("self.json", "cannot read");
    if is_root {
        assert_eq!(case.ids(), "locked");
    } else {
        case.complains("locked.json", "ermission denied");
    }
}

#[test]
fn a_page_cut_in_the_middle_keeps_what_came_before() {
    let whole = page(&[event("a"), event("b"), event("c")]);
    let begin_of_c = whole.find(r#"{"id":"c""#).unwrap();
    for cut in [begin_of_c + 1, begin_of_c + 40, whole.len() - 4] {
        let place = format!("cut off at byte {begin_of_c}");
        Case::new("cut.json", &whole[..cut]).complains("cut.json", &place).has("a b");
    }
}

#[test]
fn a_csv_cut_in_the_middle_of_a_row_keeps_the_rows_before_and_says_so() {
    let whole = format!("{CSV}{}{}{}", csv_row(1), csv_row(2), csv_row(3));
    for cut in [5, 30, 60] {
        let case = Case::new("cut.csv", &whole[..whole.len() - cut]);
        assert_eq!(
            case.value("SELECT count(*) FROM audit WHERE id <> 'good' AND NOT degraded"),
            "2",
            "{cut}"
        );
        case.complains("cut.csv", "cut off");
    }
}

#[test]
fn an_unclosed_quote_does_not_swallow_the_rest_of_a_csv() {
    for broken in [csv_row(2).replace(",v\n", ",\"v\n"), format!("\"{}", csv_row(2))] {
        let rows: String = (3..50).map(csv_row).collect();
        let case =
            Case::new("quote.csv", format!("{CSV}{}{broken}{rows}", csv_row(1))).complains("quote.csv", "");
        let seen =
            case.value("SELECT count(DISTINCT correlation_id) FROM audit WHERE correlation_id LIKE 'c-%'");
        assert!(seen.parse::<usize>().unwrap() >= 48, "{seen} of 49 rows: {}", case.said.stderr);
    }
}

#[test]
fn an_event_that_lost_its_closing_brackets_does_not_swallow_the_rest_of_the_page() {
    let events: Vec<_> = (1..=9).map(|n| event(&n.to_string())).collect();
    // With the brackets gone, the events after it become elements of its list of targets: valid JSON or not.
    for broken in [r#""targetResources":[{"id":"t"  }"#, r#""targetResources":[{"id":tt   }"#] {
        let fourth = events[3].replace(r#""targetResources":[{"id":"t"}]}"#, broken);
        let text = page(&events).replace(&events[3], &fourth);
        let case = Case::new("hole.json", text).complains("hole.json", "");
        let ids = case.ids();
        assert!(ids.starts_with("1 2 3 ") && ids.ends_with("5 6 7 8 9"), "{ids}: {}", case.said.stderr);
    }
}

#[test]
fn garbage_lines_between_events_are_passed_over() {
    let text =
        [&event("a"), "garbage", "true", "{\"x\":", &event("b"), "]][[", "// note", &event("c")].join("\n");
    Case::new("n.ndjson", text).complains("n.ndjson", "rejected").has("a b c");
}

#[test]
fn arrays_merged_badly_are_read_through() {
    let text = format!("[{}][{}]\r\n\u{FEFF}[{}]", event("a"), event("b"), page(&[event("c")]));
    assert_eq!(Case::new("m.json", text).has("a b c").said.code, 0);
}

#[test]
fn padding_with_zero_bytes_is_no_damage() {
    for text in [page(&[event("a")]), format!("{CSV}{}", csv_row(1))] {
        let case = Case::new("padded", [text.as_bytes(), &[0; 512]].concat());
        assert_eq!(case.value("SELECT count(*) FROM audit"), "2", "{}", case.said.stderr);
        assert_eq!(case.said.code, 0, "{}", case.said.stderr);
    }
}

#[test]
fn characters_that_somebody_put_into_a_name_do_not_make_a_file_binary() {
    for odd in ["\u{FFFD}", "\u{85}"] {
        let name = format!(r#","x":"{}""#, odd.repeat(20));
        assert_eq!(Case::new("odd.json", page(&[with("a", &name), event("b")])).has("a b").said.code, 0);
    }
}

#[test]
fn a_hole_of_zero_bytes_costs_only_the_event_it_is_in() {
    let mut bytes = page(&[event("a"), event("b"), event("c")]).into_bytes();
    bytes[20..100].fill(0);
    Case::new("hole.json", bytes).complains("hole.json", "rejected").has("b c");
}

#[test]
fn half_a_surrogate_costs_neither_the_event_nor_the_rest_of_the_text() {
    let members = r#","userAgent":"a\ud800b","additionalDetails":[{"key":"PolicyId","value":"P\udfff"}]"#;
    let case = Case::new("s.json", page(&[with("a", members)])).has("a");
    let sql = "SELECT actor_user_agent, policy_id FROM audit WHERE id = 'a'";
    assert_eq!(case.value(sql), "a\u{FFFD}b,P\u{FFFD}");
}

#[test]
fn records_that_cannot_be_used_are_rejected_with_the_reason() {
    let deep = format!(r#","x":{}1{}"#, "[".repeat(200), "]".repeat(200));
    let cases = [
        (event("x").replace("activityDateTime", "when"), "no time"),
        (event("x").replace("2026-03-02", "99999-03-02"), "time in an unknown spelling"),
        (event("x").replace("\"2026-03-02T08:09:10Z\"", "1e300"), "time in an unknown spelling"),
        (event("x").replace("\"2026-03-02T08:09:10Z\"", "-1"), "time in an unknown spelling"),
        (event("x").replace("\"2026-03-02T08:09:10Z\"", "{}"), "time in an unknown spelling"),
        (event("x").replace("\"Update user\"", "null"), "no activity"),
        (with("x", &deep), "nested 201 deep"),
        (with("x", ",\"x\":\"\u{1}\""), "not JSON: control character"),
        (with("x", ",\"x\":tru"), "not JSON"),
        (r#"{"some":1,"thing":2}"#.to_owned(), "unknown shape with the keys some, thing"),
        ("{}".to_owned(), "an empty object"),
        ("17".to_owned(), "not a JSON object"),
    ];
    for (record, reason) in cases {
        let case = Case::new("r.json", page(&[event("a"), record, event("b")]))
            .complains("r.json", reason)
            .has("a b");
        let kept = case.value("SELECT source_file, reason LIKE '%' FROM meta.rejects");
        assert_eq!(kept, "in/r.json,true");
    }
}

#[test]
fn a_member_called_like_a_pages_list_does_not_hide_the_event() {
    let events = [with("a", r#","value":[]"#), with("b", r#","records":[1]"#), event("c")];
    Case::new("v.json", page(&events)).has("a b c");
}

#[test]
fn times_at_the_edge_of_the_calendar_leave_the_archive_usable() {
    let at = |id: &str, time: &str| event(id).replace("\"2026-03-02T08:09:10Z\"", time);
    let events = [
        at("a", "\"0001-01-01T00:00:00Z\""),
        at("b", "\"9999-12-31T23:59:59.9999999Z\""),
        at("c", "\"0000-01-01T00:00:00Z\""),
        at("d", "9223372036854775"),
    ];
    let case = Case::new("t.json", page(&events));
    for args in [
        ["status", "-a", "archive", "-q"].as_slice(),
        &["query", "-a", "archive", "-c", "SELECT * FROM meta.coverage"],
        &["query", "-a", "archive", "-c", "SELECT * FROM audit ORDER BY event_time"],
        &["show", "-a", "archive", "good"],
    ] {
        let said = run(case.dir.path(), args);
        assert_eq!(said.code, 0, "{args:?}: {}", said.stderr);
    }
}

#[test]
fn different_events_under_one_id_are_not_dropped_silently() {
    let other = event("masked").replace("Update user", "Delete user");
    let case = Case::new("i.json", page(&[event("masked"), other]));
    let both = case.value("SELECT count(DISTINCT activity) FROM audit");
    assert!(both == "2" || case.said.stderr.contains("i.json"), "one of them is gone: {}", case.said.stderr);
}

#[test]
fn huge_records_are_rejected_and_the_events_after_them_kept() {
    for mebibytes in [20, 100, 140] {
        let huge = with("huge", &format!(r#","x":"{}""#, "x".repeat(mebibytes << 20)));
        let case = Case::new("huge.json", page(&[event("a"), huge, event("b")]));
        let case = case.complains("huge.json", "1 of 3 records rejected").has("a b");
        let sizes = case.value("SELECT size_bytes > 20000000, length(text) <= 1048576 FROM meta.rejects");
        assert_eq!(sizes, "true,true");
    }
}

#[test]
fn a_million_empty_arrays_and_endless_brackets_are_nothing() {
    let arrays = format!("[{}{}]", "[],".repeat(1_000_000), event("a"));
    assert_eq!(Case::new("e.json", arrays).has("a").said.code, 0);
    for text in ["[".repeat(1_000_000), r#"[{"a":"#.repeat(200_000)] {
        Case::new("b.json", text).complains("b.json", "rejected").has("");
    }
}

#[test]
fn a_csv_of_many_columns_is_read_in_reasonable_time() {
    let (names, cells) = (",column".repeat(10_000), ",x".repeat(10_000));
    let text = format!("{}{names}\n{}{cells}\n", CSV.trim_end(), csv_row(1).trim_end());
    assert_eq!(Case::new("wide.csv", text).value("SELECT count(*) FROM audit"), "2");
}

#[test]
fn bombs_are_stopped_at_their_bound() {
    let bomb = vec![b' '; 300 << 20];
    let why = "inflates to more than 67108864 bytes";
    Case::new("bomb.json.gz", gzip(&[b"[".as_slice(), &bomb].concat())).complains("bomb.json.gz", why);
    let (first, last) = (event("a"), event("c"));
    let bomb = [b"[".as_slice(), &bomb].concat();
    let zip = zip_of(&[("a.json", first.as_bytes()), ("b.json", &bomb), ("c.json", last.as_bytes())]);
    Case::new("bomb.zip", zip).complains("bomb.zip!b.json", why).has("a c");
}

#[test]
fn a_damaged_gzip_gives_what_it_holds_and_says_so() {
    let lines: String = (100..200).map(|n| event(&n.to_string()) + "\n").collect();
    let whole = gzip(lines.as_bytes());
    let case =
        Case::new("half.gz", &whole[..whole.len() / 2]).complains("half.gz", "cannot be read to its end");
    assert!(case.ids().starts_with("100 101 "));
    Case::new("tail.gz", &whole[..whole.len() - 4]).complains("tail.gz", "cannot be read to its end");
}

#[test]
fn a_wrong_checksum_of_a_gzip_is_told() {
    let mut whole = gzip(event("a").as_bytes());
    let at = whole.len() - 6;
    whole[at] ^= 0xFF;
    Case::new("sum.gz", whole).complains("sum.gz", "cannot be read to its end").has("a");
}

#[test]
fn damaged_and_locked_zips_are_named() {
    let whole = zip_of(&[("a.json", event("a").as_bytes()), ("b.json", event("b").as_bytes())]);
    Case::new("cut.zip", &whole[..whole.len() - 30]).complains("cut.zip", "cannot read zip file").has("a b");
    let find = |magic: &[u8]| whole.windows(4).position(|window| window == magic).unwrap();
    let (local, central) = (find(b"PK\x03\x04"), find(b"PK\x01\x02"));
    let mut locked = whole.clone();
    (locked[local + 6], locked[central + 8]) = (locked[local + 6] | 1, locked[central + 8] | 1);
    Case::new("locked.zip", locked).complains("locked.zip!a.json", "assword").has("b");
    let mut wrong_sum = whole.clone();
    (wrong_sum[local + 14], wrong_sum[central + 16]) = (!wrong_sum[local + 14], !wrong_sum[central + 16]);
    Case::new("sum.zip", wrong_sum).complains("sum.zip!a.json", "hecksum").has("a b");
}

#[test]
fn names_inside_a_zip_are_only_names() {
    let zip = zip_of(&[("../../up.json", event("a").as_bytes()), ("/etc/root.json", event("b").as_bytes())]);
    let case = Case::new("names.zip", zip).has("a b");
    let names = query(&case.archive, "SELECT path FROM meta.sources WHERE path LIKE '%zip%' ORDER BY path");
    assert_eq!(names, "in/names.zip!../../up.json\nin/names.zip!/etc/root.json\n");
    let is_named = |path: &PathBuf| path.ends_with("up.json") || path.ends_with("root.json");
    assert!(!files_below(case.dir.path()).iter().any(is_named));
}

/// Escape sequences, both ways of writing them, and characters that reorder text.
const NASTY: &str = r#"A\u001b]0;x\u0007\u009b31m\u202e\u2066\u200f"#;

#[track_caller]
fn assert_harmless(text: &str) {
    let harmful = |c: char| {
        c.is_control() && c != '\n'
            || matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.contains(harmful), "{text:?}");
}

#[test]
fn escape_sequences_in_events_do_not_reach_the_terminal() {
    let nasty = event(NASTY)
        .replace("Update user", &format!("{NASTY}\\u061c"))
        .replace("\"t\"", &format!("\"{NASTY}\""));
    let bad_time = event("x").replace("2026-03-02", &format!("{NASTY}\\nerror: forged "));
    let unknown = format!(r#"{{"{NASTY}\nerror: forged":1}}"#);
    let case = Case::new("n.json", page(&[nasty, bad_time, unknown]));
    assert_harmless(&case.said.stderr);
    assert!(!case.said.stderr.contains("\nerror: "), "a forged line: {}", case.said.stderr);
    let id: String = serde_json::from_str(&format!("\"{NASTY}\"")).unwrap();
    for args in [
        ["query", "-a", "archive", "-c", "SELECT * FROM audit"].as_slice(),
        &["query", "-a", "archive", "-F", "vertical", "-c", "SELECT * FROM meta.rejects"],
        &["show", "-a", "archive", &id],
        &["status", "-a", "archive"],
        &["inspect", "in"],
    ] {
        let said = run(case.dir.path(), args);
        assert_harmless(&said.stdout);
        assert_harmless(&said.stderr);
    }
}

#[cfg(unix)]
#[test]
fn escape_sequences_in_file_names_do_not_reach_the_terminal() {
    let name = "x\u{1b}[31m\u{202e}\nerror: forged.json";
    let case = Case::new(name, "not a log");
    assert_harmless(&case.said.stderr);
    assert_harmless(&run(case.dir.path(), &["status", "-a", "archive"]).stdout);
    assert!(!case.said.stderr.contains("\nerror: "), "{}", case.said.stderr);
}

#[test]
fn formulas_do_not_reach_a_spreadsheet() {
    for formula in ["=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(A1)", "\\t=1", "\\r=1"] {
        let case = Case::new("f.json", event("f").replace("Update user", formula));
        let cell = query(&case.archive, "SELECT activity FROM audit WHERE id = 'f'");
        assert!(cell.trim_start_matches('"').starts_with('\''), "{formula}: {cell:?}");
    }
}

const COUNT: &[&str] = &["query", "-a", "archive", "-c", "SELECT max(raw) FROM audit"];
const INGEST: &[&str] = &["ingest", "more.json", "-a", "archive"];

/// A folder with an archive of one event, and one more event to add.
fn archive() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.json"), event("a")).unwrap();
    std::fs::write(dir.path().join("more.json"), event("b")).unwrap();
    assert_eq!(run(dir.path(), &["ingest", "a.json", "-a", "archive"]).code, 0);
    let archive = dir.path().join("archive");
    (dir, archive)
}

#[track_caller]
fn refuses(dir: &Path, args: &[&str], what: &str) {
    let said = run(dir, args);
    assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{args:?}: {}", said.stderr);
    assert!(said.stderr.starts_with("error: ") && said.stderr.contains(what), "{args:?}: {}", said.stderr);
}

#[test]
fn a_file_or_a_foreign_folder_is_no_archive() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("more.json"), event("b")).unwrap();
    std::fs::write(dir.path().join("archive"), "x").unwrap();
    refuses(dir.path(), COUNT, "archive");
    refuses(dir.path(), INGEST, "archive");
    std::fs::remove_file(dir.path().join("archive")).unwrap();
    std::fs::create_dir(dir.path().join("archive")).unwrap();
    std::fs::write(dir.path().join("archive/notes.txt"), "x").unwrap();
    refuses(dir.path(), INGEST, "holds other files");
    assert_eq!(files_below(&dir.path().join("archive")).len(), 1);
}

#[test]
fn a_damaged_commit_is_refused_and_nothing_is_deleted() {
    let (dir, archive) = archive();
    let commit = archive.join("commits/00000001.json");
    let good = std::fs::read_to_string(&commit).unwrap();
    let before: Vec<_> = files_below(&archive.join("data"));
    let cases = [
        (good[..good.len() / 2].to_owned(), "cannot read commit"),
        (String::new(), "cannot read commit"),
        (good.replace("\"format_version\":1", "\"format_version\":99"), "format 99"),
        (good.replace("data/audit/", "../../x/"), "its checksum does not match"),
        (good.replace("\"rows\": 1", "\"rows\": 2"), "its checksum does not match"),
    ];
    for (text, what) in cases {
        std::fs::write(&commit, text).unwrap();
        refuses(dir.path(), COUNT, what);
        refuses(dir.path(), INGEST, what);
        refuses(dir.path(), &[INGEST, &["--dry-run"]].concat(), what);
        assert_eq!(files_below(&archive.join("data")), before, "{what}");
    }
    std::fs::write(&commit, good).unwrap();
    assert_eq!(value(&archive, "SELECT count(*) FROM audit"), "1");
}

#[test]
fn a_commit_that_is_missing_or_old_costs_no_data_file() {
    let (dir, archive) = archive();
    std::fs::write(dir.path().join("second.json"), event("c")).unwrap();
    let (first, second) = (archive.join("commits/00000001.json"), archive.join("commits/00000002.json"));
    let old = std::fs::read(&first).unwrap();
    assert_eq!(run(dir.path(), &["ingest", "second.json", "-a", "archive"]).code, 0);
    let good = std::fs::read(&second).unwrap();
    let before = files_below(&archive.join("data"));
    let nothing_is_lost = |what: &str| {
        refuses(dir.path(), INGEST, what);
        refuses(dir.path(), &["compact", "-a", "archive"], what);
        assert_eq!(files_below(&archive.join("data")), before, "{what}");
    };
    std::fs::remove_file(&second).unwrap();
    nothing_is_lost("listed by no commit");
    std::fs::write(&first, &old).unwrap();
    nothing_is_lost("listed by no commit");
    std::fs::write(archive.join("commits/00000009.json"), &good).unwrap();
    nothing_is_lost("its name is that of commit 9");
    std::fs::remove_file(archive.join("commits/00000009.json")).unwrap();
    std::fs::write(&second, &good).unwrap();
    assert_eq!(run(dir.path(), INGEST).code, 0);
    assert_eq!(value(&archive, "SELECT count(*) FROM audit"), "3");
}

#[test]
fn a_file_of_another_archive_is_not_taken_for_ours() {
    let (dir, archive) = archive();
    let other = dir.path().join("other");
    std::fs::write(dir.path().join("b.json"), event("b")).unwrap();
    assert_eq!(run(dir.path(), &["ingest", "b.json", "-a", "other"]).code, 0);
    for file in ["data/audit/00000001-000.parquet", "index/audit/00000001-000.index"] {
        std::fs::copy(other.join(file), archive.join(file)).unwrap();
    }
    refuses(dir.path(), COUNT, "is not the file that was written");
    assert_eq!(run(dir.path(), &["verify", "-a", "archive"]).code, 1);
}

#[test]
fn no_answer_is_written_into_an_archive() {
    let (dir, archive) = archive();
    let before = files_below(&archive);
    for place in ["archive/data/audit/00000001-000.parquet", "archive/x.csv", "archive/commits/00000001.json"]
    {
        refuses(dir.path(), &[COUNT, &["-o", place]].concat(), "lies inside the archive");
    }
    assert_eq!(files_below(&archive), before);
}

#[test]
fn a_damaged_data_file_is_named() {
    let (dir, archive) = archive();
    let file = archive.join("data/audit/00000001-000.parquet");
    let good = std::fs::read(&file).unwrap();
    for bytes in [&good[..good.len() / 2], &[]] {
        std::fs::write(&file, bytes).unwrap();
        refuses(dir.path(), COUNT, "00000001-000.parquet");
        refuses(dir.path(), INGEST, "00000001-000.parquet");
    }
    std::fs::remove_file(&file).unwrap();
    refuses(dir.path(), COUNT, "00000001-000.parquet");
}

#[cfg(unix)]
#[test]
fn no_link_leads_out_of_the_archive() {
    for linked in
        ["data/audit/00000001-000.parquet", "index/audit/00000001-000.index", "data/audit", "commits"]
    {
        let (dir, archive) = archive();
        let (inside, outside) = (archive.join(linked), dir.path().join("outside"));
        std::fs::rename(&inside, &outside).unwrap();
        std::os::unix::fs::symlink(&outside, &inside).unwrap();
        refuses(dir.path(), COUNT, "is a symbolic link");
        refuses(dir.path(), INGEST, "is a symbolic link");
    }
    let (dir, archive) = archive();
    std::fs::write(dir.path().join("precious"), "precious").unwrap();
    std::fs::remove_file(archive.join(".lock")).unwrap();
    std::os::unix::fs::symlink("../precious", archive.join(".lock")).unwrap();
    refuses(dir.path(), INGEST, "is a symbolic link");
    assert_eq!(std::fs::read_to_string(dir.path().join("precious")).unwrap(), "precious");
}

#[cfg(unix)]
#[test]
fn a_read_only_archive_can_be_queried() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, archive) = archive();
    std::fs::set_permissions(&archive, std::fs::Permissions::from_mode(0o500)).unwrap();
    assert_eq!(value(&archive, "SELECT count(*) FROM audit"), "1");
    // Root may write everywhere.
    if std::fs::File::create(archive.join("probe")).is_err() {
        refuses(dir.path(), INGEST, "it is read-only");
        refuses(dir.path(), INGEST, "hint: queries work");
    }
    std::fs::set_permissions(&archive, std::fs::Permissions::from_mode(0o700)).unwrap();
}

#[cfg(unix)]
#[test]
fn an_archive_that_may_not_be_read_is_told_as_such() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, archive) = archive();
    std::fs::write(dir.path().join("more.json"), event("b")).unwrap();
    std::fs::set_permissions(&archive, std::fs::Permissions::from_mode(0o000)).unwrap();
    // Root may read everything.
    if std::fs::read_dir(&archive).is_err() {
        for args in [
            &["diff", "archive", "more.json"][..],
            &["diff", "more.json", "archive"],
            &["status", "-a", "archive"],
        ] {
            refuses(
                dir.path(),
                args,
                "cannot read `archive`\nbecause: Permission denied (os error 13)\nhint: make it readable",
            );
        }
    }
    std::fs::set_permissions(&archive, std::fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_file_in_the_way_of_a_folder_is_named() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("more.json"), event("b")).unwrap();
    std::fs::create_dir(dir.path().join("archive")).unwrap();
    std::fs::write(dir.path().join("archive/commits"), "").unwrap();
    refuses(dir.path(), INGEST, "`archive/commits` is to be a folder, and a file is there");
    std::fs::remove_dir_all(dir.path().join("archive")).unwrap();
    std::fs::write(dir.path().join("archive"), "").unwrap();
    refuses(dir.path(), INGEST, "`archive` is to be a folder, and a file is there");
    let (dir, archive) = self::archive();
    std::fs::write(dir.path().join("more.json"), event("b")).unwrap();
    std::fs::write(archive.join(".staging"), "").unwrap();
    refuses(dir.path(), INGEST, "`archive/.staging` is to be a folder, and a file is there");
}

#[test]
fn two_ingests_at_once_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let all: String = (0..20_000).map(|n| event(&n.to_string()) + "\n").collect();
    std::fs::write(dir.path().join("big.ndjson"), all).unwrap();
    std::fs::write(dir.path().join("more.json"), event("b")).unwrap();
    let mut first = Run::new().dir(dir.path()).args(["ingest", "big.ndjson", "-a", "archive"]).spawn();
    let second = run(dir.path(), INGEST);
    let archive = dir.path().join("archive");
    // Whoever came second is told who was first.
    let is_refused = second.code == 2 && second.stderr.contains("is being written to by");
    assert!(second.code == 0 || is_refused, "{}", second.stderr);
    assert!(matches!(first.wait().unwrap().code(), Some(0 | 2)));
    Run::new().dir(dir.path()).args(["ingest", "big.ndjson", "more.json"]).archive(&archive).ok();
    assert_eq!(value(&archive, "SELECT count(*), count(DISTINCT id) FROM audit"), "20001,20001");
}

#[test]
fn wrong_arguments_end_with_2_and_change_nothing() {
    let (dir, archive) = archive();
    let before = files_below(&archive);
    for args in [
        ["ingest", "more.json"].as_slice(),
        &["ingest", "-a", "archive"],
        &["ingest", "no-such-file.json", "more.json", "-a", "archive"],
        &["ingest", "more.json", "-a", "archive", "--threads", "0"],
        &["ingest", "more.json", "-a", "archive", "--no-such-flag"],
        &["query", "-a", "archive", "-c", "SELECT 1", "--format", "xlsx"],
        &["query", "-a", "archive", "--from", "yesterdayish", "-c", "SELECT 1"],
        &["show", "-a", "archive", "no-such-id"],
        &["no-such-command"],
    ] {
        let said = run(dir.path(), args);
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{args:?}: {}", said.stderr);
        assert!(said.stderr.starts_with("error: "), "{args:?}: {}", said.stderr);
    }
    assert_eq!(files_below(&archive), before);
}

/// The character if it is ASCII, and one byte for all others.
fn one_byte(c: char) -> u8 {
    u8::try_from(c).ok().filter(u8::is_ascii).unwrap_or(0xFF)
}

/// Every event outside the damage comes in, and every row's text stands in its file where the row says.
#[test]
fn pages_with_random_damage_keep_every_other_event() {
    let sample = std::fs::read(root().join("sample-data/graph/audit0.json")).unwrap();
    let sample: serde_json::Value = serde_json::from_slice(&sample).unwrap();
    let mut seed = 42_u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("in")).unwrap();
    let mut expected = Vec::new();
    for file in 0..200 {
        let mut text = r#"{"value":["#.to_owned();
        let mut places = Vec::new();
        for n in 0..8 {
            // Ids differ from file to file, so that no file hides what another lost.
            let mut event = sample["value"][random(60)].clone();
            event["id"] = format!("{file}/{n}").into();
            let begin = text.len();
            text += &event.to_string();
            places.push((begin, text.len(), format!("{file}/{n}")));
            text.push(',');
        }
        let mut bytes = (text.trim_end_matches(',').to_owned() + "]}").into_bytes();
        let at = random(bytes.len());
        match random(3) {
            0 => bytes.truncate(at),
            1 => bytes[at] ^= 1 << random(8),
            _ => bytes[at] = b"\"{}[],:\\\n"[random(9)],
        }
        let is_whole = |(begin, end, _): &&(usize, usize, String)| {
            (*end <= at || *begin > at + 1) && *end <= bytes.len()
        };
        expected.extend(places.iter().filter(is_whole).map(|(_, _, id)| id.clone()));
        std::fs::write(dir.path().join("in").join(format!("{file:03}")), &bytes).unwrap();
    }
    let case = Case::of(dir);
    let sql = "SELECT id, source_file, source_offset, raw FROM audit WHERE id <> 'good'";
    let rows = Run::new().args(["query", "-F", "json", "-c", sql]).archive(&case.archive).ok();
    let rows: Vec<serde_json::Value> = serde_json::from_str(&rows).unwrap();
    for row in &rows {
        let bytes = std::fs::read(case.dir.path().join(row["source_file"].as_str().unwrap())).unwrap();
        let offset = usize::try_from(row["source_offset"].as_u64().unwrap()).unwrap();
        // A byte that is no UTF-8 any more is read as Windows-1252.
        let raw: Vec<u8> = row["raw"].as_str().unwrap().chars().map(one_byte).collect();
        let text = String::from_utf8_lossy(&bytes[offset..]).chars().map(one_byte).collect::<Vec<u8>>();
        let same = |(a, b): (&u8, &u8)| a == b || !a.is_ascii() && !b.is_ascii();
        assert!(raw.len() <= text.len() && raw.iter().zip(&text).all(same), "{row}");
    }
    let found: BTreeSet<_> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    let lost: Vec<_> = expected.iter().filter(|id| !found.contains(id.as_str())).collect();
    assert!(lost.is_empty(), "{lost:?}");
}
