//! Why a record cannot be used.

use std::fmt;

/// Why a record cannot be used; its text is the `reason` in `meta.rejects`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reject {
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

/// Code and message of an API's error answer, or of one that hands out tokens.
pub(super) fn error_message(text: &str) -> String {
    let body: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let error = body.get("error").or_else(|| body.get("odata.error")).unwrap_or(&body);
    let word = |value: Option<&serde_json::Value>| value.and_then(|value| value.as_str()).map(str::to_owned);
    let code = word(error.get("code")).or_else(|| word(Some(error)));
    let message = error.get("message").map(|message| message.get("value").unwrap_or(message));
    let message = word(message).or_else(|| word(body.get("error_description")));
    let message: String = message.as_deref().unwrap_or("no message").chars().take(200).collect();
    format!("{}: {message}", code.as_deref().unwrap_or("no code"))
}

#[cfg(test)]
mod tests {
    use super::error_message;

    #[test]
    fn ok_errors_of_every_api_are_told() {
        let cases = [
            (r#"{"error":{"code":"c","message":"m"}}"#, "c: m"),
            (r#"{"odata.error":{"code":"c","message":{"lang":"en","value":"m"}}}"#, "c: m"),
            (
                r#"{"error":"invalid_grant","error_description":"AADSTS70008: expired"}"#,
                "invalid_grant: AADSTS70008: expired",
            ),
            (r#"{"error":"x"}"#, "x: no message"),
            (r#"{"error":null}"#, "no code: no message"),
        ];
        for (text, expected) in cases {
            assert_eq!(error_message(text), expected);
        }
    }
}
