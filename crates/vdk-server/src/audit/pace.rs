//! Whether requests come one at a time. Their lines are then written at once, without the way to the
//! thread and back, which takes as long as half of such a request: reading a document over one
//! connection takes 67 µs, and 103 µs by the thread. If many come, the thread writes their lines
//! together, and the same machine answers 1.5 times as many over 16 connections.

use std::sync::atomic::{AtomicU64, Ordering};

/// Lines in a row that the thread wrote alone before requests count as single ones.
const ALONE: u64 = 8;
/// One line of so many goes to the thread all the same, to see whether others come meanwhile.
const TRIED: u64 = 64;

/// Counts lines, and those that came while no other did.
#[derive(Default)]
pub struct Pace {
    lines: AtomicU64,
    alone: AtomicU64,
}

impl Pace {
    /// Counts a line. Returns its number.
    pub fn begin(&self) -> u64 {
        self.lines.fetch_add(1, Ordering::Relaxed)
    }

    /// Returns whether to write the line at once.
    pub fn is_slow(&self, number: u64) -> bool {
        self.alone.load(Ordering::Relaxed) >= ALONE && !number.is_multiple_of(TRIED)
    }

    /// Notes that the thread has written the line.
    pub fn end(&self, number: u64) {
        if self.lines.load(Ordering::Relaxed) == number + 1 {
            self.alone.fetch_add(1, Ordering::Relaxed);
        } else {
            self.alone.store(0, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_whether_lines_come_one_at_a_time() {
        let pace = Pace::default();
        let single = || {
            let number = pace.begin();
            let is_slow = pace.is_slow(number);
            if !is_slow {
                pace.end(number);
            }
            is_slow
        };
        assert_eq!((0..ALONE).filter(|_| single()).count(), 0);
        assert_eq!((0..TRIED).filter(|_| single()).count() as u64, TRIED - 1);
        let (first, _second) = (pace.begin(), pace.begin());
        pace.end(first);
        assert!(!single(), "others came meanwhile");
    }
}
