//! `copy`.

use vdk_testing::Home;
use vdk_testing::scripted_service::{Fault, Service};
use vdk_testing::server::Server;
use vdk_testing::session::Session;

use super::{VALUES, all, secrets, store};
use crate::import::{HOSTILE, TYPED};

#[test]
fn copies_values_to_the_digit() {
    let home = Home::at("local");
    store(&home, "a", VALUES);
    store(&home, "b", r#"{"other": "stays"}"#);
    secrets(&home, "a", &["copy", "--all", "--to-name", "b"]).done();
    assert_eq!(all(&home, "b", &[]), VALUES.replacen('{', "{\"other\": \"stays\", ", 1));
    assert_eq!(all(&home, "a", &[]), VALUES);
    // By way of a service and back.
    let service = Service::plain();
    let url = service.url();
    let there = ["copy", "--all", "--to-url", &url, "--to-team", "a/b", "--to-name", "c/d"];
    secrets(&home, "a", &there).done();
    let back = [
        "secrets",
        "-t",
        "a/b",
        "-n",
        "c/d",
        "-u",
        &url,
        "copy",
        "--all",
        "--to-url",
        "local",
        "--to-team",
        "t",
        "--to-name",
        "back",
    ];
    home.run(back).done();
    assert_eq!(all(&home, "back", &[]), VALUES);

    for (at, json) in [HOSTILE, TYPED].into_iter().enumerate() {
        let (source, copy, back) = (&format!("s{at}"), &format!("c{at}"), &format!("b{at}"));
        let service = Service::plain();
        store(&home, source, json);
        secrets(&home, source, &["copy", "--all", "--to-name", copy]).done();
        let there = ["copy", "--all", "--to-url", &service.url(), "--to-name", "j"];
        secrets(&home, source, &there).done();
        let from = ["-u", &service.url(), "copy", "--all", "--to-url", "local", "--to-name", back];
        secrets(&home, "j", &from).done();
        let stored = all(&home, source, &[]);
        assert_eq!([all(&home, copy, &[]), all(&home, back, &[])], [&stored[..], &stored]);
        let sent: String = service.stored("secrets").split_whitespace().collect();
        let kept: String = json.split_whitespace().collect();
        // Keys are text, and values stay as they were written.
        assert_eq!(sent, kept.replace(r#""\u0430""#, "\"\u{430}\""));
    }
}

#[test]
fn takes_the_keys_that_are_named_under_other_names() {
    let home = Home::at("local");
    store(&home, "a", r#"{"db-user": "1", "db-pass": "2", "x=y": "3", "z": "4"}"#);
    let copy = |args: &[&str]| secrets(&home, "a", &[&["copy", "--to-name", "b"], args].concat());
    copy(&["db-*", "x=y", "--rename", "x=y=new", "--prefix", "p-"]).done();
    assert_eq!(all(&home, "b", &[]), r#"{"p-db-user": "1", "p-db-pass": "2", "new": "3"}"#);
    let missing = copy(&["db-usr"]).failed(4, "no key 'db-usr'");
    assert!(missing.stderr.contains("Did you mean 'db-user'?"), "{}", missing.stderr);
    copy(&[]).failed(2, "--all");
    copy(&["z", "--all"]).failed(2, "--all");
    copy(&["z", "--rename", "q=r"]).failed(2, "OLD=NEW");
    copy(&["z", "--rename", "z="]).failed(2, "OLD=NEW");
    let same = copy(&["z", "db-user", "--rename", "z=db-user"]);
    same.failed(2, "'db-user'");
    secrets(&home, "a", &["copy", "z"]).failed(2, "needs another side");
    secrets(&home, "a", &["copy", "z", "--to-name", "a"]).failed(2, "Both sides");
    for side in ["--to-team", "--to-name"] {
        let run = secrets(&home, "a", &["copy", "z", side, "."]).failed(2, side);
        assert!(run.stderr.contains(&format!("a valid name: {side} NAME")), "{}", run.stderr);
    }
    let none = secrets(&home, "none", &["copy", "--all", "--to-name", "b"]).done();
    assert!(none.stderr.contains("nothing was ever stored"), "{}", none.stderr);
}

#[test]
fn changes_no_stored_value_unless_asked_to() {
    let home = Home::at("local");
    store(&home, "a", r#"{"same": 1, "x": "new", "y": "2"}"#);
    store(&home, "b", r#"{"same": 1, "x": "old", "z": true}"#);
    let before = all(&home, "b", &[]);
    let copy =
        |args: &[&str]| secrets(&home, "a", &[&["copy", "--all", "--to-name", "b"], args].concat());
    let run = copy(&[]).failed(5, "Another value is stored for 'x'");
    assert!(run.stderr.contains("Nothing was changed."), "{}", run.stderr);
    assert_eq!(
        copy(&["--dry-run", "-o", "json"]).done().stdout,
        "{\"added\": [\"y\"], \"changed\": [], \"kept\": [\"same\", \"z\"], \"removed\": [], \"refused\": [\"x\"]}\n"
    );
    assert_eq!(all(&home, "b", &[]), before);
    copy(&["--keep-existing"]).done();
    assert_eq!(all(&home, "b", &[]), r#"{"same": 1, "x": "old", "z": true, "y": "2"}"#);
    copy(&["--overwrite"]).done();
    assert_eq!(all(&home, "b", &[]), r#"{"same": 1, "x": "new", "z": true, "y": "2"}"#);
    copy(&["--overwrite", "--keep-existing"]).failed(2, "contradict");
}

#[test]
fn asks_before_secrets_become_properties() {
    let home = Home::at("local");
    store(&home, "a", r#"{"password": "x"}"#);
    let words = ["copy", "password", "--to-properties"];
    secrets(&home, "a", &words).failed(2, "--yes-expose");
    secrets(&home, "a", &[&words[..], &["-y"]].concat()).failed(2, "--yes-expose");
    let line = [&["secrets", "-t", "t", "-n", "a"], &words[..]].concat();
    let mut session = Session::start(&home, &line);
    session.expect("Make the secrets 'password' properties?").expect("[y/N]").send("n\r");
    assert_eq!(session.end().0.code(), Some(1));
    let properties =
        || home.run(["properties", "-t", "t", "-n", "a", "--get-all", "-o", "json"]).done().stdout;
    assert_eq!(properties(), "{}\n");
    secrets(&home, "a", &[&words[..], &["--yes-expose"]].concat()).done();
    assert_eq!(properties(), "{\"password\": \"x\"}\n");
    let back =
        ["properties", "-t", "t", "-n", "a", "copy", "--all", "--to-secrets", "--to-name", "b"];
    home.run(back).done();
    assert_eq!(all(&home, "b", &[]), "{\"password\": \"x\"}");
}

#[test]
fn sends_a_token_only_to_its_own_service() {
    let operator = Home::new();
    let server = Server::secured(&operator);
    let words = "server token create --user ana --team t --role writer".split(' ');
    let token = operator.run(words).done().stdout.trim().to_string();
    let home = Home::at(&server.url()).with("VDK_API_TOKEN", &token);
    store(&home, "a", r#"{"x": "1"}"#);
    let other = Service::plain();
    let run =
        secrets(&home, "a", &["copy", "--all", "--to-name", "j", "--to-url", &other.url()]).done();
    assert!(run.stderr.contains("the API token is for"), "{}", run.stderr);
    assert_eq!(other.stored("secrets"), r#"{"x":"1"}"#);
    let requests = other.requests();
    assert!(requests.iter().all(|request| request.header("authorization").is_none()));
    // Nor does the other service get a login that was saved for none yet.
    let login =
        r#"{"access_token":"Fnord","access_token_expiration_time":1e11,"auth_type":"api-token"}"#;
    home.write_config("vdk-cred.json", login);
    secrets(&home, "a", &["diff", "--to-name", "j", "--to-url", &other.url()]).done();
    assert!(other.requests().iter().all(|request| request.header("authorization").is_none()));
    let kept = std::fs::read_to_string(home.config("vdk-cred.json")).unwrap();
    assert_eq!(kept, login);
    std::fs::remove_file(home.config("vdk-cred.json")).unwrap();
    // From the store on this machine, the token is for the configured service.
    let from_local = ["-u", "local", "diff", "--to-name", "j", "--to-url", &other.url()];
    secrets(&home, "a", &from_local).done();
    assert!(other.requests().iter().all(|request| request.header("authorization").is_none()));
    let mut typo = home.command([&["secrets", "-t", "t", "-n", "a"], &from_local[..]].concat());
    typo.env("VDK_CONTROL_SERVICE_REST_API_URL", "htps://vdk.example.org");
    vdk_testing::finish(typo).failed(2, "VDK_CONTROL_SERVICE_REST_API_URL");
    // Without another service there is nothing to find out.
    let mut local = home.command(["secrets", "-t", "t", "-n", "a", "-u", "local"]);
    local.args(["diff", "--to-name", "b"]);
    local.env("VDK_CONTROL_SERVICE_REST_API_URL", "htps://vdk.example.org");
    vdk_testing::finish(local).done();
    // The same service gets it for both sides.
    secrets(&home, "a", &["copy", "--all", "--to-name", "b"]).done();
    assert_eq!(all(&home, "b", &[]), r#"{"x": "1"}"#);
    secrets(&home, "a", &["copy", "--all", "--to-team", "u"]).failed(3, "needs the role");
}

#[test]
fn loses_nothing_of_other_writers() {
    let (home, service) = (Home::at("local"), Service::with_etags());
    store(&home, "a", r#"{"x": "1"}"#);
    service.put("secrets", r#"{"y":"2"}"#);
    service.next("PUT", [Fault::ForeignWrite(r#"{"y":"3","z":"4"}"#)]);
    secrets(&home, "a", &["copy", "--all", "--to-name", "j", "--to-url", &service.url()]).done();
    assert_eq!(service.stored("secrets"), r#"{"y":"3","z":"4","x":"1"}"#);
    // One that sets the same key meanwhile is not overwritten.
    service.put("secrets", "{}");
    service.next("PUT", [Fault::ForeignWrite(r#"{"x":"theirs"}"#)]);
    let run = secrets(&home, "a", &["copy", "--all", "--to-name", "j", "--to-url", &service.url()]);
    run.failed(5, "Another value is stored for 'x'");
    assert_eq!(service.stored("secrets"), r#"{"x":"theirs"}"#);
    let sent = service.count("PUT");
    let run = secrets(
        &home,
        "a",
        &["copy", "--all", "--to-name", "j", "--to-url", &service.url(), "--dry-run"],
    );
    run.done();
    assert_eq!(service.count("PUT"), sent, "a dry run sends nothing");
}

#[test]
fn refuses_more_than_is_stored() {
    let home = Home::at("local");
    let half = format!(r#"{{"x": "{}"}}"#, "x".repeat(600 * 1024));
    store(&home, "a", &half);
    store(&home, "b", &half.replace("\"x\":", "\"y\":"));
    let before = all(&home, "b", &[]);
    secrets(&home, "a", &["copy", "x", "--to-name", "b"]).failed(2, "1048576");
    secrets(&home, "a", &["move", "x", "--to-name", "b"]).failed(2, "1048576");
    assert!(all(&home, "b", &[]) == before && all(&home, "a", &[]) == half);
}
