//! Provisioning, risk, users, invitations and access reviews from Microsoft Graph: each shape once from raw text to
//! every column.

use expect_test::expect;

use crate::support::{check_table, guids};

#[test]
fn graph_provisioning() {
    let text = r##"{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#auditLogs/provisioning","value":[
{"id":"~01","activityDateTime":"2026-03-02T08:09:10.1234567Z","tenantId":"~02","jobId":"job.1","cycleId":"~03","changeId":"~04",
"provisioningAction":"stagedDelete","durationInMilliseconds":117,"servicePrincipal":{"id":"~05","displayName":"HR connector"},
"sourceSystem":{"id":"~06","displayName":"HR","details":{}},"targetSystem":{"id":"~07","displayName":"Directory","details":{}},
"initiatedBy":{"id":"~08","displayName":"Ada","initiatorType":"user"},
"sourceIdentity":{"id":"s-1","displayName":"Bo (HR)","identityType":"Worker","details":{"x":"y"}},
"targetIdentity":{"id":"~09","displayName":"Bo","identityType":"User","details":{}},
"provisioningStatusInfo":{"status":"failure","errorInformation":{"errorCode":"E1","reason":"no licence","additionalDetails":null,
"errorCategory":"failure","recommendedAction":"add one"}},
"provisioningSteps":[{"name":"EntryImport","provisioningStepType":"import","status":"success","description":"read","details":{"a":"b"}},
{"name":"EntryExport","provisioningStepType":"export","status":"failure","description":"refused","details":{}}],
"modifiedProperties":[{"displayName":"active","oldValue":"True","newValue":"False"}]}]}"##;
    check_table(
        "provisioning",
        "provisioning.json",
        guids(text),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time              2026-03-02T08:09:10.123456Z
            id                      00000000-0000-0000-0000-000000000001
            tenant_id               00000000-0000-0000-0000-000000000002
            correlation_id          00000000-0000-0000-0000-000000000004
            job_id                  job.1
            cycle_id                00000000-0000-0000-0000-000000000003
            change_id               00000000-0000-0000-0000-000000000004
            action                  stagedDelete
            status                  failure
            error_code              E1
            reason                  no licence
            service_principal_id    00000000-0000-0000-0000-000000000005
            service_principal_name  HR connector
            source_system           HR
            target_system           Directory
            initiator_type          user
            initiator_id            00000000-0000-0000-0000-000000000008
            initiator_name          Ada
            source_id               s-1
            source_name             Bo (HR)
            source_type             Worker
            target_id               00000000-0000-0000-0000-000000000009
            target_name             Bo
            target_type             User
            duration_ms             117
            steps                   [{"name":"EntryImport","type":"import","status":"success","description":"read","details":"{\"a\":\"b\"}"},{"name":"EntryExport","type":"export","status":"failure","description":"refused","details":"{}"}]
            modified_properties     [{"name":"active","old_value":"True","new_value":"False"}]
            format                  graph_provisioning
            degraded                false
        "#]],
    );
}

#[test]
fn graph_risk_detection() {
    let text = r##"{"@odata.context":"https://graph.microsoft.com/beta/$metadata#identityProtection/riskDetections","value":[
{"id":"6a5874ca","requestId":"~01","correlationId":"~02","riskType":"newName","riskEventType":"unfamiliarFeatures","riskState":"atRisk",
"riskLevel":"high","riskDetail":"none","source":"IdentityProtection","detectionTimingType":"nearRealtime","activity":"signin",
"ipAddress":"192.0.2.1","location":{"city":"Oslo","state":"Oslo fylke","countryOrRegion":"NO","geoCoordinates":{"latitude":59.5,"longitude":10.25}},
"activityDateTime":"2026-03-02T08:09:10.1234567Z","detectedDateTime":"2026-03-02T08:10:11Z","lastUpdatedDateTime":"2026-03-02T08:11:12.5Z",
"userId":"~03","userDisplayName":"Ada","userPrincipalName":"ada@contoso.example",
"additionalInfo":"[{\"Key\":\"userAgent\",\"Value\":\"agent/1\"},{\"Key\":\"riskReasons\",\"Value\":[\"UnfamiliarASN\"]}]",
"tokenIssuerType":"AzureAD","mitreTechniqueId":"T1078"}]}"##;
    check_table(
        "risk_detection",
        "riskDetections.json",
        guids(text),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time         2026-03-02T08:09:10.123456Z
            id                 6a5874ca
            correlation_id     00000000-0000-0000-0000-000000000002
            signin_id          00000000-0000-0000-0000-000000000001
            detected_at        2026-03-02T08:10:11Z
            updated_at         2026-03-02T08:11:12.500Z
            risk_event_type    unfamiliarFeatures
            risk_level         high
            risk_state         atRisk
            risk_detail        none
            source             IdentityProtection
            detection_timing   nearRealtime
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
            additional_info    [{"key":"userAgent","value":"agent/1"},{"key":"riskReasons","value":"[\"UnfamiliarASN\"]"}]
            format             graph_risk_detection
            degraded           false
        "#]],
    );
}

