//! The service's keys that sign access tokens: the same on all replicas, a new one each month. While
//! their storage is unavailable, a service that does not know them signs by a key of its own, which
//! it keeps only in memory.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use vdk_api::Author;
use zeroize::Zeroizing;

use super::cached_document::Record;
use super::jwt::{Key, sign};
use super::public_keys::{PublicKey, PublicKeys, publish};
use super::{ACCESS_TOKEN_LIFE, unix_time};
use crate::storage::StorageError;

/// Seconds for which a key signs, and for which it is accepted after that. This is longer than the
/// lifetime of any token it signed.
const SIGNS_FOR: i64 = 30 * 24 * 3600;
const KNOWN_AFTER: i64 = 24 * 3600;
/// Seconds for which a key in memory signs.
const ALONE_FOR: i64 = 24 * 3600;
/// Largest age of a list without a certain key: another replica may just have made the key.
const UNKNOWN: Duration = Duration::from_secs(5);
/// The same for the list of public keys, to which a replica may have added one just now.
const UNKNOWN_PUBLIC: Duration = Duration::ZERO;

/// The keys, oldest first.
#[derive(Default, Serialize, Deserialize)]
pub struct SigningKeys {
    // A record that was deleted in Vault is empty.
    #[serde(default)]
    keys: Vec<SigningKey>,
}

#[derive(Clone, Serialize, Deserialize)]
struct SigningKey {
    id: String,
    seed: Zeroizing<String>,
    made: i64,
}

impl SigningKey {
    fn pair(&self) -> Result<Ed25519KeyPair, StorageError> {
        let damaged = || StorageError::Damaged("a signing key is damaged".into());
        let seed = Zeroizing::new(BASE64.decode(&*self.seed).map_err(|_| damaged())?);
        Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| damaged())
    }

    fn new(now: i64) -> Result<Self, StorageError> {
        let random = SystemRandom::new();
        let (mut id, mut seed) = ([0; 8], Zeroizing::new([0; 32]));
        random
            .fill(&mut id)
            .and_then(|()| random.fill(&mut *seed))
            .map_err(|_| StorageError::Damaged("the system has no random numbers".into()))?;
        let seed = Zeroizing::new(BASE64.encode(*seed));
        Ok(SigningKey { id: BASE64.encode(id), seed, made: now })
    }

    /// Returns the public part of a key that signs for so many seconds.
    fn public(&self, signs_for: i64) -> Result<PublicKey, StorageError> {
        let public = BASE64.encode(self.pair()?.public_key());
        let until = self.made + signs_for + KNOWN_AFTER;
        Ok(PublicKey { id: self.id.clone(), public, until })
    }

    fn sign(&self, claims: &Value) -> Result<String, StorageError> {
        Ok(sign(&self.pair()?, &self.id, claims))
    }
}

impl SigningKeys {
    fn newest(&self) -> Result<&SigningKey, StorageError> {
        self.keys.last().ok_or_else(|| StorageError::Damaged("no signing key found".into()))
    }

    fn public(&self) -> Result<Vec<PublicKey>, StorageError> {
        self.keys.iter().map(|key| key.public(SIGNS_FOR)).collect()
    }
}

/// The signer of access tokens, which also returns the public keys.
pub struct Signer {
    keys: Record<SigningKeys>,
    /// The list of public keys, if its storage is another than that of the keys.
    public: Option<Record<PublicKeys>>,
    /// The key in memory.
    own: Mutex<Option<SigningKey>>,
}

impl Signer {
    /// Signs with the keys in `keys`, and makes them if needed. Lists their public parts in `public`.
    pub fn new(keys: Record<SigningKeys>, public: Option<Record<PublicKeys>>) -> Self {
        Signer { keys, public, own: Mutex::default() }
    }

    /// Returns a signed token with these claims.
    pub async fn sign(&self, claims: &Value) -> Result<String, StorageError> {
        self.sign_at(claims, unix_time()).await
    }

