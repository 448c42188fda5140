//! Locks in the store's folder, which admit one process at a time.

use std::path::Path;
use std::time::Duration;

use vdk_platform::lock::Lock;

use crate::error::{BUSY_SECONDS, StoreError};

/// Takes the lock `name` in `folder`, and holds it until it is dropped or its process ends.
pub(crate) fn lock(folder: &Path, name: &str, timeout: Duration) -> Result<Lock, StoreError> {
    let path = folder.join(name);
    let lock = Lock::acquire_file(&path, timeout).map_err(StoreError::io(&path))?;
    lock.ok_or(StoreError::Busy)
}

/// Takes a share of the lock `name` in `folder`. Its only other holders keep it for moments.
pub(crate) fn share(folder: &Path, name: &str) -> Result<Lock, StoreError> {
    let path = folder.join(name);
    let lock = Lock::share_file(&path, Duration::from_secs(BUSY_SECONDS));
    lock.map_err(StoreError::io(&path))?.ok_or(StoreError::Busy)
}
