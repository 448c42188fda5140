//! Tests TLS: client certificates, both versions of HTTP, and certificates that are replaced while
//! the service runs.

use std::path::Path;
use std::process::Command;

use rcgen::{CertificateParams, KeyPair};
use vdk_testing::control_service::{Service, eventually};

#[test]
#[ignore = "needs curl: ./tests/run"]
fn requires_a_client_certificate_of_the_authority() {
    let folder = tempfile::tempdir().unwrap();
    certificate(folder.path());
    let at = |name: &str| folder.path().join(name).display().to_string();
    for name in ["member", "stranger"] {
        let folder = folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        certificate(&folder);
    }
    // A self-signed certificate is its own authority.
    let service = Service::start(&[
        ("SERVER_SSL_CERTIFICATE", &at("cert.pem")),
        ("SERVER_SSL_CERTIFICATE_PRIVATE_KEY", &at("key.pem")),
        ("SERVER_SSL_CLIENT_AUTH", "need"),
        ("SERVER_SSL_TRUST_CERTIFICATE", &at("member/cert.pem")),
    ]);
    let curl = |arguments: &[&str]| {
        let output = Command::new("curl")
            .args(["-sS", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", &at("cert.pem")])
            .args(arguments)
            .arg(format!("https://{}/livez", service.address))
            .output()
            .unwrap();
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap())
    };
    let of = |name: &str| {
        let (certificate, key) = (at(&format!("{name}/cert.pem")), at(&format!("{name}/key.pem")));
        curl(&["--cert", &certificate, "--key", &key])
    };
    assert_eq!(of("member"), ["200", ""]);
    // The client receives the reason even though it has already sent its request.
    for _ in 0..20 {
        let [status, error] = of("stranger");
        assert!(status == "000" && error.contains("alert"), "{status} {error}");
        let [status, error] = curl(&[]);
        assert!(status == "000" && error.contains("certificate required"), "{status} {error}");
    }
    // This also holds for a large request.
    std::fs::write(at("large"), vec![b' '; 900 << 10]).unwrap();
    for _ in 0..20 {
        let [status, error] = curl(&["-T", &at("large")]);
        assert!(status == "000" && error.contains("certificate required"), "{status} {error}");
    }
    // A client cannot resume a session without its certificate.
    for version in ["-tls1_2", "-tls1_3"] {
        let openssl = |words: &str| {
            let mut command = Command::new("sh");
            let script = format!(
                "printf 'GET /livez HTTP/1.0\\r\\n\\r\\n' | openssl s_client {version} -ign_eof \
                 -connect {} {words} 2>&1",
                service.address
            );
            let output = command.args(["-c", &script]).current_dir(folder.path()).output().unwrap();
            String::from_utf8_lossy(&output.stdout).contains("HTTP/1.0 200")
        };
        assert!(
            openssl("-cert member/cert.pem -key member/key.pem -sess_out session"),
            "{version}"
        );
        assert!(!openssl("$([ -f session ] && echo -sess_in session)"), "{version}");
    }
    // SIGHUP also reloads the authority of client certificates.
    std::fs::copy(at("stranger/cert.pem"), at("member/cert.pem")).unwrap();
    service.signal("HUP");
    eventually("the new authority is taken", || of("stranger")[0] == "200");
}

/// Writes a self-signed certificate for 127.0.0.1 and its key.
fn certificate(folder: &Path) {
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["127.0.0.1".to_string()]).unwrap().self_signed(&key).unwrap();
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    std::fs::write(folder.join("cert.pem"), certificate.pem()).unwrap();
}

#[test]
#[ignore = "needs curl: ./tests/run"]
fn replaces_certificates_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    certificate(folder.path());
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::fs::copy(at("cert.pem"), at("trusted.pem")).unwrap();
    let mut service = Service::start(&[
        ("SERVER_SSL_CERTIFICATE", &at("cert.pem")),
        ("SERVER_SSL_CERTIFICATE_PRIVATE_KEY", &at("key.pem")),
    ]);
    let url = format!("https://{}/livez", service.address);
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
            .arg(&url)
            .output()
            .unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(curl(&["--http1.1"]), (true, "1.1 200 max-age=31536000".into()));
    assert_eq!(curl(&["--http2"]), (true, "2 200 max-age=31536000".into()));
    assert!(!curl(&["--tls-max", "1.1"]).0);

    // A new certificate without its key is not accepted, and the old pair stays. Both are made
    // elsewhere, so that the service cannot load the new pair too early.
    let new = folder.path().join("new");
    std::fs::create_dir(&new).unwrap();
    certificate(&new);
    std::fs::rename(new.join("cert.pem"), at("cert.pem")).unwrap();
    service.signal("HUP");
    service.logs("cannot use the changed certificate");
    assert!(curl(&[]).0);
    std::fs::rename(new.join("key.pem"), at("key.pem")).unwrap();
    std::fs::copy(at("cert.pem"), at("trusted.pem")).unwrap();
    eventually("the new certificate is served", || curl(&[]).0);

    // A client that has not finished its handshake does not delay the shutdown.
    let silent = std::net::TcpStream::connect(service.address).unwrap();
    assert!(curl(&[]).0);
    service.signal("TERM");
    assert_eq!(service.wait(), Some(0));
    assert!(!service.log().contains("cut off"), "{}", service.log());
    drop(silent);
}

#[test]
fn never_quotes_an_invalid_private_key() {
    let folder = tempfile::tempdir().unwrap();
    certificate(folder.path());
    let at = |name: &str| folder.path().join(name).display().to_string();
    let key = std::fs::read_to_string(at("key.pem")).unwrap();
    for joined in [key.replace('\n', "\\n"), key.replace('\n', " ")] {
        std::fs::write(at("key.pem"), &joined).unwrap();
        let mut command = vdk_testing::control_service::binary();
        command.env("SERVER_PORT", "0").env("VDK_STORAGE_FOLDER", at("store"));
        command.env("SERVER_SSL_CERTIFICATE", at("cert.pem"));
        command.env("SERVER_SSL_CERTIFICATE_PRIVATE_KEY", at("key.pem"));
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains("it is not PEM text"), "{said}");
        let body = key.lines().nth(1).unwrap();
        assert!(!said.contains(&body[..8]) && !said.contains("45, 45"), "{said}");
    }
}
