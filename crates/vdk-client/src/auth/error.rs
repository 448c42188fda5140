//! The errors that a user gets when a provider does not grant a request.

use oauth2::RequestTokenError;
use url::Url;

use crate::http::{GET_A_CERTIFICATE, TransportError, advice};
use crate::{Error, ErrorKind};

/// The consequence of every failed login.
pub const NOT_CHANGED: &str = "No login was saved. An existing login is unchanged.";

/// Converts an error of the crate `oauth2` into a user-facing one, without quoting `secrets`.
pub fn refused<T: oauth2::ErrorResponse + std::fmt::Display + 'static>(
    url: &Url,
    error: RequestTokenError<TransportError, T>,
    secrets: &[&str],
) -> Error {
    match error {
        RequestTokenError::Request(TransportError::InvalidResponse(what)) => {
            lost(url, &TransportError::InvalidResponse(clean(&what, secrets)))
        }
        RequestTokenError::Request(error) => lost(url, &error),
        RequestTokenError::ServerResponse(said) if is_passing(&said.to_string()) => {
            lost(url, &TransportError::InvalidResponse(clean(&said.to_string(), secrets)))
        }
        RequestTokenError::ServerResponse(said) => failed(
            format!("{url} refused the request: {}.", clean(&said.to_string(), secrets)),
            "Log in again: vdk login",
        ),
        // A proxy's error page says nothing about the login.
        RequestTokenError::Parse(error, body) => {
            // The rest of the message could quote a value.
            let missing = error.inner().to_string();
            let missing =
                missing.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
            let missing = missing.map(|name| format!(": {name} is missing")).unwrap_or_default();
            let bytes = body.len();
            let what = format!("{bytes} bytes without a token and without an OAuth error{missing}");
            lost(url, &TransportError::InvalidResponse(what))
        }
        RequestTokenError::Other(why) => {
            failed(format!("{url}: {why}."), "Log in again: vdk login")
        }
    }
}

/// Returns true if an error is about the provider and not about the login.
pub fn is_passing(said: &str) -> bool {
    said.starts_with("temporarily_unavailable") || said.starts_with("server_error")
}

/// Returns a provider's message with secrets redacted.
pub fn clean(text: &str, secrets: &[&str]) -> String {
    let mut text = text.to_string();
    for secret in secrets.iter().filter(|secret| secret.len() >= 4) {
        text = text.replace(*secret, "[redacted]");
    }
    text.chars().take(500).collect()
}

/// Returns the error for a provider that cannot be used now.
pub fn lost(url: &Url, error: &TransportError) -> Error {
    let (exit, countermeasures) = match error {
        TransportError::ClientCertificateRejected(_) => (ErrorKind::NotAllowed, GET_A_CERTIFICATE),
        TransportError::Tls(why) => (ErrorKind::Unavailable, advice(why)),
        _ => (ErrorKind::Unavailable, "Check the address and the network, and try again."),
    };
    let why = match error {
        TransportError::Unusable(body) => {
            return Error { kind: ErrorKind::Usage, status: None, body: body.clone() };
        }
        TransportError::Connect(why) => format!("cannot be reached: {why}"),
        TransportError::Tls(why) => format!("cannot be trusted: {why}"),
        TransportError::ClientCertificateRejected(why) => {
            format!("requires a client certificate that it trusts, but {why}")
        }
        TransportError::Broken(why) => format!("closed the connection: {why}"),
        TransportError::Timeout => "did not answer in time".into(),
        TransportError::InvalidResponse(what) => format!("answered with {what}"),
    };
    Error::new(exit, "Cannot fetch a token.")
        .why(format!("{} {why}.", &url[..url::Position::AfterPath]))
        .consequences(NOT_CHANGED)
        .help(countermeasures)
}

/// Returns the error for a failed login.
pub fn failed(why: String, countermeasures: &str) -> Error {
    Error::new(ErrorKind::Cancelled, "Login failed.")
        .why(why)
        .consequences(NOT_CHANGED)
        .help(countermeasures)
}

/// Returns the error for a missing address.
pub fn missing(option: &str) -> Error {
    Error::usage("Login failed.")
        .why("The address of the provider for this login is not known.")
        .help(format!("Give --issuer URL to find all addresses, or {option} URL."))
}

/// Returns the error for an invalid address.
pub fn no_address(option: &str) -> Error {
    Error::usage("Login failed.")
        .why(format!("{option} is not an http or https address without user and password."))
        .help("Give an address such as https://login.example.org/oauth2/token.")
}
