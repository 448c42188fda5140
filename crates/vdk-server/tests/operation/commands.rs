//! Tests the operator's commands that need no storage: serve, check, health and version.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use vdk_testing::control_service::{Service, binary, eventually, free_port};
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

/// Checks the health until the exit code and the line are as expected. On a busy machine, the
/// service may need longer than the check waits.
#[track_caller]
fn health(words: &[&str], settings: &[(&str, &str)], code: i32, line: &str) {
    let words = [&["health"], words].concat();
    eventually(&format!("{words:?}: {code}, {line}"), || {
        let (found, said) = ask(&words, settings);
        assert_eq!(said.trim_end().lines().count(), 1, "{said}");
        found == Some(code) && said.contains(line)
    });
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
        health(&["--config", config, "--port", &port], &[], 0, "is ready");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn checks_settings_by_command_and_by_option() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("application.properties");
    let config = config.to_str().unwrap();
    for (text, code, words) in [
        ("server.port=1\n", 0, "the settings are valid"),
        ("vdk.vault.url=1\n", 2, "vdk.vault.url"),
    ] {
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
    let port = ("SERVER_PORT", port.as_str());
    health(&[], &[port], 0, "is ready");
    health(&[], &[port, ("SERVER_ADDRESS", "0.0.0.0")], 0, "http://127.0.0.1:");
    // The check needs none of the service's secrets, which only the service can read.
    health(&[], &[port, ("FEATUREFLAG_VAULT_INTEGRATION_ENABLED", "true")], 0, "is ready");
    // A proxy is for other machines.
    health(&[], &[port, ("HTTP_PROXY", "http://127.0.0.1:1")], 0, "is ready");
    service.signal("TERM");
    service.wait();
    health(&[], &[port], 1, "refused");
    health(&[], &[("SERVER_PORT", "x")], 1, "server.port");
    health(&[], &[("SERVER_PORT", "0")], 1, "--port PORT");
    health(&[], &[("SERVER_SSL_CERTIFICATE", "x")], 1, "go together");
}

#[test]
fn reports_a_silent_service_as_unhealthy() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port().to_string();
    // Without an end of its own, it would hang here.
    health(&["--port", &port], &[], 1, "does not answer within");
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
    health(&["--port", &port], &[], 1, "secrets (vault): cannot be reached");
    health(&["--port", &port, "--exclude", "secrets"], &[], 0, "is ready");
    health(&["--port", &port, "--exclude", "secret"], &[], 1, "'secret'");
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
    let tls = [
        ("SERVER_SSL_CERTIFICATE", certificate.as_str()),
        ("SERVER_SSL_CERTIFICATE_PRIVATE_KEY", key.as_str()),
    ];
    let service = Service::start(&tls);
    let own_port = port(&service);
    health(&["--port", &own_port], &tls, 0, "https://127.0.0.1:");
    // It speaks TLS, and a check without these settings does not.
    health(&["--port", &own_port], &[], 1, "http://127.0.0.1:");

    let (own_ca, others_ca) = (at("own-ca.pem"), at("others-ca.pem"));
    let with = |authority: &str| -> Vec<(&'static str, String)> {
        let mut settings: Vec<_> = tls.map(|(name, value)| (name, value.to_string())).into();
        settings.push(("SERVER_SSL_CLIENT_AUTH", "need".into()));
        settings.push(("SERVER_SSL_TRUST_CERTIFICATE", authority.into()));
        settings
    };
    for (authority, code, line) in [(&own_ca, 0, "is ready"), (&others_ca, 1, "--client-cert")] {
        let settings = with(authority);
        let settings: Vec<_> = settings.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let service = Service::start(&settings);
        let port = port(&service);
        // The service's own certificate may be one of a client.
        health(&["--port", &port], &settings, code, line);
        if authority == &others_ca {
            let (certificate, key) = (at("client.pem"), at("client-key.pem"));
            let identity = ["--client-cert", &certificate, "--client-key", &key];
            health(&[&["--port", &port], &identity[..]].concat(), &settings, 0, "is ready");
        }
    }
}
