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
//!   an old version cannot be passed off as the current one.
//!
//! Every document has rows in both: where one is missing, it was not "never written" but damaged,
//! and is reported so. The data key is wrapped by the master key.

mod backup;
mod error;
mod file;
mod key_file;
mod keys;
mod row;
mod schema;
mod store;

pub use error::{KeyError, StoreError};
pub use key_file::{KEY_FILE, read_key_file, read_named_key_file, write_key_file};
pub use keys::{KeyPlace, MasterKey, MasterKeys};
pub use store::{Address, Expected, STORE_FILE, Store, Stored, StoredText};
