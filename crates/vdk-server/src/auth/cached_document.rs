//! A document of the service itself, stored like those of jobs. Reads use a cache that is fresh
//! enough for a revocation to take effect on all replicas within a minute. A change is written only
//! if nobody else changed the document meanwhile.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;
use vdk_api::{Author, Owner};
use zeroize::Zeroizing;

use crate::storage::{Backend, Expected, Reason, StorageError};

/// Largest age of a cached document.
pub const FRESH: Duration = Duration::from_secs(10);
/// Most attempts at a change that conflicts with others.
const TRIES: usize = 50;

/// Time for which a storage that has just failed is not asked again. All requests that wait for it
/// then get the same error.
const AFTER_FAULT: Duration = Duration::from_secs(1);

/// A document that holds a `T`. If it was never written, it is the default.
pub struct Record<T> {
    backend: Arc<dyn Backend>,
    owner: Owner,
    seen: RwLock<Option<(Instant, Arc<T>)>>,
    /// Lock of the task that reads; holds the last error.
    turn: Mutex<Option<(Instant, StorageError)>>,
}

impl<T: Default + Serialize + DeserializeOwned> Record<T> {
    /// Makes a cache of the document at `owner`.
    pub fn new(backend: Arc<dyn Backend>, owner: Owner) -> Self {
        Record { backend, owner, seen: RwLock::default(), turn: Mutex::default() }
    }

    /// Returns the document as it was at most [`FRESH`] ago.
    pub async fn get(&self) -> Result<Arc<T>, StorageError> {
        self.no_older_than(FRESH).await
    }

    /// Returns the document as it was at most `age` ago.
    pub async fn no_older_than(&self, age: Duration) -> Result<Arc<T>, StorageError> {
        let began = Instant::now();
        let oldest = began.checked_sub(age).unwrap_or(began);
        if let Some(value) = self.seen_since(oldest) {
            return Ok(value);
        }
        let turn = self.turn.lock().await;
        match self.seen_since(oldest) {
            Some(value) => Ok(value),
            None => self.read_in(turn).await,
        }
    }

    /// Returns the document, or its cached state if it cannot be read now or another task reads it.
    pub async fn get_or_last(&self) -> Result<Arc<T>, StorageError> {
        let now = Instant::now();
        let Some((at, last)) = self.seen() else { return self.get().await };
        if now.duration_since(at) < FRESH {
            return Ok(last);
        }
        match self.turn.try_lock() {
            Ok(turn) => Ok(self.read_in(turn).await.unwrap_or(last)),
            Err(_) => Ok(last),
        }
    }

    async fn read_in(
        &self,
        mut turn: MutexGuard<'_, Option<(Instant, StorageError)>>,
    ) -> Result<Arc<T>, StorageError> {
        if let Some((at, fault)) = &*turn
            && at.elapsed() < AFTER_FAULT
        {
            return Err(fault.clone());
        }
        let began = Instant::now();
        match self.read().await {
            Ok((value, _)) => {
                *turn = None;
                let value = Arc::new(value);
                self.remember(began, value.clone());
                Ok(value)
            }
            Err(fault) => {
                *turn = Some((Instant::now(), fault.clone()));
                Err(fault)
            }
        }
    }

    fn seen(&self) -> Option<(Instant, Arc<T>)> {
        self.seen.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn seen_since(&self, oldest: Instant) -> Option<Arc<T>> {
        self.seen().filter(|(at, _)| *at >= oldest).map(|(_, value)| value)
    }

    /// Caches what a request that `began` then read or wrote, unless a later one is cached.
    fn remember(&self, began: Instant, value: Arc<T>) {
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        if seen.as_ref().is_none_or(|(at, _)| *at <= began) {
            *seen = Some((began, value));
        }
    }

    /// Changes the document, unless `change` returns an error. The second argument of `change` is
    /// true if nothing was ever written. It is called again after a conflict.
    pub async fn change<R, E>(
        &self,
        author: &Author,
        mut change: impl FnMut(&mut T, bool) -> Result<R, E>,
    ) -> Result<Result<R, E>, StorageError> {
        for _ in 0..TRIES {
            let began = Instant::now();
            let (mut value, version) = self.read().await?;
            let done = match change(&mut value, version == 0) {
                Ok(done) => done,
                Err(refused) => return Ok(Err(refused)),
            };
            let json = serde_json::to_string(&value).map_err(|_| self.damaged())?;
            let json = Zeroizing::new(json);
            let expected = Expected::Version(version);
            match self.backend.write(&self.owner, json, expected, author).await {
                Ok(_) => {
                    self.remember(began, Arc::new(value));
                    return Ok(Ok(done));
                }
                Err(StorageError::Conflict { .. }) => {}
                Err(fault) => return Err(fault),
            }
        }
        Err(StorageError::Unavailable(
            Reason::Busy,
            "others kept changing the same document".into(),
        ))
    }

    async fn read(&self) -> Result<(T, u64), StorageError> {
        let stored = self.backend.read(&self.owner).await?;
        if stored.version == 0 {
            return Ok((T::default(), 0));
        }
        let value = serde_json::from_str(&stored.json).map_err(|_| self.damaged())?;
        Ok((value, stored.version))
    }

    fn damaged(&self) -> StorageError {
        StorageError::Damaged(format!(
            "the document {}/{} is damaged",
            self.owner.team, self.owner.job
        ))
    }
}
