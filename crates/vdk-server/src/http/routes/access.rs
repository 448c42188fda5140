//! The grants of a team, which its managers read and change.

use std::ops::Deref;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{Ref, Required};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use vdk_api::route::{ACCESS, GRANT};
use vdk_api::{GranteeKind, Grants, Name, NewGrant, UnknownWord};

use crate::auth::{NotChanged, Right};
use crate::http::authenticate::{self, Client};
use crate::http::error::ApiError;
use crate::http::extract::{TeamOperation, TeamPath, TeamRequest, object, path, short};
use crate::http::openapi::ErrorResponse;
use crate::http::{Service, openapi};

/// Largest body, in bytes.
const BODY: usize = 4096;
const WHAT: &str = "Exception processing the access to a team.";

/// Returns the router of these routes.
pub fn router() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::default().routes(routes!(list)).routes(routes!(grant, revoke))
}

struct List;

impl TeamOperation for List {
    const NAME: &'static str = "access.list";
    const RIGHT: Option<Right> = Some(Right::Manage);
    const WHAT: &'static str = WHAT;

    fn available(service: &Service) -> Result<(), ApiError> {
        has_grants(service)
    }
}

/// Lists the grants of a team; for its managers.
#[utoipa::path(
    get, path = ACCESS, operation_id = "listAccess", tag = "access",
    params(TeamPath),
    responses(
        (status = 200, description = "The grants; an empty list if there are none", body = Grants),
        ErrorResponse<400>,
    ),
)]
async fn list(request: TeamRequest<List>) -> Result<Response, ApiError> {
    let grants = request.service.auth.grants.of(&request.team).await;
    let grants = grants.map_err(|fault| authenticate::failed(&fault))?;
    Ok(axum::Json(&*grants).into_response())
}

struct Grant;

impl TeamOperation for Grant {
    const NAME: &'static str = "access.grant";
    const RIGHT: Option<Right> = None;
    const WHAT: &'static str = WHAT;

    fn available(service: &Service) -> Result<(), ApiError> {
        has_grants(service)
    }
}

/// Grants a role in a team, or changes a grant.
///
/// For managers of the team. If a team never had grants and holds no data and no credentials, the
/// first user who grants a role in it becomes its manager. The operator can disable this.
#[utoipa::path(
    put, path = GRANT, operation_id = "grantAccess", tag = "access",
    params(GrantPath),
    request_body = NewGrant,
    responses(
        (status = 204, description = "Granted"),
        ErrorResponse<400>, ErrorResponse<409>, ErrorResponse<413>,
    ),
)]
async fn grant(request: GrantRequest<Grant>, body: Body) -> Result<StatusCode, ApiError> {
    let body = object(body, BODY, WHAT).await?;
    let NewGrant { role } = serde_json::from_slice(&body).map_err(|_| {
        ApiError::bad_request(WHAT, "A body like {\"role\": \"writer\"} is expected.")
    })?;
    let author = request.author()?;
    request.entry.note(|entry| entry.role = Some(role.to_string()));
    let to = (request.kind, &request.name, role);
    let grants = &request.service.auth.grants;
    let changed = grants.grant(&request.identity, &request.team, to, &author).await;
    changed.map_err(|fault| authenticate::failed(&fault))?.map_err(|why| refused(why, &request))?;
    Ok(StatusCode::NO_CONTENT)
}

struct Revoke;

impl TeamOperation for Revoke {
    const NAME: &'static str = "access.revoke";
    const RIGHT: Option<Right> = None;
    const WHAT: &'static str = WHAT;

    fn available(service: &Service) -> Result<(), ApiError> {
        has_grants(service)
    }
}

/// Revokes a grant; for managers of the team.
#[utoipa::path(
    delete, path = GRANT, operation_id = "revokeAccess", tag = "access",
    params(GrantPath),
    responses(
        (status = 204, description = "Revoked"),
        ErrorResponse<400>, ErrorResponse<404>, ErrorResponse<409>,
    ),
)]
async fn revoke(request: GrantRequest<Revoke>) -> Result<StatusCode, ApiError> {
    let author = request.author()?;
    let grantee = (request.kind, &request.name);
    let grants = &request.service.auth.grants;
    let changed = grants.revoke(&request.identity, &request.team, grantee, &author).await;
    changed.map_err(|fault| authenticate::failed(&fault))?.map_err(|why| refused(why, &request))?;
    Ok(StatusCode::NO_CONTENT)
}

/// The path of one grant.
#[derive(Deserialize)]
struct GrantPath {
    team: String,
    kind: String,
    name: String,
}

/// A request about one grant of a team. The change itself checks the right of the client.
struct GrantRequest<O> {
    request: TeamRequest<O>,
    kind: GranteeKind,
    name: Name,
}

impl<O> Deref for GrantRequest<O> {
    type Target = TeamRequest<O>;

    fn deref(&self) -> &TeamRequest<O> {
        &self.request
    }
}

impl<O: TeamOperation> FromRequestParts<Arc<Service>> for GrantRequest<O> {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, ApiError> {
        let client = Client::from_request_parts(parts, service).await?;
        let GrantPath { team, kind, name } = path(parts).await?;
        client.entry.note(|entry| entry.grantee = short(&format!("{kind}:{name}")));
        let request = TeamRequest::new(service, client, parts, &team).await?;
        let bad = |why: String| ApiError::bad_request(WHAT, why);
        let kind =
            kind.parse().map_err(|error: UnknownWord| bad(format!("Invalid kind: {error}.")))?;
        // Not part of a storage path: it may have slashes, as groups of some providers do.
        let name =
            Name::new(name).map_err(|error| bad(format!("Invalid name in the path: {error}.")))?;
        Ok(GrantRequest { request, kind, name })
    }
}

impl IntoParams for GrantPath {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let kind = ParameterBuilder::new()
            .name("kind")
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some("Kind of the name"))
            .schema(Some(Ref::from_schema_name(GranteeKind::name())));
        let name = openapi::name("name", "User name, client id, or group", &[]);
        [TeamPath::into_params(place), vec![kind.build(), name]].concat()
    }
}

/// Rejects a request about grants where a webhook decides instead.
fn has_grants(service: &Service) -> Result<(), ApiError> {
    if service.auth.has_webhook() {
        return Err(ApiError::new(
            StatusCode::NOT_IMPLEMENTED,
            WHAT,
            "A webhook authorizes requests here, so there are no grants.",
            "Ask the operator of the webhook for access.",
        ));
    }
    Ok(())
}

fn refused<O>(why: NotChanged, request: &TeamRequest<O>) -> ApiError {
    let (status, why, what_to_do) = match why {
        NotChanged::NoSuchGrant => (
            StatusCode::NOT_FOUND,
            "No such grant found in this team.",
            "List the grants: vdk access list -t TEAM",
        ),
        NotChanged::TooMany => (
            StatusCode::CONFLICT,
            "The team has the maximum number of grants.",
            "Grant to a group instead, or revoke grants that are not needed.",
        ),
        NotChanged::AuthzError => {
            return authenticate::not_allowed(&request.identity, &request.team, Right::Manage);
        }
        NotChanged::LastManager => (
            StatusCode::CONFLICT,
            "The team would have no manager.",
            "Appoint another manager first: vdk access grant --user NAME manager -t TEAM",
        ),
    };
    ApiError::new(status, WHAT, why, what_to_do)
}
