//! The PEM files for TLS: reading them, and making a configuration of their contents.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use ring::digest::{Context, SHA256};
use rustls::crypto::ring::default_provider;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use vdk_platform::pem::describe;
use vdk_platform::private_file::open_regular;
use zeroize::Zeroizing;

use super::Loaded;
use super::leaf::{Leaf, crl_end};

/// Largest file, in bytes. Revocation lists of public authorities have megabytes.
const LARGEST: u64 = 32 << 20;

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

/// The bytes of the files.
pub struct Contents {
    files: TlsFiles,
    chain: Zeroizing<Vec<u8>>,
    key: Zeroizing<Vec<u8>>,
    client_authorities: Option<Zeroizing<Vec<u8>>>,
}

impl TlsFiles {
    /// Reads the files.
    pub fn contents(&self) -> Result<Contents, String> {
        Ok(Contents {
            files: self.clone(),
            chain: bytes(&self.chain)?,
            key: bytes(&self.key)?,
            client_authorities: self.client_authorities.as_deref().map(bytes).transpose()?,
        })
    }
}

impl Contents {
    /// Returns a digest by which a change is noticed. A time of change is not enough: a copy may
    /// keep that of its source.
    pub fn digest(&self) -> [u8; 32] {
        let mut context = Context::new(&SHA256);
        let files = [Some(&self.chain), Some(&self.key), self.client_authorities.as_ref()];
        for file in files.into_iter().flatten() {
            context.update(&file.len().to_be_bytes());
            context.update(file);
        }
        let mut digest = [0; 32];
        digest.copy_from_slice(context.finish().as_ref());
        digest
    }

    /// Makes the configuration.
    pub(super) fn load(&self) -> Result<Loaded, String> {
        let (chain, key) = (&self.files.chain, &self.files.key);
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(&self.chain)
            .collect::<Result<_, _>>()
            .map_err(|error| wrong(chain, describe(error, "certificate")))?;
        let leaf = certificates.first().ok_or_else(|| wrong(chain, "no certificate found"))?;
        let leaf = Leaf::parse(leaf);
        let private = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|error| wrong(key, describe(error, "private key")))?;
        let provider = Arc::new(default_provider());
        let (clients, warnings) = match self.bundle() {
            None => (WebPkiClientVerifier::no_client_auth(), Vec::new()),
            Some((path, bundle)) => {
                let Trust { roots, crls, warnings } = Trust::parse(path, bundle)?;
                let mut builder =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
                if !crls.is_empty() {
                    // There may be lists for some of the authorities only.
                    builder = builder.with_crls(crls).allow_unknown_revocation_status();
                }
                (builder.build().map_err(|error| wrong(path, error))?, warnings)
            }
        };
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                builder.with_client_cert_verifier(clients).with_single_cert(certificates, private)
            })
            .map_err(|error| wrong(chain, error))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        if self.client_authorities.is_some() {
            // A resumed session would not check whether the certificate has expired.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(Loaded { config: Arc::new(config), digest: self.digest(), leaf, warnings })
    }

    fn bundle(&self) -> Option<(&Path, &[u8])> {
        Some((self.files.client_authorities.as_deref()?, self.client_authorities.as_ref()?))
    }
}

/// The certificate authorities in a bundle, and their revocation lists.
pub struct Trust {
    /// The authorities.
    pub roots: RootCertStore,
    /// The revocation lists.
    pub crls: Vec<CertificateRevocationListDer<'static>>,
    /// Defects for the log.
    pub warnings: Vec<String>,
}

impl Trust {
    /// Reads the PEM file `path`.
    pub fn read(path: &Path) -> Result<Self, String> {
        Trust::parse(path, &bytes(path)?)
    }

    fn parse(path: &Path, bundle: &[u8]) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(bundle) {
            let certificate =
                certificate.map_err(|error| wrong(path, describe(error, "certificate")))?;
            // A bundle may hold certificates of unsupported kinds; the others count.
            let _ = roots.add(certificate);
        }
        if roots.is_empty() {
            return Err(wrong(path, "no certificate found"));
        }
        let crls: Vec<_> = CertificateRevocationListDer::pem_slice_iter(bundle)
            .collect::<Result<_, _>>()
            .map_err(|error| wrong(path, describe(error, "revocation list")))?;
        let now = SystemTime::now();
        let is_old = crls.iter().any(|crl| crl_end(crl).is_some_and(|end| end < now));
        let warnings = is_old.then(|| {
            format!(
                "{}: a revocation list is out of date: certificates that were revoked since then \
                 are accepted. Replace it by a newer one",
                path.display()
            )
        });
        Ok(Trust { roots, crls, warnings: warnings.into_iter().collect() })
    }
}

/// Reads a regular file. Another kind of file could block or never end.
fn bytes(path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    let read = open_regular(path).and_then(|file| {
        let length = file.metadata()?.len();
        if length > LARGEST {
            return Err(std::io::Error::other("it is larger than 32 MiB"));
        }
        // Growing would leave copies of a key in freed memory.
        let room = usize::try_from(length).unwrap_or_default() + 64;
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        file.take(LARGEST).read_to_end(&mut bytes)?;
        Ok(bytes)
    });
    read.map_err(|error| wrong(path, error))
}

/// Puts the path into an error.
pub fn wrong(path: &Path, why: impl std::fmt::Display) -> String {
    format!("{}: {why}", path.display())
}
