//! Walks a record's JSON text once and notes where the wanted members stand, as slices of the text.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::nested::{Nested, nested};
use super::plan::{Node, Plan};
use crate::format::bare_key;

/// What was found in a record.
#[derive(Debug)]
pub(crate) struct Found<'p, 'a> {
    /// JSON text by slot.
    pub(super) slots: Vec<Option<&'a str>>,
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
        Self {
            slots: plan.empty_slots(),
            texts: Vec::new(),
            marks: 0,
            has_repeated_key: false,
            is_lossy: false,
        }
    }

    fn clear(&mut self) {
        self.slots.fill(None);
        self.texts.clear();
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
    let mut json = serde_json::Deserializer::from_str(text);
    let level = if plan.keys_are_marked { Level::MarkedTop } else { Level::Top };
    json.deserialize_map(Members { nodes: &plan.nodes, found, level, plan: Some(plan) })?;
    json.end()
}

/// As [`extract`], for the members of an object that was written as text inside a record.
pub(super) fn extract_inner<'p, 'a>(nodes: &'p [Node], text: &'a str, found: &mut Found<'p, 'a>) {
    let mut json = serde_json::Deserializer::from_str(text);
    // It was found to be valid before.
    let _ = json.deserialize_any(Members { nodes, found, level: Level::Below, plan: None });
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
/// If the text is not valid JSON.
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
    let mut json = serde_json::Deserializer::from_str(text);
    json.deserialize_any(Elements { plan, visit })?;
    json.end()
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

/// The wanted members of an object.
struct Members<'f, 'p, 'a> {
    nodes: &'p [Node],
    found: &'f mut Found<'p, 'a>,
    level: Level,
    /// Of the members at the top.
    plan: Option<&'p Plan>,
}

impl<'p, 'a> Visitor<'a> for Members<'_, 'p, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        // Members mostly come in the order of the record before: the search begins behind the last one found.
        let mut from = 0;
        let is_marked = self.level == Level::MarkedTop;
        while let Some(wanted) =
            map.next_key_seed(Wanted { nodes: self.nodes, from, level: self.level, plan: self.plan })?
        {
            let index = match wanted {
                Key::Wanted(index) => index,
                Key::Telling(mark) => {
                    self.found.marks |= mark;
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            from = index + 1;
            let node = &self.nodes[index];
            self.found.marks |= node.mark;
            let Some(slot) = node.slot else {
                if is_marked {
                    // Of the twins `Status_dynamic` and `Status_string` one is empty.
                    let value = map.next_value::<&'a RawValue>()?.get();
                    if !matches!(value, "null" | "\"\"") {
                        clear(&node.children, self.found);
                        extract_inner(&node.children, value, self.found);
                    }
                    continue;
                }
                // Of a key that repeats the last counts, with nothing of the earlier ones.
                clear(&node.children, self.found);
                map.next_value_seed(Members {
                    nodes: &node.children,
                    found: self.found,
                    level: Level::Below,
                    plan: None,
                })?;
                continue;
            };
            let value = map.next_value::<&'a RawValue>()?.get();
            if self.found.slots[slot].is_some() {
                if is_marked && matches!(value, "null" | "\"\"") {
                    continue;
                }
                self.found.has_repeated_key |= !is_marked;
            }
            self.found.slots[slot] = Some(value);
            if !node.children.is_empty() {
                clear(&node.children, self.found);
                extract_inner(&node.children, value, self.found);
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.nothing()
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        self.nothing()
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        self.nothing()
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        self.nothing()
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        self.nothing()
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        if self.level == Level::Below {
            match nested(text) {
                Nested::Json(json) => self.found.texts.push((self.nodes, json)),
                Nested::Remains(json) => {
                    self.found.is_lossy = true;
                    self.found.texts.push((self.nodes, json));
                }
                Nested::Lost => self.found.is_lossy = true,
                Nested::Text => {}
            }
        }
        self.nothing()
    }
}

fn clear(nodes: &[Node], found: &mut Found<'_, '_>) {
    for node in nodes {
        if let Some(slot) = node.slot {
            found.slots[slot] = None;
        }
        clear(&node.children, found);
    }
}

impl Members<'_, '_, '_> {
    /// A value that is no object has none of the wanted members.
    fn nothing<E: serde::de::Error>(self) -> Result<(), E> {
        if self.level == Level::Below { Ok(()) } else { Err(E::custom("not an object")) }
    }
}

impl<'a> DeserializeSeed<'a> for Members<'_, '_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
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
struct Wanted<'p> {
    nodes: &'p [Node],
    from: usize,
    level: Level,
    plan: Option<&'p Plan>,
}

impl<'a> DeserializeSeed<'a> for Wanted<'_> {
    type Value = Key;

    fn deserialize<D: Deserializer<'a>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Wanted<'_> {
    type Value = Key;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Self::Value, E> {
        let key = if self.level == Level::MarkedTop { bare_key(key) } else { key };
        if self.nodes.get(self.from).is_some_and(|next| next.key == key) {
            return Ok(Key::Wanted(self.from));
        }
        if self.plan.is_none_or(|plan| plan.filter.may_have(key)) {
            let from = self.from.min(self.nodes.len());
            let (before, after) = self.nodes.split_at(from);
            let is_it = |node: &Node| node.key.eq_ignore_ascii_case(key);
            let index = after.iter().position(is_it).map(|index| index + from);
            if let Some(index) = index.or_else(|| before.iter().position(is_it)) {
                return Ok(Key::Wanted(index));
            }
            if let Some(mark) = self.plan.and_then(|plan| plan.mark_of(key)) {
                return Ok(Key::Telling(mark));
            }
        }
        if self.level == Level::Top
            && let Some(plan) = self.plan
            && let bare = bare_key(key)
            && bare.len() < key.len()
        {
            // A row of Log Analytics is told by its keys without their marks.
            let node = plan.nodes.iter().find(|node| node.key.eq_ignore_ascii_case(bare));
            let mark = node.map(|node| node.mark).or_else(|| plan.mark_of(bare));
            return Ok(mark.map_or(Key::Other, Key::Telling));
        }
        Ok(Key::Other)
    }
}

/// The elements of a list.
struct Elements<'p, 'v, 'a> {
    plan: &'p Plan,
    visit: &'v mut VisitElement<'v, 'p, 'a>,
}

impl<'a> Visitor<'a> for Elements<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut found = Found::new(self.plan);
        while seq
            .next_element_seed(Members {
                nodes: &self.plan.nodes,
                found: &mut found,
                level: Level::Below,
                plan: None,
            })?
            .is_some()
        {
            (self.visit)(&mut found, None);
            found.clear();
        }
        Ok(())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<(), E> {
        Err(E::custom("text in place of a list"))
    }
}
