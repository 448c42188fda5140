//! Rotation of the keys: creates a master key and a data key and re-encrypts everything, while
//! others read and write. It may be killed at any moment: the store always opens with the keys that
//! are there, and the next rotation continues the work.
//!
//! 1. The next master key is put beside the current one.
//! 2. One transaction adds a data key, wraps all data keys with the next master key and makes that
//!    the current one. Later writers see that the keys have changed. `replaced_keys` names the
//!    master keys that this rotation and interrupted ones before it replace.
//! 3. Versions and heads that older data keys encrypt are re-encrypted, a few in each transaction.
//! 4. One transaction removes the older data keys.
//! 5. The file is rewritten and its log truncated, so that neither holds old ciphertexts. Then
//!    `replaced_keys` is emptied.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, Row, Transaction, TransactionBehavior, ffi, params};
use zeroize::Zeroizing;

use crate::database::data_keys::{DataKeys, load_master, not_a_store};
use crate::database::header::Header;
use crate::database::lock::lock;
use crate::database::{census, committed, now_in_milliseconds};
use crate::documents::sealed::{SEALED, Sealed};
use crate::error::{KeyError, StoreError};
use crate::keys::data_key::DataKey;
use crate::keys::{KeyPlace, MasterKey};
use crate::layout::ROTATE_LOCK;
use crate::store::Store;

/// Label under which the names of replaced master keys are encrypted.
const REPLACED: &[u8] = b"vdk-store/1 replaced master key";

/// The result of a rotation.
#[derive(Debug)]
pub struct Rotated {
    /// Place and fingerprint of the new master key.
    pub new: (KeyPlace, String),
    /// Places and fingerprints of the replaced master keys: first those of interrupted rotations
    /// before, then the one of this rotation.
    pub old: Vec<(KeyPlace, String)>,
    /// Number of re-encrypted tags of heads, documents beside them, and versions.
    pub resealed: u64,
    /// Number of those that could not be decrypted: they are damaged and stay as they are.
    pub damaged: u64,
    /// The reason why the new master key is still beside the old one. The next opening retries.
    pub unsettled: Option<KeyError>,
    /// The reason why old ciphertexts may still be in unused parts of the files.
    pub remains: Option<StoreError>,
}

/// The age of the keys.
#[derive(Debug)]
pub struct KeyAge {
    /// The time at which the current data key was made (RFC 3339, UTC); `None` if unknown.
    pub made_at: Option<String>,
    /// True while a rotation runs, and after one was interrupted.
    pub rotating: bool,
}

impl Store {
    /// Creates a master key, in the place of the current one, and a data key, and re-encrypts
    /// everything. Only one process at a time can do so; others read and write meanwhile. `file` is
    /// the new file of a master key that an operator gives.
    pub fn rotate(&mut self, file: Option<&Path>) -> Result<Rotated, StoreError> {
        let _lock =
            lock(&self.folder, ROTATE_LOCK, Duration::ZERO).map_err(|error| match error {
                StoreError::Busy => StoreError::Rotating,
                error => error,
            })?;
        self.migrate()?;
        // From here on, no other process changes the keys.
        self.read_keys()?;
        let (place, id) = self.key();
        self.keeper.settle(place, &id, &self.folder)?;
        // Content that is deleted or replaced is overwritten.
        self.database.execute_batch("PRAGMA secure_delete = ON")?;
        let next = MasterKey::generate()?;
        let place = self.keeper.keep(place, &next, &self.folder, file)?;
        let old = self.begin(place, &next)?;
        // The keeper may not find the next key yet: an operator still has to name its file.
        let take_up = || -> Result<(), StoreError> {
            let header = Header::read(&self.database)?;
            let keys = DataKeys::unwrap_with(&header, &self.folder, place, &next)?;
            self.keys.replace(keys);
            Ok(())
        };
        take_up()?;
        let new = self.key();
        let unsettled = self.keeper.settle(place, &new.1, &self.folder).err();
        let mut sealed = Sealed::default();
        self.reseal(&mut sealed)?;
        self.end()?;
        take_up()?;
        let remains = self.clean().err();
        let Sealed { resealed, damaged } = sealed;
        Ok(Rotated { new, old, resealed, damaged, unsettled, remains })
    }

    /// Returns the age of the keys.
    pub fn key_age(&self) -> Result<KeyAge, StoreError> {
        self.transact(TransactionBehavior::Deferred, |reading, keys| {
            let sql = keys.sql(
                "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', made_at / 1000, 'unixepoch'), rotating
                 FROM store LEFT JOIN data_keys ON data_keys.id = data_key AND made_at > 0",
                "SELECT NULL, 0",
            );
            let age = |row: &Row<'_>| Ok(KeyAge { made_at: row.get(0)?, rotating: row.get(1)? });
            Ok(reading.query_row(sql, [], age)?)
        })
    }

