//! TLS by rustls on ring, with one bundle of certificate authorities. reqwest's own way parses the
//! system's certificates twice and, by default, brings a second cryptography library.

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
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, Error,
    PeerIncompatible, RootCertStore, SignatureScheme,
};

use vdk_platform::pem::describe;

use crate::env_vars;
use crate::exit::Failure;
use crate::sanitize;
use crate::settings::HttpSettings;

/// What helps where a service is not trusted.
pub const CHECK_TRUST: &str =
    "Check the address, or name the certificate authority in SSL_CERT_FILE.";

/// What to do where a client certificate is wanted.
pub const GET_A_CERTIFICATE: &str = "Name certificate and key, as PEM files, in VDK_CONTROL_HTTP_CLIENT_CERT_FILE and \
     VDK_CONTROL_HTTP_CLIENT_KEY_FILE; the service's operator gives them out.";

/// The configuration for requests by https, or, where `https` is false, one that trusts nobody
/// and costs nothing.
pub fn config(settings: &HttpSettings, https: bool) -> Result<ClientConfig, Failure> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable("TLS cannot be set up", &error.to_string()))?;
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
                Error::InconsistentKeys(_) => {
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

/// The certificate that this client has, with what is between it and its authority, and its key.
fn identity(
    certificate: &Path,
    key: &Path,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Failure> {
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| no_identity(certificate, &describe(error, "certificate")))?;
    if chain.is_empty() {
        return Err(no_identity(certificate, "there is no certificate in it"));
    }
    let private = PrivateKeyDer::from_pem_file(key)
        .map_err(|error| no_identity(key, &describe(error, "private key")))?;
    Ok((chain, private))
}

fn no_identity(path: &Path, why: &str) -> Failure {
    Failure::usage(
        "The client certificate cannot be used.",
        format!("{}: {why}.", sanitize::name(&path.to_string_lossy())),
        format!(
            "Name PEM files in {} and {}, the key without a password; or unset both.",
            env_vars::CLIENT_CERT_FILE,
            env_vars::CLIENT_KEY_FILE
        ),
    )
}

/// The authorities to trust: those that the user names, by file, by folder or both, else the system's.
/// Of the user's all certificates as they are, as well.
fn roots(
    settings: &HttpSettings,
) -> Result<(RootCertStore, Vec<CertificateDer<'static>>), Failure> {
    let mut roots = RootCertStore::empty();
    let given = settings.ca_file.is_some() || !settings.ca_folders.is_empty();
    let file = match given {
        true => settings.ca_file.clone(),
        false => openssl_probe::probe().cert_file,
    };
    let mut listed = Vec::new();
    if let Some(path) = &file {
        let name = sanitize::name(&path.to_string_lossy());
        let unreadable = |why: String| unusable(&format!("{name} cannot be used"), &why);
        let broken = |error| unreadable(describe(error, "certificate"));
        for certificate in CertificateDer::pem_file_iter(path).map_err(broken)? {
            let certificate = certificate.map_err(broken)?;
            if given {
                listed.push(certificate.clone());
            }
            // A bundle may hold certificates of kinds that are not supported; the others count.
            let _ = roots.add(certificate);
        }
        if roots.is_empty() {
            return Err(unreadable("there is no certificate in it".into()));
        }
    }
    for folder in &settings.ca_folders {
        let name = sanitize::name(&folder.to_string_lossy());
        let entries = std::fs::read_dir(folder)
            .map_err(|error| unusable(&format!("{name} cannot be used"), &error.to_string()))?;
        // OpenSSL reads what has the name of a hash; what else is there is no certificate, or one more.
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
            false => "there is no certificate in the folders that SSL_CERT_DIR names",
        };
        return Err(unusable("No server can be trusted", why));
    }
    Ok((roots, listed))
}

/// Trusts authorities, and a service whose own certificate is listed byte for byte although it is one
/// of an authority, as `openssl req -x509` makes them: curl does so as well.
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
            // It is found after the dates were.
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

/// Whether a certificate is refused because it is one of an authority, and not of a service. webpki
/// has no type for that here but its own, which rustls wraps.
fn is_authority(error: &Error) -> bool {
    matches!(error, Error::InvalidCertificate(CertificateError::Other(other))
        if format!("{:?}", other.0) == "CaUsedAsEndEntity")
}

