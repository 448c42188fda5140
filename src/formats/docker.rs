//! `NAME=value` lines for `--env-file` of docker and podman, which know neither quotes nor escapes.

use vdk_client::Error;

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
