//! The reports there are. Whatever one shows is a saved query: a number can be asked for again.

use super::section::Measure::{Rows, RowsWith, RowsWithout, Sum};
use super::section::{Report, Section, Show, WHO};

/// Every report, in the order in which they are told.
pub(crate) const REPORTS: &[Report<'static>] = &[
    Report {
        name: "tenant",
        title: "Tenant overview",
        about: "what the archive holds and covers, activity by service and day, activities, actors, failures, findings",
        is_about_someone: false,
        sections: TENANT,
    },
    Report {
        name: "b2c",
        title: "Azure AD B2C",
        about: "tokens by policy, application and identity provider, journeys and where they end, failures, verifications",
        is_about_someone: false,
        sections: B2C,
    },
    Report {
        name: "guests",
        title: "Guests",
        about: "invitations, open and stale ones, guests without sponsor, inviters, access reviews, sign-ins",
        is_about_someone: false,
        sections: GUESTS,
    },
    Report {
        name: "user",
        title: "One person",
        about: "names, what the person did and what was done to the person, sign-ins, methods, roles, risks, findings",
        is_about_someone: true,
        sections: USER,
    },
    Report {
        name: "hunt",
        title: "Findings of all detections",
        about: "every detection with what it found, and those that could not look",
        is_about_someone: false,
        sections: HUNT,
    },
];

const TENANT: &[Section<'static>] = &[
    Section::answer(
        "Activity",
        "Events of every table, by service. Of sign-ins the service is their kind.",
        "archive/coverage",
        &[("bucket", "hour")],
        &[
            Show::Numbers(&[("events", Sum("events"))]),
            Show::series("events", "bucket", "service", Sum("events")),
            Show::heat("events", "bucket", Sum("events")),
        ],
    ),
    Section::findings("Findings", "What the detections found, the worst first.", &[], 15),
    Section::answer(
        "What the archive holds",
        "Tables, services and categories, and the days on which they have events.",
        "archive/coverage",
        &[("bucket", "all")],
        &[Show::table(
            &[
                "table_name",
                "service",
                "category",
                "events",
                "days_with_events",
                "days_without_events",
                "first_event",
                "last_event",
            ],
            40,
        )],
    ),
    Section::answer(
        "Gaps",
        "Hours without a single event where such hours usually have some: \u{201c}nothing happened\u{201d} is not known there.",
        "archive/gaps",
        &[],
        &[Show::table(&[], 20)],
    ),
    Section::answer(
        "Activities",
        "What happened most, and what failed most.",
        "audit/activity-census",
        &[],
        &[
            Show::Numbers(&[
                ("audit events", Sum("events")),
                ("of them failed", Sum("failures")),
                ("different activities", Rows),
            ]),
            Show::bars("events", "activity", Sum("events")),
            Show::bars("failures", "activity", Sum("failures")),
            Show::table(
                &[
                    "service",
                    "category",
                    "activity",
                    "events",
                    "actors",
                    "targets",
                    "failures",
                    "failure_share",
                ],
                25,
            ),
        ],
    ),
    Section::answer(
        "Actors",
        "Who caused the most audit events.",
        "audit/actor-census",
        &[],
        &[
            Show::Numbers(&[
                ("actors", Rows),
                ("users", RowsWith("actor_kind", "user")),
                ("applications", RowsWith("actor_kind", "application")),
            ]),
            Show::table(&[], 25),
        ],
    ),
    Section::answer(
        "Sign-ins that did not succeed",
        "By reason. Interrupts are steps on the way of a sign-in, and no failures.",
        "signin/failures-overview",
        &[],
        &[Show::bars("sign-ins", "meaning", Sum("signins")), Show::table(&[], 20)],
    ),
    Section::answer(
        "Risks that Microsoft saw",
        "Risk detections by kind and level.",
        "risk/risk-detections",
        &[],
        &[Show::table(&[], 20)],
    ),
];

