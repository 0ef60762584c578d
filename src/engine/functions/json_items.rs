//! `json_items(text)`.

use super::json_tree::Node;
use super::list::Element;

/// The elements of a JSON list, each as text: a string's content, JSON for objects and lists, NULL for `null`. Any
/// other text is its only element; no text has none.
pub(super) fn evaluate(arguments: &[Option<&str>]) -> Vec<Element> {
    match Node::read(arguments[0]) {
        Node::Null => Vec::new(),
        Node::List(elements) => elements.iter().map(|element| vec![item(element)]).collect(),
        other => vec![vec![item(&other)]],
    }
}

fn item(node: &Node) -> Option<String> {
    (*node != Node::Null).then(|| node.text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_of_lists_and_of_what_is_none() {
        let items = |text| {
            let elements = evaluate(&[text]).into_iter();
            elements.map(|element| element[0].clone().unwrap_or("NULL".to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(items(Some(r#"["a", 1, {"b": 2}, null]"#)), ["a", "1", r#"{"b":2}"#, "NULL"]);
        assert_eq!(items(Some(r#""[\"a\",\"b\"]""#)), ["a", "b"]);
        assert_eq!(items(Some("a, b")), ["a, b"]);
        assert_eq!(items(Some(r#"{"b":2}"#)), [r#"{"b":2}"#]);
        for nothing in [None, Some(""), Some("[]"), Some("null")] {
            assert!(items(nothing).is_empty());
        }
    }
}
