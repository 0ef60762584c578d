//! A script: statements parted by `;`, with an optional header that declares parameters.

use std::collections::{BTreeMap, BTreeSet};

use super::saved::{DeclaredParameter, declared_parameters};
use crate::engine::{Answer, Engine, Parameter, Parameters, StatementText, header_field, statements};
use crate::error::{Error, Place, Result, alike};

/// A script, taken apart.
#[derive(Debug)]
pub(crate) struct Script {
    /// What errors call it; a text that a person just typed has no name.
    name: Option<String>,
    statements: Vec<StatementText>,
    parameters: Vec<DeclaredParameter>,
    /// Tables of events that its header needs.
    needs: Vec<String>,
}

impl Script {
    /// Takes a script apart; texts that are no SQL show when they are run. A first line that begins with `#!` is for
    /// the system.
    ///
    /// # Errors
    ///
    /// If a parameter's declaration in the header cannot be read.
    pub(crate) fn read(text: &str) -> Result<Self> {
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let (text, line) = match text.strip_prefix("#!") {
            Some(rest) => (rest.split_once('\n').map_or("", |(_, rest)| rest), 2),
            None => (text, 1),
        };
        let needs = header_field(text, "needs").unwrap_or_default();
        Ok(Self {
            name: None,
            statements: statements(text, line),
            parameters: declared_parameters(text)?,
            needs: needs.split(',').map(|table| table.trim().to_owned()).collect(),
        })
    }

    /// Takes apart a script that errors call `name`.
    ///
    /// # Errors
    ///
    /// If a parameter's declaration in the header cannot be read.
    pub(crate) fn named(name: &str, text: &str) -> Result<Self> {
        let script = Self::read(text).map_err(|error| error.in_text(name, None))?;
        Ok(Self { name: Some(name.to_owned()), ..script })
    }

    /// The statements in order.
    pub(crate) fn statements(&self) -> &[StatementText] {
        &self.statements
    }

    /// Tables of events without which an answer that is empty says nothing.
    pub(crate) fn needs(&self) -> &[String] {
        &self.needs
    }

    /// Whether a line of it is a `\` command.
    pub(crate) fn has_commands(&self) -> bool {
        self.statements.iter().any(|statement| statement.text.starts_with('\\'))
    }

    /// The values for its parameters: those given as `name=value`, else the declared defaults.
    ///
    /// # Errors
    ///
    /// If a value does not have the declared type, or a required one is missing.
    pub(crate) fn bind(&self, given: &[(String, String)], newest: Option<i64>) -> Result<Parameters> {
        self.bind_but(given, &BTreeSet::new(), newest)
    }

    /// Whether its parameters can be bound to what is given, before anything runs; `later` get a value as it runs.
    ///
    /// # Errors
    ///
    /// If a value does not have the declared type, or a required one is missing.
    pub(crate) fn check(
        &self,
        given: &[(String, String)],
        later: &BTreeSet<String>,
        newest: Option<i64>,
    ) -> Result<()> {
        self.bind_but(given, later, newest).map(drop)
    }

    fn bind_but(
        &self,
        given: &[(String, String)],
        later: &BTreeSet<String>,
        newest: Option<i64>,
    ) -> Result<Parameters> {
        let mut parameters = Parameters::default();
        for (name, value) in given {
            match self.parameters.iter().find(|declared| declared.name == *name) {
                Some(declared) => {
                    let value = Parameter::parse(declared.kind, value, newest)
                        .map_err(|error| error.reason_of(format!("cannot use `--param {name}`")))?;
                    parameters.set(name, value);
                }
                None => parameters.set(name, Parameter::untyped(value)),
            }
        }
        let is_given = |wanted: &str| later.contains(wanted) || given.iter().any(|(name, _)| name == wanted);
        for declared in self.parameters.iter().filter(|declared| !is_given(&declared.name)) {
            match &declared.default {
                Some(default) => {
                    parameters.set(&declared.name, Parameter::parse(declared.kind, default, newest)?)
                }
                None if declared.is_required => {
                    let value = format!("{}={}", declared.name, declared.name.to_uppercase());
                    let error = Error::new(format!("the query needs `{}`", declared.name))
                        .because(declared.doc.clone())
                        .hint(format!("add `--param {value}`, or `{value}` behind the name in `\\run`"));
                    return Err(self.of_this(error, None));
                }
                None => parameters.set(&declared.name, Parameter::null(declared.kind)),
            }
        }
        let used =
            self.statements.iter().flat_map(|one| one.placeholders.iter().map(move |used| (one, used)));
        for (statement, (name, place)) in used {
            // Numbers are for PREPARE and EXECUTE; what is not written `$name` is told when it is run.
            let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
            if is_name && !is_given(name) && !self.parameters.iter().any(|known| known.name == *name) {
                let error = Error::new(format!("the statement needs a value for `${name}`"))
                    .at(Some(place.within(statement.begin)))
                    .shown_in(&statement.text)
                    .moved(statement.begin)
                    .hint(format!("add `--param {name}=VALUE`, or `\\set {name} VALUE` before it"));
                return Err(self.of_this(error, None));
            }
        }
        Ok(parameters)
    }

