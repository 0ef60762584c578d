//! What PowerShell makes of Graph's objects: objects with capital letters, objects cut at a depth, and CSV.

use expect_test::expect;

use crate::support::{check_table, csv_of, guids};

#[test]
fn powershell_audit_object() {
    let text = r##"{"ActivityDateTime":"2026-03-02T09:09:10.1234567+01:00","ActivityDisplayName":"Update user","AdditionalDetails":[{"Key":"User-Agent","Value":"agent/1"}],
"Category":"UserManagement","CorrelationId":"~01","Id":"Directory_1","InitiatedBy":{"App":{"AppId":null,"DisplayName":null,"ServicePrincipalId":null,"ServicePrincipalName":null},
"User":{"DisplayName":"Ada","HomeTenantId":"~02","Id":"~03","IPAddress":"192.0.2.1","UserPrincipalName":"ada@contoso.example","AdditionalProperties":{}}},"LoggedByService":"Core Directory",
"OperationType":"Update","Result":"success","ResultReason":"","TargetResources":[{"DisplayName":"Bo","GroupType":"unknownFutureValue","Id":"~04","ModifiedProperties":[
{"DisplayName":"Department","NewValue":"[\"b\"]","OldValue":"[\"a\"]"}],"Type":"User","UserPrincipalName":"bo@contoso.example","AdditionalProperties":{}}],"AdditionalProperties":{}}"##;
    check_table(
        "audit",
        "audit.json",
        guids(text),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                    2026-03-02T08:09:10.123456Z
            id                            Directory_1
            correlation_id                00000000-0000-0000-0000-000000000001
            service                       Core Directory
            category                      UserManagement
            activity                      Update user
            operation_type                Update
            result                        success
            actor_type                    user
            actor_id                      00000000-0000-0000-0000-000000000003
            actor_upn                     ada@contoso.example
            actor_name                    Ada
            actor_ip                      192.0.2.1
            actor_user_agent              agent/1
            target_id                     00000000-0000-0000-0000-000000000004
            target_type                   User
            target_upn                    bo@contoso.example
            target_name                   Bo
            target_count                  1
            targets                       [{"id":"00000000-0000-0000-0000-000000000004","type":"User","name":"Bo","upn":"bo@contoso.example","group_type":"unknownFutureValue","modified_properties":[{"name":"Department","old_value":"[\"a\"]","new_value":"[\"b\"]"}]}]
            details                       [{"key":"User-Agent","value":"agent/1"}]
            format                        graph_audit
            degraded                      false
        "#]],
    );
}

#[test]
fn windows_powershell_audit_object_cut_at_its_depth() {
    let text = r##"[{"Id":"Directory_1","ActivityDateTime":"\/Date(1772438950123)\/","ActivityDisplayName":"Update user","Category":"UserManagement","CorrelationId":"~01",
"InitiatedBy":{"App":null,"User":"@{Id=~02; DisplayName=Ada; Countess; UserPrincipalName=ada@contoso.example; IPAddress=192.0.2.1}"},"LoggedByService":"Core Directory","Result":0,
"AdditionalDetails":"","TargetResources":[{"Id":"~03","DisplayName":"Bo","Type":"User","UserPrincipalName":"bo@contoso.example","ModifiedProperties":"System.Object[]"}]},
{"Id":"Directory_2","ActivityDateTime":{"value":"\/Date(1772438951123)\/","DisplayHint":2,"DateTime":"Monday"},"ActivityDisplayName":"Add user","InitiatedBy":"Microsoft.Graph.PowerShell.Models.MicrosoftGraphAuditActivityInitiator",
"TargetResources":["Microsoft.Graph.PowerShell.Models.MicrosoftGraphTargetResource"],"Result":"failure"}]"##;
    check_table(
        "audit",
        "audit.json",
        guids(text),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                    2026-03-02T08:09:10.123Z
            id                            Directory_1
            correlation_id                00000000-0000-0000-0000-000000000001
            service                       Core Directory
            category                      UserManagement
            activity                      Update user
            result                        success
            actor_type                    user
            actor_id                      00000000-0000-0000-0000-000000000002
            actor_upn                     ada@contoso.example
            actor_name                    Ada; Countess
            actor_ip                      192.0.2.1
            target_id                     00000000-0000-0000-0000-000000000003
            target_type                   User
            target_upn                    bo@contoso.example
            target_name                   Bo
            target_count                  1
            targets                       [{"id":"00000000-0000-0000-0000-000000000003","type":"User","name":"Bo","upn":"bo@contoso.example","group_type":null,"modified_properties":[]}]
            format                        graph_audit
            degraded                      true
            ── row 2 ────────────────────────────────────────
            event_time                    2026-03-02T08:09:11.123Z
            id                            Directory_2
            activity                      Add user
            result                        failure
            target_count                  1
            targets                       [{"id":null,"type":null,"name":null,"upn":null,"group_type":null,"modified_properties":null}]
            format                        graph_audit
            degraded                      true
        "#]],
    );
}

