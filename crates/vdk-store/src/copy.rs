//! A copy of a store that is a backup, or is about to become one or a store again.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::database::census;
use crate::database::connection::{log_ahead, read_header, whole_file};
use crate::database::schema::{check, check_columns};
use crate::error::StoreError;
use crate::keys::MasterKeys;
use crate::store::Store;
use crate::verify::Findings;

/// A copy of a store in a file that no other process uses.
pub(crate) struct Copy(Store);

impl Copy {
    /// Opens the copy at `path` with the keys of the store in `folder`, and checks what SQLite can
    /// check. Brings it to the current format.
    pub(crate) fn open(
        path: &Path,
        folder: &Path,
        keys: &dyn MasterKeys,
    ) -> Result<Self, StoreError> {
        let refused = |why: String| StoreError::NotAStore { path: path.into(), why };
        // SQLite interprets names such as `:memory:` and `file:x`, but no absolute path.
        let absolute = std::path::absolute(path).map_err(StoreError::io(path))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = Connection::open_with_flags(absolute, flags).and_then(|database| {
            // The caller makes the file durable.
            database.pragma_update(None, "synchronous", "OFF")?;
            let header = read_header(&database)?;
            let mut why = check(&database)?;
            if why.is_none() {
                why = check_columns(&database, header.format)?;
            }
            Ok((database, header, why))
        });
        let (database, header, why) = opened.map_err(|error| whole_file(path, error))?;
        if let Some(why) = why {
            return Err(refused(why));
        }
        let integrity: String = database
            .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
            .map_err(|error| whole_file(path, error))?;
        if integrity != "ok" {
            return Err(refused(integrity));
        }
        let store = Store::new(database, header, folder, keys, None)?;
        store.migrate()?;
        Ok(Copy(store))
    }

    /// Returns whether the store was in use when it was copied without its log.
    pub(crate) fn lacks_log(&self) -> Result<bool, StoreError> {
        let sql = "SELECT in_use FROM store";
        Ok(self.0.database.query_row(sql, [], |row| row.get(0))?)
    }

    /// Returns what is damaged or missing in it.
    pub(crate) fn verify(&self) -> Result<Findings, StoreError> {
        self.0.verify()
    }

    /// Accepts what is missing: records the number of documents that are there.
    pub(crate) fn accept(&self) -> Result<(), StoreError> {
        let documents = census::count(&self.0.database)?;
        census::record(&self.0.database, &self.0.keys.borrow(), documents)
    }

    /// Returns the store's master key: its place, and its fingerprint.
    pub(crate) fn key(&self) -> (crate::keys::KeyPlace, String) {
        self.0.key()
    }

    /// Completes the copy and closes it: no process uses it, and it logs ahead as a store does.
    pub(crate) fn close(self) -> Result<(), StoreError> {
        self.0.database.execute("UPDATE store SET in_use = 0", [])?;
        Ok(log_ahead(&self.0.database)?)
    }
}

/// Returns a path for errors that concern a copy under a temporary name.
pub(crate) fn renamed(error: StoreError, name: &Path) -> StoreError {
    let path = PathBuf::from(name);
    match error {
        StoreError::NotAStore { why, .. } => StoreError::NotAStore { path, why },
        error => error,
    }
}
