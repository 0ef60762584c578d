//! Columns that are not there, or are there twice.

use datafusion::common::{Column, Diagnostic, SchemaError, TableReference};

use super::Known;
use super::text::Text;
use crate::error::{Error, Place as TextPlace, alike};
use crate::schema::{Convert, Place, Source, Table, stored_tables};

/// How many columns of a table an error lists.
const LISTED_MAX: usize = 20;

/// Explains an error about a column; `span` is where the engine says that it is.
pub(super) fn explain(
    text: &Text<'_>,
    schema: &SchemaError,
    diagnostic: Option<&Diagnostic>,
    span: Option<TextPlace>,
    known: &Known<'_>,
) -> Error {
    match schema {
        SchemaError::FieldNotFound { field, valid_fields } => {
            Unknown::new(text, field, valid_fields, span).explain(known)
        }
        SchemaError::AmbiguousReference { field } => ambiguous(text, &field.name, diagnostic, span),
        SchemaError::DuplicateUnqualifiedField { name } => duplicate(text, name, span),
        SchemaError::DuplicateQualifiedField { qualifier, .. } => {
            let name = qualifier.table();
            Error::new(format!("two tables of this FROM are called `{name}`"))
                .at(span.or_else(|| text.name(name).map(|index| text.place(index))))
                .hint("give each a name of its own: `FROM audit AS a JOIN audit AS b ON …`")
        }
    }
}

fn ambiguous(text: &Text<'_>, name: &str, diagnostic: Option<&Diagnostic>, span: Option<TextPlace>) -> Error {
    let place = span.or_else(|| text.name(name).map(|index| text.place(index)));
    let notes = diagnostic.into_iter().flat_map(|diagnostic| &diagnostic.notes);
    let columns = notes.filter_map(|note| note.message.strip_prefix("possible column "));
    let mut tables: Vec<&str> = columns.filter_map(|column| Some(column.rsplit_once('.')?.0)).collect();
    tables.dedup();
    let error = Error::new(match tables.as_slice() {
        [first, .., last] => format!("column `{name}` is in `{first}` and in `{last}`"),
        _ => format!("column `{name}` is in more than one table of this FROM"),
    });
    let meant =
        tables.iter().take(2).map(|table| format!("`{table}.{name}`")).collect::<Vec<_>>().join(" or ");
    let meant = if meant.is_empty() { format!("`table.{name}`") } else { meant };
    error.at(place).hint(format!("write the table before it: {meant}"))
}

fn duplicate(text: &Text<'_>, name: &str, span: Option<TextPlace>) -> Error {
    if name.contains('(') {
        let group = text.words(&["GROUP", "BY"]).map(|index| text.place(index + 2));
        return Error::new("GROUP BY names a column that is an aggregate")
            .at(group.or(span))
            .hint("group by columns that are none: the number after GROUP BY is a position in SELECT");
    }
    let bare = name.rsplit('.').next().unwrap_or(name);
    Error::new(format!("two columns are called `{bare}`"))
        .at(span.or_else(|| text.name(bare).map(|index| text.place(index))))
        .hint(format!("give one of them another name: `… AS {bare}_2`"))
}

/// A name that no column has.
struct Unknown<'a> {
    text: &'a Text<'a>,
    field: &'a Column,
    valid: &'a [Column],
    /// Its token.
    index: Option<usize>,
    place: Option<TextPlace>,
    /// As it is written.
    name: String,
}

impl<'a> Unknown<'a> {
    fn new(text: &'a Text<'a>, field: &'a Column, valid: &'a [Column], span: Option<TextPlace>) -> Self {
        let qualified = field.relation.as_ref().map(|table| format!("{table}.{}", field.name));
        let first =
            || qualified.as_deref().and_then(|name| text.name(name)).or_else(|| text.name(&field.name));
        let index = span.and_then(|place| text.index_at(place)).or_else(first);
        let place = span.or_else(|| index.map(|index| text.place(index)));
        let written = index.and_then(|index| {
            text.chain(index)
                .into_iter()
                .find(|name| name.eq_ignore_ascii_case(&field.name))
                .map(str::to_owned)
        });
        let name = written.unwrap_or_else(|| field.name.clone());
        Self { text, field, valid, index, place, name }
    }

