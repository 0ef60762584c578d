//! The words that completion knows.

use std::cell::LazyCell;

use crate::engine::TableDoc;

/// Values of a table's column that begin with a text.
pub(crate) type ValuesOf = dyn Fn(&str, &str, &str) -> Vec<String>;

/// Words, and where to ask for more.
pub(crate) struct Vocabulary {
    /// Tables and views with their columns, looked up when somebody first completes: every view is planned for it.
    pub(crate) tables: LazyCell<Vec<TableDoc>, Box<dyn FnOnce() -> Vec<TableDoc>>>,
    /// Names of functions.
    pub(crate) functions: Vec<String>,
    /// Saved queries, whose headers are read when somebody first completes one.
    pub(crate) queries: LazyCell<Vec<QueryWord>, Box<dyn FnOnce() -> Vec<QueryWord>>>,
    /// Commands.
    pub(crate) commands: Vec<CommandWord>,
    /// Output formats.
    pub(crate) formats: Vec<&'static str>,
    /// Values of a table's column that begin with a text, the most frequent first.
    pub(crate) values: Box<ValuesOf>,
}

/// A saved query.
pub(crate) struct QueryWord {
    /// Its name.
    pub(crate) name: String,
    /// Names of its parameters.
    pub(crate) parameters: Vec<String>,
}

/// A command.
pub(crate) struct CommandWord {
    /// Its name, without the `\`.
    pub(crate) name: &'static str,
    /// Its arguments, as help writes them.
    pub(crate) arguments: &'static str,
    /// What the first of them is.
    pub(crate) argument: Argument,
}

/// What a command's argument is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Argument {
    /// Nothing that is known.
    Unknown,
    /// A table or view.
    Table,
    /// A saved query, then its parameters.
    Query,
    /// A file.
    File,
    /// One of these words.
    Words(&'static [&'static str]),
    /// An output format.
    Format,
}

impl Vocabulary {
    /// The table of this name.
    pub(super) fn table(&self, name: &str) -> Option<&TableDoc> {
        self.tables.iter().find(|table| table.name.eq_ignore_ascii_case(name))
    }

    /// The saved query of this name, with or without its folder.
    pub(super) fn query(&self, name: &str) -> Option<&QueryWord> {
        let is_meant = |query: &&QueryWord| query.name == name || query.name.rsplit('/').next() == Some(name);
        self.queries.iter().find(is_meant)
    }

    /// The command that a line begins with.
    pub(super) fn command(&self, line: &str) -> Option<&CommandWord> {
        let name = line.trim_start().strip_prefix('\\')?.split_whitespace().next()?;
        self.commands.iter().find(|command| command.name == name)
    }
}
