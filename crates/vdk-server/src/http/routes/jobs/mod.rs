//! The jobs of a team: the GraphQL query of the original service, for what this service knows of
//! jobs. `vdk list` of the Python client sends it.

mod answer;
mod query;

use std::sync::Arc;

use answer::Listing;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use query::Request;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use vdk_api::is_reserved_job;
use vdk_api::route::JOBS;

use crate::auth::Right;
use crate::http::Service;
use crate::http::error::ApiError;
use crate::http::extract::{TeamOperation, TeamPath, TeamRequest};
use crate::http::openapi::ErrorResponse;
use crate::storage::Backend;

const WHAT: &str = "Exception processing the query for jobs.";
/// Most jobs of a team that are listed.
const MOST: usize = 100_000;

/// Returns the router of this route.
pub fn router() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::default().routes(routes!(list))
}

struct List;

impl TeamOperation for List {
    const NAME: &'static str = "jobs.list";
    const RIGHT: Option<Right> = Some(Right::Read);
    const WHAT: &'static str = WHAT;
}

/// The query of a request.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct JobsQuery {
    /// The GraphQL query, such as `{jobs(pageNumber: 1, pageSize: 25) {content {jobName}}}`
    query: Option<String>,
    /// The operation to run, if the query names several
    #[serde(alias = "operationName")]
    operation_name: Option<String>,
    /// The variables of the query, as a JSON object
    variables: Option<String>,
}

/// The answer to a query.
#[derive(Serialize, ToSchema)]
struct Answer {
    /// The fields that the query selects of the page: `content`, `totalItems`, `totalPages`
    #[schema(value_type = Object)]
    data: Value,
}

/// Lists the jobs of a team that have secrets or properties; for its readers.
///
/// A query selects `jobs` with `pageNumber`, `pageSize` (at most 1000), `filter` and `search`, as
/// the original service does. This service deploys nothing: `deployments` is empty, and of `config`
/// only `team` is known. Jobs of other teams are never listed.
#[utoipa::path(
    get, path = JOBS, operation_id = "jobsQuery", tag = "jobs",
    params(TeamPath, JobsQuery),
    responses(
        (status = 200, description = "A page of jobs", body = Answer),
        ErrorResponse<400>, ErrorResponse<502>, ErrorResponse<503>,
    ),
)]
async fn list(
    request: TeamRequest<List>,
    Sent(sent): Sent,
) -> Result<axum::Json<Answer>, ApiError> {
    let query = sent.query.unwrap_or_default();
    let asked = Request::parse(&query, sent.operation_name.as_deref(), sent.variables.as_deref())
        .map_err(|why| ApiError::bad_request(WHAT, why))?;
    let jobs = jobs(&request).await?;
    let listing = Listing { team: request.team.as_str(), jobs };
    let data = listing.answer(&asked).map_err(|why| ApiError::bad_request(WHAT, why))?;
    Ok(axum::Json(Answer { data }))
}

/// Returns the jobs of the team in the request that have anything in one of the storages, sorted.
async fn jobs(request: &TeamRequest<List>) -> Result<Vec<String>, ApiError> {
    let service = &request.service;
    let mut jobs = Vec::new();
    for storage in service.secrets.iter().chain([&service.properties]) {
        let found = storage.jobs(&request.team, MOST).await;
        jobs.extend(found.map_err(|fault| {
            service.note_fault(storage, &fault);
            ApiError::from_fault_of_team(&fault, WHAT)
        })?);
    }
    jobs.retain(|job| !is_reserved_job(job));
    jobs.sort_unstable();
    jobs.dedup();
    Ok(jobs)
}

/// The parameters, or an error in the form of this API.
struct Sent(JobsQuery);

impl<S: Sync> FromRequestParts<S> for Sent {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Query::try_from_uri(&parts.uri)
            .map(|Query(sent)| Sent(sent))
            .map_err(|error| ApiError::bad_request(WHAT, error.body_text()))
    }
}