    fn explain(&self, known: &Known<'_>) -> Error {
        if let Some(error) = self.in_limit().or_else(|| self.without_from()).or_else(|| self.wrong_table()) {
            return error;
        }
        let name = &self.name;
        const WORDS: [&str; 13] = [
            "NOT", "CASE", "WHEN", "THEN", "ELSE", "END", "ALL", "ANY", "AND", "OR", "SELECT", "FROM",
            "WHERE",
        ];
        if WORDS.contains(&name.to_uppercase().as_str()) {
            return Error::new(format!("`{name}` is a word of SQL, and something is missing after it"))
                .at(self.place)
                .hint("write what belongs to it, or leave it out");
        }
        let chain = self.index.map(|index| self.text.chain_around(index)).unwrap_or_default();
        let is_path = chain.len() > 1 && !self.relation().is_some_and(|table| self.tables().contains(&table));
        let written = if is_path { chain.join(".") } else { name.clone() };
        let found = Error::new(format!(
            "no column `{written}`{}",
            if is_path { String::new() } else { self.in_table() }
        ))
        .at(self.place);
        if self.index.is_some_and(|index| self.text.written(index + 1) == "->") {
            return found
                .note("functions `x -> …` are not known here")
                .hint(format!("{}; `detail(details, 'key')` finds one value", super::fields::VIEWS));
        }
        if let Some(hint) = self.text_in_quotes() {
            return found.hint(hint);
        }
        let names = self.names();
        if let Some(columns) = self.read_from(&names) {
            return found.hint(columns);
        }
        let nearest = alike(name, &names);
        if nearest.is_some_and(|nearest| strsim::osa_distance(name, nearest) < 3) {
            return found.hint(format!("did you mean `{}`?", nearest.unwrap_or_default()));
        }
        if let Some(hint) = self.own_alias() {
            return found
                .note(format!("`{name}` is a name that SELECT gives, and SELECT comes last"))
                .hint(hint);
        }
        if let Some(hint) = self.time_or_kin(&names) {
            return found.hint(hint);
        }
        match (nearest, self.other_table()) {
            (_, Some(table)) if nearest.is_none_or(|nearest| strsim::jaro_winkler(name, nearest) < 0.8) => {
                found.hint(format!("`{table}` has a column `{}`", name.to_ascii_lowercase()))
            }
            (Some(meant), _) => found.hint(format!("did you mean `{meant}`?")),
            _ if names.is_empty() => found,
            _ if names.len() <= LISTED_MAX => {
                let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
                found.hint(format!("the columns here are {}", names.join(", ")))
            }
            _ => found.hint(self.listing(known)),
        }
    }

    /// Names of the columns that could have been meant.
    fn names(&self) -> Vec<&str> {
        let tables = self.tables();
        let relation = self.relation().filter(|table| tables.contains(table));
        let is_here = |column: &&Column| {
            relation.is_none() || column.relation.as_ref().map(TableReference::table) == relation
        };
        let mut names: Vec<&str> =
            self.valid.iter().filter(is_here).map(|column| column.name.as_str()).collect();
        names.retain(|name| !name.contains('('));
        names.sort_unstable();
        names.dedup();
        names
    }

    fn relation(&self) -> Option<&str> {
        self.field.relation.as_ref().map(TableReference::table)
    }

    /// Tables and aliases of the statement.
    fn tables(&self) -> Vec<&str> {
        let tables = self.valid.iter().filter_map(|column| column.relation.as_ref());
        let mut tables: Vec<&str> = tables.map(TableReference::table).collect();
        tables.dedup();
        tables.sort_unstable();
        tables.dedup();
        tables
    }

    fn in_table(&self) -> String {
        match (self.relation(), self.tables().as_slice()) {
            (Some(table), _) => format!(" in `{table}`"),
            (None, [only]) => format!(" in `{only}`"),
            _ => String::new(),
        }
    }

    fn in_limit(&self) -> Option<Error> {
        let before = self.index?.checked_sub(1)?;
        let clause = ["LIMIT", "OFFSET"].into_iter().find(|clause| self.text.is_word(before, clause))?;
        let error = Error::new(format!("{clause} takes a whole number, not `{}`", self.name)).at(self.place);
        Some(error.hint(format!("write `{clause} 10`")))
    }

