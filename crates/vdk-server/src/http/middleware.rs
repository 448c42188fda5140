//! The work around every request: its op id, its line in the audit log, its metrics, the headers of
//! its response, and the guarantee that it is completed once it has begun.

use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tokio::runtime::Handle;
use vdk_api::{Author, NOT_KNOWN_HEADER};

use super::Service;
use super::error::ApiError;
use crate::audit::{Entry, now};
use crate::auth::Limiter;
use crate::storage::{HasRoom, Room, SMALL};
use crate::{log, metrics};

/// Header with the id of the operation, in requests and responses.
const OP_ID: HeaderName = HeaderName::from_static("x-opid");
/// Name of a client that is not authenticated.
const ANYONE: &str = "anonymous";

/// The address of a client.
#[derive(Clone)]
pub struct Peer {
    /// The address without the port.
    pub ip: IpAddr,
    /// The address and the port as text, made once for all requests of a connection.
    text: Arc<str>,
}

impl From<SocketAddr> for Peer {
    fn from(address: SocketAddr) -> Self {
        Peer { ip: address.ip(), text: address.to_string().into() }
    }
}

/// The audit entry of a request, which its handler completes.
#[derive(Clone)]
pub struct AuditEntry {
    entry: Arc<Mutex<Entry>>,
    /// The address under which the client is counted, if it is known.
    pub address: Option<IpAddr>,
}

impl<S: Sync> FromRequestParts<S> for AuditEntry {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        // `carry` adds it to every request; anything else is a bug.
        parts.extensions.get().cloned().ok_or_else(internal)
    }
}

