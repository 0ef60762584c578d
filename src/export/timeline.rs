//! The timeline for Timesketch: what each table of events says in it, and the one query over all of them.
//!
//! Timesketch needs `message`, `datetime` and `timestamp_desc`. Its reader guesses the form of `datetime` from the
//! first row and drops rows of another form, so that all have an offset and six digits; `timestamp` spares it to
//! compute microseconds in floating point. No column has one of its own names (`tag`, `_id`, `_index` …).
//! See <https://timesketch.org/guides/user/import-from-json-csv/>.

use crate::engine::Condition;

/// What one table says in the timeline. Everything but the name and the description is SQL over its columns.
#[derive(Debug)]
pub(super) struct Timeline {
    table: &'static str,
    /// What the time is of.
    timestamp_desc: &'static str,
    /// Parts of the sentence; NULL ones are left out. The first is never NULL.
    message: &'static [&'static str],
    /// Values by column of [`COLUMNS`]; NULL where none is given.
    values: &'static [(&'static str, &'static str)],
}

/// Columns that each table fills as far as it can, after those that all have.
const COLUMNS: &[&str] = &[
    "correlation_id",
    "actor",
    "actor_id",
    "target",
    "target_id",
    "ip_address",
    "user_agent",
    "application",
    "application_id",
    "result",
    "result_detail",
];

