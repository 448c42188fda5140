//! A connection to a storage that becomes slow or breaks: everything goes through here, at once,
//! byte by byte, or not at all.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How what a storage answers is handed on.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum Pace {
    AtOnce,
    /// Ten bytes a second.
    Dripping,
    /// Not until it is faster again.
    Held,
}

pub struct Slow {
    pub address: SocketAddr,
    pace: Arc<AtomicU8>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Slow {
    /// Stands before `storage`; its threads end with the connections.
    pub fn before(storage: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let pace = Arc::new(AtomicU8::new(0));
        let open = Arc::new(Mutex::new(Vec::new()));
        let (shared, opened) = (pace.clone(), open.clone());
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
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
        Slow { address, pace, open }
    }

    /// Breaks every connection off, wherever what it carries is.
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
