//! The grants of a team, which its managers read and change.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use vdk_api::{GrantRole, GranteeKind, Name, UnknownWord};

use super::key_values;
use crate::auth::{Identity, NotChanged, Right};
use crate::http::error::ApiError;
use crate::http::middleware::{AuditEntry, not_audited};
use crate::http::{Service, authenticate, body};

/// Largest body, in bytes.
const BODY: usize = 4096;
const WHAT: &str = "Exception processing the access to a team.";

#[derive(Deserialize)]
struct Segments {
    team: String,
    kind: Option<String>,
    name: Option<String>,
}

struct GrantRequest {
    team: Name,
    grantee: Option<(GranteeKind, Name)>,
    identity: Identity,
    access: AuditEntry,
}

/// Handles GET of a team's grants.
pub async fn list(
    State(service): State<Arc<Service>>,
    request: Request,
) -> Result<Response, ApiError> {
    let (mut parts, _) = request.into_parts();
    let asked = GrantRequest::new(&service, &mut parts, "access.list").await?;
    authenticate::allow(&service, &asked.identity, &parts, &asked.team, None, Right::Manage)
        .await?;
    let grants =
        service.auth.grants.of(&asked.team).await.map_err(|fault| authenticate::failed(&fault))?;
    Ok(axum::Json(&*grants).into_response())
}

/// Handles PUT of one grant.
pub async fn grant(
    State(service): State<Arc<Service>>,
    request: Request,
) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    let asked = GrantRequest::new(&service, &mut parts, "access.grant").await?;
    let body = body::small(body, BODY, WHAT).await?;
    let GrantRole { role } = serde_json::from_slice(&body).map_err(|_| {
        ApiError::bad_request(WHAT, "A body like {\"role\": \"writer\"} is expected.")
    })?;
    let author = asked.reserve(&service)?;
    let (kind, name) = asked.grantee()?;
    asked.access.note(|entry| entry.role = Some(role.to_string()));
    let to = (kind, name, role);
    let changed = service.auth.grants.grant(&asked.identity, &asked.team, to, &author).await;
    changed.map_err(|fault| authenticate::failed(&fault))?.map_err(|why| asked.not_changed(why))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Handles DELETE of one grant.
pub async fn revoke(
    State(service): State<Arc<Service>>,
    request: Request,
) -> Result<Response, ApiError> {
    let (mut parts, _) = request.into_parts();
    let asked = GrantRequest::new(&service, &mut parts, "access.revoke").await?;
    let author = asked.reserve(&service)?;
    let (kind, name) = asked.grantee()?;
    let grants = &service.auth.grants;
    let changed = grants.revoke(&asked.identity, &asked.team, (kind, name), &author).await;
    changed.map_err(|fault| authenticate::failed(&fault))?.map_err(|why| asked.not_changed(why))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

impl GrantRequest {
    async fn new(
        service: &Service,
        parts: &mut Parts,
        operation: &'static str,
    ) -> Result<Self, ApiError> {
        let path = Path::<Segments>::from_request_parts(parts, &()).await;
        let Path(segments) = path.map_err(|error: PathRejection| {
            ApiError::bad_request("Invalid request path.", error.body_text())
        })?;
        let access = parts.extensions.get::<AuditEntry>().cloned().ok_or_else(not_audited)?;
        let identity = parts.extensions.get::<Identity>().cloned().ok_or_else(not_audited)?;
        let grantee = segments.kind.as_deref().zip(segments.name.as_deref());
        access.note(|entry| {
            entry.operation = operation;
            entry.team = Some(segments.team.chars().take(256).collect());
            entry.grantee =
                grantee.map(|(kind, name)| format!("{kind}:{name}").chars().take(256).collect());
        });
        let bad = |why: String| ApiError::bad_request(WHAT, why);
        let team = key_values::team(&segments.team).map_err(bad)?;
        let grantee = match grantee {
            Some((kind, text)) => {
                let kind = kind
                    .parse()
                    .map_err(|error: UnknownWord| bad(format!("Invalid kind: {error}.")))?;
                // Not part of a storage path: it may have slashes, as groups of some providers do.
                let name = Name::new(text)
                    .map_err(|error| bad(format!("Invalid name in the path: {error}.")))?;
                Some((kind, name))
            }
            None => None,
        };
        if service.auth.has_webhook() {
            return Err(ApiError::new(
                StatusCode::NOT_IMPLEMENTED,
                WHAT,
                "A webhook authorizes requests here, so there are no grants.",
                "Ask the operator of the webhook for access.",
            ));
        }
        Ok(GrantRequest { team, grantee, identity, access })
    }

    /// Returns the author of a change after reserving room in the audit log.
    fn reserve(&self, service: &Service) -> Result<vdk_api::Author, ApiError> {
        if let Err(error) = service.audit.reserve() {
            tracing::error!(%error, "no room for a line in the audit log");
            return Err(not_audited());
        }
        Ok(self.access.author())
    }

    fn not_changed(&self, why: NotChanged) -> ApiError {
        refused(why, &self.team, &self.identity)
    }

    fn grantee(&self) -> Result<(GranteeKind, &Name), ApiError> {
        let grantee = self.grantee.as_ref().map(|(kind, name)| (*kind, name));
        grantee.ok_or_else(|| {
            ApiError::bad_request(WHAT, "The path names no user, service account or group.")
        })
    }
}

fn refused(why: NotChanged, team: &Name, identity: &Identity) -> ApiError {
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
        NotChanged::AuthzError => return authenticate::not_allowed(identity, team, Right::Manage),
        NotChanged::LastManager => (
            StatusCode::CONFLICT,
            "The team would have no manager.",
            "Appoint another manager first: vdk access grant --user NAME manager -t TEAM",
        ),
    };
    ApiError::new(status, WHAT, why, what_to_do)
}
