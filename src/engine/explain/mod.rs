//! The engine's errors in words that help: what is wrong, where in the statement, what may have been meant.
//!
//! The engine's messages are recognised by how they begin; tests/it/wrong_queries.txt shows what becomes of each kind.
//! What is not recognised is told with the engine's types in SQL words, and never in the notation of its debugging.

mod blame;
mod columns;
mod depth;
mod dialects;
mod fields;
mod functions;
mod groups;
mod kql;
mod operators;
mod readings;
mod refuse;
mod statements;
mod syntax;
mod tables;
mod text;
mod types;
mod values;

use datafusion::error::DataFusionError;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use datafusion::sql::sqlparser::ast::{Expr, Spanned};

pub(super) use self::blame::{Blamed, Outcome, find as find_guilty};
pub(super) use self::depth::too_deep;
pub(super) use self::refuse::refuse;
use self::text::Text;
use super::meta;
use super::panics::PANICKED;
use super::store::READING_FAILED;
use crate::error::{Error, Place};

/// Longest part of a statement that a message repeats, in characters.
const SHOWN_CHARS_MAX: usize = 60;

/// What the session knows that a statement may have meant.
pub(super) struct Known<'a> {
    pub(super) context: &'a SessionContext,
    pub(super) saved_queries: &'a [String],
}

impl Known<'_> {
    fn tables(&self) -> Vec<String> {
        meta::table_names(self.context)
    }
}

/// What makes a plan one that can fail as it did.
pub(super) type Hazard<'h> = &'h dyn Fn(&LogicalPlan) -> bool;

/// A statement that failed.
pub(super) struct Failure<'a> {
    pub(super) sql: &'a str,
    pub(super) known: Known<'a>,
    /// Looks for the expression that it failed for: in planning, or that makes the plan one with this hazard.
    pub(super) blame: &'a dyn Fn(&DataFusionError, Option<Hazard<'_>>) -> Option<Blamed>,
}

/// Explains why a statement failed.
pub(super) fn explain(failure: &Failure<'_>, error: &DataFusionError) -> Error {
    let text = Text::new(failure.sql);
    match error.find_root() {
        DataFusionError::SQL(parser, _) => syntax::explain(&text, parser, Some(&failure.known)),
        DataFusionError::SchemaError(schema, _) => {
            columns::explain(&text, schema, error.diagnostic(), span(error), &failure.known)
        }
        DataFusionError::ResourcesExhausted(why) => Error::new("the query needs more memory than it may use")
            .because(first_sentence(why))
            .hint("narrow it with --from and --to or a WHERE on event_time, or raise --memory"),
        root => {
            let message = message(root);
            if let Some((_, why)) = message.split_once(READING_FAILED) {
                return Error::new("cannot read the archive").because(why);
            }
            let case = Case::new(failure, &text, error, message);
            if let Some(DataFusionError::SchemaError(schema, _)) =
                case.blamed.as_ref().and_then(|blamed| blamed.error.as_ref()).map(DataFusionError::find_root)
            {
                return columns::explain(&text, schema, None, case.place(), &failure.known);
            }
            readings().into_iter().find_map(|reading| reading(&case)).unwrap_or_else(|| case.otherwise())
        }
    }
}

/// Explains why a text is no expression.
pub(super) fn explain_text(text: &str, error: &DataFusionError) -> Error {
    match error.find_root() {
        DataFusionError::SQL(parser, _) => syntax::explain(&Text::new(text), parser, None),
        root => Error::new("cannot read the statement").because(types::in_words(&message(root))),
    }
}

/// The ways to read a failure, in the order in which they are tried.
fn readings() -> [fn(&Case<'_>) -> Option<Error>; 8] {
    [
        tables::explain,
        functions::explain,
        groups::explain,
        fields::explain,
        values::explain,
        operators::explain,
        statements::explain,
        internal,
    ]
}

/// A failure with what is known of it.
struct Case<'a> {
    failure: &'a Failure<'a>,
    text: &'a Text<'a>,
    /// What the engine says.
    message: String,
    /// Where the engine says that it is.
    span: Option<Place>,
    /// The expression that it is.
    blamed: Option<Blamed>,
}

