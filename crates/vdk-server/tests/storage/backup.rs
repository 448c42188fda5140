//! Tests `backup` and `restore`: under load, when killed, and when they must refuse.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use vdk_testing::control_service::{Service, binary, path};

const WRITERS: usize = 6;

/// Returns a command of the operator for the store in `folder`.
fn operator(folder: &Path, words: &[&str]) -> Command {
    let mut command = binary();
    command.env("VDK_STORAGE_FOLDER", folder).args(words);
    command
}

fn run(folder: &Path, words: &[&str]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = operator(folder, words).output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

/// Returns a folder for a service whose store has the key of `service`, and nothing else.
fn with_key_of(service: &Service) -> Arc<TempDir> {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("store")).unwrap();
    let key = "store/master.key";
    fs::copy(service.folder().join(key), folder.path().join(key)).unwrap();
    Arc::new(folder)
}

fn document(writer: usize) -> String {
    path(["secrets", "properties"][writer % 2], "t", &format!("j{writer}"))
}

fn body(n: u64) -> String {
    format!("{{\"n\":{n},\"pad\":\"{}\",\"again\":{n}}}", "x".repeat(2000))
}

/// Returns the number in a writer's document, which must be whole.
#[track_caller]
fn number(service: &Service, writer: usize) -> u64 {
    let read = service.get(&document(writer));
    assert_eq!(read.status, 200, "{read:?}");
    let read = read.json();
    assert_eq!(read["n"], read["again"]);
    read["n"].as_u64().unwrap_or(0)
}

/// Runs `work` while clients write. It receives the numbers that are acknowledged so far.
fn under_load(service: &Service, work: impl FnOnce(&dyn Fn() -> Vec<u64>)) {
    let (done, acknowledged) = (AtomicBool::new(false), [const { AtomicU64::new(0) }; WRITERS]);
    std::thread::scope(|scope| {
        for (writer, acknowledged) in acknowledged.iter().enumerate() {
            let (service, done) = (&service, &done);
            scope.spawn(move || {
                for n in 1.. {
                    let put = service.put(&document(writer), &body(n), None);
                    // A disk that is busy for more than a second delays the audit log.
                    if put.status != 503 {
                        assert!(put.status < 300, "{put:?}");
                        acknowledged.store(n, Ordering::SeqCst);
                    }
                    if done.load(Ordering::SeqCst) {
                        break;
                    }
                }
            });
        }
        // Ends the writers also when an assertion fails.
        struct End<'a>(&'a AtomicBool);
        impl Drop for End<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::SeqCst);
            }
        }
        let _end = End(&done);
        work(&|| acknowledged.iter().map(|n| n.load(Ordering::SeqCst)).collect());
    });
}

#[test]
fn restores_what_was_acknowledged_before_a_backup_under_load() {
    let service = Service::start(&[]);
    under_load(&service, |acknowledged| {
        for turn in 0..4 {
            let before = acknowledged();
            let file = service.folder().join(format!("backup-{turn}"));
            let (code, told) =
                run(&service.folder().join("store"), &["backup", file.to_str().unwrap()]);
            assert_eq!(code, Some(0), "{told}");
            assert!(told.contains("The key is not in it") && told.contains("master.key"), "{told}");
            let to = with_key_of(&service);
            let (code, told) = run(&to.path().join("store"), &["restore", file.to_str().unwrap()]);
            assert_eq!(code, Some(0), "{told}");
            assert!(told.contains("master.key"), "{told}");
            let restored = Service::start_in(&to, &[]);
            for (writer, before) in before.into_iter().enumerate() {
                let n = number(&restored, writer);
                assert!(n >= before, "writer {writer} of backup {turn}: {n} of {before}");
            }
        }
    });
}

