//! Keys and values as assignments: for `eval` in a POSIX shell, and for dotenv files.

use vdk_api::JsonText;
use zeroize::Zeroizing;

use super::{Members, unwritable};
use crate::exit::Failure;

/// `export KEY='value'` lines; reading them runs nothing and gives every byte of the value.
pub fn shell(members: &Members<'_>, out: &mut String) -> Result<(), Failure> {
    for (key, value) in members {
        let text = assignable(key, value)?;
        out.push_str("export ");
        out.push_str(key);
        out.push_str("='");
        out.push_str(&Zeroizing::new(text.replace('\'', "'\\''")));
        out.push_str("'\n");
    }
    Ok(())
}

/// `KEY='value'` lines, or `KEY="value"` where the value has a single quote: what `sh`, Docker
/// Compose and the dotenv libraries read alike. They differ in every kind of escape, so a value that
/// needs one is refused.
pub fn dotenv(members: &Members<'_>, out: &mut String) -> Result<(), Failure> {
    for (key, value) in members {
        let text = assignable(key, value)?;
        let mark = if text.contains('\'') { '"' } else { '\'' };
        if mark == '"' && text.contains(['"', '\\', '$', '`']) {
            return Err(unwritable(
                key,
                "Its value has a single quote beside a double quote, backslash, '$' or '`', which \
                 every reader of dotenv files takes differently.",
            ));
        }
        out.push_str(key);
        out.push('=');
        out.push(mark);
        out.push_str(&text);
        out.push(mark);
        out.push('\n');
    }
    Ok(())
}

/// The text to assign: of a string its characters, of anything else its JSON.
fn assignable(key: &str, value: &JsonText) -> Result<Zeroizing<String>, Failure> {
    let mut letters = key.bytes();
    let first = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == b'_');
    if !first || !letters.all(|c| c.is_ascii_alphanumeric() || c == b'_') {
        return Err(unwritable(
            key,
            "It is no name of a shell variable: only letters, digits and underscores, and no \
             digit first.",
        ));
    }
    let text = value.to_text().unwrap_or_else(|| Zeroizing::new(value.expose().into()));
    if text.contains('\0') {
        return Err(unwritable(key, "Its value has a NUL character, which no variable can hold."));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use vdk_api::Document;

    use super::*;

    fn with(
        write: fn(&Members<'_>, &mut String) -> Result<(), Failure>,
        json: &str,
    ) -> Option<String> {
        let mut out = String::new();
        let document = Document::parse(json).unwrap();
        write(&document.iter().collect(), &mut out).ok().map(|()| out)
    }

    #[test]
    fn names_that_are_no_variables_are_refused() {
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
    fn quoting() {
        let json = r#"{"A":"it's $x","B":"a\nb","C":[1,"x"]}"#;
        assert_eq!(
            with(shell, json).unwrap(),
            "export A='it'\\''s $x'\nexport B='a\nb'\nexport C='[1,\"x\"]'\n"
        );
        assert_eq!(with(dotenv, json), None);
        let json = r#"{"A":"it's x","B":"a\nb\\ $x"}"#;
        assert_eq!(with(dotenv, json).unwrap(), "A=\"it's x\"\nB='a\nb\\ $x'\n");
    }
}
