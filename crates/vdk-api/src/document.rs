//! The key/values of a job: one JSON object whose members stay text and keep their order.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use indexmap::map::Entry;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::document_error::TOO_MANY_KEYS;
use crate::json::quote;
use crate::{DocumentError, JsonText, MAX_DEPTH, MAX_KEYS, json};

/// The key/values of a job. Keys may be shown; values may be secrets. Clones share everything until one
/// of them is changed.
#[derive(Clone, Debug, Default)]
pub struct Document {
    members: Arc<IndexMap<Arc<str>, JsonText>>,
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
        // A member has four quotes, or two if its value is no string.
        let quotes = memchr::memchr_iter(b'"', text.as_bytes()).count();
        let members = Members { room: (quotes / 4).min(MOST_ROOM) };
        let mut parser = serde_json::Deserializer::from_str(text);
        let document = parser.deserialize_map(members).and_then(|document| {
            parser.end()?;
            Ok(document)
        });
        let document = document.map_err(|error| DocumentError::syntax(text, &error))?;
        if json::is_deeper(text, MAX_DEPTH) {
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

    /// Returns the key as the document holds it, for those who keep it, and its value.
    pub fn get_shared(&self, key: &str) -> Option<(&Arc<str>, &JsonText)> {
        self.members.get_key_value(key)
    }

    /// Returns the same as [`Document::get_shared`], sooner if the key is at the place `at`, counted from 0.
    pub fn get_shared_near(&self, at: usize, key: &str) -> Option<(&Arc<str>, &JsonText)> {
        let there = self.members.get_index(at).filter(|(found, _)| ***found == *key);
        there.or_else(|| self.get_shared(key))
    }

    /// Returns all keys in order, for those who keep them.
    pub fn shared_keys(&self) -> impl Iterator<Item = Arc<str>> {
        self.members.keys().cloned()
    }

    /// Sets `key`. An existing key keeps its place; a new one goes to the end. Returns the key as the
    /// document holds it.
    pub fn set(&mut self, key: impl Into<Arc<str>> + AsRef<str>, value: JsonText) -> Arc<str> {
        let members = Arc::make_mut(&mut self.members);
        match members.get_full_mut(key.as_ref()) {
            Some((_, key, there)) => {
                *there = value;
                key.clone()
            }
            None => {
                let key = key.into();
                members.insert(key.clone(), value);
                key
            }
        }
    }

    /// Removes `key` and keeps the order of the others. Returns false if there is no such key.
    pub fn remove(&mut self, key: &str) -> bool {
        Arc::make_mut(&mut self.members).shift_remove(key).is_some()
    }

    /// Removes every key for which `gone` returns true, in one pass.
    pub fn remove_all(&mut self, gone: impl Fn(&str) -> bool) {
        if self.keys().any(&gone) {
            Arc::make_mut(&mut self.members).retain(|key, _| !gone(key));
        }
    }

    /// Returns keys and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &JsonText)> {
        self.members.iter().map(|(key, value)| (key.as_ref(), value))
    }

    /// Returns the keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(AsRef::as_ref)
    }

    /// Returns whether this is a clone of the other one, and neither was changed since: both are equal then.
    pub fn shares_all_with(&self, other: &Document) -> bool {
        Arc::ptr_eq(&self.members, &other.members)
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

/// Most members for which room is made before they are there.
const MOST_ROOM: usize = 10_000;

/// A key, which is copied once.
struct Key(Arc<str>);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Key, E> {
                Ok(Key(text.into()))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// Reads the members of a document.
struct Members {
    /// Members for which room is made before.
    room: usize,
}

impl<'de> Visitor<'de> for Members {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
        let (mut members, mut duplicate) = (IndexMap::with_capacity(self.room), None);
        while let Some(Key(key)) = map.next_key()? {
            let value: &RawValue = map.next_value()?;
            let value = JsonText::from_valid(value.get());
            if members.len() == MAX_KEYS {
                return Err(A::Error::custom(TOO_MANY_KEYS));
            }
            match members.entry(key) {
                Entry::Occupied(mut first) => {
                    duplicate = Some(first.key().to_string());
                    first.insert(value);
                }
                Entry::Vacant(new) => drop(new.insert(value)),
            }
        }
        Ok(Document { members: members.into(), duplicate })
    }
}

impl FromIterator<(String, JsonText)> for Document {
    fn from_iter<I: IntoIterator<Item = (String, JsonText)>>(members: I) -> Self {
        let members = members.into_iter().map(|(key, value)| (key.into(), value));
        Document { members: Arc::new(members.collect()), duplicate: None }
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
