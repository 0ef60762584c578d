//! Where in a record's text each column's value stands: the declarations of `schema`, compiled for one key family.

use std::borrow::Cow;

use super::convert::{convert, json_text};
use super::row::Row;
use crate::schema::{Column, Convert, Keys, Kind, Place, Table};

/// Paths to look for in a record, and what to take for each column.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Members looked for at the record's top.
    pub(super) nodes: Vec<Node>,
    /// Path of each slot.
    paths: Vec<&'static str>,
    /// One for each column.
    pub(super) columns: Vec<ColumnPlan>,
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
    pub(super) takes: Vec<(Take, Convert)>,
    /// Of a list column: how its elements are read.
    pub(super) elements: Option<Plan>,
}

/// A place to take a value from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Take {
    Slot(usize),
    /// Value of the first additional detail with this key.
    Detail(&'static str),
    /// Field of the first target, by position.
    FirstTarget(usize),
}

impl ColumnPlan {
    /// Whether one of the column's members is there.
    pub(super) fn is_in(&self, slots: &[Option<&str>]) -> bool {
        self.takes.iter().any(|(take, _)| matches!(take, Take::Slot(slot) if slots[*slot].is_some()))
    }
}

impl Plan {
    /// Compiles the places that `columns` declare for `keys`.
    pub(crate) fn new(columns: &'static [Column], keys: Keys) -> Self {
        let mut plan = Self { nodes: Vec::new(), paths: Vec::new(), columns: Vec::new() };
        let target_fields = columns.iter().find(|column| column.name == "targets").map(|column| column.kind);
        for column in columns {
            let mut takes = Vec::new();
            for source in column.sources.iter().filter(|source| source.keys.covers(keys)) {
                let take = match source.place {
                    Place::Key(path) => Take::Slot(plan.slot(path)),
                    Place::Detail(key) => Take::Detail(key),
                    Place::FirstTarget(name) => {
                        let Some(Kind::Structs(fields)) = target_fields else { continue };
                        let index = fields.iter().position(|field| field.name == name);
                        Take::FirstTarget(index.expect("field of a target is declared"))
                    }
                };
                takes.push((take, source.convert));
            }
            let elements = match column.kind {
                Kind::Structs(fields) => Some(Self::new(fields, keys)),
                _ => None,
            };
            plan.columns.push(ColumnPlan { name: column.name, takes, elements });
        }
        plan
    }

    /// The slot for a path; two columns may share one.
    fn slot(&mut self, path: &'static str) -> usize {
        if let Some(slot) = self.paths.iter().position(|known| *known == path) {
            return slot;
        }
        let slot = self.paths.len();
        self.paths.push(path);
        let mut nodes = &mut self.nodes;
        let mut rest = path;
        loop {
            // `@odata.type` is one key, dots and all.
            let (key, below) = match rest.split_once('.') {
                Some((key, below)) if !key.starts_with('@') => (key, Some(below)),
                _ => (rest, None),
            };
            let at = nodes.iter().position(|node| node.key == key).unwrap_or_else(|| {
                nodes.push(Node { key, slot: None, children: Vec::new() });
                nodes.len() - 1
            });
            match below {
                Some(below) => {
                    nodes = &mut nodes[at].children;
                    rest = below;
                }
                None => {
                    nodes[at].slot = Some(slot);
                    return slot;
                }
            }
        }
    }

    /// A slot for the JSON text of each place, all empty.
    pub(crate) fn empty_slots<'a>(&self) -> Vec<Option<&'a str>> {
        vec![None; self.paths.len()]
    }

    /// Fills the slot of a path that the record itself does not have.
    pub(super) fn set<'a>(&self, slots: &mut [Option<&'a str>], path: &str, text: &'a str) {
        let slot = self.paths.iter().position(|known| *known == path).expect("path is declared");
        slots[slot] = Some(text);
    }

    /// Position of a column.
    pub(super) fn column(&self, name: &str) -> usize {
        self.columns.iter().position(|column| column.name == name).expect("column is declared")
    }

    /// Whether some column reads this path, something inside it, or all of it.
    pub(super) fn claims(&self, path: &str) -> bool {
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
    ) -> Vec<(&'static str, String, String)> {
        let mut filled = Vec::new();
        for (column, declared) in self.columns.iter().zip(table.columns) {
            for (take, how) in &column.takes {
                let (text, place) = match take {
                    Take::Slot(slot) if column.elements.is_some() => {
                        (slots[*slot].map(Cow::Borrowed), self.paths[*slot].to_owned())
                    }
                    Take::Slot(slot) => (slots[*slot].and_then(json_text), self.paths[*slot].to_owned()),
                    Take::Detail(key) => (row.detail(key).map(Cow::Borrowed), format!("detail {key}")),
                    Take::FirstTarget(index) => {
                        (row.first_target(*index).map(Cow::Borrowed), "first target".to_owned())
                    }
                };
                let value = match text {
                    Some(text) if column.elements.is_none() => convert(text, *how),
                    other => other,
                };
                if let Some(value) = value {
                    filled.push((declared.name, value.into_owned(), place));
                    break;
                }
            }
        }
        filled
    }
}
