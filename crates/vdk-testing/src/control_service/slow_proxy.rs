//! A proxy in front of a storage that delays, holds back or cuts what the storage sends.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The speed at which the storage's bytes are forwarded.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum Pace {
    AtOnce,
    /// Ten bytes a second.
    Dripping,
    /// Nothing, until the pace changes.
    Held,
}

pub struct SlowProxy {
    pub address: SocketAddr,
    storage: Arc<Mutex<SocketAddr>>,
    pace: Arc<AtomicU8>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl SlowProxy {
    /// Starts a proxy for `storage`. Its threads end with the connections.
    pub fn in_front_of(storage: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let pace = Arc::new(AtomicU8::new(0));
        let open = Arc::new(Mutex::new(Vec::new()));
        let (shared, opened) = (pace.clone(), open.clone());
        let storage = Arc::new(Mutex::new(storage));
        let leads_to = storage.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let storage = *leads_to.lock().unwrap();
                let Ok(server) = TcpStream::connect(storage) else { continue };
                let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                opened
                    .lock()
                    .unwrap()
                    .extend([client.try_clone(), server.try_clone()].map(Result::unwrap));
                let at_once = Arc::new(AtomicU8::new(0));
                std::thread::spawn(move || hand_on(from, to, &at_once));
                let pace = shared.clone();
                std::thread::spawn(move || hand_on(server, client, &pace));
            }
        });
        SlowProxy { address, storage, pace, open }
    }

    /// Leads new connections to another storage. Those that are open stay where they are, as behind
    /// an address that moves in a failover.
    pub fn lead_to(&self, storage: SocketAddr) {
        *self.storage.lock().unwrap() = storage;
    }

    /// Closes all connections, even in the middle of a response.
    pub fn cut(&self) {
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    pub fn pace(&self, pace: Pace) {
        self.pace.store(pace as u8, Ordering::Relaxed);
    }
}

fn hand_on(mut from: TcpStream, mut to: TcpStream, pace: &AtomicU8) {
    let mut part = [0; 16 * 1024];
    while let Ok(bytes) = from.read(&mut part) {
        let mut left = &part[..bytes];
        if bytes == 0 {
            break;
        }
        while !left.is_empty() {
            let now = match pace.load(Ordering::Relaxed) {
                0 => left.len(),
                1 => 1,
                _ => 0,
            };
            if to.write_all(&left[..now]).is_err() {
                return;
            }
            left = &left[now..];
            if !left.is_empty() {
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
