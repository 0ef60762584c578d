//! Azure Monitor's diagnostic records: each category once from raw text to every column.

use expect_test::expect;

use crate::support::{check_table, guids};

#[test]
fn monitor_audit() {
    let text = r##"{"time":"2026-03-02T08:09:20.0000000Z","resourceId":"/tenants/~01/providers/Microsoft.aadiam","operationName":"Update user",
"operationVersion":"1.0","category":"AuditLogs","tenantId":"~02","resultSignature":"None","durationMs":0,"callerIpAddress":"<null>","correlationId":"~99",
"Level":4,"properties":{"id":"Directory_1","category":"UserManagement","correlationId":"~03","result":"success","resultReason":"reason",
"activityDisplayName":"Update user","activityDateTime":"2026-03-02T08:09:10.1234567+00:00","loggedByService":"Core Directory","operationType":"Update",
"userAgent":"agent/1","initiatedBy":{"user":{"id":"~04","displayName":"Ada","userPrincipalName":"ada@contoso.example","ipAddress":"192.0.2.1","roles":[]}},
"targetResources":[{"id":"~05","displayName":"Bo","type":"User","userPrincipalName":"bo@contoso.example","groupType":null,
"modifiedProperties":[{"displayName":"Department","oldValue":"[\"a\"]","newValue":"[\"b\"]"}],"administrativeUnits":[{"id":"~06"}]}],
"additionalDetails":[{"key":"User-Agent","value":"agent/2"}],"tenantId":"~02","resultType":"","resultDescription":"","operationName":"Update user",
"identity":"","tenantGeo":"EU"}}"##;
    check_table(
        "audit",
        "PT1H.json",
        guids(text).replace('\n', ""),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                    2026-03-02T08:09:10.123456Z
            id                            Directory_1
            tenant_id                     00000000-0000-0000-0000-000000000002
            correlation_id                00000000-0000-0000-0000-000000000003
            service                       Core Directory
            category                      UserManagement
            activity                      Update user
            operation_type                Update
            result                        success
            result_reason                 reason
            actor_type                    user
            actor_id                      00000000-0000-0000-0000-000000000004
            actor_upn                     ada@contoso.example
            actor_name                    Ada
            actor_ip                      192.0.2.1
            actor_user_agent              agent/1
            target_id                     00000000-0000-0000-0000-000000000005
            target_type                   User
            target_upn                    bo@contoso.example
            target_name                   Bo
            target_count                  1
            targets                       [{"id":"00000000-0000-0000-0000-000000000005","type":"User","name":"Bo","upn":"bo@contoso.example","group_type":null,"modified_properties":[{"name":"Department","old_value":"[\"a\"]","new_value":"[\"b\"]"}]}]
            details                       [{"key":"User-Agent","value":"agent/2"}]
            format                        monitor_audit
            degraded                      false
        "#]],
    );
}

#[test]
fn monitor_audit_takes_from_the_envelope_what_the_payload_lacks() {
    let text = r#"{"time":"2026-03-02T08:09:20.5Z","resourceId":"/TENANTS/~0A/providers/microsoft.aadiam","operationName":"Add group","category":"AuditLogs",
"callerIpAddress":"2001:DB8::1","correlationId":"~07","level":"Informational","properties":{"id":"1","activityDisplayName":"Add group","initiatedBy":{"app":
{"appId":"~08","displayName":"Worker","servicePrincipalId":"~09","servicePrincipalName":null}},"targetResources":[]}}"#;
    check_table(
        "audit",
        "PT1H.json",
        guids(text),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                    2026-03-02T08:09:20.500Z
            id                            1
            tenant_id                     00000000-0000-0000-0000-00000000000a
            correlation_id                00000000-0000-0000-0000-000000000007
            activity                      Add group
            actor_type                    application
            actor_id                      00000000-0000-0000-0000-000000000009
            actor_name                    Worker
            actor_app_id                  00000000-0000-0000-0000-000000000008
            actor_service_principal_id    00000000-0000-0000-0000-000000000009
            actor_ip                      2001:db8::1
            target_count                  0
            targets                       []
            format                        monitor_audit
            degraded                      false
        "#]],
    );
}

