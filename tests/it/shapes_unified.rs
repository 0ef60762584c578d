//! The unified audit log: bare records, and the tables that searches wrap around them, from raw text to every column.

use expect_test::expect;

use crate::support::{check_table, guids};

/// A record of the directory's audit log with every member.
const AUDIT: &str = r##"{"CreationTime":"2026-03-02T08:09:10","Id":"~01","Operation":"Add member to group.","OrganizationId":"~02","RecordType":8,
"ResultStatus":"Success","UserKey":"1003200000000001@contoso.example","UserType":2,"Version":1,"Workload":"AzureActiveDirectory","ClientIP":"192.0.2.9","ObjectId":"bo@contoso.example",
"UserId":"ada@contoso.example","AzureActiveDirectoryEventType":1,"ExtendedProperties":[{"Name":"additionalDetails","Value":"{\"User-Agent\":\"agent/2\"}"},
{"Name":"extendedAuditEventCategory","Value":"Group"},{"Name":"UserAgent","Value":"agent/1"},{"Name":"ResultStatusDetail","Value":"Success detail"}],
"ModifiedProperties":[{"Name":"Group.DisplayName","NewValue":"[\r\n  \"Team\"\r\n]","OldValue":"[]"},{"Name":"TargetId.UserType","NewValue":"Member","OldValue":""}],
"Actor":[{"ID":"ada@contoso.example","Type":5},{"ID":"1003200000000001","Type":3},{"ID":"Ada","Type":1},{"ID":"User_~03","Type":2},{"ID":"~03","Type":0},{"ID":"User","Type":2}],
"ActorContextId":"~02","ActorIpAddress":"192.0.2.1:443","InterSystemsId":"~04","IntraSystemId":"~05","SupportTicketId":"",
"Target":[{"ID":"User_~06","Type":2},{"ID":"~06","Type":0},{"ID":"User","Type":2},{"ID":"bo@contoso.example","Type":5},{"ID":"Bo","Type":1}],"TargetContextId":"~02"}"##;

/// A logon that failed although its `ResultStatus` says `Success`.
const LOGON: &str = r##"{"CreationTime":"2026-03-02T08:09:11","Id":"~08","Operation":"UserLoginFailed","OrganizationId":"~02","RecordType":15,"ResultStatus":"Success",
"UserKey":"~03","UserType":0,"Version":1,"Workload":"AzureActiveDirectory","ClientIP":"2001:DB8::1","ObjectId":"~04","UserId":"ada@contoso.example","AzureActiveDirectoryEventType":1,
"ExtendedProperties":[{"Name":"ResultStatusDetail","Value":"Success"},{"Name":"UserAgent","Value":"agent/1"},{"Name":"RequestType","Value":"OAuth2:Token"}],"ModifiedProperties":[],
"Actor":[{"ID":"~03","Type":0},{"ID":"ada@contoso.example","Type":5}],"ActorContextId":"~02","ActorIpAddress":"2001:DB8::1","InterSystemsId":"~05","IntraSystemId":"~08",
"SupportTicketId":"","Target":[{"ID":"~04","Type":0}],"TargetContextId":"~02","ApplicationId":"~06","DeviceProperties":[{"Name":"OS","Value":"Windows 11"}],"ErrorNumber":"50126","LogonError":"InvalidUserNameOrPassword"}"##;

