//! Tests `rotate-key` on the store of a running service: no request fails and nothing is lost.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use vdk_testing::control_service::{Service, path};

#[test]
fn serves_sixteen_clients_during_a_rotation() {
    let mut service = Service::start(&[]);
    let (done, written) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for writer in 0..16 {
            let (service, done, written) = (&service, &done, &written);
            scope.spawn(move || {
                let collection = ["secrets", "properties"][writer % 2];
                let at = path(collection, "t", &format!("j{writer}"));
                for n in 1.. {
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                    let json = format!("{{\"n\":{n}}}");
                    let put = service.put(&at, &json, Some(&format!("\"{}\"", n - 1)));
                    assert!(put.status < 300, "{put:?}");
                    let read = service.get(&at);
                    assert_eq!((read.status, read.body.as_str()), (200, json.as_str()));
                    let versions = service.get(&format!("{at}/versions"));
                    assert_eq!(versions.status, 200, "{versions:?}");
                    written.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for _ in 0..4 {
            service.operate(&["rotate-key", "--forget-old-key"]);
        }
        done.store(true, Ordering::Relaxed);
    });
    let versions = |service: &Service| -> u64 {
        let tag = |writer: usize| {
            let collection = ["secrets", "properties"][writer % 2];
            let read = service.get(&path(collection, "t", &format!("j{writer}")));
            read.header("etag").trim_matches('"').parse::<u64>().unwrap()
        };
        (0..16).map(tag).sum()
    };
    assert_eq!(versions(&service), written.load(Ordering::Relaxed));
    service.restart();
    assert_eq!(versions(&service), written.load(Ordering::Relaxed));
    assert_eq!(keys_of(&service), 1, "the old keys are removed");
}

fn keys_of(service: &Service) -> usize {
    let left = std::fs::read_dir(service.folder().join("store")).unwrap();
    let names = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("master")).count()
}

/// Starts a rotation and kills it after it has begun. Nothing else writes to the store at that moment.
fn kill_rotation(service: &Service) {
    let store = rusqlite::Connection::open(service.folder().join("store/store.db")).unwrap();
    store.busy_timeout(std::time::Duration::from_secs(60)).unwrap();
    let mut command = vdk_testing::control_service::binary();
    command.args(["rotate-key", "--forget-old-key"]);
    command.env("VDK_STORAGE_FOLDER", service.folder().join("store"));
    let mut rotation = command.spawn().unwrap();
    let mut tries = 0;
    let keys = || -> (bool, i64) {
        let row = "SELECT rotating, data_key FROM store";
        store.query_row(row, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    let mut before = keys().1;
    loop {
        store.execute_batch("BEGIN IMMEDIATE").unwrap();
        let (is_rotating, now) = keys();
        if is_rotating && now > before {
            rotation.kill().unwrap();
            break;
        }
        store.execute_batch("ROLLBACK").unwrap();
        // One that ended unseen leaves as many keys as there were.
        if rotation.try_wait().unwrap().is_some() {
            tries += 1;
            assert!(tries < 100, "it always ends unseen");
            before = keys().1;
            rotation = command.spawn().unwrap();
        }
    }
    rotation.wait().unwrap();
    store.execute_batch("ROLLBACK").unwrap();
}

#[test]
fn forgets_the_keys_of_interrupted_rotations() {
    let service = Service::start(&[]);
    let at = path("secrets", "t", "j");
    assert_eq!(service.put(&at, "{\"a\":1}", None).status, 202);
    // A completed rotation whose old key must be kept.
    service.operate(&["rotate-key"]);
    for n in 0..100 {
        assert_eq!(service.put(&path("secrets", "t", &format!("j{n}")), "{}", None).status, 202);
    }
    for _ in 0..2 {
        kill_rotation(&service);
    }
    assert!(keys_of(&service) > 2, "they left keys behind");
    service.operate(&["rotate-key", "--forget-old-key"]);
    assert_eq!(keys_of(&service), 2, "the new one, and the one that was to stay");
    assert_eq!(service.get(&at).body, "{\"a\":1}");
}

#[test]
fn rotates_a_configured_key_while_the_service_runs() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let (key, next) = (folder.path().join("key"), folder.path().join("key.new"));
    std::fs::write(&key, "5e".repeat(32)).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let given = [("VDK_STORAGE_MASTER_KEY_FILE", key.to_str().unwrap())];
    let mut service = Service::start_in(&folder, &given);
    let at = path("secrets", "t", "j");
    assert!(service.put(&at, "{\"a\":1}", None).status < 300);
    let rotate = |file: Option<&str>| {
        let mut command = vdk_testing::control_service::binary();
        command
            .arg("rotate-key")
            .env("VDK_STORAGE_FOLDER", folder.path().join("store"))
            .envs(given);
        command.args(file.map(|file| ["--new-key-file", file]).into_iter().flatten());
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, told) = rotate(None);
    assert!(code == Some(6) && told.contains(next.to_str().unwrap()), "{told}");
    let (code, told) = rotate(key.to_str());
    assert!(code == Some(6) && told.contains("exists already"), "{told}");
    let (code, told) = rotate(next.to_str());
    assert!(code == Some(0) && told.contains("mv "), "{told}");
    assert_eq!(service.get(&at).body, "{\"a\":1}");
    assert!(service.put(&at, "{\"a\":2}", None).status < 300);
    assert_eq!(service.get("/readyz").status, 200);
    std::fs::rename(&next, &key).unwrap();
    service.restart();
    assert_eq!(service.get(&at).body, "{\"a\":2}");
}

#[test]
fn rejects_rotation_without_an_embedded_store() {
    let folder = tempfile::tempdir().unwrap();
    let run = |settings: &[(&str, &str)]| {
        let mut command = vdk_testing::control_service::binary();
        command.arg("rotate-key").env("VDK_STORAGE_FOLDER", folder.path().join("none"));
        let output = command.envs(settings.iter().copied()).output().unwrap();
        assert_eq!(output.status.code(), Some(6));
        String::from_utf8(output.stderr).unwrap()
    };
    let told = run(&[]);
    assert!(told.contains("no store found"), "{told}");
    assert!(!folder.path().join("none").exists(), "nothing is made");
    let told = run(&[
        ("SPRING_DATASOURCE_URL", "jdbc:postgresql://localhost:1/vdk"),
        ("SPRING_DATASOURCE_USERNAME", "vdk"),
        ("FEATUREFLAG_VAULT_INTEGRATION_ENABLED", "false"),
    ]);
    assert!(told.contains("keys of their own"), "{told}");
}
