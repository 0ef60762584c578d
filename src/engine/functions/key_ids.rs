//! `key_ids(text)`: the keys, secrets and federated credentials of an application, as the audit log writes them.
//!
//! ```text
//! ["[KeyIdentifier=<id>,KeyType=Password,KeyUsage=Verify,DisplayName=any text, with = and commas]", …]
//! [{"Id":"<id>","Name":"github","Issuer":"https://…","Subject":"repo:…"}]
//! ```

use super::json_tree::Node;
use super::list::Element;

/// Facts that a packed key has, in the order in which they are written. The display name is the last but for dates:
/// whoever names a key cannot make up its other facts.
const FACTS: [&str; 4] = ["KeyIdentifier", "KeyType", "KeyUsage", "DisplayName"];
const DATES: [&str; 4] = ["StartDateTime", "EndDateTime", "StartDate", "EndDate"];
/// Names of the member that tells an object from the others, best first. A federated credential has a name of its own.
const IDS: [&str; 4] = ["KeyIdentifier", "KeyId", "Id", "Name"];

/// The ids, each once, in their order.
pub(super) fn evaluate(arguments: &[Option<&str>]) -> Vec<Element> {
    let mut ids: Vec<Element> = Vec::new();
    for key in keys(arguments[0]) {
        let id = key.id().map(|id| vec![Some(id.to_owned())]);
        ids.extend(id.filter(|id| !ids.contains(id)));
    }
    ids
}

/// One key: its facts by name.
pub(super) struct Key(Vec<(String, String)>);

impl Key {
    /// What it is known by.
    pub(super) fn id(&self) -> Option<&str> {
        IDS.iter().find_map(|name| self.get(|fact| fact.eq_ignore_ascii_case(name)))
    }

    /// A fact by name. Names compare without case, and are the same with and without `Key` before and `Time` behind
    /// them, in which the sources differ.
    pub(super) fn fact(&self, name: &str) -> Option<&str> {
        self.get(|fact| fact.eq_ignore_ascii_case(name)).or_else(|| self.get(|fact| bare(fact) == bare(name)))
    }

    fn get(&self, is_wanted: impl Fn(&str) -> bool) -> Option<&str> {
        self.0.iter().find(|(fact, _)| is_wanted(fact)).map(|(_, value)| value.as_str())
    }
}

fn bare(name: &str) -> String {
    let name = name.trim().to_ascii_lowercase();
    let name = name.strip_prefix("key").unwrap_or(&name);
    name.strip_suffix("time").unwrap_or(name).to_owned()
}

/// The keys of a text, in their order.
pub(super) fn keys(text: Option<&str>) -> Vec<Key> {
    let node = Node::read(text);
    let elements = match &node {
        Node::List(elements) => elements.as_slice(),
        other => std::slice::from_ref(other),
    };
    elements.iter().filter_map(key).collect()
}

fn key(node: &Node) -> Option<Key> {
    match node {
        Node::Scalar { text, .. } => packed(text),
        Node::Object(members) => {
            let of = |(name, value): (&String, &Node)| match value {
                Node::Null => None,
                value => Some((name.clone(), value.text())),
            };
            Some(Key(members.iter().filter_map(of).collect()))
        }
        Node::Null | Node::List(_) => None,
    }
}

/// `[KeyIdentifier=…,KeyType=…,KeyUsage=…,DisplayName=…]`.
fn packed(text: &str) -> Option<Key> {
    let text = text.trim();
    let text = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let mut facts: Vec<(String, String)> = Vec::new();
    for part in text.split(',') {
        let is_named = facts.iter().any(|(name, _)| name == "DisplayName");
        let known = if is_named { &DATES } else { &FACTS };
        let begun = part.split_once('=').and_then(|(name, value)| {
            let name = known.iter().chain(&DATES).find(|known| known.eq_ignore_ascii_case(name.trim()))?;
            let is_new = facts.iter().all(|(earlier, _)| earlier != name);
            is_new.then(|| ((*name).to_owned(), value.trim().to_owned()))
        });
        match (begun, facts.last_mut()) {
            (Some(fact), _) => facts.push(fact),
            (None, Some((_, value))) => {
                value.push(',');
                value.push_str(part);
            }
            (None, None) => return None,
        }
    }
    Some(Key(facts))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> Vec<String> {
        evaluate(&[Some(text)]).into_iter().filter_map(|mut element| element.remove(0)).collect()
    }

    #[test]
    fn ids_in_every_wrapping() {
        let one = "[KeyIdentifier=k1,KeyType=Password,KeyUsage=Verify,DisplayName=a]";
        assert_eq!(ids(one), ["k1"]);
        assert_eq!(ids(r#"["[KeyIdentifier=k1,KeyType=Password]","[KeyIdentifier=k2]"]"#), ["k1", "k2"]);
        assert_eq!(ids(r#""[\"[KeyIdentifier=k1]\"]""#), ["k1"]);
        assert_eq!(ids(r#"[{"keyId":"k1","id":"x"},{"Id":"k2"},{"Id":"k2"}]"#), ["k1", "k2"]);
        assert_eq!(ids(r#"{"Id":null,"Name":"github","Issuer":"https://idp.example"}"#), ["github"]);
        for nothing in ["", "[]", "null", "nothing of the kind", "[1, [2]]", "{}"] {
            assert!(ids(nothing).is_empty(), "{nothing}");
        }
        assert!(evaluate(&[None]).is_empty());
    }

    #[test]
    fn a_name_makes_up_no_facts() {
        let text = "[KeyIdentifier=k1,KeyType=Password,DisplayName=x,KeyIdentifier=k9,KeyUsage=Sign,EndDate=2026-01-01]";
        let key = &keys(Some(text))[0];
        assert_eq!((key.id(), key.fact("KeyUsage")), (Some("k1"), None));
        assert_eq!(key.fact("displayname"), Some("x,KeyIdentifier=k9,KeyUsage=Sign"));
        assert_eq!(key.fact("EndDateTime"), Some("2026-01-01"));
    }
}
