//! What the routes of both collections do: read and write whole, list versions, roll back.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use vdk_api::{Document, Owner, Versions};
use zeroize::Zeroizing;

use crate::http::error::{ApiError, entity_tag};
use crate::http::extract::{
    Condition, Job, PathVersion, Unless, UnreadDocument, VersionQuery, too_large,
};
use crate::storage::{Backend, HasRoom, Place, Room, StorageError, Stored};

/// The header of a response to a write, which names the new version.
pub type ETag = [(HeaderName, HeaderValue); 1];

/// Reads the current key/values, or a kept version of them, unless the client has it.
pub async fn read(
    job: &Job,
    VersionQuery(version): VersionQuery,
    unless: Unless,
) -> Result<Response, ApiError> {
    let read = job.backend.read_to_send(&job.owner, version, |at| unless.has(at)).await;
    let (stored, room) = read.map_err(|fault| {
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
    Ok(answer(stored, room))
}

/// Returns the response with a document, which has its room until it is sent.
pub fn answer(stored: Stored, room: Option<Room>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json".parse().ok()),
        (header::ETAG, Some(entity_tag(stored.version))),
    ];
    let has_room = room.as_ref().map(|_| HasRoom);
    let mut response =
        Response::new(bytes::Bytes::from_owner(Sent { json: stored.json, _room: room }).into());
    has_room.map(|mark| response.extensions_mut().insert(mark));
    response
        .headers_mut()
        .extend(headers.into_iter().filter_map(|(name, value)| Some((name, value?))));
    response
}

/// Replaces the key/values if `condition` holds.
pub async fn write(
    job: &Job,
    condition: Condition,
    sent: UnreadDocument,
) -> Result<ETag, ApiError> {
    let (document, _place) = receive(job, sent).await?;
    let json = document.to_json();
    // Many writes may wait, each with its whole text: one copy is enough.
    drop(document);
    store(job, &job.owner, json, &condition).await
}

/// Receives a document, and reserves room for it until it is written.
pub async fn receive(job: &Job, sent: UnreadDocument) -> Result<(Document, Place), ApiError> {
    let sent = sent.limited(job.collection, job.limit()).await?;
    match job.backend.receive(sent.bytes()).await {
        Ok(place) => Ok((sent.document().await?, place)),
        Err(fault) => Err(sent.refuse(job.problem(&fault)).await),
    }
}

/// Lists the kept versions of the document of `owner`, the job or what is stored beside it.
pub async fn versions(job: &Job, owner: &Owner) -> Result<Response, ApiError> {
    let versions = job.backend.versions(owner).await;
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
    store(job, &job.owner, old.to_json(), &condition).await
}

/// Writes the document of `owner`, the job or what is stored beside it, after reserving room for the
/// audit line.
pub async fn store(
    job: &Job,
    owner: &Owner,
    json: Zeroizing<String>,
    condition: &Condition,
) -> Result<ETag, ApiError> {
    job.entry.note(|entry| job.service.audit.name_keys(entry, &json));
    if json.len() > job.limit() {
        return Err(too_large(job.collection, job.limit()));
    }
    job.service.reserve_audit()?;
    let expected = condition.expected(&*job.backend, owner).await;
    let expected = expected.map_err(|fault| job.problem(&fault))?;
    let author = job.entry.author();
    let written = job.backend.write(owner, json, expected, &author).await;
    let version = written.map_err(|fault| job.problem(&fault))?;
    job.entry.note(|entry| entry.version = Some(version));
    job.service.metrics.version_written(job.collection);
    Ok([(header::ETAG, entity_tag(version))])
}

/// Parses a document that was read.
pub fn parsed(stored: &Stored) -> Result<Document, StorageError> {
    Document::parse(&stored.json).map_err(|error| StorageError::Damaged(error.to_string()))
}

/// The body of a response, zeroed when the last part of the server drops it.
struct Sent {
    json: Zeroizing<String>,
    _room: Option<Room>,
}

impl AsRef<[u8]> for Sent {
    fn as_ref(&self) -> &[u8] {
        self.json.as_bytes()
    }
}
