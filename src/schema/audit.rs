//! Table `audit`: directory audit events of Entra ID, B2B collaboration and Azure AD B2C.

use super::every_table::{DEGRADED, FORMAT, RAW, SOURCE_FILE, SOURCE_OFFSET};
use super::values::{LEGACY_CATEGORY, LEGACY_SERVICE, RESULT};
use super::{
    Column, Convert, Kind, Rows, Table, analytics, detail, every, first_target, graph, graph_only, legacy,
    monitor, monitor_2018, otherwise, portal,
};

/// Directory audit events.
pub(crate) const AUDIT: Table = Table {
    name: "audit",
    doc: "One row per directory audit event of Entra ID, B2B collaboration or Azure AD B2C.",
    reference: "https://learn.microsoft.com/graph/api/resources/directoryaudit",
    columns: &[
        Column::time(
            "event_time",
            "When the activity happened, UTC. Graph `activityDateTime`; digits below a microsecond are cut.",
            &[
                graph("activityDateTime"),
                graph_only("createdDateTime"),
                monitor("time"),
                analytics("TimeGenerated"),
                legacy("activityDate"),
                legacy("activityDateInMillis"),
                portal("Date (UTC)"),
                monitor_2018("time"),
            ],
        ),
        Column::text(
            "id",
            "Event id, unique within a tenant. Begins `auditql:` where the source has none and it was derived.",
            &[graph("id").convert(Convert::Verbatim), legacy("id").convert(Convert::Verbatim)],
        ),
        Column::word(
            "tenant_id",
            "Directory (tenant) id. NULL where neither the record nor `ingest --tenant` names it. \
             In Log Analytics `TenantId` is the workspace: not this.",
            &[
                graph_only("tenantId"),
                monitor("tenantId"),
                monitor("properties.tenantId"),
                monitor("resourceId").convert(Convert::TenantOfResource),
                analytics("AADTenantId"),
                analytics("ResourceId").convert(Convert::TenantOfResource),
                legacy("tenantId"),
                monitor_2018("tenantId"),
                monitor_2018("resourceId").convert(Convert::TenantOfResource),
            ],
        ),
        Column::text(
            "correlation_id",
            "Correlation id, shared by the events of one operation; not unique.",
            &[
                graph("correlationId"),
                monitor("correlationId"),
                legacy("correlationId"),
                portal("CorrelationId"),
                monitor_2018("correlationId"),
            ],
        ),
        Column::word(
            "service",
            "Service that logged the event (`Core Directory`, `B2C`, `Invited Users` …). Graph `loggedByService`.",
            &[
                graph("loggedByService"),
                legacy("category").convert(Convert::Names(LEGACY_SERVICE)),
                portal("Service"),
                monitor_2018("properties.loggedByService"),
            ],
        ),
        Column::word(
            "category",
            "Category (`UserManagement`, `Authentication` …). One activity can occur under two: filter by activity.",
            &[
                graph("category"),
                legacy("activityType").convert(Convert::Names(LEGACY_CATEGORY)),
                portal("Category"),
                monitor_2018("properties.auditEventCategory"),
            ],
        ),
        Column::word(
            "activity",
            "Activity, verbatim, trailing spaces and dashes included. Graph `activityDisplayName`.",
            &[
                graph("activityDisplayName").convert(Convert::Verbatim),
                analytics("OperationName").convert(Convert::Verbatim),
                legacy("activity").convert(Convert::Verbatim),
                portal("Activity").convert(Convert::Verbatim),
                monitor_2018("operationName").convert(Convert::Verbatim),
            ],
        ),
        Column::word(
            "activity_type",
            "Activity resource type (`User`, `Application`, `Authentication` …); only Azure AD Graph writes it.",
            &[legacy("activityType")],
        ),
        Column::word(
            "operation_type",
            "Kind of operation (`Add`, `Update`, `Delete`, `Assign` …). NULL for B2C, which writes an empty text.",
            &[
                graph("operationType"),
                analytics("AADOperationType"),
                legacy("activityOperationType"),
                monitor_2018("properties.operationType"),
            ],
        ),
        Column::word(
            "result",
            "`success`, `failure` or `timeout`; any other word of the source in lower case.",
            &[
                graph("result").convert(Convert::Words(RESULT)),
                analytics("ResultType").convert(Convert::Words(RESULT)),
                legacy("activityResultStatus").convert(Convert::Words(RESULT)),
                portal("Result").convert(Convert::Words(RESULT)),
                monitor_2018("resultType").convert(Convert::Words(RESULT)),
            ],
        ),
        Column::text(
            "result_reason",
            "Why it failed or what was decided. NULL for `N/A` and empty text.",
            &[
                graph("resultReason"),
                analytics("ResultDescription"),
                legacy("activityResultDescription"),
                portal("ResultReason"),
                monitor_2018("resultDescription"),
            ],
        ),
        Column::word(
            "actor_type",
            "Who acted: `user`, `application` or `system` (the source names nobody). NULL where PowerShell lost who it was.",
            &[
                graph("initiatedBy.user.id").convert(Convert::Presence("user")),
                graph("initiatedBy.user.userPrincipalName").convert(Convert::Presence("user")),
                graph("initiatedBy.app.appId").convert(Convert::Presence("application")),
                graph("initiatedBy.app.servicePrincipalId").convert(Convert::Presence("application")),
                graph("initiatedBy.app.servicePrincipalName").convert(Convert::Presence("application")),
                graph("initiatedBy.app.displayName").convert(Convert::Presence("application")),
                graph("initiatedBy.user.displayName").convert(Convert::Presence("user")),
                legacy("actorType").convert(Convert::ActorType),
                legacy("actor.@odata.type").convert(Convert::ActorType),
                legacy("actor.userPrincipalName").convert(Convert::Presence("user")),
                legacy("actor.servicePrincipalName").convert(Convert::Presence("application")),
                portal("ActorType").convert(Convert::ActorType),
                portal("ActorUserPrincipalName").convert(Convert::Presence("user")),
                portal("ActorServicePrincipalId").convert(Convert::Presence("application")),
                portal("ActorServicePrincipalName").convert(Convert::Presence("application")),
                monitor_2018("properties.identityType").convert(Convert::ActorType),
                monitor_2018("identity").convert(Convert::Presence("user")),
                otherwise("system"),
            ],
        ),
        Column::text(
            "actor_id",
            "Object id of the user or service principal that acted.",
            &[
                graph("initiatedBy.user.id"),
                graph("initiatedBy.app.servicePrincipalId"),
                legacy("actor.objectId"),
                portal("ActorObjectId"),
                portal("ActorServicePrincipalId"),
            ],
        ),
        Column::text(
            "actor_upn",
            "User principal name of the user that acted.",
            &[
                graph("initiatedBy.user.userPrincipalName"),
                legacy("actor.userPrincipalName"),
                portal("ActorUserPrincipalName"),
                monitor_2018("identity"),
            ],
        ),
        Column::text(
            "actor_name",
            "Display name of the user or application that acted.",
            &[
                graph("initiatedBy.user.displayName"),
                graph("initiatedBy.app.displayName"),
                legacy("actor.name"),
                portal("ActorDisplayName"),
            ],
        ),
        Column::word(
            "actor_app_id",
            "Application (client) id of the application that acted.",
            &[graph("initiatedBy.app.appId"), legacy("actor.applicationId")],
        ),
        Column::word(
            "actor_service_principal_id",
            "Object id of the service principal that acted.",
            &[graph("initiatedBy.app.servicePrincipalId"), portal("ActorServicePrincipalId")],
        ),
        Column::word(
            "actor_service_principal_name",
            "Service principal name (SPN) of the application that acted; in B2C events its application id.",
            &[
                graph("initiatedBy.app.servicePrincipalName"),
                legacy("actor.servicePrincipalName"),
                portal("ActorServicePrincipalName"),
            ],
        ),
        Column::text(
            "actor_ip",
            "Address that the actor came from, IPv4 or IPv6, without port; of a B2C consumer the same as `client_ip`.",
            &[
                graph("initiatedBy.user.ipAddress").convert(Convert::Ip),
                legacy("actor.ipAddress").convert(Convert::Ip),
                portal("IPAddress").convert(Convert::Ip),
                detail("ClientIpAddress").convert(Convert::Ip),
                detail("ipaddr").convert(Convert::Ip),
                monitor("callerIpAddress").convert(Convert::Ip),
                monitor_2018("callerIpAddress").convert(Convert::Ip),
            ],
        ),
        Column::word(
            "actor_user_agent",
            "User agent that the actor used: `userAgent`, else the detail `User-Agent`, else B2C's `Client`.",
            &[graph("userAgent"), portal("User Agent"), detail("User-Agent"), detail("Client")],
        ),
        Column::text("target_id", "Object id of the first target.", &[first_target("id")]),
        Column::word("target_type", "Type of the first target (`User`, `Group` …).", &[first_target("type")]),
        Column::text("target_upn", "User principal name of the first target.", &[first_target("upn")]),
        Column::text("target_name", "Display name of the first target.", &[first_target("name")]),
        Column::integer(
            "target_count",
            "How many targets the event has: whoever looks for others than the first needs no list of one. \
             NULL in rows of earlier versions until `auditql rebuild`.",
            &[],
        ),
        Column::new(
            "targets",
            Kind::Structs(TARGET),
            "Every target with what was changed on it.",
            &[
                graph("targetResources"),
                // Spelt so in Graph's own v1.0 example.
                graph("targetResource"),
                legacy("targets"),
                portal("targets"),
                monitor_2018("targets"),
            ],
        ),
        Column::new(
            "details",
            Kind::Structs(DETAIL),
            "Additional details, in the order of the source; a key may repeat. See function `detail`.",
            &[
                graph("additionalDetails"),
                legacy("additionalDetails"),
                portal("additionalDetails"),
                monitor_2018("properties.additionalDetails"),
            ],
        ),
        Column::word(
            "policy_id",
            "B2C user flow or custom policy: detail `PolicyId`.",
            &[detail("PolicyId")],
        ),
        Column::word(
            "application_id",
            "Application (client) id that a B2C token or call was for: detail `ApplicationId`, older `ClientId`.",
            &[detail("ApplicationId"), detail("ClientId")],
        ),
        Column::text(
            "client_ip",
            "Address of the B2C consumer: detail `ClientIpAddress`, the only place where B2C writes it.",
            &[detail("ClientIpAddress").convert(Convert::Ip)],
        ),
        Column::word(
            "identity_provider",
            "Identity provider that a B2C consumer signed in with: detail `IdentityProviderName`.",
            &[detail("IdentityProviderName")],
        ),
        FORMAT,
        SOURCE_FILE,
        SOURCE_OFFSET,
        DEGRADED,
        RAW,
    ],
    rows: Rows {
        required: &["activity"],
        group: "service",
        order: &["service"],
        facts: &["activity", "correlation_id", "target_id"],
        version: &[],
        fingerprint: &["correlation_id", "service", "category", "activity", "result", "target_id"],
        fingerprint_actor: &["actor_id", "actor_upn", "actor_service_principal_name", "actor_name"],
        is_snapshot: false,
    },
};

