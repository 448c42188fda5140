//! The key/values of a job: one JSON object whose members stay text and keep their order.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::document_error::TOO_MANY_KEYS;
use crate::json::quote;
use crate::{DocumentError, JsonText, MAX_DEPTH, MAX_KEYS, json};

/// The key/values of a job. Keys may be shown; values may be secrets.
#[derive(Clone, Debug, Default)]
pub struct Document {
    members: IndexMap<Arc<str>, JsonText>,
    duplicate: Option<String>,
}

impl Document {
    /// Parses exactly one JSON object of at most [`MAX_DEPTH`] levels. If a key occurs twice, the
    /// last value counts and [`Document::duplicate`] returns the key.
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        if text.starts_with('\u{feff}') {
            return Err(DocumentError::ByteOrderMark);
        }
        let kind = json::describe(text);
        if kind != "an object" {
            return Err(match serde_json::from_str::<&RawValue>(text) {
                Ok(_) => DocumentError::NotObject(kind),
                Err(error) => DocumentError::syntax(text, &error),
            });
        }
        let document =
            serde_json::from_str(text).map_err(|error| DocumentError::syntax(text, &error))?;
        if json::depth(text) > MAX_DEPTH {
            return Err(DocumentError::TooDeep);
        }
        Ok(document)
    }

    /// Returns the document as compact JSON text, with each value as it was read.
    pub fn to_json(&self) -> Zeroizing<String> {
        let room: usize =
            self.members.iter().map(|(key, value)| key.len() + value.expose().len() + 24).sum();
        // Growing would leave copies of secrets in freed memory.
        let mut out = Zeroizing::new(String::with_capacity(room + 2));
        out.push('{');
        for (at, (key, value)) in self.members.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            quote(key, &mut out);
            out.push(':');
            out.push_str(value.expose());
        }
        out.push('}');
        out
    }

    /// Returns a key that occurred twice. Writing the document back would lose one of its values.
    pub fn duplicate(&self) -> Option<&str> {
        self.duplicate.as_deref()
    }

    /// Returns the value of `key`.
    pub fn get(&self, key: &str) -> Option<&JsonText> {
        self.members.get(key)
    }

    /// Sets `key`. An existing key keeps its place; a new one goes to the end.
    pub fn set(&mut self, key: impl Into<Arc<str>> + AsRef<str>, value: JsonText) {
        match self.members.get_mut(key.as_ref()) {
            Some(there) => *there = value,
            None => {
                self.members.insert(key.into(), value);
            }
        }
    }

    /// Removes `key` and keeps the order of the others. Returns false if there is no such key.
    pub fn remove(&mut self, key: &str) -> bool {
        self.members.shift_remove(key).is_some()
    }

    /// Removes every key for which `gone` returns true, in one pass.
    pub fn remove_all(&mut self, gone: impl Fn(&str) -> bool) {
        self.members.retain(|key, _| !gone(key));
    }

    /// Returns keys and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &JsonText)> {
        self.members.iter().map(|(key, value)| (key.as_ref(), value))
    }

    /// Returns the keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(AsRef::as_ref)
    }

    /// Returns the number of keys.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Returns whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Document;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
                let mut document = Document::default();
                while let Some(key) = map.next_key::<String>()? {
                    let value: &RawValue = map.next_value()?;
                    let key: Arc<str> = key.into();
                    let value = JsonText::from_valid(value.get());
                    if document.len() == MAX_KEYS {
                        return Err(A::Error::custom(TOO_MANY_KEYS));
                    }
                    if document.members.insert(key.clone(), value).is_some() {
                        document.duplicate = Some(key.to_string());
                    }
                }
                Ok(document)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

impl FromIterator<(String, JsonText)> for Document {
    fn from_iter<I: IntoIterator<Item = (String, JsonText)>>(members: I) -> Self {
        let members = members.into_iter().map(|(key, value)| (key.into(), value)).collect();
        Document { members, duplicate: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_text_through_parsing_and_writing() {
        let text = r#"{"z":1.50,"a":{"y":1E400,"x":[null,1e5]},"":"","n":123456789012345678901234567890,"u":"\u00e4\/"}"#;
        assert_eq!(*Document::parse(text).unwrap().to_json(), text);
    }

    #[test]
    fn rejects_text_that_is_not_one_object() {
        for (text, error) in [
            ("[]", DocumentError::NotObject("an array")),
            ("\"geheim\"", DocumentError::NotObject("a string")),
            ("[[\"a\",1]]", DocumentError::NotObject("an array")),
            ("null", DocumentError::NotObject("null")),
            ("1", DocumentError::NotObject("a number")),
            ("", DocumentError::Cut),
            ("{\"a\":\"gehe", DocumentError::Cut),
            ("{\"a\":NaN}", DocumentError::NonFinite),
            ("{\"a\":-Infinity}", DocumentError::NonFinite),
            ("\u{feff}{}", DocumentError::ByteOrderMark),
            ("{} {}", DocumentError::Syntax { line: 1, column: 4 }),
            ("<html>", DocumentError::Syntax { line: 1, column: 1 }),
        ] {
            assert_eq!(Document::parse(text).map(|_| ()), Err(error), "{text}");
        }
    }

    #[test]
    fn uses_the_last_of_two_equal_keys_and_names_it() {
        let document = Document::parse(r#"{"a":1,"b":2,"a":3}"#).unwrap();
        assert_eq!(document.duplicate(), Some("a"));
        assert_eq!(*document.to_json(), r#"{"a":3,"b":2}"#);
    }

    #[test]
    fn rejects_more_than_128_levels() {
        let nested = |n: usize| format!("{{\"a\":{}{}}}", "[".repeat(n), "]".repeat(n));
        assert!(Document::parse(&nested(127)).is_ok());
        assert_eq!(Document::parse(&nested(128)).map(|_| ()), Err(DocumentError::TooDeep));
        assert_eq!(Document::parse(&nested(100_000)).map(|_| ()), Err(DocumentError::TooDeep));
    }

    #[test]
    fn rejects_too_many_keys() {
        let members: Vec<_> = (0..=MAX_KEYS).map(|n| format!("\"{n}\":0")).collect();
        let json = |members: &[String]| format!("{{{}}}", members.join(","));
        assert_eq!(Document::parse(&json(&members[1..])).map(|d| d.len()), Ok(MAX_KEYS));
        assert_eq!(Document::parse(&json(&members)).map(|_| ()), Err(DocumentError::TooManyKeys));
    }

    #[test]
    fn keeps_the_order_of_keys_when_setting_and_removing() {
        let mut document = Document::parse(r#"{"b":1,"a":2,"c":3}"#).unwrap();
        document.set("a", JsonText::from_text("x"));
        document.set("d", JsonText::from_text("y"));
        assert!(document.remove("b"));
        assert!(!document.remove("b"));
        assert_eq!(*document.to_json(), r#"{"a":"x","c":3,"d":"y"}"#);
    }
}
