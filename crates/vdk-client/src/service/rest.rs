//! Key/values in a Control Service, over its REST API.

use secrecy::ExposeSecret;
use vdk_api::{
    Collection, Document, ErrorBody, Owner, Version, Versions, key_values_path, metadata_path,
    versions_path,
};
use zeroize::Zeroizing;

use super::redaction::Redaction;
use super::{Service, Snapshot, Written};
use crate::http::{Answer, BudgetExhausted, Cause, Http, TransportError, in_words};
use crate::{Error, ErrorKind, NOTHING_CHANGED};

/// A job's key/values in a Control Service.
pub struct RestService {
    http: Http,
    path: String,
    versions_path: String,
    subject: String,
    login_expired: bool,
}

impl RestService {
    /// Creates the service for `owner`. `login_expired`: there was a login, and it has expired.
    pub fn new(http: Http, owner: &Owner, collection: Collection, login_expired: bool) -> Self {
        RestService {
            http,
            path: key_values_path(owner, collection),
            versions_path: versions_path(owner, collection),
            subject: format!("the {collection} of job '{}' (team '{}')", owner.job, owner.team),
            login_expired,
        }
    }

    /// Creates the service for the metadata of the secrets of `owner`.
    pub fn of_metadata(http: Http, owner: &Owner, login_expired: bool) -> Self {
        let secrets = RestService::new(http, owner, Collection::Secrets, login_expired);
        let subject = format!("the metadata of {}", secrets.subject);
        let path = metadata_path(owner);
        RestService { versions_path: format!("{path}/versions"), path, subject, ..secrets }
    }

    fn document(&self, answer: &Answer, doing: &str) -> Result<Document, Error> {
        let text = std::str::from_utf8(&answer.body)
            .map_err(|_| self.invalid_response(answer, doing, "it is not UTF-8"))?;
        Document::parse(text)
            .map_err(|error| self.invalid_response(answer, doing, &error.to_string()))
    }

    fn snapshot(&self, answer: Answer, doing: &str) -> Result<Snapshot, Error> {
        let document = self.document(&answer, doing)?;
        let version = version(&answer);
        Ok(Snapshot { document, is_readable: true, tag: answer.etag, version })
    }

    fn invalid_response(&self, answer: &Answer, doing: &str, why: &str) -> Error {
        let what = format!("{} ({why}) at {}", answer.describe(), answer.url);
        self.http.failure(&TransportError::InvalidResponse(what), doing, None)
    }

    fn refused(&self, answer: &Answer, doing: &str, sent: Option<&Document>) -> Error {
        refusal(&self.http, answer, &format!("{doing} {}", self.subject), sent, self.login_expired)
    }
}

impl Service for RestService {
    fn place(&self) -> String {
        self.http.base().to_string()
    }

    fn read(&self) -> Result<Snapshot, Error> {
        let doing = format!("read {}", self.subject);
        let answer = get_answer(&self.http, &self.path, &doing, self.login_expired)?;
        self.snapshot(answer, &doing)
    }

    fn read_unless(&self, version: u64) -> Result<Option<Snapshot>, Error> {
        let doing = format!("read {}", self.subject);
        let tag = format!("\"{version}\"");
        let get = || self.http.get_unless(&self.path, Some(&tag));
        let is_final = |answer: &Answer| matches!(answer.status, 200 | 304);
        let answer = get_final(&self.http, get, &doing, self.login_expired, is_final)?;
        // Services without versions, and those that do not know the header, answer with the key/values.
        if answer.status == 304 || self::version(&answer) == Some(version) {
            return Ok(None);
        }
        self.snapshot(answer, &doing).map(Some)
    }

    fn read_to_replace(&self) -> Result<Snapshot, Error> {
        let doing = format!("read {}", self.subject);
        // The tag of an error is that of the version that cannot be read.
        let is_final = |answer: &Answer| {
            answer.status == 200 || answer.status == 500 && version(answer).is_some()
        };
        let get = || self.http.get(&self.path);
        let answer = get_final(&self.http, get, &doing, self.login_expired, is_final)?;
        match answer.status {
            200 => self.snapshot(answer, &doing),
            _ => Ok(Snapshot {
                document: Document::default(),
                is_readable: false,
                version: version(&answer),
                tag: answer.etag,
            }),
        }
    }

    fn versions(&self) -> Result<Vec<Version>, Error> {
        let doing = format!("read the versions of {}", self.subject);
        match get_answer(&self.http, &self.versions_path, &doing, self.login_expired) {
            Ok(answer) => match serde_json::from_slice::<Versions>(&answer.body) {
                Ok(versions) => Ok(versions.versions),
                Err(_) => {
                    Err(self.invalid_response(&answer, &doing, "it is not a list of versions"))
                }
            },
            Err(failure) if failure.kind == ErrorKind::NotFound => {
                let place = self.place();
                Err(Error::new(ErrorKind::Unavailable, format!("Cannot {doing}."))
                    .why(format!("{place} keeps no versions, or is not a Control Service."))
                    .help("The Control Service of this vdk keeps versions, and so does -u local."))
            }
            Err(failure) => Err(failure),
        }
    }

