//! Reads environment variables. One that is set and cannot be read is an error, never a reason to
//! look elsewhere.

use std::borrow::Cow;
use std::env::{self, VarError};
use std::fmt;
use std::path::PathBuf;

/// A variable that is set to something that cannot be used. The value is not in it.
#[derive(Debug)]
pub struct InvalidVariable {
    name: String,
    why: Cow<'static, str>,
}

impl InvalidVariable {
    /// Creates the error of the variable `name`; `why` follows its name and a colon.
    pub fn new(name: &str, why: impl Into<Cow<'static, str>>) -> Self {
        InvalidVariable { name: name.into(), why: why.into() }
    }
}

impl fmt::Display for InvalidVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the environment variable {}: {}", self.name, self.why)
    }
}

impl std::error::Error for InvalidVariable {}

/// Returns an environment variable; an empty or blank one counts as not set.
pub fn variable(name: &str) -> Result<Option<String>, InvalidVariable> {
    match env::var(name) {
        // A script may leave a blank one; none of our names or values is blank.
        Ok(value) if value.trim().is_empty() => Ok(None),
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(InvalidVariable::new(name, "it is not UTF-8 text")),
    }
}

/// Returns an environment variable that names a file or folders. Rejects unexpanded `~` and
/// variables: they would create a folder of that very name.
pub fn path_variable(name: &str) -> Result<Option<PathBuf>, InvalidVariable> {
    let Some(path) = variable(name)? else { return Ok(None) };
    if is_unexpanded(&path) {
        let why = "it begins with ~, or contains a $NAME or %NAME%, that the shell did not expand; \
                   write the full path, or leave out the quotes";
        return Err(InvalidVariable::new(name, why));
    }
    Ok(Some(path.into()))
}

fn is_unexpanded(path: &str) -> bool {
    let is_name =
        |text: &str| text.starts_with(|c: char| c.is_ascii_alphabetic() || "_{".contains(c));
    let in_percents = path.split('%').nth(1).is_some_and(is_name) && path.matches('%').count() > 1;
    path.starts_with('~') || path.split('$').skip(1).any(is_name) || in_percents
}
