//! The file or stream of the audit log, and the disk space that is reserved for it.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::Target;
use super::chain::Line;

/// Bytes of disk that are reserved at a time.
const RESERVE: u64 = 1024 * 1024;
/// More than the longest line, with all its key names.
const LINE: u64 = RESERVE / 2;

/// The open output for lines.
pub enum Place {
    /// Nowhere.
    Nowhere,
    /// Standard output, written without a buffer.
    Stdout(File),
    /// A file, and the disk space reserved for it.
    File(Reserved),
}

/// A file that is appended to, with disk space behind its end.
pub struct Reserved {
    file: File,
    /// The end of the file when it was last looked at.
    end: u64,
    /// The offset up to which disk space is reserved.
    until: u64,
}

/// Reads the end of a log, at most `bytes` long. Its first line may be cut.
pub fn tail(path: &Path, bytes: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let begin = file.metadata()?.len().saturating_sub(bytes);
    file.seek(SeekFrom::Start(begin))?;
    let mut read = Vec::new();
    file.take(bytes).read_to_end(&mut read)?;
    Ok(read)
}

/// Returns the run and the number of the last line in an existing file, and whether the file ends
/// in an incomplete line, as after a crash.
pub fn last_line(target: &Target) -> (Option<(String, u64)>, bool) {
    let Target::File(path) = target else { return (None, false) };
    let end = tail(path, RESERVE / 2).unwrap_or_default();
    let lines = end.split(|byte| *byte == b'\n').rev();
    let mut lines = lines.filter_map(|line| Line::of(std::str::from_utf8(line).ok()?));
    let last = lines.next().map(|line| (line.run.to_string(), line.number));
    (last, end.last().is_some_and(|byte| *byte != b'\n'))
}

/// Opens the output. A file is writable only to this user, and a link is not followed.
pub fn open(target: &Target) -> io::Result<Place> {
    let path = match target {
        Target::None => return Ok(Place::Nowhere),
        Target::Stdout => {
            let stdout = stdout()?;
            if discards(&stdout) {
                tracing::warn!(
                    "the audit log is lost: it goes to standard output, which is closed or /dev/null. \
                     Set vdk.audit.file to a file, or to none if there is to be no audit log"
                );
            }
            return Ok(Place::Stdout(stdout));
        }
        Target::File(path) => path,
    };
    if holds_other(path) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, OTHER));
    }
    let file = private(path)?;
    let end = file.metadata()?.len();
    Ok(Place::File(Reserved { file, end, until: end }))
}

/// What is wrong with a file for which [`holds_other`] returns true.
pub const OTHER: &str = "it is there, and is no audit log";

/// Returns whether a file has something in it that no log begins with: a key or a store may have been
/// named by mistake, and lines would damage it.
pub fn holds_other(path: &Path) -> bool {
    // A pipe would hold the open. Opening it to write tells what is wrong.
    let is_file = std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
    let Some(file) = is_file.then(|| File::open(path).ok()).flatten() else { return false };
    let mut has_lines = false;
    for line in BufReader::new(file.take(RESERVE)).split(b'\n') {
        // The first line may be the rest of one that was torn.
        match line {
            Ok(line) if !line.starts_with(b"{") => has_lines |= !line.is_empty(),
            _ => return false,
        }
    }
    has_lines
}

/// Opens standard output without the buffer and the forgiveness of the standard library, which
/// takes a closed one for written.
pub fn stdout() -> io::Result<File> {
    #[cfg(unix)]
    let stdout = std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned()?;
    #[cfg(windows)]
    let stdout = std::os::windows::io::AsHandle::as_handle(&io::stdout()).try_clone_to_owned()?;
    Ok(stdout.into())
}

/// Returns whether a file is the null device, which also takes the place of a closed output.
pub fn discards(file: &File) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let id = |found: io::Result<Metadata>| found.map(|found| found.rdev()).ok();
        let null = id(std::fs::metadata("/dev/null")).filter(|device| *device > 0);
        null.is_some() && id(file.metadata()) == null
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        false
    }
}

#[cfg(unix)]
fn private(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;

    use rustix::fs::OFlags;
    // A pipe without a reader would hold the open.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let mut options = OpenOptions::new();
    let file = options.append(true).create(true).mode(0o600).custom_flags(flags).open(path)?;
    let found = regular(&file)?;
    protect(&file, &found)?;
    Ok(file)
}

