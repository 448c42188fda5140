//! The connections that the service holds. A server may accept fewer than the settings allow, for
//! example because the role has a limit. Then requests wait for one of those that are there.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{Object, Pool, PoolError, QueueMode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use super::connection::Connection;
use super::connector::{ConnectError, Connector, LONGEST};
use crate::storage::{PoolStatus, Reason, StorageError};

/// Longest time to wait for a free connection.
const WAIT: Duration = Duration::from_secs(2);
/// Time until the service tries again to have as many connections as the settings allow.
const FEWER: Duration = Duration::from_secs(30);
/// Time after which an unused connection is closed, so that others can have its place.
const UNUSED: Duration = Duration::from_secs(60);
/// Least time between two warnings.
const QUIET: Duration = Duration::from_secs(600);

/// The connections.
pub struct Connections {
    pool: Pool<Connector>,
    /// A place for each connection that may be in use.
    places: Arc<Semaphore>,
    fewer: Mutex<Fewer>,
    waiting: AtomicUsize,
}

/// A request that waits for a place.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn begin(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Waiting(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The places that were given up because the server accepts no more connections.
#[derive(Default)]
struct Fewer {
    by: usize,
    since: Option<Instant>,
    warned: Option<Instant>,
}

/// A connection in use, and its place.
pub struct Lease {
    // The connection is returned before its place is.
    connection: Object<Connector>,
    _place: OwnedSemaphorePermit,
}

impl Lease {
    /// Returns the connection.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Closes the connection.
    pub fn discard(self) {
        drop(Object::take(self.connection));
    }
}

impl Connections {
    /// Makes a pool of at most `size` connections. Does not connect yet.
    pub fn new(connector: Connector, size: usize) -> Result<Self, String> {
        let pool = Pool::builder(connector)
            .max_size(size)
            .runtime(Runtime::Tokio1)
            // Those that are not needed stay unused, and can be closed.
            .queue_mode(QueueMode::Lifo)
            .create_timeout(Some(LONGEST))
            .build()
            .map_err(|error| error.to_string())?;
        let places = Arc::new(Semaphore::new(size));
        let (fewer, waiting) = Default::default();
        Ok(Connections { pool, places, fewer, waiting })
    }

    /// Returns a connection, and waits for one if necessary.
    pub async fn get(&self) -> Result<Lease, StorageError> {
        self.restore();
        let mut is_again = false;
        loop {
            let waiting = Waiting::begin(&self.waiting);
            // The time of a login that was refused does not count.
            let place = timeout(WAIT, self.places.clone().acquire_owned()).await;
            drop(waiting);
            let Ok(Ok(place)) = place else {
                let why = "all connections to the database are in use";
                return Err(StorageError::Unavailable(Reason::Busy, why.into()));
            };
            match self.pool.get().await {
                Ok(connection) => return Ok(Lease { connection, _place: place }),
                Err(PoolError::Backend(ConnectError::NoFurther(fault)))
                    if self.pool.status().size > 0 =>
                {
                    place.forget();
                    self.has_fewer(&fault);
                }
                Err(PoolError::Backend(ConnectError::Ended(_))) if !is_again => is_again = true,
                Err(PoolError::Backend(error)) => return Err(error.fault()),
                Err(_) => {
                    let why = "timeout while connecting";
                    return Err(StorageError::Unavailable(Reason::Unreachable, why.into()));
                }
            }
        }
    }

    /// Returns how many connections there are, and how many requests wait for one.
    pub fn status(&self) -> PoolStatus {
        let pool = self.pool.status();
        PoolStatus {
            most: pool.max_size,
            open: pool.size,
            used: pool.size.saturating_sub(pool.available),
            waiting: self.waiting.load(Ordering::Relaxed),
        }
    }

    /// Gives up all connections, because one that was made at `made` leads to a server that ends or
    /// was replaced. Those in use end with their request.
    pub fn give_up(&self, made: Instant) {
        self.pool.manager().give_up(made);
        let _ = self.pool.retain(|connection, _| self.pool.manager().is_usable(connection));
    }

    /// Closes connections that were not used for a while.
    pub fn close_unused(&self) {
        let _ = self.pool.retain(|_, metrics| metrics.last_used() < UNUSED);
    }

    fn has_fewer(&self, fault: &StorageError) {
        let mut fewer = self.fewer.lock().unwrap_or_else(PoisonError::into_inner);
        fewer.by += 1;
        fewer.since = Some(Instant::now());
        if fewer.warned.is_none_or(|at| at.elapsed() > QUIET) {
            fewer.warned = fewer.since;
            tracing::warn!(
                backend = "postgresql",
                connections = self.pool.status().size,
                "the database accepts no further connection, so requests wait for those that the \
                 service has: {fault}. Check the CONNECTION LIMIT and the password of the role; \
                 spring.datasource.hikari.maximum-pool-size limits the connections of each replica"
            );
        }
    }

    fn restore(&self) {
        let mut fewer = self.fewer.lock().unwrap_or_else(PoisonError::into_inner);
        if fewer.since.is_some_and(|since| since.elapsed() > FEWER) {
            self.places.add_permits(fewer.by);
            (fewer.by, fewer.since) = (0, None);
        }
    }
}
