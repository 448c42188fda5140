//! Questions to the user. They go to the terminal, wherever stdout and stderr lead: the user must
//! see a question, and input typed before it does not answer it.

use std::io::{self, IsTerminal};

use secrecy::SecretString;
use vdk_api::escape;
use vdk_client::{Error, ErrorKind};
use zeroize::Zeroizing;

use crate::terminal;
use crate::terminal::input::{cancelled, expect_end_of_stdin, failed, line_of_stdin};

/// How a value is given that no prompt takes.
const BY_SET_FILE: &str = "use --set-file KEY FILE";

/// Returns true if there is a user to ask: stdin is a terminal.
pub fn has_terminal() -> bool {
    io::stdin().is_terminal()
}

/// Reads the new value of `key`: from a hidden prompt on the terminal, or else a line of stdin. `option` gives
/// it as well.
pub fn secret_value(key: &str, option: &str) -> Result<SecretString, Error> {
    let shown = escape::line(key);
    let advice = format!("Give it at the prompt, as a line of stdin, or with {option}.");
    let value = hidden_or_line(&shown, &advice, &format!("use {option}"))?;
    if value.is_empty() {
        return Err(Error::usage(format!("No value for '{shown}' is given."))
            .why("The line is empty, and an empty value at a prompt is most often a mistake.")
            .help("Give a value, or set an empty one explicitly: --set KEY ''"));
    }
    Ok(SecretString::from(value.as_str()))
}

/// Reads a command's only secret: from a hidden prompt, or else the only line of stdin.
pub fn only_secret(name: &str) -> Result<Zeroizing<String>, Error> {
    let value = hidden_or_line(name, "Give it at the prompt, or as a line of stdin.", BY_SET_FILE)?;
    if !has_terminal() {
        expect_end_of_stdin()?;
    }
    Ok(value)
}

/// Reads a secret from a hidden prompt on the terminal, wherever stdin leads. `elsewhere` says how to
/// give what no prompt takes.
pub fn hidden_on_terminal(name: &str, elsewhere: &str) -> Result<Zeroizing<String>, Error> {
    let prompt = format!("{name}: ");
    hidden(&prompt, &format!("Give it at the prompt, or {elsewhere}."), elsewhere)
}

fn hidden_or_line(shown: &str, advice: &str, elsewhere: &str) -> Result<Zeroizing<String>, Error> {
    if has_terminal() {
        return hidden(&format!("{shown}: "), advice, elsewhere);
    }
    line_of_stdin().map_err(|error| failed(shown, &error))?.ok_or_else(|| cancelled(advice))
}

fn hidden(prompt: &str, advice: &str, elsewhere: &str) -> Result<Zeroizing<String>, Error> {
    let name = prompt.trim_end_matches([':', ' ']);
    match terminal::hidden_line(prompt) {
        Ok(line) if line.is_followed => Err(Error::usage(format!(
            "The value of '{name}' has more than one line."
        ))
        .why("A prompt takes one line. All lines were discarded, so that no shell runs them.")
        .help(format!("For several lines, {elsewhere}."))),
        Ok(line) => match line.refused {
            None => Ok(line.text),
            Some(why) => {
                Err(Error::usage(format!("The value of '{name}' cannot be taken as it was typed."))
                    .why(format!("{why}. It would be another value."))
                    .help(format!("Type it again. For characters that no key types, {elsewhere}.")))
            }
        },
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(cancelled(advice)),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {
            terminal::end_interrupted();
            Err(cancelled(advice))
        }
        Err(error) => Err(failed(prompt, &error)),
    }
}

/// Asks a question on the terminal. The answer is echoed, and blanks around it are trimmed. `None`
/// if the input ended.
pub fn ask(question: &str) -> Result<Option<String>, Error> {
    let answer = terminal::line(&escape::lines(question)).map_err(|error| {
        Error::usage("Cannot ask on the terminal.")
            .why(format!("{}: {error}.", terminal::PLACE))
            .help("Give the answer as an option. --yes answers all questions before a write.")
    })?;
    Ok(answer.map(|answer| answer.trim().to_string()))
}

/// Asks for a yes; anything but `y` or `yes` cancels.
pub fn confirm(question: &str) -> Result<(), Error> {
    let answer = ask(&format!("{question} [y/N] "))?.unwrap_or_default();
    if matches!(answer.to_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Cancelled, "The command was cancelled.")
        .why("The question was not answered with yes.")
        .help("Run it again and answer y, or add --yes."))
}
