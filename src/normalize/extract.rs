//! Walks a record's JSON text once and notes where the wanted members stand, as slices of the text.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::plan::{Node, Plan};

/// Puts the JSON text of each place of the plan into its slot. Keys compare without case; of a key that repeats, the
/// last counts.
///
/// # Errors
///
/// If the text is not valid JSON, or no object.
pub(crate) fn extract<'a>(
    plan: &Plan,
    text: &'a str,
    slots: &mut [Option<&'a str>],
) -> serde_json::Result<()> {
    let mut json = serde_json::Deserializer::from_str(text);
    json.deserialize_map(Members { nodes: &plan.nodes, slots, top: true })?;
    json.end()
}

/// Takes the slots of one element, and the key if the element is a pair.
pub(super) type VisitElement<'v, 'a> = dyn FnMut(&[Option<&'a str>], Option<&str>) + 'v;

/// Visits each element of a JSON list of objects: the element's slots, filled.
///
/// An object in place of the list is the list's only element, or, where elements are a key and a value, an object of
/// such pairs: then `visit` gets the key and, in the last slot, the value. Elements that are no objects have empty
/// slots.
///
/// # Errors
///
/// If the text is not valid JSON.
pub(super) fn extract_list<'a>(
    plan: &Plan,
    text: &'a str,
    visit: &mut VisitElement<'_, 'a>,
) -> serde_json::Result<()> {
    if text.starts_with('{') {
        let mut slots = plan.empty_slots();
        extract(plan, text, &mut slots)?;
        // PowerShell unwraps a list of one. Pairs have no members of an element, or only some by chance.
        let is_element = match plan.columns.as_slice() {
            [_, _] => plan.columns.iter().all(|column| column.is_in(&slots)),
            columns => columns.iter().any(|column| column.is_in(&slots)),
        };
        if is_element {
            visit(&slots, None);
            return Ok(());
        }
        if plan.columns.len() != 2 {
            return Ok(());
        }
        let pairs: Pairs<'a> = serde_json::from_str(text)?;
        for (key, value) in pairs.0 {
            let mut slots = plan.empty_slots();
            if let Some(last) = slots.last_mut() {
                *last = Some(value.get());
            }
            visit(&slots, Some(&key));
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

/// The wanted members of an object.
struct Members<'p, 's, 'a> {
    nodes: &'p [Node],
    slots: &'s mut [Option<&'a str>],
    top: bool,
}

impl<'a> Visitor<'a> for Members<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        // Members mostly come in the order of the record before: the search begins behind the last one found.
        let mut from = 0;
        while let Some(found) = map.next_key_seed(Wanted { nodes: self.nodes, from })? {
            let Some(index) = found else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            from = index + 1;
            let node = &self.nodes[index];
            match node.slot {
                Some(slot) => self.slots[slot] = Some(map.next_value::<&'a RawValue>()?.get()),
                None => {
                    // Of a key that repeats the last counts, with nothing of the earlier ones.
                    clear(&node.children, self.slots);
                    map.next_value_seed(Members { nodes: &node.children, slots: self.slots, top: false })?
                }
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

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<(), E> {
        self.nothing()
    }
}

fn clear(nodes: &[Node], slots: &mut [Option<&str>]) {
    for node in nodes {
        if let Some(slot) = node.slot {
            slots[slot] = None;
        }
        clear(&node.children, slots);
    }
}

impl Members<'_, '_, '_> {
    /// A value that is no object has none of the wanted members.
    fn nothing<E: serde::de::Error>(self) -> Result<(), E> {
        if self.top { Err(E::custom("not an object")) } else { Ok(()) }
    }
}

impl<'a> DeserializeSeed<'a> for Members<'_, '_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

/// A key, as the position of the node that wants it.
struct Wanted<'p> {
    nodes: &'p [Node],
    from: usize,
}

impl<'a> DeserializeSeed<'a> for Wanted<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'a>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Wanted<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Self::Value, E> {
        let from = self.from.min(self.nodes.len());
        let (before, after) = self.nodes.split_at(from);
        let is_it = |node: &Node| node.key.eq_ignore_ascii_case(key);
        Ok(after.iter().position(is_it).map(|index| index + from).or_else(|| before.iter().position(is_it)))
    }
}

/// The elements of a list.
struct Elements<'p, 'v, 'a> {
    plan: &'p Plan,
    visit: &'v mut VisitElement<'v, 'a>,
}

impl<'a> Visitor<'a> for Elements<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut slots = self.plan.empty_slots();
        while seq
            .next_element_seed(Members { nodes: &self.plan.nodes, slots: &mut slots, top: false })?
            .is_some()
        {
            (self.visit)(&slots, None);
            slots.fill(None);
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
