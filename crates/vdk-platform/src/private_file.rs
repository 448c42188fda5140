//! Files and folders that only this user can access.

use std::fs;
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::path::Path;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::owner::{keep_owner, make_folder};

/// Largest file of settings or secrets, in bytes.
pub const LARGEST: u64 = 1 << 20;

/// Returns a warning if others can write to `folder`, and removes their permission if possible.
/// Rejects a folder of another user: its owner decides where secrets go, and which keys encrypt
/// them. Root is exempt, as user and as owner.
pub fn check_folder(folder: &Path) -> Result<Option<&'static str>> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let found = match fs::metadata(folder) {
            Ok(found) if found.is_dir() => found,
            Ok(_) => return Ok(None),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        of_this_user(&found)?;
        let mode = found.permissions().mode() & 0o777;
        let own = rustix::process::geteuid().as_raw();
        let is_own = std::os::unix::fs::MetadataExt::uid(&found) == own;
        if is_own && own != 0 && mode & 0o500 != 0o500 {
            let why = format!("its mode {mode:03o} excludes you: chmod 700 '{}'", folder.display());
            return Err(Error::new(ErrorKind::PermissionDenied, why));
        }
        let is_open = |found: &fs::Metadata| found.permissions().mode() & 0o022 != 0;
        if is_open(&found) {
            let closed = fs::Permissions::from_mode(found.permissions().mode() & 0o7755);
            // A volume of a container or of another system may keep its mode.
            let done = fs::set_permissions(folder, closed).and_then(|()| fs::metadata(folder));
            return Ok(Some(match done {
                Ok(now) if !is_open(&now) => {
                    "could be changed by other users of this machine; now only you can"
                }
                _ => "can be changed by anyone else who has access to it",
            }));
        }
    }
    #[cfg(not(unix))]
    let _ = folder;
    Ok(None)
}

/// Returns whether `folder` belongs to this user, and nobody else may read it or write to it.
pub fn is_private(folder: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let own = rustix::process::geteuid().as_raw();
        fs::metadata(folder)
            .is_ok_and(|found| found.is_dir() && found.uid() == own && found.mode() & 0o077 == 0)
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        false
    }
}

/// Returns whether `folder` can be written to, and is on a file system that has no disk.
pub fn is_in_memory(folder: &Path) -> bool {
    // TMPFS_MAGIC and RAMFS_MAGIC of statfs(2).
    has_kind(folder, &[0x0102_1994, 0x8584_58f6]) && is_writable(folder)
}

#[cfg(unix)]
fn is_writable(folder: &Path) -> bool {
    rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_ok()
}

#[cfg(not(unix))]
fn is_writable(_: &Path) -> bool {
    false
}

/// Returns whether `folder` is on a file system that other machines or a program may change: one of a
/// network, or of FUSE.
pub fn is_shared(folder: &Path) -> bool {
    // NFS, SMB, CIFS, SMB2, FUSE, 9P, AFS, Ceph, Coda, GFS2, OCFS2, Lustre, GPFS, BeeGFS and VirtualBox's
    // of statfs(2) and coreutils.
    const SHARED: [u64; 15] = [
        0x6969,
        0x517b,
        0xff53_4d42,
        0xfe53_4d42,
        0x6573_5546,
        0x0102_1997,
        0x6b41_4653,
        0x00c3_6400,
        0x7375_7245,
        0x0116_1970,
        0x7461_636f,
        0x0bd0_0bd0,
        0x4750_4653,
        0x1983_0326,
        0x786f_4256,
    ];
    has_kind(folder, &SHARED)
}

fn has_kind(folder: &Path, kinds: &[u64]) -> bool {
    #[cfg(target_os = "linux")]
    {
        let kind = rustix::fs::statfs(folder).map(|found| u64::try_from(found.f_type).unwrap_or(0));
        kind.is_ok_and(|kind| kinds.contains(&kind))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (folder, kinds);
        false
    }
}

#[cfg(unix)]
fn of_this_user(found: &fs::Metadata) -> Result<()> {
    let owner = std::os::unix::fs::MetadataExt::uid(found);
    let own = rustix::process::geteuid().as_raw();
    if own == 0 || owner == own || owner == 0 {
        return Ok(());
    }
    let why = format!("it belongs to another user (its owner is {owner}, you are {own})");
    Err(Error::new(ErrorKind::PermissionDenied, why))
}

