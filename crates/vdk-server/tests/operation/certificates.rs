//! Tests what the service does with certificates that clients reject, with revocation lists, and
//! with files that are no files. Replacing sound certificates is in `operation::tls`.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rcgen::{CertificateParams, ExtendedKeyUsagePurpose};
use vdk_testing::control_service::{Service, binary, eventually};
use vdk_testing::tls::{Authority, expired, not_yet};

/// A folder with the files of a service, and the authority that signs its certificate.
struct Files {
    folder: tempfile::TempDir,
    authority: Authority,
}

impl Files {
    fn new(change: impl Fn(&mut CertificateParams)) -> Self {
        let files = Files { folder: tempfile::tempdir().unwrap(), authority: Authority::new() };
        files.write("authority.pem", files.authority.pem());
        files.replace(&["127.0.0.1"], change);
        files
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file in one step.
    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.at("next"), text).unwrap();
        std::fs::rename(self.at("next"), self.at(name)).unwrap();
    }

    /// Replaces the certificate and its key, which are in one file as far as the service sees.
    fn replace(&self, names: &[&str], change: impl Fn(&mut CertificateParams)) {
        let (certificate, key) = self.authority.certificate(names, change);
        self.write("both.pem", &format!("{}{}", certificate.pem(), key.serialize_pem()));
    }

    fn start(&self, more: &[(&str, &str)]) -> Service {
        let both = self.at("both.pem").display().to_string();
        let own = [
            ("SERVER_SSL_CERTIFICATE", both.as_str()),
            ("SERVER_SSL_CERTIFICATE_PRIVATE_KEY", both.as_str()),
        ];
        Service::start(&[&own, more].concat())
    }

    /// Returns whether curl gets an answer of the service.
    fn reaches(&self, service: &Service, arguments: &[&str]) -> bool {
        let mut curl = Command::new("curl");
        curl.args(["-sf", "--cacert"]).arg(self.at("authority.pem")).args(arguments);
        curl.arg(format!("https://{}/livez", service.address)).output().unwrap().status.success()
    }

    /// Starts a service that requires client certificates of `clients.pem`.
    fn start_for_clients(&self) -> Service {
        self.start(&[
            ("SERVER_SSL_CLIENT_AUTH", "need"),
            ("SERVER_SSL_TRUST_CERTIFICATE", self.at("clients.pem").to_str().unwrap()),
        ])
    }
}

fn for_clients(params: &mut CertificateParams) {
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
}

#[test]
#[ignore = "needs curl: ./tests/run"]
fn notices_a_replacement_that_keeps_the_time_of_change() {
    let files = Files::new(|_| {});
    let service = files.start(&[]);
    assert!(files.reaches(&service, &[]));
    let time = std::fs::metadata(files.at("both.pem")).unwrap().modified().unwrap();
    let other = Files::new(|_| {});
    let copied = std::fs::read_to_string(other.at("both.pem")).unwrap();
    std::fs::write(files.at("next"), copied).unwrap();
    std::fs::File::options()
        .write(true)
        .open(files.at("next"))
        .unwrap()
        .set_modified(time)
        .unwrap();
    std::fs::rename(files.at("next"), files.at("both.pem")).unwrap();
    eventually("the new certificate is served", || other.reaches(&service, &[]));
}

#[test]
#[ignore = "needs curl: ./tests/run"]
fn reloads_the_certificate_on_sighup_even_if_it_is_the_same() {
    let files = Files::new(|_| {});
    let service = files.start(&[]);
    assert!(files.reaches(&service, &[]));
    for times in 1..=2 {
        service.signal("HUP");
        eventually("it is reloaded", || {
            service.log().matches("reloaded the certificate").count() == times
        });
    }
}

#[test]
fn warns_at_the_start_of_a_certificate_that_clients_reject() {
    type Change = fn(&mut CertificateParams);
    let changes: [(Change, &str); 3] = [
        (expired, "has expired (2021-01-01"),
        (not_yet, "is not valid yet (it is from 2090-01-01"),
        (for_clients, "is not for servers"),
    ];
    for (change, cause) in changes {
        let service = Files::new(change).start(&[]);
        service.logs("clients will reject the service's certificate");
        assert!(service.log().contains(cause), "{}", service.log());
    }
    let sound: [Change; 2] = [
        |_| {},
        |params| {
            for_clients(params);
            params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
        },
    ];
    for change in sound {
        let log = Files::new(change).start(&[]).log();
        assert!(!log.contains("clients will reject"), "{log}");
    }
}

#[test]
#[ignore = "needs curl: ./tests/run"]
fn keeps_a_sound_certificate_when_its_replacement_is_not() {
    let files = Files::new(|_| {});
    let service = files.start(&[]);
    type Change = fn(&mut CertificateParams);
    let changes: [(Change, &str); 3] = [
        (expired, "has expired"),
        (not_yet, "is not valid yet"),
        (for_clients, "is not for servers"),
    ];
    for (change, cause) in changes {
        files.replace(&["127.0.0.1"], change);
        service.logs(cause);
        assert!(files.reaches(&service, &[]), "{cause}");
    }
    // The same defect is not reported every few seconds.
    service.signal("HUP");
    eventually("it is checked again", || service.log().matches("is not for servers").count() == 2);
    // Names are the operator's decision.
    files.replace(&["vdk.example.org"], |_| {});
    service.logs("the new certificate is not for 127.0.0.1");
    let host = format!("vdk.example.org:{}:127.0.0.1", service.address.port());
    let url = format!("https://vdk.example.org:{}/livez", service.address.port());
    eventually("the new certificate is served", || {
        let mut curl = Command::new("curl");
        curl.args(["-sf", "--resolve", &host, "--cacert"]).arg(files.at("authority.pem"));
        curl.arg(&url).output().unwrap().status.success()
    });
}

