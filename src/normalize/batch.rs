//! Column builders of a table, and a row appended to them.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{
    ArrayBuilder, ArrayRef, BooleanBuilder, Float64Builder, Int64Builder, ListArray, ListBuilder,
    NullBufferBuilder, RecordBatch, StringBuilder, StringDictionaryBuilder, StructArray,
    TimestampMicrosecondBuilder,
};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Int32Type, SchemaRef};

use super::RawRecord;
use super::row::{Cell, Elements, Row, is_list};
use crate::schema::{Column, DateOrder, Format, Kind, Table, list_element, parse_time_in, text_element};

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
    List,
    /// The length of the list in this column.
    Count(usize),
    SigninType,
    DefinitionId,
    EventTime,
    Tenant,
    Format,
    SourceFile,
    SourceOffset,
    Degraded,
    Raw,
}

impl Fill {
    fn of(table: &Table, column: &Column) -> Self {
        match column.name {
            "target_count" => Self::Count(table.index_of("targets")),
            "signin_type" => Self::SigninType,
            "definition_id" => Self::DefinitionId,
            "event_time" => Self::EventTime,
            "tenant_id" => Self::Tenant,
            "format" => Self::Format,
            "source_file" => Self::SourceFile,
            "source_offset" => Self::SourceOffset,
            "degraded" => Self::Degraded,
            "raw" => Self::Raw,
            _ if is_list(column.kind) => Self::List,
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
    Real(Float64Builder),
    Boolean(BooleanBuilder),
    Texts(ListBuilder<StringBuilder>),
    Structs(StructsBuilder),
}

/// Kind of a sign-in in the portal's CSV: interactive and non-interactive ones have the same columns, and only the
/// name that the portal gives the file tells them apart.
fn signin_type_of_file(format: Format, source: &str) -> Option<&'static str> {
    const NAMES: &[(&str, &str)] = &[
        ("noninteractivesignins", "non_interactive"),
        ("interactivesignins", "interactive"),
        ("applicationsignins", "service_principal"),
        ("msisignins", "managed_identity"),
    ];
    if format != PORTAL_SIGNIN_CSV {
        return None;
    }
    let name = source.rsplit(['/', '!']).next()?.to_ascii_lowercase();
    NAMES.iter().find(|(part, _)| name.contains(part)).map(|(_, kind)| *kind)
}

const PORTAL_SIGNIN_CSV: Format = Format::named("portal_signin_csv");

/// Id of the definition in a page's context: `…/definitions('<id>')/instances(…`.
fn definition_id(context: &str) -> Option<&str> {
    let (_, rest) = context.split_once("definitions('")?;
    rest.split('\'').next().filter(|id| !id.is_empty())
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
        let columns = table
            .columns
            .iter()
            .map(|column| (Fill::of(table, column), Builder::new(column, false)))
            .collect();
        Self { schema: table.stored_schema(), columns, rows: 0 }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Appends one row; every builder grows by one.
    pub(super) fn append(&mut self, row: &Row<'_>, given: &Given<'_>) {
        let dates = given.record.dates;
        for (index, (fill, builder)) in self.columns.iter_mut().enumerate() {
            match (fill, builder) {
                (Fill::Value, builder) => builder.append_text(row.value(index).as_deref(), dates),
                (Fill::List, Builder::Structs(lists)) => lists.append(row.list(index), dates),
                (Fill::List, Builder::Texts(lists)) => {
                    let texts = row.texts(index);
                    for text in texts.iter().flatten() {
                        lists.values().append_value(text);
                    }
                    lists.append(texts.is_some());
                }
                (Fill::SigninType, builder) => {
                    let by_name = signin_type_of_file(given.format, given.record.source);
                    let value = by_name.map(Cow::Borrowed).or_else(|| row.value(index));
                    builder.append_text(value.as_deref(), dates);
                }
                (Fill::DefinitionId, builder) => {
                    builder.append_text(given.record.context.and_then(definition_id), dates);
                }
                (Fill::Count(list), Builder::Integer(counts)) => {
                    let count = row.list(*list).map_or(0, |list| list.rows().count());
                    counts.append_value(i64::try_from(count).unwrap_or(i64::MAX));
                }
                (Fill::EventTime, Builder::Time(times)) => times.append_value(given.time),
                (Fill::Tenant, builder) => builder.append_text(given.tenant, dates),
                (Fill::Format, builder) => builder.append_text(Some(given.format.name()), dates),
                (Fill::SourceFile, builder) => builder.append_text(Some(given.record.source), dates),
                (Fill::SourceOffset, Builder::Integer(offsets)) => {
                    offsets.append_value(i64::try_from(given.record.offset).unwrap_or(i64::MAX));
                }
                (Fill::Degraded, Builder::Boolean(flags)) => flags.append_value(given.degraded),
                (Fill::Raw, builder) => builder.append_text(Some(given.text), dates),
                (Fill::List | Fill::Count(_) | Fill::EventTime | Fill::SourceOffset | Fill::Degraded, _) => {
                    unreachable!("the declared kind of the column is another")
                }
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
            Kind::Real => Self::Real(Float64Builder::new()),
            Kind::Texts => {
                Self::Texts(ListBuilder::new(StringBuilder::new()).with_field(Arc::new(text_element())))
            }
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

    fn append_text(&mut self, text: Option<&str>, dates: DateOrder) {
        match self {
            Self::Text(builder) => builder.append_option(text),
            Self::Word(builder) => builder.append_option(text),
            Self::Integer(builder) => builder.append_option(text.and_then(|text| text.trim().parse().ok())),
            Self::Real(builder) => builder.append_option(text.and_then(|text| text.trim().parse().ok())),
            Self::Boolean(builder) => {
                builder.append_option(text.and_then(|text| text.to_ascii_lowercase().parse().ok()));
            }
            Self::Time(builder) => builder.append_option(text.and_then(|text| parse_time_in(text, dates))),
            Self::Texts(_) | Self::Structs(_) => unreachable!("a list is appended as a list"),
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
            Self::Real(builder) => Arc::new(builder.finish()),
            Self::Texts(builder) => Arc::new(builder.finish()),
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::Structs(builder) => builder.finish(),
        }
    }
}

impl StructsBuilder {
    fn append(&mut self, list: Option<&Elements<'_>>, dates: DateOrder) {
        self.validity.append(list.is_some());
        for element in list.into_iter().flat_map(Elements::rows) {
            for (cell, builder) in element.iter().zip(&mut self.builders) {
                match (cell, builder) {
                    (Cell::List(list), Builder::Structs(builder)) => builder.append(list.as_ref(), dates),
                    (Cell::Text(text), builder) => builder.append_text(text.as_deref(), dates),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_portals_names_tell_kinds_of_sign_ins() {
        let kind = |name| signin_type_of_file(PORTAL_SIGNIN_CSV, name);
        assert_eq!(kind("a/NonInteractiveSignIns_2026-03-02_2026-03-03.csv"), Some("non_interactive"));
        assert_eq!(kind("a.zip!InteractiveSignIns_2026-03-02.csv"), Some("interactive"));
        assert_eq!(kind("MSISignIns_x.csv"), Some("managed_identity"));
        assert_eq!(kind("interactivesignins/export.csv"), None);
        assert_eq!(signin_type_of_file(Format::named("graph_signin"), "InteractiveSignIns_x.csv"), None);
    }

    #[test]
    fn a_context_names_the_definition() {
        let context = "https://graph.microsoft.com/v1.0/$metadata#identityGovernance/accessReviews/definitions('d-1')/instances('i-1')/decisions";
        assert_eq!(definition_id(context), Some("d-1"));
        assert_eq!(definition_id("…#users"), None);
    }
}
