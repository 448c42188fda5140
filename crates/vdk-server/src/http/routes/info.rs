//! The service's information, as the original service gives it.

use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use vdk_api::route::INFO;

use crate::auth::Right;
use crate::http::Service;
use crate::http::extract::{TeamOperation, TeamPath, TeamRequest};
use crate::http::openapi::ErrorResponse;

/// Returns the router of this route.
pub fn router() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::default().routes(routes!(info))
}

struct ReadInfo;

impl TeamOperation for ReadInfo {
    const NAME: &'static str = "info";
    const RIGHT: Option<Right> = None;
    const WHAT: &'static str = "Invalid request path.";
}

/// The version of the service, and what jobs can use.
#[derive(Serialize, ToSchema)]
struct Info {
    api_version: &'static str,
    /// The Python versions that jobs can use.
    supported_python_versions: Vec<String>,
}

/// Describes this service.
#[utoipa::path(
    get, path = INFO, operation_id = "info", tag = "service",
    params(TeamPath),
    responses(
        (status = 200, description = "Its version and the Python versions that jobs can use",
            body = Info),
        ErrorResponse<400>, ErrorResponse<503>,
    ),
)]
async fn info(request: TeamRequest<ReadInfo>) -> axum::Json<Info> {
    axum::Json(Info {
        api_version: env!("CARGO_PKG_VERSION"),
        supported_python_versions: request.service.python_versions.clone(),
    })
}