impl AuditEntry {
    /// Changes the entry.
    pub fn note(&self, change: impl FnOnce(&mut Entry)) {
        change(&mut self.entry.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Returns the client of the request, and its op id.
    pub fn author(&self) -> Author {
        let entry = self.entry.lock().unwrap_or_else(PoisonError::into_inner);
        Author { who: entry.who.clone(), op_id: entry.op_id.clone() }
    }

    fn take(&self) -> Entry {
        std::mem::take(&mut *self.entry.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Completes a request even if its client disconnects meanwhile: it is neither left half done nor
/// without its line in the audit log.
pub async fn carry(
    State(service): State<Arc<Service>>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let is_head = request.method() == Method::HEAD;
    let tls = service.certificate.is_some();
    let op_id = op_id(request.headers());
    let access = first_entry(&service, &request, &op_id);
    request.extensions_mut().insert(access.clone());
    let running = service.running.clone();
    let responding = AssertUnwindSafe(next.run(request));
    let task = async move {
        // The service does not end before this is dropped.
        let _running = running;
        let response = match responding.catch_unwind().await {
            Ok(response) => response,
            Err(_) => {
                tracing::error!("a handler panicked");
                internal().into_response()
            }
        };
        let response = with_room(&service, response).await;
        finish(&service, &access, response, started).await
    };
    let task = log::of_request(op_id.as_str().into(), task);
    let mut response = ToItsEnd(Some(Box::pin(task))).await;
    decorate(response.headers_mut(), &op_id, tls);
    if is_head { without_body(response) } else { response }
}

/// Returns the response with room for its body until that is sent, or an error if there is none.
async fn with_room(service: &Service, response: Response) -> Response {
    let size = response.body().size_hint().exact().and_then(|size| usize::try_from(size).ok());
    let size = size.unwrap_or(usize::MAX);
    if size <= SMALL || response.extensions().get::<HasRoom>().is_some() {
        return response;
    }
    match service.unread.enter_made(size).await {
        Ok(room) => {
            let (head, body) = response.into_parts();
            // The body is in memory already, so this waits for nothing and cannot fail.
            let bytes = to_bytes(body, size).await.unwrap_or_default();
            Response::from_parts(
                head,
                Body::from(Bytes::from_owner(Waiting { bytes, _room: room })),
            )
        }
        Err(_) => ApiError::unread("The answer cannot be sent.").into_response(),
    }
}

/// A body with its room.
struct Waiting {
    bytes: Bytes,
    _room: Room,
}

impl AsRef<[u8]> for Waiting {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
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

/// A future that is completed in its own task if nothing waits for it any more. A task from the
/// start would move every request to another thread.
struct ToItsEnd<F: Future<Output: Send> + Send + 'static>(Option<Pin<Box<F>>>);

impl<F: Future<Output: Send> + Send + 'static> Future for ToItsEnd<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Some(future) = &mut self.0 else { return Poll::Pending };
        let polled = future.as_mut().poll(context);
        if polled.is_ready() {
            self.0 = None;
        }
        polled
    }
}

impl<F: Future<Output: Send> + Send + 'static> Drop for ToItsEnd<F> {
    fn drop(&mut self) {
        if let (Some(future), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(future);
        }
    }
}

fn internal() -> ApiError {
    ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Internal error.",
        "A handler of the service failed, which is a bug.",
        "Report the op id (X-OPID) to the operator.",
    )
    .perhaps_stored("It is not known whether a change was stored.")
}

/// Writes the audit line and counts the request. Without a line, the response is an error.
async fn finish(
    service: &Service,
    access: &AuditEntry,
    response: Response,
    started: Instant,
) -> Response {
    // Boxed, as everything that is held while its line is written counts for each connection.
    let mut entry = Box::new(access.take());
    if entry.operation == HEALTH {
        return response;
    }
    entry.status = response.status().as_u16();
    let spent = started.elapsed();
    let perhaps = response.headers().contains_key(NOT_KNOWN_HEADER);
    let is_read = matches!(entry.method.as_str(), "GET" | "HEAD")
        || matches!(entry.operation, "token.exchange" | "credentials.teams");
    let wrote = entry.status < 300 && !is_read;
    let (operation, method, mut status) =
        (entry.operation, metrics::method(&entry.method), entry.status);
    let stranger = entry.stranger.take();
    let is_stranger = stranger.is_some();
    let written = match stranger {
        Some(address) => {
            service.audit.count_stranger(address, *entry);
            Ok(())
        }
        None => service.audit.write(entry, wrote || perhaps).await,
    };
    let response = match written {
        Ok(()) => response,
        Err(error) => {
            tracing::error!(%error, "cannot write the audit log");
            let problem = not_audited();
            status = StatusCode::SERVICE_UNAVAILABLE.as_u16();
            if wrote {
                problem.perhaps_stored("The change is stored.").into_response()
            } else if perhaps {
                let unknown = "It is not known whether the change is stored.";
                problem.perhaps_stored(unknown).into_response()
            } else {
                problem.into_response()
            }
        }
    };
    service.metrics.count(operation, method, status, spent);
    if status >= 500 && !is_stranger {
        tracing::warn!(status, operation, "request failed");
    } else {
        tracing::debug!(status, operation, milliseconds = spent.as_secs_f64() * 1000.0, "request");
    }
    response
}

/// Returns the error for the case that the audit log cannot be written.
pub(super) fn not_audited() -> ApiError {
    ApiError::unavailable(
        "The request was refused.",
        "The audit log cannot be written, and the service does nothing without it.",
    )
}

/// Operation of requests that are neither audited nor counted.
pub const HEALTH: &str = "health";

/// Returns the entry of a request before it is handled. Its client is a stranger until it is
/// authenticated.
fn first_entry(service: &Service, request: &Request, op_id: &str) -> AuditEntry {
    let peer = request.extensions().get::<Peer>();
    let forwarded = forwarded_for(request.headers());
    let address = service.auth.address(peer.map(|peer| peer.ip), forwarded.as_deref());
    let entry = Entry {
        time: now(),
        op_id: op_id.into(),
        who: ANYONE.into(),
        from: peer.map_or_else(String::new, |peer| peer.text.to_string()),
        forwarded_for: forwarded.map(|text| text.chars().take(256).collect()),
        method: request.method().as_str().chars().take(32).collect(),
        operation: "none",
        stranger: Some(Limiter::name(address)),
        ..Entry::default()
    };
    AuditEntry { entry: Arc::new(Mutex::new(entry)), address }
}

/// Returns the origin of a request according to proxies, in their order. Each may add a line.
fn forwarded_for(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
    let all = lines.collect::<Vec<_>>().join(", ");
    if all.is_empty() { None } else { Some(all) }
}

/// Returns the op id of the request, or a new one if that cannot be repeated in logs: it must have
/// 1 to 64 printable ASCII characters.
fn op_id(headers: &HeaderMap) -> String {
    let given = headers.get(OP_ID).and_then(|value| value.to_str().ok());
    let usable = given.filter(|id| {
        (1..=64).contains(&id.len()) && id.bytes().all(|byte| (b' '..=b'~').contains(&byte))
    });
    usable.map_or_else(|| format!("{:016x}", fastrand::u64(..)), String::from)
}

fn decorate(headers: &mut HeaderMap, op_id: &str, tls: bool) {
    if let Ok(value) = HeaderValue::from_str(op_id) {
        headers.insert(OP_ID, value);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if tls {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
}