#[test]
fn monitor_audit_2018() {
    let text = r##"{"records":[{"time":"2018-03-14T08:02:11.4471904Z","resourceId":"/tenants/~01/providers/Microsoft.aadiam","operationName":"Update user",
"operationVersion":"1.0","category":"Audit","tenantId":"~02","resultType":"Success","resultSignature":"None","resultDescription":"reason","durationMs":0,
"callerIpAddress":"192.0.2.1","correlationId":"~03","identity":"ada@contoso.example","Level":"4","location":"WUS","properties":{"identityType":"UPN",
"operationType":"Update","additionalDetails":{"User-Agent":"agent/1","k":"v"},"additionalTargets":"","targetUpdatedProperties":[
{"Name":"Department","OldValue":["a"],"NewValue":"[\"b\"]"}],"targetResourceType":"UPN__TenantContextID__PUID__ObjectID__ObjectClass",
"targetResourceName":"bo@contoso.example__~02__1003__~04__User","auditEventCategory":"UserManagement"}}]}"##;
    check_table(
        "audit",
        "PT1H.json",
        guids(text),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                    2018-03-14T08:02:11.447190Z
            id                            auditql:f848431d72e0db90ba06f1d72f785c70
            tenant_id                     00000000-0000-0000-0000-000000000002
            correlation_id                00000000-0000-0000-0000-000000000003
            category                      UserManagement
            activity                      Update user
            operation_type                Update
            result                        success
            result_reason                 reason
            actor_type                    user
            actor_upn                     ada@contoso.example
            actor_ip                      192.0.2.1
            actor_user_agent              agent/1
            target_id                     00000000-0000-0000-0000-000000000004
            target_type                   User
            target_upn                    bo@contoso.example
            target_count                  1
            targets                       [{"id":"00000000-0000-0000-0000-000000000004","type":"User","name":null,"upn":"bo@contoso.example","group_type":null,"modified_properties":[{"name":"Department","old_value":"[\"a\"]","new_value":"[\"b\"]"}]}]
            details                       [{"key":"User-Agent","value":"agent/1"},{"key":"k","value":"v"}]
            format                        monitor_audit_2018
            degraded                      false
        "#]],
    );
}

#[test]
fn monitor_audit_2018_of_nobody() {
    let text = r##"{"records":[{"time":"2018-03-14T08:02:11Z","resourceId":"/tenants/~01/providers/Microsoft.aadiam","operationName":"Add service principal",
"category":"Audit","resultType":"Failure","callerIpAddress":"<null>","correlationId":"~03","identity":"NA","properties":{"identityType":"NA",
"operationType":"Add","additionalDetails":"None","targetUpdatedProperties":"","targetResourceType":"SPN__ObjectID__ObjectClass",
"targetResourceName":"a;b__~04__ServicePrincipal","auditEventCategory":"ApplicationManagement"}}]}"##;
    check_table(
        "audit",
        "PT1H.json",
        guids(text),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                    2018-03-14T08:02:11Z
            id                            auditql:5535443bb42e4ca95752496680c1561a
            tenant_id                     00000000-0000-0000-0000-000000000001
            correlation_id                00000000-0000-0000-0000-000000000003
            category                      ApplicationManagement
            activity                      Add service principal
            operation_type                Add
            result                        failure
            actor_type                    system
            target_id                     00000000-0000-0000-0000-000000000004
            target_type                   ServicePrincipal
            target_name                   a;b
            target_count                  1
            targets                       [{"id":"00000000-0000-0000-0000-000000000004","type":"ServicePrincipal","name":"a;b","upn":null,"group_type":null,"modified_properties":null}]
            format                        monitor_audit_2018
            degraded                      false
        "#]],
    );
}

