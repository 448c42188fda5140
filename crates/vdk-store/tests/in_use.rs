//! Tests the mark of a store in use.

use std::fs;
use std::time::Duration;

use vdk_store::*;

use crate::support::*;

#[test]
fn tells_whether_the_mark_is_in_the_file() {
    let folder = folder();
    let mut store = open(folder.path());
    let other = rusqlite::Connection::open(folder.path().join(STORE_FILE)).unwrap();
    for (hold, is_failed) in [("BEGIN IMMEDIATE", true), ("BEGIN; SELECT * FROM store", false)] {
        other.execute_batch(hold).unwrap();
        let marked = store.mark_in_use(Duration::ZERO);
        assert_eq!(marked.is_err(), is_failed, "{marked:?}");
        assert!(!marked.unwrap_or(false), "{hold}");
        other.execute_batch("COMMIT").unwrap();
    }
    assert!(store.mark_in_use(Duration::ZERO).unwrap());
    let copy = self::folder();
    for name in [STORE_FILE, KEY_FILE] {
        fs::copy(folder.path().join(name), copy.path().join(name)).unwrap();
    }
    let opened = Store::open(copy.path(), &KEYS).map(|_| ());
    assert!(matches!(opened, Err(StoreError::LogMissing { .. })), "{opened:?}");
}
