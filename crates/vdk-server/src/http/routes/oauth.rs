//! The service as a small authorization server. It exchanges an API token for a short-lived access
//! token (the refresh token grant of RFC 6749, section 6), and publishes the keys that sign those.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use vdk_api::route::{KEYS, METADATA, TOKEN};
use zeroize::Zeroizing;

use crate::auth::{Limiter, split};
use crate::http::error::ApiError;
use crate::http::extract::bytes;
use crate::http::middleware::AuditEntry;
use crate::http::openapi::ErrorResponse;
use crate::http::{Service, authenticate};

/// Largest form, in bytes.
const FORM: usize = 16 * 1024;

/// Returns the router of these routes, which need no token.
pub fn router() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::default().routes(routes!(token)).routes(routes!(keys)).routes(routes!(metadata))
}

/// The form of an exchange.
#[derive(Default, ToSchema)]
struct TokenForm {
    #[schema(value_type = GrantType)]
    grant_type: Option<GrantType>,
    /// The API token.
    #[schema(value_type = String, min_length = 1)]
    refresh_token: Zeroizing<String>,
}

/// The grant types of RFC 6749 that the service supports.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum GrantType {
    RefreshToken,
}

/// An access token.
#[derive(Serialize, ToSchema)]
struct AccessToken {
    access_token: String,
    token_type: TokenType,
    /// The lifetime in seconds.
    expires_in: i64,
}

/// The type of an access token (RFC 6750).
#[derive(Serialize, ToSchema)]
enum TokenType {
    Bearer,
}

/// An error of an exchange (RFC 6749, section 5.2).
#[derive(Serialize, ToSchema)]
struct TokenError {
    error: &'static str,
    error_description: &'static str,
}

/// Exchanges an API token for an access token (RFC 6749, section 6).
#[utoipa::path(
    post, path = TOKEN, operation_id = "token", tag = "access",
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "An access token", body = AccessToken),
        (status = 400, description = "An error (RFC 6749, section 5.2)", body = TokenError),
        ErrorResponse<429>, ErrorResponse<503>,
    ),
)]
async fn token(
    State(service): State<Arc<Service>>,
    entry: AuditEntry,
    body: Body,
) -> Result<Json<AccessToken>, Response> {
    entry.note(|entry| entry.operation = "token.exchange");
    let address = Limiter::name(entry.address);
    let now = Instant::now();
    let limited = service.auth.limiter.wait(&address, now);
    let form = form(body).await?;
    if form.grant_type.is_none() {
        let why = "only the grant_type refresh_token is supported";
        return Err(refused("unsupported_grant_type", why));
    }
    let shown = form.refresh_token;
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
    entry.note(|entry| {
        entry.who = token.user.clone();
        entry.stranger = None;
    });
    let (access_token, expires_in) = service.auth.exchange(&id, &token).await.map_err(away)?;
    Ok(Json(AccessToken { access_token, token_type: TokenType::Bearer, expires_in }))
}

async fn form(body: Body) -> Result<TokenForm, Response> {
    let why = "the form is too large, or it did not arrive in time";
    let body = bytes(body, FORM).await.map_err(|_| refused("invalid_request", why))?;
    let mut form = TokenForm::default();
    for (name, value) in url::form_urlencoded::parse(&body) {
        match (&*name, &*value) {
            ("grant_type", "refresh_token") => form.grant_type = Some(GrantType::RefreshToken),
            ("grant_type", _) => form.grant_type = None,
            ("refresh_token", _) => form.refresh_token = Zeroizing::new(value.into_owned()),
            _ => {}
        }
    }
    Ok(form)
}

/// Returns an error in the form of RFC 6749, section 5.2.
fn refused(error: &'static str, error_description: &'static str) -> Response {
    (StatusCode::BAD_REQUEST, Json(TokenError { error, error_description })).into_response()
}

/// A JWK set (RFC 7517).
#[derive(Serialize, ToSchema)]
struct KeySet {
    #[schema(value_type = Vec<Object>)]
    keys: Value,
}

/// Returns the public keys of the service's access tokens.
#[utoipa::path(
    get, path = KEYS, operation_id = "keys", tag = "access",
    responses((status = 200, description = "A JWK set", body = KeySet), ErrorResponse<503>),
)]
async fn keys(State(service): State<Arc<Service>>) -> Result<Json<KeySet>, ApiError> {
    let keys = service.auth.published_keys().await;
    let mut set = keys.map_err(|fault| authenticate::away(&fault.to_string()))?;
    Ok(Json(KeySet { keys: set["keys"].take() }))
}

/// The metadata of the authorization server (RFC 8414).
#[derive(Serialize, ToSchema)]
struct Metadata {
    issuer: String,
    token_endpoint: String,
    jwks_uri: String,
    grant_types_supported: Vec<&'static str>,
    response_types_supported: Vec<&'static str>,
    token_endpoint_auth_methods_supported: Vec<&'static str>,
}

/// Returns the metadata of the authorization server (RFC 8414).
#[utoipa::path(
    get, path = METADATA, operation_id = "metadata", tag = "access",
    responses((status = 200, description = "The metadata", body = Metadata), ErrorResponse<503>),
)]
async fn metadata(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    uri: Uri,
) -> Json<Metadata> {
    let issuer = &service.auth.issuer;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    // HTTP/2 has the host in the address of the request.
    let host = host.or_else(|| Some(uri.authority()?.as_str())).unwrap_or("localhost");
    let base = match issuer.contains("://") {
        true => issuer.trim_end_matches('/').to_string(),
        false => {
            format!("{}://{host}", if service.certificate.is_some() { "https" } else { "http" })
        }
    };
    Json(Metadata {
        issuer: issuer.clone(),
        token_endpoint: format!("{base}{TOKEN}"),
        jwks_uri: format!("{base}{KEYS}"),
        grant_types_supported: vec!["refresh_token"],
        response_types_supported: Vec::new(),
        token_endpoint_auth_methods_supported: vec!["none"],
    })
}
