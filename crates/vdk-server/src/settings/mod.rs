//! The operator's settings: a properties file with the original service's names, the environment,
//! and the flags. A contradictory one prevents the start, and so does an unknown one that may restrict
//! access or say where data is stored.

mod access;
mod address;
mod database;
mod definitions;
mod jdbc;
mod listen;
mod original;
mod page;
mod placeholder;
mod python_versions;
mod resolve;
mod source;
mod spelling;
mod tls;
mod warnings;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use access::{JwtRules, TrustedIssuer, WebhookSettings};
pub use database::{Database, DatabaseTls, is_local};
use definitions as names;
pub use definitions::{MASTER_KEY, help};
pub use listen::Listen;
pub use original::{NAMES, Name, Treatment};
pub use page::page;
use secrecy::SecretString;
use source::Origin;
pub use source::Sources;
use url::Url;
use vdk_api::MAX_BODY_BYTES;

use crate::audit;
pub use crate::http::Limits;
use crate::tls::TlsFiles;

/// The error of an invalid setting: which one, why, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub String);

/// All settings.
#[derive(Debug)]
pub struct Settings {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The files for TLS; `None` for plain HTTP.
    pub tls: Option<TlsFiles>,
    /// Most connections at once.
    pub max_connections: usize,
    /// Longest time between two requests of a connection.
    pub keep_alive: Duration,
    /// The log level.
    pub log_level: tracing::Level,
    /// Folder of the embedded store.
    pub folder: PathBuf,
    /// File with the store's master key.
    pub master_key: Option<PathBuf>,
    /// The storage of secrets.
    pub secrets: Secrets,
    /// The storage of properties; `None` for the embedded store.
    pub database: Option<Database>,
    /// The largest documents.
    pub limits: Limits,
    /// The destination of the audit log.
    pub audit: audit::Target,
    /// The key for the HMACs that replace key names in the audit log.
    pub audit_key: Option<SecretString>,
    /// The Python versions that `…/info` reports.
    pub python_versions: Vec<String>,
    /// True if clients must authenticate.
    pub security: bool,
    /// The rules for tokens.
    pub access: JwtRules,
    /// True if everybody who reaches the address may do everything, and the operator accepts that.
    pub insecure: bool,
    /// What the operator should know about these settings.
    pub warnings: Vec<String>,
}

/// The storage of secrets.
#[derive(Debug, Default)]
pub enum Secrets {
    /// In the embedded store.
    Embedded,
    /// Nowhere: secrets are switched off.
    #[default]
    Off,
    /// In Vault or OpenBao.
    Vault(VaultSettings),
}

/// The connection to Vault.
#[derive(Debug)]
pub struct VaultSettings {
    /// The API of each node of one cluster that may be used, ending in `/v1/`.
    pub nodes: Vec<Url>,
    /// The login.
    pub login: VaultLogin,
    /// The mount of the KV version 2 store.
    pub mount: String,
    /// The namespace, if Vault has them.
    pub namespace: Option<String>,
    /// The certificate authorities to trust.
    pub ca: Option<PathBuf>,
}

/// The login to Vault.
#[derive(Debug)]
pub enum VaultLogin {
    /// AppRole: role id and secret id.
    AppRole(SecretString, SecretString),
    /// A token.
    Token(SecretString),
}

impl Settings {
    /// Validates the settings in `sources`. `folder` is that of the embedded store if none is set.
    pub fn from_sources(
        sources: &Sources,
        folder: PathBuf,
        insecure: bool,
    ) -> Result<Self, SettingsError> {
        let unused = sources.check()?.to_vec();
        let text = |name| sources.text(name);
        let path = |name| -> Option<PathBuf> { text(name).map(PathBuf::from) };
        let Listen { address: listen, tls } = Listen::from_sources(sources)?;
        let is_told = sources.told(names::SECURITY) != Origin::BuiltIn;
        let security = sources.truth(names::SECURITY)?.unwrap_or(true) && (is_told || !insecure);
        if security && insecure {
            return Err(sources.invalid(
                names::SECURITY,
                "it conflicts with --insecure-no-authentication: set it to false, or omit that",
            ));
        }
        if !listen.ip().is_loopback() && !security && !insecure {
            return Err(sources.invalid(
                names::ADDRESS,
                &format!(
                    "every client of this address could read and change everything, because {} is \
                     false. Set it to true, or listen on 127.0.0.1, or accept the risk with \
                     --insecure-no-authentication",
                    names::SECURITY
                ),
            ));
        }
        let limits = Limits {
            secrets: sources.within(names::SECRETS_LIMIT, 2, MAX_BODY_BYTES / 2)?,
            properties: sources.within(names::PROPERTIES_LIMIT, 2, MAX_BODY_BYTES / 2)?,
        };
        let secrets = secrets(sources)?;
        let database = database::from_sources(sources)?;
        let folder = path(names::FOLDER).unwrap_or(folder);
        let embedded = matches!(secrets, Secrets::Embedded) || database.is_none();
        let audit = address::audit(sources, embedded.then_some(&*folder))?;
        let mut settings = Settings {
            listen,
            tls,
            max_connections: sources.within(names::MAX_CONNECTIONS, 1, 1_000_000)?,
            keep_alive: sources
                .duration(names::KEEP_ALIVE, Duration::from_secs(1)..=Duration::from_secs(3600))?,
            log_level: sources
                .parsed(names::LOG_LEVEL, "ERROR, WARN, INFO, DEBUG or TRACE is expected")?,
            folder,
            master_key: path(names::MASTER_KEY),
            secrets,
            database,
            limits,
            audit,
            audit_key: sources.secret(names::AUDIT_KEY)?,
            python_versions: text(names::PYTHONS)
                .map(|text| python_versions::parse(&text))
                .unwrap_or_default(),
            security,
            access: access::access(sources)?,
            insecure,
            warnings: unused,
        };
        settings.warnings.extend(warnings::warnings(&settings, sources));
        Ok(settings)
    }