    /// Makes `next` the master key. Returns the keys that this and interrupted rotations replace.
    fn begin(
        &self,
        place: KeyPlace,
        next: &MasterKey,
    ) -> Result<Vec<(KeyPlace, String)>, StoreError> {
        let header = Header::read(&self.database)?;
        let (old_place, master) = load_master(&header, &self.folder, &*self.keeper)?;
        let writing = self.write_eagerly()?;
        for (number, wrapped) in header.wrapped {
            let data_key = DataKey::unwrap(number, wrapped, &master)
                .ok_or_else(|| not_a_store(&self.folder, "its data key was changed"))?;
            writing.execute(
                "UPDATE data_keys SET wrapped = ?2 WHERE id = ?1",
                params![number, data_key.wrap(number, next)?],
            )?;
        }
        let number = header.data_key + 1;
        writing.execute(
            "INSERT INTO data_keys VALUES (?1, ?2, ?3)",
            params![number, now_in_milliseconds(), DataKey::generate()?.wrap(number, next)?],
        )?;
        let mut old = replaced_keys(&writing, &master);
        old.push((old_place, header.key_id));
        writing.execute_batch(
            "DROP TABLE IF EXISTS replaced_keys;
             CREATE TABLE replaced_keys (sealed BLOB NOT NULL)",
        )?;
        for (place, id) in &old {
            let text = Zeroizing::new(format!("{} {id}", place.as_str()).into_bytes());
            writing.execute(
                "INSERT INTO replaced_keys VALUES (?1)",
                params![next.sealer().seal(REPLACED, text)?],
            )?;
        }
        writing.execute(
            "UPDATE store SET key_place = ?1, key_id = ?2, data_key = ?3,
             key_changes = key_changes + 1, rotating = 1",
            params![place.as_str(), next.id(), number],
        )?;
        committed(writing)?;
        Ok(old)
    }

    /// Re-encrypts everything that older data keys encrypt.
    fn reseal(&self, sealed: &mut Sealed) -> Result<(), StoreError> {
        self.in_turn(|writing, keys| census::add(writing, keys, 0).map(|()| false))?;
        // One pass is enough, unless a VACUUM renumbered or replaced rows meanwhile.
        for _ in 0..3 {
            for column in SEALED {
                let mut last = i64::MIN;
                while self
                    .in_turn(|writing, keys| column.reseal(writing, keys, &mut last, sealed))?
                {
                }
            }
            let left = self.transact(TransactionBehavior::Deferred, |reading, keys| {
                let mut damaged = 0;
                for column in SEALED {
                    match column.damaged_only(&reading, keys)? {
                        Some(rows) => damaged += rows,
                        None => return Ok(None),
                    }
                }
                Ok(Some(damaged))
            })?;
            if let Some(damaged) = left {
                sealed.damaged = damaged;
                return Ok(());
            }
        }
        Err(StoreError::Busy)
    }

    /// Runs a step in its own transaction, then pauses for as long as the step took.
    fn in_turn(
        &self,
        step: impl FnOnce(&Transaction<'_>, &DataKeys) -> Result<bool, StoreError>,
    ) -> Result<bool, StoreError> {
        let writing = self.write_eagerly()?;
        let started = Instant::now();
        let goes_on = step(&writing, &self.keys.borrow())?;
        committed(writing)?;
        std::thread::sleep(started.elapsed().min(PAUSE));
        Ok(goes_on)
    }

    /// Starts a write transaction ahead of other waiting writers, as it is one of few and short.
    fn write_eagerly(&self) -> Result<Transaction<'_>, StoreError> {
        self.asking(ASK_EACH, || {
            Transaction::new_unchecked(&self.database, TransactionBehavior::Immediate)
        })
    }

    /// Removes the older data keys.
    fn end(&self) -> Result<(), StoreError> {
        let writing = self.write_eagerly()?;
        writing.execute("DELETE FROM data_keys WHERE id <> (SELECT data_key FROM store)", [])?;
        writing.execute("UPDATE store SET key_changes = key_changes + 1", [])?;
        committed(writing)
    }

    /// Rewrites the file and truncates the log: both may hold old ciphertexts in unused places.
    fn clean(&self) -> Result<(), StoreError> {
        self.asking(ASK_EACH, || self.database.execute_batch("VACUUM"))?;
        self.asking(ASK_EACH, || {
            // It blocks writers while it waits for readers, so each wait is short.
            self.database.busy_timeout(CUT)?;
            let cut = "PRAGMA wal_checkpoint(TRUNCATE)";
            match self.database.query_row(cut, [], |row| row.get(0))? {
                false => Ok(()),
                true => {
                    Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), None))
                }
            }
        })?;
        let writing = self.write_eagerly()?;
        writing.execute_batch("UPDATE store SET rotating = 0; DELETE FROM replaced_keys")?;
        committed(writing)
    }
}

/// Interval of retries for the lock; others retry every few milliseconds.
const ASK_EACH: Duration = Duration::from_micros(50);
/// Longest pause after a step.
const PAUSE: Duration = Duration::from_millis(100);
/// Longest time for which truncating the log waits for readers at once.
const CUT: Duration = Duration::from_millis(1);

/// Returns the master keys that interrupted rotations replaced. Their names are encrypted with the
/// master key: otherwise, somebody who can write the file could name keys of other stores, and have
/// those removed. Skips invalid names and a missing table.
fn replaced_keys(reading: &Connection, master: &MasterKey) -> Vec<(KeyPlace, String)> {
    let read = || -> Result<Vec<Vec<u8>>, rusqlite::Error> {
        let sql = "SELECT CAST(sealed AS BLOB) FROM replaced_keys ORDER BY rowid";
        reading.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
    };
    let known = |sealed| {
        let text = master.sealer().open(REPLACED, sealed)?;
        let (place, id) = std::str::from_utf8(&text).ok()?.split_once(' ')?;
        Some((KeyPlace::parse(place)?, id.to_string()))
    };
    read().unwrap_or_default().into_iter().filter_map(known).collect()
}
