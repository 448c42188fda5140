//! Messages on stderr other than errors: notes, warnings, and debug output with `-v DEBUG`. They
//! never contain a value or a token.

use std::io::{IsTerminal, stderr};
use std::time::Duration;

use crate::exit::write_stderr;
use crate::sanitize;
use crate::waiting::Waiting;

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
pub struct Talk(Level);

impl Talk {
    /// Parses a level's name, in any case; INFO for any other text.
    pub fn new(name: &str) -> Self {
        Talk(match name.to_ascii_uppercase().as_str() {
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
            write_stderr(&format!("{}\n", sanitize::line(&text())));
        }
    }

    /// Announces a retry after `wait`, and waits. A terminal shows the line only during the wait;
    /// elsewhere each retry gets a line.
    pub fn retry(self, what: &str, wait: Duration) {
        let line = format!("warning: {what}; trying again in {:.1} s", wait.as_secs_f64());
        let line = sanitize::line(&line).into_owned();
        let on_terminal = stderr().is_terminal();
        if self.0 >= Level::Warning {
            write_stderr(&if on_terminal { line } else { line + "\n" });
        }
        std::thread::sleep(wait);
        if self.0 >= Level::Warning && on_terminal {
            write_stderr("\r\u{1b}[K");
        }
    }

    /// Shows what a command waits for, after one second and only on a terminal.
    pub fn waiting(self, what: &str) -> Option<Waiting> {
        (self.0 >= Level::Warning).then(|| Waiting::start(what, false))
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
            write_stderr(&format!("{label}{}\n", sanitize::line(text)));
        }
    }
}
