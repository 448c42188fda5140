//! What is told on stderr beside errors: notes, warnings, and with `-v DEBUG` the course of
//! things. Never a value or a token.

use std::io::{IsTerminal, stderr};
use std::time::Duration;

use crate::exit::write_stderr;
use crate::sanitize;
use crate::waiting::Waiting;

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Warnings and notes are left out: CRITICAL and ERROR.
    Quiet,
    /// Warnings.
    Warning,
    /// Notes as well.
    Info,
    /// Requests, keys, sizes, timings as well.
    Debug,
}

/// Tells as much as its level allows.
#[derive(Clone, Copy, Debug)]
pub struct Talk(Level);

impl Talk {
    /// The level of that name, in any case; INFO for any other word.
    pub fn new(name: &str) -> Self {
        Talk(match name.to_ascii_uppercase().as_str() {
            "CRITICAL" | "ERROR" => Level::Quiet,
            "WARNING" => Level::Warning,
            "DEBUG" => Level::Debug,
            _ => Level::Info,
        })
    }

    /// Something worth knowing.
    pub fn note(self, text: &str) {
        self.tell(Level::Info, "note: ", text);
    }

    /// Something that only a person at a terminal wants to know; it is not said elsewhere.
    pub fn note_on_terminal(self, text: impl FnOnce() -> String) {
        if self.0 >= Level::Info && stderr().is_terminal() {
            write_stderr(&format!("{}\n", sanitize::line(&text())));
        }
    }

    /// Tells that something is tried again after `wait`, and waits. On a terminal the line is there
    /// as long as it is true; elsewhere each repetition has one.
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

    /// Tells what is waited for once that takes a second, on a terminal alone.
    pub fn waiting(self, what: &str) -> Option<Waiting> {
        (self.0 >= Level::Warning).then(|| Waiting::start(what, false))
    }

    /// Something that may be wrong.
    pub fn warning(self, text: &str) {
        self.tell(Level::Warning, "warning: ", text);
    }

    /// A step, for whoever looks for a fault.
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
