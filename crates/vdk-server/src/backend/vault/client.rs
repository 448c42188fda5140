//! Requests to Vault: the token in one header, every failure told apart, nothing followed to
//! another place. Where several nodes are named, the next one is asked in place of one that is away.

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

use super::newest::Newest;
use crate::backend::{Fault, Reason};
use crate::tls::client_config;

/// Longest time to connect, and for a whole exchange.
const CONNECT: Duration = Duration::from_secs(1);
const EXCHANGE: Duration = Duration::from_millis(3500);
/// Most bytes of an answer that are read.
const MAX_ANSWER: usize = 64 * 1024 * 1024;

/// A way to Vault.
pub struct Http {
    client: Client,
    /// The nodes of one cluster.
    nodes: Vec<Url>,
    /// Which of them is asked.
    node: AtomicUsize,
    newest: Newest,
    namespace: Option<HeaderValue>,
}

/// An answer of Vault.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: Zeroizing<Vec<u8>>,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Lost {
    /// Nothing was sent.
    NotSent(String),
    /// It was sent, or may have been, and the connection broke.
    Broken(String),
    /// It was sent, or may have been, and no answer came in time.
    Late(String),
}

impl Http {
    /// A client for the nodes of one cluster, at least one; their addresses end in `/v1/`.
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
                "vdk.vault.uri is plain http: who is between can read the login to Vault and all secrets"
            );
        }
        // No proxy has to see what stays on this machine.
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
        let namespace = namespace
            .map(HeaderValue::from_str)
            .transpose()
            .map_err(|_| "the namespace is no header".to_string())?;
        let (node, newest) = Default::default();
        Ok(Http { client, nodes, node, newest, namespace })
    }

    /// One request. `path`: below the nodes' addresses, encoded. It is sent to another node where
    /// the first one certainly did nothing.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&SecretString>,
        body: Option<(&'static str, Bytes)>,
    ) -> Result<Answer, Lost> {
        // A login changes nothing that could not be changed twice.
        let wrote = method != Method::GET && !path.starts_with("auth/");
        for left in (0..self.nodes.len()).rev() {
            let node = self.node.load(Ordering::Relaxed);
            let answer = self.send_to(node, method.clone(), path, token, body.clone()).await;
            let untouched = match &answer {
                Ok(answer) => answer.did_nothing(wrote),
                Err(lost) => matches!(lost, Lost::NotSent(_)),
            };
            if untouched || answer.is_err() || answer.as_ref().is_ok_and(Answer::is_redirect) {
                let next = (node + 1) % self.nodes.len();
                // Others may have met the same, and gone on already.
                let ordering = Ordering::Relaxed;
                let _ = self.node.compare_exchange(node, next, ordering, ordering);
            }
            // One that is just being sealed may have handed it on before.
            if wrote && self.nodes.len() > 1 && answer.as_ref().is_ok_and(Answer::is_sealed) {
                return Err(Lost::Broken("a node was sealed meanwhile".into()));
            }
            if left == 0 || !untouched {
                return answer;
            }
        }
        Err(Lost::NotSent("no node is named".into()))
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
        // Agents and proxies of Vault demand it, against requests that browsers are led to make.
        request = request.header("X-Vault-Request", "true");
        // The health of the server is asked for in no namespace: in one there is no such path.
        if let Some(namespace) = self.namespace.as_ref().filter(|_| !path.starts_with("sys/health"))
        {
            request = request.header("X-Vault-Namespace", namespace.clone());
        }
        if let Some(token) = token {
            let mut value = HeaderValue::from_str(token.expose_secret())
                .map_err(|_| Lost::NotSent("the token is no header".into()))?;
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
                return Err(Lost::Broken("its answer is too large".into()));
            }
            body.extend_from_slice(&part);
        }
        Ok(Answer { status, body })
    }
}

impl Lost {
    /// What it is for a request that changes nothing.
    pub fn read(self) -> Fault {
        let (Lost::NotSent(why) | Lost::Broken(why) | Lost::Late(why)) = self;
        Fault::Away(Reason::Unreachable, why)
    }

    /// What it is for a write.
    pub fn write(self) -> Fault {
        match self {
            Lost::NotSent(why) => Fault::Away(Reason::Unreachable, why),
            Lost::Broken(why) | Lost::Late(why) => Fault::Unknown(why),
        }
    }
}

