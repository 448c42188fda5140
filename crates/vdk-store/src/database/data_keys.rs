//! The data keys that a store uses. Another process may rotate them at any time, so every
//! transaction first checks that the keys in memory are still valid.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};
use zeroize::Zeroizing;

use super::header::Header;
use super::schema::FORMAT;
use crate::error::{KeyError, StoreError};
use crate::keys::cipher::Sealer;
use crate::keys::data_key::DataKey;
use crate::keys::{KeyPlace, MasterKey, MasterKeys};
use crate::layout::STORE_FILE;

/// A snapshot of the store's keys.
pub(crate) struct DataKeys {
    pub(crate) format: i64,
    /// The place of the master key; `master` is its fingerprint.
    pub(crate) place: KeyPlace,
    pub(crate) master: String,
    current: i64,
    pub(crate) changes: i64,
    sealers: Vec<(i64, Sealer)>,
}

impl DataKeys {
    /// Decrypts the keys of `header`. Reads the header again if another process rotates the keys
    /// meanwhile.
    pub(crate) fn unwrap(
        database: &Connection,
        mut header: Header,
        folder: &Path,
        keys: &dyn MasterKeys,
    ) -> Result<Self, StoreError> {
        loop {
            match Self::unwrap_one(&header, folder, keys) {
                Err(StoreError::Key(error)) => {
                    let now = Header::read(database)?;
                    if now == header {
                        return Err(error.into());
                    }
                    header = now;
                }
                done => return done,
            }
        }
    }

    fn unwrap_one(
        header: &Header,
        folder: &Path,
        keys: &dyn MasterKeys,
    ) -> Result<Self, StoreError> {
        if !(1..=FORMAT).contains(&header.format) {
            return Err(StoreError::Newer { found: header.format, known: FORMAT });
        }
        let (place, master) = load_master(header, folder, keys)?;
        DataKeys::unwrap_with(header, folder, place, &master)
    }

    /// Decrypts the keys of `header` with the master key that wraps them.
    pub(crate) fn unwrap_with(
        header: &Header,
        folder: &Path,
        place: KeyPlace,
        master: &MasterKey,
    ) -> Result<Self, StoreError> {
        let mut sealers = Vec::with_capacity(header.wrapped.len());
        for (number, wrapped) in &header.wrapped {
            let data_key = DataKey::unwrap(*number, wrapped.clone(), master)
                .ok_or_else(|| not_a_store(folder, "its data key was changed"))?;
            sealers.push((*number, data_key.sealer()));
        }
        let keys = DataKeys {
            format: header.format,
            place,
            master: header.key_id.clone(),
            current: header.data_key,
            changes: header.key_changes,
            sealers,
        };
        match keys.current() {
            Ok(_) => Ok(keys),
            Err(_) => Err(not_a_store(folder, "its data key is missing")),
        }
    }

    /// Returns whether these are the keys of the store as `transaction` sees it.
    pub(crate) fn hold_in(&self, transaction: &Connection) -> Result<bool, StoreError> {
        let changes: Option<i64> = transaction
            .prepare_cached(self.sql(
                "SELECT key_changes FROM store WHERE format = ?1",
                "SELECT 0 FROM store WHERE format = ?1",
            ))?
            .query_row([self.format], |row| row.get(0))
            .optional()?;
        Ok(changes == Some(self.changes))
    }

    /// Returns `first` if the store has format 1, and `present` for later formats.
    pub(crate) fn sql(&self, present: &'static str, first: &'static str) -> &'static str {
        if self.format == 1 { first } else { present }
    }

    /// Returns the number of the data key that encrypts new data, and the key.
    pub(crate) fn current(&self) -> Result<(i64, &Sealer), StoreError> {
        let sealer = self.sealer(self.current).ok_or(StoreError::Damaged("it has no data key"))?;
        Ok((self.current, sealer))
    }

    /// Decrypts data that the data key `number` encrypted. Returns `None` if any bit differs.
    pub(crate) fn open(
        &self,
        number: i64,
        label: &[u8],
        sealed: Vec<u8>,
    ) -> Option<Zeroizing<Vec<u8>>> {
        self.sealer(number)?.open(label, sealed)
    }

    fn sealer(&self, number: i64) -> Option<&Sealer> {
        self.sealers.iter().find(|(other, _)| *other == number).map(|(_, sealer)| sealer)
    }
}

/// Loads the master key that `header` names, and checks its fingerprint.
pub(crate) fn load_master(
    header: &Header,
    folder: &Path,
    keys: &dyn MasterKeys,
) -> Result<(KeyPlace, MasterKey), StoreError> {
    let place = KeyPlace::parse(&header.key_place)
        .ok_or_else(|| not_a_store(folder, "it does not say where its master key is kept"))?;
    let master = keys.load(place, &header.key_id, folder)?;
    if master.id() == header.key_id {
        return Ok((place, master));
    }
    let (id, found, place) = (header.key_id.clone(), master.id(), place.to_string());
    Err(KeyError::Wrong { id, found, place }.into())
}

pub(crate) fn not_a_store(folder: &Path, why: &str) -> StoreError {
    StoreError::NotAStore { path: folder.join(STORE_FILE), why: why.into() }
}
