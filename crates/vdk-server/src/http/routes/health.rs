//! The service's liveness, readiness and metrics.

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

use crate::http::Service;
use crate::http::middleware::{AuditEntry, HEALTH};
use crate::storage::{Backend, StorageError};

/// Longest time that `/readyz` waits for one engine.
const TIME: Duration = Duration::from_secs(2);

/// Returns the router of these routes, which need no token.
pub fn router() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::default()
        .routes(routes!(live))
        .routes(routes!(ready))
        .route("/metrics", get(metrics))
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
