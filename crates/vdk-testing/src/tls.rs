//! Starts services behind TLS, and a certificate authority that signs their certificates or not.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertificateRevocationListParams, IsCa,
    Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevocationReason, RevokedCertParams,
    date_time_ymd,
};
use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::scripted_service::{Service, Stream};

/// A certificate authority for one test.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    pub fn new() -> Self {
        Authority::named("authority of a test")
    }

    /// Makes an authority with this common name.
    pub fn named(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let pem = params.self_signed(&key).unwrap().pem();
        Authority { issuer: Issuer::new(params, key), pem }
    }

    /// Returns the authority's own certificate.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Returns a revocation list with these serial numbers, as PEM.
    pub fn revoke(&self, serials: &[u64]) -> String {
        let revoked = |serial: &u64| RevokedCertParams {
            serial_number: (*serial).into(),
            revocation_time: date_time_ymd(2020, 1, 1),
            reason_code: Some(RevocationReason::KeyCompromise),
            invalidity_date: None,
        };
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2020, 1, 1),
            next_update: date_time_ymd(2090, 1, 1),
            crl_number: 1.into(),
            issuing_distribution_point: None,
            revoked_certs: serials.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&self.issuer).unwrap().pem().unwrap()
    }

    /// Starts a service with a certificate that `change` has edited.
    pub fn service(&self, names: &[&str], change: impl Fn(&mut CertificateParams)) -> Service {
        let (certificate, key) = self.certificate(names, change);
        serve(certificate.der().clone(), &key)
    }

    /// Starts a service that requires a client certificate signed by `clients`.
    pub fn service_for(&self, clients: &Authority) -> Service {
        let (certificate, key) = self.certificate(&["127.0.0.1"], |_| {});
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(clients.pem.as_bytes()).unwrap()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
        serve_to(certificate.der().clone(), &key, verifier.build().unwrap())
    }

    /// Signs a certificate that `change` has edited. Returns it with its key.
    pub fn certificate(
        &self,
        names: &[&str],
        change: impl Fn(&mut CertificateParams),
    ) -> (Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        change(&mut params);
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Makes a certificate that has expired.
pub fn expired(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2021, 1, 1);
}

/// Makes a certificate that is not valid yet.
pub fn not_yet(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2090, 1, 1);
}

/// Names the host only in the common name, which clients ignore.
pub fn common_name(params: &mut CertificateParams) {
    params.distinguished_name.push(rcgen::DnType::CommonName, "127.0.0.1");
}

/// Starts a service behind TLS with this certificate.
pub fn serve(certificate: CertificateDer<'static>, key: &KeyPair) -> Service {
    serve_to(certificate, key, WebPkiClientVerifier::no_client_auth())
}

fn serve_to(
    certificate: CertificateDer<'static>,
    key: &KeyPair,
    clients: Arc<dyn ClientCertVerifier>,
) -> Service {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = rustls::ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(clients)
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    Service::tls(Arc::new(move |mut socket| {
        socket.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        let mut connection = rustls::ServerConnection::new(config.clone()).ok()?;
        while connection.is_handshaking() {
            if connection.complete_io(&mut socket).is_err() {
                // A rejected client may have sent more. It needs time to read the reason.
                let _ = socket.shutdown(Shutdown::Write);
                let _ = std::io::copy(&mut socket, &mut std::io::sink());
                return None;
            }
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
