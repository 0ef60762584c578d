//! Tests of saved queries: a folder beside the query's file.
//!
//! ```text
//! signin/password-spray.sql
//! signin/password-spray.test/signins.json         a download; there may be more, of any shape
//! signin/password-spray.test/expected.csv         the whole answer, as CSV
//! signin/password-spray.test/expected-slow.csv    another one; its first lines say of what:
//!                                                   # param window=7d
//!                                                   # from 2026-03-02
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use super::saved::TESTS;
use crate::error::{Context, Error, Result};

/// How files of expected answers begin.
const EXPECTED: &str = "expected";
/// The one that is written where there is none.
const DEFAULT: &str = "expected.csv";
/// Lines of two answers that are compared each with each; longer ones differ as a whole from their first difference on.
const COMPARED_MAX: usize = 2_000;

/// A folder of tests, as it is on disk.
#[derive(Debug)]
pub(crate) struct TestFolder {
    /// The folder.
    pub(crate) path: PathBuf,
    /// What is ingested, by name.
    pub(crate) downloads: Vec<PathBuf>,
    /// Files of expected answers, by name; one at least, which need not exist.
    pub(crate) expected: Vec<PathBuf>,
}

impl TestFolder {
    /// The folder beside a query's file; nothing if it has none.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read, or holds no downloads.
    pub(crate) fn beside(query: &Path) -> Result<Option<Self>> {
        let path = query.with_extension(&TESTS[1..]);
        if !path.is_dir() {
            return Ok(None);
        }
        let describe = || format!("cannot read the test `{}`", path.display());
        let (mut downloads, mut expected) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(&path).context(describe)? {
            let file = entry.context(describe)?.path();
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with(EXPECTED) {
                expected.push(file);
            } else if !name.starts_with('.') {
                downloads.push(file);
            }
        }
        if downloads.is_empty() {
            return Err(Error::new(describe())
                .because("there is no download in it")
                .hint("put a file into it that holds what the query must find, and what it must not"));
        }
        downloads.sort();
        // By their stems: `expected` before `expected-…`.
        expected.sort_by(|a, b| a.file_stem().cmp(&b.file_stem()));
        if expected.is_empty() {
            expected.push(path.join(DEFAULT));
        }
        Ok(Some(Self { path, downloads, expected }))
    }
}

/// What a query is expected to answer.
#[derive(Debug, Default)]
pub(crate) struct Case {
    /// Lines before the answer, as they stand there.
    head: String,
    /// Values of parameters.
    pub(crate) parameters: Vec<(String, String)>,
    /// Begin of the time range.
    pub(crate) from: Option<String>,
    /// End of the time range.
    pub(crate) to: Option<String>,
    /// The answer; nothing if the file is still to be written.
    pub(crate) answer: Option<String>,
}

impl Case {
    /// Reads a file of an expected answer; one that does not exist is a case with the defaults.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or its first lines cannot.
    pub(crate) fn read(file: &Path) -> Result<Self> {
        if !file.exists() {
            return Ok(Self::default());
        }
        let describe = || format!("cannot read the expected answer `{}`", file.display());
        let text = fs::read_to_string(file).context(describe)?.replace("\r\n", "\n");
        let mut case = Self::default();
        let head = text.split_inclusive('\n').take_while(|line| line.starts_with("# "));
        for (index, line) in head.enumerate() {
            case.take(line[2..].trim()).ok_or_else(|| {
                Error::new(describe())
                    .because(format!("line {}: `{}`", index + 1, line.trim()))
                    .hint("write `# param NAME=VALUE`, `# from TIME` or `# to TIME`")
            })?;
            case.head.push_str(line);
        }
        case.answer = Some(text[case.head.len()..].to_owned());
        Ok(case)
    }

    fn take(&mut self, line: &str) -> Option<()> {
        let (word, value) = line.split_once(' ')?;
        let value = value.trim();
        match word {
            "param" => {
                let (name, value) = value.split_once('=')?;
                self.parameters.push((name.trim().to_owned(), value.to_owned()));
            }
            "from" => self.from = Some(value.to_owned()),
            "to" => self.to = Some(value.to_owned()),
            _ => return None,
        }
        Some(())
    }

