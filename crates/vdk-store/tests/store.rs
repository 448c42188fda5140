//! Tests the basic operations of the store.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use vdk_api::{Author, Changes, Collection, Document, JsonText, MAX_DOCUMENT_BYTES};
use vdk_store::*;

use crate::support::*;

#[test]
fn reads_back_what_was_written_to_the_byte() {
    let folder = folder();
    let json = r#"{"z":1.50,"a":{"n":null,"e":1E400},"":"","ü\n":"\u00e4"}"#;
    open(folder.path()).write(&secrets("j"), &document(json), Expected::Any, &author()).unwrap();
    let stored = open(folder.path()).read(&secrets("j")).unwrap();
    assert_eq!(*stored.document.to_json(), json);
    assert_eq!(stored.version, 1);
    assert_eq!(open(folder.path()).read(&secrets("other")).unwrap().version, 0);
}

#[test]
fn reads_quickly_only_when_the_store_is_unused_and_whole() {
    let folder = folder();
    let read = || Store::read_unused(folder.path(), &KEYS, &secrets("j")).unwrap();
    assert!(read().is_none(), "there is no store yet");
    let mut store = open(folder.path());
    store.write(&secrets("j"), &document("{\"a\":1}"), Expected::Any, &author()).unwrap();
    assert!(read().is_none(), "the store is in use");
    drop(store);
    assert_eq!(*read().unwrap().document.to_json(), "{\"a\":1}");
    assert!(!folder.path().join("store.db-wal").exists(), "reading left nothing behind");
    fs::write(folder.path().join("store.db-journal"), "").unwrap();
    assert!(read().is_none(), "another kind of log");
    fs::remove_file(folder.path().join("store.db-journal")).unwrap();
    tamper(folder.path(), "UPDATE heads SET version = 2");
    assert!(read().is_none(), "damage is left to the careful way to tell");
}

#[test]
fn refuses_a_log_whose_store_was_moved_away() {
    let folder = folder();
    let mut old = open(folder.path());
    old.write(&secrets("j"), &document("{\"a\":1}"), Expected::Any, &author()).unwrap();
    let log = fs::read(folder.path().join("store.db-wal")).unwrap();
    drop(old);
    fs::remove_file(folder.path().join(STORE_FILE)).unwrap();
    fs::write(folder.path().join("store.db-wal"), &log).unwrap();
    let opened = Store::open_or_create(folder.path(), &KEYS).map(|_| ());
    assert!(matches!(opened, Err(StoreError::LogAlone { .. })), "{opened:?}");
    assert_eq!(fs::read(folder.path().join("store.db-wal")).unwrap(), log, "it may be needed");
    fs::write(folder.path().join("store.db-wal"), "").unwrap();
    let mut new = open(folder.path());
    assert_eq!(new.read(&secrets("j")).unwrap().version, 0);
    new.write(&secrets("j"), &document("{\"b\":1}"), Expected::Version(0), &author()).unwrap();
}

#[cfg(unix)]
#[test]
fn reads_and_writes_through_a_symbolic_link() {
    let (folder, elsewhere) = (folder(), folder());
    drop(open(folder.path()));
    let real = elsewhere.path().join("real.db");
    fs::rename(folder.path().join(STORE_FILE), &real).unwrap();
    std::os::unix::fs::symlink(&real, folder.path().join(STORE_FILE)).unwrap();
    let mut store = open(folder.path());
    for n in 1..=3 {
        let json = format!("{{\"n\":{n}}}");
        store.write(&secrets("j"), &document(&json), Expected::Version(n - 1), &author()).unwrap();
        assert!(Store::read_unused(folder.path(), &KEYS, &secrets("j")).unwrap().is_none());
        assert_eq!(*store.read(&secrets("j")).unwrap().document.to_json(), json);
    }
}

