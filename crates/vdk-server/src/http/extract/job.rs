//! A request about the key/values of a job.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, Type};
use vdk_api::{ACCESS_JOB, Collection, Owner, RESERVED_JOB, SERVICE_TEAM, is_reserved_job};

use super::{name, path, short, team_name};
use crate::auth::Right;
use crate::http::authenticate::Client;
use crate::http::error::{ApiError, not_configured, processing};
use crate::http::middleware::AuditEntry;
use crate::http::{Service, openapi};
use crate::storage::{Bounded, StorageError};

/// An operation on the key/values of a job, declared by its route.
pub trait JobOperation {
    /// The name in the audit log and the metrics.
    const NAME: &'static str;
    /// The right that it needs.
    const RIGHT: Right;
    /// The collection that it concerns.
    const COLLECTION: Collection;
}

/// The path of a request about a job. The deployment is ignored: a job has one set for all.
#[derive(Deserialize)]
pub struct JobPath {
    team: String,
    job: String,
}

impl IntoParams for JobPath {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1));
        let deployment = ParameterBuilder::new()
            .name("deployment")
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some(
                "Ignored: a job has one set for all its deployments. Clients send TODO.",
            ))
            .schema(Some(text));
        vec![
            openapi::name("team", "The team of the job", &[SERVICE_TEAM]),
            openapi::name("job", "The data job", &[RESERVED_JOB, ACCESS_JOB]),
            deployment.build(),
        ]
    }
}

/// The job of a request, and what its handler needs to work on it.
pub struct Job {
    /// The service.
    pub service: Arc<Service>,
    /// The storage of the collection.
    pub backend: Arc<Bounded>,
    /// The collection of the job's key/values.
    pub collection: Collection,
    /// The team and the job in the path.
    pub owner: Owner,
    /// The audit entry of the request.
    pub entry: AuditEntry,
}

impl Job {
    /// Checks a request for an operation, and returns its job.
    async fn new(
        parts: &mut Parts,
        service: &Arc<Service>,
        operation: &'static str,
        right: Right,
        collection: Collection,
    ) -> Result<Self, ApiError> {
        let client = Client::from_request_parts(parts, service).await?;
        let JobPath { team, job } = path(parts).await?;
        client.entry.note(|entry| {
            entry.operation = operation;
            (entry.team, entry.job) = (short(&team), short(&job));
        });
        let owner = owner(&team, &job)
            .map_err(|why| ApiError::bad_request(processing(collection, &job), why))?;
        // Before any other check could reveal what exists.
        client.authorize(service, parts, &owner.team, Some(&owner.job), right).await?;
        let backend = match collection {
            Collection::Secrets => service.secrets.clone().ok_or_else(not_configured)?,
            Collection::Properties => service.properties.clone(),
        };
        Ok(Job { service: service.clone(), backend, collection, owner, entry: client.entry })
    }

    /// Returns the most bytes that the collection may have.
    pub fn limit(&self) -> usize {
        match self.collection {
            Collection::Secrets => self.service.limits.secrets,
            Collection::Properties => self.service.limits.properties,
        }
    }

    /// Converts a fault. The log and the metrics get details that the client does not get.
    pub fn problem(&self, fault: &StorageError) -> ApiError {
        self.service.note_fault(&self.backend, fault);
        ApiError::from_fault(fault, self.collection, &self.owner)
    }
}

/// A request for an operation on a job, from a client with the right to it.
pub struct JobRequest<O> {
    job: Job,
    operation: PhantomData<O>,
}

impl<O> Deref for JobRequest<O> {
    type Target = Job;

    fn deref(&self) -> &Job {
        &self.job
    }
}

impl<O: JobOperation> FromRequestParts<Arc<Service>> for JobRequest<O> {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, ApiError> {
        let job = Job::new(parts, service, O::NAME, O::RIGHT, O::COLLECTION).await?;
        Ok(JobRequest { job, operation: PhantomData })
    }
}

/// Returns the job, or why it has no key/values: with the original service's text, if any.
fn owner(team: &str, job: &str) -> Result<Owner, String> {
    let owner = Owner { team: team_name(team)?, job: name("Data Job Name", job)? };
    if is_reserved_job(job) {
        return Err(format!(
            "Data Job Name {job} is reserved: the service stores its own data of the team there."
        ));
    }
    Ok(owner)
}
