//! Tests that metadata goes with its key, and that an expired one is told.

use serde_json::json;
use vdk_testing::Home;
use vdk_testing::scripted_service::Service;
use vdk_testing::session::Session;

use super::{SECRET, secrets};

fn home() -> Home {
    let home = Home::at("local");
    home.secrets(&["--set", "k", SECRET, "--set", "other", "x"]).done();
    secrets(&home, "describe k --owner ana --expires 2020-01-31").done();
    home
}

fn owner(home: &Home, job: &str, key: &str) -> serde_json::Value {
    let run = home.run(["secrets", "-t", "t", "-n", job, "describe", key, "-o", "json"]).done();
    serde_json::from_str::<serde_json::Value>(&run.stdout).unwrap()["owner"].clone()
}

#[test]
fn goes_with_keys_that_are_copied_moved_and_renamed() {
    let home = home();
    secrets(&home, "copy --all --to-name load --dry-run").done();
    secrets(&home, "copy --all --to-name load").done();
    assert_eq!(owner(&home, "load", "k"), json!("ana"));
    assert_eq!(owner(&home, "j", "k"), json!("ana"));
    secrets(&home, "move k --rename k=new").done();
    assert_eq!(owner(&home, "j", "new"), json!("ana"));
    secrets(&home, "move new --to-team dev --rename new=there").done();
    let run =
        home.run(["secrets", "-t", "dev", "-n", "j", "describe", "there", "-o", "json"]).done();
    assert!(run.stdout.contains("\"owner\": \"ana\""), "{run:?}");
    // What is known of a key there stays, unless its value is overwritten.
    secrets(&home, "copy other --to-name load --overwrite").done();
    home.run("secrets -t t -n load describe k --owner theirs".split(' ')).done();
    home.secrets(&["--set", "k", SECRET]).done();
    secrets(&home, "describe k --owner ours").done();
    secrets(&home, "copy k --to-name load").done();
    assert_eq!(owner(&home, "load", "k"), json!("theirs"));
    secrets(&home, "copy k --to-name load --overwrite").done();
    assert_eq!(owner(&home, "load", "k"), json!("ours"));
    // A file with values leaves it as it is.
    home.file("new.json", json!({"k": "2"}).to_string());
    home.run("secrets -t t -n load import new.json --overwrite".split(' ')).done();
    assert_eq!(owner(&home, "load", "k"), json!("ours"));
}

#[test]
fn is_told_where_it_cannot_go() {
    let home = home();
    let service = Service::plain();
    let run = secrets(&home, &format!("copy k --to-url {}", service.url())).done();
    assert!(service.stored("secrets").contains(SECRET));
    assert!(run.stderr.contains("the metadata of 'k' is not copied"), "{run:?}");
    // Nothing is said of what was never there.
    let run = secrets(&home, &format!("copy other --to-url {}", service.url())).done();
    assert!(!run.stderr.contains("metadata"), "{run:?}");
    let back = Home::at(&service.url());
    let run = secrets(&back, "copy other --to-name load").done();
    assert!(!run.stderr.contains("metadata"), "{run:?}");
}

#[test]
fn tells_a_person_that_a_key_has_expired() {
    let home = home();
    let line = ["secrets", "-n", "j", "-t", "t", "--get", "k", "-o", "raw"];
    let mut session = Session::start(&home, &line);
    session.expect(SECRET).expect("'k' has expired: its last day was 2020-01-31");
    assert!(session.end().0.success());
    let run = home.run(line).done();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), (SECRET, ""));
}
