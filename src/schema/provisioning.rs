//! Table `provisioning`: what the provisioning service did to an identity.

use super::audit::MODIFIED_PROPERTY;
use super::every_table::{CORRELATION_ID, DEGRADED, FORMAT, RAW, SOURCE_FILE, SOURCE_OFFSET, TENANT_ID};
use super::values::{PROVISIONING_STATUS, PROVISIONING_STEP};
use super::{Column, Convert, Kind, Rows, Table, analytics, every, graph, monitor};

/// Provisioning events.
pub(crate) const PROVISIONING: Table = Table {
    name: "provisioning",
    doc: "One row per action of the provisioning service on one identity.",
    reference: "https://learn.microsoft.com/graph/api/resources/provisioningobjectsummary",
    columns: &[
        Column::time(
            "event_time",
            "When it happened, UTC. Graph `activityDateTime`.",
            &[graph("activityDateTime"), monitor("time"), analytics("TimeGenerated")],
        ),
        Column::text("id", "Event id.", &[graph("id").convert(Convert::Verbatim)]),
        TENANT_ID,
        Column::text(
            "correlation_id",
            CORRELATION_ID.doc,
            &[monitor("correlationId"), analytics("CorrelationId"), graph("changeId")],
        ),
        Column::text("job_id", "Id of the provisioning job.", &[graph("jobId")]),
        Column::text("cycle_id", "Id of the cycle.", &[graph("cycleId")]),
        Column::text("change_id", "Id of the change.", &[graph("changeId")]),
        Column::word(
            "action",
            "`create`, `update`, `delete`, `disable`, `stagedDelete` or `other`.",
            &[
                graph("provisioningAction").convert(Convert::Words(&[("stagedDelete", "stagedDelete")])),
                graph("action").convert(Convert::Words(&[("stagedDelete", "stagedDelete")])),
            ],
        ),
        Column::word(
            "status",
            "`success`, `failure`, `skipped` or `warning`.",
            &[
                graph("provisioningStatusInfo.status").convert(Convert::Words(PROVISIONING_STATUS)),
                graph("statusInfo.status").convert(Convert::Words(PROVISIONING_STATUS)),
                analytics("ResultType").convert(Convert::Words(PROVISIONING_STATUS)),
            ],
        ),
        Column::text(
            "error_code",
            "Error code of a failure.",
            &[
                graph("provisioningStatusInfo.errorInformation.errorCode"),
                graph("statusInfo.errorInformation.errorCode"),
                graph("statusInfo.errorCode"),
            ],
        ),
        Column::text(
            "reason",
            "Why it failed or was skipped.",
            &[
                graph("provisioningStatusInfo.errorInformation.reason"),
                graph("statusInfo.errorInformation.reason"),
                graph("statusInfo.reason"),
                analytics("ResultDescription"),
            ],
        ),
        Column::word(
            "service_principal_id",
            "Service principal whose job it is.",
            &[graph("servicePrincipal.id")],
        ),
        Column::word(
            "service_principal_name",
            "Name of the service principal.",
            &[graph("servicePrincipal.displayName"), graph("servicePrincipal.name")],
        ),
        Column::word(
            "source_system",
            "System that the identity came from.",
            &[graph("sourceSystem.displayName"), graph("sourceSystem.name")],
        ),
        Column::word(
            "target_system",
            "System that the identity was written to.",
            &[graph("targetSystem.displayName"), graph("targetSystem.name")],
        ),
        Column::word(
            "initiator_type",
            "Who set it off: `user`, `application` or `system`.",
            &[
                graph("initiatedBy.initiatorType").convert(Convert::Words(&[])),
                graph("initiatedBy.type").convert(Convert::Words(&[])),
            ],
        ),
        Column::text("initiator_id", "Id of who set it off.", &[graph("initiatedBy.id")]),
        Column::text(
            "initiator_name",
            "Name of who set it off.",
            &[graph("initiatedBy.displayName"), graph("initiatedBy.name")],
        ),
        Column::text("source_id", "Id of the identity at its source.", &[graph("sourceIdentity.id")]),
        Column::text(
            "source_name",
            "Name of the identity at its source.",
            &[graph("sourceIdentity.displayName"), graph("sourceIdentity.name")],
        ),
        Column::word(
            "source_type",
            "Type of the identity at its source.",
            &[graph("sourceIdentity.identityType"), graph("sourceIdentity.type")],
        ),
        Column::text("target_id", "Id of the identity at its target.", &[graph("targetIdentity.id")]),
        Column::text(
            "target_name",
            "Name of the identity at its target.",
            &[graph("targetIdentity.displayName"), graph("targetIdentity.name")],
        ),
        Column::word(
            "target_type",
            "Type of the identity at its target.",
            &[graph("targetIdentity.identityType"), graph("targetIdentity.type")],
        ),
        Column::integer(
            "duration_ms",
            "Time that it took, in milliseconds.",
            &[graph("durationInMilliseconds"), monitor("durationMs"), analytics("DurationMs")],
        ),
        Column::new("steps", Kind::Structs(STEP), "Steps, in order.", &[graph("provisioningSteps")]),
        Column::new(
            "modified_properties",
            Kind::Structs(MODIFIED_PROPERTY),
            "What was changed.",
            &[graph("modifiedProperties")],
        ),
        FORMAT,
        SOURCE_FILE,
        SOURCE_OFFSET,
        DEGRADED,
        RAW,
    ],
    rows: Rows {
        required: &["action", "status", "change_id", "job_id"],
        group: "action",
        order: &["service_principal_name", "action"],
        facts: &["change_id", "status"],
        version: &[],
        fingerprint: &["change_id", "action", "status", "source_id", "target_id"],
        fingerprint_actor: &["initiator_id"],
        is_snapshot: false,
    },
};

/// Fields of one step.
const STEP: &[Column] = &[
    Column::text("name", "Name of the step.", &[every("name")]),
    Column::word(
        "type",
        "`import`, `scoping`, `matching`, `processing`, `referenceResolution` or `export`.",
        &[
            every("provisioningStepType").convert(Convert::Names(PROVISIONING_STEP)),
            every("type").convert(Convert::Names(PROVISIONING_STEP)),
        ],
    ),
    Column::word(
        "status",
        "`success`, `failure`, `skipped` or `warning`.",
        &[every("status").convert(Convert::Words(PROVISIONING_STATUS))],
    ),
    Column::text("description", "What happened.", &[every("description")]),
    Column::text("details", "Details, as JSON text.", &[every("details")]),
];
