//! TLS of the service as a client: of identity providers, webhooks, Vault and PostgreSQL.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::ring::default_provider;

use super::files::{Trust, wrong};

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
    let provider = Arc::new(default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    if !https {
        return Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth());
    }
    let bundle = ca.map(PathBuf::from).or_else(|| openssl_probe::probe().cert_file);
    let bundle = bundle.ok_or("no file with certificate authorities found")?;
    let Trust { roots, crls, warnings } = Trust::read(&bundle)?;
    warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    let mut verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
    if !crls.is_empty() {
        // There may be lists for some of the authorities only.
        verifier = verifier.with_crls(crls).allow_unknown_revocation_status();
    }
    let verifier = verifier.build().map_err(|error| wrong(&bundle, error))?;
    Ok(builder.with_webpki_verifier(verifier).with_no_client_auth())
}
