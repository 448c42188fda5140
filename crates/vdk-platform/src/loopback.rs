//! Tells what stays on this machine, and may therefore go without TLS.

use url::{Host, Url};

/// Returns whether what is sent to `url` stays on this machine. Names below `localhost` are not taken
/// for that here: not every resolver keeps them on the machine, as RFC 6761, section 6.3, asks for.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
