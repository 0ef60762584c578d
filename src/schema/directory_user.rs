//! Table `directory_user`: users as an export of the directory shows them.

use super::every_table::{DEGRADED, FORMAT, RAW, SOURCE_FILE, SOURCE_OFFSET};
use super::values::YES_NO;
use super::{Column, Convert, Kind, Rows, Table, every, flat, graph_only};

/// Users.
pub(crate) const DIRECTORY_USER: Table = Table {
    name: "directory_user",
    doc: "One row per user and version in exports of `/users`; the same export again adds nothing, a changed user \
          does. The newest versions are the view `directory_user_latest`. What was not selected is NULL, not a default.",
    reference: "https://learn.microsoft.com/graph/api/resources/user",
    columns: &[
        Column::time(
            "event_time",
            "When the export was made: the time of its file, as nothing in it says, UTC.",
            &[],
        ),
        Column::text(
            "id",
            "Object id. Begins `auditql:` where it was not selected and was derived from the user principal name.",
            &[graph_only("id").convert(Convert::Verbatim)],
        ),
        Column::word(
            "tenant_id",
            "Directory (tenant) id, if `ingest --tenant` names it: an export does not.",
            &[graph_only("tenantId")],
        ),
        Column::text(
            "upn",
            "User principal name; of a guest `alias_domain#EXT#@tenant`.",
            &[graph_only("userPrincipalName")],
        ),
        Column::text("name", "Display name.", &[graph_only("displayName")]),
        Column::text("mail", "Mail address.", &[graph_only("mail")]),
        Column::texts("other_mails", "Further mail addresses.", &[graph_only("otherMails")]),
        Column::word(
            "user_type",
            "`Member` or `Guest`; NULL where it was not selected.",
            &[graph_only("userType")],
        ),
        Column::word(
            "creation_type",
            "How the user came: `Invitation`, `LocalAccount`, `EmailVerified`, `SelfServiceSignUp`; NULL is an \
             ordinary account, or not selected.",
            &[graph_only("creationType")],
        ),
        Column::word(
            "external_user_state",
            "Of a guest: `PendingAcceptance` or `Accepted`.",
            &[graph_only("externalUserState")],
        ),
        Column::time(
            "external_user_state_changed_at",
            "When that state was reached, UTC.",
            &[graph_only("externalUserStateChangeDateTime")],
        ),
        Column::boolean(
            "account_enabled",
            "Whether the account may sign in.",
            &[graph_only("accountEnabled").convert(Convert::Only(YES_NO))],
        ),
        Column::time("created_at", "When the user was made, UTC.", &[graph_only("createdDateTime")]),
        Column::time(
            "last_signin_at",
            "Last interactive sign-in, UTC. NULL: never, or not selected, or no licence that shows it.",
            &[
                graph_only("signInActivity.lastSignInDateTime").convert(Convert::TimeOrNever),
                flat("SignInActivity.LastSignInDateTime").convert(Convert::TimeOrNever),
                flat("LastSignInDateTime").convert(Convert::TimeOrNever),
            ],
        ),
        Column::time(
            "last_non_interactive_signin_at",
            "Last sign-in without the user, UTC.",
            &[
                graph_only("signInActivity.lastNonInteractiveSignInDateTime").convert(Convert::TimeOrNever),
                flat("SignInActivity.LastNonInteractiveSignInDateTime").convert(Convert::TimeOrNever),
            ],
        ),
        Column::time(
            "last_successful_signin_at",
            "Last successful sign-in, UTC.",
            &[
                graph_only("signInActivity.lastSuccessfulSignInDateTime").convert(Convert::TimeOrNever),
                flat("SignInActivity.LastSuccessfulSignInDateTime").convert(Convert::TimeOrNever),
            ],
        ),
        Column::text("department", "Department.", &[graph_only("department")]),
        Column::text("job_title", "Job title.", &[graph_only("jobTitle")]),
        Column::text("company_name", "Company.", &[graph_only("companyName")]),
        Column::new(
            "identities",
            Kind::Structs(IDENTITY),
            "How the user signs in; of B2C consumers the local account or the identity provider.",
            &[graph_only("identities")],
        ),
        Column::new(
            "sponsors",
            Kind::Structs(SPONSOR),
            "Sponsors; only in exports with `$expand=sponsors`. See view `user_sponsor`.",
            &[graph_only("sponsors")],
        ),
        FORMAT,
        SOURCE_FILE,
        SOURCE_OFFSET,
        DEGRADED,
        RAW,
    ],
    rows: Rows {
        required: &["upn", "mail", "name"],
        group: "user_type",
        order: &["user_type"],
        facts: &[],
        version: &["raw"],
        fingerprint: &["upn", "mail", "name"],
        fingerprint_actor: &[],
        is_snapshot: true,
    },
};

/// Fields of one identity of a user.
const IDENTITY: &[Column] = &[
    Column::word(
        "signin_type",
        "`emailAddress`, `userName`, `federated`, `userPrincipalName` …",
        &[every("signInType")],
    ),
    Column::text("issuer", "Who issues it.", &[every("issuer")]),
    Column::text("issuer_assigned_id", "Name of the user at the issuer.", &[every("issuerAssignedId")]),
];

/// Fields of one sponsor.
const SPONSOR: &[Column] = &[
    Column::text("id", "Object id.", &[every("id")]),
    Column::word("type", "`user` or `group`.", &[every("@odata.type").convert(Convert::ODataType)]),
    Column::text("name", "Display name.", &[every("displayName")]),
    Column::text("upn", "User principal name.", &[every("userPrincipalName")]),
    Column::text("mail", "Mail address.", &[every("mail")]),
];
