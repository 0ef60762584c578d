//! Reference tables that ship inside the program.

use super::{Column, Table};

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
};

/// Rows of a reference table: one slice of texts a row, in the order of the table's columns.
pub(crate) fn reference_rows(table: &Table) -> impl Iterator<Item = Vec<&'static str>> + use<> {
    let text = match table.name {
        "ref_activity" => include_str!("reference/activity.tsv"),
        _ => "",
    };
    text.lines().skip(1).map(|line| line.split('\t').collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_fills_every_column() {
        assert!(reference_rows(&REF_ACTIVITY).count() > 1_000);
        for row in reference_rows(&REF_ACTIVITY) {
            assert_eq!(row.len(), REF_ACTIVITY.columns.len(), "{row:?}");
        }
    }
}
