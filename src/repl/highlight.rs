//! Colours of an input, by the tokenizer that the engine itself reads SQL with.

use crate::engine::{LexemeKind, lexemes};

const KEYWORD: &str = "\x1b[1;34m";
const TEXT: &str = "\x1b[32m";
const NUMBER: &str = "\x1b[36m";
const PARAMETER: &str = "\x1b[35m";
const FAINT: &str = "\x1b[2m";
const PROMPT: &str = "\x1b[1m";
const PLAIN: &str = "\x1b[0m";

/// A line in colours.
pub(super) fn line(line: &str) -> String {
    if line.trim_start().starts_with('\\') {
        let end = line.trim_start().find(char::is_whitespace).unwrap_or(line.trim_start().len());
        let end = end + line.len() - line.trim_start().len();
        return format!("{KEYWORD}{}{PLAIN}{}", &line[..end], &line[end..]);
    }
    let mut shown = String::with_capacity(line.len() * 2);
    let mut at = 0;
    for lexeme in lexemes(line) {
        let colour = match lexeme.kind {
            LexemeKind::Keyword => KEYWORD,
            LexemeKind::Text | LexemeKind::Open => TEXT,
            LexemeKind::Number => NUMBER,
            LexemeKind::Parameter => PARAMETER,
            LexemeKind::Comment => FAINT,
            LexemeKind::Name | LexemeKind::Sign | LexemeKind::Space => continue,
        };
        shown.push_str(&line[at..lexeme.range.start]);
        shown.push_str(colour);
        shown.push_str(&line[lexeme.range.clone()]);
        shown.push_str(PLAIN);
        at = lexeme.range.end;
    }
    shown + &line[at..]
}

/// The prompt.
pub(super) fn prompt(prompt: &str) -> String {
    format!("{PROMPT}{prompt}{PLAIN}")
}

/// What is not typed yet.
pub(super) fn hint(hint: &str) -> String {
    format!("{FAINT}{hint}{PLAIN}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_change_no_letter() {
        let text = "SELECT activity, 'it''s', 1.5, $who FROM audit -- é\nWHERE x = 'open";
        let shown = line(text);
        let mut plain = shown.clone();
        for code in [KEYWORD, TEXT, NUMBER, PARAMETER, FAINT, PLAIN] {
            plain = plain.replace(code, "");
        }
        assert_eq!(plain, text);
        assert!(shown.starts_with("\x1b[1;34mSELECT\x1b[0m activity, \x1b[32m'it''s'\x1b[0m"), "{shown:?}");
        assert!(shown.ends_with("\x1b[32m'open\x1b[0m"), "{shown:?}");
        assert_eq!(line("\\d audit"), "\x1b[1;34m\\d\x1b[0m audit");
    }
}
