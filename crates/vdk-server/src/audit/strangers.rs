//! Requests of clients that did not identify themselves, counted by address and logged in one line
//! per address and minute. A line for each would let anybody fill the disk of the audit log, and
//! thereby stop everybody's writes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Entry;

/// Interval between two lines of one address.
const EACH: Duration = Duration::from_secs(60);
/// Most addresses with a line of their own; the requests of others share one.
const ADDRESSES: usize = 256;
/// Name for all other addresses.
const OTHERS: &str = "others";

/// The counts of all addresses.
#[derive(Default)]
pub struct Strangers(Mutex<HashMap<String, Sum>>);

struct Sum {
    /// The time at which the last line was due.
    told: Instant,
    /// Requests since then.
    count: u64,
    /// The last request.
    last: Entry,
}

impl Strangers {
    /// Counts a request from `address`. Returns a line if one is due now.
    pub fn count(&self, address: String, entry: Entry, now: Instant) -> Option<Entry> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = all.len() >= ADDRESSES && !all.contains_key(&address);
        let address = if is_full { OTHERS.into() } else { address };
        match all.get_mut(&address) {
            Some(sum) if now.duration_since(sum.told) < EACH => {
                sum.count += 1;
                sum.last = entry;
                None
            }
            found => {
                let count = found.map_or(0, |sum| sum.count) + 1;
                let line = line(&address, entry.clone(), count);
                all.insert(address, Sum { told: now, count: 0, last: entry });
                Some(line)
            }
        }
    }

    /// Returns the lines of addresses whose minute is over, or of all of them if `all` is set.
    pub fn due(&self, now: Instant, all: bool) -> Vec<Entry> {
        let mut sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lines = Vec::new();
        sums.retain(|address, sum| {
            if !all && now.duration_since(sum.told) < EACH {
                return true;
            }
            if sum.count == 0 {
                return false;
            }
            lines.push(line(address, sum.last.clone(), sum.count));
            (sum.told, sum.count) = (now, 0);
            true
        });
        lines
    }

    /// Returns the requests of an unwritten line to the count; a later line includes them.
    pub fn back(&self, line: Entry, now: Instant) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = line.count.unwrap_or(0);
        let new = |last: Entry| Sum { told: now, count: 0, last };
        all.entry(line.from.clone()).or_insert_with(|| new(line)).count += count;
    }
}

fn line(address: &str, entry: Entry, count: u64) -> Entry {
    Entry { from: address.into(), forwarded_for: None, count: Some(count), ..entry }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(strangers: &Strangers, address: &str, now: Instant) -> Option<(String, u64)> {
        let line = strangers.count(address.into(), Entry::default(), now);
        line.map(|line| (line.from, line.count.unwrap()))
    }

    fn due(strangers: &Strangers, now: Instant, all: bool) -> Vec<(String, u64)> {
        let lines = strangers.due(now, all).into_iter();
        lines.map(|line| (line.from, line.count.unwrap())).collect()
    }

    #[test]
    fn writes_one_line_per_address_and_minute() {
        let (strangers, start) = (Strangers::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(count(&strangers, "a", start), Some(("a".into(), 1)));
        for second in 1..60 {
            assert_eq!(count(&strangers, "a", after(second)), None);
        }
        assert_eq!(count(&strangers, "b", after(59)), Some(("b".into(), 1)));
        assert_eq!(due(&strangers, after(59), false), []);
        assert_eq!(due(&strangers, after(60), false), [("a".into(), 59)]);
        assert_eq!(count(&strangers, "a", after(61)), None);
        assert_eq!(due(&strangers, after(62), true), [("a".into(), 1)]);
        assert_eq!(due(&strangers, after(200), false), []);
        assert_eq!(count(&strangers, "a", after(201)), Some(("a".into(), 1)));
    }

    #[test]
    fn sums_what_could_not_be_written() {
        let (strangers, now) = (Strangers::default(), Instant::now());
        let line = strangers.count("a".into(), Entry::default(), now).unwrap();
        strangers.back(line, now);
        assert_eq!(count(&strangers, "a", now), None);
        assert_eq!(due(&strangers, now + EACH, false), [("a".into(), 2)]);
    }

    #[test]
    fn bounds_the_number_of_addresses() {
        let (strangers, now) = (Strangers::default(), Instant::now());
        let lines = (0..100_000).filter_map(|n| count(&strangers, &n.to_string(), now));
        assert_eq!(lines.count(), ADDRESSES + 1);
        let told = due(&strangers, now + EACH, false);
        assert_eq!(told, [(OTHERS.to_string(), (100_000 - ADDRESSES - 1) as u64)]);
    }
}
