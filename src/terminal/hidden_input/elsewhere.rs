//! Prompts on a console that rpassword handles by itself.

use std::io::{self, BufRead, IsTerminal, Write};

use zeroize::Zeroizing;

use super::HiddenLine;

/// The console, as messages name it.
pub const PLACE: &str = "the console";

/// Asks for a line; `None` at the end of the input.
pub fn line(question: &str) -> io::Result<Option<String>> {
    io::stderr().write_all(question.as_bytes())?;
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer)?;
    Ok((read > 0).then_some(answer))
}

/// Asks for a line that is not echoed, entirely by rpassword. Anything pasted behind it stays
/// for the next prompt.
pub fn hidden_line(prompt: &str) -> io::Result<HiddenLine> {
    let text = Zeroizing::new(rpassword::prompt_password(prompt)?);
    Ok(HiddenLine { text, refused: None, is_followed: false })
}

/// Does nothing: the caller's error ends the process.
pub fn end_interrupted() {}

/// Returns true if stdin is a terminal.
pub fn is_in_foreground() -> bool {
    io::stdin().is_terminal()
}

/// Does nothing: the end of the process restores the console.
pub fn stop_asking() {}
