//! Tests that a store reveals nothing without its key and returns nothing that was changed.

use std::fs;

use vdk_store::*;

use crate::support::*;

#[test]
fn writes_neither_values_nor_key_names_in_plain_text() {
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
    // The log exists while the store is open.
    assert!(folder.path().join("store.db-wal").exists());
    for entry in fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.windows(6).any(|w| w == b"MARKED"), "{}", path.display());
    }
}

/// Changes to the tables by somebody without the key. A small document is stored twice and can be
/// read while one of the two copies is whole.
const TAMPERED: [(&str, &str); 18] = [
    (
        "two jobs' versions swapped",
        "UPDATE versions SET job = 'x' WHERE job = 'a'; UPDATE versions SET job = 'a' WHERE
         job = 'b'; UPDATE versions SET job = 'b' WHERE job = 'x';",
    ),
    (
        "the version of another",
        "UPDATE versions SET sealed = (SELECT sealed FROM versions WHERE job = 'b')
         WHERE job = 'a'",
    ),
    (
        "an old text as the version",
        "UPDATE versions SET sealed = (SELECT sealed FROM versions WHERE job = 'a' AND
         version = 1) WHERE job = 'a' AND version = 2",
    ),
    ("the version removed", "DELETE FROM versions WHERE job = 'a' AND version = 2"),
    (
        "a copy of an old text",
        "UPDATE heads SET sealed = (SELECT sealed FROM versions WHERE job = 'a' AND version = 1)
         WHERE job = 'a'",
    ),
    ("a copy removed", "UPDATE heads SET sealed = NULL WHERE job = 'a'"),
    ("a copy changed", "UPDATE heads SET sealed = zeroblob(length(sealed)) WHERE job = 'a'"),
    ("a copy's type", "UPDATE heads SET sealed = CAST(sealed AS TEXT) WHERE job = 'a'"),
    ("a copy's time", "UPDATE heads SET written_at = 1 WHERE job = 'a'"),
    (
        "both changed",
        "UPDATE heads SET sealed = zeroblob(99) WHERE job = 'a';
         UPDATE versions SET sealed = zeroblob(99) WHERE job = 'a'",
    ),
    ("the head at an old version", "UPDATE heads SET version = 1 WHERE job = 'a'"),
    (
        "an old version as the head",
        "UPDATE heads SET (version, written_at, sealed) = (SELECT version, written_at, sealed
         FROM versions WHERE job = 'a' AND version = 1) WHERE job = 'a'",
    ),
    (
        "the head of another",
        "UPDATE heads SET (version, tag, written_at, sealed) =
         (SELECT version, tag, written_at, sealed FROM heads WHERE job = 'b') WHERE job = 'a'",
    ),
    (
        "the row of another as the head",
        "DELETE FROM heads WHERE job = 'a'; UPDATE heads SET job = 'a' WHERE job = 'b'",
    ),
    ("the head's version negated", "UPDATE heads SET version = -version WHERE job = 'a'"),
    (
        "the head's tag and copy of another type",
        "UPDATE heads SET tag = CAST(tag AS TEXT), sealed = CAST(sealed AS TEXT) WHERE job = 'a'",
    ),
    ("the head elsewhere", "UPDATE heads SET slot = slot + 8 WHERE job = 'a'"),
    ("the head removed", "DELETE FROM heads WHERE job = 'a'"),
];

