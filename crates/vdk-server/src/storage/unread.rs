//! Bounds the memory of answers that wait until their clients read them. A client that reads nothing
//! would keep one for each of its requests, hundreds on one HTTP/2 connection.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, sleep};

use super::line::{Line, Place};
use super::{Reason, StorageError};

/// Bytes of all answers that wait.
const WAITING: usize = 64 * 1024 * 1024;
/// Bytes up to which an answer takes no room.
pub const SMALL: usize = 4 * 1024;
/// Most answers that wait for room.
const BODIES: usize = 16;
/// Least time between two calls for room, and between two warnings.
const CALLS: Duration = Duration::from_millis(500);
const WARNINGS: Duration = Duration::from_secs(60);
/// Time in which those who are called give up their room.
const LEAVING: Duration = Duration::from_millis(100);

/// The room for answers.
pub struct Unread {
    line: Arc<Line>,
    bodies: Semaphore,
    wanted: Notify,
    called: Mutex<Called>,
}

#[derive(Default)]
struct Called {
    last: Option<Instant>,
    warned: Option<Instant>,
}

/// The room of an answer. It is free again when this is dropped.
pub struct Room {
    _place: Place,
    line: Arc<Line>,
}

/// Marks a response whose body has its room, or needs none because all share it.
#[derive(Clone)]
pub struct HasRoom;

impl Drop for Room {
    fn drop(&mut self) {
        self.line.moves();
    }
}

impl Unread {
    /// Makes room for answers, of which the largest has `largest` bytes. At least four of them fit.
    pub fn new(largest: usize) -> Self {
        let line = Arc::new(Line::new(WAITING.max(largest.saturating_mul(4))));
        let (bodies, wanted) = (Semaphore::new(BODIES), Notify::new());
        Unread { line, bodies, wanted, called: Mutex::default() }
    }

    /// Reserves room for an answer until it is sent, if there is enough now.
    pub fn enter_now(&self, bytes: usize) -> Option<Room> {
        Some(self.room(self.line.enter_now(permits(bytes))?))
    }

    /// Reserves room for an answer until it is sent. Clients that read nothing lose theirs, and this
    /// waits while others are sent.
    pub async fn enter(&self, bytes: usize) -> Result<Room, StorageError> {
        if let Some(room) = self.enter_now(bytes) {
            return Ok(room);
        }
        self.call();
        if let Ok(place) = self.line.enter(permits(bytes)).await {
            return Ok(self.room(place));
        }
        sleep(LEAVING).await;
        self.enter_now(bytes).ok_or_else(|| self.refuse())
    }

    /// Reserves room as [`Unread::enter`] does, for an answer that is in memory already. Few wait at once.
    pub async fn enter_made(&self, bytes: usize) -> Result<Room, StorageError> {
        if let Some(room) = self.enter_now(bytes) {
            return Ok(room);
        }
        match self.bodies.try_acquire() {
            Ok(_waits) => self.enter(bytes).await,
            Err(_) => Err(self.refuse()),
        }
    }

    fn refuse(&self) -> StorageError {
        let mut called = self.called.lock().unwrap_or_else(PoisonError::into_inner);
        if called.warned.is_none_or(|at| at.elapsed() >= WARNINGS) {
            called.warned = Some(Instant::now());
            tracing::warn!(
                "requests are refused because answers of 64 MiB wait for clients that do not read them; \
                 the next warning comes in a minute at the earliest"
            );
        }
        let why = "too many clients do not read what they asked for";
        StorageError::Unavailable(Reason::Unread, why.into())
    }

    fn room(&self, place: Place) -> Room {
        Room { _place: place, line: self.line.clone() }
    }

    fn call(&self) {
        let mut called = self.called.lock().unwrap_or_else(PoisonError::into_inner);
        // It wakes every connection.
        if called.last.is_none_or(|at| at.elapsed() >= CALLS) {
            called.last = Some(Instant::now());
            self.wanted.notify_waiters();
        }
    }

    /// Waits until an answer lacks room.
    pub async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// Returns whether any answer waits.
    pub fn has_any(&self) -> bool {
        self.line.is_used()
    }
}

fn permits(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