const B2C: &[Section<'static>] = &[
    Section::answer(
        "Tokens",
        "Successful issuances per policy. One sign-in issues several tokens.",
        "b2c/tokens-per-policy",
        &[("bucket", "day")],
        &[
            Show::Numbers(&[("tokens issued", Sum("issued"))]),
            Show::series("tokens", "bucket", "policy", Sum("issued")),
        ],
    ),
    Section::answer(
        "Policies",
        "User flows and custom policies, with the kinds of token that they issued.",
        "b2c/tokens-per-policy",
        &[("bucket", "all")],
        &[
            Show::bars("tokens", "token_kind", Sum("issued")),
            Show::table(
                &["policy", "token_kind", "issued", "users", "apps", "first_token", "last_token"],
                40,
            ),
        ],
    ),
    Section::answer(
        "Applications",
        "Who received the tokens.",
        "b2c/tokens-per-application",
        &[],
        &[Show::bars("tokens", "app_id", Sum("issued")), Show::table(&[], 40)],
    ),
    Section::answer(
        "Identity providers over time",
        "Where consumers prove who they are.",
        "b2c/idp-mix",
        &[("bucket", "day")],
        &[Show::series("authentications", "bucket", "idp", Sum("authentications"))],
    ),
    Section::answer(
        "Identity providers",
        "Share of each, and how often it fails.",
        "b2c/idp-mix",
        &[],
        &[Show::table(&["idp", "authentications", "share", "users", "failures", "failure_share"], 30)],
    ),
    Section::answer(
        "Journeys",
        "All steps of one correlation id, and how they ended.",
        "b2c/journeys",
        &[],
        &[
            Show::Numbers(&[
                ("journeys", Rows),
                ("ended with a token", RowsWith("outcome", "token")),
                ("ended with a failure", RowsWith("outcome", "failed")),
                ("left", RowsWith("outcome", "left")),
            ]),
            Show::series("journeys", "started", "outcome", Rows),
            Show::heat("journeys", "started", Rows),
        ],
    ),
    Section::answer(
        "Where journeys are abandoned",
        "The last step of journeys that never issued a token.",
        "b2c/abandoned-journeys",
        &[],
        &[Show::bars("journeys", "last_step", Sum("journeys")), Show::table(&[], 30)],
    ),
    Section::answer(
        "Wrong passwords",
        "Addresses and consumers with many failed checks of a local password in an hour.",
        "b2c/local-credential-failures",
        &[],
        &[Show::table(
            &["severity", "first_time", "by", "ip", "users", "failures", "successes", "finding"],
            30,
        )],
    ),
    Section::answer(
        "Verifications",
        "Phone numbers, mail addresses and codes.",
        "b2c/phone-and-mfa",
        &[],
        &[
            Show::bars("attempts", "activity", Sum("attempts")),
            Show::table(
                &[
                    "method",
                    "activity",
                    "result",
                    "reason",
                    "phone_prefix",
                    "attempts",
                    "users",
                    "phones",
                    "ips",
                ],
                40,
            ),
        ],
    ),
    Section::answer(
        "Conditional Access",
        "What it decided, and whether consumers did what it asked for.",
        "b2c/conditional-access",
        &[],
        &[Show::table(&[], 30)],
    ),
    Section::answer(
        "Changes by administrators",
        "Keys, policies, user flows, applications and identity providers.",
        "b2c/admin-changes",
        &[],
        &[Show::table(&["event_time", "activity", "result", "actor", "ip", "object", "object_kind"], 40)],
    ),
    Section::findings("Findings", "What the detections for B2C found.", &["b2c"], 40),
];

const GUESTS: &[Section<'static>] = &[
    Section::answer(
        "Invitations",
        "Who was invited, by whom, and how it ended.",
        "b2b/guest-invitations",
        &[],
        &[
            Show::Numbers(&[
                ("invitations", Rows),
                ("redeemed", RowsWith("outcome", "redeemed")),
                ("failed", RowsWith("outcome", "failed")),
            ]),
            Show::series("invitations", "invited_at", "outcome", Rows),
            Show::bars("invitations", "domain", Rows),
            Show::table(
                &["invited_at", "inviter", "guest_email", "path", "outcome", "redeemed_at", "days_to_redeem"],
                40,
            ),
        ],
    ),
    Section::answer(
        "Open invitations",
        "Invited and not redeemed, the oldest first.",
        "b2b/guest-open-invitations",
        &[],
        &[
            Show::Numbers(&[("open", Rows), ("of them without sponsor", RowsWithout("sponsor"))]),
            Show::table(
                &["guest_email", "invited_at", "age_days", "inviter", "sponsor", "resent", "source"],
                40,
            ),
        ],
    ),
    Section::answer(
        "Stale invitations",
        "Open for 30 days or more at the archive\u{2019}s end.",
        "b2b/guest-open-invitations",
        &[("older_than", "30d")],
        &[
            Show::Numbers(&[("stale", Rows)]),
            Show::table(&["guest_email", "invited_at", "age_days", "inviter", "sponsor"], 40),
        ],
    ),
    Section::answer(
        "Guests without sponsor",
        "Nobody answers for them.",
        "b2b/guest-sponsorless",
        &[],
        &[
            Show::Numbers(&[("guests without sponsor", Rows)]),
            Show::table(
                &["guest_email", "state", "invited_at", "invited_by", "redeemed_at", "last_event"],
                40,
            ),
        ],
    ),
    Section::answer(
        "Inviters",
        "Who invites, and what share of it is redeemed.",
        "b2b/guest-inviter-ranking",
        &[],
        &[Show::bars("invitations", "inviter", Sum("invitations")), Show::table(&[], 30)],
    ),
    Section::answer(
        "Access reviews",
        "What was decided about guests, and whether it was done.",
        "b2b/guest-access-reviews",
        &[],
        &[
            Show::bars("decisions", "outcome", Rows),
            Show::table(
                &[
                    "review",
                    "guest",
                    "resource",
                    "decision",
                    "decided_by",
                    "decided_at",
                    "outcome",
                    "removed_at",
                ],
                40,
            ),
        ],
    ),
    Section::answer(
        "Sign-ins of guests",
        "Who signs in, from which tenant and countries, and who never does.",
        "b2b/guest-signin-footprint",
        &[],
        &[Show::table(
            &[
                "guest",
                "home_tenant_id",
                "state",
                "signins",
                "non_interactive",
                "failures",
                "apps",
                "countries",
                "last_signin",
            ],
            40,
        )],
    ),
    Section::answer(
        "Sponsors and access packages",
        "Who became a sponsor, and what happened with packages of guests.",
        "b2b/guest-sponsors-and-packages",
        &[],
        &[Show::table(
            &["event_time", "guest", "package", "activity", "sponsor_or_approver", "actor", "result"],
            40,
        )],
    ),
    Section::findings("Findings", "What the detections for guests found.", &["b2b"], 40),
];

