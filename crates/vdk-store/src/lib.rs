//! The embedded store: secrets and properties of data jobs in one SQLite file. Every document is
//! encrypted, and several processes can use the store at once.
//!
//! A folder (0700) holds `store.db` (0600) and, if the operating system has no keyring, the master
//! key in `master.key` (0600). Two tables keep the documents:
//!
//! - `versions`: each version of a document, encrypted with AES-256-GCM under the store's data key
//!   and a fresh random nonce. A first line in it names its author and operation. Collection, team,
//!   job, version and time are the associated data, so that no row can replace another.
//! - `heads`: the number of the current version, with its own authentication tag, so that no old
//!   version can pass for the current one. A document of up to 3 KiB is stored here once more: it
//!   is found in one B-tree, and damage to one of the two copies does no harm.
//!
//! Every document has rows in both tables. If one is missing, the document is reported as damaged,
//! not as "never written".
//!
//! Data keys are in `data_keys`, wrapped by the master key. Each row names the key that encrypts
//! it. There is one key, except during a rotation. `docs/design/store-format.md` describes every
//! byte.
//!
//! Modules import in one direction: `store` and what works on a whole store (`read`, `write`,
//! `migrate`, `rotation`, `verify`, `copy`, `backup`, `restore`) use `documents`, which uses
//! `database`, which uses `keys`.

mod address;
mod backup;
mod copy;
mod database;
mod documents;
mod error;
mod keys;
mod layout;
mod migrate;
mod read;
mod restore;
mod rotation;
mod store;
mod verify;
mod write;

pub use address::Address;
pub use backup::BackupError;
pub use documents::{Stored, StoredText};
pub use error::{KeyError, StoreError};
pub use keys::{
    FileKeyring, KeyFile, KeyPlace, LocalKeys, MASTER_KEY_FILE, MasterKey, MasterKeys, Notice,
};
pub use layout::{KEY_FILE, STORE_FILE};
pub use restore::{Restore, RestoreError, Restored};
pub use rotation::{KeyAge, Rotated};
pub use store::Store;
pub use vdk_api::Expected;
pub use verify::Findings;
pub use write::Write;