/// A sign-in whose envelope says something else of everything that the payload says better.
const SIGNIN: &str = r##"{"time":"3/2/2026 8:09:20 AM","resourceId":"/tenants/~01/providers/Microsoft.aadiam","operationName":"Sign-in activity",
"operationVersion":"1.0","category":"NonInteractiveUserSignInLogs","tenantId":"~01","resultType":"50126","resultSignature":"None",
"resultDescription":"outer reason","durationMs":"2693631","callerIpAddress":"192.0.2.99","correlationId":"~99","identity":"Ada","Level":4,"location":"XX",
"properties":{"id":"~02","createdDateTime":"2026-03-02T08:09:10.1234567+00:00","userDisplayName":"Ada","userPrincipalName":"ada@contoso.example","userId":"~03",
"appId":"~04","appDisplayName":"App One","ipAddress":"192.0.2.1","status":{"errorCode":50126,"failureReason":"wrong password","additionalDetails":"MFA denied"},
"clientAppUsed":"Browser","userAgent":"agent/1","deviceDetail":{"deviceId":"~05","displayName":"laptop","operatingSystem":"Windows 11","browser":"Edge 120",
"isCompliant":false,"isManaged":true,"trustType":"Hybrid"},"location":{"city":"Oslo","state":"Oslo fylke","countryOrRegion":"NO","geoCoordinates":{"latitude":59.5,"longitude":10.25}},
"mfaDetail":{"authMethod":"Text message","authDetail":"+XX"},"correlationId":"~06","conditionalAccessStatus":"failure",
"appliedConditionalAccessPolicies":[{"id":"~07","displayName":"Block","enforcedGrantControls":["Block"],"enforcedSessionControls":[],"result":"failure","conditionsSatisfied":3,"conditionsNotSatisfied":0}],
"authenticationDetails":[],"isInteractive":false,"tokenIssuerType":"AzureAD","riskDetail":"none","riskLevelAggregated":"low","riskLevelDuringSignIn":"medium",
"riskState":"atRisk","riskEventTypes":[],"riskEventTypes_v2":["leakedCredentials"],"resourceDisplayName":"Resource One","resourceId":"~08","resourceTenantId":"~09",
"homeTenantId":"~10","tenantId":"~01","authenticationRequirement":"singleFactorAuthentication","userType":"Member","crossTenantAccessType":"none",
"signInEventTypes":["nonInteractiveUser"],"servicePrincipalId":"","autonomousSystemNumber":64500,"processingTimeInMilliseconds":117,"uniqueTokenIdentifier":"token-1",
"sessionId":"~11","originalRequestId":"~12","incomingTokenType":"none","authenticationProtocol":"none","originalTransferMethod":"none","flaggedForReview":false,"rngcStatus":0}}"##;

#[test]
fn monitor_signin() {
    check_table(
        "signin",
        "PT1H.json",
        guids(SIGNIN).replace('\n', ""),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                  2026-03-02T08:09:10.123456Z
            id                          00000000-0000-0000-0000-000000000002
            tenant_id                   00000000-0000-0000-0000-000000000001
            correlation_id              00000000-0000-0000-0000-000000000006
            signin_type                 non_interactive
            result                      failure
            error_code                  50126
            failure_reason              wrong password
            status_details              MFA denied
            user_id                     00000000-0000-0000-0000-000000000003
            user_upn                    ada@contoso.example
            user_name                   Ada
            user_type                   member
            app_id                      00000000-0000-0000-0000-000000000004
            app_name                    App One
            resource_id                 00000000-0000-0000-0000-000000000008
            resource_name               Resource One
            home_tenant_id              00000000-0000-0000-0000-000000000010
            resource_tenant_id          00000000-0000-0000-0000-000000000009
            cross_tenant_access_type    none
            ip_address                  192.0.2.1
            autonomous_system_number    64500
            city                        Oslo
            state                       Oslo fylke
            country                     NO
            latitude                    59.5
            longitude                   10.25
            user_agent                  agent/1
            client_app                  Browser
            authentication_protocol     none
            original_transfer_method    none
            authentication_requirement  singleFactorAuthentication
            mfa_method                  Text message
            mfa_detail                  +XX
            incoming_token_type         none
            unique_token_id             token-1
            session_id                  00000000-0000-0000-0000-000000000011
            original_request_id         00000000-0000-0000-0000-000000000012
            device_id                   00000000-0000-0000-0000-000000000005
            device_name                 laptop
            operating_system            Windows 11
            browser                     Edge 120
            device_compliant            false
            device_managed              true
            device_trust_type           Hybrid
            conditional_access          failure
            policies                    [{"id":"00000000-0000-0000-0000-000000000007","name":"Block","result":"failure","grant_controls":"[\"Block\"]","session_controls":"[]","conditions_satisfied":"3","conditions_not_satisfied":"0"}]
            steps                       []
            risk_level                  low
            risk_level_during_signin    medium
            risk_state                  atRisk
            risk_detail                 none
            risk_event_types            ["leakedCredentials"]
            token_issuer_type           AzureAD
            flagged_for_review          false
            processing_ms               117
            format                      monitor_signin
            degraded                    false
        "#]],
    );
}

