//! Key/values in the embedded store of this machine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use vdk_api::{Author, Collection, Document, Owner, Version};
use vdk_store::{Address, Expected, KeyError, MasterKeys, STORE_FILE, Store, StoreError};

use super::{Service, Snapshot, Written};
use crate::http::{BudgetExhausted, Cause};
use crate::{Error, ErrorKind, NOTHING_CHANGED};

/// A job's key/values in the embedded store.
pub struct LocalService {
    folder: PathBuf,
    keys: Arc<dyn MasterKeys>,
    address: Address,
    author: Author,
}

impl LocalService {
    /// Creates the service for `owner` in the store in `folder`, with writes by `author`. Opens and
    /// creates nothing yet.
    pub fn new(
        folder: PathBuf,
        keys: Arc<dyn MasterKeys>,
        owner: Owner,
        collection: Collection,
        author: Author,
    ) -> Self {
        let address = Address { collection, owner };
        LocalService { folder, keys, address, author }
    }
}

impl Service for LocalService {
    fn place(&self) -> String {
        "the store on this machine (local)".into()
    }

    fn read(&self) -> Result<Snapshot, Error> {
        let quick = Store::read_unused(&self.folder, &*self.keys, &self.address)
            .map_err(|error| store_failure(&error.into(), "open"))?;
        let stored = match quick {
            Some(stored) => Some(stored),
            None => open_store(&self.folder, &*self.keys)?
                .map(|store| store.read(&self.address))
                .transpose()
                .map_err(|error| store_failure(&error, "read"))?,
        };
        let version = stored.as_ref().map_or(0, |stored| stored.version);
        let document = stored.map(|stored| stored.document).unwrap_or_default();
        let tag = Some(version.to_string());
        Ok(Snapshot { document, is_readable: true, tag, version: Some(version) })
    }

    fn write(&self, document: &Document, tag: Option<&str>) -> Written {
        let expected = match tag.and_then(|tag| tag.parse().ok()) {
            Some(version) => Expected::Version(version),
            None => Expected::Any,
        };
        let written = Store::open_or_create(&self.folder, &*self.keys)
            .and_then(|mut store| store.write(&self.address, document, expected, &self.author));
        match written {
            Ok(version) => Written::Stored { conditional: true, version: Some(version) },
            Err(StoreError::Conflict { .. }) => Written::Conflict,
            Err(error @ StoreError::Uncertain(_)) => Written::Refused(
                Error::new(ErrorKind::Unknown, "It is not known whether the change is stored.")
                    .why(format!("{error}."))
                    .consequences(
                        "The whole change is stored or none of it, which may show only later.",
                    )
                    .help("Check the disk, then check the stored values with --get."),
            ),
            Err(error) => Written::Refused(store_failure(&error, "write")),
        }
    }

    fn versions(&self) -> Result<Vec<Version>, Error> {
        let store = open_store(&self.folder, &*self.keys)?;
        let versions = store.map(|store| store.versions(&self.address)).transpose();
        Ok(versions.map_err(|error| store_failure(&error, "read"))?.unwrap_or_default())
    }

    fn read_version(&self, version: u64) -> Result<Document, Error> {
        let store = open_store(&self.folder, &*self.keys)?;
        let text = store.map(|store| store.read_version(&self.address, version)).transpose();
        let text = text.map_err(|error| store_failure(&error, "read"))?.flatten();
        let text = text.ok_or_else(|| super::not_kept(version))?;
        Document::parse(&text.json)
            .map_err(|_| store_failure(&StoreError::Damaged("it is not a valid document"), "read"))
    }

    fn known(&self) -> Vec<Owner> {
        const MOST: usize = 10_000;
        let store = Store::open_to_read(&self.folder, &*self.keys).ok().flatten();
        let owners = store.and_then(|store| store.owners(MOST).ok()).unwrap_or_default();
        owners.into_iter().filter(Owner::is_job).collect()
    }

    fn wait(&self, _: Cause, _: &str) -> Result<(), BudgetExhausted> {
        Err(BudgetExhausted::Tries(0))
    }
}

/// Opens the embedded store for reading, if there is one.
pub fn open_store(folder: &Path, keys: &dyn MasterKeys) -> Result<Option<Store>, Error> {
    Store::open_to_read(folder, keys).map_err(|error| store_failure(&error, "open"))
}

