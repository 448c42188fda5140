//! HTTP requests to Vault: the token is in one header, errors are distinguished, and redirects are
//! not followed. If several nodes are configured, the next one replaces an unavailable one.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Method};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;
use vdk_platform::is_loopback;
use zeroize::Zeroizing;

use super::consistency::Newest;
use crate::storage::{Reason, StorageError};
use crate::tls::client_config;

/// Timeout for connecting, and for a whole exchange.
const CONNECT: Duration = Duration::from_secs(1);
const EXCHANGE: Duration = Duration::from_millis(3500);
/// Most bytes of a response that are read.
const MAX_ANSWER: usize = 64 * 1024 * 1024;

/// A client for Vault.
pub struct Http {
    client: Client,
    /// The nodes of one cluster.
    nodes: Vec<Url>,
    /// Index of the node in use.
    node: AtomicUsize,
    newest: Newest,
    namespace: Option<HeaderValue>,
}

/// A response from Vault.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: Zeroizing<Vec<u8>>,
}

/// The reason why there is no response.
#[derive(Debug)]
pub enum Lost {
    /// The request was not sent.
    NotSent(String),
    /// The request was or may have been sent, and the connection broke.
    Broken(String),
    /// The request was or may have been sent, and no response came in time.
    Late(String),
}

impl Http {
    /// Makes a client for the nodes of one cluster. There is at least one; addresses end in `/v1/`.
    pub fn new(
        nodes: Vec<Url>,
        namespace: Option<&str>,
        ca: Option<&Path>,
    ) -> Result<Self, String> {
        let https = nodes.iter().any(|node| node.scheme() == "https");
        let mut builder = Client::builder();
        if let Some(node) = nodes.iter().find(|node| node.scheme() == "http" && !is_loopback(node))
        {
            tracing::warn!(
                %node,
                "vdk.vault.uri is plain http: the login to Vault and all secrets can be read \
                 on the network"
            );
        }
        // A proxy must not see what stays on this machine.
        if nodes.iter().any(is_loopback) {
            builder = builder.no_proxy();
        }
        let client = builder
            .tls_backend_preconfigured(client_config(https, ca)?)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .timeout(EXCHANGE)
            .pool_max_idle_per_host(256)
            .http1_only()
            .build()
            .map_err(|error| error.without_url().to_string())?;
        let namespace = namespace.map(HeaderValue::from_str).transpose().map_err(|_| {
            "invalid vdk.vault.namespace: an HTTP header cannot have this value".to_string()
        })?;
        let (node, newest) = Default::default();
        Ok(Http { client, nodes, node, newest, namespace })
    }

    /// Sends a request. `path` is encoded and below the nodes' addresses. If the first node
    /// certainly did nothing, another one is tried.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&SecretString>,
        body: Option<(&'static str, Bytes)>,
    ) -> Result<Answer, Lost> {
        // A login changes nothing that a repetition could damage.
        let wrote = method != Method::GET && !path.starts_with("auth/");
        for left in (0..self.nodes.len()).rev() {
            let node = self.node.load(Ordering::Relaxed);
            let mut answer = self.send_to(node, method.clone(), path, token, body.clone()).await;
            if answer.as_ref().is_ok_and(Answer::is_bad_head) && self.newest.forget() && !wrote {
                answer = self.send_to(node, method.clone(), path, token, body.clone()).await;
            }
            let untouched = match &answer {
                Ok(answer) => answer.did_nothing(wrote),
                Err(lost) => matches!(lost, Lost::NotSent(_)),
            };
            if untouched || answer.is_err() || answer.as_ref().is_ok_and(Answer::is_redirect) {
                let next = (node + 1) % self.nodes.len();
                // Another request may have switched to the next node already.
                let ordering = Ordering::Relaxed;
                let _ = self.node.compare_exchange(node, next, ordering, ordering);
            }
            // A node that is just being sealed may have forwarded the request before.
            if wrote && self.nodes.len() > 1 && answer.as_ref().is_ok_and(Answer::is_sealed) {
                return Err(Lost::Broken("a node was sealed during the write".into()));
            }
            if left == 0 || !untouched {
                return answer;
            }
        }
        Err(Lost::NotSent("no node is set".into()))
    }

