//! Stores that an older vdk has written.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use vdk_api::Collection;
use vdk_store::*;

use crate::support::*;

/// A store that a vdk of that format has written: 12 versions of one document, and two more.
fn of_format(format: i64) -> tempfile::TempDir {
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
fn assert_whole(store: &Store) {
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
fn an_older_store_is_read_as_it_is_and_grows_with_the_first_write() {
    for format in [1, 2] {
        let folder = of_format(format);
        let path = folder.path().join(STORE_FILE);
        let bytes = fs::read(&path).unwrap();
        let ingest = address(Collection::Secrets, "sales", "ingest");
        let quick = Store::read_unused(folder.path(), &InFile, &ingest);
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
        // The old programs name the columns by their count, so that they cannot write.
        for insert in [
            "INSERT INTO heads VALUES ('secrets', 't', 'j', 1, x'00')",
            "INSERT INTO heads VALUES ('secrets', 't', 'j', 1, x'00', 1)",
        ] {
            assert!(old.execute(insert, []).is_err());
        }
    }
}

#[test]
fn an_older_store_rotates() {
    for (format, sealed) in [
        (1, "SELECT sealed FROM versions UNION ALL SELECT wrapped_data_key FROM store"),
        (2, "SELECT sealed FROM versions UNION ALL SELECT wrapped FROM data_keys"),
    ] {
        let folder = of_format(format);
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
fn damage_in_an_older_store_stays_where_it_is() {
    let folder = of_format(2);
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
