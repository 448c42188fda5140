//! What a provider answers: a token, an error, or no word of it at all.

use oauth2::basic::{BasicErrorResponse, BasicTokenResponse};
use oauth2::{HttpResponse, TokenResponse};
use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use super::credentials::{Credentials, Secret};
use super::refusal::{clean, failed, is_passing, lost};
use crate::exit::Failure;
use crate::http::Trouble;

/// Takes the token that `answer` brings in exchange for the API token `token`.
pub fn exchanged(
    answer: &HttpResponse,
    url: &Url,
    token: &str,
    credentials: &mut Credentials,
) -> Result<(), Failure> {
    if answer.status() == 200
        && let Ok(given) = serde_json::from_slice::<BasicTokenResponse>(answer.body())
    {
        take(credentials, &given, false);
        return Ok(());
    }
    let error = serde_json::from_slice::<BasicErrorResponse>(answer.body());
    Err(match error.map(|error| clean(&error.to_string(), &[token])) {
        Ok(said) if is_passing(&said) => lost(url, &Trouble::Nonsense(said)),
        Ok(said) => failed(
            format!("{url} refused it: {said}."),
            "Check the API token and the address that exchanges it; ask for a new token where it has ended.",
        ),
        // A page of something that stands between is no word on the login.
        Err(_) => {
            let status = answer.status().as_u16();
            let what = format!("status {status}, without a token and without an OAuth error");
            lost(url, &Trouble::Nonsense(what))
        }
    })
}

/// An answer that is the provider's word, in a form that the crate `oauth2` understands.
pub fn usable(mut answer: HttpResponse) -> Result<HttpResponse, Trouble> {
    let status = answer.status().as_u16();
    let error = serde_json::from_slice::<BasicErrorResponse>(answer.body());
    if status == 429 || status >= 500 {
        // That is no word on the login.
        let said = error.map(|error| format!(", {error}")).unwrap_or_default();
        return Err(Trouble::Nonsense(format!("status {status}{said}")));
    }
    if status >= 400 && error.is_err() {
        let bytes = answer.body().len();
        return Err(Trouble::Nonsense(format!(
            "status {status}, and {bytes} bytes that hold no OAuth error"
        )));
    }
    if let Ok(Value::Object(mut members)) = serde_json::from_slice(answer.body()) {
        // A token whose kind is not told is a bearer token, as the original takes it.
        if members.contains_key("access_token") {
            members.entry("token_type").or_insert_with(|| "bearer".into());
        }
        // Seconds come as text, or below zero, from some.
        if let Some(life) = members.get("expires_in") {
            let seconds = match life {
                Value::String(text) => text.trim().parse::<f64>().ok(),
                other => other.as_f64(),
            };
            let seconds = seconds.filter(|seconds| (0.0..1e9).contains(seconds));
            match seconds {
                #[allow(clippy::cast_possible_truncation, reason = "whole seconds are enough")]
                Some(seconds) => members.insert("expires_in".into(), (seconds as i64).into()),
                None => members.remove("expires_in"),
            };
        }
        *answer.body_mut() = serde_json::to_vec(&members).unwrap_or_default();
    }
    Ok(answer)
}

/// What a login with the API token `token` comes to that is answered so.
#[cfg(any(fuzzing, debug_assertions))]
pub fn on_exchange(
    answer: HttpResponse,
    url: &Url,
    token: &str,
    credentials: &mut Credentials,
) -> Result<(), Failure> {
    let answer = usable(answer).map_err(|trouble| lost(url, &trouble))?;
    exchanged(&answer, url, token, credentials)
}

/// Puts the token that was given into the login, with its refresh token where it is of use.
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