#[test]
fn graph_risky_user_and_an_item_of_its_history() {
    let text = r#"[{"id":"~01","isDeleted":false,"isProcessing":true,"riskDetail":"adminDismissedAllRiskForUser",
"riskLastUpdatedDateTime":"2026-03-02T08:09:10.1234567Z","riskLevel":"none","riskState":"dismissed","userDisplayName":"Ada",
"userPrincipalName":"ada@contoso.example"},
{"id":"~0163784","userId":"~01","isDeleted":true,"isProcessing":false,"riskDetail":"userPerformedSecuredPasswordReset",
"riskLastUpdatedDateTime":"2026-03-01T08:09:10Z","riskLevel":"medium","riskState":"remediated","userDisplayName":"Ada",
"userPrincipalName":"ada@contoso.example","initiatedBy":"~02","activity":{"detail":"userPerformedSecuredPasswordReset",
"riskEventTypes":["unfamiliarFeatures","leakedCredentials"]}},
{"id":"~0163785","userId":"~01","riskLastUpdatedDateTime":"2026-02-28T08:09:10Z","riskLevel":"low","riskState":"atRisk",
"initiatedBy":null,"activity":{"detail":"none","eventTypes":["maliciousIPAddress"]}}]"#;
    check_table(
        "risky_user",
        "riskyUsers.json",
        guids(text),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time        2026-03-02T08:09:10.123456Z
            id                00000000-0000-0000-0000-000000000001
            user_id           00000000-0000-0000-0000-000000000001
            user_upn          ada@contoso.example
            user_name         Ada
            risk_level        none
            risk_state        dismissed
            risk_detail       adminDismissedAllRiskForUser
            is_deleted        false
            is_processing     true
            format            graph_risky_user
            degraded          false
            ── row 2 ────────────────────────────────────────
            event_time        2026-03-01T08:09:10Z
            id                00000000-0000-0000-0000-000000000001
            user_id           00000000-0000-0000-0000-000000000001
            user_upn          ada@contoso.example
            user_name         Ada
            risk_level        medium
            risk_state        remediated
            risk_detail       userPerformedSecuredPasswordReset
            is_deleted        true
            is_processing     false
            initiated_by      00000000-0000-0000-0000-000000000002
            risk_event_types  ["unfamiliarFeatures","leakedCredentials"]
            format            graph_risky_user
            degraded          false
            ── row 3 ────────────────────────────────────────
            event_time        2026-02-28T08:09:10Z
            id                00000000-0000-0000-0000-000000000001
            user_id           00000000-0000-0000-0000-000000000001
            risk_level        low
            risk_state        atRisk
            risk_event_types  ["maliciousIPAddress"]
            format            graph_risky_user
            degraded          false
        "#]],
    );
}

