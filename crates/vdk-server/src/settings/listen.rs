//! The settings of the address and of TLS. They alone are enough to ask a running service, as a
//! health check does that cannot read the service's secrets.

use std::net::SocketAddr;

use super::{SettingsError, Sources, address, tls};
use crate::tls::TlsFiles;

/// How clients reach the service.
#[derive(Debug)]
pub struct Listen {
    /// The address to listen on.
    pub address: SocketAddr,
    /// The files for TLS; `None` for plain HTTP.
    pub tls: Option<TlsFiles>,
}

impl Listen {
    /// Validates these settings in `sources`.
    pub fn from_sources(sources: &Sources) -> Result<Self, SettingsError> {
        Ok(Listen { address: address::listen(sources)?, tls: tls::files(sources)? })
    }
}
