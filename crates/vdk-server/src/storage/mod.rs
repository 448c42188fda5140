//! Storage engines for key/values, behind one trait, so that the API does not depend on the engine.

mod bounded;
mod embedded;
mod line;
pub mod open;
mod postgres;
mod seconds;
mod unread;
mod vault;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
pub use bounded::Bounded;
pub use embedded::Embedded;
pub use line::Place;
pub use postgres::Postgres;
pub use seconds::{Histograms, StorageSeconds, histogram};
pub use unread::{HasRoom, Room, SMALL, Unread};
pub use vault::Vault;
pub use vdk_api::Expected;
use vdk_api::{Author, Name, Owner, Version};
use zeroize::Zeroizing;

/// A storage of the key/values of all jobs, for one collection. A document is read and written
/// whole. Versions of a document count from 1; 0 stands for a document that was never written.
///
/// Every method returns within seconds, whatever happens to the engine, and works again by itself
/// when the engine does.
#[async_trait]
pub trait Backend: Send + Sync {
    /// Returns the engine's name, for metrics and for `/readyz`.
    fn name(&self) -> &'static str;

    /// Reads the current document; `{}` with version 0 if there is none.
    async fn read(&self, owner: &Owner) -> Result<Stored, StorageError>;

    /// Reads one of the kept versions, or fails with [`StorageError::NoSuchVersion`].
    async fn read_version(&self, owner: &Owner, version: u64) -> Result<Stored, StorageError>;

    /// Writes `json`, one JSON object, as a new version, and returns its number. Fails with
    /// [`StorageError::Conflict`] if `expected` does not hold. The write is durable when this
    /// returns. The engine itself compares and writes in one step.
    async fn write(
        &self,
        owner: &Owner,
        json: Zeroizing<String>,
        expected: Expected,
        author: &Author,
    ) -> Result<u64, StorageError>;

    /// Returns the kept versions, newest first.
    async fn versions(&self, owner: &Owner) -> Result<Vec<Version>, StorageError>;

    /// Returns whether `team` has any document, even an emptied one or one of the service itself.
    async fn has_team(&self, team: &Name) -> Result<bool, StorageError>;

    /// Returns at most `most` teams that have documents.
    async fn teams(&self, most: usize) -> Result<Vec<String>, StorageError>;

    /// Returns at most `most` jobs of `team` that have documents, even emptied ones, sorted by their
    /// bytes. What the service keeps of the team is among them.
    async fn jobs(&self, team: &Name, most: usize) -> Result<Vec<String>, StorageError>;

    /// Checks that the engine can serve now.
    async fn ready(&self) -> Result<(), StorageError>;

    /// Completes pending writes before the service ends.
    async fn finish(&self) {}

    /// Returns numbers about the engine for metrics, without asking it.
    fn status(&self) -> EngineStatus {
        EngineStatus::default()
    }
}

/// Numbers about an engine for metrics, as far as it has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EngineStatus {
    /// Its connections.
    pub pool: Option<PoolStatus>,
    /// The time until the service's token for it expires.
    pub lease: Option<Duration>,
}

/// The connections of a pool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PoolStatus {
    /// Most of them.
    pub most: usize,
    /// Those that are open.
    pub open: usize,
    /// Those that requests hold.
    pub used: usize,
    /// Requests that wait for one.
    pub waiting: usize,
}

/// A document as read: JSON text, as it was written.
#[derive(Clone, Debug)]
pub struct Stored {
    /// One JSON object.
    pub json: Zeroizing<String>,
    /// Its version.
    pub version: u64,
}

impl Stored {
    /// Returns the document of a job that was never written.
    pub fn nothing() -> Self {
        Stored { json: Zeroizing::new("{}".into()), version: 0 }
    }
}

