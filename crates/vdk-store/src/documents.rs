//! Heads and versions in their tables, read and written with keys that are known to hold.

use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::blob::ZeroBlob;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction, params};
use vdk_api::VERSIONS_KEPT;
use zeroize::Zeroizing;

use crate::data_keys::DataKeys;
use crate::row::{columns, label, number, split};
use crate::store::StoredText;
use crate::{Address, StoreError};

/// Commits, and tells a failure after which nobody knows.
pub(crate) fn committed(writing: Transaction<'_>) -> Result<(), StoreError> {
    writing.commit().map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::SystemIoFailure) => StoreError::Uncertain(error),
        _ => error.into(),
    })
}

/// Makes `version` the current one, and removes the one that it pushes out.
pub(crate) fn insert(
    writing: &Connection,
    keys: &DataKeys,
    address: &Address,
    version: u64,
    plain: Zeroizing<Vec<u8>>,
) -> Result<(), StoreError> {
    let written_at = now_in_milliseconds();
    let (data_key, sealer) = keys.current()?;
    let sealed = sealer.seal(&label(b"version", address, version, written_at), plain)?;
    let tag = sealer.seal(&label(b"head", address, version, 0), Zeroizing::new(Vec::new()))?;
    let (collection, team, job) = columns(address);
    // As a parameter it would be in memory three times.
    let room = ZeroBlob(sealed.len() as u64);
    writing
        .prepare_cached("INSERT INTO versions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute(params![collection, team, job, number(version), written_at, room, data_key])?;
    let row = writing.last_insert_rowid();
    writing.blob_open("main", "versions", "sealed", row, false)?.write_all_at(&sealed, 0)?;
    writing
        .prepare_cached("INSERT OR REPLACE INTO heads VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![collection, team, job, number(version), tag, data_key])?;
    writing
        .prepare_cached(
            "DELETE FROM versions
             WHERE collection = ?1 AND team = ?2 AND job = ?3 AND version <= ?4",
        )?
        .execute(params![collection, team, job, number(version) - number(VERSIONS_KEPT)])?;
    Ok(())
}

/// One version; `None` where it is not kept.
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

/// The current version's number, checked against its tag; 0 where the document was never written.
pub(crate) fn head(
    reading: &Connection,
    keys: &DataKeys,
    address: &Address,
) -> Result<u64, StoreError> {
    let (collection, team, job) = columns(address);
    let head: Option<(i64, Vec<u8>, i64)> = reading
        .prepare_cached(keys.sql(
            "SELECT version, tag, data_key FROM heads
             WHERE collection = ?1 AND team = ?2 AND job = ?3",
            "SELECT version, tag, 1 FROM heads
             WHERE collection = ?1 AND team = ?2 AND job = ?3",
        ))?
        .query_row(params![collection, team, job], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    if let Some((version, tag, data_key)) = head {
        return tagged(keys, address, version, tag, data_key);
    }
    let orphan = reading
        .prepare_cached("SELECT 1 FROM versions WHERE collection = ?1 AND team = ?2 AND job = ?3")?
        .exists(params![collection, team, job])?;
    if orphan {
        Err(StoreError::Damaged("the record of its current version is not there"))
    } else {
        Ok(0)
    }
}

/// The current version, in one statement that also tells whether `keys` hold: the way of almost
/// every read. `None` where they do not hold, or nothing was found.
pub(crate) fn current_if_keys_hold(
    reading: &Connection,
    keys: &DataKeys,
    address: &Address,
) -> Result<Option<StoredText>, StoreError> {
    if keys.format == 1 {
        return Ok(None);
    }
    let (collection, team, job) = columns(address);
    let mut statement = reading.prepare_cached(
        "SELECT (SELECT key_changes FROM store WHERE format = 2),
                heads.version, heads.tag, heads.data_key,
                versions.written_at, versions.sealed, versions.data_key
         FROM heads LEFT JOIN versions
         ON versions.collection = ?1 AND versions.team = ?2 AND versions.job = ?3
            AND versions.version = heads.version
         WHERE heads.collection = ?1 AND heads.team = ?2 AND heads.job = ?3",
    )?;
    let mut rows = statement.query(params![collection, team, job])?;
    let Some(found) = rows.next()? else { return Ok(None) };
    if found.get::<_, Option<i64>>(0)? != Some(keys.changes) {
        return Ok(None);
    }
    let version = tagged(keys, address, found.get(1)?, found.get(2)?, found.get(3)?)?;
    let Some(written_at) = found.get(4)? else {
        return Err(StoreError::Damaged("its version is not there"));
    };
    opened(keys, address, version, (written_at, found.get(5)?, found.get(6)?)).map(Some)
}

/// A row of `version` as text: when it was written, what is sealed, and by which data key.
fn opened(
    keys: &DataKeys,
    address: &Address,
    version: u64,
    (written_at, sealed, data_key): (i64, Vec<u8>, i64),
) -> Result<StoredText, StoreError> {
    let plain = keys
        .open(data_key, &label(b"version", address, version, written_at), sealed)
        .ok_or(StoreError::Damaged("its seal is broken"))?;
    let (author, json) = split(plain).ok_or(StoreError::Damaged("it is no document"))?;
    Ok(StoredText { json, version, author, written_at: written_at.unsigned_abs() })
}

/// The version that a head tells, checked against its tag.
fn tagged(
    keys: &DataKeys,
    address: &Address,
    version: i64,
    tag: Vec<u8>,
    data_key: i64,
) -> Result<u64, StoreError> {
    // No version is below zero.
    let opened = u64::try_from(version).ok().filter(|version| {
        keys.open(data_key, &label(b"head", address, *version, 0), tag).is_some()
    });
    opened.ok_or(StoreError::Damaged("the record of its current version was changed"))
}

pub(crate) fn now_in_milliseconds() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or(0)
}