#[test]
fn monitor_signins_of_every_category() {
    let kinds = [
        "SignInLogs",
        "NonInteractiveUserSignInLogs",
        "ServicePrincipalSignInLogs",
        "ManagedIdentitySignInLogs",
        "ADFSSignInLogs",
    ];
    let record = |kind: &str| {
        format!(
            r#"{{"time":"2026-03-02T08:09:20Z","category":"{kind}","resultType":"0","resultDescription":"","callerIpAddress":"192.0.2.9","location":"NO",
"correlationId":"~99","properties":{{"id":"{kind}","appId":"a","servicePrincipalId":"s"}}}}"#
        )
    };
    let text = kinds.map(record).join("\n");
    let (_dir, archive, _) = crate::support::archive_of("a.json", guids(&text).as_bytes());
    let sql = "SELECT id, signin_type, event_time, result, error_code, ip_address, country, correlation_id FROM signin ORDER BY source_offset";
    expect![[r#"
        SignInLogs,interactive,2026-03-02T08:09:20Z,success,0,192.0.2.9,NO,00000000-0000-0000-0000-000000000099
        NonInteractiveUserSignInLogs,non_interactive,2026-03-02T08:09:20Z,success,0,192.0.2.9,NO,00000000-0000-0000-0000-000000000099
        ServicePrincipalSignInLogs,service_principal,2026-03-02T08:09:20Z,success,0,192.0.2.9,NO,00000000-0000-0000-0000-000000000099
        ManagedIdentitySignInLogs,managed_identity,2026-03-02T08:09:20Z,success,0,192.0.2.9,NO,00000000-0000-0000-0000-000000000099
        ADFSSignInLogs,interactive,2026-03-02T08:09:20Z,success,0,192.0.2.9,NO,00000000-0000-0000-0000-000000000099
    "#]].assert_eq(&crate::support::query(&archive, sql));
}

#[test]
fn monitor_provisioning() {
    let text = r##"{"time":"2026-03-02T08:09:20Z","resourceId":"/tenants/~01/providers/Microsoft.aadiam","operationName":"Provisioning activity","category":"ProvisioningLogs",
"tenantId":"~01","resultType":"Success","durationMs":999,"correlationId":"~02","identity":"","Level":"Informational","properties":{"id":"~03",
"activityDateTime":"2026-03-02T08:09:10.1234567Z","changeId":"~02","jobId":"job.1","cycleId":"~04","tenantId":"~01","action":"Update","provisioningAction":"create",
"durationInMilliseconds":117,"servicePrincipal":{"Id":"~05","Name":"HR connector"},"sourceSystem":{"Id":"~06","Name":"HR","details":{}},"targetSystem":{"Id":"~07","Name":"Directory","details":{}},
"initiatedBy":{"Id":"","Name":"HR service","Type":"System"},"statusInfo":{"Status":2,"ErrorCode":null,"Reason":"not in scope"},"provisioningStatusInfo":{"Status":"skipped"},
"sourceIdentity":{"Id":"s-1","Name":"Bo (HR)","Type":"Worker","details":{}},"targetIdentity":{"Id":"~08","Name":"Bo","Type":"User","details":{}},
"provisioningSteps":[{"name":"EntryImport","type":0,"status":0,"description":"read","details":{}},{"name":"Scope","type":1,"status":2,"description":"out","details":{"a":"b"}},
{"name":"Match","type":2,"status":1,"description":"none"},{"name":"Process","type":3,"status":0},{"name":"Refer","type":4,"status":0},{"name":"Export","type":5,"status":0}],
"modifiedProperties":[{"displayName":"active","oldValue":null,"newValue":"True"}]}}"##;
    check_table(
        "provisioning",
        "PT1H.json",
        guids(text).replace('\n', ""),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time              2026-03-02T08:09:10.123456Z
            id                      00000000-0000-0000-0000-000000000003
            tenant_id               00000000-0000-0000-0000-000000000001
            correlation_id          00000000-0000-0000-0000-000000000002
            job_id                  job.1
            cycle_id                00000000-0000-0000-0000-000000000004
            change_id               00000000-0000-0000-0000-000000000002
            action                  create
            status                  skipped
            reason                  not in scope
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
            steps                   [{"name":"EntryImport","type":"import","status":"success","description":"read","details":"{}"},{"name":"Scope","type":"scoping","status":"skipped","description":"out","details":"{\"a\":\"b\"}"},{"name":"Match","type":"matching","status":"failure","description":"none","details":null},{"name":"Process","type":"processing","status":"success","description":null,"details":null},{"name":"Refer","type":"referenceResolution","status":"success","description":null,"details":null},{"name":"Export","type":"export","status":"success","description":null,"details":null}]
            modified_properties     [{"name":"active","old_value":null,"new_value":"True"}]
            format                  monitor_provisioning
            degraded                false
        "#]],
    );
}

