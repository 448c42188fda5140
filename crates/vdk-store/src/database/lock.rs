//! Locks in the store's folder, which admit one process at a time.

use std::path::Path;
use std::time::Duration;

use vdk_platform::lock::{Lock, check_record_locks, lacks_locks};

use crate::error::{BUSY_SECONDS, StoreError};
use crate::layout::CREATE_LOCK;

/// Takes the lock `name` in `folder`, and holds it until it is dropped or its process ends.
pub(crate) fn lock(folder: &Path, name: &str, timeout: Duration) -> Result<Lock, StoreError> {
    let path = folder.join(name);
    let lock = Lock::acquire_file(&path, timeout).map_err(|error| failed(&path, error))?;
    lock.ok_or(StoreError::Busy)
}

/// Takes a share of the lock `name` in `folder`. Its only other holders keep it for moments.
pub(crate) fn share(folder: &Path, name: &str) -> Result<Lock, StoreError> {
    let path = folder.join(name);
    let lock = Lock::share_file(&path, Duration::from_secs(BUSY_SECONDS));
    lock.map_err(|error| failed(&path, error))?.ok_or(StoreError::Busy)
}

/// Fails if the folder's file system has no locks. SQLite would wait for them as if other processes had
/// them.
pub(crate) fn require_locks(folder: &Path) -> Result<(), StoreError> {
    let path = folder.join(CREATE_LOCK);
    check_record_locks(&path).map_err(|error| failed(&path, error))
}

fn failed(path: &Path, error: std::io::Error) -> StoreError {
    let folder = path.parent().unwrap_or(Path::new("."));
    match lacks_locks(&error) {
        true => StoreError::NoLocks { path: folder.into(), source: error },
        false => StoreError::io(path)(error),
    }
}
