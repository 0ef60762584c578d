//! Table `invitation`: invitations as Graph answers them.

use super::every_table::{DEGRADED, FORMAT, RAW, SOURCE_FILE, SOURCE_OFFSET};
use super::values::YES_NO;
use super::{Column, Convert, Kind, Rows, Table, every, graph_only};

/// Invitations.
pub(crate) const INVITATION: Table = Table {
    name: "invitation",
    doc: "One row per invitation (and version) that was saved from Graph's answer. The redeem URL is a secret.",
    reference: "https://learn.microsoft.com/graph/api/resources/invitation",
    columns: &[
        Column::time(
            "event_time",
            "When the answer was saved: the time of its file, as nothing in it says, UTC.",
            &[],
        ),
        Column::text("id", "Id of the invitation.", &[graph_only("id").convert(Convert::Verbatim)]),
        Column::word(
            "tenant_id",
            "Directory (tenant) id, if `ingest --tenant` names it.",
            &[graph_only("tenantId")],
        ),
        Column::text("invited_email", "Address that was invited.", &[graph_only("invitedUserEmailAddress")]),
        Column::text("invited_name", "Display name for the guest.", &[graph_only("invitedUserDisplayName")]),
        Column::word("invited_user_type", "`Guest` or `Member`.", &[graph_only("invitedUserType")]),
        Column::text(
            "invited_user_id",
            "Object id of the guest.",
            &[graph_only("invitedUser.id"), graph_only("invitedUser").convert(Convert::NameOfFirst)],
        ),
        Column::word("status", "`PendingAcceptance`, `Completed` …", &[graph_only("status")]),
        Column::boolean(
            "send_message",
            "Whether a mail was sent.",
            &[graph_only("sendInvitationMessage").convert(Convert::Only(YES_NO))],
        ),
        Column::boolean(
            "reset_redemption",
            "Whether an earlier redemption was reset.",
            &[graph_only("resetRedemption").convert(Convert::Only(YES_NO))],
        ),
        Column::text(
            "redirect_url",
            "Where the guest is sent after redeeming.",
            &[graph_only("inviteRedirectUrl")],
        ),
        Column::text("redeem_url", "Where the guest redeems: a secret.", &[graph_only("inviteRedeemUrl")]),
        Column::new(
            "sponsors",
            Kind::Structs(SPONSOR),
            "Sponsors named.",
            &[graph_only("invitedUserSponsors")],
        ),
        FORMAT,
        SOURCE_FILE,
        SOURCE_OFFSET,
        DEGRADED,
        RAW,
    ],
    rows: Rows {
        required: &["invited_email", "redeem_url"],
        group: "status",
        order: &["status"],
        facts: &[],
        version: &["raw"],
        fingerprint: &["invited_email", "redeem_url"],
        fingerprint_actor: &[],
        is_snapshot: true,
    },
};

/// Fields of one sponsor.
const SPONSOR: &[Column] = &[
    Column::text("id", "Object id.", &[every("id")]),
    Column::text("name", "Display name.", &[every("displayName")]),
    Column::text("upn", "User principal name.", &[every("userPrincipalName")]),
];
