//! Limits on requests that wait for one storage, so that a slow one cannot fill the service's
//! memory or file descriptors. A request without a free place waits while others progress, and is
//! refused at once if none do. Probes and the work on access and tokens take no place.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};
use vdk_api::{Author, Name, Owner, Version};
use zeroize::Zeroizing;

use super::{Backend, EngineStatus, Expected, Reason, StorageError, StorageSeconds, Stored};

/// Most documents that are read at once: each may be as large as the limit.
const READS: usize = 64;
/// Places for a list of versions, which reads every kept version.
const VERSIONS: u32 = 8;
/// Most writes at once.
const WRITES: usize = 256;
/// Bytes of bodies that are being received or wait to be written.
const BODIES: usize = 40 * 1024 * 1024;
/// Most requests that wait for a place of one kind.
const WAITING: usize = 500;
/// Time without progress after which a storage counts as stuck.
const SILENCE: Duration = Duration::from_secs(1);
/// Longest time to wait for a place.
const WAIT: Duration = Duration::from_secs(2);

/// A storage, and the places for requests to it.
pub struct Bounded {
    storage: Arc<dyn Backend>,
    seconds: StorageSeconds,
    reads: Line,
    writes: Line,
    bodies: Line,
    was_used: AtomicBool,
    looked: tokio::sync::Mutex<Option<Look>>,
}

/// The result of the last readiness check.
struct Look {
    began: Instant,
    ended: Instant,
    found: Result<(), StorageError>,
}

/// A place that is held until it is dropped.
pub struct Place {
    _permit: OwnedSemaphorePermit,
}

/// Places of one kind, and the requests that wait for them.
struct Line {
    places: Arc<Semaphore>,
    waiting: Semaphore,
    /// The time of the last progress.
    moved: Mutex<Instant>,
}

