//! Saved queries: a `.sql` file whose header is its help.
//!
//! ```text
//! -- name: Tokens per policy
//! -- question: How many tokens did each policy issue, per kind and day?
//! -- kind: report
//! -- needs: audit
//! -- param: policy text optional; Only this policy.
//! -- param: bucket text = day; Length of a period: hour, day, week or month.
//! -- caveat: A token that was issued and never fetched counts too.
//! ```

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::builtin::BUILTIN;
use super::header::{Header, QueryKind};
use super::script::Script;
use crate::engine::{Answer, Engine, ParameterKind, QuerySummary, View, header_field, header_fields};
use crate::error::{Context, Error, Result, alike};

/// Where views lie in a folder of queries.
const VIEWS: &str = "views/";
/// How folders of tests end.
pub(super) const TESTS: &str = ".test";

/// A query with a name.
#[derive(Debug, Clone)]
pub(crate) struct SavedQuery {
    /// How it is called: folder and file, e.g. `b2c/tokens-per-policy`.
    pub(crate) id: String,
    /// The file's text.
    pub(crate) text: String,
    /// The file.
    pub(crate) file: PathBuf,
    /// Whether it ships inside the program.
    pub(crate) is_shipped: bool,
}

/// A parameter that a header declares.
#[derive(Debug, Clone)]
pub(crate) struct DeclaredParameter {
    /// Name, without `$`.
    pub(crate) name: String,
    /// Type.
    pub(crate) kind: ParameterKind,
    /// Value if none is given.
    pub(crate) default: Option<String>,
    /// A value must be given.
    pub(crate) is_required: bool,
    /// What it does.
    pub(crate) doc: String,
}

impl SavedQuery {
    /// Its file's name alone, e.g. `tokens-per-policy`.
    fn stem(&self) -> &str {
        self.id.rsplit('/').next().unwrap_or_default()
    }

    /// Its name in words.
    pub(crate) fn name(&self) -> String {
        header_field(&self.text, "name").unwrap_or_else(|| self.id.clone())
    }

    /// The question that it answers.
    pub(crate) fn question(&self) -> String {
        header_field(&self.text, "question").unwrap_or_default()
    }

    /// What to keep in mind about its answer.
    pub(crate) fn caveats(&self) -> Vec<String> {
        header_values(&self.text, "caveat").collect()
    }

    /// What its header says, checked.
    ///
    /// # Errors
    ///
    /// What is wrong with it, with file and line.
    pub(crate) fn header(&self) -> Result<Header> {
        Header::read(&self.text, &self.file.display().to_string())
    }

    /// Starts it as what it is for other code: one statement with one answer.
    ///
    /// # Errors
    ///
    /// If it is not one statement, what is wrong with it, or a parameter has no value or a wrong one.
    pub(crate) fn start<'e>(&self, engine: &'e Engine, given: &[(String, String)]) -> Result<Answer<'e>> {
        let script = Script::read(&self.text)?;
        let parameters = script.bind(given, engine.snapshot().period().map(|(_, last)| last))?;
        match script.statements() {
            [statement] => script.start(statement, engine, &parameters),
            _ => Err(Error::new(format!("`{}` is not one statement", self.id))),
        }
    }

    /// Its help: question, what it is, parameters, caveats, SQL.
    ///
    /// # Errors
    ///
    /// What is wrong with its header.
    pub(crate) fn explain(&self) -> Result<String> {
        let header = self.header()?;
        let mut text = format!("{}: {}\n\n{}\n\n", self.id, self.name(), self.question());
        let facts = [
            ("Kind", Some(header.kind.name().to_owned())),
            ("Technique", header.technique),
            ("Severity", header.severity.map(|severity| format!("at most {}", severity.name()))),
            ("Needs", Some(header.needs.join(", ")).filter(|needs| !needs.is_empty())),
        ];
        for (name, fact) in facts {
            text.extend(fact.map(|fact| format!("{name}: {fact}\n")));
        }
        if !header.parameters.is_empty() {
            text.push_str("\nParameters (--param NAME=VALUE):\n");
            let width = header.parameters.iter().map(|parameter| parameter.name.len()).max().unwrap_or(0);
            for parameter in header.parameters {
                let default = match parameter.default {
                    Some(default) => format!(" Default: {default}."),
                    None if parameter.is_required => " Required.".to_owned(),
                    None => String::new(),
                };
                let kind = parameter.kind.name();
                text.push_str(&format!(
                    "  {:width$}  {kind:8}  {}{default}\n",
                    parameter.name, parameter.doc
                ));
            }
        }
        for caveat in self.caveats() {
            text.push_str(&format!("\nKeep in mind: {caveat}\n"));
        }
        text.push_str(&format!("\n{}\n", self.sql()));
        Ok(text)
    }

    /// Its SQL, without the header.
    pub(crate) fn sql(&self) -> &str {
        let header: usize =
            self.text.split_inclusive('\n').take_while(|line| line.starts_with("--")).map(str::len).sum();
        self.text[header..].trim()
    }
}