    async fn send_to(
        &self,
        node: usize,
        method: Method,
        path: &str,
        token: Option<&SecretString>,
        body: Option<(&'static str, Bytes)>,
    ) -> Result<Answer, Lost> {
        let url = format!("{}{path}", self.nodes[node]);
        let mut request = self.newest.ask(self.client.request(method, url));
        // Vault's agents and proxies require it, as protection from requests forged in browsers.
        request = request.header("X-Vault-Request", "true");
        // The health path exists only outside of namespaces.
        if let Some(namespace) = self.namespace.as_ref().filter(|_| !path.starts_with("sys/health"))
        {
            request = request.header("X-Vault-Namespace", namespace.clone());
        }
        if let Some(token) = token {
            let mut value = HeaderValue::from_str(token.expose_secret()).map_err(|_| {
                Lost::NotSent("invalid Vault token: an HTTP header cannot have this value".into())
            })?;
            value.set_sensitive(true);
            request = request.header("X-Vault-Token", value);
        }
        if let Some((kind, body)) = body {
            request = request.header(CONTENT_TYPE, kind).body(body);
        }
        let lost = |error: reqwest::Error| {
            let never_sent = error.is_connect() || error.is_builder();
            let is_late = error.is_timeout();
            let why = causes(&error.without_url());
            match never_sent {
                true => Lost::NotSent(why),
                false if is_late => Lost::Late(why),
                false => Lost::Broken(why),
            }
        };
        let mut response = request.send().await.map_err(lost)?;
        self.newest.learn(response.headers());
        let status = response.status().as_u16();
        let mut body = Zeroizing::new(Vec::with_capacity(4096));
        while let Some(part) = response.chunk().await.map_err(lost)? {
            if body.len() + part.len() > MAX_ANSWER {
                return Err(Lost::Broken("its response is too large".into()));
            }
            body.extend_from_slice(&part);
        }
        Ok(Answer { status, body })
    }
}

impl Lost {
    /// Converts the error of a request that changes nothing.
    pub fn read(self) -> StorageError {
        let (Lost::NotSent(why) | Lost::Broken(why) | Lost::Late(why)) = self;
        StorageError::Unavailable(Reason::Unreachable, why)
    }

    /// Converts the error of a write.
    pub fn write(self) -> StorageError {
        match self {
            Lost::NotSent(why) => StorageError::Unavailable(Reason::Unreachable, why),
            Lost::Broken(why) | Lost::Late(why) => StorageError::Unknown(why),
        }
    }
}

impl Answer {
    /// Returns whether the request was carried out.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Returns the errors that Vault reports.
    pub fn errors(&self) -> String {
        let text = self.said().map(|said| said.join("; ")).unwrap_or_default();
        text.chars().take(300).collect()
    }

    /// Returns the errors in Vault's own JSON; `None` if the response is not Vault's.
    pub fn said(&self) -> Option<Vec<String>> {
        #[derive(Deserialize)]
        struct Errors {
            errors: Vec<String>,
        }
        serde_json::from_slice::<Errors>(&self.body).ok().map(|said| said.errors)
    }

    /// Returns whether Vault itself reports that there is nothing at a path: an empty list of
    /// errors. Any other 404, such as a proxy's, says nothing about the path. To believe it would
    /// overwrite everything.
    pub fn is_absence(&self) -> bool {
        self.status == 404 && self.said().is_some_and(|errors| errors.is_empty())
    }

    /// Returns whether a write did not happen because its check-and-set condition does not hold.
    pub fn is_conflict(&self) -> bool {
        self.status == 400 && self.errors().contains("check-and-set parameter")
    }

    /// Returns whether the node can do nothing now, and did nothing.
    fn did_nothing(&self, wrote: bool) -> bool {
        !self.is_success()
            && matches!(
                self.fault(wrote),
                StorageError::Unavailable(Reason::Sealed | Reason::Standby, _)
            )
    }

    fn is_sealed(&self) -> bool {
        self.status == 503 && self.errors().contains("sealed")
    }

