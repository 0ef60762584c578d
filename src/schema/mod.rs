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

mod access_review;
mod accounting;
mod audit;
mod directory_user;
mod every_table;
mod format;
mod graph_activity;
mod invitation;
mod provisioning;
mod reference;
mod risk;
mod signin;
mod time;
mod unified_audit;
mod values;

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

pub(crate) use accounting::{GAP, HOUR, REJECT, SOURCE};
pub(crate) use audit::AUDIT;
pub(crate) use every_table::DERIVED_ID;
pub(crate) use format::{FORMATS, Format, Keys, Shape};
pub(crate) use reference::{REFERENCES, interrupts, reference_rows};
pub(crate) use time::{DateOrder, format_time, is_ambiguous_date, parse_time, parse_time_in};
pub(crate) use values::is_null_word;

/// Tables that hold events, in the order in which they are listed.
pub(crate) const EVENT_TABLES: &[&Table] = &[
    &AUDIT,
    &signin::SIGNIN,
    &signin::SIGNIN_AUTH_DETAIL,
    &provisioning::PROVISIONING,
    &risk::RISK_DETECTION,
    &risk::RISKY_USER,
    &graph_activity::GRAPH_ACTIVITY,
    &unified_audit::UNIFIED_AUDIT,
    &directory_user::DIRECTORY_USER,
    &invitation::INVITATION,
    &access_review::ACCESS_REVIEW_DEFINITION,
    &access_review::ACCESS_REVIEW_INSTANCE,
    &access_review::ACCESS_REVIEW_DECISION,
];

/// Tables that an archive stores: the events, and the accounting of where they came from.
pub(crate) fn stored_tables() -> impl Iterator<Item = &'static Table> {
    EVENT_TABLES.iter().copied().chain([&SOURCE, &REJECT])
}

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
    /// How its rows are recognised, counted and ordered.
    pub(crate) rows: Rows,
}

/// How the rows of a table of events are recognised, counted and ordered: names of columns.
#[derive(Debug)]
pub(crate) struct Rows {
    /// A record becomes a row if one of these has a value.
    pub(crate) required: &'static [&'static str],
    /// Words by which rows are counted, in `meta.coverage` and after an ingest.
    pub(crate) group: &'static str,
    /// Words by which rows are ordered before their time.
    pub(crate) order: &'static [&'static str],
    /// What every format says of an event: rows of one id that differ in it are in conflict.
    pub(crate) facts: &'static [&'static str],
    /// What tells the versions of one object apart; empty: an id names one event.
    pub(crate) version: &'static [&'static str],
    /// What an id is made of where the record has none; the first of the last ones that has a value is the actor.
    pub(crate) fingerprint: &'static [&'static str],
    /// Of the actor's columns the first with a value belongs to the fingerprint.
    pub(crate) fingerprint_actor: &'static [&'static str],
    /// Records without a time of their own are as of their file's time.
    pub(crate) is_snapshot: bool,
}

