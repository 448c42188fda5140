//! Writes of documents: one, or several that share a transaction and its sync of the disk.

use rusqlite::{Connection, Transaction, TransactionBehavior};
use vdk_api::{Author, Document, Expected};
use zeroize::Zeroizing;

use crate::address::Address;
use crate::database::data_keys::DataKeys;
use crate::database::row::join;
use crate::database::{census, committed};
use crate::documents::heads::head;
use crate::documents::insert::insert;
use crate::documents::metadata;
use crate::error::StoreError;
use crate::store::Store;

/// A document to write as a new version.
#[derive(Clone)]
pub struct Write {
    /// The document's address.
    pub address: Address,
    /// The text: one JSON object.
    pub json: Zeroizing<String>,
    /// The precondition. If it does not hold, nothing is written.
    pub expected: Expected,
    /// The author of the new version.
    pub author: Author,
}

impl Store {
    /// Writes `document` as a new version by `author` if `expected` holds, and returns the
    /// version's number. The write is durable when this returns. The last ten versions are kept.
    pub fn write(
        &mut self,
        address: &Address,
        document: &Document,
        expected: Expected,
        author: &Author,
    ) -> Result<u64, StoreError> {
        let (address, author) = (address.clone(), author.clone());
        self.write_one(Write { address, json: document.to_json(), expected, author })
    }

    /// Writes a document that is already JSON text, as [`Store::write`] does.
    pub fn write_one(&mut self, write: Write) -> Result<u64, StoreError> {
        self.writing(|writing, keys| {
            let version = write.next_version(&writing, keys, self.limit)?;
            let Write { address, json, author, .. } = write;
            let json = metadata::without_others(&writing, keys, &address, &json)?.unwrap_or(json);
            metadata::follow(&writing, keys, &address, &json, &author)?;
            let plain = join(&author, &json);
            drop(json);
            insert(&writing, keys, &address, version, plain)?;
            if version == 1 {
                census::add(&writing, keys, 1)?;
            }
            committed(writing)?;
            Ok(version)
        })
    }

    /// Writes several documents in one transaction, in their order, and returns each result. A
    /// failed precondition does not prevent the other writes. They are durable when this returns.
    /// After an error, none was written, except perhaps for [`StoreError::Uncertain`].
    pub fn write_together(
        &mut self,
        writes: &[Write],
    ) -> Result<Vec<Result<u64, StoreError>>, StoreError> {
        self.writing(|writing, keys| {
            let (mut all, mut new) = (Vec::with_capacity(writes.len()), 0);
            for write in writes {
                let next = write.next_version(&writing, keys, self.limit);
                if let Ok(version) = next {
                    let Write { address, json, author, .. } = write;
                    let without = metadata::without_others(&writing, keys, address, json)?;
                    let json = without.as_ref().unwrap_or(json);
                    metadata::follow(&writing, keys, address, json, author)?;
                    let plain = join(author, json);
                    insert(&writing, keys, &write.address, version, plain)?;
                    new += u64::from(version == 1);
                }
                match next {
                    Err(
                        error @ (StoreError::Conflict { .. }
                        | StoreError::TooLarge { .. }
                        | StoreError::Damaged(_)),
                    ) => all.push(Err(error)),
                    next => all.push(Ok(next?)),
                }
            }
            if new > 0 {
                census::add(&writing, keys, new)?;
            }
            committed(writing)?;
            Ok(all)
        })
    }

    fn writing<T>(
        &self,
        work: impl FnOnce(Transaction<'_>, &DataKeys) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.in_place()?;
        self.migrate()?;
        self.transact(TransactionBehavior::Immediate, work)
    }
}

impl Write {
    /// Returns the number of the new version, after checking size and precondition.
    fn next_version(
        &self,
        reading: &Connection,
        keys: &DataKeys,
        limit: usize,
    ) -> Result<u64, StoreError> {
        if self.json.len() > limit {
            return Err(StoreError::TooLarge { size: self.json.len(), limit });
        }
        let current = head(reading, keys, &self.address)?;
        match self.expected {
            Expected::Version(expected) if expected != current => {
                Err(StoreError::Conflict { current, expected })
            }
            _ => Ok(current + 1),
        }
    }
}
