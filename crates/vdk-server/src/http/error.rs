//! Error responses: the four-part body of the original service, with texts that reveal nothing of
//! what the service runs on. Details go to the log.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use vdk_api::{Collection, ErrorBody, NOT_KNOWN_HEADER, Owner};

use crate::storage::{Reason, StorageError};

/// An error response: a status, the four parts, and its headers.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    body: Box<ErrorBody>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

const NOTHING_CHANGED: &str = "Nothing was changed.";

impl ApiError {
    /// Makes an error with the consequence that nothing was changed.
    pub fn new(
        status: StatusCode,
        what: impl Into<String>,
        why: impl Into<String>,
        countermeasures: impl Into<String>,
    ) -> Self {
        let body = Box::new(ErrorBody::new(what, why, NOTHING_CHANGED, countermeasures));
        ApiError { status, body, headers: Vec::new() }
    }

    /// Makes the error for an invalid request: 400.
    pub fn bad_request(what: impl Into<String>, why: impl Into<String>) -> Self {
        ApiError::new(
            StatusCode::BAD_REQUEST,
            what,
            why,
            "Correct the request; /docs describes the API.",
        )
    }

    /// Adds a header.
    pub fn with(mut self, name: HeaderName, value: impl TryInto<HeaderValue>) -> Self {
        if let Ok(value) = value.try_into() {
            self.headers.push((name, value));
        }
        self
    }

    /// Makes the error for an unavailable service: 503, with the time of a retry.
    pub fn unavailable(what: impl Into<String>, why: impl Into<String>) -> Self {
        ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            what,
            why,
            "Retry in a moment. If the error persists, report the op id (X-OPID) to the operator.",
        )
        .with(header::RETRY_AFTER, "1")
    }

    /// Makes the error for an answer without room: 503.
    pub fn unread(what: impl Into<String>) -> Self {
        ApiError::unavailable(what, "Too many answers wait for clients that do not read them.")
    }

    /// States that the change is or may be stored: a client must know that before it retries.
    pub fn perhaps_stored(mut self, consequences: &str) -> Self {
        self.body.consequences = consequences.into();
        self.body.countermeasures =
            "Read before you repeat the change. Report the op id (X-OPID) to the operator.".into();
        self.with(HeaderName::from_static(NOT_KNOWN_HEADER), "unknown")
    }

    /// Converts a fault of a backend for a client that asked about a team.
    pub fn from_fault_of_team(fault: &StorageError, what: &str) -> Self {
        match fault {
            StorageError::Unavailable(reason, _) => {
                ApiError::unavailable(what, format!("A storage of the service {reason}."))
            }
            StorageError::Denied(_) => ApiError::denied(what, "A storage"),
            _ => ApiError::unavailable(what, "A storage of the service cannot be read."),
        }
    }

    fn denied(what: impl Into<String>, engine: &str) -> Self {
        ApiError::new(
            StatusCode::BAD_GATEWAY,
            what,
            format!("{engine} denies access to this service."),
            "Ask the operator to correct the service's own access to its storage.",
        )
    }

    /// Converts a fault of a backend for the client.
    pub fn from_fault(fault: &StorageError, collection: Collection, owner: &Owner) -> Self {
        let what = processing(collection, owner.job.as_str());
        let engine = match collection {
            Collection::Secrets => "secrets' storage",
            Collection::Properties => "properties' storage",
        };
        match fault {
            StorageError::Conflict { current } => {
                let found = current.map_or("at another version".into(), |at| {
                    format!("at version {at} (If-Match: \"{at}\")")
                });
                let mut problem = ApiError::new(
                    StatusCode::PRECONDITION_FAILED,
                    what,
                    format!("The {collection} are {found}, which is not what the request expects."),
                    "Read the current version, then repeat the change on it.",
                );
                if let Some(current) = current {
                    problem = problem.with(header::ETAG, entity_tag(*current));
                }
                problem
            }
            StorageError::NoSuchVersion => ApiError::new(
                StatusCode::NOT_FOUND,
                what,
                "This version was never written, or it is not kept any longer.",
                "List the kept versions: GET the same path with /versions at the end.",
            ),
            StorageError::Name(why) => ApiError::bad_request(what, *why),
            StorageError::TooLarge(why) => ApiError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                what,
                why.clone(),
                "Keep large values in separate files, and store only where they are.",
            ),
            StorageError::Unavailable(Reason::Unread, _) => ApiError::unread(what),
            StorageError::Unavailable(reason, _) => {
                ApiError::unavailable(what, format!("The {engine} {reason}."))
            }
            StorageError::Denied(_) => ApiError::denied(what, &format!("The {engine}")),
            StorageError::Full => ApiError::new(
                StatusCode::INSUFFICIENT_STORAGE,
                what,
                format!("The disk of the {engine} is full."),
                "Ask the operator to make room on the disk, then retry.",
            ),
            StorageError::Damaged(_) => ApiError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                what,
                format!("The stored {collection} of this job are damaged and cannot be returned."),
                "Ask the operator to restore them from a backup. Other jobs are not affected.",
            ),
            StorageError::Unreadable { .. } => ApiError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                what,
                format!(
                    "Another program wrote this version of the {collection}, and it cannot be read."
                ),
                format!(
                    "Return to an older version: vdk {collection} rollback VERSION (vdk {collection} \
                     history lists them). Or replace all {collection}: vdk {collection} \
                     --overwrite-all FILE."
                ),
            ),
            StorageError::Unknown(_) => ApiError::unavailable(
                what,
                format!("The {engine} was lost during the write."),
            )
            .perhaps_stored(
                "It is not known whether the change is stored. All of it is stored, or none.",
            ),
        }
    }
}

/// Returns the error for the case that there is no storage of secrets.
pub fn not_configured() -> ApiError {
    ApiError::new(
        StatusCode::NOT_IMPLEMENTED,
        "Secrets encountered an error: Not Configured.",
        "The storage of secrets is switched off in this Control Service.",
        "Ask the operator to configure it (featureflag.vault.integration.enabled).",
    )
}

/// Returns the first part of the original service's errors about a job.
pub fn processing(collection: Collection, job: &str) -> String {
    format!("Exception processing {collection} for '{job}' data job.")
}

/// Returns the strong entity tag of a version (RFC 9110, section 8.8.3).
pub fn entity_tag(version: u64) -> HeaderValue {
    // Digits between quotes are a valid header.
    HeaderValue::try_from(format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = serde_json::to_string(&self.body).unwrap_or_default();
        let mut response =
            (self.status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
        response.headers_mut().extend(self.headers);
        response
    }
}
