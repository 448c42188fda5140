//! Tests records that others changed in OpenBao: deleted or destroyed versions, and records that are
//! not a set of secrets. The command line goes on from each of them.

use serde_json::{Value, json};
use vdk_testing::Home;
use vdk_testing::control_service::peers::Bao;
use vdk_testing::control_service::{Service, path};

const RECORD: &str = "secret/data/t/j";

fn start(bao: &Bao) -> (Service, Home) {
    let settings = bao.settings();
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let service = Service::start(&settings);
    let home = Home::at(&service.url(""));
    (service, home)
}

/// Returns number and state of each listed version, and the entity tag of the list.
fn listed(service: &Service) -> (Vec<(u64, Value)>, String) {
    let list = service.get(&format!("{}/versions", path("secrets", "t", "j")));
    let versions = list.json()["versions"].as_array().unwrap().clone();
    let states = versions.iter().map(|v| (v["version"].as_u64().unwrap(), v["state"].clone()));
    (states.collect(), list.header("etag").to_string())
}

fn current(service: &Service) -> String {
    service.get(&path("secrets", "t", "j")).header("etag").to_string()
}

#[test]
#[ignore = "needs OpenBao: ./tests/run"]
fn rolls_back_when_the_newest_version_was_deleted_or_destroyed() {
    let bao = Bao::start();
    let (service, home) = start(&bao);
    for value in ["one", "two", "three"] {
        home.secrets(&["--set", "k", value]).done();
    }
    bao.ask("POST", "secret/delete/t/j", &json!({"versions": [3]}));
    let states = vec![(3, json!("deleted")), (2, Value::Null), (1, Value::Null)];
    assert_eq!(listed(&service), (states, "\"3\"".into()));
    let history = home.secrets(&["history"]).done().stdout;
    assert!(history.contains("deleted in the storage"), "{history}");
    let history = home.secrets(&["history", "-o", "json"]).done().stdout;
    let history: Value = serde_json::from_str(&history).unwrap();
    assert_eq!((&history[0]["state"], &history[1]["state"]), (&json!("deleted"), &Value::Null));
    home.secrets(&["rollback", "3"]).failed(4, "Version 3 was deleted");
    let run = home.secrets(&["rollback", "2"]).done();
    assert!(!run.stderr.contains("nothing to do"), "{}", run.stderr);
    assert!(!run.stderr.contains("To restore it"), "{}", run.stderr);
    assert_eq!((home.all().as_str(), current(&service).as_str()), ("{\"k\": \"two\"}", "\"4\""));
    // What is current is said only of the version that is.
    let run = home.secrets(&["rollback", "4"]).done();
    assert!(run.stderr.contains("version 4 is the current version"), "{}", run.stderr);
    bao.ask("PUT", "secret/destroy/t/j", &json!({"versions": [1, 4]}));
    let states = [json!("destroyed"), json!("deleted"), Value::Null, json!("destroyed")];
    let states = [4, 3, 2, 1].into_iter().zip(states).collect();
    assert_eq!(listed(&service), (states, "\"4\"".into()));
    home.secrets(&["rollback", "4"]).failed(4, "Version 4 was destroyed");
    home.secrets(&["rollback", "2", "-y"]).done();
    assert_eq!((home.all().as_str(), current(&service).as_str()), ("{\"k\": \"two\"}", "\"5\""));
    // The API can do the same without the command line.
    bao.ask("POST", "secret/delete/t/j", &json!({"versions": [5]}));
    let at = format!("{}/versions/2/rollback", path("secrets", "t", "j"));
    assert_eq!(service.send("POST", &at, &[("If-Match", "\"5\"")], "").status, 202);
    assert_eq!(home.all(), "{\"k\": \"two\"}");
}

#[test]
#[ignore = "needs OpenBao: ./tests/run"]
fn replaces_a_record_that_others_wrote() {
    let bao = Bao::start();
    let (service, home) = start(&bao);
    let set = home.file("set.json", "{\"new\": 1}");
    let at = path("secrets", "t", "j");
    for theirs in [
        json!({"user": "theirs", "password": "geheim"}),
        json!({"secretsJson": "no JSON"}),
        json!({"secretsJson": "[1]"}),
        json!({"secretsJson": 7}),
        json!({}),
    ] {
        bao.ask("DELETE", "secret/metadata/t/j", &Value::Null);
        home.secrets(&["--set", "k", "ours"]).done();
        let foreign = || {
            bao.ask("POST", RECORD, &json!({ "data": theirs }));
            let read = service.get(&at);
            read.problem(500, "rollback");
            assert_eq!(read.header("etag"), current(&service));
            assert!(!read.body.contains("geheim") && !service.log().contains("geheim"));
            read.header("etag").to_string()
        };
        assert_eq!(foreign(), "\"2\"", "{theirs}");
        let states = vec![(2, json!("unreadable")), (1, Value::Null)];
        assert_eq!(listed(&service), (states, "\"2\"".into()));
        // These need the old set.
        for args in [&["--set", "k", "v"][..], &["--delete", "k"], &["--get", "k"], &["--list"]] {
            let run = home.secrets(args).failed(6, "rollback");
            assert!(!run.stderr.contains("geheim"), "{}", run.stderr);
        }
        assert_eq!(current(&service), "\"2\"", "nothing was written");
        home.secrets(&["rollback", "2"]).failed(4, "Version 2 cannot be read");
        let run = home.secrets(&["rollback", "1"]).done();
        assert!(!run.stderr.contains("To restore it"), "{}", run.stderr);
        assert_eq!(home.all(), "{\"k\": \"ours\"}", "{theirs}");
        foreign();
        home.secrets(&["--overwrite-all", &set, "--dry-run"]).done();
        home.secrets(&["--overwrite-all", &set]).done();
        assert_eq!(home.all(), "{\"new\": 1}", "{theirs}");
        foreign();
        home.secrets(&["--delete-all", "-y"]).done();
        assert_eq!(home.all(), "{}", "{theirs}");
    }
    // The conditions of the API hold as for any other version.
    bao.ask("POST", RECORD, &json!({"data": {"user": "theirs"}}));
    let now = current(&service);
    let old = service.put(&at, "{\"a\":1}", Some("\"1\""));
    old.problem(412, "at version");
    assert_eq!(old.header("etag"), now);
    let absent = service.send(
        "PUT",
        &at,
        &[("Content-Type", "application/json"), ("If-None-Match", "*")],
        "{}",
    );
    assert_eq!(absent.status, 412);
    assert_eq!(service.put(&at, "{\"a\":1}", Some("*")).status, 202);
    bao.ask("POST", RECORD, &json!({"data": {"user": "theirs"}}));
    let now = current(&service);
    assert_eq!(service.put(&at, "{\"a\":2}", Some(&format!("\"1\", {now}"))).status, 202);
    // A mount that demands a version with each write takes those without a condition too.
    bao.ask("POST", RECORD, &json!({"data": {"user": "theirs"}}));
    bao.ask("POST", "secret/config", &json!({"cas_required": true}));
    assert_eq!(service.put(&at, "{\"a\":3}", None).status, 202);
    assert_eq!(home.all(), "{\"a\": 3}");
}
