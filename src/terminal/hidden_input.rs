//! Lines from the controlling terminal. A hidden line is not echoed and is checked byte by byte.
//! The terminal is restored, whatever ends the prompt.
//!
//! rpassword edits the hidden line, but reads through a reader of ours. By itself it shows the
//! prompt before it turns the echo off, drops unknown bytes, and ends the process on Ctrl-C before
//! it restores the terminal. Signals concern the whole process, and so does the state here.

#[cfg(not(unix))]
mod elsewhere;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub use elsewhere::{PLACE, end_interrupted, hidden_line, is_in_foreground, line, stop_asking};
#[cfg(unix)]
pub use unix::{PLACE, end_interrupted, hidden_line, is_in_foreground, line, stop_asking};
use zeroize::Zeroizing;

/// A line that was typed at a hidden prompt.
pub struct HiddenLine {
    /// The line, without its end.
    pub text: Zeroizing<String>,
    /// The reason why the text is not what was typed, if so.
    pub refused: Option<&'static str>,
    /// True if more lines came with it, as in a paste; they were discarded.
    pub is_followed: bool,
}
