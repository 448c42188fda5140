//! A service's response, read completely within limits, and described without quoting it.

use std::time::{Duration, Instant, SystemTime};

use reqwest::Response;
use reqwest::header::{self, HeaderMap};
use tokio::time::timeout_at;
use vdk_api::{ErrorBody, MAX_BODY_BYTES, NOT_KNOWN_HEADER};
use zeroize::Zeroizing;

use super::client::TransportError;
use super::runtime::runtime;

/// Most bytes of all headers of a response together.
const MAX_HEADER_BYTES: usize = 64 * 1024;
/// Most bytes that are read of an error's body.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// A complete response.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The strong entity tag with its quotes, if there is one (RFC 9110, section 8.8.3).
    pub etag: Option<String>,
    /// The delay that the service asks for.
    pub retry_after: Option<Duration>,
    /// True if the service says that a failed write may have been stored.
    pub perhaps_stored: bool,
    /// The target of a redirect.
    pub location: Option<String>,
    /// The body, with the transfer coding removed.
    pub body: Zeroizing<Vec<u8>>,
    /// The requested URL.
    pub url: String,
}

impl Answer {
    /// Reads a response that was not sent over a connection, by the rules of [`Answer::read`]. Leaves
    /// out headers with invalid names or values.
    #[doc(hidden)]
    pub fn of(
        status: u16,
        headers: impl IntoIterator<Item = (Vec<u8>, Vec<u8>)>,
        body: Vec<u8>,
    ) -> Result<Self, TransportError> {
        let response = super::response(status, headers, body);
        let deadline = Instant::now() + Duration::from_secs(60);
        let runtime = runtime().map_err(|error| TransportError::Broken(error.to_string()))?;
        runtime.block_on(Answer::read(response.into(), "http://127.0.0.1:9/x", deadline))
    }

    /// Reads `response` to its end, but not past `deadline` or the limits.
    pub async fn read(
        mut response: Response,
        url: &str,
        deadline: Instant,
    ) -> Result<Self, TransportError> {
        let status = response.status().as_u16();
        let is_success = response.status().is_success();
        let headers = response.headers();
        let size: usize = headers.iter().map(|(k, v)| k.as_str().len() + v.len() + 4).sum();
        let compressed = text(headers, header::CONTENT_ENCODING)
            .is_some_and(|coding| !coding.eq_ignore_ascii_case("identity"));
        if is_success && size > MAX_HEADER_BYTES {
            return Err(TransportError::InvalidResponse(format!("headers of {size} bytes")));
        }
        if is_success && compressed {
            return Err(TransportError::InvalidResponse(
                "a compressed body that was not asked for".into(),
            ));
        }
        let etag = text(headers, header::ETAG).filter(|tag| tag.starts_with('"'));
        let retry_after = text(headers, header::RETRY_AFTER).and_then(|text| retry_after(&text));
        let location = text(headers, header::LOCATION);
        let perhaps_stored = headers.contains_key(NOT_KNOWN_HEADER);
        let limit = if is_success { MAX_BODY_BYTES } else { MAX_ERROR_BYTES };
        let announced = response.content_length().and_then(|n| usize::try_from(n).ok());
        if is_success && announced.is_some_and(|n| n > limit) {
            return Err(too_large());
        }
        let mut body = Zeroizing::new(Vec::with_capacity(announced.unwrap_or(0).min(limit) + 1));
        loop {
            match timeout_at(deadline.into(), response.chunk()).await {
                // An error's status counts more than its body.
                Err(_) if !is_success => break,
                Err(_) => return Err(TransportError::Timeout),
                Ok(Ok(None)) => break,
                // An error's status is enough, and a compressed body cannot be read.
                Ok(Ok(Some(_))) if compressed => break,
                Ok(Ok(Some(part))) if body.len() + part.len() > limit => {
                    if is_success {
                        return Err(too_large());
                    }
                    let room = limit - body.len();
                    append(&mut body, &part[..room]);
                    break;
                }
                Ok(Ok(Some(part))) => append(&mut body, &part),
                Ok(Err(_)) if !is_success => break,
                Ok(Err(error)) if error.is_timeout() => return Err(TransportError::Timeout),
                Ok(Err(_)) => {
                    let read = body.len();
                    return Err(TransportError::InvalidResponse(format!(
                        "a body that was cut after {read} bytes"
                    )));
                }
            }
        }
        let url = url.to_string();
        Ok(Answer { status, etag, retry_after, perhaps_stored, location, body, url })
    }

    /// Describes the body by kind and size, without quoting it.
    pub fn describe(&self) -> String {
        let kind = match std::str::from_utf8(&self.body) {
            _ if self.body.is_empty() => return "an empty body".into(),
            Err(_) => "data that is not UTF-8",
            Ok(_) if self.is_html() => "HTML",
            Ok(text) if text.starts_with('\u{feff}') => "text with a byte order mark",
            Ok(text) => match vdk_api::json::describe(text) {
                "no JSON" => "text",
                "nothing" => "white space",
                kind => return format!("{kind} in JSON, {} bytes", self.body.len()),
            },
        };
        format!("{kind}, {} bytes", self.body.len())
    }

    /// Returns the body if it is plain text: no web page, and no JSON.
    pub fn plain_text(&self) -> Option<&str> {
        let text = std::str::from_utf8(&self.body).ok()?;
        let is_text = vdk_api::json::describe(text) == "no JSON" && !self.is_html();
        is_text.then_some(text)
    }

    /// Returns true if the body is a web page.
    pub fn is_html(&self) -> bool {
        self.body.trim_ascii_start().first() == Some(&b'<')
    }

    /// Returns the four parts of an error, if the body has them; missing ones are empty.
    pub fn error_body(&self) -> Option<ErrorBody> {
        #[derive(serde::Deserialize)]
        struct Partial {
            what: Option<String>,
            why: Option<String>,
            consequences: Option<String>,
            countermeasures: Option<String>,
        }
        let body: Partial = serde_json::from_slice(&self.body).ok()?;
        let body = ErrorBody::new(
            body.what.unwrap_or_default(),
            body.why.unwrap_or_default(),
            body.consequences.unwrap_or_default(),
            body.countermeasures.unwrap_or_default(),
        );
        (!body.what.is_empty() || !body.why.is_empty()).then_some(body)
    }
}

fn too_large() -> TransportError {
    TransportError::InvalidResponse(format!(
        "a body larger than {} MiB",
        MAX_BODY_BYTES / 1024 / 1024
    ))
}

/// Appends, and zeroes the memory that a growing body leaves behind.
fn append(body: &mut Zeroizing<Vec<u8>>, bytes: &[u8]) {
    if body.len() + bytes.len() > body.capacity() {
        let mut larger = Zeroizing::new(Vec::with_capacity(2 * (body.len() + bytes.len())));
        larger.extend_from_slice(body);
        *body = larger;
    }
    body.extend_from_slice(bytes);
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_string)
}

/// Parses seconds or a date (RFC 9110, section 10.2.3); ignores anything else.
fn retry_after(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}