fn unusable(what: &str, why: &str) -> Failure {
    Failure::usage(
        "The certificates of the service cannot be checked.",
        format!("{what}: {why}."),
        format!(
            "Install the system's ca-certificates, or name a PEM file in {}.",
            env_vars::SSL_CERT_FILE
        ),
    )
}

/// Accepts every certificate: what `VDK_CONTROL_HTTP_VERIFY_SSL=false` asks for. Signatures are
/// still checked, so that only the holder of the certificate's key can answer.
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

/// Why a service does not take this client, where that is what it says (RFC 8446, 6.2). With TLS 1.3
/// it says so after the handshake, and in place of any answer: nothing was carried out.
/// `has_one`: whether it has a certificate. Some say of none that it is a bad one.
pub fn refusal(error: &Error, has_one: bool) -> Option<&'static str> {
    let Error::AlertReceived(alert) = error else { return None };
    Some(match alert {
        AlertDescription::CertificateRequired => "it got none",
        AlertDescription::BadCertificate if !has_one => "it got none",
        AlertDescription::CertificateExpired => "the one that it got has ended",
        AlertDescription::CertificateRevoked => "the one that it got was revoked",
        AlertDescription::UnknownCA => "the one that it got is not by an authority it trusts",
        AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::DecryptError
        | AlertDescription::UnsupportedCertificate => "it does not take the one that it got",
        _ => return None,
    })
}

/// Why a service is not trusted, in words.
pub fn distrust(error: &rustls::Error) -> String {
    let date = |time: UnixTime| {
        httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(time.as_secs()))
    };
    let Error::InvalidCertificate(wrong) = error else {
        return match error {
            Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13)
            | Error::AlertReceived(AlertDescription::ProtocolVersion) => {
                "it speaks no TLS newer than 1.1, which is broken".into()
            }
            Error::AlertReceived(AlertDescription::HandshakeFailure) => format!(
                "it ends the handshake; that may be for want of a client certificate ({})",
                env_vars::CLIENT_CERT_FILE
            ),
            Error::InvalidMessage(_) => {
                "what answers at that port speaks no TLS; is it http:// in place of https://?"
                    .into()
            }
            _ => error.to_string(),
        };
    };
    match wrong {
        _ if is_authority(error) => {
            "its certificate is one of an authority, and not in the file that SSL_CERT_FILE names; it \
             can be put there, or made anew as one of a service: openssl req -x509 -addext \
             basicConstraints=critical,CA:FALSE …"
                .into()
        }
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("its certificate ended on {}", date(*not_after))
        }
        CertificateError::NotValidYetContext { time, not_before } => format!(
            "its certificate begins on {}, and the clock of this machine says {}",
            date(*not_before),
            date(*time)
        ),
        CertificateError::NotValidForNameContext { expected, presented } => {
            // As rustls lists them: DnsName("example.org").
            let bare = |name: &String| {
                let inner = name.split_once('(').map_or(name.as_str(), |(_, inner)| inner);
                sanitize::line(inner.trim_matches(['"', ')'])).into_owned()
            };
            let names: Vec<_> = presented.iter().map(bare).collect();
            let names = match names.as_slice() {
                [] => "for no name (where names have to be, in subjectAltName)".into(),
                names => format!("for {}", names.join(", ")),
            };
            format!("its certificate is not for {}, it is {names}", expected.to_str())
        }
        CertificateError::UnknownIssuer => format!(
            "its certificate is signed by nobody whom this machine trusts{}",
            unread_bundle()
        ),
        CertificateError::BadSignature => {
            format!(
                "a signature of it is wrong: its certificate is not by the authority that it names, \
                 or its key is of a size that is not safe{}",
                unread_bundle()
            )
        }
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "its certificate is signed in a way that is not safe any more, or not known here".into()
        }
        _ => error.to_string(),
    }
}

/// A bundle that other programs read, and that somebody may have set for this one as well.
fn unread_bundle() -> String {
    let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let unread = env_vars::OTHER_CA_BUNDLES.into_iter().find(is_set);
    let hint =
        |name| format!(" ({name} is set, and not read here: {} is)", env_vars::SSL_CERT_FILE);
    unread.map(hint).unwrap_or_default()
}
