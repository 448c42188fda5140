//! Sends single requests and classifies what can fail.

use std::error::Error as StdError;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use reqwest::header::{self, HeaderValue};
use reqwest::{Client, Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use tokio::runtime::Runtime;
use vdk_api::ErrorBody;
use zeroize::Zeroizing;

use super::runtime::{Resolver, runtime};
use super::{Answer, BaseUrl, BudgetExhausted, Cause, RetryBudget, proxy, tls};
use crate::Reports;
use crate::config::HttpSettings;
use crate::{Error, ErrorKind, Warning};

/// A client for one Control Service, for one command.
pub struct Http {
    connection: Arc<Connection>,
    settings: HttpSettings,
    token: Mutex<Option<SecretString>>,
    renewal: Mutex<Option<Renewal>>,
    budget: Mutex<RetryBudget>,
    reports: Reports,
}

/// What the requests of several commands share.
struct Connection {
    runtime: Runtime,
    client: Client,
    proxy: Option<String>,
    base: BaseUrl,
}

/// A function that gets another token when the service rejects the given one, or none; `None` if
/// there is no other.
pub type Renewal =
    Box<dyn Fn(Option<&SecretString>) -> Result<Option<SecretString>, Error> + Send + Sync>;

/// The reason why there is no response.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{self:?}")]
pub enum TransportError {
    /// Nothing was sent: there is no connection.
    Connect(String),
    /// Nothing was sent: the service's certificate or TLS version is not acceptable.
    Tls(String),
    /// Nothing was sent: a setting is invalid.
    Unusable(ErrorBody),
    /// Nothing was executed: the service requires a client certificate that it trusts.
    ClientCertificateRejected(&'static str),
    /// The connection broke before a response; the request may have been executed.
    Broken(String),
    /// No response in time; the request may have been executed.
    Timeout,
    /// An invalid or too large response; the request may have been executed.
    InvalidResponse(String),
}

impl Http {
    /// Creates a client for `base`. The tuple holds the token, its renewal, and the only address
    /// that the host may resolve to.
    pub fn new(
        base: BaseUrl,
        settings: HttpSettings,
        (token, renewal, pinned): (Option<SecretString>, Option<Renewal>, Option<SocketAddr>),
        reports: &Reports,
    ) -> Result<Self, Error> {
        if base.scheme_was_missing() {
            reports.warning(&Warning::SchemeAssumed { service: base.to_string() });
        }
        if !base.is_https() && !base.is_loopback() {
            let (service, login) = (base.to_string(), token.is_some());
            reports.warning(&Warning::Unencrypted { service, login });
        }
        if base.is_https() && !settings.verify {
            reports.warning(&Warning::Unverified { service: base.to_string() });
        }
        let refused = |why| {
            Error::usage("Cannot open a connection.").why(why).help("Check the proxy variables.")
        };
        let (builder, proxy) = proxy::client(base.url()).map_err(refused)?;
        let builder = match (base.url().host_str(), pinned) {
            (Some(host), Some(address)) => builder.resolve(host, address),
            _ => builder,
        };
        let client = builder
            .tls_backend_preconfigured(tls::config(&settings, base.is_https())?)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.timeout)
            .http1_only()
            .dns_resolver(Arc::new(Resolver))
            .build()
            .map_err(|error| refused(chain(&error)))?;
        let runtime = runtime().map_err(|error| {
            Error::new(ErrorKind::Unavailable, "Cannot open a connection.")
                .why(format!("{error}."))
                .help("Raise the limit of open files: ulimit -n")
        })?;
        let budget = Mutex::new(RetryBudget::new(&settings));
        let (token, renewal) = (Mutex::new(token), Mutex::new(renewal));
        let reports = reports.clone();
        let connection = Arc::new(Connection { runtime, client, proxy, base });
        Ok(Http { connection, settings, token, renewal, budget, reports })
    }

    /// Returns a client for another command over the same connections, with the same token and all its
    /// retries. It does not renew the token.
    pub fn for_another_command(&self, op_id: String) -> Self {
        let settings = HttpSettings { op_id, ..self.settings.clone() };
        Http {
            connection: self.connection.clone(),
            budget: Mutex::new(RetryBudget::new(&settings)),
            settings,
            token: Mutex::new(self.token()),
            renewal: Mutex::new(None),
            reports: self.reports.clone(),
        }
    }

    /// Returns the service's address.
    pub fn base(&self) -> &BaseUrl {
        &self.connection.base
    }

    /// Returns the id of this command's requests in the service's log.
    pub fn op_id(&self) -> &str {
        &self.settings.op_id
    }

    /// Returns the token that is sent to the service.
    pub fn token(&self) -> Option<SecretString> {
        locked(&self.token).clone()
    }

    /// Sends a GET, once.
    pub fn get(&self, path: &str) -> Result<Answer, TransportError> {
        self.get_unless(path, None)
    }

    /// Sends a GET, once, with `If-None-Match` if there is an `etag`.
    pub fn get_unless(&self, path: &str, etag: Option<&str>) -> Result<Answer, TransportError> {
        self.send(Method::GET, path, 0, |request| {
            let request = request.header(header::ACCEPT, "application/json");
            match etag {
                Some(etag) => request.header(header::IF_NONE_MATCH, etag),
                None => request,
            }
        })
    }

    /// Sends a PUT of a JSON document, once, with `If-Match` if there is an `etag`.
    pub fn put(
        &self,
        path: &str,
        json: Zeroizing<String>,
        etag: Option<&str>,
    ) -> Result<Answer, TransportError> {
        let (size, body) = (json.len(), Bytes::from_owner(Zeroed(json)));
        self.send(Method::PUT, path, size, |request| {
            let request =
                request.header(header::CONTENT_TYPE, "application/json").body(body.clone());
            match etag {
                Some(etag) => request.header(header::IF_MATCH, etag),
                None => request,
            }
        })
    }

    /// Sends a DELETE, once.
    pub fn delete(&self, path: &str) -> Result<Answer, TransportError> {
        self.send(Method::DELETE, path, 0, |request| request)
    }

    /// Sends a request, and again with another token if the service rejects the first one.
    fn send(
        &self,
        method: Method,
        path: &str,
        size: usize,
        complete: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Answer, TransportError> {
        let Connection { client, base, .. } = &*self.connection;
        let request = || complete(client.request(method.clone(), base.join(path)));
        let sent = self.token();
        let answer = self.send_once(&method, path, request(), size, sent.as_ref())?;
        if answer.status != 401 {
            return Ok(answer);
        }
        // Another thread may be renewing it, or have done so.
        let mut renewal = locked(&self.renewal);
        let now = self.token();
        if now.as_ref().map(ExposeSecret::expose_secret)
            != sent.as_ref().map(ExposeSecret::expose_secret)
        {
            drop(renewal);
            return self.send_once(&method, path, request(), size, now.as_ref());
        }
        let Some(renew) = renewal.take() else { return Ok(answer) };
        match renew(sent.as_ref()) {
            Ok(Some(token)) => {
                self.reports.debug(&|| "renewed the login".into());
                *locked(&self.token) = Some(token.clone());
                drop(renewal);
                self.send_once(&method, path, request(), size, Some(&token))
            }
            Ok(None) => Ok(answer),
            Err(failure) => {
                let why = format!("{} {}", failure.body.what, failure.body.why);
                self.reports.warning(&Warning::NotRenewed { why });
                Ok(answer)
            }
        }
    }

    fn send_once(
        &self,
        method: &Method,
        path: &str,
        request: RequestBuilder,
        size: usize,
        token: Option<&SecretString>,
    ) -> Result<Answer, TransportError> {
        let Connection { runtime, proxy, base, .. } = &*self.connection;
        let url = base.join(path);
        let started = Instant::now();
        let deadline = started + self.settings.timeout;
        let mut request = request
            .header("X-OPID", &self.settings.op_id)
            .header(header::USER_AGENT, &self.settings.user_agent)
            .header(header::ACCEPT_ENCODING, "identity");
        if let Some(token) = token {
            let bearer = Zeroizing::new(format!("Bearer {}", token.expose_secret()));
            let mut value = HeaderValue::from_str(&bearer).map_err(|_| {
                TransportError::Connect("the token is not a valid header value".into())
            })?;
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        let waiting = self.reports.waiting(base.as_str());
        let proxy = proxy.as_deref();
        let result = runtime.block_on(async {
            // Nothing drives the connections between two requests: look first which ones the service
            // has closed.
            tokio::task::yield_now().await;
            let sent = request.send().await;
            let response = sent.map_err(|error| transport_error(error, proxy, &self.settings))?;
            Answer::read(response, &url, deadline).await
        });
        let result = result.and_then(|answer| match answer.status {
            407 => Err(TransportError::Connect(proxy::wants_login(proxy))),
            _ => Ok(answer),
        });
        drop(waiting);
        self.reports.debug(&|| {
            let outcome = match &result {
                Ok(answer) => format!("{}, {}", answer.status, answer.describe()),
                Err(error) => format!("{error:?}"),
            };
            let spent = started.elapsed().as_secs_f64() * 1000.0;
            format!(
                "{method} {url} [op id {}], {size} bytes sent: {outcome}, {spent:.1} ms",
                self.settings.op_id
            )
        });
        result
    }

    /// Waits before a retry and reports it, or returns why there is none.
    pub fn wait(&self, cause: Cause, what: &str) -> Result<(), BudgetExhausted> {
        let wait = locked(&self.budget).next_delay(cause, Instant::now(), fastrand::f64())?;
        let _shown = self.reports.retry(what, wait);
        std::thread::sleep(wait);
        Ok(())
    }

    /// Converts `error` into a user-facing error. `spent`: the retries before it, if any.
    pub fn failure(
        &self,
        error: &TransportError,
        doing: &str,
        spent: Option<BudgetExhausted>,
    ) -> Error {
        let base = self.base();
        let tries = match spent {
            Some(BudgetExhausted::Tries(n)) if n > 0 => format!(" (tried {} times)", n + 1),
            _ => String::new(),
        };
        let timeout = self.settings.timeout.as_secs_f64();
        let (why, countermeasures) = match error {
            TransportError::Unusable(body) => {
                return Error { kind: ErrorKind::Usage, status: None, body: body.clone() };
            }
            TransportError::Connect(why) => (
                format!("{base} cannot be reached: {why}{tries}."),
                "Check the address, the network and its proxies, and that the service runs.",
            ),
            TransportError::Tls(why) => {
                (format!("{base} cannot be trusted: {why}."), tls::advice(why))
            }
            TransportError::ClientCertificateRejected(why) => (
                format!("{base} requires a client certificate that it trusts, but {why}."),
                tls::GET_A_CERTIFICATE,
            ),
            TransportError::Broken(why) => (
                format!("{base} closed the connection: {why}{tries}."),
                "Try again. If it happens again, ask the operator of the service.",
            ),
            TransportError::Timeout => (
                format!("{base} did not answer within {timeout} seconds."),
                "Try again, or increase VDK_CONTROL_HTTP_READ_TIMEOUT_SECONDS.",
            ),
            TransportError::InvalidResponse(what) => (
                format!("Invalid response from {base}: {what}."),
                "Check that the address is the base URL of a Control Service.",
            ),
        };
        let kind = match error {
            TransportError::ClientCertificateRejected(_) => ErrorKind::NotAllowed,
            _ => ErrorKind::Unavailable,
        };
        Error::new(kind, format!("Cannot {doing}."))
            .why(format!("{why} [op id {}]", self.settings.op_id))
            .help(countermeasures)
    }
}

/// Locks what several threads of a program use. A panic of one of them breaks none of it.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The body of a request, zeroed when the client drops its last reference.
struct Zeroed(Zeroizing<String>);

impl AsRef<[u8]> for Zeroed {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Classifies an error of the client, whose requests go through `proxy`.
pub(super) fn transport_error(
    error: reqwest::Error,
    proxy: Option<&str>,
    settings: &HttpSettings,
) -> TransportError {
    let error = error.without_url();
    let parse = causes(&error)
        .any(|cause| cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse));
    let of_tls = of_tls(&error);
    if let Some(why) =
        of_tls.and_then(|error| tls::refusal(error, settings.client_certificate.is_some()))
    {
        TransportError::ClientCertificateRejected(why)
    } else if error.is_connect()
        && let Some(cause) = of_tls
    {
        TransportError::Tls(tls::distrust(cause))
    } else if error.is_connect() {
        let why =
            if error.is_timeout() { "timeout while connecting".into() } else { chain(&error) };
        TransportError::Connect(proxy.map_or(why.clone(), |proxy| proxy::why(proxy, &why)))
    } else if error.is_timeout() {
        TransportError::Timeout
    } else if parse {
        TransportError::InvalidResponse(format!("something that is not HTTP ({})", chain(&error)))
    } else {
        TransportError::Broken(chain(&error))
    }
}

/// Returns the TLS error behind an error. `source` of an I/O error skips what it wraps.
fn of_tls<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    let wrapped = || error.downcast_ref::<io::Error>()?.get_ref().and_then(|inner| of_tls(inner));
    error.downcast_ref().or_else(wrapped).or_else(|| error.source().and_then(of_tls))
}

fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| (**error).source())
}

/// Returns the inner causes as text; the outer ones only say that a request failed.
pub(super) fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut words: Vec<String> = causes(error).skip(1).map(ToString::to_string).collect();
    words.dedup();
    words.retain(|word| word != "client error (Connect)" && word != "tcp connect error");
    if words.is_empty() { error.to_string() } else { words.join(": ") }
}
