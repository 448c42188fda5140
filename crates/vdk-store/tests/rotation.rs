//! Tests the rotation of both keys during reads, writes and interruptions. Nothing is lost, and no
//! ciphertext of the old keys is left.

use std::collections::HashSet;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use vdk_store::*;

use crate::support::*;

/// Creates a store whose documents have one to twenty versions.
fn filled(folder: &Path) -> Store {
    let mut store = open(folder);
    for job in 0..20 {
        for n in 0..=job {
            let json = format!("{{\"n\":{n},\"text\":\"{}\"}}", "x".repeat(job * 300));
            store
                .write(&secrets(&format!("j{job}")), &document(&json), Expected::Any, &author())
                .unwrap();
        }
    }
    store
}

/// Checks everything that [`filled`] wrote and that is kept.
#[track_caller]
fn assert_filled(store: &Store) {
    for job in 0..20 {
        let address = secrets(&format!("j{job}"));
        let stored = store.read(&address).unwrap();
        assert_eq!(stored.document.get("n").unwrap().expose(), job.to_string());
        let versions = store.versions(&address).unwrap();
        assert_eq!(versions.len(), (job + 1).min(10));
        assert!(versions.iter().all(|version| version.who.as_deref() == Some("ana")));
    }
}

fn key_text(folder: &Path) -> String {
    fs::read_to_string(folder.join(KEY_FILE)).unwrap()
}

const SEALED: &str = "SELECT sealed FROM versions UNION ALL SELECT tag FROM heads UNION ALL SELECT sealed FROM heads WHERE sealed IS NOT NULL UNION ALL SELECT wrapped FROM data_keys";

/// Counts the 16-byte pieces of `old` in the files of the store.
fn pieces_left(folder: &Path, old: &[Vec<u8>]) -> usize {
    let pieces: HashSet<&[u8]> = old.iter().flat_map(|blob| blob.chunks_exact(16)).collect();
    assert!(pieces.len() > 100);
    let mut left = 0;
    for name in [STORE_FILE, "store.db-wal"] {
        let bytes = fs::read(folder.join(name)).unwrap();
        left += bytes.windows(16).filter(|window| pieces.contains(window)).count();
    }
    left
}

#[test]
fn replaces_both_keys_and_removes_all_old_ciphertext() {
    let folder = folder();
    let mut store = filled(folder.path());
    let old_key = key_text(folder.path());
    // Ciphertext that was deleted or moved before counts as well.
    let mut old = blobs(folder.path(), SEALED);
    for n in 0..15 {
        let json = format!("{{\"n\":{n},\"text\":\"{}\"}}", "y".repeat(n * 700));
        store.write(&secrets("gone"), &document(&json), Expected::Any, &author()).unwrap();
        old.extend(blobs(folder.path(), SEALED));
    }
    assert!(pieces_left(folder.path(), &old) > 100, "the check sees what is there");
    let rotated = store.rotate(None).unwrap();
    assert!(rotated.remains.is_none() && rotated.unsettled.is_none(), "{rotated:?}");
    assert_eq!((rotated.resealed, rotated.damaged), (21 + 11 + 55 + 100 + 10, 0));
    assert_filled(&store);
    assert_eq!(pieces_left(folder.path(), &old), 0);

    let new_key = key_text(folder.path());
    assert_ne!(new_key, old_key);
    let aside = KEYS.replaced(folder.path(), &rotated.old[0].1).path().to_path_buf();
    assert_eq!(fs::read_to_string(&aside).unwrap(), old_key, "backups need it");
    drop(store);
    assert_filled(&open(folder.path()));
    fs::remove_file(folder.path().join(KEY_FILE)).unwrap();
    let refused = Store::open(folder.path(), &KEYS).map(|_| ());
    assert!(matches!(
        refused,
        Err(StoreError::Key(KeyError::Wrong { .. } | KeyError::Missing { .. }))
    ));
    fs::rename(&aside, folder.path().join(KEY_FILE)).unwrap();
    let refused = Store::open(folder.path(), &KEYS).map(|_| ());
    assert!(matches!(refused, Err(StoreError::Key(KeyError::Wrong { .. }))), "{refused:?}");
}

