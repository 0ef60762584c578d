//! Tables of Log Analytics: each once from raw text to every column, as rows, as a query's result and as CSV.

use expect_test::expect;

use crate::support::{check_table, csv_of, guids};

/// A row of `AuditLogs` with every column: cells of dynamic columns are JSON text.
const AUDIT: &str = r##"{"TenantId":"~99","SourceSystem":"Azure AD","TimeGenerated":"2026-03-02T08:09:10.123Z","ResourceId":"/tenants/~01/providers/Microsoft.aadiam",
"OperationName":"Update user","OperationVersion":"1.0","Category":"UserManagement","ResultType":"","ResultSignature":"None","ResultDescription":"","DurationMs":0,
"CorrelationId":"~02","Resource":"Microsoft.aadiam","ResourceGroup":"Microsoft.aadiam","ResourceProvider":"","Identity":"Ada","Level":"4","Location":"",
"AdditionalDetails":"[{\"value\":\"agent/1\",\"key\":\"User-Agent\"}]","Id":"Directory_1",
"InitiatedBy":"{\"user\":{\"id\":\"~03\",\"displayName\":\"Ada\",\"userPrincipalName\":\"ada@contoso.example\",\"ipAddress\":\"192.0.2.1\",\"roles\":[]}}",
"LoggedByService":"Core Directory","Result":"success","ResultReason":"reason",
"TargetResources":"[{\"id\":\"~04\",\"displayName\":\"Bo\",\"type\":\"User\",\"userPrincipalName\":\"bo@contoso.example\",\"modifiedProperties\":[{\"displayName\":\"Department\",\"oldValue\":\"[\\\"a\\\"]\",\"newValue\":\"[\\\"b\\\"]\"}],\"administrativeUnits\":[]}]",
"AADTenantId":"~01","ActivityDisplayName":"Update user","ActivityDateTime":"2026-03-02T08:09:10.0000000Z","AADOperationType":"Update","Type":"AuditLogs","_BilledSize":1234,"_IsBillable":"True"}"##;

#[test]
fn log_analytics_audit_rows() {
    check_table(
        "audit",
        "AuditLogs.json",
        guids(AUDIT),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                    2026-03-02T08:09:10Z
            id                            Directory_1
            tenant_id                     00000000-0000-0000-0000-000000000001
            correlation_id                00000000-0000-0000-0000-000000000002
            service                       Core Directory
            category                      UserManagement
            activity                      Update user
            operation_type                Update
            result                        success
            result_reason                 reason
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
            targets                       [{"id":"00000000-0000-0000-0000-000000000004","type":"User","name":"Bo","upn":"bo@contoso.example","group_type":null,"modified_properties":[{"name":"Department","old_value":"[\"a\"]","new_value":"[\"b\"]"}]}]
            details                       [{"key":"User-Agent","value":"agent/1"}]
            format                        log_analytics_audit
            degraded                      false
        "#]],
    );
}

#[test]
fn log_analytics_audit_query_result_with_older_columns_only() {
    let text = r##"{"tables":[{"name":"PrimaryResult","columns":[{"name":"TenantId","type":"string"},{"name":"TimeGenerated","type":"datetime"},
{"name":"OperationName","type":"string"},{"name":"ResultType","type":"string"},{"name":"ResultDescription","type":"string"},{"name":"InitiatedBy","type":"dynamic"},
{"name":"TargetResources","type":"dynamic"},{"name":"AdditionalDetails","type":"dynamic"},{"name":"Id","type":"string"},{"name":"LoggedByService","type":"string"},
{"name":"ResourceId","type":"string"},{"name":"Type","type":"string"}],"rows":[["~99","2026-03-02T08:09:10.123Z","Add service principal","0","outer reason",
"{\"app\":{\"appId\":\"~01\",\"displayName\":\"Worker\",\"servicePrincipalId\":\"~02\",\"servicePrincipalName\":null}}","[]",null,"Directory_2","Core Directory",
"/tenants/~03/providers/Microsoft.aadiam","AuditLogs"]]}]}"##;
    check_table(
        "audit",
        "query.json",
        guids(text),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                    2026-03-02T08:09:10.123Z
            id                            Directory_2
            tenant_id                     00000000-0000-0000-0000-000000000003
            service                       Core Directory
            activity                      Add service principal
            result                        success
            result_reason                 outer reason
            actor_type                    application
            actor_id                      00000000-0000-0000-0000-000000000002
            actor_name                    Worker
            actor_app_id                  00000000-0000-0000-0000-000000000001
            actor_service_principal_id    00000000-0000-0000-0000-000000000002
            target_count                  0
            targets                       []
            format                        log_analytics_audit
            degraded                      false
        "#]],
    );
}

