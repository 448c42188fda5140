//! What is told on stderr beside errors: notes, warnings, and with `-v DEBUG` the course of
//! things. Never a value or a token.

use crate::exit::write_stderr;
use crate::sanitize;

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
