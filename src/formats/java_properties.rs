//! Java's properties files, in ASCII: `java.util.Properties` reads them in every encoding.

use vdk_client::Error;

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
