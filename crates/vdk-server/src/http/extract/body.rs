//! The body of a write, read within limits of size and time, and validated.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout, timeout_at};
use vdk_api::{Ambiguity, Collection, Document, DocumentError, ambiguity};
use zeroize::Zeroizing;

use crate::http::error::ApiError;

/// Longest time for a whole body.
const TIME: Duration = Duration::from_secs(10);
/// Most bytes of a rejected body that are read, so that its sender gets to read the reason.
const DRAINED: usize = 8 * 1024 * 1024;

/// The body of a write, of which nothing was read yet.
pub struct UnreadDocument {
    body: Body,
    /// The announced length, or the error about the headers.
    announced: Result<Option<usize>, ApiError>,
}

impl<S: Sync> FromRequest<S> for UnreadDocument {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &S) -> Result<Self, Infallible> {
        let (parts, body) = request.into_parts();
        Ok(UnreadDocument { body, announced: acceptable(&parts.headers) })
    }
}

impl UnreadDocument {
    /// Checks what the headers announce. `limit` is in bytes of the document's compact JSON text;
    /// the text as sent may have some white space as well.
    pub async fn limited(self, collection: Collection, limit: usize) -> Result<Unread, ApiError> {
        let unread = |announced| Unread { body: self.body, announced, collection, limit };
        match self.announced {
            Ok(Some(announced)) if announced > most(limit) => {
                Err(unread(None).refuse(too_large(collection, limit)).await)
            }
            Ok(announced) => Ok(unread(announced)),
            Err(problem) => Err(unread(None).refuse(problem).await),
        }
    }
}

/// A body for a document with acceptable headers, of which nothing was read yet.
pub struct Unread {
    body: Body,
    announced: Option<usize>,
    collection: Collection,
    limit: usize,
}

impl Unread {
    /// Returns the most bytes of the body that are held.
    pub fn bytes(&self) -> usize {
        self.announced.unwrap_or(most(self.limit))
    }

    /// Gives the sender time to get to read `problem`.
    pub async fn refuse(mut self, problem: ApiError) -> ApiError {
        drain(&mut self.body).await;
        problem
    }

    /// Reads and validates the document.
    pub async fn document(self) -> Result<Document, ApiError> {
        let too_large = || too_large(self.collection, self.limit);
        parse(&read(self.body, self.announced.unwrap_or(0), most(self.limit), too_large).await?)
    }
}

/// Returns the most bytes of a body for a document of at most `limit` bytes.
pub fn most(limit: usize) -> usize {
    limit.saturating_mul(2).saturating_add(64 * 1024)
}

fn parse(bytes: &[u8]) -> Result<Document, ApiError> {
    const WHAT: &str = "An issue with the JSON body of the request was found";
    let text = std::str::from_utf8(bytes).map_err(|_| {
        ApiError::bad_request(WHAT, "The body is not valid UTF-8 (RFC 8259, section 8.1).")
    })?;
    let invalid = |why: &str| ApiError::bad_request(WHAT, format!("Invalid key/values: {why}"));
    // Parsing reports half of a surrogate pair in a key as invalid JSON, and ignores it in a value.
    let lone = || ambiguity(text).filter(|found| *found == Ambiguity::LoneSurrogate);
    let document = Document::parse(text).map_err(|error| match error {
        DocumentError::NotObject(_) => {
            invalid(&format!("{error}. Key/values are one JSON object."))
        }
        DocumentError::Syntax { .. } => match lone() {
            Some(found) => invalid(&format!("{found}.")),
            None => invalid(&format!("{error}.")),
        },
        _ => invalid(&format!("{error}.")),
    })?;
    match ambiguity(text) {
        Some(found) => Err(invalid(&format!("{found}."))),
        None => Ok(document),
    }
}

/// Reads a small JSON object, for a type that a list of its members' values would fit as well.
pub async fn object(
    body: Body,
    limit: usize,
    what: &'static str,
) -> Result<Zeroizing<Vec<u8>>, ApiError> {
    let bytes = small(body, limit, what).await?;
    let is_object = bytes.trim_ascii_start().starts_with(b"{");
    let ambiguous = std::str::from_utf8(&bytes).ok().and_then(ambiguity);
    match (is_object, ambiguous) {
        (false, _) => Err(ApiError::bad_request(what, "A JSON object is expected.")),
        (true, Some(found)) => Err(ApiError::bad_request(what, format!("Invalid body: {found}."))),
        (true, None) => Ok(bytes),
    }
}

/// Reads a small body of at most `limit` bytes. `what` is the first part of the error.
pub async fn small(
    body: Body,
    limit: usize,
    what: &'static str,
) -> Result<Zeroizing<Vec<u8>>, ApiError> {
    bytes(body, limit).await.map_err(|why| ApiError::bad_request(what, why))
}

