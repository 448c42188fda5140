//! Tests hints after mistakes, and that they never repeat a secret.

use vdk_testing::Home;
use vdk_testing::scripted_service::{Fault, Service};

#[test]
fn never_repeats_secrets_in_the_wrong_place() {
    let home = Home::at("https://127.0.0.1:9").with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "0");
    let (hex, token) = ("deadbeef01234567".repeat(4), "vdk_0123456789abcdef_geheim");
    let pem = "-----BEGIN PRIVATE KEY-----\nMIIgeheim\n-----END PRIVATE KEY-----";
    let secrets = |args: &[&str]| home.secrets(args);
    let with = |name: &str, value: &str, args: &[&str]| {
        let mut command = home.command([&["secrets", "-n", "j", "-t", "t"], args].concat());
        command.env(name, value);
        vdk_testing::finish(command)
    };
    for run in [
        home.run(["login", token]),
        home.run(["version", token]),
        home.run([token]),
        home.run(["version", "-o", token]),
        home.run(["login", "-t", token]),
        home.run(["local", "export-key", "x", token]),
        secrets(&["--set-file", "tls", pem]),
        secrets(&["--set-file", "tls", &hex]),
        secrets(&["--overwrite-all", token]),
        secrets(&["--overwrite-all", "{\"a\": \"geheim\"}"]),
        home.run(["local", "import-key", &hex]),
        with("VDK_MASTER_KEY_FILE", &hex, &["-u", "local", "--set", "a", "1"]),
        with("VDK_CONTROL_HTTP_CLIENT_CERT_FILE", "x", &["--list"]),
        with("SSL_CERT_FILE", pem, &["--list"]),
        with("SSL_CERT_DIR", token, &["--list"]),
        with("VDK_CREDENTIAL_STORE", token, &["--list"]),
    ] {
        assert!(run.code != 0, "{run:?}");
        let said = [run.stdout.as_str(), &run.stderr].concat();
        let shown = ["geheim", "deadbeef", "MII"].iter().any(|part| said.contains(part));
        assert!(!shown, "{run:?}");
    }
    let mut command = home.command("secrets -n j -t t --list".split(' '));
    command.env("VDK_CONTROL_HTTP_CLIENT_CERT_FILE", pem);
    command.env("VDK_CONTROL_HTTP_CLIENT_KEY_FILE", pem);
    let run = vdk_testing::finish(command).failed(2, "client certificate");
    assert!(!run.stderr.contains("MII"), "{}", run.stderr);
}

#[test]
fn rejects_help_flags_joined_with_other_letters() {
    let home = Home::at("local");
    for option in ["-horse", "-hx", "-Vx", "-yh0"] {
        let run = home.secrets(&["--set", "pw", "correct", option]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{option}: {run:?}");
        assert!(!run.stderr.contains("horse"), "{}", run.stderr);
    }
    home.secrets(&["-h"]).done();
    home.run(["help", "secrets"]).done();
    home.secrets(&["-q", "--list"]).failed(2, "'-q'");
    home.run(["properties", "-n", "j", "-t", "t", "--list", "--show-secrets"])
        .failed(2, "Leave it out: vdk properties --list");
    let run =
        home.secrets(&["--show-secret", "--list"]).failed(2, "Did you mean '--show-secrets'?");
    assert!(!run.stdout.contains("Usage"), "{run:?}");
}

#[test]
fn suggests_a_command_for_a_misspelled_one() {
    let run = Home::new().run(["sercets"]).failed(2, "Did you mean 'secrets'?");
    assert!(run.stderr.lines().count() == 4 && !run.stderr.contains("pip"), "{}", run.stderr);
    let run = Home::new().run(["secrets"]).failed(2, "Nothing to do");
    assert!(run.stderr.contains("--set KEY") && run.stderr.contains("rollback"), "{}", run.stderr);
}

#[test]
fn explains_local_in_commands_about_a_service() {
    let home = Home::at("local");
    let info = home.run(["info"]).done();
    assert!(info.stdout.contains("No Control Service: local is"), "{info:?}");
    let info = home.run(["info", "-o", "json"]).done().stdout;
    let info: serde_json::Value = serde_json::from_str(&info).unwrap();
    assert_eq!(info["local"], true);
    let status = home.run(["login", "--status"]).done().stdout;
    assert!(status.contains("none is needed"), "{status}");
    let status = home.run(["login", "--status", "-o", "json"]).done().stdout;
    assert_eq!(status, "{\"logged_in\": false, \"local\": true}\n");
    assert_eq!(home.run(["access", "list"]).done().stdout, "No grants.\n");
    home.run(["access", "grant", "--user", "x", "reader", "-t", "t"])
        .failed(2, "The local store has no roles");
}

#[test]
fn warns_of_properties_that_look_like_credentials() {
    let home = Home::at("local");
    let set = |key: &str| {
        home.run(["properties", "-n", "j", "-t", "t", "--set", key, "abc"]).done().stderr
    };
    for key in ["db_password", "API-Key", "github.token"] {
        assert!(set(key).contains("use vdk secrets"), "{key}");
    }
    assert!(!set("last_id").contains("credential"));
    assert!(!home.secrets(&["--set", "db_password", "x"]).done().stderr.contains("credential"));
}

#[test]
fn suggests_a_job_of_a_similar_name() {
    let home = Home::at("local");
    home.run("secrets -n ingest -t sales --set a 1".split(' ')).done();
    let list = |job: &str, team: &str| {
        home.run(["secrets", "-n", job, "-t", team, "--list"]).done().stderr
    };
    assert!(list("ingset", "sales").contains("did you mean job 'ingest' (team 'sales')?"));
    assert!(list("ingest", "saless").contains("did you mean team 'sales'?"));
    let other = list("report", "finance");
    assert!(other.contains("nothing was ever stored") && !other.contains("mean"), "{other}");
}

#[test]
fn shows_the_text_of_an_error_without_the_sent_values() {
    let service = Service::with_etags();
    let home = Home::at(&service.url());
    let long: &'static str = "x".repeat(2000).leak();
    for (body, words) in [
        ("the quota of team t is used up", "answered 400: 'the quota of team t is used up'"),
        ("value geheim-1 is odd\u{1b}[2J\n", "'value [redacted] is odd\\u{1b}[2J'"),
        (long, "'xxxx"),
        ("<html>no</html>", "HTML, 15 bytes"),
        ("{\"message\": \"geheim-1\"}", "an object in JSON"),
    ] {
        service.next("PUT", [Fault::Answer(400, "Content-Type: text/plain\r\n", body)]);
        let run = home.secrets(&["--set", "a", "geheim-1"]).failed(2, words);
        assert!(!run.stderr.contains("geheim") && run.stderr.len() < 1200, "{}", run.stderr);
    }
}
