//! Where in a record's text each column's value stands: the declarations of `schema`, compiled for one key family.

use std::borrow::Cow;

use super::convert::{convert, json_text};
use super::row::Row;
use crate::format::bare_key;
use crate::schema::{Column, Convert, DateOrder, Keys, Kind, Place, Table, format_time, parse_time_in};

/// Paths to look for in a record, and what to take for each column.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Members looked for at the record's top.
    pub(super) nodes: Vec<Node>,
    /// Path of each slot.
    paths: Vec<String>,
    /// One for each column.
    pub(super) columns: Vec<ColumnPlan>,
    /// Keys may carry marks of their export.
    pub(super) keys_are_marked: bool,
    /// The slot of the member that names the record's kind.
    pub(super) kind: Option<usize>,
}

/// A member looked for, with the slot for its text, or the members looked for inside it.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) key: &'static str,
    pub(super) slot: Option<usize>,
    pub(super) children: Vec<Node>,
}

/// What to take for one column, best first.
#[derive(Debug)]
pub(super) struct ColumnPlan {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) takes: Vec<(Take, Convert)>,
    /// Of a list column: how its elements are read.
    pub(super) elements: Option<Plan>,
}

/// A place to take a value from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Take {
    Slot(usize),
    /// In a list column, by position: value of the first pair with this key.
    Pair(usize, &'static str),
    /// In a list column, by position: field of the first element, by position.
    First(usize, usize),
    /// Always this.
    Constant(&'static str),
}

impl ColumnPlan {
    /// Whether one of the column's members is there.
    pub(super) fn is_in(&self, slots: &[Option<&str>]) -> bool {
        self.takes.iter().any(|(take, _)| matches!(take, Take::Slot(slot) if slots[*slot].is_some()))
    }
}

impl Plan {
    /// Compiles the places that `columns` declare for records spelt like `keys`.
    pub(crate) fn new(columns: &'static [Column], keys: Keys) -> Self {
        let mut plan = Self {
            nodes: Vec::new(),
            paths: Vec::new(),
            columns: Vec::new(),
            keys_are_marked: keys.are_marked(),
            kind: None,
        };
        let list =
            |name: &str| columns.iter().position(|column| column.name == name).expect("list is declared");
        for column in columns {
            let mut takes = Vec::new();
            for source in column.sources {
                let Some(within) = source.keys.within(keys) else { continue };
                let take = match source.place {
                    Place::Key(path) => Take::Slot(plan.slot(within, &path.split('.').collect::<Vec<_>>())),
                    Place::Header(name) => Take::Slot(plan.slot(within, &[name])),
                    Place::Pair(name, key) => Take::Pair(list(name), key),
                    Place::FirstTarget(field) => {
                        let targets = list("targets");
                        let Kind::Structs(fields) = columns[targets].kind else { continue };
                        let field = fields.iter().position(|declared| declared.name == field);
                        Take::First(targets, field.expect("field of a target is declared"))
                    }
                    Place::Constant(word) => Take::Constant(word),
                };
                takes.push((take, source.convert));
            }
            let elements = match column.kind {
                Kind::Structs(fields) => Some(Self::new(fields, Keys::Every)),
                _ => None,
            };
            plan.columns.push(ColumnPlan { name: column.name, kind: column.kind, takes, elements });
        }
        plan.kind = keys.kind_member().map(|path| plan.slot(None, path));
        plan
    }

    /// The slot for a path, perhaps below a member; two columns may share one.
    fn slot(&mut self, within: Option<&'static str>, path: &[&'static str]) -> usize {
        // `@odata.type` is one key, dots and all.
        let mut keys: Vec<&'static str> = within.into_iter().collect();
        for (index, key) in path.iter().enumerate() {
            if key.starts_with('@') {
                let whole = [("@odata", "@odata.type")].into_iter().find(|(begin, _)| begin == key);
                keys.push(whole.map_or(*key, |(_, whole)| whole));
                debug_assert!(index + 2 == path.len(), "an annotation ends its path");
                break;
            }
            keys.push(key);
        }
        let path = keys.join(".");
        if let Some(slot) = self.paths.iter().position(|known| *known == path) {
            return slot;
        }
        let slot = self.paths.len();
        self.paths.push(path);
        let mut nodes = &mut self.nodes;
        let mut keys = keys.into_iter().peekable();
        while let Some(key) = keys.next() {
            let at = nodes.iter().position(|node| node.key == key).unwrap_or_else(|| {
                nodes.push(Node { key, slot: None, children: Vec::new() });
                nodes.len() - 1
            });
            if keys.peek().is_none() {
                nodes[at].slot = Some(slot);
                break;
            }
            nodes = &mut nodes[at].children;
        }
        slot
    }

    /// A slot for the JSON text of each place, all empty.
    pub(crate) fn empty_slots<'a>(&self) -> Vec<Option<&'a str>> {
        vec![None; self.paths.len()]
    }

    /// The slot of a path.
    pub(super) fn slot_of(&self, path: &str) -> Option<usize> {
        self.paths.iter().position(|known| known == path)
    }

    /// Fills the slot of a path that the record itself does not have.
    pub(super) fn set<'a>(&self, slots: &mut [Option<&'a str>], path: &str, text: &'a str) {
        let slot = self.slot_of(path).expect("path is declared");
        slots[slot] = Some(text);
    }

    /// Position of a column.
    pub(super) fn column(&self, name: &str) -> usize {
        self.columns.iter().position(|column| column.name == name).expect("column is declared")
    }

    /// Whether some column reads this path, something inside it, or all of it.
    pub(super) fn claims(&self, path: &str) -> bool {
        let path = if self.keys_are_marked { bare_key(path) } else { path };
        self.paths.iter().any(|known| {
            let shorter = known.len().min(path.len());
            known.is_char_boundary(shorter)
                && path.is_char_boundary(shorter)
                && known[..shorter].eq_ignore_ascii_case(&path[..shorter])
                && [known.as_bytes().get(shorter), path.as_bytes().get(shorter)]
                    .iter()
                    .all(|next| next.is_none_or(|byte| *byte == b'.'))
        })
    }

    /// Column, value and place of each column that the record fills.
    pub(super) fn explain(
        &self,
        table: &Table,
        row: &Row<'_>,
        slots: &[Option<&str>],
        dates: DateOrder,
    ) -> Vec<(&'static str, String, String)> {
        let mut filled = Vec::new();
        for (column, declared) in self.columns.iter().zip(table.columns) {
            for (take, how) in &column.takes {
                let (text, place) = match take {
                    Take::Slot(slot) if matches!(column.kind, Kind::Structs(_) | Kind::Texts) => {
                        (slots[*slot].map(Cow::Borrowed), self.paths[*slot].clone())
                    }
                    Take::Slot(slot) => (slots[*slot].and_then(json_text), self.paths[*slot].clone()),
                    Take::Pair(list, key) => {
                        let name = self.columns[*list].name;
                        (row.pair(*list, key).map(Cow::Borrowed), format!("{name} `{key}`"))
                    }
                    Take::First(list, field) => {
                        (row.first(*list, *field).map(Cow::Borrowed), "first target".to_owned())
                    }
                    Take::Constant(word) => {
                        (row.constant(word).map(Cow::Borrowed), "nothing else".to_owned())
                    }
                };
                let value = match text {
                    Some(text) if column.elements.is_none() => convert(text, *how),
                    other => other,
                };
                if let Some(value) = value {
                    let (value, place) = match column.kind {
                        Kind::Time => in_time(&value, place, dates),
                        _ => (value.into_owned(), place),
                    };
                    filled.push((declared.name, value, place));
                    break;
                }
            }
        }
        filled
    }
}

/// A time as it is stored, with the source's own spelling beside its place if that is another.
fn in_time(text: &str, place: String, dates: DateOrder) -> (String, String) {
    match parse_time_in(text, dates).map(format_time) {
        Some(time) if time != text => (time, format!("{place}: {text}")),
        _ => (text.to_owned(), place),
    }
}
