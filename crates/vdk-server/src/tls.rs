//! The service's certificate and the authorities of clients, reloaded when their files change.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::crypto::ring::default_provider;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use vdk_platform::pem::describe;
use x509_cert::der::Decode;

/// The PEM files for TLS.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The service's certificate, and those between it and its authority.
    pub chain: PathBuf,
    /// The private key of the certificate.
    pub key: PathBuf,
    /// The authorities of client certificates, if clients need one.
    pub client_authorities: Option<PathBuf>,
}

/// The files as last read.
pub struct Certificate {
    files: TlsFiles,
    now: RwLock<Loaded>,
}

struct Loaded {
    config: Arc<ServerConfig>,
    /// The end of the certificate in seconds since 1970.
    end: Option<i64>,
    times: Vec<Option<SystemTime>>,
}

impl Certificate {
    /// Reads the files.
    pub fn read(files: TlsFiles) -> Result<Self, String> {
        let now = RwLock::new(files.load()?);
        Ok(Certificate { files, now })
    }

    /// Returns the configuration for a new connection.
    pub fn config(&self) -> Arc<ServerConfig> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).config.clone()
    }

    /// Returns the end of the certificate in seconds since 1970, if it can be read.
    pub fn end(&self) -> Option<i64> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).end
    }

    /// Reloads the files if they have changed. A pair that does not match, as during a replacement,
    /// is rejected and checked again the next time.
    pub fn refresh(&self) {
        let is_same =
            self.files.times() == self.now.read().unwrap_or_else(PoisonError::into_inner).times;
        if is_same {
            return;
        }
        match self.files.load() {
            Ok(fresh) => {
                *self.now.write().unwrap_or_else(PoisonError::into_inner) = fresh;
                tracing::info!("reloaded the certificate");
            }
            Err(error) => {
                tracing::warn!("cannot use the changed certificate, the old one stays: {error}");
            }
        }
    }
}

impl TlsFiles {
    fn load(&self) -> Result<Loaded, String> {
        let times = self.times();
        let wrong = |path: &Path, why: String| format!("{}: {why}", path.display());
        let certificates: Vec<_> = CertificateDer::pem_file_iter(&self.chain)
            .and_then(Iterator::collect)
            .map_err(|error| wrong(&self.chain, describe(error, "certificate")))?;
        if certificates.is_empty() {
            return Err(wrong(&self.chain, "no certificate found".into()));
        }
        let end = certificates.first().and_then(not_after);
        let private = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|error| wrong(&self.key, describe(error, "private key")))?;
        let provider = Arc::new(default_provider());
        let clients = match &self.client_authorities {
            None => WebPkiClientVerifier::no_client_auth(),
            Some(bundle) => {
                let roots = Arc::new(authorities(bundle)?);
                WebPkiClientVerifier::builder_with_provider(roots, provider.clone())
                    .build()
                    .map_err(|error| wrong(bundle, error.to_string()))?
            }
        };
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                builder.with_client_cert_verifier(clients).with_single_cert(certificates, private)
            })
            .map_err(|error| wrong(&self.chain, error.to_string()))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        if self.client_authorities.is_some() {
            // A resumed session would not check whether the certificate has expired.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(Loaded { config: Arc::new(config), end, times })
    }

    fn times(&self) -> Vec<Option<SystemTime>> {
        let modified = |path| std::fs::metadata(path).and_then(|found| found.modified()).ok();
        let files = [Some(&self.chain), Some(&self.key), self.client_authorities.as_ref()];
        files.into_iter().flatten().map(modified).collect()
    }
}

/// Returns the end of a certificate in seconds since 1970.
fn not_after(certificate: &CertificateDer<'_>) -> Option<i64> {
    let parsed = x509_cert::Certificate::from_der(certificate).ok()?;
    let end = parsed.tbs_certificate.validity.not_after.to_unix_duration();
    i64::try_from(end.as_secs()).ok()
}

/// Reads the authorities in a PEM file.
fn authorities(bundle: &Path) -> Result<RootCertStore, String> {
    let wrong = |why: String| format!("{}: {why}", bundle.display());
    let broken = |error| wrong(describe(error, "certificate"));
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(bundle).map_err(broken)?;
    for certificate in certificates {
        // A bundle may hold certificates of unsupported kinds; the others count.
        let _ = roots.add(certificate.map_err(broken)?);
    }
    if roots.is_empty() {
        return Err(wrong("no certificate found".into()));
    }
    Ok(roots)
}

/// Makes a client for other services. It follows no redirect, and times out after a few seconds.
pub fn client(https: bool, ca: Option<&Path>) -> Result<reqwest::Client, String> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(client_config(https, ca)?)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(2))
        .timeout(Duration::from_secs(4))
        .build()
        .map_err(|error| error.without_url().to_string())
}

/// Returns the TLS configuration of the service as a client. It trusts the authorities in `ca`, or
/// the system's, or nobody for plain connections, if `https` is false.
pub fn client_config(https: bool, ca: Option<&Path>) -> Result<ClientConfig, String> {
    let roots = if https {
        let bundle = ca.map(PathBuf::from).or_else(|| openssl_probe::probe().cert_file);
        authorities(&bundle.ok_or("no file with certificate authorities found")?)?
    } else {
        RootCertStore::empty()
    };
    ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map(|builder| builder.with_root_certificates(roots).with_no_client_auth())
        .map_err(|error| error.to_string())
}
