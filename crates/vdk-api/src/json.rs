//! Walking over JSON text without building it: what must keep every digit and every escape of a
//! value works on the text itself.

/// A piece of JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// One of `{ } [ ] , :`.
    Punctuation(char),
    /// A string with its quotes and escapes, as written.
    String(&'a str),
    /// A number, `true`, `false`, `null`, or whatever else stands there.
    Word(&'a str),
}

/// The tokens of `text`, white space left out. It splits and does not judge: for text that is not
/// valid JSON the tokens are whatever comes of it.
pub fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        // Bytes, not characters: all that is looked for is ASCII, and a set may have a megabyte.
        let start = rest.bytes().position(|byte| !is_space(byte))?;
        rest = &rest[start..];
        let first = rest.as_bytes()[0];
        let length = match first {
            b'"' => string_length(rest),
            _ if is_punctuation(first) => 1,
            _ => rest.bytes().position(ends_a_word).unwrap_or(rest.len()),
        };
        let (token, tail) = rest.split_at(length);
        rest = tail;
        Some(match first {
            b'"' => Token::String(token),
            _ if is_punctuation(first) => Token::Punctuation(first.into()),
            _ => Token::Word(token),
        })
    })
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn is_punctuation(byte: u8) -> bool {
    matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b':')
}

fn ends_a_word(byte: u8) -> bool {
    is_punctuation(byte) || is_space(byte) || byte == b'"'
}

/// Bytes from the opening quote to the closing one, both counted.
fn string_length(text: &str) -> usize {
    let mut at = 1;
    while let Some(rest) = text.as_bytes().get(at..) {
        match memchr::memchr2(b'"', b'\\', rest) {
            Some(found) if rest[found] == b'"' => return at + found + 1,
            // What follows a backslash ends nothing.
            Some(found) => at += found + 2,
            None => break,
        }
    }
    text.len()
}

/// How deep arrays and objects of `text` nest: 0 for a scalar.
pub fn depth(text: &str) -> usize {
    let (mut now, mut deepest) = (0usize, 0);
    for token in tokens(text) {
        match token {
            Token::Punctuation('{' | '[') => {
                now += 1;
                deepest = deepest.max(now);
            }
            Token::Punctuation('}' | ']') => now = now.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// The keys of the object in `text` as they are written there, quotes and escapes included; none
/// for what is no object.
pub fn keys(text: &str) -> impl Iterator<Item = &str> {
    let (mut depth, mut expected) = (0usize, false);
    tokens(text).filter_map(move |token| {
        match token {
            Token::Punctuation('{') => {
                depth += 1;
                expected = depth == 1;
            }
            Token::Punctuation('[') => depth += 1,
            Token::Punctuation('}' | ']') => depth = depth.saturating_sub(1),
            Token::Punctuation(',') => expected = depth == 1,
            Token::String(quoted) if expected => {
                expected = false;
                return Some(quoted);
            }
            _ => {}
        }
        None
    })
}

/// What a JSON text is, by its first character, in words for a message: never a part of it.
pub fn describe(text: &str) -> &'static str {
    match tokens(text).next() {
        None => "nothing",
        Some(Token::Punctuation('{')) => "an object",
        Some(Token::Punctuation('[')) => "an array",
        Some(Token::String(_)) => "a string",
        Some(Token::Word("true" | "false")) => "a boolean",
        Some(Token::Word("null")) => "null",
        Some(Token::Word(word)) if word.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
            "a number"
        }
        Some(_) => "no JSON",
    }
}

/// Appends `text` as a JSON string: only what JSON demands is escaped.
pub fn quote(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    // Everything in between is copied at once.
    while let Some(at) = rest.bytes().position(|byte| byte < b' ' || matches!(byte, b'"' | b'\\')) {
        let (plain, tail) = rest.split_at(at);
        out.push_str(plain);
        match tail.as_bytes()[0] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            control => out.push_str(&format!("\\u{control:04x}")),
        }
        rest = &tail[1..];
    }
    out.push_str(rest);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_keep_what_was_written() {
        let found: Vec<_> = tokens(r#" {"a\"\\" : [1.50, tRue]}"#).collect();
        assert_eq!(
            found,
            [
                Token::Punctuation('{'),
                Token::String(r#""a\"\\""#),
                Token::Punctuation(':'),
                Token::Punctuation('['),
                Token::Word("1.50"),
                Token::Punctuation(','),
                Token::Word("tRue"),
                Token::Punctuation(']'),
                Token::Punctuation('}'),
            ]
        );
    }

    #[test]
    fn keys_are_those_of_the_object_itself() {
        let text = r#"{"a":{"b":["c",{"d":1}]},"\u00e4\n":"e","f":[1,"g"], "h" : null}"#;
        let found: Vec<_> = keys(text).collect();
        assert_eq!(found, [r#""a""#, r#""\u00e4\n""#, r#""f""#, r#""h""#]);
        assert_eq!(keys("{}").count() + keys("[\"a\"]").count(), 0);
    }

    #[test]
    fn depth_counts_nesting_and_not_what_stands_in_strings() {
        assert_eq!(depth("1"), 0);
        assert_eq!(depth(r#"{"a":"[[[","b":[[]]}"#), 3);
    }

    #[test]
    fn text_that_never_ends_is_no_endless_loop() {
        assert_eq!(tokens("\"abc\\").count(), 1);
        assert_eq!(tokens("é\u{a0}").count(), 1);
    }
}
