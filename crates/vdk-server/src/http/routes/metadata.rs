//! The routes of the metadata of secrets: what is known of their keys beside the values.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use vdk_api::route::{SECRETS_METADATA, SECRETS_METADATA_VERSIONS};
use vdk_api::{Collection, KeyMetadata, Versions, metadata};

use super::key_values::{self, answer, parsed, receive};
use crate::auth::Right;
use crate::http::Service;
use crate::http::error::ApiError;
use crate::http::extract::{Condition, JobOperation, JobPath, JobRequest, UnreadDocument};
use crate::http::openapi::{EntityTag, ErrorResponse, Written};
use crate::storage::{Backend, Stored};

/// Returns the router of these routes.
pub fn router() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::default().routes(routes!(read, write)).routes(routes!(versions))
}

struct Read;

impl JobOperation for Read {
    const NAME: &'static str = "secrets.read-metadata";
    const RIGHT: Right = Right::Read;
    const COLLECTION: Collection = Collection::Secrets;
}

/// Reads the metadata of a job's secrets.
///
/// The result has a member for each key that was described and is still among the secrets. It has no
/// value.
#[utoipa::path(
    get, path = SECRETS_METADATA, operation_id = "read-secrets-metadata", tag = "secrets",
    params(JobPath),
    responses(
        (status = 200, description = "The metadata, by key", body = BTreeMap<String, KeyMetadata>,
            headers(("ETag" = inline(EntityTag)))),
        ErrorResponse<400>, ErrorResponse<500>, ErrorResponse<501>, ErrorResponse<502>,
        ErrorResponse<503>,
    ),
)]
async fn read(job: JobRequest<Read>) -> Result<Response, ApiError> {
    let stored = job.backend.read(&job.owner.metadata()).await;
    let stored = stored.map_err(|fault| job.problem(&fault))?;
    let version = stored.version;
    job.entry.note(|entry| entry.version = Some(version));
    // Somebody who writes to the storage by other means leaves metadata of keys that are gone.
    let set = match stored.json.as_str() {
        "{}" => None,
        _ => Some(job.backend.read(&job.owner).await.map_err(|fault| job.problem(&fault))?),
    };
    // What waits for a storage holds texts, which are smaller than what is made of them.
    let parsed = |stored: &Stored| parsed(stored).map_err(|fault| job.problem(&fault));
    let mut metadata = parsed(&stored)?;
    if let Some(set) = set {
        metadata::keep_only(&mut metadata, &parsed(&set)?);
    }
    let json = metadata.to_json();
    job.entry.note(|entry| job.service.audit.name_keys(entry, &json));
    Ok(answer(Stored { json, version }, None))
}

struct Write;

impl JobOperation for Write {
    const NAME: &'static str = "secrets.write-metadata";
    const RIGHT: Right = Right::Write;
    const COLLECTION: Collection = Collection::Secrets;
}

/// Replaces the metadata of a job's secrets.
///
/// What concerns keys that are not among the secrets is left out. The conditions are those of a write of
/// secrets, and refer to the versions of the metadata.
#[utoipa::path(
    put, path = SECRETS_METADATA, operation_id = "write-secrets-metadata", tag = "secrets",
    params(JobPath, Condition),
    request_body = BTreeMap<String, KeyMetadata>,
    responses(
        Written<202>, ErrorResponse<400>, ErrorResponse<408>, ErrorResponse<412>,
        ErrorResponse<413>, ErrorResponse<415>, ErrorResponse<501>, ErrorResponse<502>, ErrorResponse<503>,
        ErrorResponse<507>,
    ),
)]
async fn write(
    job: JobRequest<Write>,
    condition: Condition,
    sent: UnreadDocument,
) -> Result<impl IntoResponse, ApiError> {
    let (document, _place) = receive(&job, sent).await?;
    metadata::check(&document).map_err(|(key, error)| {
        let key: String = key.chars().take(64).collect();
        ApiError::bad_request(
            format!("Invalid metadata of key '{}'.", vdk_api::escape::line(&key)),
            format!("In it, {error}."),
        )
    })?;
    let json = document.to_json();
    if json.len() > job.limit() {
        return Err(ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("The metadata of the secrets of '{}' is too large.", job.owner.job),
            format!("It has {} bytes, and at most {} are stored.", json.len(), job.limit()),
            "Describe fewer keys, or in fewer words.",
        ));
    }
    let written = key_values::store(&job, &job.owner.metadata(), json, &condition).await?;
    Ok((StatusCode::ACCEPTED, written))
}

struct ListVersions;

impl JobOperation for ListVersions {
    const NAME: &'static str = "secrets.metadata-versions";
    const RIGHT: Right = Right::Write;
    const COLLECTION: Collection = Collection::Secrets;
}

/// Lists who changed the metadata of which secrets, and when.
#[utoipa::path(
    get, path = SECRETS_METADATA_VERSIONS, operation_id = "versions-secrets-metadata", tag = "secrets",
    params(JobPath),
    responses(
        (status = 200, description = "The kept versions of the metadata, newest first",
            body = Versions,
            headers(("ETag" = inline(EntityTag)))),
        ErrorResponse<400>, ErrorResponse<501>, ErrorResponse<502>, ErrorResponse<503>,
    ),
)]
async fn versions(job: JobRequest<ListVersions>) -> Result<Response, ApiError> {
    key_values::versions(&job, &job.owner.metadata()).await
}
