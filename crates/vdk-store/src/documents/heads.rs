//! Heads: the number of each document's current version, and a copy of the document if it is small.

use rusqlite::{Connection, params};
use zeroize::Zeroizing;

use super::StoredText;
use super::slot::{slot_for, slots};
use super::versions::{as_text, row};
use crate::address::Address;
use crate::database::data_keys::DataKeys;
use crate::database::row::{columns, label, number};
use crate::error::StoreError;

/// Longest document in a head, in bytes of plaintext; longer ones are in the table of versions
/// only. With names in ASCII, a head fits into one page of 4 KiB.
const MOST_IN_HEAD: usize = 3 << 10;

/// Roles in the labels of a head: `TAG` authenticates the version, `CURRENT` the document.
pub(crate) const TAG: &[u8] = b"head";
pub(crate) const CURRENT: &[u8] = b"current";

/// Makes `version` with the text `plain` the current one.
pub(crate) fn put(
    writing: &Connection,
    keys: &DataKeys,
    address: &Address,
    (version, written_at): (u64, i64),
    plain: &[u8],
) -> Result<(), StoreError> {
    let (key, sealer) = keys.current()?;
    let tag = sealer.seal(&label(TAG, address, version, 0), Zeroizing::default())?;
    let sealed = if plain.len() <= MOST_IN_HEAD {
        let label = label(CURRENT, address, version, written_at);
        Some(sealer.seal(&label, Zeroizing::new(plain.to_vec()))?)
    } else {
        None
    };
    let names = columns(address);
    let (version, slot) = (number(version), slot_for(writing, names)?);
    writing
        .prepare_cached(
            "INSERT OR REPLACE INTO heads VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?6, ?9)",
        )?
        .execute(params![names.0, names.1, names.2, version, tag, key, written_at, sealed, slot])?;
    Ok(())
}

/// Returns the current version's number, its tag checked; 0 if the document was never written.
pub(crate) fn head(
    reading: &Connection,
    keys: &DataKeys,
    address: &Address,
) -> Result<u64, StoreError> {
    let names = columns(address);
    let (first, last) = slots(names);
    let mut select = reading.prepare_cached(match keys.format {
        1 => "SELECT version, tag, 1 FROM heads WHERE (collection, team, job) = (?3, ?4, ?5)",
        2 => {
            "SELECT version, tag, data_key FROM heads WHERE (collection, team, job) = (?3, ?4, ?5)"
        }
        _ => {
            "SELECT version, tag, tag_key FROM heads
             WHERE slot BETWEEN ?1 AND ?2 AND (collection, team, job) = (?3, ?4, ?5)"
        }
    })?;
    let mut rows = select.query(params![first, last, names.0, names.1, names.2])?;
    if let Some(row) = rows.next()? {
        // A negative version is damage.
        if let (Ok(version), Ok(tag), Ok(key)) = (row.get::<_, i64>(0), row.get(1), row.get(2))
            && let Ok(version) = u64::try_from(version)
            && is_tagged(keys, address, version, tag, key)
        {
            return Ok(version);
        }
        return Err(StoreError::Damaged("the record of its current version was changed"));
    }
    let orphan = reading
        .prepare_cached("SELECT 1 FROM versions WHERE collection = ?1 AND team = ?2 AND job = ?3")?
        .exists(names)?;
    if orphan {
        Err(StoreError::Damaged("the record of its current version is missing"))
    } else {
        Ok(0)
    }
}

/// Reads the current version and checks `keys` in one statement, or in two if the document is not
/// in its head. Almost every read ends here. Returns `None` if the keys do not hold, or if nothing
/// was found that decrypts.
pub(crate) fn current_if_keys_hold(
    reading: &Connection,
    keys: &DataKeys,
    address: &Address,
) -> Result<Option<StoredText>, StoreError> {
    // The first format with documents in heads.
    if keys.format < 3 {
        return Ok(None);
    }
    let names = columns(address);
    let (first, last) = slots(names);
    let mut statement = reading.prepare_cached(
        "SELECT (SELECT key_changes FROM store WHERE format = ?6),
                version, tag, tag_key, written_at, sealed, sealed_key
         FROM heads
         WHERE slot BETWEEN ?1 AND ?2 AND (collection, team, job) = (?3, ?4, ?5)",
    )?;
    let mut rows = statement.query(params![first, last, names.0, names.1, names.2, keys.format])?;
    let Some(found) = rows.next()? else { return Ok(None) };
    if found.get::<_, Option<i64>>(0)? != Some(keys.changes) {
        return Ok(None);
    }
    let number = |column| found.get::<_, i64>(column).ok();
    let bytes = |column| found.get::<_, Vec<u8>>(column).ok();
    let version = number(1).and_then(|version| u64::try_from(version).ok());
    if let (Some(version), Some(written_at), Some(sealed), Some(key)) =
        (version, number(4), bytes(5), number(6))
    {
        let plain = keys.open(key, &label(CURRENT, address, version, written_at), sealed);
        return plain.map(|plain| as_text(plain, version, written_at)).transpose();
    }
    let (Some(tag), Some(key)) = (bytes(2), number(3)) else { return Ok(None) };
    // The first statement is still open, so both see the same snapshot of the store.
    let version = version.filter(|version| is_tagged(keys, address, *version, tag, key));
    Ok(version.and_then(|version| row(reading, keys, address, version).ok().flatten()))
}

/// Returns whether the tag of a head authenticates this version.
fn is_tagged(keys: &DataKeys, address: &Address, version: u64, tag: Vec<u8>, key: i64) -> bool {
    keys.open(key, &label(TAG, address, version, 0), tag).is_some()
}
