//! Sign-ins from Azure AD Graph, Microsoft Graph and the portal: each shape once from raw text to every column.

use expect_test::expect;

use crate::support::{check_table, csv_of, guids};

#[test]
fn legacy_signin() {
    let text = r#"{"@odata.context":"https://graph.windows.net/contoso.example/$metadata#activities/signinEvents","value":[
{"id":"~01","signinDateTime":"2018-08-20T15:16:45.5720566Z","signinDateTimeInMillis":1534778205572,
"userDisplayName":"Ada","userPrincipalName":"ada@contoso.example","userId":"~02","appId":"~03","appDisplayName":"App One",
"ipAddress":"192.0.2.1","loginStatus":"Failure","signinErrorCode":50126,"failureReason":"wrong password",
"deviceInformation":"host;Windows 10;Edge 44;;;","geoCoordinates":{"latitude":59.5,"longitude":10.25},
"location":{"city":"Oslo","state":"Oslo fylke","country":"NO"},"mfaRequired":true,"mfaAuthMethod":"Text message",
"mfaAuthDetail":"+XX XXXXXX17","mfaResult":"MFA denied","correlationId":"~04","tenantId":"~05"}]}"#;
    check_table(
        "signin",
        "signins0.json",
        guids(text),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                  2018-08-20T15:16:45.572056Z
            id                          00000000-0000-0000-0000-000000000001
            tenant_id                   00000000-0000-0000-0000-000000000005
            correlation_id              00000000-0000-0000-0000-000000000004
            signin_type                 interactive
            result                      failure
            error_code                  50126
            failure_reason              wrong password
            status_details              MFA denied
            user_id                     00000000-0000-0000-0000-000000000002
            user_upn                    ada@contoso.example
            user_name                   Ada
            app_id                      00000000-0000-0000-0000-000000000003
            app_name                    App One
            ip_address                  192.0.2.1
            city                        Oslo
            state                       Oslo fylke
            country                     NO
            latitude                    59.5
            longitude                   10.25
            authentication_requirement  multiFactorAuthentication
            mfa_method                  Text message
            mfa_detail                  +XX XXXXXX17
            device_information          host;Windows 10;Edge 44;;;
            format                      legacy_signin
            degraded                    false
        "#]],
    );
}

#[test]
fn legacy_signin_with_its_time_in_milliseconds_only() {
    let text = r#"{"value":[{"id":"1","signinDateTimeInMillis":1534778205572,"userId":"u","loginStatus":"Success","signinErrorCode":0,
"failureReason":null,"mfaRequired":false,"geoCoordinates":{"latitude":0,"longitude":0},"location":{"city":"","state":null,"country":""}}]}"#;
    check_table(
        "signin",
        "signins0.json",
        text,
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                  2018-08-20T15:16:45.572Z
            id                          1
            signin_type                 interactive
            result                      success
            error_code                  0
            user_id                     u
            authentication_requirement  singleFactorAuthentication
            format                      legacy_signin
            degraded                    false
        "#]],
    );
}

