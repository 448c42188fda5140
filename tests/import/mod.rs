//! Tests of `import`: what files give, what is refused, and what happens to stored keys.

mod formats;
mod merge;
mod readers;

use vdk_testing::{Home, Run};

/// Keys and strings that programs and formats take for something else.
pub const HOSTILE: &str = r##"{"empty": "", "lines": "a\nb", "crlf": "x\r\n", "shell": "$HOME $(id) `id`",
    "quotes": "'\"\\", "blanks": " x ", "=x": "=x", "#x": "#x", "-n": "-n", "unicode": "\u2603 \u043a\u043b\u044e\u0447 \ud83d\ude00",
    "control": "\u001b[2J\u0007", "nul": "a\u0000b", "a-b": "1", "a b": "2", "1x": "3", "PATH": "4", "\u0430": "5",
    "yes": "yes", "number": "1e3", "null": "null", "date": "2026-11-29", "key: v": "k: v # c"}"##;
/// Values of every type.
pub const TYPED: &str = r#"{"o": {"a": [1, 2.50, 1e400, {"b": null}], "no": "no"}, "n": 123456789012345678901234567890, "f": 1.50,
    "t": true, "z": null, "list": []}"#;

/// Runs `import` with `args`.
fn import(home: &Home, args: &[&str]) -> Run {
    home.secrets(&[&["import"], args].concat())
}

/// Runs `import -` with `args` and this input.
fn import_text(home: &Home, args: &[&str], text: impl AsRef<[u8]>) -> Run {
    home.run_with([&["secrets", "-n", "j", "-t", "t", "import", "-"], args].concat(), text)
}
