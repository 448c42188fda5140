//! Tests `describe`.

use serde_json::{Value, json};
use vdk_testing::Home;
use vdk_testing::server::Server;

use super::{SECRET, described, refused, secrets};

pub fn check(home: &Home) {
    assert_eq!(secrets(home, "describe").done().stdout, "No Data.\n");
    home.secrets(&["--set", "db-password", SECRET, "--set-json", "limit", "[1, 2]"]).done();
    let run = home.secrets(&["describe", "db-password", "--description", "Orders DB ☃"]).done();
    assert_eq!(run.stdout, "");
    secrets(home, "describe db-password --owner data-team --rotate-every 12w").done();
    secrets(home, "describe db-password --expires 2999-01-31").done();
    let one = described(home, "db-password");
    assert_eq!((&one["key"], &one["type"]), (&json!("db-password"), &json!("string")));
    assert_eq!(one["length"], json!(SECRET.len()));
    assert_eq!((&one["description"], &one["owner"]), (&json!("Orders DB ☃"), &json!("data-team")));
    assert_eq!((&one["rotateEvery"], &one["expires"]), (&json!("84d"), &json!("2999-01-31")));
    assert!(one["rotated"].is_null() && one["due"].is_string() && one["updatedAt"].is_string());
    assert_eq!(one.as_object().unwrap().len(), 11, "{one}");
    // All keys, and the rest of a key that others describe meanwhile.
    let all = secrets(home, "describe -o json").done();
    let all: Value = serde_json::from_str(&all.stdout).unwrap();
    assert_eq!(all.as_array().unwrap().len(), 2);
    assert_eq!((&all[1]["key"], &all[1]["type"]), (&json!("limit"), &json!("array")));
    assert_eq!((&all[1]["length"], &all[1]["description"]), (&Value::Null, &Value::Null));
    let table = secrets(home, "describe").done().stdout;
    assert!(table.starts_with("key ") && table.contains("data-team"), "{table}");
    let fields = secrets(home, "describe db-password").done().stdout;
    assert!(fields.contains("rotate every") && fields.contains("(in 84 days)"), "{fields}");
    // Texts are shown escaped, and none of it is in the set.
    home.secrets(&["describe", "limit", "--description", "a\u{1b}[2J\nb"]).done();
    assert!(!secrets(home, "describe").done().stdout.contains('\u{1b}'));
    assert_eq!(home.all(), format!("{{\"db-password\": \"{SECRET}\", \"limit\": [1, 2]}}"));
    // The same time again does not put the day off; the empty text removes a field.
    let due = described(home, "db-password")["due"].clone();
    secrets(home, "describe db-password --rotate-every 84d").done();
    assert_eq!(described(home, "db-password")["due"], due);
    home.secrets(&["describe", "db-password", "--rotate-every", "", "--owner="]).done();
    let one = described(home, "db-password");
    assert!(one["rotateEvery"].is_null() && one["owner"].is_null(), "{one}");
    assert_eq!(one["due"], json!("2999-01-31"));
    // Who changed what, without any text of it.
    let run = secrets(home, "describe --history -o json").done();
    let versions: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(versions[0]["changes"]["changed"], json!(["db-password"]), "{versions}");
    assert!(!run.stdout.contains("Orders"), "{run:?}");
    let run = secrets(home, "describe limit --history -o json").done();
    assert_eq!(serde_json::from_str::<Value>(&run.stdout).unwrap().as_array().unwrap().len(), 1);
    // It goes with its key, and does not come back with it.
    let version = home.secrets(&["history", "-o", "json"]).done().stdout;
    assert!(!version.contains("Orders"), "{version}");
    home.secrets(&["--overwrite-all", "-", "-y"]).failed(2, "empty");
    home.run_with(["secrets", "-n", "j", "-t", "t", "-y", "--overwrite-all", "-"], "{\"a\": 1}")
        .done();
    home.secrets(&["rollback", "1", "-y"]).done();
    assert!(described(home, "db-password")["description"].is_null());
    assert!(described(home, "limit")["description"].is_null());
}

#[test]
fn describes_what_is_in_the_store() {
    check(&Home::at("local"));
}

#[test]
fn describes_what_is_at_a_service() {
    let operator = Home::new();
    let server = Server::start(&operator);
    check(&Home::at(&server.url()));
    assert!(!server.log().contains(SECRET));
}

#[test]
fn refuses_what_is_not_valid() {
    let home = Home::at("local");
    home.secrets(&["--set", "k", SECRET]).done();
    for (options, code, words) in [
        ("describe other --owner x", 4, "There is no key 'other'"),
        ("describe kk", 4, "Did you mean 'k'"),
        ("describe k --expires 2026-02-30", 2, "--expires: it is not a day that exists"),
        ("describe k --expires soon", 2, "--expires"),
        ("describe k --rotate-every -5d", 2, "--rotate-every"),
        ("describe k --rotate-every 0d", 2, "--rotate-every"),
        ("describe k --rotate-every 90", 2, "--rotate-every"),
        ("--list describe k", 2, "--list before describe"),
    ] {
        secrets(&home, options).failed(code, words);
    }
    refused(&secrets(&home, "describe --owner x"), "<KEY>");
    let long = "x".repeat(2001);
    home.secrets(&["describe", "k", "--description", &long]).failed(2, "at most 2000");
    // What is typed in the wrong place is not repeated.
    let wrong = home.secrets(&["describe", "k", "--expires", SECRET]).failed(2, "--expires");
    assert!(!wrong.stderr.contains(SECRET), "{wrong:?}");
    assert_eq!(described(&home, "k")["owner"], Value::Null);
    // A day that has passed is stored, and told.
    let past = secrets(&home, "describe k --expires 2020-01-01").done();
    assert!(past.stderr.contains("2020-01-01 has passed"), "{past:?}");
    assert_eq!(described(&home, "k")["due"], json!("2020-01-01"));
}

#[test]
fn merges_what_two_describe_at_once() {
    let operator = Home::new();
    let server = Server::start(&operator);
    let homes: Vec<_> = (0..4).map(|_| Home::at(&server.url())).collect();
    homes[0].secrets(&["--set", "k", SECRET]).done();
    let fields = [
        ["--description", "d"],
        ["--owner", "o"],
        ["--rotate-every", "90d"],
        ["--expires", "2999-01-31"],
    ];
    std::thread::scope(|scope| {
        for (home, field) in homes.iter().zip(fields) {
            scope.spawn(move || {
                home.secrets(&["describe", "k", field[0], field[1]]).done();
            });
        }
    });
    let one = described(&homes[0], "k");
    assert_eq!((&one["description"], &one["owner"]), (&json!("d"), &json!("o")));
    assert_eq!((&one["rotateEvery"], &one["expires"]), (&json!("90d"), &json!("2999-01-31")));
}