/// Every member that Graph's beta documents, each with a value of its own.
const GRAPH: &str = r##"{"id":"~01","createdDateTime":"2026-03-02T08:09:10.1234567Z","userDisplayName":"Ada",
"userPrincipalName":"ada@contoso.example","userId":"~02","appId":"~03","appDisplayName":"App One","ipAddress":"2001:DB8::1",
"clientAppUsed":"Browser","userAgent":"agent/1","correlationId":"~04","conditionalAccessStatus":"notApplied",
"isInteractive":true,"riskDetail":"userPassedMFADrivenByRiskBasedPolicy","riskLevelAggregated":"medium",
"riskLevelDuringsignIn":"high","riskState":"remediated","riskEventTypes":["old"],"riskEventTypes_v2":["unfamiliarFeatures","anonymizedIPAddress"],
"resourceDisplayName":"Resource One","resourceId":"~05","resourceTenantId":"~06","homeTenantId":"~07","homeTenantName":"Home",
"servicePrincipalId":"","servicePrincipalName":null,
"status":{"errorCode":50140,"failureReason":"keep me signed in","additionalDetails":"MFA completed"},
"deviceDetail":{"deviceId":"~08","displayName":"laptop","operatingSystem":"Windows 11","browser":"Edge 120","isCompliant":true,
"isManaged":false,"trustType":"Azure AD joined"},
"location":{"city":"Oslo","state":"Oslo fylke","countryOrRegion":"NO","geoCoordinates":{"altitude":null,"latitude":59.5,"longitude":10.25}},
"appliedConditionalAccessPolicies":[{"id":"~09","displayName":"Require MFA","enforcedGrantControls":["Mfa"],
"enforcedSessionControls":["SignInFrequency"],"result":"success","conditionsSatisfied":"application,users",
"conditionsNotSatisfied":"none","includeRulesSatisfied":[],"excludeRulesSatisfied":[]}],
"signInEventTypes":["interactiveUser"],"userType":"guest","crossTenantAccessType":"b2bCollaboration",
"authenticationRequirement":"multiFactorAuthentication","authenticationDetails":[
{"authenticationStepDateTime":"2026-03-02T08:09:09Z","authenticationMethod":"Password","authenticationMethodDetail":"Password in the cloud",
"succeeded":true,"authenticationStepResultDetail":"Correct password","authenticationStepRequirement":"Primary authentication"},
{"authenticationStepDateTime":"2026-03-02T08:09:10.5Z","authenticationMethod":"Text message","authenticationMethodDetail":"+XX XXXXXX17",
"succeeded":false,"authenticationStepResultDetail":"denied","authenticationStepRequirement":null}],
"authenticationMethodsUsed":["Password"],"authenticationProcessingDetails":[{"key":"Legacy TLS","value":"False"}],
"authenticationProtocol":"deviceCode","authenticationRequirementPolicies":[],"incomingTokenType":"primaryRefreshToken",
"originalRequestId":"~10","originalTransferMethod":"deviceCodeFlow","processingTimeInMilliseconds":117,"sessionId":"~11",
"signInIdentifier":"ada","signInIdentifierType":"userPrincipalName","resourceOwnerTenantId":"~12","appOwnerTenantId":"~13",
"mfaDetail":{"authMethod":"Text message","authDetail":"+XX XXXXXX17"},"networkLocationDetails":[],
"tokenIssuerName":"issuer","tokenIssuerType":"AzureAD","uniqueTokenIdentifier":"token-1","ipAddressFromResourceProvider":"192.0.2.9",
"isTenantRestricted":false,"flaggedForReview":true,"managedServiceIdentity":{"msiType":"none"},"servicePrincipalCredentialKeyId":"~14",
"servicePrincipalCredentialThumbprint":"thumb","autonomousSystemNumber":64500,"tokenProtectionStatusDetails":{"signInSessionStatus":"unbound"},
"globalSecureAccessIpAddress":"192.0.2.10"}"##;

#[test]
fn graph_signin_with_every_member() {
    let page = format!(
        r##"{{"@odata.context":"https://graph.microsoft.com/beta/$metadata#auditLogs/signIns","value":[{}]}}"##,
        guids(GRAPH)
    );
    check_table(
        "signin",
        "signins.json",
        page,
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                  2026-03-02T08:09:10.123456Z
            id                          00000000-0000-0000-0000-000000000001
            correlation_id              00000000-0000-0000-0000-000000000004
            signin_type                 interactive
            result                      interrupted
            error_code                  50140
            failure_reason              keep me signed in
            status_details              MFA completed
            user_id                     00000000-0000-0000-0000-000000000002
            user_upn                    ada@contoso.example
            user_name                   Ada
            user_type                   guest
            app_id                      00000000-0000-0000-0000-000000000003
            app_name                    App One
            resource_id                 00000000-0000-0000-0000-000000000005
            resource_name               Resource One
            home_tenant_id              00000000-0000-0000-0000-000000000007
            resource_tenant_id          00000000-0000-0000-0000-000000000006
            cross_tenant_access_type    b2bCollaboration
            credential_key_id           00000000-0000-0000-0000-000000000014
            ip_address                  2001:db8::1
            autonomous_system_number    64500
            city                        Oslo
            state                       Oslo fylke
            country                     NO
            latitude                    59.5
            longitude                   10.25
            user_agent                  agent/1
            client_app                  Browser
            authentication_protocol     deviceCode
            original_transfer_method    deviceCodeFlow
            authentication_requirement  multiFactorAuthentication
            mfa_method                  Text message
            mfa_detail                  +XX XXXXXX17
            incoming_token_type         primaryRefreshToken
            unique_token_id             token-1
            session_id                  00000000-0000-0000-0000-000000000011
            original_request_id         00000000-0000-0000-0000-000000000010
            device_id                   00000000-0000-0000-0000-000000000008
            device_name                 laptop
            operating_system            Windows 11
            browser                     Edge 120
            device_compliant            true
            device_managed              false
            device_trust_type           Azure AD joined
            conditional_access          notApplied
            policies                    [{"id":"00000000-0000-0000-0000-000000000009","name":"Require MFA","result":"success","grant_controls":"[\"Mfa\"]","session_controls":"[\"SignInFrequency\"]","conditions_satisfied":"application,users","conditions_not_satisfied":"none"}]
            steps                       [{"time":"2026-03-02T08:09:09Z","method":"Password","method_detail":"Password in the cloud","succeeded":true,"result_detail":"Correct password","requirement":"Primary authentication"},{"time":"2026-03-02T08:09:10.500Z","method":"Text message","method_detail":"+XX XXXXXX17","succeeded":false,"result_detail":"denied","requirement":null}]
            risk_level                  medium
            risk_level_during_signin    high
            risk_state                  remediated
            risk_detail                 userPassedMFADrivenByRiskBasedPolicy
            risk_event_types            ["unfamiliarFeatures","anonymizedIPAddress"]
            token_issuer_type           AzureAD
            flagged_for_review          true
            processing_ms               117
            format                      graph_signin
            degraded                    false
        "#]],
    );
}

