//! Creation of stores, all or nothing, by one process even if many start at once.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, params};
use vdk_platform::{keep_owner, make_folder, private_file, sync_folder};

use super::alone;
use super::census;
use super::connection::{log_ahead, logs, refuse_log_alone};
use super::in_use::is_held;
use super::lock::{lock, require_locks};
use super::now_in_milliseconds;
use super::schema::{FORMAT, HEADS, TABLES};
use crate::error::{BUSY_SECONDS, StoreError};
use crate::keys::data_key::DataKey;
use crate::keys::{MasterKeys, Notice};
use crate::layout::{CREATE_LOCK, STORE_FILE};

/// Creates the store in `folder` unless another process has done so meanwhile.
pub(crate) fn create(folder: &Path, keys: &dyn MasterKeys) -> Result<(), StoreError> {
    make_private_folder(folder, keys)?;
    let _alone = alone::hold(folder, keys)?;
    let _lock = lock(folder, CREATE_LOCK, Duration::from_secs(BUSY_SECONDS))?;
    let path = folder.join(STORE_FILE);
    if path.exists() {
        return Ok(());
    }
    if is_held(folder) {
        return Err(StoreError::Moved { path });
    }
    refuse_log_alone(&path)?;
    // Before a key is made for a store that cannot be.
    require_locks(folder)?;
    let (place, master) = keys.create(folder)?;
    // The file gets its name when it is complete: a killed process leaves no partial store.
    let draft = tempfile::Builder::new()
        .prefix(".store-")
        .tempfile_in(folder)
        .map_err(StoreError::io(folder))?;
    let database = Connection::open(draft.path())?;
    let data_key = DataKey::generate()?;
    database.execute_batch(TABLES)?;
    database.execute_batch(HEADS)?;
    database.execute(
        "INSERT INTO store (id, format, key_place, key_id, documents) VALUES (1, ?1, ?2, ?3, ?4)",
        params![FORMAT, place.as_str(), master.id(), census::seal(&data_key.sealer(), 0)?],
    )?;
    database.execute(
        "INSERT INTO data_keys VALUES (1, ?1, ?2)",
        params![now_in_milliseconds(), data_key.wrap(1, &master)?],
    )?;
    log_ahead(&database)?;
    database.close().map_err(|(_, error)| error)?;
    // SQLite would take what is left of the logs of another store for this one's.
    for log in logs(&path) {
        match fs::remove_file(&log) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(StoreError::io(log)(error));
            }
            _ => {}
        }
    }
    keep_owner(draft.as_file(), &path).map_err(StoreError::io(&path))?;
    draft.as_file().sync_all().map_err(StoreError::io(&path))?;
    draft.persist_noclobber(&path).map_err(|error| StoreError::io(&path)(error.error))?;
    sync_folder(folder).map_err(StoreError::io(folder))
}

/// Rejects a folder of another user, who decides then which keys encrypt the store. Removes the
/// permission of others to change a folder of this user's.
pub(crate) fn check_folder(folder: &Path, keys: &dyn MasterKeys) -> Result<(), StoreError> {
    match private_file::check_folder(folder) {
        Ok(Some(state)) => keys.tell(&Notice::State { path: folder, state }),
        Ok(None) => {}
        Err(source) => return Err(StoreError::Folder { path: folder.into(), source }),
    }
    Ok(())
}

/// Creates `folder` and its missing parents, accessible only to the user, and removes the
/// permissions of others on `folder`.
pub(crate) fn make_private_folder(folder: &Path, keys: &dyn MasterKeys) -> Result<(), StoreError> {
    make_folder(folder).map_err(StoreError::io(folder))?;
    check_folder(folder, keys)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let found = fs::metadata(folder).map_err(StoreError::io(folder))?;
        if found.permissions().mode() & 0o077 != 0 {
            // A volume of a container may belong to root, and keeps its mode.
            let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
        }
    }
    Ok(())
}
