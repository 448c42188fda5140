//! The routes of secrets.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use vdk_api::route::{SECRETS, SECRETS_ROLLBACK, SECRETS_VERSIONS};
use vdk_api::{Collection, Document, Versions};

use super::key_values;
use crate::auth::Right;
use crate::http::Service;
use crate::http::error::ApiError;
use crate::http::extract::{
    Condition, JobOperation, JobPath, JobRequest, PathVersion, Unless, UnreadDocument, VersionQuery,
};
use crate::http::openapi::{EntityTag, ErrorResponse, Written};

/// Returns the router of these routes.
pub fn router() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::default()
        .routes(routes!(read, write))
        .routes(routes!(versions))
        .routes(routes!(roll_back))
}

struct Read;

impl JobOperation for Read {
    const NAME: &'static str = "secrets.read";
    const RIGHT: Right = Right::Read;
    const COLLECTION: Collection = Collection::Secrets;
}

/// Reads the secrets of a job.
///
/// If the job was never written, the result is an empty object. With If-None-Match, a client that has
/// the version gets 304 and no values.
#[utoipa::path(
    get, path = SECRETS, operation_id = "read-secrets", tag = "secrets",
    params(JobPath, VersionQuery, Unless),
    responses(
        (status = 200, description = "The secrets, as they were written", body = Document,
            headers(("ETag" = inline(EntityTag)))),
        (status = 304, description = "The client has them", headers(("ETag" = inline(EntityTag)))),
        ErrorResponse<400>, ErrorResponse<404>, ErrorResponse<500>, ErrorResponse<501>,
        ErrorResponse<502>, ErrorResponse<503>,
    ),
)]
async fn read(
    job: JobRequest<Read>,
    version: VersionQuery,
    unless: Unless,
) -> Result<Response, ApiError> {
    key_values::read(&job, version, unless).await
}

struct Write;

impl JobOperation for Write {
    const NAME: &'static str = "secrets.write";
    const RIGHT: Right = Right::Write;
    const COLLECTION: Collection = Collection::Secrets;
}

/// Replaces the secrets of a job.
///
/// Without a condition, the last write wins. With If-Match, the write requires that one of these
/// versions is current. With If-None-Match: *, it requires that nothing was ever written. If the
/// condition fails, the response is 412 with the current version. A successful write creates a new
/// version.
#[utoipa::path(
    put, path = SECRETS, operation_id = "write-secrets", tag = "secrets",
    params(JobPath, Condition),
    request_body = Document,
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
    Ok((StatusCode::ACCEPTED, key_values::write(&job, condition, sent).await?))
}

struct ListVersions;

impl JobOperation for ListVersions {
    const NAME: &'static str = "secrets.versions";
    // The list names keys, which a reader may not see.
    const RIGHT: Right = Right::Write;
    const COLLECTION: Collection = Collection::Secrets;
}

/// Lists who wrote which secrets, and when.
#[utoipa::path(
    get, path = SECRETS_VERSIONS, operation_id = "versions-secrets", tag = "secrets",
    params(JobPath),
    responses(
        (status = 200, description = "The kept versions without values, newest first",
            body = Versions,
            headers(("ETag" = inline(EntityTag)))),
        ErrorResponse<400>, ErrorResponse<501>, ErrorResponse<502>, ErrorResponse<503>,
    ),
)]
async fn versions(job: JobRequest<ListVersions>) -> Result<Response, ApiError> {
    key_values::versions(&job, &job.owner).await
}

struct RollBack;

impl JobOperation for RollBack {
    const NAME: &'static str = "secrets.roll-back";
    const RIGHT: Right = Right::Write;
    const COLLECTION: Collection = Collection::Secrets;
}

/// Writes an older version of the secrets as a new version.
#[utoipa::path(
    post, path = SECRETS_ROLLBACK, operation_id = "rollBack-secrets", tag = "secrets",
    params(JobPath, PathVersion, Condition),
    responses(
        Written<202>, ErrorResponse<400>, ErrorResponse<404>, ErrorResponse<412>,
        ErrorResponse<413>, ErrorResponse<501>, ErrorResponse<502>, ErrorResponse<503>, ErrorResponse<507>,
    ),
)]
async fn roll_back(
    job: JobRequest<RollBack>,
    condition: Condition,
    version: PathVersion,
) -> Result<impl IntoResponse, ApiError> {
    Ok((StatusCode::ACCEPTED, key_values::roll_back(&job, condition, version).await?))
}
