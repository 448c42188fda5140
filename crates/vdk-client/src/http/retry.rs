//! The retry policy of a command: how often, and after what delay. It has no side effects: the
//! caller waits.

use std::time::{Duration, Instant};

use crate::config::HttpSettings;

/// The retries that a command has left.
#[derive(Debug)]
pub struct RetryBudget {
    total: u32,
    connect: u32,
    read: u32,
    budget: Duration,
    first_failure: Option<Instant>,
    done: u32,
}

/// The kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// No connection was established.
    Connect,
    /// The connection broke before the response.
    Read,
    /// The service answered 429, 502, 503 or 504, possibly with a delay.
    Status(Option<Duration>),
}

/// The reason why there is no further retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetExhausted {
    /// No retries, or no time, are left.
    Tries(u32),
    /// The service asks for a longer delay than there is time.
    Wait(Duration),
}

/// Default time for all retries.
const BUDGET: Duration = Duration::from_secs(10);
/// The first delay, on average 3/4 of it; each further one is twice as long.
const FIRST: Duration = Duration::from_millis(100);
/// The longest delay.
const LONGEST: Duration = Duration::from_secs(2);

impl RetryBudget {
    /// Creates the budget from the settings. Its time is 10 seconds, or a second per retry if there
    /// are more than ten.
    pub fn new(settings: &HttpSettings) -> Self {
        RetryBudget {
            total: settings.total_retries,
            connect: settings.connect_retries,
            read: settings.read_retries,
            budget: BUDGET.max(Duration::from_secs(settings.total_retries.into())),
            first_failure: None,
            done: 0,
        }
    }

    /// Takes one retry and returns the delay before it. `jitter` is a random number from 0 to 1.
    pub fn next_delay(
        &mut self,
        cause: Cause,
        now: Instant,
        jitter: f64,
    ) -> Result<Duration, BudgetExhausted> {
        let spent = BudgetExhausted::Tries(self.done);
        let left = match cause {
            Cause::Connect => Some(&mut self.connect),
            Cause::Read => Some(&mut self.read),
            Cause::Status(_) => None,
        };
        if self.total == 0 || left.as_ref().is_some_and(|left| **left == 0) {
            return Err(spent);
        }
        let elapsed = now.duration_since(*self.first_failure.get_or_insert(now));
        let remaining = self.budget.saturating_sub(elapsed);
        let wait = match cause {
            Cause::Status(Some(wait)) if wait > remaining => {
                return Err(BudgetExhausted::Wait(wait));
            }
            Cause::Status(Some(wait)) => wait,
            _ => {
                let full = FIRST.saturating_mul(1 << self.done.min(10)).min(LONGEST);
                full.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
            }
        };
        if wait > remaining {
            return Err(spent);
        }
        if let Some(left) = left {
            *left -= 1;
        }
        self.total -= 1;
        self.done += 1;
        Ok(wait)
    }
}

/// Returns a time of whole seconds for messages.
pub fn in_words(wait: Duration) -> String {
    match wait.as_secs() {
        1 => "1 second".into(),
        seconds => format!("{seconds} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(total: u32, connect: u32) -> RetryBudget {
        RetryBudget { total, connect, read: 6, budget: BUDGET, first_failure: None, done: 0 }
    }

    #[test]
    fn doubles_delays_up_to_a_limit_until_tries_are_used_up() {
        let (mut budget, now) = (budget(10, 6), Instant::now());
        let waits: Vec<_> = (0..6)
            .map(|_| budget.next_delay(Cause::Connect, now, 1.0).unwrap().as_millis())
            .collect();
        assert_eq!(waits, [100, 200, 400, 800, 1600, 2000]);
        assert_eq!(budget.next_delay(Cause::Connect, now, 1.0), Err(BudgetExhausted::Tries(6)));
        assert!(budget.next_delay(Cause::Status(None), now, 1.0).is_ok());
    }

    #[test]
    fn stops_when_the_time_is_used_up() {
        let (mut budget, now) = (budget(100, 100), Instant::now());
        budget.next_delay(Cause::Connect, now, 0.0).unwrap();
        let late = now + BUDGET;
        assert_eq!(budget.next_delay(Cause::Connect, late, 0.0), Err(BudgetExhausted::Tries(1)));
    }

    #[test]
    fn obeys_retry_after_within_the_budget() {
        let (mut budget, now) = (budget(10, 6), Instant::now());
        let wait = |seconds| Cause::Status(Some(Duration::from_secs(seconds)));
        assert_eq!(budget.next_delay(wait(3), now, 0.0), Ok(Duration::from_secs(3)));
        assert_eq!(
            budget.next_delay(wait(3600), now, 0.0),
            Err(BudgetExhausted::Wait(Duration::from_secs(3600)))
        );
    }

    #[test]
    fn does_not_retry_when_retries_are_disabled() {
        assert_eq!(
            budget(0, 0).next_delay(Cause::Connect, Instant::now(), 0.0),
            Err(BudgetExhausted::Tries(0))
        );
    }
}
