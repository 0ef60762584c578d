//! The saved queries that ship inside the program.

/// Name and text of each; one line a file below `queries/`.
pub(super) const BUILTIN: &[(&str, &str)] = &[
    ("archive/coverage", include_str!("../../queries/archive/coverage.sql")),
    ("audit/activity-census", include_str!("../../queries/audit/activity-census.sql")),
    ("audit/correlation", include_str!("../../queries/audit/correlation.sql")),
    ("audit/user-events", include_str!("../../queries/audit/user-events.sql")),
    ("b2b/guest-history", include_str!("../../queries/b2b/guest-history.sql")),
    ("b2b/guest-invitations", include_str!("../../queries/b2b/guest-invitations.sql")),
    ("b2b/open-invitations", include_str!("../../queries/b2b/open-invitations.sql")),
    ("b2c/admin-changes", include_str!("../../queries/b2c/admin-changes.sql")),
    ("b2c/consumer-tokens", include_str!("../../queries/b2c/consumer-tokens.sql")),
    ("b2c/journeys", include_str!("../../queries/b2c/journeys.sql")),
    ("b2c/tokens-per-application", include_str!("../../queries/b2c/tokens-per-application.sql")),
    ("b2c/tokens-per-policy", include_str!("../../queries/b2c/tokens-per-policy.sql")),
];
