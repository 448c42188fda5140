//! Errors of the store, distinguished as far as the reader can act on them.

use std::path::PathBuf;

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;

/// The reason why an operation on the store failed. Nothing was changed, except perhaps for
/// [`StoreError::Uncertain`]. No message contains a value.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The document is not at the version that the write expected; 0 means "never written".
    #[error("the document is at version {current}, not at {expected}")]
    Conflict {
        /// The document's current version.
        current: u64,
        /// The version that the write expected.
        expected: u64,
    },
    /// The document exceeds the limit.
    #[error("the document has {size} bytes; the limit is {limit}")]
    TooLarge {
        /// Size of the document in bytes of JSON text.
        size: usize,
        /// Largest allowed size in bytes of JSON text.
        limit: usize,
    },
    /// One document is damaged or was tampered with; the others are not affected.
    #[error("the document is damaged: {0}")]
    Damaged(&'static str),
    /// The file is not a store or is damaged as a whole.
    #[error("{path} is damaged or is not a store of vdk: {why}")]
    NotAStore {
        /// The store's file.
        path: PathBuf,
        /// The cause, from SQLite or from a check.
        why: String,
    },
    /// The file was in use when it was copied or its log was removed.
    #[error(
        "{path} was in use, but its log store.db-wal is not beside it: it was copied without its log, \
         or another program moved the log into it. Its newest changes may be missing"
    )]
    LogMissing {
        /// The store's file.
        path: PathBuf,
    },
    /// The open file does not have its name any more.
    #[error(
        "{path} was moved, removed or replaced while it is in use: what is written would be lost. Stop every \
         service on it, and put it back together with its log store.db-wal"
    )]
    Moved {
        /// The place of the store's file.
        path: PathBuf,
    },
    /// The log of a store is there, and its file is not.
    #[error(
        "{path} is not there, but its log store.db-wal is, which may have its newest changes: put the file \
         back, or move the log away as well"
    )]
    LogAlone {
        /// The place of the store's file.
        path: PathBuf,
    },
    /// The folder belongs to another user, or its owner cannot use it.
    #[error("the folder {path} cannot be used: {source}")]
    Folder {
        /// The store's folder.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The path of the file is too long for SQLite.
    #[error("{path} has {bytes} bytes; SQLite supports paths of up to {limit}")]
    LongPath {
        /// The store's file.
        path: PathBuf,
        /// Length of its absolute path in bytes.
        bytes: usize,
        /// Longest possible path in bytes.
        limit: usize,
    },
    /// The file has a second name, under which another process may write it.
    #[error("{path}: {why}. Writes under two names would damage the store")]
    SecondName {
        /// The store's file.
        path: PathBuf,
        /// The origin of the second name.
        why: &'static str,
    },
    /// The file system has no locks.
    #[error(
        "the file system of {path} has no locks, without which two processes at once would damage the store: {source}"
    )]
    NoLocks {
        /// The store's folder.
        path: PathBuf,
        /// The answer to an attempt to take one.
        source: std::io::Error,
    },
    /// Another process uses the store, and its file system is for one at a time.
    #[error(
        "another process uses the store, and {path} is on a file system of a network or of FUSE, where \
         only one can"
    )]
    NotAlone {
        /// The store's folder.
        path: PathBuf,
    },
    /// The store has a newer format than this vdk knows.
    #[error("the store has format {found}; this vdk supports formats up to {known}")]
    Newer {
        /// Format of the store.
        found: i64,
        /// Newest known format.
        known: i64,
    },
    /// The master key is unavailable or does not fit.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// The file or the file system is not writable.
    #[error("the store cannot be written: {0}")]
    ReadOnly(String),
    /// Other processes kept the store locked for too long.
    #[error("other processes kept the store locked for too long")]
    Busy,
    /// The disk failed while a write was made durable. The write may have been stored.
    #[error("the disk failed when the change was made durable: {0}")]
    Uncertain(rusqlite::Error),
    /// Another process is rotating the keys.
    #[error("another process is rotating the keys of the store")]
    Rotating,
    /// Any other failure of the file system.
    #[error("{path}: {source}")]
    Io {
        /// The path that was accessed.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// Any other failure of SQLite.
    #[error("the store's database failed: {0}")]
    Database(rusqlite::Error),
}

/// The reason why the store's master key is unavailable. The store is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The key is not where the store says.
    #[error("the master key '{id}' is not in {place}")]
    Missing {
        /// Fingerprint of the key.
        id: String,
        /// Place that was searched.
        place: String,
    },
    /// The key that was found is not this store's.
    #[error(
        "the master key '{found}' from {place} is not the one that encrypts this store ('{id}')"
    )]
    Wrong {
        /// Fingerprint of the key that is needed.
        id: String,
        /// Fingerprint of the key that was found.
        found: String,
        /// Place in which it was found.
        place: String,
    },
    /// The key file is readable by others, is not a key file, or cannot be read.
    #[error("the key file {} {why}", shown(path))]
    File {
        /// The file.
        path: PathBuf,
        /// The problem with the file.
        why: String,
    },
    /// The next key cannot be stored.
    #[error("cannot store the next master key in {place}: {why}")]
    CannotKeep {
        /// Place of the current key.
        place: String,
        /// The cause.
        why: String,
    },
    /// The keyring is locked, does not respond, or fails.
    #[error("the keyring {0}")]
    Keyring(String),
    /// The system returned no random bytes.
    #[error("the system's random generator failed")]
    Random,
}

/// Seconds that a process waits for others to release the store.
pub(crate) const BUSY_SECONDS: u64 = 30;

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        // SQLite reports this when it cannot extend the shared-memory file.
        let no_room = error.sqlite_error().is_some_and(|e| e.extended_code == SQLITE_IOERR_SHMSIZE);
        match error.sqlite_error_code() {
            _ if no_room => StoreError::Full,
            Some(ErrorCode::DiskFull) => StoreError::Full,
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                StoreError::ReadOnly(error.to_string())
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy,
            Some(ErrorCode::DatabaseCorrupt) => {
                StoreError::Damaged("a page of the file is damaged")
            }
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
                let why = vdk_platform::denied(&path, &source);
                StoreError::ReadOnly(format!("{}: {why}", path.display()))
            }
            _ => StoreError::Io { path, source },
        }
    }
}

/// Returns a path for messages, unless it looks like a secret, such as the key itself.
fn shown(path: &std::path::Path) -> String {
    let text = path.display().to_string();
    if vdk_api::may_be_secret(&text) { "(not shown: it looks like a secret)".into() } else { text }
}
