//! The old and the new value: from files, from prompts, or generated.

use secrecy::SecretString;
use vdk_client::Error;
use zeroize::Zeroizing;

use super::journal::Journals;
use crate::args::replace::ReplaceArgs;
use crate::commands::across::{check_length, hidden_beside_jobs, whole};
use crate::commands::generate::Generate;
use crate::terminal::input::Input;
use crate::terminal::prompt;

/// How values are given that no prompt takes.
const BY_FILES: &str = "use --old-file and --new-file";

/// The new value.
pub enum New {
    /// A value that the user gave.
    Given(SecretString),
    /// It is still to be generated, if none of these has it.
    Generated(Generate, Journals),
}

/// Returns how many values standard input would have to be.
pub fn takes_stdin(own: &ReplaceArgs) -> usize {
    let files = [&own.old_file, &own.new_file, &own.across.jobs].into_iter().flatten();
    files.filter(|file| *file == "-").count()
}

/// Rejects standard input for two things.
pub fn check_stdin(own: &ReplaceArgs) -> Result<(), Error> {
    if takes_stdin(own) > 1 {
        return Err(Error::usage("Invalid arguments")
            .why("Only one of --old-file, --new-file and --jobs can be standard input.")
            .help("Give a file for the others."));
    }
    Ok(())
}

/// Reads both values: from files, or from prompts. Before one is generated, `journals` opens those that
/// are under way.
pub fn values(
    own: &ReplaceArgs,
    journals: impl FnOnce() -> Result<Journals, Error>,
) -> Result<(Zeroizing<String>, New), Error> {
    let options = &own.generate;
    let generate = options
        .generate
        .as_deref()
        .map(|length| Generate::new(length, options.alphabet.as_deref(), "--generate"));
    let generate = generate.transpose()?;
    let old = value(own.old_file.as_deref(), "Value to replace", "--old-file", own)?;
    check_length(&old, false, own.across.short)?;
    if let Some(generate) = generate {
        return Ok((old, New::Generated(generate, journals()?)));
    }
    let new = value(own.new_file.as_deref(), "New value", "--new-file", own)?;
    if own.new_file.is_none() && *new != *prompt::hidden_on_terminal("New value again", BY_FILES)? {
        return Err(Error::usage("The two new values differ.")
            .why("One of them was mistyped.")
            .help("Run the command again."));
    }
    if new.is_empty() || *new == *old {
        let why = if new.is_empty() { "The new value is empty." } else { "It is the old value." };
        return Err(Error::usage("Cannot replace the value.")
            .why(why)
            .help("Give another new value."));
    }
    Ok((old, New::Given(SecretString::from(new.as_str()))))
}

fn value(
    file: Option<&str>,
    name: &str,
    option: &str,
    own: &ReplaceArgs,
) -> Result<Zeroizing<String>, Error> {
    if let Some(file) = file {
        return whole(&Input::new(file));
    }
    if own.across.jobs.as_deref() == Some("-") {
        return hidden_beside_jobs(name, BY_FILES);
    }
    if prompt::has_terminal() {
        return prompt::hidden_on_terminal(name, BY_FILES);
    }
    Err(Error::usage("Cannot ask for the values.")
        .why(format!("{option} is not given, and standard input is no terminal."))
        .help("Give --old-file and --new-file."))
}
