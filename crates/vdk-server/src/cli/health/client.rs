//! The connection of a health check to the service on this machine.

use std::path::PathBuf;
use std::sync::Arc;

use reqwest::redirect::Policy;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use vdk_platform::pem::describe;

use crate::settings::Listen;

/// An HTTP client that reaches only this machine.
pub struct Client(reqwest::Client);

impl Client {
    /// Makes a client. `identity` holds the files of a client certificate and its key. If it is not
    /// given and the service needs one, the service's own certificate is used.
    pub fn new(listen: &Listen, identity: Option<(PathBuf, PathBuf)>) -> Result<Self, String> {
        let own = listen.tls.as_ref().filter(|files| files.client_authorities.is_some());
        let identity =
            identity.or_else(|| own.map(|files| (files.chain.clone(), files.key.clone())));
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(config(identity)?)
            // A proxy is for other machines.
            .no_proxy()
            .redirect(Policy::none())
            .build();
        client.map(Client).map_err(|error| format!("cannot start: {}", error.without_url()))
    }

    /// Returns the status and the body of the answer to a GET.
    pub async fn get(&self, url: &str) -> reqwest::Result<(u16, Vec<u8>)> {
        let answer = self.0.get(url).send().await?;
        let status = answer.status().as_u16();
        Ok((status, answer.bytes().await?.to_vec()))
    }
}

fn config(identity: Option<(PathBuf, PathBuf)>) -> Result<ClientConfig, String> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)));
    let Some((chain, key)) = identity else { return Ok(builder.with_no_client_auth()) };
    let wrong = |path: &PathBuf, why: String| {
        format!("cannot use the client certificate: {}: {why}", path.display())
    };
    let certificates: Vec<_> = CertificateDer::pem_file_iter(&chain)
        .and_then(Iterator::collect)
        .map_err(|error| wrong(&chain, describe(error, "certificate")))?;
    let private = PrivateKeyDer::from_pem_file(&key)
        .map_err(|error| wrong(&key, describe(error, "private key")))?;
    builder
        .with_client_auth_cert(certificates, private)
        .map_err(|error| wrong(&chain, error.to_string()))
}

/// Accepts every certificate whose key the server has. The certificate names the host that clients
/// use, and not the address of this machine. A check sends nothing secret, and whoever can listen
/// at this address in place of the service could answer without TLS as well.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
