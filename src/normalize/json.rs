//! Walks JSON text, value by value, and hands out each as the slice that it occupies. What is passed over is checked as
//! strictly as what is kept: a record with something in it that is no JSON is none.

/// A place in a text.
#[derive(Debug)]
pub(super) struct Json<'a> {
    text: &'a str,
    at: usize,
}

/// Of each byte of a word the lowest, and the highest bit.
const LOWEST: u64 = u64::from_ne_bytes([0x01; 8]);
const HIGHEST: u64 = u64::from_ne_bytes([0x80; 8]);

impl<'a> Json<'a> {
    /// The text's begin.
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The byte that the next value begins with; nothing at the text's end.
    pub(super) fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        loop {
            let byte = *bytes.get(self.at)?;
            match byte {
                b' ' | b'\n' | b'\t' | b'\r' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    /// Whether nothing follows.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// Visits the members of an object, each with its key as it is written, quotes included; `visit` reads the value.
    /// Nothing if the text is no such object.
    pub(super) fn members(&mut self, mut visit: impl FnMut(&mut Self, &'a str) -> Option<()>) -> Option<()> {
        self.expect(b'{')?;
        if self.peek()? == b'}' {
            return self.expect(b'}');
        }
        loop {
            self.peek()?;
            let key = self.string()?;
            self.expect(b':')?;
            visit(self, key)?;
            match self.peek()? {
                b',' => self.at += 1,
                _ => return self.expect(b'}'),
            }
        }
    }

    /// Visits the elements of a list; `visit` reads each. Nothing if the text is no such list.
    pub(super) fn elements(&mut self, mut visit: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.expect(b'[')?;
        if self.peek()? == b']' {
            return self.expect(b']');
        }
        loop {
            visit(self)?;
            match self.peek()? {
                b',' => self.at += 1,
                _ => return self.expect(b']'),
            }
        }
    }

    /// The text of what `read` passes over.
    pub(super) fn text_of<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<(&'a str, T)> {
        self.peek()?;
        let begin = self.at;
        let read = read(self)?;
        Some((&self.text[begin..self.at], read))
    }

    /// Passes over a value of any kind; its text.
    pub(super) fn value(&mut self) -> Option<&'a str> {
        let first = self.peek()?;
        let begin = self.at;
        match first {
            b'"' => return self.string(),
            b'{' | b'[' => self.brackets()?,
            _ => self.word()?,
        }
        Some(&self.text[begin..self.at])
    }

    /// Passes over an object or a list. Not by calls: texts inside of records may be nested at will.
    fn brackets(&mut self) -> Option<()> {
        let mut closers = Vec::new();
        loop {
            // A value begins here.
            match self.peek()? {
                b'{' => {
                    self.at += 1;
                    if self.peek()? == b'}' {
                        self.at += 1;
                    } else {
                        closers.push(b'}');
                        self.key()?;
                        continue;
                    }
                }
                b'[' => {
                    self.at += 1;
                    if self.peek()? == b']' {
                        self.at += 1;
                    } else {
                        closers.push(b']');
                        continue;
                    }
                }
                b'"' => drop(self.string()?),
                _ => self.word()?,
            }
            // One has ended, and perhaps what it stands in.
            loop {
                let Some(closer) = closers.last() else { return Some(()) };
                match self.peek()? {
                    b',' => {
                        self.at += 1;
                        if *closer == b'}' {
                            self.key()?;
                        }
                        break;
                    }
                    byte if byte == *closer => {
                        self.at += 1;
                        closers.pop();
                    }
                    _ => return None,
                }
            }
        }
    }

    /// Passes over a key and its colon.
    fn key(&mut self) -> Option<()> {
        self.peek()?;
        self.string()?;
        self.expect(b':')
    }

    /// Passes over a string; its text, quotes included.
    fn string(&mut self) -> Option<&'a str> {
        let bytes = self.text.as_bytes();
        let begin = self.at;
        if bytes.get(begin) != Some(&b'"') {
            return None;
        }
        let mut at = begin + 1;
        loop {
            at += next_special(bytes.get(at..)?)?;
            match bytes[at] {
                b'"' => {
                    self.at = at + 1;
                    return Some(&self.text[begin..self.at]);
                }
                b'\\' => {
                    at += match bytes.get(at + 1)? {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
                        b'u' if bytes.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit) => 6,
                        _ => return None,
                    };
                }
                _ => return None,
            }
        }
    }

