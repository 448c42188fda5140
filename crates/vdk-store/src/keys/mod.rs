//! Keys and encryption: the master key, its keepers, and the data keys that it wraps.

pub(crate) mod cipher;
pub(crate) mod data_key;
mod file_keyring;
mod keeper;
mod key_file;
mod local;
pub(crate) mod master_key;

pub use file_keyring::FileKeyring;
pub use keeper::{KeyPlace, MasterKeys, Notice};
pub use key_file::KeyFile;
pub use local::{LocalKeys, MASTER_KEY_FILE};
pub use master_key::MasterKey;