#[cfg(not(unix))]
fn private(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().append(true).create(true).open(path)?;
    regular(&file)?;
    Ok(file)
}

fn regular(file: &File) -> io::Result<Metadata> {
    let found = file.metadata()?;
    match found.is_file() {
        true => Ok(found),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")),
    }
}

/// Removes the access of others, and all but reading from the group: it may ship the log. The file
/// may belong to another user, such as root, if this user may write it as a member of its group.
#[cfg(unix)]
fn protect(file: &File, found: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    const KEPT: u32 = 0o640;
    let mode = found.permissions().mode() & 0o7777;
    if mode & !KEPT == 0 {
        return Ok(());
    }
    let others = mode & 0o007;
    match file.set_permissions(PermissionsExt::from_mode(mode & KEPT | 0o600)) {
        Err(_) if found.uid() != rustix::process::geteuid().as_raw() && others == 0 => Ok(()),
        Err(error) => Err(io::Error::new(
            error.kind(),
            format!("other users may access it (mode {mode:o}), which cannot be changed: {error}"),
        )),
        Ok(()) => Ok(()),
    }
}

impl Reserved {
    /// Appends bytes in one call. Returns how many are written.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.end += written as u64;
        Ok(written)
    }

    /// Returns whether less than a line's worth of disk space is reserved, as far as is known
    /// without looking at the file.
    pub fn needs_room(&self) -> bool {
        self.end + LINE > self.until
    }

    /// Returns whether `path` is still a name of the file.
    pub fn is_at(&self, path: &Path) -> bool {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let id = |found: Metadata| (found.dev(), found.ino());
            let named = path.symlink_metadata().map(id);
            named.is_ok_and(|named| self.file.metadata().map(id).is_ok_and(|own| own == named))
        }
        #[cfg(not(unix))]
        {
            let _ = path;
            true
        }
    }

    /// Returns whether the file has no name any more, so that its lines are lost once it is closed.
    pub fn is_removed(&self) -> bool {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            self.file.metadata().is_ok_and(|found| found.nlink() == 0)
        }
        #[cfg(not(unix))]
        false
    }

    /// Returns the free and the total bytes of the file's disk, if known.
    pub fn room(&self) -> Option<(u64, u64)> {
        #[cfg(unix)]
        {
            let disk = rustix::fs::fstatvfs(&self.file).ok()?;
            let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
            Some((bytes(disk.f_bavail), bytes(disk.f_blocks)))
        }
        #[cfg(not(unix))]
        None
    }

    /// Reserves disk space behind the end of the file, without extending it, if less than a line's
    /// worth is left. If the file system cannot do so, a full disk is noticed one line late.
    #[cfg(target_os = "linux")]
    pub fn reserve(&mut self) -> io::Result<()> {
        use rustix::fs::{FallocateFlags, fallocate};
        use rustix::io::Errno;
        let end = self.file.metadata()?.len();
        // Truncating the file gave the reserved space back.
        let is_cut = end < std::mem::replace(&mut self.end, end);
        if !is_cut && end + LINE <= self.until {
            return Ok(());
        }
        match fallocate(&self.file, FallocateFlags::KEEP_SIZE, end, RESERVE) {
            Ok(()) => self.until = end + RESERVE,
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => self.until = u64::MAX,
            Err(error) => {
                self.until = if is_cut { end } else { self.until };
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// Reserves nothing: a full disk is noticed one line late.
    #[cfg(not(target_os = "linux"))]
    pub fn reserve(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn keeps_group_read_and_removes_all_other_access() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let target = Target::File(path.clone());
        let mode = || path.metadata().unwrap().permissions().mode() & 0o7777;
        open(&target).unwrap();
        assert_eq!(mode(), 0o600);
        for (before, after) in [(0o640, 0o640), (0o660, 0o640), (0o644, 0o640), (0o777, 0o640)] {
            std::fs::set_permissions(&path, PermissionsExt::from_mode(before)).unwrap();
            open(&target).unwrap();
            assert_eq!(mode(), after, "{before:o}");
        }
    }

    #[test]
    fn rejects_what_is_not_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for path in [&pipe, folder.path(), Path::new("/dev/full")] {
            assert!(open(&Target::File(path.into())).is_err(), "{}", path.display());
        }
    }
}
