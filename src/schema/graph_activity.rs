//! Table `graph_activity`: requests to Microsoft Graph.

use super::every_table::{DEGRADED, FORMAT, RAW, SOURCE_FILE, SOURCE_OFFSET};
use super::{Column, Convert, Rows, Table, analytics, graph, monitor};

/// Requests to Microsoft Graph.
pub(crate) const GRAPH_ACTIVITY: Table = Table {
    name: "graph_activity",
    doc: "One row per request that Microsoft Graph answered for the tenant.",
    reference: "https://learn.microsoft.com/graph/microsoft-graph-activity-logs-overview",
    columns: &[
        Column::time("event_time", "When the request came, UTC.", &[monitor("time"), graph("timeGenerated")]),
        Column::text(
            "id",
            "Request id.",
            &[graph("requestId").convert(Convert::Verbatim), graph("operationId").convert(Convert::Verbatim)],
        ),
        Column::word(
            "tenant_id",
            "Directory (tenant) id. NULL where neither the record nor `ingest --tenant` names it.",
            &[
                monitor("tenantId"),
                monitor("properties.tenantId"),
                monitor("resourceId").convert(Convert::TenantOfResource),
                analytics("AadTenantId"),
            ],
        ),
        Column::text(
            "correlation_id",
            "Client's request id; shared by the requests of one operation of the client.",
            &[graph("clientRequestId"), monitor("correlationId"), analytics("CorrelationId")],
        ),
        Column::word("request_method", "HTTP method.", &[graph("requestMethod")]),
        Column::text("request_uri", "Address that was asked for.", &[graph("requestUri")]),
        Column::word("api_version", "`v1.0` or `beta`.", &[graph("apiVersion")]),
        Column::integer(
            "response_status_code",
            "HTTP status of the answer.",
            &[graph("responseStatusCode"), monitor("resultSignature")],
        ),
        Column::integer("response_size_bytes", "Bytes of the answer.", &[graph("responseSizeBytes")]),
        Column::integer(
            "duration_ms",
            "Time that the answer took, in milliseconds.",
            &[graph("durationMs"), monitor("durationMs")],
        ),
        Column::text(
            "ip_address",
            "Client address.",
            &[graph("ipAddress").convert(Convert::Ip), monitor("callerIpAddress").convert(Convert::Ip)],
        ),
        Column::word("user_agent", "User agent of the client.", &[graph("userAgent")]),
        Column::word("app_id", "Application (client) id that asked.", &[graph("appId")]),
        Column::text(
            "user_id",
            "Object id of the user in whose name it was asked; NULL where an application asked for itself.",
            &[graph("userId"), graph("UserPrincipalObjectID")],
        ),
        Column::text(
            "service_principal_id",
            "Object id of the service principal.",
            &[graph("servicePrincipalId")],
        ),
        Column::text(
            "signin_token_id",
            "Identifier of the token; joins `signin.unique_token_id`.",
            &[graph("signInActivityId"), analytics("UniqueTokenId")],
        ),
        Column::text("session_id", "Identifier of the session.", &[analytics("SessionId"), graph("C_Sid")]),
        Column::text(
            "device_id",
            "Id of a registered device.",
            &[analytics("DeviceId"), graph("C_DeviceId")],
        ),
        Column::text(
            "roles",
            "Application permissions in the token, with blanks between.",
            &[graph("roles")],
        ),
        Column::text(
            "scopes",
            "Delegated permissions in the token, with blanks between.",
            &[graph("scopes")],
        ),
        Column::text(
            "directory_roles",
            "Template ids of the user's directory roles (`wids`).",
            &[graph("wids")],
        ),
        Column::word(
            "client_auth_method",
            "How the client proved itself: 0 public, 1 secret, 2 certificate.",
            &[graph("clientAuthMethod")],
        ),
        Column::word("identity_provider", "Who authenticated the user.", &[graph("identityProvider")]),
        Column::time("token_issued_at", "When the token was issued, UTC.", &[graph("tokenIssuedAt")]),
        Column::word(
            "location",
            "Region that answered.",
            &[monitor("properties.location"), monitor("location"), analytics("Location")],
        ),
        FORMAT,
        SOURCE_FILE,
        SOURCE_OFFSET,
        DEGRADED,
        RAW,
    ],
    rows: Rows {
        required: &["request_uri", "request_method"],
        group: "request_method",
        order: &["app_id", "request_method"],
        facts: &["request_method", "response_status_code"],
        version: &[],
        fingerprint: &[
            "correlation_id",
            "request_method",
            "request_uri",
            "response_status_code",
            "ip_address",
        ],
        fingerprint_actor: &["user_id", "service_principal_id", "app_id"],
        is_snapshot: false,
    },
};
