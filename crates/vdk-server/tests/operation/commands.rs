//! Tests the operator's commands that need no storage: serve, check, health and version.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use vdk_testing::control_service::{Service, binary, free_port};
use vdk_testing::tls::Authority;

/// Returns the exit code, stdout and stderr of a command.
fn run(command: &mut Command) -> (Option<i32>, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn ask(words: &[&str], settings: &[(&str, &str)]) -> (Option<i32>, String) {
    let (code, out, said) = run(binary().args(words).envs(settings.iter().copied()));
    assert_eq!(out, "");
    (code, said)
}

fn port(service: &Service) -> String {
    service.address.port().to_string()
}

/// Starts the service with these words and waits until it listens.
fn listens(words: &[&str], folder: &Path) -> Child {
    let mut command = binary();
    command
        .args(words)
        .env("VDK_STORAGE_FOLDER", folder)
        .env("FEATUREFLAG_SECURITY_ENABLED", "false");
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = log.by_ref().map_while(Result::ok).find(|line| line.contains("\"listening\""));
    assert!(line.is_some(), "it has ended: {:?}", child.try_wait());
    // It goes on to log, and must not be stopped by a closed pipe.
    std::thread::spawn(move || log.map_while(Result::ok).for_each(drop));
    child
}

#[test]
fn serves_with_and_without_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("application.properties");
    std::fs::write(&config, "server.port=1\n").unwrap();
    let (config, port) = (config.to_str().unwrap(), free_port().to_string());
    for words in [
        vec!["--config", config, "--port", &port],
        vec!["serve", "--config", config, "--port", &port],
        vec!["--config", config, "--port", &port, "serve"],
    ] {
        let mut child = listens(&words, &folder.path().join("store"));
        let healthy = ask(&["health", "--config", config, "--port", &port], &[]);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(healthy.0, Some(0), "{words:?}: {}", healthy.1);
    }
}

#[test]
fn checks_settings_by_command_and_by_option() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("application.properties");
    let config = config.to_str().unwrap();
    for (text, code, words) in
        [("server.port=1\n", 0, "the settings are valid"), ("server.prot=1\n", 2, "server.prot")]
    {
        std::fs::write(config, text).unwrap();
        for command in [
            vec!["check", "--config", config],
            vec!["--config", config, "check"],
            vec!["--config", config, "--check-config"],
            vec!["serve", "--check-config", "--config", config],
        ] {
            let (found, said) = ask(&command, &[]);
            assert!(found == Some(code) && said.contains(words), "{command:?}: {said}");
        }
    }
}

#[test]
fn explains_every_command_in_its_help() {
    let (_, help, _) = run(binary().arg("--help"));
    for command in ["serve", "check", "health", "token", "rotate-key", "verify-audit", "version"] {
        assert!(help.contains(&format!("\n  {command} ")), "{command}: {help}");
        let (code, help, _) = run(binary().args([command, "--help"]));
        assert!(code == Some(0) && help.contains("Usage: "), "{command}: {help}");
    }
    let (_, help, _) = run(binary().args(["serve", "--help"]));
    assert!(help.contains("vdk.vault.approle.secretid *"), "{help}");
}

#[test]
fn reports_version_and_build() {
    let (code, text, _) = run(binary().arg("version"));
    assert_eq!(code, Some(0));
    assert!(text.starts_with(&format!("Version: {}\n", env!("CARGO_PKG_VERSION"))), "{text}");
    let (_, json, _) = run(binary().args(["version", "-o", "json"]));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(json["build_details"]["profile"], "release");
    // It needs no valid settings.
    assert_eq!(run(binary().arg("version").env("SERVER_PORT", "x")).0, Some(0));
}

#[test]
fn reports_health_by_exit_code_and_one_line() {
    let mut service = Service::start(&[]);
    let port = port(&service);
    let health = |settings: &[(&str, &str)]| {
        let (code, said) = ask(&["health"], settings);
        assert_eq!(said.trim_end().lines().count(), 1, "{said}");
        (code, said)
    };
    assert_eq!(health(&[("SERVER_PORT", &port)]).0, Some(0));
    let everywhere = [("SERVER_PORT", port.as_str()), ("SERVER_ADDRESS", "0.0.0.0")];
    let (code, said) = health(&everywhere);
    assert!(code == Some(0) && said.contains("http://127.0.0.1:"), "{said}");
    // The check needs none of the service's secrets, which only the service can read.
    let vault = [("SERVER_PORT", port.as_str()), ("FEATUREFLAG_VAULT_INTEGRATION_ENABLED", "true")];
    assert_eq!(health(&vault).0, Some(0));
    // A proxy is for other machines.
    let proxy = [("SERVER_PORT", port.as_str()), ("HTTP_PROXY", "http://127.0.0.1:1")];
    assert_eq!(health(&proxy).0, Some(0));
    service.signal("TERM");
    service.wait();
    let (code, said) = health(&[("SERVER_PORT", &port)]);
    assert!(code == Some(1) && said.contains("refused"), "{said}");
    for (settings, words) in [
        ([("SERVER_PORT", "x")], "server.port"),
        ([("SERVER_PORT", "0")], "--port PORT"),
        ([("SERVER_SSL_CERTIFICATE", "x")], "go together"),
    ] {
        let (code, said) = health(&settings);
        assert!(code == Some(1) && said.contains(words), "{said}");
    }
}

