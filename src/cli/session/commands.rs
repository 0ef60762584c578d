//! Commands that begin with `\`: name, arguments, help and what they do, in one table.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command as Process;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::Session;
use crate::cli::common::{Expansion, parameter_name, refuse_empty, rows};
use crate::cli::timeline::{self, Question, Told};
use crate::cli::{show, status};
use crate::engine::{FUNCTIONS, TableDoc, TimeRange, parse_instant};
use crate::error::{Context, Error, Hint, Result, alike};
use crate::platform;
use crate::query::{Script, check_given};
use crate::render::{NamedFormat, OutputFormat, Zone, printable, shortened};
use crate::repl::Argument;
use crate::schema::format_time;

/// Example values of a column, at most.
const EXAMPLES_MAX: usize = 3;
/// Columns that an example may take.
const EXAMPLE_WIDTH_MAX: usize = 32;

/// A command that begins with `\`.
pub(in crate::cli) struct Command {
    pub(in crate::cli) name: &'static str,
    pub(in crate::cli) arguments: &'static str,
    pub(in crate::cli) help: &'static str,
    /// What its argument may be.
    pub(in crate::cli) argument: Argument,
    run: fn(&mut Session<'_>, &str) -> Result<()>,
}

/// Every command, by what it is for.
pub(in crate::cli) const COMMANDS: &[Command] = &[
    command("?", "", "list these commands", Argument::Unknown, help),
    command("q", "", "leave", Argument::Unknown, quit),
    command("d", "[TABLE]", "list the tables, or the columns of one", Argument::Table, describe),
    command(
        "d+",
        "TABLE",
        "the columns of a table with their names in Graph and example values",
        Argument::Table,
        describe_more,
    ),
    command("df", "", "list the functions for audit logs", Argument::Unknown, functions),
    command("dq", "[NAME]", "list the saved queries, or explain one", Argument::Query, queries),
    command("run", "NAME [PARAM=VALUE …]", "run a saved query", Argument::Query, run_saved),
    command("show", "ID", "show one event as the portal's details panel does", Argument::Unknown, show_event),
    command(
        "timeline",
        "WHO",
        "everything done by or to a user, application or address",
        Argument::Unknown,
        tell_timeline,
    ),
    command("status", "", "what the archive holds", Argument::Unknown, tell_status),
    command(
        "from",
        "[TIME]",
        "only events from this time on; without a time, all (forgets views made here)",
        Argument::Unknown,
        from,
    ),
    command(
        "to",
        "[TIME]",
        "only events before this time; without a time, all (forgets views made here)",
        Argument::Unknown,
        to,
    ),
    command(
        "tz",
        "[ZONE]",
        "show times in this zone, e.g. Europe/Berlin; without one, UTC",
        Argument::Unknown,
        zone,
    ),
    command(
        "set",
        "[NAME VALUE]",
        "give `$NAME` in statements a value, or list them",
        Argument::Unknown,
        set,
    ),
    command("unset", "NAME", "take the value of `$NAME` away", Argument::Unknown, unset),
    command(
        "format",
        "[NAME]",
        "how answers are written; without a name, list the formats",
        Argument::Format,
        format,
    ),
    command(
        "x",
        "[on|off|auto]",
        "one line a value; `auto` if a row is wider than the terminal",
        Argument::Words(&["on", "off", "auto"]),
        expand,
    ),
    command("chart", "", "the last answer as a chart", Argument::Unknown, chart),
    command("last", "[FORMAT] [FILE]", "the last answer again, in another format", Argument::Format, last),
    command("g", "[FILE]", "run the last statement again, its answer to a file", Argument::File, again),
    command("plan", "", "how the engine runs the last statement", Argument::Unknown, plan),
    command("e", "", "edit the last statement with $VISUAL or $EDITOR, and run it", Argument::Unknown, edit),
    command("i", "FILE", "run a file of statements and commands", Argument::File, include),
    command("o", "[FILE]", "answers to a file; without one, here again", Argument::File, redirect),
    command(
        "timing",
        "[on|off]",
        "say how long each statement takes",
        Argument::Words(&["on", "off"]),
        timing,
    ),
    command("pager", "[on|off]", "show long answers with $PAGER", Argument::Words(&["on", "off"]), pager),
];

const fn command(
    name: &'static str,
    arguments: &'static str,
    help: &'static str,
    argument: Argument,
    run: fn(&mut Session<'_>, &str) -> Result<()>,
) -> Command {
    Command { name, arguments, help, argument, run }
}

/// Other names that people try.
const OTHER_NAMES: &[(&str, &str)] =
    &[("h", "?"), ("help", "?"), ("quit", "q"), ("exit", "q"), ("dt", "d"), ("queries", "dq")];

/// Runs the command whose text follows the `\`.
pub(super) fn run(session: &mut Session<'_>, text: &str) -> Result<()> {
    let text = text.trim().trim_end_matches(';').trim_end();
    let (name, arguments) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let name = OTHER_NAMES.iter().find(|(other, _)| *other == name).map_or(name, |(_, ours)| ours);
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        let names: Vec<&str> = COMMANDS.iter().map(|command| command.name).collect();
        let hint = match alike(name, &names) {
            Some(meant) => format!("did you mean `\\{meant}`? `\\?` lists them"),
            None => "`\\?` lists the commands".to_owned(),
        };
        return Err(Error::new(format!("no command `\\{name}`")).hint(hint));
    };
    let arguments = arguments.trim();
    if command.arguments.is_empty() && !arguments.is_empty() {
        return Err(Error::new(format!("`\\{name}` takes nothing, and `{arguments}` was given")));
    }
    if !command.arguments.is_empty() && !command.arguments.starts_with('[') && arguments.is_empty() {
        return Err(Error::new(format!("`\\{name}` needs more"))
            .hint(format!("write `\\{name} {}`", command.arguments)));
    }
    (command.run)(session, arguments)
}

/// The names that `\set` gives a value in scripts.
pub(super) fn variables_set(scripts: &[Script]) -> BTreeSet<String> {
    let items = scripts.iter().flat_map(Script::statements);
    let named = items.filter_map(|item| item.text.strip_prefix("\\set ")?.split_whitespace().next());
    named.map(|name| name.trim_start_matches('$').to_owned()).collect()
}

fn help(session: &mut Session<'_>, _: &str) -> Result<()> {
    let usage = |command: &Command| format!("\\{} {}", command.name, command.arguments);
    let width = COMMANDS.iter().map(|command| usage(command).chars().count()).max().unwrap_or(0);
    let text: String =
        COMMANDS.iter().map(|command| format!("{:width$}  {}\n", usage(command), command.help)).collect();
    session.write(&text)
}

fn quit(session: &mut Session<'_>, _: &str) -> Result<()> {
    session.is_over = true;
    Ok(())
}

fn describe(session: &mut Session<'_>, name: &str) -> Result<()> {
    let tables = session.engine.tables()?;
    let text = if name.is_empty() {
        let width = tables.iter().map(|table| table.name.len()).max().unwrap_or(0);
        let line = |table: &TableDoc| format!("{:width$}  {:9}  {}\n", table.name, table.kind, table.doc);
        tables.iter().map(line).collect()
    } else {
        columns(table(&tables, name)?)
    };
    session.write(&text)
}

fn table<'t>(tables: &'t [TableDoc], name: &str) -> Result<&'t TableDoc> {
    tables.iter().find(|table| table.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
        let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
        Error::new(format!("no table `{name}`")).hint(match alike(name, &names) {
            Some(meant) => format!("did you mean `{meant}`? `\\d` lists them"),
            None => "`\\d` lists the tables".to_owned(),
        })
    })
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

