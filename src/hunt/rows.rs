//! Findings as rows.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, ListBuilder, RecordBatch, StringArray, StringBuilder, TimestampMicrosecondArray, UInt64Array,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

use super::finding::Finding;
use crate::error::{Context, Result};
use crate::query::Severity;

/// Findings in a batch: each may hold many ids.
const BATCH_ROWS: usize = 256;

/// The columns of findings, in order: for a person those that fit on a screen.
pub(crate) fn schema(is_for_person: bool) -> SchemaRef {
    let text = |name| Field::new(name, DataType::Utf8, true);
    let time = |name| Field::new(name, DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true);
    let fields = if is_for_person {
        vec![text("severity"), text("query"), text("technique"), time("first_time"), text("finding")]
    } else {
        let ids = DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true)));
        vec![
            text("severity"),
            text("query"),
            text("technique"),
            text("finding"),
            time("first_time"),
            time("last_time"),
            Field::new("events", DataType::UInt64, false),
            Field::new("event_ids", ids, true),
        ]
    };
    Arc::new(Schema::new(fields))
}

/// Findings as bad as `least` or worse, as rows of a [`schema`].
pub(crate) fn batches<'f>(
    findings: &'f [Finding],
    least: Severity,
    schema: &'f SchemaRef,
) -> impl Iterator<Item = Result<RecordBatch>> + 'f {
    // The worst come first.
    let count = findings.iter().take_while(|finding| finding.severity.reaches(least)).count();
    findings[..count].chunks(BATCH_ROWS).map(move |rows| batch(rows, schema))
}

fn batch(rows: &[Finding], schema: &SchemaRef) -> Result<RecordBatch> {
    let texts = |of: fn(&Finding) -> Option<&str>| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<StringArray>())
    };
    let times = |of: fn(&Finding) -> Option<i64>| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
    };
    let columns = schema.fields().iter().map(|field| match field.name().as_str() {
        "severity" => texts(|finding| Some(finding.severity.name())),
        "query" => texts(|finding| Some(&finding.query)),
        "technique" => texts(|finding| finding.technique.as_deref()),
        "finding" => texts(|finding| Some(&finding.finding)),
        "first_time" => times(|finding| finding.first_time),
        "last_time" => times(|finding| finding.last_time),
        "events" => Arc::new(UInt64Array::from_iter_values(rows.iter().map(|finding| finding.events))),
        _ => ids(rows),
    });
    RecordBatch::try_new(Arc::clone(schema), columns.collect())
        .context(|| "cannot make rows of findings".to_owned())
}

fn ids(rows: &[Finding]) -> ArrayRef {
    let mut lists = ListBuilder::new(StringBuilder::new());
    for finding in rows {
        lists.append_value(finding.event_ids.iter().map(Some));
    }
    Arc::new(lists.finish())
}
