//! Writing documents: one, or several that share a transaction, and with it one sync of the disk.

use rusqlite::{Connection, Transaction, TransactionBehavior};
use vdk_api::{Author, Document};
use zeroize::Zeroizing;

use crate::data_keys::DataKeys;
use crate::heads::head;
use crate::row::join;
use crate::versions::{committed, insert};
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
            let version = write.next_version(&writing, keys, self.limit)?;
            let Write { address, json, author, .. } = write;
            let plain = join(&author, &json);
            drop(json);
            insert(&writing, keys, &address, version, plain)?;
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
                let next = write.next_version(&writing, keys, self.limit);
                if let Ok(version) = next {
                    let plain = join(&write.author, &write.json);
                    insert(&writing, keys, &write.address, version, plain)?;
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
    /// The version that it would make. Nothing is changed yet.
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