/// The reason why a backend failed. Nothing was written, except perhaps for
/// [`StorageError::Unknown`]. The texts are for the service's log: they contain addresses and the
/// engine's messages, no values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StorageError {
    /// The document is not at the expected version.
    Conflict {
        /// The current version, if the engine reports it.
        current: Option<u64>,
    },
    /// This version is not kept.
    NoSuchVersion,
    /// The engine cannot store a document of this name.
    Name(&'static str),
    /// The document exceeds a limit of the engine.
    TooLarge(String),
    /// The engine is unavailable, starting or overloaded. A later retry may succeed.
    Unavailable(Reason, String),
    /// The engine is available but denies access to the service.
    Denied(String),
    /// The disk is full.
    Full,
    /// The stored document is damaged.
    Damaged(String),
    /// Another program wrote this version, which is not a document. A write can replace it.
    Unreadable {
        /// Its number.
        version: u64,
        /// The reason, for the log.
        why: String,
    },
    /// The write was sent, but its outcome is unknown.
    Unknown(String),
}

/// The reason why an engine is unavailable, for clients and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// No connection, or no response in time.
    Unreachable,
    /// Vault is sealed.
    Sealed,
    /// Vault is in standby, or has no leader.
    Standby,
    /// The engine limits the rate of requests, or all connections are in use.
    Busy,
    /// The engine itself fails.
    Failing,
    /// The mount in Vault is KV version 1, which keeps no versions.
    Unversioned,
    /// Clients do not read what they asked for, so that there is no room for more. The engine works.
    Unread,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Unreachable => "cannot be reached",
            Reason::Sealed => "is sealed",
            Reason::Standby => "has no active node",
            Reason::Busy => "is overloaded",
            Reason::Failing => "fails",
            Reason::Unversioned => "has no versions: its mount is KV version 1",
            Reason::Unread => "waits for clients that read nothing",
        })
    }
}

impl StorageError {
    /// Returns the current version that a read shows, also if the document cannot be read.
    pub fn version_of(read: Result<Stored, StorageError>) -> Result<u64, StorageError> {
        match read {
            Ok(stored) => Ok(stored.version),
            Err(StorageError::Unreadable { version, .. }) => Ok(version),
            Err(fault) => Err(fault),
        }
    }

    /// Returns the kind of fault for metrics; `None` if the engine is not at fault.
    pub fn kind(&self) -> Option<&'static str> {
        match self {
            StorageError::Conflict { .. }
            | StorageError::NoSuchVersion
            | StorageError::Name(_)
            | StorageError::TooLarge(_)
            | StorageError::Unavailable(Reason::Unread, _) => None,
            StorageError::Unavailable(Reason::Unreachable, _) => Some("unreachable"),
            StorageError::Unavailable(Reason::Sealed, _) => Some("sealed"),
            StorageError::Unavailable(Reason::Standby, _) => Some("standby"),
            StorageError::Unavailable(Reason::Busy, _) => Some("busy"),
            StorageError::Unavailable(Reason::Failing, _) => Some("failing"),
            StorageError::Unavailable(Reason::Unversioned, _) => Some("unversioned"),
            StorageError::Denied(_) => Some("denied"),
            StorageError::Full => Some("full"),
            StorageError::Damaged(_) | StorageError::Unreadable { .. } => Some("damaged"),
            StorageError::Unknown(_) => Some("unknown"),
        }
    }
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StorageError::Conflict { current: Some(current) } => {
                write!(f, "the document is at version {current}")
            }
            StorageError::Conflict { current: None } => {
                f.write_str("the document is at another version")
            }
            StorageError::NoSuchVersion => f.write_str("this version is not kept"),
            StorageError::Name(why) => f.write_str(why),
            StorageError::TooLarge(why)
            | StorageError::Denied(why)
            | StorageError::Damaged(why)
            | StorageError::Unreadable { why, .. } => f.write_str(why),
            StorageError::Unavailable(reason, why) => write!(f, "the storage {reason}: {why}"),
            StorageError::Full => f.write_str("the disk is full"),
            StorageError::Unknown(why) => {
                write!(f, "it is not known whether the write was stored: {why}")
            }
        }
    }
}

/// Longest time that an engine has for a client's request. It includes retries, but not the wait
/// for a place in front of the engine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(4);
