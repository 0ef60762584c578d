//! Tables of access reviews: their definitions, their instances, and the decisions.

use super::every_table::{DEGRADED, FORMAT, RAW, SOURCE_FILE, SOURCE_OFFSET};
use super::{Column, Convert, Kind, Rows, Table, every, graph_only};

const TENANT_ID: Column = Column::word(
    "tenant_id",
    "Directory (tenant) id, if `ingest --tenant` names it.",
    &[graph_only("tenantId")],
);

/// Definitions of access reviews.
pub(crate) const ACCESS_REVIEW_DEFINITION: Table = Table {
    name: "access_review_definition",
    doc: "One row per version of the definition of an access review.",
    reference: "https://learn.microsoft.com/graph/api/resources/accessreviewscheduledefinition",
    columns: &[
        Column::time(
            "event_time",
            "When it was last changed, else made, else the time of the file, UTC.",
            &[graph_only("lastModifiedDateTime"), graph_only("createdDateTime")],
        ),
        Column::text("id", "Id of the definition.", &[graph_only("id").convert(Convert::Verbatim)]),
        TENANT_ID,
        Column::text("name", "Name of the review.", &[graph_only("displayName")]),
        Column::word("status", "Status, e.g. `InProgress`.", &[graph_only("status")]),
        Column::time("created_at", "When it was made, UTC.", &[graph_only("createdDateTime")]),
        Column::text("created_by_id", "Object id of who made it.", &[graph_only("createdBy.id")]),
        Column::text(
            "created_by_upn",
            "User principal name of who made it.",
            &[graph_only("createdBy.userPrincipalName")],
        ),
        Column::text("description", "Description for administrators.", &[graph_only("descriptionForAdmins")]),
        Column::text("scope_query", "Query that says who is reviewed.", &[graph_only("scope.query")]),
        Column::text("scope", "Scope, as JSON text.", &[graph_only("scope")]),
        Column::text(
            "instance_scope",
            "Scope of the instances, as JSON text.",
            &[graph_only("instanceEnumerationScope")],
        ),
        Column::new(
            "reviewers",
            Kind::Structs(REVIEWER),
            "Queries that say who reviews.",
            &[graph_only("reviewers")],
        ),
        Column::text(
            "settings",
            "Settings, as JSON text: defaults, recurrence, what is applied.",
            &[graph_only("settings")],
        ),
        FORMAT,
        SOURCE_FILE,
        SOURCE_OFFSET,
        DEGRADED,
        RAW,
    ],
    rows: Rows {
        required: &["scope", "settings", "instance_scope"],
        group: "status",
        order: &["status"],
        facts: &[],
        version: &["raw"],
        fingerprint: &["name", "scope"],
        fingerprint_actor: &["created_by_id"],
        is_snapshot: true,
    },
};

/// Instances of access reviews.
pub(crate) const ACCESS_REVIEW_INSTANCE: Table = Table {
    name: "access_review_instance",
    doc: "One row per version of an instance (a run) of an access review.",
    reference: "https://learn.microsoft.com/graph/api/resources/accessreviewinstance",
    columns: &[
        Column::time(
            "event_time",
            "When it began, else the time of the file, UTC.",
            &[graph_only("startDateTime")],
        ),
        Column::text("id", "Id of the instance.", &[graph_only("id").convert(Convert::Verbatim)]),
        TENANT_ID,
        Column::word("status", "Status, e.g. `Applied`.", &[graph_only("status")]),
        Column::time("started_at", "When it began, UTC.", &[graph_only("startDateTime")]),
        Column::time("ended_at", "When it ends, UTC.", &[graph_only("endDateTime")]),
        Column::text("scope_query", "Query that says who is reviewed.", &[graph_only("scope.query")]),
        Column::text("scope", "Scope, as JSON text.", &[graph_only("scope")]),
        Column::new(
            "reviewers",
            Kind::Structs(REVIEWER),
            "Queries that say who reviews.",
            &[graph_only("reviewers")],
        ),
        FORMAT,
        SOURCE_FILE,
        SOURCE_OFFSET,
        DEGRADED,
        RAW,
    ],
    rows: Rows {
        required: &["started_at", "ended_at", "scope", "status"],
        group: "status",
        order: &["status"],
        facts: &[],
        version: &["raw"],
        fingerprint: &["scope", "started_at"],
        fingerprint_actor: &[],
        is_snapshot: true,
    },
};