#[test]
fn powershell_audit_csv_with_names_of_types() {
    let text = csv_of(
        "
ActivityDateTime=3/2/2026 8:09:10 AM
ActivityDisplayName=Update user
AdditionalDetails=Microsoft.Graph.PowerShell.Models.MicrosoftGraphKeyValue
Category=UserManagement
CorrelationId=~01
Id=Directory_1
InitiatedBy=Microsoft.Graph.PowerShell.Models.MicrosoftGraphAuditActivityInitiator
LoggedByService=Core Directory
OperationType=Update
Result=success
ResultReason=reason
TargetResources=System.Object[]
AdditionalProperties=System.Collections.Generic.Dictionary`2[System.String,System.Object]
",
    );
    check_table(
        "audit",
        "audit.csv",
        text,
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                    2026-03-02T08:09:10Z
            id                            Directory_1
            correlation_id                00000000-0000-0000-0000-000000000001
            service                       Core Directory
            category                      UserManagement
            activity                      Update user
            operation_type                Update
            result                        success
            result_reason                 reason
            target_count                  0
            format                        graph_audit
            degraded                      true
        "#]],
    );
}

#[test]
fn powershell_signin_object() {
    let text = r##"{"AppDisplayName":"App One","AppId":"~01","AppliedConditionalAccessPolicies":[{"DisplayName":"Block","EnforcedGrantControls":["Block"],"EnforcedSessionControls":[],"Id":"~02","Result":"notApplied"}],
"ClientAppUsed":"Browser","ConditionalAccessStatus":2,"CorrelationId":"~03","CreatedDateTime":"\/Date(1772438950123+0200)\/","DeviceDetail":{"Browser":"Edge 120","DeviceId":"","DisplayName":"","IsCompliant":false,"IsManaged":true,"OperatingSystem":"Windows 11","TrustType":""},
"IPAddress":"192.0.2.1","Id":"~04","IsInteractive":true,"Location":{"City":"Oslo","CountryOrRegion":"NO","GeoCoordinates":{"Altitude":null,"Latitude":59.5,"Longitude":10.25},"State":"Oslo fylke"},
"ResourceDisplayName":"Resource One","ResourceId":"~05","RiskDetail":"none","RiskEventTypes":["old"],"RiskEventTypesV2":["leakedCredentials"],"RiskLevelAggregated":"none","RiskLevelDuringSignIn":"none","RiskState":"none",
"Status":{"AdditionalDetails":"MFA denied","ErrorCode":50126,"FailureReason":"wrong password"},"UserDisplayName":"Ada","UserId":"~06","UserPrincipalName":"ada@contoso.example","AdditionalProperties":{}}"##;
    check_table(
        "signin",
        "signins.json",
        guids(text),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                  2026-03-02T08:09:10.123Z
            id                          00000000-0000-0000-0000-000000000004
            correlation_id              00000000-0000-0000-0000-000000000003
            signin_type                 interactive
            result                      failure
            error_code                  50126
            failure_reason              wrong password
            status_details              MFA denied
            user_id                     00000000-0000-0000-0000-000000000006
            user_upn                    ada@contoso.example
            user_name                   Ada
            app_id                      00000000-0000-0000-0000-000000000001
            app_name                    App One
            resource_id                 00000000-0000-0000-0000-000000000005
            resource_name               Resource One
            ip_address                  192.0.2.1
            city                        Oslo
            state                       Oslo fylke
            country                     NO
            latitude                    59.5
            longitude                   10.25
            client_app                  Browser
            operating_system            Windows 11
            browser                     Edge 120
            device_compliant            false
            device_managed              true
            conditional_access          notApplied
            policies                    [{"id":"00000000-0000-0000-0000-000000000002","name":"Block","result":"notApplied","grant_controls":"[\"Block\"]","session_controls":"[]","conditions_satisfied":null,"conditions_not_satisfied":null}]
            risk_level                  none
            risk_level_during_signin    none
            risk_state                  none
            risk_detail                 none
            risk_event_types            ["leakedCredentials"]
            format                      graph_signin
            degraded                    false
        "#]],
    );
}

#[test]
fn powershell_users_as_object_and_as_csv() {
    let text = r##"[{"Id":"~01","UserPrincipalName":"gus_fabrikam.example#EXT#@contoso.example","DisplayName":"Gus","Mail":"gus@fabrikam.example","OtherMails":["g@fabrikam.example"],"UserType":"Guest","CreationType":"Invitation",
"ExternalUserState":"PendingAcceptance","ExternalUserStateChangeDateTime":"\/Date(1772438950123)\/","AccountEnabled":true,"CreatedDateTime":"\/Date(1772438940000)\/","SignInActivity":{"LastSignInDateTime":null},
"Identities":[{"Issuer":"mail","IssuerAssignedId":"gus@fabrikam.example","SignInType":"federated"}],"Sponsors":null,"AdditionalProperties":{}}]"##;
    check_table(
        "(SELECT * EXCEPT (event_time) FROM directory_user)",
        "users.json",
        guids(text),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            id                              00000000-0000-0000-0000-000000000001
            upn                             gus_fabrikam.example#EXT#@contoso.example
            name                            Gus
            mail                            gus@fabrikam.example
            other_mails                     ["g@fabrikam.example"]
            user_type                       Guest
            creation_type                   Invitation
            external_user_state             PendingAcceptance
            external_user_state_changed_at  2026-03-02T08:09:10.123Z
            account_enabled                 true
            created_at                      2026-03-02T08:09:00Z
            identities                      [{"signin_type":"federated","issuer":"mail","issuer_assigned_id":"gus@fabrikam.example"}]
            format                          graph_user
            degraded                        false
        "#]],
    );
    let text = csv_of(
        "
Id=~01
UserPrincipalName=gus_fabrikam.example#EXT#@contoso.example
DisplayName=Gus
Mail=gus@fabrikam.example
UserType=Guest
AccountEnabled=TRUE
CreatedDateTime=3/2/2026 8:09:10 AM
SignInActivity.LastSignInDateTime=3/3/2026 8:09:10 AM
Identities=Microsoft.Graph.PowerShell.Models.MicrosoftGraphObjectIdentity
OtherMails=System.String[]
",
    );
    check_table(
        "(SELECT * EXCEPT (event_time) FROM directory_user)",
        "users.csv",
        text,
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            id                              00000000-0000-0000-0000-000000000001
            upn                             gus_fabrikam.example#EXT#@contoso.example
            name                            Gus
            mail                            gus@fabrikam.example
            user_type                       Guest
            account_enabled                 true
            created_at                      2026-03-02T08:09:10Z
            last_signin_at                  2026-03-03T08:09:10Z
            format                          graph_user
            degraded                        true
        "#]],
    );
}

#[test]
fn collector_risky_users_csv() {
    let text = csv_of(
        "
Id=~01
IsDeleted=False
IsProcessing=True
RiskDetail=none
RiskLastUpdatedDateTime=14/03/2026 08:09:10
RiskLevel=high
RiskState=atRisk
UserDisplayName=Ada
UserPrincipalName=ada@contoso.example
AdditionalProperties=System.Collections.Generic.Dictionary`2[System.String,System.Object]
",
    );
    check_table(
        "risky_user",
        "RiskyUsers.csv",
        text,
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time        2026-03-14T08:09:10Z
            id                00000000-0000-0000-0000-000000000001
            user_id           00000000-0000-0000-0000-000000000001
            user_upn          ada@contoso.example
            user_name         Ada
            risk_level        high
            risk_state        atRisk
            risk_detail       none
            is_deleted        false
            is_processing     true
            format            graph_risky_user
            degraded          false
        "#]],
    );
}