/// Every table of events.
const TIMELINES: &[Timeline] = &[
    Timeline {
        table: "audit",
        timestamp_desc: "Audit event",
        message: &[
            "coalesce(trim(activity), activity_type, 'Audit event')",
            "'(' || result || ')'",
            "'by ' || coalesce(actor_upn, actor_name, actor_service_principal_name, actor_app_id, actor_id)",
            "'on ' || coalesce(target_type || ' ', '') || coalesce(target_upn, target_name, target_id)",
            "'with policy ' || policy_id",
            "'from ' || coalesce(actor_ip, client_ip)",
            "CASE WHEN result <> 'success' THEN '– ' || result_reason END",
        ],
        values: &[
            ("correlation_id", "correlation_id"),
            ("actor", "coalesce(actor_upn, actor_name, actor_service_principal_name)"),
            ("actor_id", "coalesce(actor_id, actor_app_id)"),
            ("target", "coalesce(target_upn, target_name)"),
            ("target_id", "target_id"),
            ("ip_address", "coalesce(actor_ip, client_ip)"),
            ("user_agent", "actor_user_agent"),
            ("application_id", "coalesce(application_id, actor_app_id)"),
            ("result", "result"),
            ("result_detail", "result_reason"),
        ],
    },
    Timeline {
        table: "signin",
        timestamp_desc: "Sign-in",
        message: &[
            "'Sign-in'",
            "'(' || nullif(concat_ws(', ', result, replace(signin_type, '_', ' ')), '') || ')'",
            "'of ' || coalesce(user_upn, user_name, service_principal_name, user_id, service_principal_id)",
            "'to ' || coalesce(app_name, app_id)",
            "'for ' || coalesce(resource_name, resource_id)",
            "'from ' || ip_address",
            "'(' || nullif(concat_ws(', ', city, country), '') || ')'",
            "CASE WHEN error_code <> 0 THEN '– error ' || CAST(error_code AS TEXT) END",
            "CASE WHEN error_code <> 0 THEN failure_reason END",
        ],
        values: &[
            ("correlation_id", "correlation_id"),
            ("actor", "coalesce(user_upn, user_name, service_principal_name)"),
            ("actor_id", "coalesce(user_id, service_principal_id)"),
            ("target", "resource_name"),
            ("target_id", "resource_id"),
            ("ip_address", "ip_address"),
            ("user_agent", "user_agent"),
            ("application", "app_name"),
            ("application_id", "app_id"),
            ("result", "result"),
            ("result_detail", "coalesce(failure_reason, status_details)"),
        ],
    },
    Timeline {
        table: "signin_auth_detail",
        timestamp_desc: "Authentication step",
        message: &[
            "'Authentication step'",
            "CASE succeeded WHEN true THEN '(success)' WHEN false THEN '(failure)' END",
            "'by ' || method",
            "'(' || method_detail || ')'",
            "'of sign-in ' || signin_id",
            "'– ' || result_detail",
        ],
        values: &[
            ("target_id", "signin_id"),
            ("result", "CASE succeeded WHEN true THEN 'success' WHEN false THEN 'failure' END"),
            ("result_detail", "result_detail"),
        ],
    },
    Timeline {
        table: "provisioning",
        timestamp_desc: "Provisioning",
        message: &[
            "'Provisioning:'",
            "coalesce(action, 'action')",
            "'(' || status || ')'",
            "'of ' || coalesce(source_name, target_name, source_id, target_id)",
            "'from ' || source_system",
            "'to ' || target_system",
            "'by ' || coalesce(initiator_name, initiator_id)",
            "CASE WHEN status <> 'success' THEN '– ' || coalesce(reason, error_code) END",
        ],
        values: &[
            ("correlation_id", "correlation_id"),
            ("actor", "initiator_name"),
            ("actor_id", "initiator_id"),
            ("target", "coalesce(target_name, source_name)"),
            ("target_id", "coalesce(target_id, source_id)"),
            ("application", "service_principal_name"),
            ("application_id", "service_principal_id"),
            ("result", "status"),
            ("result_detail", "coalesce(reason, error_code)"),
        ],
    },
    Timeline {
        table: "risk_detection",
        timestamp_desc: "Risky activity",
        message: &[
            "'Risk detected:'",
            "coalesce(risk_event_type, 'unnamed risk')",
            "'(' || nullif(concat_ws(', ', risk_level, risk_state), '') || ')'",
            "'of ' || coalesce(user_upn, user_name, user_id)",
            "'from ' || ip_address",
            "'(' || nullif(concat_ws(', ', city, country), '') || ')'",
        ],
        values: &[
            ("correlation_id", "correlation_id"),
            ("target", "coalesce(user_upn, user_name)"),
            ("target_id", "user_id"),
            ("ip_address", "ip_address"),
            ("user_agent", "user_agent"),
            ("result", "risk_state"),
            ("result_detail", "risk_detail"),
        ],
    },
    Timeline {
        table: "risky_user",
        timestamp_desc: "Risk changed",
        message: &[
            "'Risk of ' || coalesce(user_upn, user_name, user_id, id, 'a user')",
            "'is ' || risk_level",
            "'(' || risk_state || ')'",
            "'– ' || nullif(risk_detail, 'none')",
        ],
        values: &[
            ("correlation_id", "correlation_id"),
            ("actor", "initiated_by"),
            ("target", "coalesce(user_upn, user_name)"),
            ("target_id", "coalesce(user_id, id)"),
            ("result", "risk_state"),
            ("result_detail", "risk_detail"),
        ],
    },
    Timeline {
        table: "graph_activity",
        timestamp_desc: "Graph request",
        message: &[
            "'Graph request'",
            "request_method",
            "request_uri",
            "'(' || CAST(response_status_code AS TEXT) || ')'",
            "'by ' || coalesce('user ' || user_id, 'service principal ' || service_principal_id)",
            "'with application ' || app_id",
            "'from ' || ip_address",
        ],
        values: &[
            ("correlation_id", "correlation_id"),
            ("actor_id", "coalesce(user_id, service_principal_id)"),
            ("target", "request_uri"),
            ("ip_address", "ip_address"),
            ("user_agent", "user_agent"),
            ("application_id", "app_id"),
            ("result", "CAST(response_status_code AS TEXT)"),
        ],
    },
    Timeline {
        table: "unified_audit",
        timestamp_desc: "Unified audit record",
        message: &[
            "coalesce(activity, operation, record_type, 'Unified audit record')",
            "'(' || result || ')'",
            "'by ' || coalesce(actor_upn, actor_name, actor_service_principal_name, actor_id)",
            "'on ' || coalesce(target_type || ' ', '') || coalesce(target_upn, target_name, object_id, target_id)",
            "'from ' || client_ip",
            "CASE WHEN result <> 'success' THEN '– ' || result_detail END",
        ],
        values: &[
            ("correlation_id", "correlation_id"),
            ("actor", "coalesce(actor_upn, actor_name, actor_service_principal_name)"),
            ("actor_id", "actor_id"),
            ("target", "coalesce(target_upn, target_name, object_id)"),
            ("target_id", "target_id"),
            ("ip_address", "client_ip"),
            ("user_agent", "user_agent"),
            ("application_id", "application_id"),
            ("result", "result"),
            ("result_detail", "result_detail"),
        ],
    },
    Timeline {
        table: "directory_user",
        timestamp_desc: "User exported",
        message: &[
            "'User ' || coalesce(upn, mail, name, id, 'without a name')",
            "'as exported'",
            "'(' || nullif(concat_ws(', ', user_type, external_user_state, \
             CASE account_enabled WHEN true THEN 'enabled' WHEN false THEN 'disabled' END), '') || ')'",
        ],
        values: &[
            ("target", "coalesce(upn, mail, name)"),
            ("target_id", "id"),
            ("result", "external_user_state"),
        ],
    },
    Timeline {
        table: "invitation",
        timestamp_desc: "Invitation saved",
        message: &[
            "'Invitation of ' || coalesce(invited_email, invited_name, invited_user_id, 'a guest')",
            "'(' || status || ')'",
            "'as exported'",
        ],
        values: &[
            ("target", "coalesce(invited_email, invited_name)"),
            ("target_id", "invited_user_id"),
            ("result", "status"),
        ],
    },
    Timeline {
        table: "access_review_definition",
        timestamp_desc: "Access review defined",
        message: &[
            "'Access review ' || coalesce(name, id, 'without a name')",
            "'(' || status || ')'",
            "'made by ' || coalesce(created_by_upn, created_by_id)",
        ],
        values: &[
            ("actor", "created_by_upn"),
            ("actor_id", "created_by_id"),
            ("target", "name"),
            ("target_id", "id"),
            ("result", "status"),
        ],
    },
    Timeline {
        table: "access_review_instance",
        timestamp_desc: "Access review began",
        message: &["'Run of an access review'", "'(' || status || ')'", "'over ' || scope_query"],
        values: &[("target", "scope_query"), ("target_id", "id"), ("result", "status")],
    },
    Timeline {
        table: "access_review_decision",
        timestamp_desc: "Access review decision",
        message: &[
            "'Access review decision:'",
            "coalesce(decision, 'none')",
            "'for ' || coalesce(principal_upn, principal_name, principal_id)",
            "'on ' || coalesce(resource_name, resource_id)",
            "'by ' || coalesce(reviewed_by_upn, reviewed_by_name, reviewed_by_id)",
            "'(' || apply_result || ')'",
            "'– ' || justification",
        ],
        values: &[
            ("actor", "coalesce(reviewed_by_upn, reviewed_by_name)"),
            ("actor_id", "reviewed_by_id"),
            ("target", "coalesce(principal_upn, principal_name)"),
            ("target_id", "principal_id"),
            ("application", "resource_name"),
            ("application_id", "resource_id"),
            ("result", "decision"),
            ("result_detail", "coalesce(apply_result, justification)"),
        ],
    },
];