    fn without_from(&self) -> Option<Error> {
        if !self.valid.is_empty() {
            return None;
        }
        let name = self.name.to_ascii_lowercase();
        if self.text.words(&["FROM"]).is_some() {
            let error = Error::new(format!("no column `{}` can be named here", self.name)).at(self.place);
            let is_unnest = self.text.words(&["UNNEST"]).is_some();
            return Some(if is_unnest {
                error.hint("write unnest in SELECT: `SELECT unnest(targets) FROM audit`; the view `audit_target` has a row for each target")
            } else {
                error.hint(format!("a text stands in single quotes: `'{}'`", self.name))
            });
        }
        let error =
            Error::new(format!("no column `{}`, for the statement has no FROM", self.name)).at(self.place);
        Some(match tables_with(&name).next() {
            Some(table) => error.hint(format!("add `FROM {}`", table.name)),
            None => {
                error.hint(format!("add `FROM audit`, or write a text in single quotes: `'{}'`", self.name))
            }
        })
    }

    /// A table before the column that is none of this FROM.
    fn wrong_table(&self) -> Option<Error> {
        let written = self.relation()?;
        let tables = self.tables();
        let index = self.index?;
        let chain = self.text.chain_around(index);
        // A path into Graph's object looks like a table and a column.
        if tables.contains(&written) || self.column_of_path(&chain).is_some() {
            return None;
        }
        let error = Error::new(format!("no table `{written}` in this FROM")).at(self.place);
        let has_it = |table: &&&str| {
            self.valid.iter().any(|column| {
                column.name == self.field.name
                    && column.relation.as_ref().is_some_and(|of| of.table() == **table)
            })
        };
        let meant = tables.iter().find(has_it).or_else(|| tables.first().filter(|_| tables.len() == 1))?;
        let is_renamed =
            self.text.words(&["FROM", written]).or_else(|| self.text.words(&["JOIN", written])).is_some();
        let error =
            if is_renamed { error.note(format!("`{written}` is called `{meant}` here")) } else { error };
        Some(error.hint(format!("write `{meant}.{}`", self.name)))
    }

    fn text_in_quotes(&self) -> Option<String> {
        let index = self.index?;
        let marks = ['"', '`'];
        let mark = marks.into_iter().find(|mark| {
            (index..index + 5).any(|index| self.text.written(index) == format!("{mark}{}{mark}", self.name))
        })?;
        let is_text = self.name.contains(|c: char| !c.is_alphanumeric() && c != '_')
            || index.checked_sub(1).is_some_and(|before| {
                ["=", "<>", "!=", "==", "LIKE", "ILIKE", "like", "ilike"].contains(&self.text.written(before))
            });
        let marks = if mark == '"' { "double quotes" } else { "backticks" };
        is_text.then(|| {
            format!("{marks} are for names; a text is written `'{}'`", self.name.replace('\'', "''"))
        })
    }

    /// The columns that are read from a member of the source that is called so.
    fn read_from(&self, names: &[&str]) -> Option<String> {
        let chain = self.index.map(|index| self.text.chain_around(index)).unwrap_or_default();
        let is_here = |column: &&str| names.contains(column);
        if let Some(column) = self.column_of_path(&chain).filter(|column| is_here(column)) {
            return Some(format!("did you mean `{column}`?"));
        }
        let tables = self.stored();
        let leaf = columns_of(&tables, |key| same(key.rsplit('.').next().unwrap_or(key), &self.name));
        if let Some(column) = leaf.into_iter().find(is_here) {
            return Some(format!("did you mean `{column}`?"));
        }
        let mut inside =
            columns_of(&tables, |key| key.split_once('.').is_some_and(|(first, _)| same(first, &self.name)));
        inside.retain(is_here);
        let inside: Vec<_> = inside.into_iter().take(5).map(|column| format!("`{column}`")).collect();
        (!inside.is_empty()).then(|| format!("its members are columns: {}", inside.join(", ")))
    }

