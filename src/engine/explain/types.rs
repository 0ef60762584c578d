//! The engine's types in SQL words, and its way to write values in ours.

/// Where the name of a type stands in a text, the word for it stands in what is given back: `Utf8View` is `text`,
/// `Timestamp(µs, "UTC")` is `timestamp`, `Int64(1)` is `1`.
pub(super) fn in_words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let name_len = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        if name_len == 0 {
            out.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let (name, after) = rest.split_at(name_len);
        // An underscore would make it part of a longer name.
        let is_apart = !out.ends_with(['_', '.']) && !after.starts_with('_');
        let bare = name.strip_suffix("Array").unwrap_or(name);
        match word(bare).filter(|_| is_apart) {
            Some(word) => {
                let (arguments, after) = arguments(after);
                out.push_str(&value(arguments).unwrap_or_else(|| word.to_owned()));
                rest = after;
            }
            None => {
                out.push_str(name);
                rest = after;
            }
        }
    }
    out
}

/// The word for a type of the engine, if that is one.
fn word(name: &str) -> Option<&'static str> {
    Some(match name {
        "Utf8" | "LargeUtf8" | "Utf8View" | "String" => "text",
        "Int8" | "Int16" | "Int32" | "Int64" | "UInt8" | "UInt16" | "UInt32" | "UInt64" | "Integer" => {
            "number"
        }
        "Float16" | "Float32" | "Float64" | "Float" | "Numeric" => "number",
        "Decimal" | "Decimal32" | "Decimal64" | "Decimal128" | "Decimal256" => "number",
        "Boolean" => "boolean",
        "Timestamp" => "timestamp",
        "Date32" | "Date64" | "Date" => "date",
        "Time32" | "Time64" => "time",
        "Interval" | "Duration" | "IntervalMonthDayNano" | "IntervalDayTime" | "IntervalYearMonth" => {
            "interval"
        }
        "List" | "LargeList" | "FixedSizeList" | "ListView" | "LargeListView" => "list",
        "Struct" => "struct",
        "Map" => "map",
        "Dictionary" => "text",
        "Binary" | "LargeBinary" | "BinaryView" | "FixedSizeBinary" => "bytes",
        "Null" => "NULL",
        _ => return None,
    })
}

/// What stands in the brackets that the text begins with, and what follows them.
fn arguments(text: &str) -> (Option<&str>, &str) {
    if !text.starts_with('(') {
        return (None, text);
    }
    let mut depth = 0_usize;
    let mut is_quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => is_quoted = !is_quoted,
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (Some(&text[1..at]), &text[at + 1..]);
        }
    }
    (None, "")
}

/// The value that the engine writes as `Utf8("x")` or `Int64(1)`.
fn value(arguments: Option<&str>) -> Option<String> {
    let arguments = arguments?;
    if let Some(text) = arguments.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        return (!text.contains('"')).then(|| format!("'{text}'"));
    }
    let is_value = arguments.parse::<f64>().is_ok() || matches!(arguments, "true" | "false" | "NULL");
    is_value.then(|| arguments.to_owned())
}

/// `a number`, `an interval`.
pub(super) fn with_article(word: &str) -> String {
    match word {
        "text" | "bytes" | "NULL" => word.to_owned(),
        word if word.starts_with(['a', 'e', 'i', 'o', 'u']) => format!("an {word}"),
        word => format!("a {word}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_become_words() {
        let cases = [
            (r#"Timestamp(µs, "UTC") > Int64"#, "timestamp > number"),
            (
                r#"List(non-null Struct("id": Utf8, "l": List(Utf8)), field: 'element') and Utf8"#,
                "list and text",
            ),
            ("got Dictionary(Int32, Utf8View)", "got text"),
            (r#"audit.activity = Utf8("a (b") AND n > Int64(-1)"#, "audit.activity = 'a (b' AND n > -1"),
            (r#"Interval(MonthDayNano)"#, "interval"),
            ("to_Date32 is my_List", "to_Date32 is my_List"),
            ("Decimal128(38, 10) – Größe", "number – Größe"),
            ("Struct(", "struct"),
        ];
        for (text, words) in cases {
            assert_eq!(in_words(text), words, "{text}");
        }
        assert_eq!(with_article("number"), "a number");
    }
}
