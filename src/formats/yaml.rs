//! YAML 1.2: one mapping, whose values keep their types and the text of their numbers.

use std::collections::HashSet;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, StrInput};
use vdk_api::json::{self, Token, tokens};
use vdk_api::{JsonText, MAX_DEPTH};
use vdk_client::change::NewValue;
use zeroize::Zeroizing;

use super::Members;
use super::entries::{Entries, Parsed, Problem};
use super::notation::{self, token_as};

/// Writes a YAML 1.2 mapping: keys and strings in double quotes, the rest in JSON, which is YAML's
/// flow style.
pub fn render(members: &Members<'_>, out: &mut String) {
    if members.is_empty() {
        out.push_str("{}\n");
    }
    for (key, value) in members {
        match is_long(key) {
            false => {
                quote_string(key, out);
                out.push_str(": ");
            }
            true => {
                out.push_str("? ");
                quote_string(key, out);
                out.push_str("\n: ");
            }
        }
        push_value(value, out);
        out.push('\n');
    }
}

/// Writes a value in YAML's flow style.
fn push_value(value: &JsonText, out: &mut String) {
    let all: Vec<_> = tokens(value.expose()).collect();
    for (at, token) in all.iter().enumerate() {
        let is_key = matches!(all.get(at + 1), Some(Token::Punctuation(':')));
        if let (true, Token::String(raw)) = (is_key, token)
            && is_long(raw)
        {
            out.push_str("? ");
        }
        token_as(token, out, |word| word, quote_string);
    }
}

/// Returns true if a key may exceed YAML's limit without a mark (1.2, section 7.4.2): 1024
/// characters as written, up to ten for each character.
fn is_long(key: &str) -> bool {
    key.len() > 100
}

/// Writes `text` as a double-quoted YAML string. Printable characters stay, because YAML does not
/// know JSON's surrogate pairs.
pub fn quote_string(text: &str, out: &mut String) {
    notation::quote(text, '"', out, |c, out| {
        if vdk_api::is_harmful(c) {
            out.push_str(&format!("\\U{:08x}", u32::from(c)));
        } else {
            out.push(c);
        }
    });
}

/// Reads a file. Strings stay strings, as YAML 1.2 has them: `no` is one. A number is taken if JSON
/// has it; other spellings (`0x10`, `007`, `.5`) are refused, or with `literal` taken as text.
pub fn parse(text: &str, literal: bool) -> Parsed {
    let mut entries = Entries::default();
    let mut before = text
        .lines()
        .zip(1..)
        .take_while(|(line, _)| line.is_empty() || line.starts_with(['%', '#']));
    if let Some((_, line)) =
        before.find(|(line, _)| line.starts_with("%YAML") && line.trim_end() != "%YAML 1.2")
    {
        entries.problem(Problem::new(line, 1, "another version than YAML 1.2"));
        return entries.finish();
    }
    let mut reader = Reader { events: Parser::new_from_str(text), literal };
    match reader.document(&mut entries) {
        Ok(()) => {}
        Err(problem) => entries.problem(problem),
    }
    entries.finish()
}

