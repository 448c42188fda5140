//! Tests `rotate`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use vdk_testing::control_service::http;
use vdk_testing::proxy::{Killer, proxy};
use vdk_testing::server::Server;
use vdk_testing::session::Session;
use vdk_testing::{Home, Run};

use super::{SECRET, described, refused, secrets, today};

fn rotate(home: &Home, options: &str, value: &str) -> Run {
    let words = ["secrets", "-n", "j", "-t", "t", "rotate"].into_iter();
    let run = home.run_with(words.chain(options.split_whitespace()), value);
    assert!(!run.stdout.contains(SECRET) && !run.stderr.contains(SECRET), "{run:?}");
    run
}

fn value(home: &Home, key: &str) -> String {
    home.secrets(&["--get", key, "-o", "raw"]).done().stdout
}

pub fn check(home: &Home) {
    rotate(home, "k", SECRET).failed(4, "There is no key 'k'");
    assert_eq!(secrets(home, "--list -o json").done().stdout, "[]\n");
    home.secrets(&["--set", "k", "old", "--set-json", "n", "7"]).done();
    secrets(home, "describe k --rotate-every 90d").done();
    home.secrets(&["describe", "k", "--description", "Orders DB"]).done();
    let day = today();
    rotate(home, "k", &format!("{SECRET}\n")).done();
    assert_eq!(value(home, "k"), SECRET);
    let one = described(home, "k");
    // A test that begins before midnight may end after it.
    let day = if one["rotated"] == json!(day) { day } else { today() };
    assert_eq!(one["rotated"], json!(day));
    assert_eq!(one["description"], json!(format!("Orders DB. Rotated on {day}")));
    assert!(one["updatedAt"].is_string());
    // The same value is most often a mistake.
    rotate(home, "k", SECRET).failed(2, "the one that is stored");
    rotate(home, "k --same", "").done();
    assert_eq!(value(home, "k"), SECRET);
    let text = described(home, "k")["description"].clone();
    assert_eq!(text.as_str().unwrap().matches("Rotated on").count(), 1, "{text}");
    // The type of the stored value stays.
    rotate(home, "n", "8").done();
    rotate(home, "n", "eight").failed(2, "type of the stored one");
    rotate(home, "k", "\n").failed(2, "No value");
    home.file("new.pem", "a\nb\n");
    rotate(home, "k --file new.pem", "").done();
    assert_eq!(value(home, "k"), "a\nb\n");
    rotate(home, "k --file -", "from stdin").done();
    assert_eq!(home.all(), "{\"k\": \"from stdin\", \"n\": 8}");
    let run = rotate(home, "k --generate --print", "").done();
    let made = run.stdout.trim_end();
    assert!(made.len() == 32 && made.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{run:?}");
    assert_eq!(value(home, "k"), made);
    let run = rotate(home, "k --generate 40 --alphabet hex", "").done();
    assert!(run.stdout.is_empty() && !run.stderr.contains(&value(home, "k")), "{run:?}");
    assert!(value(home, "k").bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(value(home, "k").len(), 40);
}

#[test]
fn rotates_what_is_in_the_store() {
    check(&Home::at("local"));
}

#[test]
fn rotates_what_is_at_a_service() {
    let operator = Home::new();
    let server = Server::start(&operator);
    check(&Home::at(&server.url()));
    assert!(!server.log().contains(SECRET));
}

#[test]
fn refuses_what_is_not_valid() {
    let home = Home::at("local");
    home.secrets(&["--set", "k", "old"]).done();
    for (options, words) in [
        ("k --generate 7", "from 8 to 4096"),
        ("k --generate 4097", "from 8 to 4096"),
        ("k --generate --file x", "--file"),
        ("k --alphabet hex", "--generate"),
        ("k --print", "--generate"),
        ("k --generate --same", "--same"),
        ("k --file x --same", "--same"),
        ("k --generate --alphabet emoji", "possible values"),
        ("k --file missing", "missing"),
    ] {
        refused(&rotate(&home, options, ""), words);
    }
    assert_eq!(value(&home, "k"), "old");
    assert!(described(&home, "k")["rotated"].is_null());
}

#[test]
fn asks_twice_and_hidden() {
    let home = Home::at("local");
    home.secrets(&["--set", "k", "old"]).done();
    let line = ["secrets", "-n", "j", "-t", "t", "rotate", "k"];
    let mut session = Session::start(&home, &line);
    session.expect("k: ").send(format!("{SECRET}\r"));
    session.expect("k again: ").send(format!("{SECRET}\r"));
    session.expect("rotated k (8 characters)");
    let (status, screen) = session.end();
    assert!(status.success() && !screen.contains(SECRET), "{screen}");
    assert_eq!(value(&home, "k"), SECRET);
    let mut session = Session::start(&home, &line);
    session.expect("k: ").send("one\r").expect("k again: ").send("two\r").expect("values differ");
    session.end();
    assert_eq!(value(&home, "k"), SECRET);
}

#[test]
fn completes_after_an_interruption_at_every_step() {
    let operator = Home::new();
    let server = Server::start(&operator);
    // Which write is lost: that of the mark, of the value, or of the day.
    for lost in 0..3 {
        for generated in [false, true] {
            let direct = Home::at(&server.url());
            let key = format!("k{lost}{generated}");
            direct.secrets(&["--set", &key, "old"]).done();
            let cuts = Arc::new(AtomicBool::new(true));
            let (cut, count) = (cuts.clone(), std::sync::atomic::AtomicUsize::new(0));
            let address = proxy(server.url(), move |request| {
                request.method == "PUT"
                    && cut.load(Ordering::SeqCst)
                    && count.fetch_add(1, Ordering::SeqCst) >= lost
            });
            let home =
                Home::at(&format!("http://{address}")).with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "0");
            let (options, input) = match generated {
                true => (format!("{key} --generate"), String::new()),
                false => (key.clone(), format!("{SECRET}{lost}")),
            };
            let run = rotate(&home, &options, &input);
            assert!(run.code == 6 || run.code == 7, "{run:?}");
            cuts.store(false, Ordering::SeqCst);
            let between = value(&direct, &key);
            assert_eq!(between == "old", lost < 2, "{lost}");
            if lost < 2 {
                // Nothing of it is stored, so the old value does not complete it.
                rotate(&home, &key, "old").failed(2, "the one that is stored");
            }
            rotate(&home, &options, &input).done();
            let after = value(&direct, &key);
            assert_ne!(after, "old");
            if lost == 2 {
                assert_eq!(after, between, "nothing is done twice");
            }
            assert!(described(&direct, &key)["rotated"].is_string());
            // It is complete: the same value again is refused.
            if !generated {
                rotate(&home, &options, &input).failed(2, "the one that is stored");
            }
        }
    }
}

#[test]
fn completes_after_a_kill_at_every_step() {
    let operator = Home::new();
    let server = Server::start(&operator);
    let killer = Killer::in_front_of(server.url());
    let (home, direct) = (Home::at(&killer.url), Home::at(&server.url()));
    let mut kills = 0;
    for (write, is_stored) in (0..4).flat_map(|write| [(write, false), (write, true)]) {
        direct.secrets(&["--set", "k", "old"]).done();
        direct.secrets(&["describe", "k", "--description", "it"]).done();
        let words = "secrets -n j -t t rotate k --generate".split(' ');
        kills += usize::from(killer.kill(home.command(words), write, is_stored));
        let between = value(&direct, "k");
        rotate(&home, "k --generate", "").done();
        let after = value(&direct, "k");
        assert_eq!(after.len(), 32);
        // Behind the last write, it was complete, and this is another rotation.
        let goes_on = [(1, true), (2, false)].contains(&(write, is_stored));
        assert_eq!(after == between, goes_on, "{write} {is_stored}");
        let description = described(&direct, "k")["description"].clone();
        assert_eq!(description, format!("it. Rotated on {}", today()));
        direct.secrets(&["--delete", "k"]).done();
    }
    assert_eq!(kills, 6, "the mark, the value, and the day");
}

#[test]
fn generates_anew_unless_its_own_value_is_stored() {
    let operator = Home::new();
    let server = Server::start(&operator);
    let home = Home::at(&server.url());
    let address: SocketAddr = server.url().strip_prefix("http://").unwrap().parse().unwrap();
    let beside = "/data-jobs/for-team/t/jobs/j/deployments/TODO/secrets/metadata";
    let mark = |json: &str| {
        let headers = [("content-type", "application/json")];
        let put = http(address, "PUT", beside, &headers, json.as_bytes()).unwrap();
        assert_eq!(put.status, 202, "{}", put.body);
    };
    home.secrets(&["--set", "k", "old"]).done();
    mark(r#"{"k":{"rotating":"1 op-of-somebody"}}"#);
    home.secrets(&["--set", "k", "person"]).done();
    rotate(&home, "k --generate", "").done();
    assert_eq!(value(&home, "k").len(), 32, "somebody else's value is no generated one");
    // A copy knows nothing of what is under way.
    mark(r#"{"k":{"owner":"ana","rotating":"1 op-of-somebody"}}"#);
    secrets(&home, "copy k --to-name other").done();
    let there = beside.replace("/jobs/j/", "/jobs/other/");
    let there = http(address, "GET", &there, &[], b"").unwrap();
    assert_eq!(there.body, r#"{"k":{"owner":"ana"}}"#);
    home.run(["secrets", "-t", "t", "-n", "vdk-metadata/j", "--list"]).failed(2, "slash");
}

#[test]
fn takes_the_key_behind_generate() {
    let home = Home::at("local");
    home.secrets(&["--set", "k", "old"]).done();
    rotate(&home, "--generate k", "").done();
    assert_eq!(value(&home, "k").len(), 32);
    secrets(&home, "describe k --expires 2020-01-31").done();
    rotate(&home, "--generate 9 k", "").done();
    assert_eq!(value(&home, "k").len(), 9);
    assert!(described(&home, "k")["expires"].is_null(), "that was the expiry of the old value");
    refused(&rotate(&home, "--generate", ""), "No key is given");
    refused(&rotate(&home, "", ""), "KEY");
}

#[test]
fn keeps_its_names_for_itself() {
    let home = Home::at("local");
    for job in ["vdk-metadata/j", "team-access", "team-oauth-credentials"] {
        for collection in ["secrets", "properties"] {
            let words = [collection, "-t", "t", "-n", job, "--set", "k", "v"];
            home.run(words).failed(2, "is reserved");
        }
    }
}