#[test]
fn graph_v1_signin_whose_members_are_empty() {
    let text = r#"{"value":[{"id":"1","createdDateTime":"2026-03-02T08:09:10Z","userId":"u","appId":"a","isInteractive":false,"status":{},
"userDisplayName":"","location":{"city":"","state":"","countryOrRegion":"","geoCoordinates":{"altitude":null,"latitude":0.0,"longitude":0.0}},
"deviceDetail":{"deviceId":"","displayName":"","isCompliant":null,"isManaged":null,"trustType":""},"mfaDetail":null,
"appliedConditionalAccessPolicies":[],"riskEventTypes":[],"riskEventTypes_v2":[]}]}"#;
    check_table(
        "signin",
        "signins.json",
        text,
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                  2026-03-02T08:09:10Z
            id                          1
            signin_type                 non_interactive
            user_id                     u
            app_id                      a
            policies                    []
            risk_event_types            []
            format                      graph_signin
            degraded                    false
        "#]],
    );
}

#[test]
fn graph_signins_of_a_service_principal_and_a_managed_identity() {
    let text = r#"{"value":[
{"id":"1","createdDateTime":"2026-03-02T08:09:10Z","userId":null,"userPrincipalName":null,"userDisplayName":"","appId":"~03","appDisplayName":"Job",
"servicePrincipalId":"~04","servicePrincipalName":"job","servicePrincipalCredentialKeyId":"~05","servicePrincipalCredentialThumbprint":"thumb",
"ipAddress":"192.0.2.4","resourceId":"~06","resourceDisplayName":"Vault","isInteractive":false,"signInEventTypes":["servicePrincipal"],
"status":{"errorCode":7000215,"failureReason":"secret"},"location":{"city":"","state":"","countryOrRegion":"","geoCoordinates":{}}},
{"id":"2","createdDateTime":"2026-03-02T08:09:11Z","appId":"~07","appDisplayName":"","servicePrincipalId":"~08","servicePrincipalName":"vm",
"ipAddress":"","resourceId":"~09","resourceDisplayName":"ARM","isInteractive":false,"signInEventTypes":["managedIdentity"],
"managedServiceIdentity":{"msiType":"systemAssigned","associatedResourceId":"/subscriptions/x"},"status":{"errorCode":0}}]}"#;
    check_table(
        "signin",
        "signins.json",
        guids(text),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                  2026-03-02T08:09:10Z
            id                          1
            signin_type                 service_principal
            result                      failure
            error_code                  7000215
            failure_reason              secret
            app_id                      00000000-0000-0000-0000-000000000003
            app_name                    Job
            resource_id                 00000000-0000-0000-0000-000000000006
            resource_name               Vault
            service_principal_id        00000000-0000-0000-0000-000000000004
            service_principal_name      job
            credential_key_id           00000000-0000-0000-0000-000000000005
            ip_address                  192.0.2.4
            format                      graph_signin
            degraded                    false
            ── row 2 ────────────────────────────────────────
            event_time                  2026-03-02T08:09:11Z
            id                          2
            signin_type                 managed_identity
            result                      success
            error_code                  0
            app_id                      00000000-0000-0000-0000-000000000007
            resource_id                 00000000-0000-0000-0000-000000000009
            resource_name               ARM
            service_principal_id        00000000-0000-0000-0000-000000000008
            service_principal_name      vm
            format                      graph_signin
            degraded                    false
        "#]],
    );
}

