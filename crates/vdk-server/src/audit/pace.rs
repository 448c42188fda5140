//! Whether a line is written at once, by the thread that serves its request, or by the thread of the
//! log. The way there and back takes half as long as reading a document over one connection (67 and
//! 103 µs), and much longer on a machine that is busy with other work. If many requests come, that
//! thread writes their lines together, and 16 connections get 1.5 times as many answers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Lines in a row that the thread wrote alone before requests count as single ones.
const ALONE: u64 = 8;
/// One line of so many goes to the thread all the same, to see whether others come meanwhile.
const TRIED: u64 = 64;
/// Time from which the way to the thread and back is too long.
const LONG: Duration = Duration::from_millis(2);

/// Counts lines, and those that came while no other did.
#[derive(Default)]
pub struct Pace {
    lines: AtomicU64,
    alone: AtomicU64,
}

/// A line on its way.
pub struct Turn {
    number: u64,
    began: Instant,
}

impl Pace {
    /// Counts a line.
    pub fn begin(&self) -> Turn {
        Turn { number: self.lines.fetch_add(1, Ordering::Relaxed), began: Instant::now() }
    }

    /// Returns whether to write the line at once.
    pub fn is_at_once(&self, turn: &Turn) -> bool {
        self.alone.load(Ordering::Relaxed) >= ALONE && !turn.number.is_multiple_of(TRIED)
    }

    /// Notes that the thread has written the line.
    pub fn end(&self, turn: &Turn) {
        if turn.began.elapsed() > LONG {
            self.alone.store(ALONE, Ordering::Relaxed);
        } else if self.lines.load(Ordering::Relaxed) == turn.number + 1 {
            self.alone.fetch_add(1, Ordering::Relaxed);
        } else {
            self.alone.store(0, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tells whether a single line is written at once.
    fn single(pace: &Pace) -> bool {
        let mut turn = pace.begin();
        let is_at_once = pace.is_at_once(&turn);
        if !is_at_once {
            turn.began = Instant::now();
            pace.end(&turn);
        }
        is_at_once
    }

    #[test]
    fn writes_lines_at_once_when_they_come_one_at_a_time() {
        let pace = Pace { alone: AtomicU64::new(ALONE), ..Pace::default() };
        assert_eq!((0..TRIED).filter(|_| single(&pace)).count() as u64, TRIED - 1);
        assert!(!single(&pace), "one of them is tried");
    }

    #[test]
    fn writes_lines_together_when_others_come_meanwhile() {
        let pace = Pace { alone: AtomicU64::new(ALONE), lines: AtomicU64::new(1) };
        let (mut first, _second) = (pace.begin(), pace.begin());
        first.began = Instant::now() + LONG;
        pace.end(&first);
        assert!(!single(&pace));
    }

    #[test]
    fn writes_lines_at_once_when_the_thread_takes_long() {
        let pace = Pace::default();
        let (mut first, _second) = (pace.begin(), pace.begin());
        first.began -= 2 * LONG;
        pace.end(&first);
        assert!(single(&pace));
    }
}
