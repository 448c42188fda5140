//! Tests tokens that a command fetches or renews while it runs.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use vdk_testing::Home;
use vdk_testing::port::free_port;
use vdk_testing::scripted_service::{Fault, Gate, Service};
use vdk_testing::server::Server;

const TOKEN: &str = "vdk_0123456789abcdef_geheim";

const RENEWED: &str = r#"{"access_token":"tok.en","expires_in":900,"refresh_token":"rt-2"}"#;

fn token_response() -> Fault {
    Fault::Answer(200, "", r#"{"access_token":"tok.en","token_type":"bearer","expires_in":900}"#)
}

#[test]
fn retries_when_the_token_endpoint_is_unavailable() {
    let service = Service::with_etags();
    let away = [Fault::Answer(502, "", "<html>"), Fault::Answer(503, "Retry-After: 0\r\n", "")];
    service.next("POST", away.into_iter().chain([token_response()]));
    let home = Home::at(&service.url()).with("VDK_API_TOKEN", TOKEN);
    let run = home.secrets(&["--set", "a", "1"]).done();
    assert_eq!(run.stderr.matches("retrying in").count(), 2, "{}", run.stderr);
    assert_eq!((service.count("POST"), service.count("PUT")), (3, 1));
    let shown = service.requests().pop().unwrap();
    assert_eq!(shown.header("authorization"), Some("Bearer tok.en"));
    // The retries are limited in number.
    let nobody = Home::at(&format!("http://127.0.0.1:{}", free_port()))
        .with("VDK_API_TOKEN", TOKEN)
        .with("VDK_CONTROL_HTTP_CONNECT_RETRIES", "2");
    let run = nobody.secrets(&["--list"]).failed(6, "cannot be reached");
    assert_eq!(run.stderr.matches("retrying in").count(), 2, "{}", run.stderr);
    assert!(run.stderr.contains("Nothing was changed") && !run.stderr.contains("geheim"));
}

#[test]
fn does_not_retry_when_the_token_endpoint_refuses() {
    for (status, headers, body, words) in [
        (429, "Retry-After: 3600\r\n", "", "asks to wait 3600 seconds"),
        (400, "", r#"{"error":"invalid_grant"}"#, "invalid_grant"),
        (500, "", "", "status 500"),
    ] {
        let service = Service::with_etags();
        service.next("POST", [Fault::Answer(status, headers, body), token_response()]);
        let home = Home::at(&service.url()).with("VDK_API_TOKEN", TOKEN);
        let run = home.secrets(&["--list"]);
        assert!(run.stderr.contains(words) && run.code != 0, "{run:?}");
        assert_eq!(service.requests().len(), 1);
    }
}

#[test]
fn does_not_follow_redirects_with_the_token() {
    let target = Service::plain();
    for status in [301, 302, 303, 307, 308] {
        for n in 0..4 {
            let service = Service::with_etags();
            let (location, told) = [
                (Some(target.url()), target.url()),
                (Some(service.url()), service.url()),
                (Some("http://geheim.example".into()), "another address".into()),
                (None, "nowhere".into()),
            ][n]
                .clone();
            let header = location.map(|to| format!("Location: {to}/oauth2/token\r\n"));
            let header: &str = header.unwrap_or_default().leak();
            service.next("POST", [Fault::Answer(status, header, ""), token_response()]);
            let home = Home::at(&service.url()).with("VDK_API_TOKEN", TOKEN);
            let run = home.secrets(&["--list"]);
            let told = format!("a redirect to {told}, which is not followed");
            assert!(run.code == 6 && run.stderr.contains(&told), "{run:?}");
            assert!(!run.stderr.contains("geheim") && service.requests().len() == 1, "{run:?}");
        }
    }
    assert!(target.requests().is_empty());
}

#[test]
fn rejects_an_empty_token() {
    let operator = Home::new();
    let server = Server::secured(&operator);
    let ci = Home::at(&server.url()).with("VDK_API_TOKEN", "");
    ci.secrets(&["--list"]).failed(3, "VDK_API_TOKEN is empty");
}

#[test]
fn waits_for_a_server_that_is_starting() {
    let url = format!("http://127.0.0.1:{}", free_port());
    let home = Home::new();
    let mut first = home.command(["secrets", "-u", &url, "-n", "j", "-t", "t", "--set", "a", "1"]);
    for retries in ["VDK_CONTROL_HTTP_TOTAL_RETRIES", "VDK_CONTROL_HTTP_CONNECT_RETRIES"] {
        first.env(retries, "300");
    }
    let mut first = first.stderr(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(first.stderr.take().unwrap());
    let mut said = String::new();
    told.read_line(&mut said).unwrap();
    assert!(said.contains("retrying in"), "{said}");
    let _server = Server::start_at(&home, &url);
    let ended = first.wait().unwrap();
    told.read_to_string(&mut said).unwrap();
    assert!(ended.success(), "{said}");
}

#[test]
fn saves_an_environment_token_only_at_login() {
    let operator = Home::new();
    let server = Server::secured(&operator);
    let words = "server token create --user ana --team t --role writer".split(' ');
    let token = operator.run(words).done().stdout.trim().to_string();
    let home = Home::at(&server.url()).with("VDK_API_TOKEN", &token);
    home.secrets(&["--set", "a", "1"]).done();
    assert_eq!(home.all(), "{\"a\": \"1\"}");
    assert!(!home.config("vdk-cred.json").exists());
    // The token goes to the URL of the command, but not without TLS.
    home.secrets(&["-u", "http://vdk.example.org", "--list"]).failed(2, "not https");
    let bad = Home::at(&server.url()).with("VDK_API_TOKEN", "geheim token");
    let run = bad.secrets(&["--list"]).failed(2, "VDK_API_TOKEN");
    assert!(!run.stderr.contains("geheim"));
    let other = Home::at(&server.url()).with("VDK_API_TOKEN", "of another provider");
    other.secrets(&["--list"]).failed(2, "VDK_API_TOKEN");
    // With the provider's address, the token can also be used to log in.
    let at = format!("{}/oauth2/token", server.url());
    let ci = Home::new().with("VDK_API_TOKEN", &token).with("VDK_API_TOKEN_AUTHORIZATION_URL", &at);
    ci.run(["login"]).done();
    let kept = std::fs::read_to_string(ci.config("vdk-cred.json")).unwrap();
    let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(kept["api_token_authorization_url"], at);
}

#[test]
fn treats_a_token_without_a_type_as_bearer() {
    let service = Service::with_etags();
    let answer = Fault::Answer(200, "", r#"{"access_token":"tok.en","expires_in":"900"}"#);
    service.next("POST", [answer.clone(), answer]);
    let home = Home::at(&service.url()).with("VDK_API_TOKEN", TOKEN);
    home.secrets(&["--list"]).done();
    assert_eq!(service.requests()[1].header("authorization"), Some("Bearer tok.en"));
    let url = format!("{}/token", service.url());
    Home::at(&service.url()).run(["login", "-u", &url, "-a", TOKEN]).done();
}

#[test]
fn shows_the_providers_reason_when_a_renewal_fails() {
    for (status, body, words, code) in [
        (500, r#"{"error":"server_error","error_description":"out of order"}"#, "out of order", 6),
        (400, "13 bytes here", "status 400, and 13 bytes", 6),
        (
            400,
            r#"{"error":"invalid_grant","error_description":"rt-geheim ended"}"#,
            "[redacted]",
            3,
        ),
        (503, "", "status 503", 6),
    ] {
        let service = Service::with_etags();
        service.next("POST", [Fault::Answer(status, "", body)]);
        let home = Home::at(&service.url());
        let login = format!(
            r#"{{"authorization_url":"{0}/token","refresh_token":"rt-geheim","access_token":"x",
            "access_token_expiration_time":1,"client_id":"cli","auth_type":"credentials",
            "services":["{0}"]}}"#,
            service.url()
        );
        home.write_config("vdk-cred.json", login);
        let run = home.secrets(&["--list"]).failed(code, words);
        assert!(!run.stderr.contains("geheim"), "{}", run.stderr);
    }
}

#[test]
fn rejects_a_token_address_without_tls_before_login() {
    let home = Home::new().with("BROWSER", "touch opened");
    let flags = "login -t credentials -i cli -d https://login.example.org/a -e http://login.example.org/token";
    home.run(flags.split(' ')).failed(2, "not https");
    assert!(!home.path().join("opened").exists());
}

/// Saves a browser login with an expired access token of `service`.
fn home_with_expired_token(service: &Service) -> Home {
    let home = Home::at(&service.url());
    let login = format!(
        r#"{{"authorization_url":"{0}/token","refresh_token":"rt-1","access_token":"x",
        "access_token_expiration_time":1,"client_id":"cli","auth_type":"credentials",
        "services":["{0}"]}}"#,
        service.url()
    );
    home.write_config("vdk-cred.json", login);
    home
}

fn refresh_token(home: &Home) -> String {
    let kept = std::fs::read_to_string(home.config("vdk-cred.json")).unwrap();
    let kept: serde_json::Value = serde_json::from_str(&kept).unwrap();
    kept["refresh_token"].as_str().unwrap().into()
}

#[cfg(target_os = "linux")]
#[test]
fn completes_a_renewal_despite_a_signal() {
    use std::os::unix::process::ExitStatusExt;
    // A closed terminal sends SIGHUP twice, and timeout sends SIGTERM twice. A second Ctrl-C ends
    // vdk at once.
    for (signals, number) in [(&["INT"][..], 2), (&["TERM", "TERM"], 15), (&["HUP", "HUP"], 1)] {
        // If the parent ignores the signal, vdk does too. A script makes its background processes
        // ignore it.
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
        if u64::from_str_radix(ignored.trim(), 16).unwrap() & 1 << (number - 1) != 0 {
            continue;
        }
        let service = Service::with_etags();
        // The provider has already rotated the token, but its response is slow.
        let gate = Gate::default();
        service.next("POST", [Fault::Behind(gate.clone(), 200, "", RENEWED)]);
        service.always("GET", Fault::Hang);
        let home = home_with_expired_token(&service);
        let mut child = home.command("secrets -n j -t t --list".split(' ')).spawn().unwrap();
        vdk_testing::wait::eventually("it asks", || service.count("POST") == 1);
        for name in signals {
            let mut kill = std::process::Command::new("kill");
            kill.args([format!("-{name}"), child.id().to_string()]);
            vdk_testing::finish(kill).done();
        }
        gate.open();
        let ended = child.wait().unwrap();
        assert_eq!(ended.signal(), Some(number), "{ended:?}");
        assert_eq!(refresh_token(&home), "rt-2", "after {signals:?}");
    }
}

#[test]
fn retries_a_renewal_once_when_the_response_is_lost() {
    let service = Service::with_etags();
    service.next("POST", [Fault::Close, Fault::Answer(200, "", RENEWED)]);
    let home = home_with_expired_token(&service);
    home.secrets(&["--list"]).done();
    let posted: Vec<_> = service.requests().into_iter().filter(|r| r.method == "POST").collect();
    assert_eq!(posted.len(), 2);
    assert!(posted.iter().all(|request| request.body.contains("rt-1")));
    assert_eq!(refresh_token(&home), "rt-2");
}

#[test]
fn treats_an_error_body_as_an_error_with_any_status() {
    for (body, words, code) in [
        (
            r#"{"error":"bad_refresh_token","error_description":"it is incorrect"}"#,
            "it is incorrect",
            3,
        ),
        (
            r#"{"error":"invalid_grant","error_description":null,"access_token":"x"}"#,
            "invalid_grant",
            3,
        ),
        (r#"{"error":"temporarily_unavailable"}"#, "temporarily_unavailable", 6),
    ] {
        let service = Service::with_etags();
        service.next("POST", [Fault::Answer(200, "", body)]);
        let home = home_with_expired_token(&service);
        home.secrets(&["--list"]).failed(code, words);
        assert_eq!((refresh_token(&home).as_str(), service.count("GET")), ("rt-1", 0));
    }
}

#[test]
fn ignores_empty_refresh_tokens_and_rejects_empty_access_tokens() {
    for (refresh, kept) in [("\"\"", "rt-1"), ("null", "rt-1"), ("\"rt-2\"", "rt-2")] {
        let service = Service::with_etags();
        let body = format!(
            r#"{{"access_token":"tok.en","refresh_token":{refresh},"scope":["a","b"],"token_type":null}}"#
        );
        service.next("POST", [Fault::Answer(200, "", body.leak())]);
        let home = home_with_expired_token(&service);
        home.secrets(&["--list"]).done();
        assert_eq!(refresh_token(&home), kept);
    }
    for body in [r#"{"access_token":"","refresh_token":"rt-2"}"#, r#"{"access_token":7}"#] {
        let service = Service::with_etags();
        service.next("POST", [Fault::Answer(200, "", body)]);
        let home = home_with_expired_token(&service);
        home.secrets(&["--list"]).failed(6, "an access_token that is empty or not a string");
        assert_eq!((refresh_token(&home).as_str(), service.count("GET")), ("rt-1", 0));
    }
}

#[test]
fn rejects_a_huge_token_before_saving_it() {
    let service = Service::with_etags();
    let body = format!(r#"{{"access_token":"{}","refresh_token":"rt-2"}}"#, "x".repeat(2_000_000));
    service.next("POST", [Fault::Answer(200, "", body.leak())]);
    let home = home_with_expired_token(&service);
    home.secrets(&["--list"]).failed(6, "more than any token has");
    assert_eq!(refresh_token(&home), "rt-1");
    // The login still works.
    service.next("POST", [Fault::Answer(200, "", RENEWED)]);
    home.secrets(&["--list"]).done();
}

#[test]
fn reuses_a_token_that_lasts_a_minute() {
    let service = Service::with_etags();
    let body = r#"{"access_token":"tok.en","refresh_token":"rt-2","expires_in":60}"#;
    service.next("POST", [Fault::Answer(200, "", body)]);
    let home = home_with_expired_token(&service);
    home.secrets(&["--list"]).done();
    home.secrets(&["--list"]).done();
    assert_eq!((service.count("POST"), service.count("GET")), (1, 2));
}

#[test]
fn keeps_unknown_members_of_a_login() {
    let service = Service::with_etags();
    service.next("POST", [Fault::Answer(200, "", RENEWED)]);
    let home = home_with_expired_token(&service);
    let file = home.config("vdk-cred.json");
    let login = std::fs::read_to_string(&file).unwrap();
    let more = login.trim_end().strip_suffix('}').unwrap().to_string();
    std::fs::write(&file, format!("{more},\"later\":{{\"n\":1.50}}}}")).unwrap();
    home.secrets(&["--list"]).done();
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(kept.contains("\"later\":{\"n\":1.50}") && kept.contains("rt-2"), "{kept}");
}