#[test]
fn opens_an_older_backup_with_the_key_that_was_set_aside() {
    let folder = folder();
    let copy = folder.path().join("copy.db");
    let mut store = filled(folder.path());
    store.back_up(&copy).unwrap();
    for _ in 0..3 {
        store.rotate(None).unwrap();
    }
    drop(store);
    fs::rename(&copy, folder.path().join(STORE_FILE)).unwrap();
    assert_filled(&open(folder.path()));
}

#[test]
fn picks_up_new_keys_in_open_stores() {
    let folder = folder();
    let mut rotating = filled(folder.path());
    let (mut open_one, reading) = (open(folder.path()), open(folder.path()));
    for n in 1..=3 {
        rotating.rotate(None).unwrap();
        assert_filled(&reading);
        let json = format!("{{\"n\":{n}}}");
        open_one
            .write(&secrets("j"), &document(&json), Expected::Version(n - 1), &author())
            .unwrap();
        assert_eq!(*rotating.read(&secrets("j")).unwrap().document.to_json(), json);
        assert_eq!(reading.key(), rotating.key());
    }
    assert_eq!(blobs(folder.path(), "SELECT wrapped FROM data_keys").len(), 1);
    assert!(rotating.key_age().unwrap().made_at.unwrap().starts_with("20"));
}

#[test]
fn rejects_rows_encrypted_with_an_old_key() {
    let folder = folder();
    let mut store = filled(folder.path());
    let reading = open(folder.path());
    let attach = format!("ATTACH '{}' AS old;", folder.path().join("old.db").display());
    let keep = "CREATE TABLE old.versions AS SELECT * FROM main.versions WHERE job = 'j3';
                CREATE TABLE old.heads AS SELECT * FROM main.heads WHERE job = 'j3'";
    tamper(folder.path(), &format!("{attach} {keep}"));
    store.rotate(None).unwrap();
    let put_back = "DELETE FROM versions WHERE job = 'j3';
                    INSERT INTO versions SELECT * FROM old.versions;
                    INSERT OR REPLACE INTO heads SELECT * FROM old.heads";
    tamper(folder.path(), &format!("{attach} {put_back}"));
    for store in [&store, &reading, &open(folder.path())] {
        let read = store.read(&secrets("j3"));
        assert!(matches!(read, Err(StoreError::Damaged(_))), "{read:?}");
        assert_eq!(store.read(&secrets("j4")).unwrap().version, 5);
    }
}

