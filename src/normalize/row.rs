//! One record's values, before they are appended to builders.

use std::borrow::Cow;

use super::convert::{convert, json_text};
use super::extract::{Found, elements, extract_inner, extract_list};
use super::json::Json;
use super::nested::{Nested, nested};
use super::plan::{ColumnPlan, Plan, Take};
use crate::schema::{Format, Kind};

/// Cells of a list that are read; Graph's longest lists have a few hundred.
const CELLS_MAX: usize = 400_000;
/// Cells that most lists have room in; a B2C event has some ten details of two.
const CELLS_USUAL: usize = 24;

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
    /// Of what was found, by slot: texts, which are converted when they are asked for, and lists. If the source
    /// `lost_objects`, no column has the value for records that have none.
    pub(super) fn read(
        plan: &'a Plan,
        slots: &'a [Option<&'a str>],
        lists: &mut [Option<Elements<'a>>],
        lost_objects: bool,
    ) -> Self {
        let mut row = Self { plan, slots, lists: Vec::new(), is_lossy: lost_objects, lost_objects };
        for (index, column) in plan.columns.iter().enumerate() {
            let Some(elements) = &column.elements else { continue };
            match Elements::of(column, elements, slots, lists) {
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
        texts(first_member(&self.plan.columns[column], self.slots)?.1)
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

/// The slot of the best of a column's members that is there, and its JSON text.
fn first_member<'a>(column: &ColumnPlan, slots: &[Option<&'a str>]) -> Option<(usize, &'a str)> {
    column.takes.iter().find_map(|(take, _)| match take {
        Take::Slot(slot) => Some((*slot, slots[*slot].filter(|text| *text != "null")?)),
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
    /// None yet.
    fn new(plan: &Plan) -> Self {
        Self { width: plan.columns.len(), ..Self::default() }
    }

    /// Those of a column, which were read with the record or stand in a text.
    fn of(
        column: &ColumnPlan,
        plan: &Plan,
        slots: &[Option<&'a str>],
        lists: &mut [Option<Self>],
    ) -> Read<'a> {
        let Some((slot, text)) = first_member(column, slots) else { return Read::None };
        lists[slot].take().map_or_else(|| Self::read(plan, text), Read::List)
    }

    /// Reads the JSON list that comes next; nothing if it is none.
    pub(super) fn next(json: &mut Json<'a>, plan: &Plan) -> Option<Self> {
        let mut list = Self::new(plan);
        list.cells.reserve(CELLS_USUAL);
        elements(json, plan, &mut |found, key| list.add(found, key))?;
        Some(list)
    }

    /// Reads what stands in place of a list.
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
        let mut list = Self::new(plan);
        let read = extract_list(plan, text, &mut |found, key| list.add(found, key));
        if read.is_ok() { Read::List(list) } else { Read::None }
    }

    /// Adds an element as it was found, and its key if it is a pair.
    fn add(&mut self, found: &mut Found<'_, 'a>, key: Option<&str>) {
        if self.cells.len() >= CELLS_MAX {
            self.is_cut = true;
            return;
        }
        self.is_lossy |= found.is_lossy;
        if found.texts.is_empty() {
            self.cells.extend(cells(found, key));
            return;
        }
        let texts = std::mem::take(&mut found.texts);
        let mut inner = Found::new(found.plan);
        inner.slots.copy_from_slice(&found.slots);
        for (list, outer) in inner.lists.iter_mut().zip(&mut found.lists) {
            *list = outer.take();
        }
        for (nodes, text) in &texts {
            extract_inner(nodes, text, &mut inner);
        }
        self.cells.extend(cells(&mut inner, key).map(Cell::into_owned));
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
fn cells<'f, 'p, 'a>(
    found: &'f mut Found<'p, 'a>,
    key: Option<&'f str>,
) -> impl Iterator<Item = Cell<'a>> + use<'f, 'p, 'a> {
    let (plan, slots, lists) = (found.plan, &found.slots, &mut found.lists);
    plan.columns.iter().enumerate().map(move |(index, column)| match (&column.elements, key) {
        (Some(nested), _) => Cell::List(match Elements::of(column, nested, slots, lists) {
            Read::List(list) => Some(list),
            // The element says so itself: an empty list that lost its content.
            Read::Lost => Some(Elements { is_lossy: true, ..Elements::new(nested) }),
            Read::None => None,
        }),
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