impl<'a> Case<'a> {
    fn new(failure: &'a Failure<'a>, text: &'a Text<'a>, error: &DataFusionError, message: String) -> Self {
        let span = span(error);
        let is_named = message.starts_with("table ") || message.starts_with("Invalid function");
        let blamed = if is_named { None } else { (failure.blame)(error, None) };
        let said = blamed.as_ref().and_then(|blamed| blamed.error.as_ref());
        let message = said.map_or(message, |error| self::message(error.find_root()));
        Self { failure, text, message, span, blamed }
    }

    /// What follows this in the message.
    fn after(&self, words: &str) -> Option<&str> {
        self.message.split_once(words).map(|(_, rest)| rest)
    }

    /// What stands between these in the message.
    fn between(&self, before: &str, after: &str) -> Option<&str> {
        self.after(before)?.split_once(after).map(|(inner, _)| inner)
    }

    /// Of the expressions that it failed for the innermost of a kind.
    fn innermost(&self, is_wanted: impl Fn(&Expr) -> bool) -> Option<&Expr> {
        self.blamed.as_ref()?.path.iter().rev().find(|expr| is_wanted(expr))
    }

    /// Where it is: at the innermost expression that it failed for, or else where the engine says.
    fn place(&self) -> Option<Place> {
        let innermost = self.blamed.iter().flat_map(|blamed| blamed.path.iter().rev());
        innermost.filter_map(place_of).next().or(self.span)
    }

    /// An error at the place of a token if it is known, or else where the failure is.
    fn error_at(&self, index: Option<usize>, what: impl Into<String>) -> Error {
        let place = index.map(|index| self.text.place(index)).or_else(|| self.place());
        Error::new(what).at(place)
    }

    /// An error at an expression.
    fn error_of(&self, expr: Option<&Expr>, what: impl Into<String>) -> Error {
        Error::new(what).at(expr.and_then(place_of).or_else(|| self.place()))
    }

    /// Where it may be if nothing says so: at a text that the message repeats, or at the call of a function that it names
    /// or that is the only one.
    fn likely_place(&self) -> Option<Place> {
        let quoted = self.message.split(['\'', '"']).skip(1).step_by(2);
        let literal =
            quoted.filter_map(|value| self.text.literal(value).or_else(|| self.text.name(value))).next();
        const NO_CALLS: [&str; 6] = ["VALUES", "IN", "AS", "OVER", "AND", "OR"];
        let is_call = |index: &usize| {
            self.text.word(*index).is_some_and(|word| !NO_CALLS.contains(&word.to_uppercase().as_str()))
                && self.text.written(index + 1) == "("
        };
        let calls: Vec<usize> = (0..self.text.len()).filter(is_call).collect();
        let mut words = self.message.split(|c: char| !c.is_alphanumeric() && c != '_');
        let named =
            words.find_map(|word| calls.iter().copied().find(|index| self.text.is_word(*index, word)));
        let only = if let [only] = calls.as_slice() { Some(*only) } else { None };
        let operator = ["+", "-", "*", "/", "%"].into_iter().find_map(|operator| {
            let is_named = self.message.contains(&format!(" {operator} "));
            (0..self.text.len()).rev().find(|index| is_named && self.text.written(*index) == operator)
        });
        literal.or(named).or(operator).or(only).map(|index| self.text.place(index))
    }

    /// What the engine says, as far as it says it in words.
    fn otherwise(&self) -> Error {
        let error = Error::new("cannot run the statement").at(self.place().or_else(|| self.likely_place()));
        let Some(words) = plain(&self.message) else {
            return error
                .because("the engine cannot do what it asks for")
                .hint("try it in smaller parts: leave out conditions or columns until it runs");
        };
        error.because(words)
    }
}

