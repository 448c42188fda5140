//! `move`: a key is never lost, whatever fails between the two sides.

use vdk_testing::Home;
use vdk_testing::proxy::Killer;
use vdk_testing::scripted_service::{Fault, Gate, Service};
use vdk_testing::server::Server;
use vdk_testing::session::Session;
use vdk_testing::wait::eventually;

use super::{VALUES, all, secrets, store};

#[test]
fn moves_values_to_the_digit() {
    let home = Home::at("local");
    store(&home, "a", VALUES);
    secrets(&home, "a", &["move", "text", "n", "big", "--to-name", "b", "--rename", "n=m"]).done();
    assert_eq!(
        all(&home, "b", &[]),
        r#"{"text": "it's \"x\"\n\u2603", "m": 1.50, "big": 123456789012345678901234567890}"#
    );
    assert_eq!(
        all(&home, "a", &[]),
        r#"{"list": [1, {"b": null}], "t": true, "": "empty", "a/b c": "x"}"#
    );
    secrets(&home, "a", &["move", "--all", "--to-name", "b"]).done();
    assert_eq!(all(&home, "a", &[]), "{}");
    let service = Service::plain();
    secrets(&home, "b", &["move", "--all", "--to-name", "c", "--to-url", &service.url()]).done();
    assert_eq!(all(&home, "b", &[]), "{}");
    let mut session = Session::start(
        &home,
        &[
            "secrets",
            "-t",
            "t",
            "-n",
            "c",
            "-u",
            &service.url(),
            "move",
            "m",
            "--to-url",
            "local",
            "--to-name",
            "b",
        ],
    );
    session.expect("moved 1 key to the secrets of job 'b'");
    assert!(session.end().0.success());
    assert_eq!(all(&home, "b", &[]), r#"{"m": 1.50}"#);
}

#[test]
fn goes_on_after_an_interruption() {
    let home = Home::at("local");
    let service = Service::with_etags();
    let url = service.url();
    let words = ["move", "--all", "--to-name", "j", "--to-url", &url];
    // Killed while the write there is under way. A copy is what a kill before the deletion leaves.
    store(&home, "a", r#"{"x": "1", "y": "2"}"#);
    let gate = Gate::default();
    service.next("PUT", [Fault::Behind(gate.clone(), 500, "", "")]);
    let mut child = home.command([&["secrets", "-t", "t", "-n", "a"], &words[..]].concat());
    let mut child = child.spawn().unwrap();
    eventually("the write is sent", || service.count("PUT") == 1);
    child.kill().unwrap();
    child.wait().unwrap();
    gate.open();
    assert_eq!(
        (all(&home, "a", &[]).as_str(), service.stored("secrets").as_str()),
        (r#"{"x": "1", "y": "2"}"#, "{}")
    );
    secrets(&home, "a", &["copy", "--all", "--to-name", "j", "--to-url", &url]).done();
    secrets(&home, "a", &words).done();
    assert_eq!(
        (all(&home, "a", &[]).as_str(), service.stored("secrets").as_str()),
        ("{}", r#"{"x":"1","y":"2"}"#)
    );
    // From the service: killed while the keys are deleted there.
    let back = [
        "secrets",
        "-t",
        "t",
        "-n",
        "j",
        "-u",
        &url,
        "move",
        "--all",
        "--to-url",
        "local",
        "--to-name",
        "a",
    ];
    let gate = Gate::default();
    service.next("PUT", [Fault::Behind(gate.clone(), 500, "", "")]);
    let sent = service.count("PUT");
    let mut child = home.command(back).spawn().unwrap();
    eventually("the write is sent", || service.count("PUT") == sent + 1);
    child.kill().unwrap();
    child.wait().unwrap();
    gate.open();
    assert_eq!(all(&home, "a", &[]), r#"{"x": "1", "y": "2"}"#);
    home.run(back).done();
    assert_eq!(
        (all(&home, "a", &[]).as_str(), service.stored("secrets").as_str()),
        (r#"{"x": "1", "y": "2"}"#, "{}")
    );
}

#[test]
fn goes_on_after_a_kill_at_every_write() {
    let operator = Home::new();
    let server = Server::start(&operator);
    let killer = Killer::in_front_of(server.url());
    let (home, direct) = (Home::at(&killer.url), Home::at(&server.url()));
    for (verb, writes) in [("copy", 1), ("move", 2)] {
        let words = [verb, "--all", "--to-name", "b"];
        let mut kills = 0;
        for (write, is_stored) in (0..3).flat_map(|write| [(write, false), (write, true)]) {
            store(&direct, "a", VALUES);
            store(&direct, "b", r#"{"other": 1}"#);
            let stored = all(&direct, "a", &[]);
            let command = home.command([&["secrets", "-t", "t", "-n", "a"], &words[..]].concat());
            kills += usize::from(killer.kill(command, write, is_stored));
            let (here, there) = (all(&direct, "a", &[]), all(&direct, "b", &[]));
            assert!(here == stored || there.contains(&stored[1..]), "{write}: {here} {there}");
            // What is moved already is no key that could be moved once more.
            if here != "{}" {
                secrets(&home, "a", &words).done();
            }
            let left = if verb == "copy" { stored.as_str() } else { "{}" };
            assert_eq!(all(&direct, "a", &[]), left, "{verb} {write}");
            assert_eq!(all(&direct, "b", &[]), format!(r#"{{"other": 1, {}"#, &stored[1..]));
        }
        assert_eq!(kills, 2 * writes, "{verb}");
    }
}

#[test]
fn refuses_the_same_names_at_another_address() {
    let service = Service::plain();
    let home = Home::at("local");
    let stored = r#"{"k":"precious"}"#;
    service.put("secrets", stored);
    store(&home, "j", stored);
    let url = service.url();
    let other = url.replace("127.0.0.1", "localhost");
    for (here, there) in [(url.as_str(), other.as_str()), ("local", &url), (&url, "local")] {
        for more in [&[][..], &["--rename", "k=l"], &["--dry-run"]] {
            let words = [&["-u", here, "move", "k", "--to-url", there], more].concat();
            secrets(&home, "j", &words).failed(2, "may be one storage");
        }
    }
    assert_eq!(service.stored("secrets"), stored);
    assert_eq!(service.count("PUT"), 0);
}

#[test]
fn keeps_keys_that_changed_meanwhile() {
    let (home, service) = (Home::at("local"), Service::with_etags());
    service.put("secrets", r#"{"x":"1","y":"2"}"#);
    service.next("PUT", [Fault::ForeignWrite(r#"{"x":"1","y":"new","z":"3"}"#)]);
    let words = ["-u", &service.url(), "move", "x", "y", "--to-url", "local", "--to-name", "a"];
    let run = secrets(&home, "j", &words).failed(5, "'y' changed here meanwhile");
    assert!(run.stderr.contains("The others (1) are moved"), "{}", run.stderr);
    assert_eq!(service.stored("secrets"), r#"{"y":"new","z":"3"}"#);
    assert_eq!(all(&home, "a", &["-u", "local"]), r#"{"x": "1", "y": "2"}"#);
}

#[test]
fn keeps_all_keys_if_the_other_side_fails() {
    let home = Home::at("local")
        .with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "0")
        .with("VDK_CONTROL_HTTP_READ_TIMEOUT_SECONDS", "1");
    let source = r#"{"x": "1", "y": "2"}"#;
    for (fault, code) in [
        (Fault::Answer(500, "", "{}"), 6),
        (Fault::Answer(503, "", "{}"), 6),
        (Fault::Close, 7),
        (Fault::Hang, 7),
        (Fault::Answer(403, "", "{}"), 3),
        (Fault::Answer(413, "", "{}"), 2),
        (Fault::Answer(400, "", "{}"), 2),
        (Fault::Lie, 6),
    ] {
        let service = Service::plain();
        store(&home, "a", source);
        service.always("PUT", fault.clone());
        let words = ["move", "--all", "--to-name", "j", "--to-url", &service.url()];
        let run = secrets(&home, "a", &words);
        assert_eq!(run.code, code, "{fault:?}: {run:?}");
        assert_eq!(all(&home, "a", &[]), source, "{fault:?}");
    }
    // What was stored before the answer was lost is read back like all else.
    let service = Service::plain();
    store(&home, "c", source);
    service.next("PUT", [Fault::AppliedThenReset]);
    secrets(&home, "c", &["move", "--all", "--to-name", "j", "--to-url", &service.url()]).done();
    assert_eq!(service.stored("secrets"), r#"{"x":"1","y":"2"}"#);
    assert_eq!(all(&home, "c", &[]), "{}");
    // Keys that stay as they are there are not deleted here.
    store(&home, "b", r#"{"x": "other"}"#);
    secrets(&home, "a", &["move", "--all", "--to-name", "b"]).failed(5, "'x'");
    assert_eq!(all(&home, "a", &[]), source);
    let words = ["move", "--all", "--to-name", "b", "--keep-existing"];
    secrets(&home, "a", &words).failed(5, "'x' has another value there");
    assert_eq!(all(&home, "a", &[]), r#"{"x": "1"}"#);
    assert_eq!(all(&home, "b", &[]), r#"{"x": "other", "y": "2"}"#);
}

#[test]
fn a_reader_copies_and_moves_nothing() {
    let operator = Home::new();
    let server = Server::secured(&operator);
    let create = |role: &str| {
        let words = format!("server token create --user ana --team t --role {role}");
        operator.run(words.split(' ')).done().stdout.trim().to_string()
    };
    let home = Home::at(&server.url()).with("VDK_API_TOKEN", create("writer"));
    store(&home, "a", r#"{"x": "1"}"#);
    let reader = Home::at(&server.url()).with("VDK_API_TOKEN", create("reader"));
    let local = ["x", "--to-url", "local", "--to-name", "b"];
    secrets(&reader, "a", &[&["copy"], &local[..]].concat()).done();
    assert_eq!(all(&reader, "b", &["-u", "local"]), r#"{"x": "1"}"#);
    let run = secrets(&reader, "a", &[&["move"], &local[..]].concat()).failed(3, "needs the role");
    assert!(run.stderr.contains("They are not deleted in"), "{}", run.stderr);
    assert_eq!(all(&home, "a", &[]), r#"{"x": "1"}"#);
}

#[test]
fn renames_keys_of_a_job_as_one_write() {
    let (home, service) = (Home::new(), Service::with_etags());
    service.put("secrets", r#"{"old":1.50,"other":"x","taken":"y"}"#);
    let url = service.url();
    let rename = |args: &[&str]| secrets(&home, "j", &[&["-u", &url, "move"], args].concat());
    rename(&["old", "--rename", "old=taken"]).failed(5, "'taken'");
    rename(&["old", "--rename", "old=taken", "--keep-existing"]).failed(2, "would be lost");
    let shown = rename(&["old", "--rename", "old=taken", "--dry-run"]).done().stdout;
    assert!(shown.contains("taken  changed, needs --overwrite"), "{shown}");
    let shown = rename(&["old", "--rename", "old=new", "--dry-run", "-o", "json"]).done().stdout;
    assert!(
        shown.ends_with("\"removed\": [], \"refused\": [], \"renamed\": [\"new\"]}\n"),
        "{shown}"
    );
    rename(&["old", "--rename", "old=a", "--rename", "old=b"]).failed(2, "two names");
    rename(&["nope", "--rename", "nope=x"]).failed(4, "'nope'");
    rename(&["old", "other", "--rename", "old=new"]).failed(2, "'other' gets no other name");
    rename(&["old", "--rename", "old=old"]).failed(2, "'old' gets no other name");
    rename(&["old"]).failed(2, "needs another side");
    assert_eq!(service.count("PUT"), 0);
    // Names may be exchanged, and a read that fails at first is repeated.
    let plain = Service::plain();
    plain.put("secrets", r#"{"a":"A","b":"B"}"#);
    plain.next("GET", [Fault::Answer(503, "", "{}")]);
    let swap = ["-u", &plain.url(), "move", "a", "b", "--rename", "a=b", "--rename", "b=a"];
    secrets(&home, "j", &swap).done();
    assert_eq!(plain.stored("secrets"), r#"{"b":"A","a":"B"}"#);
    // Somebody changes the value meanwhile: the new name has the newest.
    service.next("PUT", [Fault::ForeignWrite(r#"{"old":2.50,"other":"x","taken":"y"}"#)]);
    rename(&["old", "--rename", "old=new"]).done();
    assert_eq!(service.stored("secrets"), r#"{"other":"x","taken":"y","new":2.50}"#);
    rename(&["other", "new", "--rename", "other=new", "--rename", "new=other"]).done();
    assert_eq!(service.stored("secrets"), r#"{"taken":"y","new":"x","other":2.50}"#);
}
