//! Runs requests on the thread that waits for their responses. The blocking client of reqwest would
//! start a thread of its own, which costs a tenth of a short command.

use std::io;
use std::net::ToSocketAddrs;
use std::thread;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

/// Creates what drives the connections of one client.
pub fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// Resolves names in a thread for each. A runtime's own pool panics if it cannot start one, and waits
/// for a name server that hangs when the runtime is dropped.
pub struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (sender, addresses) = oneshot::channel();
        let thread = thread::Builder::new().spawn(move || {
            // Nobody waits any more after the timeout of the connection.
            let _ = sender.send((name.as_str(), 0).to_socket_addrs());
        });
        Box::pin(async move {
            thread.map_err(|error| {
                io::Error::other(format!(
                    "no thread can be started for it ({error}): raise the limit of processes \
                     (ulimit -u, or that of the container)"
                ))
            })?;
            let addresses = addresses.await??;
            Ok(Box::new(addresses) as Addrs)
        })
    }
}