/// Decisions of access reviews.
pub(crate) const ACCESS_REVIEW_DECISION: Table = Table {
    name: "access_review_decision",
    doc: "One row per version of a decision in an access review. The newest versions are the view \
          `access_review_decision_latest`.",
    reference: "https://learn.microsoft.com/graph/api/resources/accessreviewinstancedecisionitem",
    columns: &[
        Column::time(
            "event_time",
            "When it was applied, else decided, else the time of the file, UTC.",
            &[graph_only("appliedDateTime"), graph_only("reviewedDateTime"), graph_only("reviewedDate")],
        ),
        Column::text("id", "Id of the decision.", &[graph_only("id").convert(Convert::Verbatim)]),
        TENANT_ID,
        Column::text("review_id", "Id of the instance of the review.", &[graph_only("accessReviewId")]),
        Column::text(
            "definition_id",
            "Id of the definition, from the page's `@odata.context`; NULL where that is not there.",
            &[],
        ),
        Column::word(
            "decision",
            "`Approve`, `Deny`, `NotReviewed`, `DontKnow` or `NotNotified`.",
            &[graph_only("decision"), graph_only("reviewResult")],
        ),
        Column::word(
            "recommendation",
            "What was recommended.",
            &[graph_only("recommendation"), graph_only("accessRecommendation")],
        ),
        Column::text("justification", "Reason given.", &[graph_only("justification")]),
        Column::time(
            "reviewed_at",
            "When it was decided, UTC.",
            &[graph_only("reviewedDateTime"), graph_only("reviewedDate")],
        ),
        Column::text(
            "reviewed_by_id",
            "Object id of who decided; NULL: nobody yet.",
            &[graph_only("reviewedBy.id")],
        ),
        Column::text("reviewed_by_name", "Name of who decided.", &[graph_only("reviewedBy.displayName")]),
        Column::text(
            "reviewed_by_upn",
            "User principal name of who decided.",
            &[graph_only("reviewedBy.userPrincipalName")],
        ),
        Column::time("applied_at", "When it was applied, UTC.", &[graph_only("appliedDateTime")]),
        Column::text(
            "applied_by_id",
            "Object id of who applied it; NULL: nobody yet, or the service itself.",
            &[graph_only("appliedBy.id")],
        ),
        Column::text(
            "applied_by_name",
            "Name of who applied it; `Access Reviews` is the service itself.",
            &[graph_only("appliedBy.displayName")],
        ),
        Column::word("apply_result", "What came of applying it.", &[graph_only("applyResult")]),
        Column::text(
            "principal_id",
            "Object id of who was reviewed.",
            &[graph_only("principal.id"), graph_only("target.userId"), graph_only("userId")],
        ),
        Column::word(
            "principal_type",
            "`userIdentity`, `servicePrincipalIdentity` …",
            &[graph_only("principal.@odata.type").convert(Convert::ODataType)],
        ),
        Column::text(
            "principal_name",
            "Name of who was reviewed.",
            &[
                graph_only("principal.displayName"),
                graph_only("target.userDisplayName"),
                graph_only("userDisplayName"),
            ],
        ),
        Column::text(
            "principal_upn",
            "User principal name of who was reviewed.",
            &[
                graph_only("principal.userPrincipalName"),
                graph_only("target.userPrincipalName"),
                graph_only("userPrincipalName"),
            ],
        ),
        Column::text("resource_id", "Object id of what access was to.", &[graph_only("resource.id")]),
        Column::text("resource_name", "Name of what access was to.", &[graph_only("resource.displayName")]),
        Column::word("resource_type", "Type of what access was to.", &[graph_only("resource.type")]),
        FORMAT,
        SOURCE_FILE,
        SOURCE_OFFSET,
        DEGRADED,
        RAW,
    ],
    rows: Rows {
        required: &["review_id", "decision"],
        group: "decision",
        order: &["decision"],
        facts: &["review_id", "principal_id"],
        version: &["decision", "reviewed_at", "applied_at", "apply_result", "justification"],
        fingerprint: &["review_id", "principal_id", "principal_upn"],
        fingerprint_actor: &["reviewed_by_id"],
        is_snapshot: true,
    },
};

/// Fields of one reviewer.
const REVIEWER: &[Column] = &[
    Column::text("query", "Query for the reviewers.", &[every("query")]),
    Column::text("query_type", "Language of the query.", &[every("queryType")]),
];
