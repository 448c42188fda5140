//! Tokens and secrets that the environment or the user gives.

use std::fs::File;
use std::io::Read;
use std::path::{MAIN_SEPARATOR, Path};

use secrecy::{ExposeSecret, SecretString};
use vdk_api::{BOM, escape};
use zeroize::Zeroizing;

use crate::Error;
use crate::config::env_vars;
use crate::config::{path_variable, variable};

/// Most bytes of a file with a secret.
const LARGEST: u64 = 64 * 1024;

/// A token from the environment, and the variable that it comes from.
pub type GivenToken = (SecretString, &'static str);

/// Reads a token from the environment, or from the file that the environment names.
pub fn given_token() -> Result<Option<GivenToken>, Error> {
    let given = secret_variable(env_vars::API_TOKEN, env_vars::API_TOKEN_FILE)?;
    given
        .map(|(text, origin)| Ok((checked_token(text.expose_secret(), origin)?, origin)))
        .transpose()
}

/// Reads the client secret from the environment, or from the file that the environment names.
pub fn given_client_secret() -> Result<Option<SecretString>, Error> {
    let given = secret_variable(env_vars::CLIENT_SECRET, env_vars::CLIENT_SECRET_FILE)?;
    Ok(given.map(|(secret, _)| secret))
}

/// Reads the variable `name`, or the file that the variable `file` names, without the line end at
/// its end. Rejects both at once: which one counts would be a guess.
fn secret_variable(name: &'static str, file: &'static str) -> Result<Option<GivenToken>, Error> {
    let invalid = |why: String, help: &str| Error::usage("Invalid setting.").why(why).help(help);
    match (variable(name)?, path_variable(file)?) {
        (Some(_), Some(_)) => {
            Err(invalid(format!("{name} and {file} are both set."), "Unset one of them."))
        }
        (Some(text), None) => Ok(Some((text.into(), name))),
        (None, Some(path)) => {
            // A word without a separator may be the secret itself.
            let text = path.to_string_lossy();
            let is_path = text.contains(MAIN_SEPARATOR);
            let shown = if is_path { format!(", {}", escape::name(&text)) } else { String::new() };
            let why = |why: &str| format!("{file}{shown}: {why}.");
            let text = read_text(&path).map_err(|error| {
                invalid(why(&error.to_string()), "Correct the variable, or unset it.")
            })?;
            let text = text.strip_suffix('\n').unwrap_or(&text);
            let text = text.strip_suffix('\r').unwrap_or(text);
            if text.is_empty() {
                return Err(invalid(why("the file is empty"), "Write the secret to the file."));
            }
            Ok(Some((text.into(), file)))
        }
        (None, None) => Ok(None),
    }
}

/// Reads a file that the user named: it may be a pipe.
fn read_text(path: &Path) -> std::io::Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(64 * 1024 + 64));
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(std::io::Error::other(format!("the file is larger than {LARGEST} bytes")));
    }
    let text = std::str::from_utf8(&bytes);
    let text = text.map_err(|_| std::io::Error::other("the file is not UTF-8 text"))?;
    Ok(Zeroizing::new(text.into()))
}

/// Checks a token that the user gave by `origin`, and trims white space around it.
pub fn checked_token(text: &str, origin: &str) -> Result<SecretString, Error> {
    let token = text.trim();
    let is_bearer = token.get(..7).is_some_and(|begin| begin.eq_ignore_ascii_case("bearer "));
    let is_mask =
        |text: &str| text.bytes().all(|byte| byte == b'*') || text.eq_ignore_ascii_case("[masked]");
    let wrong = if token.starts_with(BOM) {
        "begins with a byte order mark (U+FEFF), as Windows writes it before text"
    } else if is_bearer {
        "begins with 'Bearer', which belongs to the header and not to the token"
    } else if token.starts_with(['"', '\'']) || token.ends_with(['"', '\'']) {
        "begins or ends with a quote"
    } else if token.starts_with('$') {
        "is the name of a variable, which nothing replaced by its value"
    } else if !token.is_empty() && is_mask(token) {
        "is the mask that CI systems show in place of a secret"
    } else if Path::new(token).is_absolute() && Path::new(token).exists() {
        return Err(Error::usage("Invalid API token.")
            .why(format!("The token from {origin} is the path of a file."))
            .help(format!("If the file contains the token, set {}.", env_vars::API_TOKEN_FILE)));
    } else if token.contains(char::is_whitespace) {
        "contains white space"
    } else if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        "contains invalid characters"
    } else {
        return Ok(SecretString::from(token));
    };
    Err(Error::usage("Invalid API token.")
        .why(format!("The token from {origin} {wrong}."))
        .help("Give the token exactly as it was shown."))
}
