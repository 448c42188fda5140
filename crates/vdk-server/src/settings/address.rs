//! The settings of the address to listen on, and of the destination of the audit log.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use super::spelling::is_link;
use super::{SettingsError, Sources, names};
use crate::audit::Target;

/// Names of the standard output that are not files of their own.
const STDOUT: [&str; 5] = ["-", "stdout", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

/// Returns the address to listen on.
pub fn listen(sources: &Sources) -> Result<SocketAddr, SettingsError> {
    let address: String = sources.parsed(names::ADDRESS, "")?;
    let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let ip: Option<IpAddr> = match bare.unwrap_or(&address) {
        "localhost" => Some(Ipv4Addr::LOCALHOST.into()),
        text => text.parse().ok(),
    };
    let ip = ip.ok_or_else(|| {
        let why = "an IP address is expected, such as 127.0.0.1, or 0.0.0.0 for all addresses";
        sources.invalid(names::ADDRESS, why)
    })?;
    if sources.text(names::PORT).is_some_and(|port| is_link(&port)) {
        let why = "Kubernetes sets this variable for a Service named server. Set \
                   enableServiceLinks: false in the pod, or give the port with --port";
        return Err(sources.invalid(names::PORT, why));
    }
    let port = sources.parsed(names::PORT, "a port from 0 to 65535 is expected")?;
    Ok(SocketAddr::new(ip, port))
}

/// Returns the destination of the audit log. `folder` is that of the embedded store, if it is used.
pub fn audit(sources: &Sources, folder: Option<&Path>) -> Result<Target, SettingsError> {
    let Some(text) = sources.text(names::AUDIT) else {
        let file = folder.map(|folder| Target::File(folder.join("audit.jsonl")));
        return Ok(file.unwrap_or(Target::Stdout));
    };
    let why = match text.as_str() {
        "none" => return Ok(Target::None),
        text if STDOUT.contains(&text) => return Ok(Target::Stdout),
        "/dev/null" => "for no audit log, set it to none",
        text if text.starts_with("/dev/") || text.starts_with("/proc/") => {
            "this is not a regular file. Only the standard output (-) is possible besides files"
        }
        text if Path::new(text).is_absolute() => return Ok(Target::File(text.into())),
        _ => {
            "an absolute path is expected, - for standard output, or none. A relative one would \
             depend on where the service is started"
        }
    };
    Err(sources.invalid(names::AUDIT, why))
}
