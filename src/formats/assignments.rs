//! Keys and values as assignments, for `eval` in a POSIX shell.

use vdk_client::Error;
use zeroize::Zeroizing;

use super::{Members, Refusals, is_variable, text_of};

/// Writes `export KEY='value'` lines. Reading them runs nothing and preserves every byte.
pub fn shell(members: &Members<'_>, out: &mut String) -> Result<(), Error> {
    for (key, text) in assignable(members, |_| None)? {
        out.push_str("export ");
        out.push_str(key);
        out.push_str("='");
        out.push_str(&Zeroizing::new(text.replace('\'', "'\\''")));
        out.push_str("'\n");
    }
    Ok(())
}

/// Returns the keys with the texts to assign: a string's characters, or else the JSON. The error
/// names every key that cannot be assigned, and why. `refused` says why a text is not written.
pub fn assignable<'a>(
    members: &Members<'a>,
    refused: impl Fn(&str) -> Option<&'static str>,
) -> Result<Vec<(&'a str, Zeroizing<String>)>, Error> {
    let (mut texts, mut refusals) = (Vec::with_capacity(members.len()), Refusals::default());
    for (key, value) in members {
        let text = text_of(value);
        let why = if !is_variable(key) {
            Some("not a valid variable name (letters, digits and underscores, no digit first)")
        } else if text.contains('\0') {
            Some("a value with a NUL character, which no variable can hold")
        } else {
            refused(&text)
        };
        match why {
            Some(why) => refusals.add(key, why),
            None => texts.push((*key, text)),
        }
    }
    refusals.into_result().map(|()| texts)
}

#[cfg(test)]
mod tests {
    use vdk_api::Document;

    use super::super::dotenv::render as dotenv;
    use super::*;

    fn with(
        write: fn(&Members<'_>, &mut String) -> Result<(), Error>,
        json: &str,
    ) -> Option<String> {
        let mut out = String::new();
        let document = Document::parse(json).unwrap();
        write(&document.iter().collect(), &mut out).ok().map(|()| out)
    }

    #[test]
    fn rejects_invalid_variable_names_and_nul() {
        for json in [
            "{\"a-b\":1}",
            "{\"\":1}",
            "{\"1a\":1}",
            "{\"a b\":1}",
            "{\"ä\":1}",
            "{\"a\":\"\\u0000\"}",
        ] {
            assert_eq!(with(shell, json), None);
            assert_eq!(with(dotenv, json), None);
        }
    }

    #[test]
    fn quotes_values_for_shells() {
        let json = r#"{"A":"it's $x","B":"a\nb","C":[1,"x"]}"#;
        assert_eq!(
            with(shell, json).unwrap(),
            "export A='it'\\''s $x'\nexport B='a\nb'\nexport C='[1,\"x\"]'\n"
        );
        assert_eq!(with(dotenv, json), None);
        let json = r#"{"A":"it's x","B":"a\nb\\ $x"}"#;
        assert_eq!(with(dotenv, json).unwrap(), "A=\"it's x\"\nB='a\nb\\ $x'\n");
        for value in [r"C:\\data\\", r"a\\\\b", "a\\rb", "${HOME}", "it's ${x}"] {
            assert_eq!(with(dotenv, &format!("{{\"A\":\"{value}\"}}")), None, "{value}");
        }
    }

    #[test]
    fn names_all_keys_that_cannot_be_written() {
        let document = Document::parse(r#"{"a-b":1,"A":"x\r","B":1,"c.d":2,"E":"y\r"}"#).unwrap();
        let failure = dotenv(&document.iter().collect(), &mut String::new()).unwrap_err();
        let why = failure.body.why;
        assert!(
            why.starts_with("'a-b', 'c.d': not a valid") && why.contains("; 'A', 'E': a value"),
            "{why}"
        );
    }
}
