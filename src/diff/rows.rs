//! From rows side by side to differences in words.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

use super::change::{Origin, Terms};
use super::statement::compared_columns;
use crate::error::{Context, Result};
use crate::render::plain;
use crate::schema::{Kind, Table};

/// Columns of text after `difference`, `table_name` and `event_time`, as far as they are handed through.
const HANDED_THROUGH: [&str; 3] = ["id", "tenant_id", "activity"];

/// Columns of the differences.
pub(crate) fn schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let mut fields = vec![text("difference"), text("table_name")];
    fields.push(Field::new(
        "event_time",
        DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        true,
    ));
    fields.extend(HANDED_THROUGH.map(text));
    fields.extend(["columns_changed", "a", "b", "source_file_a", "source_file_b"].map(text));
    Arc::new(Schema::new(fields))
}

/// What two rows of one event differ in.
#[derive(Debug, Default)]
struct Change {
    columns: Vec<&'static str>,
    /// The values as members of a JSON object, by side.
    values: [Vec<String>; 2],
}

/// The differences among candidates, and how many of them are changes.
pub(super) fn differences(table: &'static Table, candidates: &RecordBatch) -> Result<(RecordBatch, u64)> {
    let rows = candidates.num_rows();
    let column = |name: &str| candidates.column_by_name(name).expect("the statement gives this column");
    let ids = [column("a_id"), column("b_id")];
    let mut kinds = Vec::with_capacity(rows);
    let mut changes = Vec::with_capacity(rows);
    for row in 0..rows {
        let change = changed(table, candidates, row, ids);
        kinds.push(match (ids[0].is_null(row), ids[1].is_null(row)) {
            (_, true) => Some("only_in_a"),
            (true, false) => Some("only_in_b"),
            (false, false) => (!change.columns.is_empty()).then_some("changed"),
        });
        changes.push(change);
    }
    let changed = kinds.iter().filter(|kind| **kind == Some("changed")).count() as u64;
    let is_difference: BooleanArray = kinds.iter().map(|kind| Some(kind.is_some())).collect();
    let text = |array: &ArrayRef| -> ArrayRef {
        Arc::new((0..rows).map(|row| plain(array, row)).collect::<StringArray>())
    };
    let of_changes = |of: &dyn Fn(&Change) -> String| -> ArrayRef {
        let texts = changes.iter().map(|change| (!change.columns.is_empty()).then(|| of(change)));
        Arc::new(texts.collect::<StringArray>())
    };
    let times: TimestampMicrosecondArray = column("event_time").as_primitive().clone();
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(kinds)),
        Arc::new(StringArray::from(vec![table.name; rows])),
        Arc::new(times.with_timezone("UTC")),
    ];
    columns.extend(HANDED_THROUGH.map(|name| text(column(name))));
    columns.push(of_changes(&|change| change.columns.join(", ")));
    for side in 0..2 {
        columns.push(of_changes(&|change| format!("{{{}}}", change.values[side].join(","))));
    }
    columns.extend(["a_source_file", "b_source_file"].map(|name| text(column(name))));
    let batch =
        RecordBatch::try_new(schema(), columns).and_then(|all| filter_record_batch(&all, &is_difference));
    Ok((batch.context(|| "cannot gather the differences".to_owned())?, changed))
}

/// What the two rows of a pair differ in; nothing if there is one row only.
fn changed(table: &'static Table, pairs: &RecordBatch, row: usize, ids: [&ArrayRef; 2]) -> Change {
    let mut change = Change::default();
    if ids.iter().any(|id| id.is_null(row)) {
        return change;
    }
    let of = |side: &str, name: &str| {
        pairs.column_by_name(&format!("{side}_{name}")).expect("the statement gives this column")
    };
    let formats = ["a", "b"].map(|side| plain(of(side, "format"), row).unwrap_or_default());
    let origin = |side: usize, name: &str| {
        let degraded = of(name, "degraded").as_boolean();
        Origin { format: &formats[side], is_degraded: degraded.is_valid(row) && degraded.value(row) }
    };
    let terms = Terms::new(origin(0, "a"), origin(1, "b"));
    for column in compared_columns(table) {
        let arrays = ["a", "b"].map(|side| of(side, column.name));
        // What no member of a record says, the page around it said, and it may have been read without that page.
        if column.sources.is_empty() && arrays.iter().any(|array| array.is_null(row)) {
            continue;
        }
        if terms.differ(column.kind, (arrays[0], row), (arrays[1], row)) {
            change.columns.push(column.name);
            for (values, array) in change.values.iter_mut().zip(arrays) {
                values.push(format!("\"{}\":{}", column.name, json(column.kind, array, row)));
            }
        }
    }
    change
}

/// A value as JSON.
fn json(kind: Kind, array: &ArrayRef, row: usize) -> String {
    match (plain(array, row), kind) {
        (None, _) => "null".to_owned(),
        (Some(text), Kind::Time | Kind::Text | Kind::Word) => {
            serde_json::Value::from(text.as_ref()).to_string()
        }
        (Some(text), _) => text.into_owned(),
    }
}
