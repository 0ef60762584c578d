//! `auditql show`: every field of an event, whatever its table, and what happened beside it.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Run, Said, archive_of, guids, sample_archive, value};

fn run(archive: &Path, args: &[&str]) -> Said {
    Run::new().args(["show"]).args(args).archive(archive).said()
}

#[track_caller]
fn has(said: &Said, parts: &[&str]) {
    assert_eq!(said.code, 0, "{}", said.stderr);
    for part in parts {
        assert!(said.stdout.contains(part), "{part}\n{}", said.stdout);
    }
}

/// A changed policy, and sign-ins of its administrator before and after.
fn story() -> (TempDir, PathBuf) {
    let policy = |state: &str, user: &str| {
        format!(
            r#"{{\"id\":\"p1\",\"displayName\":\"Require a second factor for everybody\",\"state\":\"{state}\",\"conditions\":{{\"users\":{{\"excludeUsers\":[\"{user}\"]}}}}}}"#
        )
    };
    let mut lines = vec![format!(
        r#"{{"id":"a1","category":"Policy","correlationId":"~c1","result":"success","resultReason":"","activityDisplayName":"Update conditional access policy","activityDateTime":"2026-03-02T09:00:00Z","loggedByService":"Conditional Access","operationType":"Update","initiatedBy":{{"user":{{"id":"~01","displayName":"Ana","userPrincipalName":"ana@fabrikam.example","ipAddress":"192.0.2.7"}},"app":null}},"targetResources":[{{"id":"~41","displayName":"Everybody\u001b[2J","type":"Policy","userPrincipalName":null,"groupType":null,"modifiedProperties":[{{"displayName":"ConditionalAccessPolicy","oldValue":"{}","newValue":"{}"}},{{"displayName":"Note","oldValue":"\"{}\"","newValue":null}}]}}],"additionalDetails":[{{"key":"Category","value":"Conditional Access"}}]}}"#,
        policy("enabled", "~05"),
        policy("disabled", "~06"),
        "x".repeat(1000),
    )];
    for minute in 0..25 {
        lines.push(format!(
            r#"{{"id":"s{minute}","createdDateTime":"2026-03-02T08:{:02}:00Z","userDisplayName":"Ana","userPrincipalName":"ana@fabrikam.example","userId":"~01","appId":"~21","appDisplayName":"Portal","ipAddress":"192.0.2.7","clientAppUsed":"Browser","correlationId":"~c1","conditionalAccessStatus":"failure","isInteractive":true,"resourceDisplayName":"Graph","resourceId":"~31","status":{{"errorCode":50126,"failureReason":"Invalid username or password.","additionalDetails":null}},"location":{{"city":"Oslo","state":"Oslo","countryOrRegion":"NO"}},"deviceDetail":{{"operatingSystem":"Windows 10","browser":"Edge","isCompliant":false}},"appliedConditionalAccessPolicies":[{{"id":"p1","displayName":"Everybody","enforcedGrantControls":["Mfa"],"enforcedSessionControls":[],"result":"failure"}}],"authenticationDetails":[{{"authenticationStepDateTime":"2026-03-02T08:00:00Z","authenticationMethod":"Password","authenticationMethodDetail":"Password in the cloud","succeeded":false,"authenticationStepResultDetail":"Incorrect password","authenticationStepRequirement":"Primary authentication"}}]}}"#,
            35 + minute
        ));
    }
    let text = guids(&lines.join("\n")) + "\n";
    let (dir, archive, said) = archive_of("events.ndjson", text.as_bytes());
    assert_eq!(said.code, 0, "{}", said.stderr);
    (dir, archive)
}

#[test]
fn a_changed_policy_is_told_by_path() {
    let (_dir, archive) = story();
    let said = run(&archive, &["a1"]);
    let excluded = guids("      $.conditions.users.excludeUsers[]: ~05 → (none)\n");
    has(
        &said,
        &[
            "Activity\n  Date                  2026-03-02T09:00:00Z\n",
            "  Activity type         Update conditional access policy\n",
            "\nInitiated by (actor)\n  Type                  user\n  Display name          Ana\n",
            "\nTarget(s)\n  Type                  Policy\n",
            "    ConditionalAccessPolicy:\n",
            &excluded,
            "      $.state: enabled → disabled\n",
            "… (1000 characters; see Raw) → (none)\n",
            "\nAdditional details\n  Category              Conditional Access\n",
            "\nSame correlation ID\n",
            "  5 more: auditql run audit/correlation --param id=",
            "\nSame actor, 5m before and after\n",
            "\nSource\n  File                  events.ndjson\n  Byte                  0\n",
            "\nRaw\n  {\n    \"id\": \"a1\",\n",
        ],
    );
    assert!(!said.stdout.contains('\u{1b}'), "{}", said.stdout);
    let actor = |said: &Said| {
        said.stdout.split("\nSame actor").nth(1).unwrap().split("\n\n").next().unwrap().lines().count() - 1
    };
    assert_eq!(actor(&said), 5, "{}", said.stdout);
    let hour = run(&archive, &["a1", "--around", "1h"]);
    assert_eq!(actor(&hour), 21, "{}", hour.stdout);
    assert!(hour.stdout.contains("  5 more: auditql timeline 00000000-"), "{}", hour.stdout);
    assert!(!run(&archive, &["a1", "--around", "0"]).stdout.contains("Same actor"));
}