fn describe_more(session: &mut Session<'_>, name: &str) -> Result<()> {
    let tables = session.engine.tables()?;
    let table = table(&tables, name)?;
    let mut text = format!("{}: {}\n", table.name, table.doc);
    if !table.reference.is_empty() {
        text.push_str(&format!("See {}\n", table.reference));
    }
    for column in &table.columns {
        text.push_str(&format!("\n{} {}\n  {}\n", column.name, column.data_type, column.doc));
        if !column.source_keys.is_empty() {
            text.push_str(&format!("  From {}\n", column.source_keys));
        }
        let examples = session.engine.values(&table.name, &column.name, "", EXAMPLES_MAX).unwrap_or_default();
        if !examples.is_empty() {
            let shorten = |value: &String| shortened(&printable(value), EXAMPLE_WIDTH_MAX).into_owned();
            let examples: Vec<_> = examples.iter().map(shorten).collect();
            text.push_str(&format!("  e.g. {}\n", examples.join(" · ")));
        }
    }
    session.write(&text)
}

fn functions(session: &mut Session<'_>, _: &str) -> Result<()> {
    let width = FUNCTIONS.iter().map(|function| function.usage.len()).max().unwrap_or(0);
    let text: String =
        FUNCTIONS.iter().map(|function| format!("{:width$}  {}\n", function.usage, function.doc)).collect();
    session.write(&text)
}