#[test]
fn unified_audit_bare_records() {
    check_table(
        "unified_audit",
        "AuditData.json",
        format!("{}\n{}", guids(AUDIT), guids(LOGON)),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                    2026-03-02T08:09:10Z
            id                            00000000-0000-0000-0000-000000000001
            tenant_id                     00000000-0000-0000-0000-000000000002
            correlation_id                00000000-0000-0000-0000-000000000004
            signin_id                     00000000-0000-0000-0000-000000000005
            workload                      AzureActiveDirectory
            record_type                   AzureActiveDirectory
            operation                     Add member to group.
            activity                      Add member to group
            result                        success
            result_detail                 Success detail
            user_type                     admin
            actor_upn                     ada@contoso.example
            actor_id                      00000000-0000-0000-0000-000000000003
            actor_name                    Ada
            user_key                      1003200000000001@contoso.example
            client_ip                     192.0.2.1
            user_agent                    agent/1
            object_id                     bo@contoso.example
            target_id                     00000000-0000-0000-0000-000000000006
            target_name                   Bo
            target_upn                    bo@contoso.example
            target_type                   User
            actors                        [{"type":"5","id":"ada@contoso.example"},{"type":"3","id":"1003200000000001"},{"type":"1","id":"Ada"},{"type":"2","id":"User_00000000-0000-0000-0000-000000000003"},{"type":"0","id":"00000000-0000-0000-0000-000000000003"},{"type":"2","id":"User"}]
            targets                       [{"type":"2","id":"User_00000000-0000-0000-0000-000000000006"},{"type":"0","id":"00000000-0000-0000-0000-000000000006"},{"type":"2","id":"User"},{"type":"5","id":"bo@contoso.example"},{"type":"1","id":"Bo"}]
            modified_properties           [{"name":"Group.DisplayName","old_value":"[]","new_value":"[\r\n  \"Team\"\r\n]"},{"name":"TargetId.UserType","old_value":"","new_value":"Member"}]
            details                       [{"key":"additionalDetails","value":"{\"User-Agent\":\"agent/2\"}"},{"key":"extendedAuditEventCategory","value":"Group"},{"key":"UserAgent","value":"agent/1"},{"key":"ResultStatusDetail","value":"Success detail"}]
            format                        unified_audit
            degraded                      false
            ── row 2 ────────────────────────────────────────
            event_time                    2026-03-02T08:09:11Z
            id                            00000000-0000-0000-0000-000000000008
            tenant_id                     00000000-0000-0000-0000-000000000002
            correlation_id                00000000-0000-0000-0000-000000000005
            signin_id                     00000000-0000-0000-0000-000000000008
            workload                      AzureActiveDirectory
            record_type                   AzureActiveDirectoryStsLogon
            operation                     UserLoginFailed
            activity                      UserLoginFailed
            result                        failure
            result_detail                 InvalidUserNameOrPassword
            error_code                    50126
            user_type                     regular
            actor_upn                     ada@contoso.example
            actor_id                      00000000-0000-0000-0000-000000000003
            user_key                      00000000-0000-0000-0000-000000000003
            client_ip                     2001:db8::1
            user_agent                    agent/1
            application_id                00000000-0000-0000-0000-000000000006
            object_id                     00000000-0000-0000-0000-000000000004
            target_id                     00000000-0000-0000-0000-000000000004
            actors                        [{"type":"0","id":"00000000-0000-0000-0000-000000000003"},{"type":"5","id":"ada@contoso.example"}]
            targets                       [{"type":"0","id":"00000000-0000-0000-0000-000000000004"}]
            modified_properties           []
            details                       [{"key":"ResultStatusDetail","value":"Success"},{"key":"UserAgent","value":"agent/1"},{"key":"RequestType","value":"OAuth2:Token"}]
            format                        unified_audit
            degraded                      false
        "#]],
    );
}

/// The record as the cell of a CSV.
fn cell(record: &str) -> String {
    format!("\"{}\"", guids(record).replace('\n', "").replace('"', "\"\""))
}

