//! Making a store: all of it or nothing, by one process even where many start at once.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

use crate::error::BUSY_SECONDS;
use crate::file::{log_ahead, logs};
use crate::key_file::sync_folder;
use crate::keys::new_wrapped_data_key;
use crate::{MasterKeys, STORE_FILE, StoreError};

/// The format that this code writes; it reads no other.
pub(crate) const FORMAT: i64 = 1;

const TABLES: &str = "
    CREATE TABLE store (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        format INTEGER NOT NULL,
        key_place TEXT NOT NULL,
        key_id TEXT NOT NULL,
        wrapped_data_key BLOB NOT NULL
    );
    CREATE TABLE heads (
        collection TEXT NOT NULL,
        team TEXT NOT NULL,
        job TEXT NOT NULL,
        version INTEGER NOT NULL,
        tag BLOB NOT NULL,
        PRIMARY KEY (collection, team, job)
    ) WITHOUT ROWID;
    CREATE TABLE versions (
        collection TEXT NOT NULL,
        team TEXT NOT NULL,
        job TEXT NOT NULL,
        version INTEGER NOT NULL,
        written_at INTEGER NOT NULL,
        sealed BLOB NOT NULL,
        UNIQUE (collection, team, job, version)
    );
";

/// Makes the store in `folder` unless another process has done so meanwhile.
pub(crate) fn create(folder: &Path, keys: &dyn MasterKeys) -> Result<(), StoreError> {
    make_private_folder(folder).map_err(StoreError::io(folder))?;
    let lock_path = folder.join("create.lock");
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&lock_path)
        .map_err(StoreError::io(&lock_path))?;
    wait_for(&lock, &lock_path)?;
    let path = folder.join(STORE_FILE);
    if path.exists() {
        return Ok(());
    }
    let (place, master) = keys.create(folder)?;
    // Under its own name only when it is whole: a process killed half-way leaves no half store.
    let draft = tempfile::Builder::new()
        .prefix(".store-")
        .tempfile_in(folder)
        .map_err(StoreError::io(folder))?;
    let database = Connection::open(draft.path())?;
    database.execute_batch(TABLES)?;
    database.execute(
        "INSERT INTO store VALUES (1, ?1, ?2, ?3, ?4)",
        params![FORMAT, place.as_str(), master.id(), new_wrapped_data_key(&master)?],
    )?;
    log_ahead(&database)?;
    database.close().map_err(|(_, error)| error)?;
    // Logs of a store that was moved away would be read into this one.
    for log in logs(&path) {
        match fs::remove_file(&log) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(StoreError::io(log)(error));
            }
            _ => {}
        }
    }
    draft.as_file().sync_all().map_err(StoreError::io(&path))?;
    draft.persist_noclobber(&path).map_err(|error| StoreError::io(&path)(error.error))?;
    sync_folder(folder).map_err(StoreError::io(folder))
}

/// Waits for a lock as long as for the store itself.
fn wait_for(lock: &File, path: &Path) -> Result<(), StoreError> {
    let deadline = Instant::now() + Duration::from_secs(BUSY_SECONDS);
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(StoreError::io(path)(error)),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                return Err(StoreError::Busy);
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

/// Makes `folder` and its parents, all of them the user's alone where they are new, and takes
/// away what others may do in `folder`.
fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        builder.mode(0o700).create(folder)?;
        if fs::metadata(folder)?.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        }
    }
    #[cfg(not(unix))]
    builder.create(folder)?;
    Ok(())
}
