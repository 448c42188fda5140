//! Certificates: what is accepted, what is refused, and that nothing is sent to who is refused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;

use common::Home;
use common::service::{Service, Stream};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// A certificate authority of the test's own.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { issuer: Issuer::new(params, key), pem }
    }

    /// A service whose certificate `change` has had its way with.
    fn service(&self, names: &[&str], change: impl Fn(&mut CertificateParams)) -> Service {
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        change(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        serve(certificate.der().clone(), &key)
    }
}

fn serve(certificate: rustls_pki_types::CertificateDer<'static>, key: &KeyPair) -> Service {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    Service::tls(Arc::new(move |mut socket| {
        socket.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        let mut connection = rustls::ServerConnection::new(config.clone()).ok()?;
        while connection.is_handshaking() {
            connection.complete_io(&mut socket).ok()?;
        }
        Some(Box::new(Tls(rustls::StreamOwned::new(connection, socket))) as Box<dyn Stream>)
    }))
}

struct Tls(rustls::StreamOwned<rustls::ServerConnection, std::net::TcpStream>);

impl Read for Tls {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Tls {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        self.0.write(buffer)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

fn home(authority: &Authority, service: &Service) -> Home {
    let home = Home::at(&service.url());
    let file = home.file("ca.pem", &authority.pem);
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
    let expired = |params: &mut CertificateParams| {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    };
    let not_yet = |params: &mut CertificateParams| params.not_before = date_time_ymd(2090, 1, 1);
    let common_name = |params: &mut CertificateParams| {
        params.distinguished_name.push(rcgen::DnType::CommonName, "127.0.0.1");
    };
    let stranger = Authority::new().service(&["127.0.0.1"], |_| {});
    let own_key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["127.0.0.1".into()]).unwrap();
    let self_signed = serve(own.self_signed(&own_key).unwrap().der().clone(), &own_key);
    for (service, cause) in [
        (authority.service(&["127.0.0.1"], expired), "expired"),
        (authority.service(&["127.0.0.1"], not_yet), "not valid yet"),
        (authority.service(&["example.org"], |_| {}), "not valid for"),
        (authority.service(&[], common_name), "not valid for"),
        (stranger, "BadSignature"),
        (self_signed, "UnknownIssuer"),
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
