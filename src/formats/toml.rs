//! TOML 1.0: one table, whose values keep their types and the text of their numbers.

use std::collections::HashSet;

use toml::de::{DeTable, DeValue};
use vdk_api::JsonText;
use vdk_api::json::{self, Token, tokens};
use vdk_client::Error;
use vdk_client::change::NewValue;
use zeroize::Zeroizing;

use super::entries::{Entries, Lines, Parsed, Problem};
use super::{Members, Refusals};

/// Writes one line for each key.
pub fn render(members: &Members<'_>, out: &mut String) -> Result<(), Error> {
    let mut refusals = Refusals::default();
    for (key, value) in members {
        match unwritable(value) {
            Some(why) => refusals.add(key, why),
            None => {
                push_key(key, out);
                out.push_str(" = ");
                push_value(value, out);
                out.push('\n');
            }
        }
    }
    refusals.into_result()
}

/// Returns the reason why TOML cannot express a value.
fn unwritable(value: &JsonText) -> Option<&'static str> {
    // The keys of each object that is open; an array has none.
    let mut open: Vec<HashSet<String>> = Vec::new();
    let all: Vec<_> = tokens(value.expose()).collect();
    for (at, token) in all.iter().enumerate() {
        match token {
            Token::Word("null") => return Some("null, which TOML does not have"),
            Token::Word(number) if !matches!(*number, "true" | "false") => {
                if number.contains(['.', 'e', 'E']) {
                    if !number.parse::<f64>().is_ok_and(f64::is_finite) {
                        return Some("a number beyond a double");
                    }
                } else if number.parse::<i64>().is_err() {
                    return Some("an integer beyond 64 bits");
                }
            }
            Token::Punctuation('{' | '[') => open.push(HashSet::new()),
            Token::Punctuation('}' | ']') => drop(open.pop()),
            Token::String(raw) => {
                let Ok(text) = serde_json::from_str::<String>(raw) else {
                    return Some("a string with half of a surrogate pair");
                };
                let is_key = matches!(all.get(at + 1), Some(Token::Punctuation(':')));
                if is_key && open.last_mut().is_some_and(|keys| !keys.insert(text)) {
                    return Some("an object with the same key twice");
                }
            }
            _ => {}
        }
    }
    None
}

fn push_key(key: &str, out: &mut String) {
    let is_bare = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
    if !key.is_empty() && key.bytes().all(is_bare) { out.push_str(key) } else { quote(key, out) }
}

fn push_value(value: &JsonText, out: &mut String) {
    for token in tokens(value.expose()) {
        match token {
            Token::Punctuation(',') => out.push_str(", "),
            Token::Punctuation(':') => out.push_str(" = "),
            Token::Punctuation(c) => out.push(c),
            Token::Word(word) => out.push_str(word),
            Token::String(raw) => {
                let text = serde_json::from_str(raw).map(Zeroizing::<String>::new);
                quote(&text.unwrap_or_default(), out);
            }
        }
    }
}

fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '"' | '\\' => out.extend(['\\', c]),
            c if vdk_api::is_harmful(c) => out.push_str(&format!("\\U{:08x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Reads a file. Tables are objects, and dates strings.
pub fn parse(text: &str) -> Parsed {
    let lines = Lines::new(text);
    let table = DeTable::parse(text).map_err(|error| {
        let (line, column) = lines.place(error.span().map_or(0, |span| span.start));
        vec![Problem::new(line, column, format!("no TOML: {}", error.message()))]
    })?;
    let mut entries = Entries::default();
    for (key, value) in table.get_ref() {
        let mut json = Zeroizing::new(String::new());
        let parsed = push_json(value.get_ref(), &mut json)
            .and_then(|()| JsonText::parse(&json).map_err(|_| "values that are nested too deep"));
        let (line, column) = lines.place(value.span().start);
        match parsed {
            Ok(value) => entries.add(line, column, key.get_ref(), NewValue::Json(value)),
            Err(why) => entries.problem(Problem::new(line, column, why).of(key.get_ref())),
        }
    }
    entries.finish()
}

fn push_json(value: &DeValue<'_>, out: &mut String) -> Result<(), &'static str> {
    match value {
        DeValue::String(text) => json::quote(text, out),
        DeValue::Integer(number) => {
            let digits = number.as_str().replace('_', "");
            let digits = digits.trim_start_matches('+');
            match number.radix() {
                10 => out.push_str(digits),
                radix => {
                    let value = u128::from_str_radix(digits, radix);
                    out.push_str(&value.map_err(|_| "an integer that is too large")?.to_string());
                }
            }
        }
        DeValue::Float(number) => {
            if number.as_str().contains(['n', 'N']) {
                return Err("a number that JSON does not have (inf or nan)");
            }
            out.push_str(number.as_str().replace('_', "").trim_start_matches('+'));
        }
        DeValue::Boolean(is) => out.push_str(if *is { "true" } else { "false" }),
        DeValue::Datetime(time) => json::quote(&time.to_string(), out),
        DeValue::Array(values) => {
            out.push('[');
            for (at, value) in values.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                push_json(value.get_ref(), out)?;
            }
            out.push(']');
        }
        DeValue::Table(table) => {
            out.push('{');
            for (at, (key, value)) in table.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                json::quote(key.get_ref(), out);
                out.push(':');
                push_json(value.get_ref(), out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use vdk_api::Document;

    use super::super::entries::tests::shown;
    use super::*;

    #[test]
    fn reads_types_and_the_text_of_numbers() {
        let text = "a = 1_000\nb = +1.50\nc = 1e5\nx = 0xff\nd = 2026-11-29\nt = true\ns = 'a\"$'\n\
                    l = [1, {k = 'v'}]\n[n]\nm.o = \"x\\n\"\n";
        assert_eq!(
            shown(parse(text)).unwrap(),
            [
                "a=1000",
                "b=1.50",
                "c=1e5",
                "x=255",
                "d=\"2026-11-29\"",
                "t=true",
                "s=\"a\\\"$\"",
                "l=[1,{\"k\":\"v\"}]",
                "n={\"m\":{\"o\":\"x\\n\"}}"
            ]
        );
        let json = r#"{"a b":[1.50,1e5,{"k.x":"v"}],"s":"\u0000\n","t":true}"#;
        let document = Document::parse(json).unwrap();
        let mut out = String::new();
        render(&document.iter().collect(), &mut out).unwrap();
        let expected: Vec<_> =
            document.iter().map(|(key, value)| format!("{key}={}", value.expose())).collect();
        assert_eq!(shown(parse(&out)).unwrap(), expected);
    }

    #[test]
    fn names_places_that_are_no_toml() {
        let problems = shown(parse("a = 1\nb = $x\n")).unwrap_err();
        assert!(problems[0].starts_with("2:5 - no TOML: "), "{problems:?}");
        assert_eq!(
            shown(parse("a = inf\nb = 1\n")).unwrap_err(),
            ["1:5 a a number that JSON does not have (inf or nan)"]
        );
        assert!(parse("a = 1\na = 2\n").is_err());
        let many: String = (0..100_000).map(|n| format!("k{n} = inf\n")).collect();
        assert_eq!(parse(&many).unwrap_err().len(), 100_000);
        assert!(parse(&format!("a = {}1{}\n", "[".repeat(100_000), "]".repeat(100_000))).is_err());
    }

    fn toml(json: &str) -> Result<String, String> {
        let document = Document::parse(json).unwrap();
        let mut out = String::new();
        let rendered = render(&document.iter().collect(), &mut out);
        rendered.map(|()| out).map_err(|error| error.body.why)
    }

    #[test]
    fn keeps_types_and_the_text_of_numbers() {
        assert_eq!(
            toml(r#"{"a-b":"x\"\\\n\u0000","a b":1,"":true,"n":[1.50,1e5,{"k.x":"v"},[]]}"#)
                .unwrap(),
            "a-b = \"x\\\"\\\\\\n\\U00000000\"\n\"a b\" = 1\n\"\" = true\n\
             n = [1.50, 1e5, {\"k.x\" = \"v\"}, []]\n"
        );
    }

    #[test]
    fn names_all_keys_that_toml_cannot_have() {
        let json = r#"{"a":null,"b":[{"x":null}],"c":9223372036854775808,"d":1e400,"e":{"x":1,"x":2},
                       "ok":{"x":{"x":1},"y":[{"x":1},{"x":2}]},"f":"\ud800"}"#;
        let why = toml(json).unwrap_err();
        for part in
            ["'a', 'b': null", "'c': an integer", "'d': a number", "'e': an object", "'f': a"]
        {
            assert!(why.contains(part), "{why}");
        }
        assert!(!why.contains("ok"), "{why}");
    }
}
