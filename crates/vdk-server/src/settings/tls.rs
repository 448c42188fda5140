//! The settings of TLS, with the names of Spring Boot.

use std::path::PathBuf;

use super::{SettingsError, Sources, names};
use crate::tls::TlsFiles;

/// Reads the files for TLS; `None` for plain HTTP.
pub fn files(sources: &Sources) -> Result<Option<TlsFiles>, SettingsError> {
    let path = |name| -> Option<PathBuf> { sources.text(name).map(PathBuf::from) };
    let client_authorities = match sources.text(names::CLIENT_AUTH).as_deref() {
        None | Some("none") => None,
        Some("need") => Some(path(names::CLIENT_AUTHORITIES).ok_or_else(|| {
            let why = format!("it needs {}, which is not set", names::CLIENT_AUTHORITIES);
            sources.invalid(names::CLIENT_AUTH, &why)
        })?),
        Some(_) => {
            let why = "need or none is expected: an optional client certificate protects nothing";
            return Err(sources.invalid(names::CLIENT_AUTH, why));
        }
    };
    if client_authorities.is_none() && path(names::CLIENT_AUTHORITIES).is_some() {
        let why = format!("it has no effect without {}=need", names::CLIENT_AUTH);
        return Err(sources.invalid(names::CLIENT_AUTHORITIES, &why));
    }
    match (path(names::CERTIFICATE), path(names::CERTIFICATE_KEY)) {
        (Some(chain), Some(key)) => Ok(Some(TlsFiles { chain, key, client_authorities })),
        (None, None) if client_authorities.is_some() => {
            let why = format!("it needs TLS, but {} is not set", names::CERTIFICATE);
            Err(sources.invalid(names::CLIENT_AUTH, &why))
        }
        (None, None) => Ok(None),
        _ => Err(SettingsError(format!(
            "{} and {} go together: set both, or neither for plain HTTP",
            names::CERTIFICATE,
            names::CERTIFICATE_KEY
        ))),
    }
}