#[test]
fn graph_user_with_sponsors() {
    let text = r##"{"@odata.context":"https://graph.microsoft.com/beta/$metadata#users(id,sponsors())","value":[
{"id":"~01","userPrincipalName":"gus_fabrikam.example#EXT#@contoso.example","mail":"gus@fabrikam.example",
"otherMails":["gus@fabrikam.example","g@fabrikam.example"],"displayName":"Gus","userType":"Guest","creationType":"Invitation",
"externalUserState":"Accepted","externalUserStateChangeDateTime":"2026-03-02T08:09:10Z","accountEnabled":true,
"createdDateTime":"2026-03-01T08:09:10Z","signInActivity":{"lastSignInDateTime":"2026-03-03T08:09:10Z","lastSignInRequestId":"~02",
"lastNonInteractiveSignInDateTime":"2026-03-04T08:09:10Z","lastNonInteractiveSignInRequestId":"~03",
"lastSuccessfulSignInDateTime":"2026-03-05T08:09:10Z","lastSuccessfulSignInRequestId":"~04"},
"department":"Sales","jobTitle":"Buyer","companyName":"Fabrikam","identities":[{"signInType":"federated","issuer":"ExternalAzureAD","issuerAssignedId":null},
{"signInType":"userPrincipalName","issuer":"contoso.example","issuerAssignedId":"gus_fabrikam.example#EXT#@contoso.example"}],
"sponsors@odata.context":"https://graph.microsoft.com/beta/$metadata#x","sponsors":[{"@odata.type":"#microsoft.graph.user","id":"~05",
"displayName":"Ada","userPrincipalName":"ada@contoso.example","mail":"ada@contoso.example"},
{"@odata.type":"#microsoft.graph.group","id":"~06","displayName":"Buyers","mail":null},{"id":"~07"}]}]}"##;
    // The time of an export is that of its file: not the same in every run.
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
            other_mails                     ["gus@fabrikam.example","g@fabrikam.example"]
            user_type                       Guest
            creation_type                   Invitation
            external_user_state             Accepted
            external_user_state_changed_at  2026-03-02T08:09:10Z
            account_enabled                 true
            created_at                      2026-03-01T08:09:10Z
            last_signin_at                  2026-03-03T08:09:10Z
            last_non_interactive_signin_at  2026-03-04T08:09:10Z
            last_successful_signin_at       2026-03-05T08:09:10Z
            department                      Sales
            job_title                       Buyer
            company_name                    Fabrikam
            identities                      [{"signin_type":"federated","issuer":"ExternalAzureAD","issuer_assigned_id":null},{"signin_type":"userPrincipalName","issuer":"contoso.example","issuer_assigned_id":"gus_fabrikam.example#EXT#@contoso.example"}]
            sponsors                        [{"id":"00000000-0000-0000-0000-000000000005","type":"user","name":"Ada","upn":"ada@contoso.example","mail":"ada@contoso.example"},{"id":"00000000-0000-0000-0000-000000000006","type":"group","name":"Buyers","upn":null,"mail":null},{"id":"00000000-0000-0000-0000-000000000007","type":null,"name":null,"upn":null,"mail":null}]
            format                          graph_user
            degraded                        false
        "#]],
    );
}

#[test]
fn graph_user_that_never_signed_in_and_a_local_account() {
    let text = r#"{"value":[{"id":"1","userPrincipalName":"a@contoso.example","displayName":"A","mail":null,"userType":null,"accountEnabled":false,
"creationType":null,"signInActivity":{"lastSignInDateTime":"0001-01-01T00:00:00Z","lastNonInteractiveSignInDateTime":"1601-01-01T00:00:00Z"},
"identities":[],"sponsors":[],"otherMails":[]},
{"id":"2","userPrincipalName":"2@contoso.example","creationType":"LocalAccount","identities":[{"signInType":"emailAddress","issuer":"contoso.example",
"issuerAssignedId":"c@example.example"}]}]}"#;
    check_table(
        "(SELECT * EXCEPT (event_time) FROM directory_user)",
        "users.json",
        text,
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            id                              1
            upn                             a@contoso.example
            name                            A
            other_mails                     []
            account_enabled                 false
            identities                      []
            sponsors                        []
            format                          graph_user
            degraded                        false
            ── row 2 ────────────────────────────────────────
            id                              2
            upn                             2@contoso.example
            creation_type                   LocalAccount
            identities                      [{"signin_type":"emailAddress","issuer":"contoso.example","issuer_assigned_id":"c@example.example"}]
            format                          graph_user
            degraded                        false
        "#]],
    );
}

#[test]
fn graph_invitation() {
    let text = r##"[{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#invitations/$entity","id":"~01",
"inviteRedeemUrl":"https://login.example/redeem?ticket=1","invitedUserDisplayName":"Gus","invitedUserEmailAddress":"gus@fabrikam.example",
"invitedUserType":"Guest","sendInvitationMessage":true,"invitedUserMessageInfo":{"customizedMessageBody":"hi"},
"inviteRedirectUrl":"https://app.example/","resetRedemption":false,"status":"PendingAcceptance","invitedUser":{"id":"~02"},
"invitedUserSponsors":[{"@odata.type":"#microsoft.graph.user","id":"~03","displayName":"Ada","userPrincipalName":"ada@contoso.example"}]},
{"id":"~04","invitedUserEmailAddress":"h@fabrikam.example","status":"Completed","invitedUser":[{"id":"~05"}]}]"##;
    check_table(
        "(SELECT * EXCEPT (event_time) FROM invitation)",
        "invitations.json",
        guids(text),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            id                 00000000-0000-0000-0000-000000000001
            invited_email      gus@fabrikam.example
            invited_name       Gus
            invited_user_type  Guest
            invited_user_id    00000000-0000-0000-0000-000000000002
            status             PendingAcceptance
            send_message       true
            reset_redemption   false
            redirect_url       https://app.example/
            redeem_url         https://login.example/redeem?ticket=1
            sponsors           [{"id":"00000000-0000-0000-0000-000000000003","name":"Ada","upn":"ada@contoso.example"}]
            format             graph_invitation
            degraded           false
            ── row 2 ────────────────────────────────────────
            id                 00000000-0000-0000-0000-000000000004
            invited_email      h@fabrikam.example
            invited_user_id    00000000-0000-0000-0000-000000000005
            status             Completed
            format             graph_invitation
            degraded           false
        "#]],
    );
}