#[test]
fn monitor_risk_detection() {
    let text = r##"{"time":"8/22/2022 6:07:16 PM","resourceId":"/tenants/~01/providers/microsoft.aadiam","operationName":"User Risk Detection","category":"UserRiskEvents","tenantId":"~01",
"resultSignature":"None","durationMs":0,"callerIpAddress":"192.0.2.99","correlationId":"6a5874ca","identity":"ada","Level":4,"location":"no","properties":{"id":"6a5874ca","requestId":"~02","correlationId":"~03",
"riskType":"unfamiliarFeatures","riskEventType":"unfamiliarFeatures","riskState":"dismissed","riskLevel":"low","riskDetail":"aiConfirmedSigninSafe","source":"IdentityProtection",
"detectionTimingType":"realtime","activity":"signin","ipAddress":"192.0.2.1","location":{"city":"Oslo","state":"Oslo fylke","countryOrRegion":"NO","geoCoordinates":{"altitude":0,"latitude":59.5,"longitude":10.25}},
"activityDateTime":"2022-08-22T18:00:16.001Z","detectedDateTime":"2022-08-22T18:00:17.002Z","lastUpdatedDateTime":"2022-08-22T18:07:16.003Z","userId":"~04","userDisplayName":"Ada",
"userPrincipalName":"ada@contoso.example","additionalInfo":"[{\"Key\":\"userAgent\",\"Value\":\"agent/1\"}]","tokenIssuerType":"AzureAD"}}"##;
    check_table(
        "risk_detection",
        "PT1H.json",
        guids(text).replace('\n', ""),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time         2022-08-22T18:00:16.001Z
            id                 6a5874ca
            tenant_id          00000000-0000-0000-0000-000000000001
            correlation_id     00000000-0000-0000-0000-000000000003
            signin_id          00000000-0000-0000-0000-000000000002
            detected_at        2022-08-22T18:00:17.002Z
            updated_at         2022-08-22T18:07:16.003Z
            risk_event_type    unfamiliarFeatures
            risk_level         low
            risk_state         dismissed
            risk_detail        aiConfirmedSigninSafe
            source             IdentityProtection
            detection_timing   realtime
            activity           signin
            user_id            00000000-0000-0000-0000-000000000004
            user_upn           ada@contoso.example
            user_name          Ada
            ip_address         192.0.2.1
            city               Oslo
            state              Oslo fylke
            country            NO
            token_issuer_type  AzureAD
            user_agent         agent/1
            additional_info    [{"key":"userAgent","value":"agent/1"}]
            format             monitor_risk_detection
            degraded           false
        "#]],
    );
}

