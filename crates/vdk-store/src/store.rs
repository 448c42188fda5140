//! Opening a store, and reading documents.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
use vdk_api::{
    Author, Collection, Document, Kept, MAX_DOCUMENT_BYTES, Name, Owner, VERSIONS_KEPT, Version,
    tell_versions,
};
use zeroize::Zeroizing;

use crate::data_keys::DataKeys;
use crate::error::BUSY_SECONDS;
use crate::file::{
    Header, connect, connect_immutable, connect_or_read, log_ahead, refuse_long_path,
    refuse_second_name, tighten, untouched,
};
use crate::heads::{current_if_keys_hold, head};
use crate::keys::key_file::NEXT_KEY_FILE;
use crate::keys::{KeyPlace, MasterKeys};
use crate::versions::row;
use crate::{KeyError, StoreError, schema};

/// Name of the database in the store's folder.
pub const STORE_FILE: &str = "store.db";

/// Interval at which a writer retries while others lock the store.
const ASK_EACH: Duration = Duration::from_millis(2);

/// The address of a document.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// Secrets or properties.
    pub collection: Collection,
    /// The job.
    pub owner: Owner,
}

/// A document as it was read.
#[derive(Debug)]
pub struct Stored {
    /// The keys and values; empty if the document was never written.
    pub document: Document,
    /// The version, counted from 1; 0 if the document was never written.
    pub version: u64,
}

/// A document as it was read, still text.
#[derive(Debug, Default)]
pub struct StoredText {
    /// One JSON object; `{}` if the document was never written.
    pub json: Zeroizing<String>,
    /// The version, counted from 1; 0 if the document was never written.
    pub version: u64,
    /// The author of the version.
    pub author: Author,
    /// The time of the write, in milliseconds since 1970 (UTC).
    pub written_at: u64,
}

