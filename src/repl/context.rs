//! What stands before the cursor in a statement: which tables it reads, and what may come next.

use std::ops::Range;

use crate::engine::{Lexeme, LexemeKind, lexemes};

/// What may come next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A value of a column, in a text that is begun.
    Value {
        /// The table or alias that the column is qualified with.
        table: Option<String>,
        /// The column.
        column: String,
    },
    /// A table.
    Table,
    /// A column of this table or alias.
    ColumnOf(String),
    /// A column, a function or a keyword.
    Word,
    /// Nothing that is known: in a comment, or a text that is compared with nothing.
    Nothing,
}

/// The statement around the cursor.
#[derive(Debug)]
pub(super) struct Statement {
    /// What may come next.
    pub(super) next: Next,
    /// Where the word begins that is being typed.
    pub(super) start: usize,
    /// Tables that the statement reads, with their aliases.
    pub(super) tables: Vec<(String, String)>,
}

/// Reads the line up to the cursor, and for its tables behind it too.
pub(super) fn statement(line: &str, cursor: usize) -> Statement {
    let before = &line[..cursor];
    let tables = tables(line);
    let all = lexemes(before);
    let solid: Vec<&Lexeme> = all.iter().filter(|lexeme| lexeme.kind != LexemeKind::Space).collect();
    let (done, next, start) = match solid.as_slice() {
        [.., last] if last.kind == LexemeKind::Comment && last.range.end == cursor => {
            (solid.len(), Some(Next::Nothing), cursor)
        }
        // A text that is not closed.
        [.., last] if last.kind == LexemeKind::Open => {
            let next = compared(before, &solid[..solid.len() - 1]);
            (solid.len() - 1, Some(next), last.range.start + 1)
        }
        [.., last] if last.kind.is_name() && last.range.end == cursor => {
            (solid.len() - 1, None, last.range.start)
        }
        _ => (solid.len(), None, cursor),
    };
    let next = next.unwrap_or_else(|| follows(before, &solid[..done]));
    Statement { next, start, tables }
}

/// What follows these words.
fn follows(text: &str, done: &[&Lexeme]) -> Next {
    let word = |lexeme: &Lexeme| text[lexeme.range.clone()].to_ascii_lowercase();
    if let [.., table, dot] = done
        && word(dot) == "."
        && table.kind.is_name()
    {
        return Next::ColumnOf(word(table));
    }
    for lexeme in done.iter().rev() {
        match word(lexeme).as_str() {
            "from" | "join" | "describe" | "into" => return Next::Table,
            // A list of tables or of columns: what began it decides.
            "," => {}
            _ if lexeme.kind.is_name() => {
                // `FROM a, b` goes on with a table; `FROM a b` does not.
                let is_listed = done.last().is_some_and(|last| word(last) == ",");
                if !is_listed || !is_plain_name(&word(lexeme)) {
                    return Next::Word;
                }
            }
            _ => return Next::Word,
        }
    }
    Next::Word
}

fn is_plain_name(word: &str) -> bool {
    !KEYWORDS.iter().any(|keyword| keyword.split(' ').any(|part| part.eq_ignore_ascii_case(word)))
}

/// The column that a text is compared with: `column = '`, `column IN ('a', '`, `column LIKE '`.
fn compared(text: &str, done: &[&Lexeme]) -> Next {
    let word = |lexeme: &Lexeme| text[lexeme.range.clone()].to_ascii_lowercase();
    let mut rest = done;
    // The values before it in a list.
    while let [before @ .., last] = rest
        && (last.kind == LexemeKind::Text || matches!(word(last).as_str(), "," | "("))
    {
        rest = before;
    }
    let [before @ .., operator] = rest else { return Next::Nothing };
    if !matches!(
        word(operator).as_str(),
        "=" | "<>" | "!=" | "in" | "like" | "ilike" | "<" | ">" | "<=" | ">=" | "between" | "from" | "and"
    ) {
        return Next::Nothing;
    }
    let mut before = before;
    while let [rest @ .., last] = before
        && matches!(word(last).as_str(), "not" | "is" | "distinct")
    {
        before = rest;
    }
    match before {
        [.., table, dot, column] if word(dot) == "." && column.kind.is_name() => {
            Next::Value { table: Some(word(table)), column: word(column) }
        }
        [.., column] if column.kind.is_name() => Next::Value { table: None, column: word(column) },
        // lower(column) = 'x'
        [.., open, column, close] if word(open) == "(" && word(close) == ")" && column.kind.is_name() => {
            Next::Value { table: None, column: word(column) }
        }
        _ => Next::Nothing,
    }
}

