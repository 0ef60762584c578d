//! `auditql timeline` finds whoever is meant, and everything by or to them.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::{Run, Said, archive_of, guids, sample_archive};

/// An audit event: `by` and `targets` as in Graph, `~07` a GUID that ends so.
fn audit(id: &str, minute: u32, activity: &str, by: &str, targets: &str, details: &str) -> String {
    guids(&format!(
        r#"{{"id":"{id}","category":"UserManagement","correlationId":"~c{minute:01}","result":"success","resultReason":"","activityDisplayName":"{activity}","activityDateTime":"2026-03-02T09:{minute:02}:00Z","loggedByService":"Core Directory","operationType":"Update","initiatedBy":{by},"targetResources":[{targets}],"additionalDetails":[{details}]}}"#
    ))
}

fn user(id: &str, upn: &str, ip: &str) -> String {
    format!(
        r#"{{"user":{{"id":"{id}","displayName":null,"userPrincipalName":"{upn}","ipAddress":"{ip}"}},"app":null}}"#
    )
}

fn target(kind: &str, id: &str, upn: &str, name: &str) -> String {
    format!(
        r#"{{"id":"{id}","displayName":"{name}","type":"{kind}","userPrincipalName":"{upn}","groupType":null,"modifiedProperties":[]}}"#
    )
}

/// Ana is an administrator, Karim a guest; two groups are called Blue; an application signs in.
fn story() -> (TempDir, PathBuf) {
    let ana = user("~01", "ana@fabrikam.example", "192.0.2.7");
    let karim = "karim_k_contoso.example#EXT#@fabrikam.example";
    let events = [
        audit(
            "a1",
            1,
            "Invite external user",
            &ana,
            &target("User", "~02", karim, ""),
            r#"{"key":"invitedUserEmailAddress","value":"karim_k@contoso.example"}"#,
        )
        .replace("Core Directory", "Invited Users"),
        audit(
            "a2",
            2,
            "Add member to group",
            &ana,
            &format!(
                "{},{}",
                target("Group", "~11", "", "Blue"),
                target("User", "~02", karim, "Karim\\u001b[31m")
            ),
            "",
        ),
        audit(
            "a3",
            3,
            "Redeem external user invite",
            &user("", "", "2001:db8::5"),
            &target(
                "User",
                "~02",
                "",
                &format!("UPN: {karim}, Email: Karim_K@contoso.example, InvitationId: 1, Source: OTP"),
            ),
            "",
        )
        .replace("Core Directory", "B2B Auth"),
        audit("a4", 4, "Delete group", &ana, &target("Group", "~12", "", "Blue"), ""),
        audit(
            "a5",
            5,
            "Update user",
            r#"{"app":{"appId":"~21","displayName":"HR Sync","servicePrincipalId":"~22","servicePrincipalName":null},"user":null}"#,
            &target("User", "~01", "ana@fabrikam.example", "Ana"),
            "",
        ),
        audit("a6", 6, "Update application", &ana, &target("Application", "~23", "", "HR Sync"), ""),
        guids(
            r#"{"id":"s1","createdDateTime":"2026-03-02T09:07:00Z","userDisplayName":"Karim","userPrincipalName":"karim_k@contoso.example","userId":"~02","appId":"~21","appDisplayName":"HR Sync","ipAddress":"2001:db8:0:0::6","clientAppUsed":"Browser","correlationId":"~c7","conditionalAccessStatus":"notApplied","isInteractive":true,"resourceDisplayName":"Graph","resourceId":"~31","status":{"errorCode":50126,"failureReason":"Invalid username or password.","additionalDetails":null},"location":{"city":"Oslo","countryOrRegion":"NO"}}"#,
        ),
        audit(
            "a8",
            8,
            "Update user",
            &user("~03", "bo@fabrikam.example", "198.51.100.9"),
            &target("User", "~04", "cy@fabrikam.example", "Cy"),
            "",
        ),
    ];
    let (dir, archive, said) = archive_of("events.ndjson", (events.join("\n") + "\n").as_bytes());
    assert_eq!(said.code, 0, "{}", said.stderr);
    (dir, archive)
}

fn run(archive: &Path, args: &[&str]) -> Said {
    Run::new().args(["timeline"]).args(args).archive(archive).said()
}

/// Id and direction of each event.
#[track_caller]
fn events(archive: &Path, args: &[&str]) -> String {
    let said = run(archive, &[args, &["-Fcsv", "-q"]].concat());
    assert_eq!(said.code, 0, "{}", said.stderr);
    let lines = said.stdout.lines().skip(1).map(|line| {
        let cells: Vec<_> = line.split(',').collect();
        format!("{} {}", cells[cells.len() - 1], cells[2])
    });
    lines.collect::<Vec<_>>().join("; ")
}

