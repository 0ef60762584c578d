//! Column builders of a table, and a row appended to them.

use std::sync::Arc;

use arrow::array::{
    ArrayBuilder, ArrayRef, BooleanBuilder, Int64Builder, ListArray, NullBufferBuilder, RecordBatch,
    StringBuilder, StringDictionaryBuilder, StructArray, TimestampMicrosecondBuilder,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Int32Type, SchemaRef};

use super::RawRecord;
use super::plan::Plan;
use super::row::{Cell, Elements, Row};
use crate::schema::{Column, Format, Kind, Table, list_element, parse_time};

/// What a row has besides its record's own values.
pub(super) struct Given<'a> {
    pub(super) format: Format,
    pub(super) record: &'a RawRecord<'a>,
    pub(super) text: &'a str,
    pub(super) time: i64,
    pub(super) tenant: Option<&'a str>,
    pub(super) degraded: bool,
}

/// A batch under construction.
pub(super) struct BatchBuilder {
    schema: SchemaRef,
    columns: Vec<(Fill, Builder)>,
    rows: usize,
}

/// What a column is filled with: the value at its declared places, or what only the program knows.
#[derive(Debug, Clone, Copy)]
enum Fill {
    Value,
    ActorType,
    Targets,
    Details,
    EventTime,
    Tenant,
    Format,
    SourceFile,
    SourceOffset,
    Degraded,
    Raw,
}

impl Fill {
    fn of(column: &Column) -> Self {
        match column.name {
            "actor_type" => Self::ActorType,
            "targets" => Self::Targets,
            "details" => Self::Details,
            "event_time" => Self::EventTime,
            "tenant_id" => Self::Tenant,
            "format" => Self::Format,
            "source_file" => Self::SourceFile,
            "source_offset" => Self::SourceOffset,
            "degraded" => Self::Degraded,
            "raw" => Self::Raw,
            _ => Self::Value,
        }
    }
}

/// Room for a batch that turns out like the one before: growing costs more than filling.
fn room(used: usize) -> usize {
    used + used / 8
}

enum Builder {
    Time(TimestampMicrosecondBuilder),
    Text(StringBuilder),
    Word(StringDictionaryBuilder<Int32Type>),
    Integer(Int64Builder),
    Boolean(BooleanBuilder),
    Structs(StructsBuilder),
}

/// Lists of structs: where each list ends, and the fields of all their elements one after the other.
struct StructsBuilder {
    fields: &'static [Column],
    builders: Vec<Builder>,
    ends: Vec<i32>,
    validity: NullBufferBuilder,
    elements: usize,
}

impl BatchBuilder {
    pub(super) fn new(table: &'static Table) -> Self {
        let columns =
            table.columns.iter().map(|column| (Fill::of(column), Builder::new(column, false))).collect();
        Self { schema: table.stored_schema(), columns, rows: 0 }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Appends one row; every builder grows by one.
    pub(super) fn append(&mut self, plan: &Plan, row: &Row<'_>, given: &Given<'_>) {
        for (index, (fill, builder)) in self.columns.iter_mut().enumerate() {
            match (fill, builder) {
                (Fill::Value, builder) => builder.append_text(row.value(plan, index).as_deref()),
                (Fill::ActorType, builder) => {
                    builder.append_text(Some(row.value(plan, index).as_deref().unwrap_or("system")));
                }
                (Fill::Targets, Builder::Structs(lists)) => lists.append(row.targets()),
                (Fill::Details, Builder::Structs(lists)) => lists.append(row.details()),
                (Fill::EventTime, Builder::Time(times)) => times.append_value(given.time),
                (Fill::Tenant, builder) => builder.append_text(given.tenant),
                (Fill::Format, builder) => builder.append_text(Some(given.format.name())),
                (Fill::SourceFile, builder) => builder.append_text(Some(given.record.source)),
                (Fill::SourceOffset, Builder::Integer(offsets)) => {
                    offsets.append_value(i64::try_from(given.record.offset).unwrap_or(i64::MAX));
                }
                (Fill::Degraded, Builder::Boolean(flags)) => flags.append_value(given.degraded),
                (Fill::Raw, builder) => builder.append_text(Some(given.text)),
                (
                    Fill::Targets | Fill::Details | Fill::EventTime | Fill::SourceOffset | Fill::Degraded,
                    _,
                ) => unreachable!("the declared kind of the column is another"),
            }
        }
        self.rows += 1;
    }

    /// Ends the batch and begins a new one.
    pub(super) fn finish(&mut self) -> RecordBatch {
        self.rows = 0;
        let arrays = self.columns.iter_mut().map(|(_, builder)| builder.finish()).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), arrays).expect("builders follow the schema")
    }
}

