//! Locks in the store's folder, which admit one process at a time.

use std::path::Path;
use std::time::Duration;

use vdk_platform::lock::Lock;

use crate::error::StoreError;

/// Takes the lock `name` in `folder`, and holds it until it is dropped or its process ends.
pub(crate) fn lock(folder: &Path, name: &str, timeout: Duration) -> Result<Lock, StoreError> {
    let path = folder.join(name);
    let lock = Lock::acquire_file(&path, timeout).map_err(StoreError::io(&path))?;
    lock.ok_or(StoreError::Busy)
}
