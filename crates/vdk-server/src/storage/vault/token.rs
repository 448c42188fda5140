//! The service's Vault token: fetched, renewed in time, and fetched again if it cannot be renewed.
//! Logins run one at a time, and rarely after failures. Vault may limit how often a token can be
//! used: the uses are counted, and the next token is fetched before the last one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, sleep};
use zeroize::Zeroizing;

use super::client::{Answer, Http};
use super::record::bytes;
use crate::settings::VaultLogin;
use crate::storage::{Reason, StorageError};

const JSON: &str = "application/json";
/// Time to wait before the next login after so many rejections in a row. Vault locks a role out for
/// 15 minutes at the fifth.
const AFTER_REFUSALS: [Duration; 4] = [
    Duration::from_secs(10),
    Duration::from_secs(60),
    Duration::from_secs(300),
    Duration::from_secs(900),
];
/// Time for which a rejection counts as Vault's policy once a fresh token was rejected as well.
const POLICY: Duration = Duration::from_secs(30);

/// A token as it was issued.
#[derive(Clone)]
pub struct Token {
    /// The token itself.
    pub secret: Arc<SecretString>,
    /// Number that distinguishes the token from others.
    generation: u64,
    /// The uses that are left, if Vault limits them.
    uses: Option<Arc<AtomicU64>>,
}

impl Token {
    /// Takes one of the uses. Returns false if none is left.
    fn take_use(&self) -> bool {
        let Some(uses) = &self.uses else { return true };
        let ordering = Ordering::Relaxed;
        uses.fetch_update(ordering, ordering, |left| left.checked_sub(1)).is_ok()
    }
}

/// The service's token, which is kept valid.
pub struct Tokens {
    http: Arc<Http>,
    login: VaultLogin,
    now: RwLock<Option<Token>>,
    /// The end of the current lease, if it ends.
    lease_end: RwLock<Option<Instant>>,
    logins: Mutex<Logins>,
    renew: Notify,
}

#[derive(Default)]
struct Logins {
    generation: u64,
    lease: Duration,
    renewable: bool,
    refused: usize,
    not_before: Option<Instant>,
    denied_until: Option<Instant>,
    /// True if the operator was warned that tokens have few uses.
    warned: bool,
    /// The generation of a token that was rejected together with the login for another.
    lost: Option<u64>,
}

#[derive(Deserialize)]
struct Given {
    auth: Auth,
}

#[derive(Deserialize)]
struct Auth {
    #[serde(default)]
    client_token: String,
    lease_duration: u64,
    #[serde(default)]
    renewable: bool,
    /// How often the token can be used; 0 without a limit.
    #[serde(default)]
    num_uses: u64,
}

impl Tokens {
    /// Keeps a token for `login`. It is fetched when it is first needed.
    pub fn new(http: Arc<Http>, login: VaultLogin) -> Self {
        let (now, lease_end, logins, renew) = Default::default();
        Tokens { http, login, now, lease_end, logins, renew }
    }

    /// Returns the token for one request, and fetches it if there is none.
    pub async fn get(&self) -> Result<Token, StorageError> {
        if let Some(token) = self.current().filter(Token::take_use) {
            return Ok(token);
        }
        let mut logins = self.logins.lock().await;
        match self.current().filter(Token::take_use) {
            Some(token) => Ok(token),
            None => self.log_in_for_use(&mut logins).await,
        }
    }

    /// Checks that there is a token that was not rejected together with the login for another.
    pub async fn are_good(&self) -> Result<(), StorageError> {
        let token = match self.current() {
            Some(token) => token,
            None => self.get().await?,
        };
        // Another task is logging in: the result is known soon.
        let Ok(logins) = self.logins.try_lock() else { return Ok(()) };
        match logins.not_before {
            Some(from) if Instant::now() < from && logins.lost == Some(token.generation) => {
                Err(StorageError::Denied("Vault refused the login".into()))
            }
            _ => Ok(()),
        }
    }