fn queries(session: &mut Session<'_>, name: &str) -> Result<()> {
    let library = &session.library;
    let text = if name.is_empty() { library.list() } else { library.find(name)?.explain()? };
    let text: String = text.lines().map(|line| format!("{}\n", printable(line))).collect();
    session.write(&text)
}

fn run_saved(session: &mut Session<'_>, arguments: &str) -> Result<()> {
    let (name, rest) = arguments.split_once(char::is_whitespace).unwrap_or((arguments, ""));
    let query = session.library.find(name)?;
    let script = Script::read(&query.text)?;
    query.header()?;
    let given = parameters(rest)?;
    check_given(std::slice::from_ref(&script), &given)?;
    session.take_script(&script, &given)
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
        given.push((parameter_name(name).ok_or_else(wrong)?, value.to_owned()));
        rest = after.trim();
    }
    Ok(given)
}

fn show_event(session: &mut Session<'_>, id: &str) -> Result<()> {
    let text = show::text(&session.engine, unquoted(id), session.console)?;
    session.write(&text)
}

fn tell_timeline(session: &mut Session<'_>, who: &str) -> Result<()> {
    let engine = std::rc::Rc::clone(&session.engine);
    let whole = timeline::whole(&engine, session.args, &session.library)?;
    let question = Question { who: unquoted(who), is_all: false, direction: None, limit: None };
    let mut story =
        question.ask(whole.as_ref().unwrap_or(&engine), &engine, &session.library, session.console)?;
    let is_read = timeline::is_read(session.sink.args().format());
    story.tell(is_read, &mut |told| match told {
        Told::Summary(text) if is_read => session.write(text),
        Told::Summary(text) => {
            text.lines().for_each(|line| session.console.say(line));
            Ok(())
        }
        Told::Events(schema, batches) => session.sink.take_once(None, None, schema, batches).map(drop),
    })
}

fn tell_status(session: &mut Session<'_>, _: &str) -> Result<()> {
    let text = status::text(&session.engine)?;
    session.write(&text)
}

fn from(session: &mut Session<'_>, time: &str) -> Result<()> {
    let from = instant(session, time, false)?;
    limit(session, TimeRange { from, ..session.settings.time_range })
}

fn to(session: &mut Session<'_>, time: &str) -> Result<()> {
    let to = instant(session, time, true)?;
    limit(session, TimeRange { to, ..session.settings.time_range })
}

fn instant(session: &Session<'_>, text: &str, is_end: bool) -> Result<Option<i64>> {
    let newest = session.engine.snapshot().period().map(|(_, last)| last);
    match unquoted(text) {
        "" => Ok(None),
        text => parse_instant(text, newest, is_end).map(|(instant, _)| Some(instant)),
    }
}

fn limit(session: &mut Session<'_>, range: TimeRange) -> Result<()> {
    let shown = |instant: Option<i64>, open: &str| instant.map_or(open.to_owned(), format_time);
    refuse_empty(range).hint(|| "`\\from` or `\\to` alone takes a limit away".to_owned())?;
    session.set_time_range(range)?;
    session.console.say(&format!(
        "events from {} to {}",
        shown(range.from, "the first"),
        shown(range.to, "the last")
    ));
    Ok(())
}

fn zone(session: &mut Session<'_>, name: &str) -> Result<()> {
    let zone = match unquoted(name) {
        "" => None,
        name => Some(Zone::parse(name).map_err(Error::new)?),
    };
    let name = zone.as_ref().map_or("UTC", Zone::name).to_owned();
    session.sink.change(|args| args.timezone = zone)?;
    session.console.say(&format!("times are shown in {name}"));
    Ok(())
}

