//! The table of versions, read and written with keys that are known to hold.

use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::blob::ZeroBlob;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction, params};
use vdk_api::VERSIONS_KEPT;
use zeroize::Zeroizing;

use crate::data_keys::DataKeys;
use crate::row::{columns, label, number, split};
use crate::store::StoredText;
use crate::{Address, StoreError, heads};

/// Role of versions in labels.
pub(crate) const VERSION: &[u8] = b"version";

/// Commits. Returns [`StoreError::Uncertain`] if the outcome is unknown.
pub(crate) fn committed(writing: Transaction<'_>) -> Result<(), StoreError> {
    writing.commit().map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::SystemIoFailure) => StoreError::Uncertain(error),
        _ => error.into(),
    })
}

/// Makes `version` the current one, and removes the oldest if there are too many.
pub(crate) fn insert(
    writing: &Connection,
    keys: &DataKeys,
    address: &Address,
    version: u64,
    plain: Zeroizing<Vec<u8>>,
) -> Result<(), StoreError> {
    let written_at = now_in_milliseconds();
    heads::put(writing, keys, address, (version, written_at), &plain)?;
    let (data_key, sealer) = keys.current()?;
    let sealed = sealer.seal(&label(VERSION, address, version, written_at), plain)?;
    let (collection, team, job) = columns(address);
    // A parameter would be in memory three times.
    let room = ZeroBlob(sealed.len() as u64);
    writing
        .prepare_cached("INSERT INTO versions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute(params![collection, team, job, number(version), written_at, room, data_key])?;
    let row = writing.last_insert_rowid();
    writing.blob_open("main", "versions", "sealed", row, false)?.write_all_at(&sealed, 0)?;
    writing
        .prepare_cached(
            "DELETE FROM versions
             WHERE collection = ?1 AND team = ?2 AND job = ?3 AND version <= ?4",
        )?
        .execute(params![collection, team, job, number(version) - number(VERSIONS_KEPT)])?;
    Ok(())
}

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

pub(crate) fn now_in_milliseconds() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or(0)
}
