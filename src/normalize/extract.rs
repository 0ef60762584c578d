//! Walks a record's JSON text once and notes where the wanted members stand, as slices of the text; lists are taken apart
//! on the way.

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::convert::json_text;
use super::json::Json;
use super::nested::{Nested, nested};
use super::plan::{Node, Plan};
use super::row::Elements;
use crate::format::bare_key;

/// What was found in a record.
#[derive(Debug)]
pub(crate) struct Found<'p, 'a> {
    /// What was looked for.
    pub(super) plan: &'p Plan,
    /// JSON text by slot.
    pub(super) slots: Vec<Option<&'a str>>,
    /// By slot: the elements of a list that a column is made of.
    pub(super) lists: Vec<Option<Elements<'a>>>,
    /// Members that are objects written as text: what is looked for in each, and its JSON.
    pub(super) texts: Vec<(&'p [Node], String)>,
    /// Which of the keys that tell what the record is are there, a bit each.
    pub(super) marks: u128,
    /// A key that is wanted stands twice in one object.
    pub(super) has_repeated_key: bool,
    /// The source wrote the name of a type, or an unfaithful text, in place of a value.
    pub(super) is_lossy: bool,
}

impl<'p, 'a> Found<'p, 'a> {
    /// Nothing yet.
    pub(crate) fn new(plan: &'p Plan) -> Self {
        let slots = plan.empty_slots();
        let mut lists = Vec::new();
        if plan.has_lists() {
            lists.resize_with(slots.len(), || None);
        }
        Self { plan, slots, lists, texts: Vec::new(), marks: 0, has_repeated_key: false, is_lossy: false }
    }

    /// Forgets what was found; not the marks, and whether something was lost.
    pub(super) fn clear(&mut self) {
        self.slots.fill(None);
        self.lists.fill_with(|| None);
        self.texts.clear();
    }

    /// Fills a slot.
    pub(super) fn set(&mut self, slot: usize, text: &'a str) {
        self.empty(slot);
        self.slots[slot] = Some(text);
    }

    /// Fills the slot of a path that the record itself does not have.
    pub(super) fn set_path(&mut self, path: &str, text: &'a str) {
        self.set(self.plan.slot_of(path).expect("path is declared"), text);
    }

    fn empty(&mut self, slot: usize) {
        self.slots[slot] = None;
        if let Some(list) = self.lists.get_mut(slot) {
            *list = None;
        }
    }

    fn empty_all(&mut self, nodes: &[Node]) {
        for node in nodes {
            if let Some(slot) = node.slot {
                self.empty(slot);
            }
            self.empty_all(&node.children);
        }
    }
}

/// Puts the JSON text of each place of the plan into its slot. Keys compare without case; of a key that repeats, the
/// last counts.
///
/// # Errors
///
/// If the text is not valid JSON, or no object.
pub(crate) fn extract<'p, 'a>(
    plan: &'p Plan,
    text: &'a str,
    found: &mut Found<'p, 'a>,
) -> serde_json::Result<()> {
    let mut json = Json::new(text);
    let level = if plan.keys_are_marked { Level::MarkedTop } else { Level::Top };
    let is_read = members(&mut json, &plan.nodes, found, level).is_some() && json.is_at_end();
    if is_read { Ok(()) } else { Err(what_is_wrong(text)) }
}

/// The library tells where and why a text is no object.
fn what_is_wrong(text: &str) -> serde_json::Error {
    let read: serde_json::Result<Pairs<'_>> = serde_json::from_str(text);
    read.err().unwrap_or_else(|| serde::de::Error::custom("not JSON"))
}

/// As [`extract`], for the members of an object that was written as text inside a record.
pub(super) fn extract_inner<'p, 'a>(nodes: &'p [Node], text: &'a str, found: &mut Found<'p, 'a>) {
    // It was found to be valid before.
    let _ = below(&mut Json::new(text), nodes, found);
}

/// Takes one element, and the key if the element is a pair.
pub(super) type VisitElement<'v, 'p, 'a> = dyn FnMut(&mut Found<'p, 'a>, Option<&str>) + 'v;

/// Visits each element of a JSON list of objects.
///
/// An object in place of the list is the list's only element, or, where elements are a key and a value, an object of
/// such pairs: then `visit` gets the key and, in the last slot, the value. Elements that are no objects have empty
/// slots.
///
/// # Errors
///
/// If the text is not valid JSON, or neither a list nor an object.
pub(super) fn extract_list<'p, 'a>(
    plan: &'p Plan,
    text: &'a str,
    visit: &mut VisitElement<'_, 'p, 'a>,
) -> serde_json::Result<()> {
    if text.starts_with('{') {
        let mut found = Found::new(plan);
        extract(plan, text, &mut found)?;
        // PowerShell unwraps a list of one. Pairs have no members of an element, or only some by chance.
        let is_element = match plan.columns.as_slice() {
            [_, _] => plan.columns.iter().all(|column| column.is_in(&found.slots)),
            columns => columns.iter().any(|column| column.is_in(&found.slots)),
        };
        if is_element {
            visit(&mut found, None);
            return Ok(());
        }
        if plan.columns.len() != 2 {
            return Ok(());
        }
        let pairs: Pairs<'a> = serde_json::from_str(text)?;
        for (key, value) in pairs.0 {
            let mut found = Found::new(plan);
            if let Some(last) = found.slots.last_mut() {
                *last = Some(value.get());
            }
            visit(&mut found, Some(&key));
        }
        return Ok(());
    }
    let mut json = Json::new(text);
    let is_read = elements(&mut json, plan, visit).is_some() && json.is_at_end();
    if is_read { Ok(()) } else { Err(what_is_wrong(text)) }
}

/// As [`extract_list`], for the list that comes next.
pub(super) fn elements<'p, 'a>(
    json: &mut Json<'a>,
    plan: &'p Plan,
    visit: &mut VisitElement<'_, 'p, 'a>,
) -> Option<()> {
    let mut found = Found::new(plan);
    json.elements(|json| {
        below(json, &plan.nodes, &mut found)?;
        visit(&mut found, None);
        found.clear();
        Some(())
    })
}

/// Paths of the members of a record, down to `depth` levels of objects.
pub(super) fn member_paths(text: &str, depth: usize) -> Vec<String> {
    let mut paths = Vec::new();
    let Ok(members) = serde_json::from_str::<Pairs<'_>>(text) else { return paths };
    for (key, value) in members.0 {
        let below = if depth > 1 && value.get().starts_with('{') {
            member_paths(value.get(), depth - 1)
        } else {
            Vec::new()
        };
        if below.is_empty() {
            paths.push(key);
        } else {
            paths.extend(below.into_iter().map(|path| format!("{key}.{path}")));
        }
    }
    paths
}

/// The members of an object in order.
struct Pairs<'a>(Vec<(String, &'a RawValue)>);

