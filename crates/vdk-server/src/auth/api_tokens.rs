//! API tokens, which the operator makes for people and programs without an identity provider. A
//! token is shown once; only its hash is stored. It is a refresh token in the sense of RFC 6749:
//! clients exchange it for the short-lived access token that their requests carry.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use vdk_api::{ALL_TEAMS, Author, Name, Role};
use zeroize::Zeroizing;

use super::cached_document::Record;
use super::unix_time;
use crate::storage::StorageError;

/// Prefix of every token, by which leaked ones can be found.
const PREFIX: &str = "vdk_";
/// Most tokens, all of which are one document.
const MOST: usize = 2000;
/// Seconds for which an expired token stays in the list, because the clock may be wrong.
const KEPT_AFTER: i64 = 30 * 24 * 3600;
/// Largest age of a list without a certain token that was rejected a moment ago.
const UNKNOWN: Duration = Duration::from_secs(2);

/// A token without its secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiToken {
    /// SHA-256 of the secret part. That has 256 random bits, which cannot be guessed from it.
    hash: String,
    /// The user of the token.
    pub user: String,
    /// The limit: a role in a team, or in all teams. Without it, the token has its user's grants.
    pub scope: Option<Scope>,
    /// The time of creation, in seconds since 1970.
    pub made: i64,
    /// The time of expiry, in seconds since 1970.
    pub expires: Option<i64>,
    /// The purpose, if a new token for the same one replaces this token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
}

/// A role in a team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// The team, or `*` for all.
    pub team: String,
    /// The role there.
    pub role: Role,
}

impl Scope {
    /// Returns whether the scope includes `team`.
    pub fn is_for(&self, team: &Name) -> bool {
        self.team == team.as_str() || self.team == ALL_TEAMS
    }
}

/// The parameters of a new token.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The user of the token.
    pub user: String,
    /// The limit of the token.
    pub scope: Option<Scope>,
    /// Lifetime in seconds.
    pub life: Option<i64>,
    /// The purpose, if the token replaces those for the same one.
    pub purpose: Option<String>,
}

/// All tokens, by their ids.
pub type ApiTokens = BTreeMap<String, ApiToken>;

/// The tokens of a service.
pub struct Tokens(Record<ApiTokens>);

impl ApiToken {
    /// Returns whether the token has expired.
    pub fn is_over(&self) -> bool {
        self.expires.is_some_and(|end| end <= unix_time())
    }
}

impl Tokens {
    /// Opens the tokens in `record`.
    pub fn new(record: Record<ApiTokens>) -> Self {
        Tokens(record)
    }

