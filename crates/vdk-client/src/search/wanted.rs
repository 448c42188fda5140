//! What is looked for, and how values hold it: as they are, in other texts, and encoded.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use percent_encoding::percent_decode_str;
use vdk_api::json::{Token, quote, tokens};
use vdk_api::{JsonText, Kind};
use zeroize::Zeroizing;

use super::How;
use crate::run::is_match;

/// JSON in a text in JSON, and so on: so deep.
const NESTED: usize = 4;

/// What is looked for.
pub enum Wanted {
    /// Keys whose names match a pattern, in which `*` stands for any text.
    Key(String),
    /// A value that is this text, or a number that is spelled so. A line end behind the value does not
    /// count, nor whether lines end as on Windows: files and editors differ in that.
    Value(Zeroizing<String>),
    /// As `Value`, and also any value that contains the text.
    Part(Part),
}

/// A text that other texts may contain.
pub struct Part {
    text: Zeroizing<String>,
    /// The text with the line ends of Unix, and if it has several lines, with those of Windows.
    plain: Vec<Zeroizing<String>>,
    quoted: Vec<Zeroizing<String>>,
    base64: Vec<Zeroizing<String>>,
}

impl Wanted {
    /// Makes what finds `text` as a part of other texts: in a URL, in a JSON object, percent-encoded, or
    /// anywhere in base64.
    pub fn part(text: Zeroizing<String>) -> Self {
        let lines = |end: &str| Zeroizing::new(text.lines().collect::<Vec<_>>().join(end));
        let mut plain = vec![lines("\n")];
        if text.lines().nth(1).is_some() {
            plain.push(lines("\r\n"));
        }
        let quoted = plain.iter().map(|text| quoted(text)).collect();
        let base64 = plain.iter().flat_map(|text| base64(text)).collect();
        Wanted::Part(Part { text, plain, quoted, base64 })
    }

    /// Returns how a key and its value match.
    pub(super) fn how(&self, key: &str, value: &JsonText) -> Option<How> {
        let (text, part) = match self {
            Wanted::Key(pattern) => return is_match(pattern, key).then_some(How::Name),
            Wanted::Value(text) => (text, None),
            Wanted::Part(part) => (&part.text, Some(part)),
        };
        if is_value(value, text) {
            return Some(How::Equal);
        }
        part.is_some_and(|part| part.is_in_json(value.expose(), NESTED)).then_some(How::Part)
    }
}

/// Returns whether a value is this text but for line ends, or a number that is spelled so.
pub(crate) fn is_value(value: &JsonText, text: &str) -> bool {
    match value.to_text() {
        Some(own) => own.lines().eq(text.lines()),
        // A word such as null is no value of its own.
        None => matches!(value.kind(), Kind::Integer | Kind::Float) && value.expose() == text,
    }
}

/// Returns a text as it is in a JSON string.
fn quoted(text: &str) -> Zeroizing<String> {
    let mut quoted = Zeroizing::new(String::new());
    quote(text, &mut quoted);
    Zeroizing::new(quoted[1..quoted.len() - 1].to_string())
}

/// Returns what base64 makes of a text, whatever stands around it.
fn base64(text: &str) -> Vec<Zeroizing<String>> {
    let mut encoded: Vec<Zeroizing<String>> = Vec::new();
    for before in 0..3 {
        let mut bytes = Zeroizing::new(vec![0; before]);
        bytes.extend(text.as_bytes());
        // The first and last letters also depend on what stands around the text.
        let (start, end) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
        for engine in [BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD] {
            let all = Zeroizing::new(engine.encode(&*bytes));
            encoded.extend(all.get(start..end).map(|own| Zeroizing::new(own.to_string())));
        }
    }
    encoded.retain(|form| !form.is_empty());
    encoded
}

impl Part {
    fn is_in_json(&self, json: &str, nested: usize) -> bool {
        tokens(json).any(|token| match token {
            Token::String(raw) => self.is_in_text(&decoded(raw), nested),
            Token::Word(word) => word == self.text.as_str(),
            Token::Punctuation(_) => false,
        })
    }

    fn is_in_text(&self, own: &str, nested: usize) -> bool {
        let is_in = |own: &str| self.plain.iter().any(|text| own.contains(text.as_str()));
        let unescaped = |own: &str| {
            own.contains('%')
                && is_in(&Zeroizing::new(percent_decode_str(own).decode_utf8_lossy().into_owned()))
        };
        let has_one =
            |own: &str, forms: &[Zeroizing<String>]| forms.iter().any(|form| own.contains(&**form));
        is_in(own)
            || has_one(own, &self.quoted)
            || has_one(own, &self.base64)
            // Mail and PEM break it into lines, and YAML indents these.
            || (own.contains('\n') && {
                let joined = own.split_whitespace().collect::<Vec<_>>().concat();
                has_one(&Zeroizing::new(joined), &self.base64)
            })
            || unescaped(own)
            || (own.contains('+') && {
                let own = Zeroizing::new(own.replace('+', " "));
                is_in(&own) || unescaped(&own)
            })
            || (nested > 0
                && own.trim_start().starts_with(['{', '[', '"'])
                && JsonText::parse(own)
                    .is_ok_and(|json| self.is_in_json(json.expose(), nested - 1)))
    }
}