#[test]
fn a_signin_says_what_its_error_means() {
    let (_dir, archive) = story();
    let said = run(&archive, &["s3"]);
    has(
        &said,
        &[
            "Sign-in\n  Date                  2026-03-02T08:38:00Z\n",
            "  Sign-in error code    50126\n",
            "  Meaning               ",
            "\nUser\n  Display name          Ana\n  User principal name   ana@fabrikam.example\n",
            "\nApplication and resource\n  Application           Portal\n",
            "\nPlace\n  IP address            192.0.2.7\n  City                  Oslo\n",
            "\nDevice\n  Operating system      Windows 10\n  Browser               Edge\n  Compliant             false\n",
            "\nConditional Access policies\n  failure               Everybody; grant ",
            "\nAuthentication steps\n  Password              2026-03-02T08:00:00Z, Password in the cloud, failed, Incorrect password",
            "\nSame correlation ID\n",
            "\nSame actor, 5m before and after\n",
        ],
    );
}

#[test]
fn objects_have_stable_keys_and_raw_is_what_it_was() {
    let (dir, archive) = story();
    let source = std::fs::read_to_string(dir.path().join("events.ndjson")).unwrap();
    assert_eq!(run(&archive, &["a1", "--raw"]).stdout.trim_end(), source.lines().next().unwrap());
    let said = run(&archive, &["a1", "--format", "json"]);
    let all: Value = serde_json::from_str(&said.stdout).unwrap();
    let event = &all[0];
    let keys: Vec<_> = event.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["changes", "event", "same_actor", "same_correlation_id", "table"]);
    assert_eq!((&event["table"], &event["event"]["id"]), (&"audit".into(), &"a1".into()));
    assert_eq!(event["changes"][0]["differences"][2]["path"], "$.state");
    assert_eq!(event["same_correlation_id"]["count"], 25);
    let lines = run(&archive, &["s1", "--format", "ndjson"]).stdout;
    assert_eq!(serde_json::from_str::<Value>(&lines).unwrap()["table"], "signin");
}

#[test]
fn an_event_of_any_table_is_found() {
    let archive = sample_archive();
    for table in [
        "provisioning",
        "risk_detection",
        "risky_user",
        "graph_activity",
        "unified_audit",
        "directory_user",
        "invitation",
        "access_review_definition",
        "access_review_instance",
        "access_review_decision",
        "signin_auth_detail",
    ] {
        let id = value(archive, &format!("SELECT min(id) FROM {table}"));
        let said = run(archive, &[&id]);
        has(&said, &["\nSource\n", "\nRaw\n"]);
    }
    let shared =
        value(archive, "SELECT id FROM risky_user GROUP BY id HAVING count(*) > 1 ORDER BY 1 LIMIT 1");
    has(&run(archive, &[&shared]), &["── 1 of ", ", risky_user ──\n"]);
    let shell = Run::new().archive(archive).input(&format!("\\show {shared}\n")).ok();
    assert!(shell.contains(", risky_user ──\n"), "{shell}");
}

#[test]
fn an_id_that_no_event_has_says_what_it_is() {
    let (_dir, archive) = story();
    for (id, parts) in [
        (guids("~c1"), vec!["it is the correlation id of 26 events", "audit/correlation"]),
        (guids("~01"), vec!["it is no event but who or what", "auditql timeline"]),
        ("nothing-like-it".to_owned(), vec!["no event has the id `nothing-like-it`", "hint: ids are in"]),
    ] {
        let said = run(&archive, &[&id]);
        assert!(said.code == 2 && said.stdout.is_empty(), "{}", said.stdout);
        assert!(parts.iter().all(|part| said.stderr.contains(part)), "{}", said.stderr);
    }
    let sample = value(sample_archive(), "SELECT id FROM audit WHERE id LIKE 'auditql:%' ORDER BY 1 LIMIT 1");
    let said = run(sample_archive(), &[&sample["auditql:".len()..]]);
    assert!(said.stderr.contains(&format!("did you mean `{sample}` (audit)")), "{}", said.stderr);
}