#[test]
fn collector_risk_detections_csv() {
    let text = csv_of(
        r#"
Activity=signin
ActivityDateTime=3/14/2026 8:09:10 AM
AdditionalInfo=[{"Key":"userAgent","Value":"agent/1"},{"Key":"alertUrl","Value":null}]
CorrelationId=~01
DetectedDateTime=3/14/2026 8:10:11 AM
IPAddress=192.0.2.1
Id=6a5874ca
LastUpdatedDateTime=3/14/2026 8:11:12 PM
City=Oslo
CountryOrRegion=NO
State=Oslo fylke
RequestId=~02
RiskDetail=none
RiskEventType=unfamiliarFeatures
RiskLevel=high
RiskState=atRisk
DetectionTimingType=realtime
Source=IdentityProtection
TokenIssuerType=AzureAD
UserDisplayName=Ada
UserId=~03
UserPrincipalName=ada@contoso.example
AdditionalProperties=System.Collections.Generic.Dictionary`2[System.String,System.Object]
"#,
    );
    check_table(
        "risk_detection",
        "RiskyDetections.csv",
        text,
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time         2026-03-14T08:09:10Z
            id                 6a5874ca
            correlation_id     00000000-0000-0000-0000-000000000001
            signin_id          00000000-0000-0000-0000-000000000002
            detected_at        2026-03-14T08:10:11Z
            updated_at         2026-03-14T20:11:12Z
            risk_event_type    unfamiliarFeatures
            risk_level         high
            risk_state         atRisk
            risk_detail        none
            source             IdentityProtection
            detection_timing   realtime
            activity           signin
            user_id            00000000-0000-0000-0000-000000000003
            user_upn           ada@contoso.example
            user_name          Ada
            ip_address         192.0.2.1
            city               Oslo
            state              Oslo fylke
            country            NO
            token_issuer_type  AzureAD
            user_agent         agent/1
            additional_info    [{"key":"userAgent","value":"agent/1"},{"key":"alertUrl","value":null}]
            format             graph_risk_detection
            degraded           false
        "#]],
    );
}
