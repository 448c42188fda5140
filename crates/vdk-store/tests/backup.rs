//! Tests backups and their restore: nothing that was acknowledged is lost, and nothing is replaced by
//! a backup that is not whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use vdk_store::*;

use crate::support::*;

const RESTORE: Restore = Restore { replace: false, accept_loss: false };
const REPLACE: Restore = Restore { replace: true, accept_loss: false };
const ACCEPT: Restore = Restore { replace: false, accept_loss: true };

/// Writes a document of some length with the number `n`.
fn put(store: &mut Store, job: &str, n: u64) {
    let json = format!("{{\"n\":{n},\"text\":\"{}\"}}", "x".repeat(n as usize % 5 * 1000));
    store.write(&secrets(job), &document(&json), Expected::Any, &author()).unwrap();
}

fn number(store: &Store, job: &str) -> u64 {
    let read = store.read(&secrets(job)).unwrap();
    read.document.get("n").map_or(0, |n| n.expose().parse().unwrap())
}

/// Creates a store with documents and a backup of it.
fn backed_up() -> (TempDir, PathBuf) {
    let folder = folder();
    let mut store = open(folder.path());
    for n in 1..=12 {
        put(&mut store, "a", n);
        put(&mut store, &format!("j{n}"), n);
    }
    let backup = folder.path().join("backup.db");
    let findings = store.back_up(&backup).unwrap();
    assert!(findings.is_whole() && findings.documents == 13, "{findings:?}");
    (folder, backup)
}