const USER: &[Section<'static>] = &[
    Section::answer(
        "Names",
        "Under what the person is known. Most sections find events by the name that was asked for: ask for the others, too.",
        "audit/user-names",
        &[("user", WHO)],
        &[Show::table(&[], 20)],
    ),
    Section::findings("Findings that name the person", "By any of the names above.", &[], 40),
    Section::answer(
        "What the person did",
        "In every table, sign-ins too.",
        "audit/actor-timeline",
        &[("actor", WHO)],
        &[
            Show::Numbers(&[("events", Rows)]),
            Show::series("events", "event_time", "source", Rows),
            Show::heat("events", "event_time", Rows),
            Show::bars("events", "activity", Rows),
            Show::bars("events", "ip", Rows),
            Show::table(&["event_time", "source", "activity", "result", "target", "ip", "app"], 40),
        ],
    ),
    Section::answer(
        "What was done to the person",
        "Each changed property is a row.",
        "audit/target-timeline",
        &[("target", WHO)],
        &[
            Show::bars("changes", "activity", Rows),
            Show::table(
                &["event_time", "activity", "actor", "property", "old_value", "new_value", "result", "ip"],
                60,
            ),
        ],
    ),
    Section::answer(
        "Sign-ins",
        "Attempts of any kind.",
        "signin/user-signins",
        &[("user", WHO)],
        &[
            Show::Numbers(&[
                ("attempts", Rows),
                ("successful", RowsWith("result", "success")),
                ("failed", RowsWith("result", "failure")),
            ]),
            Show::series("attempts", "event_time", "result", Rows),
            Show::bars("attempts", "app", Rows),
            Show::bars("attempts", "country", Rows),
            Show::bars("attempts", "ip", Rows),
            Show::table(
                &["event_time", "signin_type", "result", "reason", "app", "ip", "city", "country", "client"],
                60,
            ),
        ],
    ),
    Section::answer(
        "Authentication methods",
        "What was registered, changed or removed.",
        "credentials/auth-method-changes",
        &[("user", WHO)],
        &[Show::table(&["event_time", "severity", "actor", "method", "change", "ip", "finding"], 40)],
    ),
    Section::answer(
        "Roles",
        "Granted to the person and taken away.",
        "roles/role-assignments",
        &[("user", WHO)],
        &[Show::table(
            &[
                "event_time",
                "actor",
                "verb",
                "role",
                "role_kind",
                "assignment_kind",
                "via",
                "result",
                "expires_at",
            ],
            40,
        )],
    ),
    Section::answer(
        "Activations of eligible roles",
        "When, for how long and why.",
        "roles/pim-activations",
        &[("user", WHO)],
        &[Show::table(
            &[
                "event_time",
                "role",
                "state",
                "justification",
                "approver",
                "activated_at",
                "ended_at",
                "duration_hours",
            ],
            40,
        )],
    ),
    Section::answer(
        "Risks that Microsoft saw",
        "Risk detections of the person.",
        "risk/risk-detections",
        &[("user", WHO)],
        &[Show::table(&[], 20)],
    ),
    Section::answer(
        "As a guest",
        "From invitation to deletion; empty for members.",
        "b2b/guest-history",
        &[("guest", WHO)],
        &[Show::table(&["event_time", "stage", "activity", "result", "actor", "ip", "detail"], 40)],
    ),
];

const HUNT: &[Section<'static>] =
    &[Section::findings("Findings", "What the detections found, the worst first.", &[], 500)];

#[cfg(test)]
mod tests {
    use super::super::section::Content;
    use super::*;
    use crate::query::{Library, Script};

    #[test]
    fn sections_name_saved_queries_and_their_parameters() {
        let library = Library::open(&[]).unwrap();
        for report in REPORTS {
            for section in report.sections {
                let Content::Answer { query, parameters, .. } = &section.content else { continue };
                let found = library.find(query).unwrap();
                assert_eq!(found.id, *query);
                let script = Script::read(&found.text).unwrap();
                let given: Vec<_> =
                    parameters.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
                crate::query::check_given(std::slice::from_ref(&script), &given).unwrap();
            }
        }
    }
}
