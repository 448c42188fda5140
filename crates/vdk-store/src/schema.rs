//! Creation and migration of stores, all or nothing, by one process even if many start at once.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior, params};
use vdk_platform::lock::Lock;
use vdk_platform::{keep_owner, make_folder, sync_folder};

use crate::error::BUSY_SECONDS;
use crate::file::{log_ahead, logs};
use crate::keys::DataKey;
use crate::slot::slot_for;
use crate::versions::now_in_milliseconds;
use crate::{MasterKeys, STORE_FILE, StoreError};

/// Format that this code writes. It reads older formats too.
pub(crate) const FORMAT: i64 = 3;

const TABLES: &str = "
    CREATE TABLE store (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        format INTEGER NOT NULL,
        key_place TEXT NOT NULL,
        key_id TEXT NOT NULL,
        data_key INTEGER NOT NULL DEFAULT 1,
        key_changes INTEGER NOT NULL DEFAULT 1,
        rotating INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE data_keys (
        id INTEGER PRIMARY KEY,
        made_at INTEGER NOT NULL,
        wrapped BLOB NOT NULL
    );
    CREATE TABLE versions (
        collection TEXT NOT NULL,
        team TEXT NOT NULL,
        job TEXT NOT NULL,
        version INTEGER NOT NULL,
        written_at INTEGER NOT NULL,
        sealed BLOB NOT NULL,
        data_key INTEGER NOT NULL DEFAULT 1,
        UNIQUE (collection, team, job, version)
    );
";

const HEADS: &str = "
    CREATE TABLE heads (
        collection TEXT NOT NULL,
        team TEXT NOT NULL,
        job TEXT NOT NULL,
        version INTEGER NOT NULL,
        tag BLOB NOT NULL,
        tag_key INTEGER NOT NULL,
        written_at INTEGER NOT NULL,
        sealed BLOB,
        sealed_key INTEGER NOT NULL,
        slot INTEGER PRIMARY KEY
    );
";

/// Migrates format 1 to 2. Format 1 had one data key, which its rows did not name.
const FROM_FORMAT_1: &str = "
    CREATE TABLE data_keys (
        id INTEGER PRIMARY KEY,
        made_at INTEGER NOT NULL,
        wrapped BLOB NOT NULL
    );
    INSERT INTO data_keys SELECT 1, 0, wrapped_data_key FROM store;
    ALTER TABLE store DROP COLUMN wrapped_data_key;
    ALTER TABLE store ADD COLUMN data_key INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE store ADD COLUMN key_changes INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE store ADD COLUMN rotating INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE heads ADD COLUMN data_key INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE versions ADD COLUMN data_key INTEGER NOT NULL DEFAULT 1;
";

/// Migrates the store to this format, unless another process has done so meanwhile.
pub(crate) fn migrate(database: &Connection) -> Result<(), StoreError> {
    let writing = rusqlite::Transaction::new_unchecked(database, TransactionBehavior::Immediate)?;
    let format: i64 = writing.query_row("SELECT format FROM store", [], |row| row.get(0))?;
    if format == 1 {
        writing.execute_batch(FROM_FORMAT_1)?;
    }
    if format < FORMAT {
        give_slots(&writing).map_err(|error| match error {
            StoreError::Damaged(why) => StoreError::NotAStore {
                path: database.path().unwrap_or_default().into(),
                why: format!("it cannot be migrated to format {FORMAT}: {why}"),
            },
            error => error,
        })?;
        writing.execute("UPDATE store SET format = ?1", [FORMAT])?;
    }
    writing.commit()?;
    Ok(())
}

/// Migrates heads of format 2, which were found by their names and held no document.
fn give_slots(writing: &Connection) -> Result<(), StoreError> {
    writing.execute_batch("ALTER TABLE heads RENAME TO heads_of_format_2")?;
    writing.execute_batch(HEADS)?;
    {
        let mut all = writing.prepare("SELECT collection, team, job FROM heads_of_format_2")?;
        let mut take = writing.prepare(
            "INSERT INTO heads SELECT collection, team, job, version, tag, data_key, 0, NULL, data_key, ?1
             FROM heads_of_format_2 WHERE (collection, team, job) = (?2, ?3, ?4)",
        )?;
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            let names: [Result<String, _>; 3] = [row.get(0), row.get(1), row.get(2)];
            // Nobody can ask for a name that is not text.
            let [Ok(collection), Ok(team), Ok(job)] = names else { continue };
            let slot = slot_for(writing, (&collection, &team, &job))?;
            take.execute(params![slot, collection, team, job])?;
        }
    }
    writing.execute_batch("DROP TABLE heads_of_format_2")?;
    Ok(())
}

/// Creates the store in `folder` unless another process has done so meanwhile.
pub(crate) fn create(folder: &Path, keys: &dyn MasterKeys) -> Result<(), StoreError> {
    make_private_folder(folder).map_err(StoreError::io(folder))?;
    let _lock = lock(folder, "create.lock", Duration::from_secs(BUSY_SECONDS))?;
    let path = folder.join(STORE_FILE);
    if path.exists() {
        return Ok(());
    }
    let (place, master) = keys.create(folder)?;
    // The file gets its name when it is complete: a killed process leaves no partial store.
    let draft = tempfile::Builder::new()
        .prefix(".store-")
        .tempfile_in(folder)
        .map_err(StoreError::io(folder))?;
    let database = Connection::open(draft.path())?;
    database.execute_batch(TABLES)?;
    database.execute_batch(HEADS)?;
    database.execute(
        "INSERT INTO store (id, format, key_place, key_id) VALUES (1, ?1, ?2, ?3)",
        params![FORMAT, place.as_str(), master.id()],
    )?;
    database.execute(
        "INSERT INTO data_keys VALUES (1, ?1, ?2)",
        params![now_in_milliseconds(), DataKey::generate()?.wrap(1, &master)?],
    )?;
    log_ahead(&database)?;
    database.close().map_err(|(_, error)| error)?;
    // SQLite would apply leftover logs of a store that was moved away.
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

/// Takes the lock `name` in `folder`, and holds it until it is dropped or its process ends.
pub(crate) fn lock(folder: &Path, name: &str, timeout: Duration) -> Result<Lock, StoreError> {
    let path = folder.join(name);
    let lock = Lock::acquire_file(&path, timeout).map_err(StoreError::io(&path))?;
    lock.ok_or(StoreError::Busy)
}

/// Creates `folder` and its missing parents, accessible only to the user, and removes the
/// permissions of others on `folder`.
fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    make_folder(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if fs::metadata(folder)?.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        }
    }
    Ok(())
}
