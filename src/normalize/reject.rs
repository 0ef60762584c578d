//! Why a record cannot be used.

use std::fmt;

/// Why a record cannot be used; its text is the `reason` in `meta.rejects`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reject {
    /// Bytes that are no UTF-8, at this byte of the source.
    NotUtf8(u64),
    /// The JSON parser's word, and the byte of the source where it stopped.
    NotJson(String),
    /// No member that holds the event's time.
    NoTime,
    /// A time in no known spelling.
    BadTime(String),
    /// Nothing that a row of its table must have: no activity, no user, no request.
    NothingNamed,
    /// A list with more elements than are read.
    TooManyElements,
    /// An API's error answer: code and message.
    ErrorBody(String),
    /// A record of no known shape, with its keys.
    Unknown(String),
}

impl Reject {
    /// From the parser's error; lines and columns of the record become bytes of the source.
    pub(super) fn not_json(offset: u64, error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let what = text.split(" at line ").next().unwrap_or_default();
        let place = if error.line() == 1 {
            format!("at byte {}", offset + error.column() as u64)
        } else {
            format!("in line {}, column {} of the record at byte {offset}", error.line(), error.column())
        };
        Self::NotJson(format!("{what} {place}"))
    }

    /// For a record of unknown shape.
    pub(super) fn unknown(text: &str) -> Self {
        let keys = super::extract::member_paths(text, 1);
        let more = if keys.len() > 12 { ", …" } else { "" };
        Self::Unknown(format!("{}{more}", keys[..keys.len().min(12)].join(", ")))
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8(at) => write!(f, "not UTF-8 at byte {at}"),
            Self::NotJson(why) => write!(f, "not JSON: {why}"),
            Self::NoTime => f.write_str("no time"),
            Self::BadTime(text) => write!(f, "time in an unknown spelling: `{text}`"),
            Self::NothingNamed => f.write_str("it names no activity, nobody and nothing"),
            Self::TooManyElements => f.write_str("a list of far more elements than an event has"),
            Self::ErrorBody(message) => write!(f, "an API's error answer, not an event: {message}"),
            Self::Unknown(keys) if keys.is_empty() => f.write_str("an empty object"),
            Self::Unknown(keys) => write!(f, "a record of unknown shape with the keys {keys}"),
        }
    }
}

/// Code and message of an API's error answer.
pub(super) fn error_message(text: &str) -> String {
    let body: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let error = body.get("error").or_else(|| body.get("odata.error")).unwrap_or(&body);
    let code = error.get("code").and_then(|code| code.as_str()).unwrap_or("no code");
    let message = error.get("message").map(|message| message.get("value").unwrap_or(message));
    let message: String =
        message.and_then(|text| text.as_str()).unwrap_or("no message").chars().take(200).collect();
    format!("{code}: {message}")
}
