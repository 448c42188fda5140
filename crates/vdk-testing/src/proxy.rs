//! A proxy between the command line and a service, which breaks off what a test wants broken off.

use std::net::SocketAddr;

use crate::control_service::http;
use crate::scripted_service::{Request, listen, response};

/// Starts a proxy in front of a service that breaks off the requests for which `is_cut` is true.
pub fn proxy(
    upstream: String,
    is_cut: impl Fn(&Request) -> bool + Send + Sync + 'static,
) -> SocketAddr {
    listen(move |request| {
        if is_cut(request) {
            return None;
        }
        let upstream: SocketAddr = upstream.strip_prefix("http://").unwrap().parse().unwrap();
        let names = ["content-type", "if-match", "if-none-match", "x-opid"];
        let headers: Vec<(&str, &str)> =
            names.iter().filter_map(|name| Some((*name, request.header(name)?))).collect();
        let body = request.body.as_bytes();
        let answer = http(upstream, &request.method, &request.path, &headers, body)?;
        let tag = match answer.header("etag") {
            "" => String::new(),
            tag => format!("ETag: {tag}\r\n"),
        };
        Some(response(answer.status, &tag, &answer.body))
    })
}