/// Tables after FROM and JOIN, with what the statement calls them.
fn tables(line: &str) -> Vec<(String, String)> {
    let all = lexemes(line);
    let solid: Vec<(String, &Range<usize>, LexemeKind)> = all
        .iter()
        .filter(|lexeme| !matches!(lexeme.kind, LexemeKind::Space | LexemeKind::Comment))
        .map(|lexeme| (line[lexeme.range.clone()].to_ascii_lowercase(), &lexeme.range, lexeme.kind))
        .collect();
    let mut tables = Vec::new();
    let mut at = 0;
    let mut is_from = false;
    while at < solid.len() {
        let (word, _, kind) = &solid[at];
        let begins = matches!(word.as_str(), "from" | "join") || (is_from && word == ",");
        at += 1;
        if !begins {
            is_from &= kind.is_name() && is_plain_name(word) || matches!(word.as_str(), "." | "as");
            continue;
        }
        let Some((first, _, kind)) = solid.get(at) else { break };
        if !kind.is_name() {
            continue;
        }
        is_from = true;
        let mut name = first.clone();
        at += 1;
        if let (Some((dot, ..)), Some((second, ..))) = (solid.get(at), solid.get(at + 1))
            && dot == "."
        {
            name = format!("{name}.{second}");
            at += 2;
        }
        let mut alias = name.clone();
        let mut next = solid.get(at);
        if next.is_some_and(|(word, ..)| word == "as") {
            at += 1;
            next = solid.get(at);
        }
        if let Some((word, _, kind)) = next
            && kind.is_name()
            && is_plain_name(word)
        {
            alias = word.clone();
            at += 1;
        }
        tables.push((name, alias));
    }
    tables
}

/// Words of SQL worth completing.
pub(super) const KEYWORDS: &[&str] = &[
    "SELECT",
    "DISTINCT",
    "FROM",
    "WHERE",
    "GROUP BY",
    "ORDER BY",
    "HAVING",
    "LIMIT",
    "OFFSET",
    "JOIN",
    "LEFT JOIN",
    "ON",
    "USING",
    "AND",
    "OR",
    "NOT",
    "AS",
    "WITH",
    "UNION ALL",
    "BETWEEN",
    "ILIKE",
    "LIKE",
    "IN",
    "IS NULL",
    "IS NOT NULL",
    "INTERVAL",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "FILTER (WHERE",
    "OVER (PARTITION BY",
    "DESC",
    "ASC",
    "NULLS LAST",
    "EXPLAIN",
    "DESCRIBE",
    "CREATE VIEW",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn next(line: &str) -> Next {
        statement(line, line.len()).next
    }

    fn value(table: Option<&str>, column: &str) -> Next {
        Next::Value { table: table.map(str::to_owned), column: column.to_owned() }
    }

    #[test]
    fn what_may_come_next() {
        assert_eq!(next("SELECT act"), Next::Word);
        assert_eq!(next("SELECT * FROM "), Next::Table);
        assert_eq!(next("SELECT * FROM audit, si"), Next::Table);
        assert_eq!(next("SELECT * FROM audit a, "), Next::Table);
        assert_eq!(next("SELECT a, "), Next::Word);
        assert_eq!(next("SELECT * FROM audit a LEFT JOIN "), Next::Table);
        assert_eq!(next("SELECT * FROM audit WHERE "), Next::Word);
        assert_eq!(next("SELECT a."), Next::ColumnOf("a".into()));
        assert_eq!(next("SELECT a.act"), Next::ColumnOf("a".into()));
        assert_eq!(next("SELECT * FROM audit WHERE policy_id = 'B2C"), value(None, "policy_id"));
        assert_eq!(next("SELECT * FROM audit a WHERE a.policy_id <> '"), value(Some("a"), "policy_id"));
        assert_eq!(next("WHERE activity IN ('Add user', 'De"), value(None, "activity"));
        assert_eq!(next("WHERE activity NOT IN ('"), value(None, "activity"));
        assert_eq!(next("WHERE lower(activity) = 'x"), value(None, "activity"));
        assert_eq!(next("SELECT 'x"), Next::Nothing);
        assert_eq!(next("SELECT 1 -- FROM "), Next::Nothing);
    }

    #[test]
    fn tables_of_a_statement() {
        let line = "SELECT x FROM audit AS a, meta.sources s JOIN b2c_token ON a.id = b2c_token.id WHERE y IN (SELECT z FROM signin)";
        let pairs = tables(line);
        let pairs: Vec<_> = pairs.iter().map(|(name, alias)| (name.as_str(), alias.as_str())).collect();
        assert_eq!(
            pairs,
            [("audit", "a"), ("meta.sources", "s"), ("b2c_token", "b2c_token"), ("signin", "signin")]
        );
    }
}
