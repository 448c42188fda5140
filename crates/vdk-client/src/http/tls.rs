//! TLS with rustls on ring and one bundle of certificate authorities. reqwest's own setup parses
//! the system's certificates twice and, by default, adds a second cryptography library.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError,
    PeerIncompatible, RootCertStore, SignatureScheme,
};
use vdk_api::escape;
use vdk_platform::pem::describe;

use crate::Error;
use crate::config::HttpSettings;
use crate::config::env_vars;

/// The reason why an address with https cannot be trusted if there is no TLS at its port.
const NO_TLS: &str = "the port does not use TLS";

/// Returns the next step when a service is not trusted because of `why`.
pub fn advice(why: &str) -> &'static str {
    match why {
        NO_TLS => {
            "Is it http:// instead of https://? Others could then read the token and all values."
        }
        _ => "Check the address, or name the certificate authority in SSL_CERT_FILE.",
    }
}

/// The next step when a client certificate is required.
pub const GET_A_CERTIFICATE: &str = "Set VDK_CONTROL_HTTP_CLIENT_CERT_FILE and \
    VDK_CONTROL_HTTP_CLIENT_KEY_FILE to PEM files with a certificate and its key. The operator of \
    the service issues them.";

/// Returns the configuration for https requests. If `https` is false, it trusts nobody and costs
/// nothing.
pub fn config(settings: &HttpSettings, https: bool) -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable("Cannot set up TLS", &error.to_string()))?;
    let builder = if https && !settings.verify {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(TrustAnybody(provider)))
    } else {
        let (roots, listed) = match https {
            true => roots(settings)?,
            false => (RootCertStore::empty(), Vec::new()),
        };
        match listed.is_empty() {
            true => builder.with_root_certificates(roots),
            false => {
                let authorities =
                    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
                        .build()
                        .map_err(|error| {
                            unusable("No server can be trusted", &error.to_string())
                        })?;
                let verifier = TrustListed { authorities, listed };
                builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
            }
        }
    };
    let mut config = match &settings.client_certificate {
        Some((certificate, key)) if https => {
            let (chain, private) = identity(certificate, key)?;
            builder.with_client_auth_cert(chain, private).map_err(|error| match error {
                TlsError::InconsistentKeys(_) => {
                    no_identity(key, "it is not the key of the certificate")
                }
                error => no_identity(key, &error.to_string()),
            })?
        }
        _ => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Reads the client certificate with its intermediates, and its private key.
fn identity(
    certificate: &Path,
    key: &Path,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Error> {
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| no_identity(certificate, &describe(error, "certificate")))?;
    if chain.is_empty() {
        return Err(no_identity(certificate, "it contains no certificate"));
    }
    let private = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| no_identity(key, &describe(error, "private key")))?;
    Ok((chain, private))
}

fn no_identity(path: &Path, why: &str) -> Error {
    Error::usage("Cannot use the client certificate.")
        .why(format!("{}: {why}.", escape::name(&path.to_string_lossy())))
        .help(format!(
            "Set {} and {} to PEM files, with a key without a password, or unset both.",
            env_vars::CLIENT_CERT_FILE,
            env_vars::CLIENT_KEY_FILE
        ))
}

/// Returns the authorities to trust: those that the user names, by file, folder or both, or else
/// the system's. Also returns all of the user's certificates in DER.
fn roots(settings: &HttpSettings) -> Result<(RootCertStore, Vec<CertificateDer<'static>>), Error> {
    let mut roots = RootCertStore::empty();
    let given = settings.ca_file.is_some() || !settings.ca_folders.is_empty();
    let file = match given {
        true => settings.ca_file.clone(),
        false => openssl_probe::probe().cert_file,
    };
    let mut listed = Vec::new();
    if let Some(path) = &file {
        let name = escape::name(&path.to_string_lossy());
        let unreadable = |why: String| unusable(&format!("{name} cannot be used"), &why);
        let broken = |error| unreadable(describe(error, "certificate"));
        for certificate in CertificateDer::pem_file_iter(path).map_err(broken)? {
            let certificate = certificate.map_err(broken)?;
            if given {
                listed.push(certificate.clone());
            }
            // Certificates of unsupported kinds are skipped; the others in the bundle count.
            let _ = roots.add(certificate);
        }
        if roots.is_empty() {
            return Err(unreadable("it contains no certificate".into()));
        }
    }
    for folder in &settings.ca_folders {
        let name = escape::name(&folder.to_string_lossy());
        let entries = std::fs::read_dir(folder)
            .map_err(|error| unusable(&format!("{name} cannot be used"), &error.to_string()))?;
        // OpenSSL reads only files named by hash. This reads all: the others hold no certificate,
        // or one more.
        for entry in entries.flatten().filter(|entry| entry.path().is_file()) {
            let Ok(certificates) = CertificateDer::pem_file_iter(entry.path()) else { continue };
            for certificate in certificates.map_while(Result::ok) {
                listed.push(certificate.clone());
                let _ = roots.add(certificate);
            }
        }
    }
    #[cfg(windows)]
    if !given && file.is_none() {
        for certificate in rustls_native_certs::load_native_certs().certs {
            let _ = roots.add(certificate);
        }
    }
    if roots.is_empty() {
        let why = match settings.ca_folders.is_empty() {
            true => "no file of certificate authorities was found",
            false => "the folders that SSL_CERT_DIR names contain no certificate",
        };
        return Err(unusable("No server can be trusted", why));
    }
    Ok((roots, listed))
}

