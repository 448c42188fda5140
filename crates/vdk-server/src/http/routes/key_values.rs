//! What the routes of both collections do: read and write whole, list versions, roll back.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use vdk_api::{Document, Versions};
use zeroize::Zeroizing;

use crate::http::error::{ApiError, entity_tag};
use crate::http::extract::{
    Condition, Job, PathVersion, Unless, UnreadDocument, VersionQuery, too_large,
};
use crate::storage::{Backend, StorageError, Stored};

/// The header of a response to a write, which names the new version.
type ETag = [(HeaderName, HeaderValue); 1];

/// Reads the current key/values, or a kept version of them, unless the client has it.
pub async fn read(
    job: &Job,
    VersionQuery(version): VersionQuery,
    unless: Unless,
) -> Result<Response, ApiError> {
    let read = match version {
        None => job.backend.read(&job.owner).await,
        Some(version) => job.backend.read_version(&job.owner, version).await,
    };
    let stored = read.map_err(|fault| {
        let problem = job.problem(&fault);
        match fault {
            // A client can replace the version without having read it.
            StorageError::Unreadable { version, .. } => {
                problem.with(header::ETAG, entity_tag(version))
            }
            _ => problem,
        }
    })?;
    job.entry.note(|entry| entry.version = Some(stored.version));
    if unless.has(stored.version) {
        let tag = [(header::ETAG, entity_tag(stored.version))];
        return Ok((StatusCode::NOT_MODIFIED, tag).into_response());
    }
    job.entry.note(|entry| job.service.audit.name_keys(entry, &stored.json));
    let headers = [
        (header::CONTENT_TYPE, "application/json".parse().ok()),
        (header::ETAG, Some(entity_tag(stored.version))),
    ];
    let mut response = Response::new(bytes::Bytes::from_owner(Zeroed(stored.json)).into());
    response
        .headers_mut()
        .extend(headers.into_iter().filter_map(|(name, value)| Some((name, value?))));
    Ok(response)
}

/// Replaces the key/values if `condition` holds.
pub async fn write(
    job: &Job,
    condition: Condition,
    sent: UnreadDocument,
) -> Result<ETag, ApiError> {
    let sent = sent.limited(job.collection, job.limit()).await?;
    let _place = match job.backend.receive(sent.bytes()).await {
        Ok(place) => place,
        Err(fault) => return Err(sent.refuse(job.problem(&fault)).await),
    };
    let document = sent.document().await?;
    let json = document.to_json();
    // Many writes may wait, each with its whole text: one copy is enough.
    drop(document);
    store(job, json, &condition).await
}

/// Lists the kept versions.
pub async fn versions(job: &Job) -> Result<Response, ApiError> {
    let versions = job.backend.versions(&job.owner).await;
    let versions = versions.map_err(|fault| job.problem(&fault))?;
    let newest = versions.first().map_or(0, |newest| newest.version);
    job.entry.note(|entry| entry.version = Some(newest));
    Ok(([(header::ETAG, entity_tag(newest))], axum::Json(Versions { versions })).into_response())
}

/// Writes an old version as a new one if `condition` holds.
pub async fn roll_back(
    job: &Job,
    condition: Condition,
    PathVersion(old): PathVersion,
) -> Result<ETag, ApiError> {
    let place = job.backend.receive(job.limit()).await;
    let _place = place.map_err(|fault| job.problem(&fault))?;
    let read = job.backend.read_version(&job.owner, old).await;
    let old = read.and_then(|old| parsed(&old)).map_err(|fault| job.problem(&fault))?;
    store(job, old.to_json(), &condition).await
}

/// Writes after reserving room for the audit line.
async fn store(
    job: &Job,
    json: Zeroizing<String>,
    condition: &Condition,
) -> Result<ETag, ApiError> {
    job.entry.note(|entry| job.service.audit.name_keys(entry, &json));
    if json.len() > job.limit() {
        return Err(too_large(job.collection, job.limit()));
    }
    job.service.reserve_audit()?;
    let expected = condition.expected(&*job.backend, &job.owner).await;
    let expected = expected.map_err(|fault| job.problem(&fault))?;
    let author = job.entry.author();
    let written = job.backend.write(&job.owner, json, expected, &author).await;
    let version = written.map_err(|fault| job.problem(&fault))?;
    job.entry.note(|entry| entry.version = Some(version));
    job.service.metrics.version_written(job.collection);
    Ok([(header::ETAG, entity_tag(version))])
}

fn parsed(stored: &Stored) -> Result<Document, StorageError> {
    Document::parse(&stored.json).map_err(|error| StorageError::Damaged(error.to_string()))
}

/// The body of a response, zeroed when the last part of the server drops it.
struct Zeroed(Zeroizing<String>);

impl AsRef<[u8]> for Zeroed {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
