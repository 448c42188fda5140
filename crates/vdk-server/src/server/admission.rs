//! Decides who gets a connection when there are too many. One address cannot take all places, and a
//! connection without a request gives its place to a new one.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::activity::Activity;
use crate::auth::Limiter;
use crate::metrics::Metrics;

/// Longest wait for a connection that gives its place away.
const LEAVING: Duration = Duration::from_secs(1);
/// Attempts to find one that does: a request may begin on it at that moment.
const ATTEMPTS: usize = 3;
/// Shortest time between two warnings.
const WARNING: Duration = Duration::from_secs(60);
/// Most descriptors that are kept for files, storages and providers.
const RESERVE: usize = 1024;

/// The open connections.
pub struct Connections {
    most: usize,
    most_per_address: usize,
    open: Mutex<Open>,
    metrics: Arc<Metrics>,
    warned: Mutex<(Option<Instant>, u64)>,
}

#[derive(Default)]
struct Open {
    next: u64,
    all: HashMap<u64, Arc<Entry>>,
    addresses: HashMap<String, usize>,
}

struct Entry {
    address: String,
    activity: Arc<Activity>,
    leave: Notify,
    left: Notify,
}

/// The place of a connection. It is free again when this is dropped.
pub struct Place {
    id: u64,
    entry: Arc<Entry>,
    connections: Arc<Connections>,
}

impl Connections {
    /// Makes room for `most` connections, or for fewer if the system allows the process no more
    /// than `descriptors` open files.
    pub fn new(most: usize, descriptors: Option<u64>, metrics: Arc<Metrics>) -> Self {
        let allowed = descriptors.map_or(usize::MAX, |limit| {
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            limit - (limit / 2).min(RESERVE)
        });
        if allowed < most {
            tracing::warn!(
                "the limit of open files leaves room for {allowed} connections in place of {most} \
                 (server.tomcat.max-connections): raise it (ulimit -n, LimitNOFILE)"
            );
        }
        let most = most.min(allowed).max(1);
        Connections {
            most,
            // Load tests and proxies may come from one address, and must leave room for others.
            most_per_address: most.div_ceil(4) * 3,
            open: Mutex::default(),
            metrics,
            warned: Mutex::default(),
        }
    }

    /// Returns a place for a connection from `address`, or `None` if others hold all of them. If
    /// not `is_limited`, as for a proxy, the address may take all places.
    pub async fn admit(self: &Arc<Self>, address: IpAddr, is_limited: bool) -> Option<Place> {
        let address = Limiter::name(Some(address));
        for _ in 0..ATTEMPTS {
            let leaving = {
                let mut open = self.lock();
                let of_address = open.addresses.get(&address).copied().unwrap_or(0);
                let is_over = is_limited && of_address >= self.most_per_address;
                if !is_over && open.all.len() < self.most {
                    return Some(self.add(&mut open, address));
                }
                open.idlest(is_over.then_some(&*address))
            };
            let Some(leaving) = leaving else { break };
            leaving.leave.notify_one();
            if timeout(LEAVING, leaving.left.notified()).await.is_ok() {
                self.refused("An idle one was closed for a new one");
            }
        }
        self.refused("New ones are closed at once");
        None
    }

    /// Reports that a connection could not be accepted.
    pub fn failed(&self, error: &std::io::Error) {
        self.refused(&format!("One cannot be accepted ({error})"));
    }

    fn add(self: &Arc<Self>, open: &mut Open, address: String) -> Place {
        let (id, activity) = (open.next, Arc::new(Activity::new()));
        open.next += 1;
        *open.addresses.entry(address.clone()).or_default() += 1;
        let entry = Entry { address, activity, leave: Notify::new(), left: Notify::new() };
        let entry = Arc::new(entry);
        open.all.insert(id, entry.clone());
        self.metrics.connections.inc();
        Place { id, entry, connections: self.clone() }
    }

    /// Counts a connection that was closed for want of room, and warns once a minute.
    fn refused(&self, what: &str) {
        self.metrics.connection_refused();
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, count) = &mut *warned;
        *count += 1;
        if last.is_none_or(|last| last.elapsed() >= WARNING) {
            tracing::warn!(
                closed = *count,
                most = self.most,
                most_of_one_address = self.most_per_address,
                "too many connections. {what}. If they are legitimate, raise \
                 server.tomcat.max-connections; the next warning comes in a minute at the earliest"
            );
            (*last, *count) = (Some(Instant::now()), 0);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Returns the connection that leaves first, of one address or of all.
    fn idlest(&self, address: Option<&str>) -> Option<Arc<Entry>> {
        let of_address = |entry: &&Arc<Entry>| address.is_none_or(|one| entry.address == one);
        let idle = |entry: &Arc<Entry>| Some((entry.activity.idle()?, entry.clone()));
        let all = self.all.values().filter(of_address).filter_map(idle);
        all.min_by_key(|(idle, _)| *idle).map(|(_, entry)| entry)
    }
}

impl Place {
    /// Returns the state of the connection.
    pub fn activity(&self) -> &Arc<Activity> {
        &self.entry.activity
    }

    /// Waits until the connection must leave. It need not if a request has begun meanwhile.
    pub async fn leave(&self) {
        loop {
            self.entry.leave.notified().await;
            if self.entry.activity.idle().is_some() {
                return;
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.connections.lock();
        open.all.remove(&self.id);
        if let Some(count) = open.addresses.get_mut(&self.entry.address) {
            *count -= 1;
            if *count == 0 {
                open.addresses.remove(&self.entry.address);
            }
        }
        self.connections.metrics.connections.dec();
        self.entry.left.notify_one();
    }
}
