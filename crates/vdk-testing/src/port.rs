//! Reserves ports for servers whose port must be known before they listen.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{TcpListener, UdpSocket};

/// Returns a free port that no other test gets while this program runs.
///
/// The port is below those that the system assigns to connections (from 32,768 in Linux). Otherwise
/// a client that retries after a server has ended could be assigned this very port. It would
/// connect to itself, and the server could not start again.
pub fn free_port() -> u16 {
    loop {
        let random = RandomState::new().build_hasher().finish();
        let port = 20_000 + u16::try_from(random % 12_000).unwrap();
        // Other tests check the UDP port, which none of the servers uses.
        let Ok(reserved) = UdpSocket::bind(("127.0.0.1", port)) else { continue };
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            std::mem::forget(reserved);
            return port;
        }
    }
}
