//! The on-disk shapes of downloads, by name: what each is, what tells it from the others, which table it fills.

use super::access_review::{ACCESS_REVIEW_DECISION, ACCESS_REVIEW_DEFINITION, ACCESS_REVIEW_INSTANCE};
use super::audit::AUDIT;
use super::directory_user::DIRECTORY_USER;
use super::graph_activity::GRAPH_ACTIVITY;
use super::invitation::INVITATION;
use super::provisioning::PROVISIONING;
use super::risk::{RISK_DETECTION, RISKY_USER};
use super::signin::{SIGNIN, SIGNIN_AUTH_DETAIL};
use super::unified_audit::UNIFIED_AUDIT;
use super::{EVENT_TABLES, Table};

/// What shape a record has on disk: its position in [`FORMATS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Format(usize);

/// What there is to know about a shape.
#[derive(Debug)]
pub(crate) struct Shape {
    /// Value of the column `format`.
    pub(crate) name: &'static str,
    /// What a person would call it.
    pub(crate) title: &'static str,
    /// What tells it from the others.
    pub(crate) evidence: &'static str,
    /// The table that its records become rows of.
    pub(crate) table: &'static Table,
    /// How it spells its keys.
    pub(crate) keys: Keys,
    /// Values of the member that names a record's kind ([`Keys::kind_member`]); empty if the shape has none.
    pub(crate) kinds: &'static [&'static str],
    /// Of two records of one event, that of the richer shape is kept.
    pub(crate) richness: u8,
}

/// A family of formats that spell their keys alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    /// Azure AD Graph.
    Legacy,
    /// Microsoft Graph, whatever is made of it: also [`Keys::Monitor`] and [`Keys::Analytics`].
    Graph,
    /// Microsoft Graph's own objects only.
    GraphOnly,
    /// Azure Monitor's diagnostic records, with Graph's object in `properties`.
    Monitor,
    /// Azure Monitor's diagnostic records of 2018 and before.
    Monitor2018,
    /// Log Analytics tables: Graph's members as columns.
    Analytics,
    /// The portal's CSV headers.
    Portal,
    /// Unified audit records, bare or wrapped.
    Unified,
    /// The table that a search wraps around unified audit records, with the record in `AuditData`.
    Wrapped,
    /// All of them.
    Every,
}