#[test]
fn everybody_is_found_by_whatever_they_are_called() {
    let (_dir, archive) = story();
    // A guest: by the id, the `#EXT#` name, and the address that was invited and is packed into a name.
    let karim = "a1 to; a2 to; a3 to; s1 by";
    for who in [
        &guids("~02"),
        "karim_k_contoso.example#EXT#@fabrikam.example",
        "KARIM_K_contoso.example#ext#@fabrikam.example",
        "karim_k@contoso.example",
        "Karim_K@Contoso.example",
        "Karim",
    ] {
        assert_eq!(events(&archive, &[who]), karim, "{who}");
    }
    let ana = "a1 by; a2 by; a4 by; a5 to; a6 by";
    for who in [&guids("~01"), "ana@fabrikam.example", "Ana"] {
        assert_eq!(events(&archive, &[who]), ana, "{who}");
    }
    // An application: by its client id, its service principal, its name; its registration has only the name in common.
    for who in [&guids("~21"), &guids("~22"), "hr sync"] {
        assert_eq!(events(&archive, &[who]), "a5 by; a6 to; s1 at", "{who}");
    }
    // Addresses in either spelling, and networks of both families.
    for (who, expected) in [
        ("2001:db8::6", "s1 at"),
        ("2001:db8::/32", "a3 at; s1 at"),
        ("192.0.2.0/24", "a1 at; a2 at; a4 at; a6 at"),
        ("198.51.100.9", "a8 at"),
    ] {
        assert_eq!(events(&archive, &[who]), expected, "{who}");
    }
    assert_eq!(events(&archive, &[&guids("~c4")]), "a4 at", "an operation");
    assert_eq!(events(&archive, &[&guids("~11")]), "a2 to", "a group");
}

#[test]
fn only_a_part_of_it() {
    let (_dir, archive) = story();
    assert_eq!(events(&archive, &["Ana", "--direction", "to"]), "a5 to");
    assert_eq!(events(&archive, &["Ana", "--limit", "2"]), "a1 by; a2 by");
    // Who Karim is was told before that time.
    assert_eq!(
        events(&archive, &["karim_k@contoso.example", "--from", "2026-03-02T09:02:30Z"]),
        "a3 to; s1 by"
    );
    let said = run(&archive, &["Ana", "--limit", "2"]);
    assert!(said.stderr.contains("3 more events"), "{}", said.stderr);
}

#[test]
fn a_name_that_several_have_lists_them() {
    let (_dir, archive) = story();
    let said = run(&archive, &["blue"]);
    assert_eq!((said.code, said.stdout.as_str()), (2, ""));
    for part in [
        "`blue` is the name of 2",
        &guids("group `Blue`, ~11"),
        &guids("~12"),
        "hint: name one by its id, or add `--all`",
    ] {
        assert!(said.stderr.contains(part), "{part}\n{}", said.stderr);
    }
    assert_eq!(events(&archive, &["blue", "--all"]), "a2 to; a4 to");
}

#[test]
fn nobody_is_called_so() {
    let (_dir, archive) = story();
    let said = run(&archive, &["anna@fabrikam.example"]);
    assert_eq!(said.code, 2);
    assert!(said.stderr.contains("did you mean `ana@fabrikam.example`"), "{}", said.stderr);
    for who in ["203.0.113.200", "no such thing at all", "' OR 1=1 --", ""] {
        let said = run(&archive, &[who]);
        assert!(
            said.code == 2 && said.stdout.is_empty() && said.stderr.starts_with("error: nobody"),
            "{}",
            said.stderr
        );
    }
    let (_dir, empty, _) = archive_of("nothing.json", b"[]");
    if empty.exists() {
        let said = run(&empty, &["ana@fabrikam.example"]);
        assert!(said.code == 2 && said.stderr.contains("the archive has no events"), "{}", said.stderr);
    }
}

#[test]
fn the_summary_stands_above_what_a_person_reads() {
    let (_dir, archive) = story();
    let said = run(&archive, &["karim_k@contoso.example"]);
    for part in [
        "Who ",
        "Events      4: by 1, to 3;",
        "Tables      audit 3 · signin 1",
        "Countries   NO 1",
        "Failures    1: ",
    ] {
        assert!(said.stdout.contains(part), "{part}\n{}", said.stdout);
    }
    assert!(said.stderr.contains("is known as mail address"), "{}", said.stderr);
    assert!(!(said.stdout + &said.stderr).contains('\u{1b}'), "names hold control characters");
    let said = run(&archive, &["karim_k@contoso.example", "--format", "ndjson"]);
    assert!(
        said.stdout.lines().all(|line| line.starts_with('{')) && said.stderr.contains("Tables "),
        "{}",
        said.stderr
    );
    let shell = Run::new().archive(&archive).input("\\timeline karim_k@contoso.example\n").said();
    assert!(
        shell.stdout.contains("Events      4") && shell.stdout.contains("Add member to group"),
        "{}",
        shell.stdout
    );
}

#[test]
fn the_sample_tells_of_every_table() {
    let said = Run::new().args(["timeline", "Tomas Berg", "-q", "-Fcsv"]).archive(sample_archive()).said();
    assert_eq!(said.code, 0, "{}", said.stderr);
    for table in
        ["audit", "signin", "unified_audit", "graph_activity", "provisioning", "risk_detection", "risky_user"]
    {
        assert!(said.stdout.contains(&format!(",{table},")), "{table}\n{}", said.stdout);
    }
}
