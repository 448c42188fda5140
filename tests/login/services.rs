//! Tests logins at more than one service.

use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use vdk_testing::scripted_service::{Fault, Service};
use vdk_testing::{Home, Run};

/// Logs in at `service` with `more` options. The provider grants `token`.
fn log_in(home: &Home, service: &Service, token: &str, more: &[&str]) -> Run {
    let granted = format!(r#"{{"access_token":"{token}","token_type":"bearer","expires_in":900}}"#);
    service.next("POST", [Fault::Answer(200, "", granted.leak())]);
    home.run_with([&["login"], more].concat(), "vdk_0123456789abcdef_geheim\n")
}

/// Returns the bearer token that a command sends to `service`.
fn sent(home: &Home, service: &Service) -> String {
    home.secrets(&["-u", &service.url(), "--list"]).done();
    let request = service.requests().pop().unwrap();
    request.header("authorization").unwrap_or_default().replace("Bearer ", "")
}

fn status(home: &Home, more: &[&str]) -> Value {
    let run = home.run([&["login", "--status", "-o", "json"], more].concat());
    serde_json::from_str(&run.stdout).unwrap()
}

/// The files of the logins beside `vdk-cred.json`.
fn others(home: &Home) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(home.config("logins")).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn keeps_one_login_for_each_service() {
    let (a, b) = (Service::plain(), Service::plain());
    let home = Home::at(&a.url());
    let at_b = ["--rest-api-url", &b.url()];
    log_in(&home, &a, "of.a", &[]).done();
    let run = log_in(&home, &b, "of.b", &at_b).done();
    assert!(run.stderr.contains(&format!("the login for {} stays as it is", a.url())), "{run:?}");
    assert_eq!((sent(&home, &a), sent(&home, &b)), ("of.a".into(), "of.b".into()));
    assert_eq!(status(&home, &[])["services"], serde_json::json!([a.url()]));
    assert_eq!(status(&home, &[])["others"], serde_json::json!([b.url()]));
    assert_eq!(status(&home, &at_b)["services"], serde_json::json!([b.url()]));
    let shown = home.run(["login", "--status"]).done().stdout;
    assert!(shown.contains(&format!("also     {}\n", b.url())), "{shown}");
    // A login at a service replaces only that one's.
    log_in(&home, &b, "of.b2", &at_b).done();
    assert_eq!((sent(&home, &a), sent(&home, &b)), ("of.a".into(), "of.b2".into()));
    assert_eq!(others(&home).len(), 1);

    let run = home.run(["logout"]).done();
    assert!(run.stderr.contains(&format!("the login for {} stays", b.url())), "{run:?}");
    assert_eq!(sent(&home, &b), "of.b2");
    home.secrets(&["--list"]).failed(3, &format!("It is for {}, not for {}", b.url(), a.url()));
    let run = home.run(["login", "--status"]).failed(3, "Not logged in at");
    assert!(run.stderr.contains(&format!("is for {}", b.url())), "{run:?}");
    assert_eq!(status(&home, &[])["logged_in"], false);
    // The file that the Python vdk reads is free again.
    log_in(&home, &b, "of.b3", &at_b).done();
    assert_eq!((others(&home).len(), sent(&home, &b)), (0, "of.b3".into()));
    log_in(&home, &a, "of.a2", &[]).done();
    home.run(["logout", "-u", &b.url()]).done();
    assert_eq!(sent(&home, &a), "of.a2");
    log_in(&home, &b, "of.b4", &at_b).done();
    home.run(["logout", "--all"]).done();
    assert!(others(&home).is_empty() && !home.config("vdk-cred.json").exists());
    assert_eq!(sent(&home, &a), "");
}

#[test]
fn asks_which_login_is_meant() {
    let (a, b, c) = (Service::plain(), Service::plain(), Service::plain());
    let home = Home::new();
    for (service, token) in [(&a, "of.a"), (&b, "of.b")] {
        log_in(&home, service, token, &["--rest-api-url", &service.url()]).done();
    }
    home.run(["logout"]).failed(2, "vdk logout --all");
    home.run(["login", "--allow", &c.url()]).failed(2, "More than one login is saved");
    let of_b = ["login", "--rest-api-url", &b.url(), "--allow"];
    home.run([&of_b[..], &[&a.url()]].concat()).failed(2, "has a login of its own");
    home.run([&of_b[..], &[&c.url()]].concat()).done();
    assert_eq!(sent(&home, &c), "of.b");
    // A login of its own takes the service from the login that was allowed there.
    log_in(&home, &c, "of.c", &["--rest-api-url", &c.url()]).done();
    assert_eq!((sent(&home, &b), sent(&home, &c)), ("of.b".into(), "of.c".into()));
    let elsewhere = home.run(["logout", "-u", "http://127.0.0.1:9"]).done();
    assert!(elsewhere.stderr.contains("no login for this service is saved"), "{elsewhere:?}");
    let allow = ["login", "--rest-api-url", "http://127.0.0.1:9", "--allow", &c.url()];
    home.run(allow).failed(3, "Not logged in");
    home.run(["logout", "-u", "local"]).failed(2, "needs none");
    assert_eq!(home.run(["logout", "--all", "-u", &a.url()]).code, 2);

    // A file that cannot be read is in the way of no other login.
    let broken = others(&home).pop().unwrap();
    std::fs::write(&broken, "{").unwrap();
    assert_eq!(sent(&home, &a), "of.a");
    let name = broken.file_name().unwrap().to_str().unwrap();
    home.secrets(&["-u", "http://127.0.0.1:1", "--list"]).failed(3, name);
    home.run(["logout", "--all"]).done();
    assert!(others(&home).is_empty());
}

#[test]
fn replaces_a_login_for_no_service_yet() {
    let service = Service::plain();
    let home = Home::at(&service.url());
    let python = r#"{"access_token":"py.thon","access_token_expiration_time":1e11}"#;
    home.write_config("vdk-cred.json", python);
    log_in(&home, &service, "tok.en", &[]).done();
    assert_eq!((sent(&home, &service), others(&home).len()), ("tok.en".into(), 0));
    // The Python vdk's next login does not end the others.
    let other = Service::plain();
    log_in(&home, &other, "of.other", &["--rest-api-url", &other.url()]).done();
    home.write_config("vdk-cred.json", python);
    // And one at another service does not end the Python vdk's.
    log_in(&home, &other, "of.other", &["--rest-api-url", &other.url()]).done();
    assert_eq!(sent(&home, &other), "of.other");
    assert_eq!(sent(&home, &service), "py.thon");
}

/// Without a service, there is nothing to tell logins apart by.
#[test]
fn replaces_the_only_login_if_no_service_is_named() {
    let (a, b) = (Service::plain(), Service::plain());
    let home = Home::new().with("VDK_API_TOKEN_AUTHORIZATION_URL", format!("{}/token", a.url()));
    log_in(&home, &a, "of.a", &["--rest-api-url", &a.url()]).done();
    log_in(&home, &a, "of.a2", &[]).done();
    assert_eq!((sent(&home, &a), others(&home).len()), ("of.a2".into(), 0));
    log_in(&home, &a, "of.b", &["--rest-api-url", &b.url()]).done();
    home.run_with(["login"], "x").failed(2, "More than one login is saved");
    // A login that has ended says where to log in again.
    let file = home.config("vdk-cred.json");
    let mut login: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    login["access_token_expiration_time"] = 1.into();
    std::fs::write(&file, login.to_string()).unwrap();
    a.next("POST", [Fault::Answer(400, "", r#"{"error":"invalid_grant"}"#)]);
    let again = format!("vdk login --rest-api-url {}", a.url());
    home.secrets(&["-u", &a.url(), "--list"]).failed(3, &again);
}

/// What the keyring keeps cannot be read here, so its logins are given up by their files.
#[test]
fn logs_in_beside_logins_that_cannot_be_read() {
    let (a, b) = (Service::plain(), Service::plain());
    let home = Home::new().with("VDK_CREDENTIAL_STORE", "file");
    let pointer =
        format!(r#"{{"store":"keyring","entry":"00aa","services":["{}","{}"]}}"#, a.url(), b.url());
    home.write_config("vdk-cred.json", pointer);
    log_in(&home, &b, "of.b", &["--rest-api-url", &b.url()]).done();
    assert_eq!((sent(&home, &b), others(&home).len()), ("of.b".into(), 1));
    home.secrets(&["-u", &a.url(), "--list"]).failed(3, "keyring");
    // Every other login is removed all the same.
    home.run(["logout", "--all"]).failed(3, "keyring");
    assert!(others(&home).is_empty());
}

#[test]
fn takes_one_service_from_a_login_for_more() {
    let (a, b) = (Service::plain(), Service::plain());
    let home = Home::new();
    log_in(&home, &a, "of.a", &["--rest-api-url", &a.url()]).done();
    home.run(["login", "--allow", &b.url()]).done();
    let run = home.run(["logout", "-u", &b.url()]).done();
    assert!(run.stderr.contains(&format!("the login for {} stays", a.url())), "{run:?}");
    assert_eq!(sent(&home, &a), "of.a");
    home.secrets(&["-u", &b.url(), "--list"]).failed(3, "not sent");
}

/// Each of two providers revokes a login whose refresh token is used twice.
#[test]
fn renews_logins_side_by_side() {
    let services = [Service::plain(), Service::plain()];
    let home = Home::new();
    for (n, service) in services.iter().enumerate() {
        let url = service.url();
        log_in(&home, service, "x", &["--rest-api-url", &url]).done();
        let file = others(&home).pop().unwrap_or_else(|| home.config("vdk-cred.json"));
        let login = format!(
            r#"{{"authorization_url":"{url}/token","refresh_token":"rt-1","access_token":"x",
            "access_token_expiration_time":1,"client_id":"cli","services":["{url}"]}}"#
        );
        std::fs::write(file, login).unwrap();
        let renewed = format!(r#"{{"access_token":"new.{n}","refresh_token":"rt-2"}}"#);
        service.next("POST", [Fault::Answer(200, "", renewed.leak())]);
        service.always("POST", Fault::Answer(400, "", r#"{"error":"invalid_grant"}"#));
    }
    let mut running: Vec<_> = (0..20)
        .map(|n| {
            let url = services[n % 2].url();
            let words = ["secrets", "-n", "j", "-t", "t", "--list", "-u", &url];
            home.command(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for child in &mut running {
        assert!(child.wait().unwrap().success());
    }
    for (n, service) in services.iter().enumerate() {
        assert_eq!((service.count("POST"), sent(&home, service)), (2, format!("new.{n}")));
    }
}
