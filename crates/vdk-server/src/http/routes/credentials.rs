//! The OAuth credentials of teams, at the paths of the original service.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use vdk_api::route::{CLIENT_ID, CLIENT_IDS, CREDENTIALS};
use zeroize::Zeroizing;

use crate::auth::{AllCredentials, Right, TeamCredentials};
use crate::http::Service;
use crate::http::authenticate::{self, Client};
use crate::http::error::{ApiError, not_configured};
use crate::http::extract::{TeamOperation, TeamPath, TeamRequest, object, small};
use crate::http::openapi::ErrorResponse;

/// Largest body, in bytes.
const BODY: usize = 64 * 1024;
const WHAT: &str = "Exception processing the OAuth credentials of a team.";

/// Returns the router of these routes.
pub fn router() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::default()
        .routes(routes!(read, write))
        .routes(routes!(client_id))
        .routes(routes!(teams))
}

/// The client id of a team.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TeamClient {
    team_name: String,
    client_id: String,
}

/// The OAuth credentials of a team.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Credentials {
    team_name: String,
    client_id: String,
    #[schema(value_type = String)]
    client_secret: Zeroizing<String>,
}

/// New OAuth credentials of a team.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NewCredentials {
    #[schema(pattern = r"\S")]
    client_id: String,
    #[schema(value_type = String, pattern = r"\S")]
    client_secret: Zeroizing<String>,
}

struct Read;

impl TeamOperation for Read {
    const NAME: &'static str = "credentials.read";
    // The secret gives all rights of the application.
    const RIGHT: Option<Right> = Some(Right::Write);
    const WHAT: &'static str = WHAT;
}

/// Reads the OAuth credentials of a team; for its writers.
#[utoipa::path(
    get, path = CREDENTIALS, operation_id = "readCredentials", tag = "access",
    params(TeamPath),
    responses(
        (status = 200, description = "Found", body = Credentials),
        ErrorResponse<400>, ErrorResponse<404>, ErrorResponse<501>,
    ),
)]
async fn read(request: TeamRequest<Read>) -> Result<axum::Json<Credentials>, ApiError> {
    let TeamCredentials { client_id, client_secret, .. } = find(&request).await?;
    let team_name = request.team.to_string();
    Ok(axum::Json(Credentials { team_name, client_id, client_secret }))
}

struct ReadClientId;

impl TeamOperation for ReadClientId {
    const NAME: &'static str = "credentials.client-id";
    const RIGHT: Option<Right> = Some(Right::Read);
    const WHAT: &'static str = WHAT;
}

/// Reads the client id of a team's OAuth credentials; for its readers.
#[utoipa::path(
    get, path = CLIENT_ID, operation_id = "readClientId", tag = "access",
    params(TeamPath),
    responses(
        (status = 200, description = "Found", body = TeamClient),
        ErrorResponse<400>, ErrorResponse<404>, ErrorResponse<501>,
    ),
)]
async fn client_id(request: TeamRequest<ReadClientId>) -> Result<axum::Json<TeamClient>, ApiError> {
    let TeamCredentials { client_id, .. } = find(&request).await?;
    Ok(axum::Json(TeamClient { team_name: request.team.to_string(), client_id }))
}

struct Write;

impl TeamOperation for Write {
    const NAME: &'static str = "credentials.write";
    // Its managers decide which application may act for a team.
    const RIGHT: Option<Right> = Some(Right::Manage);
    const WHAT: &'static str = WHAT;
}

/// Sets the OAuth credentials of a team; for its managers.
#[utoipa::path(
    put, path = CREDENTIALS, operation_id = "writeCredentials", tag = "access",
    params(TeamPath),
    request_body = NewCredentials,
    responses(
        (status = 202, description = "Written"),
        ErrorResponse<400>, ErrorResponse<409>, ErrorResponse<413>, ErrorResponse<501>,
    ),
)]
async fn write(request: TeamRequest<Write>, body: Body) -> Result<StatusCode, ApiError> {
    let credentials = credentials(&request.service)?;
    let body = object(body, BODY, WHAT).await?;
    let NewCredentials { client_id, client_secret } =
        serde_json::from_slice(&body).map_err(|_| {
            let why = "A body like {\"clientId\": \"…\", \"clientSecret\": \"…\"} is expected.";
            ApiError::bad_request(WHAT, why)
        })?;
    if client_id.trim().is_empty() || client_secret.trim().is_empty() {
        return Err(ApiError::bad_request(WHAT, "Client id and client secret cannot be blank."));
    }
    let author = request.author()?;
    let written = credentials.set(&request.team, client_id, client_secret, &author).await;
    written.map_err(|fault| authenticate::failed(&fault))?.map_err(|_taken| {
        ApiError::new(
            StatusCode::CONFLICT,
            WHAT,
            "The client id belongs to another team.",
            "Register a separate application for the team at the provider, and set its client id.",
        )
    })?;
    Ok(StatusCode::ACCEPTED)
}

/// Finds the teams of client ids; unknown ids are omitted.
#[utoipa::path(
    post, path = CLIENT_IDS, operation_id = "findClientIds", tag = "access",
    request_body = Vec<String>,
    responses(
        (status = 200, description = "Found", body = Vec<TeamClient>),
        ErrorResponse<400>, ErrorResponse<501>,
    ),
)]
async fn teams(
    client: Client,
    State(service): State<Arc<Service>>,
    body: Body,
) -> Result<axum::Json<Vec<TeamClient>>, ApiError> {
    client.entry.note(|entry| entry.operation = "credentials.teams");
    let credentials = credentials(&service)?;
    let body = small(body, BODY, WHAT).await?;
    let ids: Vec<String> = serde_json::from_slice(&body)
        .map_err(|_| ApiError::bad_request(WHAT, "An array of client ids is expected."))?;
    let found = credentials.teams(&ids).await.map_err(|fault| authenticate::failed(&fault))?;
    let found =
        found.into_iter().map(|(client_id, team)| TeamClient { team_name: team, client_id });
    Ok(axum::Json(found.collect()))
}

async fn find<O: TeamOperation>(request: &TeamRequest<O>) -> Result<TeamCredentials, ApiError> {
    let all = credentials(&request.service)?;
    let found = all.of(&request.team).await.map_err(|fault| authenticate::failed(&fault))?;
    let found = found.ok_or_else(|| {
        ApiError::new(
            StatusCode::NOT_FOUND,
            WHAT,
            "The team has no OAuth credentials.",
            "Ask a manager of the team to set them.",
        )
    })?;
    all.list(&request.team, &found).await;
    Ok(found)
}

fn credentials(service: &Service) -> Result<&AllCredentials, ApiError> {
    service.auth.credentials.as_ref().ok_or_else(not_configured)
}
