//! SQL: names in braces, which VDK replaces by properties, then by arguments, also in comments.

use std::sync::Arc;

use vdk_api::Collection;

use super::{Code, How, Place, Use, ignores};

/// Longest name that is looked for, in bytes.
const MAX_NAME: usize = 256;

/// Reads SQL of a file, or of a notebook's cell, whose lines begin at `place`.
pub fn read(file: &Arc<str>, cell: Option<usize>, first: usize, text: &str, code: &mut Code) {
    let at = |line: usize, column: usize| {
        let line = line + first;
        Place { file: file.clone(), cell, line, column, lines: (line, line) }
    };
    // VDK runs the files beside config.ini; code reads others, and puts its own values in.
    if !file.contains('/') {
        read_text(text, |line, column, name| code.uses.push(substituted(at(line, column), name)));
    }
    code.texts.extend(in_braces(text).map(String::from));
    for (line, text) in text.lines().enumerate() {
        if let Some((_, comment)) = text.split_once("--") {
            code.ignores.extend(ignores::parse(comment, &at(line, 1)));
        }
    }
}

/// Returns the use of a property in SQL.
pub fn substituted(place: Place, name: &str) -> Use {
    Use { place, collection: Collection::Properties, key: name.into(), how: How::Substituted }
}

/// Calls `found` with the line (from 0), the character (from 1) and the name, for all that look like names
/// outside of comments. Other templates have `{{ }}` and `${ }`.
pub fn read_text<'t>(text: &'t str, mut found: impl FnMut(usize, usize, &'t str)) {
    let mut is_in_comment = false;
    for (number, line) in text.lines().enumerate() {
        let (mut column, mut before) = (0, ' ');
        for (at, c) in line.char_indices() {
            column += 1;
            let rest = &line[at..];
            match is_in_comment {
                true if rest.starts_with("*/") => is_in_comment = false,
                false if rest.starts_with("/*") => is_in_comment = true,
                false if rest.starts_with("--") => break,
                false if c == '{' && !['{', '$'].contains(&before) => {
                    if let Some(name) = name_at(rest).filter(|name| is_name(name)) {
                        found(number, column, name);
                    }
                }
                _ => {}
            }
            before = c;
        }
    }
}

/// Returns everything in braces that VDK may replace.
pub fn in_braces(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('{').filter_map(|(open, _)| name_at(&text[open..]))
}

/// Returns what is in the braces that `text` begins with.
fn name_at(text: &str) -> Option<&str> {
    let end =
        text.bytes().take(MAX_NAME + 2).skip(1).position(|byte| byte == b'}' || byte == b'{')?;
    let is_closed = text.as_bytes().get(end + 1) == Some(&b'}');
    (end > 0 && is_closed).then(|| &text[1..=end])
}

/// Returns whether text in braces looks like a name, and not like JSON, an array or a loop.
fn is_name(text: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || "_-.:/".contains(c);
    text.chars().all(is_plain) && text.chars().any(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_names_in_braces() {
        let text =
            "select {a}, '{1,2}', '{\"b\": 1}', {{c}}, ${d} -- {e}\n/* {f}\n{g} */ {h-1} {} {i";
        let mut all = Vec::new();
        read_text(text, |line, column, name| all.push((line, column, name)));
        assert_eq!(all, [(0, 8, "a"), (2, 8, "h-1")]);
        let named: Vec<_> = in_braces(text).collect();
        assert_eq!(named, ["a", "1,2", "\"b\": 1", "c", "d", "e", "f", "g", "h-1"]);
    }
}
