//! Ports for those that have to be told theirs before they listen.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{TcpListener, UdpSocket};

/// A port on which nobody listens, and that no other test gets while this program runs.
///
/// It is below those that the system gives to connections (32,768 and up in Linux): a client that tries
/// again and again where nobody listens any more is otherwise given that very port in the end, is
/// connected to itself, and the server that should come back finds its place taken.
pub fn free_port() -> u16 {
    loop {
        let random = RandomState::new().build_hasher().finish();
        let port = 20_000 + u16::try_from(random % 12_000).unwrap();
        // The other tests ask by the UDP port, which none of the servers wants.
        let Ok(reserved) = UdpSocket::bind(("127.0.0.1", port)) else { continue };
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            std::mem::forget(reserved);
            return port;
        }
    }
}
