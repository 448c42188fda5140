//! A provider's responses: a token, an OAuth error, or neither.

use oauth2::basic::{BasicErrorResponse, BasicTokenResponse};
use oauth2::http::StatusCode;
use oauth2::{HttpResponse, TokenResponse};
use serde_json::{Map, Value};
use url::Url;
use zeroize::Zeroizing;

use super::credentials::{Credentials, Secret};
use super::error::{clean, failed, is_passing, lost};
use crate::Error;
use crate::http::TransportError;

/// Largest response in bytes. A larger token fits in no request and in no saved login.
const LARGEST: usize = 256 * 1024;

/// Takes the token that `answer` grants in exchange for the API token `token`.
pub fn exchanged(
    answer: &HttpResponse,
    url: &Url,
    token: &str,
    credentials: &mut Credentials,
) -> Result<(), Error> {
    if answer.status() == 200
        && let Ok(given) = serde_json::from_slice::<BasicTokenResponse>(answer.body())
    {
        take(credentials, &given, false);
        return Ok(());
    }
    let error = serde_json::from_slice::<BasicErrorResponse>(answer.body());
    Err(match error.map(|error| clean(&error.to_string(), &[token])) {
        Ok(said) if is_passing(&said) => lost(url, &TransportError::InvalidResponse(said)),
        Ok(said) => failed(
            format!("{url} refused the API token: {said}."),
            "Check the API token and its token endpoint. If the token has expired, get a new one.",
        ),
        // A proxy's error page says nothing about the login.
        Err(_) => {
            let status = answer.status().as_u16();
            let what = format!("status {status}, without a token and without an OAuth error");
            lost(url, &TransportError::InvalidResponse(what))
        }
    })
}

/// Returns a provider's response in a form that the crate `oauth2` accepts. Deviations from RFC
/// 6749 and RFC 8628 are corrected here, and nowhere else.
pub fn usable(mut answer: HttpResponse) -> Result<HttpResponse, TransportError> {
    let status = answer.status().as_u16();
    let bytes = answer.body().len();
    if bytes > LARGEST {
        return Err(TransportError::InvalidResponse(format!(
            "{bytes} bytes, more than any token has"
        )));
    }
    let error = serde_json::from_slice::<BasicErrorResponse>(answer.body());
    if status == 429 || status >= 500 {
        // Such a status says nothing about the login.
        let said = error.map(|error| format!(", {error}")).unwrap_or_default();
        return Err(TransportError::InvalidResponse(format!("status {status}{said}")));
    }
    if status >= 400 && error.is_err() {
        return Err(TransportError::InvalidResponse(format!(
            "status {status}, and {bytes} bytes without an OAuth error"
        )));
    }
    if let Ok(Value::Object(mut members)) = serde_json::from_slice(answer.body()) {
        if members.get("error").and_then(Value::as_str).is_some_and(|error| !error.is_empty()) {
            // An error counts whatever its status: some providers answer 200.
            members.retain(|name, value| name.starts_with("error") && value.is_string());
            if status < 400 {
                *answer.status_mut() = StatusCode::BAD_REQUEST;
            }
        } else {
            mend(&mut members)?;
        }
        *answer.body_mut() = serde_json::to_vec(&members).unwrap_or_default();
    }
    Ok(answer)
}

fn mend(members: &mut Map<String, Value>) -> Result<(), TransportError> {
    // An empty member counts as missing.
    let is_empty = |value: &Value| value.is_null() || value.as_str().is_some_and(str::is_empty);
    if members.get("access_token").is_some_and(|token| is_empty(token) || !token.is_string()) {
        return Err(TransportError::InvalidResponse(
            "an access_token that is empty or not a string".into(),
        ));
    }
    let optional = [
        "token_type",
        "refresh_token",
        "scope",
        "expires_in",
        "interval",
        "verification_uri_complete",
    ];
    members.retain(|name, value| !(optional.contains(&name.as_str()) && is_empty(value)));
    // A token without a type is a bearer token, as for the Python vdk.
    if members.contains_key("access_token") {
        members.entry("token_type").or_insert_with(|| "bearer".into());
    }
    if members.get("refresh_token").is_some_and(|token| !token.is_string()) {
        return Err(TransportError::InvalidResponse("a refresh_token that is not a string".into()));
    }
    // RFC 6749 has the scopes in one string; some providers send a list.
    if let Some(Value::Array(scopes)) = members.get("scope") {
        let scopes: Vec<_> = scopes.iter().filter_map(Value::as_str).collect();
        let scopes = scopes.join(" ");
        members.insert("scope".into(), scopes.into());
    }
    // Some providers send seconds as text, as fractions, negative or out of range.
    for (name, most) in [("expires_in", 1e9), ("interval", 3600.0)] {
        let Some(given) = members.get(name) else { continue };
        let seconds = match given {
            Value::String(text) => text.trim().parse::<f64>().ok(),
            other => other.as_f64(),
        };
        let seconds = match name {
            "interval" => seconds.map(|seconds| seconds.clamp(0.0, most).ceil()),
            _ => seconds.filter(|seconds| (0.0..most).contains(seconds)),
        };
        match seconds.filter(|seconds| !seconds.is_nan()) {
            #[allow(clippy::cast_possible_truncation, reason = "whole seconds are enough")]
            Some(seconds) => members.insert(name.into(), (seconds as i64).into()),
            None => members.remove(name),
        };
    }
    Ok(())
}

/// Returns the result of a login with the API token `token` and this response.
#[doc(hidden)]
pub fn on_exchange(
    answer: HttpResponse,
    url: &Url,
    token: &str,
    credentials: &mut Credentials,
) -> Result<(), Error> {
    let answer = usable(answer).map_err(|error| lost(url, &error))?;
    exchanged(&answer, url, token, credentials)
}

/// Stores the granted token in the login, and its refresh token if `keep_refresh` is set.
pub fn take(credentials: &mut Credentials, given: &BasicTokenResponse, keep_refresh: bool) {
    let secret = |text: &str| -> Secret { Zeroizing::new(text.to_string()) };
    let life = given.expires_in().map(|life| life.as_secs_f64());
    let refresh = given.refresh_token().filter(|_| keep_refresh);
    credentials.take(
        secret(given.access_token().secret()),
        life,
        refresh.map(|token| secret(token.secret())),
    );
}
