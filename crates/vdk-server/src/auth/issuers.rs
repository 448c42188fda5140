//! The trusted identity providers and their keys, which OpenID Connect Discovery 1.0 finds. Keys
//! are cached, and requested again if a token names an unknown one, but not at the rate at which
//! such tokens come.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use super::jwt::Key;
use super::notices::shown;
use crate::settings::{JwtRules, TrustedIssuer};

/// Age from which keys are requested again, so that a revoked one is soon rejected.
const FRESH: Duration = Duration::from_secs(600);
/// Age up to which keys are valid if their provider does not respond.
const STALE: Duration = Duration::from_secs(24 * 3600);
/// Shortest time between two attempts.
const PAUSE: Duration = Duration::from_secs(5);
/// Most keys, and most bytes of a response.
const KEYS: usize = 64;
const BYTES: usize = 1024 * 1024;

/// An identity provider.
pub struct Issuer {
    trusted: TrustedIssuer,
    client: reqwest::Client,
    known: RwLock<Known>,
    /// Lock of the task that requests the keys; holds the time of the last attempt.
    turn: Mutex<Option<Instant>>,
}

#[derive(Clone, Default)]
struct Known {
    keys: Vec<(Option<String>, Key)>,
    read: Option<Instant>,
}

/// The keys that may have signed a token.
pub struct Keys {
    /// The keys; empty if the token names an unknown one.
    pub keys: Vec<Key>,
    /// True if the provider was asked just now, so that an unknown key is not a new one.
    pub is_fresh: bool,
}

/// The error that the provider's keys are unavailable.
pub struct Unavailable;

/// Makes the client that reaches the providers of `rules`.
pub fn client(rules: &JwtRules) -> Result<reqwest::Client, String> {
    let client = |https: bool| crate::tls::client(https, rules.ca.as_deref());
    match rules.uses_https() {
        // Without authorities, keys over TLS fail when they are fetched, and say why.
        false if rules.discovers() => client(true).or_else(|_| client(false)),
        is_https => client(is_https),
    }
}

impl Issuer {
    /// Makes a provider that is reached through `client`. Sends nothing yet.
    pub fn new(trusted: TrustedIssuer, client: reqwest::Client) -> Self {
        Issuer { trusted, client, known: RwLock::default(), turn: Mutex::default() }
    }

    /// Returns whether tokens that name `issuer` may be of this provider.
    pub fn is_for(&self, issuer: &str) -> bool {
        self.trusted.uri.as_deref().is_none_or(|uri| uri == issuer)
    }

    /// Requests the keys for the first time, and logs if that fails.
    pub async fn try_out(&self) {
        self.refresh(self.turn.lock().await).await;
    }

    /// Returns the keys that may have signed a token with the key id `id`.
    pub async fn keys(self: &Arc<Self>, id: Option<&str>) -> Result<Keys, Unavailable> {
        let known = self.known();
        let found = known.named(id);
        match known.read.map(|read| read.elapsed()) {
            Some(age) if !found.is_empty() && age < STALE => {
                if age >= FRESH {
                    // No request waits for a refresh that is only a precaution.
                    let own = self.clone();
                    tokio::spawn(async move {
                        if let Ok(turn) = own.turn.try_lock() {
                            own.refresh(turn).await;
                        }
                    });
                }
                Ok(Keys { keys: found, is_fresh: age < PAUSE })
            }
            _ => {
                self.refresh(self.turn.lock().await).await;
                let known = self.known();
                match known.read.map(|read| read.elapsed()) {
                    Some(age) if age < STALE => {
                        Ok(Keys { keys: known.named(id), is_fresh: age <= PAUSE })
                    }
                    _ => Err(Unavailable),
                }
            }
        }
    }

    /// Requests the keys, unless that was just done.
    async fn refresh(&self, mut turn: MutexGuard<'_, Option<Instant>>) {
        if turn.is_some_and(|tried| tried.elapsed() < PAUSE) {
            return;
        }
        match self.fetch().await {
            Ok(keys) => {
                let read = Some(Instant::now());
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = Known { keys, read };
            }
            Err(why) => {
                let named = self.trusted.uri.as_ref().or(self.trusted.key_set.as_ref());
                let issuer = named.map(String::as_str).unwrap_or_default();
                tracing::warn!(issuer, "cannot fetch the keys of the issuer: {why}");
            }
        }
        *turn = Some(Instant::now());
    }

    fn known(&self) -> Known {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn fetch(&self) -> Result<Vec<(Option<String>, Key)>, String> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let set = match (&self.trusted.key_set, &self.trusted.uri) {
            (Some(given), _) => self.get(given).await?,
            (None, Some(uri)) => self.get(&self.discover(uri).await?).await?,
            (None, None) => return Err("no address of its keys is set".into()),
        };
        let set: Set = serde_json::from_slice(&set).map_err(|_| "the response is not a key set")?;
        let keys = set.keys.iter().take(KEYS).filter_map(|jwk| {
            let id = jwk.get("kid").and_then(Value::as_str).map(String::from);
            Some((id, Key::from_jwk(jwk)?))
        });
        Ok(keys.collect())
    }

    /// Returns the address of the keys of `issuer`, which its configuration names.
    async fn discover(&self, issuer: &str) -> Result<String, String> {
        #[derive(Deserialize)]
        struct Discovery {
            issuer: String,
            jwks_uri: String,
        }
        let uri = issuer.trim_end_matches('/');
        let found = self.get(&format!("{uri}/.well-known/openid-configuration")).await?;
        let found: Discovery = serde_json::from_slice(&found)
            .map_err(|_| "the response is not an OpenID configuration")?;
        if found.issuer != issuer {
            return Err(format!(
                "its configuration names another issuer: {}. Set \
                 spring.security.oauth2.resourceserver.jwt.issuer-uri to exactly what tokens have \
                 in iss",
                shown(&found.issuer)
            ));
        }
        if found.jwks_uri.starts_with("http:") && issuer.starts_with("https:") {
            return Err("the address of its keys (jwks_uri) is not https".into());
        }
        Ok(found.jwks_uri)
    }

    async fn get(&self, url: &str) -> Result<Vec<u8>, String> {
        let lost = |error: reqwest::Error| {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            format!("{error}{}", cause.unwrap_or_default())
        };
        let mut response = self.client.get(url).send().await.map_err(lost)?;
        if !response.status().is_success() {
            return Err(format!("{url} answered {}", response.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(lost)? {
            body.extend_from_slice(&part);
            if body.len() > BYTES {
                return Err(format!("the response of {url} is too large"));
            }
        }
        Ok(body)
    }
}

impl Known {
    /// Returns the keys with this id. A missing id, of the token or of a key, matches any.
    fn named(&self, id: Option<&str>) -> Vec<Key> {
        let fits =
            |of: &Option<String>| id.is_none() || of.as_deref().is_none_or(|of| id == Some(of));
        self.keys.iter().filter(|(of, _)| fits(of)).map(|(_, key)| key.clone()).collect()
    }
}
