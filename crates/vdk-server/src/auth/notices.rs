//! Log lines for the operator about tokens that are refused, or give less than their sender
//! expects. The sender cannot see why, and a wrong setting affects everybody. Each kind is logged
//! at most once a minute.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::jwt::Claims;
use super::looks;
use crate::escape::escape;
use crate::settings::JwtRules;

/// Shortest time between two lines of a kind, and time for which a token is remembered.
const EACH: Duration = Duration::from_secs(60);
/// Most tokens that are remembered.
const TOKENS: usize = 10_000;
/// Most characters of a text that somebody else wrote.
const SHOWN: usize = 200;
/// The claim that names other claims that did not fit into the token (OpenID Connect Core, 5.6.2).
const ELSEWHERE: &str = "_claim_names";

/// The kinds of lines.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    UnknownIssuer,
    Refused,
    GroupsElsewhere,
}

/// The lines that were written lately, and the tokens of unknown issuers.
#[derive(Default)]
pub struct Notices {
    written: Mutex<HashMap<Kind, Instant>>,
    strange: Mutex<Strange>,
}

/// The tokens of unknown issuers in the current minute, with the addresses that sent them.
#[derive(Default)]
struct Strange {
    since: Option<Instant>,
    tokens: HashSet<([u8; 32], String)>,
}

impl Notices {
    /// Logs that tokens of an issuer are refused that no setting names.
    pub fn unknown_issuer(&self, issuer: Option<&str>, rules: &JwtRules) {
        if !self.is_due(Kind::UnknownIssuer, Instant::now()) {
            return;
        }
        let Some(issuer) = issuer else {
            tracing::warn!("tokens are refused because they name no issuer (iss)");
            return;
        };
        let trusted: Vec<_> = rules.issuers.iter().filter_map(|own| own.uri.as_deref()).collect();
        let bare = |uri: &str| uri.trim_end_matches('/').to_string();
        match trusted.iter().find(|own| bare(own) == bare(issuer)) {
            Some(own) => tracing::warn!(
                "tokens of the issuer {} are refused, because the setting differs from it by the \
                 final slash: {}. Set spring.security.oauth2.resourceserver.jwt.issuer-uri to exactly \
                 what tokens have in iss",
                shown(issuer),
                shown(own)
            ),
            None => tracing::warn!(
                "tokens of the unknown issuer {} are refused. Issuers in the settings: {}",
                shown(issuer),
                list(trusted)
            ),
        }
    }

    /// Returns whether `address` sent this token of an unknown issuer before, within a minute.
    pub fn is_repeated(&self, token: &str, address: &str, now: Instant) -> bool {
        let mut strange = self.strange.lock().unwrap_or_else(PoisonError::into_inner);
        let is_old = strange.since.is_none_or(|since| now.duration_since(since) >= EACH);
        if is_old || strange.tokens.len() >= TOKENS {
            *strange = Strange { since: Some(now), tokens: HashSet::new() };
        }
        !strange.tokens.insert((looks(token), address.into()))
    }

    /// Logs why a genuine token is refused.
    pub fn refused(&self, claims: &Claims, why: &str, rules: &JwtRules) {
        if !self.is_due(Kind::Refused, Instant::now()) {
            return;
        }
        let audience = claims.list("aud");
        let is_elsewhere = !rules.audiences.is_empty()
            && !audience.iter().any(|one| rules.audiences.contains(one));
        if is_elsewhere {
            let hint = if audience.iter().any(|one| one == "account") {
                ". Keycloak puts a client there only with an audience mapper"
            } else {
                ""
            };
            tracing::warn!(
                "a genuine token is refused, because it is for another audience: its aud is {}, \
                 and the settings accept {}{hint}",
                list(audience.iter().map(String::as_str)),
                list(rules.audiences.iter().map(String::as_str))
            );
            return;
        }
        let custom = rules.custom_claim.iter().map(|(name, _)| name);
        let needed = [&rules.username_claim].into_iter().chain(&rules.authorities_claim);
        let missing: Vec<_> =
            needed.chain(custom).filter(|name| !claims.has(name)).map(String::as_str).collect();
        tracing::warn!(
            "a genuine token is refused, because {why}. Claims of the settings that it lacks: {}. \
             Claims that it has: {}",
            list(missing),
            list(claims.names())
        );
    }

    /// Logs that a token leaves groups out, as Azure does beyond some number of them.
    pub fn accepted(&self, claims: &Claims, rules: &JwtRules) {
        let groups = &rules.groups_claim;
        let is_elsewhere = !claims.has(groups) && claims.has(&format!("{ELSEWHERE}.{groups}"));
        if is_elsewhere && self.is_due(Kind::GroupsElsewhere, Instant::now()) {
            tracing::warn!(
                user = shown(claims.text(&rules.username_claim).unwrap_or_default()),
                "a token has too many groups to hold them ({ELSEWHERE}): grants to groups do not \
                 apply to it. Let the provider put only the groups of this application into tokens"
            );
        }
    }

    fn is_due(&self, kind: Kind, now: Instant) -> bool {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = written.get(&kind).is_none_or(|last| now.duration_since(*last) >= EACH);
        if is_due {
            written.insert(kind, now);
        }
        is_due
    }
}

/// Returns the beginning of a text that somebody else wrote, for the log.
pub fn shown(text: &str) -> String {
    let beginning: String = text.chars().take(SHOWN).collect();
    let mut shown = escape(&beginning);
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    format!("\"{shown}\"")
}

fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let shown: Vec<_> = texts.into_iter().take(20).map(shown).collect();
    if shown.is_empty() { "none".into() } else { shown.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_a_token_only_when_its_address_repeats_it() {
        let (notices, start) = (Notices::default(), Instant::now());
        assert!(!notices.is_repeated("token", "a", start));
        assert!(!notices.is_repeated("token", "b", start));
        assert!(!notices.is_repeated("other", "a", start));
        assert!(notices.is_repeated("token", "a", start));
        assert!(!notices.is_repeated("token", "a", start + EACH));
    }

    #[test]
    fn writes_a_kind_once_a_minute() {
        let (notices, start) = (Notices::default(), Instant::now());
        let due = |kind, seconds| notices.is_due(kind, start + Duration::from_secs(seconds));
        assert!(due(Kind::Refused, 0) && due(Kind::UnknownIssuer, 0));
        assert!(!due(Kind::Refused, 59) && due(Kind::Refused, 60));
    }

    #[test]
    fn cuts_and_escapes_what_others_wrote() {
        assert_eq!(shown("a\x1b[2Jb"), "\"a\\u{1b}[2Jb\"");
        assert_eq!(shown(&"x".repeat(SHOWN + 1)).chars().count(), SHOWN + 3);
    }
}