/// An open store. Several may be open on one folder, in one process or in many.
pub struct Store {
    pub(crate) database: Connection,
    pub(crate) folder: PathBuf,
    pub(crate) keeper: Arc<dyn MasterKeys>,
    /// The keys as last read. Every transaction checks whether they still hold.
    pub(crate) keys: RefCell<DataKeys>,
    pub(crate) limit: usize,
    timeout: Duration,
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
        let Some((database, header)) = connect_immutable(&path) else { return Ok(None) };
        let read = match Store::new(database, header, folder, keys) {
            Ok(store) => Ok(store.read(address).ok()),
            Err(StoreError::Key(error)) => Err(error),
            Err(_) => Ok(None),
        };
        // If the file has changed, a key that does not fit may just be newer.
        if untouched(&path) == Some(before) { read } else { Ok(None) }
    }

    /// Opens the store in `folder`; `None` if there is none. Creates nothing.
    pub fn open(folder: &Path, keys: &dyn MasterKeys) -> Result<Option<Self>, StoreError> {
        Store::open_by(folder, keys, connect)
    }

    /// Opens the store as [`Store::open`] does, or only to read if nothing can be written, as on a
    /// read-only or full disk.
    pub fn open_to_read(folder: &Path, keys: &dyn MasterKeys) -> Result<Option<Self>, StoreError> {
        Store::open_by(folder, keys, connect_or_read)
    }

    fn open_by(
        folder: &Path,
        keys: &dyn MasterKeys,
        connect: impl FnOnce(&Path) -> Result<(Connection, Header), StoreError>,
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
        let (database, header) = connect(&path)?;
        Store::new(database, header, folder, keys).map(Some)
    }

    fn new(
        database: Connection,
        header: Header,
        folder: &Path,
        keys: &dyn MasterKeys,
    ) -> Result<Self, StoreError> {
        let known = DataKeys::unwrap(&database, header, folder, keys)?;
        Ok(Store {
            database,
            folder: folder.into(),
            keeper: keys.shared(),
            keys: RefCell::new(known),
            limit: MAX_DOCUMENT_BYTES,
            timeout: Duration::from_secs(BUSY_SECONDS),
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
        schema::create(folder, keys)?;
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
    pub fn with_bounds(self, bytes: usize, timeout: Duration) -> Result<Self, StoreError> {
        self.database.busy_timeout(timeout)?;
        // A statement is planned once, not again for every value bound to it.
        self.database.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        Ok(Store { limit: bytes, timeout, ..self })
    }

    /// Reads the current version.
    pub fn read(&self, address: &Address) -> Result<Stored, StoreError> {
        parsed(self.read_text(address)?)
    }

    /// Reads the current version without parsing it.
    pub fn read_text(&self, address: &Address) -> Result<StoredText, StoreError> {
        let quick = current_if_keys_hold(&self.database, &self.keys.borrow(), address)?;
        if let Some(text) = quick {
            return Ok(text);
        }
        self.reading(|reading, keys| {
            if let Some(text) = current_if_keys_hold(&reading, keys, address)? {
                return Ok(text);
            }
            match head(&reading, keys, address)? {
                0 => Ok(StoredText { json: Zeroizing::new("{}".into()), ..StoredText::default() }),
                version => row(&reading, keys, address, version)?
                    .ok_or(StoreError::Damaged("its current version is missing")),
            }
        })
    }

    /// Reads one of the kept versions; `None` if it is not kept.
    pub fn read_version(
        &self,
        address: &Address,
        version: u64,
    ) -> Result<Option<StoredText>, StoreError> {
        self.reading(|reading, keys| row(&reading, keys, address, version))
    }

    fn reading<T>(
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

    /// Reads the keys again.
    pub(crate) fn read_keys(&self) -> Result<(), StoreError> {
        let header = Header::read(&self.database)?;
        let keys = DataKeys::unwrap(&self.database, header, &self.folder, &*self.keeper)?;
        self.keys.replace(keys);
        Ok(())
    }

    /// Returns the kept versions, newest first, with the keys that each of them changed.
    pub fn versions(&self, address: &Address) -> Result<Vec<Version>, StoreError> {
        self.reading(|reading, keys| {
            let newest = head(&reading, keys, address)?;
            let oldest = newest.saturating_sub(VERSIONS_KEPT) + 1;
            let mut kept = Vec::new();
            for version in oldest..=newest {
                if let Some(text) = row(&reading, keys, address, version)? {
                    let (author, written_at) = (text.author.clone(), text.written_at);
                    let document = parsed(text)?.document;
                    kept.push(Kept { version, written_at, author, document });
                }
            }
            Ok(tell_versions(kept))
        })
    }

    /// Checks that the store can be read now.
    pub fn check(&self) -> Result<(), StoreError> {
        self.reading(|_, _| Ok(()))
    }

    /// Returns whether there is any document of `team`, including an emptied one.
    pub fn has_team(&self, collection: Collection, team: &Name) -> Result<bool, StoreError> {
        let any = "SELECT 1 FROM versions WHERE collection = ?1 AND team = ?2";
        Ok(self.database.prepare_cached(any)?.exists((collection.as_str(), team.as_str()))?)
    }

    /// Returns at most `most` teams that have documents, sorted. It takes one look-up for each
    /// team, however many jobs there are.
    pub fn teams(&self, collection: Collection, most: usize) -> Result<Vec<String>, StoreError> {
        let mut next = self.database.prepare(
            "SELECT min(team) FROM versions WHERE collection = ?1 AND (?2 IS NULL OR team > ?2)",
        )?;
        let mut teams: Vec<String> = Vec::new();
        while teams.len() < most {
            let after = teams.last();
            match next.query_row((collection.as_str(), after), |row| row.get(0))? {
                Some(team) => teams.push(team),
                None => break,
            }
        }
        Ok(teams)
    }

    /// Returns at most `most` jobs that have documents.
    pub fn owners(&self, most: usize) -> Result<Vec<Owner>, StoreError> {
        let mut all = self.database.prepare("SELECT DISTINCT team, job FROM heads LIMIT ?1")?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut rows = all.query([most])?;
        let mut owners = Vec::new();
        while let Some(row) = rows.next()? {
            let name =
                |column: usize| Ok::<_, StoreError>(Name::new(row.get::<_, String>(column)?));
            if let (Ok(team), Ok(job)) = (name(0)?, name(1)?) {
                owners.push(Owner { team, job });
            }
        }
        Ok(owners)
    }

    /// Returns the number of documents.
    pub fn len(&self) -> Result<u64, StoreError> {
        let count: i64 =
            self.database.query_row("SELECT count(*) FROM heads", [], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// Returns whether nothing was ever written.
    pub fn is_empty(&self) -> Result<bool, StoreError> {
        Ok(self.len()? == 0)
    }
}

/// Returns the file itself if its name is a link: SQLite's logs are beside the file.
fn store_file(folder: &Path) -> PathBuf {
    let path = folder.join(STORE_FILE);
    path.canonicalize().unwrap_or(path)
}

fn parsed(text: StoredText) -> Result<Stored, StoreError> {
    let document = Document::parse(&text.json)
        .map_err(|_| StoreError::Damaged("it is not a valid document"))?;
    Ok(Stored { document, version: text.version })
}
