//! Tokens of JSON text, found without building values. Code that must keep every digit and escape
//! of a value works on the text itself.

/// A piece of JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// One of `{ } [ ] , :`.
    Punctuation(char),
    /// A string with its quotes and escapes, as written.
    String(&'a str),
    /// A number, `true`, `false`, `null`, or any other text.
    Word(&'a str),
}

/// Returns the tokens of `text` without white space. Does not validate: if `text` is not valid
/// JSON, the tokens are arbitrary.
pub fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        // Bytes, not characters: all delimiters are ASCII, and a document may have a megabyte.
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

/// Returns the bytes from the opening quote to the closing one, both included.
fn string_length(text: &str) -> usize {
    let mut at = 1;
    while let Some(rest) = text.as_bytes().get(at..) {
        match memchr::memchr2(b'"', b'\\', rest) {
            Some(found) if rest[found] == b'"' => return at + found + 1,
            // The character after a backslash never ends the string.
            Some(found) => at += found + 2,
            None => break,
        }
    }
    text.len()
}

/// Returns whether arrays and objects are nested deeper than `most`.
pub fn is_deeper(text: &str, most: usize) -> bool {
    // Few texts have so many brackets, and those are counted sooner than parts are told apart.
    let brackets = memchr::memchr2_iter(b'{', b'[', text.as_bytes()).count();
    brackets > most && depth(text) > most
}

/// Returns the nesting depth of arrays and objects in `text`: 0 for a scalar.
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

/// Returns the keys of the object in `text` as written, with quotes and escapes. Returns none if
/// `text` is not an object.
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

/// Describes a JSON text by its first token, for messages. Contains no part of the text.
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

/// Appends `text` as a JSON string. Escapes only what JSON requires.
pub fn quote(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    // Copies everything before the next escape at once.
    while let Some(at) = rest.bytes().position(is_escaped) {
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

/// Returns whether a byte of text is written as an escape in a JSON string.
pub fn is_escaped(byte: u8) -> bool {
    byte < b' ' || matches!(byte, b'"' | b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_tokens_as_written() {
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
    fn finds_only_keys_of_the_outer_object() {
        let text = r#"{"a":{"b":["c",{"d":1}]},"\u00e4\n":"e","f":[1,"g"], "h" : null}"#;
        let found: Vec<_> = keys(text).collect();
        assert_eq!(found, [r#""a""#, r#""\u00e4\n""#, r#""f""#, r#""h""#]);
        assert_eq!(keys("{}").count() + keys("[\"a\"]").count(), 0);
    }

    #[test]
    fn ignores_strings_when_counting_depth() {
        assert_eq!(depth("1"), 0);
        assert_eq!(depth(r#"{"a":"[[[","b":[[]]}"#), 3);
    }

    #[test]
    fn ends_at_unterminated_text() {
        assert_eq!(tokens("\"abc\\").count(), 1);
        assert_eq!(tokens("é\u{a0}").count(), 1);
    }
}
