//! A lock for file systems without locks: a file that exists as long as a process holds it. It names its
//! holder, so that it can be taken over from a process that was killed.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Age from which a lock file counts as left over, also if its holder is on another machine. No holder
/// needs so long.
const LEFT_OVER: Duration = Duration::from_secs(180);
/// The same of a file that names no holder: it was not written to its end.
const UNFINISHED: Duration = Duration::from_secs(10);

/// A lock file of this process. It is removed when dropped.
#[derive(Debug)]
pub struct LockFile(PathBuf);

impl LockFile {
    /// Takes the lock; `None` if another process has it.
    pub fn take(path: &Path) -> io::Result<Option<Self>> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut mine = tempfile::Builder::new().prefix(".held-").tempfile_in(folder)?;
        mine.write_all(this_process().as_bytes())?;
        // The clock of a file system may not be that of this machine.
        let now = mine.as_file().metadata()?.modified()?;
        match fs::hard_link(mine.path(), path) {
            Ok(()) => Ok(Some(LockFile(path.into()))),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                // The next try takes it, unless another process is faster.
                remove_left_over(path, now);
                Ok(None)
            }
            // A file system without links.
            Err(_) => LockFile::create(path, now),
        }
    }

    fn create(path: &Path, now: SystemTime) -> io::Result<Option<Self>> {
        match File::options().write(true).create_new(true).open(path) {
            Ok(mut file) => match file.write_all(this_process().as_bytes()) {
                Ok(()) => Ok(Some(LockFile(path.into()))),
                Err(error) => fs::remove_file(path).and(Err(error)),
            },
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                remove_left_over(path, now);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        // Another process may have taken over meanwhile.
        if fs::read_to_string(&self.0).is_ok_and(|holder| holder == this_process()) {
            let _ = fs::remove_file(&self.0);
        }
    }
}

/// Removes a lock file whose holder is gone.
fn remove_left_over(path: &Path, now: SystemTime) {
    let Ok(holder) = fs::read(path) else { return };
    if !is_left_over(path, &holder, now) {
        return;
    }
    // Another process may have taken it over meanwhile: then it gets its lock back.
    let aside = path.with_extension(format!("{:016x}.old", fastrand::u64(..)));
    if fs::rename(path, &aside).is_err() {
        return;
    }
    if fs::read(&aside).is_ok_and(|moved| moved != holder) {
        let _ = fs::hard_link(&aside, path);
    }
    let _ = fs::remove_file(aside);
}

fn is_left_over(path: &Path, holder: &[u8], now: SystemTime) -> bool {
    let then = fs::metadata(path).and_then(|found| found.modified());
    let age = then.ok().and_then(|then| now.duration_since(then).ok()).unwrap_or_default();
    let holder = std::str::from_utf8(holder).unwrap_or_default();
    let Some((process, place)) = holder.split_once(' ') else { return age > UNFINISHED };
    let is_gone = || process.parse().is_ok_and(|process| !is_running(process));
    age > LEFT_OVER || (place == this_place() && is_gone())
}

/// Returns the process id and its place, separated by a blank.
fn this_process() -> String {
    format!("{} {}", std::process::id(), this_place())
}

/// Returns where process ids are unique: the host, and its containers.
#[cfg(unix)]
fn this_place() -> String {
    let uname = rustix::system::uname();
    let containers = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    format!("{} {}", uname.nodename().to_string_lossy(), containers.display())
}

#[cfg(unix)]
fn is_running(process: i32) -> bool {
    let Some(process) = rustix::process::Pid::from_raw(process) else { return true };
    rustix::process::test_kill_process(process) != Err(rustix::io::Errno::SRCH)
}

#[cfg(not(unix))]
fn this_place() -> String {
    String::new()
}

#[cfg(not(unix))]
fn is_running(_: i32) -> bool {
    true
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn admits_one_process_and_takes_over_from_one_that_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("held");
        let held = LockFile::take(&path).unwrap();
        assert!(held.is_some() && LockFile::take(&path).unwrap().is_none());
        drop(held);
        assert!(!path.exists());
        // Larger than any process id. A child of this process would share the locks of other tests until
        // it runs its program.
        let gone = 2_147_483_647;
        for (holder, is_free) in [
            (format!("{} {}", gone, this_place()), true),
            (format!("{} elsewhere", gone), false),
            (format!("1 {}", this_place()), false),
            (String::new(), false),
            (
                format!(
                    "{} {} pid:[1]",
                    gone,
                    rustix::system::uname().nodename().to_string_lossy()
                ),
                false,
            ),
        ] {
            fs::write(&path, &holder).unwrap();
            // The first try removes it.
            let _ = LockFile::take(&path).unwrap();
            let taken = LockFile::take(&path).unwrap();
            assert_eq!(taken.is_some(), is_free, "{holder}");
            drop(taken);
            let _ = fs::remove_file(&path);
        }
        for (holder, age) in [("1 elsewhere", LEFT_OVER), ("", UNFINISHED)] {
            fs::write(&path, holder).unwrap();
            let old = SystemTime::now() - age * 2;
            File::options().write(true).open(&path).unwrap().set_modified(old).unwrap();
            let _ = LockFile::take(&path).unwrap();
            assert!(LockFile::take(&path).unwrap().is_some());
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left");
    }
}
