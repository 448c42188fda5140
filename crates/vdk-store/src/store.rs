//! An open store: opens it, and runs transactions with keys that hold.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
use vdk_api::MAX_DOCUMENT_BYTES;
use vdk_platform::private_file::is_shared;

use crate::address::Address;
use crate::database::alone::{self, Alone};
use crate::database::connection::{
    connect, connect_immutable, connect_or_read, has_log, log_ahead, refuse_long_path,
    refuse_second_name, tighten, untouched,
};
use crate::database::create::{check_folder, create};
use crate::database::data_keys::DataKeys;
use crate::database::header::Header;
use crate::database::in_use::{self, InUse};
use crate::database::lock::lock;
use crate::database::place::Place;
use crate::database::schema;
use crate::documents::Stored;
use crate::error::{BUSY_SECONDS, KeyError, StoreError};
use crate::keys::{KeyPlace, MasterKeys};
use crate::layout::{NEXT_KEY_FILE, ROTATE_LOCK, STORE_FILE};

/// Interval at which a writer retries while others lock the store.
const ASK_EACH: Duration = Duration::from_millis(2);

/// An open store. Several may be open on one folder, in one process or in many.
pub struct Store {
    pub(crate) database: Connection,
    pub(crate) folder: PathBuf,
    pub(crate) keeper: Arc<dyn MasterKeys>,
    /// The keys as last read. Every transaction checks whether they still hold.
    pub(crate) keys: RefCell<DataKeys>,
    pub(crate) limit: usize,
    timeout: Duration,
    /// Marks the store as in use.
    in_use: Option<InUse>,
    place: Place,
    /// Keeps other processes away, where that is needed. It is released last.
    _alone: Alone,
}

impl Store {
    /// Reads the current version of one document from a store that no process has open. This skips
    /// the log and the shared memory that SQLite keeps for several processes, which cost more than
    /// the read. Returns `None` if the result is not certain; use [`Store::open`] and
    /// [`Store::read`] then. Asks for the master key once, because a keyring may fail slowly.
    ///
    /// A process that opens the store to write makes a log beside it first. If there is no log
    /// before and after, and the file is the same, nothing was written in between.
    pub fn read_unused(
        folder: &Path,
        keys: &dyn MasterKeys,
        address: &Address,
    ) -> Result<Option<Stored>, KeyError> {
        let path = store_file(folder);
        let Some(before) = untouched(&path) else { return Ok(None) };
        // The careful way tells why, and keeps other machines away.
        if check_folder(folder, keys).is_err() || is_shared(folder) {
            return Ok(None);
        }
        let Some((database, header)) = connect_immutable(&path) else { return Ok(None) };
        if header.in_use {
            return Ok(None);
        }
        let read = match Store::new(database, header, folder, keys, None) {
            Ok(store) => Ok(store.read(address).ok()),
            Err(StoreError::Key(error)) => Err(error),
            Err(_) => Ok(None),
        };
        // If the file has changed, a key that does not fit may just be newer.
        if untouched(&path) == Some(before) { read } else { Ok(None) }
    }

    /// Opens the store in `folder`; `None` if there is none. Creates nothing.
    pub fn open(folder: &Path, keys: &dyn MasterKeys) -> Result<Option<Self>, StoreError> {
        Store::open_by(folder, keys, connect, alone::hold)
    }

    /// Opens the store as [`Store::open`] does, or only to read if nothing can be written, as on a
    /// read-only or full disk.
    pub fn open_to_read(folder: &Path, keys: &dyn MasterKeys) -> Result<Option<Self>, StoreError> {
        Store::open_by(folder, keys, connect_or_read, |folder, keys| {
            match alone::hold(folder, keys) {
                // Nobody writes where nobody can.
                Err(StoreError::ReadOnly(_) | StoreError::NoLocks { .. }) => Ok(None),
                held => held,
            }
        })
    }