#[test]
fn serves_sixteen_writers_during_a_rotation() {
    let folder = folder();
    drop(filled(folder.path()));
    let (done, written) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for writer in 0..16 {
            let (folder, done, written) = (folder.path(), &done, &written);
            scope.spawn(move || {
                let address = secrets(&format!("writer{writer}"));
                let mut store = open(folder);
                for version in 0.. {
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                    // Some writers open the store each time, as the command line does.
                    if writer % 4 == 0 {
                        store = open(folder);
                    }
                    let json = format!("{{\"n\":{version}}}");
                    let expected = Expected::Version(version);
                    store.write(&address, &document(&json), expected, &author()).unwrap();
                    let stored = store.read(&address).unwrap();
                    assert_eq!((*stored.document.to_json()).as_str(), json);
                    if let Some(quick) = Store::read_unused(folder, &KEYS, &address).unwrap() {
                        assert_eq!(quick.version, version + 1);
                    }
                    written.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let mut store = open(folder.path());
        let mut rotations = 0;
        // Rotates until there were enough writes in between.
        while rotations < 3 || written.load(Ordering::Relaxed) < 200 {
            let rotated = store.rotate(None);
            if rotated.is_err() {
                done.store(true, Ordering::Relaxed);
            }
            assert_eq!(rotated.unwrap().damaged, 0);
            rotations += 1;
        }
        done.store(true, Ordering::Relaxed);
    });
    let store = open(folder.path());
    assert_filled(&store);
    let total: u64 =
        (0..16).map(|n| store.read(&secrets(&format!("writer{n}"))).unwrap().version).sum();
    assert_eq!(total, written.load(Ordering::Relaxed) as u64);
}

#[test]
fn completes_an_interrupted_rotation_and_loses_nothing() {
    let breaks = [
        ("the key is kept", "BEFORE INSERT ON data_keys"),
        ("the new data key is there", "BEFORE UPDATE ON heads"),
        ("the heads are half done", "BEFORE UPDATE ON heads WHEN old.job = 'j5'"),
        ("the versions are half done", "BEFORE UPDATE ON versions WHEN old.job = 'j19'"),
        ("the versions are done", "BEFORE DELETE ON data_keys"),
    ];
    for (what, when) in breaks {
        let folder = folder();
        let mut store = filled(folder.path());
        for _ in 0..2 {
            tamper(
                folder.path(),
                &format!("CREATE TRIGGER stop {when} BEGIN SELECT RAISE(ABORT, 'stopped'); END"),
            );
            let broken = store.rotate(None);
            assert!(matches!(&broken, Err(StoreError::Database(_))), "{what}: {broken:?}");
            assert_filled(&store);
            drop(store);
            tamper(folder.path(), "DROP TRIGGER stop");
            store = open(folder.path());
            assert_filled(&store);
            assert_eq!(store.key_age().unwrap().rotating, what != "the key is kept");
            store.write(&secrets("more"), &document("{}"), Expected::Any, &author()).unwrap();
        }
        // Foreign rows must not become keys to forget.
        tamper(
            folder.path(),
            "CREATE TABLE IF NOT EXISTS replaced_keys (sealed BLOB NOT NULL);
             INSERT INTO replaced_keys VALUES ('keyring 0123456789ab'), (zeroblob(60));",
        );
        let rotated = store.rotate(None).unwrap();
        assert_eq!((rotated.damaged, rotated.resealed), (0, 20 + 12 + 55 + 100 + 3), "{what}");
        // The result names the keys of all unfinished rotations; after a complete one only its own.
        let begun = if what == "the key is kept" { 1 } else { 3 };
        let places = |keys: &[(KeyPlace, String)]| -> Vec<_> {
            keys.iter()
                .map(|(_, id)| KEYS.replaced(folder.path(), id).path().to_path_buf())
                .collect()
        };
        assert_eq!(rotated.old.len(), begun, "{what}");
        assert!(places(&rotated.old).iter().all(|path| path.exists()), "{what}");
        assert_eq!(store.rotate(None).unwrap().old, [rotated.new], "{what}");
        assert!(!store.key_age().unwrap().rotating);
        assert_filled(&store);
        assert_eq!(blobs(folder.path(), "SELECT wrapped FROM data_keys").len(), 1, "{what}");
        assert!(!folder.path().join("master.key.new").exists(), "{what}");
    }
}

#[test]
fn re_encrypts_rows_that_move_during_a_rotation() {
    let folder = folder();
    let mut store = filled(folder.path());
    // Another program's VACUUM moves rows, and a writer removes the damaged one.
    tamper(
        folder.path(),
        "UPDATE versions SET written_at = 7 WHERE job = 'j2' AND version = 1;
         CREATE TRIGGER moves AFTER UPDATE ON versions WHEN old.job = 'j12' AND old.version = 12
         BEGIN
             UPDATE versions SET rowid = -5 WHERE job = 'j19' AND version = 20;
             DELETE FROM versions WHERE job = 'j2' AND version = 1;
         END",
    );
    let rotated = store.rotate(None).unwrap();
    assert_eq!(store.read(&secrets("j19")).unwrap().version, 20);
    assert_eq!((rotated.damaged, rotated.resealed), (0, 20 + 11 + 55 + 100 - 1));
}

/// Keeps keys in files and is killed before it moves the next key into place.
struct KilledBeforeSettle;

impl MasterKeys for KilledBeforeSettle {
    fn create(&self, folder: &Path) -> Result<(KeyPlace, MasterKey), KeyError> {
        KEYS.create(folder)
    }

    fn load(&self, place: KeyPlace, id: &str, folder: &Path) -> Result<MasterKey, KeyError> {
        KEYS.load(place, id, folder)
    }

    fn keep(
        &self,
        place: KeyPlace,
        key: &MasterKey,
        folder: &Path,
        file: Option<&Path>,
    ) -> Result<KeyPlace, KeyError> {
        KEYS.keep(place, key, folder, file)
    }

    fn shared(&self) -> Arc<dyn MasterKeys> {
        Arc::new(KilledBeforeSettle)
    }
}

#[test]
fn finds_a_new_key_beside_the_old_one_and_puts_it_in_place() {
    let folder = folder();
    drop(filled(folder.path()));
    let old = key_text(folder.path());
    Store::open(folder.path(), &KilledBeforeSettle).unwrap().unwrap().rotate(None).unwrap();
    assert_eq!(key_text(folder.path()), old);
    assert_filled(&Store::open_to_read(folder.path(), &KEYS).unwrap().unwrap());
    assert!(folder.path().join("master.key.new").exists(), "reading moves nothing");
    let store = open(folder.path());
    assert_filled(&store);
    assert!(!folder.path().join("master.key.new").exists());
    assert_eq!(MasterKey::from_text(&key_text(folder.path())).unwrap().id(), store.key().1);
}

#[test]
fn rejects_a_second_rotation_at_the_same_time() {
    let folder = folder();
    let mut store = filled(folder.path());
    let lock = File::create(folder.path().join("rotate.lock")).unwrap();
    lock.lock().unwrap();
    let bytes = fs::read(folder.path().join(STORE_FILE)).unwrap();
    assert!(matches!(store.rotate(None), Err(StoreError::Rotating)));
    assert_eq!(fs::read(folder.path().join(STORE_FILE)).unwrap(), bytes);
    drop(lock);
    let done = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| match open(folder.path()).rotate(None) {
                Ok(_) => _ = done.fetch_add(1, Ordering::Relaxed),
                Err(StoreError::Rotating) => {}
                Err(error) => panic!("{error}"),
            });
        }
    });
    assert!(done.into_inner() >= 1);
    assert_filled(&store);
}

