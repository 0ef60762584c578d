//! One record's values, before they are appended to builders.

use std::borrow::Cow;

use super::convert::{convert, json_text};
use super::extract::{Found, extract_inner, extract_list};
use super::nested::{Nested, nested};
use super::plan::{ColumnPlan, Plan, Take};
use crate::schema::{Format, Kind};

/// Cells of a list that are read; Graph's longest lists have a few hundred.
const CELLS_MAX: usize = 400_000;

/// The values of a record: JSON text of its members by slot, and its lists taken apart.
#[derive(Debug)]
pub(super) struct Row<'a> {
    plan: &'a Plan,
    slots: &'a [Option<&'a str>],
    /// Position of the column, and its elements.
    lists: Vec<(usize, Elements<'a>)>,
    is_lossy: bool,
    /// The source lost members that are objects: what is not there says nothing.
    lost_objects: bool,
}

/// The elements of a list: a matrix of converted texts, and of each element the JSON text of its own lists.
#[derive(Debug, Default)]
pub(super) struct Elements<'a> {
    width: usize,
    cells: Vec<Cell<'a>>,
    /// There were more elements than are read.
    is_cut: bool,
    /// The source lost something of the list.
    is_lossy: bool,
}

/// One field of an element.
#[derive(Debug)]
pub(super) enum Cell<'a> {
    Text(Option<Cow<'a, str>>),
    List(Option<Elements<'a>>),
}

impl<'a> Row<'a> {
    /// Takes the record's lists apart; texts are converted when they are asked for. If the source `lost_objects`, no
    /// column has the value for records that have none.
    pub(super) fn read(plan: &'a Plan, slots: &'a [Option<&'a str>], lost_objects: bool) -> Self {
        let mut row = Self { plan, slots, lists: Vec::new(), is_lossy: lost_objects, lost_objects };
        for (index, column) in plan.columns.iter().enumerate() {
            let Some(elements) = &column.elements else { continue };
            let Some(text) = first_member(column, slots) else { continue };
            match Elements::read(elements, text) {
                Read::List(list) => {
                    row.is_lossy |= list.is_lossy();
                    row.lists.push((index, list));
                }
                Read::Lost => row.is_lossy = true,
                Read::None => {}
            }
        }
        row
    }

    /// Whether a list has more elements than are read.
    pub(super) fn is_too_long(&self) -> bool {
        self.lists.iter().any(|(_, list)| list.is_cut())
    }

    /// Whether the source lost something of an object or a list.
    pub(super) fn is_lossy(&self) -> bool {
        self.is_lossy
    }

    /// Whether the member that names the record's kind, if it is there, fits the format.
    pub(super) fn is_of(&self, format: Format) -> bool {
        let kind = self.plan.kind.and_then(|slot| self.slots[slot]).and_then(json_text);
        kind.is_none_or(|kind| format.is_of_kind(&kind))
    }

    /// Whether a column has a value or elements.
    pub(super) fn has(&self, column: &str) -> bool {
        let index = self.plan.column(column);
        self.list(index).is_some() || self.value(index).is_some()
    }

    /// The converted text of a column, from the best place that has one.
    pub(super) fn text(&self, column: &str) -> Option<Cow<'_, str>> {
        self.value(self.plan.column(column))
    }

    /// As [`Self::text`], by position.
    pub(super) fn value(&self, column: usize) -> Option<Cow<'_, str>> {
        self.plan.columns[column].takes.iter().find_map(|(take, how)| {
            let text = match take {
                Take::Slot(slot) => self.slots[*slot].and_then(json_text),
                Take::Pair(list, key) => self.pair(*list, key).map(Cow::Borrowed),
                Take::First(list, field) => self.first(*list, *field).map(Cow::Borrowed),
                Take::Constant(word) => self.constant(word).map(Cow::Borrowed),
            };
            text.and_then(|text| convert(text, *how))
        })
    }

    /// The value for records that have none.
    pub(super) fn constant(&self, word: &'static str) -> Option<&'static str> {
        (!self.lost_objects).then_some(word)
    }

    /// The elements of a list column.
    pub(super) fn list(&self, column: usize) -> Option<&Elements<'a>> {
        self.lists.iter().find(|(index, _)| *index == column).map(|(_, list)| list)
    }

    /// The texts of a column that is a list of texts.
    pub(super) fn texts(&self, column: usize) -> Option<Vec<Cow<'_, str>>> {
        texts(first_member(&self.plan.columns[column], self.slots)?)
    }

    /// In a list column of keys and values: the value of the first pair with this key that has one.
    pub(super) fn pair(&self, list: usize, key: &str) -> Option<&str> {
        self.list(list)?.rows().find_map(|pair| match pair {
            [Cell::Text(Some(name)), Cell::Text(Some(value))] if name.eq_ignore_ascii_case(key) => {
                Some(value.as_ref())
            }
            _ => None,
        })
    }

    /// A field of the first element of a list column.
    pub(super) fn first(&self, list: usize, field: usize) -> Option<&str> {
        match self.list(list)?.rows().next()?.get(field)? {
            Cell::Text(text) => text.as_deref(),
            Cell::List(_) => None,
        }
    }
}

/// JSON text of the best of a column's members that is there.
fn first_member<'a>(column: &ColumnPlan, slots: &[Option<&'a str>]) -> Option<&'a str> {
    column.takes.iter().find_map(|(take, _)| match take {
        Take::Slot(slot) => slots[*slot].filter(|text| *text != "null"),
        _ => None,
    })
}

/// What became of a list.
enum Read<'a> {
    List(Elements<'a>),
    /// The source wrote something else in its place.
    Lost,
    None,
}

