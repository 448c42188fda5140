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
    // A reader that came later keeps pages that are written again out of the file, and the mark with them.
    other.execute_batch("BEGIN; SELECT * FROM store").unwrap();
    store.write(&secrets("a"), &document("{}"), Expected::Any, &author()).unwrap();
    assert!(!store.mark_in_use(Duration::ZERO).unwrap());
    other.execute_batch("COMMIT").unwrap();
    assert!(store.mark_in_use(Duration::ZERO).unwrap());
    let copy = self::folder();
    for name in [STORE_FILE, KEY_FILE] {
        fs::copy(folder.path().join(name), copy.path().join(name)).unwrap();
    }
    let opened = Store::open(copy.path(), &KEYS).map(|_| ());
    assert!(matches!(opened, Err(StoreError::LogMissing { .. })), "{opened:?}");
}

#[test]
fn notices_that_its_file_was_moved() {
    let folder = folder();
    let (path, away) = (folder.path().join(STORE_FILE), folder.path().join("away.db"));
    let mut store = open(folder.path());
    let mut write = |n: u64| {
        let json = document(&format!("{{\"n\":{n}}}"));
        store.write(&secrets("a"), &json, Expected::Any, &author()).map(|_| store.check())
    };
    write(1).unwrap().unwrap();
    let other = self::folder();
    let backup = other.path().join("backup.db");
    open(folder.path()).back_up(&backup).unwrap();
    fs::rename(&path, &away).unwrap();
    let moved = write(2).unwrap_err();
    assert!(matches!(moved, StoreError::Moved { .. }), "{moved}");
    // The log may have the newest changes.
    let created = Store::open_or_create(folder.path(), &KEYS).map(|_| ());
    assert!(matches!(created, Err(StoreError::LogAlone { .. })), "{created:?}");
    let restored = Restore::default().file(&backup, folder.path(), &KEYS);
    assert!(
        matches!(restored, Err(RestoreError::Store(StoreError::LogAlone { .. }))),
        "{restored:?}"
    );
    fs::copy(&away, &path).unwrap();
    let replaced = write(3).unwrap_err();
    assert!(matches!(replaced, StoreError::Moved { .. }), "{replaced}");
    fs::rename(&away, &path).unwrap();
    write(4).unwrap().unwrap();
    store.hold_in_use().unwrap();
    fs::rename(&path, &away).unwrap();
    assert!(matches!(store.check(), Err(StoreError::Moved { .. })));
    let created = Store::open_or_create(folder.path(), &KEYS).map(|_| ());
    assert!(matches!(created, Err(StoreError::Moved { .. })), "{created:?}");
    let restored = Restore::default().file(&backup, folder.path(), &KEYS);
    assert!(matches!(restored, Err(RestoreError::Open)), "{restored:?}");
    fs::rename(&away, &path).unwrap();
    drop(store);
    assert_eq!(open(folder.path()).read(&secrets("a")).unwrap().version, 2);
}
