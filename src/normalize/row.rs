//! One record's values, before they are appended to builders.

use std::borrow::Cow;

use super::convert::{convert, json_text};
use super::extract::extract_list;
use super::plan::{Plan, Take};
use crate::schema::{Kind, Table};

/// Cells of a list that are read; Graph's longest lists have a few hundred.
const CELLS_MAX: usize = 400_000;

/// The values of a record: JSON text of its members by slot, and its lists taken apart.
#[derive(Debug)]
pub(super) struct Row<'a> {
    slots: &'a [Option<&'a str>],
    targets: Option<Elements<'a>>,
    details: Option<Elements<'a>>,
}

/// The elements of a list: a matrix of converted texts, and of each element the JSON text of its own lists.
#[derive(Debug, Default)]
pub(super) struct Elements<'a> {
    width: usize,
    cells: Vec<Cell<'a>>,
    /// There were more elements than are read.
    is_cut: bool,
}

/// One field of an element.
#[derive(Debug)]
pub(super) enum Cell<'a> {
    Text(Option<Cow<'a, str>>),
    List(Option<Elements<'a>>),
}

impl<'a> Row<'a> {
    /// Takes the record's lists apart; texts are converted when they are asked for.
    pub(super) fn read(table: &Table, plan: &'a Plan, slots: &'a [Option<&'a str>]) -> Self {
        let mut row = Self { slots, targets: None, details: None };
        for (column, declared) in plan.columns.iter().zip(table.columns) {
            let (Some(elements), Kind::Structs(_)) = (&column.elements, declared.kind) else { continue };
            let text = column.takes.iter().find_map(|(take, _)| match take {
                Take::Slot(slot) => slots[*slot].filter(|text| *text != "null"),
                _ => None,
            });
            let list = text.and_then(|text| Elements::read(elements, text));
            match column.name {
                "targets" => row.targets = list,
                "details" => row.details = list,
                other => unreachable!("list column `{other}` has no place in a row"),
            }
        }
        row
    }

    /// Whether a list has more elements than are read.
    pub(super) fn is_too_long(&self) -> bool {
        [&self.targets, &self.details].into_iter().flatten().any(Elements::is_cut)
    }

    /// The converted text of a column, from the best place that has one.
    pub(super) fn text(&self, plan: &Plan, column: &str) -> Option<Cow<'_, str>> {
        self.value(plan, plan.column(column))
    }

    /// As [`Self::text`], by position.
    pub(super) fn value(&self, plan: &Plan, column: usize) -> Option<Cow<'_, str>> {
        plan.columns[column].takes.iter().find_map(|(take, how)| {
            let text = match take {
                Take::Slot(slot) => self.slots[*slot].and_then(json_text),
                Take::Detail(key) => self.detail(key).map(Cow::Borrowed),
                Take::FirstTarget(field) => self.first_target(*field).map(Cow::Borrowed),
            };
            text.and_then(|text| convert(text, *how))
        })
    }

    /// Every target.
    pub(super) fn targets(&self) -> Option<&Elements<'a>> {
        self.targets.as_ref()
    }

    /// Every additional detail.
    pub(super) fn details(&self) -> Option<&Elements<'a>> {
        self.details.as_ref()
    }

    /// Value of the first additional detail with this key that has one.
    pub(super) fn detail(&self, key: &str) -> Option<&str> {
        self.details.as_ref()?.rows().find_map(|pair| match pair {
            [Cell::Text(Some(name)), Cell::Text(Some(value))] if name.eq_ignore_ascii_case(key) => {
                Some(value.as_ref())
            }
            _ => None,
        })
    }

    /// A field of the first target.
    pub(super) fn first_target(&self, field: usize) -> Option<&str> {
        match self.targets.as_ref()?.rows().next()?.get(field)? {
            Cell::Text(text) => text.as_deref(),
            Cell::List(_) => None,
        }
    }
}

impl<'a> Elements<'a> {
    /// Reads a JSON list; nothing if it is none.
    fn read(plan: &Plan, text: &'a str) -> Option<Self> {
        if text.starts_with('"') {
            // JSON text in a string: decoded here, so its cells are owned.
            let inner: String = serde_json::from_str(text).ok()?;
            let inner = inner.trim();
            return if inner.starts_with(['[', '{']) {
                Elements::read(plan, inner).map(Elements::into_owned)
            } else {
                None
            };
        }
        let mut elements = Self { width: plan.columns.len(), cells: Vec::new(), is_cut: false };
        let read = extract_list(plan, text, &mut |slots, key| {
            if elements.cells.len() >= CELLS_MAX {
                elements.is_cut = true;
                return;
            }
            for (index, column) in plan.columns.iter().enumerate() {
                elements.cells.push(match (&column.elements, key) {
                    (Some(nested), _) => {
                        let text = column.takes.iter().find_map(|(take, _)| match take {
                            Take::Slot(slot) => slots[*slot].filter(|text| *text != "null"),
                            _ => None,
                        });
                        Cell::List(text.and_then(|text| Elements::read(nested, text)))
                    }
                    (None, Some(key)) if index == 0 => Cell::Text(Some(Cow::Owned(key.to_owned()))),
                    (None, _) => Cell::Text(column.takes.iter().find_map(|(take, how)| match take {
                        Take::Slot(slot) => {
                            slots[*slot].and_then(json_text).and_then(|text| convert(text, *how))
                        }
                        _ => None,
                    })),
                });
            }
        });
        read.ok().map(|()| elements)
    }

    /// The elements, each with a cell for every field.
    pub(super) fn rows(&self) -> impl Iterator<Item = &[Cell<'a>]> {
        self.cells.chunks_exact(self.width)
    }

    fn is_cut(&self) -> bool {
        let nested = |cell: &Cell<'_>| matches!(cell, Cell::List(Some(list)) if list.is_cut());
        self.is_cut || self.cells.iter().any(nested)
    }

    fn into_owned<'b>(self) -> Elements<'b> {
        let cells = self.cells.into_iter().map(|cell| match cell {
            Cell::Text(text) => Cell::Text(text.map(|text| Cow::Owned(text.into_owned()))),
            Cell::List(list) => Cell::List(list.map(Elements::into_owned)),
        });
        Elements { width: self.width, cells: cells.collect(), is_cut: self.is_cut }
    }
}
