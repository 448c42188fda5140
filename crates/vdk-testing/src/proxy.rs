//! Proxies between the command line and a service, which break off what a test wants broken off.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use crate::control_service::http;
use crate::scripted_service::{Gate, Request, listen, response};
use crate::wait::eventually;

/// Starts a proxy in front of a service that breaks off the requests for which `is_cut` is true.
pub fn proxy(
    upstream: String,
    is_cut: impl Fn(&Request) -> bool + Send + Sync + 'static,
) -> SocketAddr {
    listen(move |request| if is_cut(request) { None } else { forwarded(&upstream, request) })
}

/// Returns what the service answers.
fn forwarded(upstream: &str, request: &Request) -> Option<Vec<u8>> {
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
}

/// A proxy in front of a service, at which a command is killed in the middle of its work.
pub struct Killer {
    /// The proxy's address, for `-u`.
    pub url: String,
    hold: Arc<Mutex<Hold>>,
}

#[derive(Default)]
struct Hold {
    /// The number of writes before the one that is held, and whether it is stored before that.
    at: Option<(usize, bool)>,
    is_reached: bool,
    gate: Gate,
}

impl Killer {
    /// Starts the proxy.
    pub fn in_front_of(upstream: String) -> Self {
        let hold = Arc::new(Mutex::new(Hold::default()));
        let shared = hold.clone();
        let address = listen(move |request| {
            let mut hold = shared.lock().unwrap();
            let now = match hold.at.filter(|_| request.method == "PUT") {
                Some((0, is_stored)) => hold.at.take().map(|_| is_stored),
                Some((n, is_stored)) => {
                    hold.at = Some((n - 1, is_stored));
                    None
                }
                None => None,
            };
            let gate = hold.gate.clone();
            drop(hold);
            let Some(is_stored) = now else { return forwarded(&upstream, request) };
            if is_stored {
                forwarded(&upstream, request);
            }
            shared.lock().unwrap().is_reached = true;
            gate.pass();
            None
        });
        Killer { url: format!("http://{address}"), hold }
    }

    /// Runs a command, and kills it when it waits for the answer to its write number `write`, from 0. That
    /// one is stored before (`is_stored`), or never. Returns false if it ended without so many writes.
    pub fn kill(&self, mut command: Command, write: usize, is_stored: bool) -> bool {
        let at = Some((write, is_stored));
        *self.hold.lock().unwrap() = Hold { at, ..Hold::default() };
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let is_reached = || self.hold.lock().unwrap().is_reached;
        let mut has_ended = false;
        eventually("the write or the end", || {
            has_ended = child.try_wait().unwrap().is_some();
            has_ended || is_reached()
        });
        child.kill().unwrap();
        child.wait().unwrap();
        let mut hold = self.hold.lock().unwrap();
        hold.at = None;
        hold.gate.open();
        hold.is_reached
    }
}
