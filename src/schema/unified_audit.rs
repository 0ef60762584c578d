//! Table `unified_audit`: the directory's records in the Microsoft 365 unified audit log.

use super::audit::{DETAIL, MODIFIED_PROPERTY};
use super::every_table::{DEGRADED, FORMAT, RAW, SOURCE_FILE, SOURCE_OFFSET};
use super::values::{LOGON_OPERATION, RECORD_TYPE, RESULT, UNIFIED_USER_TYPE};
use super::{Column, Convert, Kind, Rows, Table, every, pair, unified, wrapper};

/// Unified audit records of Entra ID.
pub(crate) const UNIFIED_AUDIT: Table = Table {
    name: "unified_audit",
    doc: "One row per record of Entra ID in the Microsoft 365 unified audit log. It tells of the same changes as \
          `audit` with other ids: read them beside each other, joined by `correlation_id` and time, never added up.",
    reference: "https://learn.microsoft.com/office/office-365-management-api/office-365-management-activity-api-schema",
    columns: &[
        Column::time(
            "event_time",
            "When it happened, UTC, in whole seconds. `CreationTime`.",
            &[unified("CreationTime"), wrapper("CreationDate")],
        ),
        Column::text(
            "id",
            "Record id. Begins `auditql:` where the search gave an empty record and it was derived.",
            &[
                unified("Id").convert(Convert::Verbatim),
                wrapper("RecordId").convert(Convert::Verbatim),
                wrapper("Identity").convert(Convert::Verbatim),
            ],
        ),
        Column::word("tenant_id", "Organisation (tenant) id.", &[unified("OrganizationId")]),
        Column::text(
            "correlation_id",
            "Correlation id that `audit` has too. `InterSystemsId`.",
            &[unified("InterSystemsId")],
        ),
        Column::text(
            "signin_id",
            "Of a logon the request id; joins `signin.id`. `IntraSystemId`.",
            &[unified("IntraSystemId")],
        ),
        Column::word("workload", "Service that recorded it.", &[unified("Workload")]),
        Column::word(
            "record_type",
            "Kind of record: `AzureActiveDirectory`, `AzureActiveDirectoryStsLogon` …",
            &[
                unified("RecordType").convert(Convert::Names(RECORD_TYPE)),
                wrapper("RecordType").convert(Convert::Names(RECORD_TYPE)),
            ],
        ),
        Column::word(
            "operation",
            "Operation, verbatim; mostly with a period at its end.",
            &[
                unified("Operation").convert(Convert::Verbatim),
                wrapper("Operations").convert(Convert::Verbatim),
                wrapper("Operation").convert(Convert::Verbatim),
            ],
        ),
        Column::word(
            "activity",
            "Operation without the period and blanks at its end, to compare with `audit.activity`.",
            &[
                unified("Operation").convert(Convert::WithoutPeriod),
                wrapper("Operations").convert(Convert::WithoutPeriod),
                wrapper("Operation").convert(Convert::WithoutPeriod),
            ],
        ),
        Column::word(
            "result",
            "`success`, `failure`, or the source's word in lower case. Of a logon told by the operation, else by \
             `error_code` (then `interrupted` too), because `ResultStatus` says `Success` of failed ones too.",
            &[
                unified("Operation").convert(Convert::Only(LOGON_OPERATION)),
                wrapper("Operations").convert(Convert::Only(LOGON_OPERATION)),
                wrapper("Operation").convert(Convert::Only(LOGON_OPERATION)),
                unified("ErrorNumber").convert(Convert::ResultOfCode),
                unified("ResultStatus").convert(Convert::Words(RESULT)),
            ],
        ),
        Column::text(
            "result_detail",
            "More on the result: logon error, or the detail `ResultStatusDetail`.",
            &[unified("LogonError"), pair("details", "ResultStatusDetail")],
        ),
        Column::integer(
            "error_code",
            "Of a logon the error code. Joins `ref_error`.",
            &[unified("ErrorNumber")],
        ),
        Column::word(
            "user_type",
            "Who acted: `regular`, `admin`, `system`, `application`, `guest` …",
            &[unified("UserType").convert(Convert::Names(UNIFIED_USER_TYPE))],
        ),
        Column::text(
            "actor_upn",
            "User principal name of who acted; of an application its name or id.",
            &[pair("actors", "5"), unified("UserId"), wrapper("UserIds"), wrapper("UserId")],
        ),
        Column::text("actor_id", "Object id, or another claim, of who acted.", &[pair("actors", "0")]),
        Column::text("actor_name", "Display name of who acted.", &[pair("actors", "1")]),
        Column::text(
            "actor_service_principal_name",
            "Service principal name of the application that acted.",
            &[pair("actors", "4")],
        ),
        Column::text("user_key", "Key of the user: PUID, or another id.", &[unified("UserKey")]),
        Column::text(
            "client_ip",
            "Client address.",
            &[
                unified("ActorIpAddress").convert(Convert::Ip),
                unified("ClientIP").convert(Convert::Ip),
                unified("ClientIPAddress").convert(Convert::Ip),
            ],
        ),
        Column::word(
            "user_agent",
            "User agent, from the extended properties.",
            &[
                pair("details", "UserAgent"),
                pair("details", "User-Agent"),
                pair("details", "additionalDetails").convert(Convert::Member("User-Agent")),
            ],
        ),
        Column::word("application_id", "Application (client) id of a logon.", &[unified("ApplicationId")]),
        Column::text(
            "object_id",
            "Object that was acted on, as the record names it.",
            &[unified("ObjectId")],
        ),
        Column::text("target_id", "Object id, or another claim, of the target.", &[pair("targets", "0")]),
        Column::text("target_name", "Display name of the target.", &[pair("targets", "1")]),
        Column::text("target_upn", "User principal name of the target.", &[pair("targets", "5")]),
        Column::word(
            "target_type",
            "Class of the target, e.g. `User`.",
            &[unified("Target").convert(Convert::ClassOfObject)],
        ),
        Column::new("actors", Kind::Structs(PARTY), "What is known of who acted.", &[unified("Actor")]),
        Column::new(
            "targets",
            Kind::Structs(PARTY),
            "What is known of what was acted on.",
            &[unified("Target")],
        ),
        Column::new(
            "modified_properties",
            Kind::Structs(MODIFIED_PROPERTY),
            "What was changed.",
            &[unified("ModifiedProperties")],
        ),
        Column::new(
            "details",
            Kind::Structs(DETAIL),
            "Extended properties: keys and values.",
            &[unified("ExtendedProperties")],
        ),
        FORMAT,
        SOURCE_FILE,
        SOURCE_OFFSET,
        DEGRADED,
        RAW,
    ],
    rows: Rows {
        required: &["operation"],
        group: "record_type",
        order: &["record_type", "activity"],
        facts: &["operation", "correlation_id", "object_id"],
        version: &[],
        fingerprint: &["operation", "record_type", "object_id"],
        fingerprint_actor: &["actor_upn", "user_key"],
        is_snapshot: false,
    },
};

/// Fields of one thing that is known of an actor or target.
const PARTY: &[Column] = &[
    Column::text(
        "type",
        "What the text is: 0 object id or claim, 1 display name, 2 other, 3 PUID, 4 service principal name, 5 user \
         principal name.",
        &[every("type")],
    ),
    Column::text("id", "The text.", &[every("id")]),
];
