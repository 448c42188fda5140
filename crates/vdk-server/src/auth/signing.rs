//! The service's keys that sign access tokens: the same on all replicas, a new one each month.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vdk_api::Author;
use zeroize::Zeroizing;

use super::cached_document::Record;
use super::jwt::{Key, sign};
use super::{ACCESS_TOKEN_LIFE, unix_time};
use crate::storage::StorageError;

/// Seconds for which a key signs, and for which it is accepted after that. This is longer than the
/// lifetime of any token it signed.
const SIGNS_FOR: i64 = 30 * 24 * 3600;
const KNOWN_AFTER: i64 = 24 * 3600;
/// Largest age of a list without a certain key: another replica may just have made the key.
const UNKNOWN: Duration = Duration::from_secs(5);

/// The keys, oldest first.
#[derive(Default, Serialize, Deserialize)]
pub struct SigningKeys {
    // A record that was deleted in Vault is empty.
    #[serde(default)]
    keys: Vec<SigningKey>,
}

#[derive(Serialize, Deserialize)]
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

    fn jwk(&self) -> Result<Value, StorageError> {
        let public = BASE64.encode(self.pair()?.public_key());
        Ok(json!({
            "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
            "kid": self.id, "x": public,
        }))
    }
}

/// The signer of access tokens, which also returns the public keys.
pub struct Signer(Record<SigningKeys>);

impl Signer {
    /// Signs with the keys in `record`, and makes them if needed.
    pub fn new(record: Record<SigningKeys>) -> Self {
        Signer(record)
    }

    /// Returns a signed token with these claims.
    pub async fn sign(&self, claims: &Value) -> Result<String, StorageError> {
        self.sign_at(claims, unix_time()).await
    }

    async fn sign_at(&self, claims: &Value, now: i64) -> Result<String, StorageError> {
        let is_young = |keys: &SigningKeys| {
            keys.keys.last().is_some_and(|newest| newest.made + SIGNS_FOR > now)
        };
        // Cached keys remain usable while their storage is unavailable.
        let mut keys = self.0.get_or_last().await?;
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
        let newest =
            keys.keys.last().ok_or_else(|| StorageError::Damaged("no signing key found".into()))?;
        Ok(sign(&newest.pair()?, &newest.id, claims))
    }

    async fn renew(
        &self,
        now: i64,
        is_young: impl Fn(&SigningKeys) -> bool,
    ) -> Result<Arc<SigningKeys>, StorageError> {
        let random = SystemRandom::new();
        let (mut id, mut seed) = ([0; 8], Zeroizing::new([0; 32]));
        random
            .fill(&mut id)
            .and_then(|()| random.fill(&mut *seed))
            .map_err(|_| StorageError::Damaged("the system has no random numbers".into()))?;
        let author = Author { who: "service".into(), op_id: "key rotation".into() };
        let changed = self.0.change(&author, |keys, _| {
            // Another replica was faster.
            if is_young(keys) {
                return Ok::<(), ()>(());
            }
            keys.keys.retain(|key| key.made + SIGNS_FOR + KNOWN_AFTER > now);
            let seed = Zeroizing::new(BASE64.encode(*seed));
            keys.keys.push(SigningKey { id: BASE64.encode(id), seed, made: now });
            Ok(())
        });
        changed.await?.unwrap_or_default();
        self.0.get().await
    }

    /// Returns the key with this id.
    pub async fn find(&self, id: &str) -> Result<Option<Key>, StorageError> {
        let find = |keys: &SigningKeys| {
            keys.keys.iter().find(|key| key.id == id).map(SigningKey::jwk).transpose()
        };
        let found = match find(&*self.0.get_or_last().await?)? {
            Some(found) => Some(found),
            None => find(&*self.0.no_older_than(UNKNOWN).await?)?,
        };
        Ok(found.and_then(|jwk| Key::from_jwk(&jwk)))
    }

    /// Returns the public keys as a JWK set (RFC 7517).
    pub async fn published(&self) -> Result<Value, StorageError> {
        let keys = self.0.get_or_last().await?;
        let keys = keys.keys.iter().map(SigningKey::jwk).collect::<Result<Vec<_>, _>>()?;
        Ok(json!({ "keys": keys }))
    }
}

#[cfg(test)]
mod tests {
    use vdk_api::{Name, Owner};

    use super::*;
    use crate::auth::jwt::Unchecked;
    use crate::storage::Embedded;
    use vdk_store::FileKeyring;

    #[tokio::test]
    async fn rotates_keys_monthly_and_drops_old_ones() {
        let folder = tempfile::tempdir().unwrap();
        let keys = FileKeyring::beside_store();
        let (secrets, _) = Embedded::open(folder.path(), &keys, (1 << 20, 1 << 20)).unwrap();
        let name = |text| Name::new(text).unwrap();
        let owner = Owner { team: name("t"), job: name("keys") };
        let secrets = Arc::new(secrets);
        let signer = || Signer::new(Record::new(secrets.clone(), owner.clone()));
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
}