impl Builder {
    fn new(column: &'static Column, nested: bool) -> Self {
        match column.kind {
            Kind::Time => Self::Time(TimestampMicrosecondBuilder::new().with_timezone("UTC")),
            Kind::Word if !nested => Self::Word(StringDictionaryBuilder::new()),
            Kind::Text | Kind::Word => Self::Text(StringBuilder::new()),
            Kind::Integer => Self::Integer(Int64Builder::new()),
            Kind::Boolean => Self::Boolean(BooleanBuilder::new()),
            Kind::Structs(fields) => Self::Structs(StructsBuilder {
                fields,
                builders: fields.iter().map(|field| Self::new(field, true)).collect(),
                ends: Vec::new(),
                validity: NullBufferBuilder::new(0),
                elements: 0,
            }),
        }
    }

    fn append_text(&mut self, text: Option<&str>) {
        match self {
            Self::Text(builder) => builder.append_option(text),
            Self::Word(builder) => builder.append_option(text),
            Self::Integer(builder) => builder.append_option(text.and_then(|text| text.parse().ok())),
            Self::Boolean(builder) => {
                builder.append_option(text.and_then(|text| text.to_ascii_lowercase().parse().ok()));
            }
            Self::Time(builder) => builder.append_option(text.and_then(parse_time)),
            Self::Structs(_) => unreachable!("a list is appended as a list"),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Time(builder) => Arc::new(builder.finish()),
            Self::Text(builder) => {
                let (rows, bytes) = (builder.len(), builder.values_slice().len());
                let next = StringBuilder::with_capacity(room(rows), room(bytes));
                Arc::new(std::mem::replace(builder, next).finish())
            }
            Self::Word(builder) => Arc::new(builder.finish()),
            Self::Integer(builder) => Arc::new(builder.finish()),
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::Structs(builder) => builder.finish(),
        }
    }
}

impl StructsBuilder {
    fn append(&mut self, list: Option<&Elements<'_>>) {
        self.validity.append(list.is_some());
        for element in list.into_iter().flat_map(Elements::rows) {
            for (cell, builder) in element.iter().zip(&mut self.builders) {
                match (cell, builder) {
                    (Cell::List(list), Builder::Structs(builder)) => builder.append(list.as_ref()),
                    (Cell::Text(text), builder) => builder.append_text(text.as_deref()),
                    (Cell::List(_), _) => unreachable!("a list cell has a list builder"),
                }
            }
            self.elements += 1;
        }
        self.ends.push(i32::try_from(self.elements).expect("a batch has fewer than 2^31 elements"));
    }

    fn finish(&mut self) -> ArrayRef {
        let element = list_element(self.fields);
        let DataType::Struct(fields) = element.data_type().clone() else {
            unreachable!("elements are structs")
        };
        let arrays = self.builders.iter_mut().map(Builder::finish).collect();
        let structs = StructArray::try_new_with_length(fields, arrays, None, self.elements)
            .expect("field builders follow the schema");
        let offsets = std::iter::once(0).chain(self.ends.drain(..)).collect::<Vec<i32>>();
        self.elements = 0;
        Arc::new(
            ListArray::try_new(
                Arc::new(element),
                OffsetBuffer::new(offsets.into()),
                Arc::new(structs),
                self.validity.finish(),
            )
            .expect("list ends follow the elements"),
        )
    }
}