#[test]
fn leaves_no_partial_backup_or_store_when_killed() {
    let service = Service::start(&[]);
    let store = service.folder().join("store");
    // Enough for backup and restore to take some time.
    for n in 0..300 {
        let at = path("properties", "t", &format!("more{n}"));
        assert!(service.put(&at, &body(n), None).status < 300);
    }
    let kill_after = |mut command: Command, time: Duration| {
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        // Varies the moment of the kill.
        std::thread::sleep(time);
        let _ = child.kill();
        child.wait().unwrap();
    };
    let (mut backups, mut restores) = (0, 0);
    under_load(&service, |acknowledged| {
        for turn in 0..25 {
            let moment = Duration::from_millis(turn * 3);
            let before = acknowledged();
            let file = service.folder().join(format!("backup-{turn}"));
            let name = file.to_str().unwrap();
            kill_after(operator(&store, &["backup", name]), moment);
            if file.exists() {
                backups += 1;
            } else {
                let (code, told) = run(&store, &["backup", name]);
                assert_eq!(code, Some(0), "{told}");
            }
            let to = with_key_of(&service);
            let place = to.path().join("store");
            kill_after(operator(&place, &["restore", name]), moment);
            if place.join("store.db").exists() {
                restores += 1;
            } else {
                let (code, told) = run(&place, &["restore", name]);
                assert_eq!(code, Some(0), "{told}");
            }
            let left = fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().file_name());
            let left: Vec<_> =
                left.filter(|name| name.to_string_lossy().starts_with('.')).collect();
            assert!(left.is_empty(), "{left:?}");
            if turn % 5 == 0 {
                let restored = Service::start_in(&to, &[]);
                for (writer, before) in before.into_iter().enumerate() {
                    assert!(number(&restored, writer) >= before, "writer {writer}");
                }
                let last = restored.get(&path("properties", "t", "more299"));
                assert_eq!(last.body, body(299));
            }
        }
    });
    eprintln!("of 25: {backups} backups and {restores} restores ended before they were killed");
}

#[test]
fn backs_up_to_stdout_and_restores_from_stdin() {
    let service = Service::start(&[]);
    assert!(service.put(&document(0), &body(7), None).status < 300);
    let store = service.folder().join("store");
    let backup = operator(&store, &["backup", "-"]).output().unwrap();
    assert!(backup.status.success(), "{backup:?}");
    // The standard library takes the null device in place of a closed output.
    let lost = operator(&store, &["backup", "-"]).stdout(Stdio::null()).output().unwrap();
    assert_eq!(lost.status.code(), Some(6), "{lost:?}");
    let to = with_key_of(&service);
    let mut command = operator(&to.path().join("store"), &["restore", "-"]);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), &backup.stdout).unwrap();
    let restored = child.wait_with_output().unwrap();
    assert!(restored.status.success(), "{restored:?}");
    assert_eq!(number(&Service::start_in(&to, &[]), 0), 7);
}

#[test]
fn refuses_to_restore_over_a_store_in_use_or_with_documents() {
    let mut service = Service::start(&[]);
    assert!(service.put(&document(0), &body(1), None).status < 300);
    let store = service.folder().join("store");
    let file = service.folder().join("backup");
    let backup = file.to_str().unwrap();
    assert_eq!(run(&store, &["backup", backup]).0, Some(0));
    let (code, told) = run(&store, &["backup", backup]);
    assert!(code == Some(6) && told.contains("exists"), "{told}");
    assert!(service.put(&document(0), &body(2), None).status < 300);
    let (code, told) = run(&store, &["restore", backup]);
    assert!(code == Some(5) && told.contains("Stop every service"), "{told}");
    service.signal("TERM");
    service.wait();
    let (code, told) = run(&store, &["restore", backup]);
    assert!(code == Some(5) && told.contains("not empty") && told.contains("away"), "{told}");
    service.restart();
    assert_eq!(number(&service, 0), 2);

    // An empty store is replaced, as a service makes it at its first start.
    let empty = Service::start(&[]);
    let place = empty.folder().join("store");
    let (code, told) = run(&place, &["restore", backup]);
    assert!(code == Some(5) && told.contains("Stop every service"), "{told}");
    let folder = empty.shared_folder();
    drop(empty);
    let (code, told) = run(&place, &["restore", backup]);
    let (_, id) = told.split_once("Put the file with the key '").unwrap();
    let id = id.split_once('\'').unwrap().0;
    assert_eq!(code, Some(6), "{told}");
    assert!(told.contains(&format!("/master-{id}.key")), "{told}");
    fs::copy(store.join("master.key"), place.join(format!("master-{id}.key"))).unwrap();
    let (code, told) = run(&place, &["restore", backup]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(number(&Service::start_in(&folder, &[]), 0), 1);
}

#[test]
fn names_the_tools_of_vault_and_postgresql() {
    let folder = tempfile::tempdir().unwrap();
    let database = [
        ("SPRING_DATASOURCE_URL", "jdbc:postgresql://localhost:1/vdk"),
        ("SPRING_DATASOURCE_USERNAME", "vdk"),
    ];
    let vault = [
        ("FEATUREFLAG_VAULT_INTEGRATION_ENABLED", "true"),
        ("VDK_VAULT_URI", "http://localhost:1/v1/"),
        ("VDK_VAULT_TOKEN", "x"),
    ];
    let store = folder.path().join("store");
    for words in [["backup", "file"], ["restore", "file"]] {
        let run = |settings: &[(&str, &str)]| {
            let output = operator(&store, &words).envs(settings.iter().copied()).output().unwrap();
            (output.status.code(), String::from_utf8(output.stderr).unwrap())
        };
        let (code, told) = run(&[&database[..], &vault[..]].concat());
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains("pg_dump") && told.contains("bao operator raft snapshot"), "{told}");
        // One half is in the embedded store, which is not there yet.
        let (code, told) = run(&vault);
        assert!(code != Some(0) && told.contains("bao operator raft snapshot save"), "{told}");
        assert!(!told.contains("pg_dump"), "{told}");
    }
    assert!(!store.join("store.db").exists());
}