#[test]
fn log_analytics_audit_csv_of_the_portal() {
    let text = csv_of(
        r#"
TenantId=~99
SourceSystem=Azure AD
TimeGenerated [UTC]=3/2/2026, 2:09:10.123 PM
ResourceId=/tenants/~01/providers/Microsoft.aadiam
OperationName=Invite external user
Category=UserManagement
ResultType=
ResultSignature=None
ResultDescription=
DurationMs=0
CorrelationId=~02
Identity=
Level=4
AdditionalDetails=[{"key":"invitedUserEmailAddress","value":"gus@fabrikam.example"},{"key":"ipaddr","value":"192.0.2.7"}]
Id=Invited Users_1
InitiatedBy=
InitiatedBy_dynamic={"user":{"id":"~03","userPrincipalName":"ada@contoso.example"}}
InitiatedBy_string=
LoggedByService=Invited Users
Result=failure
ResultReason=N/A
TargetResources=[{"displayName":"gus@fabrikam.example","id":null,"type":"User"}]
AADTenantId=~01
ActivityDisplayName=Invite external user
ActivityDateTime [UTC]=3/2/2026, 2:09:10.101 PM
AADOperationType=Add
Type=AuditLogs
targetDisplayName=gus
"#,
    );
    check_table(
        "audit",
        "query_data.csv",
        text,
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                    2026-03-02T14:09:10.101Z
            id                            Invited Users_1
            tenant_id                     00000000-0000-0000-0000-000000000001
            correlation_id                00000000-0000-0000-0000-000000000002
            service                       Invited Users
            category                      UserManagement
            activity                      Invite external user
            operation_type                Add
            result                        failure
            actor_type                    user
            actor_id                      00000000-0000-0000-0000-000000000003
            actor_upn                     ada@contoso.example
            actor_ip                      192.0.2.7
            target_type                   User
            target_name                   gus@fabrikam.example
            target_count                  1
            targets                       [{"id":null,"type":"User","name":"gus@fabrikam.example","upn":null,"group_type":null,"modified_properties":null}]
            details                       [{"key":"invitedUserEmailAddress","value":"gus@fabrikam.example"},{"key":"ipaddr","value":"192.0.2.7"}]
            format                        log_analytics_audit
            degraded                      false
        "#]],
    );
}

