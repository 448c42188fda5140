//! The value of a key: JSON text that is kept as read and never shown by accident.

use std::fmt;
use std::sync::Arc;

use serde_json::value::RawValue;
use zeroize::{Zeroize, Zeroizing};

use crate::json::{self, Token};
use crate::{DocumentError, MAX_DEPTH};

/// One JSON value as text, with every digit, escape and member as read. It may be a secret: `Debug`
/// is redacted and there is no `Display`. Clones share the memory, which is zeroed when the last
/// one is dropped.
#[derive(Clone)]
pub struct JsonText(Arc<str>);

/// The type of a JSON value. As in Python, a number with a fraction or an exponent is a float.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    String,
    /// A number without fraction and exponent.
    Integer,
    /// A number with a fraction or an exponent.
    Float,
    /// `true` or `false`.
    Boolean,
    /// `null`.
    Null,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::String => "a string",
            Kind::Integer => "an integer",
            Kind::Float => "a floating-point number",
            Kind::Boolean => "a boolean",
            Kind::Null => "null",
            Kind::Array => "an array",
            Kind::Object => "an object",
        })
    }
}

impl Drop for JsonText {
    fn drop(&mut self) {
        // Where the last two are dropped at the same moment, each may take the other for the last one:
        // then it is the allocator of the programs that zeroes what is freed.
        if let Some(text) = Arc::get_mut(&mut self.0) {
            text.zeroize();
        }
    }
}

impl JsonText {
    /// Wraps text that a JSON parser has already accepted.
    pub(crate) fn from_valid(text: &str) -> Self {
        JsonText(text.into())
    }

    /// Returns the JSON string for `text`.
    pub fn from_text(text: &str) -> Self {
        let mut quoted = Zeroizing::new(String::with_capacity(text.len() + 16));
        json::quote(text, &mut quoted);
        JsonText::from_valid(&quoted)
    }

    /// Parses one JSON value and nothing after it. The error contains the position, never the text.
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        let raw: &RawValue =
            serde_json::from_str(text).map_err(|error| DocumentError::syntax(text, &error))?;
        if json::is_deeper(raw.get(), MAX_DEPTH - 1) {
            return Err(DocumentError::TooDeep);
        }
        Ok(JsonText::from_valid(raw.get()))
    }

    /// Returns the JSON text.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns the same value without white space between its parts. Strings and numbers keep their
    /// spelling.
    pub fn compact(&self) -> Self {
        let text = self.expose();
        let mut out = Zeroizing::new(String::with_capacity(text.len()));
        for token in json::tokens(text) {
            match token {
                Token::Punctuation(c) => out.push(c),
                Token::String(part) | Token::Word(part) => out.push_str(part),
            }
        }
        JsonText::from_valid(&out)
    }

    /// Returns the type of the value.
    pub fn kind(&self) -> Kind {
        let text = self.expose();
        match text.as_bytes().first() {
            Some(b'"') => Kind::String,
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b't' | b'f') => Kind::Boolean,
            Some(b'n') => Kind::Null,
            _ if text.contains(['.', 'e', 'E']) => Kind::Float,
            _ => Kind::Integer,
        }
    }

    /// Returns whether this is the JSON string for `text`, without escapes. False tells nothing.
    pub fn is_plainly(&self, text: &str) -> bool {
        let inner = self.expose().strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        inner == Some(text) && !text.contains('\\')
    }

    /// Returns the text of a JSON string with its escapes resolved. Returns `None` for any other
    /// type, and for a string with a lone surrogate, which a Rust string cannot hold.
    pub fn to_text(&self) -> Option<Zeroizing<String>> {
        if self.kind() != Kind::String {
            return None;
        }
        serde_json::from_str(self.expose()).ok().map(Zeroizing::new)
    }

    /// Returns whether two values are equal to the digit, however they are written.
    pub fn is_exactly(&self, other: &JsonText) -> bool {
        let (one, two) = (self.expose(), other.expose());
        // Most values are strings without escapes, which have one spelling.
        let is_plain = |text: &str| text.starts_with('"') && !text.contains('\\');
        if self.kind() != other.kind() || (is_plain(one) && is_plain(two)) {
            return one == two;
        }
        let value = |text: &JsonText| serde_json::from_str::<serde_json::Value>(text.expose()).ok();
        // The parser keeps one of two members of the same name, and makes numbers of some objects.
        let count = |text: &JsonText| json::tokens(text.expose()).count();
        one == two
            || (count(self) == count(other) && value(self).is_some_and(|v| Some(v) == value(other)))
    }

    /// Returns whether two values are equal to a service that may reformat what it stores. Ignores
    /// escapes, white space, the order of members, and members of objects that are null. Compares
    /// numbers as doubles.
    pub fn same_as(&self, other: &JsonText) -> bool {
        if self.expose() == other.expose() {
            return true;
        }
        match (self.kind(), other.kind()) {
            (Kind::String, Kind::String) => {
                let (one, two) = (self.to_text(), other.to_text());
                one.is_some() && one == two
            }
            (Kind::Integer | Kind::Float, Kind::Integer | Kind::Float) => {
                same_number(self.expose(), other.expose())
            }
            (Kind::Array, Kind::Array) | (Kind::Object, Kind::Object) => {
                match (serde_json::from_str(self.expose()), serde_json::from_str(other.expose())) {
                    (Ok(one), Ok(two)) => same_value(&one, &two),
                    _ => false,
                }
            }
            _ => false,
        }
    }
}

