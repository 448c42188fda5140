//! TLS: both versions of HTTP, and certificates that are replaced while the service runs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::path::Path;
use std::process::Command;

use common::{Service, eventually};
use rcgen::{CertificateParams, KeyPair};

/// Writes a certificate for 127.0.0.1 that signs itself, and its key.
fn certificate(folder: &Path) {
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["127.0.0.1".to_string()]).unwrap().self_signed(&key).unwrap();
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    std::fs::write(folder.join("cert.pem"), certificate.pem()).unwrap();
}

#[test]
#[ignore = "needs curl: ./tests/run"]
fn certificates_are_replaced_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    certificate(folder.path());
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::fs::copy(at("cert.pem"), at("trusted.pem")).unwrap();
    let service = Service::start(&[
        ("SERVER_SSL_CERTIFICATE", &at("cert.pem")),
        ("SERVER_SSL_CERTIFICATE_PRIVATE_KEY", &at("key.pem")),
    ]);
    let curl = |arguments: &[&str]| {
        let output = Command::new("curl")
            .args([
                "-sS",
                "-o",
                "/dev/null",
                "-w",
                "%{http_version} %{http_code} %header{strict-transport-security}",
            ])
            .args(["--cacert", &at("trusted.pem")])
            .args(arguments)
            .arg(format!("https://{}/livez", service.address))
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(curl(&["--http1.1"]), (true, "1.1 200 max-age=31536000".into()));
    assert_eq!(curl(&["--http2"]), (true, "2 200 max-age=31536000".into()));
    assert!(!curl(&["--tls-max", "1.1"]).0);

    // Half of a new pair is not taken; the old one stays.
    let old_key = std::fs::read(at("key.pem")).unwrap();
    certificate(folder.path());
    let new_key = std::fs::read(at("key.pem")).unwrap();
    std::fs::write(at("key.pem"), &old_key).unwrap();
    service.signal("HUP");
    eventually("the half pair is seen", || service.log().contains("is not taken"));
    assert!(curl(&[]).0);
    std::fs::write(at("key.pem"), &new_key).unwrap();
    std::fs::copy(at("cert.pem"), at("trusted.pem")).unwrap();
    eventually("the new certificate is served", || curl(&[]).0);
}
