//! Why a text is no JSON document, in words that carry nothing of the text.

use crate::json::{self, Token};
use crate::{MAX_DEPTH, MAX_KEYS};

/// Why a text is not a document. No message carries a part of the text but a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Not JSON at all.
    #[error("it is not valid JSON: line {line}, column {column}")]
    Syntax {
        /// Where, counted from 1.
        line: usize,
        /// Where in the line, in bytes, counted from 1.
        column: usize,
    },
    /// JSON that stops in the middle.
    #[error("the JSON ends too early: it was cut, or a bracket or quote is not closed")]
    Cut,
    /// Python's extra words.
    #[error("it has NaN or Infinity in it, which JSON has no words for")]
    NonFinite,
    /// JSON, but not an object.
    #[error("it is {0}, and only a JSON object has keys and values")]
    NotObject(&'static str),
    /// A byte order mark at the start.
    #[error("it begins with a byte order mark, which JSON forbids (RFC 8259, section 8.1)")]
    ByteOrderMark,
    /// Nested too deep.
    #[error("its arrays and objects nest deeper than {MAX_DEPTH}")]
    TooDeep,
    /// Too many keys.
    #[error("it has more than {MAX_KEYS} keys")]
    TooManyKeys,
}

/// How the visitor tells its parser that it has had enough.
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

/// Whether a word that is no JSON is one of Python's three for numbers that JSON lacks.
fn has_non_finite(text: &str) -> bool {
    json::tokens(text).any(|token| matches!(token, Token::Word("NaN" | "Infinity" | "-Infinity")))
}