    /// Returns another token in place of a rejected one, and whether it was just fetched: one that
    /// was there may have expired too. Returns `None` if the rejection is not the token's fault.
    pub async fn replace(&self, refused: &Token) -> Result<Option<(Token, bool)>, StorageError> {
        let mut logins = self.logins.lock().await;
        let is_newer = |now: &Token| now.generation != refused.generation && now.take_use();
        if let Some(newer) = self.current().filter(is_newer) {
            return Ok(Some((newer, false)));
        }
        let is_policy = logins.denied_until.is_some_and(|until| Instant::now() < until);
        if is_policy || matches!(self.login, VaultLogin::Token(_)) {
            return Ok(None);
        }
        // A token that may still look itself up is valid: Vault's policy rejected it. Otherwise,
        // only a fresh token can tell the reason.
        if refused.uses.is_none() {
            let path = "auth/token/lookup-self";
            let found = self.http.send(Method::GET, path, Some(&refused.secret), None).await;
            if found.is_ok_and(|found| found.is_success()) {
                return Ok(None);
            }
        }
        let another = self.log_in_for_use(&mut logins).await;
        if another.is_err() {
            logins.lost = Some(refused.generation);
        }
        another.map(|token| Some((token, true)))
    }

    /// Records that a fresh token was rejected as well: it is Vault's policy.
    pub async fn is_denied(&self) {
        self.logins.lock().await.denied_until = Some(Instant::now() + POLICY);
    }

    /// Renews the token as long as the service runs.
    pub async fn upkeep(&self) {
        let (mut wait, mut failures) = (Duration::ZERO, 0);
        let mut is_first = true;
        loop {
            tokio::select! {
                biased;
                () = self.renew.notified() => {
                    wait = next(self.logins.lock().await.lease);
                    is_first = false;
                    continue;
                }
                () = sleep(wait) => {}
            }
            wait = match self.renew_once(is_first).await {
                Ok(lease) => {
                    (failures, is_first) = (0, false);
                    next(lease)
                }
                Err(fault) => {
                    tracing::warn!(backend = "vault", "cannot renew the Vault token: {fault}");
                    failures += 1;
                    Duration::from_secs(1 << failures.min(5))
                }
            };
        }
    }

    async fn renew_once(&self, is_first: bool) -> Result<Duration, StorageError> {
        let mut logins = self.logins.lock().await;
        // An earlier request has just logged in.
        if is_first && self.current().is_some() {
            return Ok(logins.lease);
        }
        let Some(token) = self.current() else {
            self.log_in(&mut logins).await?;
            return Ok(logins.lease);
        };
        // A renewal would take one of a few uses.
        if logins.renewable && token.uses.is_none() {
            let answer = self
                .ask("auth/token/renew-self", Some(&token.secret), "{}".to_string().into())
                .await?;
            match answer.status {
                200..=299 => {
                    let lease = Duration::from_secs(parse(&answer)?.auth.lease_duration);
                    self.lease_begins(lease);
                    // Near the end of the token's longest lifetime, renewals become short.
                    let is_whole = lease * 3 >= logins.lease * 2;
                    if is_whole || matches!(self.login, VaultLogin::Token(_)) {
                        return Ok(lease);
                    }
                }
                status
                    if (matches!(status, 400 | 403) && answer.said().is_some())
                        || is_over(&answer) =>
                {
                    logins.renewable = false;
                    if let VaultLogin::Token(_) = self.login {
                        let why = format!("Vault refused the renewal: {}", answer.errors());
                        return Err(StorageError::Denied(why));
                    }
                }
                _ => return Err(answer.fault(false)),
            }
        }
        if let VaultLogin::AppRole(..) = self.login
            && !logins.lease.is_zero()
        {
            self.log_in(&mut logins).await?;
        }
        Ok(logins.lease)
    }

    /// Returns the time until the token expires, unless it is renewed. `None` if there is no token, or
    /// one that does not expire.
    pub fn lease_left(&self) -> Option<Duration> {
        let end = *self.lease_end.read().unwrap_or_else(PoisonError::into_inner);
        end.map(|end| end.saturating_duration_since(Instant::now()))
    }

    fn lease_begins(&self, lease: Duration) {
        let end = (!lease.is_zero()).then(|| Instant::now() + lease);
        *self.lease_end.write().unwrap_or_else(PoisonError::into_inner) = end;
    }

    fn current(&self) -> Option<Token> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn log_in_for_use(&self, logins: &mut Logins) -> Result<Token, StorageError> {
        let token = self.log_in(logins).await?;
        token.take_use();
        Ok(token)
    }

