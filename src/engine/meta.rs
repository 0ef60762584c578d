//! The tables that describe the others: `meta.tables`, `meta.columns`, and the reference tables.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::TableReference;
use datafusion::datasource::{MemTable, TableProvider};
use datafusion::error::Result;
use datafusion::prelude::SessionContext;

use super::header::{header_field, header_fields};
use super::lazy::Make;
use super::views::{View, Views};
use crate::schema::{
    Column, EVENT_TABLES, FORMATS, GAP, HOUR, Kind, REFERENCES, REJECT, SOURCE, Shape, Table, reference_rows,
};

/// A table or view, documented.
#[derive(Debug, Clone)]
pub(crate) struct TableDoc {
    /// Name as it is written in SQL.
    pub(crate) name: String,
    /// `table`, `view`, `reference` or `meta`.
    pub(crate) kind: &'static str,
    /// What a row is.
    pub(crate) doc: String,
    /// Microsoft's description of the resource, if it is theirs.
    pub(crate) reference: &'static str,
    /// Columns in order.
    pub(crate) columns: Vec<ColumnDoc>,
}

/// A column, documented.
#[derive(Debug, Clone)]
pub(crate) struct ColumnDoc {
    /// Name.
    pub(crate) name: String,
    /// Type in SQL.
    pub(crate) data_type: String,
    /// What it is.
    pub(crate) doc: String,
    /// Keys of the sources that it is read from.
    pub(crate) source_keys: String,
}

/// Names of all our tables and views, and of whatever the session has added.
pub(super) fn table_names(context: &SessionContext) -> Vec<String> {
    let mut names = Vec::new();
    for catalog in context.catalog_names().iter().filter_map(|name| context.catalog(name)) {
        for schema_name in catalog.schema_names() {
            let Some(schema) = catalog.schema(&schema_name) else { continue };
            let qualified =
                |name: String| if schema_name == "public" { name } else { format!("{schema_name}.{name}") };
            if schema_name != "information_schema" {
                names.extend(schema.table_names().into_iter().map(qualified));
            }
        }
    }
    names.sort();
    names
}

/// How the reference tables are made.
pub(super) fn references() -> impl Iterator<Item = (String, Make)> {
    REFERENCES.iter().map(|table| {
        let make: Make = Arc::new(move |_| Box::pin(async move { Ok(reference_table(table)) }));
        (table.name.to_owned(), make)
    })
}

/// A reference table's rows.
fn reference_table(table: &'static Table) -> Arc<dyn TableProvider> {
    let rows: Vec<_> = reference_rows(table).collect();
    let columns = table.columns.iter().enumerate().map(|(index, column)| -> (Field, ArrayRef) {
        let texts = rows.iter().map(|row| Some(row[index]).filter(|text| !text.is_empty()));
        match column.kind {
            Kind::Integer => {
                let numbers = texts.map(|text| text.and_then(|text| text.parse().ok()));
                let numbers: Int64Array = numbers.collect();
                (Field::new(column.name, DataType::Int64, true), Arc::new(numbers))
            }
            Kind::Boolean => {
                let truths = texts.map(|text| text.and_then(|text| text.parse().ok()));
                let truths: BooleanArray = truths.collect();
                (Field::new(column.name, DataType::Boolean, true), Arc::new(truths))
            }
            _ => (Field::new(column.name, DataType::Utf8, true), Arc::new(texts.collect::<StringArray>())),
        }
    });
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns.unzip();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).expect("columns are equally long");
    Arc::new(MemTable::try_new(schema, vec![vec![batch]]).expect("the batch has the schema"))
}

/// `meta.queries`: the saved queries at hand; their headers are read when somebody asks.
pub(super) fn make_queries(saved: &SavedQueries) -> (String, Make) {
    let saved = Arc::clone(saved);
    let make: Make = Arc::new(move |_| {
        let table = queries_table(&saved());
        Box::pin(async { Ok(table) })
    });
    ("queries".to_owned(), make)
}

fn queries_table(rows: &[QuerySummary]) -> Arc<dyn TableProvider> {
    let column = |index: usize| rows.iter().map(|row| row[index].clone()).collect();
    let columns: Vec<(&str, Vec<String>)> =
        QUERY_COLUMNS.iter().enumerate().map(|(index, (name, _))| (*name, column(index))).collect();
    text_table(&columns, None)
}

/// Names of the tables of events.
pub(crate) fn event_table_names() -> impl Iterator<Item = &'static str> {
    EVENT_TABLES.iter().map(|table| table.name)
}

/// Name of a column, and what it is.
type NameAndDoc = (&'static str, &'static str);