/// Creates an empty folder that has the key of the store in `from`.
fn with_key_of(from: &Path) -> TempDir {
    let folder = folder();
    fs::copy(from.join(KEY_FILE), folder.path().join(KEY_FILE)).unwrap();
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn restores_everything_that_was_written() {
    let (from, backup) = backed_up();
    let to = with_key_of(from.path());
    let restored = RESTORE.file(&backup, to.path(), &KEYS).unwrap();
    assert!(restored.findings.is_whole() && restored.replaced.is_none(), "{restored:?}");
    assert_eq!(names(to.path()), ["create.lock", KEY_FILE, STORE_FILE]);
    let mut store = open(to.path());
    assert_eq!(restored.key, store.key());
    let versions = store.versions(&secrets("a")).unwrap();
    assert_eq!((versions.len(), number(&store, "a"), number(&store, "j7")), (10, 12, 7));
    put(&mut store, "a", 13);
    let again = RESTORE.file(&backup, to.path(), &KEYS);
    assert!(matches!(again, Err(RestoreError::Open | RestoreError::NotEmpty)), "{again:?}");
    assert_eq!(number(&store, "a"), 13);
}

#[test]
fn replaces_an_empty_store_only() {
    let (from, backup) = backed_up();
    let to = with_key_of(from.path());
    let mut store = open(to.path());
    let refused = RESTORE.file(&backup, to.path(), &KEYS);
    assert!(matches!(refused, Err(RestoreError::Open)), "{refused:?}");
    drop(store);
    RESTORE.file(&backup, to.path(), &KEYS).unwrap();
    store = open(to.path());
    put(&mut store, "a", 99);
    drop(store);
    let refused = RESTORE.file(&backup, to.path(), &KEYS);
    assert!(matches!(refused, Err(RestoreError::NotEmpty)), "{refused:?}");
    assert_eq!(number(&open(to.path()), "a"), 99);
    let restored = REPLACE.file(&backup, to.path(), &KEYS).unwrap();
    assert_eq!(number(&open(to.path()), "a"), 12);
    // What was replaced is a store as well.
    let kept = restored.replaced.unwrap();
    REPLACE.file(&kept, to.path(), &KEYS).unwrap();
    assert_eq!(number(&open(to.path()), "a"), 99);
}

#[test]
fn keeps_a_damaged_store_that_is_replaced() {
    let (from, backup) = backed_up();
    let path = from.path().join(STORE_FILE);
    fs::write(&path, "not a database, but long enough to be taken for one").unwrap();
    let refused = RESTORE.file(&backup, from.path(), &KEYS);
    assert!(matches!(refused, Err(RestoreError::Unreadable(_))), "{refused:?}");
    let restored = REPLACE.file(&backup, from.path(), &KEYS).unwrap();
    let kept = restored.replaced.unwrap();
    assert!(fs::read(&kept).unwrap().starts_with(b"not a database"));
    assert_eq!(number(&open(from.path()), "a"), 12);
}

#[test]
fn leaves_a_store_usable_after_a_crash_and_a_refused_restore() {
    let (from, backup) = backed_up();
    let mut store = open(from.path());
    store.mark_in_use(Duration::ZERO).unwrap();
    put(&mut store, "a", 13);
    let to = with_key_of(from.path());
    for name in [STORE_FILE, "store.db-wal"] {
        fs::copy(from.path().join(name), to.path().join(name)).unwrap();
    }
    let refused = RESTORE.file(&backup, to.path(), &KEYS);
    assert!(matches!(refused, Err(RestoreError::NotEmpty)), "{refused:?}");
    assert_eq!(number(&open(to.path()), "a"), 13);
    // Without its log, the store stays noticed.
    fs::copy(from.path().join(STORE_FILE), to.path().join(STORE_FILE)).unwrap();
    let refused = RESTORE.file(&backup, to.path(), &KEYS);
    assert!(matches!(refused, Err(RestoreError::NotEmpty)), "{refused:?}");
    let opened = Store::open(to.path(), &KEYS).map(|_| ());
    assert!(matches!(opened, Err(StoreError::LogMissing { .. })), "{opened:?}");
    REPLACE.file(&backup, to.path(), &KEYS).unwrap();
    assert_eq!(number(&open(to.path()), "a"), 12);
}

#[test]
fn keeps_the_log_of_a_killed_process_when_the_store_cannot_be_opened() {
    let (from, _) = backed_up();
    let mut store = open(from.path());
    store.mark_in_use(Duration::ZERO).unwrap();
    put(&mut store, "a", 13);
    let to = folder();
    for name in [STORE_FILE, "store.db-wal"] {
        fs::copy(from.path().join(name), to.path().join(name)).unwrap();
    }
    for key in [None, Some(MasterKey::generate().unwrap())] {
        if let Some(key) = key {
            KeyFile::at(to.path().join(KEY_FILE)).create(&key).unwrap();
        }
        let refused = Store::open(to.path(), &KEYS).map(|_| ());
        assert!(matches!(refused, Err(StoreError::Key(_))), "{refused:?}");
    }
    fs::copy(from.path().join(KEY_FILE), to.path().join(KEY_FILE)).unwrap();
    assert_eq!(number(&open(to.path()), "a"), 13);
}

/// Changes to a backup by somebody without the key, and a part of the reason why it is refused.
const TAMPERED: [(&str, &str); 12] = [
    ("CREATE TRIGGER spy AFTER INSERT ON versions BEGIN SELECT 1; END", "the trigger 'spy'"),
    ("CREATE VIEW more AS SELECT 1", "the view 'more'"),
    ("CREATE INDEX more ON heads (job)", "the index 'more'"),
    ("CREATE TABLE more (x)", "the table 'more'"),
    ("ALTER TABLE versions ADD COLUMN more", "'versions' has other columns"),
    ("UPDATE versions SET sealed = zeroblob(50) WHERE job = 'j3'", "1 versions cannot be"),
    ("UPDATE heads SET tag_key = -1 WHERE job = 'j3'", "1 versions cannot be"),
    ("DELETE FROM versions WHERE job = 'j3'", "1 documents lack"),
    ("DELETE FROM heads WHERE job = 'j3'", "1 documents lack"),
    ("UPDATE heads SET slot = slot + 8 WHERE job = 'j3'", "1 documents lack"),
    (
        "DELETE FROM heads WHERE job = 'j3'; DELETE FROM versions WHERE job = 'j3'",
        "1 documents were removed",
    ),
    ("UPDATE store SET documents = x''", "the number of documents was changed"),
];

#[test]
fn refuses_a_backup_that_is_not_whole() {
    for (sql, why) in TAMPERED {
        let (from, backup) = backed_up();
        let to = with_key_of(from.path());
        rusqlite::Connection::open(&backup).unwrap().execute_batch(sql).unwrap();
        let refused = RESTORE.file(&backup, to.path(), &KEYS).unwrap_err().to_string();
        assert!(refused.contains(why), "{sql}: {refused}");
        assert_eq!(names(to.path()), ["create.lock", KEY_FILE], "{sql}");
        // Losses can be accepted; another schema cannot.
        let accepted = ACCEPT.file(&backup, to.path(), &KEYS);
        assert_eq!(accepted.is_ok(), !why.contains('\''), "{sql}: {accepted:?}");
        if accepted.is_ok() {
            let store = open(to.path());
            assert_eq!(number(&store, "j4"), 4, "{sql}");
            assert_eq!(store.count().unwrap().missing, 0, "{sql}");
        }
    }
}

#[test]
fn names_the_key_that_a_backup_needs() {
    let (from, backup) = backed_up();
    let id = open(from.path()).key().1;
    let to = folder();
    let missing = RESTORE.file(&backup, to.path(), &KEYS).unwrap_err().to_string();
    assert!(missing.contains(&id), "{missing}");
    drop(open(to.path()));
    let own = open(to.path()).key().1;
    let wrong = RESTORE.file(&backup, to.path(), &KEYS).unwrap_err().to_string();
    assert!(wrong.contains(&id) && wrong.contains(&own), "{wrong}");
    assert_eq!(open(to.path()).key().1, own, "the empty store stays");
    // Beside the key of the empty store, its own is found by its name.
    fs::copy(from.path().join(KEY_FILE), to.path().join(format!("master-{id}.key"))).unwrap();
    RESTORE.file(&backup, to.path(), &KEYS).unwrap();
    assert_eq!(number(&open(to.path()), "a"), 12);
}

#[test]
fn refuses_files_that_are_no_backup() {
    let (from, backup) = backed_up();
    let to = with_key_of(from.path());
    let restore = |path: &Path| RESTORE.file(path, to.path(), &KEYS).unwrap_err().to_string();
    let cut = from.path().join("cut.db");
    let bytes = fs::read(&backup).unwrap();
    for length in [0, 100, 4096, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&cut, &bytes[..length]).unwrap();
        let refused = restore(&cut);
        let is_named = refused.contains("cut.db") || refused.contains("cannot be decrypted");
        assert!(is_named && !refused.contains(".restore-"), "{length}: {refused}");
    }
    assert!(restore(Path::new("/no/such")).contains("cannot read"));
    let mut store = open(from.path());
    put(&mut store, "a", 13);
    let live = restore(&from.path().join(STORE_FILE));
    assert!(live.contains("store.db-wal") && live.contains("not a backup"), "{live}");
    assert!(!to.path().join(STORE_FILE).exists());
}

