//! Tables `risk_detection` and `risky_user`: what Identity Protection found. Both keep every version of an object.

use super::audit::DETAIL;
use super::every_table::{CORRELATION_ID, DEGRADED, FORMAT, RAW, SOURCE_FILE, SOURCE_OFFSET, TENANT_ID};
use super::values::YES_NO;
use super::{Column, Convert, Kind, Rows, Table, analytics, flat, graph, graph_only, monitor, pair};

/// Risk detections.
pub(crate) const RISK_DETECTION: Table = Table {
    name: "risk_detection",
    doc: "One row per version of a risk detection: it is published again when its state changes. The newest versions \
          are the view `risk_detection_latest`.",
    reference: "https://learn.microsoft.com/graph/api/resources/riskdetection",
    columns: &[
        Column::time(
            "event_time",
            "When the risky activity happened, UTC; where that is not said, when it was detected.",
            &[
                graph("activityDateTime"),
                graph("detectedDateTime"),
                monitor("time"),
                analytics("TimeGenerated"),
            ],
        ),
        Column::text(
            "id",
            "Id of the detection; its versions share it.",
            &[graph("id").convert(Convert::Verbatim)],
        ),
        TENANT_ID,
        CORRELATION_ID,
        Column::text("signin_id", "Id of the sign-in; joins `signin.id`.", &[graph("requestId")]),
        Column::time("detected_at", "When it was detected, UTC.", &[graph("detectedDateTime")]),
        Column::time("updated_at", "When this version was made, UTC.", &[graph("lastUpdatedDateTime")]),
        Column::word(
            "risk_event_type",
            "Kind of risk, e.g. `unfamiliarFeatures`.",
            &[graph("riskEventType"), graph("riskType")],
        ),
        Column::word("risk_level", "`low`, `medium`, `high` …", &[graph("riskLevel")]),
        Column::word("risk_state", "`atRisk`, `remediated`, `dismissed` …", &[graph("riskState")]),
        Column::word("risk_detail", "Why the risk has its state.", &[graph("riskDetail")]),
        Column::word(
            "source",
            "What found it.",
            &[graph_only("source"), monitor("properties.source"), analytics("Source")],
        ),
        Column::word(
            "detection_timing",
            "`realtime`, `nearRealtime` or `offline`.",
            &[graph("detectionTimingType")],
        ),
        Column::word("activity", "`signin`, `user` or `servicePrincipal`.", &[graph("activity")]),
        Column::text("user_id", "Object id of the user.", &[graph("userId")]),
        Column::text("user_upn", "User principal name.", &[graph("userPrincipalName")]),
        Column::text("user_name", "Display name.", &[graph("userDisplayName")]),
        Column::text(
            "ip_address",
            "Client address.",
            &[graph("ipAddress").convert(Convert::Ip), monitor("callerIpAddress").convert(Convert::Ip)],
        ),
        Column::word("city", "City of the address.", &[graph("location.city"), flat("City")]),
        Column::word("state", "State or province of the address.", &[graph("location.state"), flat("State")]),
        Column::word(
            "country",
            "Country of the address, two letters.",
            &[graph("location.countryOrRegion"), flat("CountryOrRegion")],
        ),
        Column::word("token_issuer_type", "Who issued the token.", &[graph("tokenIssuerType")]),
        Column::text(
            "user_agent",
            "User agent, from the additional information.",
            &[pair("additional_info", "userAgent")],
        ),
        Column::new(
            "additional_info",
            Kind::Structs(DETAIL),
            "Additional information: keys and values.",
            &[graph("additionalInfo")],
        ),
        FORMAT,
        SOURCE_FILE,
        SOURCE_OFFSET,
        DEGRADED,
        RAW,
    ],
    rows: Rows {
        required: &["risk_event_type", "risk_level", "risk_state"],
        group: "risk_event_type",
        order: &["risk_event_type"],
        facts: &["risk_event_type", "user_id"],
        version: &["updated_at", "risk_state", "risk_level"],
        fingerprint: &["correlation_id", "risk_event_type", "risk_state", "ip_address"],
        fingerprint_actor: &["user_id", "user_upn"],
        is_snapshot: false,
    },
};

/// Risky users.
pub(crate) const RISKY_USER: Table = Table {
    name: "risky_user",
    doc: "One row per version of a risky user, from snapshots and from its history. The newest versions are the view \
          `risky_user_latest`.",
    reference: "https://learn.microsoft.com/graph/api/resources/riskyuser",
    columns: &[
        Column::time(
            "event_time",
            "When the risk was last changed, UTC. Graph `riskLastUpdatedDateTime`.",
            &[graph("riskLastUpdatedDateTime"), monitor("time"), analytics("TimeGenerated")],
        ),
        Column::text(
            "id",
            "Object id of the user; versions share it.",
            &[graph("userId").convert(Convert::Verbatim), graph("id").convert(Convert::Verbatim)],
        ),
        TENANT_ID,
        // Log Analytics writes the user's id in its place.
        Column::text("correlation_id", CORRELATION_ID.doc, &[graph_only("correlationId")]),
        Column::text("user_id", "Object id of the user, the same as `id`.", &[graph("userId"), graph("id")]),
        Column::text("user_upn", "User principal name.", &[graph("userPrincipalName")]),
        Column::text("user_name", "Display name.", &[graph("userDisplayName")]),
        Column::word("risk_level", "`none`, `low`, `medium`, `high` …", &[graph("riskLevel")]),
        Column::word("risk_state", "`atRisk`, `remediated`, `dismissed` …", &[graph("riskState")]),
        Column::word("risk_detail", "Why the risk has its state.", &[graph("riskDetail")]),
        Column::boolean(
            "is_deleted",
            "Whether the user is deleted.",
            &[graph("isDeleted").convert(Convert::Only(YES_NO))],
        ),
        Column::boolean(
            "is_guest",
            "Whether the user is a guest.",
            &[graph("isGuest").convert(Convert::Only(YES_NO))],
        ),
        Column::boolean(
            "is_processing",
            "Whether the risk is being worked out anew.",
            &[graph("isProcessing").convert(Convert::Only(YES_NO))],
        ),
        Column::text(
            "initiated_by",
            "Object id of who changed it; only in the history.",
            &[graph("initiatedBy")],
        ),
        Column::texts(
            "risk_event_types",
            "Kinds of risk that changed it; only in the history.",
            &[graph("activity.riskEventTypes"), graph("activity.eventTypes")],
        ),
        FORMAT,
        SOURCE_FILE,
        SOURCE_OFFSET,
        DEGRADED,
        RAW,
    ],
    rows: Rows {
        required: &["risk_level", "risk_state"],
        group: "risk_level",
        order: &["risk_level"],
        facts: &["user_upn"],
        version: &["event_time", "risk_state", "risk_level"],
        fingerprint: &["risk_state", "risk_level", "risk_detail"],
        fingerprint_actor: &["user_id", "user_upn"],
        is_snapshot: false,
    },
};
