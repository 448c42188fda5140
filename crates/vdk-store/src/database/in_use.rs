//! Marks a store as in use in its file. The newest changes are in the log beside the file then. A
//! file that has the mark, but no log, was copied without it.
//!
//! SQLite removes the log when the last process closes the store, so the mark has to be gone by
//! then: a connection keeps a log that was there unless it has seen that. Processes that stay open
//! share a lock. Whoever closes the store clears the mark unless others still share the lock, also
//! after a process was killed.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use vdk_platform::lock::Lock;

use super::lock::share;
use crate::error::StoreError;
use crate::layout::USE_LOCK;

/// Longest wait of a process that closes the store for others that read or write.
const CLOSING: Duration = Duration::from_secs(1);

/// First format with the mark.
const SINCE: i64 = 4;

/// A share of the lock of processes that stay open.
pub(crate) struct InUse(#[allow(dead_code, reason = "held, not read")] Lock);

impl InUse {
    /// Takes a share of the lock, so that nobody else clears the mark.
    pub(crate) fn hold(folder: &Path) -> Result<Self, StoreError> {
        share(folder, USE_LOCK).map(InUse)
    }

    /// Marks the store, and brings the mark into its file, for which others who read or write are waited
    /// for as long as `database` waits. Returns whether the mark is in the file.
    pub(crate) fn mark(&self, database: &Connection) -> Result<bool, rusqlite::Error> {
        // Without a write lock, which others may hold.
        if !database.query_row("SELECT in_use FROM store", [], |row| row.get(0))? {
            database.execute("UPDATE store SET in_use = 1", [])?;
        }
        // The first column tells whether anything of the log is not in the file. The others do not help: a
        // page that was written again behind a reader's snapshot is not moved, however much of the log is.
        let checkpoint = "PRAGMA wal_checkpoint(FULL)";
        database.query_row(checkpoint, [], |row| row.get(0)).map(|has_rest: bool| !has_rest)
    }
}

/// Returns whether the log of a store is missing that has the mark and had no log when it was opened.
/// Whoever closes it at this moment holds no share of the lock any more, and clears the mark.
pub(crate) fn lacks_log(database: &Connection, folder: &Path) -> Result<bool, rusqlite::Error> {
    let started = Instant::now();
    while !is_held(folder) {
        if started.elapsed() > CLOSING {
            return Ok(true);
        }
        if !database.query_row("SELECT in_use FROM store", [], |row| row.get(0))? {
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(false)
}

/// Returns whether any process that stays open uses the store.
pub(crate) fn is_held(folder: &Path) -> bool {
    let path = folder.join(USE_LOCK);
    path.exists() && matches!(Lock::acquire_file(&path, Duration::ZERO), Ok(None))
}

/// Clears the mark unless a process that stays open uses the store. Returns whether the log may be
/// removed: the mark is gone. Fails on formats before 4, which have no mark.
fn clear(database: &Connection, folder: &Path) -> Result<bool, rusqlite::Error> {
    if !database.query_row("SELECT in_use FROM store", [], |row| row.get(0))? {
        return Ok(true);
    }
    let Ok(Some(_lock)) = Lock::acquire_file(&folder.join(USE_LOCK), Duration::ZERO) else {
        return Ok(false);
    };
    database.busy_timeout(CLOSING)?;
    database.execute("UPDATE store SET in_use = 0", []).map(|_| true)
}

/// Prepares for closing the database: clears the mark if it may. Only then SQLite removes the log.
pub(crate) fn close(database: &Connection, folder: &Path, format: i64) {
    if database.is_readonly("main") == Ok(false) {
        let is_cleared = clear(database, folder).unwrap_or(format < SINCE);
        let _ = keep_log(database, !is_cleared);
    }
}

/// Keeps the log when the last process closes the store, so that it is there as long as the mark is.
pub(crate) fn keep_log(database: &Connection, keep: bool) -> Result<(), rusqlite::Error> {
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep).map(|_| ())
}