#[test]
#[ignore = "needs curl: ./tests/run"]
fn rejects_clients_whose_certificate_is_revoked() {
    let files = Files::new(|_| {});
    let clients = Authority::new();
    for (name, serial) in [("member", 7), ("leaver", 8)] {
        let (certificate, key) =
            clients.certificate(&[name], |params| params.serial_number = Some(serial.into()));
        let both = format!("{}{}", certificate.pem(), key.serialize_pem());
        files.write(&format!("{name}.pem"), &both);
    }
    files.write("clients.pem", clients.pem());
    let service = files.start_for_clients();
    let reaches =
        |name: &str| files.reaches(&service, &["--cert", files.at(name).to_str().unwrap()]);
    assert!(reaches("member.pem") && reaches("leaver.pem"));
    // The list takes effect at a reload. Another authority has no list.
    let other = Authority::named("authority of guests");
    let (certificate, key) = other.certificate(&["guest"], |_| {});
    files.write("guest.pem", &format!("{}{}", certificate.pem(), key.serialize_pem()));
    let revoked = format!("{}{}{}", clients.pem(), clients.revoke(&[8]), other.pem());
    files.write("clients.pem", &revoked);
    eventually("the revoked client is rejected", || !reaches("leaver.pem"));
    assert!(reaches("member.pem") && reaches("guest.pem"));
    // A service that starts with it uses it as well.
    let second = files.start_for_clients();
    let reaches =
        |name: &str| files.reaches(&second, &["--cert", files.at(name).to_str().unwrap()]);
    assert!(reaches("member.pem") && reaches("guest.pem") && !reaches("leaver.pem"));
}

#[test]
fn does_not_start_with_files_that_it_cannot_use() {
    let files = Files::new(|_| {});
    let start = |name: &str, path: PathBuf, more: &[(&str, &str)]| {
        let mut command = binary();
        command.env("SERVER_PORT", "0").env("VDK_STORAGE_FOLDER", files.at("store"));
        command.env("SERVER_SSL_CERTIFICATE", files.at("both.pem"));
        command.env("SERVER_SSL_CERTIFICATE_PRIVATE_KEY", files.at("both.pem"));
        command.envs(more.iter().copied()).env(name, path);
        let output = command.output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let need = [("SERVER_SSL_CLIENT_AUTH", "need")];
    let broken = "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n";
    files.write("clients.pem", &format!("{}{broken}", files.authority.pem()));
    let said = start("SERVER_SSL_TRUST_CERTIFICATE", files.at("clients.pem"), &need);
    assert!(said.contains("clients.pem") && said.to_lowercase().contains("crl"), "{said}");
    assert!(Command::new("mkfifo").arg(files.at("pipe")).status().unwrap().success());
    let issuer = "SPRING_SECURITY_OAUTH2_RESOURCESERVER_JWT_ISSUER_URI";
    for (name, more) in [
        ("SERVER_SSL_CERTIFICATE", &[][..]),
        ("SERVER_SSL_CERTIFICATE_PRIVATE_KEY", &[]),
        ("SERVER_SSL_TRUST_CERTIFICATE", &need),
        ("VDK_ACCESS_CA_CERTIFICATE", &[(issuer, "https://login.example.org")]),
    ] {
        let said = start(name, files.at("pipe"), more);
        assert!(said.contains("it is not a regular file"), "{name}: {said}");
    }
}

#[test]
#[ignore = "needs curl: ./tests/run"]
fn answers_requests_while_a_certificate_file_is_a_pipe() {
    let files = Files::new(|_| {});
    let mut service = files.start(&[]);
    assert!(Command::new("mkfifo").arg(files.at("next")).status().unwrap().success());
    std::fs::rename(files.at("next"), files.at("both.pem")).unwrap();
    service.logs("cannot use the changed certificate");
    for _ in 0..3 {
        assert!(files.reaches(&service, &["--max-time", "30"]));
    }
    service.signal("TERM");
    assert_eq!(service.wait(), Some(0));
}

#[test]
#[ignore = "needs curl, strace: ./tests/run"]
fn answers_requests_while_a_certificate_file_cannot_be_opened() {
    let files = Files::new(|_| {});
    let mut service = files.start(&[]);
    assert!(files.reaches(&service, &[]));
    // As on a network file system whose server is gone: opening the file never ends.
    let mut strace = Command::new("strace");
    strace.args(["-f", "-e", "trace=openat", "-e", "inject=openat:delay_enter=600s"]);
    strace.arg("-P").arg(files.at("both.pem")).args(["-p", &service.id().to_string()]);
    let mut strace = strace.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(strace.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("attached")));
    let rest = std::thread::spawn(move || lines.for_each(drop));
    service.logs("reading the files of the certificate takes long");
    for _ in 0..3 {
        assert!(files.reaches(&service, &["--max-time", "30"]));
    }
    service.signal("TERM");
    service.logs("ended");
    eventually("the service exits by itself", || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", service.id())).unwrap();
        status.contains("State:\tZ")
    });
    // Until then, strace holds the thread that opens the file.
    strace.kill().unwrap();
    strace.wait().unwrap();
    rest.join().unwrap();
    assert_eq!(service.wait(), Some(0));
}
