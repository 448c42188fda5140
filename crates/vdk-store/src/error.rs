//! What can go wrong in the store, told apart as far as the reader can act on it.

use std::path::PathBuf;

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;

/// Why the store did not do what was asked. Nothing was changed, but for
/// [`StoreError::Uncertain`]. No message carries a value.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The document is at another version than the write expected; 0 stands for "never written".
    #[error("the document is at version {current}, not at {expected}")]
    Conflict {
        /// The version that is there.
        current: u64,
        /// The version that the write was meant for.
        expected: u64,
    },
    /// The document is over the limit; both in bytes of JSON text.
    #[error("the document has {size} bytes; the limit is {limit}")]
    TooLarge {
        /// Bytes of the document.
        size: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// One document is damaged or was tampered with; the others are not touched by it.
    #[error("the document is damaged: {0}")]
    Damaged(&'static str),
    /// The file is no store or is damaged as a whole.
    #[error("{path} is damaged or no store of vdk: {why}")]
    NotAStore {
        /// The store's file.
        path: PathBuf,
        /// What SQLite or the check said.
        why: String,
    },
    /// The file may be written by another name as well.
    #[error("{path}: {why}, and writes by two names would damage the store")]
    SecondName {
        /// The store's file.
        path: PathBuf,
        /// How it came to a second name.
        why: &'static str,
    },
    /// A newer vdk made the store.
    #[error("the store has format {found}; this vdk knows formats up to {known}")]
    Newer {
        /// Format of the store.
        found: i64,
        /// Newest format known here.
        known: i64,
    },
    /// The master key cannot be had or does not fit.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No room on the disk.
    #[error("the disk is full")]
    Full,
    /// The file or the file system cannot be written.
    #[error("the store cannot be written: {0}")]
    ReadOnly(String),
    /// Other processes kept the store locked for too long.
    #[error("other processes kept the store locked for too long")]
    Busy,
    /// The disk failed while a write was made durable; it may be there after all.
    #[error("the disk failed when the change was made durable: {0}")]
    Uncertain(rusqlite::Error),
    /// Another process is rotating the keys.
    #[error("another process is rotating the keys of the store")]
    Rotating,
    /// Any other failure of the file system.
    #[error("{path}: {source}")]
    Io {
        /// What was accessed.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Any other failure of SQLite.
    #[error("the store's database failed: {0}")]
    Database(rusqlite::Error),
}

/// Why there is no master key to open the store with. The store is left as it is.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Not where the store says it was put.
    #[error("the master key '{id}' is not in {place}")]
    Missing {
        /// Fingerprint of the key.
        id: String,
        /// Where it was looked for.
        place: String,
    },
    /// A key, but not this store's.
    #[error("the master key '{found}' from {place} is not the one that seals this store ('{id}')")]
    Wrong {
        /// Fingerprint of the key that is needed.
        id: String,
        /// Fingerprint of the key that was found.
        found: String,
        /// Where it was found.
        place: String,
    },
    /// The key file can be read by others, is no key file, or cannot be read.
    #[error("the key file {} {why}", shown(path))]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The next key has no place.
    #[error("the next master key cannot be kept in {place}: {why}")]
    CannotKeep {
        /// Where the present one is.
        place: String,
        /// Why not the next one.
        why: String,
    },
    /// The keyring is locked, does not answer, or fails.
    #[error("the keyring {0}")]
    Keyring(String),
    /// The system gave no random bytes.
    #[error("the system's random generator failed")]
    Random,
}

/// Seconds that a process waits for others to release the store.
pub(crate) const BUSY_SECONDS: u64 = 30;

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        // SQLite says so where it cannot extend the file by which processes coordinate.
        let no_room = error.sqlite_error().is_some_and(|e| e.extended_code == SQLITE_IOERR_SHMSIZE);
        match error.sqlite_error_code() {
            _ if no_room => StoreError::Full,
            Some(ErrorCode::DiskFull) => StoreError::Full,
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                StoreError::ReadOnly(error.to_string())
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy,
            Some(ErrorCode::DatabaseCorrupt) => StoreError::Damaged("a page of the file is broken"),
            _ => StoreError::Database(error),
        }
    }
}

impl StoreError {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> StoreError {
        let path = path.into();
        move |source| match source.kind() {
            std::io::ErrorKind::StorageFull => StoreError::Full,
            std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => {
                StoreError::ReadOnly(format!("{}: {source}", path.display()))
            }
            _ => StoreError::Io { path, source },
        }
    }
}

/// A path for people: what looks like the key itself in its place is not shown.
fn shown(path: &std::path::Path) -> String {
    let text = path.display().to_string();
    if vdk_api::may_be_secret(&text) { "(not shown: it looks like a secret)".into() } else { text }
}
