//! The socket that the service listens on.

use std::io::{Error, ErrorKind};
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

use super::ServeError;

/// Most connections that wait to be accepted; the system may allow fewer.
const QUEUE: u32 = 4096;
/// Ports below this one are for root, unless the system's administrator says otherwise.
const UNPRIVILEGED: u16 = 1024;

/// Takes `address` for a socket that does not listen yet: a client would wait for the start.
pub fn bind(address: SocketAddr) -> Result<TcpSocket, ServeError> {
    let bind = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // Elsewhere, it would let another program take the address over.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(socket)
    };
    bind().map_err(|error| failed(address, &error))
}

/// Lets the socket at `address` listen with a long queue: a client that finds it full retries only
/// after a second.
pub fn listen(socket: TcpSocket, address: SocketAddr) -> Result<TcpListener, ServeError> {
    socket.listen(QUEUE).map_err(|error| failed(address, &error))
}

fn failed(address: SocketAddr, error: &Error) -> ServeError {
    ServeError(format!("cannot listen on {address}: {}", reason(address, error)))
}

/// Returns the cause of a failure, and what to do.
fn reason(address: SocketAddr, error: &Error) -> String {
    match error.kind() {
        ErrorKind::AddrInUse => {
            "another program uses this port. Stop it, or set another server.port".into()
        }
        ErrorKind::AddrNotAvailable => format!(
            "no network interface of this machine has the address {}. Set server.address to one of \
             this machine, or to 0.0.0.0 for all",
            address.ip()
        ),
        ErrorKind::PermissionDenied if address.port() < UNPRIVILEGED => format!(
            "this user may not use ports below {UNPRIVILEGED}. Set another server.port, or give \
             the service the right: AmbientCapabilities=CAP_NET_BIND_SERVICE in its systemd unit"
        ),
        _ => error.to_string(),
    }
}
