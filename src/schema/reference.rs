//! Reference tables that ship inside the program.

use std::sync::LazyLock;

use super::{Column, Rows, Table};

/// Known activity names. A hint, never a filter: real logs hold names that no list has.
pub(crate) const REF_ACTIVITY: Table = Table {
    name: "ref_activity",
    doc: "One row per known service, category and activity name.",
    reference: "https://learn.microsoft.com/entra/identity/monitoring-health/reference-audit-activities",
    columns: &[
        Column::word("service", "Service that logs the activity.", &[]),
        Column::word("category", "Category that it is filed under.", &[]),
        Column::word("activity", "Name of the activity.", &[]),
    ],
    rows: Rows::NONE,
};

/// Error codes of sign-ins.
pub(crate) const REF_ERROR: Table = Table {
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

/// Rows of a reference table: one slice of texts a row, in the order of the table's columns.
pub(crate) fn reference_rows(table: &Table) -> impl Iterator<Item = Vec<&'static str>> + use<> {
    let text = match table.name {
        "ref_activity" => include_str!("reference/activity.tsv"),
        "ref_error" => include_str!("reference/error.tsv"),
        _ => "",
    };
    text.lines().skip(1).map(|line| line.split('\t').collect())
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

    #[test]
    fn interrupts_are_codes_in_order() {
        assert!(interrupts().is_sorted());
        assert!(interrupts().contains(&50140) && !interrupts().contains(&50126));
    }

    #[test]
    fn every_line_fills_every_column() {
        for (table, least) in [(&REF_ACTIVITY, 1_000), (&REF_ERROR, 100)] {
            assert!(reference_rows(table).count() > least);
            for row in reference_rows(table) {
                assert_eq!(row.len(), table.columns.len(), "{row:?}");
            }
        }
    }
}
