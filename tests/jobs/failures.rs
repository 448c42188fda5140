//! Tests what data jobs meet when key/values cannot be read or written: the error names who can mend it, and
//! a job that needs none goes on.

use vdk_testing::scripted_service::{Fault, Service};
use vdk_testing::{Home, Run, finish};

use super::{core, job, run, set};

/// Checks that a job failed with a class of vdk-core's errors and its four parts.
fn failed_with(ran: &Run, class: &str, words: &str) {
    let said = format!("{}{}", ran.stdout, ran.stderr);
    assert_ne!(ran.code, 0, "{said}");
    assert!(said.contains(class) && said.contains(words), "{class} {words}: {said}");
}

#[test]
#[ignore = "needs vdk-core and the wheel: ./tests/run"]
fn runs_jobs_without_secrets_when_the_service_is_unavailable() {
    let home = Home::at("http://127.0.0.1:9").with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "1");
    let ran = job(&home, "quiet").done();
    let warnings = ran.stderr.matches("Secrets were not read at the start").count();
    assert_eq!(warnings, 1, "{}", ran.stderr);
    failed_with(&job(&home, "hello"), "PlatformServiceError", "cannot be reached");
}

#[test]
#[ignore = "needs vdk-core and the wheel: ./tests/run"]
fn blames_who_can_mend_a_failure() {
    let service = Service::with_etags();
    let home = Home::at(&service.url()).with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "0");
    for (status, class) in [
        (401, "VdkConfigurationError"),
        (403, "UserCodeError"),
        (404, "UserCodeError"),
        (501, "PlatformServiceError"),
        (500, "PlatformServiceError"),
    ] {
        service.always("GET", Fault::Answer(status, "", ""));
        failed_with(&job(&home, "hello"), class, &format!("answered {status}"));
        job(&home, "quiet").done();
    }
    service.always("GET", Fault::Reset);
    failed_with(&job(&home, "hello"), "PlatformServiceError", "connection");
    let invalid = Home::at("ftp://x");
    failed_with(&job(&invalid, "hello"), "VdkConfigurationError", "Invalid address");
    job(&invalid, "quiet").done();
}

#[test]
#[ignore = "needs vdk-core and the wheel: ./tests/run"]
fn tells_the_scheduler_who_can_mend_a_failure() {
    let service = Service::with_etags();
    let message = tempfile::NamedTempFile::new().unwrap();
    let home = Home::at(&service.url())
        .with("VDK_CONTROL_HTTP_TOTAL_RETRIES", "0")
        .with("VDK_TERMINATION_MESSAGE_WRITER_OUTPUT_FILE", message.path().to_str().unwrap());
    for (status, told) in [(403, "User error"), (500, "Platform error")] {
        service.always("GET", Fault::Answer(status, "", ""));
        failed_with(&job(&home, "hello"), "Error", &format!("answered {status}"));
        let text = std::fs::read_to_string(message.path()).unwrap();
        assert!(text.contains(&format!("\"status\": \"{told}\"")), "{text}");
    }
}

#[test]
#[ignore = "needs vdk-core and the wheel: ./tests/run"]
fn runs_jobs_with_properties_where_the_service_has_no_secrets() {
    let off = [("FEATUREFLAG_VAULT_INTEGRATION_ENABLED", "false")];
    let service = vdk_testing::control_service::Service::start(&off);
    let home = Home::at(&service.url(""));
    job(&home, "counter").done();
    assert_eq!(super::all(&home, "properties", "counter"), r#"{"runs": 1}"#);
    failed_with(&job(&home, "hello"), "PlatformServiceError", "answered 501");
}

#[test]
#[ignore = "needs vdk-core and the wheel: ./tests/run"]
fn rejects_values_that_cannot_be_stored() {
    let service = vdk_testing::control_service::Service::start(&[]);
    for home in [Home::at("local"), Home::at(&service.url(""))] {
        set(&home, "invalid", "kept", "v");
        for (value, words) in [("nan", "has no form in JSON"), ("large", "1048576")] {
            let arguments = format!("{{\"value\": \"{value}\"}}");
            let ran = finish(run(&core(), &home, "invalid", &arguments));
            failed_with(&ran, "UserCodeError", words);
        }
        assert_eq!(super::all(&home, "secrets", "invalid"), r#"{"kept": "v"}"#);
    }
}

#[test]
#[ignore = "needs vdk-core and the wheel: ./tests/run"]
fn runs_jobs_whose_secrets_bear_the_name_of_a_section() {
    let home = Home::at("local");
    set(&home, "clash", "oracle-wallet", "w4llet-text");
    let ran = job(&home, "clash").done();
    assert!(ran.stdout.contains("wallet: w4llet-text"), "{}", ran.stdout);
}

#[test]
#[ignore = "needs vdk-core and the wheel: ./tests/run"]
fn masks_secrets_in_logs_and_tracebacks() {
    let home = Home::at("local");
    set(&home, "leaky", "token", "s3cret-token-value");
    let ran = job(&home, "leaky");
    failed_with(&ran, "ValueError", "dsn ***");
    assert!(
        !format!("{}{}", ran.stdout, ran.stderr).contains("s3cret-token-value"),
        "{}",
        ran.stderr
    );
}

#[test]
#[ignore = "needs vdk-core and the wheel: ./tests/run"]
fn fails_where_a_service_is_asked_for_and_none_is_configured() {
    let home = Home::new()
        .with("VDK_SECRETS_DEFAULT_TYPE", "control-service")
        .with("VDK_PROPERTIES_DEFAULT_TYPE", "control-service");
    let ran = job(&home, "quiet").done();
    assert!(!ran.stderr.contains("in memory"), "{}", ran.stderr);
    failed_with(&job(&home, "counter"), "VdkConfigurationError", "No address is set");
    failed_with(&job(&home, "hello"), "VdkConfigurationError", "No address is set");
}

#[test]
#[ignore = "needs vdk-core and the wheel: ./tests/run"]
fn keeps_secrets_in_memory_when_asked_to_or_without_a_place() {
    for home in [Home::at("local").with("SECRETS_DEFAULT_TYPE", "memory"), Home::new()] {
        job(&home, "hello").done();
        assert!(
            !home.config("local/store.db").exists() || {
                let list = ["secrets", "-n", "hello", "-t", "sales", "-u", "local", "--list"];
                !home.run(list).done().stdout.contains("token")
            }
        );
    }
}