#[test]
fn portal_json_signin() {
    let text =
        format!("\u{FEFF}[{}]", guids(GRAPH).replace("\"signInEventTypes\":[\"interactiveUser\"],", ""));
    check_table(
        "signin",
        "InteractiveSignIns.json",
        text,
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                  2026-03-02T08:09:10.123456Z
            id                          00000000-0000-0000-0000-000000000001
            correlation_id              00000000-0000-0000-0000-000000000004
            signin_type                 interactive
            result                      interrupted
            error_code                  50140
            failure_reason              keep me signed in
            status_details              MFA completed
            user_id                     00000000-0000-0000-0000-000000000002
            user_upn                    ada@contoso.example
            user_name                   Ada
            user_type                   guest
            app_id                      00000000-0000-0000-0000-000000000003
            app_name                    App One
            resource_id                 00000000-0000-0000-0000-000000000005
            resource_name               Resource One
            home_tenant_id              00000000-0000-0000-0000-000000000007
            resource_tenant_id          00000000-0000-0000-0000-000000000006
            cross_tenant_access_type    b2bCollaboration
            credential_key_id           00000000-0000-0000-0000-000000000014
            ip_address                  2001:db8::1
            autonomous_system_number    64500
            city                        Oslo
            state                       Oslo fylke
            country                     NO
            latitude                    59.5
            longitude                   10.25
            user_agent                  agent/1
            client_app                  Browser
            authentication_protocol     deviceCode
            original_transfer_method    deviceCodeFlow
            authentication_requirement  multiFactorAuthentication
            mfa_method                  Text message
            mfa_detail                  +XX XXXXXX17
            incoming_token_type         primaryRefreshToken
            unique_token_id             token-1
            session_id                  00000000-0000-0000-0000-000000000011
            original_request_id         00000000-0000-0000-0000-000000000010
            device_id                   00000000-0000-0000-0000-000000000008
            device_name                 laptop
            operating_system            Windows 11
            browser                     Edge 120
            device_compliant            true
            device_managed              false
            device_trust_type           Azure AD joined
            conditional_access          notApplied
            policies                    [{"id":"00000000-0000-0000-0000-000000000009","name":"Require MFA","result":"success","grant_controls":"[\"Mfa\"]","session_controls":"[\"SignInFrequency\"]","conditions_satisfied":"application,users","conditions_not_satisfied":"none"}]
            steps                       [{"time":"2026-03-02T08:09:09Z","method":"Password","method_detail":"Password in the cloud","succeeded":true,"result_detail":"Correct password","requirement":"Primary authentication"},{"time":"2026-03-02T08:09:10.500Z","method":"Text message","method_detail":"+XX XXXXXX17","succeeded":false,"result_detail":"denied","requirement":null}]
            risk_level                  medium
            risk_level_during_signin    high
            risk_state                  remediated
            risk_detail                 userPassedMFADrivenByRiskBasedPolicy
            risk_event_types            ["unfamiliarFeatures","anonymizedIPAddress"]
            token_issuer_type           AzureAD
            flagged_for_review          true
            processing_ms               117
            format                      graph_signin
            degraded                    false
        "#]],
    );
}

/// The 57 columns of the interactive and the non-interactive download, with blanks and a repeated name as they are.
const INTERACTIVE: &str = "
Date (UTC)=2026-03-02T08:09:10Z
Request ID=~01
User agent=agent/1
Correlation ID=~02
User ID=~03
User=Ada
Username=ada@contoso.example
User type=Guest
Cross tenant access type=b2bCollaboration
Incoming token type=primaryRefreshToken
Authentication Protocol=deviceCode
Unique token identifier=token-1
Original transfer method=deviceCodeFlow
Client credential type=none
Token Protection - Sign In Session=Unbound
Token Protection - Sign In Session StatusCode=1003
Application=App One
Application ID =~04
App owner tenant ID=~05
Resource=Resource One
Resource ID =~06
Resource tenant ID=~07
Resource owner tenant ID=~08
Home tenant ID=~09
Home tenant name=Home
IP address=192.0.2.1
Location=Washington, D.C., District of Columbia, US
Status=Interrupted
Sign-in error code=50140
Failure reason=keep me signed in
Client app=Browser
Device ID=~10
Browser=Edge 120
Operating System=Windows 11
Compliant=Yes
Managed=No
Join Type=Azure AD joined
Multifactor authentication result=MFA completed
Multifactor authentication auth method=Text message
Multifactor authentication auth detail=+XX XXXXXX17
Authentication requirement=Multifactor authentication
Sign-in identifier=ada
Session ID=~11
IP address (seen by resource)=192.0.2.9
Through Global Secure Access=No
Global Secure Access IP address=192.0.2.10
Autonomous system  number=64500
Flagged for review=Yes
Token issuer type=Azure AD
Incoming token type=
Token issuer name=issuer
Latency=117
Conditional Access=Not Applied
Managed Identity type=
Associated Resource Id=
Federated Token Id=
Federated Token Issuer=
";

