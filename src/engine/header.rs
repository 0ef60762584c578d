//! The header of a query or a view: lines `-- key: value` before the SQL.
//!
//! ```text
//! -- name: Tokens per policy
//! -- about: A value that is longer than a line goes on in the next one,
//! --     which is indented.
//! -- What has no key, like this, is a remark.
//! ```

/// Blanks after `--` that make a line go on with the value before it.
const INDENT: &str = "   ";

/// A line of a header, with the lines that go on with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeaderField {
    /// What stands before the colon.
    pub(crate) key: String,
    /// What stands behind it.
    pub(crate) value: String,
    /// Line of the text that it begins on, 1 the first.
    pub(crate) line: usize,
}

/// The value of the first line with this key.
pub(crate) fn header_field(text: &str, key: &str) -> Option<String> {
    header_fields(text).into_iter().find(|field| field.key == key).map(|field| field.value)
}

/// Every line with a key, in order.
pub(crate) fn header_fields(text: &str) -> Vec<HeaderField> {
    let mut fields: Vec<HeaderField> = Vec::new();
    let lines = text.lines().map_while(|line| line.trim_end().strip_prefix("--"));
    for (index, line) in lines.enumerate() {
        match (line.trim().split_once(':'), fields.last_mut()) {
            (_, Some(field)) if line.starts_with(INDENT) => {
                field.value.push(' ');
                field.value.push_str(line.trim());
            }
            (Some((key, value)), _) if value.is_empty() || value.starts_with(' ') => {
                let (key, value) = (key.trim().to_owned(), value.trim().to_owned());
                fields.push(HeaderField { key, value, line: index + 1 });
            }
            _ => {}
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_remarks_and_values_of_several_lines() {
        let text = "-- name: A: b\r\n-- https://learn.example/x\n-- about: one,\n--    two\n--\n-- empty:\n\n-- late: x\nSELECT 1";
        let fields: Vec<_> =
            header_fields(text).into_iter().map(|field| (field.key, field.value, field.line)).collect();
        let expected = [("name", "A: b", 1), ("about", "one, two", 3), ("empty", "", 6)];
        assert_eq!(fields, expected.map(|(key, value, line)| (key.to_owned(), value.to_owned(), line)));
        assert_eq!(header_field(text, "about").as_deref(), Some("one, two"));
        assert_eq!(header_field(text, "late"), None);
    }
}
