//! Limits on requests that wait for one storage, so that a slow one cannot fill the service's
//! memory or file descriptors. A request without a free place waits while others progress, and is
//! refused at once if none do. Probes and the work on access and tokens take no place.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tokio::time::Instant;
use vdk_api::{Author, Name, Owner, Version};
use zeroize::Zeroizing;

use super::line::{Line, Place, SILENCE};
use super::{
    Backend, EngineStatus, Expected, Room, SMALL, StorageError, StorageSeconds, Stored, Unread,
};

/// Most documents that are read at once: each may be as large as the limit.
const READS: usize = 64;
/// Places for a list of versions, which reads every kept version.
const VERSIONS: u32 = 8;
/// Most writes at once.
const WRITES: usize = 256;
/// Bytes of bodies that are being received or wait to be written.
const BODIES: usize = 40 * 1024 * 1024;

/// A storage, and the places for requests to it.
pub struct Bounded {
    storage: Arc<dyn Backend>,
    seconds: StorageSeconds,
    reads: Line,
    writes: Line,
    bodies: Line,
    unread: Arc<Unread>,
    was_used: AtomicBool,
    looked: tokio::sync::Mutex<Option<Look>>,
}

/// The result of the last readiness check.
struct Look {
    began: Instant,
    ended: Instant,
    found: Result<(), StorageError>,
}

impl Bounded {
    /// Limits the requests that wait for `storage`. `largest` is the largest body that is accepted,
    /// in bytes; at least four of them have room. `seconds` counts the time of each operation.
    pub fn new(
        storage: Arc<dyn Backend>,
        largest: usize,
        unread: Arc<Unread>,
        seconds: StorageSeconds,
    ) -> Self {
        Bounded {
            storage,
            seconds,
            reads: Line::new(READS),
            writes: Line::new(WRITES),
            bodies: Line::new(BODIES.max(largest.saturating_mul(4))),
            unread,
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

    /// Reads a document, or a kept version of it, and reserves room for it until it is sent. Where there is
    /// none now, it is read again when there is, so that no document waits for that. One whose version
    /// `is_known` is not sent.
    pub async fn read_to_send(
        &self,
        owner: &Owner,
        version: Option<u64>,
        is_known: impl Fn(u64) -> bool,
    ) -> Result<(Stored, Option<Room>), StorageError> {
        let (mut room, mut enough) = (None, SMALL);
        loop {
            let stored = match version {
                None => self.read(owner).await?,
                Some(version) => self.read_version(owner, version).await?,
            };
            let bytes = stored.json.len();
            if bytes <= enough || is_known(stored.version) {
                return Ok((stored, room));
            }
            if let Some(room) = self.unread.enter_now(bytes) {
                return Ok((stored, Some(room)));
            }
            drop((stored, room));
            (room, enough) = (Some(self.unread.enter(bytes).await?), bytes);
        }
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
    use std::time::Duration;

    use tokio::sync::Semaphore;
    use tokio::task::JoinHandle;

    use super::super::Reason;
    use super::super::line::WAITING;
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
        (
            storage.clone(),
            Arc::new(Bounded::new(storage, 1024, Arc::new(Unread::new(1024)), seconds)),
        )
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
        while bounded.reads.waiting() < WAITING {
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
