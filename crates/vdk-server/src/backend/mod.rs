//! Where key/values are kept, behind one trait, so that the API does not know which engine it is.

mod bounded;
mod embedded;
mod postgres;
mod vault;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use vdk_api::{Author, Name, Owner, Version};
use zeroize::Zeroizing;

pub use bounded::{Bounded, Place};
pub use embedded::Embedded;
pub use postgres::Postgres;
pub use vault::Vault;

/// The key/values of all jobs, of one collection. A document is read and written whole. Versions
/// of a document count from 1; 0 stands for a document that was never written.
///
/// Every method answers within seconds, whatever happens to the engine, and works again by itself
/// when the engine does.
#[async_trait]
pub trait Backend: Send + Sync {
    /// The engine's name, for metrics and for `/readyz`.
    fn name(&self) -> &'static str;

    /// The current document; `{}` with version 0 where there is none.
    async fn read(&self, owner: &Owner) -> Result<Stored, Fault>;

    /// One of the versions that are kept, or [`Fault::NoSuchVersion`].
    async fn read_version(&self, owner: &Owner, version: u64) -> Result<Stored, Fault>;

    /// Writes `json`, one JSON object, as a new version if `expected` holds, else
    /// [`Fault::Conflict`], and gives its number. It is durable when this returns. The engine itself compares and writes in one step.
    async fn write(
        &self,
        owner: &Owner,
        json: Zeroizing<String>,
        expected: Expected,
        author: &Author,
    ) -> Result<u64, Fault>;

    /// The versions that are kept, the newest first.
    async fn versions(&self, owner: &Owner) -> Result<Vec<Version>, Fault>;

    /// Returns whether there is any document of `team`, an emptied one and the service's own included.
    async fn has_team(&self, team: &Name) -> Result<bool, Fault>;

    /// The teams that there are documents of, `most` at most.
    async fn teams(&self, most: usize) -> Result<Vec<String>, Fault>;

    /// Whether the engine can serve now.
    async fn ready(&self) -> Result<(), Fault>;

    /// Finishes what is still to be written, before the service ends.
    async fn finish(&self) {}
}

/// A document as it was read: JSON text, as it was written.
#[derive(Clone, Debug)]
pub struct Stored {
    /// One JSON object.
    pub json: Zeroizing<String>,
    /// Its version.
    pub version: u64,
}

impl Stored {
    /// What a job that was never written has.
    pub fn nothing() -> Self {
        Stored { json: Zeroizing::new("{}".into()), version: 0 }
    }
}

/// What a write expects to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Whatever is there.
    Any,
    /// Exactly this version; 0 for a document that was never written.
    Version(u64),
}

/// Why a backend did not do what was asked. Nothing was written, but for [`Fault::Unknown`]. The
/// texts are for the service's log: they name addresses and the engine's own words, no values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The document is at another version than was expected.
    Conflict {
        /// The version that is there, where the engine tells.
        current: Option<u64>,
    },
    /// This version is not kept.
    NoSuchVersion,
    /// The engine has no place for a document of this name.
    Name(&'static str),
    /// The document is over a limit of the engine.
    TooLarge(String),
    /// The engine is not there, or not yet, or overloaded: try again later.
    Away(Reason, String),
    /// The engine is there and does not let the service in.
    Denied(String),
    /// The disk is full.
    Full,
    /// The stored document cannot be read.
    Damaged(String),
    /// The write was sent, and it is not known whether it happened.
    Unknown(String),
}

/// Why an engine is away, in a word for clients and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// No connection, or no answer in time.
    Unreachable,
    /// Vault is sealed.
    Sealed,
    /// Vault stands by, or has no leader.
    Standby,
    /// It asks for fewer requests, or all connections are in use.
    Busy,
    /// It fails by itself.
    Failing,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Unreachable => "cannot be reached",
            Reason::Sealed => "is sealed",
            Reason::Standby => "has no active node",
            Reason::Busy => "is overloaded",
            Reason::Failing => "fails",
        })
    }
}

impl Fault {
    /// The kind of fault, for metrics; `None` for what is no fault of the engine.
    pub fn kind(&self) -> Option<&'static str> {
        match self {
            Fault::Conflict { .. } | Fault::NoSuchVersion | Fault::Name(_) | Fault::TooLarge(_) => {
                None
            }
            Fault::Away(Reason::Unreachable, _) => Some("unreachable"),
            Fault::Away(Reason::Sealed, _) => Some("sealed"),
            Fault::Away(Reason::Standby, _) => Some("standby"),
            Fault::Away(Reason::Busy, _) => Some("busy"),
            Fault::Away(Reason::Failing, _) => Some("failing"),
            Fault::Denied(_) => Some("denied"),
            Fault::Full => Some("full"),
            Fault::Damaged(_) => Some("damaged"),
            Fault::Unknown(_) => Some("unknown"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Conflict { current: Some(current) } => write!(f, "it is at version {current}"),
            Fault::Conflict { current: None } => f.write_str("it is at another version"),
            Fault::NoSuchVersion => f.write_str("this version is not kept"),
            Fault::Name(why) => f.write_str(why),
            Fault::TooLarge(why) | Fault::Denied(why) | Fault::Damaged(why) => f.write_str(why),
            Fault::Away(reason, why) => write!(f, "it {reason}: {why}"),
            Fault::Full => f.write_str("the disk is full"),
            Fault::Unknown(why) => write!(f, "it is not known whether it was written: {why}"),
        }
    }
}

/// Longest time that an engine has for one request of a client, retries included; the wait for a place
/// in front of it is not.
pub(crate) const PATIENCE: Duration = Duration::from_secs(4);