impl Line {
    fn new(places: usize) -> Self {
        Line {
            places: Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS))),
            waiting: Semaphore::new(WAITING),
            moved: Mutex::new(Instant::now()),
        }
    }

    async fn enter(&self, number: u32) -> Result<Place, StorageError> {
        let permit = match self.places.clone().try_acquire_many_owned(number) {
            Ok(permit) => permit,
            Err(_) => self.wait(number).await.ok_or_else(|| {
                let why = "too many requests are waiting, and it responds too slowly";
                StorageError::Unavailable(Reason::Busy, why.into())
            })?,
        };
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
    async fn with<T>(
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

    fn moves(&self) {
        *self.lock() = Instant::now();
    }

    fn lock(&self) -> MutexGuard<'_, Instant> {
        self.moved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bounded {
    /// Limits the requests that wait for `storage`. `largest` is the largest body that is accepted,
    /// in bytes; at least four of them have room. `seconds` counts the time of each operation.
    pub fn new(storage: Arc<dyn Backend>, largest: usize, seconds: StorageSeconds) -> Self {
        Bounded {
            storage,
            seconds,
            reads: Line::new(READS),
            writes: Line::new(WRITES),
            bodies: Line::new(BODIES.max(largest.saturating_mul(4))),
            was_used: AtomicBool::default(),
            looked: tokio::sync::Mutex::default(),
        }
    }

    /// Reserves room for a body of this many bytes before any of it is received. The room is held
    /// until the write is over.
    pub async fn receive(&self, bytes: usize) -> Result<Place, StorageError> {
        self.was_used.store(true, Ordering::Relaxed);
        self.bodies.enter(u32::try_from(bytes).unwrap_or(u32::MAX)).await
    }

    /// Returns whether there was a request since the last call.
    pub fn was_used(&self) -> bool {
        self.was_used.swap(false, Ordering::Relaxed)
    }

    fn reads(&self) -> &Line {
        self.was_used.store(true, Ordering::Relaxed);
        &self.reads
    }

    async fn timed<T>(&self, operation: &'static str, work: impl Future<Output = T>) -> T {
        self.seconds.time(self.storage.name(), operation, work).await
    }
}

#[async_trait]
impl Backend for Bounded {
    fn name(&self) -> &'static str {
        self.storage.name()
    }

    async fn read(&self, owner: &Owner) -> Result<Stored, StorageError> {
        self.reads().with(1, self.timed("read", self.storage.read(owner))).await
    }

    async fn read_version(&self, owner: &Owner, version: u64) -> Result<Stored, StorageError> {
        let read = self.storage.read_version(owner, version);
        self.reads().with(1, self.timed("read-version", read)).await
    }

    async fn write(
        &self,
        owner: &Owner,
        json: Zeroizing<String>,
        expected: Expected,
        author: &Author,
    ) -> Result<u64, StorageError> {
        let write = self.storage.write(owner, json, expected, author);
        self.writes.with(1, self.timed("write", write)).await
    }

    async fn versions(&self, owner: &Owner) -> Result<Vec<Version>, StorageError> {
        let versions = self.storage.versions(owner);
        self.reads().with(VERSIONS, self.timed("versions", versions)).await
    }

    async fn has_team(&self, team: &Name) -> Result<bool, StorageError> {
        self.reads().with(1, self.timed("has-team", self.storage.has_team(team))).await
    }

    async fn teams(&self, most: usize) -> Result<Vec<String>, StorageError> {
        self.storage.teams(most).await
    }

    async fn jobs(&self, team: &Name, most: usize) -> Result<Vec<String>, StorageError> {
        self.reads().with(1, self.timed("jobs", self.storage.jobs(team, most))).await
    }

    /// Runs one check at a time, as anybody may ask at any rate. A caller during a check shares its
    /// result, unless it began long before.
    async fn ready(&self) -> Result<(), StorageError> {
        let asked = Instant::now();
        let mut looked = self.looked.lock().await;
        if let Some(last) = &*looked
            && last.ended >= asked
            && last.began + SILENCE >= asked
        {
            return last.found.clone();
        }
        let began = Instant::now();
        let found = self.timed("ready", self.storage.ready()).await;
        *looked = Some(Look { began, ended: Instant::now(), found: found.clone() });
        found
    }

    async fn finish(&self) {
        self.storage.finish().await;
    }

    fn status(&self) -> EngineStatus {
        self.storage.status()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::task::JoinHandle;

    use super::*;

    /// A storage that responds only when a test allows it.
    struct PacedStorage {
        answers: Semaphore,
        requests: AtomicUsize,
    }

    impl PacedStorage {
        async fn answer(&self) {
            self.requests.fetch_add(1, Ordering::Relaxed);
            self.answers.acquire().await.unwrap().forget();
        }
    }

    #[async_trait]
    impl Backend for PacedStorage {
        fn name(&self) -> &'static str {
            "paced"
        }

        async fn read(&self, _: &Owner) -> Result<Stored, StorageError> {
            self.answer().await;
            Ok(Stored::nothing())
        }

        async fn read_version(&self, owner: &Owner, _: u64) -> Result<Stored, StorageError> {
            self.read(owner).await
        }

        async fn write(
            &self,
            owner: &Owner,
            _: Zeroizing<String>,
            _: Expected,
            _: &Author,
        ) -> Result<u64, StorageError> {
            self.read(owner).await.map(|_| 1)
        }

        async fn versions(&self, _: &Owner) -> Result<Vec<Version>, StorageError> {
            Ok(Vec::new())
        }

        async fn has_team(&self, _: &Name) -> Result<bool, StorageError> {
            Ok(true)
        }

        async fn teams(&self, _: usize) -> Result<Vec<String>, StorageError> {
            Ok(Vec::new())
        }

        async fn jobs(&self, _: &Name, _: usize) -> Result<Vec<String>, StorageError> {
            Ok(Vec::new())
        }

        async fn ready(&self) -> Result<(), StorageError> {
            self.answer().await;
            Ok(())
        }
    }

    fn bounded() -> (Arc<PacedStorage>, Arc<Bounded>) {
        let storage =
            Arc::new(PacedStorage { answers: Semaphore::new(0), requests: AtomicUsize::new(0) });
        let seconds = StorageSeconds::default();
        (storage.clone(), Arc::new(Bounded::new(storage, 1024, seconds)))
    }

    fn owner() -> Owner {
        Owner { team: Name::new("t").unwrap(), job: Name::new("j").unwrap() }
    }

    fn read(bounded: &Arc<Bounded>) -> JoinHandle<Result<(), StorageError>> {
        let bounded = bounded.clone();
        tokio::spawn(async move { bounded.read(&owner()).await.map(|_| ()) })
    }

    fn is_busy<T>(result: &Result<T, StorageError>) -> bool {
        matches!(result, Err(StorageError::Unavailable(Reason::Busy, _)))
    }

    #[tokio::test(start_paused = true)]
    async fn refuses_at_once_when_the_storage_is_silent() {
        let (storage, bounded) = bounded();
        let first: Vec<_> = (0..READS).map(|_| read(&bounded)).collect();
        let began = Instant::now();
        assert!(is_busy(&read(&bounded).await.unwrap()));
        assert_eq!(began.elapsed(), SILENCE, "others may have been answered");
        assert!(is_busy(&read(&bounded).await.unwrap()));
        assert_eq!(began.elapsed(), SILENCE, "it is known to be silent");
        assert_eq!(storage.requests.load(Ordering::Relaxed), READS);
        storage.answers.add_permits(READS + 1);
        for one in first {
            assert_eq!(one.await.unwrap(), Ok(()));
        }
        assert_eq!(read(&bounded).await.unwrap(), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn waits_as_long_as_the_storage_answers_others() {
        let (storage, bounded) = bounded();
        tokio::time::sleep(10 * SILENCE).await;
        let all: Vec<_> = (0..READS + 2).map(|_| read(&bounded)).collect();
        for _ in 0..2 {
            tokio::time::sleep(SILENCE * 3 / 4).await;
            storage.answers.add_permits(1);
        }
        tokio::time::sleep(SILENCE / 4).await;
        storage.answers.add_permits(READS);
        for one in all {
            assert_eq!(one.await.unwrap(), Ok(()));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn refuses_at_once_when_too_many_wait() {
        let (storage, bounded) = bounded();
        let all: Vec<_> = (0..READS + WAITING).map(|_| read(&bounded)).collect();
        while bounded.reads.waiting.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let began = Instant::now();
        assert!(is_busy(&bounded.read(&owner()).await));
        assert_eq!(began.elapsed(), Duration::ZERO);
        storage.answers.add_permits(READS + WAITING);
        for one in all {
            assert_eq!(one.await.unwrap(), Ok(()));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn limits_the_memory_of_bodies_and_releases_it() {
        let (_, bounded) = bounded();
        let half = bounded.receive(BODIES / 2).await;
        let other = bounded.receive(BODIES / 2).await;
        assert!(half.is_ok() && other.is_ok());
        assert!(is_busy(&bounded.receive(1).await));
        drop(half);
        assert!(bounded.receive(BODIES / 2).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn shares_one_check_between_probes() {
        let (storage, bounded) = bounded();
        let readers: Vec<_> = (0..READS).map(|_| read(&bounded)).collect();
        let probes: Vec<_> = (0..1000)
            .map(|_| {
                tokio::spawn({
                    let bounded = bounded.clone();
                    async move { bounded.ready().await }
                })
            })
            .collect();
        // The probes run before the paused clock advances.
        tokio::time::sleep(SILENCE / 2).await;
        assert_eq!(storage.requests.load(Ordering::Relaxed), READS + 1);
        storage.answers.add_permits(READS + 1);
        for one in readers.into_iter().chain(probes) {
            assert_eq!(one.await.unwrap(), Ok(()));
        }
    }
}