/// Every shape, in the order in which they are listed.
pub(crate) const FORMATS: &[Shape] = &[
    Shape {
        name: "legacy_audit",
        title: "Azure AD Graph audit events (`activities/audit`)",
        evidence: "keys `activityDate` (or `activityDateInMillis`) and `activity`",
        table: &AUDIT,
        keys: Keys::Legacy,
        kinds: &[],
        richness: 30,
    },
    Shape {
        name: "graph_audit",
        title: "Microsoft Graph `directoryAudit` (v1.0 and beta): API, collectors, PowerShell objects",
        evidence: "keys `activityDisplayName` and `initiatedBy` or `targetResources`, in any case",
        table: &AUDIT,
        keys: Keys::GraphOnly,
        kinds: &[],
        richness: 50,
    },
    Shape {
        name: "portal_audit_json",
        title: "portal audit log, JSON download",
        evidence: "a bare array of Graph audit objects that carry `userAgent`",
        table: &AUDIT,
        keys: Keys::GraphOnly,
        kinds: &[],
        richness: 60,
    },
    Shape {
        name: "portal_audit_csv",
        title: "portal audit log, CSV download (86 columns)",
        evidence: "header with `Date (UTC)`, `CorrelationId` and `Activity`, or its translation",
        table: &AUDIT,
        keys: Keys::Portal,
        kinds: &[],
        richness: 10,
    },
    Shape {
        name: "monitor_audit",
        title: "Azure Monitor diagnostic records: storage blobs, Event Hubs; category `AuditLogs`",
        evidence: "keys `time`, `category` = `AuditLogs`, and `properties` with `activityDisplayName`",
        table: &AUDIT,
        keys: Keys::Monitor,
        kinds: &["AuditLogs"],
        richness: 70,
    },
    Shape {
        name: "monitor_audit_2018",
        title: "Azure Monitor diagnostic records of 2018 and before; category `Audit`",
        evidence: "keys `time`, `category` = `Audit`, and `properties` with `targetResourceType`",
        table: &AUDIT,
        keys: Keys::Monitor2018,
        kinds: &["Audit"],
        richness: 20,
    },
    Shape {
        name: "log_analytics_audit",
        title: "Log Analytics table `AuditLogs`: CSV, query results, rows",
        evidence: "columns `OperationName` or `ActivityDisplayName`, `TimeGenerated`; `Type` = `AuditLogs`",
        table: &AUDIT,
        keys: Keys::Analytics,
        kinds: &["AuditLogs"],
        richness: 40,
    },
    Shape {
        name: "legacy_signin",
        title: "Azure AD Graph sign-ins (`activities/signinEvents`)",
        evidence: "keys `signinDateTime` (or `signinDateTimeInMillis`) and `loginStatus`",
        table: &SIGNIN,
        keys: Keys::Legacy,
        kinds: &[],
        richness: 30,
    },
    Shape {
        name: "graph_signin",
        title: "Microsoft Graph `signIn` (v1.0 and beta): API, portal JSON, collectors, PowerShell objects",
        evidence: "keys `createdDateTime`, `appId` or `appDisplayName`, and `status`, `ipAddress` or `clientAppUsed`",
        table: &SIGNIN,
        keys: Keys::GraphOnly,
        kinds: &[],
        richness: 50,
    },
    Shape {
        name: "portal_signin_csv",
        title: "portal sign-ins, CSV download: interactive, non-interactive, application, managed identity",
        evidence: "header with `Date (UTC)` and `Request ID`",
        table: &SIGNIN,
        keys: Keys::Portal,
        kinds: &[],
        richness: 10,
    },
    Shape {
        name: "monitor_signin",
        title: "Azure Monitor diagnostic records; categories `SignInLogs` and its kin",
        evidence: "keys `time`, `properties`, and `category` that ends with `SignInLogs`",
        table: &SIGNIN,
        keys: Keys::Monitor,
        kinds: &[
            "SignInLogs",
            "NonInteractiveUserSignInLogs",
            "ServicePrincipalSignInLogs",
            "ManagedIdentitySignInLogs",
            "ADFSSignInLogs",
        ],
        richness: 70,
    },
    Shape {
        name: "log_analytics_signin",
        title: "Log Analytics tables `SigninLogs`, `AADNonInteractiveUserSignInLogs` and their kin",
        evidence: "columns `ResultType`, `AppDisplayName` or `ServicePrincipalId`; `Type` that ends with `SignInLogs`",
        table: &SIGNIN,
        keys: Keys::Analytics,
        kinds: &[
            "SigninLogs",
            "AADNonInteractiveUserSignInLogs",
            "AADServicePrincipalSignInLogs",
            "AADManagedIdentitySignInLogs",
            "ADFSSignInLogs",
        ],
        richness: 40,
    },
    Shape {
        name: "portal_auth_details_csv",
        title: "portal sign-ins, CSV download of authentication details",
        evidence: "header with `Request ID` and `Authentication method`",
        table: &SIGNIN_AUTH_DETAIL,
        keys: Keys::Portal,
        kinds: &[],
        richness: 10,
    },
    Shape {
        name: "graph_provisioning",
        title: "Microsoft Graph `provisioningObjectSummary`",
        evidence: "key `provisioningAction` or `provisioningSteps`",
        table: &PROVISIONING,
        keys: Keys::GraphOnly,
        kinds: &[],
        richness: 50,
    },
    Shape {
        name: "monitor_provisioning",
        title: "Azure Monitor diagnostic records; category `ProvisioningLogs`",
        evidence: "keys `time`, `properties`, and `category` = `ProvisioningLogs`",
        table: &PROVISIONING,
        keys: Keys::Monitor,
        kinds: &["ProvisioningLogs"],
        richness: 40,
    },
    Shape {
        name: "log_analytics_provisioning",
        title: "Log Analytics table `AADProvisioningLogs`",
        evidence: "columns `ChangeId`, `CycleId`, `JobId`, `TimeGenerated`",
        table: &PROVISIONING,
        keys: Keys::Analytics,
        kinds: &["AADProvisioningLogs"],
        richness: 30,
    },
    Shape {
        name: "graph_risk_detection",
        title: "Microsoft Graph `riskDetection`: API, collectors, PowerShell objects and CSV",
        evidence: "keys `detectedDateTime` and `riskEventType` or `riskType`",
        table: &RISK_DETECTION,
        keys: Keys::GraphOnly,
        kinds: &[],
        richness: 60,
    },
    Shape {
        name: "monitor_risk_detection",
        title: "Azure Monitor diagnostic records; category `UserRiskEvents`",
        evidence: "keys `time`, `properties`, and `category` = `UserRiskEvents`",
        table: &RISK_DETECTION,
        keys: Keys::Monitor,
        kinds: &["UserRiskEvents"],
        richness: 70,
    },
    Shape {
        name: "log_analytics_risk_detection",
        title: "Log Analytics table `AADUserRiskEvents`",
        evidence: "columns `RiskEventType`, `DetectedDateTime`, `TimeGenerated`",
        table: &RISK_DETECTION,
        keys: Keys::Analytics,
        kinds: &["AADUserRiskEvents"],
        richness: 40,
    },
    Shape {
        name: "graph_risky_user",
        title: "Microsoft Graph `riskyUser` and `riskyUserHistoryItem`: API, collectors, PowerShell CSV",
        evidence: "keys `riskLastUpdatedDateTime` and `riskLevel`",
        table: &RISKY_USER,
        keys: Keys::GraphOnly,
        kinds: &[],
        richness: 60,
    },
    Shape {
        name: "monitor_risky_user",
        title: "Azure Monitor diagnostic records; category `RiskyUsers`",
        evidence: "keys `time`, `properties`, and `category` = `RiskyUsers`",
        table: &RISKY_USER,
        keys: Keys::Monitor,
        kinds: &["RiskyUsers"],
        richness: 70,
    },
    Shape {
        name: "log_analytics_risky_user",
        title: "Log Analytics table `AADRiskyUsers`",
        evidence: "columns `RiskLastUpdatedDateTime`, `RiskLevel`, `TimeGenerated`",
        table: &RISKY_USER,
        keys: Keys::Analytics,
        kinds: &["AADRiskyUsers"],
        richness: 40,
    },
    Shape {
        name: "monitor_graph_activity",
        title: "Azure Monitor diagnostic records; category `MicrosoftGraphActivityLogs`",
        evidence: "keys `time`, `properties`, and `category` = `MicrosoftGraphActivityLogs`",
        table: &GRAPH_ACTIVITY,
        keys: Keys::Monitor,
        kinds: &["MicrosoftGraphActivityLogs"],
        richness: 70,
    },
    Shape {
        name: "log_analytics_graph_activity",
        title: "Log Analytics table `MicrosoftGraphActivityLogs`",
        evidence: "columns `RequestMethod`, `RequestUri`, `ResponseStatusCode`",
        table: &GRAPH_ACTIVITY,
        keys: Keys::Analytics,
        kinds: &["MicrosoftGraphActivityLogs"],
        richness: 40,
    },
    Shape {
        name: "unified_audit",
        title: "unified audit log, bare `AuditData` records of Entra ID",
        evidence: "keys `RecordType`, `CreationTime`, `Operation`; `Workload` = `AzureActiveDirectory`",
        table: &UNIFIED_AUDIT,
        keys: Keys::Unified,
        kinds: &["AzureActiveDirectory"],
        richness: 50,
    },
    Shape {
        name: "unified_audit_search",
        title: "unified audit log, results of a search: CSV or JSON with `AuditData` (`Search-UnifiedAuditLog`, Purview)",
        evidence: "key `AuditData` with `RecordType`, `Operations` or `CreationDate`; or `RecordType`, `CreationDate`, `UserIds` and `Operations`",
        table: &UNIFIED_AUDIT,
        keys: Keys::Wrapped,
        kinds: &["AzureActiveDirectory"],
        richness: 60,
    },
    Shape {
        name: "graph_user",
        title: "Microsoft Graph `user`, with sponsors if expanded: API, PowerShell objects",
        evidence: "key `userPrincipalName` with `userType`, `mail`, `displayName` …, and no event's time",
        table: &DIRECTORY_USER,
        keys: Keys::GraphOnly,
        kinds: &[],
        richness: 50,
    },
    Shape {
        name: "graph_invitation",
        title: "Microsoft Graph `invitation`",
        evidence: "key `inviteRedeemUrl` or `invitedUserEmailAddress`",
        table: &INVITATION,
        keys: Keys::GraphOnly,
        kinds: &[],
        richness: 50,
    },
    Shape {
        name: "graph_access_review_definition",
        title: "Microsoft Graph `accessReviewScheduleDefinition`",
        evidence: "key `scope` with `instanceEnumerationScope`, or with `settings` and `reviewers` or their descriptions; or the page's context",
        table: &ACCESS_REVIEW_DEFINITION,
        keys: Keys::GraphOnly,
        kinds: &[],
        richness: 50,
    },
    Shape {
        name: "graph_access_review_instance",
        title: "Microsoft Graph `accessReviewInstance`",
        evidence: "keys `startDateTime`, `endDateTime`, `status`, and `reviewers` or a `scope` with `queryType`; or the page's context",
        table: &ACCESS_REVIEW_INSTANCE,
        keys: Keys::GraphOnly,
        kinds: &[],
        richness: 50,
    },
    Shape {
        name: "graph_access_review_decision",
        title: "Microsoft Graph `accessReviewInstanceDecisionItem`, and the older `accessReviewDecision`",
        evidence: "keys `accessReviewId` and `decision` or `reviewResult`",
        table: &ACCESS_REVIEW_DECISION,
        keys: Keys::GraphOnly,
        kinds: &[],
        richness: 50,
    },
];

