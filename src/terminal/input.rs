//! Values and documents from files and standard input, read unaltered or rejected. Otherwise a
//! truncated, guessed or empty value would be stored unnoticed.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::PathBuf;

use vdk_api::BOM;
use vdk_api::MAX_BODY_BYTES;
use vdk_api::escape;
use vdk_client::{Error, ErrorKind};
use zeroize::Zeroizing;

use crate::terminal::Waiting;
use crate::terminal::streams::stdin;

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Standard input, to its end.
    Stdin,
    /// A file.
    Path(PathBuf),
}

impl Input {
    /// Returns the file that an option names; `-` is stdin.
    pub fn new(text: &str) -> Self {
        if text == "-" { Input::Stdin } else { Input::Path(text.into()) }
    }
}

/// Reads the text of a file or of stdin, byte for byte. Rejects an empty one.
pub fn read_text(input: &Input, purpose: &str, empty: &str) -> Result<Zeroizing<String>, Error> {
    let name = match input {
        Input::Stdin => "standard input".to_string(),
        Input::Path(path) => format!("the file {}", escape::name(&path.to_string_lossy())),
    };
    let cannot = |why: String, countermeasures: &str| {
        Error::usage(format!("Cannot read {purpose} from {name}.")).why(why).help(countermeasures)
    };
    let advice = "Check the name, and that you can read the file.";
    let mut bytes = Zeroizing::new(Vec::new());
    let limit = MAX_BODY_BYTES as u64 + 1;
    match input {
        Input::Stdin => {
            let _waiting = Waiting::start("the end of standard input", true);
            stdin().take(limit).read_to_end(&mut bytes)
        }
        Input::Path(path) => File::open(path).and_then(|file| {
            // Reserve all of it at once: growing would leave copies of a secret in memory.
            let size = file.metadata()?.len().min(limit);
            bytes.reserve_exact(usize::try_from(size).unwrap_or(0) + 1);
            file.take(limit).read_to_end(&mut bytes)
        }),
    }
    .map_err(|error| cannot(error.to_string(), advice))?;
    if bytes.len() > MAX_BODY_BYTES {
        return Err(cannot(
            format!("It is larger than {MAX_BODY_BYTES} bytes."),
            "Store a smaller value, or the location of the large one.",
        ));
    }
    if bytes.is_empty() {
        return Err(cannot(
            "It is empty. The usual cause is a variable that is not set, or a file that was not \
             written."
                .into(),
            empty,
        ));
    }
    if is_utf16(&bytes) {
        return Err(cannot(
            "It is UTF-16 text, as Windows and PowerShell write it, but UTF-8 is expected.".into(),
            "Save it as UTF-8. In PowerShell: … | Out-File -Encoding utf8NoBOM FILE",
        ));
    }
    String::from_utf8(std::mem::take(&mut *bytes)).map(Zeroizing::new).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        drop(Zeroizing::new(error.into_bytes()));
        cannot(
            format!("It is not UTF-8 text (byte {at}), and JSON holds only text."),
            "Store binary data as base64 text: base64 -w0 FILE | vdk … --set-file KEY -",
        )
    })
}

/// Returns true if `bytes` are UTF-16: by their mark, or by a zero byte beside each ASCII letter.
fn is_utf16(bytes: &[u8]) -> bool {
    let begin = &bytes[..bytes.len().min(32)];
    let zeros = |at: usize| begin.iter().skip(at).step_by(2).all(|byte| *byte == 0);
    let is_whole = bytes.len() >= 4 && bytes.len().is_multiple_of(2);
    bytes.starts_with(&[0xff, 0xfe])
        || bytes.starts_with(&[0xfe, 0xff])
        || (is_whole && zeros(0) != zeros(1))
}

/// Reads a line of stdin without its end, `\n` or `\r\n`; `None` if stdin has ended.
pub fn line_of_stdin() -> io::Result<Option<Zeroizing<String>>> {
    let invalid = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
    let mut line = Zeroizing::new(String::with_capacity(4096));
    let limit = MAX_BODY_BYTES as u64 + 1;
    let read = {
        let _waiting = Waiting::start("a line of standard input", true);
        stdin().take(limit).read_line(&mut line)?
    };
    match read {
        0 => return Ok(None),
        1..=MAX_BODY_BYTES => {}
        _ => return Err(invalid(format!("The line is longer than {MAX_BODY_BYTES} bytes"))),
    }
    if line.starts_with(BOM) {
        return Err(invalid(
            "It begins with a byte order mark (U+FEFF), as Windows writes it before text; \
             --set-file KEY - keeps every byte"
                .into(),
        ));
    }
    Ok(Some(without_line_end(line)))
}

/// Returns a text without the line end behind it, `\n` or `\r\n`.
pub fn without_line_end(mut text: Zeroizing<String>) -> Zeroizing<String> {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    text
}

/// Rejects input after the last value on stdin, which would be lost. Waits for the end of stdin.
pub fn expect_end_of_stdin() -> Result<(), Error> {
    let _waiting = Waiting::start("the end of standard input", true);
    let more = stdin().fill_buf().map(|rest| !rest.is_empty());
    match more {
        Ok(false) => Ok(()),
        Ok(true) => Err(Error::usage("Standard input has more lines than values.")
            .why("Each value takes one line, and the lines after the last one would be lost.")
            .help(
                "Give a value of several lines with --set-file KEY -, and one line for each other \
                 value.",
            )),
        Err(error) => Err(failed("standard input", &error)),
    }
}

/// Returns the error for a value before which stdin ended.
pub fn cancelled(advice: &str) -> Error {
    // Not its key: if the variable with that is empty, the key is the value.
    Error::new(ErrorKind::Cancelled, "The command was cancelled.")
        .why("The input ended before a value was given.")
        .help(advice)
}

/// Returns the error for a value that cannot be read.
pub fn failed(what: &str, error: &io::Error) -> Error {
    Error::usage(format!("Cannot read '{}'.", what.trim_end_matches([':', ' '])))
        .why(format!("{error}."))
        .help("Give it on a terminal, as a line of UTF-8 text on stdin, or as an option.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognizes_utf_16() {
        for text in [&b"\xff\xfe{\0"[..], b"\xfe\xff\0{", b"{\0\"\0a\0\"\0", b"\0{\0}"] {
            assert!(is_utf16(text), "{text:?}");
        }
        for text in [&b"{}"[..], b"abcd", b"\0\0\0\0", b"a\0b", "ä☃".as_bytes(), b"a\0b\0c"] {
            assert!(!is_utf16(text), "{text:?}");
        }
    }
}
