//! What requests and probes know of the audit log without waiting for it: whether its lines can be
//! written, how long the step in progress takes, and how much waits.

use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Longest time for one step, such as a write, before the log counts as stuck.
pub const STUCK: Duration = Duration::from_secs(1);
/// Most lines that wait to be written.
const LINES: usize = 4096;
/// Most bytes of these lines.
const BYTES: usize = 8 * 1024 * 1024;

/// How well the log can be written, from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    /// Every line is written where it belongs.
    Good,
    /// Lines are written to a file that was renamed, because a new one cannot be opened.
    Moved,
    /// There is no room for one more line, so that no change can begin.
    NoRoom,
    /// Lines cannot be written.
    Unwritable,
}

/// The reason why a line was not written.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NotWritten {
    /// The output fails.
    #[error("{0}")]
    Failed(String),
    /// An earlier line could not be written yet.
    #[error("earlier lines could not be written yet")]
    Unwritable,
    /// There is no room.
    #[error("there is no room for a line")]
    NoRoom,
    /// The output takes too long.
    #[error("a line is not written in time: the disk is stuck, or nobody reads the output")]
    Stuck,
    /// Too much waits to be written.
    #[error("too many lines wait to be written")]
    Full,
}

/// The state of the log, shared by its thread and all requests.
pub struct Health {
    level: AtomicU8,
    origin: Instant,
    /// Milliseconds from the origin to the begin of the step in progress; 0 if there is none.
    began: AtomicU64,
    lines: AtomicUsize,
    bytes: AtomicUsize,
    /// Bytes that the output could not write yet.
    owed: AtomicUsize,
}

impl Health {
    pub fn new() -> Self {
        Health {
            level: AtomicU8::new(Level::Good as u8),
            origin: Instant::now(),
            began: AtomicU64::new(0),
            lines: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            owed: AtomicUsize::new(0),
        }
    }

    pub fn level(&self) -> Level {
        match self.level.load(Ordering::Relaxed) {
            0 => Level::Good,
            1 => Level::Moved,
            2 => Level::NoRoom,
            _ => Level::Unwritable,
        }
    }

    /// Sets the level and returns the one before.
    pub fn set(&self, level: Level) -> Level {
        let before = self.level();
        self.level.store(level as u8, Ordering::Relaxed);
        before
    }

    /// Sets the number of bytes that the output could not write yet.
    pub fn set_owed(&self, bytes: usize) {
        self.owed.store(bytes, Ordering::Relaxed);
    }

    /// Returns about how many bytes are still to be written.
    pub fn owed(&self) -> usize {
        self.bytes.load(Ordering::Relaxed) + self.owed.load(Ordering::Relaxed)
    }

    fn milliseconds(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Marks the begin of a step that may take long, until the result is dropped.
    pub fn step(&self) -> Step<'_> {
        self.began.store(self.milliseconds().max(1), Ordering::Relaxed);
        Step(self)
    }

    pub fn is_stuck(&self) -> bool {
        let began = self.began.load(Ordering::Relaxed);
        began > 0 && self.milliseconds().saturating_sub(began) > STUCK.as_millis() as u64
    }

    /// Fails if a request must not wait for its line to be written. `changes` tells that the
    /// request is yet to be carried out, and must not begin without room for its line.
    pub fn check(&self, changes: bool) -> Result<(), NotWritten> {
        match self.level() {
            Level::Unwritable => Err(NotWritten::Unwritable),
            Level::NoRoom if changes => Err(NotWritten::NoRoom),
            _ if self.is_stuck() => Err(NotWritten::Stuck),
            _ if self.is_full() => Err(NotWritten::Full),
            _ => Ok(()),
        }
    }

    fn is_full(&self) -> bool {
        self.lines.load(Ordering::Relaxed) >= LINES || self.bytes.load(Ordering::Relaxed) >= BYTES
    }

    /// Counts a line that waits from now on.
    pub fn waits(&self, bytes: usize) {
        self.lines.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts a line that waits no more.
    pub fn is_done(&self, bytes: usize) {
        self.lines.fetch_sub(1, Ordering::Relaxed);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// A step in progress.
pub struct Step<'a>(&'a Health);

impl Drop for Step<'_> {
    fn drop(&mut self) {
        self.0.began.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_requests_while_too_much_waits() {
        let health = Health::new();
        for (lines, bytes) in [(LINES, 1), (1, BYTES)] {
            assert!(health.check(true).is_ok());
            (0..lines).for_each(|_| health.waits(bytes));
            assert!(matches!(health.check(false), Err(NotWritten::Full)));
            (0..lines).for_each(|_| health.is_done(bytes));
        }
    }

    #[test]
    fn refuses_only_changes_without_room() {
        let health = Health::new();
        assert_eq!(health.set(Level::NoRoom), Level::Good);
        assert!(health.check(false).is_ok());
        assert!(matches!(health.check(true), Err(NotWritten::NoRoom)));
        health.set(Level::Moved);
        assert!(health.check(true).is_ok());
        health.set(Level::Unwritable);
        assert!(matches!(health.check(false), Err(NotWritten::Unwritable)));
    }
}