/// A failure that is the engine's fault.
fn internal(case: &Case<'_>) -> Option<Error> {
    let has_panicked = case.message.starts_with(PANICKED);
    if !has_panicked && !case.message.contains("likely caused by a bug") {
        return None;
    }
    let place = case.place().or_else(|| case.likely_place());
    let error = Error::new("the engine cannot run the statement").at(place);
    let error = match plain(&case.message).filter(|_| !has_panicked) {
        Some(words) => error.because(words),
        None => error.because("it meets something that it does not expect"),
    };
    Some(error.hint("write it in another way; please report it, with the statement, as a bug of auditql"))
}

/// The message of an error, without the names of the layers that it came through.
fn message(error: &DataFusionError) -> String {
    let text = error.message().into_owned();
    let mut text = text.as_str();
    const LAYERS: [&str; 14] = [
        "Error during planning: ",
        "Internal error: ",
        "Execution error: ",
        "Arrow error: ",
        "Parquet error: ",
        "External error: ",
        "External: ",
        "Compute error: ",
        "Parser error: ",
        "Cast error: ",
        "Invalid argument error: ",
        "Arithmetic overflow: ",
        "This feature is not implemented: ",
        "Error evaluating filter predicate: ",
    ];
    while let Some(rest) = LAYERS.iter().find_map(|layer| text.strip_prefix(layer)) {
        text = rest;
    }
    text.to_owned()
}

/// A message for a person: its first sentence with SQL's words for types; nothing if it is written for programmers.
fn plain(message: &str) -> Option<String> {
    let message = message.lines().next().unwrap_or_default();
    let message = message.split(". ").next().unwrap_or_default();
    let message = types::in_words(message);
    let message = message.trim().trim_end_matches('.');
    const CODE: [&str; 12] = [
        "{",
        "}",
        "::",
        "Some(",
        "Ok(",
        "Err(",
        "DataFusion",
        "Arrow",
        "Context(",
        "Projection",
        "SchemaError",
        "Box<",
    ];
    let is_code = CODE.iter().any(|mark| message.contains(mark)) || has_constructor(message);
    let mut chars = message.chars();
    let first = chars.next().filter(|_| !is_code)?;
    let second = chars.clone().next();
    // A name in capitals stays one.
    let is_name = second.is_some_and(char::is_uppercase);
    let first = if is_name { first.to_string() } else { first.to_lowercase().to_string() };
    Some(format!("{first}{}", chars.as_str()))
}

/// Whether a text has a name `LikeThis(`, as values are written for programmers.
fn has_constructor(text: &str) -> bool {
    text.split('(').rev().skip(1).any(|before| {
        let name = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        name.starts_with(char::is_uppercase) && name.contains(char::is_lowercase)
    })
}

/// Where the engine says that an error is.
fn span(error: &DataFusionError) -> Option<Place> {
    let start = error.diagnostic()?.span?.start;
    (start.line > 0).then_some(Place { line: start.line, column: start.column })
}

/// Where an expression begins.
fn place_of(expr: &Expr) -> Option<Place> {
    let start = expr.span().start;
    (start.line > 0).then_some(Place { line: start.line, column: start.column })
}

/// An expression as it can stand in a message.
fn shown(expr: &Expr) -> String {
    shortened(&expr.to_string())
}

/// A text that is not too long for a message.
fn shortened(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= SHOWN_CHARS_MAX {
        return text;
    }
    text.chars().take(SHOWN_CHARS_MAX - 1).chain(['…']).collect()
}

fn first_sentence(text: &str) -> String {
    text.split(". ").next().unwrap_or(text).lines().next().unwrap_or_default().to_owned()
}

/// Whether two failures are of one kind: the engine's messages of a kind begin alike.
pub(super) fn is_same_failure(a: &DataFusionError, b: &DataFusionError) -> bool {
    let kind = |error: &DataFusionError| {
        let message = message(error.find_root());
        message.split_whitespace().take(2).map(str::to_owned).collect::<Vec<_>>()
    };
    kind(a) == kind(b)
}