/// Tables that are made here, with what they and their columns are.
const MADE_HERE: &[(&str, &str, &[NameAndDoc])] = &[
    (
        "meta.tables",
        "One row per table and view.",
        &[
            ("table_name", "Name in SQL."),
            ("kind", "`table`, `view`, `reference` or `meta`."),
            ("description", "What a row is."),
            ("reference", "Microsoft's description of the resource."),
        ],
    ),
    (
        "meta.columns",
        "One row per column of every table and view.",
        &[
            ("table_name", "Table of the column."),
            ("column_name", "Name of the column."),
            ("position", "Position in its table, 1 the first."),
            ("data_type", "Type in SQL."),
            ("description", "What the value is."),
            ("source_keys", "Keys of each family of formats that it is read from, best first."),
        ],
    ),
    (
        "meta.formats",
        "One row per shape of download that auditql reads.",
        &[
            ("format", "Value of the column `format`."),
            ("table_name", "Table that its records become rows of."),
            ("description", "What it is."),
            ("recognised_by", "What tells it from the others."),
        ],
    ),
    ("meta.queries", "One row per saved query.", &QUERY_COLUMNS),
];

/// Columns of `meta.queries`.
const QUERY_COLUMNS: [NameAndDoc; 8] = [
    ("name", "Name for `run`."),
    ("title", "Name in words."),
    ("question", "Question that it answers."),
    ("kind", "`report`, `hunt`, or `detection`, whose rows are findings."),
    ("technique", "Ids of techniques of MITRE ATT&CK, parted by commas."),
    ("severity", "The highest severity that one of its findings can have: `high`, `medium` or `low`."),
    ("needs", "Tables of events without which an empty answer says nothing, parted by commas."),
    ("parameters", "Names of its parameters."),
];

/// A row of `meta.queries`.
pub(crate) type QuerySummary = [String; QUERY_COLUMNS.len()];
/// What tells them, when it is asked for.
pub(crate) type SavedQueries = Arc<dyn Fn() -> Vec<QuerySummary> + Send + Sync>;

fn text_column(name: &str, doc: &str) -> ColumnDoc {
    let data_type = if name == "position" { "BIGINT" } else { "TEXT" };
    ColumnDoc {
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        doc: doc.to_owned(),
        source_keys: String::new(),
    }
}

/// Documentation of every table and view of ours.
pub(super) async fn table_docs(context: &SessionContext, views: &Views) -> Result<Vec<TableDoc>> {
    let mut docs: Vec<TableDoc> =
        EVENT_TABLES.iter().map(|table| declared(table, table.name.to_owned(), "table")).collect();
    let (meta_views, views): (Vec<_>, Vec<_>) = views.iter().partition(|view| view.name.starts_with("meta."));
    for view in views {
        docs.push(view_doc(context, view, "view").await);
    }
    docs.extend(REFERENCES.iter().map(|table| declared(table, table.name.to_owned(), "reference")));
    for view in meta_views {
        docs.push(view_doc(context, view, "meta").await);
    }
    docs.push(declared(&SOURCE, "meta.sources".to_owned(), "meta"));
    docs.push(declared(&REJECT, "meta.rejects".to_owned(), "meta"));
    docs.push(declared(&HOUR, "meta.hours".to_owned(), "meta"));
    docs.push(declared(&GAP, "meta.gaps".to_owned(), "meta"));
    docs.extend(MADE_HERE.iter().map(|(name, doc, columns)| TableDoc {
        name: (*name).to_owned(),
        kind: "meta",
        doc: (*doc).to_owned(),
        reference: "",
        columns: columns.iter().map(|(name, doc)| text_column(name, doc)).collect(),
    }));
    Ok(docs)
}

/// A view that cannot be planned, because one that it reads was replaced, is still told of: without columns.
async fn view_doc(context: &SessionContext, view: &View, kind: &'static str) -> TableDoc {
    let doc = header_field(&view.text, "about").unwrap_or_default();
    let (doc, columns) = match context.table_provider(TableReference::from(view.name.as_str())).await {
        Ok(provider) => {
            let schema = provider.schema();
            (doc, schema.fields().iter().map(|field| view_column(&view.text, field)).collect())
        }
        Err(_) => (format!("Cannot be read; a query of it says why. {doc}"), Vec::new()),
    };
    TableDoc { name: view.name.clone(), kind, doc, reference: "", columns }
}

fn declared(table: &Table, name: String, kind: &'static str) -> TableDoc {
    let columns = table.columns.iter().map(column_doc).collect();
    TableDoc { name, kind, doc: table.doc.to_owned(), reference: table.reference, columns }
}

fn column_doc(column: &Column) -> ColumnDoc {
    let keys: Vec<_> =
        column.source_keys().map(|(family, key)| format!("{}: {key}", family.name())).collect();
    ColumnDoc {
        name: column.name.to_owned(),
        data_type: column.sql_type(),
        doc: column.doc.to_owned(),
        source_keys: keys.join("; "),
    }
}

/// A view's column: documented in the view's header, or else the column of a table that it hands through.
fn view_column(text: &str, field: &Field) -> ColumnDoc {
    let said = header_fields(text).into_iter().find_map(|said| {
        let name = said.key.strip_prefix("column ")?;
        (name == field.name()).then_some(said.value)
    });
    // Of the tables that the view reads, the first that has the column.
    let is_read = |table: &&&Table| {
        text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == table.name)
    };
    let tables = EVENT_TABLES.iter().filter(is_read).chain(EVENT_TABLES);
    let handed_through = tables.flat_map(|table| table.columns).find(|column| column.name == field.name());
    ColumnDoc {
        name: field.name().clone(),
        data_type: sql_type(field.data_type()),
        doc: said.or_else(|| handed_through.map(|column| column.doc.to_owned())).unwrap_or_default(),
        source_keys: String::new(),
    }
}