/// Returns the text of a JSON string. A lone surrogate, which no text can hold, becomes U+FFFD.
fn decoded(raw: &str) -> Zeroizing<String> {
    let decode = |raw: &str| serde_json::from_str::<String>(raw).map(Zeroizing::new);
    decode(raw).or_else(|_| decode(&without_surrogates(raw))).unwrap_or_default()
}

fn without_surrogates(raw: &str) -> Zeroizing<String> {
    let (mut out, mut rest) = (Zeroizing::new(String::with_capacity(raw.len())), raw);
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let is_surrogate = matches!(escape.as_bytes(), [_, b'u', b'd' | b'D', third, ..] if !third.is_ascii_digit() || *third >= b'8');
        let length = if is_surrogate { 6 } else { 2 };
        let (escape, behind) = escape.split_at_checked(length).unwrap_or((escape, ""));
        out.push_str(if is_surrogate { "\\ufffd" } else { escape });
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn how(wanted: &Wanted, json: &str) -> Option<How> {
        wanted.how("k", &JsonText::parse(json).unwrap())
    }

    fn both(secret: &str) -> [Wanted; 2] {
        let text = || Zeroizing::new(secret.to_string());
        [Wanted::Value(text()), Wanted::part(text())]
    }

    #[test]
    fn finds_a_value_whatever_its_line_ends() {
        let [value, _] = both("BEGIN\nabc");
        for json in [r#""BEGIN\nabc""#, r#""BEGIN\nabc\n""#, r#""BEGIN\r\nabc\r\n""#] {
            assert_eq!(how(&value, json), Some(How::Equal), "{json}");
        }
        for json in [r#""BEGIN\nabc\n\n""#, r#""BEGIN\n abc""#, r#""BEGINabc""#, "{}", "1"] {
            assert_eq!(how(&value, json), None, "{json}");
        }
    }

    #[test]
    fn finds_a_part_in_every_encoding() {
        let [value, part] = both("p&ss w\u{f6}rd/1");
        for json in [
            r#""postgres://u:p%26ss%20w%C3%B6rd%2F1@db/x""#,
            r#""postgres://u:p&ss%20w%c3%b6rd/1@db/x""#,
            r#""a=1&p=p%26ss+w%C3%B6rd%2F1""#,
            r#""{\"password\": \"p&ss wörd/1\"}""#,
            r#""{\"password\": \"p\\u0026ss w\\u00f6rd\\/1\"}""#,
            r#"[{"deep": ["-p&ss wörd/1-"]}]"#,
            r#""Basic cCZzcyB3w7ZyZC8x""#,
            r#""\ud800 p&ss wörd/1""#,
            r#""\ud800 \né\\p&ss wörd/1""#,
            r#"{"x": "\\ \ud800p\u0026ss wörd/1"}"#,
        ] {
            assert_eq!((how(&value, json), how(&part, json)), (None, Some(How::Part)), "{json}");
        }
        for before in ["", "a", "ab", "abc"] {
            for after in ["", "z", "zz"] {
                let all = format!("{before}p&ss w\u{f6}rd/1{after}");
                for engine in [BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD] {
                    let json = format!("\"Basic {}\"", engine.encode(&all));
                    assert_eq!(how(&part, &json), Some(How::Part), "{all}");
                }
            }
        }
        let wrapped = r#""data:\n  cGFzc3dvcmQ6IHAmc3\r\n  Mgd8O2cmQvMQ==\n""#;
        assert_eq!(how(&part, wrapped), Some(How::Part));
        for json in [r#""p&ss wörd""#, r#""P&SS wörd/1""#, "null", r#""%""#, r#""%zz+""#, r#""{""#]
        {
            assert_eq!(how(&part, json), None, "{json}");
        }
    }

    #[test]
    fn finds_several_lines_in_other_texts_whatever_their_ends() {
        for secret in ["BEGIN\nabcdefgh", "BEGIN\r\nabcdefgh"] {
            let [_, part] = both(secret);
            for json in [
                r#""x BEGIN\nabcdefgh\n""#,
                r#""x BEGIN\r\nabcdefgh\r\n""#,
                r#""{\"key\": \"BEGIN\\r\\nabcdefgh\"}""#,
            ] {
                assert_eq!(how(&part, json), Some(How::Part), "{json}");
            }
        }
    }

    #[test]
    fn finds_numbers_as_they_are_spelled() {
        let [value, part] = both("12345678");
        assert_eq!(how(&value, "12345678"), Some(How::Equal));
        assert_eq!((how(&value, "[12345678]"), how(&part, "[12345678]")), (None, Some(How::Part)));
        assert_eq!(how(&part, "123456789"), None, "another number");
        for word in ["null", "true", "[1]"] {
            let [value, _] = both(word);
            assert_eq!(how(&value, word), None, "{word}");
        }
    }
}