/// Reads the header's `-- param:` lines.
pub(super) fn declared_parameters(text: &str) -> Result<Vec<DeclaredParameter>> {
    header_values(text, "param").map(|line| declared_parameter(&line)).collect()
}

fn header_values(text: &str, key: &str) -> impl Iterator<Item = String> {
    header_fields(text).into_iter().filter(move |field| field.key == key).map(|field| field.value)
}

/// Reads `name type required; what it does`, `… optional; …` or `… = default; …`.
pub(super) fn declared_parameter(line: &str) -> Result<DeclaredParameter> {
    let wrong = || {
        Error::new(format!("cannot read the parameter `{line}`"))
            .hint("write `-- param: name text required; what it does`, `… optional; …` or `… = default; …`")
    };
    let (declaration, doc) = line.split_once(';').unwrap_or((line, ""));
    let (name, rest) = declaration.trim().split_once(' ').ok_or_else(wrong)?;
    let (kind, rest) = rest.trim().split_once(' ').ok_or_else(wrong)?;
    let kind = ParameterKind::named(kind).ok_or_else(wrong)?;
    let (default, is_required) = match rest.trim() {
        "required" => (None, true),
        "optional" => (None, false),
        other => (Some(other.strip_prefix('=').ok_or_else(wrong)?.trim().to_owned()), false),
    };
    Ok(DeclaredParameter { name: name.to_owned(), kind, default, is_required, doc: doc.trim().to_owned() })
}

/// The saved queries at hand: the shipped ones, and those in the user's folders; and those folders' views and tests.
#[derive(Debug)]
pub(crate) struct Library {
    queries: Vec<SavedQuery>,
    views: Vec<View>,
    tests: Vec<PathBuf>,
}

impl Library {
    /// Collects the shipped queries and every `.sql` file below `folders`; a user's query hides a shipped one. What
    /// lies in `views/` of a folder is a view. Folders that end in `.test` hold tests.
    ///
    /// # Errors
    ///
    /// If a folder or file cannot be read.
    pub(crate) fn open(folders: &[PathBuf]) -> Result<Self> {
        let mut library = Self { queries: Vec::new(), views: Vec::new(), tests: Vec::new() };
        for (id, text) in BUILTIN {
            let file = PathBuf::from(format!("queries/{id}.sql"));
            library.add_query(SavedQuery {
                id: (*id).to_owned(),
                text: (*text).to_owned(),
                file,
                is_shipped: true,
            });
        }
        for folder in folders {
            library.add_folder(folder, "", &mut BTreeSet::new())?;
        }
        library.queries.sort_by(|a, b| a.id.cmp(&b.id));
        library.tests.sort();
        Ok(library)
    }

