//! Places that requests take in turn.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use super::{Reason, StorageError};

/// Most requests that wait for a place of one kind.
pub const WAITING: usize = 500;
/// Time without progress after which a storage counts as stuck.
pub const SILENCE: Duration = Duration::from_secs(1);
/// Longest time to wait for a place.
const WAIT: Duration = Duration::from_secs(2);

/// A place that is held until it is dropped.
pub struct Place {
    _permit: OwnedSemaphorePermit,
}

/// Places of one kind, and the requests that wait for them. A request without a place waits while others
/// progress, and is refused at once if none do.
pub struct Line {
    most: usize,
    places: Arc<Semaphore>,
    waiting: Semaphore,
    /// The time of the last progress.
    moved: Mutex<Instant>,
}

impl Line {
    /// Makes `most` places.
    pub fn new(most: usize) -> Self {
        let most = most.min(Semaphore::MAX_PERMITS);
        Line {
            most,
            places: Arc::new(Semaphore::new(most)),
            waiting: Semaphore::new(WAITING),
            moved: Mutex::new(Instant::now()),
        }
    }

    /// Returns whether any place is taken.
    pub fn is_used(&self) -> bool {
        self.places.available_permits() < self.most
    }

    /// Returns how many requests wait.
    #[cfg(test)]
    pub fn waiting(&self) -> usize {
        WAITING - self.waiting.available_permits()
    }

    /// Takes `number` places, if nobody waits for them.
    pub fn enter_now(&self, number: u32) -> Option<Place> {
        let number = self.at_most(number);
        let permit = self.places.clone().try_acquire_many_owned(number).ok()?;
        self.moves();
        Some(Place { _permit: permit })
    }

    /// Takes `number` places.
    pub async fn enter(&self, number: u32) -> Result<Place, StorageError> {
        if let Some(place) = self.enter_now(number) {
            return Ok(place);
        }
        let permit = self.wait(self.at_most(number)).await.ok_or_else(|| {
            let why = "too many requests are waiting, and it responds too slowly";
            StorageError::Unavailable(Reason::Busy, why.into())
        })?;
        self.moves();
        Ok(Place { _permit: permit })
    }

    async fn wait(&self, number: u32) -> Option<OwnedSemaphorePermit> {
        let _waits = self.waiting.try_acquire().ok()?;
        let deadline = Instant::now() + WAIT;
        let mut entering = std::pin::pin!(self.places.clone().acquire_many_owned(number));
        loop {
            let left = SILENCE.saturating_sub(self.lock().elapsed());
            let left = left.min(deadline.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return None;
            }
            if let Ok(entered) = timeout(left, &mut entering).await {
                return entered.ok();
            }
        }
    }

    /// Runs `work` while it holds `number` places.
    pub async fn with<T>(
        &self,
        number: u32,
        work: impl Future<Output = Result<T, StorageError>>,
    ) -> Result<T, StorageError> {
        let _place = self.enter(number).await?;
        let done = work.await;
        if !matches!(done, Err(StorageError::Unavailable(..) | StorageError::Unknown(_))) {
            self.moves();
        }
        done
    }

    /// Returns the number of places for one who asks for more than there are: all of them.
    fn at_most(&self, number: u32) -> u32 {
        number.min(u32::try_from(self.most).unwrap_or(u32::MAX))
    }

    /// Records progress.
    pub fn moves(&self) {
        *self.lock() = Instant::now();
    }

    fn lock(&self) -> MutexGuard<'_, Instant> {
        self.moved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