#[test]
fn monitor_risky_user() {
    let text = r##"{"time":"11/14/2025 1:48:53 AM","resourceId":"/tenants/~01/providers/microsoft.aadiam","operationName":"Risky user","category":"RiskyUsers","tenantId":"~01",
"correlationId":"~02","identity":"ada","Level":4,"properties":{"id":"~02","userDisplayName":"Ada","userPrincipalName":"ada@contoso.example","riskLastUpdatedDateTime":"2025-11-14T01:48:53.1234567Z",
"riskState":"atRisk","riskDetail":"none","riskLevel":"high","isDeleted":false,"isGuest":true,"isProcessing":false}}"##;
    check_table(
        "risky_user",
        "PT1H.json",
        guids(text).replace('\n', ""),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time        2025-11-14T01:48:53.123456Z
            id                00000000-0000-0000-0000-000000000002
            tenant_id         00000000-0000-0000-0000-000000000001
            user_id           00000000-0000-0000-0000-000000000002
            user_upn          ada@contoso.example
            user_name         Ada
            risk_level        high
            risk_state        atRisk
            risk_detail       none
            is_deleted        false
            is_guest          true
            is_processing     false
            format            monitor_risky_user
            degraded          false
        "#]],
    );
}

#[test]
fn monitor_graph_activity() {
    let text = r##"{"time":"2026-03-02T08:09:10.1234567Z","resourceId":"/TENANTS/~01/PROVIDERS/MICROSOFT.AADIAM","operationName":"Microsoft Graph Activity","operationVersion":"beta",
"category":"MicrosoftGraphActivityLogs","resultSignature":"200","durationMs":"999","callerIpAddress":"192.0.2.99","correlationId":"~99","level":"Informational","location":"West Europe","tenantId":"~02",
"properties":{"__UDI_RequiredFields_EventTime":639077765500000000,"timeGenerated":"2026-03-02T08:09:10.1234567Z","location":"North Europe","requestId":"~03","operationId":"~04","clientRequestId":"~05",
"apiVersion":"v1.0","requestMethod":"GET","responseStatusCode":403,"tenantId":"~02","durationMs":117,"responseSizeBytes":2048,"signInActivityId":"token-1","roles":"User.Read.All Group.Read.All",
"UserPrincipalObjectID":"~06","scopes":"openid profile","identityProvider":"https://sts.example/","clientAuthMethod":"2","wids":"~07 ~08","C_Idtyp":"user","C_Iat":"1772438950","ipAddress":"2001:DB8::1",
"userAgent":"agent/1","requestUri":"https://graph.microsoft.com/v1.0/users?$top=1","userId":"~06","appId":"~09","servicePrincipalId":"~10","tokenIssuedAt":"2026-03-02T08:00:10Z","atContent":"","C_Sid":"~11","C_DeviceId":"~12"}}"##;
    check_table(
        "graph_activity",
        "PT1H.json",
        guids(text).replace('\n', ""),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time            2026-03-02T08:09:10.123456Z
            id                    00000000-0000-0000-0000-000000000003
            tenant_id             00000000-0000-0000-0000-000000000002
            correlation_id        00000000-0000-0000-0000-000000000005
            request_method        GET
            request_uri           https://graph.microsoft.com/v1.0/users?$top=1
            api_version           v1.0
            response_status_code  403
            response_size_bytes   2048
            duration_ms           117
            ip_address            2001:db8::1
            user_agent            agent/1
            app_id                00000000-0000-0000-0000-000000000009
            user_id               00000000-0000-0000-0000-000000000006
            service_principal_id  00000000-0000-0000-0000-000000000010
            signin_token_id       token-1
            session_id            00000000-0000-0000-0000-000000000011
            device_id             00000000-0000-0000-0000-000000000012
            roles                 User.Read.All Group.Read.All
            scopes                openid profile
            directory_roles       00000000-0000-0000-0000-000000000007 00000000-0000-0000-0000-000000000008
            client_auth_method    2
            identity_provider     https://sts.example/
            token_issued_at       2026-03-02T08:00:10Z
            location              North Europe
            format                monitor_graph_activity
            degraded              false
        "#]],
    );
}
