//! The session of an API token from the environment. It is exchanged for an access token, which later
//! commands use for as long as it is valid: it is kept in the memory of the user's session
//! (`XDG_RUNTIME_DIR`), and nowhere if there is none.

use std::path::{Path, PathBuf};

use ring::digest;
use secrecy::{ExposeSecret, SecretString};
use vdk_platform::private_file;

use super::credentials::Credentials;
use super::oauth::Provider;
use super::{Session, for_a_command};
use crate::config::{HttpSettings, env_vars, variable};
use crate::http::{BaseUrl, Renewal};
use crate::{Error, Reports};

/// An API token, and where it is exchanged.
pub struct EnvironmentToken {
    /// The API token.
    pub token: SecretString,
    /// The token endpoint.
    pub url: String,
    /// The settings of requests.
    pub http: HttpSettings,
    /// True if the endpoint may have no TLS.
    pub insecure: bool,
    /// Receives the messages.
    pub reports: Reports,
}

impl EnvironmentToken {
    /// Returns the session: with the kept access token, or with a new one.
    pub fn session(self) -> Result<Session, Error> {
        let file = runtime_folder().map(|folder| folder.join("vdk").join(self.file_name()));
        let kept = file.as_deref().and_then(kept).and_then(|kept| kept.good_token());
        let Some(kept) = kept else {
            let token = self.exchange(file.as_deref())?;
            return Ok(Session { token, ..Session::default() });
        };
        // A kept token may have been revoked, so the service may know only a new one.
        let renewal: Renewal = Box::new(move |_| self.exchange(file.as_deref()));
        Ok(Session { token: Some(kept), renewal: Some(renewal), ..Session::default() })
    }

    /// Exchanges the token, and keeps the access token in `file`.
    fn exchange(&self, file: Option<&Path>) -> Result<Option<SecretString>, Error> {
        let mut granted = Credentials::default();
        let provider =
            Provider { settings: &self.http, insecure: self.insecure, reports: &self.reports };
        provider
            .exchange_api_token(&self.url, self.token.expose_secret(), &mut granted)
            .map_err(for_a_command)?;
        if let Some(file) = file {
            // Without the file, the next command exchanges the token again.
            let _ = keep(file, &granted);
        }
        Ok(granted.access_token.map(|token| SecretString::from(token.as_str())))
    }

    /// Returns a name that only whoever has the token can know.
    fn file_name(&self) -> String {
        let text = format!("{}\n{}", self.url, self.token.expose_secret());
        let hash = digest::digest(&digest::SHA256, text.as_bytes());
        let hash: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("token-{hash}.json")
    }
}

/// Returns the token endpoint for an API token from the environment.
pub fn exchange_url(base: &BaseUrl, token: &SecretString, origin: &str) -> Result<String, Error> {
    if let Some(url) = variable(env_vars::API_TOKEN_URL)? {
        return Ok(url);
    }
    if token.expose_secret().starts_with("vdk_") {
        return Ok(base.join(vdk_api::route::TOKEN));
    }
    Err(Error::usage("Cannot exchange the API token.")
        .why(format!("{origin} is set, but {} is not.", env_vars::API_TOKEN_URL))
        .help(format!("Set {} to the provider's token endpoint.", env_vars::API_TOKEN_URL)))
}

fn keep(file: &Path, granted: &Credentials) -> std::io::Result<()> {
    vdk_platform::make_folder(file.parent().unwrap_or(Path::new(".")))?;
    private_file::put(file, granted.to_json().as_bytes(), ".token-")
}

fn kept(file: &Path) -> Option<Credentials> {
    Credentials::parse(&private_file::read(file).ok()?).ok()
}

/// Returns the folder of the user's session, if it is in memory and nobody else may read it.
fn runtime_folder() -> Option<PathBuf> {
    let folder = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from)?;
    let is_good = folder.is_absolute()
        && private_file::is_private(&folder)
        && private_file::is_in_memory(&folder);
    is_good.then_some(folder)
}
