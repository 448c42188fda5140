//! The original service's authorization webhook: another service decides on requests. The request's
//! body is the original's, except that the job is always that of the path, and the new team is the
//! team itself, because nothing here moves a job.

use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;
use vdk_platform::is_loopback;

use crate::settings::WebhookSettings;

/// Time for which a token for the webhook is used.
const TOKEN_LIFE: Duration = Duration::from_secs(60);
/// Time for which a token provider that has just failed is not asked again.
const AFTER_FAULT: Duration = Duration::from_secs(1);
/// Most bytes of a response that are read, and most characters of it that are passed on.
const ANSWER: usize = 64 * 1024;
const SHOWN: usize = 500;

/// The user and the operation that the webhook decides on.
pub struct Question<'a> {
    /// The user.
    pub user: &'a str,
    /// The team of the path.
    pub team: &'a str,
    /// The job of the path; empty if there is none.
    pub job: &'a str,
    /// The path, encoded as received.
    pub path: &'a str,
    /// The method.
    pub method: &'a str,
    /// The user's own token, if the webhook needs it.
    pub token: Option<&'a SecretString>,
}

/// The result if the webhook does not allow a request.
#[derive(Debug, PartialEq, Eq)]
pub enum No {
    /// The webhook denies the request, with this status and text.
    Denied(u16, String),
    /// The webhook is unavailable or fails.
    Unavailable(String),
}

/// The service that decides.
pub struct Webhook {
    settings: WebhookSettings,
    client: reqwest::Client,
    token: Mutex<Option<(Instant, Result<SecretString, String>)>>,
}

#[derive(Serialize)]
struct Body<'a> {
    requester_user_id: &'a str,
    requested_resource_team: &'a str,
    requested_resource_name: &'static str,
    requested_resource_id: &'a str,
    requested_http_path: &'a str,
    requested_http_verb: &'a str,
    requested_resource_new_team: &'a str,
    requested_permission: &'static str,
}

impl Webhook {
    /// Makes a client for the service in `settings`.
    pub fn new(settings: WebhookSettings) -> Result<Self, String> {
        let urls =
            std::iter::once(&settings.endpoint).chain(settings.token.as_ref().map(|of| &of.0));
        let is_open = |url: &String| {
            Url::parse(url).is_ok_and(|url| url.scheme() == "http" && !is_loopback(&url))
        };
        if urls.into_iter().any(is_open) {
            tracing::warn!(
                "the authorization webhook is plain http: whoever is on the network can answer in its \
                 place, and read the tokens that it gets"
            );
        }
        let client = crate::tls::client(settings.uses_https(), settings.ca.as_deref())?;
        Ok(Webhook { settings, client, token: Mutex::default() })
    }

    /// Returns whether the webhook gets the user's own token.
    pub fn wants_token(&self) -> bool {
        self.settings.authenticates && self.settings.token.is_none()
    }

    /// Asks the webhook.
    pub async fn ask(&self, question: &Question<'_>) -> Result<(), No> {
        let body = Body {
            requester_user_id: question.user,
            requested_resource_team: question.team,
            requested_resource_name: "data-job",
            requested_resource_id: question.job,
            requested_http_path: question.path,
            requested_http_verb: question.method,
            requested_resource_new_team: question.team,
            requested_permission: if question.method == "GET" { "read" } else { "write" },
        };
        let body =
            serde_json::to_string(&body).map_err(|error| No::Unavailable(error.to_string()))?;
        let token = match (self.settings.authenticates, &self.settings.token) {
            (false, _) => None,
            (true, Some(_)) => Some(self.own_token().await.map_err(No::Unavailable)?),
            (true, None) => question.token.cloned(),
        };
        let mut tries = 0;
        loop {
            let mut request = self
                .client
                .post(&self.settings.endpoint)
                .header("Content-Type", "application/json")
                .body(body.clone());
            if let Some(token) = &token {
                request = request.bearer_auth(token.expose_secret());
            }
            let answer = self.send(request).await;
            match answer {
                Ok((200..=299, _)) => return Ok(()),
                // The webhook rejects the service's own token, not the user's.
                Ok((401, _)) if self.settings.token.is_some() => {
                    *self.token.lock().await = None;
                    return Err(No::Unavailable(
                        "the webhook denies access to this service".into(),
                    ));
                }
                Ok((status @ 400..=499, text)) => return Err(No::Denied(status, words(&text))),
                Ok((500..=599, _)) if tries < self.settings.retries => tries += 1,
                Ok((status, _)) => {
                    return Err(No::Unavailable(format!("the webhook answered {status}")));
                }
                Err(why) => {
                    return Err(No::Unavailable(format!("the webhook is unavailable: {why}")));
                }
            }
        }
    }

    /// Returns a token for the refresh token of the settings. The form is the original service's.
    async fn own_token(&self) -> Result<SecretString, String> {
        let Some((url, refresh)) = &self.settings.token else {
            return Err("no token for the webhook is set".into());
        };
        let mut kept = self.token.lock().await;
        if let Some((since, token)) = &*kept
            && since.elapsed() < if token.is_ok() { TOKEN_LIFE } else { AFTER_FAULT }
        {
            return token.clone();
        }
        let token = self.fetch_token(url, refresh).await;
        *kept = Some((Instant::now(), token.clone()));
        token
    }

    async fn fetch_token(&self, url: &str, refresh: &SecretString) -> Result<SecretString, String> {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("refresh_token", refresh.expose_secret())
            .finish();
        let request = self
            .client
            .post(url)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("Accept", "application/json")
            .body(form);
        let (status, text) = self.send(request).await?;
        let found: Value = serde_json::from_slice(&text).unwrap_or_default();
        let token = found["access_token"].as_str().filter(|_| status == 200);
        let token = token.ok_or_else(|| {
            format!("the token endpoint of the webhook returned no token ({status})")
        })?;
        Ok(SecretString::from(token))
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<(u16, Vec<u8>), String> {
        let lost = |error: reqwest::Error| error.without_url().to_string();
        let mut response = request.send().await.map_err(lost)?;
        let (status, mut text) = (response.status().as_u16(), Vec::new());
        while let Some(part) = response.chunk().await.map_err(lost)? {
            text.extend_from_slice(&part);
            if text.len() > ANSWER {
                break;
            }
        }
        Ok((status, text))
    }
}

/// Returns the webhook's text for the client.
fn words(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let clean = text.chars().filter(|c| !c.is_control()).take(SHOWN).collect::<String>();
    if clean.trim().is_empty() {
        "The authorization webhook denies the request.".into()
    } else {
        clean
    }
}
