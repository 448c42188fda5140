//! Type conversion: turns the text of `--set` into the type of the stored value. The rules are
//! those of the Python vdk, so that a job finds the types it wrote.

use vdk_api::{JsonText, Kind};

/// The text does not fit the type of the stored value.
#[derive(Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The stored type.
    pub stored: Kind,
}

/// Converts `text` to the type of `stored`. The result is a string if nothing, `null` or a string
/// is stored. Text cannot become a container.
pub fn convert(stored: Option<&JsonText>, text: &str) -> Result<JsonText, Mismatch> {
    let Some(kind) = stored.map(JsonText::kind) else { return Ok(JsonText::from_text(text)) };
    let converted = match kind {
        Kind::String | Kind::Null => return Ok(JsonText::from_text(text)),
        Kind::Integer => integer(text),
        Kind::Float => float(text),
        Kind::Boolean => boolean(text).map(String::from),
        Kind::Array | Kind::Object => None,
    };
    converted.and_then(|json| JsonText::parse(&json).ok()).ok_or(Mismatch { stored: kind })
}

/// The longest integer that Python's `int` reads, in digits.
const MAX_DIGITS: usize = 4300;

fn integer(text: &str) -> Option<String> {
    let (negative, digits) = sign(ascii_digits(text.trim()));
    let digits = without_underscores(&digits)?;
    if digits.is_empty() || digits.len() > MAX_DIGITS || !all_digits(&digits) {
        return None;
    }
    let digits = match digits.trim_start_matches('0') {
        "" => return Some("0".into()),
        digits => digits,
    };
    Some(format!("{}{digits}", if negative { "-" } else { "" }))
}

fn float(text: &str) -> Option<String> {
    let (negative, rest) = sign(ascii_digits(text.trim()));
    let rest = without_underscores(&rest)?;
    // Only digits, a point and an exponent remain: no `inf`, `nan`, or hexadecimal digits.
    if !rest.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        || rest.contains(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | 'e' | 'E' | '+' | '-'))
    {
        return None;
    }
    let value: f64 = rest.parse().ok().filter(|value: &f64| value.is_finite())?;
    Some(format!("{}{}", if negative { "-" } else { "" }, shortest(value)))
}

fn boolean(text: &str) -> Option<&'static str> {
    ["true", "false"].into_iter().find(|word| text.eq_ignore_ascii_case(word))
}

fn sign(text: String) -> (bool, String) {
    match text.strip_prefix(['+', '-']) {
        Some(rest) => (text.starts_with('-'), rest.to_string()),
        None => (false, text),
    }
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Removes the underscores between digits; `None` if one is elsewhere.
fn without_underscores(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let misplaced = bytes
        .iter()
        .enumerate()
        .any(|(at, byte)| *byte == b'_' && !(digit(at.checked_sub(1)) && digit(Some(at + 1))));
    (!misplaced).then(|| text.replace('_', ""))
}

/// Formats a finite, non-negative double like Python: the fewest digits that read back, with an
/// exponent from 1e16 up and below 1e-4.
fn shortest(value: f64) -> String {
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if value != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    let plain = format!("{value}");
    if plain.contains('.') { plain } else { format!("{plain}.0") }
}

/// Replaces the decimal digits of every script by ASCII ones, as Python's numbers allow.
fn ascii_digits(text: &str) -> String {
    text.chars()
        .map(|c| match ZEROS.binary_search(&u32::from(c)) {
            Ok(_) => '0',
            Err(0) => c,
            Err(at) => char::from_digit(u32::from(c) - ZEROS[at - 1], 10).unwrap_or(c),
        })
        .collect()
}

/// The zero of every run of ten decimal digits (general category Nd, Unicode 15).
const ZEROS: [u32; 66] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66,
    0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
    0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
    0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650,
    0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50,
    0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn to(stored: &str, text: &str) -> Option<String> {
        let stored = JsonText::parse(stored).unwrap();
        convert(Some(&stored), text).ok().map(|json| json.expose().to_string())
    }

    #[test]
    fn stores_a_string_for_new_string_and_null_values() {
        assert_eq!(convert(None, "5").unwrap().expose(), "\"5\"");
        assert_eq!(to("\"x\"", "").unwrap(), "\"\"");
        assert_eq!(to("null", "null").unwrap(), "\"null\"");
    }

    #[test]
    fn reads_integers_as_python_does() {
        for (text, value) in [
            ("1_000", "1000"),
            (" 5 ", "5"),
            ("+7", "7"),
            ("007", "7"),
            ("-0", "0"),
            ("１２", "12"),
            ("-٣", "-3"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
        ] {
            assert_eq!(to("1", text).as_deref(), Some(value), "{text}");
        }
        for text in
            ["1.0", "1e3", "0x10", "1__0", "_1", "1_", "", " ", "true", "+", "--1", "+-1", "²"]
        {
            assert_eq!(to("1", text), None, "{text}");
        }
        assert_eq!(to("1", &"9".repeat(4300)).unwrap().len(), 4300);
        assert_eq!(to("1", &"9".repeat(4301)), None);
    }

    #[test]
    fn reads_and_prints_floats_as_python_does() {
        for (text, value) in [
            ("2", "2.0"),
            ("1e3", "1000.0"),
            (".5", "0.5"),
            ("5.", "5.0"),
            ("1_0.5", "10.5"),
            (" 1.5 ", "1.5"),
            ("1e22", "1e+22"),
            ("1e15", "1000000000000000.0"),
            ("1e16", "1e+16"),
            ("0.0001", "0.0001"),
            ("0.00001", "1e-05"),
            ("1.50", "1.5"),
            ("-0", "-0.0"),
            ("+1.25E-7", "1.25e-07"),
            ("１.５", "1.5"),
        ] {
            assert_eq!(to("1.5", text).as_deref(), Some(value), "{text}");
        }
        for text in
            ["1,5", "0x1p3", "", "inf", "-Infinity", "nan", "1e400", "1e", "e5", ".", "1_.5", "+-1"]
        {
            assert_eq!(to("1E5", text), None, "{text}");
        }
    }

    #[test]
    fn reads_only_true_and_false_as_booleans() {
        assert_eq!(to("true", "FALSE").unwrap(), "false");
        for text in ["1", "0", "yes", " true", ""] {
            assert_eq!(to("false", text), None, "{text}");
        }
    }

    #[test]
    fn rejects_text_for_arrays_and_objects() {
        assert_eq!(
            convert(JsonText::parse("[1]").ok().as_ref(), "[1]").unwrap_err().stored,
            Kind::Array
        );
        assert_eq!(to("{}", "{}"), None);
    }
}