#[test]
fn graph_access_review_definition() {
    let text = r##"{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#identityGovernance/accessReviews/definitions","value":[
{"id":"~01","displayName":"Guests","status":"InProgress","createdDateTime":"2026-03-01T08:09:10Z","lastModifiedDateTime":"2026-03-02T08:09:10.5Z",
"createdBy":{"id":"~02","displayName":"Ada","userPrincipalName":"ada@contoso.example"},"descriptionForAdmins":"for admins",
"descriptionForReviewers":"for reviewers","scope":{"@odata.type":"#microsoft.graph.accessReviewQueryScope","query":"/groups/~03/members","queryType":"MicrosoftGraph","queryRoot":null},
"instanceEnumerationScope":{"query":"/groups","queryType":"MicrosoftGraph"},"reviewers":[{"query":"/users/~04","queryType":"MicrosoftGraph","queryRoot":null}],
"fallbackReviewers":[],"settings":{"defaultDecision":"None","instanceDurationInDays":3,"recurrence":{"pattern":{"type":"weekly"}}},"stageSettings":[],
"additionalNotificationRecipients":[]}]}"##;
    check_table(
        "access_review_definition",
        "accessReviewDefinitions.json",
        guids(text),
        expect![[r##"
            ── row 1 ────────────────────────────────────────
            event_time      2026-03-02T08:09:10.500Z
            id              00000000-0000-0000-0000-000000000001
            name            Guests
            status          InProgress
            created_at      2026-03-01T08:09:10Z
            created_by_id   00000000-0000-0000-0000-000000000002
            created_by_upn  ada@contoso.example
            description     for admins
            scope_query     /groups/00000000-0000-0000-0000-000000000003/members
            scope           {"@odata.type":"#microsoft.graph.accessReviewQueryScope","query":"/groups/00000000-0000-0000-0000-000000000003/members","queryType":"MicrosoftGraph","queryRoot":null}
            instance_scope  {"query":"/groups","queryType":"MicrosoftGraph"}
            reviewers       [{"query":"/users/00000000-0000-0000-0000-000000000004","query_type":"MicrosoftGraph"}]
            settings        {"defaultDecision":"None","instanceDurationInDays":3,"recurrence":{"pattern":{"type":"weekly"}}}
            format          graph_access_review_definition
            degraded        false
        "##]],
    );
}

#[test]
fn graph_access_review_instance() {
    let text = r#"{"value":[{"id":"~01","startDateTime":"2026-03-01T08:09:10Z","endDateTime":"2026-03-08T08:09:10Z","status":"Applied",
"scope":{"query":"/groups/~02/members","queryType":"MicrosoftGraph"},"reviewers":[{"query":"/users/~03","queryType":"MicrosoftGraph"}],"fallbackReviewers":[]}]}"#;
    check_table(
        "access_review_instance",
        "accessReviewInstances.json",
        guids(text),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time   2026-03-01T08:09:10Z
            id           00000000-0000-0000-0000-000000000001
            status       Applied
            started_at   2026-03-01T08:09:10Z
            ended_at     2026-03-08T08:09:10Z
            scope_query  /groups/00000000-0000-0000-0000-000000000002/members
            scope        {"query":"/groups/00000000-0000-0000-0000-000000000002/members","queryType":"MicrosoftGraph"}
            reviewers    [{"query":"/users/00000000-0000-0000-0000-000000000003","query_type":"MicrosoftGraph"}]
            format       graph_access_review_instance
            degraded     false
        "#]],
    );
}