    async fn sign_at(&self, claims: &Value, now: i64) -> Result<String, StorageError> {
        let fault = match (self.current(now).await, &self.public) {
            (Ok(keys), Some(list)) => {
                if let Err(fault) = publish(list, &keys.public()?, now).await {
                    tracing::warn!("cannot list the public signing keys: {fault}");
                }
                return keys.newest()?.sign(claims);
            }
            (Ok(keys), None) => return keys.newest()?.sign(claims),
            (Err(fault), _) => fault,
        };
        match (&self.public, &fault) {
            (Some(list), StorageError::Unavailable(..) | StorageError::Denied(_)) => {
                self.own_key(list, now, &fault).await?.sign(claims)
            }
            _ => Err(fault),
        }
    }

    /// Returns the key in memory, whose public part is listed: another service may get the token.
    async fn own_key(
        &self,
        list: &Record<PublicKeys>,
        now: i64,
        fault: &StorageError,
    ) -> Result<SigningKey, StorageError> {
        let mut own = self.own.lock().await;
        let key = match own.take().filter(|key| key.made + ALONE_FOR > now) {
            Some(key) => key,
            None => {
                tracing::warn!(
                    "the signing keys cannot be read, a key in memory signs access tokens: {fault}"
                );
                SigningKey::new(now)?
            }
        };
        let key = own.insert(key);
        publish(list, &[key.public(ALONE_FOR)?], now).await?;
        Ok(key.clone())
    }

    /// Returns the keys, of which the newest signs.
    async fn current(&self, now: i64) -> Result<Arc<SigningKeys>, StorageError> {
        let is_young = |keys: &SigningKeys| {
            keys.keys.last().is_some_and(|newest| newest.made + SIGNS_FOR > now)
        };
        // Cached keys remain usable while their storage is unavailable.
        let mut keys = self.keys.get_or_last().await?;
        if !is_young(&keys) {
            keys = match self.renew(now, is_young).await {
                Ok(renewed) => renewed,
                // The last key is accepted for a while yet, and its tokens expire before that.
                Err(fault)
                    if keys.keys.last().is_some_and(|last| {
                        last.made + SIGNS_FOR + KNOWN_AFTER - ACCESS_TOKEN_LIFE > now
                    }) =>
                {
                    tracing::warn!(
                        "cannot create a new signing key, the last one stays in use: {fault}"
                    );
                    keys
                }
                Err(fault) => return Err(fault),
            };
        }
        Ok(keys)
    }

    async fn renew(
        &self,
        now: i64,
        is_young: impl Fn(&SigningKeys) -> bool,
    ) -> Result<Arc<SigningKeys>, StorageError> {
        let new = SigningKey::new(now)?;
        let author = Author { who: "service".into(), op_id: "key rotation".into() };
        let changed = self.keys.change(&author, |keys, _| {
            // Another replica was faster.
            if is_young(keys) {
                return Ok::<(), ()>(());
            }
            keys.keys.retain(|key| key.made + SIGNS_FOR + KNOWN_AFTER > now);
            keys.keys.push(new.clone());
            Ok(())
        });
        changed.await?.unwrap_or_default();
        self.keys.get().await
    }

    /// Returns the key with this id.
    pub async fn find(&self, id: &str) -> Result<Option<Key>, StorageError> {
        // It is not slowed down by a storage of secrets that does not respond.
        if let Some(list) = &self.public
            && let Some(key) = find_public(list, id).await
        {
            return Ok(Some(key));
        }
        let find = |keys: &SigningKeys| {
            let key = keys.keys.iter().find(|key| key.id == id);
            key.map(|key| key.public(SIGNS_FOR)).transpose()
        };
        let found = match find(&*self.keys.get_or_last().await?)? {
            Some(found) => Some(found),
            None => find(&*self.keys.no_older_than(UNKNOWN).await?)?,
        };
        Ok(found.and_then(|key| Key::from_jwk(&key.jwk())))
    }

