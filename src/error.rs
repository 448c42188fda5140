//! Exit codes, the error that carries one, and the only function that prints an error.

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use vdk_api::{Document, ErrorBody, JsonText, escape};
use vdk_client::config::env_vars;
use vdk_client::{Error, ErrorKind};
use zeroize::Zeroizing;

use crate::formats::json_object;
use crate::terminal::streams;

/// The exit codes, documented in the man page. 130, for an interrupted run, is the shell's code for
/// a process that SIGINT ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything was done.
    Done = 0,
    /// A login failed, a login or prompt was cancelled, or `check` or `diff --exit-code` found something.
    Cancelled = 1,
    /// The command line, a setting, a file or a value is invalid.
    Usage = 2,
    /// Not logged in, or not allowed.
    NotAllowed = 3,
    /// No such key, job, team or address.
    NotFound = 4,
    /// Others kept changing the same key/values.
    Conflict = 5,
    /// The service or the store is unavailable, or fails.
    Unavailable = 6,
    /// A write was sent, and its outcome is unknown.
    Unknown = 7,
    /// `exec`: the program cannot be run, as shells say it.
    CannotRun = 126,
    /// `exec`: the program is not found.
    NoProgram = 127,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

impl From<ErrorKind> for Exit {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Cancelled => Exit::Cancelled,
            ErrorKind::Usage => Exit::Usage,
            ErrorKind::NotAllowed => Exit::NotAllowed,
            ErrorKind::NotFound => Exit::NotFound,
            ErrorKind::Conflict => Exit::Conflict,
            ErrorKind::Unavailable => Exit::Unavailable,
            ErrorKind::Unknown => Exit::Unknown,
        }
    }
}

/// Prints `error` on stderr, as text or as a line of JSON, and returns its exit code. A closed pipe
/// is not an error: the reader wants no more output.
pub fn report(error: &anyhow::Error, as_json: bool) -> ExitCode {
    if let Some(failure) = error.downcast_ref::<Error>() {
        return report_failure(failure, failure.kind.into(), as_json);
    }
    let io = error.chain().find_map(|cause| cause.downcast_ref::<io::Error>());
    if io.is_some_and(|io| io.kind() == io::ErrorKind::BrokenPipe) {
        return Exit::Done.into();
    }
    let (text, exit) = (format!("{error:#}"), Exit::Unavailable);
    write_stderr(&if as_json {
        json(&ErrorBody { what: text, ..ErrorBody::default() }, exit)
    } else {
        format!("error: {}\n", escape::line(&text))
    });
    exit.into()
}

/// Prints `failure` with its four parts, and returns `exit`.
pub fn report_failure(failure: &Error, exit: Exit, as_json: bool) -> ExitCode {
    let body = &failure.body;
    if as_json {
        write_stderr(&json(body, exit));
        return exit.into();
    }
    let mut text = String::new();
    let (bold, red, plain) = match has_colors(&io::stderr()) {
        true => ("\u{1b}[1m", "\u{1b}[1;31m", "\u{1b}[0m"),
        false => ("", "", ""),
    };
    for (label, part) in [
        ("what", &body.what),
        ("why", &body.why),
        ("consequences", &body.consequences),
        ("countermeasures", &body.countermeasures),
    ] {
        // Indented, a line of untrusted text cannot pass for a part of the error.
        let part = escape::lines(part).replace('\n', "\n  ");
        let style = if label == "what" { red } else { bold };
        text.push_str(&format!("{style}{label}:{plain} {part}\n"));
    }
    write_stderr(&text);
    exit.into()
}

/// Returns an error as one line of JSON in ASCII.
fn json(body: &ErrorBody, exit: Exit) -> String {
    let mut error = Document::default();
    for (name, part) in [
        ("what", &body.what),
        ("why", &body.why),
        ("consequences", &body.consequences),
        ("help", &body.countermeasures),
    ] {
        error.set(name, JsonText::from_text(part));
    }
    let mut text = Zeroizing::new(String::new());
    json_object(&error.iter().collect(), &mut text);
    let parts = text.trim_end().trim_start_matches('{');
    format!("{{\"error\": {{\"exit\": {}, {parts}}}\n", exit as u8)
}

/// Returns true if a stream is a terminal with colours, and the user wants them
/// (https://no-color.org).
pub fn has_colors(stream: &impl IsTerminal) -> bool {
    let is_set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    stream.is_terminal()
        && is_set(env_vars::NO_COLOR).is_none()
        && is_set("TERM").is_some_and(|term| term != "dumb")
}

/// Makes a panic print its location only: its message could hold a value.
pub fn hide_panic_messages() {
    vdk_platform::on_panic(|place| {
        write_stderr(&format!(
            "what: vdk panicked at {place}.\n\
             why: This is a bug in vdk. Its message is not shown because it may contain a value.\n\
             consequences: It is not known whether anything was written.\n\
             countermeasures: Check what is stored before you try again, and report the place.\n"
        ));
    });
}

/// Writes to stderr, and ignores errors: there is nowhere left to report them.
pub fn write_stderr(text: &str) {
    let _ = streams::write_stderr(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::panic, clippy::unwrap_used, reason = "it is what is tested")]
    fn hides_values_in_panics() {
        const CHILD: &str = "VDK_TEST_PANIC";
        let value = ["gehe", "im"].concat();
        if std::env::var_os(CHILD).is_some() {
            hide_panic_messages();
            panic!("{value}");
        }
        let name = std::thread::current().name().unwrap().to_string();
        let mut again = std::process::Command::new(std::env::current_exe().unwrap());
        let run = again.args(["--exact", "--nocapture", &name]).env(CHILD, "1").output().unwrap();
        let said = String::from_utf8([run.stdout, run.stderr].concat()).unwrap();
        assert!(!run.status.success() && said.contains("at src/error.rs:"), "{said}");
        assert!(!said.contains(&value), "{said}");
    }
}
