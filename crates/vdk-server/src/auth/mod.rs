//! Authentication and authorization: bearer tokens of identity providers and of the service itself,
//! roles in teams, and a rate limit against guesses.

mod api_tokens;
mod authorize;
mod cached_document;
mod claim_path;
mod credentials;
mod grants;
mod identity;
mod issuers;
pub mod jwt;
mod notices;
mod public_keys;
mod rate_limit;
mod signing;
mod webhook;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub use api_tokens::{ApiToken, ApiTokens, NewToken, Scope, Tokens, split};
pub use authorize::{AccessRequest, AuthzError, Right};
use cached_document::Record;
pub use credentials::{AllCredentials, TeamCredentials};
pub use grants::{AllGrants, NotChanged};
pub use identity::Identity;
pub use issuers::Issuer;
use issuers::Keys;
pub use jwt::TokenError;
use jwt::{Claims, Unchecked};
use notices::Notices;
pub use rate_limit::Limiter;
use ring::digest::{SHA256, digest};
use serde_json::json;
use signing::Signer;
use vdk_api::{Name, SERVICE_TEAM};
use webhook::Webhook;

use crate::settings::{JwtRules, TrustedIssuer};
use crate::storage::{Backend, StorageError};

/// Lifetime of an access token of the service, in seconds.
pub const ACCESS_TOKEN_LIFE: i64 = 900;
/// Time for which a verified token is cached.
const REMEMBERED: Duration = Duration::from_secs(60);
/// Most tokens that are cached.
const MOST_REMEMBERED: usize = 10_000;

/// The reason why a client is not authenticated.
#[derive(Debug)]
pub enum AuthnError {
    /// The request has no token.
    NoToken,
    /// The token was rejected.
    Rejected(TokenError),
    /// Too many tokens from this address were rejected; holds the time to wait.
    TooMany(Duration),
    /// The keys or the storage for checking the token are unavailable.
    Unavailable(String),
}

/// The authentication and authorization of clients.
pub struct Auth {
    /// True if clients are authenticated and authorized at all.
    pub enabled: bool,
    /// The issuer name of the service.
    pub issuer: String,
    /// The service's own tokens.
    pub tokens: Tokens,
    /// The granted roles.
    pub grants: AllGrants,
    /// The OAuth credentials of teams, if secrets are stored.
    pub credentials: Option<AllCredentials>,
    /// The rate limit against guesses.
    pub limiter: Limiter,
    webhook: Option<Webhook>,
    signer: Signer,
    issuers: Vec<Arc<Issuer>>,
    notices: Notices,
    rules: JwtRules,
    known: Mutex<HashMap<[u8; 32], (Looked, Known)>>,
}

/// The time at which a token was verified, and its expiry. Two clocks: if the system clock is set
/// back, even by years, the token is not cached for longer.
#[derive(Clone, Copy)]
struct Looked {
    at: Instant,
    end: i64,
}

impl Looked {
    fn holds(self, now: Instant, unix_time: i64) -> bool {
        now.duration_since(self.at) < REMEMBERED && unix_time < self.end
    }
}

/// A verified token.
#[derive(Clone)]
enum Known {
    /// A token of an identity provider.
    Outside(Arc<Identity>),
    /// A token of the service, issued for the API token with this id.
    Own(String),
}

/// Returns the seconds since 1970.
pub fn unix_time() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

impl Auth {
    /// Makes an instance from `rules` and the documents in `records`. Signing keys and the
    /// credentials of teams are secrets; the public parts of the keys are not. `storages` are all that
    /// may hold something of a team.
    pub fn new(
        rules: JwtRules,
        enabled: bool,
        records: Arc<dyn Backend>,
        secrets: Option<Arc<dyn Backend>>,
        storages: Vec<Arc<dyn Backend>>,
    ) -> Result<Self, String> {
        let keys = secrets.clone().unwrap_or_else(|| records.clone());
        let client = issuers::client(&rules)?;
        let issuer =
            |trusted: &TrustedIssuer| Arc::new(Issuer::new(trusted.clone(), client.clone()));
        let own = |job: &str| owner(job).map_err(|error| error.to_string());
        // One storage is available as a whole, or not at all.
        let are_apart = keys.name() != records.name();
        let listed = match are_apart {
            true => Some(Record::new(records.clone(), own("public-keys")?)),
            false => None,
        };
        Ok(Auth {
            enabled,
            issuer: rules.own_issuer.clone(),
            tokens: Tokens::of(records.clone())?,
            credentials: match secrets {
                Some(secrets) => {
                    let clients = Record::new(records.clone(), own("oauth-clients")?);
                    Some(AllCredentials::new(secrets, clients))
                }
                None => None,
            },
            webhook: rules.webhook.clone().map(Webhook::new).transpose()?,
            grants: AllGrants::new(records, storages, rules.claimable == Some(true)),
            limiter: Limiter::default(),
            signer: Signer::new(Record::new(keys, own("signing-keys")?), listed),
            issuers: rules.issuers.iter().map(issuer).collect(),
            notices: Notices::default(),
            rules,
            known: Mutex::default(),
        })
    }