/// Reads a body of at most `limit` bytes, or returns why not.
pub async fn bytes(mut body: Body, limit: usize) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    receive(&mut body, 0, limit).await.map_err(|fault| match fault {
        Fault::TooLarge => "The body is too large.",
        Fault::Broken => "The body ended before it was complete.",
        Fault::Late => "The body did not arrive in time.",
    })
}

/// Returns the error for a document of more than `limit` bytes.
pub fn too_large(collection: Collection, limit: usize) -> ApiError {
    let one = match collection {
        Collection::Secrets => "Secret",
        Collection::Properties => "Property",
    };
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!("The {collection} are too large."),
        format!("{one} size exceeds configured limit of:{limit}"),
        "Keep large values in separate files, and store only where they are. The operator can \
         raise the limit.",
    )
}

/// Checks the type of a body, and returns its announced length, if any.
fn acceptable(headers: &HeaderMap) -> Result<Option<usize>, ApiError> {
    // Programs before the service may have gone by another one of two headers.
    let text = |name| {
        let mut all = headers.get_all(name).iter();
        let first = all.next()?.to_str().unwrap_or("?").trim();
        Some(if all.next().is_some() { "?" } else { first })
    };
    let unsupported = |why: &str| {
        ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Unsupported kind of request body.",
            why,
            "Send uncompressed JSON with Content-Type: application/json.",
        )
    };
    let coding = text(header::CONTENT_ENCODING).unwrap_or("identity");
    if !coding.eq_ignore_ascii_case("identity") {
        return Err(unsupported(
            "The body has a Content-Encoding, but compressed bodies are not supported.",
        ));
    }
    let kind = text(header::CONTENT_TYPE).unwrap_or("application/json");
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json =
        kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"));
    if !is_json {
        return Err(unsupported("The Content-Type is not application/json."));
    }
    Ok(text(header::CONTENT_LENGTH).and_then(|length| length.parse().ok()))
}

/// The reason why a body was not received.
enum Fault {
    TooLarge,
    Broken,
    Late,
}

/// Receives a body of at most `most` bytes, with room for `announced` from the start. Holds no more
/// than the bytes, however many frames they come in.
async fn receive(
    body: &mut Body,
    announced: usize,
    most: usize,
) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let deadline = Instant::now() + TIME;
    let mut bytes = Zeroizing::new(Vec::with_capacity(announced));
    loop {
        let frame = match timeout_at(deadline, body.frame()).await {
            Ok(None) => return Ok(bytes),
            Ok(Some(frame)) => frame.map_err(|_| Fault::Broken)?,
            Err(_) => return Err(Fault::Late),
        };
        if let Some(data) = frame.data_ref() {
            if bytes.len() + data.len() > most {
                return Err(Fault::TooLarge);
            }
            append(&mut bytes, data);
        }
    }
}

async fn read(
    mut body: Body,
    announced: usize,
    most: usize,
    too_large: impl Fn() -> ApiError,
) -> Result<Zeroizing<Vec<u8>>, ApiError> {
    match receive(&mut body, announced, most).await {
        Ok(bytes) => Ok(bytes),
        Err(Fault::TooLarge) => {
            drain(&mut body).await;
            Err(too_large())
        }
        Err(Fault::Broken) => Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            "An issue with the JSON body of the request was found",
            "The body ended before it was complete.",
            "Send the request again.",
        )),
        Err(Fault::Late) => Err(ApiError::new(
            StatusCode::REQUEST_TIMEOUT,
            "The body of the request did not arrive in time.",
            format!("It was not complete after {} seconds.", TIME.as_secs()),
            "Retry on a faster connection.",
        )
        .with(header::CONNECTION, "close")),
    }
}

/// Appends `data`. Growing leaves no copy in freed memory.
fn append(bytes: &mut Zeroizing<Vec<u8>>, data: &[u8]) {
    if bytes.capacity() < bytes.len() + data.len() {
        let room = (bytes.len() + data.len()).max(2 * bytes.capacity());
        let mut larger = Zeroizing::new(Vec::with_capacity(room));
        larger.extend_from_slice(bytes);
        *bytes = larger;
    }
    bytes.extend_from_slice(data);
}

/// Reads and discards more for a moment. A connection that is closed while its client still sends
/// is reset, and the client never sees the response.
async fn drain(body: &mut Body) {
    let mut left = DRAINED;
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, |data| data.len()));
            if left == 0 {
                return;
            }
        }
    };
    let _ = timeout(Duration::from_secs(2), reading).await;
}