#[test]
fn reports_a_silent_service_as_unhealthy() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port().to_string();
    // Without an end of its own, it would hang here.
    let (code, said) = ask(&["health", "--port", &port], &[]);
    assert!(code == Some(1) && said.contains("does not answer within"), "{said}");
}

#[test]
fn names_the_storage_that_is_unavailable() {
    let vault = free_port();
    let service = Service::start(&[
        ("FEATUREFLAG_VAULT_INTEGRATION_ENABLED", "true"),
        ("VDK_VAULT_URI", &format!("http://127.0.0.1:{vault}/v1/")),
        ("VDK_VAULT_TOKEN", "x"),
    ]);
    let port = port(&service);
    let (code, said) = ask(&["health", "--port", &port], &[]);
    assert!(code == Some(1) && said.contains("secrets (vault): cannot be reached"), "{said}");
    assert_eq!(ask(&["health", "--port", &port, "--exclude", "secrets"], &[]).0, Some(0));
    let (code, said) = ask(&["health", "--port", &port, "--exclude", "secret"], &[]);
    assert!(code == Some(1) && said.contains("'secret'"), "{said}");
}

#[test]
fn reaches_a_service_with_tls_and_client_certificates() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (own, others) = (Authority::new(), Authority::new());
    for (name, authority) in [("server", &own), ("client", &others)] {
        let (certificate, key) = authority.certificate(&["vdk.example.org"], |_| {});
        std::fs::write(at(&format!("{name}.pem")), certificate.pem()).unwrap();
        std::fs::write(at(&format!("{name}-key.pem")), key.serialize_pem()).unwrap();
    }
    std::fs::write(at("own-ca.pem"), own.pem()).unwrap();
    std::fs::write(at("others-ca.pem"), others.pem()).unwrap();
    let (certificate, key) = (at("server.pem"), at("server-key.pem"));
    let health = |service: &Service, settings: &[(&str, &str)], words: &[&str]| {
        let port = port(service);
        ask(&[&["health", "--port", port.as_str()], words].concat(), settings)
    };
    let tls = [
        ("SERVER_SSL_CERTIFICATE", certificate.as_str()),
        ("SERVER_SSL_CERTIFICATE_PRIVATE_KEY", key.as_str()),
    ];
    let service = Service::start(&tls);
    let (code, said) = health(&service, &tls, &[]);
    assert!(code == Some(0) && said.contains("https://127.0.0.1:"), "{said}");
    let (code, said) = health(&service, &[], &[]);
    assert_eq!(code, Some(1), "it speaks TLS, the check does not: {said}");

    let (own_ca, others_ca) = (at("own-ca.pem"), at("others-ca.pem"));
    let with = |authority: &str| -> Vec<(&'static str, String)> {
        let mut settings: Vec<_> = tls.map(|(name, value)| (name, value.to_string())).into();
        settings.push(("SERVER_SSL_CLIENT_AUTH", "need".into()));
        settings.push(("SERVER_SSL_TRUST_CERTIFICATE", authority.into()));
        settings
    };
    let own_settings = with(&own_ca);
    let own_settings: Vec<_> = own_settings.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let service = Service::start(&own_settings);
    let (code, said) = health(&service, &own_settings, &[]);
    assert_eq!(code, Some(0), "its own certificate is one of a client: {said}");

    let others_settings = with(&others_ca);
    let others_settings: Vec<_> = others_settings.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let service = Service::start(&others_settings);
    let (code, said) = health(&service, &others_settings, &[]);
    assert!(code == Some(1) && said.contains("--client-cert"), "{said}");
    let (certificate, key) = (at("client.pem"), at("client-key.pem"));
    let identity = ["--client-cert", certificate.as_str(), "--client-key", key.as_str()];
    let (code, said) = health(&service, &others_settings, &identity);
    assert_eq!(code, Some(0), "{said}");
}
