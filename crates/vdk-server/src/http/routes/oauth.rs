//! The service as a small authorization server. It exchanges an API token for a short-lived access
//! token (the refresh token grant of RFC 6749, section 6), and publishes the keys that sign those.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, Limited};
use serde_json::json;
use zeroize::Zeroizing;

use crate::auth::{Limiter, split};
use crate::http::error::ApiError;
use crate::http::middleware::AuditEntry;
use crate::http::{Service, api, authenticate};

/// Largest form, in bytes, and the longest time for it.
const FORM: usize = 16 * 1024;
const TIME: Duration = Duration::from_secs(10);

/// Handles POST of a form with an API token.
pub async fn token(State(service): State<Arc<Service>>, request: Request) -> Response {
    exchange(&service, request).await.unwrap_or_else(|refused| refused)
}

async fn exchange(service: &Service, request: Request) -> Result<Response, Response> {
    let access = request.extensions().get::<AuditEntry>().cloned();
    if let Some(access) = &access {
        access.note(|entry| entry.operation = "token.exchange");
    }
    let address = Limiter::name(authenticate::address(service, &request));
    let now = Instant::now();
    let limited = service.auth.limiter.wait(&address, now);
    let body = tokio::time::timeout(TIME, Limited::new(request.into_body(), FORM).collect()).await;
    let body: Bytes = match body {
        Ok(Ok(body)) => body.to_bytes(),
        _ => {
            return Err(refused(
                "invalid_request",
                "the form is too large, or it did not arrive in time",
            ));
        }
    };
    let (mut grant, mut shown) = (String::new(), Zeroizing::new(String::new()));
    for (name, value) in url::form_urlencoded::parse(&body) {
        match &*name {
            "grant_type" => grant = value.into_owned(),
            "refresh_token" => shown = Zeroizing::new(value.into_owned()),
            _ => {}
        }
    }
    if grant != "refresh_token" {
        let why = "only the grant_type refresh_token is supported";
        return Err(refused("unsupported_grant_type", why));
    }
    if shown.is_empty() {
        return Err(refused("invalid_request", "the form has no refresh_token"));
    }
    // A token of the right form is checked all the same: others cannot lock its owner out.
    if let Some(wait) = limited
        && !(split(&shown).is_some() && service.auth.limiter.may_look(now))
    {
        return Err(authenticate::too_many(wait).into_response());
    }
    let away = |fault: crate::storage::StorageError| {
        authenticate::away(&fault.to_string()).into_response()
    };
    let Some((id, token)) = service.auth.tokens.check(&shown).await.map_err(away)? else {
        service.auth.limiter.failed(&address, now);
        // Limits guesses at this token; they cannot lock out a client that has all of it.
        if let Some((id, _)) = split(&shown) {
            let id = format!("token {id}");
            if let Some(wait) = service.auth.limiter.wait(&id, now) {
                return Err(authenticate::too_many(wait).into_response());
            }
            service.auth.limiter.failed(&id, now);
        }
        if let Some(wait) = limited {
            return Err(authenticate::too_many(wait).into_response());
        }
        return Err(refused("invalid_grant", "this API token is unknown, revoked or expired"));
    };
    if let Some(access) = &access {
        access.note(|entry| {
            entry.who = token.user.clone();
            entry.stranger = None;
        });
    }
    let (access_token, expires_in) = service.auth.exchange(&id, &token).await.map_err(away)?;
    let answer = json!({
        "access_token": access_token, "token_type": "Bearer", "expires_in": expires_in,
    });
    Ok(axum::Json(answer).into_response())
}

/// Returns an error in the form of RFC 6749, section 5.2.
fn refused(error: &str, why: &str) -> Response {
    let body = json!({"error": error, "error_description": why});
    (StatusCode::BAD_REQUEST, axum::Json(body)).into_response()
}

/// Returns the public keys.
pub async fn keys(State(service): State<Arc<Service>>) -> Result<Response, ApiError> {
    let keys = service.auth.published_keys().await;
    let keys = keys.map_err(|fault| authenticate::away(&fault.to_string()))?;
    Ok(axum::Json(keys).into_response())
}

/// Returns the metadata of the authorization server (RFC 8414).
pub async fn metadata(State(service): State<Arc<Service>>, request: Request) -> Response {
    let issuer = &service.auth.issuer;
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    // HTTP/2 has the host in the address of the request.
    let host = host.or_else(|| Some(request.uri().authority()?.as_str())).unwrap_or("localhost");
    let base = match issuer.contains("://") {
        true => issuer.trim_end_matches('/').to_string(),
        false => format!("{}://{host}", if service.tls { "https" } else { "http" }),
    };
    axum::Json(json!({
        "issuer": issuer,
        "token_endpoint": format!("{base}{}", api::TOKEN),
        "jwks_uri": format!("{base}{}", api::KEYS),
        "grant_types_supported": ["refresh_token"],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["none"],
    }))
    .into_response()
}