impl<'de> serde::Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Pairs<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Pairs(members))
            }
        }
        json.deserialize_map(InOrder)
    }
}

/// Where an object stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// It is the record.
    Top,
    /// It is the record, and its keys may carry marks of their export.
    MarkedTop,
    /// It is inside of the record.
    Below,
}

/// Reads a value inside of the record: the wanted members of an object, or of one that was written as text. Another
/// value has none of them.
fn below<'p, 'a>(json: &mut Json<'a>, nodes: &'p [Node], found: &mut Found<'p, 'a>) -> Option<()> {
    match json.peek()? {
        b'{' => return members(json, nodes, found, Level::Below),
        b'"' => {
            let text = json_text(json.value()?)?;
            match nested(&text) {
                Nested::Json(json) => found.texts.push((nodes, json)),
                Nested::Remains(json) => {
                    found.is_lossy = true;
                    found.texts.push((nodes, json));
                }
                Nested::Lost => found.is_lossy = true,
                Nested::Text => {}
            }
        }
        _ => drop(json.value()?),
    }
    Some(())
}

/// Reads the wanted members of an object.
fn members<'p, 'a>(
    json: &mut Json<'a>,
    nodes: &'p [Node],
    found: &mut Found<'p, 'a>,
    level: Level,
) -> Option<()> {
    // Members mostly come in the order of the record before: the search begins behind the last one found.
    let mut from = 0;
    let is_marked = level == Level::MarkedTop;
    json.members(|json, key| {
        let index = match wanted(nodes, from, level, found.plan, &json_text(key)?) {
            Key::Wanted(index) => index,
            Key::Telling(mark) => {
                found.marks |= mark;
                return json.value().map(drop);
            }
            Key::Other => return json.value().map(drop),
        };
        from = index + 1;
        let node = &nodes[index];
        found.marks |= node.mark;
        let Some(slot) = node.slot else {
            if is_marked {
                // Of the twins `Status_dynamic` and `Status_string` one is empty.
                let value = json.value()?;
                if !matches!(value, "null" | "\"\"") {
                    found.empty_all(&node.children);
                    extract_inner(&node.children, value, found);
                }
                return Some(());
            }
            // Of a key that repeats the last counts, with nothing of the earlier ones.
            found.empty_all(&node.children);
            return below(json, &node.children, found);
        };
        let (value, list) = match found.plan.elements_of(slot) {
            Some(plan) if json.peek()? == b'[' => {
                let (text, list) = json.text_of(|json| Elements::next(json, plan))?;
                (text, Some(list))
            }
            _ => (json.value()?, None),
        };
        if found.slots[slot].is_some() {
            if is_marked && matches!(value, "null" | "\"\"") {
                return Some(());
            }
            found.has_repeated_key |= !is_marked;
        }
        found.set(slot, value);
        if list.is_some() {
            found.lists[slot] = list;
        }
        if !node.children.is_empty() {
            found.empty_all(&node.children);
            extract_inner(&node.children, value, found);
        }
        Some(())
    })
}

/// A key of an object.
enum Key {
    /// Position of the node that wants its value.
    Wanted(usize),
    /// Nobody wants its value, but that it is there tells something.
    Telling(u128),
    Other,
}

/// Looks for a key among the nodes, from the one `from` on.
fn wanted(nodes: &[Node], from: usize, level: Level, plan: &Plan, key: &str) -> Key {
    let key = if level == Level::MarkedTop { bare_key(key) } else { key };
    if nodes.get(from).is_some_and(|next| next.key == key) {
        return Key::Wanted(from);
    }
    let is_below = level == Level::Below;
    if is_below || plan.filter.may_have(key) {
        let (before, after) = nodes.split_at(from.min(nodes.len()));
        let is_it = |node: &Node| node.key.eq_ignore_ascii_case(key);
        let index = after.iter().position(is_it).map(|index| index + before.len());
        if let Some(index) = index.or_else(|| before.iter().position(is_it)) {
            return Key::Wanted(index);
        }
        if !is_below && let Some(mark) = plan.mark_of(key) {
            return Key::Telling(mark);
        }
    }
    if level == Level::Top
        && let bare = bare_key(key)
        && bare.len() < key.len()
    {
        // A row of Log Analytics is told by its keys without their marks.
        let node = plan.nodes.iter().find(|node| node.key.eq_ignore_ascii_case(bare));
        let mark = node.map(|node| node.mark).or_else(|| plan.mark_of(bare));
        return mark.map_or(Key::Other, Key::Telling);
    }
    Key::Other
}