#[test]
fn portal_interactive_signin_csv_with_all_57_columns() {
    assert_eq!(INTERACTIVE.trim().lines().count(), 57);
    check_table(
        "signin",
        "InteractiveSignIns_2026-03-02_2026-03-03.csv",
        csv_of(INTERACTIVE),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                  2026-03-02T08:09:10Z
            id                          00000000-0000-0000-0000-000000000001
            correlation_id              00000000-0000-0000-0000-000000000002
            signin_type                 interactive
            result                      interrupted
            error_code                  50140
            failure_reason              keep me signed in
            status_details              MFA completed
            user_id                     00000000-0000-0000-0000-000000000003
            user_upn                    ada@contoso.example
            user_name                   Ada
            user_type                   guest
            app_id                      00000000-0000-0000-0000-000000000004
            app_name                    App One
            resource_id                 00000000-0000-0000-0000-000000000006
            resource_name               Resource One
            home_tenant_id              00000000-0000-0000-0000-000000000009
            resource_tenant_id          00000000-0000-0000-0000-000000000007
            cross_tenant_access_type    b2bCollaboration
            ip_address                  192.0.2.1
            autonomous_system_number    64500
            city                        Washington, D.C.
            state                       District of Columbia
            country                     US
            user_agent                  agent/1
            client_app                  Browser
            authentication_protocol     deviceCode
            original_transfer_method    deviceCodeFlow
            authentication_requirement  multiFactorAuthentication
            mfa_method                  Text message
            mfa_detail                  +XX XXXXXX17
            incoming_token_type         primaryRefreshToken
            unique_token_id             token-1
            session_id                  00000000-0000-0000-0000-000000000011
            device_id                   00000000-0000-0000-0000-000000000010
            operating_system            Windows 11
            browser                     Edge 120
            device_compliant            true
            device_managed              false
            device_trust_type           Azure AD joined
            conditional_access          notApplied
            token_issuer_type           Azure AD
            flagged_for_review          true
            processing_ms               117
            format                      portal_signin_csv
            degraded                    false
        "#]],
    );
}

#[test]
fn portal_non_interactive_signin_csv_is_told_by_its_name_only() {
    let text = csv_of(INTERACTIVE).replace("Interrupted", "Success").replace("\"50140\"", "\"\"");
    check_table(
        "signin",
        "NonInteractiveSignIns_2026-03-02_2026-03-03.csv",
        &text,
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                  2026-03-02T08:09:10Z
            id                          00000000-0000-0000-0000-000000000001
            correlation_id              00000000-0000-0000-0000-000000000002
            signin_type                 non_interactive
            result                      success
            error_code                  0
            failure_reason              keep me signed in
            status_details              MFA completed
            user_id                     00000000-0000-0000-0000-000000000003
            user_upn                    ada@contoso.example
            user_name                   Ada
            user_type                   guest
            app_id                      00000000-0000-0000-0000-000000000004
            app_name                    App One
            resource_id                 00000000-0000-0000-0000-000000000006
            resource_name               Resource One
            home_tenant_id              00000000-0000-0000-0000-000000000009
            resource_tenant_id          00000000-0000-0000-0000-000000000007
            cross_tenant_access_type    b2bCollaboration
            ip_address                  192.0.2.1
            autonomous_system_number    64500
            city                        Washington, D.C.
            state                       District of Columbia
            country                     US
            user_agent                  agent/1
            client_app                  Browser
            authentication_protocol     deviceCode
            original_transfer_method    deviceCodeFlow
            authentication_requirement  multiFactorAuthentication
            mfa_method                  Text message
            mfa_detail                  +XX XXXXXX17
            incoming_token_type         primaryRefreshToken
            unique_token_id             token-1
            session_id                  00000000-0000-0000-0000-000000000011
            device_id                   00000000-0000-0000-0000-000000000010
            operating_system            Windows 11
            browser                     Edge 120
            device_compliant            true
            device_managed              false
            device_trust_type           Azure AD joined
            conditional_access          notApplied
            token_issuer_type           Azure AD
            flagged_for_review          true
            processing_ms               117
            format                      portal_signin_csv
            degraded                    false
        "#]],
    );
    let (_dir, archive, _) = crate::support::archive_of("signins.csv", text.as_bytes());
    assert_eq!(crate::support::value(&archive, "SELECT signin_type IS NULL FROM signin"), "true");
}

