//! The embedded store, which `vdk -u local` may use at the same time.

mod connections;
mod counting;
mod marking;
mod writer;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use vdk_api::{Author, Collection, Name, Owner, Version};
use vdk_store::{Address, MasterKeys, Store, StoreError, Write};
use zeroize::Zeroizing;

use self::connections::Connections;
use super::{Backend, Expected, PATIENCE, Reason, StorageError, Stored};

/// One collection in the embedded store.
pub struct Embedded {
    collection: Collection,
    connections: Arc<Connections>,
}

impl Embedded {
    /// Opens the store in `folder`, or creates it, and returns its secrets and its properties. Both
    /// accept documents up to the larger one of `limits`, in bytes.
    pub fn open(
        folder: &Path,
        keys: &dyn MasterKeys,
        limits: (usize, usize),
    ) -> Result<(Self, Self), StoreError> {
        let largest = limits.0.max(limits.1);
        let connections = Connections::open(folder.into(), keys.shared(), largest)?;
        let connections = Arc::new(connections);
        let of = |collection| Embedded { collection, connections: connections.clone() };
        Ok((of(Collection::Secrets), of(Collection::Properties)))
    }

    fn address(&self, owner: &Owner) -> Address {
        Address { collection: self.collection, owner: owner.clone() }
    }

    fn read_with<T>(
        &self,
        read: impl FnOnce(&Store) -> Result<T, StoreError>,
    ) -> Result<T, StorageError> {
        read(&self.connections.get().map_err(fault)?.reader()).map_err(fault)
    }
}

/// A panic under the lock leaves no partial change, because SQLite uses transactions.
fn lock<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Backend for Embedded {
    fn name(&self) -> &'static str {
        "embedded"
    }

    async fn read(&self, owner: &Owner) -> Result<Stored, StorageError> {
        let address = self.address(owner);
        match self.connections.get() {
            Ok(open) => {
                let text = open.reader().read_text(&address).map_err(fault)?;
                Ok(Stored { json: text.json, version: text.version })
            }
            Err(StoreError::Full) => {
                let read = self.connections.read_on_full_disk(&address).map_err(fault)?;
                Ok(Stored { json: read.document.to_json(), version: read.version })
            }
            Err(error) => Err(fault(error)),
        }
    }

    async fn read_version(&self, owner: &Owner, version: u64) -> Result<Stored, StorageError> {
        let text = self.read_with(|store| store.read_version(&self.address(owner), version))?;
        let text = text.ok_or(StorageError::NoSuchVersion)?;
        Ok(Stored { json: text.json, version: text.version })
    }

    async fn write(
        &self,
        owner: &Owner,
        json: Zeroizing<String>,
        expected: Expected,
        author: &Author,
    ) -> Result<u64, StorageError> {
        let (address, author) = (self.address(owner), author.clone());
        let open = self.connections.get().map_err(fault)?;
        let written = open.writer.write(Write { address, json, expected, author }).await;
        self.connections.note_room(!matches!(written, Err(StorageError::Full)));
        written
    }

    async fn versions(&self, owner: &Owner) -> Result<Vec<Version>, StorageError> {
        self.read_with(|store| store.versions(&self.address(owner)))
    }

    async fn has_team(&self, team: &Name) -> Result<bool, StorageError> {
        self.read_with(|store| store.has_team(self.collection, team))
    }

    async fn teams(&self, most: usize) -> Result<Vec<String>, StorageError> {
        self.read_with(|store| store.teams(self.collection, most))
    }

    async fn jobs(&self, team: &Name, most: usize) -> Result<Vec<String>, StorageError> {
        self.read_with(|store| store.jobs(self.collection, team, most))
    }

    async fn ready(&self) -> Result<(), StorageError> {
        self.read_with(|store| store.check())?;
        if self.connections.has_room() { Ok(()) } else { Err(StorageError::Full) }
    }
}

fn fault(error: StoreError) -> StorageError {
    match error {
        StoreError::Conflict { current, .. } => StorageError::Conflict { current: Some(current) },
        StoreError::TooLarge { .. } => StorageError::TooLarge(error.to_string()),
        StoreError::Damaged(_) => StorageError::Damaged(error.to_string()),
        StoreError::Full => StorageError::Full,
        StoreError::Busy => StorageError::Unavailable(Reason::Busy, error.to_string()),
        StoreError::Uncertain(_) => StorageError::Unknown(error.to_string()),
        _ => StorageError::Unavailable(Reason::Failing, error.to_string()),
    }
}