/// Checks who may access an open file of secrets, as PostgreSQL does for its keys. A file of root's
/// may be readable by its group, as a mounted secret is. Removes the group's permissions on a file of
/// this user's, as a volume of a container gets them, and returns a warning. Rejects a file that
/// everybody may access, and a file of another user, who may have put it there. Root takes a file that
/// the operator has named (`is_named`), or that belongs to the owner of its folder, as with sudo.
pub fn restrict(file: &fs::File, path: &Path, is_named: bool) -> Result<Option<&'static str>> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let refused = |why: String| Err(Error::new(ErrorKind::PermissionDenied, why));
        let found = file.metadata()?;
        let mode = found.permissions().mode() & 0o777;
        let own = rustix::process::geteuid().as_raw();
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let of_folder = || {
            let folder = fs::metadata(folder.unwrap_or(Path::new(".")));
            folder.is_ok_and(|folder| folder.uid() == found.uid())
        };
        if ![0, own].contains(&found.uid()) && !(own == 0 && (is_named || of_folder())) {
            let owner = found.uid();
            return refused(format!(
                "belongs to another user (its owner is {owner}, you are {own}), who may have put \
                 it there"
            ));
        }
        if mode & 0o007 != 0 || (found.uid() == 0 && own != 0 && mode & 0o030 != 0) {
            return refused(format!(
                "can be read by others (mode {mode:03o}); restrict it to its owner: chmod 600"
            ));
        }
        // Root's file stays as it is, also for root: its group was chosen.
        let is_chosen = found.uid() == 0 && mode & 0o030 == 0;
        if mode & 0o070 != 0 && !is_chosen {
            if file.set_permissions(fs::Permissions::from_mode(mode & 0o700)).is_err() {
                return refused(format!(
                    "can be read by its group (mode {mode:03o}), which cannot be changed here; \
                     restrict it to its owner: chmod 600"
                ));
            }
            return Ok(Some("could be read by its group; now only its owner can"));
        }
    }
    #[cfg(not(unix))]
    let _ = (file, path, is_named);
    Ok(None)
}

/// Rejects a file that everybody can change: somebody else may have written what is in it.
pub fn refuse_open_to_all(file: &fs::File) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.metadata()?.permissions().mode() & 0o777;
        if mode & 0o002 != 0 {
            let why = format!("every user can change it (mode {mode:03o}): chmod o-w");
            return Err(Error::new(ErrorKind::PermissionDenied, why));
        }
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// Opens a regular file to read it. Does not wait at a pipe, and rejects pipes, devices and folders.
pub fn open_regular(path: &Path) -> Result<fs::File> {
    let mut options = fs::File::options();
    options.read(true);
    #[cfg(unix)]
    {
        // Opening a pipe could block forever.
        let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags);
    }
    let file = options.open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(Error::other("it is not a regular file"))
    }
}

/// Reads a regular file of at most 1 MiB.
pub fn read_regular(path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    read_to_end(open_regular(path)?)
}

fn read_to_end(file: fs::File) -> Result<Zeroizing<Vec<u8>>> {
    let length = file.metadata()?.len();
    if length > LARGEST {
        return Err(Error::other("it is larger than 1 MiB"));
    }
    // The extra bytes let the read find the end without another allocation.
    let length = usize::try_from(length).unwrap_or_default() + 64;
    let mut bytes = Zeroizing::new(Vec::with_capacity(length));
    file.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a file of secrets. Rejects another user's. The checks are on the open file, so a
/// replacement meanwhile has no effect.
pub fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let file = open_regular(path).map_err(|error| {
        // The owner explains more than the failed open.
        #[cfg(unix)]
        if let Ok(found) = fs::metadata(path) {
            use std::os::unix::fs::MetadataExt;
            if let Err(foreign) = of_this_user(&found) {
                return foreign;
            }
            if found.uid() == 0 && error.kind() == ErrorKind::PermissionDenied {
                let own = rustix::process::geteuid().as_raw();
                let folder = path.parent().unwrap_or(Path::new("."));
                let folder = folder.display();
                return Error::new(
                    ErrorKind::PermissionDenied,
                    format!(
                        "it belongs to root, as after a command that was run with sudo; change \
                         the owner: sudo chown -R {own} '{folder}'"
                    ),
                );
            }
        }
        error
    })?;
    #[cfg(unix)]
    of_this_user(&file.metadata()?)?;
    read_to_end(file)
}

/// Replaces a file of secrets atomically, with mode 0600; a link is replaced, not followed. Only
/// one process at a time may call it: it removes what killed ones left behind.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    make_folder(path.parent().unwrap_or(Path::new(".")))?;
    remove_leftovers(path);
    put(path, bytes, &unfinished(path))
}

/// Replaces a file as [`replace`] does, in a folder that is there. Several processes may do so at
/// once. The unfinished file, which a kill leaves behind, has a name that begins with `prefix`.
pub fn put(path: &Path, bytes: &[u8], prefix: &str) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(prefix).tempfile_in(folder)?;
    file.write_all(bytes)?;
    keep_owner(file.as_file(), path)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    #[cfg(unix)]
    // The file is replaced already; some file systems cannot do more.
    let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

/// Returns the prefix of the names of unfinished versions of a file.
fn unfinished(path: &Path) -> String {
    format!(".{}-", path.file_name().unwrap_or_default().display())
}

/// Removes what processes that were killed while replacing `path` left behind.
pub fn remove_leftovers(path: &Path) {
    remove_older(path, &unfinished(path), Duration::ZERO);
}

/// Removes the files beside `path` whose names begin with `prefix`, from the age `age` on: unfinished
/// ones of [`put`], which another process may still be writing.
pub fn remove_older(path: &Path, prefix: &str, age: Duration) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let Ok(entries) = fs::read_dir(folder.unwrap_or(Path::new("."))) else { return };
    for entry in entries.flatten() {
        let is_old = || {
            let then = entry.metadata().and_then(|found| found.modified());
            then.is_ok_and(|then| then.elapsed().is_ok_and(|passed| passed >= age))
        };
        let is_it = entry.file_name().to_string_lossy().starts_with(prefix);
        if is_it && (age.is_zero() || is_old()) {
            // A failed removal is retried the next time.
            let _ = fs::remove_file(entry.path());
        }
    }
}
