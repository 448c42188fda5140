//! The settings of HTTP requests, which come from environment variables.

use std::borrow::Cow;
use std::env;
use std::path::PathBuf;
use std::time::Duration;

use vdk_platform::{InvalidVariable, path_variable, variable};

use super::env_vars;
use crate::Error;

/// The HTTP settings.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Timeout of a connection.
    pub connect_timeout: Duration,
    /// Timeout of a whole request.
    pub timeout: Duration,
    /// Retries of a command in total.
    pub total_retries: u32,
    /// Retries after failed connections.
    pub connect_retries: u32,
    /// Retries after reads whose connection broke.
    pub read_retries: u32,
    /// True if certificates are verified.
    pub verify: bool,
    /// The certificate authorities to trust, if not the system's.
    pub ca_file: Option<PathBuf>,
    /// Folders of certificate authorities to trust, also in place of the system's.
    pub ca_folders: Vec<PathBuf>,
    /// Client certificate and private key, as PEM files.
    pub client_certificate: Option<(PathBuf, PathBuf)>,
    /// `X-OPID` of all requests of this command.
    pub op_id: String,
    /// `User-Agent`.
    pub user_agent: String,
}

/// The values without any variable set; `op_id` is empty.
impl Default for HttpSettings {
    fn default() -> Self {
        HttpSettings {
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
            total_retries: 10,
            connect_retries: 6,
            read_retries: 6,
            verify: true,
            ca_file: None,
            ca_folders: Vec::new(),
            client_certificate: None,
            op_id: String::new(),
            user_agent: format!("vdk/{} ({})", env!("CARGO_PKG_VERSION"), env::consts::OS),
        }
    }
}

impl HttpSettings {
    /// Reads the variables. `op_id` marks the requests in a service's logs.
    pub fn from_environment(op_id: String) -> Result<Self, Error> {
        let default = HttpSettings::default();
        let total_retries = number(env_vars::TOTAL_RETRIES, default.total_retries)?;
        let retries = |name, default| Ok::<_, Error>(number(name, default)?.min(total_retries));
        Ok(HttpSettings {
            connect_timeout: seconds(env_vars::CONNECT_TIMEOUT, default.connect_timeout)?,
            timeout: seconds(env_vars::READ_TIMEOUT, default.timeout)?,
            total_retries,
            connect_retries: retries(env_vars::CONNECT_RETRIES, default.connect_retries)?,
            read_retries: retries(env_vars::READ_RETRIES, default.read_retries)?,
            verify: truth(env_vars::VERIFY_SSL, default.verify)?,
            ca_file: path_variable(env_vars::SSL_CERT_FILE)?,
            ca_folders: path_variable(env_vars::SSL_CERT_DIR)?
                .map(|folders| {
                    let folders = env::split_paths(&folders);
                    folders.filter(|folder| !folder.as_os_str().is_empty()).collect()
                })
                .unwrap_or_default(),
            client_certificate: client_certificate()?,
            op_id,
            user_agent: header(env_vars::USER_AGENT, 512)?.unwrap_or(default.user_agent),
        })
    }
}

fn bad_variable(name: &str, why: impl Into<Cow<'static, str>>) -> Error {
    InvalidVariable::new(name, why).into()
}

fn client_certificate() -> Result<Option<(PathBuf, PathBuf)>, Error> {
    let (certificate, key) = (env_vars::CLIENT_CERT_FILE, env_vars::CLIENT_KEY_FILE);
    match (path_variable(certificate)?, path_variable(key)?) {
        (Some(certificate), Some(key)) => Ok(Some((certificate, key))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(bad_variable(key, "it is not set, but the certificate needs it")),
        (None, Some(_)) => Err(bad_variable(certificate, "it is not set, but the key needs it")),
    }
}

fn number(name: &str, default: u32) -> Result<u32, Error> {
    let Some(text) = variable(name)? else { return Ok(default) };
    text.trim().parse().map_err(|_| bad_variable(name, "a whole number is expected"))
}

fn seconds(name: &str, default: Duration) -> Result<Duration, Error> {
    let Some(text) = variable(name)? else { return Ok(default) };
    let seconds: Option<f64> = text.trim().parse().ok();
    seconds
        .filter(|seconds| (0.001..=86_400.0).contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| bad_variable(name, "a number of seconds from 0.001 to 86400 is expected"))
}

/// Returns a variable that is true or false.
pub(super) fn truth(name: &str, default: bool) -> Result<bool, Error> {
    let Some(text) = variable(name)? else { return Ok(default) };
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "t" | "yes" | "y" | "on" => Ok(true),
        "false" | "0" | "f" | "no" | "n" | "off" => Ok(false),
        _ => Err(bad_variable(name, "true or false is expected")),
    }
}

/// Returns a variable for a header: printable ASCII only.
pub(super) fn header(name: &str, limit: usize) -> Result<Option<String>, Error> {
    let Some(value) = variable(name)? else { return Ok(None) };
    if value.len() > limit || !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        let why = format!("1 to {limit} printable ASCII characters are expected");
        return Err(bad_variable(name, why));
    }
    Ok(Some(value))
}
