//! Values rewritten token by token, with numbers unchanged: like Python's `json.dumps`, and for
//! people.

use std::borrow::Cow;

use vdk_api::JsonText;
use vdk_api::json::{Token, tokens};
use zeroize::Zeroizing;

use super::Members;

/// Writes one line of JSON as Python prints it, and a line end.
pub fn json_object(members: &Members<'_>, out: &mut String) {
    out.push('{');
    for (at, (key, value)) in members.iter().enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        push_json_string(key, out);
        out.push_str(": ");
        value_as(value, out, |word| word, push_json_string);
    }
    out.push_str("}\n");
}

/// Returns JSON in lines, indented by two blanks. Strings and numbers stay as they are spelled.
pub fn lines(json: &str) -> Zeroizing<String> {
    let all: Vec<_> = tokens(json).collect();
    let mut out = Zeroizing::new(String::with_capacity(json.len() + all.len() * 4));
    let mut depth = 0;
    for (at, token) in all.iter().enumerate() {
        let closes =
            |token: Option<&Token<'_>>| matches!(token, Some(Token::Punctuation('}' | ']')));
        let is_empty = closes(all.get(at + 1));
        let line = |depth: usize, out: &mut String| {
            out.push('\n');
            out.extend(std::iter::repeat_n("  ", depth));
        };
        match token {
            Token::Punctuation(c @ ('{' | '[')) => {
                out.push(*c);
                depth += 1;
                if !is_empty {
                    line(depth, &mut out);
                }
            }
            Token::Punctuation(c @ ('}' | ']')) => {
                depth -= 1;
                if !matches!(all.get(at.wrapping_sub(1)), Some(Token::Punctuation('{' | '['))) {
                    line(depth, &mut out);
                }
                out.push(*c);
            }
            Token::Punctuation(',') => {
                out.push(',');
                line(depth, &mut out);
            }
            Token::Punctuation(_) => out.push_str(": "),
            Token::Word(text) | Token::String(text) => out.push_str(text),
        }
    }
    out.push('\n');
    out
}

/// Returns `text` as a JSON string in ASCII.
pub fn json_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_json_string(text, &mut out);
    out
}

fn push_json_string(text: &str, out: &mut String) {
    quote(text, '"', out, |c, out| match c {
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        ' '..='~' => out.push(c),
        c => {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    });
}

/// Writes `text` between `mark`s, with the escapes that JSON and YAML share. `other` writes all
/// other characters.
pub fn quote(text: &str, mark: char, out: &mut String, other: impl Fn(char, &mut String)) {
    out.push(mark);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            c if c == mark => out.extend(['\\', c]),
            c => other(c, out),
        }
    }
    out.push(mark);
}

/// Returns a value for the text table: a string as it is, all else in JSON.
pub fn plain(value: &JsonText) -> Cow<'_, str> {
    // Most strings have no escapes, and copying a large one is expensive.
    if let Some(text) = value.expose().strip_prefix('"').and_then(|text| text.strip_suffix('"'))
        && !text.contains('\\')
    {
        return text.into();
    }
    if let Some(mut text) = value.to_text() {
        return std::mem::take(&mut *text).into();
    }
    let mut out = String::with_capacity(value.expose().len());
    let string = |text: &str, out: &mut String| quote(text, '"', out, |c, out| out.push(c));
    value_as(value, &mut out, |word| word, string);
    out.into()
}

/// Writes a value token by token: numbers and names through `word`, the text of strings through
/// `string`. A string with a lone surrogate is not text, and stays as it is.
fn value_as(
    value: &JsonText,
    out: &mut String,
    word: impl Fn(&str) -> &str,
    string: impl Fn(&str, &mut String),
) {
    for token in tokens(value.expose()) {
        token_as(&token, out, &word, &string);
    }
}

pub fn token_as(
    token: &Token<'_>,
    out: &mut String,
    word: impl Fn(&str) -> &str,
    string: impl Fn(&str, &mut String),
) {
    match token {
        Token::Punctuation(',') => out.push_str(", "),
        Token::Punctuation(':') => out.push_str(": "),
        Token::Punctuation(c) => out.push(*c),
        Token::Word(text) => out.push_str(word(text)),
        Token::String(raw) => match serde_json::from_str(raw).map(Zeroizing::<String>::new) {
            Ok(text) => string(&text, out),
            Err(_) => out.push_str(raw),
        },
    }
}

#[cfg(test)]
mod tests {
    use vdk_api::Document;

    use super::*;

    fn object(json: &str) -> String {
        let document = Document::parse(json).unwrap();
        let mut out = String::new();
        json_object(&document.iter().collect(), &mut out);
        out
    }

    #[test]
    fn prints_json_as_python_does() {
        assert_eq!(object("{}"), "{}\n");
        assert_eq!(
            object(
                "{\"z\":[1,2.50,{\"a\":null}],\"ä\":\"ü\u{1f600}\\/\u{7f}\\b\\f\\n\\\"\",\"t\":true}"
            ),
            "{\"z\": [1, 2.50, {\"a\": null}], \"\\u00e4\": \"\\u00fc\\ud83d\\ude00/\\u007f\\b\\f\\n\\\"\", \"t\": true}\n"
        );
        assert_eq!(object("{\"s\":\"\\ud800\"}"), "{\"s\": \"\\ud800\"}\n");
    }

    #[test]
    fn breaks_json_into_lines() {
        assert_eq!(*lines("{}"), "{}\n");
        assert_eq!(
            *lines(r#"{"a":1.50,"b":{"x":[],"y":[1,"\u00e4,{"]},"c":{}}"#),
            "{\n  \"a\": 1.50,\n  \"b\": {\n    \"x\": [],\n    \"y\": [\n      1,\n      \
             \"\\u00e4,{\"\n    ]\n  },\n  \"c\": {}\n}\n"
        );
    }

    #[test]
    fn shows_json_in_tables() {
        for (json, shown) in [
            ("\"a b\"", "a b"),
            ("null", "null"),
            ("true", "true"),
            ("1.50", "1.50"),
            (r#"{"x":"ä","y":[null,false]}"#, r#"{"x": "ä", "y": [null, false]}"#),
            (r#"["it's","a\"b\n"]"#, r#"["it's", "a\"b\n"]"#),
        ] {
            assert_eq!(plain(&JsonText::parse(json).unwrap()), shown);
        }
    }
}