#[test]
fn creates_nothing_when_opening_a_missing_store() {
    let folder = folder();
    assert!(Store::open(&folder.path().join("none"), &KEYS).unwrap().is_none());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn rejects_a_write_for_another_version() {
    let folder = folder();
    let mut store = open(folder.path());
    let at = secrets("j");
    assert_eq!(
        store.write(&at, &document("{\"a\":1}"), Expected::Version(0), &author()).unwrap(),
        1
    );
    let stale = store.write(&at, &document("{\"a\":2}"), Expected::Version(0), &author());
    assert!(matches!(stale, Err(StoreError::Conflict { current: 1, expected: 0 })), "{stale:?}");
    assert_eq!(*store.read(&at).unwrap().document.to_json(), "{\"a\":1}");
}

#[test]
fn keeps_ten_versions_readable() {
    let folder = folder();
    let mut store = open(folder.path());
    for n in 1..=25 {
        store
            .write(&secrets("j"), &document(&format!("{{\"n\":{n}}}")), Expected::Any, &author())
            .unwrap();
    }
    let kept: Vec<_> = store.versions(&secrets("j")).unwrap().iter().map(|v| v.version).collect();
    assert_eq!(kept, (16..=25).rev().collect::<Vec<_>>());
    let read = |version| store.read_version(&secrets("j"), version).unwrap();
    assert_eq!(*read(16).unwrap().json, "{\"n\":16}");
    assert!(read(15).is_none());
}

#[test]
fn lists_authors_and_keys_of_versions() {
    let folder = folder();
    let mut store = open(folder.path());
    let mut write = |json: &str, who: &str| {
        let author = Author { who: who.into(), op_id: "1\n[2".into() };
        store.write(&secrets("j"), &document(json), Expected::Any, &author).unwrap();
    };
    write(r#"{"a":1,"b":2}"#, "ana");
    write(r#"{"a":1,"b":3,"c":4}"#, "bob");
    write(r#"{"c":4}"#, "");
    let versions = store.versions(&secrets("j")).unwrap();
    let told: Vec<_> = versions.iter().map(|v| (v.version, v.who.as_deref())).collect();
    assert_eq!(told, [(3, None), (2, Some("bob")), (1, Some("ana"))]);
    assert!(versions.iter().all(|v| v.op_id.as_deref() == Some("1\n[2")));
    let keys = |added: &[&str], changed: &[&str], removed: &[&str]| {
        let own = |keys: &[&str]| keys.iter().map(|key| key.to_string()).collect();
        Some(Changes { added: own(added), changed: own(changed), removed: own(removed) })
    };
    assert_eq!(versions[0].changes, keys(&[], &[], &["a", "b"]));
    assert_eq!(versions[1].changes, keys(&["c"], &["b"], &[]));
    assert_eq!(versions[2].changes, keys(&["a", "b"], &[], &[]));
    for n in 0..9 {
        store
            .write(&secrets("j"), &document(&format!("{{\"n\":{n}}}")), Expected::Any, &author())
            .unwrap();
    }
    let oldest = store.versions(&secrets("j")).unwrap().pop().unwrap();
    assert_eq!((oldest.version, oldest.changes), (3, None), "what was before it is gone");
}

#[test]
fn enforces_the_exact_size_limit_before_writing() {
    let folder = folder();
    let mut store = open(folder.path());
    let sized = |bytes: usize| {
        let around = "{\"k\":\"\"}".len();
        Document::from_iter([("k".to_string(), JsonText::from_text(&"x".repeat(bytes - around)))])
    };
    store.write(&secrets("j"), &sized(MAX_DOCUMENT_BYTES), Expected::Any, &author()).unwrap();
    let over = store.write(&secrets("j"), &sized(MAX_DOCUMENT_BYTES + 1), Expected::Any, &author());
    assert!(matches!(over, Err(StoreError::TooLarge { size: 1_048_577, limit: 1_048_576 })));
    assert_eq!(store.read(&secrets("j")).unwrap().version, 1);
}

#[test]
fn never_mixes_up_two_names() {
    let folder = folder();
    let mut store = open(folder.path());
    let parts = ["a", "b", "c", "a/b", "b/c", "a%2Fb", "A", "a.", "é", "e\u{301}", "a ", "a|b"];
    let mut addresses = HashSet::new();
    for collection in [Collection::Secrets, Collection::Properties] {
        for team in parts {
            for job in parts {
                addresses.insert(address(collection, team, job));
            }
        }
    }
    for (n, at) in addresses.iter().enumerate() {
        store
            .write(at, &document(&format!("{{\"n\":{n}}}")), Expected::Version(0), &author())
            .unwrap();
    }
    for (n, at) in addresses.iter().enumerate() {
        assert_eq!(*store.read(at).unwrap().document.to_json(), format!("{{\"n\":{n}}}"));
    }
}

#[test]
fn parallel_writers_lose_nothing() {
    let folder = folder();
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let folder = folder.path();
            scope.spawn(move || {
                let mut store = open(folder);
                for n in 0..10 {
                    loop {
                        let Stored { mut document, version } = store.read(&secrets("j")).unwrap();
                        document.set(format!("k{writer}-{n}"), JsonText::from_text("v"));
                        match store.write(
                            &secrets("j"),
                            &document,
                            Expected::Version(version),
                            &author(),
                        ) {
                            Ok(_) => break,
                            Err(StoreError::Conflict { .. }) => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                }
            });
        }
    });
    assert_eq!(open(folder.path()).read(&secrets("j")).unwrap().document.len(), 80);
}

#[test]
fn a_backup_opens_with_the_same_key() {
    let (folder, other) = (folder(), folder());
    let mut store = open(folder.path());
    store.write(&secrets("j"), &document("{\"a\":1}"), Expected::Any, &author()).unwrap();
    store.back_up(&other.path().join(STORE_FILE)).unwrap();
    fs::copy(folder.path().join(KEY_FILE), other.path().join(KEY_FILE)).unwrap();
    assert_eq!(*open(other.path()).read(&secrets("j")).unwrap().document.to_json(), "{\"a\":1}");
    assert!(store.back_up(&other.path().join(STORE_FILE)).is_err(), "an existing file stays");
    assert!(store.back_up(Path::new("/no/such/folder/x")).is_err());
    let bytes = fs::read(other.path().join(STORE_FILE)).unwrap();
    assert_eq!(bytes[18..20], [2, 2], "it logs ahead as the original does");
}

#[cfg(unix)]
#[test]
fn makes_folder_and_files_private_to_the_owner() {
    use std::os::unix::fs::PermissionsExt;
    let outer = folder();
    let folder = outer.path().join("x/y");
    let mut store = open(&folder);
    store.write(&secrets("j"), &document("{}"), Expected::Any, &author()).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for name in ["store.db", "store.db-wal", "store.db-shm", KEY_FILE] {
        assert_eq!(mode(&folder.join(name)), 0o600, "{name}");
    }
    fs::set_permissions(folder.join(KEY_FILE), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(
        Store::open(&folder, &KEYS),
        Err(StoreError::Key(KeyError::File { why, .. })) if why.contains("others")
    ));
}

/// Keeps keys beside the store, and the notices that it tells.
#[cfg(unix)]
fn telling() -> (FileKeyring, std::sync::Arc<std::sync::Mutex<Vec<String>>>) {
    let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let tell = told.clone();
    let keys = FileKeyring::new(None, "", move |notice| {
        tell.lock().unwrap().push(match notice {
            Notice::StoreMade { .. } => "made".to_string(),
            Notice::State { path, state } => format!("{} {state}", path.display()),
        });
    });
    (keys, told)
}

#[cfg(unix)]
#[test]
fn restricts_a_key_file_that_a_volume_has_given_to_a_group() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    let folder = folder();
    drop(open(folder.path()));
    let path = folder.path().join(KEY_FILE);
    let is_root = fs::metadata(&path).unwrap().uid() == 0;
    // Root's file of a mounted secret is as the operator has chosen it.
    let set = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    for (given, kept) in
        [(0o660, 0o600), (0o620, 0o600), (0o440, if is_root { 0o440 } else { 0o400 })]
    {
        set(given);
        let (keys, told) = telling();
        drop(Store::open(folder.path(), &keys).unwrap().unwrap());
        assert_eq!(mode(), kept, "{given:03o}");
        let told = told.lock().unwrap();
        assert_eq!(
            told.iter().any(|told| told.contains("by its group")),
            given != kept,
            "{told:?}"
        );
    }
    set(0o600);
    if is_root {
        // Somebody else may have put it there, unless the folder is theirs, too.
        chown(&path, Some(12345), Some(12345)).unwrap();
        let planted = Store::open(folder.path(), &KEYS).map(|_| ());
        assert!(
            matches!(&planted, Err(StoreError::Key(KeyError::File { why, .. })) if why.contains("another user")),
            "{planted:?}"
        );
        chown(folder.path(), Some(12345), Some(12345)).unwrap();
        Store::open(folder.path(), &KEYS).unwrap().unwrap();
    }
}

#[cfg(unix)]
#[test]
fn closes_a_folder_that_others_can_change() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    open(folder.path()).write(&secrets("j"), &document("{}"), Expected::Any, &author()).unwrap();
    type Open = fn(&Path, &FileKeyring);
    let ways: [Open; 3] = [
        |folder, keys| drop(Store::open_or_create(folder, keys).unwrap()),
        |folder, keys| drop(Store::open_to_read(folder, keys).unwrap()),
        |folder, keys| drop(Store::read_unused(folder, keys, &secrets("j")).unwrap().unwrap()),
    ];
    for open in ways {
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let (keys, told) = telling();
        open(folder.path(), &keys);
        let told = told.lock().unwrap();
        assert!(told.len() == 1 && told[0].contains("could be changed by other users"), "{told:?}");
        let mode = fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o755);
    }
}
