//! Statements that are not run: an archive is only read, and SQL reads no other files.

use std::ops::ControlFlow;

use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{
    ObjectName, ObjectType, Select, SelectFlavor, Statement as SqlStatement, Visit, Visitor,
};

use super::text::Text;
use crate::error::Error;

/// Refuses a statement that changes an archive's tables, or reads or writes files; `is_ours` says whether a table, by its
/// name, is one that every session has.
pub(in crate::engine) fn refuse(
    sql: &str,
    statement: &Statement,
    is_ours: &dyn Fn(&str) -> bool,
) -> Option<Error> {
    let text = Text::new(sql);
    match statement {
        Statement::CopyTo(_) => Some(
            at(&text, &["COPY"], "`COPY` is not run: SQL writes no files")
                .hint("write rows with `-o FILE`; the ending decides how: `-o rows.parquet`, `-o rows.csv`"),
        ),
        Statement::CreateExternalTable(_) => Some(
            at(&text, &["EXTERNAL"], "`CREATE EXTERNAL TABLE` is not run: SQL reads the archive, and no other files").hint(
                "query downloads with `auditql query -i FILE -c '…'`; write a short list as `WITH list(ip) AS (VALUES ('192.0.2.1'), ('192.0.2.2'))`",
            ),
        ),
        Statement::Explain(explain) => refuse(sql, &explain.statement, is_ours),
        Statement::Reset(_) => None,
        Statement::Statement(statement) => refuse_sql(&text, statement, is_ours),
    }
}

fn at(text: &Text<'_>, words: &[&str], what: impl Into<String>) -> Error {
    let index = text.words(words).unwrap_or(0);
    Error::new(what).at(Some(text.place(index)))
}

fn refuse_sql(text: &Text<'_>, statement: &SqlStatement, is_ours: &dyn Fn(&str) -> bool) -> Option<Error> {
    let changes = |word: &str| {
        at(text, &[word], format!("`{word}` is not run: an archive is only read"))
            .hint("leave rows out with WHERE; `CREATE TABLE name AS SELECT …` makes a table that lasts until the script or the shell ends")
    };
    match statement {
        SqlStatement::Insert(_) => Some(changes("INSERT")),
        SqlStatement::Update { .. } => Some(changes("UPDATE")),
        SqlStatement::Delete(_) => Some(changes("DELETE")),
        SqlStatement::Merge { .. } => Some(changes("MERGE")),
        SqlStatement::Truncate { .. } => Some(changes("TRUNCATE")),
        SqlStatement::AlterTable { .. } => Some(changes("ALTER")),
        SqlStatement::Copy { .. } => Some(
            at(text, &["COPY"], "`COPY` is not run: SQL reads and writes no files")
                .hint("write rows with `-o FILE`; the ending decides how: `-o rows.parquet`, `-o rows.csv`"),
        ),
        SqlStatement::Drop { object_type, names, .. } => {
            let name = names.iter().find(|name| is_ours(&key(name, object_type)))?;
            let index = text.name(&name.to_string()).unwrap_or(0);
            Some(
                Error::new(format!("`{name}` is not dropped: it belongs to the archive, which is only read"))
                    .at(Some(text.place(index)))
                    .hint("DROP is for what CREATE TABLE and CREATE VIEW have made"),
            )
        }
        SqlStatement::CreateView(view) => replaced(text, &view.name, view.or_replace, is_ours),
        SqlStatement::CreateTable(table) => replaced(text, &table.name, table.or_replace, is_ours),
        SqlStatement::Prepare { statement, .. } => refuse_sql(text, statement, is_ours),
        SqlStatement::Explain { statement, .. } => refuse_sql(text, statement, is_ours),
        statement => passed_over(text).or_else(|| without_select(text, statement)),
    }
}

/// The name by which `is_ours` knows a thing.
fn key(name: &ObjectName, object_type: &ObjectType) -> String {
    match object_type {
        ObjectType::Schema => format!("{name}.*"),
        _ => name.to_string(),
    }
}

fn replaced(
    text: &Text<'_>,
    name: &ObjectName,
    or_replace: bool,
    is_ours: &dyn Fn(&str) -> bool,
) -> Option<Error> {
    if !is_ours(&name.to_string()) {
        return None;
    }
    let index = text.name(&name.to_string()).unwrap_or(0);
    let what = if or_replace { "is not replaced" } else { "is there already" };
    Some(Error::new(format!("`{name}` {what}: it belongs to the archive")).at(Some(text.place(index))).hint(
        format!("choose another name: `my_{}`", name.to_string().rsplit('.').next().unwrap_or_default()),
    ))
}

/// Clauses that the engine reads and does not heed: the answer would be another one than asked for.
fn passed_over(text: &Text<'_>) -> Option<Error> {
    if text.words(&["TABLESAMPLE"]).is_some() {
        let error = at(text, &["TABLESAMPLE"], "TABLESAMPLE is not known here");
        return Some(error.hint("take about one row in a hundred with `WHERE random() < 0.01`"));
    }
    if let Some(index) = text.words(&["SELECT", "FROM"])
        && !text.is_word(index + 2, "FROM")
        && text.written(index + 2) != ","
    {
        let table = if text.word(index + 2).is_some() { text.written(index + 2) } else { "audit" };
        let error = Error::new("SELECT names no columns").at(Some(text.place(index)));
        return Some(error.hint(format!("write `SELECT * FROM {table}`")));
    }
    text.words(&["CONNECT", "BY"])?;
    let error = at(text, &["CONNECT", "BY"], "CONNECT BY is not known here");
    Some(
        error.hint(
            "write `WITH RECURSIVE name AS (SELECT … UNION ALL SELECT … FROM name …) SELECT … FROM name`",
        ),
    )
}

/// `FROM audit` alone, which the engine answers with no columns at all.
fn without_select(text: &Text<'_>, statement: &SqlStatement) -> Option<Error> {
    struct Find(Option<String>);

    impl Visitor for Find {
        type Break = ();

        fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
            if select.flavor != SelectFlavor::FromFirstNoSelect {
                return ControlFlow::Continue(());
            }
            self.0 = select.from.first().map(|from| from.to_string());
            ControlFlow::Break(())
        }
    }

    // Visiting is as deep as the statement: only where FROM begins a query.
    let begins = |index: usize| {
        let before = ["(", "AS", "ALL", "UNION", "EXCEPT", "INTERSECT"];
        index == 0 || before.iter().any(|word| text.written(index - 1).eq_ignore_ascii_case(word))
    };
    (0..text.len()).find(|index| text.is_word(*index, "FROM") && begins(*index))?;
    let mut find = Find(None);
    let _ = statement.visit(&mut find);
    let from = find.0?;
    let error = at(text, &["FROM"], "FROM without SELECT chooses no columns");
    Some(error.hint(format!("write `SELECT * FROM {from}`")))
}
