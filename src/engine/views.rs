//! Views: one `.sql` file each, whose header is its documentation. Ours are in `queries/views/`; a user's are added to
//! them, and one of the same name takes its place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::datasource::{TableProvider, ViewTable};
use datafusion::error::DataFusionError;
use datafusion::sql::parser::DFParser;
use datafusion::sql::resolve::resolve_table_references;

use super::explain::{Failure, Known, explain, explain_text};
use super::lazy::Make;
use crate::error::{Error, Result};
use crate::schema::{EVENT_TABLES, REFERENCES};

include!(concat!(env!("OUT_DIR"), "/views.rs"));

/// What stands before the name of a view in an error that comes from its text.
const FAILED: &str = "in the view ";

/// A query with a name that is used like a table. It may use any other view.
#[derive(Debug, Clone)]
pub(crate) struct View {
    /// Name in SQL; `meta.x` in the schema `meta`.
    pub(crate) name: String,
    /// The file's text.
    pub(crate) text: String,
    /// The file, if it is no shipped one.
    pub(crate) file: Option<String>,
}

impl View {
    /// What errors call its text.
    fn text_name(&self) -> String {
        self.file.clone().unwrap_or_else(|| format!("view `{}`", self.name))
    }

    /// What errors call it.
    fn title(&self) -> String {
        match &self.file {
            Some(file) => format!("the view `{}` of `{file}`", self.name),
            None => format!("the view `{}`", self.name),
        }
    }

    /// The tables and views that it reads.
    fn reads(&self) -> Result<Vec<String>, DataFusionError> {
        let mut statements = DFParser::parse_sql(&self.text)?;
        let (Some(statement), true) = (statements.pop_front(), statements.is_empty()) else {
            return Err(DataFusionError::Plan("a view is one statement".to_owned()));
        };
        let (tables, _) = resolve_table_references(&statement, true)?;
        let bare = |name: String| name.strip_prefix("public.").map(str::to_owned).unwrap_or(name);
        Ok(tables.into_iter().map(|table| bare(table.to_string())).collect())
    }
}

/// The views of a session, by name.
pub(super) struct Views(BTreeMap<String, View>);

impl Views {
    /// Our views and those of the user, of which a later one takes the place of an earlier one.
    ///
    /// # Errors
    ///
    /// If one of the user's has a name that it cannot have or a text that is no statement, or views use each other in
    /// a circle.
    pub(super) fn new(added: &[View]) -> Result<Self> {
        let shipped = VIEWS.iter().map(|(name, text)| View {
            name: (*name).to_owned(),
            text: (*text).to_owned(),
            file: None,
        });
        let mut views = BTreeMap::new();
        for view in shipped.chain(added.iter().cloned()) {
            views.insert(view.name.clone(), view);
        }
        let views = Self(views);
        if !added.is_empty() {
            added.iter().try_for_each(check_name)?;
            views.check_order()?;
        }
        Ok(views)
    }

    /// Every view, by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = &View> {
        self.0.values()
    }

    /// How each view of a schema (`public`, `meta`) is made: planned when it is first asked for.
    pub(super) fn of_schema(&self, schema: &str) -> impl Iterator<Item = (String, Make)> {
        self.iter().filter_map(move |view| {
            let (of, bare) = view.name.split_once('.').unwrap_or(("public", &view.name));
            let (name, text): (Arc<str>, Arc<str>) = (view.name.as_str().into(), view.text.as_str().into());
            let make: Make = Arc::new(move |state| {
                let (name, text) = (Arc::clone(&name), Arc::clone(&text));
                Box::pin(async move {
                    let plan = state.create_logical_plan(&text).await;
                    let plan = plan.map_err(|error| error.context(format!("{FAILED}{name}")))?;
                    Ok(Arc::new(ViewTable::new(plan, None)) as Arc<dyn TableProvider>)
                })
            });
            (of == schema).then(|| (bare.to_owned(), make))
        })
    }

    /// Explains an error that comes from the text of a view; nothing if it does not.
    pub(super) fn explain(&self, error: &DataFusionError, known: Known<'_>) -> Option<Error> {
        let mut failed = None;
        let mut at: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(error) = at {
            if let Some(DataFusionError::Context(context, inner)) = error.downcast_ref::<DataFusionError>() {
                let view = context.strip_prefix(FAILED).and_then(|name| self.0.get(name));
                failed = view.map(|view| (view, inner)).or(failed);
            }
            at = error.source();
        }
        let (view, error) = failed?;
        let failure = Failure { sql: &view.text, known, blame: &|_, _| None };
        Some(explain(&failure, error).shown_in(&view.text).in_text(&view.text_name(), None))
    }

    /// Refuses views that use each other in a circle, and texts that are no statement.
    fn check_order(&self) -> Result<()> {
        let mut reads = BTreeMap::new();
        for view in self.iter() {
            let read = view.reads().map_err(|error| {
                explain_text(&view.text, &error).shown_in(&view.text).in_text(&view.text_name(), None)
            })?;
            reads.insert(view.name.as_str(), read);
        }
        let mut sound = BTreeSet::new();
        for name in self.0.keys() {
            let mut way = Vec::new();
            if let Some(circle) = circle(name, &reads, &mut way, &mut sound) {
                let titles: Vec<String> = circle.iter().map(|name| self.0[*name].title()).collect();
                let (first, others) = titles.split_first().map_or(("", &[][..]), |(a, b)| (a.as_str(), b));
                let error = Error::new(format!("{first} is made of itself"));
                return Err(if others.is_empty() {
                    error
                } else {
                    error.because(format!("it reads {}", others.join(", which reads ")))
                }
                .hint("a view may use any table and view but those that use it"));
            }
        }
        Ok(())
    }
}