impl<'a> Elements<'a> {
    /// Reads a JSON list.
    fn read(plan: &Plan, text: &'a str) -> Read<'a> {
        if text.starts_with('"') {
            // JSON text in a string: decoded here, so its cells are owned.
            let Ok(inner) = serde_json::from_str::<String>(text) else { return Read::None };
            let (json, is_lossy) = match nested(&inner) {
                Nested::Json(json) => (json, false),
                Nested::Remains(json) => (json, true),
                Nested::Lost => return Read::Lost,
                Nested::Text => return Read::None,
            };
            return match Elements::read(plan, &json) {
                Read::List(mut list) => {
                    list.is_lossy |= is_lossy;
                    Read::List(list.into_owned())
                }
                Read::Lost => Read::Lost,
                Read::None => Read::None,
            };
        }
        let mut elements =
            Self { width: plan.columns.len(), cells: Vec::new(), is_cut: false, is_lossy: false };
        let read = extract_list(plan, text, &mut |found, key| {
            if elements.cells.len() >= CELLS_MAX {
                elements.is_cut = true;
                return;
            }
            elements.is_lossy |= found.is_lossy;
            if found.texts.is_empty() {
                elements.cells.extend(cells(plan, &found.slots, key));
                return;
            }
            let texts = std::mem::take(&mut found.texts);
            let mut inner = Found::new(plan);
            for (slot, outer) in inner.slots.iter_mut().zip(&found.slots) {
                *slot = *outer;
            }
            for (nodes, text) in &texts {
                extract_inner(nodes, text, &mut inner);
            }
            elements.cells.extend(cells(plan, &inner.slots, key).map(Cell::into_owned));
        });
        if read.is_ok() { Read::List(elements) } else { Read::None }
    }

    /// The elements, each with a cell for every field.
    pub(super) fn rows(&self) -> impl Iterator<Item = &[Cell<'a>]> {
        self.cells.chunks_exact(self.width)
    }

    fn is_cut(&self) -> bool {
        let nested = |cell: &Cell<'_>| matches!(cell, Cell::List(Some(list)) if list.is_cut());
        self.is_cut || self.cells.iter().any(nested)
    }

    fn is_lossy(&self) -> bool {
        let nested = |cell: &Cell<'_>| matches!(cell, Cell::List(Some(list)) if list.is_lossy());
        self.is_lossy || self.cells.iter().any(nested)
    }

    fn into_owned<'b>(self) -> Elements<'b> {
        let Self { width, cells, is_cut, is_lossy } = self;
        Elements { width, cells: cells.into_iter().map(Cell::into_owned).collect(), is_cut, is_lossy }
    }
}

/// A cell for every field of one element.
fn cells<'s, 'a: 's>(
    plan: &'s Plan,
    slots: &'s [Option<&'a str>],
    key: Option<&'s str>,
) -> impl Iterator<Item = Cell<'a>> + 's {
    plan.columns.iter().enumerate().map(move |(index, column)| match (&column.elements, key) {
        (Some(nested), _) => {
            let list = first_member(column, slots).map(|text| Elements::read(nested, text));
            Cell::List(match list {
                Some(Read::List(list)) => Some(list),
                // The element says so itself: an empty list that lost its content.
                Some(Read::Lost) => {
                    Some(Elements { width: nested.columns.len(), is_lossy: true, ..Elements::default() })
                }
                Some(Read::None) | None => None,
            })
        }
        (None, Some(key)) if index == 0 => Cell::Text(Some(Cow::Owned(key.to_owned()))),
        (None, _) => Cell::Text(column.takes.iter().find_map(|(take, how)| match take {
            Take::Slot(slot) => slots[*slot].and_then(json_text).and_then(|text| convert(text, *how)),
            _ => None,
        })),
    })
}

impl Cell<'_> {
    fn into_owned<'b>(self) -> Cell<'b> {
        match self {
            Cell::Text(text) => Cell::Text(text.map(|text| Cow::Owned(text.into_owned()))),
            Cell::List(list) => Cell::List(list.map(Elements::into_owned)),
        }
    }
}

/// The texts of a list: a JSON array, JSON text of one, PowerShell's `{a, b}`, or words with commas between.
fn texts(json: &str) -> Option<Vec<Cow<'_, str>>> {
    if json.starts_with('[') {
        let elements: Vec<&serde_json::value::RawValue> = serde_json::from_str(json).ok()?;
        return Some(elements.iter().filter_map(|element| json_text(element.get())).collect());
    }
    let text = json_text(json)?;
    let owned =
        |list: Vec<Cow<'_, str>>| list.into_iter().map(|text| Cow::Owned(text.into_owned())).collect();
    match nested(&text) {
        Nested::Json(inner) if inner.starts_with('[') => texts(&inner).map(owned),
        Nested::Lost => None,
        _ => {
            let words = text.trim().trim_start_matches('{').trim_end_matches('}').split(',').map(str::trim);
            Some(words.filter(|word| !word.is_empty()).map(|word| Cow::Owned(word.to_owned())).collect())
        }
    }
}

/// Whether a column is filled from a list of its own kind rather than from a text.
pub(super) fn is_list(kind: Kind) -> bool {
    matches!(kind, Kind::Texts | Kind::Structs(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_texts_in_every_spelling() {
        for json in [r#"["a","b"]"#, r#""[\"a\",\"b\"]""#, r#""{a, b}""#, r#""a,b""#, r#""['a', 'b']""#] {
            assert_eq!(texts(json).unwrap(), ["a", "b"], "{json}");
        }
        assert_eq!(texts("[]").unwrap(), Vec::<Cow<'_, str>>::new());
        assert_eq!(texts(r#""[]""#).unwrap(), Vec::<Cow<'_, str>>::new());
        assert_eq!(texts(r#""System.String[]""#), None);
    }
}