impl Format {
    /// The shape with this name.
    ///
    /// # Panics
    ///
    /// If there is none: names are literals of this program.
    pub(crate) const fn named(name: &str) -> Self {
        let mut index = 0;
        while index < FORMATS.len() {
            if is_same(FORMATS[index].name.as_bytes(), name.as_bytes()) {
                return Self(index);
            }
            index += 1;
        }
        panic!("no shape has this name")
    }

    /// The shape that a row names, if this auditql knows it.
    pub(crate) fn find(name: &str) -> Option<Self> {
        FORMATS.iter().position(|shape| shape.name == name).map(Self)
    }

    /// Every format, in the order in which they are listed.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..FORMATS.len()).map(Self)
    }

    /// Its position in [`FORMATS`].
    pub(crate) fn index(self) -> usize {
        self.0
    }

    /// What there is to know about it.
    pub(crate) fn shape(self) -> &'static Shape {
        &FORMATS[self.0]
    }

    /// Value of the column `format`.
    pub(crate) fn name(self) -> &'static str {
        self.shape().name
    }

    /// Whether a record of this kind can have this shape.
    pub(crate) fn is_of_kind(self, kind: &str) -> bool {
        let kinds = self.shape().kinds;
        kinds.is_empty() || kinds.iter().any(|known| known.eq_ignore_ascii_case(kind.trim()))
    }

    /// The shape that spells its keys so and holds records of this kind.
    pub(crate) fn of_kind(keys: Keys, kind: &str) -> Option<Self> {
        Self::all().find(|format| {
            format.keys() == keys && !format.shape().kinds.is_empty() && format.is_of_kind(kind)
        })
    }

    /// How it spells its keys.
    pub(crate) fn keys(self) -> Keys {
        self.shape().keys
    }

    /// Position of its table in [`EVENT_TABLES`].
    pub(crate) fn table_index(self) -> usize {
        let index = EVENT_TABLES.iter().position(|table| table.name == self.shape().table.name);
        index.expect("every shape fills a table of events")
    }

    /// The richness of the shape with this name; 0 if there is none, as in an archive of a newer auditql.
    pub(crate) fn richness_of(name: &str) -> u8 {
        FORMATS.iter().find(|shape| shape.name == name).map_or(0, |shape| shape.richness)
    }
}

