//! Tests `vdk local restore`: what it replaces, keeps and refuses.

use std::fs;
use std::path::Path;

use vdk_testing::Home;
use vdk_testing::server::Server;

/// Creates a home with a store, and a backup of it.
fn backed_up() -> (Home, String) {
    let home = Home::at("local");
    home.secrets(&["--set", "a", "1"]).done();
    let backup = home.path().join("backup.db").to_str().unwrap().to_string();
    let run = home.run(["local", "backup", &backup]).done();
    assert!(run.stderr.contains("which is not in it"), "{}", run.stderr);
    (home, backup)
}

/// Returns a home without a store that has the key of the store in `home`.
fn with_key_of(home: &Home) -> Home {
    let other = Home::at("local");
    fs::create_dir_all(other.config("local")).unwrap();
    fs::copy(home.config("local/master.key"), other.config("local/master.key")).unwrap();
    other
}

#[test]
fn moves_a_store_to_another_machine() {
    let (home, backup) = backed_up();
    let other = Home::at("local");
    let run = other.run(["local", "restore", &backup]).failed(6, "master key");
    assert!(run.stderr.contains("VDK_MASTER_KEY_FILE"), "{}", run.stderr);
    assert!(!other.config("local/store.db").exists());
    let key = home.path().join("key").to_str().unwrap().to_string();
    home.run(["local", "export-key", &key]).done();
    let named = other.with("VDK_MASTER_KEY_FILE", key.as_str());
    named.run(["local", "restore", &backup]).done();
    assert_eq!(named.all(), r#"{"a": "1"}"#);
    with_key_of(&home).run_with(["local", "restore", "-"], fs::read(&backup).unwrap()).done();
}

#[test]
fn asks_before_it_replaces_a_store_and_keeps_that() {
    let (home, backup) = backed_up();
    home.secrets(&["--set", "a", "2"]).done();
    // Without a terminal there is nobody to ask.
    let run = home.run(["local", "restore", &backup]).failed(5, "not empty");
    assert!(run.stderr.contains("add --yes"), "{}", run.stderr);
    assert_eq!(home.all(), r#"{"a": "2"}"#);
    let run = home.run(["local", "restore", "--yes", &backup]).done();
    assert_eq!(home.all(), r#"{"a": "1"}"#);
    let (_, kept) = run.stderr.split_once("the store before is kept in ").unwrap();
    home.run(["local", "restore", "-y", kept.lines().next().unwrap()]).done();
    assert_eq!(home.all(), r#"{"a": "2"}"#);
}

#[test]
fn replaces_a_store_with_a_left_over_log() {
    let (home, backup) = backed_up();
    let server = Server::start(&home);
    home.secrets(&["--set", "a", "2"]).done();
    home.run(["local", "restore", "-y", &backup]).failed(5, "Other processes have the store open");
    assert_eq!(home.all(), r#"{"a": "2"}"#);
    drop(server);
    assert!(home.config("local/store.db-wal").exists(), "the server was killed");
    home.run(["local", "restore", "-y", &backup]).done();
    assert_eq!(
        home.all(),
        r#"{"a": "1"}"#,
        "the log of the old store is not applied to the new one"
    );
}

#[test]
fn refuses_what_is_no_whole_backup() {
    let (home, backup) = backed_up();
    let other = with_key_of(&home);
    let copy = other.path().join("copy.db");
    let restore = |flags: &[&str]| {
        let copy = copy.to_str().unwrap();
        other.run([&["local", "restore", copy], flags].concat())
    };
    fs::write(&copy, "no database").unwrap();
    restore(&["--accept-loss"]).failed(2, "copy.db is damaged or is not a store");
    fs::copy(&backup, &copy).unwrap();
    change(&copy, "CREATE TRIGGER spy AFTER INSERT ON versions BEGIN SELECT 1; END");
    restore(&["--accept-loss"]).failed(2, "the trigger 'spy'");
    fs::copy(&backup, &copy).unwrap();
    change(&copy, "DELETE FROM heads; DELETE FROM versions");
    restore(&[]).failed(2, "1 documents were removed");
    assert!(!other.config("local/store.db").exists());
    restore(&["--accept-loss"]).done();
    assert_eq!(other.all(), "{}");
    other.run(["local", "restore", "/no/such"]).failed(2, "No such file");
}

#[test]
fn shows_in_the_status_that_documents_were_removed() {
    let (home, _) = backed_up();
    let status = home.run(["local", "status"]).done().stdout;
    assert!(!status.contains("damage"), "{status}");
    change(&home.config("local/store.db"), "DELETE FROM heads; DELETE FROM versions");
    let status = home.run(["local", "status"]).done().stdout;
    assert!(status.contains("1 documents were removed"), "{status}");
}

fn change(store: &Path, sql: &str) {
    rusqlite::Connection::open(store).unwrap().execute_batch(sql).unwrap();
}
