//! Downloads that something happened to, and neighbours that look like logs: what is good comes in, the rest is told.

use std::io::{Cursor, Write};
use std::path::PathBuf;

use tempfile::TempDir;
use zip::write::SimpleFileOptions;

use crate::support::{Said, archive_of, query, root, value};

/// An archive of one source.
struct Got {
    _dir: TempDir,
    archive: PathBuf,
    said: Said,
}

/// Ingests one file; every source and every reject is accounted for.
#[track_caller]
fn ingest(name: &str, bytes: impl AsRef<[u8]>) -> Got {
    let (dir, archive, said) = archive_of(name, bytes.as_ref());
    let got = Got { _dir: dir, archive, said };
    let wrong = "SELECT path FROM meta.sources WHERE events_read <>
        events_added + events_duplicate + events_rejected + events_skipped";
    assert_eq!(query(&got.archive, wrong), "");
    let rejects = "SELECT sum(events_rejected) - (SELECT count(*) FROM meta.rejects) FROM meta.sources";
    assert_eq!(got.value(rejects), "0", "every reject is kept");
    got
}

impl Got {
    fn value(&self, sql: &str) -> String {
        value(&self.archive, sql)
    }

    /// Ids of the events, in order.
    #[track_caller]
    fn has(self, ids: &str) -> Self {
        let found = query(&self.archive, "SELECT id FROM audit ORDER BY id").replace('\n', " ");
        assert_eq!(found.trim_end(), ids, "{}", self.said.stderr);
        self
    }

    /// The rows, rejects and skipped records of all sources.
    #[track_caller]
    fn counts(self, added: u64, rejected: u64, skipped: u64) -> Self {
        let sql = "SELECT sum(events_added), sum(events_rejected), sum(events_skipped) FROM meta.sources";
        assert_eq!(self.value(sql), format!("{added},{rejected},{skipped}"), "{}", self.said.stderr);
        self
    }

    /// One line of the complaints says this.
    #[track_caller]
    fn complains(self, what: &str) -> Self {
        assert_eq!(self.said.code, 1, "{}", self.said.stderr);
        assert!(self.said.stderr.contains(what), "{what}: {}", self.said.stderr);
        self
    }

    #[track_caller]
    fn whole(self) -> Self {
        assert_eq!(self.said.code, 0, "{}", self.said.stderr);
        self
    }

    /// Where in the file the rows stand, in order.
    #[track_caller]
    fn stands_at(self, offsets: &[usize]) -> Self {
        let found = query(&self.archive, "SELECT source_offset FROM audit ORDER BY source_offset");
        let expected: String = offsets.iter().map(|offset| format!("{offset}\n")).collect();
        assert_eq!(found, expected);
        self
    }
}

fn event(id: &str) -> String {
    format!(
        r#"{{"id":"{id}","activityDisplayName":"Update user","activityDateTime":"2026-03-02T08:09:10Z","initiatedBy":{{"user":{{"id":"u","userPrincipalName":"ada@contoso.example","displayName":"Ada"}}}},"targetResources":[{{"id":"t","displayName":"Zo"}}]}}"#
    )
}

