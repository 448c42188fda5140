//! Backups of the whole store.

use std::path::Path;

use rusqlite::{Connection, params};

use crate::database::connection::log_ahead;
use crate::error::StoreError;
use crate::store::Store;

impl Store {
    /// Writes a consistent copy of the whole store, still encrypted, to the new file `target`.
    pub fn back_up(&self, target: &Path) -> Result<(), StoreError> {
        // SQLite opens existing files. This claims the name with mode 0600 first.
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(target).map_err(StoreError::io(target))?;
        let copied = self.copy_into(target);
        if copied.is_err() {
            let _ = std::fs::remove_file(target);
        }
        copied?;
        file.sync_all().map_err(StoreError::io(target))
    }

    fn copy_into(&self, target: &Path) -> Result<(), StoreError> {
        // SQLite interprets names such as `:memory:` and `file:x`, but no absolute path.
        let target = std::path::absolute(target).map_err(StoreError::io(target))?;
        self.database.execute("VACUUM INTO ?1", params![target.to_string_lossy()])?;
        let copy = Connection::open(&target)?;
        log_ahead(&copy)?;
        copy.close().map_err(|(_, error)| error.into())
    }
}
