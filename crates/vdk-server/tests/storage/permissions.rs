//! Tests who may access the files of secrets and the folder of the store.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use vdk_testing::control_service::{Service, binary, path, program};
use vdk_testing::process::copy_program;

fn file(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn starts_with_a_key_file_that_a_volume_has_given_to_a_group() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let key = folder.path().join("key");
    file(&key, &"5e".repeat(32), 0o660);
    let given = [("VDK_STORAGE_MASTER_KEY_FILE", key.to_str().unwrap())];
    let mut service = Service::start_in(&folder, &given);
    service.logs("could be read by its group");
    assert_eq!(mode(&key), 0o600);
    // As fsGroup does at each start.
    for name in ["key", "store/store.db", "store/create.lock", "store/use.lock"] {
        fs::set_permissions(folder.path().join(name), Permissions::from_mode(0o660)).unwrap();
    }
    fs::set_permissions(folder.path().join("store"), Permissions::from_mode(0o770)).unwrap();
    service.restart();
    service.logs("could be changed by other users");
    assert!(service.put(&path("secrets", "t", "j"), "{}", None).status < 300);
    assert_eq!((mode(&key), mode(&folder.path().join("store/store.db"))), (0o600, 0o600));
    fs::set_permissions(&key, Permissions::from_mode(0o604)).unwrap();
    service.signal("TERM");
    assert_eq!(service.wait(), Some(0));
    let refused = service.fails_to_start();
    assert!(refused.contains("can be read by others (mode 604)"), "{refused}");
}

#[test]
fn rejects_a_file_of_a_secret_that_everybody_can_change() {
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    let check = || {
        let mut command = binary();
        command.arg("--check-config").envs([
            ("SPRING_DATASOURCE_URL", "jdbc:postgresql://localhost:1/vdk"),
            ("SPRING_DATASOURCE_USERNAME", "vdk"),
            ("SPRING_DATASOURCE_PASSWORD_FILE", password.to_str().unwrap()),
        ]);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    file(&password, "planted", 0o666);
    let (code, told) = check();
    assert!(code == Some(2) && told.contains("every user can change it"), "{told}");
    assert!(!told.contains("planted"), "{told}");
    file(&password, "chosen", 0o644);
    assert_eq!(check().0, Some(0), "a mounted secret may be readable");
}

#[test]
#[ignore = "becomes another user, as root: ./tests/run"]
fn reads_a_mounted_key_of_root_but_no_planted_one() {
    use std::os::unix::process::CommandExt;
    const NOBODY: u32 = 65534;
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let (own, key) = (folder.path().join("vdk-control-service"), folder.path().join("key"));
    copy_program(program(), &own);
    let store = folder.path().join("store");
    fs::create_dir(&store).unwrap();
    chown(&store, Some(NOBODY), Some(NOBODY)).unwrap();
    let list = |user: u32, given: Option<&Path>| {
        let mut command = Command::new(&own);
        command.env_clear().env("VDK_STORAGE_FOLDER", &store).args(["token", "list"]);
        command.envs(given.map(|given| ("VDK_STORAGE_MASTER_KEY_FILE", given)));
        let output = command.uid(user).gid(user).current_dir("/").output().unwrap();
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    };
    file(&key, &"5e".repeat(32), 0o440);
    chown(&key, Some(0), Some(NOBODY)).unwrap();
    let (done, told) = list(NOBODY, Some(&key));
    assert!(done && mode(&key) == 0o440, "{told}");
    chown(&key, Some(12345), Some(NOBODY)).unwrap();
    let (done, told) = list(NOBODY, Some(&key));
    assert!(!done && told.contains("belongs to another user"), "{told}");

    // Root uses the store of another user, but no key that a third one has put there.
    let beside = store.join("master.key");
    fs::remove_file(store.join("store.db")).unwrap();
    file(&beside, &"5e".repeat(32), 0o600);
    chown(&beside, Some(12345), Some(12345)).unwrap();
    let (done, told) = list(0, None);
    assert!(!done && told.contains("belongs to another user"), "{told}");
    chown(&beside, Some(NOBODY), Some(NOBODY)).unwrap();
    let (done, told) = list(0, None);
    assert!(done, "{told}");
    let (done, told) = list(12345, None);
    assert!(!done && told.contains("belongs to user 65534, but this is user 12345"), "{told}");
}
