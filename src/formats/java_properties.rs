//! Java's properties files, in ASCII: `java.util.Properties` reads them in every encoding.

use std::iter::Peekable;
use std::str::Chars;

use vdk_client::Error;
use vdk_client::change::NewValue;
use zeroize::Zeroizing;

use super::entries::{Entries, Parsed, Problem};
use super::{Members, text_of};

/// Writes one line for each key.
pub fn render(members: &Members<'_>, out: &mut String) -> Result<(), Error> {
    for (key, value) in members {
        escape(key, true, out);
        out.push('=');
        escape(&text_of(value), false, out);
        out.push('\n');
    }
    Ok(())
}

/// Writes a key, in which every blank is escaped, or a value, in which only the first needs it.
fn escape(text: &str, is_key: bool, out: &mut String) {
    for (at, c) in text.char_indices() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{c}' => out.push_str("\\f"),
            ' ' if is_key || at == 0 => out.push_str("\\ "),
            '\\' | ':' | '=' | '#' | '!' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
}

/// Reads a file as `java.util.Properties` does.
pub fn parse(text: &str) -> Parsed {
    let mut entries = Entries::default();
    let text = Zeroizing::new(text.replace("\r\n", "\n").replace('\r', "\n"));
    let mut lines = (1..).zip(text.lines()).peekable();
    'lines: while let Some((number, line)) = lines.next() {
        let mut logical = Zeroizing::new(line.trim_start_matches(is_blank).to_string());
        if logical.is_empty() || logical.starts_with(['#', '!']) {
            continue;
        }
        while goes_on(&logical) {
            logical.pop();
            if logical.is_empty() && lines.peek().is_some() {
                // Nothing is continued: the next line may be a comment.
                continue 'lines;
            }
            let Some((_, next)) = lines.next() else { break };
            logical.push_str(next.trim_start_matches(is_blank));
        }
        let mut rest = logical.chars().peekable();
        let key = unescape(&mut rest, |c| matches!(c, '=' | ':') || is_blank(c));
        while rest.next_if(|c| is_blank(*c)).is_some() {}
        if rest.next_if(|c| matches!(c, '=' | ':')).is_some() {
            while rest.next_if(|c| is_blank(*c)).is_some() {}
        }
        match (key, unescape(&mut rest, |_| false)) {
            (Some(key), Some(value)) => {
                entries.add(number, 1, &key, NewValue::Text(value.as_str().into()));
            }
            (key, _) => {
                let why = "a '\\u' without four digits, or half of a surrogate pair";
                let problem = Problem::new(number, 1, why);
                entries.problem(match key {
                    Some(key) => problem.of(&key),
                    None => problem,
                });
            }
        }
    }
    entries.finish()
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{c}')
}

/// Returns whether a line ends in an odd number of backslashes.
fn goes_on(line: &str) -> bool {
    !(line.len() - line.trim_end_matches('\\').len()).is_multiple_of(2)
}

/// Reads up to a character that `ends` it, and replaces escapes; `None` if one is invalid.
fn unescape(
    rest: &mut Peekable<Chars<'_>>,
    ends: impl Fn(char) -> bool,
) -> Option<Zeroizing<String>> {
    let (mut units, mut is_valid) = (Zeroizing::new(Vec::new()), true);
    while let Some(c) = rest.next_if(|c| !ends(*c)) {
        let c = match if c == '\\' { rest.next() } else { None } {
            Some('u') => {
                let digits: String =
                    std::iter::from_fn(|| rest.next_if(char::is_ascii_hexdigit)).take(4).collect();
                is_valid &= digits.len() == 4;
                units.push(u16::from_str_radix(&digits, 16).unwrap_or_default());
                continue;
            }
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('f') => '\u{c}',
            Some(other) => other,
            None => c,
        };
        units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
    }
    String::from_utf16(&units).ok().filter(|_| is_valid).map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::super::entries::tests::shown;
    use super::*;

    #[test]
    fn reads_as_java_does() {
        let text = "# c\n! c\n  a = b \nk\\ e\\:y:v\\=\\u00e9\\ud83d\\ude00\nlong one,\\\n   two\\\\\nnone\nt\tx\\ty\n";
        assert_eq!(
            shown(parse(text)).unwrap(),
            ["a=b ", "k e:y=v=é😀", "long=one,two\\", "none=", "t=x\ty"]
        );
    }

    #[test]
    fn continues_no_empty_line() {
        for (text, read) in [
            ("\\\n#c\nb=2", &["b=2"][..]),
            ("\\\n\nb=2\n", &["b=2"]),
            ("\\\n   \nb=1", &["b=1"]),
            ("a\\\n#c\n", &["a#c="]),
            ("\\", &["="]),
        ] {
            assert_eq!(shown(parse(text)).unwrap(), read, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_text() {
        let text = "a=\\u12\nb=\\ud800\nc=1\nc=2\nd=\\";
        let problems = shown(parse(text)).unwrap_err();
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(
            problems[0].starts_with("1:1 a a '\\u'") && problems[1].starts_with("2:1 b a '\\u'")
        );
    }
}
