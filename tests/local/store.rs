//! Tests keys, backups and invalid files of the local store.

use std::os::unix::fs::PermissionsExt;

use vdk_testing::Home;

#[test]
fn leaves_stores_unchanged_when_they_cannot_be_opened() {
    let home = Home::at("local");
    home.secrets(&["--set", "a", "1"]).done();
    let (store, key) = (home.config("local/store.db"), home.config("local/master.key"));
    let bytes = std::fs::read(&store).unwrap();
    let unchanged = || assert_eq!(std::fs::read(&store).unwrap(), bytes);

    let text = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    for args in [&["--list"][..], &["--set", "b", "2"], &["--delete-all"]] {
        let run = home.secrets(args).failed(6, "master.key");
        assert!(run.stderr.contains("left as it is") && run.stderr.contains("import-key"));
        unchanged();
    }
    assert!(!key.exists(), "no second key is made");
    std::fs::write(&key, "0".repeat(64)).unwrap();
    home.secrets(&["--list"]).failed(6, "can be read by others");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    home.secrets(&["--list"]).failed(6, "is not the one that encrypts this store");
    std::fs::write(&key, "short").unwrap();
    home.secrets(&["--list"]).failed(6, "not a master key");
    std::fs::write(&key, text).unwrap();
    assert_eq!(home.all(), r#"{"a": "1"}"#);
    unchanged();

    std::fs::write(&store, "no database, whatever it is, but long enough for one").unwrap();
    home.secrets(&["--set", "b", "2"]).failed(6, "store.db is damaged or is not a store");
    assert!(std::fs::read(&store).unwrap().starts_with(b"no database"));
}

#[test]
fn moves_a_store_with_its_exported_key() {
    let home = Home::at("local");
    home.secrets(&["--set", "a", "1"]).done();
    let (copy, key) = (home.path().join("copy.db"), home.path().join("key.txt"));
    let (copy, key) = (copy.to_str().unwrap(), key.to_str().unwrap());
    home.run(["local", "backup", copy]).done();
    home.run(["local", "export-key", key]).done();
    let mode = |path: &str| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(copy), mode(key)), (0o600, 0o600));
    home.run(["local", "export-key", key]).failed(2, "exists already");
    home.run(["local", "backup", copy]).failed(2, "copy.db");
    let status = home.run(["local", "status", "-o", "json"]).done().stdout;
    assert!(status.contains("\"documents\": \"1\"") && status.contains("key file"), "{status}");

    let other = Home::at("local");
    other.run(["local", "import-key", key]).failed(4, "No store was found on this machine");
    std::fs::create_dir_all(other.config("local")).unwrap();
    std::fs::copy(copy, other.config("local/store.db")).unwrap();
    other.secrets(&["--list"]).failed(6, "import-key");
    other.run_with(["local", "import-key", "-"], "f".repeat(64)).failed(2, "another store");
    other.run_with(["local", "import-key", "-"], "x").failed(2, "64 hexadecimal");
    other.run(["local", "import-key", key]).done();
    assert_eq!(other.all(), r#"{"a": "1"}"#);
    other.run(["local", "import-key", key]).done();

    let given = Home::at("local").with("VDK_MASTER_KEY_FILE", key);
    std::fs::create_dir_all(given.config("local")).unwrap();
    std::fs::copy(copy, given.config("local/store.db")).unwrap();
    assert_eq!(given.all(), r#"{"a": "1"}"#);
    Home::at("local").run(["local", "status"]).failed(4, "No store was found");
    Home::at("local")
        .with("VDK_MASTER_KEY_FILE", "/no/such")
        .secrets(&["--set", "a", "1"])
        .failed(6, "/no/such");
}

#[test]
fn writes_a_backup_to_stdout() {
    let home = Home::at("local");
    home.secrets(&["--set", "a", "1"]).done();
    let mut command = home.command(["local", "backup", "-"]);
    let copy = command.output().unwrap();
    assert!(copy.status.success(), "{copy:?}");
    assert!(!home.path().join("-").exists());
    let other = Home::at("local")
        .with("VDK_MASTER_KEY_FILE", home.config("local/master.key").to_str().unwrap());
    std::fs::create_dir_all(other.config("local")).unwrap();
    std::fs::write(other.config("local/store.db"), copy.stdout).unwrap();
    assert_eq!(other.all(), r#"{"a": "1"}"#);
    let left = std::fs::read_dir(home.config("local")).unwrap().flatten();
    let left: Vec<_> = left.map(|entry| entry.file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("backup")), "{left:?}");
}

/// As with VDK_BASE_CONFIG_FOLDER in a clone, or a home folder that is one.
#[test]
fn hides_the_configuration_folder_from_git() {
    for (tree, is_hidden) in [(".git", true), ("git", false)] {
        let home = Home::at("local");
        std::fs::create_dir_all(home.path().join(tree)).unwrap();
        std::fs::create_dir(home.path().join("below")).unwrap();
        let home = home.with("VDK_BASE_CONFIG_FOLDER", "below");
        home.secrets(&["--set", "a", "1"]).done();
        let ignored = std::fs::read_to_string(home.path().join("below/.vdk.internal/.gitignore"));
        assert_eq!(ignored.ok(), is_hidden.then(|| "*\n".to_string()), "{tree}");
    }
}

#[test]
fn rejects_writes_to_a_hard_linked_store() {
    let (one, other) = (Home::at("local"), Home::at("local"));
    one.secrets(&["--set", "a", "1"]).done();
    std::fs::create_dir_all(other.config("local")).unwrap();
    for name in ["store.db", "master.key"] {
        let name = format!("local/{name}");
        std::fs::hard_link(one.config(&name), other.config(&name)).unwrap();
    }
    for home in [&one, &other] {
        let run = home.secrets(&["--set", "b", "2"]).failed(6, "a hard link");
        assert!(run.stderr.contains("cp store.db own.db"), "{}", run.stderr);
        home.run(["server", "--port", "0"]).failed(6, "a hard link");
        assert_eq!(home.all(), r#"{"a": "1"}"#, "it is read");
    }
    // With a copy of the file, each store works again and is independent of the other.
    let folder = other.config("local");
    std::fs::copy(folder.join("store.db"), folder.join("own.db")).unwrap();
    std::fs::rename(folder.join("own.db"), folder.join("store.db")).unwrap();
    one.secrets(&["--set", "b", "2"]).done();
    other.secrets(&["--set", "c", "3"]).done();
    assert_eq!(one.all(), r#"{"a": "1", "b": "2"}"#);
    assert_eq!(other.all(), r#"{"a": "1", "c": "3"}"#);
    // A symbolic link leads to one file.
    let linked = Home::at("local");
    std::fs::create_dir_all(linked.config("local")).unwrap();
    for name in ["local/store.db", "local/master.key"] {
        std::os::unix::fs::symlink(one.config(name), linked.config(name)).unwrap();
    }
    linked.secrets(&["--set", "d", "4"]).done();
    assert_eq!(one.all(), r#"{"a": "1", "b": "2", "d": "4"}"#);
}

#[test]
#[ignore = "mounts a file, as root: ./tests/run"]
fn rejects_writes_to_a_bind_mounted_store_file() {
    let (one, other) = (Home::at("local"), Home::at("local"));
    one.secrets(&["--set", "a", "1"]).done();
    std::fs::create_dir_all(other.config("local")).unwrap();
    std::fs::copy(one.config("local/master.key"), other.config("local/master.key")).unwrap();
    std::fs::write(other.config("local/store.db"), "").unwrap();
    let sh = |program: &str, paths: &[std::path::PathBuf]| {
        let mut command = std::process::Command::new(program);
        if program == "mount" {
            command.arg("--bind");
        }
        assert!(command.args(paths).status().unwrap().success());
    };
    sh("mount", &[one.config("local/store.db"), other.config("local/store.db")]);
    let run = other.secrets(&["--set", "b", "2"]);
    sh("umount", &[other.config("local/store.db")]);
    run.failed(6, "the file itself is mounted");
    // A mounted folder contains one file.
    sh("mount", &[one.config("local"), other.config("local")]);
    let run = other.secrets(&["--set", "b", "2"]);
    sh("umount", &[other.config("local")]);
    run.done();
    assert_eq!(one.all(), r#"{"a": "1", "b": "2"}"#);
}
