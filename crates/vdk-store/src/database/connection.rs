//! The store's file, opened whatever the state of the file and its disk.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::header::Header;
use super::in_use::keep_log;
use super::lock::require_locks;
use crate::error::{BUSY_SECONDS, StoreError};

/// Opens the file to read and write.
pub(crate) fn connect(path: &Path) -> Result<(Connection, Header), StoreError> {
    require_locks(folder_of(path))?;
    try_connect(path).map_err(|error| whole_file(path, error))
}

/// Opens the file to read and write, or only to read if it cannot be written.
pub(crate) fn connect_or_read(path: &Path) -> Result<(Connection, Header), StoreError> {
    connect(path).or_else(|error| connect_unwritable(path).ok_or(error))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

fn try_connect(path: &Path) -> Result<(Connection, Header), rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let has_log = has_log(path);
    let database = Connection::open_with_flags(path, flags)?;
    keep_log(&database, has_log)?;
    database.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    let header = read_header(&database)?;
    Ok((database, header))
}

pub(crate) fn read_header(database: &Connection) -> Result<Header, rusqlite::Error> {
    database.busy_timeout(Duration::from_secs(BUSY_SECONDS))?;
    Header::read(database)
}

/// Opens a store that nobody can write now, as on a read-only or full disk. SQLite then cannot
/// create the files that it coordinates with. Returns `None` if an unfinished log lies beside it.
fn connect_unwritable(path: &Path) -> Option<(Connection, Header)> {
    let unfinished = |log: PathBuf| std::fs::metadata(log).is_ok_and(|log| log.len() > 0);
    if logs(path).into_iter().any(unfinished) { None } else { connect_immutable(path) }
}

/// Opens a store on the assumption that its file never changes.
pub(crate) fn connect_immutable(path: &Path) -> Option<(Connection, Header)> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let escaped = vdk_api::encode_segment(path.to_str()?).replace("%2F", "/");
    let database =
        Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags).ok()?;
    let header = read_header(&database).ok()?;
    Some((database, header))
}

/// Rejects a path that is too long for SQLite, which adds the names of its logs to it.
pub(crate) fn refuse_long_path(path: &Path) -> Result<(), StoreError> {
    /// SQLite's limit of 512 bytes, less its longest suffix and the final zero.
    const LIMIT: usize = 499;
    let bytes = std::path::absolute(path).map_or(0, |path| path.as_os_str().len());
    if bytes > LIMIT {
        return Err(StoreError::LongPath { path: path.into(), bytes, limit: LIMIT });
    }
    Ok(())
}

/// Rejects a file that has a second name. SQLite keeps its logs beside the name that it opened: two
/// writers that use different names do not see each other, and damage the file.
pub(crate) fn refuse_second_name(path: &Path) -> Result<(), StoreError> {
    let refused = |why: &'static str| Err(StoreError::SecondName { path: path.into(), why });
    #[cfg(unix)]
    if std::fs::metadata(path).is_ok_and(|found| std::os::unix::fs::MetadataExt::nlink(&found) > 1)
    {
        return refused(
            "it has a second name, a hard link, as cp -al and rsync --link-dest create it",
        );
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
        let found = statx(CWD, path, AtFlags::empty(), StatxFlags::BASIC_STATS);
        if found.is_ok_and(|found| found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT)) {
            return refused("the file itself is mounted here and has another name elsewhere");
        }
    }
    let _ = refused;
    Ok(())
}

/// Returns the time and size that reveal a change of the file; `None` if a log lies beside it, or if
/// it is no regular file.
pub(crate) fn untouched(path: &Path) -> Option<(SystemTime, u64)> {
    let found = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    let is_gone = |log: PathBuf| {
        std::fs::metadata(log).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
    };
    logs(path).into_iter().all(is_gone).then_some((found.modified().ok()?, found.len()))
}

/// Returns whether a log lies beside the file, as after a kill or while the store is open.
pub(crate) fn has_log(path: &Path) -> bool {
    logs(path).iter().any(|log| log.exists())
}

/// Rejects a log with changes whose store is not there.
pub(crate) fn refuse_log_alone(path: &Path) -> Result<(), StoreError> {
    let has_changes = |log: PathBuf| std::fs::metadata(log).is_ok_and(|log| log.len() > 0);
    match logs(path).into_iter().any(has_changes) {
        true => Err(StoreError::LogAlone { path: path.into() }),
        false => Ok(()),
    }
}

/// Returns the files in which SQLite keeps changes that are not in the store's file yet.
pub(crate) fn logs(path: &Path) -> [PathBuf; 2] {
    ["-wal", "-journal"].map(|ending| {
        let mut log = path.as_os_str().to_owned();
        log.push(ending);
        PathBuf::from(log)
    })
}

/// Largest log that stays after a long reader has made it grow, in bytes. SQLite moves the log into
/// the file whenever it has about this size.
const LOG_BYTES: i64 = 4 << 20;

/// Enables write-ahead logging, which concurrent processes need. The file keeps this setting, but a
/// copy that SQLite makes does not.
pub(crate) fn log_ahead(database: &Connection) -> Result<(), rusqlite::Error> {
    database.pragma_update(None, "journal_mode", "WAL")
}

/// Converts an error of the first read, which concerns the file as a whole.
pub(crate) fn whole_file(path: &Path, error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::Unknown) => {
            StoreError::NotAStore { path: path.into(), why: error.to_string() }
        }
        _ if matches!(error, rusqlite::Error::QueryReturnedNoRows) => {
            StoreError::NotAStore { path: path.into(), why: "its header is missing".into() }
        }
        _ => StoreError::from(error),
    }
}

/// Removes the permissions that a careless copy or restore gave to others.
pub(crate) fn tighten(path: &Path, found: &std::fs::Metadata) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if found.permissions().mode() & 0o077 != 0 {
            // This fails for another user's file, which stays as it is. Its content is encrypted.
            let _ = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600));
        }
    }
    #[cfg(not(unix))]
    let _ = (path, found);
}