const fn is_same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut index = 0;
    while index < a.len() {
        if a[index] != b[index] {
            return false;
        }
        index += 1;
    }
    true
}

impl Keys {
    /// Whether a place declared for `self` is looked for in a record spelt like `other`, and below which member.
    pub(crate) fn within(self, other: Self) -> Option<Option<&'static str>> {
        match (self, other) {
            (Self::Graph, Self::Monitor) => Some(Some("properties")),
            (Self::Unified, Self::Wrapped) => Some(Some("AuditData")),
            (Self::Graph, Self::GraphOnly | Self::Analytics) | (Self::Every, _) => Some(None),
            (a, b) => (a == b).then_some(None),
        }
    }

    /// Path of the member that names a record's kind.
    pub(crate) fn kind_member(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Monitor | Self::Monitor2018 => Some(&["category"]),
            Self::Analytics => Some(&["Type"]),
            Self::Unified => Some(&["Workload"]),
            Self::Wrapped => Some(&["AuditData", "Workload"]),
            Self::Legacy | Self::Graph | Self::GraphOnly | Self::Portal | Self::Every => None,
        }
    }

    /// Whether keys carry marks of their export: `CreatedDateTime [UTC]`, `Status_dynamic`.
    pub(crate) fn are_marked(self) -> bool {
        self == Self::Analytics
    }

    /// How `meta.columns` names the family.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Legacy => "Azure AD Graph",
            Self::Graph | Self::GraphOnly => "Graph",
            Self::Monitor => "Azure Monitor",
            Self::Monitor2018 => "Azure Monitor 2018",
            Self::Analytics => "Log Analytics",
            Self::Portal => "portal CSV",
            Self::Unified => "unified audit",
            Self::Wrapped => "unified audit search",
            Self::Every => "all",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_shape_has_a_name_of_its_own_and_a_table() {
        let names: BTreeSet<_> = FORMATS.iter().map(|shape| shape.name).collect();
        assert_eq!(names.len(), FORMATS.len());
        for format in Format::all() {
            assert_eq!(Format::named(format.name()), format);
            assert_eq!(EVENT_TABLES[format.table_index()].name, format.shape().table.name);
        }
    }
}
