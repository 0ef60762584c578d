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
    /// Keys that only tell what the record is, each with its mark.
    marks: Vec<(&'static str, u128)>,
    /// Of the keys of both.
    pub(super) filter: Filter,
    /// Path of each slot.
    paths: Vec<String>,
    /// One for each column.
    pub(super) columns: Vec<ColumnPlan>,
    /// By slot: position of the column that is made of the list there.
    lists: Vec<Option<usize>>,
    /// Positions of the columns that every record is asked for by name.
    asked: Vec<usize>,
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
    /// Of a key that tells what the record is: its bit among them.
    pub(super) mark: u128,
}

/// Tells of most keys that nobody looks for them, without a look at the keys that somebody does look for. A third of a
/// sign-in's keys are such.
#[derive(Debug, Default)]
pub(super) struct Filter([u64; 16]);

impl Filter {
    fn add(&mut self, key: &str) {
        let place = Self::place(key);
        self.0[place / 64] |= 1 << (place % 64);
    }

    /// False only if no key that was added is this one, in any case.
    pub(super) fn may_have(&self, key: &str) -> bool {
        let place = Self::place(key);
        self.0[place / 64] & (1 << (place % 64)) != 0
    }

    fn place(key: &str) -> usize {
        let lower = |byte: Option<&u8>| usize::from(byte.copied().unwrap_or_default() | 0x20);
        let bytes = key.as_bytes();
        (bytes.len().wrapping_mul(31) ^ (lower(bytes.first()) * 7) ^ (lower(bytes.last()) * 131)) % (16 * 64)
    }
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
            marks: Vec::new(),
            filter: Filter::default(),
            paths: Vec::new(),
            columns: Vec::new(),
            lists: Vec::new(),
            asked: Vec::new(),
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
        for node in &plan.nodes {
            plan.filter.add(node.key);
        }
        plan.lists = vec![None; plan.paths.len()];
        for (index, column) in plan.columns.iter().enumerate().filter(|(_, column)| column.elements.is_some())
        {
            for (take, _) in &column.takes {
                if let Take::Slot(slot) = take {
                    plan.lists[*slot] = Some(index);
                }
            }
        }
        plan
    }

    /// How the elements are read of the list that a slot is for.
    pub(super) fn elements_of(&self, slot: usize) -> Option<&Self> {
        self.columns[self.lists[slot]?].elements.as_ref()
    }

    /// Whether some column is a list of objects.
    pub(super) fn has_lists(&self) -> bool {
        self.columns.iter().any(|column| column.elements.is_some())
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
                nodes.push(Node { key, slot: None, children: Vec::new(), mark: 0 });
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

    /// Looks for these keys of the record, too, to tell whether they are there.
    pub(super) fn look_for(&mut self, keys: &[&'static str]) {
        for (place, key) in keys.iter().enumerate() {
            let mark = 1 << place;
            let mut is_wanted = false;
            for node in self.nodes.iter_mut().filter(|node| node.key.eq_ignore_ascii_case(key)) {
                node.mark = mark;
                is_wanted = true;
            }
            if !is_wanted {
                self.marks.push((key, mark));
            }
            self.filter.add(key);
        }
    }

    /// The mark of a key whose value nobody wants.
    pub(super) fn mark_of(&self, key: &str) -> Option<u128> {
        self.marks.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)).map(|(_, mark)| *mark)
    }

    /// A slot for the JSON text of each place, all empty.
    pub(crate) fn empty_slots<'a>(&self) -> Vec<Option<&'a str>> {
        vec![None; self.paths.len()]
    }

    /// The slot of a path.
    pub(super) fn slot_of(&self, path: &str) -> Option<usize> {
        self.paths.iter().position(|known| known == path)
    }

    /// Makes ready to find these columns quickly.
    pub(super) fn expect(&mut self, columns: impl Iterator<Item = &'static str>) {
        self.asked = columns.map(|name| self.column(name)).collect();
    }

    /// Position of a column.
    pub(super) fn column(&self, name: &str) -> usize {
        let is_it = |column: &ColumnPlan| column.name == name;
        let asked = self.asked.iter().copied().find(|index| is_it(&self.columns[*index]));
        asked.or_else(|| self.columns.iter().position(is_it)).expect("column is declared")
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