    /// The names that it declares or uses.
    fn parameter_names(&self) -> impl Iterator<Item = &str> {
        let used = self.statements.iter().flat_map(|statement| &statement.placeholders);
        self.parameters
            .iter()
            .map(|declared| declared.name.as_str())
            .chain(used.map(|(name, _)| name.as_str()))
    }

    /// Plans and starts one of its statements. Errors, those of the rows too, name the place in the script.
    ///
    /// # Errors
    ///
    /// What is wrong with the statement, where, and what may have been meant.
    pub(crate) fn start<'e>(
        &self,
        statement: &StatementText,
        engine: &'e Engine,
        parameters: &Parameters,
    ) -> Result<Answer<'e>> {
        let answer = engine.run(&statement.text, parameters).map_err(|error| error.moved(statement.begin))?;
        Ok(answer.begun_at(statement.begin))
    }

    /// An error of this script, at a place that it knows itself or else at `begin`; that the output cannot be written is
    /// none.
    pub(crate) fn of_this(&self, error: Error, begin: Option<Place>) -> Error {
        match &self.name {
            Some(name) if !error.is_output() => error.in_text(name, begin),
            _ => error,
        }
    }
}

/// What is given, as far as a script knows it; a variable of a session takes the place of what was given at its start.
pub(crate) fn given_for(
    script: &Script,
    given: &[(String, String)],
    variables: &BTreeMap<String, String>,
) -> Vec<(String, String)> {
    let mut values: BTreeMap<String, String> = given.iter().cloned().collect();
    values.extend(variables.iter().map(|(name, value)| (name.clone(), value.clone())));
    let names: BTreeSet<&str> = script.parameter_names().collect();
    values.into_iter().filter(|(name, _)| names.contains(name.as_str())).collect()
}

/// The text of a script.
///
/// # Errors
///
/// If it is no text in UTF-8.
pub(crate) fn script_text(name: &str, bytes: Vec<u8>) -> Result<String> {
    let wrong = |reason: String| {
        Error::new(format!("cannot read `{name}`")).because(reason).hint("save it as text in UTF-8")
    };
    let text = String::from_utf8(bytes)
        .map_err(|error| wrong(format!("it is not UTF-8 at byte {}", error.utf8_error().valid_up_to())))?;
    match text.find('\0') {
        Some(at) => Err(wrong(format!("it has a NUL character at byte {at}"))),
        None => Ok(text),
    }
}

/// Refuses a name that is a parameter of none of the scripts.
///
/// # Errors
///
/// If there is one, with the nearest that they have.
pub(crate) fn check_given(scripts: &[Script], given: &[(String, String)]) -> Result<()> {
    let mut names: Vec<&str> = Vec::new();
    for name in scripts.iter().flat_map(Script::parameter_names) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let Some((unknown, _)) = given.iter().find(|(name, _)| !names.contains(&name.as_str())) else {
        return Ok(());
    };
    let list = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    Err(Error::new(format!("the query has no parameter `{unknown}`")).hint(match alike(unknown, &names) {
        Some(meant) => format!("did you mean `{meant}`? it takes {list}"),
        None if names.is_empty() => {
            format!("it takes none; write `${unknown}` in the SQL where the value belongs")
        }
        None => format!("it takes {list}"),
    }))
}
