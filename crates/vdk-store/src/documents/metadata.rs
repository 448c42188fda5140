//! The metadata of secrets, which is a document beside them. A write of either of the two leaves no
//! metadata of keys that are not in the set, in the same transaction: a key that comes back later, as
//! by a rollback, has none.

use rusqlite::Connection;
use vdk_api::{Author, Collection, Document};
use zeroize::Zeroizing;

use super::heads::head;
use super::insert::insert;
use super::versions::row;
use crate::address::Address;
use crate::database::data_keys::DataKeys;
use crate::database::row::join;
use crate::error::StoreError;

/// Removes from the metadata of a set at `address` what concerns keys that are not in `json`, its new
/// text. Does nothing for other documents, and without metadata.
pub(crate) fn follow(
    writing: &Connection,
    keys: &DataKeys,
    address: &Address,
    json: &str,
    author: &Author,
) -> Result<(), StoreError> {
    if address.collection != Collection::Secrets || !address.owner.is_job() {
        return Ok(());
    }
    let beside = Address { collection: address.collection, owner: address.owner.metadata() };
    let (version, mut metadata) = match current(writing, keys, &beside) {
        Ok(Some(found)) => found,
        // Damaged metadata does not stop a write of secrets.
        Ok(None) | Err(StoreError::Damaged(_)) => return Ok(()),
        Err(error) => return Err(error),
    };
    let set = Document::parse(json).map_err(|_| not_valid())?;
    if vdk_api::metadata::keep_only(&mut metadata, &set) {
        insert(writing, keys, &beside, version + 1, join(author, &metadata.to_json()))?;
    }
    Ok(())
}

/// Returns the text to write at `address` in place of `json`, if that is metadata of keys that are not in
/// the set.
pub(crate) fn without_others(
    reading: &Connection,
    keys: &DataKeys,
    address: &Address,
    json: &str,
) -> Result<Option<Zeroizing<String>>, StoreError> {
    if address.collection != Collection::Secrets {
        return Ok(None);
    }
    let Some(owner) = address.owner.described() else { return Ok(None) };
    let set = Address { collection: address.collection, owner };
    let set = current(reading, keys, &set)?.map(|(_, set)| set).unwrap_or_default();
    let mut metadata = Document::parse(json).map_err(|_| not_valid())?;
    Ok(vdk_api::metadata::keep_only(&mut metadata, &set).then(|| metadata.to_json()))
}

/// Reads the current version of a document; `None` if it was never written.
fn current(
    reading: &Connection,
    keys: &DataKeys,
    address: &Address,
) -> Result<Option<(u64, Document)>, StoreError> {
    let version = head(reading, keys, address)?;
    if version == 0 {
        return Ok(None);
    }
    let text = row(reading, keys, address, version)?
        .ok_or(StoreError::Damaged("its current version is missing"))?;
    Ok(Some((version, Document::parse(&text.json).map_err(|_| not_valid())?)))
}

fn not_valid() -> StoreError {
    StoreError::Damaged("it is not a valid document")
}
