//! `meta.hours`: what the indexes of the data files say of when events are.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::compute::cast;
use datafusion::datasource::{MemTable, TableProvider};
use datafusion::error::DataFusionError;

use super::lazy::Make;
use crate::archive::{Events, HOUR_MICROS, Snapshot, hours};
use crate::error::Result;
use crate::schema::{EVENT_TABLES, HOUR};

/// How `meta.hours` is made.
pub(super) fn make(snapshot: &Snapshot) -> (String, Make) {
    let snapshot = snapshot.clone();
    let make: Make = Arc::new(move |_| {
        let table = table(&snapshot).map_err(|error| DataFusionError::External(Box::new(error)));
        Box::pin(async { table })
    });
    (HOUR.name.to_owned(), make)
}

fn table(snapshot: &Snapshot) -> Result<Arc<dyn TableProvider>> {
    let mut rows: Vec<(&str, String, i64, Events)> = Vec::new();
    for table in EVENT_TABLES.iter().filter(|table| !table.rows.is_snapshot) {
        for (service, hours) in hours(snapshot, table)? {
            rows.extend(hours.into_iter().map(|(hour, events)| (table.name, service.clone(), hour, events)));
        }
    }
    let times = |of: fn(i64, &Events) -> i64| -> ArrayRef {
        let times = rows.iter().map(|(_, _, hour, events)| of(*hour, events));
        Arc::new(TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC"))
    };
    let column = |name: &str| -> ArrayRef {
        match name {
            "table_name" => Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.0))),
            "service" => {
                let services = rows.iter().map(|row| Some(row.1.as_str()).filter(|name| !name.is_empty()));
                Arc::new(services.collect::<StringArray>())
            }
            "hour" => times(|hour, _| hour * HOUR_MICROS),
            "events" => {
                let counts = rows.iter().map(|row| i64::try_from(row.3.count).unwrap_or(i64::MAX));
                Arc::new(Int64Array::from_iter_values(counts))
            }
            "first_event" => times(|_, events| events.first),
            "last_event" => times(|_, events| events.last),
            other => unreachable!("column `hours.{other}` is not filled"),
        }
    };
    let schema = HOUR.served_schema();
    let arrays = schema.fields().iter().map(|field| {
        cast(&column(field.name()), field.data_type()).expect("text casts to text, and times to times")
    });
    let batch =
        RecordBatch::try_new(Arc::clone(&schema), arrays.collect()).expect("columns follow the schema");
    Ok(Arc::new(MemTable::try_new(schema, vec![vec![batch]]).expect("the batch has the schema")))
}
