//! The number of documents, authenticated by a data key. Without the key, nobody can remove a
//! document with all its rows and leave a number that fits.

use rusqlite::{Connection, OptionalExtension, params};
use zeroize::Zeroizing;

use super::data_keys::DataKeys;
use crate::error::{KeyError, StoreError};
use crate::keys::cipher::Sealer;

/// Label of the number.
const LABEL: &[u8] = b"vdk-store/1 documents";

/// Encrypts the number of documents.
pub(crate) fn seal(sealer: &Sealer, documents: u64) -> Result<Vec<u8>, KeyError> {
    sealer.seal(LABEL, Zeroizing::new(documents.to_be_bytes().to_vec()))
}

/// Returns the recorded number of documents; `None` if the record was changed.
pub(crate) fn recorded(reading: &Connection, keys: &DataKeys) -> Result<Option<u64>, StoreError> {
    let found: Option<(i64, Vec<u8>)> = reading
        .prepare_cached("SELECT documents_key, documents FROM store")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
        .or_else(|error| match error {
            // A value of another type.
            rusqlite::Error::InvalidColumnType(..) => Ok(None),
            error => Err(error),
        })?;
    let plain = found.and_then(|(key, sealed)| keys.open(key, LABEL, sealed));
    Ok(plain.and_then(|plain| plain.as_slice().try_into().ok()).map(u64::from_be_bytes))
}

/// Records the number of documents.
pub(crate) fn record(
    writing: &Connection,
    keys: &DataKeys,
    documents: u64,
) -> Result<(), StoreError> {
    let (key, sealer) = keys.current()?;
    writing
        .prepare_cached("UPDATE store SET documents = ?1, documents_key = ?2")?
        .execute(params![seal(sealer, documents)?, key])?;
    Ok(())
}

/// Adds documents that `writing` creates, and re-encrypts the number with the current data key. A
/// changed record stays as it is: it shows that something is missing.
pub(crate) fn add(writing: &Connection, keys: &DataKeys, new: u64) -> Result<(), StoreError> {
    match recorded(writing, keys)? {
        Some(documents) => record(writing, keys, documents + new),
        None => Ok(()),
    }
}

/// Counts the documents that are there.
pub(crate) fn count(reading: &Connection) -> Result<u64, StoreError> {
    let count: i64 = reading.query_row("SELECT count(*) FROM heads", [], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}
