//! A script: statements parted by `;`, with an optional header that declares parameters.

use super::saved::{DeclaredParameter, declared_parameters};
use crate::engine::{Answer, Engine, Parameter, Parameters, StatementText, statements};
use crate::error::{Error, Place, Result};

/// How alike two names must be for one to be suggested for the other, from 0 to 1.
const ALIKE: f64 = 0.72;

/// A script, taken apart.
#[derive(Debug)]
pub(crate) struct Script {
    /// What errors call it; a text that a person just typed has no name.
    name: Option<String>,
    statements: Vec<StatementText>,
    parameters: Vec<DeclaredParameter>,
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
        Ok(Self { name: None, statements: statements(text, line), parameters: declared_parameters(text)? })
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

    /// The values for its parameters: those given as `name=value`, else the declared defaults.
    ///
    /// # Errors
    ///
    /// If a value does not have the declared type, a required one is missing, or a name is not one of its parameters.
    pub(crate) fn bind(&self, given: &[(String, String)], newest: Option<i64>) -> Result<Parameters> {
        refuse_unknown(&[self], given)?;
        self.bind_known(given, newest)
    }

    fn bind_known(&self, given: &[(String, String)], newest: Option<i64>) -> Result<Parameters> {
        let mut parameters = Parameters::default();
        for (name, value) in given {
            match self.parameters.iter().find(|declared| declared.name == *name) {
                Some(declared) => {
                    let value = Parameter::parse(declared.kind, value, newest).map_err(|error| {
                        let failure =
                            Error::new(format!("cannot use `--param {name}`")).because(error.one_line());
                        error.hint_text().into_iter().fold(failure, Error::hint)
                    })?;
                    parameters.set(name, value);
                }
                None => parameters.set(name, Parameter::untyped(value)),
            }
        }
        let is_given = |wanted: &str| given.iter().any(|(name, _)| name == wanted);
        for declared in self.parameters.iter().filter(|declared| !is_given(&declared.name)) {
            match &declared.default {
                Some(default) => {
                    parameters.set(&declared.name, Parameter::parse(declared.kind, default, newest)?)
                }
                None if declared.is_required => {
                    let error = Error::new(format!("the query needs `{}`", declared.name))
                        .because(declared.doc.clone())
                        .hint(format!("add `--param {}={}`", declared.name, declared.name.to_uppercase()));
                    return Err(self.of_this(error, None));
                }
                None => parameters.set(&declared.name, Parameter::null(declared.kind)),
            }
        }
        for (name, place) in self.statements.iter().flat_map(|statement| &statement.placeholders) {
            // Numbers are for PREPARE and EXECUTE.
            let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
            if !is_number && !is_given(name) && !self.parameters.iter().any(|known| known.name == *name) {
                let error = Error::new(format!("the statement needs a value for `${name}`"))
                    .at(Some(*place))
                    .hint(format!("add `--param {name}=VALUE`"));
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
        if let Some(command) = statement.text.strip_prefix('\\') {
            let command = command.split_whitespace().next().unwrap_or_default();
            return Err(Error::new(format!("`\\{command}` is a command of the shell"))
                .at(Some(statement.begin))
                .hint("a script is SQL only; `auditql query --help` lists the options that it is run with"));
        }
        engine.run(&statement.text, parameters).map_err(|error| error.moved(statement.begin))
    }

    /// Runs the statements in order and hands each answer to `take`. The first failure ends the script.
    ///
    /// # Errors
    ///
    /// The failure of a statement, or of `take`.
    pub(crate) fn run(
        &self,
        engine: &Engine,
        parameters: &Parameters,
        take: &mut dyn FnMut(Answer<'_>) -> Result<()>,
    ) -> Result<()> {
        self.statements.iter().try_for_each(|statement| take(self.start(statement, engine, parameters)?))
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

/// The values for the parameters of several scripts that the same ones are given to.
///
/// # Errors
///
/// As for one; a name must be a parameter of one of them.
pub(crate) fn bind_all(
    scripts: &[Script],
    given: &[(String, String)],
    newest: Option<i64>,
) -> Result<Vec<Parameters>> {
    refuse_unknown(&scripts.iter().collect::<Vec<_>>(), given)?;
    scripts.iter().map(|script| script.bind_known(given, newest)).collect()
}

fn refuse_unknown(scripts: &[&Script], given: &[(String, String)]) -> Result<()> {
    let mut names: Vec<&str> = Vec::new();
    for name in scripts.iter().flat_map(|script| script.parameter_names()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let Some((unknown, _)) = given.iter().find(|(name, _)| !names.contains(&name.as_str())) else {
        return Ok(());
    };
    let score = |name: &str| match strsim::levenshtein(unknown, name) {
        1 if name.len() > 1 => 1.0,
        _ => strsim::jaro_winkler(&unknown.to_lowercase(), &name.to_lowercase()),
    };
    let nearest = names.iter().max_by(|a, b| score(a).total_cmp(&score(b)));
    let list = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    Err(Error::new(format!("the query has no parameter `{unknown}`")).hint(match nearest {
        Some(name) if score(name) >= ALIKE => format!("did you mean `{name}`? it takes {list}"),
        Some(_) => format!("it takes {list}"),
        None => format!("it takes none; write `${unknown}` in the SQL where the value belongs"),
    }))
}
