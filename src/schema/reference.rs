//! Reference tables that ship inside the program.

use std::sync::LazyLock;

use super::{Column, Rows, Table};

/// The reference tables, in the order in which they are listed.
pub(crate) const REFERENCES: &[&Table] =
    &[&REF_ACTIVITY, &REF_ERROR, &REF_PERMISSION, &REF_ROLE, &REF_USER_AGENT];

/// Known activity names. A hint, never a filter: real logs hold names that no list has.
const REF_ACTIVITY: Table = Table {
    name: "ref_activity",
    doc: "One row per known service, category and activity name.",
    reference: "https://learn.microsoft.com/entra/identity/monitoring-health/reference-audit-activities",
    columns: &[
        Column::word("service", "Service that logs the activity.", &[]),
        Column::word("category", "Category that it is filed under.", &[]),
        Column::word("activity", "Name of the activity.", &[]),
        Column::word(
            "class",
            "What it does, whatever its name and service: `role-grant`, `app-consent`, `ca-policy`, `token-issue` …",
            &[],
        ),
        Column::word(
            "stage",
            "Of requests and invitations how far they are: `requested`, `approved`, `completed`, `expired` …",
            &[],
        ),
        Column::boolean(
            "sensitive",
            "Whether it changes credentials, consent, Conditional Access, federation or roles.",
            &[],
        ),
    ],
    rows: Rows::NONE,
};

/// Error codes of sign-ins.
const REF_ERROR: Table = Table {
    name: "ref_error",
    doc: "One row per known error code of sign-ins.",
    reference: "https://learn.microsoft.com/entra/identity-platform/reference-error-codes",
    columns: &[
        Column::integer("error_code", "Error code; 0 is success. Joins `signin.error_code`.", &[]),
        Column::text("name", "Microsoft's name of the error; empty where it has none.", &[]),
        Column::word(
            "kind",
            "`success`, `failure`, or `interrupt`: a step that the user was sent through, no failure.",
            &[],
        ),
        Column::text("meaning", "What it means.", &[]),
    ],
    rows: Rows::NONE,
};

/// Permissions that attackers use.
const REF_PERMISSION: Table = Table {
    name: "ref_permission",
    doc: "One row per permission to an API that is worth a look when an application gets it.",
    reference: "https://learn.microsoft.com/graph/permissions-reference",
    columns: &[
        Column::word(
            "permission",
            "Name of the permission, as the scope or application role is written.",
            &[],
        ),
        Column::word("kind", "How it is given: `delegated`, `application` or `both`.", &[]),
        Column::word("resource", "API that it is to.", &[]),
        Column::word("risk", "What its holder can do: `high`, `medium` or `low`.", &[]),
        Column::text("why", "What it is good for.", &[]),
    ],
    rows: Rows::NONE,
};

/// Built-in directory roles.
const REF_ROLE: Table = Table {
    name: "ref_role",
    doc: "One row per built-in role of the directory.",
    reference: "https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference",
    columns: &[
        Column::word("role", "Name of the role.", &[]),
        Column::word("template_id", "Id of the role, the same in every tenant.", &[]),
        Column::boolean("is_privileged", "Whether Microsoft calls it privileged.", &[]),
        Column::integer("tier", "How far it reaches: 0 can take the tenant over.", &[]),
        Column::text("why", "What its holder can do.", &[]),
    ],
    rows: Rows::NONE,
};

/// User agents of tools.
const REF_USER_AGENT: Table = Table {
    name: "ref_user_agent",
    doc: "One row per pattern of the user agents of attack and scripting tools.",
    reference: "",
    columns: &[
        Column::text("pattern", "Pattern for ILIKE.", &[]),
        Column::word("tool", "Tool or library.", &[]),
        Column::word("kind", "Kind of tool.", &[]),
        Column::text("why", "What it is used for.", &[]),
    ],
    rows: Rows::NONE,
};

/// Rows of a reference table: one slice of texts a row, in the order of the table's columns.
pub(crate) fn reference_rows(table: &Table) -> impl Iterator<Item = Vec<&'static str>> + use<> {
    text(table).lines().skip(1).map(|line| line.split('\t').collect())
}

fn text(table: &Table) -> &'static str {
    match table.name {
        "ref_activity" => include_str!("reference/activity.tsv"),
        "ref_error" => include_str!("reference/error.tsv"),
        "ref_permission" => include_str!("reference/permission.tsv"),
        "ref_role" => include_str!("reference/role.tsv"),
        "ref_user_agent" => include_str!("reference/user_agent.tsv"),
        _ => "",
    }
}

/// Error codes of sign-ins that were interrupted rather than refused, ascending.
pub(crate) fn interrupts() -> &'static [i64] {
    static CODES: LazyLock<Vec<i64>> = LazyLock::new(|| {
        let rows = reference_rows(&REF_ERROR).filter(|row| row.get(2) == Some(&"interrupt"));
        rows.filter_map(|row| row.first()?.parse().ok()).collect()
    });
    &CODES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Kind;

    #[test]
    fn interrupts_are_codes_in_order() {
        assert!(interrupts().is_sorted());
        assert!(interrupts().contains(&50140) && !interrupts().contains(&50126));
    }

    #[test]
    fn every_line_fills_every_column() {
        for table in REFERENCES {
            let names: Vec<_> = table.columns.iter().map(|column| column.name).collect();
            assert_eq!(text(table).lines().next(), Some(names.join("\t").as_str()), "{}", table.name);
            assert!(reference_rows(table).count() > 20, "{}", table.name);
            for row in reference_rows(table) {
                assert_eq!(row.len(), table.columns.len(), "{row:?}");
                for (text, column) in row.iter().zip(table.columns) {
                    let is_right = match column.kind {
                        Kind::Integer => text.parse::<i64>().is_ok(),
                        Kind::Boolean => text.parse::<bool>().is_ok(),
                        _ => true,
                    };
                    assert!(is_right, "{}.{}: {row:?}", table.name, column.name);
                }
            }
        }
    }
}