/// Most columns of `SigninLogs`; nested ones are JSON text.
const SIGNIN: &str = r##"{"TenantId":"~99","TimeGenerated":"2026-03-02T08:09:20.123Z","ResourceId":"/tenants/~01/providers/Microsoft.aadiam","OperationName":"Sign-in activity",
"Category":"SignInLogs","ResultType":"50126","ResultSignature":"None","ResultDescription":"wrong password","DurationMs":0,"CorrelationId":"~02","Resource":"Microsoft.aadiam","Identity":"Ada","Level":"4",
"Location":"SE","AADTenantId":"~01","AlternateSignInName":"ada","AppDisplayName":"App One","AppId":"~03",
"AuthenticationDetails":"[{\"authenticationStepDateTime\":\"2026-03-02T08:09:09.0000000Z\",\"authenticationMethod\":\"Password\",\"authenticationMethodDetail\":\"cloud\",\"succeeded\":false,\"authenticationStepResultDetail\":\"wrong\",\"authenticationStepRequirement\":\"\"}]",
"AuthenticationMethodsUsed":"","AuthenticationProcessingDetails":"[]","AuthenticationRequirement":"multiFactorAuthentication","AuthenticationRequirementPolicies":"[]","ClientAppUsed":"Browser",
"ConditionalAccessPolicies":"[{\"id\":\"~04\",\"displayName\":\"Block\",\"enforcedGrantControls\":[\"Block\"],\"enforcedSessionControls\":[],\"result\":\"notApplied\",\"conditionsSatisfied\":3,\"conditionsNotSatisfied\":1}]",
"ConditionalAccessStatus":"notApplied","CreatedDateTime":"2026-03-02T08:09:10.123Z",
"DeviceDetail":"{\"deviceId\":\"~05\",\"displayName\":\"laptop\",\"operatingSystem\":\"Windows 11\",\"browser\":\"Edge 120\",\"isCompliant\":true,\"isManaged\":false,\"trustType\":\"Azure AD joined\"}",
"FlaggedForReview":false,"HomeTenantId":"~06","Id":"~07","IPAddress":"192.0.2.1","IPAddressFromResourceProvider":"","IsInteractive":true,"IsRisky":false,
"LocationDetails":"{\"city\":\"Oslo\",\"state\":\"Oslo fylke\",\"countryOrRegion\":\"NO\",\"geoCoordinates\":{\"latitude\":59.5,\"longitude\":10.25}}",
"MfaDetail":"{\"authMethod\":\"Text message\",\"authDetail\":\"+XX\"}","NetworkLocationDetails":"[]","OriginalRequestId":"~08","ProcessingTimeInMilliseconds":"117","ResourceDisplayName":"Resource One",
"ResourceIdentity":"~09","ResourceTenantId":"~10","RiskDetail":"none","RiskEventTypes":"[]","RiskEventTypes_V2":"[\"leakedCredentials\"]","RiskLevelAggregated":"low","RiskLevelDuringSignIn":"medium","RiskState":"atRisk",
"ServicePrincipalId":"","ServicePrincipalName":"","SignInIdentifier":"ada","Status":"{\"errorCode\":50126,\"failureReason\":\"inner reason\",\"additionalDetails\":\"MFA denied\"}","TokenIssuerName":"","TokenIssuerType":"AzureAD",
"UserAgent":"agent/1","UserDisplayName":"Ada","UserId":"~11","UserPrincipalName":"ada@contoso.example","UserType":"Guest","Type":"SigninLogs"}"##;