    fn read_version(&self, version: u64) -> Result<Document, Error> {
        let doing = format!("read version {version} of {}", self.subject);
        let path = format!("{}?version={version}", self.path);
        let answer =
            get_answer(&self.http, &path, &doing, self.login_expired).map_err(|failure| {
                if failure.kind == ErrorKind::NotFound { super::not_kept(version) } else { failure }
            })?;
        // A service that does not know the parameter returns the current version.
        if answer.etag != Some(format!("\"{version}\"")) {
            return Err(self.invalid_response(&answer, &doing, "it is another version"));
        }
        self.document(&answer, &doing)
    }

    fn write(&self, document: &Document, tag: Option<&str>) -> Written {
        self.outcome(self.http.put(&self.path, document.to_json(), tag), document, tag)
    }

    fn wait(&self, cause: Cause, what: &str) -> Result<(), BudgetExhausted> {
        self.http.wait(cause, what)
    }
}

impl RestService {
    /// Interprets the response to a PUT of `document`.
    fn outcome(
        &self,
        answer: Result<Answer, TransportError>,
        document: &Document,
        tag: Option<&str>,
    ) -> Written {
        let doing = format!("write {}", self.subject);
        let failure = |error: &TransportError| self.http.failure(error, &doing, None);
        match answer {
            Ok(answer) => match answer.status {
                200..=299 if answer.is_html() => {
                    let page = TransportError::InvalidResponse(format!(
                        "{} at {}",
                        answer.describe(),
                        answer.url
                    ));
                    Written::Unknown(failure(&page), None)
                }
                200..=299 => Written::Stored {
                    conditional: tag.is_some() && answer.etag.is_some(),
                    version: version(&answer),
                },
                412 if tag.is_some() => Written::Conflict,
                503 if answer.perhaps_stored => Written::Unknown(
                    self.refused(&answer, "write", Some(document)),
                    Some(Cause::Status(answer.retry_after)),
                ),
                429 | 503 => Written::NotNow(
                    self.refused(&answer, "write", Some(document)),
                    Cause::Status(answer.retry_after),
                ),
                502 | 504 => Written::Unknown(
                    self.refused(&answer, "write", Some(document)),
                    Some(Cause::Status(answer.retry_after)),
                ),
                // It failed in the middle of something, possibly the write.
                500 | 505.. => {
                    Written::Unknown(self.refused(&answer, "write", Some(document)), None)
                }
                _ => Written::Refused(self.refused(&answer, "write", Some(document))),
            },
            Err(error @ TransportError::Connect(_)) => {
                Written::NotNow(failure(&error), Cause::Connect)
            }
            Err(
                error @ (TransportError::Tls(_) | TransportError::ClientCertificateRejected(_)),
            ) => Written::Refused(failure(&error)),
            Err(error) => Written::Unknown(failure(&error), Some(Cause::Read)),
        }
    }

    /// Returns the result of a read with this response.
    #[doc(hidden)]
    pub fn on_read(&self, answer: Answer) -> Result<Document, Error> {
        match answer.status {
            200 => self.snapshot(answer, "read").map(|snapshot| snapshot.document),
            _ => Err(self.refused(&answer, "read", None)),
        }
    }

    /// Returns the result of a write of `sent` with this response.
    #[doc(hidden)]
    pub fn on_write(&self, answer: Answer, sent: &Document, tag: Option<&str>) -> Written {
        self.outcome(Ok(answer), sent, tag)
    }
}

/// Returns the number of the version that an answer is about. Services that keep versions use their
/// numbers as tags.
fn version(answer: &Answer) -> Option<u64> {
    answer.etag.as_ref().and_then(|tag| tag.trim_matches('"').parse().ok())
}

/// Sends GET `path` until the status is 200, within the command's retry budget.
pub fn get_answer(
    http: &Http,
    path: &str,
    doing: &str,
    login_expired: bool,
) -> Result<Answer, Error> {
    get_final(http, || http.get(path), doing, login_expired, |answer| answer.status == 200)
}