fn set(session: &mut Session<'_>, arguments: &str) -> Result<()> {
    if arguments.is_empty() {
        let text: String =
            session.variables.iter().map(|(name, value)| format!("{name} {}\n", printable(value))).collect();
        return session.write(&text);
    }
    let (name, value) = arguments.split_once(char::is_whitespace).ok_or_else(|| {
        Error::new(format!("`\\set {arguments}` names no value"))
            .hint(format!("write `\\set {arguments} VALUE`; `\\unset {arguments}` takes its value away"))
    })?;
    let name = name.trim_start_matches('$').to_owned();
    session.variables.insert(name, unquoted(value.trim()).to_owned());
    Ok(())
}

fn unset(session: &mut Session<'_>, name: &str) -> Result<()> {
    match session.variables.remove(name.trim_start_matches('$')) {
        Some(_) => Ok(()),
        None => Err(Error::new(format!("`{name}` has no value")).hint("`\\set` lists those that have")),
    }
}

/// A text without the quotes around it.
fn unquoted(text: &str) -> &str {
    text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).unwrap_or(text)
}

fn format(session: &mut Session<'_>, name: &str) -> Result<()> {
    if name.is_empty() {
        let now = session.sink.args().format();
        let line = |named: NamedFormat| {
            let mark = if named.format == now { " (now)" } else { "" };
            format!("{:9} {}{mark}\n", named.name, named.doc)
        };
        return session.write(&OutputFormat::ALL.map(line).concat());
    }
    let format = named_format(name)?;
    session.sink.change(|args| *args = args.changed(Some(format), args.path()))
}

fn named_format(name: &str) -> Result<OutputFormat> {
    OutputFormat::named(name).ok_or_else(|| {
        Error::new(format!("no format `{name}`")).hint(format!("the formats are {}", OutputFormat::names()))
    })
}

fn expand(session: &mut Session<'_>, how: &str) -> Result<()> {
    let expansion = match (how, session.sink.args().expansion) {
        ("on", _) | ("", Expansion::Off) => Expansion::On,
        ("off", _) | ("", _) => Expansion::Off,
        ("auto", _) => Expansion::Auto,
        _ => return Err(Error::new(format!("`\\x` takes on, off or auto, and not `{how}`"))),
    };
    session.sink.change(|args| args.expansion = expansion)?;
    session.console.say(match expansion {
        Expansion::On => "one line a value",
        Expansion::Off => "columns side by side",
        Expansion::Auto => "one line a value where a row is wider than the terminal",
    });
    Ok(())
}

fn chart(session: &mut Session<'_>, _: &str) -> Result<()> {
    last_as(session, Some(OutputFormat::Chart), None)
}

fn last(session: &mut Session<'_>, arguments: &str) -> Result<()> {
    let (first, second) = arguments.split_once(char::is_whitespace).unwrap_or((arguments, ""));
    let path =
        |text: &str| Some(PathBuf::from(unquoted(text.trim()))).filter(|path| !path.as_os_str().is_empty());
    match OutputFormat::named(first) {
        Some(format) => last_as(session, Some(format), path(second).as_deref()),
        None if first.is_empty() || Path::new(unquoted(arguments)).extension().is_some() => {
            last_as(session, None, path(arguments).as_deref())
        }
        None => named_format(first).map(drop),
    }
}

fn last_as(session: &mut Session<'_>, format: Option<OutputFormat>, path: Option<&Path>) -> Result<()> {
    let (schema, batches) = session.last.answer()?;
    let mut batches = batches.into_iter().map(Ok);
    take_once(session, format, path, &schema, &mut batches)
}

fn again(session: &mut Session<'_>, file: &str) -> Result<()> {
    let (statement, parameters) = session.last.statement()?;
    let script = Script::read("")?;
    if file.is_empty() {
        return session.statement(&script, &statement, &parameters);
    }
    let path = PathBuf::from(unquoted(file));
    let engine = std::rc::Rc::clone(&session.engine);
    let mut answer = script.start(&statement, &engine, &parameters)?;
    let schema = answer.schema();
    take_once(session, None, Some(&path), &schema, &mut answer)
}

