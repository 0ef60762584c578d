//! `json_diff(old, new)`: what was added, removed and changed between two JSON texts.
//!
//! ```text
//! {"users":{"exclude":["a"]},"state":"on"}  ─▶  $.state            change  on  off
//! {"users":{"exclude":["b"]},"state":"off"}     $.users.exclude[]  remove  a
//!                                               $.users.exclude[]  add         b
//! ```

use std::collections::{BTreeMap, BTreeSet};

use super::json_tree::Node;
use super::list::Element;

/// Fields of a change.
pub(super) const FIELDS: &[&str] = &["path", "op", "old", "new"];

/// Members that tell what an object is, and so never change: an object with another one is another object.
const IDS: [&str; 5] = ["id", "keyId", "keyIdentifier", "resourceAppId", "entitlementId"];
/// Members that tell the objects of one list apart where none of those do.
const NAMES: [&str; 4] = ["key", "name", "address", "tenantId"];
/// Changes that are told apart; texts that differ in more places are one change. Settings have a few hundred.
const CHANGES_MAX: usize = 10_000;
/// Longest path, in bytes; a longer one is cut. With the number of changes it bounds what a hostile text can cost.
const PATH_BYTES_MAX: usize = 1_024;

/// Changes in the order of their paths. Absent, `null`, and lists and objects without anything in them are the same.
pub(super) fn evaluate(arguments: &[Option<&str>]) -> Vec<Element> {
    let (old, new) = (Node::read(arguments[0]), Node::read(arguments[1]));
    let mut changes = Changes { found: Vec::new(), path: "$".to_owned() };
    match (&old, &new) {
        (Node::Object(_), Node::Object(_)) if are_others(&old, &new) => {
            changes.lists(std::slice::from_ref(&old), std::slice::from_ref(&new));
        }
        _ => changes.values(&old, &new),
    }
    if changes.found.len() > CHANGES_MAX {
        return vec![vec![
            Some("$".to_owned()),
            Some("change".to_owned()),
            Some(old.text()),
            Some(new.text()),
        ]];
    }
    changes.found
}

struct Changes {
    found: Vec<Element>,
    path: String,
}

impl Changes {
    fn values(&mut self, old: &Node, new: &Node) {
        if self.found.len() > CHANGES_MAX {
            return;
        }
        match (something(old), something(new)) {
            (Node::List(old), Node::List(new)) => self.lists(old, new),
            // A list of one is written without its brackets now and then.
            (Node::List(old), Node::Null) => self.lists(old, &[]),
            (Node::List(old), new) => self.lists(old, std::slice::from_ref(new)),
            (Node::Null, Node::List(new)) => self.lists(&[], new),
            (old, Node::List(new)) => self.lists(std::slice::from_ref(old), new),
            (Node::Object(old), Node::Object(new)) => self.members(old, new),
            (Node::Object(old), Node::Null) => self.members(old, &BTreeMap::new()),
            (Node::Null, Node::Object(new)) => self.members(&BTreeMap::new(), new),
            (Node::Scalar { text: old, .. }, Node::Scalar { text: new, .. }) if old == new => {}
            (Node::Null, Node::Null) => {}
            (old, new) => self.found(old, new),
        }
    }

    fn members(&mut self, old: &BTreeMap<String, Node>, new: &BTreeMap<String, Node>) {
        let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for name in names {
            let (old, new) = (old.get(name).unwrap_or(&Node::Null), new.get(name).unwrap_or(&Node::Null));
            self.below(&step(name), |changes| changes.values(old, new));
        }
    }

    fn lists(&mut self, old: &[Node], new: &[Node]) {
        let all: Vec<&Node> = old.iter().chain(new).filter(|node| !is_nothing(node)).collect();
        if !all.iter().all(|node| matches!(node, Node::Object(_))) {
            return self.sets(old, new);
        }
        match identifier(old, new) {
            Some(name) => self.keyed(old, new, name),
            None => self.positions(old, new),
        }
    }

    /// Elements that are no objects: which are in one list only.
    fn sets(&mut self, old: &[Node], new: &[Node]) {
        let (old, new) = (by(Node::text, old), by(Node::text, new));
        self.below("[]", |changes| {
            for (_, node) in old.iter().filter(|(text, _)| !new.contains_key(*text)) {
                changes.found(node, &Node::Null);
            }
            for (_, node) in new.iter().filter(|(text, _)| !old.contains_key(*text)) {
                changes.found(&Node::Null, node);
            }
        });
    }

