//! A request about a team.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};
use vdk_api::{Author, Name, SERVICE_TEAM};

use super::{path, short, team_name};
use crate::auth::{Identity, Right};
use crate::http::authenticate::Client;
use crate::http::error::ApiError;
use crate::http::middleware::AuditEntry;
use crate::http::{Service, openapi};

/// An operation on a team, declared by its route.
pub trait TeamOperation {
    /// The name in the audit log and the metrics.
    const NAME: &'static str;
    /// The right that it needs. With `None`, every authenticated client may call it, or the change
    /// itself checks the right in the same step.
    const RIGHT: Option<Right>;
    /// The first part of its errors.
    const WHAT: &'static str;

    /// Rejects the operation if this service does not offer it.
    fn available(_: &Service) -> Result<(), ApiError> {
        Ok(())
    }
}

/// The path of a request about a team.
#[derive(Deserialize)]
pub struct TeamPath {
    team: String,
}

impl IntoParams for TeamPath {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![openapi::name(
            "team",
            "The team; grants in the team * hold in all teams",
            &[SERVICE_TEAM],
        )]
    }
}

/// A request about a team, from a client with the right to it.
pub struct TeamRequest<O> {
    /// The service.
    pub service: Arc<Service>,
    /// The team in the path.
    pub team: Name,
    /// The identity of the client.
    pub identity: Identity,
    /// The audit entry of the request.
    pub entry: AuditEntry,
    operation: PhantomData<O>,
}

impl<O: TeamOperation> TeamRequest<O> {
    /// Checks the request of `client` about `team`.
    pub async fn new(
        service: &Arc<Service>,
        client: Client,
        parts: &Parts,
        team: &str,
    ) -> Result<Self, ApiError> {
        client.entry.note(|entry| {
            entry.operation = O::NAME;
            entry.team = short(team);
        });
        let team = team_name(team).map_err(|why| ApiError::bad_request(O::WHAT, why))?;
        O::available(service)?;
        if let Some(right) = O::RIGHT {
            client.authorize(service, parts, &team, None, right).await?;
        }
        let (identity, entry) = (client.identity, client.entry);
        Ok(TeamRequest { service: service.clone(), team, identity, entry, operation: PhantomData })
    }

    /// Returns the author of a change after reserving room in the audit log.
    pub fn author(&self) -> Result<Author, ApiError> {
        self.service.reserve_audit()?;
        Ok(self.entry.author())
    }
}

impl<O: TeamOperation> FromRequestParts<Arc<Service>> for TeamRequest<O> {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, ApiError> {
        let client = Client::from_request_parts(parts, service).await?;
        let TeamPath { team } = path(parts).await?;
        TeamRequest::new(service, client, parts, &team).await
    }
}