fn page(ids: &[&str]) -> String {
    let events: Vec<_> = ids.iter().map(|id| event(id)).collect();
    format!(r#"{{"value":[{}]}}"#, events.join(","))
}

const CSV: &str = "Date (UTC),CorrelationId,Service,Category,Activity,Result,Target1DisplayName\r\n";

fn csv_row(n: usize) -> String {
    format!("2026-03-02T08:00:{n:02}Z,c-{n},Core Directory,UserManagement,Update user,success,Zo\r\n")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn utf16(text: &str) -> Vec<u8> {
    [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

#[test]
fn padding_of_any_length_before_the_first_record_is_passed_over() {
    let text = page(&["a"]);
    let at = text.find("{\"id\"").unwrap();
    for size in [65_535, 65_536, 65_537, 3 << 20] {
        for byte in [b'\0', b' ', b'\n'] {
            let padded = [vec![byte; size], text.clone().into_bytes()].concat();
            ingest("p.json", &padded).whole().has("a").stands_at(&[size + at]);
            ingest("p.gz", gzip(&padded)).whole().has("a").stands_at(&[size + at]);
        }
    }
    ingest("p.gz", gzip(&vec![0; 70 << 20])).complains("inflates to more than").has("");
    let padded = format!("{}{CSV}{}", "\r\n".repeat(40_000), csv_row(1));
    ingest("p.csv", &padded).whole().stands_at(&[80_000 + CSV.len()]);
    let padded = utf16(&format!("{}{text}", " ".repeat(100_000)));
    ingest("p16.json", padded).whole().has("a").stands_at(&[2 + 200_000 + 2 * at]);
}

#[test]
fn summaries_of_events_are_no_events() {
    let time = "\"3/2/2026, 12:00:00.000 AM\"";
    let rows = |header: &str, cells: &str| format!("{header}\r\n{time},{cells}\r\n");
    let signin = "TimeGenerated [UTC],UserPrincipalName,AppDisplayName,ResultType,IPAddress";
    for text in [
        rows(&format!("{signin},Attempts"), "a@b.example,Teams,50126,192.0.2.1,70"),
        rows(&format!("{signin},Attempts"), "a@b.example,Teams,50126,192.0.2.1,"),
        rows(&format!("{signin},Logins"), "a@b.example,Teams,50126,192.0.2.1,70"),
        rows(&format!("{signin},dcount_SessionId"), "a@b.example,Teams,50126,192.0.2.1,70"),
        rows("TimeGenerated [UTC],OperationName,Result,LoggedByService,Count", "Add user,success,B2C,7"),
        rows("TimeGenerated [UTC],ActivityDisplayName,Result,FailedAttempts", "Add user,success,7"),
        rows("ActivityDateTime,ActivityDisplayName,InitiatedBy,TargetResources,n", "Add user,{},[],7"),
        r#"[{"TimeGenerated":"2026-03-02T00:00:00Z","LoggedByService":"B2C","OperationName":"Add user","events":7}]"#.to_owned(),
        r#"{"tables":[{"columns":["TimeGenerated","LoggedByService","OperationName","count_"],"rows":[["2026-03-02T00:00:00Z","B2C","Add user",7]]}]}"#.to_owned(),
    ] {
        ingest("s.csv", &text).counts(0, 0, 1).complains("1 rows of a summary of events, not events");
    }
    for text in [
        rows(signin, "a@b.example,Teams,50126,192.0.2.1"),
        rows(&format!("{signin},CorrelationId,Attempts"), "a@b.example,Teams,50126,192.0.2.1,c,70"),
        rows(&format!("{signin},DurationMs"), "a@b.example,Teams,50126,192.0.2.1,12"),
        rows(&format!("{signin},Country"), "a@b.example,Teams,50126,192.0.2.1,NL"),
        rows("TimeGenerated [UTC],OperationName,Result,LoggedByService", "Add user,success,B2C"),
    ] {
        ingest("s.csv", &text).whole().counts(1, 0, 0);
    }
}

#[test]
fn reports_about_users_are_no_users_and_displace_none() {
    let graph = |set: &str, members: &str| {
        format!(
            r#"{{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#{set}","value":[{{"id":"1","userPrincipalName":"ada@contoso.example","displayName":"Ada",{members}}}]}}"#
        )
    };
    let csv = |names: &str, cells: &str| {
        format!("UserPrincipalName,DisplayName,{names}\r\nada@contoso.example,Ada,{cells}\r\n")
    };
    for text in [
        graph("reports/authenticationMethods/userRegistrationDetails", r#""userType":"member""#),
        graph("users('1')/people", r#""jobTitle":"x""#),
        graph("users", r#""isMfaRegistered":true,"methodsRegistered":[]"#),
        graph("users", r#""personType":{"class":"Person"}"#),
        csv("PrimarySmtpAddress,RecipientTypeDetails", "ada@contoso.example,UserMailbox"),
        csv("RoleName", "Global Administrator"),
        csv("accountEnabled,MFAMethods", "True,"),
    ] {
        ingest("u", &text).counts(0, 0, 1).complains("skipped 1 ");
    }
    for text in [
        graph("users", r#""userType":"Guest""#),
        graph("users/$entity", r#""userType":"Guest""#),
        graph("groups('1')/members/microsoft.graph.user(id)", r#""userType":"Guest""#),
        csv("UserType", "Guest"),
    ] {
        let got = ingest("u", &text).whole();
        assert_eq!(got.value("SELECT upn FROM directory_user_latest"), "ada@contoso.example");
    }
    // Two pages in one file: what the first holds says nothing of the second.
    let two = format!(
        "{}\n{}",
        graph("users", r#""userType":"Guest""#),
        graph("reports/authenticationMethods/userRegistrationDetails", r#""userType":"member""#)
    );
    ingest("u", two).counts(1, 0, 1);
}

#[test]
fn a_table_by_itself_and_rows_before_their_columns() {
    let columns = r#""columns":[{"name":"TimeGenerated"},{"name":"Id"},{"name":"LoggedByService"},{"name":"ActivityDisplayName"}]"#;
    let rows = r#""rows":[["2026-03-02T00:00:00Z","a","B2C","Add user"],["2026-03-02T00:00:00Z","b","B2C","Add user"]]"#;
    for text in [
        format!("{{{columns},{rows}}}"),
        format!("{{{rows},{columns}}}"),
        format!(r#"{{"tables":[{{{rows},"name":"PrimaryResult",{columns}}}]}}"#),
        format!(r#"{{"tables":[{{{columns},{rows}}}]}}"#),
    ] {
        let got = ingest("t.json", &text).whole().has("a b").counts(2, 0, 0);
        assert_eq!(got.value("SELECT events_read FROM meta.sources"), "2");
    }
}

#[test]
fn text_that_is_not_utf8_is_read_as_windows_1252_and_told() {
    let latin = |text: &str| -> Vec<u8> {
        text.replace("Zo", "Zo~").bytes().map(|byte| if byte == b'~' { 0xEB } else { byte }).collect()
    };
    let csv = format!("{CSV}{}", csv_row(1));
    for bytes in [latin(&event("a")), latin(&page(&["a"])), latin(&csv)] {
        let got = ingest("w", bytes)
            .counts(1, 0, 0)
            .complains("1 with bytes that are not UTF-8, read as Windows-1252");
        assert_eq!(got.value("SELECT target_name, degraded FROM audit"), "Zoë,true");
    }
    let bytes = [event("a").replace("Zo", "Zoë").as_bytes(), b"\n", &latin(&event("b"))].concat();
    let got = ingest("w", bytes).has("a b");
    assert_eq!(
        query(&got.archive, "SELECT target_name, degraded FROM audit ORDER BY id"),
        "Zoë,false\nZoë,true\n"
    );
}

#[test]
fn a_cell_that_is_too_long_is_one_reject() {
    let long = format!("2026-03-02T08:00:00Z,c,\"{}\"\r\n", "B\r\n".repeat(12 << 20));
    let text = format!("{CSV}{}{long}{}", csv_row(1), csv_row(2));
    let got = ingest("l.csv", text).counts(2, 1, 0).complains("a row of over 32 MiB");
    assert_eq!(got.value("SELECT size_bytes > 36000000 FROM meta.rejects"), "true");
}

#[test]
fn what_stands_before_the_records_is_one_reject() {
    let lines = format!("{}\n{}\n{}\n", event("a"), event("b"), event("c"));
    ingest("cut.ndjson", &lines[100..]).has("b c").counts(2, 1, 0);
    for before in [
        "2026-03-01 INFO fetched 6\n",
        "WARNING: To sign in, use a web browser\n\n",
        "HTTP/2 200\r\ncontent-type: application/json\r\nalt-svc: h3=\":443\"\r\n\r\n",
        "// exported by hand\n",
        "Audit log of March, of Contoso\n",
    ] {
        for text in [
            page(&["a", "b"]),
            format!("{}\n{}", event("a"), event("b")),
            format!("[{},{}]", event("a"), event("b")),
        ] {
            let at = before.len() + text.find("{\"id\":\"a\"").unwrap();
            let got = ingest("b.json", format!("{before}{text}")).has("a b").counts(2, 1, 0);
            assert_eq!(got.value("SELECT min(source_offset) FROM audit"), at.to_string());
            assert_eq!(got.value("SELECT source_offset, text FROM meta.rejects"), {
                let text = before.trim_end();
                let quoted = text.contains([',', '"', '\n']);
                if quoted { format!("0,\"{}\"", text.replace('"', "\"\"")) } else { format!("0,{text}") }
            });
        }
    }
    let csv = format!("{CSV}{}{}", csv_row(1), csv_row(2));
    ingest("t.csv", format!("Audit log export\r\n\r\n{csv}")).counts(2, 1, 0);
    ingest("t.csv", format!(",,,,\r\n{csv}")).whole().counts(2, 0, 0);
    ingest("n.json", format!("{}{}", "null\n".repeat(20_000), event("a"))).whole().has("a");
    let pretty =
        serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(&page(&["a", "b"])).unwrap());
    let got = ingest("p.json", &pretty.unwrap()[150..]).has("b");
    assert_eq!(got.value("SELECT count(*) FROM directory_user"), "0", "an actor is no user");
}

#[test]
fn json_behind_a_prefix_on_each_line_is_read() {
    let lines: String =
        ["a", "b"].iter().map(|id| format!("<14>Mar  1 00:00:00 host app[7]: {}\n", event(id))).collect();
    let got = ingest("s.log", lines).whole().has("a b");
    assert!(got.value("SELECT framing FROM meta.sources").contains("behind a prefix"));
}

#[test]
fn notes_and_markup_with_json_in_them_stay_what_they_are() {
    for text in
        ["Config was\n\n  {\"color\": 1}\n", "# {\"a\":1}\n", "<html>\n{\"a\":1}</html>", "x;y\n{1};{2}\n"]
    {
        ingest("n.txt", text).counts(0, 0, 0);
    }
}

#[test]
fn a_zip_without_its_directory_gives_the_members_that_are_whole() {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for id in ["a", "b", "c"] {
        writer.start_file(format!("{id}.json"), SimpleFileOptions::default()).unwrap();
        writer.write_all(page(&[id]).as_bytes()).unwrap();
    }
    let whole = writer.finish().unwrap().into_inner();
    let third = whole.windows(6).position(|bytes| bytes == b"c.json").unwrap();
    let got = ingest("cut.zip", &whole[..third + 40]).has("a b");
    got.complains("cannot read zip file `cut.zip`").complains("members before the damage are read");
    ingest("odd.zip", &whole[..20]).complains("cannot read zip file `odd.zip`").has("");
}

#[test]
fn the_record_in_which_a_gzip_breaks_off_is_a_reject() {
    let sample = std::fs::read(root().join("sample-data/graph/audit0.json")).unwrap();
    let whole = gzip(&sample);
    let got = ingest("half.gz", &whole[..whole.len() * 3 / 4]).complains("cannot be read to its end");
    assert_eq!(got.value("SELECT reason FROM meta.rejects"), "cut off: the text ends inside the record");
    let csv: String = (0..60).map(csv_row).collect();
    let whole = gzip(format!("{CSV}{csv}").as_bytes());
    let got = ingest("half.gz", &whole[..whole.len() * 3 / 4]).complains("cannot be read to its end");
    assert!(got.value("SELECT reason FROM meta.rejects").starts_with("cut off"));
    let padded = [gzip(page(&["a"]).as_bytes()), vec![0; 1_000]].concat();
    ingest("padded.gz", padded).whole().has("a");
}

#[test]
fn errors_of_sign_ins_and_odd_encodings_are_told_as_what_they_are() {
    let body = r#"{"error":"invalid_grant","error_description":"AADSTS70008: The code has expired."}"#;
    ingest("e.json", body).complains("invalid_grant: AADSTS70008: The code has expired.").counts(0, 1, 0);
    let utf32 = |big: bool| -> Vec<u8> {
        let text = format!("\u{FEFF}{}", event("a"));
        text.chars()
            .flat_map(|c| if big { u32::from(c).to_be_bytes() } else { u32::from(c).to_le_bytes() })
            .collect()
    };
    for bytes in [utf32(false), utf32(true)] {
        let got = ingest("u.json", bytes).complains("UTF-32 text, which is not read").counts(0, 0, 0);
        assert_eq!(got.value("SELECT encoding FROM meta.sources"), "UTF-32");
    }
}

#[test]
fn objects_of_graph_that_only_look_alike_are_not_taken_for_others() {
    let context = |set: &str, object: &str| {
        format!(
            r#"{{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#{set}","value":[{object}]}}"#
        )
    };
    let role = r#"{"id":"x","createdDateTime":"2026-03-01T00:00:00Z","appRoleId":"r","principalId":"p","principalType":"User","resourceDisplayName":"r"}"#;
    let got = ingest("r.json", context("users('1')/appRoleAssignments", role)).counts(0, 0, 1);
    assert_eq!(got.value("SELECT count(format) FROM meta.sources"), "0");
    let call = r#"{"id":"x","startDateTime":"2026-03-01T00:00:00Z","endDateTime":"2026-03-01T01:00:00Z","status":"ok","scope":{"query":"/g"}}"#;
    let request = r#"{"id":"x","createdDateTime":"2026-03-01T00:00:00Z","status":"Delivered","scope":{},"settings":{}}"#;
    for object in [call, request] {
        ingest("o.json", format!(r#"{{"value":[{object}]}}"#)).counts(0, 1, 0);
    }
    let reviews = "identityGovernance/accessReviews/definitions";
    ingest("i.json", context(&format!("{reviews}('1')/instances"), call)).whole().counts(1, 0, 0);
    ingest("d.json", context(reviews, request)).whole().counts(1, 0, 0);
}