    /// Passes over a number, `true`, `false` or `null`.
    fn word(&mut self) -> Option<()> {
        let rest = &self.text.as_bytes()[self.at..];
        let literal = |literal: &[u8]| rest.starts_with(literal).then_some(literal.len());
        self.at += match rest.first()? {
            b't' => literal(b"true"),
            b'f' => literal(b"false"),
            b'n' => literal(b"null"),
            _ => number(rest),
        }?;
        Some(())
    }

    fn expect(&mut self, wanted: u8) -> Option<()> {
        (self.peek()? == wanted).then(|| self.at += 1)
    }
}

/// Place of the first byte of a string that is not simply part of it: a quote, a backslash, or a control character.
/// Strings are short: eight bytes at a time is quicker than to call for help.
fn next_special(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(bytes) = text[at..].first_chunk() {
        let word = u64::from_le_bytes(*bytes);
        // Above the first byte that is meant others may seem to be, by the borrow.
        let is_zero = |word: u64| word.wrapping_sub(LOWEST) & !word;
        let (quote, backslash) = (word ^ (LOWEST * u64::from(b'"')), word ^ (LOWEST * u64::from(b'\\')));
        let control = word.wrapping_sub(LOWEST * 0x20) & !word;
        let found = (is_zero(quote) | is_zero(backslash) | control) & HIGHEST;
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += bytes.len();
    }
    let is_special = |byte: &u8| *byte == b'"' || *byte == b'\\' || *byte < 0x20;
    text[at..].iter().position(is_special).map(|rest| at + rest)
}

/// Length of the number that the text begins with.
fn number(text: &[u8]) -> Option<usize> {
    let digits = |from: usize| text[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let some = |count: usize| (count > 0).then_some(count);
    let mut at = usize::from(text.first() == Some(&b'-'));
    at += match text.get(at)? {
        b'0' => 1,
        _ => some(digits(at))?,
    };
    if text.get(at) == Some(&b'.') {
        at += 1;
        at += some(digits(at))?;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        at += 1;
        at += usize::from(matches!(text.get(at), Some(b'+' | b'-')));
        at += some(digits(at))?;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use serde::de::IgnoredAny;

    use super::*;

    fn is_json(text: &str) -> bool {
        let mut json = Json::new(text);
        json.value().is_some() && json.is_at_end()
    }

    #[test]
    fn as_strict_as_the_library() {
        let good = [
            r#"{"id":"a","n":-1.5e+3,"list":[1,{},[],"x\"\\\u00e9",{"a":[null,true,false]}],"o":{"k":{}}}"#,
            " { \"a\" :\t1 ,\r\n\"b\": [ 0 , -0.0E-1 ] } ",
            r#""a string that is longer than a step, with \/ and \b\f\n\r\t and é, \ud83d\ude00 \ud800 in it""#,
            "[[[[[[]]],{}]]]",
        ];
        let marks =
            ["\"", "\\", "{", "}", "[", "]", ",", ":", " ", "0", "-", ".", "e", "u", "\n", "\u{1}", "t"];
        for text in good {
            assert!(is_json(text), "{text}");
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            for (index, &at) in places.iter().enumerate() {
                let (before, after) = text.split_at(at);
                let behind = places.get(index + 1).map_or("", |next| &text[*next..]);
                let mut changed = vec![before.to_owned(), format!("{before}{behind}")];
                for mark in marks {
                    changed.push(format!("{before}{mark}{after}"));
                    changed.push(format!("{before}{mark}{behind}"));
                }
                for changed in changed {
                    let known = serde_json::from_str::<IgnoredAny>(&changed).is_ok();
                    assert_eq!(is_json(&changed), known, "{changed}");
                }
            }
        }
    }

    #[test]
    fn members_and_elements_are_handed_out_as_they_are_written() {
        let mut json = Json::new(r#" {"a": [1, "x"],"b" :{"c":null}} "#);
        let mut seen = Vec::new();
        json.members(|json, key| {
            let value = match json.peek()? {
                b'[' => {
                    json.text_of(|json| {
                        json.elements(|json| {
                            seen.push(json.value()?.to_owned());
                            Some(())
                        })
                    })?
                    .0
                }
                _ => json.value()?,
            };
            seen.push(format!("{key}={value}"));
            Some(())
        })
        .unwrap();
        assert!(json.is_at_end());
        assert_eq!(seen, ["1", "\"x\"", "\"a\"=[1, \"x\"]", "\"b\"={\"c\":null}"]);
    }

    #[test]
    fn deep_nesting_is_walked_without_calls() {
        let deep = format!("{}1{}", "[".repeat(500_000), "]".repeat(500_000));
        assert!(is_json(&deep));
        assert!(!is_json(&deep[1..]));
    }
}
