//! The keys by which shapes are told apart, best first.

use crate::schema::Format;

/// What stands around a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    UnifiedSearch,
    Unified,
    Monitor,
    Analytics,
    Other,
}

/// All of these keys and one of those (if there are any) tell this. The first that holds decides.
pub(super) const FAMILIES: &[(&[&str], &[&str], Family)] = &[
    (&["AuditData"], &["Operations", "Operation", "RecordType", "CreationDate"], Family::UnifiedSearch),
    // A search that gives no more of a record than this row.
    (&["RecordType", "CreationDate", "UserIds", "Operations"], &[], Family::UnifiedSearch),
    (&["Workload", "RecordType", "CreationTime"], &[], Family::Unified),
    (&["time", "category"], &["properties", "resourceId"], Family::Monitor),
    (&["TimeGenerated"], &[], Family::Analytics),
    (&["OperationName", "TenantId"], &[], Family::Analytics),
];

/// A rule: all of `all` and one of `any` (if there are any) among the record's keys, compared without case.
pub(super) struct Rule {
    pub(super) all: &'static [&'static str],
    pub(super) any: &'static [&'static str],
    pub(super) is: Is,
}

/// What a rule says.
pub(super) enum Is {
    Event(Format),
    Foreign(&'static str),
    ErrorBody,
}

/// For records that nothing is wrapped around. Tested from the top; the first that holds decides.
pub(super) const RULES: &[Rule] = &[
    Rule {
        all: &["activity"],
        any: &["activityDate", "activityDateInMillis"],
        is: Is::Event(Format::named("legacy_audit")),
    },
    Rule {
        all: &["loginStatus"],
        any: &["signinDateTime", "signinDateTimeInMillis"],
        is: Is::Event(Format::named("legacy_signin")),
    },
    Rule {
        all: &["activityDisplayName"],
        any: &["initiatedBy", "targetResources", "targetResource", "loggedByService"],
        is: Is::Event(Format::named("graph_audit")),
    },
    Rule {
        all: &["Date (UTC)", "Activity"],
        any: &["CorrelationId", "Target1Type"],
        is: Is::Event(Format::named("portal_audit_csv")),
    },
    Rule {
        all: &["Request ID", "Authentication method"],
        any: &[],
        is: Is::Event(Format::named("portal_auth_details_csv")),
    },
    Rule { all: &["Date (UTC)", "Request ID"], any: &[], is: Is::Event(Format::named("portal_signin_csv")) },
    Rule {
        all: &[],
        any: &["provisioningAction", "provisioningSteps"],
        is: Is::Event(Format::named("graph_provisioning")),
    },
    Rule {
        all: &["detectedDateTime", "servicePrincipalId"],
        any: &[],
        is: Is::Foreign("risk detections of service principals"),
    },
    Rule {
        all: &["detectedDateTime"],
        any: &["riskEventType", "riskType"],
        is: Is::Event(Format::named("graph_risk_detection")),
    },
    Rule {
        all: &["riskLastUpdatedDateTime", "riskLevel"],
        any: &["servicePrincipalType", "appId"],
        is: Is::Foreign("risky service principals"),
    },
    Rule {
        all: &["riskLastUpdatedDateTime", "riskLevel"],
        any: &[],
        is: Is::Event(Format::named("graph_risky_user")),
    },
    Rule {
        all: &["accessReviewId"],
        any: &["decision", "reviewResult"],
        is: Is::Event(Format::named("graph_access_review_decision")),
    },
    Rule {
        all: &["appRoleId", "principalId"],
        any: &[],
        is: Is::Foreign("assignments of application roles"),
    },
    Rule {
        all: &["createdDateTime"],
        any: &["clientAppUsed", "conditionalAccessStatus", "resourceDisplayName", "signInEventTypes"],
        is: Is::Event(Format::named("graph_signin")),
    },
    Rule {
        all: &["createdDateTime", "status"],
        any: &["appId", "appDisplayName", "ipAddress"],
        is: Is::Event(Format::named("graph_signin")),
    },
    Rule {
        all: &["createdDateTime", "ipAddress"],
        any: &["appId", "appDisplayName"],
        is: Is::Event(Format::named("graph_signin")),
    },
    Rule {
        all: &[],
        any: &["inviteRedeemUrl", "invitedUserEmailAddress"],
        is: Is::Event(Format::named("graph_invitation")),
    },
    // Meetings, calls and requests have times, a status, a scope or settings too: only reviews have these besides.
    Rule {
        all: &["startDateTime", "endDateTime", "status", "scope"],
        any: &[
            "reviewers",
            "fallbackReviewers",
            "contactedReviewers",
            "decisions",
            "stages",
            "scope.queryType",
            "scope.principalScopes",
        ],
        is: Is::Event(Format::named("graph_access_review_instance")),
    },
    Rule {
        all: &["scope"],
        any: &["instanceEnumerationScope", "stageSettings"],
        is: Is::Event(Format::named("graph_access_review_definition")),
    },
    Rule {
        all: &["id", "scope", "settings"],
        any: &[
            "descriptionForAdmins",
            "descriptionForReviewers",
            "reviewers",
            "fallbackReviewers",
            "backupReviewers",
            "instances",
        ],
        is: Is::Event(Format::named("graph_access_review_definition")),
    },
    Rule {
        all: &["requestMethod", "requestUri"],
        any: &["responseStatusCode"],
        is: Is::Event(Format::named("log_analytics_graph_activity")),
    },
    // What no export of users has, before what it has in common with reports about them.
    Rule {
        all: &[],
        any: &[
            "isMfaRegistered",
            "isMfaCapable",
            "isSsprRegistered",
            "methodsRegistered",
            "MFAMethods",
            "MFAStatus",
            "MFADefaultMethod",
            "defaultMfaMethod",
        ],
        is: Is::Foreign("reports on how users authenticate"),
    },
    Rule {
        all: &[],
        any: &["personType", "scoredEmailAddresses"],
        is: Is::Foreign("contacts that are relevant to a user"),
    },
    Rule {
        all: &[],
        any: &["RecipientTypeDetails", "RecipientType", "PrimarySmtpAddress"],
        is: Is::Foreign("Exchange mailboxes and recipients"),
    },
    Rule {
        all: &["userPrincipalName"],
        any: &["RoleName", "RoleDisplayName", "DirectoryRole", "roleDefinitionId", "roleTemplateId"],
        is: Is::Foreign("assignments of roles to users"),
    },
    Rule {
        all: &["userPrincipalName"],
        any: &["reportRefreshDate", "Report Refresh Date"],
        is: Is::Foreign("reports on what users use"),
    },
    Rule {
        all: &["userPrincipalName"],
        any: &[
            "userType",
            "accountEnabled",
            "externalUserState",
            "creationType",
            "signInActivity",
            "mail",
            "displayName",
            "identities",
            "sponsors",
        ],
        is: Is::Event(Format::named("graph_user")),
    },
    Rule {
        all: &[],
        any: &["externalUserState", "signInActivity", "otherMails"],
        is: Is::Event(Format::named("graph_user")),
    },
    Rule { all: &["ActivityType", "AuditEventId"], any: &[], is: Is::Foreign("Intune audit records") },
    Rule { all: &[], any: &["error", "odata.error"], is: Is::ErrorBody },
];

/// The tables of Log Analytics by their columns, where no column names the table.
pub(super) const ANALYTICS_RULES: &[Rule] = &[
    Rule {
        all: &["RequestMethod", "RequestUri"],
        any: &[],
        is: Is::Event(Format::named("log_analytics_graph_activity")),
    },
    Rule {
        all: &[],
        any: &["ProvisioningSteps", "CycleId", "ProvisioningAction"],
        is: Is::Event(Format::named("log_analytics_provisioning")),
    },
    Rule {
        all: &["DetectedDateTime"],
        any: &["RiskEventType"],
        is: Is::Event(Format::named("log_analytics_risk_detection")),
    },
    Rule {
        all: &["RiskLastUpdatedDateTime"],
        any: &[],
        is: Is::Event(Format::named("log_analytics_risky_user")),
    },
    Rule {
        all: &[],
        any: &[
            "ActivityDisplayName",
            "LoggedByService",
            "AADOperationType",
            "TargetResources",
            "InitiatedBy",
        ],
        is: Is::Event(Format::named("log_analytics_audit")),
    },
    Rule {
        all: &[],
        any: &[
            "ConditionalAccessStatus",
            "ClientAppUsed",
            "ResourceIdentity",
            "DeviceDetail",
            "LocationDetails",
        ],
        is: Is::Event(Format::named("log_analytics_signin")),
    },
    Rule {
        all: &["ResultType"],
        any: &["AppDisplayName", "ServicePrincipalName", "UserPrincipalName"],
        is: Is::Event(Format::named("log_analytics_signin")),
    },
];
