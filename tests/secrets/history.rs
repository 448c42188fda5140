//! Tests `history` and `rollback`.

use vdk_testing::Home;
use vdk_testing::scripted_service::{Fault, Service};

const JOB: [&str; 5] = ["secrets", "-n", "j", "-t", "t"];

#[test]
fn lists_authors_and_keys_without_values() {
    let home = Home::at("local").with("USER", "ana").with("VDK_OP_ID_OVERRIDE", "op-7");
    assert_eq!(home.secrets(&["history"]).done().stdout, "No Data.\n");
    home.secrets(&["--set", "a", "geheim", "--set", "b", "2"]).done();
    home.secrets(&["--set", "a", "anders", "--delete", "b"]).done();
    let run = home.secrets(&["history"]).done();
    let rows: Vec<_> = run.stdout.lines().collect();
    assert!(rows[2].starts_with("2 ") && rows[3].starts_with("1 "), "{}", run.stdout);
    assert!(rows[2].contains("  ana    changed a; removed b"), "{}", run.stdout);
    assert!(!run.stdout.contains("op-7"), "{}", run.stdout);
    assert!(rows[3].contains("added a, b"), "{}", run.stdout);
    // The options of the job may come before or after the subcommand.
    let behind = home.run(["secrets", "history", "-n", "j", "-t", "t", "-o", "json"]).done();
    let parsed: serde_json::Value = serde_json::from_str(&behind.stdout).unwrap();
    assert_eq!(parsed[0]["version"], 2);
    assert_eq!(parsed[1]["changes"]["added"], serde_json::json!(["a", "b"]));
    for run in [run, behind] {
        assert!(!run.stdout.contains("geheim") && !run.stdout.contains("anders"));
    }
}

#[test]
fn rolls_back_by_writing_a_new_version() {
    let home = Home::at("local");
    home.secrets(&["--set-json", "a", "1.50", "--set", "b", "x"]).done();
    home.secrets(&["--set-json", "a", "2", "--set", "c", "y", "--delete", "b"]).done();
    let dry = home.secrets(&["rollback", "1", "--dry-run"]).done();
    assert_eq!(
        dry.stdout,
        "key    change\n-----  --------\nb      added\na      changed\nc      removed\n"
    );
    assert_eq!(home.all(), r#"{"a": 2, "c": "y"}"#, "a dry run changes nothing");
    let run = home.secrets(&["rollback", "1"]).done();
    let undo = "To restore it: vdk secrets rollback 2 -n j -t t -u local";
    assert!(run.stderr.contains(undo), "{}", run.stderr);
    assert_eq!(home.all(), r#"{"b": "x", "a": 1.50}"#);
    let again = home.secrets(&["rollback", "3"]).done();
    assert!(again.stderr.contains("version 3 is the current version"), "{}", again.stderr);
    let run = home.secrets(&["--delete-all"]).done();
    assert!(run.stderr.contains("rollback 3"), "{}", run.stderr);
    home.secrets(&["rollback", "9"]).failed(4, "There is no version 9");
    for odd in ["0", "x", "geheim", "-"] {
        let run = home.secrets(&["rollback", odd]);
        assert!(!run.stderr.contains("geheim"), "{}", run.stderr);
        run.failed(2, "Invalid version");
    }
}

#[test]
fn reports_a_service_without_versions() {
    for service in [Service::with_etags(), Service::plain()] {
        let home = Home::at(&service.url());
        service.put("secrets", "{\"a\":1}");
        home.secrets(&["history"]).failed(6, "keeps no versions");
        home.secrets(&["rollback", "1"]).failed(6, "keeps no versions");
        assert_eq!(service.count("PUT"), 0);
    }
}

#[test]
fn replaces_a_set_that_the_service_cannot_read() {
    const ERROR: &str =
        "{\"what\":\"w\",\"why\":\"unreadable\",\"consequences\":\"c\",\"countermeasures\":\"m\"}";
    let service = Service::with_etags();
    let home = Home::at(&service.url());
    service.put("secrets", "{\"a\":1}");
    let set = home.file("set.json", "{\"b\": 2}");
    let last_condition = || {
        let requests = service.requests();
        let put = requests.iter().rev().find(|request| request.method == "PUT").unwrap().clone();
        put.header("if-match").map(String::from)
    };
    service.always("GET", Fault::Answer(500, "ETag: \"1\"\r\n", ERROR));
    home.secrets(&["--set", "b", "2"]).failed(6, "unreadable");
    home.secrets(&["--delete", "a"]).failed(6, "unreadable");
    assert_eq!(service.count("PUT"), 0);
    home.secrets(&["--overwrite-all", &set]).done();
    assert_eq!(
        (service.stored("secrets"), last_condition()),
        ("{\"b\":2}".into(), Some("\"1\"".into()))
    );
    service.always("GET", Fault::Answer(500, "ETag: \"2\"\r\n", ERROR));
    home.secrets(&["--delete-all"]).done();
    assert_eq!((service.stored("secrets"), last_condition()), ("{}".into(), Some("\"2\"".into())));
    // Without a version, a write could replace what somebody writes meanwhile.
    service.always("GET", Fault::Answer(500, "", ERROR));
    home.secrets(&["--overwrite-all", &set]).failed(6, "unreadable");
    assert_eq!(service.count("PUT"), 2);
}

#[test]
fn rejects_flags_of_other_operations() {
    let home = Home::at("local");
    home.secrets(&["--list", "history"]).failed(2, "--list before history");
    home.secrets(&["--dry-run", "rollback", "1"]).failed(2, "--dry-run before rollback");
    // An unexpected argument may be part of a secret, so it is not shown.
    let run = home.run([&JOB[..], &["--set", "k", "half", "histori"]].concat());
    run.clone().failed(2, "Unexpected argument.");
    assert!(!run.stderr.contains("histori"), "{}", run.stderr);
}

#[test]
fn skips_writes_that_change_nothing() {
    let service = Service::with_etags();
    let plain = Service::plain();
    let homes = [Home::at("local"), Home::at(&service.url()), Home::at(&plain.url())];
    for home in &homes {
        home.secrets(&["--set", "a", "one", "--set-json", "n", "1.50"]).done();
    }
    let (puts, of_plain) = (service.count("PUT"), plain.count("PUT"));
    for home in &homes {
        let same = home.file("same.json", "{\"a\": \"one\", \"n\": 1.50}");
        for args in [
            &["--set", "a", "one"][..],
            &["--set-json", "n", "1.50"],
            &["--overwrite-all", &same],
            &["--overwrite-all", &same, "-y"],
        ] {
            let run = home.secrets(args).done();
            assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""), "{args:?}");
        }
        home.run_with(["properties", "-n", "j", "-t", "t", "--overwrite-all", "-"], "{}").done();
    }
    assert_eq!((service.count("PUT"), plain.count("PUT")), (puts, of_plain));
    let local = &homes[0];
    let versions = |home: &Home| {
        let json = home.secrets(&["history", "-o", "json"]).done().stdout;
        serde_json::from_str::<Vec<serde_json::Value>>(&json).unwrap().len()
    };
    assert_eq!(versions(local), 1);
    local.secrets(&["--set", "a", "two"]).done();
    local.secrets(&["--set", "a", "one"]).done();
    // The current document equals version 1 again.
    local.secrets(&["rollback", "1"]).done();
    assert_eq!(versions(local), 3);
    // Another notation of a number is another value, because jobs can tell 1.5 from 1.50.
    local.secrets(&["--set-json", "n", "1.5"]).done();
    assert_eq!(versions(local), 4);
}
