//! Stores that an older vdk has written.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use vdk_api::Collection;
use vdk_store::*;

use common::*;

/// A store that a vdk of format 1 has written: 12 versions of one document, and two more.
fn of_format_1() -> tempfile::TempDir {
    let folder = folder();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/format-1");
    for name in [STORE_FILE, KEY_FILE] {
        let to = folder.path().join(name);
        fs::copy(from.join(name), &to).unwrap();
        fs::set_permissions(to, fs::Permissions::from_mode(0o600)).unwrap();
    }
    folder
}

#[track_caller]
fn assert_format_1(store: &Store) {
    let at = |collection, job| address(collection, "sales", job);
    let ingest = store.read(&at(Collection::Secrets, "ingest")).unwrap();
    assert_eq!(ingest.version, 12);
    assert_eq!(*ingest.document.to_json(), r#"{"marked":"OLDSECRET","n":12}"#);
    assert_eq!(store.versions(&at(Collection::Secrets, "ingest")).unwrap().len(), 10);
    let rate = store.read(&at(Collection::Properties, "ingest")).unwrap();
    assert_eq!(*rate.document.to_json(), r#"{"rate":1.50}"#);
    assert_eq!(store.read(&at(Collection::Properties, "report")).unwrap().version, 2);
}

#[test]
fn a_store_of_format_1_is_read_as_it_is_and_grows_with_the_first_write() {
    let folder = of_format_1();
    let path = folder.path().join(STORE_FILE);
    let bytes = fs::read(&path).unwrap();
    let quick = Store::read_unused(
        folder.path(),
        &InFile,
        &address(Collection::Secrets, "sales", "ingest"),
    );
    assert_eq!(quick.unwrap().unwrap().version, 12);
    let reading = open(folder.path());
    assert_format_1(&reading);
    assert!(reading.key_age().unwrap().made_at.is_none());
    assert!(fs::read(&path).unwrap() == bytes, "reading changes nothing");
    let mut writing = open(folder.path());
    assert_eq!(writing.write(&secrets("j"), &document("{}"), Expected::Any, &author()).unwrap(), 1);
    for store in [&reading, &writing, &open(folder.path())] {
        assert_format_1(store);
        assert_eq!(store.read(&secrets("j")).unwrap().version, 1);
    }
    // The old program names its columns by their count, so that it cannot write without a key.
    let old = rusqlite::Connection::open(&path).unwrap();
    let insert = "INSERT INTO versions VALUES ('secrets', 't', 'j', 1, 1, x'00')";
    assert!(old.execute(insert, []).is_err());
}

#[test]
fn a_store_of_format_1_rotates() {
    let folder = of_format_1();
    let reading = open(folder.path());
    let mut store = open(folder.path());
    assert_format_1(&reading);
    let old = blobs(
        folder.path(),
        "SELECT sealed FROM versions UNION ALL SELECT wrapped_data_key FROM store",
    );
    let bytes = fs::read(folder.path().join(STORE_FILE)).unwrap();
    let is_there = |bytes: &[u8]| {
        old.iter().any(|blob| bytes.windows(16).any(|window| window == &blob[blob.len() - 16..]))
    };
    assert!(is_there(&bytes));
    store.rotate(None).unwrap();
    for store in [&reading, &store, &open(folder.path())] {
        assert_format_1(store);
    }
    for name in [STORE_FILE, "store.db-wal"] {
        assert!(!is_there(&fs::read(folder.path().join(name)).unwrap()), "{name}");
    }
}