fn get_final(
    http: &Http,
    get: impl Fn() -> Result<Answer, TransportError>,
    doing: &str,
    login_expired: bool,
    is_final: impl Fn(&Answer) -> bool,
) -> Result<Answer, Error> {
    loop {
        let base = http.base();
        match get() {
            Ok(answer) if is_final(&answer) => return Ok(answer),
            Ok(answer) => {
                let refused = || refusal(http, &answer, doing, None, login_expired);
                if !matches!(answer.status, 429 | 502 | 503 | 504) {
                    return Err(refused());
                }
                let what = format!("{base} answered {}", answer.status);
                match http.wait(Cause::Status(answer.retry_after), &what) {
                    Ok(()) => {}
                    Err(spent) => return Err(after(refused(), spent)),
                }
            }
            Err(error) => {
                let (cause, why) = match &error {
                    TransportError::Connect(why) => (Cause::Connect, why),
                    TransportError::Broken(why) => (Cause::Read, why),
                    _ => return Err(http.failure(&error, doing, None)),
                };
                if let Err(spent) = http.wait(cause, &format!("{base}: {why}")) {
                    return Err(http.failure(&error, doing, Some(spent)));
                }
            }
        }
    }
}

/// Sends a request that changes anything but key/values, once.
pub fn change(
    http: &Http,
    verb: &str,
    path: &str,
    body: Option<String>,
    doing: &str,
    login_expired: bool,
) -> Result<(), Error> {
    let answer = match (verb, body) {
        ("DELETE", _) => http.delete(path),
        (_, body) => http.put(path, Zeroizing::new(body.unwrap_or_default()), None),
    };
    match answer {
        Ok(answer) if matches!(answer.status, 200..=299) && !answer.is_html() => Ok(()),
        Ok(answer) => Err(refusal(http, &answer, doing, None, login_expired)),
        Err(error) => Err(http.failure(&error, doing, None)),
    }
}

/// Adds to a failure why there is no further retry.
pub fn after(mut failure: Error, spent: BudgetExhausted) -> Error {
    match spent {
        BudgetExhausted::Tries(0) => {}
        BudgetExhausted::Tries(n) => {
            failure.body.why.push_str(&format!(" (tried {} times)", n + 1))
        }
        BudgetExhausted::Wait(wait) => {
            let wait = in_words(wait);
            failure.body.why.push_str(&format!(" (it asks to wait {wait})"));
            let advice = &failure.body.countermeasures;
            let vague = ["Try again later. ", "Retry in a moment. "];
            let rest = vague.iter().find_map(|time| advice.strip_prefix(time)).unwrap_or(advice);
            failure.body.countermeasures = format!("Try again in {wait}. {rest}");
        }
    }
    failure
}

/// Converts an error response into a user-facing error.
fn refusal(
    http: &Http,
    answer: &Answer,
    doing: &str,
    sent: Option<&Document>,
    login_expired: bool,
) -> Error {
    let status = answer.status;
    let exit = match status {
        401 | 403 => ErrorKind::NotAllowed,
        404 => ErrorKind::NotFound,
        409 | 412 => ErrorKind::Conflict,
        400 | 413 | 414 | 422 | 431 => ErrorKind::Usage,
        _ => ErrorKind::Unavailable,
    };
    let advice = match status {
        401 if login_expired => "The saved login has expired. Log in again: vdk login",
        401 => "Log in: vdk login. Where nobody can, set VDK_API_TOKEN.",
        403 => "Ask a manager of the team for access, or log in as somebody who has it.",
        404 => "Check the base URL, and the spelling of team and job.",
        413 => "Keep large values elsewhere, or ask the operator for a higher limit.",
        300..=399 => "If you trust the target of the redirect, give its address with -u.",
        429 | 500..=599 => {
            "Try again later. If it happens again, report the op id to the operator."
        }
        _ => "Check the address and the names. Report the op id to the operator.",
    };
    let token = http.token();
    let redact = Redaction::new(sent, token.as_ref().map(|token| token.expose_secret()));
    let body = answer.error_body().map_or_else(ErrorBody::default, |body| ErrorBody {
        what: redact.clean(body.what),
        why: redact.clean(body.why),
        consequences: redact.clean(body.consequences),
        countermeasures: redact.clean(body.countermeasures),
    });
    let said = match &answer.location {
        Some(target) if (300..400).contains(&status) => {
            let target = redact.clean(target.clone());
            format!("it redirects to {target}, and redirects are not followed")
        }
        _ if body.why.is_empty() => match answer.plain_text() {
            Some(text) => {
                let text: String = redact.clean(text.trim().into()).chars().take(500).collect();
                format!("'{text}'")
            }
            None => answer.describe(),
        },
        _ => body.why,
    };
    let size = match sent {
        Some(document) if status == 413 => {
            format!(" (the {} keys have {} bytes)", document.len(), document.to_json().len())
        }
        _ => String::new(),
    };
    let or = |part: String, other: &str| if part.is_empty() { other.to_string() } else { part };
    Error::new(exit, or(body.what, &format!("Cannot {doing}.")))
        .status(status)
        .why(format!("{} answered {status}: {said}{size} [op id {}]", answer.url, http.op_id()))
        .consequences(or(body.consequences, NOTHING_CHANGED))
        .help(or(body.countermeasures, advice))
}
