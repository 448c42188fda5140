//! Names of the files in a store's folder, which every part of the store has to agree on.

/// Name of the database in the store's folder.
pub const STORE_FILE: &str = "store.db";

/// Name of the key file in the store's folder, used if there is no keyring.
pub const KEY_FILE: &str = "master.key";

/// Name of the next key's file during a rotation.
pub(crate) const NEXT_KEY_FILE: &str = "master.key.new";

/// Name of the lock that a process holds while it creates or restores the store.
pub(crate) const CREATE_LOCK: &str = "create.lock";

/// Name of the lock that processes share while they stay open on the store.
pub(crate) const USE_LOCK: &str = "use.lock";

/// Name of the lock that a process holds while it rotates the keys.
pub(crate) const ROTATE_LOCK: &str = "rotate.lock";

/// Name of the lock that a process holds while it uses the store where only one process may.
pub(crate) const PROCESS_LOCK: &str = "process.lock";