#[test]
fn log_analytics_signin_rows() {
    check_table(
        "signin",
        "SigninLogs.json",
        guids(SIGNIN),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                  2026-03-02T08:09:10.123Z
            id                          00000000-0000-0000-0000-000000000007
            tenant_id                   00000000-0000-0000-0000-000000000001
            correlation_id              00000000-0000-0000-0000-000000000002
            signin_type                 interactive
            result                      failure
            error_code                  50126
            failure_reason              inner reason
            status_details              MFA denied
            user_id                     00000000-0000-0000-0000-000000000011
            user_upn                    ada@contoso.example
            user_name                   Ada
            user_type                   guest
            app_id                      00000000-0000-0000-0000-000000000003
            app_name                    App One
            resource_id                 00000000-0000-0000-0000-000000000009
            resource_name               Resource One
            home_tenant_id              00000000-0000-0000-0000-000000000006
            resource_tenant_id          00000000-0000-0000-0000-000000000010
            ip_address                  192.0.2.1
            city                        Oslo
            state                       Oslo fylke
            country                     NO
            latitude                    59.5
            longitude                   10.25
            user_agent                  agent/1
            client_app                  Browser
            authentication_requirement  multiFactorAuthentication
            mfa_method                  Text message
            mfa_detail                  +XX
            original_request_id         00000000-0000-0000-0000-000000000008
            device_id                   00000000-0000-0000-0000-000000000005
            device_name                 laptop
            operating_system            Windows 11
            browser                     Edge 120
            device_compliant            true
            device_managed              false
            device_trust_type           Azure AD joined
            conditional_access          notApplied
            policies                    [{"id":"00000000-0000-0000-0000-000000000004","name":"Block","result":"notApplied","grant_controls":"[\"Block\"]","session_controls":"[]","conditions_satisfied":"3","conditions_not_satisfied":"1"}]
            steps                       [{"time":"2026-03-02T08:09:09Z","method":"Password","method_detail":"cloud","succeeded":false,"result_detail":"wrong","requirement":null}]
            risk_level                  low
            risk_level_during_signin    medium
            risk_state                  atRisk
            risk_detail                 none
            risk_event_types            ["leakedCredentials"]
            token_issuer_type           AzureAD
            flagged_for_review          false
            processing_ms               117
            format                      log_analytics_signin
            degraded                    false
        "#]],
    );
}

#[test]
fn log_analytics_non_interactive_signin_rows() {
    let text = r##"{"TenantId":"~99","TimeGenerated":"2026-03-02T08:09:20.123Z","OperationName":"Sign-in activity","Category":"NonInteractiveUserSignInLogs","ResultType":"0","ResultDescription":"",
"CorrelationId":"~01","Identity":"Ada","Location":"NO","AppDisplayName":"App One","AppId":"~02","AppOwnerTenantId":"~98","AuthenticationProtocol":"none","AuthenticationRequirement":"singleFactorAuthentication",
"AutonomousSystemNumber":"64500","ClientAppUsed":"Mobile Apps and Desktop clients","ConditionalAccessPolicies":"[]","ConditionalAccessStatus":"success","CreatedDateTime":"2026-03-02T08:09:10.123Z","CrossTenantAccessType":"passthrough",
"DeviceDetail":"{\"operatingSystem\":\"MacOs\"}","HomeTenantId":"~03","HomeTenantName":"Home","Id":"~04","IncomingTokenType":"refreshToken","IPAddress":"2001:DB8::1","IsInteractive":false,
"LocationDetails":"{\"city\":\"\",\"countryOrRegion\":\"NO\",\"geoCoordinates\":{\"latitude\":0.0,\"longitude\":0.0}}","OriginalTransferMethod":"none","ProcessingTimeInMs":"42","ResourceDisplayName":"Resource One","ResourceIdentity":"~05",
"ResourceTenantId":"~06","SessionId":"~07","SignInEventTypes":"[\"nonInteractiveUser\"]","Status":"{\"errorCode\":0,\"additionalDetails\":\"claim in the token\"}","UniqueTokenIdentifier":"token-1","UserAgent":"agent/1",
"UserId":"~08","UserPrincipalName":"ada@contoso.example","UserType":"Member","AADTenantId":"~97","Type":"AADNonInteractiveUserSignInLogs"}"##;
    check_table(
        "signin",
        "rows.json",
        guids(text),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                  2026-03-02T08:09:10.123Z
            id                          00000000-0000-0000-0000-000000000004
            tenant_id                   00000000-0000-0000-0000-000000000097
            correlation_id              00000000-0000-0000-0000-000000000001
            signin_type                 non_interactive
            result                      success
            error_code                  0
            status_details              claim in the token
            user_id                     00000000-0000-0000-0000-000000000008
            user_upn                    ada@contoso.example
            user_type                   member
            app_id                      00000000-0000-0000-0000-000000000002
            app_name                    App One
            resource_id                 00000000-0000-0000-0000-000000000005
            resource_name               Resource One
            home_tenant_id              00000000-0000-0000-0000-000000000003
            resource_tenant_id          00000000-0000-0000-0000-000000000006
            cross_tenant_access_type    passthrough
            ip_address                  2001:db8::1
            autonomous_system_number    64500
            country                     NO
            user_agent                  agent/1
            client_app                  Mobile Apps and Desktop clients
            authentication_protocol     none
            original_transfer_method    none
            authentication_requirement  singleFactorAuthentication
            incoming_token_type         refreshToken
            unique_token_id             token-1
            session_id                  00000000-0000-0000-0000-000000000007
            operating_system            MacOs
            conditional_access          success
            policies                    []
            processing_ms               42
            format                      log_analytics_signin
            degraded                    false
        "#]],
    );
}

