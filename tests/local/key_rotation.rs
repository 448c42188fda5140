//! Tests `vdk local rotate-key`: during writes, when killed, and when it must refuse.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use vdk_api::{Author, Collection, Document, Name, Owner};
use vdk_store::{Address, Expected, FileKeyring, Store, StoreError};
use vdk_testing::Home;
use vdk_testing::server::Server;

const KEYS: FileKeyring = FileKeyring::beside_store();

fn address(job: &str) -> Address {
    let owner = Owner { team: Name::new("t").unwrap(), job: Name::new(job).unwrap() };
    Address { collection: Collection::Secrets, owner }
}

fn write(store: &mut Store, job: &str, n: u64) -> Result<u64, StoreError> {
    let json = format!("{{\"n\":{n},\"job\":\"{job}\",\"text\":\"{}\"}}", "x".repeat(300));
    let author = Author { who: "ana".into(), op_id: "1".into() };
    store.write(&address(job), &Document::parse(&json).unwrap(), Expected::Any, &author)
}

/// Writes ten versions of each of `jobs` jobs.
fn fill(folder: &Path, jobs: u64) {
    let mut store = Store::open_or_create(folder, &KEYS).unwrap();
    for job in 0..jobs {
        for n in 1..=10 {
            write(&mut store, &format!("j{job}"), n).unwrap();
        }
    }
}