    fn open_by(
        folder: &Path,
        keys: &dyn MasterKeys,
        connect: impl FnOnce(&Path) -> Result<(Connection, Header), StoreError>,
        hold: impl FnOnce(&Path, &dyn MasterKeys) -> Result<Alone, StoreError>,
    ) -> Result<Option<Self>, StoreError> {
        let path = store_file(folder);
        refuse_long_path(&path)?;
        match std::fs::metadata(&path) {
            // SQLite would wait at a pipe.
            Ok(found) if !found.is_file() => {
                return Err(StoreError::NotAStore { path, why: "it is not a regular file".into() });
            }
            Ok(found) => tighten(&path, &found),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::io(path)(error)),
        }
        check_folder(folder, keys)?;
        let alone = hold(path.parent().unwrap_or(folder), keys)?;
        let has_log = has_log(&path);
        let (database, header) = connect(&path)?;
        if header.in_use && !has_log && in_use::lacks_log(&database, folder)? {
            return Err(StoreError::LogMissing { path });
        }
        if let Some(why) = schema::check(&database)? {
            return Err(StoreError::NotAStore { path, why });
        }
        let place = Place::of(path, alone.is_none());
        let mut store = Store::new(database, header, folder, keys, alone)?;
        store.place = place;
        Ok(Some(store))
    }

    /// Decrypts the keys of an open database.
    pub(crate) fn new(
        database: Connection,
        header: Header,
        folder: &Path,
        keys: &dyn MasterKeys,
        alone: Alone,
    ) -> Result<Self, StoreError> {
        let known = DataKeys::unwrap(&database, header, folder, keys)?;
        Ok(Store {
            database,
            folder: folder.into(),
            keeper: keys.shared(),
            keys: RefCell::new(known),
            limit: MAX_DOCUMENT_BYTES,
            timeout: Duration::from_secs(BUSY_SECONDS),
            in_use: None,
            place: Place::default(),
            _alone: alone,
        })
    }

    /// Opens the store in `folder`. Creates it, the folder and a master key if there is none.
    pub fn open_or_create(folder: &Path, keys: &dyn MasterKeys) -> Result<Self, StoreError> {
        if let Some(store) = Store::open(folder, keys)? {
            refuse_second_name(&store_file(folder))?;
            log_ahead(&store.database)?;
            if folder.join(NEXT_KEY_FILE).exists() {
                store.settle_left_over();
            }
            return Ok(store);
        }
        create(folder, keys)?;
        Store::open(folder, keys)?.ok_or_else(|| StoreError::NotAStore {
            path: folder.join(STORE_FILE),
            why: "it was removed right after it was created".into(),
        })
    }

    /// Returns the place of this store's master key, and its fingerprint.
    pub fn key(&self) -> (KeyPlace, String) {
        let keys = self.keys.borrow();
        (keys.place, keys.master.clone())
    }

    /// Sets the largest document, in bytes of JSON text, instead of [`MAX_DOCUMENT_BYTES`], and the
    /// time to wait for other processes. Meant for processes that keep running.
    pub fn with_bounds(mut self, bytes: usize, timeout: Duration) -> Result<Self, StoreError> {
        self.database.busy_timeout(timeout)?;
        // A statement is planned once, not again for every value bound to it.
        self.database.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        (self.limit, self.timeout) = (bytes, timeout);
        Ok(self)
    }

    /// Keeps other processes from clearing the mark of use, until this is closed. Migrates the store, too.
    pub fn hold_in_use(&mut self) -> Result<(), StoreError> {
        if self.in_use.is_none() {
            self.migrate()?;
            self.in_use = Some(InUse::hold(&self.folder)?);
        }
        Ok(())
    }

    /// Marks the store as in use until it is closed, for a process that stays open: a copy of its
    /// file without its log is noticed from then on. Waits up to `patience` for others that write, and
    /// as long for others that read. Returns whether the mark is in the file: if it is not, as others
    /// read for longer, or if this fails, as on a full or read-only disk, the store works without.
    pub fn mark_in_use(&mut self, patience: Duration) -> Result<bool, StoreError> {
        self.hold_in_use()?;
        self.database.busy_timeout(patience)?;
        let marked = self.in_use.as_ref().map_or(Ok(false), |held| held.mark(&self.database));
        self.database.busy_timeout(self.timeout)?;
        Ok(marked?)
    }

    /// Fails if the open file is not the one that has its name: writes to it would be lost.
    pub(crate) fn in_place(&self) -> Result<(), StoreError> {
        self.place.check()
    }

    /// Returns a function that ends what this store is executing, from another thread: it fails
    /// then. Nothing happens if it executes nothing.
    pub fn interrupter(&self) -> impl Fn() + Send + Sync + use<> {
        let handle = self.database.get_interrupt_handle();
        move || handle.interrupt()
    }

    /// Runs `work` in a read transaction.
    pub(crate) fn reading<T>(
        &self,
        work: impl FnOnce(Transaction<'_>, &DataKeys) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.transact(TransactionBehavior::Deferred, work)
    }

    /// Runs `work` in a transaction, with keys that hold in it.
    pub(crate) fn transact<T>(
        &self,
        behavior: TransactionBehavior,
        work: impl FnOnce(Transaction<'_>, &DataKeys) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        loop {
            let transaction = match behavior {
                TransactionBehavior::Deferred => self.database.unchecked_transaction()?,
                _ => {
                    self.asking(ASK_EACH, || Transaction::new_unchecked(&self.database, behavior))?
                }
            };
            {
                let keys = self.keys.borrow();
                if keys.hold_in(&transaction)? {
                    return work(transaction, &keys);
                }
            }
            // Outside the transaction, as a keyring may be slow.
            drop(transaction);
            self.read_keys()?;
        }
    }

    /// Retries `ask` while others lock the store, until the store's timeout. SQLite's own retries
    /// become less and less frequent: if others write without a pause, they are too rare to find a
    /// gap.
    pub(crate) fn asking<T>(
        &self,
        each: Duration,
        ask: impl Fn() -> Result<T, rusqlite::Error>,
    ) -> Result<T, StoreError> {
        let deadline = Instant::now() + self.timeout;
        self.database.busy_timeout(Duration::ZERO)?;
        let answer = loop {
            match ask() {
                Err(error)
                    if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                        && Instant::now() < deadline =>
                {
                    std::thread::sleep(each);
                }
                answer => break answer,
            }
        };
        self.database.busy_timeout(self.timeout)?;
        Ok(answer?)
    }

    /// Moves the master key to its place if a process was killed before it did.
    fn settle_left_over(&self) {
        // The process that holds the lock settles it. If that fails, the key is found where it is.
        if let Ok(_lock) = lock(&self.folder, ROTATE_LOCK, Duration::ZERO)
            && self.read_keys().is_ok()
        {
            let (place, id) = self.key();
            let _ = self.keeper.settle(place, &id, &self.folder);
        }
    }

    /// Reads the keys again.
    pub(crate) fn read_keys(&self) -> Result<(), StoreError> {
        let header = Header::read(&self.database)?;
        let keys = DataKeys::unwrap(&self.database, header, &self.folder, &*self.keeper)?;
        self.keys.replace(keys);
        Ok(())
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.in_use = None;
        in_use::close(&self.database, &self.folder, self.keys.borrow().format);
    }
}

/// Returns the file itself if its name is a link: SQLite's logs are beside the file.
pub(crate) fn store_file(folder: &Path) -> PathBuf {
    let path = folder.join(STORE_FILE);
    path.canonicalize().unwrap_or(path)
}
