//! The service's liveness, readiness and metrics. Readiness is asked for as a whole or by part: pods
//! that serve properties stay in use while Vault is sealed.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::timeout;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::Service;
use crate::http::error::ApiError;
use crate::http::middleware::{AuditEntry, HEALTH};
use crate::http::openapi::ErrorResponse;
use crate::metrics::{Format, Now};
use crate::storage::{Backend, StorageError};

/// Longest time that `/readyz` waits for one engine: `health` and probes give up after about two seconds.
const TIME: Duration = Duration::from_millis(1500);

/// Paths of the original's chart for the probes and metrics, which mean `/livez`, `/readyz` and
/// `/metrics`.
const CHART_LIVE: &str = "/data-jobs/debug/health/liveness";
const CHART_READY: &str = "/data-jobs/debug/health/readiness";
const CHART_METRICS: &str = "/data-jobs/debug/prometheus";

/// Returns the router of these routes, which need no token.
pub fn router() -> OpenApiRouter<Arc<Service>> {
    OpenApiRouter::default()
        .routes(routes!(live))
        .routes(routes!(ready))
        .routes(routes!(ready_secrets))
        .routes(routes!(ready_properties))
        .route("/metrics", get(metrics))
        .route(CHART_LIVE, get(live))
        .route(CHART_READY, get(ready))
        .route(CHART_METRICS, get(metrics))
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

/// The query of `/readyz`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ReadyQuery {
    /// Parts that may be unavailable, comma-separated: secrets, properties, audit.
    #[param(pattern = "^(secrets|properties|audit)(,(secrets|properties|audit))*$")]
    exclude: Option<String>,
}

/// The parts of the service that `/readyz` checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Parts {
    secrets: bool,
    properties: bool,
    audit: bool,
}

impl Parts {
    const ALL: Parts = Parts { secrets: true, properties: true, audit: true };

    /// Returns all parts but those in a comma-separated list, or the name of an unknown one.
    fn without(list: &str) -> Result<Self, &str> {
        let mut parts = Parts::ALL;
        for name in list.split(',').map(str::trim) {
            match name {
                "secrets" => parts.secrets = false,
                "properties" => parts.properties = false,
                "audit" => parts.audit = false,
                unknown => return Err(unknown),
            }
        }
        Ok(parts)
    }
}

/// Reports whether requests can be served, and what is unavailable.
///
/// The response is public: it names engines, but not their addresses or messages.
#[utoipa::path(
    get, path = "/readyz", operation_id = "ready", tag = "service",
    params(ReadyQuery),
    responses(
        (status = 200, description = "The check passed", body = Health),
        (status = 503, description = "A part of the service is unavailable", body = Health),
        ErrorResponse<400>,
    ),
)]
async fn ready(
    State(service): State<Arc<Service>>,
    access: AuditEntry,
    query: Result<Query<ReadyQuery>, QueryRejection>,
) -> Result<Response, ApiError> {
    const WHAT: &str = "Invalid query.";
    access.note(|entry| entry.operation = HEALTH);
    let Query(query) = query.map_err(|error| ApiError::bad_request(WHAT, error.body_text()))?;
    let parts = match query.exclude {
        None => Parts::ALL,
        Some(list) => Parts::without(&list).map_err(|unknown| {
            let unknown: String = unknown.chars().take(32).collect();
            let why = format!("No part is named '{unknown}': exclude secrets, properties, audit.");
            ApiError::bad_request(WHAT, why)
        })?,
    };
    Ok(check(&service, parts).await)
}

/// Reports whether requests for secrets can be served.
#[utoipa::path(
    get, path = "/readyz/secrets", operation_id = "readySecrets", tag = "service",
    responses(
        (status = 200, description = "The check passed", body = Health),
        (status = 503, description = "A part of the service is unavailable", body = Health),
    ),
)]
async fn ready_secrets(State(service): State<Arc<Service>>, access: AuditEntry) -> Response {
    access.note(|entry| entry.operation = HEALTH);
    check(&service, Parts { properties: false, ..Parts::ALL }).await
}

/// Reports whether requests for properties can be served.
#[utoipa::path(
    get, path = "/readyz/properties", operation_id = "readyProperties", tag = "service",
    responses(
        (status = 200, description = "The check passed", body = Health),
        (status = 503, description = "A part of the service is unavailable", body = Health),
    ),
)]
async fn ready_properties(State(service): State<Arc<Service>>, access: AuditEntry) -> Response {
    access.note(|entry| entry.operation = HEALTH);
    check(&service, Parts { secrets: false, ..Parts::ALL }).await
}

async fn check(service: &Service, parts: Parts) -> Response {
    let excluded = || (true, json!({"status": "excluded"}));
    let (secrets, properties) = tokio::join!(
        async {
            match &service.secrets {
                _ if !parts.secrets => excluded(),
                Some(backend) => engine(&**backend).await,
                // Who asks for secrets alone gets 501 for each of them.
                None => (parts.properties, json!({"status": "switched off"})),
            }
        },
        async { if parts.properties { engine(&*service.properties).await } else { excluded() } }
    );
    let audit = match service.audit.fault() {
        _ if !parts.audit => excluded(),
        Some(fault) => (false, json!({"status": fault})),
        None => (true, json!({"status": "ready"})),
    };
    let ends = service.ends.load(Ordering::Relaxed);
    let is_ready = secrets.0 && properties.0 && audit.0 && !ends;
    let body = json!({
        "status": if ends { "ending" } else if is_ready { "ready" } else { "not ready" },
        "secrets": secrets.1,
        "properties": properties.1,
        "audit": audit.1,
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
        Err(StorageError::Full) => "has a full disk".into(),
        Err(_) => "fails".into(),
    };
    if let Err(fault) = &found {
        tracing::warn!(backend = backend.name(), "not ready: {fault}");
    }
    (found.is_ok(), json!({"engine": backend.name(), "status": status}))
}

/// Handles `/metrics`, for Prometheus.
async fn metrics(
    State(service): State<Arc<Service>>,
    access: AuditEntry,
    headers: HeaderMap,
) -> Response {
    access.note(|entry| entry.operation = HEALTH);
    let lines = headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok());
    let format = Format::accepted(&lines.collect::<Vec<_>>().join(","));
    let engines = service.secrets.iter().chain([&service.properties]);
    let now = Now {
        engines: engines.map(|engine| (engine.name(), engine.status())).collect(),
        certificate_end: service.certificate.as_ref().and_then(|certificate| certificate.end()),
        audit_blocked: service.audit.fault().is_some(),
        audit_owed: service.audit.owed(),
    };
    let text = service.metrics.text(&now, format);
    ([(header::CONTENT_TYPE, format.content_type())], text).into_response()
}
