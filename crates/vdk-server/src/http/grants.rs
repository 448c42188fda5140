//! The grants of a team, which its managers read and change.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use vdk_api::{GrantRole, GranteeKind, Name, UnknownWord};

use super::access::{Access, not_audited};
use super::problem::Problem;
use super::{Service, body, gate, key_values};
use crate::auth::{Identity, NotChanged, Right};

/// Largest body, in bytes.
const BODY: usize = 4096;
const WHAT: &str = "Exception processing the access to a team.";

#[derive(Deserialize)]
struct Segments {
    team: String,
    kind: Option<String>,
    name: Option<String>,
}

struct Asked {
    team: Name,
    grantee: Option<(GranteeKind, Name)>,
    identity: Identity,
    access: Access,
}

/// Handles GET of a team's grants.
pub async fn list(
    State(service): State<Arc<Service>>,
    request: Request,
) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    let asked = Asked::new(&service, &mut parts, "access.list").await?;
    gate::allow(&service, &asked.identity, &parts, &asked.team, None, Right::Manage).await?;
    let grants = service.auth.grants.of(&asked.team).await.map_err(|fault| gate::failed(&fault))?;
    Ok(axum::Json(&*grants).into_response())
}

/// Handles PUT of one grant.
pub async fn grant(
    State(service): State<Arc<Service>>,
    request: Request,
) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let asked = Asked::new(&service, &mut parts, "access.grant").await?;
    let body = body::small(body, BODY, WHAT).await?;
    let GrantRole { role } = serde_json::from_slice(&body).map_err(|_| {
        Problem::bad_request(WHAT, "A body like {\"role\": \"writer\"} is expected.")
    })?;
    let author = asked.reserve(&service)?;
    let (kind, name) = asked.grantee()?;
    asked.access.note(|entry| entry.role = Some(role.to_string()));
    let to = (kind, name, role);
    let changed = service.auth.grants.grant(&asked.identity, &asked.team, to, &author).await;
    changed.map_err(|fault| gate::failed(&fault))?.map_err(|why| asked.not_changed(why))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Handles DELETE of one grant.
pub async fn revoke(
    State(service): State<Arc<Service>>,
    request: Request,
) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    let asked = Asked::new(&service, &mut parts, "access.revoke").await?;
    let author = asked.reserve(&service)?;
    let (kind, name) = asked.grantee()?;
    let grants = &service.auth.grants;
    let changed = grants.revoke(&asked.identity, &asked.team, (kind, name), &author).await;
    changed.map_err(|fault| gate::failed(&fault))?.map_err(|why| asked.not_changed(why))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

impl Asked {
    async fn new(
        service: &Service,
        parts: &mut Parts,
        operation: &'static str,
    ) -> Result<Self, Problem> {
        let path = Path::<Segments>::from_request_parts(parts, &()).await;
        let Path(segments) = path.map_err(|error: PathRejection| {
            Problem::bad_request("Invalid request path.", error.body_text())
        })?;
        let access = parts.extensions.get::<Access>().cloned().ok_or_else(not_audited)?;
        let identity = parts.extensions.get::<Identity>().cloned().ok_or_else(not_audited)?;
        let grantee = segments.kind.as_deref().zip(segments.name.as_deref());
        access.note(|entry| {
            entry.operation = operation;
            entry.team = Some(segments.team.chars().take(256).collect());
            entry.grantee =
                grantee.map(|(kind, name)| format!("{kind}:{name}").chars().take(256).collect());
        });
        let bad = |why: String| Problem::bad_request(WHAT, why);
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
            return Err(Problem::new(
                StatusCode::NOT_IMPLEMENTED,
                WHAT,
                "A webhook authorizes requests here, so there are no grants.",
                "Ask the operator of the webhook for access.",
            ));
        }
        Ok(Asked { team, grantee, identity, access })
    }

    /// Returns the author of a change after reserving room in the audit log.
    fn reserve(&self, service: &Service) -> Result<vdk_api::Author, Problem> {
        if let Err(error) = service.audit.reserve() {
            tracing::error!(%error, "no room for a line in the audit log");
            return Err(not_audited());
        }
        Ok(self.access.author())
    }

    fn not_changed(&self, why: NotChanged) -> Problem {
        refused(why, &self.team, &self.identity)
    }

    fn grantee(&self) -> Result<(GranteeKind, &Name), Problem> {
        let grantee = self.grantee.as_ref().map(|(kind, name)| (*kind, name));
        grantee.ok_or_else(|| {
            Problem::bad_request(WHAT, "The path names no user, service account or group.")
        })
    }
}

fn refused(why: NotChanged, team: &Name, identity: &Identity) -> Problem {
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
        NotChanged::NotAllowed => return gate::not_allowed(identity, team, Right::Manage),
        NotChanged::LastManager => (
            StatusCode::CONFLICT,
            "The team would have no manager.",
            "Appoint another manager first: vdk access grant --user NAME manager -t TEAM",
        ),
    };
    Problem::new(status, WHAT, why, what_to_do)
}