#[test]
fn graph_access_review_decision() {
    let text = r##"{"@odata.context":"https://graph.microsoft.com/beta/$metadata#identityGovernance/accessReviews/definitions('~01')/instances('~02')/decisions","value":[
{"id":"~03","accessReviewId":"~02","decision":"Deny","recommendation":"Approve","justification":"left","reviewedDateTime":"2026-03-02T08:09:10.123Z",
"reviewedBy":{"id":"~04","displayName":"Ada","userPrincipalName":"ada@contoso.example"},"appliedDateTime":"2026-03-03T08:09:10Z",
"appliedBy":{"id":"~00","displayName":"Access Reviews","userPrincipalName":""},"applyResult":"AppliedSuccessfully",
"principal":{"@odata.type":"#microsoft.graph.userIdentity","id":"~05","displayName":"Gus","userPrincipalName":"gus@fabrikam.example"},
"principalLink":"https://graph.microsoft.com/v1.0/users/~05","resource":{"id":"~06","displayName":"Buyers","type":"group"},"resourceLink":"x","insights":[],
"target":{"@odata.type":"#microsoft.graph.accessReviewInstanceDecisionItemUserTarget","userId":"~05","userDisplayName":"Gus","userPrincipalName":"gus@fabrikam.example"}}]}"##;
    check_table(
        "access_review_decision",
        "accessReviewDecisions.json",
        guids(text),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            event_time        2026-03-03T08:09:10Z
            id                00000000-0000-0000-0000-000000000003
            review_id         00000000-0000-0000-0000-000000000002
            definition_id     00000000-0000-0000-0000-000000000001
            decision          Deny
            recommendation    Approve
            justification     left
            reviewed_at       2026-03-02T08:09:10.123Z
            reviewed_by_id    00000000-0000-0000-0000-000000000004
            reviewed_by_name  Ada
            reviewed_by_upn   ada@contoso.example
            applied_at        2026-03-03T08:09:10Z
            applied_by_name   Access Reviews
            apply_result      AppliedSuccessfully
            principal_id      00000000-0000-0000-0000-000000000005
            principal_type    userIdentity
            principal_name    Gus
            principal_upn     gus@fabrikam.example
            resource_id       00000000-0000-0000-0000-000000000006
            resource_name     Buyers
            resource_type     group
            format            graph_access_review_decision
            degraded          false
        "#]],
    );
}

#[test]
fn graph_access_review_decision_of_nobody_yet_and_in_the_older_shape() {
    let text = r##"[{"id":"~03","accessReviewId":"~02","decision":"NotReviewed","recommendation":"NoInfoAvailable","justification":"","reviewedDateTime":null,
"reviewedBy":{"id":"~00","displayName":"","userPrincipalName":""},"appliedDateTime":null,"appliedBy":{"id":"~00","displayName":"","userPrincipalName":""},
"applyResult":"New","principal":{"@odata.type":"#microsoft.graph.servicePrincipalIdentity","id":"~05","displayName":"App","appId":"~06"}},
{"id":"~07","accessReviewId":"~02","reviewedDate":"2021-03-02T08:09:10Z","reviewResult":"Approve","userPrincipalName":"gus@fabrikam.example","userId":"~05",
"userDisplayName":"Gus","accessRecommendation":"Deny","justification":"stays","appliedDateTime":"2021-03-03T08:09:10Z","applyResult":"AppliedSuccessfully",
"reviewedBy":{"id":"~04","displayName":"Ada","userPrincipalName":"ada@contoso.example"},"appliedBy":{"id":"~08","displayName":"Bo"}}]"##;
    check_table(
        "(SELECT * EXCEPT (event_time) FROM access_review_decision)",
        "accessReviewDecisions.json",
        guids(text),
        expect![[r#"
            ── row 1 ────────────────────────────────────────
            id                00000000-0000-0000-0000-000000000003
            review_id         00000000-0000-0000-0000-000000000002
            decision          NotReviewed
            recommendation    NoInfoAvailable
            apply_result      New
            principal_id      00000000-0000-0000-0000-000000000005
            principal_type    servicePrincipalIdentity
            principal_name    App
            format            graph_access_review_decision
            degraded          false
            ── row 2 ────────────────────────────────────────
            id                00000000-0000-0000-0000-000000000007
            review_id         00000000-0000-0000-0000-000000000002
            decision          Approve
            recommendation    Deny
            justification     stays
            reviewed_at       2021-03-02T08:09:10Z
            reviewed_by_id    00000000-0000-0000-0000-000000000004
            reviewed_by_name  Ada
            reviewed_by_upn   ada@contoso.example
            applied_at        2021-03-03T08:09:10Z
            applied_by_id     00000000-0000-0000-0000-000000000008
            applied_by_name   Bo
            apply_result      AppliedSuccessfully
            principal_id      00000000-0000-0000-0000-000000000005
            principal_name    Gus
            principal_upn     gus@fabrikam.example
            format            graph_access_review_decision
            degraded          false
        "#]],
    );
}