#[test]
fn log_analytics_signins_of_a_service_principal_and_a_managed_identity() {
    let row = |table: &str, n: u8| {
        format!(
            r#"{{"TenantId":"~99","TimeGenerated":"2026-03-02T08:09:1{n}.123Z","OperationName":"Sign-in activity","Category":"x","ResultType":"7000215","ResultDescription":"secret","CorrelationId":"~01","Identity":"job",
"Location":"IE","LocationDetails":"{{\"city\":\"Dublin\",\"state\":\"Dublin\",\"countryOrRegion\":\"IE\"}}","AppId":"~02","Id":"~0{n}","IPAddress":"192.0.2.4","ResourceDisplayName":"Vault","ResourceIdentity":"~05",
"ServicePrincipalId":"~06","ServicePrincipalName":"job","ServicePrincipalCredentialKeyId":"~07","Type":"{table}"}}"#
        )
    };
    let text = [row("AADServicePrincipalSignInLogs", 3), row("AADManagedIdentitySignInLogs", 4)].join("\n");
    check_table(
        "signin",
        "rows.json",
        guids(&text),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                  2026-03-02T08:09:13.123Z
            id                          00000000-0000-0000-0000-000000000003
            correlation_id              00000000-0000-0000-0000-000000000001
            signin_type                 service_principal
            result                      failure
            error_code                  7000215
            failure_reason              secret
            app_id                      00000000-0000-0000-0000-000000000002
            resource_id                 00000000-0000-0000-0000-000000000005
            resource_name               Vault
            service_principal_id        00000000-0000-0000-0000-000000000006
            service_principal_name      job
            credential_key_id           00000000-0000-0000-0000-000000000007
            ip_address                  192.0.2.4
            city                        Dublin
            state                       Dublin
            country                     IE
            format                      log_analytics_signin
            degraded                    false
            ── row 2 ────────────────────────────────────────
            event_time                  2026-03-02T08:09:14.123Z
            id                          00000000-0000-0000-0000-000000000004
            correlation_id              00000000-0000-0000-0000-000000000001
            signin_type                 managed_identity
            result                      failure
            error_code                  7000215
            failure_reason              secret
            app_id                      00000000-0000-0000-0000-000000000002
            resource_id                 00000000-0000-0000-0000-000000000005
            resource_name               Vault
            service_principal_id        00000000-0000-0000-0000-000000000006
            service_principal_name      job
            credential_key_id           00000000-0000-0000-0000-000000000007
            ip_address                  192.0.2.4
            city                        Dublin
            state                       Dublin
            country                     IE
            format                      log_analytics_signin
            degraded                    false
        "#]],
    );
}

