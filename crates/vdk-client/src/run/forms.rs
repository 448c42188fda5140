//! The texts in which a value can occur in what a program prints.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use vdk_api::JsonText;
use vdk_api::json::{Token, quote, tokens};
use zeroize::Zeroizing;

/// Shortest text that is looked for, in characters: shorter ones occur everywhere.
const SHORTEST: usize = 4;
/// Texts of fewer characters count only if they are not all letters or all digits: `prod`, `5432`.
const SHORT: usize = 6;
/// Shortest line of a text of several lines that is looked for by itself.
const SHORTEST_LINE: usize = 8;

/// Longest text of which encoded forms are looked for, in bytes: the search takes memory for each.
const LONGEST_ENCODED: usize = 16 * 1024;

/// What encoders of addresses escape (RFC 3986, section 2.3), and what those of paths do.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
const IN_PATHS: &AsciiSet = &UNRESERVED.remove(b'/');

/// The texts to look for. They are secret.
#[derive(Default)]
pub struct Forms(Vec<Zeroizing<String>>);

impl Forms {
    /// Adds the forms of each text and long number in `value`: plain, as JSON, percent-encoded and
    /// in base64; of a text of several lines also those of each long line.
    pub fn add(&mut self, value: &JsonText) {
        let mut tokens = tokens(value.expose()).peekable();
        while let Some(token) = tokens.next() {
            match token {
                // The names of members are no secrets, and many are words of every log.
                Token::String(_) if tokens.peek() == Some(&Token::Punctuation(':')) => {}
                Token::String(raw) => {
                    if let Ok(text) = serde_json::from_str::<String>(raw) {
                        self.add_text(&Zeroizing::new(text));
                    }
                }
                Token::Word(word) if word.bytes().any(|byte| byte.is_ascii_digit()) => {
                    if word.bytes().filter(u8::is_ascii_digit).count() >= SHORT {
                        self.insert(word);
                    }
                }
                Token::Word(_) | Token::Punctuation(_) => {}
            }
        }
    }

    /// Returns the texts as bytes.
    pub fn texts(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(|text| text.as_bytes())
    }

    /// Returns whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn add_text(&mut self, text: &str) {
        let is_plain = |all: fn(&char) -> bool| text.chars().all(|c| all(&c));
        let count = text.chars().count();
        let is_word = is_plain(|c| c.is_alphabetic()) || is_plain(|c| c.is_ascii_digit());
        if count < SHORTEST || (count < SHORT && is_word) {
            return;
        }
        self.insert(text);
        let mut quoted = Zeroizing::new(String::new());
        quote(text, &mut quoted);
        self.insert(quoted.trim_matches('"'));
        if text.len() <= LONGEST_ENCODED {
            self.add_encoded(text.as_bytes());
        }
        let mut lines = text.lines();
        if lines.clone().nth(1).is_some() {
            let long = |line: &&str| line.chars().count() >= SHORTEST_LINE;
            lines.by_ref().filter(long).for_each(|line| self.insert(line));
        }
        // Programs cut the line end of a value from a file.
        if text.trim().len() < text.len() {
            self.add_text(text.trim());
        }
    }

    fn add_encoded(&mut self, bytes: &[u8]) {
        for kept in [NON_ALPHANUMERIC, UNRESERVED, IN_PATHS] {
            self.insert(&Zeroizing::new(percent_encode(bytes, kept).to_string()));
        }
        for encoded in [
            BASE64_STANDARD.encode(bytes),
            BASE64_STANDARD_NO_PAD.encode(bytes),
            BASE64_URL_SAFE_NO_PAD.encode(bytes),
        ] {
            self.insert(&Zeroizing::new(encoded));
        }
    }

    fn insert(&mut self, text: &str) {
        self.0.push(Zeroizing::new(text.to_string()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(json: &str) -> Vec<String> {
        let mut forms = Forms::default();
        forms.add(&JsonText::parse(json).unwrap());
        forms.0.iter().map(|text| text.to_string()).collect()
    }

    #[test]
    fn leaves_out_what_occurs_everywhere() {
        for json in ["\"abc\"", "\"prod\"", "\"5432\"", "12345", "true", "\"\"", "[\"x\", null]"] {
            assert_eq!(forms(json), Vec::<String>::new(), "{json}");
        }
    }

    #[test]
    fn has_every_text_and_long_number() {
        let all = forms(r#"{"a": ["p-1d", {"b": "s3cr&t"}], "n": 123456.5}"#);
        for text in ["p-1d", "s3cr&t", "s3cr%26t", "czNjciZ0", "123456.5"] {
            assert!(all.contains(&text.to_string()), "{text}: {all:?}");
        }
    }

    #[test]
    fn has_what_encoders_of_addresses_write_and_what_is_left_without_a_line_end() {
        let all = forms("\" p&ss-w_1.x~/y\\n\"");
        for text in
            ["p&ss-w_1.x~/y", "p%26ss-w_1.x~%2Fy", "p%26ss-w_1.x~/y", "cCZzcy13XzEueH4veQ=="]
        {
            assert!(all.contains(&text.to_string()), "{text}: {all:?}");
        }
        assert!(!forms(r#"{"private_key": "s3cr&t"}"#).contains(&"private_key".to_string()));
    }

    #[test]
    fn has_the_forms_of_a_text_and_its_lines() {
        let all = forms("\"first line\\nshort\\nsecond line?\"");
        for text in [
            "first line\nshort\nsecond line?",
            "first line\\nshort\\nsecond line?",
            "first line",
            "second line?",
            "Zmlyc3QgbGluZQpzaG9ydApzZWNvbmQgbGluZT8=",
            "Zmlyc3QgbGluZQpzaG9ydApzZWNvbmQgbGluZT8",
        ] {
            assert!(all.contains(&text.to_string()), "{text}: {all:?}");
        }
        assert!(!all.contains(&"short".to_string()));
    }
}
