//! The table of versions, read with keys that are known to hold.

use rusqlite::{Connection, OptionalExtension, params};
use zeroize::Zeroizing;

use super::StoredText;
use crate::address::Address;
use crate::database::data_keys::DataKeys;
use crate::database::row::{columns, label, number, split};
use crate::error::StoreError;

/// Role of versions in labels.
pub(crate) const VERSION: &[u8] = b"version";

/// Reads one version; `None` if it is not kept.
pub(crate) fn row(
    reading: &Connection,
    keys: &DataKeys,
    address: &Address,
    version: u64,
) -> Result<Option<StoredText>, StoreError> {
    let (collection, team, job) = columns(address);
    let row: Option<(i64, Vec<u8>, i64)> = reading
        .prepare_cached(keys.sql(
            "SELECT written_at, sealed, data_key FROM versions
             WHERE collection = ?1 AND team = ?2 AND job = ?3 AND version = ?4",
            "SELECT written_at, sealed, 1 FROM versions
             WHERE collection = ?1 AND team = ?2 AND job = ?3 AND version = ?4",
        ))?
        .query_row(params![collection, team, job, number(version)], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    row.map(|row| opened(keys, address, version, row)).transpose()
}

/// Decrypts a row of `version`: the time of the write, the ciphertext and its data key.
fn opened(
    keys: &DataKeys,
    address: &Address,
    version: u64,
    (written_at, sealed, data_key): (i64, Vec<u8>, i64),
) -> Result<StoredText, StoreError> {
    let plain = keys
        .open(data_key, &label(VERSION, address, version, written_at), sealed)
        .ok_or(StoreError::Damaged("its encrypted content was changed"))?;
    as_text(plain, version, written_at)
}

/// Converts the plaintext of `version` to text.
pub(crate) fn as_text(
    plain: Zeroizing<Vec<u8>>,
    version: u64,
    written_at: i64,
) -> Result<StoredText, StoreError> {
    let (author, json) = split(plain).ok_or(StoreError::Damaged("it is not a valid document"))?;
    Ok(StoredText { json, version, author, written_at: written_at.unsigned_abs() })
}
