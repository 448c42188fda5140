//! Keeps web pages out of a service without authentication. Everybody on this machine may use it,
//! and a browser on this machine sends requests for any page: to a name that the page's owner points
//! at this machine (DNS rebinding), or across sites (CSRF).

use std::net::IpAddr;

use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method, StatusCode, header};
use url::Url;

use super::error::ApiError;

/// Content types that a page can send to another site without asking it (Fetch standard, section
/// 2.2.2, CORS-safelisted request-header).
const OF_FORMS: [&str; 3] =
    ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];

const WHAT: &str = "The request was refused.";

/// Rejects a request that a web page may have made. If `is_loopback`, the service listens on
/// loopback only, and no other name leads there.
pub fn check(request: &Parts, is_loopback: bool) -> Result<(), ApiError> {
    let hosts = hosts(request)?;
    if is_loopback && !hosts.iter().all(|host| is_own(host.host())) {
        return Err(foreign_host());
    }
    for origin in request.headers.get_all(header::ORIGIN) {
        let origin = origin.to_str().ok().and_then(|origin| Url::parse(origin).ok());
        if !origin.is_some_and(|origin| hosts.iter().any(|host| is_at(&origin, host))) {
            return Err(ApiError::new(
                StatusCode::FORBIDDEN,
                WHAT,
                "A page of another site sent it, according to its header Origin. Authentication \
                 is off, so only pages of this service may use it.",
                "Turn authentication on (featureflag.security.enabled=true), or use a client that \
                 is not a web page.",
            ));
        }
    }
    let changes = !matches!(request.method, Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && has_form(&request.headers) {
        return Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            WHAT,
            "Its Content-Type is that of a form, which a web page can send from anywhere.",
            "Send JSON with Content-Type: application/json, or no Content-Type without a body.",
        ));
    }
    Ok(())
}

/// Returns the hosts that a request names, in its header and in its address.
fn hosts(request: &Parts) -> Result<Vec<Authority>, ApiError> {
    let named = request.headers.get_all(header::HOST).iter();
    let named = named.map(|host| {
        let host = host.to_str().ok().filter(|host| !host.contains('@'));
        host.and_then(|host| host.parse::<Authority>().ok()).ok_or_else(foreign_host)
    });
    let addressed = request.uri.authority().cloned().map(Ok);
    named.chain(addressed).collect()
}

/// Returns whether a host name always means this machine.
fn is_own(host: &str) -> bool {
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || literal.parse().is_ok_and(|address: IpAddr| address.to_canonical().is_loopback())
}

/// Returns whether pages of `origin` are served at `host`.
fn is_at(origin: &Url, host: &Authority) -> bool {
    let default = match origin.scheme() {
        "http" => 80,
        "https" => 443,
        _ => return false,
    };
    origin.host_str().is_some_and(|name| name.eq_ignore_ascii_case(host.host()))
        && origin.port().unwrap_or(default) == host.port_u16().unwrap_or(default)
}

fn has_form(headers: &HeaderMap) -> bool {
    headers.get_all(header::CONTENT_TYPE).iter().any(|kind| {
        let kind = kind.to_str().unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        OF_FORMS.iter().any(|form| kind.eq_ignore_ascii_case(form))
    })
}

fn foreign_host() -> ApiError {
    ApiError::new(
        StatusCode::FORBIDDEN,
        WHAT,
        "Its header Host is not a name of this machine. Authentication is off, and a web page could \
         have sent the request under another name.",
        "Use the address http://localhost or http://127.0.0.1 with the service's port, or turn \
         authentication on (featureflag.security.enabled=true).",
    )
}