/// Fields of one target.
const TARGET: &[Column] = &[
    Column::text("id", "Object id.", &[every("id"), every("objectId")]),
    Column::word(
        "type",
        "Type of object, e.g. `User`.",
        &[every("type"), every("targetResourceType"), every("@odata.type").convert(Convert::ODataType)],
    ),
    Column::text("name", "Display name.", &[every("displayName"), every("name")]),
    Column::text("upn", "User principal name.", &[every("userPrincipalName")]),
    Column::word("group_type", "Kind of group (`unifiedGroups`, `azureAD`).", &[every("groupType")]),
    Column::new(
        "modified_properties",
        Kind::Structs(MODIFIED_PROPERTY),
        "What was changed on the target.",
        &[every("modifiedProperties")],
    ),
];

/// Fields of one modified property.
pub(super) const MODIFIED_PROPERTY: &[Column] = &[
    Column::text(
        "name",
        "Name of the property.",
        &[every("displayName").convert(Convert::Verbatim), every("name").convert(Convert::Verbatim)],
    ),
    Column::text(
        "old_value",
        "Value before, the source's own text (mostly JSON).",
        &[every("oldValue").convert(Convert::Verbatim), every("old").convert(Convert::Verbatim)],
    ),
    Column::text(
        "new_value",
        "Value after, the source's own text (mostly JSON).",
        &[every("newValue").convert(Convert::Verbatim), every("new").convert(Convert::Verbatim)],
    ),
];

/// Fields of one additional detail.
pub(super) const DETAIL: &[Column] = &[
    Column::text(
        "key",
        "Name of the detail.",
        &[every("key").convert(Convert::Verbatim), every("name").convert(Convert::Verbatim)],
    ),
    Column::text(
        "value",
        "Value of the detail, the source's own text.",
        &[every("value").convert(Convert::Verbatim)],
    ),
];