    /// Objects with the same value of the member `name` are the same object.
    fn keyed(&mut self, old: &[Node], new: &[Node], name: &str) {
        let spelled = new.iter().chain(old).find_map(|node| Some(node.member(name)?.0)).unwrap_or(name);
        let id = |node: &Node| node.member(name).map(|(_, id)| id.to_owned()).unwrap_or_default();
        let (old, new) = (by(id, old), by(id, new));
        for id in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
            self.below(&format!("[{spelled}={id}]"), |changes| match (old.get(id), new.get(id)) {
                (Some(old), Some(new)) => changes.values(old, new),
                (old, new) => changes.found(old.unwrap_or(&&Node::Null), new.unwrap_or(&&Node::Null)),
            });
        }
    }

    /// Objects that nothing tells apart: those that are in both lists are the same, the rest is paired in order.
    fn positions(&mut self, old: &[Node], new: &[Node]) {
        let mut unpaired: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, node) in old.iter().enumerate().rev().filter(|(_, node)| !is_nothing(node)) {
            unpaired.entry(node.text()).or_default().push(index);
        }
        let mut news = Vec::new();
        for (index, node) in new.iter().enumerate().filter(|(_, node)| !is_nothing(node)) {
            if unpaired.get_mut(&node.text()).and_then(Vec::pop).is_none() {
                news.push(index);
            }
        }
        let mut olds: Vec<usize> = unpaired.into_values().flatten().collect();
        olds.sort_unstable();
        for place in 0..olds.len().max(news.len()) {
            let (from, to) = (olds.get(place).copied(), news.get(place).copied());
            let index = to.or(from).unwrap_or_default();
            self.below(&format!("[{index}]"), |changes| match (from, to) {
                (Some(from), Some(to)) => changes.values(&old[from], &new[to]),
                (Some(from), None) => changes.found(&old[from], &Node::Null),
                (None, to) => changes.found(&Node::Null, to.map_or(&Node::Null, |to| &new[to])),
            });
        }
    }

    fn below(&mut self, step: &str, look: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        let room = PATH_BYTES_MAX.saturating_sub(length);
        if step.len() <= room {
            self.path.push_str(step);
        } else if !self.path.ends_with('…') {
            self.path.push_str(&step[..step.floor_char_boundary(room)]);
            self.path.push('…');
        }
        look(self);
        self.path.truncate(length);
    }

    fn found(&mut self, old: &Node, new: &Node) {
        let text = |node: &Node| (*node != Node::Null).then(|| node.text());
        let op = match (old, new) {
            (Node::Null, _) => "add",
            (_, Node::Null) => "remove",
            _ => "change",
        };
        self.found.push(vec![Some(self.path.clone()), Some(op.to_owned()), text(old), text(new)]);
    }
}

/// Whether there is nothing in a value.
fn is_nothing(node: &Node) -> bool {
    match node {
        Node::Null => true,
        Node::Scalar { .. } => false,
        Node::List(elements) => elements.is_empty(),
        Node::Object(members) => members.is_empty(),
    }
}

fn something(node: &Node) -> &Node {
    if is_nothing(node) { &Node::Null } else { node }
}

/// The values by what tells them apart.
fn by(what: impl Fn(&Node) -> String, nodes: &[Node]) -> BTreeMap<String, &Node> {
    nodes.iter().filter(|node| !is_nothing(node)).map(|node| (what(node), node)).collect()
}

/// A member's step of a path, as `json_value` reads it.
fn step(name: &str) -> String {
    let is_plain = !name.is_empty() && !name.contains(['.', '[', ']', '\'', '"']);
    match name {
        name if is_plain => format!(".{name}"),
        name if name.contains('\'') => format!("[\"{name}\"]"),
        name => format!("['{name}']"),
    }
}

/// Whether two objects have ids that differ.
fn are_others(old: &Node, new: &Node) -> bool {
    let both = IDS.iter().find_map(|name| old.member(name).zip(new.member(name)));
    both.is_some_and(|((_, old), (_, new))| old != new)
}

