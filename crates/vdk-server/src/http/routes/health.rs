//! The service's liveness, readiness, metrics and information.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::http::Service;
use crate::http::error::ApiError;
use crate::http::middleware::{AuditEntry, HEALTH};
use crate::storage::{Backend, StorageError};

/// Longest time that `/readyz` waits for one engine.
const TIME: Duration = Duration::from_secs(2);

/// Handles `/livez`: the process responds.
pub async fn live(Extension(access): Extension<AuditEntry>) -> Response {
    access.note(|entry| entry.operation = HEALTH);
    axum::Json(json!({"status": "live"})).into_response()
}

/// Handles `/readyz`: whether requests can be served, and if not, what is unavailable. The response
/// is public: it names engines, but not their addresses or messages.
pub async fn ready(
    State(service): State<Arc<Service>>,
    Extension(access): Extension<AuditEntry>,
) -> Response {
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
pub async fn metrics(
    State(service): State<Arc<Service>>,
    Extension(access): Extension<AuditEntry>,
) -> Response {
    access.note(|entry| entry.operation = HEALTH);
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], service.metrics.text()).into_response()
}

/// Returns information about the service, as the original service does.
pub async fn info(
    State(service): State<Arc<Service>>,
    Extension(access): Extension<AuditEntry>,
    team: Result<Path<String>, PathRejection>,
) -> Result<Response, ApiError> {
    const WHAT: &str = "Invalid request path.";
    access.note(|entry| entry.operation = "info");
    let Path(team) = team.map_err(|error| ApiError::bad_request(WHAT, error.body_text()))?;
    access.note(|entry| entry.team = Some(team.chars().take(256).collect()));
    super::key_values::team(&team).map_err(|why| ApiError::bad_request(WHAT, why))?;
    let info = json!({
        "api_version": env!("CARGO_PKG_VERSION"),
        "supported_python_versions": service.python_versions,
    });
    Ok(axum::Json(info).into_response())
}
