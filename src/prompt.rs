//! Asking the user, and reading values from a terminal, stdin or files. Questions go to the
//! terminal or stderr: stdout is for data.

use std::fs::File;
use std::io::{self, BufRead, IsTerminal, Read};
use std::path::PathBuf;

use secrecy::SecretString;
use vdk_api::MAX_BODY_BYTES;
use zeroize::Zeroizing;

use crate::exit::{Exit, Failure, NOTHING_CHANGED, write_stderr};
use crate::{hush, sanitize};

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Standard input, to its end.
    Stdin,
    /// A file.
    Path(PathBuf),
}

impl Input {
    /// The file that an option names; `-` is stdin.
    pub fn new(text: &str) -> Self {
        if text == "-" { Input::Stdin } else { Input::Path(text.into()) }
    }
}

/// Whether there is a person to ask: stdin is a terminal.
pub fn has_terminal() -> bool {
    io::stdin().is_terminal()
}

/// Whether a question would be seen and could be answered.
pub fn can_ask() -> bool {
    has_terminal() && io::stderr().is_terminal()
}

/// The new value of `key`: from a hidden prompt on the terminal, else a line of stdin.
pub fn secret_value(key: &str) -> Result<SecretString, Failure> {
    let shown = sanitize::line(key);
    let value = secret_line(key)?;
    if value.is_empty() {
        return Err(Failure::usage(
            format!("There is no value for '{shown}'."),
            "An empty line was given, and an empty value by prompt is most often a slip.",
            "Give a value, or set an empty one explicitly: --set KEY ''",
        ));
    }
    Ok(SecretString::from(value.as_str()))
}

/// A secret that is not the value of a key: from a hidden prompt, else a line of stdin.
pub fn secret_line(name: &str) -> Result<Zeroizing<String>, Failure> {
    let shown = sanitize::line(name);
    if has_terminal() {
        return hidden(&format!("{shown}: "));
    }
    line_of_stdin().map_err(|error| failed(&shown, &error))?.ok_or_else(|| cancelled(&shown))
}

fn hidden(prompt: &str) -> Result<Zeroizing<String>, Failure> {
    let (answer, several_lines) = {
        let _hush = hush::terminal().map_err(|error| failed(prompt, &error))?;
        (rpassword::prompt_password(prompt).map(Zeroizing::new), hush::throw_away_rest())
    };
    match answer {
        Ok(_) if several_lines => Err(Failure::usage(
            format!(
                "The value of '{}' has more than one line.",
                prompt.trim_end_matches([':', ' '])
            ),
            "A prompt takes one line; all of it was thrown away, so that no shell runs the rest.",
            "Give several lines with --set-file KEY FILE, or --set-file KEY - and Ctrl-D at their end.",
        )),
        Ok(value) => Ok(value),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            write_stderr("\n");
            Err(cancelled(prompt))
        }
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {
            hush::end_interrupted();
            Err(cancelled(prompt))
        }
        Err(error) => Err(failed(prompt, &error)),
    }
}

/// A line without its end, `\n` or `\r\n`; `None` where stdin has ended.
fn line_of_stdin() -> io::Result<Option<Zeroizing<String>>> {
    let mut line = Zeroizing::new(String::with_capacity(4096));
    let limit = MAX_BODY_BYTES as u64 + 1;
    match io::stdin().lock().take(limit).read_line(&mut line)? {
        0 => return Ok(None),
        1..=MAX_BODY_BYTES => {}
        _ => {
            let why = format!("the line is longer than {MAX_BODY_BYTES} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
    }
    if line.ends_with('\n') {
        line.pop();
        if line.ends_with('\r') {
            line.pop();
        }
    }
    Ok(Some(line))
}

/// Asks a question on stderr; the answer is echoed. `None` where the input ended.
pub fn ask(question: &str) -> Result<Option<String>, Failure> {
    write_stderr(&sanitize::lines(question));
    let answer = line_of_stdin().map_err(|error| failed(question, &error))?;
    if answer.is_none() {
        write_stderr("\n");
    }
    Ok(answer.map(|answer| answer.to_string()))
}

/// Asks for a yes; anything but `y` or `yes` cancels.
pub fn confirm(question: &str) -> Result<(), Failure> {
    let answer = ask(&format!("{question} [y/N] "))?.unwrap_or_default();
    if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Cancelled,
        "The command was cancelled.",
        "The question was not answered with yes.",
        NOTHING_CHANGED,
        "Run it again and answer y, or add --yes.",
    ))
}

/// The text of a file or of stdin, to the byte.
pub fn read_text(input: &Input, purpose: &str) -> Result<Zeroizing<String>, Failure> {
    let name = match input {
        Input::Stdin => "standard input".to_string(),
        // Somebody gave JSON where its file belongs, and it may hold secrets.
        Input::Path(path) if path.to_string_lossy().starts_with(['{', '[', '"']) => {
            "a file whose name looks like JSON (not shown)".to_string()
        }
        Input::Path(path) => format!("the file '{}'", path.display()),
    };
    let cannot = |why: String, countermeasures: &str| {
        Failure::usage(format!("Cannot read {purpose} from {name}."), why, countermeasures)
    };
    let advice = "Check the name and that you may read the file.";
    let mut bytes = Zeroizing::new(Vec::new());
    let limit = MAX_BODY_BYTES as u64 + 1;
    match input {
        Input::Stdin => io::stdin().lock().take(limit).read_to_end(&mut bytes),
        Input::Path(path) => File::open(path).and_then(|file| {
            // Room for all of it at once: growing would leave copies of a secret in memory.
            let size = file.metadata()?.len().min(limit);
            bytes.reserve_exact(usize::try_from(size).unwrap_or(0) + 1);
            file.take(limit).read_to_end(&mut bytes)
        }),
    }
    .map_err(|error| cannot(error.to_string(), advice))?;
    if bytes.len() > MAX_BODY_BYTES {
        return Err(cannot(
            format!("It is larger than {MAX_BODY_BYTES} bytes."),
            "Store a smaller value, or the place where the large one is kept.",
        ));
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_string())),
        Err(error) => Err(cannot(
            format!(
                "It is not UTF-8 text (byte {}), and JSON holds only text.",
                error.valid_up_to()
            ),
            "Store binary data as base64 text: base64 -w0 FILE | vdk … --set-file KEY -",
        )),
    }
}

fn cancelled(what: &str) -> Failure {
    Failure::new(
        Exit::Cancelled,
        "The command was cancelled.",
        format!("The input ended before '{}' was given.", what.trim_end_matches([':', ' '])),
        NOTHING_CHANGED,
        "Give the value at the prompt, as a line of stdin, or with --set-file.",
    )
}

fn failed(what: &str, error: &io::Error) -> Failure {
    Failure::usage(
        format!("Cannot read '{}'.", what.trim_end_matches([':', ' '])),
        error.to_string(),
        "Give it on a terminal, as a line of UTF-8 text on stdin, or as a flag.",
    )
}