    fn add_folder(&mut self, folder: &Path, prefix: &str, seen: &mut BTreeSet<PathBuf>) -> Result<()> {
        let describe = || format!("cannot read the query folder `{}`", folder.display());
        // Links may lead back.
        if !seen.insert(fs::canonicalize(folder).context(describe)?) {
            return Ok(());
        }
        for entry in fs::read_dir(folder).context(describe)? {
            let path = entry.context(describe)?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if path.is_dir() {
                match name.ends_with(TESTS) {
                    true => self.tests.push(path),
                    false => self.add_folder(&path, &format!("{prefix}{name}/"), seen)?,
                }
            } else if let Some(stem) = name.strip_suffix(".sql") {
                self.add(&path, prefix, stem)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, path: &Path, prefix: &str, stem: &str) -> Result<()> {
        let is_view = prefix == VIEWS;
        let what = if is_view { "view" } else { "query" };
        let describe = || format!("cannot read the {what} `{}`", path.display());
        if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
            return Err(Error::new(describe())
                .because("it is no regular file, but a pipe or a device")
                .hint("take it out of the folder"));
        }
        let text = fs::read_to_string(path).context(describe)?;
        let text = text.strip_prefix('\u{FEFF}').map(str::to_owned).unwrap_or(text);
        if is_view {
            let file = Some(path.display().to_string());
            self.views.push(View { name: stem.to_owned(), text, file });
        } else {
            let id = format!("{prefix}{stem}");
            self.add_query(SavedQuery { id, text, file: path.to_owned(), is_shipped: false });
        }
        Ok(())
    }

    fn add_query(&mut self, query: SavedQuery) {
        self.queries.retain(|other| other.id != query.id);
        self.queries.push(query);
    }

    /// Views to add to the shipped ones, in the order of the folders.
    pub(crate) fn views(&self) -> &[View] {
        &self.views
    }

    /// Folders of tests in the user's folders.
    pub(crate) fn tests(&self) -> &[PathBuf] {
        &self.tests
    }

    /// Every query, by name.
    pub(crate) fn queries(&self) -> &[SavedQuery] {
        &self.queries
    }

    /// Rows of `meta.queries`. What cannot be read in a header is empty there; it is told when the query is run.
    pub(crate) fn summaries(&self) -> Vec<QuerySummary> {
        let summary = |query: &SavedQuery| {
            let header = query.header().ok();
            let kind = header.as_ref().map(|header| header.kind.name().to_owned());
            let header = header.unwrap_or_default();
            let parameters: Vec<_> = header.parameters.into_iter().map(|parameter| parameter.name).collect();
            [
                query.id.clone(),
                query.name(),
                query.question(),
                kind.unwrap_or_default(),
                header.technique.unwrap_or_default(),
                header.severity.map_or(String::new(), |severity| severity.name().to_owned()),
                header.needs.join(", "),
                parameters.join(", "),
            ]
        };
        self.queries.iter().map(summary).collect()
    }

    /// One query a line, name first.
    pub(crate) fn list(&self) -> String {
        list(self.queries.iter().collect())
    }

    /// As [`list`](Self::list), only those of a kind; and what is wrong with the headers of others.
    pub(crate) fn list_kind(&self, kind: Option<QueryKind>) -> (String, Vec<Error>) {
        let (mut listed, mut wrong) = (Vec::new(), Vec::new());
        for query in &self.queries {
            match query.header() {
                Ok(header) if kind.is_none_or(|kind| header.kind == kind) => listed.push(query),
                Ok(_) => {}
                Err(error) => wrong.push(error),
            }
        }
        (list(listed), wrong)
    }

    /// The query of this name; a name without its folder does if it is the only one.
    ///
    /// # Errors
    ///
    /// If there is none, with the nearest name.
    pub(crate) fn find(&self, id: &str) -> Result<&SavedQuery> {
        if let Some(query) = self.queries.iter().find(|query| query.id == id) {
            return Ok(query);
        }
        let mut same_stem = self.queries.iter().filter(|query| query.stem() == id);
        if let (Some(only), None) = (same_stem.next(), same_stem.next()) {
            return Ok(only);
        }
        let names: Vec<&str> =
            self.queries.iter().flat_map(|query| [query.id.as_str(), query.stem()]).collect();
        let meant = alike(id, &names)
            .and_then(|name| self.queries.iter().find(|query| query.id == name || query.stem() == name));
        Err(Error::new(format!("no saved query `{id}`")).hint(match meant {
            Some(query) => format!("did you mean `{}`?", query.id),
            None => "see them with `auditql queries`".to_owned(),
        }))
    }
}

fn list(queries: Vec<&SavedQuery>) -> String {
    let width = queries.iter().map(|query| query.id.len()).max().unwrap_or(0);
    queries.iter().map(|query| format!("{:width$}  {}\n", query.id, query.question())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations_of_parameters() {
        let text = "-- name: x\n-- param: who text required; Id.\n-- param: n integer = 5; Many.\n-- param: p text optional; One.\nSELECT 1";
        let parameters = declared_parameters(text).unwrap();
        assert!(parameters[0].is_required && parameters[0].doc == "Id.");
        assert_eq!(parameters[1].default.as_deref(), Some("5"));
        assert!(!parameters[2].is_required && parameters[2].default.is_none());
        assert!(declared_parameters("-- param: n int = 5; Many.").is_err());
    }

    #[test]
    fn the_headers_of_shipped_queries_are_right() {
        let (list, wrong) = Library::open(&[]).unwrap().list_kind(None);
        assert!(wrong.is_empty(), "{wrong:?}");
        assert!(list.lines().count() > 10);
    }

    #[test]
    fn a_query_is_found_by_its_name_and_by_its_file_alone() {
        let library = Library::open(&[]).unwrap();
        assert_eq!(library.find("tokens-per-policy").unwrap().id, "b2c/tokens-per-policy");
        let error = library.find("b2c/token-per-policy").unwrap_err();
        assert_eq!(error.hint_text(), Some("did you mean `b2c/tokens-per-policy`?"));
    }
}
