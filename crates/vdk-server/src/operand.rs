//! The arguments of an operator: files, of which `-` is the standard input, and errors of the
//! command line. A misplaced argument may be a token, and is not repeated.

use std::fs::File;
use std::io::{Read, Result, stdin};
use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Placeholder in an error for an argument that may be a secret.
const HIDDEN: &str = "(not shown)";

/// Opens a file that the operator names.
pub fn open(path: &Path) -> Result<Box<dyn Read>> {
    match path.to_str() {
        Some("-") => Ok(Box::new(stdin())),
        _ => Ok(Box::new(File::open(path)?)),
    }
}

/// Reads a file that the operator names.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Returns the name of an operator's file for an error.
pub fn name(path: &Path) -> String {
    match path.display().to_string() {
        name if name == "-" => "the standard input".into(),
        name if vdk_api::may_be_secret(&name) => {
            "the file (its name is not shown: it looks like a secret)".into()
        }
        name => name,
    }
}

/// Removes arguments from an error of the command line.
pub fn without_words(mut error: clap::Error) -> clap::Error {
    // The tip repeats the argument.
    error.remove(ContextKind::Suggested);
    let mut words = vec![ContextKind::InvalidValue, ContextKind::InvalidSubcommand];
    // In other errors, it is the option that they concern.
    if error.kind() == ErrorKind::UnknownArgument {
        words.push(ContextKind::InvalidArg);
    }
    for kind in words {
        // An option without its value has an empty one.
        let is_word =
            |value: &ContextValue| !matches!(value, ContextValue::String(word) if word.is_empty());
        if error.get(kind).is_some_and(is_word) {
            error.insert(kind, ContextValue::String(HIDDEN.into()));
        }
    }
    error
}