/// Trusts authorities, and a server certificate that is itself listed, byte for byte, although it
/// is a CA certificate. `openssl req -x509` creates such certificates, and curl trusts them too.
#[derive(Debug)]
struct TrustListed {
    authorities: Arc<WebPkiServerVerifier>,
    listed: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for TrustListed {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.authorities.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match &verified {
            // This error comes after the check of the dates.
            Err(error)
                if is_authority(error) && self.listed.iter().any(|one| one == end_entity) =>
            {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            _ => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}

/// Returns true if a certificate is rejected because it is a CA certificate. rustls has no type for
/// this error: it wraps webpki's.
fn is_authority(error: &TlsError) -> bool {
    matches!(error, TlsError::InvalidCertificate(CertificateError::Other(other))
        if format!("{:?}", other.0) == "CaUsedAsEndEntity")
}

fn unusable(what: &str, why: &str) -> Error {
    Error::usage("Cannot verify the certificate of the service.")
        .why(format!("{what}: {why}."))
        .help(format!(
            "Install the system's ca-certificates, or set {} to a PEM file.",
            env_vars::SSL_CERT_FILE
        ))
}

/// Accepts every certificate, for `VDK_CONTROL_HTTP_VERIFY_SSL=false`. Signatures are still
/// checked, so that only the holder of the certificate's key can answer.
#[derive(Debug)]
struct TrustAnybody(Arc<CryptoProvider>);

impl ServerCertVerifier for TrustAnybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Explains why a service rejects this client, if its alert says so (RFC 8446, section 6.2). With
/// TLS 1.3 it comes after the handshake and in place of a response, so nothing was executed.
/// `has_one`: this client has a certificate. Some services report a missing one as bad.
pub fn refusal(error: &TlsError, has_one: bool) -> Option<&'static str> {
    let TlsError::AlertReceived(alert) = error else { return None };
    Some(match alert {
        AlertDescription::CertificateRequired => "none was sent",
        AlertDescription::BadCertificate if !has_one => "none was sent",
        AlertDescription::CertificateExpired => "the one that was sent has expired",
        AlertDescription::CertificateRevoked => "the one that was sent was revoked",
        AlertDescription::UnknownCA => {
            "the one that was sent is not signed by an authority that it trusts"
        }
        AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::DecryptError
        | AlertDescription::UnsupportedCertificate => "it rejected the one that was sent",
        _ => return None,
    })
}

/// Explains why a service is not trusted.
pub fn distrust(error: &rustls::Error) -> String {
    let date = |time: UnixTime| {
        httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(time.as_secs()))
    };
    let TlsError::InvalidCertificate(wrong) = error else {
        return match error {
            TlsError::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13)
            | TlsError::AlertReceived(AlertDescription::ProtocolVersion) => {
                "it supports no TLS newer than 1.1, which is insecure".into()
            }
            TlsError::AlertReceived(AlertDescription::HandshakeFailure) => format!(
                "it ended the handshake; it may require a client certificate ({})",
                env_vars::CLIENT_CERT_FILE
            ),
            TlsError::InvalidMessage(_) => NO_TLS.into(),
            _ => error.to_string(),
        };
    };
    match wrong {
        _ if is_authority(error) => {
            "its certificate is that of an authority, and is not in the file that SSL_CERT_FILE \
             names; add it there, or create it as the certificate of a service: openssl req -x509 \
             -addext basicConstraints=critical,CA:FALSE …"
                .into()
        }
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("its certificate expired on {}", date(*not_after))
        }
        CertificateError::NotValidYetContext { time, not_before } => format!(
            "its certificate is valid from {}, but the clock of this machine says {}",
            date(*not_before),
            date(*time)
        ),
        CertificateError::NotValidForNameContext { expected, presented } => {
            // rustls lists them as DnsName("example.org").
            let bare = |name: &String| {
                let inner = name.split_once('(').map_or(name.as_str(), |(_, inner)| inner);
                escape::line(inner.trim_matches(['"', ')'])).into_owned()
            };
            let names: Vec<_> = presented.iter().map(bare).collect();
            let names = match names.as_slice() {
                [] => ": it has no name in subjectAltName".into(),
                names => format!(", but for {}", names.join(", ")),
            };
            format!("its certificate is not for {}{names}", expected.to_str())
        }
        CertificateError::UnknownIssuer => format!(
            "its certificate is not signed by an authority that this machine trusts{}",
            unread_bundle()
        ),
        CertificateError::BadSignature => {
            format!(
                "its certificate has an invalid signature: the authority that it names did not \
                 sign it, or the size of its key is not safe{}",
                unread_bundle()
            )
        }
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "the signature algorithm of its certificate is not safe or not supported".into()
        }
        _ => error.to_string(),
    }
}

/// Names a bundle that other programs read, and that the user may have meant for this one too.
fn unread_bundle() -> String {
    let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let unread = env_vars::OTHER_CA_BUNDLES.into_iter().find(is_set);
    let hint = |name| format!(" ({name} is set, but vdk reads {})", env_vars::SSL_CERT_FILE);
    unread.map(hint).unwrap_or_default()
}
