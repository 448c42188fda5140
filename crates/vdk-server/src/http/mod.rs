//! The HTTP API: one router, and the work around every request.

mod authenticate;
mod cross_site;
mod error;
mod extract;
mod middleware;
mod openapi;
mod routes;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use error::ApiError;
pub use extract::most;
pub use middleware::Peer;
use middleware::not_audited;
use tower::ServiceExt;

use crate::audit::Audit;
use crate::auth::Auth;
use crate::metrics::Metrics;
use crate::storage::{Backend, Bounded, StorageError, Unread};
use crate::tls::Certificate;

/// Everything that requests need. It has no state: several services on one storage act as one.
pub struct Service {
    /// The storage of secrets; `None` if that is switched off.
    pub secrets: Option<Arc<Bounded>>,
    /// The storage of properties.
    pub properties: Arc<Bounded>,
    /// The largest documents.
    pub limits: Limits,
    /// The audit log.
    pub audit: Audit,
    /// The authentication and authorization of clients.
    pub auth: Auth,
    /// The counters.
    pub metrics: Arc<Metrics>,
    /// The Python versions that `…/info` reports.
    pub python_versions: Vec<String>,
    /// True if the service is shutting down and accepts nothing new.
    pub ends: AtomicBool,
    /// The answers that wait until clients read them.
    pub unread: Arc<Unread>,
    /// Held by each running request.
    pub running: Arc<()>,
    /// The certificate, if clients use TLS.
    pub certificate: Option<Arc<Certificate>>,
    /// True if only clients on this machine reach the service.
    pub is_loopback: bool,
}

impl Service {
    /// Reserves room for the audit line of a change, or rejects the change.
    fn reserve_audit(&self) -> Result<(), ApiError> {
        self.audit.reserve().map_err(|error| {
            tracing::error!(%error, "no room for a line in the audit log");
            not_audited()
        })
    }

    /// Logs and counts a fault of a storage, with details that no client gets.
    fn note_fault(&self, storage: &Bounded, fault: &StorageError) {
        if let Some(kind) = fault.kind() {
            tracing::warn!(backend = storage.name(), kind, "{fault}");
            self.metrics.backend_failed(storage.name(), kind);
        }
    }
}

/// The largest documents, in bytes of their compact JSON text as UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest secrets of a job.
    pub secrets: usize,
    /// The largest properties of a job.
    pub properties: usize,
}

/// The HTTP API of a service. It is cheap to clone.
#[derive(Clone)]
pub struct Api {
    router: Router,
    service: Arc<Service>,
}

impl Api {
    /// Makes the whole API of `service`.
    pub fn new(service: Arc<Service>) -> Self {
        let around_every_request = from_fn_with_state(service.clone(), middleware::carry);
        let router = routes::router(service.clone()).layer(around_every_request);
        Api { router, service }
    }

    /// Returns whether `address` is a trusted proxy, so that others are behind it.
    pub fn is_proxy(&self, address: IpAddr) -> bool {
        self.service.auth.is_proxy(address)
    }

    /// Answers a request.
    pub async fn answer(self, request: Request) -> Response {
        let answered = self.router.oneshot(request).await;
        let mut response = answered.unwrap_or_else(|never| match never {});
        if matches!(response.status(), StatusCode::NOT_MODIFIED | StatusCode::NO_CONTENT) {
            // The router adds 0, which is not true of the first and not allowed (RFC 9110, section 8.6).
            response.headers_mut().remove(CONTENT_LENGTH);
        }
        response
    }
}