#[test]
fn portal_application_signin_csv() {
    let text = csv_of(
        "
Date (UTC)=2026-03-02T08:09:10Z
Request ID=~01
Correlation ID=~02
Service principal ID=~03
Service principal name=job
Credential key ID=~04
Credential thumbprint=thumb
Application=Job
Application ID =~05
App owner tenant ID=~06
Resource=Vault
Resource ID =~07
Resource tenant ID=~08
Resource owner tenant ID=~09
Home tenant ID=~10
Home tenant name=Home
IP address=2001:DB8::4
Location=Dublin, Dublin, IE
Status=Failure
Sign-in error code=7000215
Failure reason=secret
Conditional Access=Failure
",
    );
    check_table(
        "signin",
        "ApplicationSignIns_2026-03-02_2026-03-03.csv",
        text,
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                  2026-03-02T08:09:10Z
            id                          00000000-0000-0000-0000-000000000001
            correlation_id              00000000-0000-0000-0000-000000000002
            signin_type                 service_principal
            result                      failure
            error_code                  7000215
            failure_reason              secret
            app_id                      00000000-0000-0000-0000-000000000005
            app_name                    Job
            resource_id                 00000000-0000-0000-0000-000000000007
            resource_name               Vault
            home_tenant_id              00000000-0000-0000-0000-000000000010
            resource_tenant_id          00000000-0000-0000-0000-000000000008
            service_principal_id        00000000-0000-0000-0000-000000000003
            service_principal_name      job
            credential_key_id           00000000-0000-0000-0000-000000000004
            ip_address                  2001:db8::4
            city                        Dublin
            state                       Dublin
            country                     IE
            conditional_access          failure
            format                      portal_signin_csv
            degraded                    false
        "#]],
    );
}

#[test]
fn portal_managed_identity_signin_csv() {
    let text = csv_of(
        "
Date (UTC)=2026-03-02T08:09:10+00:00
Request ID=~01
Correlation ID=~02
Service principal ID=~03
Service principal name=vm
Managed Identity type=System assigned
Associated Resource Id=/subscriptions/x
Application=
Application ID =~05
Resource=ARM
Resource ID =~07
Resource tenant ID=~08
IP address=
Location=, , 
Status=Success
Sign-in error code=0
Failure reason=Other.
Conditional Access=Success
",
    );
    check_table(
        "signin",
        "signins.csv",
        text,
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time                  2026-03-02T08:09:10Z
            id                          00000000-0000-0000-0000-000000000001
            correlation_id              00000000-0000-0000-0000-000000000002
            signin_type                 managed_identity
            result                      success
            error_code                  0
            failure_reason              Other.
            app_id                      00000000-0000-0000-0000-000000000005
            resource_id                 00000000-0000-0000-0000-000000000007
            resource_name               ARM
            resource_tenant_id          00000000-0000-0000-0000-000000000008
            service_principal_id        00000000-0000-0000-0000-000000000003
            service_principal_name      vm
            conditional_access          success
            format                      portal_signin_csv
            degraded                    false
        "#]],
    );
}

#[test]
fn portal_authentication_details_csv() {
    let text = csv_of(
        "
Date (UTC)=2026-03-02T08:09:10Z
Request ID=~01
Authentication method=Password
Authentication method detail=Password in the cloud
Succeeded=true
Result detail=Correct password
Requirement=Primary authentication
",
    );
    check_table(
        "signin_auth_detail",
        "InteractiveSignIns_AuthDetails.csv",
        text,
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time     2026-03-02T08:09:10Z
            id             auditql:708a4e326a70803ee1a9c09e9578ce2e
            signin_id      00000000-0000-0000-0000-000000000001
            method         Password
            method_detail  Password in the cloud
            succeeded      true
            result_detail  Correct password
            requirement    Primary authentication
            format         portal_auth_details_csv
            degraded       false
        "#]],
    );
}
