//! Tests device logins (RFC 8628) with a scripted provider.

use vdk_testing::scripted_service::{Fault, Service};
use vdk_testing::{Home, Run};

fn token_response() -> Fault {
    Fault::Answer(200, "", r#"{"access_token":"tok.en","token_type":"bearer","expires_in":900}"#)
}

/// Runs a device login at a provider with these responses.
fn device_login(service: &Service, answers: Vec<Fault>, more: &[&str]) -> Run {
    let metadata = format!(
        r#"{{"issuer":"{0}","token_endpoint":"{0}/token","device_authorization_endpoint":"{0}/device"}}"#,
        service.url()
    );
    service.next("GET", [Fault::Answer(200, "", metadata.leak())]);
    service.next("POST", answers);
    let url = service.url();
    let login = ["login", "-t", "device", "--issuer", &url, "-i", "cli"];
    Home::at(&url).run(login.into_iter().chain(more.iter().copied()))
}

#[test]
fn accepts_device_responses_as_providers_send_them() {
    for (more, polls) in [
        (r#""interval":"1","expires_in":"900""#, 1),
        (r#""interval":0.5,"expires_in":900.5,"verification_uri_complete":null"#, 1),
        (r#""interval":null,"expires_in":900"#, 1),
    ] {
        let service = Service::with_etags();
        let device = format!(
            r#"{{"device_code":"dc","user_code":"AB-CD","verification_uri":"https://login.example.org",{more}}}"#
        );
        let pending = Fault::Answer(200, "", r#"{"error":"authorization_pending"}"#);
        let answers = vec![Fault::Answer(200, "", device.leak()), pending, token_response()];
        device_login(&service, answers, &[]).done();
        assert_eq!(service.count("POST"), 2 + polls);
    }
    let service = Service::with_etags();
    let device =
        r#"{"user_code":"AB-CD","verification_uri":"https://login.example.org","expires_in":900}"#;
    device_login(&service, vec![Fault::Answer(200, "", device)], &[])
        .failed(6, "device_code is missing");
}

#[test]
fn survives_a_huge_polling_interval() {
    let service = Service::with_etags();
    let device = r#"{"device_code":"dc","user_code":"AB-CD","expires_in":900,"interval":18446744073709551615,
        "verification_uri":"https://login.example.org"}"#;
    let slower = Fault::Answer(400, "", r#"{"error":"slow_down"}"#);
    let answers = vec![Fault::Answer(200, "", device), slower, token_response()];
    let run = device_login(&service, answers, &["--timeout", "3"]);
    assert!((0..7).contains(&run.code), "{run:?}");
}

#[test]
fn reports_a_code_that_nobody_entered() {
    let service = Service::with_etags();
    let device = r#"{"device_code":"dc","user_code":"AB-CD","expires_in":900,"interval":1,
        "verification_uri":"https://login.example.org"}"#;
    let mut answers = vec![Fault::Answer(200, "", device)];
    answers.resize(9, Fault::Answer(400, "", r#"{"error":"authorization_pending"}"#));
    let run = device_login(&service, answers, &["--timeout", "2"]);
    run.failed(1, "The code was not entered within 2 seconds");
}

#[test]
fn stops_polling_at_a_permanent_error() {
    for (status, body, words) in [
        (404, "<html>", "status 404"),
        (200, r#"{"access_token":""}"#, "an access_token that is empty"),
        (400, r#"{"error":"access_denied","error_description":"not you"}"#, "not you"),
    ] {
        let service = Service::with_etags();
        let device = r#"{"device_code":"dc-geheim","user_code":"AB-CD","expires_in":900,"interval":1,
            "verification_uri":"https://login.example.org"}"#;
        let away = Fault::Answer(503, "", "");
        let answers = vec![Fault::Answer(200, "", device), away, Fault::Answer(status, "", body)];
        let run = device_login(&service, answers, &[]);
        assert!(run.stderr.contains(words) && run.code != 0, "{run:?}");
        assert!(!run.stderr.contains("geheim"), "{run:?}");
        assert_eq!(service.count("POST"), 3);
    }
}
