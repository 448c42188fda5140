//! Opens stores in temporary folders.

use std::path::Path;

use tempfile::TempDir;
use vdk_api::{Author, Collection, Document, Name, Owner};
use vdk_store::*;

/// Keeps the key in the folder's key file, as on a machine without a keyring.
pub const KEYS: FileKeyring = FileKeyring::beside_store();

pub fn address(collection: Collection, team: &str, job: &str) -> Address {
    let name = |text| Name::new(text).unwrap();
    Address { collection, owner: Owner { team: name(team), job: name(job) } }
}

pub fn secrets(job: &str) -> Address {
    address(Collection::Secrets, "team", job)
}

pub fn author() -> Author {
    Author { who: "ana".into(), op_id: "op-1".into() }
}

pub fn document(json: &str) -> Document {
    Document::parse(json).unwrap()
}

pub fn open(folder: &Path) -> Store {
    Store::open_or_create(folder, &KEYS).unwrap()
}

pub fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Runs SQL on the store's file over a separate connection.
pub fn tamper(folder: &Path, sql: &str) {
    let database = rusqlite::Connection::open(folder.join(STORE_FILE)).unwrap();
    database.execute_batch(sql).unwrap();
}

/// Returns all blobs of a column.
pub fn blobs(folder: &Path, sql: &str) -> Vec<Vec<u8>> {
    let database = rusqlite::Connection::open(folder.join(STORE_FILE)).unwrap();
    let mut select = database.prepare(sql).unwrap();
    select.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}
