//! The service's liveness, readiness, metrics and information.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::timeout;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use vdk_api::route::INFO;

use crate::auth::Right;
use crate::http::Service;
use crate::http::extract::{TeamOperation, TeamPath, TeamRequest};
use crate::http::middleware::{AuditEntry, HEALTH};
use crate::http::openapi::ErrorResponse;
use crate::storage::{Backend, StorageError};

/// Longest time that `/readyz` waits for one engine.
const TIME: Duration = Duration::from_secs(2);

/// Returns the router of the routes that need no token.
pub fn router() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::default()
        .routes(routes!(live))
        .routes(routes!(ready))
        .route("/metrics", get(metrics))
}

/// Returns the router of the service's information.
pub fn closed_router() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::default().routes(routes!(info))
}

/// The health of the service.
#[derive(Serialize, ToSchema)]
struct Health {
    status: &'static str,
}

/// Reports whether the process is running.
#[utoipa::path(
    get, path = "/livez", operation_id = "live", tag = "service",
    responses((status = 200, description = "The check passed", body = Health)),
)]
async fn live(access: AuditEntry) -> Response {
    access.note(|entry| entry.operation = HEALTH);
    axum::Json(Health { status: "live" }).into_response()
}

/// Reports whether requests can be served, and what is unavailable.
///
/// The response is public: it names engines, but not their addresses or messages.
#[utoipa::path(
    get, path = "/readyz", operation_id = "ready", tag = "service",
    responses(
        (status = 200, description = "The check passed", body = Health),
        (status = 503, description = "A part of the service is unavailable", body = Health),
    ),
)]
async fn ready(State(service): State<Arc<Service>>, access: AuditEntry) -> Response {
    access.note(|entry| entry.operation = HEALTH);
    let (secrets, properties) = tokio::join!(
        async {
            match &service.secrets {
                Some(backend) => engine(&**backend).await,
                None => (true, json!({"status": "switched off"})),
            }
        },
        engine(&*service.properties)
    );
    let audit = !service.audit.is_blocked();
    let ends = service.ends.load(std::sync::atomic::Ordering::Relaxed);
    let is_ready = secrets.0 && properties.0 && audit && !ends;
    let body = json!({
        "status": if ends { "ending" } else if is_ready { "ready" } else { "not ready" },
        "secrets": secrets.1,
        "properties": properties.1,
        "audit": {"status": if audit { "ready" } else { "cannot be written" }},
    });
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, axum::Json(body)).into_response()
}

async fn engine(backend: &dyn Backend) -> (bool, Value) {
    let found = match timeout(TIME, backend.ready()).await {
        Ok(found) => found,
        Err(_) => {
            Err(StorageError::Unavailable(crate::storage::Reason::Unreachable, "timeout".into()))
        }
    };
    let status = match &found {
        Ok(()) => "ready".to_string(),
        Err(StorageError::Unavailable(reason, _)) => reason.to_string(),
        Err(StorageError::Denied(_)) => "denies access to the service".into(),
        Err(_) => "fails".into(),
    };
    if let Err(fault) = &found {
        tracing::warn!(backend = backend.name(), "not ready: {fault}");
    }
    (found.is_ok(), json!({"engine": backend.name(), "status": status}))
}

/// Handles `/metrics`, for Prometheus.
async fn metrics(State(service): State<Arc<Service>>, access: AuditEntry) -> Response {
    access.note(|entry| entry.operation = HEALTH);
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], service.metrics.text()).into_response()
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

/// Describes this service, as the original service does.
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
