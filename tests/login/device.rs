//! Logins on another device (RFC 8628), at a scripted provider.

use vdk_testing::scripted_service::{Fault, Service};
use vdk_testing::{Home, Run};

fn given() -> Fault {
    Fault::Answer(200, "", r#"{"access_token":"tok.en","token_type":"bearer","expires_in":900}"#)
}

/// A login by a code that is entered on another device, at a provider that answers so.
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
fn device_answers_are_taken_as_providers_give_them() {
    for (more, asked) in [
        (r#""interval":"1","expires_in":"900""#, 1),
        (r#""interval":0.5,"expires_in":900.5,"verification_uri_complete":null"#, 1),
        (r#""interval":null,"expires_in":900"#, 1),
    ] {
        let service = Service::with_etags();
        let device = format!(
            r#"{{"device_code":"dc","user_code":"AB-CD","verification_uri":"https://login.example.org",{more}}}"#
        );
        let pending = Fault::Answer(200, "", r#"{"error":"authorization_pending"}"#);
        let answers = vec![Fault::Answer(200, "", device.leak()), pending, given()];
        device_login(&service, answers, &[]).done();
        assert_eq!(service.count("POST"), 2 + asked);
    }
    let service = Service::with_etags();
    let device =
        r#"{"user_code":"AB-CD","verification_uri":"https://login.example.org","expires_in":900}"#;
    device_login(&service, vec![Fault::Answer(200, "", device)], &[])
        .failed(6, "there is no device_code");
}

#[test]
fn a_provider_that_asks_to_wait_for_ever_does_not_end_the_login_in_a_panic() {
    let service = Service::with_etags();
    let device = r#"{"device_code":"dc","user_code":"AB-CD","expires_in":900,"interval":18446744073709551615,
        "verification_uri":"https://login.example.org"}"#;
    let slower = Fault::Answer(400, "", r#"{"error":"slow_down"}"#);
    let answers = vec![Fault::Answer(200, "", device), slower, given()];
    let run = device_login(&service, answers, &["--timeout", "3"]);
    assert!((0..7).contains(&run.code), "{run:?}");
}

#[test]
fn a_code_that_nobody_entered_is_told_as_that() {
    let service = Service::with_etags();
    let device = r#"{"device_code":"dc","user_code":"AB-CD","expires_in":900,"interval":1,
        "verification_uri":"https://login.example.org"}"#;
    let mut answers = vec![Fault::Answer(200, "", device)];
    answers.resize(9, Fault::Answer(400, "", r#"{"error":"authorization_pending"}"#));
    let run = device_login(&service, answers, &["--timeout", "2"]);
    run.failed(1, "Nobody entered the code within 2 seconds");
}

#[test]
fn a_device_login_ends_at_an_answer_that_waiting_does_not_mend() {
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
