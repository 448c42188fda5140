//! The APIs of both collections in one implementation: read and write whole, versions, roll back.

use std::sync::Arc;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequestParts, Path, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use vdk_api::{
    ACCESS_JOB, Collection, Document, Name, NameError, Owner, RESERVED_JOB, SERVICE_TEAM, Versions,
};
use zeroize::Zeroizing;

use crate::auth::{Identity, Right};
use crate::http::condition::Condition;
use crate::http::error::{ApiError, entity_tag, processing};
use crate::http::middleware::{AuditEntry, not_audited};
use crate::http::{Service, authenticate, body};
use crate::storage::{Backend, Bounded, StorageError, Stored};

/// The job in the path of a request, and the version of its key/values, if the path names one.
#[derive(Deserialize)]
struct Segments {
    team: String,
    job: String,
    version: Option<String>,
}

#[derive(Deserialize)]
struct VersionQuery {
    version: Option<String>,
}

/// A request about the key/values of a job, after the checks that every operation needs.
struct JobRequest<'a> {
    service: &'a Service,
    backend: Arc<Bounded>,
    collection: Collection,
    owner: Owner,
    access: AuditEntry,
    segment: Option<String>,
}

/// Handles GET of the key/values, or of one version.
pub async fn read(
    collection: Collection,
    State(service): State<Arc<Service>>,
    request: Request,
) -> Result<Response, ApiError> {
    let (mut parts, _) = request.into_parts();
    let asked = JobRequest::new(&service, collection, "read", &mut parts).await?;
    let wanted = Query::<VersionQuery>::from_request_parts(&mut parts, &()).await;
    let wanted = wanted.map_err(|error: QueryRejection| {
        ApiError::bad_request("Invalid query in the request.", error.body_text())
    })?;
    let read = match wanted.0.version {
        None => asked.backend.read(&asked.owner).await,
        Some(text) => asked.backend.read_version(&asked.owner, version(&text)?).await,
    };
    let stored = read.map_err(|fault| asked.problem(&fault))?;
    asked.access.note(|entry| {
        entry.version = Some(stored.version);
        service.audit.name_keys(entry, &stored.json);
    });
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

/// Handles PUT of the key/values, with the precondition of the request.
pub async fn write(
    collection: Collection,
    State(service): State<Arc<Service>>,
    request: Request,
) -> Result<Response, ApiError> {
    let (mut parts, sent) = request.into_parts();
    let asked = JobRequest::new(&service, collection, "write", &mut parts).await?;
    let condition = Condition::from_headers(&parts.headers)?;
    let sent = body::Unread::new(&parts.headers, sent, collection, asked.limit()).await?;
    let _place = match asked.backend.receive(sent.bytes()).await {
        Ok(place) => place,
        Err(fault) => return Err(sent.refuse(asked.problem(&fault)).await),
    };
    let document = sent.document().await?;
    let json = document.to_json();
    // Many writes may wait, each with its whole text: one copy is enough.
    drop(document);
    asked.store(json, &condition).await
}

/// Handles GET of the kept versions.
pub async fn versions(
    collection: Collection,
    State(service): State<Arc<Service>>,
    request: Request,
) -> Result<Response, ApiError> {
    let (mut parts, _) = request.into_parts();
    let asked = JobRequest::new(&service, collection, "versions", &mut parts).await?;
    let versions = asked.backend.versions(&asked.owner).await;
    let versions = versions.map_err(|fault| asked.problem(&fault))?;
    let newest = versions.first().map_or(0, |newest| newest.version);
    asked.access.note(|entry| entry.version = Some(newest));
    Ok(([(header::ETAG, entity_tag(newest))], axum::Json(Versions { versions })).into_response())
}

/// Handles POST that writes an old version as a new one, with the precondition of the request.
pub async fn roll_back(
    collection: Collection,
    State(service): State<Arc<Service>>,
    request: Request,
) -> Result<Response, ApiError> {
    let (mut parts, _) = request.into_parts();
    let asked = JobRequest::new(&service, collection, "roll-back", &mut parts).await?;
    let condition = Condition::from_headers(&parts.headers)?;
    let old = version(asked.segment.as_deref().unwrap_or_default())?;
    let place = asked.backend.receive(asked.limit()).await;
    let _place = place.map_err(|fault| asked.problem(&fault))?;
    let read = asked.backend.read_version(&asked.owner, old).await;
    let old = read.and_then(|old| parsed(&old)).map_err(|fault| asked.problem(&fault))?;
    asked.store(old.to_json(), &condition).await
}

impl<'a> JobRequest<'a> {
    async fn new(
        service: &'a Service,
        collection: Collection,
        verb: &'static str,
        parts: &mut Parts,
    ) -> Result<Self, ApiError> {
        let path = Path::<Segments>::from_request_parts(parts, &()).await;
        let Path(segments) = path.map_err(|error: PathRejection| {
            ApiError::bad_request("Invalid request path.", error.body_text())
        })?;
        let access = parts.extensions.get::<AuditEntry>().cloned();
        let access = access.ok_or_else(not_audited)?;
        let identity = parts.extensions.get::<Identity>().cloned().ok_or_else(not_audited)?;
        access.note(|entry| {
            let short = |name: &str| Some(name.chars().take(256).collect());
            entry.operation = operation(collection, verb);
            (entry.team, entry.job) = (short(&segments.team), short(&segments.job));
        });
        let what = processing(collection, &segments.job);
        let owner = owner(&segments.team, &segments.job)
            .map_err(|why| ApiError::bad_request(what.clone(), why))?;
        // Before any other check could reveal what exists.
        let job = Some(&owner.job);
        authenticate::allow(service, &identity, parts, &owner.team, job, right(verb)).await?;
        let backend = match collection {
            Collection::Secrets => service.secrets.clone().ok_or_else(not_configured)?,
            Collection::Properties => service.properties.clone(),
        };
        Ok(JobRequest { service, backend, collection, owner, access, segment: segments.version })
    }

    fn limit(&self) -> usize {
        match self.collection {
            Collection::Secrets => self.service.limits.secrets,
            Collection::Properties => self.service.limits.properties,
        }
    }

    /// Writes after reserving room for the audit line.
    async fn store(
        &self,
        json: Zeroizing<String>,
        condition: &Condition,
    ) -> Result<Response, ApiError> {
        self.access.note(|entry| self.service.audit.name_keys(entry, &json));
        if json.len() > self.limit() {
            return Err(body::too_large(self.collection, self.limit()));
        }
        if let Err(error) = self.service.audit.reserve() {
            tracing::error!(%error, "no room for a line in the audit log");
            return Err(not_audited());
        }
        let expected = condition.expected(&*self.backend, &self.owner).await;
        let expected = expected.map_err(|fault| self.problem(&fault))?;
        let author = self.access.author();
        let written = self.backend.write(&self.owner, json, expected, &author).await;
        let version = written.map_err(|fault| self.problem(&fault))?;
        self.access.note(|entry| entry.version = Some(version));
        self.service.metrics.version_written(self.collection);
        let status = match self.collection {
            Collection::Secrets => StatusCode::ACCEPTED,
            Collection::Properties => StatusCode::NO_CONTENT,
        };
        Ok((status, [(header::ETAG, entity_tag(version))]).into_response())
    }

    /// Converts a fault. The log and the metrics get details that the client does not get.
    fn problem(&self, fault: &StorageError) -> ApiError {
        if let Some(kind) = fault.kind() {
            tracing::warn!(backend = self.backend.name(), kind, "{fault}");
            self.service.metrics.backend_failed(self.backend.name(), kind);
        }
        ApiError::from_fault(fault, self.collection, &self.owner)
    }
}

/// Returns the job, or why it has no key/values: with the original service's text, if any.
fn owner(team: &str, job: &str) -> Result<Owner, String> {
    let owner = Owner { team: self::team(team)?, job: name("Data Job Name", job)? };
    if [RESERVED_JOB, ACCESS_JOB].contains(&job) {
        return Err(format!(
            "Data Job Name {job} is reserved: the service stores its own data of the team there."
        ));
    }
    Ok(owner)
}

/// Returns the team that a path names.
pub fn team(text: &str) -> Result<Name, String> {
    if text == SERVICE_TEAM {
        return Err(format!("Team Name {text} is reserved for the service."));
    }
    name("Team Name", text)
}

/// Returns a name from a path.
pub fn name(what: &str, text: &str) -> Result<Name, String> {
    // Proxies and Vault decode an encoded slash: it would be another job.
    if text.contains(['/', '\\']) {
        return Err(format!("Invalid {what}: it contains a slash."));
    }
    Name::new(text).map_err(|error| match error {
        NameError::Empty | NameError::Blank => format!("{what} cannot be blank"),
        error => format!("Invalid {what}: {error}."),
    })
}

/// Returns the required right. The list of versions names keys, which a reader may not see.
fn right(verb: &str) -> Right {
    match verb {
        "read" => Right::Read,
        _ => Right::Write,
    }
}

fn version(text: &str) -> Result<u64, ApiError> {
    let number = text.parse().ok().filter(|n| (1..=i64::MAX.unsigned_abs()).contains(n));
    number.filter(|_| text.bytes().all(|byte| byte.is_ascii_digit())).ok_or_else(|| {
        ApiError::bad_request("Invalid version.", "Versions are numbers from 1, without a sign.")
    })
}

fn parsed(stored: &Stored) -> Result<Document, StorageError> {
    Document::parse(&stored.json).map_err(|error| StorageError::Damaged(error.to_string()))
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

/// Returns the name of an operation for the audit log and the metrics.
fn operation(collection: Collection, verb: &'static str) -> &'static str {
    match (collection, verb) {
        (Collection::Secrets, "read") => "secrets.read",
        (Collection::Secrets, "write") => "secrets.write",
        (Collection::Secrets, "versions") => "secrets.versions",
        (Collection::Secrets, _) => "secrets.roll-back",
        (Collection::Properties, "read") => "properties.read",
        (Collection::Properties, "write") => "properties.write",
        (Collection::Properties, "versions") => "properties.versions",
        (Collection::Properties, _) => "properties.roll-back",
    }
}

/// The body of a response, zeroed when the last part of the server drops it.
struct Zeroed(Zeroizing<String>);

impl AsRef<[u8]> for Zeroed {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
