//! Locks that admit one process at a time: to a job's key/values, because a Control Service without
//! entity tags cannot tell two writers apart, and to the saved login.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::owner::{make_folder, open_lock};

/// A lock that is held until it is dropped or its process ends.
#[derive(Debug)]
pub struct Lock(#[allow(dead_code, reason = "held, not read")] File);

impl Lock {
    /// Takes the lock `name`, a file in `folder`; `None` if others held it all the time.
    pub fn acquire(folder: &Path, name: &str, timeout: Duration) -> io::Result<Option<Self>> {
        make_folder(folder)?;
        Lock::acquire_file(&folder.join(format!("{:016x}.lock", fnv1a(name))), timeout)
    }

    /// Takes the lock that the file `path` is, and makes the file if it is not there; `None` where
    /// others held it for all of `timeout`.
    pub fn acquire_file(path: &Path, timeout: Duration) -> io::Result<Option<Self>> {
        Lock::take(path, timeout, File::try_lock)
    }

    /// Takes a share of the lock that the file `path` is. Several processes may have one, but none
    /// while another process holds the whole lock.
    pub fn share_file(path: &Path, timeout: Duration) -> io::Result<Option<Self>> {
        Lock::take(path, timeout, File::try_lock_shared)
    }

    fn take(
        path: &Path,
        timeout: Duration,
        take: impl Fn(&File) -> Result<(), TryLockError>,
    ) -> io::Result<Option<Self>> {
        let file = open_lock(path)?;
        let started = Instant::now();
        loop {
            match take(&file) {
                Ok(()) => return Ok(Some(Lock(file))),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if started.elapsed() >= timeout => return Ok(None),
                // A blocking lock would have no timeout.
                Err(TryLockError::WouldBlock) => {
                    std::thread::sleep(Duration::from_millis(fastrand::u64(1..=8)));
                }
            }
        }
    }
}

/// Returns a hash that is the same in every version. On a collision, two names only wait for each
/// other.
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn allows_one_holder_for_each_name() {
        let folder = tempfile::tempdir().unwrap();
        let take = |name| Lock::acquire(folder.path(), name, Duration::ZERO).unwrap();
        let held = take("a");
        assert!(held.is_some());
        assert!(take("a").is_none());
        assert!(take("b").is_some());
        drop(held);
        assert!(take("a").is_some());
        let path = folder.path().join("shared");
        let share = || Lock::share_file(&path, Duration::ZERO).unwrap();
        let whole = || Lock::acquire_file(&path, Duration::ZERO).unwrap();
        let (one, other) = (share(), share());
        assert!(one.is_some() && other.is_some() && whole().is_none());
        drop((one, other));
        let held = whole();
        assert!(held.is_some() && share().is_none());
    }
}
