//! The extractors of handlers. A handler names in its arguments what it needs of a request; one
//! that names a client or a request of a team or job runs only after the checks for it.

mod body;
mod condition;
mod job;
mod team;
mod version;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use vdk_api::{Name, NameError, SERVICE_TEAM};

pub use body::{UnreadDocument, bytes, most, object, small, too_large};
pub use condition::{Condition, Unless};
pub use job::{Job, JobOperation, JobPath, JobRequest};
pub use team::{TeamOperation, TeamPath, TeamRequest};
pub use version::{PathVersion, VersionQuery};

use super::error::ApiError;

/// Returns the parameters in the path of a request.
pub async fn path<T: DeserializeOwned + Send>(parts: &mut Parts) -> Result<T, ApiError> {
    let path = Path::<T>::from_request_parts(parts, &()).await;
    path.map(|Path(path)| path)
        .map_err(|error| ApiError::bad_request("Invalid request path.", error.body_text()))
}

/// Returns the team that a path names, or the reason why there is no such team.
fn team_name(text: &str) -> Result<Name, String> {
    if text == SERVICE_TEAM {
        return Err(format!("Team Name {text} is reserved for the service."));
    }
    name("Team Name", text)
}

/// Returns a name from a path.
fn name(what: &str, text: &str) -> Result<Name, String> {
    // Proxies and Vault decode an encoded slash: it would be another job.
    if text.contains(['/', '\\']) {
        return Err(format!("Invalid {what}: it contains a slash."));
    }
    Name::new(text).map_err(|error| match error {
        NameError::Empty | NameError::Blank => format!("{what} cannot be blank"),
        error => format!("Invalid {what}: {error}."),
    })
}

/// Returns the start of a name for the audit log.
pub fn short(text: &str) -> Option<String> {
    Some(text.chars().take(256).collect())
}