#[test]
fn restores_backups_of_older_formats() {
    for format in [1, 2, 3] {
        let from = crate::formats::store_of_format(format);
        let to = with_key_of(from.path());
        let backup = from.path().join("backup.db");
        let bytes = fs::read(from.path().join(STORE_FILE)).unwrap();
        let store = Store::open(from.path(), &KEYS).unwrap().unwrap();
        assert_eq!(store.back_up(&backup).unwrap().documents, 3);
        drop(store);
        assert!(fs::read(from.path().join(STORE_FILE)).unwrap() == bytes, "it is not migrated");
        for file in [&backup, &from.path().join(STORE_FILE)] {
            let restored = REPLACE.file(file, to.path(), &KEYS).unwrap();
            assert!(restored.findings.is_whole() && restored.findings.documents == 3);
            crate::formats::assert_whole(&open(to.path()));
        }
    }
}

#[test]
fn backs_up_what_was_acknowledged_while_others_write() {
    const WRITERS: usize = 3;
    let folder = folder();
    drop(open(folder.path()));
    let (done, acknowledged) = (AtomicBool::new(false), [const { AtomicU64::new(0) }; WRITERS]);
    // Ends the writers also when an assertion fails.
    struct End<'a>(&'a AtomicBool);
    impl Drop for End<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    std::thread::scope(|scope| {
        let _end = End(&done);
        for (writer, acknowledged) in acknowledged.iter().enumerate() {
            let (folder, done) = (folder.path(), &done);
            scope.spawn(move || {
                let mut store = open(folder);
                for n in 1.. {
                    put(&mut store, &format!("w{writer}"), n);
                    acknowledged.store(n, Ordering::SeqCst);
                    if done.load(Ordering::SeqCst) {
                        break;
                    }
                }
            });
        }
        let store = open(folder.path());
        for n in 0..10 {
            let before = [0, 1, 2].map(|writer: usize| acknowledged[writer].load(Ordering::SeqCst));
            let backup = folder.path().join(format!("backup-{n}.db"));
            assert!(store.back_up(&backup).unwrap().is_whole());
            let to = with_key_of(folder.path());
            RESTORE.file(&backup, to.path(), &KEYS).unwrap();
            let restored = open(to.path());
            for (writer, before) in before.iter().enumerate() {
                let n = number(&restored, &format!("w{writer}"));
                assert!(n >= *before, "writer {writer}: {n} of {before}");
            }
        }
    });
}

