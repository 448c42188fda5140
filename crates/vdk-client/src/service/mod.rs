//! The storage of one job's key/values behind one trait: a Control Service or the embedded store.

mod keys_file;
mod local;
mod redaction;
mod rest;

pub use keys_file::{KEYS_FILE, KeysFile};
pub use local::{LocalService, no_store, open_store, store_failure};
pub use rest::{RestService, after, change, get_answer};
use vdk_api::{Document, Owner, Version};

use crate::http::{BudgetExhausted, Cause};
use crate::{Error, ErrorKind};

/// One collection of a job's key/values. It is read and written as a whole.
pub trait Service: Send + Sync {
    /// Returns the place of the key/values, for messages.
    fn place(&self) -> String;

    /// Reads the key/values. A job without any has an empty document.
    fn read(&self) -> Result<Snapshot, Error>;

    /// Reads the key/values, or returns `None` if `version` is still their version.
    fn read_unless(&self, version: u64) -> Result<Option<Snapshot>, Error> {
        self.read().map(|now| Some(now).filter(|now| now.version != Some(version)))
    }

    /// Reads the key/values for a change that replaces all of them. If the service has something
    /// that is not a set of key/values but can be replaced, this does not fail.
    fn read_to_replace(&self) -> Result<Snapshot, Error> {
        self.read()
    }

    /// Writes the key/values, once. With a `tag` the write happens only if nothing was written
    /// since the read that returned it.
    fn write(&self, document: &Document, tag: Option<&str>) -> Written;

    /// Returns the stored versions, the newest first; empty if nothing was ever written. Fails if
    /// the service keeps no versions.
    fn versions(&self) -> Result<Vec<Version>, Error>;

    /// Reads one of the stored versions.
    fn read_version(&self, version: u64) -> Result<Document, Error>;

    /// Returns the known jobs, if that is possible without a request to a service.
    fn known(&self) -> Vec<Owner> {
        Vec::new()
    }

    /// Waits before a retry, or returns why there is none.
    fn wait(&self, cause: Cause, what: &str) -> Result<(), BudgetExhausted>;
}

/// Key/values at the time of a read.
#[derive(Debug)]
pub struct Snapshot {
    /// The keys and values; none if they are not readable.
    pub document: Document,
    /// False if the service has something else in their place, which a write replaces.
    pub is_readable: bool,
    /// The tag for a conditional write; `None` if the service has no conditional writes.
    pub tag: Option<String>,
    /// The version's number, if it has one; 0 if nothing was ever written.
    pub version: Option<u64>,
}

/// The outcome of a write.
#[derive(Debug)]
pub enum Written {
    /// It is stored.
    Stored {
        /// True if the service has checked that nothing was written in between.
        conditional: bool,
        /// The number of the new version, if it has one.
        version: Option<u64>,
    },
    /// Others wrote since the read; nothing was stored.
    Conflict,
    /// It was rejected; nothing was stored, and a retry does not help.
    Refused(Error),
    /// It was not stored now; a retry may help.
    NotNow(Error, Cause),
    /// It is not known whether it was stored. With a cause, it may be retried once a read shows
    /// that it was not.
    Unknown(Error, Option<Cause>),
}

/// Returns the error for a version that does not exist, or no longer.
fn not_kept(version: u64) -> Error {
    Error::new(ErrorKind::NotFound, format!("There is no version {version}."))
        .why("It was never written, or newer versions have replaced it.")
        .help("history lists the versions that are kept.")
}
