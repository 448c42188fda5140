//! Errors from parsing a document. Their messages contain no part of the text.

use crate::json::{self, Token};
use crate::{MAX_DEPTH, MAX_KEYS};

/// The reason why a text is not a document. No message contains a part of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// The text is not JSON.
    #[error("it is not valid JSON: line {line}, column {column}")]
    Syntax {
        /// The line, counted from 1.
        line: usize,
        /// The position in the line, in bytes, counted from 1.
        column: usize,
    },
    /// The JSON text stops in the middle.
    #[error("the JSON ends too early: it was cut, or a bracket or quote is not closed")]
    Cut,
    /// The text contains `NaN` or `Infinity`, as Python writes them.
    #[error("it contains NaN or Infinity, which JSON does not support")]
    NonFinite,
    /// The text is JSON, but not an object.
    #[error("it is {0}, but only a JSON object has keys and values")]
    NotObject(&'static str),
    /// The text starts with a byte order mark.
    #[error("it begins with a byte order mark, which JSON forbids (RFC 8259, section 8.1)")]
    ByteOrderMark,
    /// The text is nested too deep.
    #[error("its arrays and objects are nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// The object has too many keys.
    #[error("it has more than {MAX_KEYS} keys")]
    TooManyKeys,
}

/// Message of the visitor's error, by which `DocumentError::syntax` recognizes it.
pub(crate) const TOO_MANY_KEYS: &str = "too many keys";

impl DocumentError {
    pub(crate) fn syntax(text: &str, error: &serde_json::Error) -> Self {
        if error.is_data() && error.to_string().starts_with(TOO_MANY_KEYS) {
            DocumentError::TooManyKeys
        } else if has_non_finite(text) {
            DocumentError::NonFinite
        } else if error.is_eof() {
            DocumentError::Cut
        } else {
            DocumentError::Syntax { line: error.line(), column: error.column() }
        }
    }
}

/// Returns whether `text` contains one of Python's three numbers that JSON lacks.
fn has_non_finite(text: &str) -> bool {
    json::tokens(text).any(|token| matches!(token, Token::Word("NaN" | "Infinity" | "-Infinity")))
}
