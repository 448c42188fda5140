//! The HTTP API: one router, and the work around every request.

mod authenticate;
mod error;
mod extract;
mod middleware;
mod openapi;
mod routes;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderValue, Method, header};
use axum::response::Response;
use error::ApiError;
pub use extract::most;
pub use middleware::Peer;
use middleware::not_audited;
use tower::ServiceExt;

use crate::audit::Audit;
use crate::auth::Auth;
use crate::metrics::Metrics;
use crate::storage::Bounded;

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
    /// Held by each running request.
    pub running: Arc<()>,
    /// True if clients use TLS.
    pub tls: bool,
}

impl Service {
    /// Reserves room for the audit line of a change, or rejects the change.
    fn reserve_audit(&self) -> Result<(), ApiError> {
        self.audit.reserve().map_err(|error| {
            tracing::error!(%error, "no room for a line in the audit log");
            not_audited()
        })
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
    service: Arc<Service>,
    router: Router,
}

impl Api {
    /// Makes the whole API of `service`.
    pub fn new(service: Arc<Service>) -> Self {
        Api { router: routes::router(service.clone()), service }
    }

    /// Answers a request: calls its handler and does the work around every request. Layers of the
    /// router would do the same, but copy and allocate everything below them for each request.
    pub async fn answer(self, request: Request) -> Response {
        let Api { service, router } = self;
        let is_head = request.method() == Method::HEAD;
        let tls = service.tls;
        let handle = async |request: Request| {
            router.oneshot(request).await.unwrap_or_else(|never| match never {})
        };
        let mut response = middleware::carry(service, request, handle).await;
        if is_head {
            response = without_body(response);
        }
        if tls {
            let year = HeaderValue::from_static("max-age=31536000");
            response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, year);
        }
        response
    }
}

/// Returns the response to HEAD: the headers of the one to GET. The router does this only for its
/// own responses; over HTTP/2, nothing else does it for the others.
fn without_body(mut response: Response) -> Response {
    let length = response.body().size_hint().exact().map(HeaderValue::from);
    if let (header::Entry::Vacant(missing), Some(length)) =
        (response.headers_mut().entry(header::CONTENT_LENGTH), length)
    {
        missing.insert(length);
    }
    response.map(|_| Body::empty())
}