    /// Returns whether a server or a proxy may have rejected the request for its headers.
    fn is_bad_head(&self) -> bool {
        self.status == 431 || self.status == 400 && self.said().is_none()
    }

    fn is_redirect(&self) -> bool {
        (300..400).contains(&self.status)
    }

    /// Returns the fault for a response that is neither success nor expected by the caller.
    /// `wrote`: the request may have been carried out all the same.
    pub fn fault(&self, wrote: bool) -> StorageError {
        let why = format!("Vault answered {}: {}", self.status, self.errors());
        let says = |words: &str| why.contains(words);
        // With such a status, a proxy in front of Vault says nothing about a name, a size or a
        // login. Vault itself sends an empty body for a name that it cannot store.
        let is_bare = self.status == 400 && self.body.is_empty();
        let is_foreign = self.said().is_none() && !is_bare;
        if is_foreign && matches!(self.status, 400 | 403 | 404 | 405 | 413) {
            let why = format!("{why}a response that is not Vault's, {} bytes", self.body.len());
            return match wrote {
                true => StorageError::Unknown(why),
                false => StorageError::Unavailable(Reason::Failing, why),
            };
        }
        match self.status {
            403 => StorageError::Denied(why),
            404 if says("no handler for route") => StorageError::Denied(why),
            413 => {
                StorageError::TooLarge("Vault rejects the document because it is too large.".into())
            }
            // The mount is being made version 2. Nothing was done.
            400 if says("Upgrading from non-versioned") => {
                StorageError::Unavailable(Reason::Failing, why)
            }
            // Vault reports the limit of its storage with these.
            400 | 500 if says("too large") || says("exceeds") => {
                StorageError::TooLarge("The document is too large for the storage of Vault.".into())
            }
            412 | 472 | 473 => StorageError::Unavailable(Reason::Standby, why),
            // A standby node sends this too if the active one was killed during a request that it
            // had forwarded, which may have been carried out.
            300..=399 if wrote => {
                StorageError::Unknown(format!("{why} (redirects are not followed)"))
            }
            300..=399 => StorageError::Unavailable(
                Reason::Standby,
                format!("{why} (redirects are not followed)"),
            ),
            429 => StorageError::Unavailable(Reason::Busy, why),
            503 if says("sealed") => StorageError::Unavailable(Reason::Sealed, why),
            // Sent before anything is forwarded, unlike other errors about active nodes.
            500 | 503 if says("local node not active but active cluster node not found") => {
                StorageError::Unavailable(Reason::Standby, why)
            }
            500 | 503 if !wrote && (says("active") || says("standby")) => {
                StorageError::Unavailable(Reason::Standby, why)
            }
            501 => StorageError::Unavailable(Reason::Failing, why),
            500..=599 if wrote => StorageError::Unknown(why),
            500..=599 => StorageError::Unavailable(Reason::Failing, why),
            // Vault rejects such a path before any other check, without a message.
            400 if self.errors().is_empty() => {
                StorageError::Name("Vault cannot store a document with this name.")
            }
            _ => StorageError::Denied(why),
        }
    }
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut words = vec![error.to_string()];
    let mut inner = error.source();
    while let Some(error) = inner {
        words.push(error.to_string());
        inner = error.source();
    }
    words.dedup();
    words.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_an_unknown_outcome_when_a_write_may_have_been_forwarded() {
        let answer = |status, words: &str| {
            let body = format!("{{\"errors\":[\"{words}\"]}}");
            Answer { status, body: Zeroizing::new(body.into_bytes()) }
        };
        for (status, words) in [
            (503, "no active Vault instance found"),
            (500, "internal error"),
            (503, "node not active"),
            (307, ""),
        ] {
            let answer = answer(status, words);
            assert!(matches!(answer.fault(true), StorageError::Unknown(_)), "{status} {words}");
            assert!(!answer.did_nothing(true), "{status} {words}");
            assert!(
                matches!(answer.fault(false), StorageError::Unavailable(..)),
                "{status} {words}"
            );
        }
        let before = "local node not active but active cluster node not found";
        for (status, words) in [(500, before), (412, ""), (473, "")] {
            assert!(answer(status, words).did_nothing(true), "{status} {words}");
        }
    }
}
