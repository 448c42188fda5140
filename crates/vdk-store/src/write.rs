//! Writing documents: one, or several that share a transaction, and with it one sync of the disk.

use rusqlite::{Connection, Transaction, TransactionBehavior};
use vdk_api::{Author, Document};
use zeroize::Zeroizing;

use crate::data_keys::DataKeys;
use crate::documents::{committed, head, insert};
use crate::row::join;
use crate::{Address, Store, StoreError, schema};

/// What a write expects to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Whatever is there.
    Any,
    /// Exactly this version; 0 for a document that was never written.
    Version(u64),
}

/// A document that is to be written as a new version.
#[derive(Clone)]
pub struct Write {
    /// Which document.
    pub address: Address,
    /// Its text: one JSON object.
    pub json: Zeroizing<String>,
    /// Without this, nothing is written.
    pub expected: Expected,
    /// Who writes it.
    pub author: Author,
}

impl Store {
    /// Writes `document` as a new version of `author` if `expected` holds, and gives the version's
    /// number. It is on the disk when this returns. The last ten versions stay.
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

    /// The same for a document that is JSON text already.
    pub fn write_one(&mut self, write: Write) -> Result<u64, StoreError> {
        self.writing(|writing, keys| {
            let version = write.within(&writing, keys, self.limit)?;
            committed(writing)?;
            Ok(version)
        })
    }

    /// Writes several documents in one transaction, in their order, and tells what became of each:
    /// that one does not hold keeps no other from being written. All that are written are on the
    /// disk when this returns; with an error, none is, but for [`StoreError::Uncertain`].
    pub fn write_together(
        &mut self,
        writes: &[Write],
    ) -> Result<Vec<Result<u64, StoreError>>, StoreError> {
        self.writing(|writing, keys| {
            let mut all = Vec::with_capacity(writes.len());
            for write in writes {
                all.push(match write.clone().within(&writing, keys, self.limit) {
                    Ok(version) => Ok(version),
                    // These come before anything is changed.
                    Err(
                        error @ (StoreError::Conflict { .. }
                        | StoreError::TooLarge { .. }
                        | StoreError::Damaged(_)),
                    ) => Err(error),
                    Err(error) => return Err(error),
                });
            }
            committed(writing)?;
            Ok(all)
        })
    }

    fn writing<T>(
        &self,
        work: impl FnOnce(Transaction<'_>, &DataKeys) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.keys.borrow().format < schema::FORMAT {
            schema::migrate(&self.database)?;
        }
        self.transact(TransactionBehavior::Immediate, work)
    }
}

impl Write {
    fn within(
        self,
        writing: &Connection,
        keys: &DataKeys,
        limit: usize,
    ) -> Result<u64, StoreError> {
        let Write { address, json, expected, author } = self;
        if json.len() > limit {
            return Err(StoreError::TooLarge { size: json.len(), limit });
        }
        let current = head(writing, keys, &address)?;
        if let Expected::Version(expected) = expected
            && expected != current
        {
            return Err(StoreError::Conflict { current, expected });
        }
        insert(writing, keys, &address, current + 1, join(&author, json))?;
        Ok(current + 1)
    }
}