    /// Returns whether `address` is a trusted proxy.
    pub fn is_proxy(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.rules.trusted_proxies.iter().any(|proxies| proxies.contains(&address))
    }

    /// Returns the address by which failures are counted: that of the connection, or the client's
    /// address according to a trusted proxy.
    pub fn address(&self, peer: Option<IpAddr>, forwarded: Option<&str>) -> Option<IpAddr> {
        let peer = peer.map(|ip| ip.to_canonical());
        if !peer.is_some_and(|ip| self.is_proxy(ip)) {
            return peer;
        }
        let hops = forwarded.into_iter().flat_map(|text| text.rsplit(','));
        let mut hops = hops.map_while(|hop| {
            let hop = hop.trim();
            // Some proxies add the port.
            let with_port = || hop.parse::<SocketAddr>().map(|address| address.ip());
            let ip =
                hop.trim_matches(['[', ']']).parse::<IpAddr>().or_else(|_| with_port()).ok()?;
            Some(ip.to_canonical())
        });
        hops.find(|ip| !self.is_proxy(*ip)).or(peer)
    }

    /// Returns the identity for the value of an `Authorization` header from `address`.
    pub async fn identify(
        &self,
        header: Option<&str>,
        address: Option<IpAddr>,
    ) -> Result<Identity, AuthnError> {
        if !self.enabled {
            return Ok(Identity::anybody());
        }
        let name = Limiter::name(address);
        let header = header.ok_or(AuthnError::NoToken)?;
        let bearer = header.split_once(' ').filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"));
        let token = bearer.map_or("", |(_, token)| token.trim());
        let known = self.remembered(token);
        // A client that was authenticated before, or whose token may be valid, is not affected by
        // others at the same address.
        let now = Instant::now();
        let is_new = known.is_none() && !self.lock().contains_key(&looks(token));
        let wait = if is_new { self.limiter.wait(&name, now) } else { None };
        if let Some(wait) = wait
            && !(self.may_be_good(token) && self.limiter.may_look(now))
        {
            return Err(AuthnError::TooMany(wait));
        }
        let identified = match bearer {
            Some(_) => self.check(token, known).await,
            None => Err(AuthnError::Rejected(TokenError::Scheme)),
        };
        match (identified, wait) {
            (Err(AuthnError::Rejected(_)), Some(wait)) => Err(AuthnError::TooMany(wait)),
            (Err(AuthnError::Rejected(why)), None) => {
                if why.is_guess() && self.is_guess(token, &name, now) {
                    self.limiter.failed(&name, now);
                }
                Err(AuthnError::Rejected(why))
            }
            (identified, _) => identified,
        }
    }

    /// Returns whether a token has the form of one from a trusted issuer.
    fn may_be_good(&self, token: &str) -> bool {
        Unchecked::parse(token).is_ok_and(|unchecked| self.is_known(&unchecked))
    }

    fn is_known(&self, token: &Unchecked<'_>) -> bool {
        let issuer = token.issuer().unwrap_or_default();
        issuer == self.issuer || self.issuers.iter().any(|trusted| trusted.is_for(issuer))
    }

    /// Returns whether an invalid token from `address` counts as a guess. One of an unknown issuer
    /// does when the address repeats it: with a wrong setting, everybody sends one.
    fn is_guess(&self, token: &str, address: &str, now: Instant) -> bool {
        match Unchecked::parse(token) {
            Ok(unchecked) if !self.is_known(&unchecked) => {
                self.notices.unknown_issuer(unchecked.issuer(), &self.rules);
                self.notices.is_repeated(token, address, now)
            }
            _ => true,
        }
    }

    /// Requests the keys of all providers, and logs what fails. Does nothing if clients are not
    /// authenticated.
    pub async fn try_issuers(&self) {
        for issuer in self.issuers.iter().filter(|_| self.enabled) {
            issuer.try_out().await;
        }
    }

    async fn check(&self, token: &str, known: Option<Known>) -> Result<Identity, AuthnError> {
        let is_new = known.is_none();
        let known = match known {
            Some(known) => known,
            None => {
                let at = Instant::now();
                let (claims, known) = self.check_anew(token).await?;
                let end = claims.end().saturating_add(jwt::SKEW);
                let mut all = self.lock();
                if all.len() >= MOST_REMEMBERED {
                    let now = unix_time();
                    all.retain(|_, (looked, _)| looked.holds(at, now));
                    if all.len() >= MOST_REMEMBERED {
                        all.clear();
                    }
                }
                all.insert(looks(token), (Looked { at, end }, known.clone()));
                known
            }
        };
        match known {
            Known::Outside(identity) => Ok(Identity::clone(&identity)),
            Known::Own(id) => {
                let found = self.tokens.find(&id, is_new).await.map_err(away)?;
                let revoked = AuthnError::Rejected(TokenError::Revoked);
                found.map(|token| Identity::of_token(&token)).ok_or(revoked)
            }
        }
    }

