//! The ways in which downloads go against what one would expect: each by itself, from raw text to what is asked of it.

use expect_test::expect;

use crate::support::{Run, archive_of, csv_of, guids, query, rows, value};

/// A Graph event with these members besides.
fn graph(members: &str) -> String {
    format!(
        r#"{{"activityDisplayName":"a","activityDateTime":"2026-03-02T08:09:10Z","initiatedBy":{{}},{members}}}"#
    )
}

/// A diagnostic record of this category with these members besides.
fn monitor(category: &str, members: &str) -> String {
    format!(r#"{{"time":"2026-03-02T08:09:10Z","category":"{category}",{members}}}"#)
}

#[test]
fn single_objects_lines_of_pages_and_lines_of_events() {
    let event = |id: &str| graph(&format!(r#""id":"{id}""#));
    let ids = |text: &str| {
        rows("a.json", text, "SELECT string_agg(id, '') FROM (SELECT id FROM audit ORDER BY id)")
    };
    assert_eq!(ids(&event("1")), "1");
    assert_eq!(ids(&format!("{}\r\n{}\r\n", event("1"), event("2"))), "12");
    let page = |id: &str| format!(r#"{{"value":[{}]}}"#, event(id));
    assert_eq!(ids(&format!("{}\n{}\n", page("1"), page("2"))), "12");
    let records = |id: &str| {
        let properties = event(id);
        format!(r#"{{"records":[{}]}}"#, monitor("AuditLogs", &format!(r#""properties":{properties}"#)))
    };
    assert_eq!(ids(&format!("{}\n{}\n", records("1"), records("2"))), "12");
    assert_eq!(ids(&format!("[{},{},]", event("1"), event("2"))), "12", "a comma too many");
}

#[test]
fn b2c_client_address_counts_before_that_of_the_service_that_logged() {
    let properties = graph(
        r#""id":"1","loggedByService":"B2C","additionalDetails":[{"key":"TenantId","value":"contoso.example"},
        {"key":"ClientIpAddress","value":"192.0.2.7"}]"#,
    );
    let text = monitor(
        "AuditLogs",
        &format!(r#""tenantId":"t-1","callerIpAddress":"192.0.2.99","properties":{properties}"#),
    );
    let sql = "SELECT actor_ip, client_ip, tenant_id FROM audit";
    expect!["192.0.2.7,192.0.2.7,t-1"].assert_eq(&rows("a.json", text, sql));
}

#[test]
fn b2c_writes_two_events_of_one_administrators_call() {
    let event = |n: u8, category: &str| {
        graph(&format!(r#""id":"B2C_{n}","correlationId":"c","loggedByService":"B2C","operationType":"","category":"{category}""#))
            .replace("10Z", &format!("10.0{n}Z"))
    };
    let text = format!("[{},{}]", event(1, "Authorization"), event(4, "ResourceManagement"));
    let sql = "SELECT count(*), count(DISTINCT correlation_id), count(operation_type) FROM audit";
    expect!["2,1,0"].assert_eq(&rows("a.json", text, sql));
}

#[test]
fn redeem_facts_are_packed_into_a_display_name() {
    let text = graph(
        r#""id":"1","activityDisplayName":"Redeem external user invite","loggedByService":"B2B Auth","result":"success",
        "initiatedBy":{"user":{"id":"u-1","userPrincipalName":"gus@fabrikam.example","ipAddress":"192.0.2.1"}},
        "targetResources":[{"id":"u-1","displayName":"UPN: gus_fabrikam.example#EXT#@contoso.example, Email: gus@fabrikam.example, InvitationId: i-1, Source: One Time Passcode","type":"User"}]"#,
    );
    let sql = "SELECT packed_value(target_name, 'UPN'), packed_value(target_name, 'InvitationId'), packed_value(target_name, 'Source') FROM audit";
    expect!["gus_fabrikam.example#EXT#@contoso.example,i-1,One Time Passcode"]
        .assert_eq(&rows("a.json", &text, sql));
    let sql = "SELECT stage, guest_id, guest_upn, guest_email, source FROM guest_event";
    expect!["redeemed,u-1,,gus@fabrikam.example,One Time Passcode"].assert_eq(&rows("a.json", &text, sql));
}

#[test]
fn failed_logons_of_the_unified_audit_log_say_success() {
    let record = |(n, members): (usize, &&str)| {
        format!(
            r#"{{"Id":"{n}","CreationTime":"2026-03-02T08:09:10","RecordType":15,"Workload":"AzureActiveDirectory","ResultStatus":"Success",{members}}}"#
        )
    };
    let members = [
        r#""Operation":"UserLoginFailed","ErrorNumber":"50126""#,
        r#""Operation":"UserLoginFailed""#,
        r#""Operation":"UserLoggedIn","ErrorNumber":"0""#,
        r#""Operation":"ForeignRealmIndexLogonCookieCopyUsingDAToken","ErrorNumber":"50053""#,
        r#""Operation":"ForeignRealmIndexLogonCookieCopyUsingDAToken","ErrorNumber":"0""#,
        r#""Operation":"Consent to application.""#,
    ];
    let text = members.iter().enumerate().map(record).collect::<Vec<_>>().join("\n");
    let sql = "SELECT id, result FROM unified_audit ORDER BY id";
    expect![[r#"
        0,failure
        1,failure
        2,success
        3,failure
        4,success
        5,success"#]]
    .assert_eq(&rows("a.json", text, sql));
}

#[test]
fn user_agent_of_the_unified_audit_log_in_text_inside_of_a_property() {
    let text = r#"{"Id":"1","CreationTime":"2026-03-02T08:09:10","RecordType":8,"Workload":"AzureActiveDirectory","Operation":"Update user.",
        "ExtendedProperties":[{"Name":"additionalDetails","Value":"{\"User-Agent\":\"agent/1\"}"}]}"#;
    assert_eq!(rows("a.json", text, "SELECT user_agent FROM unified_audit"), "agent/1");
}

#[test]
fn additional_info_of_a_risk_is_text_with_capital_keys() {
    let infos = [
        r#""[{\"Key\":\"userAgent\",\"Value\":\"agent/1\"},{\"Key\":\"k\",\"Value\":null}]""#,
        r#""[{\"key\":\"userAgent\",\"value\":\"agent/1\"}]""#,
        r#"[{"Key":"userAgent","Value":"agent/1"}]"#,
        r#""[]""#,
        r#""""#,
        "null",
    ];
    let detection = |(n, info): (usize, &&str)| {
        format!(
            r#"{{"id":"{n}","detectedDateTime":"2026-03-02T08:09:10Z","riskEventType":"x","riskState":"atRisk","additionalInfo":{info}}}"#
        )
    };
    let text = format!("[{}]", infos.iter().enumerate().map(detection).collect::<Vec<_>>().join(","));
    let sql = "SELECT id, user_agent, additional_info FROM risk_detection ORDER BY id";
    expect![[r#"
        0,agent/1,"[{""key"":""userAgent"",""value"":""agent/1""},{""key"":""k"",""value"":null}]"
        1,agent/1,"[{""key"":""userAgent"",""value"":""agent/1""}]"
        2,agent/1,"[{""key"":""userAgent"",""value"":""agent/1""}]"
        3,,[]
        4,,
        5,,"#]]
    .assert_eq(&rows("a.json", text, sql));
}

#[test]
fn lists_of_2018_are_joined_and_may_not_fit() {
    let record = |(n, (types, names)): (usize, &(&str, &str))| {
        let properties = format!(
            r#""properties":{{"targetResourceType":"{types}","targetResourceName":"{names}","targetUpdatedProperties":""}}"#
        );
        monitor(
            "Audit",
            &format!(r#""operationName":"a{n}","callerIpAddress":"<null>","identity":"NA",{properties}"#),
        )
    };
    let lists = [
        ("UPN__TenantContextID__PUID__ObjectID__ObjectClass", "b@contoso.example__t__1003__u-1__User"),
        ("SPN__ObjectID__ObjectClass", "a/b;c/d__u-2__ServicePrincipal"),
        ("UPN__ObjectID__ObjectClass", "b@contoso.example"),
        ("ObjectID", "u-4__more"),
        ("", ""),
    ];
    let text = lists.iter().enumerate().map(record).collect::<Vec<_>>().join("\n");
    let sql = "SELECT activity, target_type, target_id, target_name, target_upn, actor_ip, actor_type FROM audit ORDER BY activity";
    expect![[r#"
        a0,User,u-1,,b@contoso.example,,system
        a1,ServicePrincipal,u-2,a/b;c/d,,,system
        a2,,,,b@contoso.example,,system
        a3,,u-4,,,,system
        a4,,,,,,system"#]]
    .assert_eq(&rows("a.json", text, sql));
}

#[test]
fn tenant_id_of_log_analytics_is_the_workspace() {
    let dir = tempfile::tempdir().unwrap();
    let row = |id: &str, members: &str| {
        format!(
            r#"{{"TenantId":"workspace","TimeGenerated":"2026-03-02T08:09:10Z","OperationName":"a","Id":"{id}","LoggedByService":"s","Type":"AuditLogs"{members}}}"#
        )
    };
    let text = [
        row("1", ""),
        row("2", r#","AADTenantId":"t-2""#),
        row("3", r#","ResourceId":"/tenants/t-3/providers/x""#),
    ]
    .join("\n");
    std::fs::write(dir.path().join("a.json"), text).unwrap();
    let archive = dir.path().join("archive");
    Run::new().dir(dir.path()).args(["ingest", "a.json", "--tenant", "given"]).archive(&archive).ok();
    assert_eq!(query(&archive, "SELECT id, tenant_id FROM audit ORDER BY id"), "1,given\n2,t-2\n3,t-3\n");
}

#[test]
fn of_the_twins_of_a_column_one_is_filled() {
    let user = r#"{""user"":{""id"":""u-1""}}"#;
    let header = "Id,TimeGenerated [UTC],OperationName,Type,InitiatedBy_dynamic,InitiatedBy_string";
    let line = |id: u8, cells: &str| format!("{id},\"3/2/2026, 8:09:10.000 AM\",a,AuditLogs,{cells}");
    let text =
        [header.to_owned(), line(1, &format!("\"{user}\",")), line(2, &format!(",\"{user}\"")), line(3, ",")]
            .join("\r\n");
    let sql = "SELECT id, actor_type, actor_id FROM audit ORDER BY id";
    expect![[r#"
        1,user,u-1
        2,user,u-1
        3,system,"#]]
    .assert_eq(&rows("a.csv", text, sql));
    let twins = r#"{"Id":"4","TimeGenerated":"2026-03-02T08:09:10Z","OperationName":"a","Type":"AuditLogs","InitiatedBy_dynamic":{"user":{"id":"u-1"}},"InitiatedBy_string":null}"#;
    assert_eq!(rows("a.json", twins, sql), "4,user,u-1");
    let twins = twins
        .replace(r#"{"user":{"id":"u-1"}}"#, "null")
        .replace(r#"_string":null"#, r#"_string":"{\"user\":{\"id\":\"u-1\"}}""#);
    assert_eq!(rows("a.json", twins, sql), "4,user,u-1");
}

#[test]
fn cells_written_by_python() {
    let text = csv_of(
        r#"
TimeGenerated=2026-03-02 08:09:10.123000+00:00
Id=~01
Type=SigninLogs
ResultType=50126
AppDisplayName=App
Status={'errorCode': 50126, 'failureReason': "it's wrong", 'additionalDetails': None}
LocationDetails={'city': 'Oslo', 'countryOrRegion': 'NO', 'geoCoordinates': {'latitude': 59.5, 'longitude': 10.25}}
DeviceDetail={'deviceId': '', 'isCompliant': True, 'isManaged': False}
ConditionalAccessPolicies=[{'id': '~02', 'displayName': 'Block', 'enforcedGrantControls': ['Block'], 'result': 'success', 'conditionsSatisfied': 3}]
UserId=nan
RiskEventTypes=['a', 'b']
"#,
    );
    let sql = "SELECT event_time, failure_reason, status_details, city, latitude, device_compliant, device_managed, user_id, risk_event_types, policies, degraded FROM signin";
    expect![[r#"2026-03-02T08:09:10.123Z,it's wrong,,Oslo,59.5,true,false,,"[""a"",""b""]","[{""id"":""00000000-0000-0000-0000-000000000002"",""name"":""Block"",""result"":""success"",""grant_controls"":""[\""Block\""]"",""session_controls"":null,""conditions_satisfied"":""3"",""conditions_not_satisfied"":null}]",false"#]].assert_eq(&rows("a.csv", text, sql));
}

#[test]
fn null_written_as_text_is_no_address_and_no_name() {
    let properties =
        graph(r#""id":"1","initiatedBy":{"user":{"id":"u","displayName":"<null>","ipAddress":"<null>"}}"#);
    let text = monitor("AuditLogs", &format!(r#""callerIpAddress":"<null>","properties":{properties}"#));
    assert_eq!(rows("a.json", text, "SELECT actor_ip IS NULL, actor_name IS NULL FROM audit"), "true,true");
}

#[test]
fn latitude_and_longitude_of_zero_are_nowhere() {
    let places = [
        r#"{"latitude":0.0,"longitude":0.0}"#,
        r#"{"longitude":0,"latitude":0,"altitude":0}"#,
        r#"{"Latitude":"0","Longitude":"0"}"#,
        r#"{"latitude":0,"longitude":36.5}"#,
        r#"{"longitude":10.25,"latitude":59.5}"#,
        r#"{"latitude":59.5}"#,
        "{}",
        "null",
    ];
    let signin = |(n, place): (usize, &&str)| {
        format!(
            r#"{{"id":"{n}","createdDateTime":"2026-03-02T08:09:10Z","appId":"a","status":{{}},"location":{{"geoCoordinates":{place}}}}}"#
        )
    };
    let text = places.iter().enumerate().map(signin).collect::<Vec<_>>().join("\n");
    let sql = "SELECT id, latitude, longitude FROM signin ORDER BY id";
    expect![[r#"
        0,,
        1,,
        2,,
        3,0.0,36.5
        4,59.5,10.25
        5,59.5,
        6,,
        7,,"#]]
    .assert_eq(&rows("a.json", text, sql));
}

#[test]
fn durations_are_numbers_or_text() {
    let record = |n: usize, duration: &str| {
        let properties = format!(r#""properties":{{"requestId":"{n}","requestMethod":"GET"}}"#);
        monitor("MicrosoftGraphActivityLogs", &format!(r#""durationMs":{duration},{properties}"#))
    };
    let durations = ["117", r#""117""#, r#""0""#, r#""2693631""#, r#""""#, r#""x""#];
    let text =
        durations.iter().enumerate().map(|(n, duration)| record(n, duration)).collect::<Vec<_>>().join("\n");
    let sql = "SELECT id, duration_ms FROM graph_activity ORDER BY id";
    expect![[r#"
        0,117
        1,117
        2,0
        3,2693631
        4,
        5,"#]]
    .assert_eq(&rows("a.json", text, sql));
}

#[test]
fn an_hour_of_one_digit() {
    let text = graph(r#""id":"1","activityDateTime":"2022-09-09T8:48:50.361Z""#);
    assert_eq!(rows("a.json", text, "SELECT event_time FROM audit"), "2022-09-09T08:48:50.361Z");
}

#[test]
fn columns_of_the_portals_query_carry_their_zone_and_capital_truth() {
    let text = csv_of(
        r#"
TimeGenerated [UTC]=4/28/2021, 2:08:45.221 PM
CreatedDateTime [UTC]=4/28/2021, 12:08:45.221 AM
Id=~01
ResultType=0
AppDisplayName=App
IsInteractive=FALSE
FlaggedForReview=TRUE
DeviceDetail={"isCompliant":"TRUE"}
AccountCustomEntity=x
"#,
    );
    let sql = "SELECT event_time, signin_type, flagged_for_review, device_compliant, result FROM signin";
    expect!["2021-04-28T00:08:45.221Z,non_interactive,true,true,success"]
        .assert_eq(&rows("a.csv", text, sql));
}

#[test]
fn csv_headers_repeat_and_are_padded() {
    let text = "Date (UTC),Request ID,Application ID ,Incoming token type,Autonomous system  number,Username,Incoming token type\n\
                2026-03-02T08:09:10Z,1,a-1,first,64500,u,\n\
                2026-03-02T08:09:11Z,2,a-2,,64501,u,second\n";
    let sql = "SELECT id, app_id, incoming_token_type, autonomous_system_number, json_value(raw, 'Incoming token type (7)') FROM signin ORDER BY id";
    expect![[r#"
        1,a-1,first,64500,
        2,a-2,,64501,second"#]]
    .assert_eq(&rows("InteractiveSignIns.csv", text, sql));
}

#[test]
fn names_of_types_in_place_of_values_are_told() {
    let cells = "Id,ActivityDateTime,ActivityDisplayName,InitiatedBy,TargetResources\n\
                 1,2026-03-02T08:09:10Z,a,Microsoft.Graph.PowerShell.Models.MicrosoftGraphAuditActivityInitiator,System.Object[]\n\
                 2,2026-03-02T08:09:10Z,a,,\n";
    let (_dir, archive, _) = archive_of("a.csv", cells.as_bytes());
    let found = query(&archive, "SELECT id, degraded, actor_type, target_id FROM audit ORDER BY id");
    expect![[r#"
        1,true,,
        2,false,system,
    "#]]
    .assert_eq(&found);
    let notes = value(&archive, "SELECT notes FROM meta.sources");
    expect![
        "1 that PowerShell saved without their inner objects (export again with `ConvertTo-Json -Depth 100`)"
    ]
    .assert_eq(&notes);
}

#[test]
fn a_reviewer_of_zeros_is_nobody() {
    let text = guids(
        r#"{"id":"1","accessReviewId":"r","decision":"NotReviewed","reviewedBy":{"id":"~00","displayName":"","userPrincipalName":""}}"#,
    );
    let sql = "SELECT reviewed_by_id IS NULL, reviewed_by_name IS NULL, reviewed_by_upn IS NULL FROM access_review_decision";
    assert_eq!(rows("a.json", text, sql), "true,true,true");
}

#[test]
fn a_user_type_that_is_not_there_is_not_member() {
    let text = r#"{"value":[{"id":"1","userPrincipalName":"a@contoso.example","displayName":"A"},{"id":"2","userPrincipalName":"b@contoso.example","userType":null},
        {"id":"3","userPrincipalName":"c@contoso.example","userType":"Guest"}]}"#;
    assert_eq!(
        rows("a.json", text, "SELECT id, user_type FROM directory_user ORDER BY id"),
        "1,\n2,\n3,Guest"
    );
    let signin = r#"{"id":"1","createdDateTime":"2026-03-02T08:09:10Z","appId":"a","status":{"errorCode":0},"userPrincipalName":"a@contoso.example"}"#;
    assert_eq!(
        rows("a.json", signin, "SELECT user_type IS NULL, signin_type IS NULL FROM signin"),
        "true,true"
    );
}

#[test]
fn properties_may_be_text_and_lists_inside_of_them_text_again() {
    let properties = graph(
        r#""id":"1","initiatedBy":"{\"user\":{\"id\":\"u-1\"}}","targetResources":"[{\"id\":\"t-1\",\"modifiedProperties\":\"[{\\\"displayName\\\":\\\"p\\\",\\\"newValue\\\":\\\"v\\\"}]\"}]""#,
    );
    let text =
        monitor("AuditLogs", &format!(r#""properties":{}"#, serde_json::to_string(&properties).unwrap()));
    let sql = "SELECT id, activity, actor_id, target_id, targets[1]['modified_properties'][1]['new_value'], degraded FROM audit";
    expect!["1,a,u-1,t-1,v,false"].assert_eq(&rows("a.json", text, sql));
}

#[test]
fn enums_of_provisioning_are_numbers_in_diagnostic_records() {
    let record = |n: u8| {
        let properties = format!(
            r#""properties":{{"id":"{n}","changeId":"c","provisioningSteps":[{{"name":"s","type":{n},"status":{status}}}],"statusInfo":{{"Status":{status}}}}}"#,
            status = n % 4
        );
        monitor("ProvisioningLogs", &properties)
    };
    let text = (0..6).map(record).collect::<Vec<_>>().join("\n");
    let sql = "SELECT id, status, steps[1]['type'], steps[1]['status'] FROM provisioning ORDER BY id";
    expect![[r#"
        0,success,import,success
        1,failure,scoping,failure
        2,skipped,matching,skipped
        3,warning,processing,warning
        4,success,referenceResolution,success
        5,failure,export,failure"#]]
    .assert_eq(&rows("a.json", text, sql));
}

#[test]
fn anonymised_ids_are_ids() {
    let text = graph(
        r#""id":"XXXX","correlationId":"user1","initiatedBy":{"user":{"id":"XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX","ipAddress":"x.x.x.x"}},
        "targetResources":[{"id":"masked"}]"#,
    );
    let sql = "SELECT id, correlation_id, actor_id, target_id, actor_ip IS NULL FROM audit";
    expect!["XXXX,user1,XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX,masked,true"]
        .assert_eq(&rows("a.json", text, sql));
}

#[test]
fn neighbours_in_the_same_container_are_told_apart() {
    let intune = monitor(
        "AuditLogs",
        r#""properties":{"ActivityDate":"3/2/2026 8:09:10 AM","ActivityType":1,"Actor":{},"AuditEventId":"x"}"#,
    );
    let azure =
        monitor("Administrative", r#""resourceId":"/SUBSCRIPTIONS/s/RESOURCEGROUPS/g","properties":{}"#);
    let ours = monitor("AuditLogs", &format!(r#""properties":{}"#, graph(r#""id":"1""#)));
    let (_dir, archive, _) = archive_of("a.json", [intune, ours, azure].join("\n").as_bytes());
    assert_eq!(
        value(&archive, "SELECT events_added, events_skipped, events_rejected FROM meta.sources"),
        "1,2,0"
    );
}

#[test]
fn keys_in_any_case() {
    let text = r#"{"Id":"1","createddatetime":"2026-03-02T08:09:10Z","APPID":"a","riskLevelDuringsignIn":"high","Status":{"ErrorCode":0}}"#;
    assert_eq!(
        rows("a.json", text, "SELECT id, app_id, risk_level_during_signin, result FROM signin"),
        "1,a,high,success"
    );
}
