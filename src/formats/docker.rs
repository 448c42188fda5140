//! `NAME=value` lines for `--env-file` of docker and podman, which know neither quotes nor escapes.

use vdk_client::Error;
use vdk_client::change::NewValue;

use super::entries::{Entries, Parsed, Problem};
use super::{Members, Refusals, text_of};

/// Writes one line for each key.
pub fn render(members: &Members<'_>, out: &mut String) -> Result<(), Error> {
    let mut refusals = Refusals::default();
    for (key, value) in members {
        let text = text_of(value);
        let is_name = !key.is_empty() && !key.starts_with('#');
        if !is_name || key.contains(|c: char| c == '=' || c.is_whitespace() || c.is_control()) {
            refusals.add(key, "not a name that an --env-file can have ('=', white space, '#')");
        } else if text.contains(['\n', '\r', '\0']) {
            refusals.add(key, "a value of several lines or with a NUL, which no line can hold");
        } else if text.trim() != text.as_str() {
            refusals.add(key, "a value that begins or ends with white space, which may be cut off");
        } else {
            out.extend([key, "=", &text, "\n"]);
        }
    }
    refusals.into_result()
}

/// Reads the lines as docker does. A name without a value, which docker takes from its environment,
/// is refused.
pub fn parse(text: &str) -> Parsed {
    let mut entries = Entries::of_lines(text);
    for (line, text) in (1..).zip(text.lines()) {
        // The last line may lack its line feed.
        let text = text.strip_suffix('\r').unwrap_or(text);
        let trimmed = text.trim_start();
        let column = text.chars().count() - trimmed.chars().count() + 1;
        match trimmed.split_once('=') {
            _ if trimmed.is_empty() || trimmed.starts_with('#') => {}
            None => entries.problem(Problem::new(line, column, "no '=' behind a name")),
            Some((key, _)) if key.is_empty() || key.contains(char::is_whitespace) => {
                entries.problem(Problem::new(line, column, "no name, or white space in it"));
            }
            Some((key, value)) => entries.add(line, column, key, NewValue::Text(value.into())),
        }
    }
    entries.finish()
}

#[cfg(test)]
mod tests {
    use super::super::entries::tests::shown;
    use super::*;

    #[test]
    fn reads_values_as_they_stand() {
        let text = "# c\n\n A=' x '  \r\nB=a=#b$c\nC=\r";
        assert_eq!(shown(parse(text)).unwrap(), ["A=' x '  ", "B=a=#b$c", "C="]);
        assert_eq!(
            shown(parse("HOME\n a b=c\n=x\nA=1\nA=2")).unwrap_err(),
            [
                "1:1 - no '=' behind a name",
                "2:2 - no name, or white space in it",
                "3:1 - no name, or white space in it",
                "5:1 A the same key as in line 4",
            ]
        );
    }
}