struct Reader<'a> {
    events: Parser<'a, StrInput<'a>>,
    literal: bool,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Marker), Problem> {
        match self.events.next() {
            Some(Ok((event, span))) => Ok((event, span.start)),
            Some(Err(error)) => {
                // One message has a character of the text.
                let why = error.info().split(": `").next().unwrap_or_default();
                Err(problem(*error.marker(), &format!("no YAML: {why}")))
            }
            None => Ok((Event::StreamEnd, Marker::default())),
        }
    }

    fn document(&mut self, entries: &mut Entries) -> Result<(), Problem> {
        let (mut event, mut at) = self.next()?;
        while matches!(event, Event::StreamStart | Event::DocumentStart(_)) {
            (event, at) = self.next()?;
        }
        match event {
            Event::StreamEnd => return Ok(()),
            Event::MappingStart(anchor, tag) => bare(anchor, tag.is_some(), at)?,
            _ => return Err(problem(at, "not a mapping of keys to values")),
        }
        while let Some((key, at)) = self.key()? {
            let mut json = Zeroizing::new(String::new());
            let of = |problem: Problem| problem.of(&key);
            let (event, place) = self.next().map_err(of)?;
            self.value(event, place, 1, &mut json).map_err(of)?;
            match JsonText::parse(&json) {
                Ok(json) => entries.add(at.line(), at.col() + 1, &key, NewValue::Json(json)),
                Err(_) => return Err(problem(place, "a value that JSON does not have").of(&key)),
            }
        }
        self.next()?;
        match self.next()? {
            (Event::StreamEnd, _) => Ok(()),
            (_, at) => Err(problem(at, "a second document")),
        }
    }

    /// Reads a key; `None` at the end of the mapping.
    fn key(&mut self) -> Result<Option<(String, Marker)>, Problem> {
        match self.next()? {
            (Event::MappingEnd, _) => Ok(None),
            (Event::Scalar(text, style, anchor, tag), at) => {
                bare(anchor, tag.is_some(), at)?;
                let is_null = matches!(scalar(&text), Scalar::Word("null"));
                if style == ScalarStyle::Plain && (is_null || text == "<<") {
                    return Err(problem(at, "a key that is no text"));
                }
                Ok(Some((text.into_owned(), at)))
            }
            (_, at) => Err(problem(at, "a key that is no text")),
        }
    }

    /// Reads a value that begins with `event`, and writes it as JSON.
    fn value(
        &mut self,
        event: Event<'a>,
        at: Marker,
        depth: usize,
        out: &mut String,
    ) -> Result<(), Problem> {
        if depth >= MAX_DEPTH {
            return Err(problem(at, "values that are nested too deep"));
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                bare(anchor, tag.is_some(), at)?;
                match (style, scalar(&text)) {
                    (ScalarStyle::Plain, Scalar::Word(word)) => out.push_str(word),
                    (ScalarStyle::Plain, Scalar::OtherNumber) if !self.literal => {
                        return Err(problem(at, "a number as JSON does not write it").literally());
                    }
                    _ => json::quote(&text, out),
                }
            }
            Event::SequenceStart(anchor, tag) => {
                bare(anchor, tag.is_some(), at)?;
                out.push('[');
                loop {
                    let (event, at) = self.next()?;
                    if event == Event::SequenceEnd {
                        break;
                    }
                    if !out.ends_with('[') {
                        out.push(',');
                    }
                    self.value(event, at, depth + 1, out)?;
                }
                out.push(']');
            }
            Event::MappingStart(anchor, tag) => {
                bare(anchor, tag.is_some(), at)?;
                out.push('{');
                let mut keys = HashSet::new();
                while let Some((key, at)) = self.key()? {
                    if !keys.is_empty() {
                        out.push(',');
                    }
                    json::quote(&key, out);
                    out.push(':');
                    if !keys.insert(key) {
                        return Err(problem(at, "a key that occurs twice in its mapping"));
                    }
                    let (event, at) = self.next()?;
                    self.value(event, at, depth + 1, out)?;
                }
                out.push('}');
            }
            _ => return Err(problem(at, "an alias (*), which is not taken")),
        }
        Ok(())
    }
}

fn problem(at: Marker, why: &str) -> Problem {
    Problem::new(at.line(), at.col() + 1, why)
}

/// Refuses anchors, by which a small file becomes a large one, and tags, which name other types.
fn bare(anchor: usize, has_tag: bool, at: Marker) -> Result<(), Problem> {
    match (anchor, has_tag) {
        (0, false) => Ok(()),
        (0, true) => Err(problem(at, "a tag (!), which is not taken")),
        _ => Err(problem(at, "an anchor (&), which is not taken")),
    }
}

enum Scalar<'a> {
    /// `null`, a boolean or a number, as JSON writes it.
    Word(&'a str),
    /// A number of YAML's core schema (1.2.2, section 10.3.2) that JSON writes otherwise, or not.
    OtherNumber,
    Text,
}

/// Returns what a scalar without quotes is.
fn scalar(text: &str) -> Scalar<'_> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Word("null"),
        "true" | "True" | "TRUE" => return Scalar::Word("true"),
        "false" | "False" | "FALSE" => return Scalar::Word("false"),
        ".nan" | ".NaN" | ".NAN" => return Scalar::OtherNumber,
        _ => {}
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let of_radix = |prefix: &str, radix| {
        text.strip_prefix(prefix)
            .is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix)))
    };
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.parse::<f64>().is_ok();
    if matches!(digits, ".inf" | ".Inf" | ".INF") || of_radix("0x", 16) || of_radix("0o", 8) {
        return Scalar::OtherNumber;
    }
    match JsonText::parse(text) {
        Ok(_) if is_number => Scalar::Word(text),
        Err(_) if is_number => Scalar::OtherNumber,
        _ => Scalar::Text,
    }
}

#[cfg(test)]
mod tests {
    use vdk_api::Document;

