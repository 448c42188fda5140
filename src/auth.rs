//! The login that a Control Service is shown: for now the access token that the Python vdk left
//! in `vdk-cred.json`, read while it is valid and never rewritten.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::exit::{Exit, Failure, NOTHING_CHANGED};

/// Seconds before its end from which a token is no longer sent.
const MARGIN: f64 = 60.0;

/// What there is to show to a service.
#[derive(Debug)]
pub enum Login {
    /// Nobody has logged in.
    None,
    /// The login has ended.
    Expired,
    /// A token that is valid.
    Token(SecretString),
}

/// The members of `vdk-cred.json` that matter here; others are ignored.
#[derive(Deserialize)]
struct Credentials {
    access_token: Option<SecretString>,
    #[serde(default)]
    access_token_expiration_time: f64,
}

/// Reads the login from `path`.
pub fn login(path: &Path) -> Result<Login, Failure> {
    let bytes = match fs::read(path) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Login::None),
        Err(error) => return Err(unreadable(path, &error.to_string())),
    };
    if bytes.is_empty() {
        return Ok(Login::None);
    }
    // The parser's own words could quote a token.
    let credentials: Credentials = serde_json::from_slice(&bytes)
        .map_err(|_| unreadable(path, "it is not the JSON object that vdk login writes"))?;
    let Some(token) = credentials.access_token else { return Ok(Login::None) };
    if token.expose_secret().is_empty() {
        return Ok(Login::None);
    }
    if !token.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(unreadable(path, "its access token has characters that no token has"));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64());
    if credentials.access_token_expiration_time < now + MARGIN {
        return Ok(Login::Expired);
    }
    Ok(Login::Token(token))
}

fn unreadable(path: &Path, why: &str) -> Failure {
    Failure::new(
        Exit::NotAllowed,
        "The saved login cannot be used.",
        format!("{}: {why}.", path.display()),
        NOTHING_CHANGED,
        "Log in again with vdk login, or remove the file.",
    )
}