#[test]
fn log_analytics_provisioning_rows() {
    let text = r##"{"TenantId":"~99","TimeGenerated":"2026-03-02T08:09:20.123Z","AADTenantId":"~01","ActivityDateTime":"2026-03-02T08:09:10.123Z","ChangeId":"~02","CorrelationId":"~02","CycleId":"~03","DurationMs":117,"Id":"~04","JobId":"job.1",
"OperationName":"Provisioning activity","ProvisioningAction":"create","ResultType":"Failure","ResultSignature":"E1","ResultDescription":"no licence","InitiatedBy":"{\"Id\":\"\",\"Name\":\"HR service\",\"Type\":\"System\"}",
"ServicePrincipal":"{\"Id\":\"~05\",\"Name\":\"HR connector\"}","SourceSystem":"{\"Id\":\"~06\",\"Name\":\"HR\",\"details\":{}}","TargetSystem":"{\"Id\":\"~07\",\"Name\":\"Directory\"}",
"SourceIdentity":"{\"Id\":\"s-1\",\"Name\":\"Bo (HR)\",\"Type\":\"Worker\",\"details\":{}}","TargetIdentity":"{\"Id\":\"~08\",\"Name\":\"Bo\",\"Type\":\"User\"}",
"ProvisioningSteps":"[{\"name\":\"EntryImport\",\"type\":0,\"status\":0,\"description\":\"read\",\"details\":{\"a\":\"b\"}}]","ModifiedProperties":"[{\"displayName\":\"active\",\"oldValue\":null,\"newValue\":\"True\"}]",
"ProvisioningStatusInfo":"{\"status\":\"failure\",\"errorInformation\":{\"errorCode\":\"E1\",\"reason\":\"inner reason\"}}","Type":"AADProvisioningLogs"}"##;
    check_table(
        "provisioning",
        "rows.json",
        guids(text),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time              2026-03-02T08:09:10.123Z
            id                      00000000-0000-0000-0000-000000000004
            tenant_id               00000000-0000-0000-0000-000000000001
            correlation_id          00000000-0000-0000-0000-000000000002
            job_id                  job.1
            cycle_id                00000000-0000-0000-0000-000000000003
            change_id               00000000-0000-0000-0000-000000000002
            action                  create
            status                  failure
            error_code              E1
            reason                  inner reason
            service_principal_id    00000000-0000-0000-0000-000000000005
            service_principal_name  HR connector
            source_system           HR
            target_system           Directory
            initiator_type          system
            initiator_name          HR service
            source_id               s-1
            source_name             Bo (HR)
            source_type             Worker
            target_id               00000000-0000-0000-0000-000000000008
            target_name             Bo
            target_type             User
            duration_ms             117
            steps                   [{"name":"EntryImport","type":"import","status":"success","description":"read","details":"{\"a\":\"b\"}"}]
            modified_properties     [{"name":"active","old_value":null,"new_value":"True"}]
            format                  log_analytics_provisioning
            degraded                false
        "#]],
    );
}

#[test]
fn log_analytics_risk_detection_rows() {
    let text = r##"{"TenantId":"~99","TimeGenerated":"2026-03-02T08:11:20.123Z","Activity":"signin","ActivityDateTime":"2026-03-02T08:09:10.123Z","AdditionalInfo":"[{\"Key\":\"userAgent\",\"Value\":\"agent/1\"}]","CorrelationId":"~01",
"DetectedDateTime":"2026-03-02T08:10:11Z","DetectionTimingType":"realtime","Id":"6a5874ca","IpAddress":"192.0.2.1","LastUpdatedDateTime":"2026-03-02T08:11:12Z",
"Location":"{\"city\":\"Oslo\",\"state\":\"Oslo fylke\",\"countryOrRegion\":\"NO\",\"geoCoordinates\":{}}","OperationName":"User Risk Detection","RequestId":"~02","RiskDetail":"none","RiskEventType":"unfamiliarFeatures","RiskLevel":"high","RiskState":"atRisk",
"Source":"IdentityProtection","SourceSystem":"Azure AD","TokenIssuerType":"AzureAD","UserDisplayName":"Ada","UserId":"~03","UserPrincipalName":"ada@contoso.example","Type":"AADUserRiskEvents"}"##;
    check_table(
        "risk_detection",
        "rows.json",
        guids(text),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time         2026-03-02T08:09:10.123Z
            id                 6a5874ca
            correlation_id     00000000-0000-0000-0000-000000000001
            signin_id          00000000-0000-0000-0000-000000000002
            detected_at        2026-03-02T08:10:11Z
            updated_at         2026-03-02T08:11:12Z
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
            additional_info    [{"key":"userAgent","value":"agent/1"}]
            format             log_analytics_risk_detection
            degraded           false
        "#]],
    );
}