/// The member that tells the objects of both lists apart: all have it, and no two of a list have the same.
fn identifier(old: &[Node], new: &[Node]) -> Option<&'static str> {
    let tells = |nodes: &[Node], name: &str| {
        let mut seen = BTreeSet::new();
        nodes
            .iter()
            .filter(|node| !is_nothing(node))
            .all(|node| node.member(name).is_some_and(|(_, id)| !id.is_empty() && seen.insert(id.to_owned())))
    };
    IDS.into_iter().chain(NAMES).find(|name| tells(old, name) && tells(new, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The changes, a line each.
    fn diff(old: &str, new: &str) -> Vec<String> {
        let line = |change: Element| {
            let mut texts = change.into_iter().map(|text| text.unwrap_or("-".to_owned()));
            texts.by_ref().collect::<Vec<_>>().join(" ")
        };
        evaluate(&[Some(old), Some(new)]).into_iter().map(line).collect()
    }

    #[test]
    fn members_of_objects() {
        let old = r#"{"state":"enabled","conditions":{"users":{"excludeUsers":["a","b"]}},"n":null,"x.y":1}"#;
        let new = r#"{"conditions":{"users":{"excludeUsers":["c","b"],"includeRoles":[]}},"state":"disabled","m":{"k":2}}"#;
        assert_eq!(
            diff(old, new),
            [
                "$.conditions.users.excludeUsers[] remove a -",
                "$.conditions.users.excludeUsers[] add - c",
                "$.m.k add - 2",
                "$.state change enabled disabled",
                "$['x.y'] remove 1 -",
            ]
        );
        assert!(diff(old, old).is_empty());
        assert!(diff(old, &serde_json::to_string(old).unwrap()).is_empty(), "encoded twice it is the same");
    }

    #[test]
    fn what_is_not_there() {
        let policy = r#"{"users":{"exclude":["a"]},"state":"on"}"#;
        assert_eq!(diff("", policy), ["$.state add - on", "$.users.exclude[] add - a"]);
        assert_eq!(evaluate(&[None, Some(policy)]), evaluate(&[Some("null"), Some(policy)]));
        assert_eq!(diff(policy, "[]"), ["$.state remove on -", "$.users.exclude[] remove a -"]);
        for (old, new) in [("", "null"), ("[]", "{}"), (r#"{"a":null,"b":[],"c":{}}"#, "{}"), ("x", "\"x\"")]
        {
            assert!(diff(old, new).is_empty(), "{old} {new}");
        }
        assert!(evaluate(&[None, None]).is_empty());
    }

    #[test]
    fn texts_that_are_no_json() {
        assert_eq!(diff("before", "after"), ["$ change before after"]);
        assert_eq!(diff("", "after"), ["$ add - after"]);
        assert_eq!(diff("{\"a\":1", "{\"a\":1}"), ["$ change {\"a\":1 {\"a\":1}"]);
        assert_eq!(diff("a", r#"["a","b"]"#), ["$[] add - b"], "a list of one without its brackets");
    }

    #[test]
    fn lists_of_objects() {
        let old = r#"[{"Id":"1","a":1},{"Id":"2","a":2}]"#;
        let new = r#"[{"Id":"3","a":3},{"Id":"2","a":5}]"#;
        assert_eq!(
            diff(old, new),
            [
                r#"$[Id=1] remove {"Id":"1","a":1} -"#,
                "$[Id=2].a change 2 5",
                r#"$[Id=3] add - {"Id":"3","a":3}"#
            ]
        );
        assert_eq!(
            diff(r#"{"Id":"2","a":2}"#, new),
            ["$[Id=2].a change 2 5", r#"$[Id=3] add - {"Id":"3","a":3}"#]
        );
        assert_eq!(
            diff(r#"{"Id":"1"}"#, r#"{"Id":"2"}"#),
            [r#"$[Id=1] remove {"Id":"1"} -"#, r#"$[Id=2] add - {"Id":"2"}"#]
        );
        let access = |given: &str| {
            format!(
                r#"[{{"ResourceAppId":"r","RequiredAppPermissions":[{{"EntitlementId":"e","Given":[{given}]}}]}}]"#
            )
        };
        assert_eq!(
            diff(&access("20"), &access("20,21")),
            ["$[ResourceAppId=r].RequiredAppPermissions[EntitlementId=e].Given[] add - 21"]
        );
    }

    #[test]
    fn lists_of_objects_that_nothing_tells_apart() {
        assert_eq!(
            diff(r#"[{"a":1},{"a":2},{"a":3}]"#, r#"[{"a":3},{"a":1},{"a":4},{"a":5}]"#),
            ["$[2].a change 2 4", r#"$[3] add - {"a":5}"#]
        );
        assert_eq!(diff(r#"[{"id":1},{"id":1}]"#, r#"[{"id":1}]"#), [r#"$[1] remove {"id":1} -"#]);
        assert_eq!(diff(r#"[1,{"a":1}]"#, r#"[{"a":1},"2"]"#), ["$[] remove 1 -", "$[] add - 2"]);
    }

    #[test]
    fn hostile_texts_stay_bounded() {
        let deep = "{\"a\":".repeat(50_000) + "1" + &"}".repeat(50_000);
        assert_eq!(diff(&deep, &deep.replace('1', "2")).len(), 1);
        let many: Vec<u32> = (0..20_000).collect();
        let many = serde_json::to_string(&many).unwrap();
        assert_eq!(evaluate(&[None, Some(&many)]).len(), 1);
        let long = format!(r#"{{"{}":{{"é":1,"b":[1,2]}}}}"#, "é".repeat(5_000));
        for change in evaluate(&[None, Some(&long)]) {
            assert!(change[0].as_ref().unwrap().len() <= PATH_BYTES_MAX + '…'.len_utf8());
        }
    }
}