impl Timeline {
    /// What a table says; nothing if it is no table of events.
    pub(super) fn of(table: &str) -> Option<&'static Self> {
        TIMELINES.iter().find(|timeline| timeline.table == table)
    }

    /// The tables of events.
    pub(super) fn tables() -> impl Iterator<Item = &'static str> {
        TIMELINES.iter().map(|timeline| timeline.table)
    }

    fn select(&self, condition: Option<&Condition>) -> String {
        let value = |column: &&str| {
            let value = self.values.iter().find(|(name, _)| name == column).map_or("NULL", |(_, sql)| sql);
            format!("CAST({value} AS TEXT) AS {column}")
        };
        let values: Vec<_> = COLUMNS.iter().map(value).collect();
        let within = condition.map_or_else(String::new, |condition| format!(" WHERE {condition}"));
        format!(
            "SELECT concat_ws(' ', {}) AS message, \
             to_char(event_time, '%Y-%m-%dT%H:%M:%S%.6f+00:00') AS datetime, '{}' AS timestamp_desc, \
             CAST(event_time AS BIGINT) AS timestamp, '{}' AS table_name, CAST(id AS TEXT) AS id, \
             CAST(tenant_id AS TEXT) AS tenant_id, {}, CAST(source_file AS TEXT) AS source_file, source_offset \
             FROM {}{within}",
            self.message.join(", "),
            self.timestamp_desc,
            self.table,
            values.join(", "),
            self.table,
        )
    }
}

/// The query over these tables: one row an event, ordered by time.
pub(super) fn timeline_query(timelines: &[&Timeline], condition: Option<&Condition>) -> String {
    let selects: Vec<_> = timelines.iter().map(|timeline| timeline.select(condition)).collect();
    // Versions of an object may agree in all but what they say.
    let rest = COLUMNS.join(", ");
    format!(
        "SELECT message, datetime, timestamp_desc, timestamp, table_name AS \"table\", id, tenant_id, {rest}, \
         source_file, source_offset FROM ({}) \
         ORDER BY timestamp, id, source_file, source_offset, table_name, tenant_id, message, {rest}",
        selects.join(" UNION ALL "),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::EVENT_TABLES;

    #[test]
    fn every_table_of_events_is_in_the_timeline() {
        let known: Vec<_> = EVENT_TABLES.iter().map(|table| table.name).collect();
        assert_eq!(Timeline::tables().collect::<Vec<_>>(), known);
    }

    #[test]
    fn values_are_of_columns_that_there_are() {
        for timeline in TIMELINES {
            for (column, _) in timeline.values {
                assert!(COLUMNS.contains(column), "{}: {column}", timeline.table);
            }
            let desc = timeline.timestamp_desc;
            assert!(!desc.is_empty() && !desc.contains('\''), "{}", timeline.table);
        }
    }
}
