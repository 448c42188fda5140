//! Tests stores in the formats of older versions.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use vdk_api::Collection;
use vdk_store::*;

use crate::support::*;

/// Copies a store of an older format: 12 versions of one document, and two more documents.
pub fn store_of_format(format: i64) -> tempfile::TempDir {
    let folder = folder();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/format-{format}"));
    for name in [STORE_FILE, KEY_FILE] {
        let to = folder.path().join(name);
        fs::copy(from.join(name), &to).unwrap();
        fs::set_permissions(to, fs::Permissions::from_mode(0o600)).unwrap();
    }
    folder
}

#[track_caller]
pub fn assert_whole(store: &Store) {
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
fn reads_older_formats_unchanged_and_upgrades_at_the_first_write() {
    for format in [1, 2, 3] {
        let folder = store_of_format(format);
        let path = folder.path().join(STORE_FILE);
        let bytes = fs::read(&path).unwrap();
        let ingest = address(Collection::Secrets, "sales", "ingest");
        let quick = Store::read_unused(folder.path(), &KEYS, &ingest);
        assert_eq!(quick.unwrap().unwrap().version, 12);
        let reading = open(folder.path());
        assert_whole(&reading);
        assert_eq!(reading.read(&secrets("j")).unwrap().version, 0);
        assert_eq!(reading.key_age().unwrap().made_at.is_none(), format == 1);
        assert!(fs::read(&path).unwrap() == bytes, "reading changes nothing");
        let old = rusqlite::Connection::open(&path).unwrap();
        let mut writing = open(folder.path());
        let write = writing.write(&secrets("j"), &document("{}"), Expected::Any, &author());
        assert_eq!(write.unwrap(), 1);
        for store in [&reading, &writing, &open(folder.path())] {
            assert_whole(store);
            assert_eq!(store.read(&secrets("j")).unwrap().version, 1);
        }
        let n13 = document("{\"n\":13}");
        assert_eq!(writing.write(&ingest, &n13, Expected::Version(12), &author()).unwrap(), 13);
        assert_eq!(*reading.read(&ingest).unwrap().document.to_json(), "{\"n\":13}");
        // Old versions do not name the columns in their inserts, so they cannot write.
        for insert in [
            "INSERT INTO heads VALUES ('secrets', 't', 'j', 1, x'00')",
            "INSERT INTO heads VALUES ('secrets', 't', 'j', 1, x'00', 1)",
        ] {
            assert!(old.execute(insert, []).is_err());
        }
        // Version 3 checks in every transaction that the store has its format.
        let keys_hold = old.query_row("SELECT 1 FROM store WHERE format = 3", [], |_| Ok(()));
        assert!(keys_hold.is_err());
        assert_eq!((writing.count().unwrap().documents, writing.count().unwrap().missing), (4, 0));
    }
}

#[test]
fn rotates_keys_of_older_formats() {
    for (format, sealed) in [
        (1, "SELECT sealed FROM versions UNION ALL SELECT wrapped_data_key FROM store"),
        (2, "SELECT sealed FROM versions UNION ALL SELECT wrapped FROM data_keys"),
        (3, "SELECT sealed FROM versions UNION ALL SELECT wrapped FROM data_keys"),
    ] {
        let folder = store_of_format(format);
        let reading = open(folder.path());
        let mut store = open(folder.path());
        assert_whole(&reading);
        let old = blobs(folder.path(), sealed);
        let bytes = fs::read(folder.path().join(STORE_FILE)).unwrap();
        let is_there = |bytes: &[u8]| {
            let ends = |blob: &Vec<u8>| blob[blob.len() - 16..].to_vec();
            old.iter().any(|blob| bytes.windows(16).any(|window| window == ends(blob)))
        };
        assert!(is_there(&bytes));
        store.rotate(None).unwrap();
        for store in [&reading, &store, &open(folder.path())] {
            assert_whole(store);
        }
        for name in [STORE_FILE, "store.db-wal"] {
            assert!(!is_there(&fs::read(folder.path().join(name)).unwrap()), "{name}");
        }
    }
}

#[test]
fn confines_damage_in_older_formats() {
    let folder = store_of_format(2);
    tamper(
        folder.path(),
        "UPDATE heads SET version = 3 WHERE collection = 'secrets';
         UPDATE heads SET team = x'ff' WHERE job = 'report'",
    );
    let mut store = open(folder.path());
    for _ in 0..2 {
        for (collection, job) in
            [(Collection::Secrets, "ingest"), (Collection::Properties, "report")]
        {
            let read = store.read(&address(collection, "sales", job));
            assert!(matches!(read, Err(StoreError::Damaged(_))), "{job}: {read:?}");
        }
        store.read(&address(Collection::Properties, "sales", "ingest")).unwrap();
        store.write(&secrets("j"), &document("{}"), Expected::Any, &author()).unwrap();
    }
}
