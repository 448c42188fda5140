//! Texts that terminals take for something else, many keys, time zones, and keys that go meanwhile.

use serde_json::{Value, json};
use vdk_testing::server::Server;
use vdk_testing::session::Session;
use vdk_testing::{Home, finish};

use super::{SECRET, described, today};
use crate::import::HOSTILE;

#[test]
fn shows_texts_escaped() {
    let home = Home::at("local");
    home.secrets(&["--set", "k", SECRET]).done();
    let hostile: serde_json::Map<String, Value> = serde_json::from_str(HOSTILE).unwrap();
    let texts = hostile.values().map(|text| text.as_str().unwrap());
    // An empty one removes the field, and no argument can hold NUL.
    for text in texts.filter(|text| !text.is_empty() && !text.contains('\0')) {
        home.secrets(&["describe", "k", "--description", text, "--owner", text]).done();
        let one = described(&home, "k");
        assert_eq!((&one["description"], &one["owner"]), (&json!(text), &json!(text)));
        for words in [&["describe", "k"][..], &["describe"], &["list", "--expiring", "30d"]] {
            let shown = home.secrets(words).done();
            let is_plain = |c: char| c == '\n' || !c.is_control();
            assert!(shown.stdout.chars().all(is_plain), "{text:?}: {shown:?}");
            assert!(shown.stdout.lines().count() < 20, "a line end made lines: {shown:?}");
        }
    }
}

#[test]
fn takes_ten_thousand_keys() {
    let operator = Home::new();
    let server = Server::start(&operator);
    for url in ["local", &server.url()] {
        let home = Home::at(url);
        let values: Value = (0..10_000).map(|n| (format!("key-{n:05}"), json!("v"))).collect();
        let words = ["secrets", "-n", "j", "-t", "t", "-y", "--overwrite-all", "-"];
        home.run_with(words, values.to_string()).done();
        for key in ["key-00000", "key-09999"] {
            home.secrets(&["describe", key, "--expires", "2020-01-31"]).done();
        }
        let due = home.secrets(&["list", "--expiring", "30d", "-o", "json"]).done().stdout;
        assert_eq!(serde_json::from_str::<Value>(&due).unwrap().as_array().unwrap().len(), 2);
        let all = home.secrets(&["describe", "-o", "json"]).done().stdout;
        assert_eq!(serde_json::from_str::<Value>(&all).unwrap().as_array().unwrap().len(), 10_000);
        home.secrets(&["rotate", "key-09999", "--generate"]).done();
        assert_eq!(described(&home, "key-09999")["rotated"], json!(today()));
    }
}

#[test]
fn counts_days_alike_in_every_time_zone() {
    let home = Home::at("local");
    home.secrets(&["--set", "k", SECRET]).done();
    home.secrets(&["describe", "k", "--rotate-every", "30d"]).done();
    home.secrets(&["rotate", "k", "--generate"]).done();
    let due = described(&home, "k")["due"].clone();
    let list = |time| home.secrets(&["list", "--expiring", time, "-o", "json"]).done().stdout;
    let (within, before) = (list("30d"), list("29d"));
    assert!(within.contains(due.as_str().unwrap()) && !before.contains("\"k\""), "{before}");
    for zone in ["Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York", "Nowhere/At_All"] {
        let there = |words: &[&str]| {
            let words = [&["secrets", "-n", "j", "-t", "t"], words].concat();
            let mut command = home.command(words);
            command.env("TZ", zone);
            finish(command).done().stdout
        };
        assert_eq!(there(&["list", "--expiring", "30d", "-o", "json"]), within, "{zone}");
        assert_eq!(there(&["list", "--expiring", "29d", "-o", "json"]), before, "{zone}");
    }
}

#[test]
fn rotates_no_key_that_goes_meanwhile() {
    let operator = Home::new();
    let server = Server::start(&operator);
    let home = Home::at(&server.url());
    home.secrets(&["--set", "k", SECRET, "--set", "other", "x"]).done();
    let mut session = Session::start(&home, &["secrets", "-n", "j", "-t", "t", "rotate", "k"]);
    session.expect("k: ");
    home.secrets(&["--delete", "k"]).done();
    session.send("geheim-8\r").expect("k again: ").send("geheim-8\r");
    let (status, screen) = session.end();
    assert!(matches!(status.code(), Some(4 | 5)), "{screen}");
    assert!(!screen.contains("geheim-8"), "{screen}");
    assert_eq!(home.all(), r#"{"other": "x"}"#);
}
