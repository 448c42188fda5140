//! Inserts a new version of a document.

use rusqlite::blob::ZeroBlob;
use rusqlite::{Connection, params};
use vdk_api::VERSIONS_KEPT;
use zeroize::Zeroizing;

use super::heads;
use super::versions::VERSION;
use crate::address::Address;
use crate::database::data_keys::DataKeys;
use crate::database::now_in_milliseconds;
use crate::database::row::{columns, label, number};
use crate::error::StoreError;

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
