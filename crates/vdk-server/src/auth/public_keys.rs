//! The public parts of the keys that sign access tokens, kept with the properties. With them, a
//! service that starts while Vault is unavailable checks tokens, and other services check those that
//! it signs.
//!
//! This adds no way in. The parts are public, so reading them is of no use. Who can write to the
//! storage of the properties could add a key here and sign tokens by it, but could as well add an
//! API token or a grant, which are in the same storage.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vdk_api::Author;

use super::cached_document::Record;
use super::jwt::Key;
use crate::storage::StorageError;

/// Most keys in the list. A service that keeps restarting without Vault adds one each time.
const MOST: usize = 100;

/// The list, oldest first.
#[derive(Default, Serialize, Deserialize)]
pub struct PublicKeys {
    #[serde(default)]
    keys: Vec<PublicKey>,
}

/// A public key.
#[derive(Clone, Serialize, Deserialize)]
pub struct PublicKey {
    /// Its id.
    pub id: String,
    /// The key, in base64.
    pub public: String,
    /// The time at which tokens signed by it are no longer accepted, in seconds since 1970.
    pub until: i64,
}

impl PublicKey {
    /// Returns the key as a JWK (RFC 8037).
    pub fn jwk(&self) -> Value {
        json!({
            "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
            "kid": self.id, "x": self.public,
        })
    }
}

impl PublicKeys {
    /// Returns the key with this id, if it is still accepted.
    pub fn find(&self, id: &str, now: i64) -> Option<Key> {
        let found = self.valid(now).find(|key| key.id == id)?;
        Key::from_jwk(&found.jwk())
    }

    /// Returns the keys that are still accepted.
    pub fn valid(&self, now: i64) -> impl Iterator<Item = &PublicKey> {
        self.keys.iter().filter(move |key| key.until > now)
    }

    fn add(&mut self, keys: &[PublicKey], now: i64) {
        let added: HashSet<&str> = keys.iter().map(|key| key.id.as_str()).collect();
        self.keys.retain(|key| key.until > now && !added.contains(key.id.as_str()));
        self.keys.extend(keys.iter().cloned());
        let surplus = self.keys.len().saturating_sub(MOST);
        self.keys.drain(..surplus);
    }
}

/// Adds keys that are still accepted to the list, unless all of them are in it.
pub async fn publish(
    list: &Record<PublicKeys>,
    keys: &[PublicKey],
    now: i64,
) -> Result<(), StorageError> {
    let keys: Vec<_> = keys.iter().filter(|key| key.until > now).cloned().collect();
    let known = list.get_or_last().await?;
    if keys.iter().all(|key| known.valid(now).any(|known| known.id == key.id)) {
        return Ok(());
    }
    let author = Author { who: "service".into(), op_id: "key rotation".into() };
    let changed = list.change(&author, |list, _| {
        list.add(&keys, now);
        Ok::<(), ()>(())
    });
    changed.await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_a_limited_number_of_valid_keys() {
        let key = |id: usize, until| PublicKey { id: id.to_string(), public: "x".into(), until };
        let mut list = PublicKeys::default();
        list.add(&[key(0, 10), key(1, 20)], 5);
        list.add(&[key(1, 30)], 10);
        assert_eq!(list.valid(10).map(|key| key.until).collect::<Vec<_>>(), [30]);
        assert_eq!(list.keys.len(), 1, "the expired one is removed");
        for id in 2..=2 * MOST {
            list.add(&[key(id, 30)], 10);
        }
        assert_eq!((list.keys.len(), list.keys[MOST - 1].id.as_str()), (MOST, "200"));
        assert_eq!(list.valid(30).count(), 0);
    }
}
