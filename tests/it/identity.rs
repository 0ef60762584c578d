//! One event in many shapes is one row, whatever the shapes, the files, their order and the number of ingests.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use tempfile::TempDir;

use crate::support::{Run, query, value};

/// The `n`th audit event in five shapes, poorest last: what stands in its file, and the end of that file's name.
fn audit_shapes(n: u8) -> [(String, &'static str); 5] {
    let (id, second) = (format!("Directory_{n}"), format!("2026-03-02T08:09:{:02}", n % 60));
    let initiator = r#"{"user":{"id":"u-1","displayName":"Ada","userPrincipalName":"ada@contoso.example","ipAddress":"192.0.2.1"}}"#;
    let targets = format!(
        r#"[{{"id":"t-{n}","displayName":"Bo","type":"User","userPrincipalName":"bo@contoso.example","modifiedProperties":[]}}]"#
    );
    let graph = |more: &str| {
        format!(
            r#"{{"id":"{id}","category":"UserManagement","correlationId":"c-{n}","result":"success","activityDisplayName":"Update user",
"activityDateTime":"{second}.1234567Z","loggedByService":"Core Directory","operationType":"Update","initiatedBy":{initiator},"targetResources":{targets},"additionalDetails":[]{more}}}"#
        )
    };
    let text = |json: &str| serde_json::to_string(json).unwrap();
    [
        (
            format!(
                r#"{{"time":"{second}.1234567Z","category":"AuditLogs","tenantId":"t-1","properties":{}}}"#,
                graph("").replace('\n', "")
            ),
            "monitor.json",
        ),
        (format!("[{}]", graph(r#","userAgent":null"#)), "portal.json"),
        (format!(r#"{{"value":[{}]}}"#, graph("")), "graph.json"),
        (
            format!(
                r#"{{"TenantId":"w","TimeGenerated":"{second}.123Z","ActivityDateTime":"{second}.123Z","OperationName":"Update user","ActivityDisplayName":"Update user",
"Category":"UserManagement","CorrelationId":"c-{n}","Id":"{id}","LoggedByService":"Core Directory","AADOperationType":"Update","Result":"success","InitiatedBy":{},"TargetResources":{},"AADTenantId":"t-1","Type":"AuditLogs"}}"#,
                text(initiator),
                text(&targets)
            ),
            "analytics.json",
        ),
        (csv(&[n]), "portal.csv"),
    ]
}

/// The portal's CSV of some of these events.
fn csv(events: &[u8]) -> String {
    let row = |n: &u8| {
        let second = n % 60;
        format!(
            "2026-03-02T08:09:{second:02}Z,c-{n},Core Directory,UserManagement,Update user,success,,User,Ada,u-1,ada@contoso.example,192.0.2.1,User,Bo,t-{n},bo@contoso.example\n"
        )
    };
    let header = "Date (UTC),CorrelationId,Service,Category,Activity,Result,ResultReason,ActorType,ActorDisplayName,ActorObjectId,ActorUserPrincipalName,\
                  IPAddress,Target1Type,Target1DisplayName,Target1ObjectId,Target1UserPrincipalName\n";
    header.to_owned() + &events.iter().map(row).collect::<String>()
}

/// A sign-in in five shapes, poorest last.
fn signin_shapes() -> [(String, &'static str); 5] {
    let signin = r#"{"id":"s-1","createdDateTime":"2026-03-02T08:09:10.1234567Z","userId":"u-1","userPrincipalName":"ada@contoso.example","appId":"a-1","appDisplayName":"App",
"ipAddress":"192.0.2.1","correlationId":"c-1","status":{"errorCode":50126,"failureReason":"wrong"},"isInteractive":true}"#.replace('\n', "");
    [
        (
            format!(r#"{{"time":"2026-03-02T08:09:20Z","category":"SignInLogs","tenantId":"t-1","resultType":"50126","properties":{signin}}}"#),
            "monitor.json",
        ),
        (format!("[{signin}]"), "portal.json"),
        (format!(r#"{{"value":[{signin}]}}"#), "graph.json"),
        (
            r#"{"TenantId":"w","TimeGenerated":"2026-03-02T08:09:20.123Z","CreatedDateTime":"2026-03-02T08:09:10.123Z","Id":"s-1","ResultType":"50126","CorrelationId":"c-1",
"AppId":"a-1","AppDisplayName":"App","UserId":"u-1","UserPrincipalName":"ada@contoso.example","IPAddress":"192.0.2.1","IsInteractive":true,"AADTenantId":"t-1","Type":"SigninLogs"}"#
                .to_owned(),
            "analytics.json",
        ),
        (
            "Date (UTC),Request ID,Correlation ID,User ID,Username,Application,Application ID ,IP address,Status,Sign-in error code\n\
             2026-03-02T08:09:10Z,s-1,c-1,u-1,ada@contoso.example,App,a-1,192.0.2.1,Failure,50126\n"
                .to_owned(),
            "signins.csv",
        ),
    ]
}

/// A folder with an archive to be.
struct Case {
    dir: TempDir,
    archive: PathBuf,
}

impl Case {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let archive = dir.path().join("archive");
        Self { dir, archive }
    }

    /// Writes files whose names keep this order, and ingests them together.
    fn ingest(&self, step: usize, files: &[&(String, &str)]) {
        let folder = format!("step-{step}");
        let at = self.dir.path().join(&folder);
        std::fs::create_dir(&at).unwrap();
        for (n, (text, name)) in files.iter().enumerate() {
            // Files of the same bytes would be warned of.
            let text = text.clone() + &"\n".repeat(n + 1);
            let file = std::fs::File::create(at.join(format!("{n:02}-{name}"))).unwrap();
            (&file).write_all(text.as_bytes()).unwrap();
            // Every step is a download of another day.
            let day = Duration::from_secs(86_400) * u32::try_from(step).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_millis(1_780_000_000_001) + day)
                .unwrap();
        }
        Run::new().dir(self.dir.path()).args(["ingest", &folder]).archive(&self.archive).ok();
    }

    /// The rows that `sql` gives, after a look at the accounts: they must close.
    fn closed(&self, table: &str, sql: &str) -> String {
        assert_closed(&self.archive, table);
        query(&self.archive, sql).trim_end().to_owned()
    }
}

/// Rows are what was added without what was replaced, and nothing was read that is not accounted for.
fn assert_closed(archive: &Path, tables: &str) {
    let counts: Vec<String> =
        tables.split(',').map(|table| format!("(SELECT count(*) FROM {table})")).collect();
    let sql = format!(
        "SELECT sum(events_added) - sum(events_replaced) = {}, sum(events_read) = sum(events_added + events_duplicate + events_rejected + events_skipped),
                sum(events_rejected + events_skipped) FROM meta.sources",
        counts.join(" + ")
    );
    assert_eq!(value(archive, &sql), "true,true,0");
}

/// Every order of five things: the first, the last, and as each in between; all rotations, forwards and backwards.
fn orders() -> Vec<[usize; 5]> {
    let mut orders = Vec::new();
    for start in 0..5 {
        orders.push([0, 1, 2, 3, 4].map(|n| (start + n) % 5));
        orders.push([0, 1, 2, 3, 4].map(|n| (start + 5 - n) % 5));
    }
    orders
}

#[test]
fn an_audit_event_in_five_shapes_is_one_row_in_every_order() {
    let shapes = audit_shapes(1);
    let expected = "1,monitor_audit,Directory_1,t-1,2026-03-02T08:09:01.123456Z";
    let sql = "SELECT count(*) OVER (), format, id, tenant_id, event_time FROM audit";
    for order in orders() {
        let files = order.map(|n| &shapes[n]);
        let together = Case::new();
        together.ingest(0, &files);
        assert_eq!(together.closed("audit", sql), expected, "together, {order:?}");
        let apart = Case::new();
        for (step, file) in files.iter().enumerate() {
            apart.ingest(step, &[file]);
        }
        assert_eq!(apart.closed("audit", sql), expected, "apart, {order:?}");
    }
}

#[test]
fn a_signin_in_five_shapes_is_one_row_in_every_order() {
    let shapes = signin_shapes();
    let expected = "1,monitor_signin,s-1,t-1,2026-03-02T08:09:10.123456Z,failure";
    let sql = "SELECT count(*) OVER (), format, id, tenant_id, event_time, result FROM signin";
    for order in orders() {
        let files = order.map(|n| &shapes[n]);
        let together = Case::new();
        together.ingest(0, &files);
        assert_eq!(together.closed("signin", sql), expected, "together, {order:?}");
        let apart = Case::new();
        for (step, file) in files.iter().enumerate() {
            apart.ingest(step, &[file]);
        }
        assert_eq!(apart.closed("signin", sql), expected, "apart, {order:?}");
    }
}

#[test]
fn every_pair_of_shapes_keeps_the_richer() {
    let shapes = audit_shapes(1);
    let names =
        ["monitor_audit", "portal_audit_json", "graph_audit", "log_analytics_audit", "portal_audit_csv"];
    for (richer, name) in names.iter().enumerate() {
        for poorer in richer + 1..5 {
            for pair in [[richer, poorer], [poorer, richer]] {
                let case = Case::new();
                case.ingest(0, &pair.map(|n| &shapes[n]));
                let found = case.closed("audit", "SELECT count(*) OVER (), format FROM audit");
                assert_eq!(found, format!("1,{name}"), "{pair:?}");
            }
        }
    }
}

#[test]
fn an_event_that_only_the_csv_has_stays() {
    let case = Case::new();
    let shapes = audit_shapes(1);
    case.ingest(0, &[&(csv(&[1, 2]), "portal.csv"), &shapes[2]]);
    let sql = "SELECT format, target_id FROM audit ORDER BY event_time";
    assert_eq!(case.closed("audit", sql), "graph_audit,t-1\nportal_audit_csv,t-2");
    case.ingest(1, &[&audit_shapes(3)[0]]);
    assert_eq!(case.closed("audit", sql), "graph_audit,t-1\nportal_audit_csv,t-2\nmonitor_audit,t-3");
}

#[test]
fn of_three_equal_rows_of_the_csv_two_give_way_to_two_twins() {
    let twin = audit_shapes(1)[2].0.clone();
    let other = twin.replace("Directory_1", "Directory_other");
    let sql = "SELECT format, count(*), count(DISTINCT id) FROM audit GROUP BY format ORDER BY format";
    let csv = (csv(&[1, 1, 1]), "portal.csv");
    let twins = [(twin, "twin.json"), (other, "other.json")];
    let steps: [&[&[&(String, &str)]]; 4] = [
        &[&[&csv, &twins[0], &twins[1]]],
        &[&[&twins[0], &twins[1], &csv]],
        &[&[&csv], &[&twins[0]], &[&twins[1]]],
        &[&[&twins[0], &twins[1]], &[&csv]],
    ];
    for (n, steps) in steps.iter().enumerate() {
        let case = Case::new();
        for (step, files) in steps.iter().enumerate() {
            case.ingest(step, files);
        }
        assert_eq!(case.closed("audit", sql), "graph_audit,2,2\nportal_audit_csv,1,1", "case {n}");
    }
}

#[test]
fn whoever_acted_the_row_of_the_csv_finds_its_twin() {
    const APPLICATION: &str = r#"{"user":null,"app":{"appId":"a","displayName":"Worker","servicePrincipalId":"sp","servicePrincipalName":null}}"#;
    const CONSUMERS_APPLICATION: &str = r#"{"user":null,"app":{"appId":null,"servicePrincipalName":"app"}}"#;
    const USER: &str =
        r#"{"user":{"id":null,"userPrincipalName":"ada@contoso.example","displayName":"Ada"}}"#;
    const TARGETS: &str = r#"[{"id":"t-1","displayName":"One","type":"Group"},{"id":"t-2","type":"User"}]"#;
    // Initiator, targets and activity in Graph's words; actor's and target's cells in the CSV's.
    let events = [
        (APPLICATION, TARGETS, "Add group", "Application,Worker,,,sp,", "Group,One,t-1,,User,,t-2"),
        (
            CONSUMERS_APPLICATION,
            "[]",
            "Issue an id_token to the application",
            "Application,,,,,app",
            ",,,,,,",
        ),
        ("{}", TARGETS, "Delete group", ",,,,,", "Group,One,t-1,,User,,t-2"),
        (
            USER,
            "[]",
            "Update application – Certificates and secrets management ",
            "User,Ada,,ada@contoso.example,,",
            ",,,,,,",
        ),
    ];
    let (mut page, mut csv) = (
        Vec::new(),
        String::from(
            "Date (UTC),CorrelationId,Service,Category,Activity,Result,ResultReason,ActorType,ActorDisplayName,ActorObjectId,ActorUserPrincipalName,\
         ActorServicePrincipalId,ActorServicePrincipalName,Target1Type,Target1DisplayName,Target1ObjectId,Target1UserPrincipalName,Target2Type,\
         Target2DisplayName,Target2ObjectId\n",
        ),
    );
    for (n, (initiator, targets, activity, actor, target)) in events.iter().enumerate() {
        page.push(format!(
            r#"{{"id":"{n}","correlationId":"c-{n}","loggedByService":"s","category":"k","activityDisplayName":"{activity}","result":"failure","resultReason":"N/A",
"activityDateTime":"2026-03-02T08:09:10.9999999Z","initiatedBy":{initiator},"targetResources":{targets}}}"#
        ));
        csv += &format!("2026-03-02T08:09:10+00:00,c-{n},s,k,{activity},Failure,,{actor},{target}\n");
    }
    let files = [(format!(r#"{{"value":[{}]}}"#, page.join(",")), "graph.json"), (csv, "portal.csv")];
    for order in [[0, 1], [1, 0]] {
        let case = Case::new();
        case.ingest(0, &order.map(|n| &files[n]));
        let found =
            case.closed("audit", "SELECT format, string_agg(id, '' ORDER BY id) FROM audit GROUP BY format");
        assert_eq!(found, "graph_audit,0123", "{order:?}");
    }
}

#[test]
fn versions_of_a_risk_are_kept_and_each_once() {
    let detection = |state: &str, updated: &str| {
        format!(
            r#"{{"id":"r-1","riskEventType":"leakedCredentials","riskState":"{state}","riskLevel":"high","userId":"u-1","detectedDateTime":"2026-03-02T08:09:10.1234567Z","activityDateTime":"2026-03-02T08:09:10.1234567Z","lastUpdatedDateTime":"{updated}"}}"#
        )
    };
    let (first, later) =
        (detection("atRisk", "2026-03-02T08:09:10.1234567Z"), detection("dismissed", "2026-03-03T08:09:10Z"));
    let page = |text: &str| (format!(r#"{{"value":[{text}]}}"#), "risk.json");
    let diagnostic = (
        format!(
            r#"{{"time":"3/2/2026 8:09:10 AM","category":"UserRiskEvents","tenantId":"t-1","properties":{first}}}"#
        ),
        "monitor.json",
    );
    let case = Case::new();
    case.ingest(0, &[&page(&first)]);
    case.ingest(1, &[&page(&later), &diagnostic]);
    case.ingest(2, &[&page(&format!("{first},{later}"))]);
    let sql = "SELECT risk_state, format FROM risk_detection ORDER BY updated_at";
    assert_eq!(
        case.closed("risk_detection", sql),
        "atRisk,monitor_risk_detection\ndismissed,graph_risk_detection"
    );
    assert_eq!(
        value(&case.archive, "SELECT count(*), max(risk_state) FROM risk_detection_latest"),
        "1,dismissed"
    );
}

#[test]
fn users_that_have_not_changed_are_not_doubled() {
    let user = |kind: &str| {
        (
            format!(
                r#"{{"value":[{{"id":"u-1","userPrincipalName":"a@contoso.example","userType":"{kind}"}}]}}"#
            ),
            "users.json",
        )
    };
    let case = Case::new();
    case.ingest(0, &[&user("Guest")]);
    // The same user in other bytes, at another time.
    case.ingest(1, &[&(user("Guest").0.replace("[", "[\n"), "users.json")]);
    assert_eq!(case.closed("directory_user", "SELECT count(*) FROM directory_user"), "1");
    case.ingest(2, &[&user("Member")]);
    assert_eq!(
        case.closed("directory_user", "SELECT user_type FROM directory_user ORDER BY user_type"),
        "Guest\nMember"
    );
    // Users of an export that selected no id.
    let nameless = (
        r#"{"value":[{"userPrincipalName":"b@contoso.example","userType":"Guest"}]}"#.to_owned(),
        "users.json",
    );
    case.ingest(3, &[&nameless]);
    case.ingest(4, &[&(nameless.0.replace("[", "[ "), "users.json")]);
    assert_eq!(
        case.closed("directory_user", "SELECT count(*) FROM directory_user WHERE upn LIKE 'b@%'"),
        "1"
    );
}

/// Which event comes in which step, in which of the step's files, in which shape.
type Plan = BTreeSet<(usize, u8, usize, u8)>;

fn plans() -> impl Strategy<Value = Plan> {
    prop::collection::btree_set((0usize..3, 0u8..4, 0usize..5, 0u8..6), 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn however_events_come_each_is_one_row_of_its_richest_shape(plan in plans()) {
        let case = Case::new();
        let mut files: BTreeMap<(usize, u8, usize), (String, &str)> = BTreeMap::new();
        for (step, file, shape, n) in &plan {
            let (text, name) = audit_shapes(*n)[*shape].clone();
            let (whole, _) = files.entry((*step, *file, *shape)).or_insert((String::new(), name));
            *whole += &text;
            *whole += "\n";
        }
        for step in 0..3 {
            let files: Vec<_> = files.iter().filter(|((of, ..), _)| *of == step).map(|(_, file)| file).collect();
            if !files.is_empty() {
                case.ingest(step, &files);
            }
        }
        let names = ["monitor_audit", "portal_audit_json", "graph_audit", "log_analytics_audit", "portal_audit_csv"];
        let mut richest = BTreeMap::new();
        for (_, _, shape, n) in &plan {
            let best = richest.entry(n).or_insert(shape);
            *best = (*best).min(shape);
        }
        let expected: Vec<_> = richest.iter().map(|(n, shape)| format!("t-{n},{}", names[**shape])).collect();
        let found = case.closed("audit", "SELECT target_id, format FROM audit ORDER BY target_id");
        prop_assert_eq!(found, expected.join("\n"));
    }
}
