//! The service's certificate, read again when its files change.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// Certificate and key as they are now.
pub struct Certificate {
    chain: PathBuf,
    key: PathBuf,
    now: RwLock<Loaded>,
}

struct Loaded {
    config: Arc<ServerConfig>,
    times: [Option<SystemTime>; 2],
}

impl Certificate {
    /// Reads a PEM chain and a PEM key.
    pub fn read(chain: PathBuf, key: PathBuf) -> Result<Self, String> {
        let now = RwLock::new(load(&chain, &key)?);
        Ok(Certificate { chain, key, now })
    }

    /// What a new connection is served with.
    pub fn config(&self) -> Arc<ServerConfig> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).config.clone()
    }

    /// Reads the files again where they have changed. A pair that does not fit, as while it is
    /// being replaced, is not taken, and looked at again the next time.
    pub fn refresh(&self) {
        let seen = self.now.read().unwrap_or_else(PoisonError::into_inner).times;
        if times(&self.chain, &self.key) == seen {
            return;
        }
        match load(&self.chain, &self.key) {
            Ok(fresh) => {
                *self.now.write().unwrap_or_else(PoisonError::into_inner) = fresh;
                tracing::info!("the certificate was read again");
            }
            Err(error) => tracing::warn!("the changed certificate is not taken: {error}"),
        }
    }
}

fn load(chain: &Path, key: &Path) -> Result<Loaded, String> {
    let times = times(chain, key);
    let wrong = |path: &Path, why: String| format!("{}: {why}", path.display());
    let certificates: Vec<_> = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect)
        .map_err(|error| wrong(chain, error.to_string()))?;
    if certificates.is_empty() {
        return Err(wrong(chain, "there is no certificate in it".into()));
    }
    let private =
        PrivateKeyDer::from_pem_file(key).map_err(|error| wrong(key, error.to_string()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, private))
        .map_err(|error| wrong(chain, error.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Loaded { config: Arc::new(config), times })
}

fn times(chain: &Path, key: &Path) -> [Option<SystemTime>; 2] {
    [chain, key].map(|path| std::fs::metadata(path).and_then(|found| found.modified()).ok())
}

/// A client for other services: one that follows no redirect and waits for a few seconds at most.
pub fn client(https: bool, ca: Option<&Path>) -> Result<reqwest::Client, String> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(client_config(https, ca)?)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(2))
        .timeout(Duration::from_secs(4))
        .build()
        .map_err(|error| error.without_url().to_string())
}

/// What the service trusts when it is the client: the authorities in `ca`, or the system's. For
/// plain connections, where `https` is false, nobody.
pub fn client_config(https: bool, ca: Option<&Path>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    if https {
        let bundle = ca.map(PathBuf::from).or_else(|| openssl_probe::probe().cert_file);
        let bundle = bundle.ok_or("no file of certificate authorities was found")?;
        let wrong = |why: String| format!("{}: {why}", bundle.display());
        let certificates =
            CertificateDer::pem_file_iter(&bundle).map_err(|error| wrong(error.to_string()))?;
        for certificate in certificates {
            // A bundle may hold certificates of kinds that are not supported; the others count.
            let _ = roots.add(certificate.map_err(|error| wrong(error.to_string()))?);
        }
        if roots.is_empty() {
            return Err(wrong("there is no certificate in it".into()));
        }
    }
    ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map(|builder| builder.with_root_certificates(roots).with_no_client_auth())
        .map_err(|error| error.to_string())
}