    /// Returns whether anything is stored in the embedded store.
    pub fn uses_embedded(&self) -> bool {
        matches!(self.secrets, Secrets::Embedded) || self.database.is_none()
    }
}

fn secrets(sources: &Sources) -> Result<Secrets, SettingsError> {
    let on = sources.truth(names::VAULT)?;
    let uri = sources.text(names::VAULT_URI);
    let credentials = [names::VAULT_ROLE, names::VAULT_SECRET, names::VAULT_TOKEN];
    if on.is_none() && uri.is_none() {
        for name in credentials {
            if sources.secret(name)?.is_some() {
                return Err(SettingsError(format!("{name} is set, but {} is not", names::VAULT)));
            }
        }
    }
    if on != Some(true) {
        return match uri {
            Some(_) if on.is_none() => Err(sources.invalid(
                names::VAULT_URI,
                &format!(
                    "{} is not set. Set it to true to use Vault, or to false to switch secrets off",
                    names::VAULT
                ),
            )),
            _ if on.is_none() => Ok(Secrets::Embedded),
            _ => Ok(Secrets::Off),
        };
    }
    let missing =
        |name: &str| SettingsError(format!("{name} is not set, but {} is true", names::VAULT));
    let uri = uri.ok_or_else(|| missing(names::VAULT_URI))?;
    let nodes: Option<Vec<Url>> = uri.split(',').map(|node| vault_node(node.trim())).collect();
    let nodes = nodes.ok_or_else(|| {
        let why = "a URL such as https://vault.example.org:8200/v1/ is expected, without user, \
                   query and fragment. The URLs of several nodes of a cluster are comma-separated";
        sources.invalid(names::VAULT_URI, why)
    })?;
    let role = sources.secret(names::VAULT_ROLE)?;
    let secret = sources.secret(names::VAULT_SECRET)?;
    let token = sources.secret(names::VAULT_TOKEN)?;
    let login = match (role, secret, token) {
        // AppRole comes first, as in the original service.
        (Some(role), Some(secret), _) => VaultLogin::AppRole(role, secret),
        (None, None, Some(token)) => VaultLogin::Token(token),
        (None, None, None) => return Err(missing(names::VAULT_TOKEN)),
        (None, Some(_), _) => return Err(missing(names::VAULT_ROLE)),
        (Some(_), None, _) => return Err(missing(names::VAULT_SECRET)),
    };
    let mount = sources.text(names::VAULT_MOUNT).unwrap_or_default();
    let mount = mount.trim_matches('/').to_string();
    let is_path = |part: &str| !matches!(part, "" | "." | "..");
    if !mount.split('/').all(is_path) || !mount.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(sources.invalid(names::VAULT_MOUNT, "a mount such as secret is expected"));
    }
    if let Some(meta) = sources.text(names::VAULT_META)
        && meta.trim_matches('/') != format!("{mount}/metadata")
    {
        return Err(sources.invalid(
            names::VAULT_META,
            &format!("{mount}/metadata/ is expected for the mount {mount}"),
        ));
    }
    Ok(Secrets::Vault(VaultSettings {
        nodes,
        login,
        mount,
        namespace: sources.text(names::VAULT_NAMESPACE),
        ca: sources.text(names::VAULT_CA).map(PathBuf::from),
    }))
}

/// Parses the address of a node's API, so that it ends in `/v1/`.
fn vault_node(text: &str) -> Option<Url> {
    let mut uri = Url::parse(text).ok()?;
    let is_plain = uri.username().is_empty()
        && uri.password().is_none()
        && uri.query().is_none()
        && uri.fragment().is_none()
        && matches!(uri.scheme(), "http" | "https")
        && uri.has_host();
    if !is_plain {
        return None;
    }
    // The original service requires /v1/ at the end, and its own chart omits it.
    let path = uri.path().trim_end_matches('/').trim_end_matches("/v1").to_string();
    uri.set_path(&format!("{path}/v1/"));
    Some(uri)
}