    /// The column that is read from `initiatedBy.user.userPrincipalName`.
    fn column_of_path(&self, chain: &[&str]) -> Option<&'static str> {
        let path = chain.join(".");
        let columns = columns_of(&self.stored(), |key| chain.len() > 1 && same(key, &path));
        columns.first().copied()
    }

    /// The archive's tables that this statement reads, or else all of them.
    fn stored(&self) -> Vec<&'static Table> {
        let named = |table: &&'static Table| self.text.name(table.name).is_some();
        let read: Vec<_> = stored_tables().filter(named).collect();
        if read.is_empty() { stored_tables().collect() } else { read }
    }

    /// A word for the event's time, or the columns that end alike: `user_upn`, `actor_upn`.
    fn time_or_kin(&self, names: &[&str]) -> Option<String> {
        let name = self.name.to_ascii_lowercase();
        const TIMES: [&str; 9] =
            ["timestamp", "date", "time", "datetime", "when", "created", "created_at", "ts", "day"];
        if TIMES.contains(&name.as_str()) && names.contains(&"event_time") {
            return Some("did you mean `event_time`?".to_owned());
        }
        let ending = ["_upn", "_ip"].into_iter().find(|ending| name.ends_with(ending))?;
        let kin: Vec<_> = names
            .iter()
            .filter(|name| name.ends_with(ending))
            .take(3)
            .map(|name| format!("`{name}`"))
            .collect();
        let elsewhere =
            self.other_table().map(|table| format!(" `{table}` has a column `{name}`")).unwrap_or_default();
        (!kin.is_empty()).then(|| format!("did you mean {}?{elsewhere}", kin.join(" or ")))
    }

    fn own_alias(&self) -> Option<String> {
        self.text.words(&["AS", &self.name])?;
        let name = &self.name;
        let group = self.text.words(&["GROUP", "BY"]);
        Some(match group {
            Some(_) => {
                format!("filter groups with `HAVING {name} …` after GROUP BY, or repeat the expression")
            }
            None => format!(
                "repeat the expression here, or query it from outside: `SELECT * FROM (SELECT …) AS s WHERE {name} …`"
            ),
        })
    }

    fn other_table(&self) -> Option<&'static str> {
        tables_with(&self.name.to_ascii_lowercase()).next().map(|table| table.name)
    }

    fn listing(&self, known: &Known<'_>) -> String {
        let tables = known.tables();
        let of = |table: &str| tables.iter().any(|known| known == table).then(|| table.to_owned());
        let mine = self.relation().into_iter().chain(self.tables());
        let table = mine
            .filter_map(of)
            .next()
            .or_else(|| tables.iter().find(|table| self.text.words(&["FROM", table]).is_some()).cloned());
        let table = table.unwrap_or_else(|| "…".to_owned());
        let is_key = self.name.chars().all(char::is_alphanumeric) && self.name.contains(char::is_uppercase);
        let stays = if is_key {
            format!("; what no column holds is in `raw`: `json_value(raw, '$.{}')`", self.name)
        } else {
            String::new()
        };
        format!("`SELECT column_name FROM meta.columns WHERE table_name = '{table}'` lists them{stays}")
    }
}

fn tables_with(column: &str) -> impl Iterator<Item = &'static Table> {
    stored_tables().filter(move |table| table.columns.iter().any(|known| known.name == column))
}

fn same(key: &str, name: &str) -> bool {
    key.eq_ignore_ascii_case(name)
}

/// The columns of these tables whose values are read from a key like this.
pub(super) fn columns_of(tables: &[&'static Table], is_key: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let is_read = |source: &Source| {
        let is_key = match source.place {
            Place::Key(path) => is_key(path),
            Place::Pair(_, key) | Place::Header(key) => is_key(key),
            Place::FirstTarget(_) | Place::Constant(_) => false,
        };
        // Some columns are told by which members there are.
        is_key && !matches!(source.convert, Convert::Presence(_) | Convert::ActorType)
    };
    // What is worked out of a member comes after what is the member.
    let is_derived = |source: &Source| {
        matches!(
            source.convert,
            Convert::ResultOfCode | Convert::LocationPart(_) | Convert::ClassOfObject | Convert::Member(_)
        )
    };
    let columns = tables.iter().flat_map(|table| table.columns);
    let mut found: Vec<_> = columns
        .filter_map(|column| Some((column.sources.iter().find(|source| is_read(source))?, column.name)))
        .collect();
    found.sort_by_key(|(source, _)| is_derived(source));
    found.into_iter().map(|(_, name)| name).collect()
}