#[test]
fn unified_audit_search_csv() {
    let text = format!(
        "#TYPE Selected.System.Management.Automation.PSCustomObject\r\n\"RunspaceId\",\"RecordType\",\"CreationDate\",\"UserIds\",\"Operations\",\"AuditData\",\"ResultIndex\",\"ResultCount\",\"Identity\",\"IsValid\",\"ObjectState\"\r\n\
         \"r\",\"AzureActiveDirectory\",\"2/3/2026 8:09:10 AM\",\"outer@contoso.example\",\"Outer.\",{},\"1\",\"2\",\"{}\",\"True\",\"Unchanged\"\r\n\
         \"r\",\"AzureActiveDirectoryStsLogon\",\"3/14/2026 8:09:12 AM\",\"ada@contoso.example\",\"UserLoggedIn\",\"\",\"2\",\"2\",\"{}\",\"True\",\"Unchanged\"\r\n",
        cell(AUDIT),
        guids("~01"),
        guids("~07")
    );
    check_table(
        "unified_audit",
        "UAL.csv",
        text,
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                    2026-03-02T08:09:10Z
            id                            00000000-0000-0000-0000-000000000001
            tenant_id                     00000000-0000-0000-0000-000000000002
            correlation_id                00000000-0000-0000-0000-000000000004
            signin_id                     00000000-0000-0000-0000-000000000005
            workload                      AzureActiveDirectory
            record_type                   AzureActiveDirectory
            operation                     Add member to group.
            activity                      Add member to group
            result                        success
            result_detail                 Success detail
            user_type                     admin
            actor_upn                     ada@contoso.example
            actor_id                      00000000-0000-0000-0000-000000000003
            actor_name                    Ada
            user_key                      1003200000000001@contoso.example
            client_ip                     192.0.2.1
            user_agent                    agent/1
            object_id                     bo@contoso.example
            target_id                     00000000-0000-0000-0000-000000000006
            target_name                   Bo
            target_upn                    bo@contoso.example
            target_type                   User
            actors                        [{"type":"5","id":"ada@contoso.example"},{"type":"3","id":"1003200000000001"},{"type":"1","id":"Ada"},{"type":"2","id":"User_00000000-0000-0000-0000-000000000003"},{"type":"0","id":"00000000-0000-0000-0000-000000000003"},{"type":"2","id":"User"}]
            targets                       [{"type":"2","id":"User_00000000-0000-0000-0000-000000000006"},{"type":"0","id":"00000000-0000-0000-0000-000000000006"},{"type":"2","id":"User"},{"type":"5","id":"bo@contoso.example"},{"type":"1","id":"Bo"}]
            modified_properties           [{"name":"Group.DisplayName","old_value":"[]","new_value":"[\r\n  \"Team\"\r\n]"},{"name":"TargetId.UserType","old_value":"","new_value":"Member"}]
            details                       [{"key":"additionalDetails","value":"{\"User-Agent\":\"agent/2\"}"},{"key":"extendedAuditEventCategory","value":"Group"},{"key":"UserAgent","value":"agent/1"},{"key":"ResultStatusDetail","value":"Success detail"}]
            format                        unified_audit_search
            degraded                      false
            ── row 2 ────────────────────────────────────────
            event_time                    2026-03-14T08:09:12Z
            id                            00000000-0000-0000-0000-000000000007
            record_type                   AzureActiveDirectoryStsLogon
            operation                     UserLoggedIn
            activity                      UserLoggedIn
            result                        success
            actor_upn                     ada@contoso.example
            format                        unified_audit_search
            degraded                      false
        "#]],
    );
}

/// A search whose records are an object and the text of one.
fn search() -> String {
    let logon = guids(LOGON).replace('\n', "");
    format!(
        r#"[{{"RecordType":"AzureActiveDirectoryStsLogon","CreationDate":"\/Date(1772438951000)\/","UserIds":"x","Operations":"UserLoginFailed","AuditData":{logon},"Identity":"i"}},
{{"RecordType":15,"CreationDate":"x","UserIds":"x","Operations":"x","AuditData":{}}}]"#,
        serde_json::to_string(
            &logon
                .replace("000008\"", "000010\"")
                .replace("UserLoginFailed", "UserLoggedIn")
                .replace('/', "\\/")
        )
        .unwrap()
    )
}

#[test]
fn unified_audit_search_json_with_the_record_as_object_or_text() {
    check_table(
        "unified_audit",
        "UAL.json",
        search(),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                    2026-03-02T08:09:11Z
            id                            00000000-0000-0000-0000-000000000008
            tenant_id                     00000000-0000-0000-0000-000000000002
            correlation_id                00000000-0000-0000-0000-000000000005
            signin_id                     00000000-0000-0000-0000-000000000008
            workload                      AzureActiveDirectory
            record_type                   AzureActiveDirectoryStsLogon
            operation                     UserLoginFailed
            activity                      UserLoginFailed
            result                        failure
            result_detail                 InvalidUserNameOrPassword
            error_code                    50126
            user_type                     regular
            actor_upn                     ada@contoso.example
            actor_id                      00000000-0000-0000-0000-000000000003
            user_key                      00000000-0000-0000-0000-000000000003
            client_ip                     2001:db8::1
            user_agent                    agent/1
            application_id                00000000-0000-0000-0000-000000000006
            object_id                     00000000-0000-0000-0000-000000000004
            target_id                     00000000-0000-0000-0000-000000000004
            actors                        [{"type":"0","id":"00000000-0000-0000-0000-000000000003"},{"type":"5","id":"ada@contoso.example"}]
            targets                       [{"type":"0","id":"00000000-0000-0000-0000-000000000004"}]
            modified_properties           []
            details                       [{"key":"ResultStatusDetail","value":"Success"},{"key":"UserAgent","value":"agent/1"},{"key":"RequestType","value":"OAuth2:Token"}]
            format                        unified_audit_search
            degraded                      false
            ── row 2 ────────────────────────────────────────
            event_time                    2026-03-02T08:09:11Z
            id                            00000000-0000-0000-0000-000000000010
            tenant_id                     00000000-0000-0000-0000-000000000002
            correlation_id                00000000-0000-0000-0000-000000000005
            signin_id                     00000000-0000-0000-0000-000000000010
            workload                      AzureActiveDirectory
            record_type                   AzureActiveDirectoryStsLogon
            operation                     UserLoggedIn
            activity                      UserLoggedIn
            result                        success
            result_detail                 InvalidUserNameOrPassword
            error_code                    50126
            user_type                     regular
            actor_upn                     ada@contoso.example
            actor_id                      00000000-0000-0000-0000-000000000003
            user_key                      00000000-0000-0000-0000-000000000003
            client_ip                     2001:db8::1
            user_agent                    agent/1
            application_id                00000000-0000-0000-0000-000000000006
            object_id                     00000000-0000-0000-0000-000000000004
            target_id                     00000000-0000-0000-0000-000000000004
            actors                        [{"type":"0","id":"00000000-0000-0000-0000-000000000003"},{"type":"5","id":"ada@contoso.example"}]
            targets                       [{"type":"0","id":"00000000-0000-0000-0000-000000000004"}]
            modified_properties           []
            details                       [{"key":"ResultStatusDetail","value":"Success"},{"key":"UserAgent","value":"agent/1"},{"key":"RequestType","value":"OAuth2:Token"}]
            format                        unified_audit_search
            degraded                      false
        "#]],
    );
}