#[test]
fn log_analytics_risky_user_rows() {
    let text = r##"{"TenantId":"~99","TimeGenerated":"2026-03-02T08:09:20.123Z","CorrelationId":"~01","Id":"~01","IsDeleted":"False","IsGuest":true,"IsProcessing":false,"OperationName":"Risky user","RiskDetail":"none","RiskLastUpdatedDateTime":"2026-03-02T08:09:10.123Z",
"RiskLevel":"high","RiskState":"atRisk","SourceSystem":"Azure AD","UserDisplayName":"Ada","UserPrincipalName":"ada@contoso.example","Type":"AADRiskyUsers"}"##;
    check_table(
        "risky_user",
        "rows.json",
        guids(text),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time        2026-03-02T08:09:10.123Z
            id                00000000-0000-0000-0000-000000000001
            user_id           00000000-0000-0000-0000-000000000001
            user_upn          ada@contoso.example
            user_name         Ada
            risk_level        high
            risk_state        atRisk
            risk_detail       none
            is_deleted        false
            is_guest          true
            is_processing     false
            format            log_analytics_risky_user
            degraded          false
        "#]],
    );
}

#[test]
fn log_analytics_graph_activity_rows() {
    let text = r##"{"TenantId":"~99","TimeGenerated":"2026-03-02T08:09:10.123Z","AadTenantId":"~01","ApiVersion":"v1.0","AppId":"~02","ATContent":"","ClientAuthMethod":2,"ClientRequestId":"~03","DeviceId":"~04","DurationMs":117,"IdentityProvider":"https://sts.example/",
"IPAddress":"2001:DB8::1","Location":"North Europe","OperationId":"~05","RequestId":"~06","RequestMethod":"GET","RequestUri":"https://graph.microsoft.com/v1.0/users","ResponseSizeBytes":2048,"ResponseStatusCode":403,"Roles":"User.Read.All","Scopes":"openid",
"ServicePrincipalId":"~07","SessionId":"~08","SignInActivityId":"token-1","SourceSystem":"x","TokenIssuedAt":"2026-03-02T08:00:10Z","UniqueTokenId":"token-2","UserAgent":"agent/1","UserId":"~09","Wids":"~10","Type":"MicrosoftGraphActivityLogs"}"##;
    check_table(
        "graph_activity",
        "rows.json",
        guids(text),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time            2026-03-02T08:09:10.123Z
            id                    00000000-0000-0000-0000-000000000006
            tenant_id             00000000-0000-0000-0000-000000000001
            correlation_id        00000000-0000-0000-0000-000000000003
            request_method        GET
            request_uri           https://graph.microsoft.com/v1.0/users
            api_version           v1.0
            response_status_code  403
            response_size_bytes   2048
            duration_ms           117
            ip_address            2001:db8::1
            user_agent            agent/1
            app_id                00000000-0000-0000-0000-000000000002
            user_id               00000000-0000-0000-0000-000000000009
            service_principal_id  00000000-0000-0000-0000-000000000007
            signin_token_id       token-1
            session_id            00000000-0000-0000-0000-000000000008
            device_id             00000000-0000-0000-0000-000000000004
            roles                 User.Read.All
            scopes                openid
            directory_roles       00000000-0000-0000-0000-000000000010
            client_auth_method    2
            identity_provider     https://sts.example/
            token_issued_at       2026-03-02T08:00:10Z
            location              North Europe
            format                log_analytics_graph_activity
            degraded              false
        "#]],
    );
}
