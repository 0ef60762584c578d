//! The domain: which tables there are, which columns they have, and from which key of which format each value comes.
//!
//! A column is declared here once. The Arrow schema, the normaliser, `meta.columns`, completion and `\d` are derived
//! from the declaration. This module knows no file, no SQL and no terminal.
//!
//! ```text
//! Column::text("actor_upn", "User principal name of the user who acted.", &[
//!     graph("initiatedBy.user.userPrincipalName"),
//!     legacy("actor.userPrincipalName"),
//!     portal("ActorUserPrincipalName"),
//! ])
//! ```

mod accounting;
mod audit;
mod every_table;
mod format;
mod reference;
mod time;
mod values;

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

pub(crate) use accounting::{REJECT, SOURCE};
pub(crate) use audit::AUDIT;
pub(crate) use format::{Format, Keys};
pub(crate) use reference::{REF_ACTIVITY, reference_rows};
pub(crate) use time::{format_time, parse_time};
pub(crate) use values::{category_of_resource_type, is_null_word, result_word, service_of_legacy_category};

/// Tables that hold events, in the order in which they are listed.
pub(crate) const EVENT_TABLES: &[&Table] = &[&AUDIT];

/// Tables that an archive stores: the events, and the accounting of where they came from.
pub(crate) const STORED_TABLES: &[&Table] = &[&AUDIT, &SOURCE, &REJECT];

/// One table of the archive.
#[derive(Debug)]
pub(crate) struct Table {
    /// Name in SQL and of the folder below `data/`.
    pub(crate) name: &'static str,
    /// One sentence: what a row is.
    pub(crate) doc: &'static str,
    /// Microsoft's description of the resource, if it is theirs.
    pub(crate) reference: &'static str,
    /// Columns in their fixed order.
    pub(crate) columns: &'static [Column],
}

/// One column of a table, or one field of a list of structs.
#[derive(Debug)]
pub(crate) struct Column {
    /// Name in SQL and Parquet.
    pub(crate) name: &'static str,
    /// Type.
    pub(crate) kind: Kind,
    /// What the value is; units, and what NULL means if that is not "the source has none".
    pub(crate) doc: &'static str,
    /// Where the value comes from, best first. Empty: the program itself fills it.
    pub(crate) sources: &'static [Source],
}

/// Type of a column.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Instant: microseconds since 1970-01-01, UTC.
    Time,
    /// Text of any kind.
    Text,
    /// Text with few distinct values: dictionary-encoded in memory and on disk.
    Word,
    /// 64-bit signed integer.
    Integer,
    /// True or false.
    Boolean,
    /// List of structs; the fields may be lists themselves.
    Structs(&'static [Column]),
}

/// One place in a record where a column's value may stand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source {
    /// The family of formats that has this place.
    pub(crate) keys: Keys,
    /// The place.
    pub(crate) place: Place,
    /// What to do to the text found there.
    pub(crate) convert: Convert,
}

