//! Backups: consistent copies of the whole store, still encrypted, while others use it.

use std::io::Read;
use std::path::Path;

use rusqlite::params;
use tempfile::NamedTempFile;
use vdk_platform::sync_folder;

use crate::copy::Copy;
use crate::error::StoreError;
use crate::store::Store;
use crate::verify::Findings;

impl Store {
    /// Writes a copy of the whole store, still encrypted, to the new file `target`. Everything that
    /// was acknowledged before is in it. The file gets its name when it is complete and durable.
    /// Returns what is damaged or missing in the store, and therefore in the copy.
    pub fn back_up(&self, target: &Path) -> Result<Findings, StoreError> {
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        if target.symlink_metadata().is_ok() {
            let exists = std::io::ErrorKind::AlreadyExists.into();
            return Err(StoreError::Io { path: target.into(), source: exists });
        }
        let (file, findings) = self.copy_to(folder)?;
        file.as_file().sync_all().map_err(StoreError::io(target))?;
        file.persist_noclobber(target).map_err(|error| StoreError::io(target)(error.error))?;
        sync_folder(folder).map_err(StoreError::io(folder))?;
        Ok(findings)
    }

    /// Writes a copy as [`Store::back_up`] does, but to `target`, in parts. A store cannot be read
    /// in parts while others write, so the copy is in a temporary file of the store's folder first.
    pub fn back_up_to<E>(
        &self,
        mut target: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<Findings, BackupError<E>> {
        let (file, findings) = self.copy_to(&self.folder)?;
        let mut file = file.reopen().map_err(StoreError::io(&self.folder))?;
        let mut part = vec![0; 64 * 1024];
        loop {
            match file.read(&mut part).map_err(StoreError::io(&self.folder))? {
                0 => return Ok(findings),
                bytes => target(&part[..bytes]).map_err(BackupError::Target)?,
            }
        }
    }

    /// Copies the store to a new file in `folder`, whose name does not pass for a backup.
    fn copy_to(&self, folder: &Path) -> Result<(NamedTempFile, Findings), StoreError> {
        let mut builder = tempfile::Builder::new();
        let file =
            builder.prefix(".backup-").tempfile_in(folder).map_err(StoreError::io(folder))?;
        // SQLite interprets names such as `:memory:` and `file:x`, but no absolute path.
        let path = std::path::absolute(file.path()).map_err(StoreError::io(folder))?;
        self.database.execute("VACUUM INTO ?1", params![path.to_string_lossy()])?;
        let copy = Copy::open(&path, &self.folder, &*self.keeper)?;
        let findings = copy.verify()?;
        copy.close()?;
        Ok((file, findings))
    }
}

/// The reason why a backup failed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError<E> {
    /// The store could not be copied.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The copy could not be written to its target.
    #[error("the copy cannot be written")]
    Target(E),
}