#[test]
fn does_not_start_on_a_store_that_was_copied_without_its_log() {
    let service = Service::start(&[]);
    assert!(service.put(&document(0), &body(1), None).status < 300);
    let to = with_key_of(&service);
    let copy = to.path().join("store/store.db");
    fs::copy(service.folder().join("store/store.db"), &copy).unwrap();
    let refused = operator(&to.path().join("store"), &["--port", "0"]).output().unwrap();
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && told.contains("newest changes may be missing"), "{told}");
    assert!(told.contains("restore FILE"), "{told}");
    // With its log, it is what a crash leaves.
    let log = "store/store.db-wal";
    fs::copy(service.folder().join(log), to.path().join(log)).unwrap();
    assert_eq!(number(&Service::start_in(&to, &[]), 0), 1);
}

#[test]
fn refuses_writes_to_a_store_that_was_moved() {
    let mut service = Service::start(&[]);
    assert!(service.put(&document(0), &body(1), None).status < 300);
    let store = service.folder().join("store");
    let (backup, moved) = (service.folder().join("backup.db"), service.folder().join("moved.db"));
    assert_eq!(run(&store, &["backup", backup.to_str().unwrap()]).0, Some(0));
    fs::rename(store.join("store.db"), &moved).unwrap();
    service.put(&document(0), &body(2), None).problem(503, "");
    assert_eq!(service.get("/readyz").status, 503);
    service.logs("was moved, removed or replaced");
    let (code, told) = run(&store, &["restore", backup.to_str().unwrap()]);
    assert!(code != Some(0) && told.contains("other processes have the store open"), "{told}");
    let (code, told) = run(&store, &["token", "list"]);
    assert!(code == Some(6) && told.contains("was moved, removed or replaced"), "{told}");
    fs::rename(&moved, store.join("store.db")).unwrap();
    assert!(service.put(&document(0), &body(3), None).status < 300);
    assert_eq!(service.get("/readyz").status, 200);
    service.signal("KILL");
    service.wait();
    fs::rename(store.join("store.db"), &moved).unwrap();
    let (code, told) = run(&store, &["--port", "0"]);
    assert!(code == Some(6) && told.contains("put the file back"), "{told}");
    fs::rename(&moved, store.join("store.db")).unwrap();
    service.restart();
    assert_eq!(number(&service, 0), 3);
}

#[test]
fn starts_after_every_kind_of_end() {
    let mut service = Service::start(&[]);
    for end in ["KILL", "TERM", "KILL", "KILL", "TERM"] {
        assert!(service.put(&document(0), &body(1), None).status < 300);
        service.signal(end);
        service.wait();
        // Whoever closes the store last after a kill removes its log and the mark of its use.
        if end == "KILL" {
            assert!(service.folder().join("store/store.db-wal").exists());
            let (code, told) = run(&service.folder().join("store"), &["token", "list"]);
            assert_eq!(code, Some(0), "{told}");
        }
        assert!(!service.folder().join("store/store.db-wal").exists(), "{end}");
        service.restart();
        assert_eq!(number(&service, 0), 1);
    }
}

#[test]
fn logs_that_documents_were_removed_with_all_their_versions() {
    let mut service = Service::start(&[]);
    for writer in 0..3 {
        assert!(service.put(&document(writer), &body(1), None).status < 300);
    }
    service.signal("TERM");
    service.wait();
    let store = rusqlite::Connection::open(service.folder().join("store/store.db")).unwrap();
    let remove = "DELETE FROM heads WHERE job = 'j1'; DELETE FROM versions WHERE job = 'j1'";
    store.execute_batch(remove).unwrap();
    drop(store);
    service.restart();
    service.logs("1 documents were removed");
    let file = service.folder().join("backup");
    let (code, told) = run(&service.folder().join("store"), &["backup", file.to_str().unwrap()]);
    assert!(code == Some(6) && told.contains("1 documents were removed"), "{told}");
    assert!(file.exists(), "everything else is backed up");
}
