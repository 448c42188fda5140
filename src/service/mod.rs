//! Where the key/values of one job are kept, behind one trait: a Control Service or the embedded
//! store.

mod local;
mod rest;

use vdk_api::{Document, Owner, Version};

pub use local::{LocalService, open_store, store_failure};
pub use rest::{RestService, after, change, get_answer};

use crate::exit::{Exit, Failure, NOTHING_CHANGED};
use crate::http::{Cause, Spent};

/// The key/values of one job of one collection. They are read and written whole.
pub trait Service {
    /// Where they are kept, for the user.
    fn place(&self) -> String;

    /// Reads them. A job that has none has an empty document.
    fn read(&self) -> Result<Snapshot, Failure>;

    /// Writes them, once. With a `tag` the write happens only if nothing was written since the
    /// read that gave the tag.
    fn write(&self, document: &Document, tag: Option<&str>) -> Written;

    /// The versions that are kept, the newest first; none where nothing was ever written. An error
    /// where no versions are kept at all.
    fn versions(&self) -> Result<Vec<Version>, Failure>;

    /// Reads one of the versions that are kept.
    fn read_version(&self, version: u64) -> Result<Document, Failure>;

    /// The jobs that are known where this is kept, if that can be told without asking a service.
    fn known(&self) -> Vec<Owner> {
        Vec::new()
    }

    /// Waits before a repetition, or tells that there is no patience left.
    fn wait(&self, cause: Cause, what: &str) -> Result<(), Spent>;
}

/// Key/values as they were read.
#[derive(Debug)]
pub struct Snapshot {
    /// The keys and values.
    pub document: Document,
    /// What a conditional write needs; `None` where the service knows no conditions.
    pub tag: Option<String>,
    /// The version's number, where it has one; 0 where nothing was ever written.
    pub version: Option<u64>,
}

/// What became of a write.
#[derive(Debug)]
pub enum Written {
    /// It is stored. `conditional`: the service has checked that nothing came in between.
    Stored {
        /// Whether the condition was checked.
        conditional: bool,
    },
    /// Others wrote since the read; nothing was stored.
    Conflict,
    /// It was refused; nothing was stored, and trying again does not help.
    Refused(Failure),
    /// It was not stored now; it may be later.
    NotNow(Failure, Cause),
    /// It is not known whether it was stored; with a cause, it may be tried again once it is known
    /// that it was not.
    Unknown(Failure, Option<Cause>),
}

/// A version that is not there, or not any more.
fn not_kept(version: u64) -> Failure {
    Failure::new(
        Exit::NotFound,
        format!("There is no version {version}."),
        "It was never written, or newer ones have taken its place.",
        NOTHING_CHANGED,
        "history lists the versions that are kept.",
    )
}