impl Rows {
    /// Rows of the accounting, which are neither recognised nor ordered.
    const NONE: Self = Self {
        required: &[],
        group: "",
        order: &[],
        facts: &[],
        version: &[],
        fingerprint: &[],
        fingerprint_actor: &[],
        is_snapshot: false,
    };
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
    /// 64-bit floating-point number.
    Real,
    /// True or false.
    Boolean,
    /// List of texts.
    Texts,
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
    /// A column of a CSV whose name has dots in it.
    Header(&'static str),
    /// In a list column of two fields, a key and a value: the value of the first element with this key.
    Pair(&'static str, &'static str),
    /// A field of the first target.
    FirstTarget(&'static str),
    /// The value is always this.
    Constant(&'static str),
}

/// How source text becomes a value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Convert {
    /// As it is; only an absent or null member is NULL.
    Verbatim,
    /// As it is; the words that mean "nothing" (`""`, `N/A`, `<null>` …) are NULL.
    Plain,
    /// An IP address without port and brackets; anything else is NULL.
    Ip,
    /// The word that stands for the source's spelling; a spelling not listed in lower case.
    Words(Spellings),
    /// The word that stands for the source's spelling; a spelling not listed as it is.
    Names(Spellings),
    /// As `Names`, but a spelling not listed is NULL.
    Only(Spellings),
    /// `user`, `application`, or the source's word in lower case.
    ActorType,
    /// The member says only that such a thing is there: the given word.
    Presence(&'static str),
    /// `@odata.type` of a target: `#microsoft.graph.targetResourceUser` is `User`.
    ODataType,
    /// Result of a sign-in from its error code.
    ResultOfCode,
    /// The tenant in an Azure resource id: `/tenants/<tenant>/providers/…`.
    TenantOfResource,
    /// A coordinate of `{"latitude":…,"longitude":…}`; 0 and 0 together mean that it is not known.
    Coordinate(&'static str),
    /// One part of `City, State, CC`, counted from the end.
    LocationPart(usize),
    /// A time whose year is 1 or 1601 means never.
    TimeOrNever,
    /// Text without the period and blanks at its end.
    WithoutPeriod,
    /// Of a list of `{ID, Type}` the word that names a class of directory objects.
    ClassOfObject,
    /// Name of the first object of a list.
    NameOfFirst,
    /// Of an object as JSON text the text of this member.
    Member(&'static str),
}

/// Spellings, and the word that each stands for; compared without case.
pub(crate) type Spellings = &'static [(&'static str, &'static str)];

impl Source {
    const fn new(keys: Keys, place: Place) -> Self {
        Self { keys, place, convert: Convert::Plain }
    }

    /// The same place with another conversion.
    const fn convert(self, convert: Convert) -> Self {
        Self { convert, ..self }
    }
}

/// A member of an object as Microsoft Graph writes it; also what diagnostic settings, Log Analytics and PowerShell
/// make of it.
const fn graph(path: &'static str) -> Source {
    Source::new(Keys::Graph, Place::Key(path))
}

/// A member as Microsoft Graph writes it, which means something else in Log Analytics and diagnostic settings.
const fn graph_only(path: &'static str) -> Source {
    Source::new(Keys::GraphOnly, Place::Key(path))
}

/// A column of a CSV that flattens Graph's objects.
const fn flat(header: &'static str) -> Source {
    Source::new(Keys::GraphOnly, Place::Header(header))
}

/// A member of a record of Azure Monitor's diagnostic settings, from the record's top.
const fn monitor(path: &'static str) -> Source {
    Source::new(Keys::Monitor, Place::Key(path))
}

/// A column of a Log Analytics table.
const fn analytics(path: &'static str) -> Source {
    Source::new(Keys::Analytics, Place::Key(path))
}

/// A member of a diagnostic record of 2018 and before.
const fn monitor_2018(path: &'static str) -> Source {
    Source::new(Keys::Monitor2018, Place::Key(path))
}

/// A member of the retired Azure AD Graph's events.
const fn legacy(path: &'static str) -> Source {
    Source::new(Keys::Legacy, Place::Key(path))
}

/// A column of the portal's CSV.
const fn portal(header: &'static str) -> Source {
    Source::new(Keys::Portal, Place::Key(header))
}

/// A member of a unified audit record.
const fn unified(path: &'static str) -> Source {
    Source::new(Keys::Unified, Place::Key(path))
}

/// A column of the table that a search of the unified audit log wraps around its records.
const fn wrapper(path: &'static str) -> Source {
    Source::new(Keys::Wrapped, Place::Key(path))
}

/// A pair of a list column, whatever the format.
const fn pair(list: &'static str, key: &'static str) -> Source {
    Source::new(Keys::Every, Place::Pair(list, key))
}

/// An additional detail, whatever the format.
const fn detail(key: &'static str) -> Source {
    pair("details", key)
}

/// A field of the first target, whatever the format.
const fn first_target(field: &'static str) -> Source {
    Source::new(Keys::Every, Place::FirstTarget(field))
}

/// A member that several formats spell alike.
const fn every(path: &'static str) -> Source {
    Source::new(Keys::Every, Place::Key(path))
}

/// A value for records that have none.
const fn otherwise(word: &'static str) -> Source {
    Source::new(Keys::Every, Place::Constant(word))
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

    const fn real(name: &'static str, doc: &'static str, sources: &'static [Source]) -> Self {
        Self::new(name, Kind::Real, doc, sources)
    }

    const fn texts(name: &'static str, doc: &'static str, sources: &'static [Source]) -> Self {
        Self::new(name, Kind::Texts, doc, sources)
    }

    const fn boolean(name: &'static str, doc: &'static str, sources: &'static [Source]) -> Self {
        Self::new(name, Kind::Boolean, doc, sources)
    }

    /// The keys of the sources that this column is read from, as a person would look for them.
    pub(crate) fn source_keys(&self) -> impl Iterator<Item = (Keys, String)> + '_ {
        self.sources.iter().map(|source| {
            let key = match source.place {
                Place::Key(path) | Place::Header(path) => path.to_owned(),
                Place::Pair(list, key) => format!("{list} `{key}`"),
                Place::FirstTarget(field) => format!("first target's {field}"),
                Place::Constant(word) => format!("else `{word}`"),
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
            Kind::Real => "DOUBLE".to_owned(),
            Kind::Texts => "LIST(TEXT)".to_owned(),
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
            Kind::Real => DataType::Float64,
            Kind::Texts => DataType::List(Arc::new(text_element())),
            Kind::Boolean => DataType::Boolean,
            Kind::Structs(fields) => DataType::List(Arc::new(list_element(fields))),
        };
        Field::new(self.name, data_type, true)
    }
}

/// The element field of a list of texts, named as Parquet names it.
pub(crate) fn text_element() -> Field {
    Field::new("element", DataType::Utf8, false)
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

    /// Whether its rows come as events do: snapshots of objects and the portal's steps of authentication come when
    /// somebody exports them.
    pub(crate) fn has_rhythm(&self) -> bool {
        !self.rows.is_snapshot && self.name != signin::SIGNIN_AUTH_DETAIL.name
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
        for table in stored_tables() {
            let names: BTreeSet<_> = table.columns.iter().map(|column| column.name).collect();
            assert_eq!(names.len(), table.columns.len(), "{}", table.name);
            for column in table.columns {
                assert!(column.doc.ends_with(['.', '…', '`']), "{}.{}", table.name, column.name);
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
    fn rows_are_described_by_columns_that_there_are() {
        for table in EVENT_TABLES {
            let rows = &table.rows;
            assert!(!rows.required.is_empty() && !rows.fingerprint.is_empty(), "{}", table.name);
            for name in [rows.order, rows.facts, rows.version, rows.fingerprint, rows.fingerprint_actor]
                .into_iter()
                .flatten()
                .chain(rows.required)
            {
                table.index_of(name);
            }
            for name in rows.order.iter().chain([&rows.group]) {
                let kind = table.columns[table.index_of(name)].kind;
                assert!(matches!(kind, Kind::Word), "{}.{name}", table.name);
            }
        }
    }

    #[test]
    fn stored_and_served_schemas_differ_only_in_how_text_is_held() {
        for table in stored_tables() {
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