/// Converts an error of the store into a user-facing one.
pub fn store_failure(error: &StoreError, doing: &str) -> Error {
    let (exit, countermeasures) = match error {
        StoreError::TooLarge { .. } => (
            ErrorKind::Usage,
            "Keep large values in separate files, and store only where they are.",
        ),
        StoreError::Conflict { .. } => (ErrorKind::Conflict, "Run the command again."),
        StoreError::Damaged(_) => (
            ErrorKind::Unavailable,
            "Restore a backup of the store: vdk local restore FILE. Other jobs are not affected.",
        ),
        StoreError::NotAStore { .. } => (
            ErrorKind::Unavailable,
            "Restore a backup: vdk local restore FILE. Or move store.db, store.db-wal and \
             store.db-shm away to start a new one.",
        ),
        StoreError::LogMissing { .. } => (
            ErrorKind::Unavailable,
            "Put store.db-wal back beside it, or restore a backup: vdk local restore FILE. To go on \
             with what is in the file: mv store.db old.db, then vdk local restore old.db \
             --accept-loss.",
        ),
        StoreError::Moved { .. } | StoreError::LogAlone { .. } => (
            ErrorKind::Unavailable,
            "If the file is lost, move its log away as well, and restore a backup: vdk local restore FILE.",
        ),
        StoreError::Folder { .. } => {
            (ErrorKind::Unavailable, "Give the folder to yourself: chown and chmod 700 it.")
        }
        StoreError::LongPath { .. } => {
            (ErrorKind::Usage, "Set VDK_BASE_CONFIG_FOLDER to a folder with a shorter path.")
        }
        StoreError::SecondName { .. } => (
            ErrorKind::Unavailable,
            "In its folder, replace it with a copy: cp store.db own.db && mv own.db store.db. If \
             the file is mounted, mount the folder instead.",
        ),
        StoreError::NoLocks { .. } => (
            ErrorKind::Unavailable,
            "Set VDK_BASE_CONFIG_FOLDER to a folder on a local disk, or use a Control Service: -u URL.",
        ),
        StoreError::NotAlone { .. } => (
            ErrorKind::Unavailable,
            "If it is a Control Service, use its address: -u URL. Otherwise, try again when it has \
             ended, or move the store to a local disk.",
        ),
        StoreError::Newer { .. } => (ErrorKind::Unavailable, "Use a newer vdk."),
        StoreError::Key(KeyError::Keyring(_)) => (
            ErrorKind::Unavailable,
            "Unlock the keyring and try again, or set VDK_MASTER_KEY_FILE to an exported key.",
        ),
        StoreError::Key(_) => (
            ErrorKind::Unavailable,
            "Import the key from the file that vdk local export-key wrote: vdk local import-key \
             FILE. Or set VDK_MASTER_KEY_FILE to that file.",
        ),
        StoreError::Full => (ErrorKind::Unavailable, "Free space on the disk and try again."),
        StoreError::ReadOnly(_) => (
            ErrorKind::Unavailable,
            "Make the folder of the store writable, or set VDK_BASE_CONFIG_FOLDER to another.",
        ),
        StoreError::Rotating => {
            (ErrorKind::Conflict, "Wait until it has finished. Nothing else is needed.")
        }
        StoreError::Busy => (ErrorKind::Unavailable, "Try again when the others have finished."),
        StoreError::Io { .. } | StoreError::Database(_) | StoreError::Uncertain(_) => {
            (ErrorKind::Unavailable, "Check the disk and try again.")
        }
    };
    let kept = match error {
        StoreError::Key(_)
        | StoreError::NotAStore { .. }
        | StoreError::LogMissing { .. }
        | StoreError::Newer { .. } => {
            format!("{NOTHING_CHANGED} The store is left as it is.")
        }
        _ => NOTHING_CHANGED.to_string(),
    };
    let what = format!("Cannot {doing} the store on this machine.");
    Error::new(exit, what).why(format!("{error}.")).consequences(kept).help(countermeasures)
}

/// Returns the error for a missing store.
pub fn no_store(folder: &Path) -> Error {
    Error::new(ErrorKind::NotFound, "No store was found on this machine.")
        .why(format!("{} does not exist.", folder.join(STORE_FILE).display()))
        .consequences(crate::NOTHING_CHANGED)
        .help(
            "The first write with -u local creates it. To move a store here: vdk local restore FILE",
        )
}
