//! Reading and writing documents.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, ErrorCode, OptionalExtension, TransactionBehavior, params};
use vdk_api::{
    Author, Collection, Document, Kept, MAX_DOCUMENT_BYTES, Owner, VERSIONS_KEPT, Version,
    tell_versions,
};
use zeroize::Zeroizing;

use crate::file::{
    Header, connect, connect_immutable, connect_or_read, log_ahead, tighten, untouched,
};
use crate::keys::{KeyPlace, MasterKeys, Sealer, unwrap_data_key};
use crate::row::{columns, join, label, number, split};
use crate::{KeyError, StoreError, schema};

/// Name of the database in the store's folder.
pub const STORE_FILE: &str = "store.db";

/// Which document is meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// Secrets or properties.
    pub collection: Collection,
    /// Of which job.
    pub owner: Owner,
}

/// What a write expects to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Whatever is there.
    Any,
    /// Exactly this version; 0 for a document that was never written.
    Version(u64),
}

/// A document as it was read.
#[derive(Debug)]
pub struct Stored {
    /// Its keys and values; empty where it was never written.
    pub document: Document,
    /// Its version, counted from 1; 0 where it was never written.
    pub version: u64,
}

/// A document as it was read, still text.
#[derive(Debug, Default)]
pub struct StoredText {
    /// One JSON object; `{}` where it was never written.
    pub json: Zeroizing<String>,
    /// Its version, counted from 1; 0 where it was never written.
    pub version: u64,
    /// Who wrote it.
    pub author: Author,
    /// When it was written, in milliseconds since 1970 (UTC).
    pub written_at: u64,
}

/// An open store. Several may be open on one folder, in one process and in many.
pub struct Store {
    pub(crate) database: Connection,
    sealer: Sealer,
    key_place: KeyPlace,
    key_id: String,
    limit: usize,
}

impl Store {
    /// Reads the current version of one document from a store that no process has open, the quick
    /// way: without the log and the shared memory that SQLite keeps for several processes, which
    /// cost more than the reading. `None` where it cannot be sure; [`Store::open`] and
    /// [`Store::read`] then tell. The master key is asked for once: a keyring may be slow to fail.
    ///
    /// Whoever opens the store to write makes a log beside it first. So where there is none before
    /// and after, and the file is still the same, nothing was written in between.
    pub fn read_unused(
        folder: &Path,
        keys: &dyn MasterKeys,
        address: &Address,
    ) -> Result<Option<Stored>, KeyError> {
        let path = store_file(folder);
        let Some(before) = untouched(&path) else { return Ok(None) };
        let Some((database, header)) = connect_immutable(&path) else { return Ok(None) };
        let stored = match Store::new(&path, database, header, folder, keys) {
            Ok(store) => store.read(address).ok(),
            Err(StoreError::Key(error)) => return Err(error),
            Err(_) => None,
        };
        Ok(stored.filter(|_| untouched(&path) == Some(before)))
    }

    /// Opens the store in `folder`; `None` where there is none. Nothing is made.
    pub fn open(folder: &Path, keys: &dyn MasterKeys) -> Result<Option<Self>, StoreError> {
        Store::open_by(folder, keys, connect)
    }

    /// Opens the store as [`Store::open`] does, and to read only where nothing can be written, as
    /// on a read-only or full disk.
    pub fn open_to_read(folder: &Path, keys: &dyn MasterKeys) -> Result<Option<Self>, StoreError> {
        Store::open_by(folder, keys, connect_or_read)
    }

