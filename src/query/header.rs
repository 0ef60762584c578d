//! What a saved query's header says of it, checked: a slip of the pen is told, never passed over.
//!
//! ```text
//! -- kind: detection
//! -- technique: T1110.003
//! -- severity: high
//! -- needs: signin, audit
//! ```

use super::saved::{DeclaredParameter, declared_parameter};
use super::severity::Severity;
use crate::engine::{HeaderField, event_table_names, header_fields};
use crate::error::{Error, Result, alike};

/// Keys that a header may have.
const KEYS: [&str; 8] = ["name", "question", "kind", "technique", "severity", "needs", "param", "caveat"];
/// Keys that may stand in it more than once.
const REPEATED: [&str; 2] = ["param", "caveat"];

/// What a saved query is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum QueryKind {
    /// Its rows tell what is.
    #[default]
    Report,
    /// Its rows are where to look.
    Hunt,
    /// Its rows are findings.
    Detection,
}

impl QueryKind {
    /// Each kind and its word.
    pub(crate) const ALL: [(&'static str, Self); 3] =
        [("report", Self::Report), ("hunt", Self::Hunt), ("detection", Self::Detection)];

    /// The kind that a word names.
    pub(crate) fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(name, _)| *name == word).map(|(_, kind)| kind)
    }

    /// The word that names it.
    pub(crate) fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

/// A saved query's header.
#[derive(Debug, Clone, Default)]
pub(crate) struct Header {
    /// What it is for; a report if that is not said.
    pub(crate) kind: QueryKind,
    /// Ids of techniques of MITRE ATT&CK, parted by commas.
    pub(crate) technique: Option<String>,
    /// The highest severity that one of its findings can have.
    pub(crate) severity: Option<Severity>,
    /// Tables of events without which an empty answer says nothing.
    pub(crate) needs: Vec<String>,
    /// Its parameters.
    pub(crate) parameters: Vec<DeclaredParameter>,
}

impl Header {
    /// Reads the header of the text of a file.
    ///
    /// # Errors
    ///
    /// The first line that is wrong, and what is wrong with it.
    pub(super) fn read(text: &str, file: &str) -> Result<Self> {
        let mut header = Self::default();
        let fields = header_fields(text);
        let in_line =
            |line: usize, error: Error| error.reason_of(format!("wrong header: `{file}`, line {line}"));
        // Whatever else has a colon in it is a remark.
        let is_key = |key: &str| !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_');
        for (index, field) in fields.iter().enumerate().filter(|(_, field)| is_key(&field.key)) {
            let is_again = fields[..index].iter().any(|earlier| earlier.key == field.key);
            if is_again && !REPEATED.contains(&field.key.as_str()) {
                let error = Error::new(format!("`{}` stands there a second time", field.key));
                return Err(in_line(field.line, error));
            }
            header.take(field).map_err(|error| in_line(field.line, error))?;
        }
        if header.kind == QueryKind::Detection && header.severity.is_none() {
            let line = fields.iter().find(|field| field.key == "kind").map_or(1, |field| field.line);
            let error = Error::new("a detection has a severity").hint(
                "add `-- severity: high`, `medium` or `low`: the highest that one of its rows can have",
            );
            return Err(in_line(line, error));
        }
        Ok(header)
    }

    fn take(&mut self, field: &HeaderField) -> Result<()> {
        let value = field.value.as_str();
        match field.key.as_str() {
            "name" | "question" | "caveat" => {}
            "kind" => {
                let words: Vec<&str> = QueryKind::ALL.iter().map(|(word, _)| *word).collect();
                self.kind = QueryKind::named(value).ok_or_else(|| no_such("kind", value, &words))?;
            }
            "technique" => {
                if let Some(wrong) = parts(value).find(|id| !is_technique(id)) {
                    return Err(Error::new(format!("`{wrong}` is no id of a technique"))
                        .hint("write ids of MITRE ATT&CK such as `T1110` or `T1110.003`, parted by commas"));
                }
                self.technique = Some(parts(value).collect::<Vec<_>>().join(", "));
            }
            "severity" => {
                let named = Severity::named(value);
                let words = Severity::ALL.map(Severity::name);
                self.severity = Some(named.ok_or_else(|| no_such("severity", value, &words))?);
            }
            "needs" => {
                let tables: Vec<&str> = event_table_names().collect();
                if let Some(wrong) = parts(value).find(|name| !tables.contains(name)) {
                    return Err(no_such("table of events", wrong, &tables));
                }
                self.needs = parts(value).map(str::to_owned).collect();
            }
            "param" => self.parameters.push(declared_parameter(value)?),
            key => return Err(no_such("key", key, &KEYS)),
        }
        Ok(())
    }
}

fn parts(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim)
}

/// `T1110`, `T1110.003`.
fn is_technique(id: &str) -> bool {
    let is_number =
        |text: &str, digits| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    let (technique, part) =
        id.split_once('.').map_or((id, None), |(technique, part)| (technique, Some(part)));
    technique.strip_prefix('T').is_some_and(|number| is_number(number, 4))
        && part.is_none_or(|part| is_number(part, 3))
}

fn no_such(what: &str, found: &str, known: &[&str]) -> Error {
    Error::new(format!("there is no {what} `{found}`")).hint(match alike(found, known) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("write one of {}", known.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_in_full() {
        let text = "-- name: Spray: many users\n-- question: Who?\n-- kind: detection\n-- technique: T1110.003, T1078\n\
                    -- severity: high\n-- needs: signin,\n--     audit\n-- param: n integer = 5;\n--     How many.\n\
                    -- A remark: with a colon\n-- caveat: One.\n-- caveat: Two.\nSELECT 1";
        let header = Header::read(text, "x.sql").unwrap();
        assert_eq!((header.kind, header.severity), (QueryKind::Detection, Some(Severity::High)));
        assert_eq!(header.technique.as_deref(), Some("T1110.003, T1078"));
        assert_eq!(header.needs, ["signin", "audit"]);
        assert_eq!(header.parameters[0].doc, "How many.");
        assert_eq!(Header::read("SELECT 1", "x.sql").unwrap().kind, QueryKind::Report);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let cases = [
            (
                "-- name: x\n-- sverity: high",
                "line 2\nbecause: there is no key `sverity`\nhint: did you mean `severity`?",
            ),
            (
                "-- kind: detect",
                "line 1\nbecause: there is no kind `detect`\nhint: did you mean `detection`?",
            ),
            ("-- name: x\n-- kind: detection", "line 2\nbecause: a detection has a severity"),
            (
                "-- severity: critical",
                "line 1\nbecause: there is no severity `critical`\nhint: write one of high",
            ),
            ("-- technique: T11", "line 1\nbecause: `T11` is no id of a technique"),
            ("-- needs: signin, guest", "line 1\nbecause: there is no table of events `guest`"),
            ("-- needs:", "line 1\nbecause: there is no table of events ``"),
            ("-- name: x\n-- name: y", "line 2\nbecause: `name` stands there a second time"),
            ("-- param: n int = 5; Many.", "line 1\nbecause: cannot read the parameter"),
        ];
        for (text, expected) in cases {
            let error = Header::read(text, "a/b.sql").unwrap_err().to_string();
            assert!(error.starts_with(&format!("wrong header: `a/b.sql`, {expected}")), "{text}: {error}");
        }
    }
}
