//! The embedded store: secrets and properties of data jobs in one SQLite file, every document
//! sealed, several processes at once.
//!
//! A folder (0700) holds `store.db` (0600) and, where the operating system has no keyring, the
//! master key in `master.key` (0600). Two tables keep the documents:
//!
//! - `versions`: each version of a document, sealed with AES-256-GCM under the store's data key
//!   and a fresh random nonce; a first line in it tells who wrote it by which operation.
//!   Collection, team, job, version and time are the associated data, so that no row can be
//!   passed off as another.
//! - `heads`: which version is the current one, with an authentication tag of its own, so that
//!   an old version cannot be passed off as the current one; and a document of up to 3 KiB once
//!   more, so that one B-tree leads to it, and damage to one of the two does no harm.
//!
//! Every document has rows in both: where one is missing, it was not "never written" but damaged,
//! and is reported so.
//!
//! Data keys are in `data_keys`, wrapped by the master key; rows say which of them seals them.
//! There is one, but while the keys are rotated.

mod backup;
mod data_keys;
mod error;
mod file;
mod heads;
mod keys;
mod rotation;
mod row;
mod schema;
mod slot;
mod store;
mod versions;
mod write;

pub use error::{KeyError, StoreError};
pub use keys::{
    FileKeys, KEY_FILE, KeyPlace, LocalKeys, MASTER_KEY_FILE, MasterKey, MasterKeys, find_key_file,
    find_named_key_file, forget_key_file, keep_next_key_file, next_to, read_key_file,
    read_named_key_file, retire_key_file, set_aside, settle_key_file, write_key_file,
};
pub use rotation::{KeyAge, Rotated};
pub use store::{Address, STORE_FILE, Store, Stored, StoredText};
pub use write::{Expected, Write};
