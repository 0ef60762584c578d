//! Which columns stand in which section, with the portal's words for them. Columns that are in none are listed after them.

/// A section's title, and its columns with their words.
pub(super) type Section = (&'static str, &'static [(&'static str, &'static str)]);

/// Columns that all tables have, in sections of their own at the end.
pub(super) const SOURCE: Section = (
    "Source",
    &[("File", "source_file"), ("Byte", "source_offset"), ("Format", "format"), ("Degraded", "degraded")],
);

const AUDIT: &[Section] = &[
    (
        "Activity",
        &[
            ("Date", "event_time"),
            ("Activity type", "activity"),
            ("Service", "service"),
            ("Category", "category"),
            ("Operation type", "operation_type"),
            ("Status", "result"),
            ("Status reason", "result_reason"),
            ("Correlation ID", "correlation_id"),
            ("Event ID", "id"),
            ("Tenant ID", "tenant_id"),
        ],
    ),
    (
        "Initiated by (actor)",
        &[
            ("Type", "actor_type"),
            ("Display name", "actor_name"),
            ("Object ID", "actor_id"),
            ("User principal name", "actor_upn"),
            ("Application ID", "actor_app_id"),
            ("Service principal ID", "actor_service_principal_id"),
            ("SPN", "actor_service_principal_name"),
            ("IP address", "actor_ip"),
            ("User agent", "actor_user_agent"),
        ],
    ),
];

const SIGNIN: &[Section] = &[
    (
        "Sign-in",
        &[
            ("Date", "event_time"),
            ("Kind", "signin_type"),
            ("Status", "result"),
            ("Sign-in error code", "error_code"),
            ("Failure reason", "failure_reason"),
            ("Additional details", "status_details"),
            ("Correlation ID", "correlation_id"),
            ("Request ID", "id"),
            ("Tenant ID", "tenant_id"),
        ],
    ),
    (
        "User",
        &[
            ("Display name", "user_name"),
            ("User principal name", "user_upn"),
            ("Object ID", "user_id"),
            ("User type", "user_type"),
            ("Service principal", "service_principal_name"),
            ("Service principal ID", "service_principal_id"),
            ("Credential key ID", "credential_key_id"),
            ("Home tenant ID", "home_tenant_id"),
            ("Cross tenant access", "cross_tenant_access_type"),
        ],
    ),
    (
        "Application and resource",
        &[
            ("Application", "app_name"),
            ("Application ID", "app_id"),
            ("Resource", "resource_name"),
            ("Resource ID", "resource_id"),
            ("Resource tenant ID", "resource_tenant_id"),
            ("Client app", "client_app"),
            ("Protocol", "authentication_protocol"),
            ("Transfer method", "original_transfer_method"),
            ("Incoming token", "incoming_token_type"),
        ],
    ),
    (
        "Place",
        &[
            ("IP address", "ip_address"),
            ("Network (ASN)", "autonomous_system_number"),
            ("City", "city"),
            ("State", "state"),
            ("Country", "country"),
        ],
    ),
    (
        "Device",
        &[
            ("Device ID", "device_id"),
            ("Name", "device_name"),
            ("Operating system", "operating_system"),
            ("Browser", "browser"),
            ("Compliant", "device_compliant"),
            ("Managed", "device_managed"),
            ("Join type", "device_trust_type"),
            ("Device information", "device_information"),
            ("User agent", "user_agent"),
        ],
    ),
    (
        "Authentication",
        &[
            ("Requirement", "authentication_requirement"),
            ("Second factor", "mfa_method"),
            ("Sent to", "mfa_detail"),
            ("Conditional Access", "conditional_access"),
        ],
    ),
    (
        "Risk",
        &[
            ("Level", "risk_level"),
            ("Level during sign-in", "risk_level_during_signin"),
            ("State", "risk_state"),
            ("Detail", "risk_detail"),
            ("Kinds", "risk_event_types"),
        ],
    ),
];

const PROVISIONING: &[Section] = &[
    (
        "Provisioning",
        &[
            ("Date", "event_time"),
            ("Action", "action"),
            ("Status", "status"),
            ("Error code", "error_code"),
            ("Reason", "reason"),
            ("Correlation ID", "correlation_id"),
            ("Event ID", "id"),
            ("Tenant ID", "tenant_id"),
        ],
    ),
    (
        "Initiated by (actor)",
        &[("Type", "initiator_type"), ("Display name", "initiator_name"), ("ID", "initiator_id")],
    ),
    (
        "From",
        &[("System", "source_system"), ("Type", "source_type"), ("Name", "source_name"), ("ID", "source_id")],
    ),
    (
        "To",
        &[
            ("System", "target_system"),
            ("Type", "target_type"),
            ("Name", "target_name"),
            ("ID", "target_id"),
            ("Service principal", "service_principal_name"),
            ("Service principal ID", "service_principal_id"),
        ],
    ),
];

const RISK_DETECTION: &[Section] = &[
    (
        "Risk detection",
        &[
            ("Date", "event_time"),
            ("Kind", "risk_event_type"),
            ("Level", "risk_level"),
            ("State", "risk_state"),
            ("Detail", "risk_detail"),
            ("Detected", "detected_at"),
            ("Updated", "updated_at"),
            ("Timing", "detection_timing"),
            ("Found by", "source"),
            ("Sign-in ID", "signin_id"),
            ("Correlation ID", "correlation_id"),
            ("Event ID", "id"),
            ("Tenant ID", "tenant_id"),
        ],
    ),
    ("User", &[("Display name", "user_name"), ("User principal name", "user_upn"), ("Object ID", "user_id")]),
    (
        "Place",
        &[
            ("IP address", "ip_address"),
            ("City", "city"),
            ("State", "state"),
            ("Country", "country"),
            ("User agent", "user_agent"),
        ],
    ),
];

/// Sections of a table; none for those whose columns speak for themselves.
pub(super) fn sections(table: &str) -> &'static [Section] {
    match table {
        "audit" => AUDIT,
        "signin" => SIGNIN,
        "provisioning" => PROVISIONING,
        "risk_detection" => RISK_DETECTION,
        _ => &[],
    }
}

/// Columns that a table's panel shows in its own way, or that others have said already.
pub(super) fn is_told(table: &str, column: &str) -> bool {
    let own: &[&str] = match table {
        "audit" => &[
            "activity_type",
            "target_id",
            "target_type",
            "target_upn",
            "target_name",
            "targets",
            "details",
            "policy_id",
            "application_id",
            "client_ip",
            "identity_provider",
        ],
        "signin" => &["policies", "steps"],
        "unified_audit" => &["activity"],
        _ => &[],
    };
    own.contains(&column) || column == "raw" || SOURCE.1.iter().any(|(_, other)| *other == column)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::EVENT_TABLES;

    #[test]
    fn columns_are_there_and_stand_in_one_section() {
        for table in EVENT_TABLES {
            let mut seen = Vec::new();
            for (_, columns) in sections(table.name) {
                for (_, name) in *columns {
                    assert!(table.columns.iter().any(|column| column.name == *name), "{} {name}", table.name);
                    assert!(!seen.contains(name) && !is_told(table.name, name), "{} {name}", table.name);
                    seen.push(name);
                }
            }
        }
    }
}