#[test]
fn notices_a_copy_without_its_log() {
    let folder = folder();
    let mut store = open(folder.path());
    store.mark_in_use(Duration::ZERO).unwrap();
    put(&mut store, "a", 1);
    let copy = with_key_of(folder.path());
    let path = copy.path().join(STORE_FILE);
    fs::copy(folder.path().join(STORE_FILE), &path).unwrap();
    for attempt in [
        Store::open(copy.path(), &KEYS).map(|_| ()),
        Store::open_to_read(copy.path(), &KEYS).map(|_| ()),
        Store::open_or_create(copy.path(), &KEYS).map(|_| ()),
    ] {
        assert!(matches!(attempt, Err(StoreError::LogMissing { .. })), "{attempt:?}");
    }
    assert!(Store::read_unused(copy.path(), &KEYS, &secrets("a")).unwrap().is_none());
    let to = with_key_of(folder.path());
    let refused = RESTORE.file(&path, to.path(), &KEYS);
    assert!(matches!(refused, Err(RestoreError::LogMissing)), "{refused:?}");
    ACCEPT.file(&path, to.path(), &KEYS).unwrap();
    assert_eq!(open(to.path()).read(&secrets("a")).unwrap().version, 0, "as it was copied");
    // With its log, the copy is whole, as after a crash.
    let log = fs::read(folder.path().join("store.db-wal")).unwrap();
    fs::write(copy.path().join("store.db-wal"), log).unwrap();
    assert_eq!(number(&open(copy.path()), "a"), 1);
    assert!(!copy.path().join("store.db-wal").exists());
    assert_eq!(number(&open(copy.path()), "a"), 1, "the mark is gone with the log");
    // Others may use the store meanwhile, and it opens again when it was closed.
    assert_eq!(number(&open(folder.path()), "a"), 1);
    drop(store);
    assert!(!folder.path().join("store.db-wal").exists());
    assert_eq!(number(&open(folder.path()), "a"), 1);
}

#[test]
fn notices_that_a_document_was_removed_with_all_its_versions() {
    let (folder, backup) = backed_up();
    let remove = "DELETE FROM heads WHERE job = 'j3'; DELETE FROM versions WHERE job = 'j3'";
    tamper(folder.path(), remove);
    let mut store = open(folder.path());
    assert_eq!(store.count().unwrap().missing, 1);
    for n in 0..3 {
        put(&mut store, &format!("new{n}"), n);
        store.rotate(None).unwrap();
        assert_eq!(store.count().unwrap().missing, 1, "later writes and rotations keep the count");
    }
    fs::remove_file(&backup).unwrap();
    let findings = store.back_up(&backup).unwrap();
    assert_eq!((findings.missing, findings.documents), (1, 15));
    tamper(folder.path(), "UPDATE store SET documents = zeroblob(36)");
    assert!(store.count().unwrap().is_count_changed);
    put(&mut store, "another", 1);
    store.rotate(None).unwrap();
    assert!(store.count().unwrap().is_count_changed, "nothing makes a changed record valid");
}

#[test]
fn refuses_a_store_with_a_trigger_or_a_view() {
    for sql in [
        "CREATE TRIGGER spy AFTER INSERT ON versions BEGIN SELECT 1; END",
        "ALTER TABLE heads RENAME TO data; CREATE VIEW heads AS SELECT * FROM data",
    ] {
        let (folder, _) = backed_up();
        tamper(folder.path(), sql);
        for opened in [
            Store::open(folder.path(), &KEYS).map(|_| ()),
            Store::open_or_create(folder.path(), &KEYS).map(|_| ()),
        ] {
            let Err(StoreError::NotAStore { why, .. }) = opened else { panic!("{opened:?}") };
            assert!(why.contains("which no store has"), "{why}");
        }
    }
}

#[test]
fn shrinks_its_log_after_a_long_reader() {
    let folder = folder();
    let mut store = open(folder.path());
    let log = || fs::metadata(folder.path().join("store.db-wal")).unwrap().len();
    let reader = rusqlite::Connection::open(folder.path().join(STORE_FILE)).unwrap();
    reader.execute_batch("BEGIN; SELECT * FROM heads").unwrap();
    while log() < 12 << 20 {
        put(&mut store, "a", 4);
    }
    reader.execute_batch("COMMIT").unwrap();
    for n in 0..3 {
        put(&mut store, "a", n);
    }
    assert!(log() <= 4 << 20, "{}", log());
}
