//! Restores a backup: checks it whole, then puts it in the store's place in one step.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use tempfile::NamedTempFile;
use vdk_platform::{keep_owner, sync_folder};

use crate::copy::{Copy, renamed};
use crate::database::connection::{has_log, logs, refuse_log_alone};
use crate::database::create::make_private_folder;
use crate::database::in_use::keep_log;
use crate::database::lock::lock;
use crate::database::{alone, in_use, now_in_milliseconds};
use crate::error::{BUSY_SECONDS, StoreError};
use crate::keys::{KeyPlace, MasterKeys};
use crate::layout::CREATE_LOCK;
use crate::store::store_file;
use crate::verify::Findings;

/// Start of the names of unfinished restores.
const UNFINISHED: &str = ".restore-";

/// Longest wait for processes that have the store open for moments.
const CLOSING: Duration = Duration::from_secs(2);

/// A restore of a store.
#[derive(Clone, Copy, Debug, Default)]
pub struct Restore {
    /// Replaces a store with documents, and keeps it beside the new one. Otherwise, only an empty
    /// store is replaced.
    pub replace: bool,
    /// Accepts a backup in which something is damaged or missing.
    pub accept_loss: bool,
}

/// The result of a restore.
#[derive(Debug)]
pub struct Restored {
    /// What is in the store now.
    pub findings: Findings,
    /// Place and fingerprint of its master key.
    pub key: (KeyPlace, String),
    /// The file with the store that was replaced.
    pub replaced: Option<PathBuf>,
}

/// The reason why a backup was not restored. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// Other processes have the store open.
    #[error("other processes have the store open")]
    Open,
    /// The store has documents.
    #[error("the store that is there is not empty")]
    NotEmpty,
    /// There is a file in place of the store that cannot be opened as one.
    #[error("there is a store that cannot be opened: {0}")]
    Unreadable(StoreError),
    /// The file has a log, so it is a store in use, or one that was.
    #[error("it has a log beside it ({}), so it is a store and not a backup", .0.display())]
    HasLog(PathBuf),
    /// The backup was copied from a store in use without its log.
    #[error(
        "it is the file of a store in use without its log, so its newest changes may be missing"
    )]
    LogMissing,
    /// Something is damaged or missing in the backup.
    #[error("{}", .0.losses())]
    Incomplete(Findings),
    /// The backup cannot be read.
    #[error("cannot read it: {0}")]
    Read(std::io::Error),
    /// The backup cannot be opened or written to its place.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Restore {
    /// Restores the backup in the file `backup` as the store in `folder`.
    pub fn file(
        self,
        backup: &Path,
        folder: &Path,
        keys: &dyn MasterKeys,
    ) -> Result<Restored, RestoreError> {
        let log = logs(backup).into_iter().find(|log| log.metadata().is_ok_and(|l| l.len() > 0));
        if let Some(log) = log {
            return Err(RestoreError::HasLog(log));
        }
        let file = File::open(backup).map_err(RestoreError::Read)?;
        self.read(file, backup, folder, keys)
    }

    /// Restores the backup that `backup` reads as the store in `folder`. `name` is for errors.
    pub fn read(
        self,
        mut backup: impl Read,
        name: &Path,
        folder: &Path,
        keys: &dyn MasterKeys,
    ) -> Result<Restored, RestoreError> {
        make_private_folder(folder, keys)?;
        let path = store_file(folder);
        let parent = path.parent().unwrap_or(folder);
        let _alone = alone::hold(parent, keys)?;
        let _lock = lock(folder, CREATE_LOCK, Duration::from_secs(BUSY_SECONDS))?;
        self.check_old(&path, folder)?;
        remove_leftovers(parent);
        let mut builder = tempfile::Builder::new();
        let new = builder.prefix(UNFINISHED).tempfile_in(parent).map_err(StoreError::io(parent))?;
        match std::io::copy(&mut backup, &mut new.as_file()) {
            Err(error) if error.kind() == ErrorKind::StorageFull => Err(StoreError::Full)?,
            copied => copied.map_err(RestoreError::Read)?,
        };
        let named = |error| RestoreError::Store(renamed(error, name));
        let copy = Copy::open(new.path(), folder, keys).map_err(named)?;
        if copy.lacks_log()? && !self.accept_loss {
            return Err(RestoreError::LogMissing);
        }
        let findings = copy.verify().map_err(named)?;
        if !findings.is_whole() {
            if !self.accept_loss {
                return Err(RestoreError::Incomplete(findings));
            }
            copy.accept()?;
        }
        let key = copy.key();
        copy.close()?;
        let old = self.lock_old(&path, folder)?;
        let replaced = put(new, &path, old)?;
        Ok(Restored { findings, key, replaced })
    }

    /// Checks that the store that is there, if there is one, may be replaced.
    fn check_old(self, path: &Path, folder: &Path) -> Result<(), RestoreError> {
        if in_use::is_held(folder) {
            return Err(RestoreError::Open);
        }
        if fs::symlink_metadata(path).is_err() {
            return if self.replace { Ok(()) } else { Ok(refuse_log_alone(path)?) };
        }
        match open(path).and_then(|database| documents(&database)) {
            Ok(0) => Ok(()),
            _ if self.replace => Ok(()),
            Ok(_) => Err(RestoreError::NotEmpty),
            Err(error) => Err(RestoreError::Unreadable(error.into())),
        }
    }

    /// Opens the store that is there, if there is one, so that no other process can.
    fn lock_old(self, path: &Path, folder: &Path) -> Result<Option<Old>, RestoreError> {
        self.check_old(path, folder)?;
        if fs::symlink_metadata(path).is_err() {
            return Ok(None);
        }
        match alone(path) {
            Ok(Some((_, 1..))) if !self.replace => Err(RestoreError::NotEmpty),
            Ok(Some((database, documents))) => {
                Ok(Some(Old { is_empty: documents == 0, database: Some(database) }))
            }
            Ok(None) => Err(RestoreError::Open),
            Err(_) if self.replace => Ok(Some(Old { is_empty: false, database: None })),
            Err(error) => Err(RestoreError::Unreadable(error.into())),
        }
    }
}