    fn remembered(&self, token: &str) -> Option<Known> {
        let all = self.lock();
        let (looked, known) = all.get(&looks(token))?;
        looked.holds(Instant::now(), unix_time()).then(|| known.clone())
    }

    async fn check_anew(&self, token: &str) -> Result<(Claims, Known), AuthnError> {
        let refused = AuthnError::Rejected;
        let unchecked = Unchecked::parse(token).map_err(refused)?;
        let issuer = unchecked.issuer().unwrap_or_default().to_string();
        let keys = if issuer == self.issuer {
            let id = unchecked.key_id.as_deref();
            let id = id.ok_or(TokenError::UnknownKey).map_err(refused)?;
            let key = self.signer.find(id).await.map_err(away)?;
            Keys { keys: key.into_iter().collect(), is_fresh: true }
        } else {
            let issuer = self.issuers.iter().find(|trusted| trusted.is_for(&issuer));
            let issuer = issuer.ok_or(TokenError::Issuer).map_err(refused)?;
            let keys = issuer.keys(unchecked.key_id.as_deref()).await;
            keys.map_err(|_| {
                AuthnError::Unavailable("the identity provider cannot be reached".into())
            })?
        };
        let mut checked = Err(refused(match keys.is_fresh {
            true => TokenError::UnknownKey,
            false => TokenError::PerhapsNewKey,
        }));
        for key in &keys.keys {
            checked = unchecked.check(key).map_err(refused);
            if checked.is_ok() {
                break;
            }
        }
        let claims = checked?;
        claims.check_time(unix_time()).map_err(refused)?;
        let known = if issuer == self.issuer {
            let id = claims.text("api_token").ok_or(refused(TokenError::NoName))?;
            Known::Own(id.into())
        } else {
            let identity = claims
                .check_kind(self.rules.only_at_jwt)
                .and_then(|()| self.rules.identity(&claims))
                .inspect_err(|why| self.notices.refused(&claims, &why.to_string(), &self.rules));
            let identity = identity.map_err(refused)?;
            self.notices.accepted(&claims, &self.rules);
            Known::Outside(Arc::new(identity))
        };
        Ok((claims, known))
    }

    /// Returns an access token for an API token, and its lifetime in seconds.
    pub async fn exchange(
        &self,
        id: &str,
        token: &ApiToken,
    ) -> Result<(String, i64), StorageError> {
        let now = unix_time();
        let life =
            token.expires.map_or(ACCESS_TOKEN_LIFE, |end| (end - now).min(ACCESS_TOKEN_LIFE));
        let claims = json!({
            "iss": self.issuer, "sub": token.user, "username": token.user, "iat": now,
            "nbf": now, "exp": now + life, "jti": format!("{:016x}", fastrand::u64(..)),
            "api_token": id,
        });
        Ok((self.signer.sign(&claims).await?, life))
    }

    /// Returns the public keys of the service.
    pub async fn published_keys(&self) -> Result<serde_json::Value, StorageError> {
        self.signer.published().await
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], (Looked, Known)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tokens {
    /// Opens the tokens in `records`.
    pub fn of(records: Arc<dyn Backend>) -> Result<Self, String> {
        let owner = owner("api-tokens").map_err(|error| error.to_string())?;
        Ok(Tokens::new(Record::new(records, owner)))
    }
}

/// Returns the hash under which a token is cached; the token itself is not kept.
fn looks(token: &str) -> [u8; 32] {
    let mut looks = [0; 32];
    looks.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    looks
}

fn owner(job: &str) -> Result<vdk_api::Owner, vdk_api::NameError> {
    Ok(vdk_api::Owner { team: Name::new(SERVICE_TEAM)?, job: Name::new(job)? })
}

fn away(fault: StorageError) -> AuthnError {
    AuthnError::Unavailable(format!("cannot check the token: {fault}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caches_a_token_for_a_minute_even_if_the_clock_is_set_back() {
        let (at, end) = (Instant::now(), 10_000);
        let looked = Looked { at, end };
        let later = |seconds| at + Duration::from_secs(seconds);
        assert!(looked.holds(later(59), 9_999));
        assert!(!looked.holds(later(59), 10_000), "it is over");
        // The system clock was set back.
        assert!(!looked.holds(later(60), -1_000_000));
    }
}
