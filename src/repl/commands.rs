//! Commands of the shell: name, arguments, help and what they do, in one table.

use super::Shell;
use crate::engine::{FUNCTIONS, TableDoc};
use crate::error::{Error, Result};
use crate::query::Script;
use crate::render::{NamedFormat, OutputFormat, printable};

/// A command that begins with `\`.
pub(super) struct Command {
    pub(super) name: &'static str,
    arguments: &'static str,
    help: &'static str,
    run: fn(&mut Shell<'_>, &str) -> Result<()>,
}

/// Every command.
pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "d",
        arguments: "[TABLE]",
        help: "list the tables, or the columns of one",
        run: describe,
    },
    Command { name: "df", arguments: "", help: "list the functions for audit logs", run: functions },
    Command {
        name: "queries",
        arguments: "[NAME]",
        help: "list the saved queries, or explain one",
        run: queries,
    },
    Command { name: "run", arguments: "NAME [PARAM=VALUE …]", help: "run a saved query", run: run_saved },
    Command {
        name: "format",
        arguments: "[NAME]",
        help: "list the formats of rows, or choose one",
        run: format,
    },
    Command {
        name: "timing",
        arguments: "",
        help: "say how long each statement takes, or stop saying it",
        run: timing,
    },
    Command { name: "?", arguments: "", help: "list these commands", run: help },
    Command { name: "q", arguments: "", help: "leave", run: quit },
];

/// Runs the command whose text follows the `\`.
pub(super) fn run(shell: &mut Shell<'_>, text: &str) -> Result<()> {
    let text = text.trim().trim_end_matches(';').trim_end();
    let (name, arguments) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let command = COMMANDS
        .iter()
        .find(|command| command.name == name)
        .ok_or_else(|| Error::new(format!("no command `\\{name}`")).hint("`\\?` lists the commands"))?;
    (command.run)(shell, arguments.trim())
}

fn describe(shell: &mut Shell<'_>, name: &str) -> Result<()> {
    let tables = shell.engine.tables()?;
    let text = if name.is_empty() {
        let width = tables.iter().map(|table| table.name.len()).max().unwrap_or(0);
        let line = |table: &TableDoc| format!("{:width$}  {:9}  {}\n", table.name, table.kind, table.doc);
        tables.iter().map(line).collect()
    } else {
        let table = tables.iter().find(|table| table.name.eq_ignore_ascii_case(name));
        columns(table.ok_or_else(|| Error::new(format!("no table `{name}`")).hint("`\\d` lists the tables"))?)
    };
    shell.write(&text)
}

fn columns(table: &TableDoc) -> String {
    let name_width = table.columns.iter().map(|column| column.name.len()).max().unwrap_or(0);
    let mut text = format!("{}\n\n", table.doc);
    for column in &table.columns {
        // Lists of structs are spelt out in meta.columns; here they would push everything off the screen.
        let data_type = column.data_type.split('(').next().unwrap_or_default();
        text.push_str(&format!("{:name_width$}  {data_type:9}  {}\n", column.name, column.doc));
    }
    text
}

fn functions(shell: &mut Shell<'_>, _: &str) -> Result<()> {
    let width = FUNCTIONS.iter().map(|function| function.usage.len()).max().unwrap_or(0);
    let text: String =
        FUNCTIONS.iter().map(|function| format!("{:width$}  {}\n", function.usage, function.doc)).collect();
    shell.write(&text)
}

fn queries(shell: &mut Shell<'_>, name: &str) -> Result<()> {
    let library = shell.library;
    let text = if name.is_empty() { library.list() } else { library.find(name)?.explain()? };
    let text: String = text.lines().map(|line| format!("{}\n", printable(line))).collect();
    shell.write(&text)
}

fn run_saved(shell: &mut Shell<'_>, arguments: &str) -> Result<()> {
    let (name, rest) = arguments.split_once(char::is_whitespace).unwrap_or((arguments, ""));
    if name.is_empty() {
        return Err(Error::new("no query is named").hint("`\\run NAME`; `\\queries` lists them"));
    }
    let query = shell.library.find(name)?;
    let script = Script::read(&query.text)?;
    let given = parameters(rest)?;
    shell.run_script(&script, &given)
}

/// `a=1 b='two words'`.
fn parameters(text: &str) -> Result<Vec<(String, String)>> {
    let mut given = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let wrong =
            || Error::new(format!("cannot read `{rest}`")).hint("write PARAM=VALUE, or PARAM='two words'");
        let (name, value) = rest.split_once('=').ok_or_else(wrong)?;
        let (value, after) = match value.strip_prefix('\'') {
            Some(quoted) => quoted.split_once('\'').ok_or_else(wrong)?,
            None => value.split_once(char::is_whitespace).unwrap_or((value, "")),
        };
        given.push((name.trim().to_owned(), value.to_owned()));
        rest = after.trim();
    }
    Ok(given)
}

fn format(shell: &mut Shell<'_>, name: &str) -> Result<()> {
    if name.is_empty() {
        let line = |named: NamedFormat| format!("{:9} {}\n", named.name, named.doc);
        return shell.write(&OutputFormat::ALL.map(line).concat());
    }
    let format = OutputFormat::named(name).ok_or_else(|| {
        Error::new(format!("no format `{name}`")).hint(format!("the formats are {}", OutputFormat::names()))
    })?;
    if format.is_binary() && shell.around.is_output_terminal {
        return Err(Error::new(format!("cannot write {name} to a terminal: it is binary"))
            .hint(format!("write a file with `auditql query --format {name} -o FILE -c SQL`")));
    }
    shell.format = format;
    shell.answers = 0;
    Ok(())
}

fn timing(shell: &mut Shell<'_>, _: &str) -> Result<()> {
    shell.has_timing = !shell.has_timing;
    shell.say(if shell.has_timing { "timing is on" } else { "timing is off" });
    Ok(())
}

fn help(shell: &mut Shell<'_>, _: &str) -> Result<()> {
    let usage = |command: &Command| format!("\\{} {}", command.name, command.arguments);
    let width = COMMANDS.iter().map(|command| usage(command).len()).max().unwrap_or(0);
    let text: String =
        COMMANDS.iter().map(|command| format!("{:width$}  {}\n", usage(command), command.help)).collect();
    shell.write(&text)
}

fn quit(shell: &mut Shell<'_>, _: &str) -> Result<()> {
    shell.is_over = true;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_with_and_without_quotes() {
        let given = parameters("a=1 b='two words' c=x=y").unwrap();
        let pairs: Vec<_> = given.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("a", "1"), ("b", "two words"), ("c", "x=y")]);
        assert!(parameters("a").is_err() && parameters("a='x").is_err());
    }
}