    async fn log_in(&self, logins: &mut Logins) -> Result<Token, StorageError> {
        if logins.not_before.is_some_and(|from| Instant::now() < from) {
            return Err(StorageError::Denied(
                "Vault refused the login; the next attempt waits".into(),
            ));
        }
        let given = match &self.login {
            VaultLogin::AppRole(role, secret) => {
                let body = serde_json::json!({
                    "role_id": role.expose_secret(),
                    "secret_id": secret.expose_secret(),
                });
                let answer = self.ask("auth/approle/login", None, body.to_string().into()).await?;
                if matches!(answer.status, 400 | 403 | 404) && answer.said().is_some() {
                    let wait = AFTER_REFUSALS[logins.refused.min(AFTER_REFUSALS.len() - 1)];
                    logins.refused += 1;
                    logins.not_before = Some(Instant::now() + wait);
                    return Err(StorageError::Denied(format!(
                        "Vault refused the AppRole login ({}): {}; the next attempt is in {} s",
                        answer.status,
                        answer.errors(),
                        wait.as_secs()
                    )));
                }
                if !answer.is_success() {
                    return Err(answer.fault(false));
                }
                parse(&answer)?.auth
            }
            VaultLogin::Token(token) => self.look_up(token).await?,
        };
        logins.generation += 1;
        logins.lease = Duration::from_secs(given.lease_duration);
        self.lease_begins(logins.lease);
        logins.renewable = given.renewable;
        (logins.refused, logins.not_before) = (0, None);
        if given.num_uses > 0 && !std::mem::replace(&mut logins.warned, true) {
            self.warn_of_uses(given.num_uses);
        }
        // Nothing can replace a given token.
        let is_counted = given.num_uses > 0 && matches!(self.login, VaultLogin::AppRole(..));
        let token = Token {
            secret: Arc::new(given.client_token.into()),
            generation: logins.generation,
            // Vault revokes the token with its last use.
            uses: is_counted.then(|| Arc::new((given.num_uses - 1).max(1).into())),
        };
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        self.renew.notify_one();
        tracing::debug!(backend = "vault", lease = given.lease_duration, "token fetched");
        Ok(token)
    }

    fn warn_of_uses(&self, uses: u64) {
        match self.login {
            VaultLogin::AppRole(..) => tracing::warn!(
                backend = "vault",
                uses,
                "Vault limits the uses of a token (token_num_uses of the AppRole): the service logs \
                 in again after every few requests, which is slow. Set token_num_uses=0"
            ),
            VaultLogin::Token(_) => tracing::warn!(
                backend = "vault",
                uses,
                "the token in vdk.vault.token can be used only a limited number of times: secrets \
                 are unavailable after that. Give a token without num_uses, or an AppRole"
            ),
        }
    }

    /// Looks up the lifetime of a given token. One that may not look itself up is used as it is.
    async fn look_up(&self, token: &SecretString) -> Result<Auth, StorageError> {
        #[derive(Deserialize)]
        struct Found {
            data: Data,
        }
        #[derive(Deserialize)]
        struct Data {
            ttl: u64,
            #[serde(default)]
            renewable: bool,
            #[serde(default)]
            num_uses: u64,
        }
        let path = "auth/token/lookup-self";
        let answer = self
            .http
            .send(Method::GET, path, Some(token), None)
            .await
            .map_err(|lost| lost.read())?;
        let client_token = token.expose_secret().to_string();
        let found = serde_json::from_slice::<Found>(&answer.body).ok();
        // A proxy's response says nothing about the token.
        if answer.status >= 500 || (found.is_none() && answer.said().is_none()) {
            return Err(answer.fault(false));
        }
        let (lease_duration, renewable, num_uses) = found.map_or((0, false, 0), |found| {
            (found.data.ttl, found.data.renewable, found.data.num_uses)
        });
        Ok(Auth { client_token, lease_duration, renewable, num_uses })
    }

    async fn ask(
        &self,
        path: &str,
        token: Option<&SecretString>,
        body: Zeroizing<String>,
    ) -> Result<Answer, StorageError> {
        let sent = self.http.send(Method::POST, path, token, Some((JSON, bytes(body)))).await;
        sent.map_err(|lost| lost.read())
    }
}

/// Returns whether a renewal came a moment after the token's longest lifetime ended.
fn is_over(answer: &Answer) -> bool {
    answer.errors().contains("past the max TTL")
}

/// Returns the time until the next renewal: two thirds of the lease, or an hour without one.
fn next(lease: Duration) -> Duration {
    if lease.is_zero() { Duration::from_secs(3600) } else { lease * 2 / 3 }
}

fn parse(answer: &Answer) -> Result<Given, StorageError> {
    serde_json::from_slice(&answer.body).map_err(|_| {
        StorageError::Unavailable(
            Reason::Failing,
            format!("no token in Vault's response ({})", answer.status),
        )
    })
}
