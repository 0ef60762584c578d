//! Our views: one `.sql` file each in `queries/views/`, whose header is its documentation.

use std::sync::Arc;

use datafusion::datasource::{TableProvider, ViewTable};

use super::lazy::Make;

/// Name and text of each view; a view may use those before it.
pub(super) const VIEWS: &[(&str, &str)] = &[
    ("audit_target", include_str!("../../queries/views/audit_target.sql")),
    ("audit_change", include_str!("../../queries/views/audit_change.sql")),
    ("audit_detail", include_str!("../../queries/views/audit_detail.sql")),
    ("b2c_event", include_str!("../../queries/views/b2c_event.sql")),
    ("b2c_token", include_str!("../../queries/views/b2c_token.sql")),
    ("guest_event", include_str!("../../queries/views/guest_event.sql")),
    ("guest", include_str!("../../queries/views/guest.sql")),
    ("signin_policy", include_str!("../../queries/views/signin_policy.sql")),
    ("signin_step", include_str!("../../queries/views/signin_step.sql")),
    ("risk_detection_latest", include_str!("../../queries/views/risk_detection_latest.sql")),
    ("risky_user_latest", include_str!("../../queries/views/risky_user_latest.sql")),
    ("directory_user_latest", include_str!("../../queries/views/directory_user_latest.sql")),
    ("user_sponsor", include_str!("../../queries/views/user_sponsor.sql")),
    ("access_review_decision_latest", include_str!("../../queries/views/access_review_decision_latest.sql")),
    ("meta.coverage", include_str!("../../queries/views/meta.coverage.sql")),
];

/// How each view of a schema (`public`, `meta`) is made: planned when it is first asked for.
pub(super) fn of_schema(schema: &'static str) -> impl Iterator<Item = (String, Make)> {
    VIEWS.iter().filter_map(move |(name, text)| {
        let (of, bare) = name.split_once('.').unwrap_or(("public", name));
        let make: Make = Arc::new(move |state| {
            Box::pin(async move {
                let plan = state.create_logical_plan(text).await?;
                Ok(Arc::new(ViewTable::new(plan, None)) as Arc<dyn TableProvider>)
            })
        });
        (of == schema).then(|| (bare.to_owned(), make))
    })
}

/// The value of a header line `-- key: value`; lines that follow, indented, belong to it.
pub(crate) fn header_field(text: &str, key: &str) -> Option<String> {
    header_fields(text).find(|(name, _)| name == key).map(|(_, value)| value)
}

/// Every header line `-- key: value`, in order.
pub(super) fn header_fields(text: &str) -> impl Iterator<Item = (String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in text.lines().map_while(|line| line.strip_prefix("--")) {
        let continued = line.starts_with("   ");
        match (line.trim().split_once(':'), fields.last_mut()) {
            (_, Some((_, value))) if continued => {
                value.push(' ');
                value.push_str(line.trim());
            }
            (Some((key, value)), _) => fields.push((key.trim().to_owned(), value.trim().to_owned())),
            _ => {}
        }
    }
    fields.into_iter()
}
