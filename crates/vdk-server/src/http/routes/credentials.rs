//! The OAuth credentials of teams, at the paths of the original service.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use vdk_api::Name;
use zeroize::Zeroizing;

use super::key_values;
use crate::auth::{AllCredentials, Identity, Right, TeamCredentials};
use crate::http::error::ApiError;
use crate::http::middleware::{AuditEntry, not_audited};
use crate::http::{Service, authenticate, body};

/// Largest body, in bytes.
const BODY: usize = 64 * 1024;
const WHAT: &str = "Exception processing the OAuth credentials of a team.";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    client_id: String,
    client_secret: Zeroizing<String>,
}

/// Handles GET of a team's credentials. The secret gives all rights of the application.
pub async fn read(
    State(service): State<Arc<Service>>,
    request: Request,
) -> Result<Response, ApiError> {
    let (team, found) = find(&service, request, "credentials.read", Right::Write).await?;
    let TeamCredentials { client_id, client_secret, .. } = found;
    let body = json!({
        "teamName": team.as_str(), "clientId": client_id, "clientSecret": *client_secret,
    });
    Ok(axum::Json(body).into_response())
}

/// Handles GET of the client id alone.
pub async fn client_id(
    State(service): State<Arc<Service>>,
    request: Request,
) -> Result<Response, ApiError> {
    let (team, found) = find(&service, request, "credentials.client-id", Right::Read).await?;
    let body = json!({"teamName": team.as_str(), "clientId": found.client_id});
    Ok(axum::Json(body).into_response())
}

/// Handles PUT of a team's credentials. Its managers decide which application may act for it.
pub async fn write(
    State(service): State<Arc<Service>>,
    request: Request,
) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    let (team, access) = allowed(&service, &mut parts, "credentials.write", Right::Manage).await?;
    let credentials = credentials(&service)?;
    let body = body::small(body, BODY, WHAT).await?;
    let sent: Sent = serde_json::from_slice(&body).map_err(|_| {
        let why = "A body like {\"clientId\": \"…\", \"clientSecret\": \"…\"} is expected.";
        ApiError::bad_request(WHAT, why)
    })?;
    if sent.client_id.trim().is_empty() || sent.client_secret.trim().is_empty() {
        return Err(ApiError::bad_request(WHAT, "Client id and client secret cannot be blank."));
    }
    if let Err(error) = service.audit.reserve() {
        tracing::error!(%error, "no room for a line in the audit log");
        return Err(not_audited());
    }
    let author = access.author();
    let written = credentials.set(&team, sent.client_id, sent.client_secret, &author).await;
    written.map_err(|fault| authenticate::failed(&fault))?.map_err(|_taken| {
        ApiError::new(
            StatusCode::CONFLICT,
            WHAT,
            "The client id belongs to another team.",
            "Register a separate application for the team at the provider, and set its client id.",
        )
    })?;
    Ok(StatusCode::ACCEPTED.into_response())
}

/// Handles POST of client ids, and returns their teams.
pub async fn teams(
    State(service): State<Arc<Service>>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    if let Some(access) = parts.extensions.get::<AuditEntry>() {
        access.note(|entry| entry.operation = "credentials.teams");
    }
    let credentials = credentials(&service)?;
    let body = body::small(body, BODY, WHAT).await?;
    let ids: Vec<String> = serde_json::from_slice(&body)
        .map_err(|_| ApiError::bad_request(WHAT, "An array of client ids is expected."))?;
    let found = credentials.teams(&ids).await.map_err(|fault| authenticate::failed(&fault))?;
    let found = found.into_iter().map(|(id, team)| json!({"teamName": team, "clientId": id}));
    Ok(axum::Json(found.collect::<Vec<_>>()).into_response())
}

async fn find(
    service: &Service,
    request: Request,
    operation: &'static str,
    right: Right,
) -> Result<(Name, TeamCredentials), ApiError> {
    let (mut parts, _) = request.into_parts();
    let (team, _) = allowed(service, &mut parts, operation, right).await?;
    let all = credentials(service)?;
    let found = all.of(&team).await.map_err(|fault| authenticate::failed(&fault))?;
    let found = found.ok_or_else(|| {
        ApiError::new(
            StatusCode::NOT_FOUND,
            WHAT,
            "The team has no OAuth credentials.",
            "Ask a manager of the team to set them.",
        )
    })?;
    all.list(&team, &found).await;
    Ok((team, found))
}

async fn allowed(
    service: &Service,
    parts: &mut Parts,
    operation: &'static str,
    right: Right,
) -> Result<(Name, AuditEntry), ApiError> {
    let path = Path::<String>::from_request_parts(parts, &()).await;
    let Path(team) = path.map_err(|error: PathRejection| {
        ApiError::bad_request("Invalid request path.", error.body_text())
    })?;
    let access = parts.extensions.get::<AuditEntry>().cloned().ok_or_else(not_audited)?;
    let identity = parts.extensions.get::<Identity>().cloned().ok_or_else(not_audited)?;
    access.note(|entry| {
        entry.operation = operation;
        entry.team = Some(team.chars().take(256).collect());
    });
    let team = key_values::team(&team).map_err(|why| ApiError::bad_request(WHAT, why))?;
    authenticate::allow(service, &identity, parts, &team, None, right).await?;
    Ok((team, access))
}

fn credentials(service: &Service) -> Result<&AllCredentials, ApiError> {
    service.auth.credentials.as_ref().ok_or_else(key_values::not_configured)
}
