//! Text that is safe on a terminal: characters that could move the cursor, change colours, or
//! reorder or hide others are escaped.

use std::borrow::Cow;

use crate::{is_harmful, may_be_secret};

/// Escapes `text` for one line, including line breaks.
pub fn line(text: &str) -> Cow<'_, str> {
    escape(text, false)
}

/// Escapes `text` but keeps line breaks, as in an error of several lines.
pub fn lines(text: &str) -> Cow<'_, str> {
    escape(text, true)
}

/// Quotes a path, an argument or a setting for an error. Hides it if it may be a misplaced secret.
pub fn name(text: &str) -> String {
    match may_be_secret(text) {
        true => "(not shown: it looks like a secret)".into(),
        false => format!("'{}'", line(text)),
    }
}

fn escape(text: &str, keep_line_feeds: bool) -> Cow<'_, str> {
    let harmful = |c: char| is_harmful(c) && !(keep_line_feeds && c == '\n');
    if !text.contains(harmful) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if !harmful(c) => out.push(c),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_a_terminal_acts_on() {
        assert_eq!(line("\u{1b}]0;x\u{7}"), "\\u{1b}]0;x\\u{7}");
        assert_eq!(line("a\nb\tc\r"), "a\\nb\\tc\\r");
        assert_eq!(
            line("\u{202e}\u{200b}\u{9b}\u{7f}\u{e0041}"),
            "\\u{202e}\\u{200b}\\u{9b}\\u{7f}\\u{e0041}"
        );
        assert_eq!(lines("a\nb\r"), "a\nb\\r");
    }

    #[test]
    fn keeps_ordinary_text_of_any_script() {
        let text = "ü ☃ 漢字 😀 \\n C:\\dir";
        assert!(matches!(line(text), Cow::Borrowed(same) if same == text));
    }
}