#[test]
fn re_encrypts_the_rest_when_rows_are_damaged() {
    let folder = folder();
    let mut store = filled(folder.path());
    tamper(
        folder.path(),
        "UPDATE versions SET written_at = 7 WHERE job = 'j2' AND version = 3;
         UPDATE heads SET version = 1 WHERE job = 'j3';
         UPDATE heads SET team = CAST(x'ff80' AS TEXT) WHERE job = 'j0';
         UPDATE versions SET sealed = 5 WHERE job IN ('j1', 'j15')",
    );
    let rotated = store.rotate(None).unwrap();
    assert_eq!(rotated.damaged, 1 + 2 + 2 + 2 + 10);
    for job in ["j0", "j3", "j15"] {
        let read = store.read(&secrets(job));
        assert!(read.is_err(), "{job}: {read:?}");
    }
    assert!(store.read_version(&secrets("j2"), 3).is_err());
    assert_eq!(store.read_version(&secrets("j2"), 2).unwrap().unwrap().version, 2);
    // The heads contain a second copy of small documents.
    for (job, version) in [("j1", 2), ("j2", 3), ("j4", 5)] {
        assert_eq!(store.read(&secrets(job)).unwrap().version, version);
    }
    assert_eq!(store.rotate(None).unwrap().damaged, 17);
}

#[test]
fn changes_nothing_without_the_right_key() {
    let folder = folder();
    let mut store = filled(folder.path());
    store.rotate(None).unwrap();
    let files = || {
        [STORE_FILE, "store.db-wal", KEY_FILE].map(|name| fs::read(folder.path().join(name)).ok())
    };
    let path = folder.path().join(KEY_FILE);
    let right = fs::read(&path).unwrap();
    let wrong = MasterKey::generate().unwrap();
    for (what, mode) in [("wrong", 0o600), ("missing", 0), ("open", 0o644)] {
        fs::remove_file(&path).unwrap();
        match what {
            "missing" => {}
            "wrong" => KeyFile::at(&path).create(&wrong).unwrap(),
            _ => fs::write(&path, &right).unwrap(),
        }
        if mode != 0 {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
        let before = files();
        let refused = store.rotate(None);
        assert!(matches!(refused, Err(StoreError::Key(_))), "{what}: {refused:?}");
        assert!(Store::open_or_create(folder.path(), &KEYS).is_err(), "{what}");
        assert!(files() == before, "{what}");
        fs::write(&path, &right).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    store.rotate(None).unwrap();
    assert_filled(&open(folder.path()));
}