impl Answer {
    /// Whether the request was carried out.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// What Vault says is wrong.
    pub fn errors(&self) -> String {
        let text = self.said().map(|said| said.join("; ")).unwrap_or_default();
        text.chars().take(300).collect()
    }

    /// The errors that Vault tells in its own JSON; `None` if the answer is not Vault's.
    pub fn said(&self) -> Option<Vec<String>> {
        #[derive(Deserialize)]
        struct Errors {
            errors: Vec<String>,
        }
        serde_json::from_slice::<Errors>(&self.body).ok().map(|said| said.errors)
    }

    /// Whether Vault itself says that there is nothing at a path: an error without any words. What
    /// else answers 404, as a proxy in front of it does, knows nothing of that, and to believe it
    /// would be to write over everything.
    pub fn is_absence(&self) -> bool {
        self.status == 404 && self.said().is_some_and(|errors| errors.is_empty())
    }

    /// Whether it comes from a node that can do nothing now, and did nothing.
    fn did_nothing(&self, wrote: bool) -> bool {
        !self.is_success()
            && matches!(self.fault(wrote), Fault::Away(Reason::Sealed | Reason::Standby, _))
    }

    fn is_sealed(&self) -> bool {
        self.status == 503 && self.errors().contains("sealed")
    }

    fn is_redirect(&self) -> bool {
        (300..400).contains(&self.status)
    }

    /// What an answer is that is neither success nor one that the caller expects. `wrote`: the
    /// request may have been carried out all the same.
    pub fn fault(&self, wrote: bool) -> Fault {
        let why = format!("Vault answered {}: {}", self.status, self.errors());
        let says = |words: &str| why.contains(words);
        // What a proxy in front of Vault says with such a status is no word on a name, a size or a login.
        // Vault itself says nothing at all of a name that it has no place for.
        let is_bare = self.status == 400 && self.body.is_empty();
        let is_foreign = self.said().is_none() && !is_bare;
        if is_foreign && matches!(self.status, 400 | 403 | 404 | 405 | 413) {
            let why = format!("{why}an answer that is not Vault's, {} bytes", self.body.len());
            return match wrote {
                true => Fault::Unknown(why),
                false => Fault::Away(Reason::Failing, why),
            };
        }
        match self.status {
            403 => Fault::Denied(why),
            404 if says("no handler for route") => Fault::Denied(why),
            413 => Fault::TooLarge("Vault refuses so large a document".into()),
            // The limit of its storage comes as a failure of its own.
            400 | 500 if says("too large") || says("exceeds") => {
                Fault::TooLarge("Vault's storage has no place for so large a document".into())
            }
            412 | 472 | 473 => Fault::Away(Reason::Standby, why),
            // A node that stands by says so as well where the active one was killed over a request
            // that it had been handed on: it may have been carried out.
            300..=399 if wrote => Fault::Unknown(format!("{why} (a redirect; none is followed)")),
            300..=399 => {
                Fault::Away(Reason::Standby, format!("{why} (a redirect; none is followed)"))
            }
            429 => Fault::Away(Reason::Busy, why),
            503 if says("sealed") => Fault::Away(Reason::Sealed, why),
            // Said before anything is handed on, which what else is said of active nodes is not.
            500 | 503 if says("local node not active but active cluster node not found") => {
                Fault::Away(Reason::Standby, why)
            }
            500 | 503 if !wrote && (says("active") || says("standby")) => {
                Fault::Away(Reason::Standby, why)
            }
            501 => Fault::Away(Reason::Failing, why),
            500..=599 if wrote => Fault::Unknown(why),
            500..=599 => Fault::Away(Reason::Failing, why),
            // It refuses such a path before it looks at anything else, and says nothing.
            400 if self.errors().is_empty() => {
                Fault::Name("Vault has no place for a name like this.")
            }
            _ => Fault::Denied(why),
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
    fn what_may_have_been_handed_on_is_not_said_to_be_undone() {
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
            assert!(matches!(answer.fault(true), Fault::Unknown(_)), "{status} {words}");
            assert!(!answer.did_nothing(true), "{status} {words}");
            assert!(matches!(answer.fault(false), Fault::Away(..)), "{status} {words}");
        }
        let before = "local node not active but active cluster node not found";
        for (status, words) in [(500, before), (412, ""), (473, "")] {
            assert!(answer(status, words).did_nothing(true), "{status} {words}");
        }
    }
}