/// The store that is replaced. While its connection is open, no other process can use it.
struct Old {
    is_empty: bool,
    database: Option<Connection>,
}

fn open(path: &Path) -> Result<Connection, rusqlite::Error> {
    let has_log = has_log(path);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(path, flags)?;
    keep_log(&database, has_log)?;
    database.busy_timeout(CLOSING)?;
    Ok(database)
}

/// Counts the rows that are there for documents.
fn documents(database: &Connection) -> Result<u64, rusqlite::Error> {
    let rows = "SELECT (SELECT count(*) FROM heads) + (SELECT count(*) FROM versions)";
    let count: i64 = database.query_row(rows, [], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// Opens a database, moves its log into it, and locks it as long as it is open. Returns the number
/// of its documents, too; `None` if another process has it open.
fn alone(path: &Path) -> Result<Option<(Connection, u64)>, rusqlite::Error> {
    let has_log = has_log(path);
    let database = open(path)?;
    let lock = || {
        database.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        database.execute_batch("BEGIN EXCLUSIVE; COMMIT")?;
        if has_log {
            // Formats before 4 have no mark. The log has to be there until it is gone.
            let _ = database.execute("UPDATE store SET in_use = 0", []);
        }
        database.pragma_update(None, "journal_mode", "DELETE")?;
        database.execute_batch("BEGIN EXCLUSIVE; COMMIT")?;
        documents(&database)
    };
    match lock() {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Ok(None),
        counted => counted.map(|documents| Some((database, documents))),
    }
}

/// Gives the file `new` the place `path`, in one step. Returns the file that has the old store.
fn put(new: NamedTempFile, path: &Path, old: Option<Old>) -> Result<Option<PathBuf>, StoreError> {
    let parent = path.parent().unwrap_or(Path::new("."));
    keep_owner(new.as_file(), path).map_err(StoreError::io(path))?;
    new.as_file().sync_all().map_err(StoreError::io(path))?;
    let replaced = match &old {
        Some(old) if !old.is_empty => Some(keep(path, old)?),
        _ => None,
    };
    // SQLite would apply the old log to the new file.
    for log in logs(path) {
        match fs::remove_file(&log) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(StoreError::io(log)(error));
            }
            _ => {}
        }
    }
    new.persist(path).map_err(|error| StoreError::io(path)(error.error))?;
    sync_folder(parent).map_err(StoreError::io(parent))?;
    Ok(replaced)
}

/// Copies the store at `path` to a new name beside it. Returns the name.
fn keep(path: &Path, old: &Old) -> Result<PathBuf, StoreError> {
    let kept = path.with_file_name(format!("store-replaced-{}.db", now_in_milliseconds()));
    let durable = |to: &Path| -> std::io::Result<()> {
        let file = File::options().write(true).open(to)?;
        keep_owner(&file, path)?;
        file.sync_all()
    };
    if let Some(database) = &old.database {
        // Closing another handle of the file would release the lock on it, so SQLite copies it.
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&kept).map_err(StoreError::io(&kept))?;
        let name = std::path::absolute(&kept).map_err(StoreError::io(&kept))?;
        if database.execute("VACUUM INTO ?1", [name.to_string_lossy()]).is_ok() {
            durable(&kept).map_err(StoreError::io(&kept))?;
            return Ok(kept);
        }
    }
    // It is damaged.
    let files = logs(path).into_iter().zip(logs(&kept)).filter(|(from, _)| from.exists());
    for (from, to) in files.chain([(path.to_path_buf(), kept.clone())]) {
        fs::copy(&from, &to).and_then(|_| durable(&to)).map_err(StoreError::io(&to))?;
    }
    Ok(kept)
}

/// Removes what restores that were killed have left. The caller holds the lock of restores.
fn remove_leftovers(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            // A failed removal is retried the next time.
            let _ = fs::remove_file(entry.path());
        }
    }
}
