//! The authentication and authorization of clients, and the errors for those who are rejected.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use secrecy::SecretString;
use vdk_api::Name;

use super::error::ApiError;
use super::middleware::AuditEntry;
use super::{Service, cross_site};
use crate::auth::{AccessRequest, AuthnError, AuthzError, Identity, Right};
use crate::storage::StorageError;

/// The client of a request, authenticated. A handler that takes it, or a request made of it, is not
/// called for anybody else.
pub struct Client {
    /// The identity in the client's token.
    pub identity: Identity,
    /// The audit entry of the request.
    pub entry: AuditEntry,
    /// The token, for a webhook that needs it.
    token: Option<SecretString>,
}

impl FromRequestParts<Arc<Service>> for Client {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, ApiError> {
        let entry = AuditEntry::from_request_parts(parts, service).await?;
        let reject = |problem: ApiError| {
            entry.note(|entry| entry.operation = "authenticate");
            problem
        };
        if !service.auth.enabled {
            cross_site::check(parts, service.is_loopback).map_err(reject)?;
        }
        if parts.headers.get_all(header::AUTHORIZATION).iter().count() > 1 {
            return Err(reject(ApiError::bad_request(
                "The client is not authenticated.",
                "The request has more than one Authorization header.",
            )));
        }
        let header = parts.headers.remove(header::AUTHORIZATION);
        let header = header.as_ref().map(|value| value.to_str().unwrap_or("?"));
        match service.auth.identify(header, entry.address).await {
            Ok(identity) => {
                entry.note(|entry| {
                    entry.who = identity.who();
                    entry.stranger = None;
                });
                let token = header.zip(service.auth.wants_tokens()).map(|(token, ())| {
                    token.split_once(' ').map_or("", |(_, token)| token.trim()).into()
                });
                Ok(Client { identity, entry, token })
            }
            Err(why) => Err(reject(problem(why))),
        }
    }
}

impl Client {
    /// Rejects what the client may not do with `team`, with the same text whether or not the team
    /// or the job exists.
    pub async fn authorize(
        &self,
        service: &Service,
        parts: &Parts,
        team: &Name,
        job: Option<&Name>,
        right: Right,
    ) -> Result<(), ApiError> {
        let wanted = AccessRequest {
            team,
            job: job.map_or("", Name::as_str),
            right,
            method: parts.method.as_str(),
            path: parts.uri.path(),
            token: self.token.as_ref(),
        };
        service.auth.allow(&self.identity, &wanted).await.map_err(|error| match error {
            AuthzError::Unavailable(why) => away(&why),
            AuthzError::Denied(status, why) => ApiError::new(
                StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN),
                "The request is not authorized.",
                why,
                "Ask the operator of the authorization webhook for access.",
            ),
            AuthzError::Role => not_allowed(&self.identity, team, right),
        })
    }
}

/// Returns the error for an insufficient role.
pub fn not_allowed(identity: &Identity, team: &Name, right: Right) -> ApiError {
    let (needs, role) = match right {
        Right::Read => ("read values of", "reader"),
        Right::Write => ("write to, or list the versions of,", "writer"),
        Right::Manage => ("manage", "manager"),
    };
    let who = identity.who();
    ApiError::new(
        StatusCode::FORBIDDEN,
        "The request is not authorized.",
        format!("'{who}' may not {needs} team '{team}'. This needs the role {role} there."),
        match identity.limit() {
            Some(limit) => format!("The token is limited to {limit}. Ask for another one."),
            None => {
                format!("Ask a manager of the team: vdk access grant --user NAME {role} -t TEAM")
            }
        },
    )
    .with(header::WWW_AUTHENTICATE, "Bearer error=\"insufficient_scope\"")
}

/// Returns the error for the case that authorization is unavailable.
pub fn away(why: &str) -> ApiError {
    tracing::warn!("cannot authenticate or authorize a request: {why}");
    ApiError::unavailable(
        "The request was refused.",
        "Authentication or authorization is unavailable.",
    )
}

/// Converts a fault of the storage of grants and credentials.
pub fn failed(fault: &StorageError) -> ApiError {
    match fault {
        StorageError::Unknown(_) => {
            away(&fault.to_string()).perhaps_stored("It is not known whether the change is stored.")
        }
        StorageError::TooLarge(_) => ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "The request was refused.",
            "The stored grants or credentials of this team exceed the size limit.",
            "Grant roles to groups instead, or revoke grants that are not needed.",
        ),
        _ => away(&fault.to_string()),
    }
}

/// Returns the error for too many failures from one address.
pub fn too_many(wait: std::time::Duration) -> ApiError {
    let seconds = wait.as_secs() + 1;
    ApiError::new(
        StatusCode::TOO_MANY_REQUESTS,
        "Rate limit exceeded.",
        "Too many invalid tokens came from this address.",
        format!("Wait {seconds} seconds, then log in again: vdk login"),
    )
    .with(header::RETRY_AFTER, seconds.to_string())
}

fn problem(why: AuthnError) -> ApiError {
    let unauthorized = |why: &str, challenge: String| {
        ApiError::new(
            StatusCode::UNAUTHORIZED,
            "The client is not authenticated.",
            why,
            "Log in and send the access token as a bearer token: vdk login",
        )
        .with(header::WWW_AUTHENTICATE, challenge)
    };
    match why {
        AuthnError::NoToken => {
            unauthorized("The request has no bearer token.", "Bearer realm=\"vdk\"".into())
        }
        AuthnError::Rejected(why) => unauthorized(
            &format!("Invalid token: {why}."),
            format!("Bearer realm=\"vdk\", error=\"invalid_token\", error_description=\"{why}\""),
        ),
        AuthnError::TooMany(wait) => too_many(wait),
        AuthnError::Unavailable(why) => away(&why),
    }
}