#[test]
fn unified_audit_search_csv_of_purview() {
    let text = format!(
        "\u{FEFF}RecordId,CreationDate,RecordType,Operation,UserId,AuditData,AssociatedAdminUnits,AssociatedAdminUnitsNames\r\n\
         {0},2026-03-02T08:09:10.0000000Z,8,Add member to group.,ada@contoso.example,{1},,\r\n\
         {2},2026-03-02T08:09:12.0000000Z,15,UserLoggedIn,bo@contoso.example,,,\r\n",
        guids("~01"),
        cell(AUDIT),
        guids("~09")
    );
    check_table(
        "unified_audit",
        "Purview.csv",
        text,
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                    2026-03-02T08:09:10Z
            id                            00000000-0000-0000-0000-000000000001
            tenant_id                     00000000-0000-0000-0000-000000000002
            correlation_id                00000000-0000-0000-0000-000000000004
            signin_id                     00000000-0000-0000-0000-000000000005
            workload                      AzureActiveDirectory
            record_type                   AzureActiveDirectory
            operation                     Add member to group.
            activity                      Add member to group
            result                        success
            result_detail                 Success detail
            user_type                     admin
            actor_upn                     ada@contoso.example
            actor_id                      00000000-0000-0000-0000-000000000003
            actor_name                    Ada
            user_key                      1003200000000001@contoso.example
            client_ip                     192.0.2.1
            user_agent                    agent/1
            object_id                     bo@contoso.example
            target_id                     00000000-0000-0000-0000-000000000006
            target_name                   Bo
            target_upn                    bo@contoso.example
            target_type                   User
            actors                        [{"type":"5","id":"ada@contoso.example"},{"type":"3","id":"1003200000000001"},{"type":"1","id":"Ada"},{"type":"2","id":"User_00000000-0000-0000-0000-000000000003"},{"type":"0","id":"00000000-0000-0000-0000-000000000003"},{"type":"2","id":"User"}]
            targets                       [{"type":"2","id":"User_00000000-0000-0000-0000-000000000006"},{"type":"0","id":"00000000-0000-0000-0000-000000000006"},{"type":"2","id":"User"},{"type":"5","id":"bo@contoso.example"},{"type":"1","id":"Bo"}]
            modified_properties           [{"name":"Group.DisplayName","old_value":"[]","new_value":"[\r\n  \"Team\"\r\n]"},{"name":"TargetId.UserType","old_value":"","new_value":"Member"}]
            details                       [{"key":"additionalDetails","value":"{\"User-Agent\":\"agent/2\"}"},{"key":"extendedAuditEventCategory","value":"Group"},{"key":"UserAgent","value":"agent/1"},{"key":"ResultStatusDetail","value":"Success detail"}]
            format                        unified_audit_search
            degraded                      false
            ── row 2 ────────────────────────────────────────
            event_time                    2026-03-02T08:09:12Z
            id                            00000000-0000-0000-0000-000000000009
            record_type                   AzureActiveDirectoryStsLogon
            operation                     UserLoggedIn
            activity                      UserLoggedIn
            result                        success
            actor_upn                     bo@contoso.example
            format                        unified_audit_search
            degraded                      false
        "#]],
    );
}
