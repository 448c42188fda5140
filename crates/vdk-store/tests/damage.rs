//! What others can do to the files: read nothing in them, and pass nothing off as another.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::fs;

use vdk_store::*;

use common::*;

#[test]
fn neither_values_nor_key_names_are_in_any_file() {
    let folder = folder();
    let mut store = open(folder.path());
    for n in 0..50 {
        let json = format!("{{\"MARKEDKEY{n}\":\"MARKEDVALUE{n}\"}}");
        store
            .write(&secrets(&format!("j{}", n % 5)), &document(&json), Expected::Any, &author())
            .unwrap();
    }
    let backup = folder.path().join("backup.db");
    store.back_up(&backup).unwrap();
    // The log still exists while the store is open.
    assert!(folder.path().join("store.db-wal").exists());
    for entry in fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.windows(6).any(|w| w == b"MARKED"), "{}", path.display());
    }
}

#[test]
fn rows_cannot_be_swapped_rolled_back_or_removed() {
    for (what, sql) in [
        (
            "two jobs swapped",
            "UPDATE versions SET job = 'x' WHERE job = 'a'; UPDATE versions SET job = 'a' WHERE \
             job = 'b'; UPDATE versions SET job = 'b' WHERE job = 'x';",
        ),
        (
            "another team",
            "UPDATE versions SET sealed = (SELECT sealed FROM versions WHERE job='b')",
        ),
        ("an old version as current", "UPDATE heads SET version = 1 WHERE job = 'a'"),
        (
            "an old text as current",
            "UPDATE versions SET sealed = (SELECT sealed FROM versions WHERE job='a' AND \
             version=1) WHERE job='a' AND version=2",
        ),
        ("the version in the head negated", "UPDATE heads SET version = -version WHERE job = 'a'"),
        ("the head removed", "DELETE FROM heads WHERE job = 'a'"),
        ("the current version removed", "DELETE FROM versions WHERE job = 'a' AND version = 2"),
    ] {
        let folder = folder();
        let mut store = open(folder.path());
        store.write(&secrets("a"), &document("{\"a\":1}"), Expected::Any, &author()).unwrap();
        store.write(&secrets("a"), &document("{\"a\":2}"), Expected::Any, &author()).unwrap();
        store.write(&secrets("b"), &document("{\"b\":1}"), Expected::Any, &author()).unwrap();
        store.write(&secrets("c"), &document("{\"c\":1}"), Expected::Any, &author()).unwrap();
        drop(store);
        tamper(folder.path(), sql);
        let mut store = open(folder.path());
        let read = store.read(&secrets("a"));
        assert!(matches!(read, Err(StoreError::Damaged(_))), "{what}: {read:?}");
        if !what.contains("team") {
            assert_eq!(*store.read(&secrets("c")).unwrap().document.to_json(), "{\"c\":1}");
        }
        if what.contains("head") {
            let write = store.write(&secrets("a"), &document("{}"), Expected::Any, &author());
            assert!(matches!(write, Err(StoreError::Damaged(_))), "{what}: {write:?}");
        }
    }
}

#[test]
fn flipped_bits_never_give_a_wrong_value() {
    let folder = folder();
    let mut store = open(folder.path());
    for version in ["old", "new"] {
        for n in 0..20 {
            let json = format!("{{\"key\":\"{version}-{n}-{}\"}}", "x".repeat(n * 20));
            store
                .write(&secrets(&format!("job{n}")), &document(&json), Expected::Any, &author())
                .unwrap();
        }
    }
    drop(store);
    let (path, whole) = (folder.path().join(STORE_FILE), folder.path().join("whole"));
    fs::copy(&path, &whole).unwrap();
    let good = fs::read(&whole).unwrap();
    let (mut right, mut failed) = (0, 0);
    // A fixed walk over the file: every run flips the same bits.
    for step in 0..1500usize {
        let bit = step.wrapping_mul(1_000_003) % (good.len() * 8);
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &bytes).unwrap();
        for name in ["store.db-wal", "store.db-shm"] {
            let _ = fs::remove_file(folder.path().join(name));
        }
        let Ok(Some(store)) = Store::open(folder.path(), &InFile) else {
            failed += 20;
            continue;
        };
        for n in 0..20 {
            match store.read(&secrets(&format!("job{n}"))) {
                Ok(stored) => {
                    let value = stored.document.get("key").map(|v| v.expose().to_string());
                    let expected = format!("\"new-{n}-{}\"", "x".repeat(n * 20));
                    assert_eq!(value, Some(expected), "bit {bit}, job{n}");
                    right += 1;
                }
                Err(_) => failed += 1,
            }
        }
    }
    assert!(failed > 0 && right > failed, "{right} read, {failed} refused");
}

#[test]
fn a_store_without_its_key_is_left_as_it_is() {
    let folder = folder();
    open(folder.path())
        .write(&secrets("j"), &document("{\"a\":1}"), Expected::Any, &author())
        .unwrap();
    let key = fs::read(folder.path().join(KEY_FILE)).unwrap();
    let bytes = fs::read(folder.path().join(STORE_FILE)).unwrap();
    fs::remove_file(folder.path().join(KEY_FILE)).unwrap();
    for attempt in [
        Store::open(folder.path(), &InFile).map(|_| ()),
        Store::open_or_create(folder.path(), &InFile).map(|_| ()),
    ] {
        assert!(matches!(attempt, Err(StoreError::Key(KeyError::Missing { .. }))), "{attempt:?}");
    }
    write_key_file(&folder.path().join(KEY_FILE), &MasterKey::generate().unwrap()).unwrap();
    let wrong = Store::open(folder.path(), &InFile).map(|_| ());
    assert!(matches!(wrong, Err(StoreError::Key(KeyError::Wrong { .. }))), "{wrong:?}");
    assert_eq!(fs::read(folder.path().join(STORE_FILE)).unwrap(), bytes);
    fs::write(folder.path().join(KEY_FILE), key).unwrap();
    assert_eq!(open(folder.path()).read(&secrets("j")).unwrap().document.len(), 1);
}

#[test]
fn a_newer_or_foreign_file_is_named_and_kept() {
    let folder = folder();
    drop(open(folder.path()));
    tamper(folder.path(), "UPDATE store SET format = 3");
    let newer = Store::open(folder.path(), &InFile).map(|_| ());
    assert!(matches!(newer, Err(StoreError::Newer { found: 3, known: 2 })), "{newer:?}");
    for bytes in [&b"not a database at all, but long enough to be read as one"[..], b"", b"x"] {
        fs::write(folder.path().join(STORE_FILE), bytes).unwrap();
        let foreign = Store::open_or_create(folder.path(), &InFile).map(|_| ());
        assert!(matches!(foreign, Err(StoreError::NotAStore { .. })), "{foreign:?}");
        assert_eq!(fs::read(folder.path().join(STORE_FILE)).unwrap(), bytes);
    }
}