/// Writes an answer; how many rows a file got is said.
fn take_once(
    session: &mut Session<'_>,
    format: Option<OutputFormat>,
    path: Option<&Path>,
    schema: &SchemaRef,
    batches: &mut dyn Iterator<Item = Result<RecordBatch>>,
) -> Result<()> {
    let rows = session.sink.take_once(format, path, schema, batches)?;
    if let Some(path) = path {
        session.console.say(&format!("{rows} rows in `{}`", path.display()));
    }
    Ok(())
}

fn plan(session: &mut Session<'_>, _: &str) -> Result<()> {
    let (statement, parameters) = session.last.statement()?;
    let engine = std::rc::Rc::clone(&session.engine);
    let sql = format!("EXPLAIN FORMAT indent {}", statement.text);
    let mut text = String::new();
    for row in rows(engine.run(&sql, &parameters)?)? {
        for cell in row.into_iter().flatten() {
            text.extend(cell.lines().map(|line| format!("{}\n", printable(line))));
        }
    }
    session.write(&text)
}

fn edit(session: &mut Session<'_>, _: &str) -> Result<()> {
    if !session.settings.is_interactive {
        return Err(Error::new("`\\e` is for a person at a terminal"));
    }
    let console = session.console;
    let editor = console.variable("VISUAL").or_else(|| console.variable("EDITOR")).unwrap_or("vi".into());
    let before = session.last.statement().map(|(statement, _)| statement.text + ";\n").unwrap_or_default();
    let dir = std::env::temp_dir().join(format!("auditql-edit-{}", std::process::id()));
    let describe = || format!("cannot edit in `{}`", dir.display());
    platform::create_new_private_dir(&dir).context(describe)?;
    let path = dir.join("statement.sql");
    let edited = fs::write(&path, &before).context(describe).and_then(|()| {
        let mut words = editor.to_str().unwrap_or("vi").split_whitespace();
        let program = words.next().unwrap_or("vi");
        let status = Process::new(program)
            .args(words)
            .arg(&path)
            .status()
            .context(|| format!("cannot start the editor `{program}`"))?;
        match status.success() {
            true => fs::read_to_string(&path).context(describe),
            false => Err(Error::new(format!("the editor `{program}` failed"))),
        }
    });
    let _ = fs::remove_dir_all(&dir);
    let edited = edited?;
    if edited.trim().is_empty() || edited == before {
        console.say("nothing was changed");
        return Ok(());
    }
    console.say(&printable(edited.trim()));
    session.take_text(None, &edited)
}

fn include(session: &mut Session<'_>, file: &str) -> Result<()> {
    session.take_file(Path::new(unquoted(file)))
}

fn redirect(session: &mut Session<'_>, file: &str) -> Result<()> {
    match unquoted(file) {
        "" => session.sink.redirect(None),
        file => session.sink.redirect(Some(Path::new(file))),
    }
}

fn timing(session: &mut Session<'_>, how: &str) -> Result<()> {
    session.settings.has_timing = is_on("timing", how, session.settings.has_timing)?;
    session.console.say(if session.settings.has_timing { "timing is on" } else { "timing is off" });
    Ok(())
}

fn pager(session: &mut Session<'_>, how: &str) -> Result<()> {
    let has_pager = is_on("pager", how, !session.sink.args().no_pager)?;
    session.sink.change(|args| args.no_pager = !has_pager)?;
    session.console.say(if has_pager { "the pager is on" } else { "the pager is off" });
    Ok(())
}

/// What `on`, `off` or nothing make of a setting.
fn is_on(name: &str, how: &str, is_now: bool) -> Result<bool> {
    match how {
        "on" => Ok(true),
        "off" => Ok(false),
        "" => Ok(!is_now),
        _ => Err(Error::new(format!("`\\{name}` takes on or off, and not `{how}`"))),
    }
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

    #[test]
    fn a_command_is_declared_once() {
        for (index, command) in COMMANDS.iter().enumerate() {
            assert!(COMMANDS[..index].iter().all(|other| other.name != command.name), "{}", command.name);
            assert!(OTHER_NAMES.iter().all(|(other, _)| *other != command.name), "{}", command.name);
        }
        assert!(OTHER_NAMES.iter().all(|(_, ours)| COMMANDS.iter().any(|command| command.name == *ours)));
    }
}