/// Checks every version that [`fill`] wrote.
#[track_caller]
fn assert_filled(folder: &Path, jobs: u64) {
    let store = Store::open_to_read(folder, &KEYS).unwrap().unwrap();
    for job in 0..jobs {
        let address = address(&format!("j{job}"));
        for version in 1..=10 {
            let text = store.read_version(&address, version).unwrap().unwrap();
            assert!(text.json.starts_with(&format!("{{\"n\":{version},\"job\":\"j{job}\"")));
        }
        assert_eq!(store.read(&address).unwrap().version, 10);
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn key_id(home: &Home) -> String {
    let status = home.run(["local", "status", "-o", "json"]).done().stdout;
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    assert!(
        status["keys made"].as_str().unwrap().ends_with('Z') && status.get("rotation").is_none()
    );
    status["master key"].as_str().unwrap().into()
}

#[test]
fn replaces_keys_and_keeps_the_old_one_for_backups() {
    let home = Home::at("local");
    home.run(["local", "rotate-key"]).failed(4, "No store was found on this machine");
    home.secrets(&["--set", "a", "1"]).done();
    let (key, backup) = (home.config("local/master.key"), home.path().join("backup.db"));
    let (old, old_id) = (std::fs::read(&key).unwrap(), key_id(&home));
    home.run(["local", "backup", backup.to_str().unwrap()]).done();

    let told = home.run(["local", "rotate-key"]).done().stderr;
    let aside = home.config(&format!("local/master-{old_id}.key"));
    for words in ["re-encrypted", &key_id(&home), "export-key", &old_id, aside.to_str().unwrap()] {
        assert!(told.contains(words), "no '{words}' in {told}");
    }
    assert_eq!((mode(&key), mode(&aside)), (0o600, 0o600));
    assert!(std::fs::read(&key).unwrap() != old && std::fs::read(&aside).unwrap() == old);
    assert_eq!(home.all(), r#"{"a": "1"}"#);

    // The old key is not the store's key any more. It is the key of the backup.
    home.run_with(["local", "import-key", "-"], &old).failed(2, "another store");
    std::fs::rename(&backup, home.config("local/store.db")).unwrap();
    assert_eq!((home.all(), key_id(&home)), (r#"{"a": "1"}"#.into(), old_id));
    home.run(["local", "rotate-key"]).done();
    let second = key_id(&home);
    let told = home.run(["local", "rotate-key", "--forget-old-key"]).done().stderr;
    assert!(told.contains("is removed"), "{told}");
    assert!(!home.config(&format!("local/master-{second}.key")).exists());
    assert_eq!(home.all(), r#"{"a": "1"}"#);

    // A backup whose key is kept elsewhere replaces a store with another key.
    home.run(["local", "backup", backup.to_str().unwrap()]).done();
    home.run(["local", "export-key", "kept.key"]).done();
    home.run(["local", "rotate-key", "--forget-old-key"]).done();
    std::fs::rename(&backup, home.config("local/store.db")).unwrap();
    home.secrets(&["--list"]).failed(6, "import-key");
    home.run(["local", "import-key", "kept.key"]).done();
    assert_eq!(home.all(), r#"{"a": "1"}"#);
}

#[test]
fn replaces_a_given_key_with_a_named_one() {
    let made = Home::at("local");
    made.secrets(&["--set", "a", "1"]).done();
    let given = made.path().join("given");
    std::fs::rename(made.config("local/master.key"), &given).unwrap();
    let home = Home::at("local").with("VDK_MASTER_KEY_FILE", given.to_str().unwrap());
    std::fs::create_dir_all(home.config("local")).unwrap();
    std::fs::copy(made.config("local/store.db"), home.config("local/store.db")).unwrap();
    let next = made.path().join("given.new");
    let next_text = next.to_str().unwrap();

    let bytes = std::fs::read(home.config("local/store.db")).unwrap();
    home.run(["local", "rotate-key"]).failed(2, next_text);
    home.run(["local", "rotate-key", "--new-key-file", given.to_str().unwrap()])
        .failed(2, "exists already");
    made.run(["local", "rotate-key", "--new-key-file", next_text]).failed(2, "VDK_MASTER_KEY_FILE");
    assert_eq!(std::fs::read(home.config("local/store.db")).unwrap(), bytes);

    let server = Server::start(&home);
    let told = home.run(["local", "rotate-key", "--new-key-file", next_text]).done().stderr;
    assert!(told.contains(&format!("mv {next_text} {}", given.display())), "{told}");
    assert_eq!(mode(&next), 0o600);
    assert!(
        !home.config("local/master.key").exists() && !home.config("local/master.key.new").exists()
    );
    for home in [&home, &Home::at(&server.url())] {
        assert_eq!(home.all(), r#"{"a": "1"}"#);
        home.secrets(&["--set", "b", "2"]).done();
        home.secrets(&["--delete", "b"]).done();
    }
    std::fs::rename(&next, &given).unwrap();
    assert_eq!(home.all(), r#"{"a": "1"}"#);

    // A key file with a new name must be named in the variable.
    let other = made.path().join("other");
    let told = home.run(["local", "rotate-key", "--new-key-file", other.to_str().unwrap()]).done();
    assert!(told.stderr.contains("Set VDK_MASTER_KEY_FILE to this file"), "{}", told.stderr);
    home.secrets(&["--list"]).failed(6, "is not the one that encrypts this store");
    let home = home.with("VDK_MASTER_KEY_FILE", other.to_str().unwrap());
    assert_eq!(home.all(), r#"{"a": "1"}"#);
}

#[test]
fn rejects_rotation_without_the_right_key() {
    let home = Home::at("local");
    home.secrets(&["--set", "a", "1"]).done();
    let (store, key) = (home.config("local/store.db"), home.config("local/master.key"));
    let (bytes, right) = (std::fs::read(&store).unwrap(), std::fs::read(&key).unwrap());
    let refused = |words: &str| {
        home.run(["local", "rotate-key"]).failed(6, words);
        assert_eq!(std::fs::read(&store).unwrap(), bytes);
        assert!(!home.config("local/master.key.new").exists());
    };
    let permit = |mode| {
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    for mode in [0o644, 0o604, 0o602] {
        permit(mode);
        refused("can be read by others");
    }
    permit(0o600);
    std::fs::write(&key, "0".repeat(64)).unwrap();
    refused("is not the one that encrypts this store");
    std::fs::remove_file(&key).unwrap();
    refused("is not in");
    std::fs::write(&key, right).unwrap();
    permit(0o600);
    assert_eq!(home.all(), r#"{"a": "1"}"#);
}

#[test]
fn serves_sixteen_writers_during_a_rotation() {
    let home = Home::at("local");
    fill(&home.config("local"), 20);
    let server = Server::start(&home);
    let remote = Home::at(&server.url());
    let (done, written) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for writer in 0..16 {
            let (home, remote, done, written) = (&home, &remote, &done, &written);
            scope.spawn(move || {
                let job = format!("writer{writer}");
                let mut store = Store::open_or_create(&home.config("local"), &KEYS).unwrap();
                let mut n = 1;
                while !done.load(Ordering::Relaxed) {
                    match writer % 4 {
                        // These writers are processes that open the store or ask the service each
                        // time.
                        0 | 1 => {
                            let home = if writer % 4 == 0 { home } else { remote };
                            let value = n.to_string();
                            let args = ["secrets", "-t", "t", "-n", &job];
                            let set = home.run(args.into_iter().chain(["--set", "n", &value]));
                            // On a busy machine a writer may wait for too long.
                            if set.code == 6 && set.stderr.contains("locked for too long") {
                                continue;
                            }
                            set.done();
                            let read =
                                home.run(args.into_iter().chain(["--get", "n", "-o", "raw"]));
                            assert_eq!(read.done().stdout, value);
                        }
                        _ => match write(&mut store, &job, n) {
                            Err(StoreError::Busy) => continue,
                            version => assert_eq!(version.unwrap(), n),
                        },
                    }
                    n += 1;
                    written.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let rotated = (0..4).map(|_| home.run(["local", "rotate-key"])).collect::<Vec<_>>();
        done.store(true, Ordering::Relaxed);
        rotated.into_iter().for_each(|run| _ = run.done());
    });
    let folder = home.config("local");
    assert_filled(&folder, 20);
    let store = Store::open_to_read(&folder, &KEYS).unwrap().unwrap();
    let versions = |n| store.read(&address(&format!("writer{n}"))).unwrap().version;
    assert_eq!((0..16).map(versions).sum::<u64>(), written.load(Ordering::Relaxed));
    drop(server);
}

/// Returns the number of kills: `VDK_TEST_KILLS`, or 25.
fn kills() -> u32 {
    std::env::var("VDK_TEST_KILLS").map_or(25, |text| text.parse().unwrap())
}

#[test]
fn leaves_a_readable_store_when_killed_at_any_moment() {
    const JOBS: u64 = 40;
    let home = Home::at("local");
    let folder = home.config("local");
    fill(&folder, JOBS);
    let mut whole = Duration::ZERO;
    let mut random = fastrand::Rng::with_seed(31);
    let (mut before, mut within, mut after, mut beside) = (0, 0, 0, 0);
    let mut writing = Store::open_or_create(&folder, &KEYS).unwrap();
    for n in 1..=4 * kills() {
        if n > kills() && within * 5 >= kills() {
            break;
        }
        // The duration changes with the load of the machine.
        if n % 5 == 1 {
            let started = Instant::now();
            home.run(["local", "rotate-key"]).done();
            whole = started.elapsed();
        }
        let mut command = home.command(["local", "rotate-key"]);
        command.stderr(Stdio::null());
        let id = key_id_of(&folder);
        let mut child = command.spawn().unwrap();
        // Each kill falls into the next part of the rotation, at a random moment of that part.
        let part = (f64::from((n - 1) % kills()) + random.f64()) / f64::from(kills());
        std::thread::sleep(Duration::from_secs_f64(whole.as_secs_f64() * part));
        let _ = child.kill();
        let ended = child.wait().unwrap().success();
        match key_id_of(&folder) {
            now if now == id => before += 1,
            _ if ended => after += 1,
            _ => within += 1,
        }
        beside += u32::from(folder.join("master.key.new").exists());
        assert_filled(&folder, JOBS);
        assert_eq!(write(&mut writing, "w", n.into()).unwrap(), u64::from(n));
        home.run(["secrets", "-t", "t", "-n", "w", "--get", "n", "-o", "raw"]).done();
        assert_filled(&folder, JOBS);
    }
    eprintln!(
        "{whole:?} each; killed before the new keys {before} times, within {within}, after {after}; \
         {beside} times the next master key was beside the old one"
    );
    assert!(within * 5 >= kills(), "{before} before, {within} within, {after} after");
    home.run(["local", "rotate-key"]).done();
    let key = key_id(&home);
    assert_filled(&folder, JOBS);
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.starts_with("master-") && !name.contains(&key) {
            home.run(["local", "import-key", &format!(".vdk.internal/local/{name}")])
                .failed(2, "another store");
        }
    }
}

fn key_id_of(folder: &Path) -> String {
    Store::open_to_read(folder, &KEYS).unwrap().unwrap().key().1
}
