//! Locks that admit one process at a time: to a job's key/values, because a Control Service without
//! entity tags cannot tell two writers apart, and to the saved login.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::lock_file::LockFile;
use crate::owner::{make_folder, open_lock};

/// A lock that is held until it is dropped or its process ends.
#[derive(Debug)]
pub struct Lock(#[allow(dead_code, reason = "held, not read")] Held);

#[derive(Debug)]
#[allow(dead_code, reason = "held, not read")]
enum Held {
    System(File),
    File(LockFile),
}

impl Lock {
    /// Takes the lock `name`, a file in `folder`; `None` if others held it all the time. On a file
    /// system without locks, the existence of a file is the lock.
    pub fn acquire(folder: &Path, name: &str, timeout: Duration) -> io::Result<Option<Self>> {
        make_folder(folder)?;
        let path = folder.join(format!("{:016x}.lock", fnv1a(name)));
        match Lock::acquire_file(&path, timeout) {
            Err(error) if lacks_locks(&error) => {
                let taken = wait(timeout, || LockFile::take(&path.with_extension("held")))?;
                Ok(taken.map(|file| Lock(Held::File(file))))
            }
            taken => taken,
        }
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
        let taken = wait(timeout, || match take(&file) {
            Ok(()) => Ok(Some(())),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        })?;
        Ok(taken.map(|()| Lock(Held::System(file))))
    }
}

/// Calls `take` until it returns something, for at most `timeout`. A lock that blocks would have no
/// timeout.
fn wait<T>(
    timeout: Duration,
    mut take: impl FnMut() -> io::Result<Option<T>>,
) -> io::Result<Option<T>> {
    let started = Instant::now();
    loop {
        match take()? {
            None if started.elapsed() < timeout => {
                std::thread::sleep(Duration::from_millis(fastrand::u64(1..=8)));
            }
            taken => return Ok(taken),
        }
    }
}

/// Returns whether an error says that a file system has no locks, as some of networks and of FUSE.
pub fn lacks_locks(error: &io::Error) -> bool {
    #[cfg(unix)]
    {
        use rustix::io::Errno;
        let lacking = [Errno::NOLCK, Errno::NOSYS, Errno::OPNOTSUPP, Errno::BADF];
        Errno::from_io_error(error).is_some_and(|error| lacking.contains(&error))
    }
    #[cfg(not(unix))]
    {
        error.kind() == io::ErrorKind::Unsupported
    }
}

/// Fails if the file system of the lock file `path`, which is made if it is not there, lacks the locks
/// that databases use (fcntl(2)). A file that cannot be opened is no failure.
pub fn check_record_locks(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Ok(file) = open_lock(path) {
        use rustix::fs::{FlockOperation, fcntl_lock};
        match fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive).map_err(io::Error::from) {
            Err(error) if lacks_locks(&error) => return Err(error),
            // Somebody else has a lock, so there are locks.
            _ => {}
        }
    }
    let _ = path;
    Ok(())
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
