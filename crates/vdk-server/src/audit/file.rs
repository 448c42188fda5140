//! The file or stream of the audit log, and the disk space that is reserved for it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::Target;
use super::chain::Line;

/// Bytes of disk that are reserved at a time.
const RESERVE: u64 = 1024 * 1024;

/// The open output for lines.
pub enum Place {
    /// Nowhere.
    Nowhere,
    /// Standard output.
    Stdout,
    /// A file, and the disk space reserved for it.
    File {
        /// The file, which is appended to.
        file: File,
        /// The offset up to which disk space is reserved.
        reserved_until: u64,
    },
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

/// Opens the output. A file is accessible only to this user, and a link is not followed.
pub fn open(target: &Target) -> io::Result<Place> {
    let path = match target {
        Target::None => return Ok(Place::Nowhere),
        Target::Stdout => return Ok(Place::Stdout),
        Target::File(path) => path,
    };
    let file = private(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let mut reserved_until = found.len();
    reserve(&file, &mut reserved_until)?;
    Ok(Place::File { file, reserved_until })
}

fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        let flags = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
        let file = options.mode(0o600).custom_flags(flags).open(path)?;
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        }
        Ok(file)
    }
    #[cfg(not(unix))]
    options.open(path)
}

/// Returns the free and the total bytes of the log's disk, if known.
pub fn room(place: &Place) -> Option<(u64, u64)> {
    let Place::File { file, .. } = place else { return None };
    #[cfg(unix)]
    {
        let disk = rustix::fs::fstatvfs(file).ok()?;
        let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
        Some((bytes(disk.f_bavail), bytes(disk.f_blocks)))
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        None
    }
}

/// Reserves disk space behind the end of the file, without extending it, if less than a line's
/// worth is left. If the file system cannot do so, a full disk is noticed one line late.
#[cfg(target_os = "linux")]
pub fn reserve(file: &File, reserved_until: &mut u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::Errno;
    // More than the longest line, with all its key names.
    const LINE: u64 = RESERVE / 2;
    let end = file.metadata()?.len();
    if end + LINE <= *reserved_until {
        return Ok(());
    }
    match fallocate(file, FallocateFlags::KEEP_SIZE, end, RESERVE) {
        Ok(()) => *reserved_until = end + RESERVE,
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => *reserved_until = u64::MAX,
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Reserves nothing: a full disk is noticed one line late.
#[cfg(not(target_os = "linux"))]
pub fn reserve(_: &File, _: &mut u64) -> io::Result<()> {
    Ok(())
}