/// A place in a record.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    /// A member, by its path: `initiatedBy.user.id`. Keys compare without case.
    Key(&'static str),
    /// The value of the first additional detail with this key.
    Detail(&'static str),
    /// A field of the first target.
    FirstTarget(&'static str),
}

/// How source text becomes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Convert {
    /// As it is; only an absent or null member is NULL.
    Verbatim,
    /// As it is; the words that mean "nothing" (`""`, `N/A`, `<null>` …) are NULL.
    Plain,
    /// An IP address without port and brackets; anything else is NULL.
    Ip,
    /// `success`, `failure`, `timeout`, or the source's word in lower case.
    Result,
    /// `user`, `application`, `system`, or the source's word in lower case.
    ActorType,
    /// The member says only that such an actor is there: the given word.
    Presence(&'static str),
    /// Legacy `category`, which names the service.
    LegacyService,
    /// Legacy `activityType`, which names the kind of resource.
    LegacyCategory,
    /// `@odata.type` of a target: `#microsoft.graph.targetResourceUser` is `User`.
    ODataType,
}

impl Source {
    /// The same place with another conversion.
    const fn convert(self, convert: Convert) -> Self {
        Self { convert, ..self }
    }
}

/// A member of Graph's `directoryAudit`, as the API and the portal's JSON write it.
const fn graph(path: &'static str) -> Source {
    Source { keys: Keys::Graph, place: Place::Key(path), convert: Convert::Plain }
}

/// A member of the retired Azure AD Graph's audit event.
const fn legacy(path: &'static str) -> Source {
    Source { keys: Keys::Legacy, place: Place::Key(path), convert: Convert::Plain }
}

/// A column of the portal's audit CSV.
const fn portal(header: &'static str) -> Source {
    Source { keys: Keys::Portal, place: Place::Key(header), convert: Convert::Plain }
}

/// An additional detail, whatever the format.
const fn detail(key: &'static str) -> Source {
    Source { keys: Keys::Every, place: Place::Detail(key), convert: Convert::Plain }
}

/// A field of the first target, whatever the format.
const fn first_target(field: &'static str) -> Source {
    Source { keys: Keys::Every, place: Place::FirstTarget(field), convert: Convert::Plain }
}

/// A member that several formats spell alike.
const fn every(path: &'static str) -> Source {
    Source { keys: Keys::Every, place: Place::Key(path), convert: Convert::Plain }
}

impl Column {
    const fn new(name: &'static str, kind: Kind, doc: &'static str, sources: &'static [Source]) -> Self {
        Self { name, kind, doc, sources }
    }

    const fn time(name: &'static str, doc: &'static str, sources: &'static [Source]) -> Self {
        Self::new(name, Kind::Time, doc, sources)
    }

    const fn text(name: &'static str, doc: &'static str, sources: &'static [Source]) -> Self {
        Self::new(name, Kind::Text, doc, sources)
    }

    const fn word(name: &'static str, doc: &'static str, sources: &'static [Source]) -> Self {
        Self::new(name, Kind::Word, doc, sources)
    }

    const fn integer(name: &'static str, doc: &'static str, sources: &'static [Source]) -> Self {
        Self::new(name, Kind::Integer, doc, sources)
    }

    const fn boolean(name: &'static str, doc: &'static str, sources: &'static [Source]) -> Self {
        Self::new(name, Kind::Boolean, doc, sources)
    }

    /// The keys of the sources that this column is read from, as a person would look for them.
    pub(crate) fn source_keys(&self) -> impl Iterator<Item = (Keys, String)> + '_ {
        self.sources.iter().map(|source| {
            let key = match source.place {
                Place::Key(path) => path.to_owned(),
                Place::Detail(key) => format!("additionalDetails `{key}`"),
                Place::FirstTarget(field) => format!("first target's {field}"),
            };
            (source.keys, key)
        })
    }

    /// Type in SQL, as `meta.columns` shows it.
    pub(crate) fn sql_type(&self) -> String {
        match self.kind {
            Kind::Time => "TIMESTAMP".to_owned(),
            Kind::Text | Kind::Word => "TEXT".to_owned(),
            Kind::Integer => "BIGINT".to_owned(),
            Kind::Boolean => "BOOLEAN".to_owned(),
            Kind::Structs(fields) => {
                let fields: Vec<_> =
                    fields.iter().map(|field| format!("{} {}", field.name, field.sql_type())).collect();
                format!("LIST(STRUCT({}))", fields.join(", "))
            }
        }
    }

    fn field(&self, stored: bool, nested: bool) -> Field {
        let data_type = match self.kind {
            Kind::Time => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Kind::Word if stored && !nested => {
                DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
            }
            // The engine compares and groups string views quicker than strings; inside lists the reader has none.
            Kind::Text | Kind::Word if !stored && !nested => DataType::Utf8View,
            Kind::Text | Kind::Word => DataType::Utf8,
            Kind::Integer => DataType::Int64,
            Kind::Boolean => DataType::Boolean,
            Kind::Structs(fields) => DataType::List(Arc::new(list_element(fields))),
        };
        Field::new(self.name, data_type, true)
    }
}

/// The element field of a list of structs, named as Parquet names it.
pub(crate) fn list_element(fields: &'static [Column]) -> Field {
    let fields = fields.iter().map(|field| field.field(true, true)).collect();
    Field::new("element", DataType::Struct(fields), false)
}

impl Table {
    /// Schema of the batches that are written: words as dictionaries.
    pub(crate) fn stored_schema(&self) -> SchemaRef {
        Arc::new(Schema::new(self.columns.iter().map(|c| c.field(true, false)).collect::<Vec<_>>()))
    }

    /// Schema in which the engine serves the table: strings as views.
    pub(crate) fn served_schema(&self) -> SchemaRef {
        Arc::new(Schema::new(self.columns.iter().map(|c| c.field(false, false)).collect::<Vec<_>>()))
    }

    /// Position of a column.
    ///
    /// # Panics
    ///
    /// If the table has no such column: names are literals of this program.
    pub(crate) fn index_of(&self, name: &str) -> usize {
        self.columns.iter().position(|column| column.name == name).expect("column is declared")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_every_column_says_what_it_is() {
        for table in STORED_TABLES {
            let names: BTreeSet<_> = table.columns.iter().map(|column| column.name).collect();
            assert_eq!(names.len(), table.columns.len(), "{}", table.name);
            for column in table.columns {
                assert!(column.doc.ends_with('.'), "{}.{}", table.name, column.name);
            }
        }
    }

    #[test]
    fn every_event_table_has_the_columns_that_all_share() {
        for table in EVENT_TABLES {
            for name in
                ["event_time", "id", "tenant_id", "format", "source_file", "source_offset", "degraded", "raw"]
            {
                table.index_of(name);
            }
        }
    }

    #[test]
    fn stored_and_served_schemas_differ_only_in_how_text_is_held() {
        for table in STORED_TABLES {
            for (stored, served) in table.stored_schema().fields().iter().zip(table.served_schema().fields())
            {
                assert_eq!(stored.name(), served.name());
                let is_text = |t: &DataType| {
                    matches!(t, DataType::Utf8 | DataType::Utf8View | DataType::Dictionary(_, _))
                };
                assert!(
                    stored.data_type() == served.data_type()
                        || is_text(stored.data_type()) && is_text(served.data_type())
                );
            }
        }
    }
}
