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
    /// The identifier that tokens name.
    pub uri: String,
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

/// The error that the provider's keys are unavailable.
pub struct Unavailable;

impl Issuer {
    /// Makes the provider `uri`, reached through `client`. Sends nothing yet.
    pub fn new(uri: String, client: reqwest::Client) -> Self {
        Issuer { uri, client, known: RwLock::default(), turn: Mutex::default() }
    }

    /// Returns the keys that may have signed a token with the key id `id`.
    pub async fn keys(self: &Arc<Self>, id: Option<&str>) -> Result<Vec<Key>, Unavailable> {
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
                Ok(found)
            }
            _ => {
                self.refresh(self.turn.lock().await).await;
                let known = self.known();
                if known.read.is_some_and(|read| read.elapsed() < STALE) {
                    Ok(known.named(id))
                } else {
                    Err(Unavailable)
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
                tracing::warn!(issuer = self.uri, "cannot fetch the keys of the issuer: {why}");
            }
        }
        *turn = Some(Instant::now());
    }

    fn known(&self) -> Known {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn fetch(&self) -> Result<Vec<(Option<String>, Key)>, String> {
        #[derive(Deserialize)]
        struct Discovery {
            issuer: String,
            jwks_uri: String,
        }
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let uri = self.uri.trim_end_matches('/');
        let found = self.get(&format!("{uri}/.well-known/openid-configuration")).await?;
        let found: Discovery = serde_json::from_slice(&found)
            .map_err(|_| "the response is not an OpenID configuration")?;
        if found.issuer != self.uri {
            return Err(format!("its configuration names another issuer: {}", found.issuer));
        }
        let is_plain = found.jwks_uri.starts_with("http:");
        if is_plain && self.uri.starts_with("https:") {
            return Err("the address of its keys (jwks_uri) is not https".into());
        }
        let set = self.get(&found.jwks_uri).await?;
        let set: Set = serde_json::from_slice(&set).map_err(|_| "the response is not a key set")?;
        let keys = set.keys.iter().take(KEYS).filter_map(|jwk| {
            let id = jwk.get("kid").and_then(Value::as_str).map(String::from);
            Some((id, Key::from_jwk(jwk)?))
        });
        Ok(keys.collect())
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