    /// Returns the public keys as a JWK set (RFC 7517).
    pub async fn published(&self) -> Result<Value, StorageError> {
        let keys = self.keys.get_or_last().await.and_then(|keys| keys.public());
        let mut all = match (keys, &self.public) {
            (Ok(keys), _) => keys,
            (Err(_), Some(_)) => Vec::new(),
            (Err(fault), None) => return Err(fault),
        };
        if let Some(list) = &self.public {
            let listed = list.get_or_last().await?;
            let others = listed.valid(unix_time());
            let others = others.filter(|other| all.iter().all(|key| key.id != other.id));
            let others: Vec<_> = others.cloned().collect();
            all.extend(others);
        }
        Ok(json!({ "keys": all.iter().map(PublicKey::jwk).collect::<Vec<_>>() }))
    }
}

/// Returns a listed key. If the list cannot be read, there is still the storage of the keys.
async fn find_public(list: &Record<PublicKeys>, id: &str) -> Option<Key> {
    let now = unix_time();
    match list.get_or_last().await.ok()?.find(id, now) {
        Some(key) => Some(key),
        None => list.no_older_than(UNKNOWN_PUBLIC).await.ok()?.find(id, now),
    }
}

#[cfg(test)]
mod tests {
    use vdk_api::{Name, Owner};

    use super::*;
    use crate::auth::jwt::Unchecked;
    use crate::storage::{Backend, Embedded};
    use vdk_store::FileKeyring;

    #[tokio::test]
    async fn rotates_keys_monthly_and_drops_old_ones() {
        let folder = tempfile::tempdir().unwrap();
        let keys = FileKeyring::beside_store();
        let (secrets, _) = Embedded::open(folder.path(), &keys, (1 << 20, 1 << 20)).unwrap();
        let name = |text| Name::new(text).unwrap();
        let owner = Owner { team: name("t"), job: name("keys") };
        let secrets = Arc::new(secrets);
        let signer = || Signer::new(Record::new(secrets.clone(), owner.clone()), None);
        let (one, other) = (signer(), signer());
        let day = |n: i64| 1_000_000 + n * 24 * 3600;
        let claims = json!({"exp": 1});
        let key_of = |token: &str| Unchecked::parse(token).unwrap().key_id.unwrap();
        let first = one.sign_at(&claims, day(0)).await.unwrap();
        let same = other.sign_at(&claims, day(29)).await.unwrap();
        assert_eq!(key_of(&first), key_of(&same), "of all replicas");
        let second = one.sign_at(&claims, day(30)).await.unwrap();
        assert_ne!(key_of(&first), key_of(&second));
        for token in [&first, &second] {
            let key = one.find(&key_of(token)).await.unwrap().unwrap();
            assert!(Unchecked::parse(token).unwrap().check(&key).is_ok());
        }
        let third = one.sign_at(&claims, day(61)).await.unwrap();
        assert!(one.find(&key_of(&first)).await.unwrap().is_none());
        assert!(one.find(&key_of(&third)).await.unwrap().is_some());
        assert!(!one.published().await.unwrap().to_string().contains("seed"));
    }
    #[tokio::test]
    async fn lists_each_public_key_once() {
        let folder = tempfile::tempdir().unwrap();
        let keys = FileKeyring::beside_store();
        let (secrets, properties) =
            Embedded::open(folder.path(), &keys, (1 << 20, 1 << 20)).unwrap();
        let name = |text| Name::new(text).unwrap();
        let owner = Owner { team: name("t"), job: name("keys") };
        let (secrets, properties) = (Arc::new(secrets), Arc::new(properties));
        let list = Record::new(properties.clone(), owner.clone());
        let signer = Signer::new(Record::new(secrets, owner.clone()), Some(list));
        let day = |n: i64| unix_time() + n * 24 * 3600;
        // The first key stays in the list of keys after it is no longer accepted.
        for (at, version) in [(-32, 1), (-31, 1), (-2, 2), (-1, 2), (0, 2), (0, 2)] {
            signer.sign_at(&json!({}), day(at)).await.unwrap();
            assert_eq!(properties.read(&owner).await.unwrap().version, version, "day {at}");
        }
        let listed = properties.read(&owner).await.unwrap().json;
        assert!(listed.contains("public") && !listed.contains("seed"));
        assert_eq!(signer.published().await.unwrap()["keys"].as_array().unwrap().len(), 2);
    }
}