    fn open_by(
        folder: &Path,
        keys: &dyn MasterKeys,
        connect: impl FnOnce(&Path) -> Result<(Connection, Header), StoreError>,
    ) -> Result<Option<Self>, StoreError> {
        let path = store_file(folder);
        match std::fs::metadata(&path) {
            Ok(found) => tighten(&path, &found),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::io(path)(error)),
        }
        let (database, header) = connect(&path)?;
        Store::new(&path, database, header, folder, keys).map(Some)
    }

    fn new(
        path: &Path,
        database: Connection,
        header: Header,
        folder: &Path,
        keys: &dyn MasterKeys,
    ) -> Result<Self, StoreError> {
        if header.format != schema::FORMAT {
            return Err(StoreError::Newer { found: header.format, known: schema::FORMAT });
        }
        let not_a_store = |why: &str| StoreError::NotAStore { path: path.into(), why: why.into() };
        let place = KeyPlace::parse(&header.key_place)
            .ok_or_else(|| not_a_store("it does not say where its master key is kept"))?;
        let master = keys.load(place, &header.key_id, folder)?;
        if master.id() != header.key_id {
            return Err(KeyError::Wrong {
                id: header.key_id,
                found: master.id(),
                place: place.to_string(),
            }
            .into());
        }
        let sealer = unwrap_data_key(&master, header.wrapped)
            .ok_or_else(|| not_a_store("its data key was changed"))?;
        let key_id = header.key_id;
        Ok(Store { database, sealer, key_place: place, key_id, limit: MAX_DOCUMENT_BYTES })
    }

    /// Opens the store in `folder`, making it, the folder and a master key where there is none.
    pub fn open_or_create(folder: &Path, keys: &dyn MasterKeys) -> Result<Self, StoreError> {
        if let Some(store) = Store::open(folder, keys)? {
            log_ahead(&store.database)?;
            return Ok(store);
        }
        schema::create(folder, keys)?;
        Store::open(folder, keys)?.ok_or_else(|| StoreError::NotAStore {
            path: folder.join(STORE_FILE),
            why: "it was removed right after it was made".into(),
        })
    }

    /// Where the master key of this store is kept, and its fingerprint.
    pub fn key(&self) -> (KeyPlace, &str) {
        (self.key_place, &self.key_id)
    }

    /// Takes documents of up to `bytes` of JSON text, without this [`MAX_DOCUMENT_BYTES`], and
    /// waits so long for other processes.
    pub fn with_bounds(self, bytes: usize, patience: Duration) -> Result<Self, StoreError> {
        self.database.busy_timeout(patience)?;
        Ok(Store { limit: bytes, ..self })
    }

    /// Reads the current version.
    pub fn read(&self, address: &Address) -> Result<Stored, StoreError> {
        parsed(self.read_text(address)?)
    }

    /// Reads the current version without parsing it.
    pub fn read_text(&self, address: &Address) -> Result<StoredText, StoreError> {
        let reading = self.database.unchecked_transaction()?;
        match self.head(&reading, address)? {
            0 => Ok(StoredText { json: Zeroizing::new("{}".into()), ..StoredText::default() }),
            version => {
                self.row(address, version)?.ok_or(StoreError::Damaged("its version is not there"))
            }
        }
    }

    /// Reads one of the versions that are kept; `None` where it is not.
    pub fn read_version(
        &self,
        address: &Address,
        version: u64,
    ) -> Result<Option<StoredText>, StoreError> {
        self.row(address, version)
    }

    fn row(&self, address: &Address, version: u64) -> Result<Option<StoredText>, StoreError> {
        let (collection, team, job) = columns(address);
        let row: Option<(i64, Vec<u8>)> = self
            .database
            .prepare_cached(
                "SELECT written_at, sealed FROM versions
                 WHERE collection = ?1 AND team = ?2 AND job = ?3 AND version = ?4",
            )?
            .query_row(params![collection, team, job, number(version)], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let Some((written_at, sealed)) = row else { return Ok(None) };
        let plain = self
            .sealer
            .open(&label(b"version", address, version, written_at), sealed)
            .ok_or(StoreError::Damaged("its seal is broken"))?;
        let (author, json) = split(plain).ok_or(StoreError::Damaged("it is no document"))?;
        Ok(Some(StoredText { json, version, author, written_at: written_at.unsigned_abs() }))
    }

    /// The versions that are kept, the newest first, and which keys each of them changed.
    pub fn versions(&self, address: &Address) -> Result<Vec<Version>, StoreError> {
        let reading = self.database.unchecked_transaction()?;
        let newest = self.head(&reading, address)?;
        let oldest = newest.saturating_sub(VERSIONS_KEPT) + 1;
        let mut kept = Vec::new();
        for version in oldest..=newest {
            if let Some(text) = self.row(address, version)? {
                let (author, written_at) = (text.author.clone(), text.written_at);
                kept.push(Kept { version, written_at, author, document: parsed(text)?.document });
            }
        }
        Ok(tell_versions(kept))
    }

    /// Whether the store can be read now.
    pub fn check(&self) -> Result<(), StoreError> {
        let format = self.database.query_row("SELECT format FROM store", [], |row| row.get(0))?;
        if format == schema::FORMAT {
            Ok(())
        } else {
            Err(StoreError::Newer { found: format, known: schema::FORMAT })
        }
    }

    /// How many documents there are.
    pub fn len(&self) -> Result<u64, StoreError> {
        let count: i64 =
            self.database.query_row("SELECT count(*) FROM heads", [], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// Whether nothing was ever written.
    pub fn is_empty(&self) -> Result<bool, StoreError> {
        Ok(self.len()? == 0)
    }

    /// Writes `document` as a new version of `author` if `expected` holds, and gives the version's
    /// number. It is on the disk when this returns. The last ten versions stay.
    pub fn write(
        &mut self,
        address: &Address,
        document: &Document,
        expected: Expected,
        author: &Author,
    ) -> Result<u64, StoreError> {
        self.write_text(address, &document.to_json(), expected, author)
    }

    /// The same for a document that is JSON text already: one object.
    pub fn write_text(
        &mut self,
        address: &Address,
        json: &str,
        expected: Expected,
        author: &Author,
    ) -> Result<u64, StoreError> {
        if json.len() > self.limit {
            return Err(StoreError::TooLarge { size: json.len(), limit: self.limit });
        }
        let writing =
            rusqlite::Transaction::new_unchecked(&self.database, TransactionBehavior::Immediate)?;
        let current = self.head(&writing, address)?;
        if let Expected::Version(expected) = expected
            && expected != current
        {
            return Err(StoreError::Conflict { current, expected });
        }
        let version = current + 1;
        let written_at = now_in_milliseconds();
        let sealed = self
            .sealer
            .seal(&label(b"version", address, version, written_at), join(author, json))?;
        let tag =
            self.sealer.seal(&label(b"head", address, version, 0), Zeroizing::new(Vec::new()))?;
        let (collection, team, job) = columns(address);
        writing
            .prepare_cached("INSERT INTO versions VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![collection, team, job, number(version), written_at, sealed])?;
        writing
            .prepare_cached("INSERT OR REPLACE INTO heads VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![collection, team, job, number(version), tag])?;
        writing
            .prepare_cached(
                "DELETE FROM versions
                 WHERE collection = ?1 AND team = ?2 AND job = ?3 AND version <= ?4",
            )?
            .execute(params![collection, team, job, number(version) - number(VERSIONS_KEPT)])?;
        writing.commit().map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::SystemIoFailure) => StoreError::Uncertain(error),
            _ => error.into(),
        })?;
        Ok(version)
    }

    /// The current version's number, checked against its tag; 0 where the document was never
    /// written.
    fn head(&self, database: &Connection, address: &Address) -> Result<u64, StoreError> {
        let (collection, team, job) = columns(address);
        let head: Option<(i64, Vec<u8>)> = database
            .prepare_cached(
                "SELECT version, tag FROM heads WHERE collection = ?1 AND team = ?2 AND job = ?3",
            )?
            .query_row(params![collection, team, job], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((version, tag)) = head else {
            let orphan = database
                .prepare_cached(
                    "SELECT 1 FROM versions WHERE collection = ?1 AND team = ?2 AND job = ?3",
                )?
                .exists(params![collection, team, job])?;
            return if orphan {
                Err(StoreError::Damaged("the record of its current version is not there"))
            } else {
                Ok(0)
            };
        };
        let version = version.unsigned_abs();
        match self.sealer.open(&label(b"head", address, version, 0), tag) {
            Some(_) => Ok(version),
            None => Err(StoreError::Damaged("the record of its current version was changed")),
        }
    }
}

/// The file itself where a link stands in its place: SQLite's logs are beside the file.
fn store_file(folder: &Path) -> PathBuf {
    let path = folder.join(STORE_FILE);
    path.canonicalize().unwrap_or(path)
}

fn parsed(text: StoredText) -> Result<Stored, StoreError> {
    let document =
        Document::parse(&text.json).map_err(|_| StoreError::Damaged("it is no document"))?;
    Ok(Stored { document, version: text.version })
}

fn now_in_milliseconds() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or(0)
}
