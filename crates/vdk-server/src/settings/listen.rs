//! The settings of the address and of TLS. They alone are enough to ask a running service, as a
//! health check does that cannot read the service's secrets.

use std::net::{IpAddr, SocketAddr};

use super::{SettingsError, Sources, names, tls};
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
        let ip: IpAddr = sources.parsed(names::ADDRESS, "an IP address is expected")?;
        let port = sources.parsed(names::PORT, "a port from 0 to 65535 is expected")?;
        Ok(Listen { address: SocketAddr::new(ip, port), tls: tls::files(sources)? })
    }
}
