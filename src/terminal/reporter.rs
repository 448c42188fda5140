//! Messages on stderr other than errors: notes, warnings, and debug output with `-v DEBUG`. They
//! never contain a value or a token.

use std::io::{IsTerminal, stderr};
use std::time::Duration;

use vdk_api::escape;
use vdk_client::{Guard, Note, Reporter, Warning};

use crate::error::write_stderr;
use crate::terminal::Waiting;

/// The log level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// No warnings or notes: CRITICAL and ERROR.
    Quiet,
    /// Warnings.
    Warning,
    /// Also notes.
    Info,
    /// Also requests, keys, sizes, timings.
    Debug,
}

/// A writer of messages up to its level.
#[derive(Clone, Copy, Debug)]
pub struct TerminalReporter(Level);

impl TerminalReporter {
    /// Parses a level's name, in any case; INFO for any other text.
    pub fn new(name: &str) -> Self {
        TerminalReporter(match name.to_ascii_uppercase().as_str() {
            "CRITICAL" | "ERROR" => Level::Quiet,
            "WARNING" => Level::Warning,
            "DEBUG" => Level::Debug,
            _ => Level::Info,
        })
    }

    /// Prints a note, at level INFO or DEBUG.
    pub fn note(self, text: &str) {
        self.tell(Level::Info, "note: ", text);
    }

    /// Prints something that only a user at a terminal needs, and prints it only there.
    pub fn note_on_terminal(self, text: impl FnOnce() -> String) {
        if self.0 >= Level::Info && stderr().is_terminal() {
            write_stderr(&format!("{}\n", escape::line(&text())));
        }
    }

    /// Prints a warning, except at level ERROR or CRITICAL.
    pub fn warning(self, text: &str) {
        self.tell(Level::Warning, "warning: ", text);
    }

    /// Prints a step, for troubleshooting.
    pub fn debug(self, text: impl FnOnce() -> String) {
        if self.0 >= Level::Debug {
            self.tell(Level::Debug, "debug: ", &text());
        }
    }

    fn tell(self, level: Level, label: &str, text: &str) {
        if self.0 >= level {
            write_stderr(&format!("{label}{}\n", escape::line(text)));
        }
    }
}

impl Reporter for TerminalReporter {
    fn note(&self, note: &Note) {
        TerminalReporter::note(*self, &note.to_string());
    }

    fn warning(&self, warning: &Warning) {
        TerminalReporter::warning(*self, &warning.to_string());
    }

    fn debug(&self, text: &dyn Fn() -> String) {
        TerminalReporter::debug(*self, text);
    }

    /// Shows a line as long as it is true on a terminal; elsewhere each retry has one.
    fn retry(&self, why: &str, wait: Duration) -> Guard {
        if self.0 < Level::Warning {
            return Guard::default();
        }
        let line = format!("warning: {why}; retrying in {:.1} s", wait.as_secs_f64());
        let line = escape::line(&line).into_owned();
        if stderr().is_terminal() {
            write_stderr(&line);
            return Guard::new(|| write_stderr("\r\u{1b}[K"));
        }
        write_stderr(&(line + "\n"));
        Guard::default()
    }

    fn waiting(&self, whom: &str) -> Guard {
        match (self.0 >= Level::Warning).then(|| Waiting::start(whom, false)) {
            Some(waiting) => Guard::new(move || drop(waiting)),
            None => Guard::default(),
        }
    }
}