/// The views on a way from `name` that comes back to itself; `sound` are those from which none does.
fn circle<'a>(
    name: &'a str,
    reads: &'a BTreeMap<&'a str, Vec<String>>,
    way: &mut Vec<&'a str>,
    sound: &mut BTreeSet<&'a str>,
) -> Option<Vec<&'a str>> {
    if let Some(begin) = way.iter().position(|earlier| *earlier == name) {
        return Some(way[begin..].to_vec());
    }
    if sound.contains(name) {
        return None;
    }
    let read = reads.get(name)?;
    way.push(name);
    let found = read.iter().find_map(|read| circle(read, reads, way, sound));
    way.pop();
    sound.insert(name);
    found
}

fn check_name(view: &View) -> Result<()> {
    let wrong = |reason: &str, hint: &str| {
        let file = view.file.as_deref().unwrap_or_default();
        Err(Error::new(format!("cannot use `{file}` as a view")).because(reason).hint(hint))
    };
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let is_shipped = VIEWS.iter().any(|(name, _)| *name == view.name);
    if !is_shipped && !is_word(&view.name) {
        return wrong(
            "its name is no name of a view",
            "a view's file has the view's name: lower-case letters, digits and `_`, and `.sql`",
        );
    }
    if EVENT_TABLES.iter().chain(REFERENCES).any(|table| table.name == view.name) {
        return wrong("a table has this name", "name the file otherwise: views take the place of views only");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(name: &str, text: &str) -> View {
        View { name: name.to_owned(), text: text.to_owned(), file: Some(format!("views/{name}.sql")) }
    }

    #[test]
    fn no_shipped_view_is_made_of_itself() {
        Views::new(&[view("one", "SELECT 1 AS n")]).unwrap();
    }

    #[test]
    fn views_in_a_circle_are_named() {
        let error = Views::new(&[
            view("a", "-- name: a\nSELECT * FROM b"),
            view("b", "WITH c AS (SELECT 1) SELECT * FROM c, public.\"d\""),
            view("d", "SELECT * FROM audit WHERE id IN (SELECT id FROM a)"),
        ]);
        let text = error.err().unwrap().to_string();
        assert!(
            text.starts_with(
                "the view `a` of `views/a.sql` is made of itself\nbecause: it reads the view `b`"
            ),
            "{text}"
        );
        let itself = Views::new(&[view("guest", "SELECT * FROM guest")]).err().unwrap().to_string();
        assert!(
            itself.starts_with("the view `guest` of `views/guest.sql` is made of itself\nhint"),
            "{itself}"
        );
        // A name that a view gives to a part of itself is no view.
        Views::new(&[view("a", "WITH a AS (SELECT * FROM audit) SELECT * FROM a")]).unwrap();
    }

    #[test]
    fn names_and_texts_that_are_no_views() {
        for (name, text, expected) in [
            ("Upper", "SELECT 1", "its name is no name of a view"),
            ("audit", "SELECT 1", "a table has this name"),
            ("two", "SELECT 1; SELECT 2", "a view is one statement"),
            ("none", "-- nothing", "a view is one statement"),
            ("bad", "SELECT )", "views/bad.sql"),
        ] {
            let error = Views::new(&[view(name, text)]).err().unwrap().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
