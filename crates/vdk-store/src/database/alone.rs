//! One process at a time on file systems of networks and of FUSE. SQLite's processes see each other
//! through shared memory and logs beside the file, which such a file system may show other machines
//! late, or not at all.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use vdk_platform::lock::Lock;
use vdk_platform::private_file::is_shared;

use super::lock::lock;
use crate::error::StoreError;
use crate::keys::{MasterKeys, Notice};
use crate::layout::PROCESS_LOCK;

/// Longest wait for another process. Commands need milliseconds; a service does not end.
const PATIENCE: Duration = Duration::from_secs(10);

/// What this process holds, which all its connections share.
static HELD: Mutex<Vec<(PathBuf, Weak<Lock>)>> = Mutex::new(Vec::new());

/// The right of this process to use a store; empty where every process may.
pub(crate) type Alone = Option<Arc<Lock>>;

/// Keeps other processes away from the store in `folder` if its file system needs that.
pub(crate) fn hold(folder: &Path, keys: &dyn MasterKeys) -> Result<Alone, StoreError> {
    if !is_shared(folder) {
        return Ok(None);
    }
    // By whatever path the folder was named.
    let folder = &folder.canonicalize().unwrap_or_else(|_| folder.into());
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    held.retain(|(_, lock)| lock.strong_count() > 0);
    if let Some(lock) = held.iter().find(|(of, _)| of == folder).and_then(|(_, it)| it.upgrade()) {
        return Ok(Some(lock));
    }
    let is_first = !folder.join(PROCESS_LOCK).exists();
    let taken = lock(folder, PROCESS_LOCK, PATIENCE);
    let taken = Arc::new(taken.map_err(|error| match error {
        StoreError::Busy => StoreError::NotAlone { path: folder.into() },
        error => error,
    })?);
    held.push((folder.into(), Arc::downgrade(&taken)));
    if is_first {
        let state = "is on a file system of a network or of FUSE, so one process at a time can use the \
                     store";
        keys.tell(&Notice::State { path: folder, state });
    }
    Ok(Some(taken))
}
