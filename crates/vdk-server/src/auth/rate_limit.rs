//! A rate limit on guesses: after too many failures in a minute, tokens are rejected unchecked.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Failures within [`WINDOW`] after which tokens are not checked.
const MOST: u32 = 10;
const WINDOW: Duration = Duration::from_secs(60);
/// Most names that are remembered. More at once are not a single attacker.
const NAMES: usize = 100_000;

/// Tokens of limited addresses that are checked per second, for all addresses together.
const LOOKS: u32 = 100;

/// Failures by name: an address, or the id of a token.
#[derive(Default)]
pub struct Limiter {
    failures: Mutex<HashMap<String, (Instant, u32)>>,
    /// The start of the current second, and the tokens of limited addresses checked since.
    looks: Mutex<Option<(Instant, u32)>>,
}

impl Limiter {
    /// Returns the name of an address; for IPv6 its /64 network, all of which is one client's.
    pub fn name(address: Option<IpAddr>) -> String {
        match address.map(|address| address.to_canonical()) {
            None => String::new(),
            Some(IpAddr::V4(address)) => address.to_string(),
            Some(IpAddr::V6(address)) => {
                let network = u128::from(address) >> 64 << 64;
                format!("{}/64", std::net::Ipv6Addr::from(network))
            }
        }
    }

    /// Returns the time that `name` must wait, if any.
    pub fn wait(&self, name: &str, now: Instant) -> Option<Duration> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, count) = failures.get(name)?;
        let left = WINDOW.checked_sub(now.duration_since(*since))?;
        (*count >= MOST && !left.is_zero()).then_some(left)
    }

    /// Returns whether one more token of a limited address may be checked. Guesses from the same
    /// address do not lock out a valid token: only the work of checking is bounded.
    pub fn may_look(&self, now: Instant) -> bool {
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, count) = looks.get_or_insert((now, 0));
        if now.duration_since(*since) >= Duration::from_secs(1) {
            (*since, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        *count <= LOOKS
    }

    /// Records a failure of `name`.
    pub fn failed(&self, name: &str, now: Instant) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= NAMES {
            failures.retain(|_, (since, _)| now.duration_since(*since) < WINDOW);
            if failures.len() >= NAMES {
                return;
            }
        }
        let (since, count) = failures.entry(name.into()).or_insert((now, 0));
        if now.duration_since(*since) >= WINDOW {
            (*since, *count) = (now, 0);
        }
        *count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_the_tokens_checked_in_a_second() {
        let (limiter, start) = (Limiter::default(), Instant::now());
        let looked = (0..1000).filter(|_| limiter.may_look(start)).count();
        assert_eq!(looked, LOOKS as usize);
        assert!(limiter.may_look(start + Duration::from_secs(1)));
    }

    #[test]
    fn blocks_only_an_address_with_ten_failures_in_a_minute() {
        let (limiter, start) = (Limiter::default(), Instant::now());
        for _ in 0..10 {
            assert_eq!(limiter.wait("a", start), None);
            limiter.failed("a", start);
        }
        let soon = start + Duration::from_secs(20);
        assert_eq!(limiter.wait("a", soon), Some(Duration::from_secs(40)));
        assert_eq!(limiter.wait("b", soon), None);
        let later = start + WINDOW;
        assert_eq!(limiter.wait("a", later), None);
        limiter.failed("a", later);
        assert_eq!(limiter.wait("a", later), None);
    }
}