fn same_number(one: &str, two: &str) -> bool {
    one == two || matches!((one.parse::<f64>(), two.parse::<f64>()), (Ok(a), Ok(b)) if a == b)
}

fn same_value(one: &serde_json::Value, two: &serde_json::Value) -> bool {
    use serde_json::Value;
    match (one, two) {
        (Value::Number(a), Value::Number(b)) => same_number(&a.to_string(), &b.to_string()),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_value(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let within = |a: &serde_json::Map<String, Value>,
                          b: &serde_json::Map<String, Value>| {
                a.iter().all(|(key, value)| {
                    value.is_null() || b.get(key).is_some_and(|other| same_value(value, other))
                })
            };
            within(a, b) && within(b, a)
        }
        _ => one == two,
    }
}

impl fmt::Debug for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JsonText([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> JsonText {
        JsonText::parse(text).unwrap()
    }

    #[test]
    fn tells_a_plain_string_by_its_text() {
        let is = |json: &str, text: &str| JsonText::parse(json).unwrap().is_plainly(text);
        assert!(is("\"x y\"", "x y") && is("\"\"", "") && is("\"\u{e9}\"", "\u{e9}"));
        for (json, text) in [
            ("1", "1"),
            (r#""a\\b""#, r"a\\b"),
            (r#""a\nb""#, r"a\nb"),
            (r#""\"""#, "\""),
            ("\"x\"", "y"),
        ] {
            assert!(!is(json, text), "{json} {text}");
        }
    }

    #[test]
    fn keeps_text_to_the_digit() {
        for text in ["1.50", "1E400", "123456789012345678901234567890", "\"\\u00e4\\ud800\""] {
            assert_eq!(parse(text).expose(), text);
        }
    }

    #[test]
    fn removes_white_space_between_parts() {
        let compact = parse("{ \"a b\" : [ 1.50 ,\n {} , \"\\u00e4 \" ] }").compact();
        assert_eq!(compact.expose(), "{\"a b\":[1.50,{},\"\\u00e4 \"]}");
        assert_eq!(parse(" \"x y\" ").compact().expose(), "\"x y\"");
    }

    #[test]
    fn redacts_debug_output() {
        assert_eq!(format!("{:?}", JsonText::from_text("geheim")), "JsonText([redacted])");
    }

    #[test]
    fn reads_back_quoted_text() {
        let odd = "a\"\\\n\r\t\u{1}\u{7f}é\u{2028}\u{1f600}";
        assert_eq!(*JsonText::from_text(odd).to_text().unwrap(), odd);
    }

    #[test]
    fn treats_reformatted_json_as_the_same() {
        for (one, two) in [
            ("1.0", "1"),
            ("1e2", "100"),
            ("\"\\u00e4\"", "\"ä\""),
            ("{\"a\":1,\"b\":null}", "{ \"a\" : 1.0 }"),
            ("[{\"x\":1,\"y\":2}]", "[{\"y\":2,\"x\":1}]"),
        ] {
            assert!(parse(one).same_as(&parse(two)), "{one} {two}");
        }
        for (one, two) in [("1", "\"1\""), ("[null]", "[]"), ("\"a\"", "\"b\""), ("1", "2")] {
            assert!(!parse(one).same_as(&parse(two)), "{one} {two}");
        }
    }

    #[test]
    fn rejects_values_too_deep_for_a_document() {
        let nested = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert!(JsonText::parse(&nested(127)).is_ok());
        assert!(matches!(JsonText::parse(&nested(128)), Err(DocumentError::TooDeep)));
        assert!(JsonText::parse(&nested(100_000)).is_err());
    }
}
