//! Certificates: what is accepted, what is refused, and that nothing is sent to who is refused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use common::service::Service;
use common::tls::{Authority, common_name, expired, not_yet, serve};
use common::{Home, finish};
use rcgen::{CertificateParams, KeyPair};

fn home(authority: &Authority, service: &Service) -> Home {
    let home = Home::at(&service.url());
    let file = home.file("ca.pem", authority.pem());
    home.with("SSL_CERT_FILE", file)
}

#[test]
fn a_service_that_the_authority_vouches_for() {
    let authority = Authority::new();
    let service = authority.service(&["127.0.0.1"], |_| {});
    let home = home(&authority, &service);
    home.secrets(&["--set", "a", "1"]).done();
    assert_eq!(home.all(), "{\"a\": \"1\"}");
}

#[test]
fn services_that_nobody_vouches_for_get_nothing() {
    let authority = Authority::new();
    let stranger = Authority::new().service(&["127.0.0.1"], |_| {});
    let own_key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["127.0.0.1".into()]).unwrap();
    let self_signed = serve(own.self_signed(&own_key).unwrap().der().clone(), &own_key);
    for (service, cause) in [
        (authority.service(&["127.0.0.1"], expired), "ended on Fri, 01 Jan 2021"),
        (authority.service(&["127.0.0.1"], not_yet), "begins on Sun, 01 Jan 2090"),
        (authority.service(&["example.org"], |_| {}), "not for 127.0.0.1, it is for example.org"),
        (authority.service(&[], common_name), "for no name"),
        (stranger, "not by the authority"),
        (self_signed, "signed by nobody"),
    ] {
        let home = home(&authority, &service);
        let run = home.secrets(&["--set", "a", "geheim"]).failed(6, "cannot be trusted");
        assert!(run.stderr.contains(cause), "no '{cause}' in {}", run.stderr);
        assert!(!run.stderr.contains("trying again"), "{}", run.stderr);
        assert!(service.requests().is_empty());
        for word in ["false", "NO"] {
            let trusting = Home::at(&service.url()).with("VDK_CONTROL_HTTP_VERIFY_SSL", word);
            let run = trusting.secrets(&["--list"]).done();
            assert!(run.stderr.contains("VDK_CONTROL_HTTP_VERIFY_SSL is off"), "{}", run.stderr);
        }
        let checking = home.with("VDK_CONTROL_HTTP_VERIFY_SSL", "yes");
        checking.secrets(&["--list"]).failed(6, "cannot be trusted");
    }
}

/// What rustls and rcgen will not make: another TLS, on the same machine.
#[test]
#[ignore = "needs openssl: ./tests/run"]
fn keys_signatures_and_versions_that_are_not_safe() {
    let home = Home::new();
    let openssl = |args: &str| {
        let mut command = Command::new("openssl");
        command.args(args.split(' ')).current_dir(home.path());
        finish(command).done();
    };
    home.file("names", "subjectAltName=IP:127.0.0.1");
    openssl("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=ca");
    for (name, bits, digest) in
        [("weak", 1024, "sha256"), ("sha1", 2048, "sha1"), ("good", 2048, "sha256")]
    {
        openssl(&format!(
            "req -newkey rsa:{bits} -nodes -keyout {name}.key -out {name}.csr -subj /CN=x"
        ));
        openssl(&format!(
            "x509 -req -{digest} -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names \
             -out {name}.pem"
        ));
    }
    let ca = home.path().join("ca.pem");
    for (name, version, words) in [
        ("weak", "-tls1_2", "not safe"),
        ("weak", "-tls1_3", "not safe"),
        ("sha1", "-tls1_2", "not safe any more"),
        ("good", "-tls1", "no TLS newer than 1.1"),
        ("good", "-tls1_1", "no TLS newer than 1.1"),
        // A page of openssl's, so that the connection was good.
        ("good", "-tls1_2", "HTML"),
        ("good", "-tls1_3", "HTML"),
    ] {
        let mut server = Command::new("openssl")
            .args(["s_server", "-accept", "127.0.0.1:0", "-www", "-cipher", "ALL:@SECLEVEL=0"])
            .args(["-cert", &format!("{name}.pem"), "-key", &format!("{name}.key"), version])
            .current_dir(home.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.find_map(|line| line.strip_prefix("ACCEPT ").map(str::to_string));
        let client = Home::at(&format!("https://{}", address.unwrap()))
            .with("SSL_CERT_FILE", ca.to_str().unwrap());
        let run = client.secrets(&["--set", "a", "geheim"]);
        server.kill().unwrap();
        server.wait().unwrap();
        run.failed(6, words);
    }
}

#[test]
fn bundles_that_cannot_be_used() {
    let authority = Authority::new();
    let service = authority.service(&["127.0.0.1"], |_| {});
    let with = |text: &str| {
        let home = Home::at(&service.url());
        let file = home.file("ca.pem", text);
        home.with("SSL_CERT_FILE", file).secrets(&["--list"]).failed(2, "ca.pem");
    };
    with("");
    with("-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n");
    Home::at(&service.url())
        .with("SSL_CERT_FILE", "/no/such")
        .secrets(&["--list"])
        .failed(2, "/no/such");
    // Plain http needs no bundle.
    let plain = Service::plain();
    Home::at(&plain.url()).with("SSL_CERT_FILE", "/no/such").secrets(&["--list"]).done();
}