    /// Makes a token, and returns its id and its text. The text is not stored.
    pub async fn create(
        &self,
        new: &NewToken,
        author: &Author,
    ) -> Result<Result<(String, SecretString), &'static str>, StorageError> {
        let random = SystemRandom::new();
        let (mut id, mut secret) = ([0; 8], Zeroizing::new([0; 32]));
        if random.fill(&mut id).is_err() || random.fill(&mut *secret).is_err() {
            return Ok(Err("the system has no random numbers"));
        }
        let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
        let secret = Zeroizing::new(BASE64.encode(*secret));
        let made = unix_time();
        let token = ApiToken {
            hash: hash(&secret),
            user: new.user.clone(),
            scope: new.scope.clone(),
            made,
            expires: new.life.map(|life| made.saturating_add(life)),
            purpose: new.purpose.clone(),
        };
        let added = self.0.change(author, |tokens, _| {
            let is_replaced =
                |token: &ApiToken| new.purpose.is_some() && token.purpose == new.purpose;
            let is_long_over =
                |token: &ApiToken| token.expires.is_some_and(|end| end + KEPT_AFTER <= made);
            tokens.retain(|_, token| !is_long_over(token) && !is_replaced(token));
            if tokens.len() >= MOST {
                tokens.retain(|_, token| !token.is_over());
            }
            if tokens.len() >= MOST {
                return Err("the maximum number of tokens is reached; revoke some");
            }
            tokens.insert(id.clone(), token.clone());
            Ok(())
        });
        let text = SecretString::from(format!("{PREFIX}{id}_{}", *secret));
        Ok(added.await?.map(|()| (id.clone(), text)))
    }

    /// Returns all tokens.
    pub async fn all(&self) -> Result<Arc<ApiTokens>, StorageError> {
        self.0.no_older_than(Duration::ZERO).await
    }

    /// Lets a token end `life` seconds from now. Returns false if there is none with this id.
    pub async fn prolong(
        &self,
        id: &str,
        life: i64,
        author: &Author,
    ) -> Result<bool, StorageError> {
        let expires = Some(unix_time().saturating_add(life));
        let prolonged = self.0.change(author, |tokens, _| {
            tokens.get_mut(id).map(|token| token.expires = expires).ok_or(())
        });
        Ok(prolonged.await?.is_ok())
    }

    /// Revokes a token. Returns false if there is none with this id.
    pub async fn revoke(&self, id: &str, author: &Author) -> Result<bool, StorageError> {
        let removed = self.0.change(author, |tokens, _| tokens.remove(id).map(|_| ()).ok_or(()));
        Ok(removed.await?.is_ok())
    }

    /// Returns the valid token with this id. If the cached list lacks it, the list may be at most
    /// `unknown` old.
    async fn find_in(&self, id: &str, unknown: Duration) -> Result<Option<ApiToken>, StorageError> {
        let mut tokens = self.0.get().await?;
        if !tokens.contains_key(id) {
            tokens = self.0.no_older_than(unknown).await?;
        }
        Ok(tokens.get(id).filter(|token| !token.is_over()).cloned())
    }

    /// Returns the valid token with this id. `is_new` means that an access token for it comes for
    /// the first time, so that another replica may just have made it.
    pub async fn find(&self, id: &str, is_new: bool) -> Result<Option<ApiToken>, StorageError> {
        self.find_in(id, if is_new { Duration::ZERO } else { UNKNOWN }).await
    }

    /// Returns the valid token that `text` is, and its id.
    pub async fn check(&self, text: &str) -> Result<Option<(String, ApiToken)>, StorageError> {
        let Some((id, secret)) = split(text) else { return Ok(None) };
        let shown = hash(secret);
        // An unknown token takes the same time.
        let token = self.find_in(id, Duration::ZERO).await?;
        let kept =
            token.as_ref().map_or_else(|| "-".repeat(shown.len()), |token| token.hash.clone());
        let is_it = bool::from(shown.as_bytes().ct_eq(kept.as_bytes()));
        Ok(token.filter(|_| is_it).map(|token| (id.to_string(), token)))
    }
}

/// Returns the id and the secret of a text that has the form of a token.
pub fn split(text: &str) -> Option<(&str, &str)> {
    let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
    let is_id = id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_id && secret.len() == 43).then_some((id, secret))
}

fn hash(secret: &str) -> String {
    BASE64.encode(digest(&SHA256, secret.as_bytes()))
}

#[cfg(test)]
mod tests {
    use vdk_api::Owner;
    use vdk_store::FileKeyring;

    use super::*;
    use crate::storage::Embedded;

    #[tokio::test]
    async fn prolongs_a_token_that_is_over_and_none_that_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let keys = FileKeyring::beside_store();
        let (_, records) = Embedded::open(folder.path(), &keys, (1 << 20, 1 << 20)).unwrap();
        let name = |text| Name::new(text).unwrap();
        let owner = Owner { team: name("t"), job: name("tokens") };
        let tokens = Tokens::new(Record::new(Arc::new(records), owner));
        let author = Author { who: "test".into(), op_id: "test".into() };
        let new = NewToken { user: "ana".into(), scope: None, life: Some(-1), purpose: None };
        let (id, text) = tokens.create(&new, &author).await.unwrap().unwrap();
        let text = secrecy::ExposeSecret::expose_secret(&text).to_string();
        assert!(tokens.check(&text).await.unwrap().is_none());
        assert!(tokens.prolong(&id, 60, &author).await.unwrap());
        let (_, token) = tokens.check(&text).await.unwrap().unwrap();
        let left = token.expires.unwrap() - unix_time();
        assert!((50..=60).contains(&left), "{left}");
        assert!(tokens.revoke(&id, &author).await.unwrap());
        assert!(!tokens.prolong(&id, 60, &author).await.unwrap());
    }
}