    use super::super::entries::tests::shown;
    use super::*;

    #[test]
    fn reads_types_and_keeps_strings() {
        let text = "---\na: no\nb: 1e3\nc: 2.50\nd: '0x10'\ne: [yes, 1, {x: ~, 2: \"é\\n\"}]\n\
                    f: |\n  l1\n  l2\ng:\nh: 2026-11-29\ni: true # c\nj: 1_000\n\"k l\": 1.0.0\n";
        assert_eq!(
            shown(parse(text, false)).unwrap(),
            [
                "a=\"no\"",
                "b=1e3",
                "c=2.50",
                "d=\"0x10\"",
                "e=[\"yes\",1,{\"x\":null,\"2\":\"é\\n\"}]",
                "f=\"l1\\nl2\\n\"",
                "g=null",
                "h=\"2026-11-29\"",
                "i=true",
                "j=\"1_000\"",
                "k l=\"1.0.0\"",
            ]
        );
        assert!(shown(parse("", false)).unwrap().is_empty());
    }

    #[test]
    fn refuses_what_is_no_value_of_one_kind() {
        for (text, problem) in [
            ("a: 1\nb: &x 2\n", "2:"),
            ("a: &x [1]\nb: *x\n", "1:"),
            ("a: !!str 1\n", "1:"),
            ("a: 1\na: 2\n", "2:1 a the same key as in line 1"),
            ("a: {b: 1, b: 2}\n", "1:11 a a key that occurs twice in its mapping"),
            ("a: 007\n", "1:4 a a number as JSON does not write it"),
            ("a: .inf\n", "1:4 a a number"),
            ("a: 1\n---\nb: 2\n", "2:"),
            ("- a\n", "1:1 - not a mapping"),
            ("text\n", "1:1 - not a mapping"),
            ("<<: {a: 1}\n", "1:1 - a key"),
            ("? [a]\n: 1\n", "1:3 - a key"),
            ("null: 1\n", "1:1 - a key"),
            (": 1\n", "1:1 - a key"),
            ("%YAML 1.1\n---\na: no\n", "1:1 - another version"),
            ("a: \"x\nb: 1\n", ""),
            ("a: [1\nb: 2\n", ""),
        ] {
            let problems = shown(parse(text, false)).unwrap_err();
            assert!(problems[0].starts_with(problem), "{text}: {problems:?}");
        }
        for text in ["007", "0x1f", "+1", ".5", ".nan"] {
            let parsed = shown(parse(&format!("a: {text}"), true)).unwrap();
            assert_eq!(parsed, [format!("a=\"{text}\"")]);
        }
        let deep = format!("a: {}1{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(parse(&deep, false).is_err());
    }

    #[test]
    fn reads_back_what_it_writes() {
        let json = r#"{"a: b":"\u001b\n ","n":[1.50,1e5,{"x":null,"y":"no"}],"":"","t":true,
                       "big":123456789012345678901234567890,"m":"\ud83d\ude00'\"\\"}"#;
        let document = Document::parse(json).unwrap();
        let mut out = String::new();
        render(&document.iter().collect(), &mut out);
        let parsed = parse(&out, false).unwrap_or_else(|problems| panic!("{problems:?}"));
        for ((key, value), (expected, old)) in parsed.iter().zip(document.iter()) {
            let NewValue::Json(value) = value else { panic!("{key}") };
            assert!(key == expected && value.is_exactly(old), "{key} {}", value.expose());
        }
    }

    #[test]
    fn marks_long_keys_in_yaml() {
        let key = "k".repeat(1100);
        let json = format!("{{\"{key}\":1,\"o\":{{\"{key}\":[2],\"a\":3}}}}");
        let mut out = String::new();
        render(&Document::parse(&json).unwrap().iter().collect(), &mut out);
        let marked = format!("? \"{key}\"");
        assert_eq!(out, format!("{marked}\n: 1\n\"o\": {{{marked}: [2], \"a\": 3}}\n"));
    }

    #[test]
    fn prints_yaml_without_surrogates_and_control_characters() {
        let document =
            Document::parse("{\"a: b\":\"\u{1f600}\\u001b\u{85}\u{2028}\\n\",\"n\":[1,\"x\"]}")
                .unwrap();
        let mut out = String::new();
        render(&document.iter().collect(), &mut out);
        assert_eq!(
            out,
            "\"a: b\": \"\u{1f600}\\U0000001b\\U00000085\\U00002028\\n\"\n\"n\": [1, \"x\"]\n"
        );
    }
}
