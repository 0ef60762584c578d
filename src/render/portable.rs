//! Columns as every reader of Parquet and Arrow knows them, and batches of even size.
//!
//! Types stay what they are, nested ones too, but for what only the engine has a use for: views become plain texts and
//! bytes, dictionaries and runs the values they stand for. A time is UTC here, so it says so; whole seconds become
//! milliseconds, which is the coarsest that Parquet has; intervals become texts. Every column may be NULL.

use std::io;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::{BatchCoalescer, CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef, TimeUnit};

/// Rows that are encoded at a time. Bytes must not depend on how the engine cut its answer.
const BATCH_ROWS: usize = 8_192;

/// Makes batches portable.
pub(super) struct Portable {
    schema: SchemaRef,
    even: BatchCoalescer,
}

impl Portable {
    /// For batches of a schema; durations become texts if the format has none.
    pub(super) fn new(schema: &SchemaRef, has_durations: bool) -> Self {
        let fields = schema
            .fields()
            .iter()
            .map(|field| Field::new(field.name(), portable_type(field.data_type(), has_durations), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        Self { even: BatchCoalescer::new(schema.clone(), BATCH_ROWS), schema }
    }

    /// The columns as they are written.
    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Takes a batch.
    pub(super) fn push(&mut self, batch: &RecordBatch) -> io::Result<()> {
        let options = CastOptions { safe: false, ..CastOptions::default() };
        let columns = batch.columns().iter().zip(self.schema.fields()).map(|(array, field)| {
            if array.data_type() == field.data_type() {
                Ok(array.clone())
            } else {
                cast_with_options(array, field.data_type(), &options)
            }
        });
        let columns = columns.collect::<Result<Vec<_>, _>>().map_err(io::Error::other)?;
        let batch = RecordBatch::try_new(self.schema.clone(), columns).map_err(io::Error::other)?;
        self.even.push_batch(batch).map_err(io::Error::other)
    }

    /// No batch follows.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.even.finish_buffered_batch().map_err(io::Error::other)
    }

    /// The next batch that is complete.
    pub(super) fn next(&mut self) -> Option<RecordBatch> {
        self.even.next_completed_batch()
    }
}

fn portable_type(data_type: &DataType, has_durations: bool) -> DataType {
    let inner = |data_type: &DataType| portable_type(data_type, has_durations);
    let field = |field: &FieldRef| Arc::new(field.as_ref().clone().with_data_type(inner(field.data_type())));
    match data_type {
        DataType::Utf8View => DataType::Utf8,
        DataType::BinaryView => DataType::Binary,
        DataType::Dictionary(_, values) => inner(values),
        DataType::RunEndEncoded(_, values) => inner(values.data_type()),
        DataType::Timestamp(TimeUnit::Second, _) => {
            DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
        }
        DataType::Timestamp(unit, _) => DataType::Timestamp(*unit, Some("UTC".into())),
        // Months, days and nanoseconds side by side: few readers know them, and some fail on the whole file.
        DataType::Interval(_) => DataType::Utf8,
        DataType::Duration(_) if !has_durations => DataType::Utf8,
        DataType::List(element) | DataType::ListView(element) => DataType::List(field(element)),
        DataType::LargeList(element) | DataType::LargeListView(element) => {
            DataType::LargeList(field(element))
        }
        DataType::FixedSizeList(element, size) => DataType::FixedSizeList(field(element), *size),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(field).collect()),
        DataType::Map(entries, is_sorted) => DataType::Map(field(entries), *is_sorted),
        other => other.clone(),
    }
}