#[test]
fn returns_no_wrong_text_when_rows_are_swapped_or_removed() {
    for ((what, sql), length) in TAMPERED.iter().flat_map(|t| [(t, 1), (t, 5000)]) {
        let is_small = length == 1;
        let is_whole = match *what {
            "both changed" => false,
            what if what.starts_with("a copy") => true,
            what => is_small && what.contains("version") && !what.contains("head"),
        };
        let what = format!("{what}, {length} bytes");
        let folder = folder();
        let mut store = open(folder.path());
        let text = |n: u64| format!("{{\"a\":\"{}\"}}", n.to_string().repeat(length));
        for (job, n) in [("a", 1), ("a", 2), ("b", 3), ("c", 4)] {
            let document = document(&text(n));
            store.write(&secrets(job), &document, Expected::Any, &author()).unwrap();
        }
        drop(store);
        tamper(folder.path(), sql);
        let mut store = open(folder.path());
        match store.read(&secrets("a")) {
            Ok(read) => {
                assert!(is_whole, "{what}");
                assert_eq!((&*read.document.to_json(), read.version), (&text(2), 2), "{what}");
            }
            Err(error) => {
                assert!(!is_whole && matches!(error, StoreError::Damaged(_)), "{what}: {error:?}");
            }
        }
        assert_eq!(*store.read(&secrets("c")).unwrap().document.to_json(), text(4));
        let write = store.write(&secrets("a"), &document("{}"), Expected::Any, &author());
        match write {
            // A document with a damaged text can be written again.
            Ok(3) => assert_eq!(store.read(&secrets("a")).unwrap().version, 3, "{what}"),
            write => assert!(
                what.contains("head") && matches!(write, Err(StoreError::Damaged(_))),
                "{what}: {write:?}"
            ),
        }
    }
}

#[test]
fn returns_no_wrong_value_when_bits_are_flipped() {
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
    // Flips the same bits in every run.
    for step in 0..1500usize {
        let bit = step.wrapping_mul(1_000_003) % (good.len() * 8);
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &bytes).unwrap();
        for name in ["store.db-wal", "store.db-shm"] {
            let _ = fs::remove_file(folder.path().join(name));
        }
        let Ok(Some(store)) = Store::open(folder.path(), &KEYS) else {
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
fn leaves_a_store_unchanged_without_its_key() {
    let folder = folder();
    open(folder.path())
        .write(&secrets("j"), &document("{\"a\":1}"), Expected::Any, &author())
        .unwrap();
    let key = fs::read(folder.path().join(KEY_FILE)).unwrap();
    let bytes = fs::read(folder.path().join(STORE_FILE)).unwrap();
    fs::remove_file(folder.path().join(KEY_FILE)).unwrap();
    for attempt in [
        Store::open(folder.path(), &KEYS).map(|_| ()),
        Store::open_or_create(folder.path(), &KEYS).map(|_| ()),
    ] {
        assert!(matches!(attempt, Err(StoreError::Key(KeyError::Missing { .. }))), "{attempt:?}");
    }
    KeyFile::at(folder.path().join(KEY_FILE)).create(&MasterKey::generate().unwrap()).unwrap();
    let wrong = Store::open(folder.path(), &KEYS).map(|_| ());
    assert!(matches!(wrong, Err(StoreError::Key(KeyError::Wrong { .. }))), "{wrong:?}");
    assert_eq!(fs::read(folder.path().join(STORE_FILE)).unwrap(), bytes);
    fs::write(folder.path().join(KEY_FILE), key).unwrap();
    assert_eq!(open(folder.path()).read(&secrets("j")).unwrap().document.len(), 1);
}

#[test]
fn rejects_newer_and_foreign_files_and_keeps_them() {
    let folder = folder();
    drop(open(folder.path()));
    tamper(folder.path(), "UPDATE store SET format = 5");
    let newer = Store::open(folder.path(), &KEYS).map(|_| ());
    assert!(matches!(newer, Err(StoreError::Newer { found: 5, known: 4 })), "{newer:?}");
    tamper(folder.path(), "UPDATE store SET format = 2");
    let heads = || blobs(folder.path(), "SELECT tag FROM heads");
    let older = open(folder.path()).write(&secrets("j"), &document("{}"), Expected::Any, &author());
    assert!(older.is_err() && heads().is_empty(), "it is not brought to a format that it has");
    for bytes in [&b"not a database at all, but long enough to be read as one"[..], b"", b"x"] {
        fs::write(folder.path().join(STORE_FILE), bytes).unwrap();
        let foreign = Store::open_or_create(folder.path(), &KEYS).map(|_| ());
        assert!(matches!(foreign, Err(StoreError::NotAStore { .. })), "{foreign:?}");
        assert_eq!(fs::read(folder.path().join(STORE_FILE)).unwrap(), bytes);
    }
}