    /// Writes the answer to the file, behind the lines that stood before it.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub(crate) fn write(&self, file: &Path, answer: &str) -> Result<()> {
        fs::write(file, format!("{}{answer}", self.head))
            .context(|| format!("cannot write the expected answer `{}`", file.display()))
    }
}

/// The lines in which two texts differ: `-` only expected, `+` only got, each with the line before it. Nothing if they
/// are the same.
pub(crate) fn difference(expected: &str, got: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), got.lines().collect());
    let same = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[same..], &new[same..]);
    let before = expected.lines().nth(same.wrapping_sub(1)).filter(|_| !old.is_empty() || !new.is_empty());
    let mut lines: Vec<String> = before.map(|line| format!("  {line}")).into_iter().collect();
    let common = if old.len().max(new.len()) <= COMPARED_MAX { common(old, new) } else { Vec::new() };
    let (mut from, mut to) = (0, 0);
    for (at_old, at_new) in common.into_iter().chain([(old.len(), new.len())]) {
        lines.extend(old[from..at_old].iter().map(|line| format!("- {line}")));
        lines.extend(new[to..at_new].iter().map(|line| format!("+ {line}")));
        lines.extend(old.get(at_old).map(|line| format!("  {line}")));
        (from, to) = (at_old + 1, at_new + 1);
    }
    lines
}

/// A longest sequence of lines that both have, by their places.
fn common(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let width = new.len() + 1;
    let mut longest = vec![0_u16; (old.len() + 1) * width];
    for (at_old, line) in old.iter().enumerate().rev() {
        for (at_new, other) in new.iter().enumerate().rev() {
            let place = at_old * width + at_new;
            longest[place] = match line == other {
                true => longest[place + width + 1] + 1,
                false => longest[place + width].max(longest[place + 1]),
            };
        }
    }
    let (mut pairs, mut at_old, mut at_new) = (Vec::new(), 0, 0);
    while at_old < old.len() && at_new < new.len() {
        let place = at_old * width + at_new;
        if old[at_old] == new[at_new] {
            pairs.push((at_old, at_new));
            (at_old, at_new) = (at_old + 1, at_new + 1);
        } else if longest[place + width] >= longest[place + 1] {
            at_old += 1;
        } else {
            at_new += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_differ() {
        let cases: [(&str, &str, &[&str]); 6] = [
            ("a\nb\n", "a\nb", &[]),
            ("", "", &[]),
            ("h\na\nb\nc\n", "h\na\nx\nc\nd\n", &["  a", "- b", "+ x", "  c", "+ d"]),
            ("a\n", "", &["- a"]),
            ("", "a\nb\n", &["+ a", "+ b"]),
            ("h\na\na\nb", "h\na\nb", &["  a", "- a", "  b"]),
        ];
        for (expected, got, lines) in cases {
            assert_eq!(difference(expected, got), lines, "{expected:?} {got:?}");
        }
        let long = "x\n".repeat(3_000);
        assert_eq!(difference(&format!("a\n{long}"), &format!("b\n{long}")).len(), 6_002);
    }

    #[test]
    fn a_case_says_what_it_is_of() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("expected-slow.csv");
        let head = "# param window=7d\n# param who=a = b\n# from 2026-03-02\n# to -1d\n";
        fs::write(&file, format!("{head}n\r\n1\r\n")).unwrap();
        let case = Case::read(&file).unwrap();
        assert_eq!(
            case.parameters,
            [("window".to_owned(), "7d".to_owned()), ("who".to_owned(), "a = b".to_owned())]
        );
        assert_eq!((case.from.as_deref(), case.to.as_deref()), (Some("2026-03-02"), Some("-1d")));
        assert_eq!(case.answer.as_deref(), Some("n\n1\n"));
        case.write(&file, "n\n2\n").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), format!("{head}n\n2\n"));
        fs::write(&file, "# params a=b\nn\n").unwrap();
        assert!(Case::read(&file).unwrap_err().to_string().contains("line 1: `# params a=b`"));
        assert!(Case::read(&dir.path().join("expected.csv")).unwrap().answer.is_none());
    }
}
