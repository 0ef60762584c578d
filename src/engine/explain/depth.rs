//! How deep a statement may be nested: the parser and the planner call themselves, and their stack has an end.

use datafusion::sql::sqlparser::tokenizer::Token;

use super::syntax;
use super::text::Text;
use crate::error::Error;

/// Brackets within brackets.
const BRACKETS_MAX: usize = 128;
/// Calls such as CAST, and CASE, within each other: where one of them is wrong inside, the parser reads everything in it
/// twice, so the time doubles with each.
const TWICE_READ_MAX: usize = 12;
/// Words that begin what is read twice.
const TWICE_READ: &[&str] = &[
    "CAST",
    "TRY_CAST",
    "SAFE_CAST",
    "CONVERT",
    "TRY_CONVERT",
    "EXTRACT",
    "POSITION",
    "SUBSTRING",
    "SUBSTR",
    "OVERLAY",
    "TRIM",
    "CEIL",
    "FLOOR",
    "EXISTS",
    "MATCH",
    "STRUCT",
];
/// Times that a word, or a pair of brackets without contents, may follow itself.
const REPEATED_MAX: usize = 16;
/// UNION, EXCEPT and INTERSECT in a statement; UNION ALL does not nest.
const SETS_MAX: usize = 1_000;
/// AND, OR and the like in a statement: each nests what stands before it one level deeper.
const OPERATORS_MAX: usize = 10_000;

/// Refuses a statement that is nested too deep to be read.
pub(in crate::engine) fn too_deep(sql: &str) -> Option<Error> {
    let text = Text::new(sql);
    // For each open bracket whether what is in it is read twice.
    let mut open: Vec<bool> = Vec::new();
    let (mut cases, mut repeated, mut sets, mut operators) = (0_usize, 0_usize, 0_usize, 0_usize);
    for index in 0..text.len() {
        let token = text.token(index)?;
        let is_after = |words: &[&str]| index > 0 && words.iter().any(|word| text.is_word(index - 1, word));
        match token {
            Token::LParen => open.push(is_after(TWICE_READ)),
            Token::LBracket | Token::LBrace => open.push(false),
            Token::Lt if is_after(&["ARRAY", "STRUCT", "MAP"]) => open.push(false),
            Token::RParen | Token::RBracket | Token::RBrace => drop(open.pop()),
            Token::Word(_) if text.is_word(index, "CASE") => cases += 1,
            Token::Word(_) if text.is_word(index, "END") => cases = cases.saturating_sub(1),
            _ => {}
        }
        let is_word = matches!(token, Token::Word(_)) && index > 0 && text.token(index - 1) == Some(token);
        let is_empty = index > 3 && *token == Token::RBracket && text.token(index - 2) == Some(token);
        repeated = match token {
            _ if is_word || is_empty => repeated + 1,
            Token::LBracket => repeated,
            _ => 0,
        };
        let is_set = ["UNION", "EXCEPT", "INTERSECT"].iter().any(|word| text.is_word(index, word));
        if is_set && !text.is_word(index + 1, "ALL") {
            sets += 1;
        }
        if sets > SETS_MAX {
            let error = Error::new(format!("more than {SETS_MAX} results cannot be put together"));
            let error = error.at(Some(text.place(index)));
            return Some(error.hint("write values as `VALUES (1), (2), …`; UNION ALL has no such limit"));
        }
        let is_operator = matches!(token, Token::Plus | Token::Minus | Token::StringConcat)
            || ["AND", "OR"].iter().any(|word| text.is_word(index, word));
        operators += usize::from(is_operator);
        if operators > OPERATORS_MAX {
            let error =
                Error::new(format!("more than {OPERATORS_MAX} conditions are too many for a statement"));
            let error = error.at(Some(text.place(index)));
            return Some(error.hint(
                "write the values as `IN ('a', 'b', …)`, or join them as `VALUES ('a', 1), ('b', 2), …`",
            ));
        }
        let twice_read = cases + open.iter().filter(|is_twice| **is_twice).count();
        if open.len() > BRACKETS_MAX || twice_read > TWICE_READ_MAX || repeated > REPEATED_MAX {
            return Some(syntax::too_deep(&text, index));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_statements_are_refused_and_wide_ones_are_not() {
        let repeated = |before: &str, part: &str, after: &str| format!("{before}{}{after}", part.repeat(500));
        for sql in [
            repeated("SELECT ", "(", "1"),
            repeated("SELECT ", "[", "1"),
            repeated("SELECT CAST(1 AS ", "ARRAY<", "INT"),
            repeated("SELECT CAST(1 AS INT", "[]", ")"),
            repeated("", "EXPLAIN ", "SELECT 1"),
            repeated("SELECT ", "INTERVAL ", "'1'"),
            repeated("SELECT ", "CASE WHEN true THEN ", "1"),
            repeated("SELECT ", "CAST(", "1"),
            format!("SELECT 1{}", " UNION SELECT 1".repeat(1_001)),
            format!("SELECT 1 = 1{}", " OR 1 = 2".repeat(10_001)),
        ] {
            assert!(too_deep(&sql).is_some(), "{}", &sql[..60]);
        }
        for sql in [
            repeated("SELECT ", "1, ", "1"),
            repeated("SELECT id = 'x'", " OR id = 'x'", ""),
            repeated("SELECT id IN (", "(1), ", "(1))"),
            repeated("SELECT 1", ", CASE WHEN true THEN CAST(1 AS INT) END", ""),
            repeated("SELECT 1", " UNION ALL SELECT 1", ""),
            repeated("SELECT 1", " + [1][1]", ""),
        ] {
            assert!(too_deep(&sql).is_none(), "{}", &sql[..60]);
        }
    }
}