fn sql_type(data_type: &DataType) -> String {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "TEXT".to_owned(),
        DataType::Timestamp(_, _) => "TIMESTAMP".to_owned(),
        DataType::Date32 => "DATE".to_owned(),
        DataType::Boolean => "BOOLEAN".to_owned(),
        DataType::Float64 => "DOUBLE".to_owned(),
        DataType::List(element) => format!("LIST({})", sql_type(element.data_type())),
        DataType::Struct(fields) => {
            let fields: Vec<_> = fields
                .iter()
                .map(|field| format!("{} {}", field.name(), sql_type(field.data_type())))
                .collect();
            format!("STRUCT({})", fields.join(", "))
        }
        integer if integer.is_integer() => "BIGINT".to_owned(),
        other => other.to_string().to_uppercase(),
    }
}

/// How `meta.tables`, `meta.columns` and `meta.formats` are made.
pub(super) fn made_here(views: &Arc<Views>) -> [(String, Make); 3] {
    let of_docs = |table: fn(&[TableDoc]) -> Arc<dyn TableProvider>| -> Make {
        let views = Arc::clone(views);
        Arc::new(move |state| {
            let views = Arc::clone(&views);
            Box::pin(async move {
                let context = SessionContext::new_with_state(state);
                Ok(table(&table_docs(&context, &views).await?))
            })
        })
    };
    [
        ("tables".to_owned(), of_docs(tables_table)),
        ("columns".to_owned(), of_docs(columns_table)),
        ("formats".to_owned(), Arc::new(|_| Box::pin(async { Ok(formats_table()) }))),
    ]
}

fn tables_table(docs: &[TableDoc]) -> Arc<dyn TableProvider> {
    let of_tables = |of: fn(&TableDoc) -> String| docs.iter().map(of).collect::<Vec<_>>();
    let tables = [
        ("table_name", of_tables(|table| table.name.clone())),
        ("kind", of_tables(|table| table.kind.to_owned())),
        ("description", of_tables(|table| table.doc.clone())),
        ("reference", of_tables(|table| table.reference.to_owned())),
    ];
    text_table(&tables, None)
}

fn formats_table() -> Arc<dyn TableProvider> {
    let of_formats =
        |of: fn(&Shape) -> &'static str| FORMATS.iter().map(|shape| of(shape).to_owned()).collect::<Vec<_>>();
    let formats = [
        ("format", of_formats(|shape| shape.name)),
        ("table_name", of_formats(|shape| shape.table.name)),
        ("description", of_formats(|shape| shape.title)),
        ("recognised_by", of_formats(|shape| shape.evidence)),
    ];
    text_table(&formats, None)
}

fn columns_table(docs: &[TableDoc]) -> Arc<dyn TableProvider> {
    let columns: Vec<(&TableDoc, usize, &ColumnDoc)> = docs
        .iter()
        .flat_map(|table| table.columns.iter().enumerate().map(move |(index, column)| (table, index, column)))
        .collect();
    let of_columns = |of: fn(&TableDoc, &ColumnDoc) -> String| {
        columns.iter().map(|(t, _, c)| of(t, c)).collect::<Vec<_>>()
    };
    let texts = [
        ("table_name", of_columns(|table, _| table.name.clone())),
        ("column_name", of_columns(|_, column| column.name.clone())),
        ("data_type", of_columns(|_, column| column.data_type.clone())),
        ("description", of_columns(|_, column| column.doc.clone())),
        ("source_keys", of_columns(|_, column| column.source_keys.clone())),
    ];
    let positions =
        columns.iter().map(|(_, index, _)| i64::try_from(index + 1).unwrap_or(i64::MAX)).collect();
    text_table(&texts, Some(("position", positions)))
}

/// A table of text columns, held in memory, with one column of numbers after the first two if there is one.
pub(super) fn text_table(
    columns: &[(&str, Vec<String>)],
    numbers: Option<(&str, Vec<i64>)>,
) -> Arc<dyn TableProvider> {
    let mut fields = Vec::new();
    let mut arrays: Vec<ArrayRef> = Vec::new();
    for (name, values) in columns {
        fields.push(Field::new(*name, DataType::Utf8, true));
        let values = values.iter().map(|value| Some(value.as_str()).filter(|value| !value.is_empty()));
        arrays.push(Arc::new(values.collect::<StringArray>()));
    }
    if let Some((name, values)) = numbers {
        fields.insert(2, Field::new(name, DataType::Int64, false));
        arrays.insert(2, Arc::new(Int64Array::from(values)));
    }
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).expect("columns are equally long");
    Arc::new(MemTable::try_new(schema, vec![vec![batch]]).expect("the batch has the schema"))
}
