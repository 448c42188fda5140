//! Lines of dotenv files in which nothing is special: most are, and they are read at once.

/// Returns whether a byte may be part of a name that all readers take.
pub fn of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// The bytes that are special for no reader, in no value.
const PLAIN: [bool; 256] = {
    let (mut table, mut at) = ([false; 256], 0);
    let others = b"_-+=:;,.!?/@%&*()[]{}|<>^~";
    while at < 256 {
        table[at] = (at as u8).is_ascii_alphanumeric();
        at += 1;
    }
    at = 0;
    while at < others.len() {
        table[others[at] as usize] = true;
        at += 1;
    }
    table
};

/// Returns the name and the value of a line without blanks around them, if nothing in it is special.
pub fn plain(line: &str) -> Option<(&str, &str)> {
    let name = line.bytes().position(|byte| !of_name(byte))?;
    let (key, value) = (&line[..name], line[name..].strip_prefix('=')?);
    let (value, is_quoted) = match value.as_bytes().first() {
        Some(b'\'') => (value[1..].strip_suffix('\'')?, true),
        Some(b'"') => (value[1..].strip_suffix('"')?, true),
        _ => (value, false),
    };
    let is_plain = |byte: u8| PLAIN[usize::from(byte)] || (is_quoted && byte == b' ');
    (!key.is_empty() && value.bytes().all(is_plain)).then_some((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_nothing_special() {
        for line in ["", "a", "=x", "a =x", "a= x", "a=x ", "export a=x", "a='", "a=\"'", "#a=x"] {
            assert!(plain(line).is_none(), "{line}");
        }
    }
}
