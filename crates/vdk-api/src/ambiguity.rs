//! Finds what different programs read differently in valid JSON text, so that nothing is stored or
//! trusted that means one thing to its sender and another to its reader.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::json::{Token, tokens};

/// The reason why programs disagree about a JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ambiguity {
    /// An object has two members with one name (RFC 8259, section 4).
    #[error("a key occurs twice in an object, and only one of the two values could be kept")]
    DuplicateKey,
    /// A string has an escape for half of a surrogate pair (RFC 8259, section 8.2).
    #[error("a text has an escape for half of a surrogate pair, which is not a character")]
    LoneSurrogate,
}

/// Returns why programs disagree about `text`, which is valid JSON, at any depth.
pub fn ambiguity(text: &str) -> Option<Ambiguity> {
    // The names in each open object; `None` for an array.
    let mut open: Vec<Option<HashSet<Cow<'_, str>>>> = Vec::new();
    let mut expects_key = false;
    for token in tokens(text) {
        match token {
            Token::Punctuation('{') => {
                open.push(Some(HashSet::new()));
                expects_key = true;
            }
            Token::Punctuation('[') => {
                open.push(None);
                expects_key = false;
            }
            Token::Punctuation('}' | ']') => {
                open.pop();
                expects_key = false;
            }
            Token::Punctuation(',') => expects_key = matches!(open.last(), Some(Some(_))),
            Token::String(quoted) => {
                if has_lone_surrogate(quoted) {
                    return Some(Ambiguity::LoneSurrogate);
                }
                if std::mem::take(&mut expects_key)
                    && let Some(Some(names)) = open.last_mut()
                    && !names.insert(unescaped(quoted))
                {
                    return Some(Ambiguity::DuplicateKey);
                }
            }
            _ => {}
        }
    }
    None
}

/// Returns a name without its quotes and escapes.
fn unescaped(quoted: &str) -> Cow<'_, str> {
    let plain = || Cow::Borrowed(quoted.trim_matches('"'));
    if !quoted.contains('\\') {
        return plain();
    }
    serde_json::from_str(quoted).map_or_else(|_| plain(), Cow::Owned)
}

/// Returns whether a string has an escape for half of a surrogate pair. Decodes nothing: it may be
/// a secret.
fn has_lone_surrogate(quoted: &str) -> bool {
    let mut rest = quoted.as_bytes();
    // A high half that needs a low one behind it.
    let mut is_open = false;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        if is_open && at > 0 {
            return true;
        }
        let escape = &rest[at + 1..];
        let unit = (escape.first() == Some(&b'u'))
            .then(|| std::str::from_utf8(escape.get(1..5)?).ok())
            .flatten()
            .and_then(|digits| u16::from_str_radix(digits, 16).ok());
        let (is_high, is_low) = match unit {
            Some(0xd800..=0xdbff) => (true, false),
            Some(0xdc00..=0xdfff) => (false, true),
            _ => (false, false),
        };
        if is_open != is_low {
            return true;
        }
        is_open = is_high;
        // The character after a backslash is not an escape by itself.
        rest = escape.get(if unit.is_some() { 5 } else { 1 }..).unwrap_or_default();
    }
    is_open
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_names_that_occur_twice_at_any_depth() {
        for text in [
            r#"{"a":1,"b":2,"a":3}"#,
            r#"{"a":{"x":1,"x":2}}"#,
            r#"[[{"a":[],"a":1}]]"#,
            r#"{"o":{"x":{},"\u0078":2}}"#,
            r#"{"\"":1,"\u0022":2}"#,
        ] {
            assert_eq!(ambiguity(text), Some(Ambiguity::DuplicateKey), "{text}");
        }
        for text in [
            r#"{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}"#,
            r#"{"a":"a","b":["a","a"],"A":1}"#,
            r#"{"a":[{"x":1}],"x":{"a":[]},"":"","\\":1}"#,
            "[]",
            "1",
        ] {
            assert_eq!(ambiguity(text), None, "{text}");
        }
    }

    #[test]
    fn finds_halves_of_surrogate_pairs() {
        for text in [
            r#""\ud800""#,
            r#""\udc00""#,
            r#""\ud83dx\ude00""#,
            r#""\ud83d\n""#,
            r#""\ud83d\ud83d\ude00""#,
            r#""\ud83d\ude00\ude00""#,
            r#"{"a":[{"\uDBFF":1}]}"#,
        ] {
            assert_eq!(ambiguity(text), Some(Ambiguity::LoneSurrogate), "{text}");
        }
        for text in [
            r#""\ud83d\ude00""#,
            r#""\ud83d\ude00\ud83d\ude00""#,
            r#""\\ud800""#,
            r#""\\\\udc00""#,
            r#""\u00e4\ue000\ud7ff""#,
            r#""😀""#,
        ] {
            assert_eq!(ambiguity(text), None, "{text}");
        }
    }
}
