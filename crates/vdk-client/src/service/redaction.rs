//! Hides in a service's messages what they echo of a request.

use vdk_api::Document;
use vdk_api::json::{Token, tokens};
use zeroize::Zeroizing;

/// Removes from a service's messages what they echo of a request: every value, whole.
pub struct Redaction(Vec<Zeroizing<String>>);

impl Redaction {
    /// Collects the values of `sent`, and the token.
    pub fn new(sent: Option<&Document>, token: Option<&str>) -> Self {
        /// Shorter texts occur in any sentence.
        const SHORTEST: usize = 4;
        let mut values: Vec<Zeroizing<String>> =
            token.map(|token| Zeroizing::new(token.to_string())).into_iter().collect();
        for (_, value) in sent.into_iter().flat_map(Document::iter) {
            values.push(Zeroizing::new(value.expose().trim_matches('"').to_string()));
            // Services echo parsed values, and parts of them in their own notations.
            for token in tokens(value.expose()) {
                match token {
                    Token::String(raw) => {
                        values.extend(serde_json::from_str(raw).ok().map(Zeroizing::<String>::new))
                    }
                    Token::Word(word) => values.push(Zeroizing::new(word.to_string())),
                    Token::Punctuation(_) => {}
                }
            }
        }
        let word = |value: &str| matches!(value, "true" | "false" | "null");
        values.retain(|value| value.len() >= SHORTEST && !word(value));
        // The longest first: one value may be a part of another.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        Redaction(values)
    }

    /// Returns `text` without them, and at most 1000 characters of it.
    pub fn clean(&self, mut text: String) -> String {
        for value in &self.0 {
            text = redact(&text, value);
        }
        text.chars().take(1000).collect()
    }
}

/// Replaces `value` in `text`. A short word or number counts only if it stands alone: as a part of
/// others it is most likely not the value, and the rest of the message would be lost.
fn redact(text: &str, value: &str) -> String {
    /// Longest number and longest word that occur inside of others by chance, in bytes.
    const SHORT_NUMBER: usize = 8;
    const SHORT_WORD: usize = 5;
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
    let short = if is_number { SHORT_NUMBER } else { SHORT_WORD };
    let is_short = value.len() <= short && value.chars().all(char::is_alphanumeric);
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(value) {
        let (before, after) = (&rest[..at], &rest[at + value.len()..]);
        let previous = before.chars().next_back().or(clean.chars().next_back());
        let touches = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        clean.push_str(before);
        if is_short && (touches(previous) || touches(after.chars().next())) {
            clean.push_str(value);
        } else {
            clean.push_str("[redacted]");
        }
        rest = after;
    }
    clean + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redacts_echoed_values_and_tokens() {
        let sent = Document::parse(
            r#"{"a":"geheim","b":"geheimer","n":12345,"s":"x","q":"a\"b\nc","o":{"p":["nested"]}}"#,
        );
        let words = "geheimer and geheim, 12345, x, a\"b\nc, a\\\"b\\nc, token-1, {p=[nested]}";
        let clean = Redaction::new(Some(&sent.unwrap()), Some("token-1")).clean(words.into());
        assert_eq!(
            clean,
            "[redacted] and [redacted], [redacted], x, [redacted], [redacted], [redacted], {p=[[redacted]]}"
        );
        let long = Document::parse(&format!("{{\"k\":\"{}\"}}", "secret".repeat(300))).unwrap();
        let echo = format!("bad value {}", "secret".repeat(300));
        assert_eq!(Redaction::new(Some(&long), None).clean(echo), "bad value [redacted]");
        let short = Document::parse(r#"{"a":"1048","b":"5432-5432"}"#).unwrap();
        let said = "limit of 1048576 bytes at /v1048, not 1048: 1048; x5432-5432y";
        assert_eq!(
            Redaction::new(Some(&short), None).clean(said.into()),
            "limit of 1048576 bytes at /v1048, not [redacted]: [redacted]; x[redacted]y"
        );
    }
}
