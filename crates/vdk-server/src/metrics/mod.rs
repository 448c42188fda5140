//! The metrics that `/metrics` returns: counters that requests advance, and numbers that are
//! gathered for each answer.

mod format;
mod now;
mod process;

use std::sync::atomic::AtomicU64;
use std::time::Duration;

pub use format::Format;
pub use now::Now;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use vdk_api::Collection;

use crate::build_info::{VERSION, details};
use crate::storage::{Histograms, StorageSeconds, histogram};

type Labels<const N: usize> = [(&'static str, String); N];

/// The labels of answered requests.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    operation: &'static str,
    method: &'static str,
    status: u16,
}

/// The service's counters.
pub struct Metrics {
    registry: Registry,
    requests: Family<Answer, Counter>,
    seconds: Histograms<1>,
    backend_errors: Family<Labels<2>, Counter>,
    written: Family<Labels<1>, Counter>,
    /// Connections that are open now.
    pub connections: Gauge<i64, std::sync::atomic::AtomicI64>,
    refused: Counter<u64, AtomicU64>,
    storage: StorageSeconds,
    start: f64,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("vdk");
        let requests = Family::default();
        let seconds = Family::new_with_constructor(histogram as fn() -> Histogram);
        let backend_errors = Family::default();
        let written = Family::default();
        let connections = Gauge::default();
        let refused = Counter::default();
        let storage = StorageSeconds::default();
        let mut build = vec![("version", VERSION)];
        build.extend(details());
        registry.register("build", "The program that runs", Info::new(build));
        registry.register("requests", "Requests answered", requests.clone());
        registry.register("request_seconds", "Time from request to response", seconds.clone());
        let about = "Time that a storage engine took for an operation, without the wait before it";
        storage.register(&mut registry, "storage_seconds", about);
        registry.register(
            "backend_errors",
            "Requests that failed in a storage engine",
            backend_errors.clone(),
        );
        registry.register("versions_written", "Versions of documents written", written.clone());
        registry.register("connections", "Connections open now", connections.clone());
        registry.register(
            "connections_refused",
            "Connections closed because there were too many",
            refused.clone(),
        );
        Metrics {
            registry,
            requests,
            seconds,
            backend_errors,
            written,
            connections,
            refused,
            storage,
            start: process::now(),
        }
    }
}

/// Returns the name under which requests of this method are counted. A client could otherwise create any
/// number of labels.
pub fn method(method: &str) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method).unwrap_or("other")
}

impl Metrics {
    /// Counts an answered request. `method` is one that [`method`] returns.
    pub fn count(
        &self,
        operation: &'static str,
        method: &'static str,
        status: u16,
        spent: Duration,
    ) {
        self.requests.get_or_create(&Answer { operation, method, status }).inc();
        self.seconds.get_or_create(&[("operation", operation)]).observe(spent.as_secs_f64());
    }

    /// Counts a failure of a storage engine.
    pub fn backend_failed(&self, backend: &'static str, kind: &'static str) {
        let labels = [("backend", backend.to_string()), ("kind", kind.to_string())];
        self.backend_errors.get_or_create(&labels).inc();
    }

    /// Counts a version that was written.
    pub fn version_written(&self, collection: Collection) {
        self.written.get_or_create(&[("collection", collection.to_string())]).inc();
    }

    /// Counts a connection for which there was no room.
    pub fn connection_refused(&self) {
        self.refused.inc();
    }

    /// Returns what counts the time of storage engines.
    pub fn storage(&self) -> StorageSeconds {
        self.storage.clone()
    }

    /// Returns all metrics as text.
    pub fn text(&self, now: &Now, format: Format) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode_registry(&mut text, &self.registry);
        let _ = encode_registry(&mut text, &now.registry());
        let _ = encode_registry(&mut text, &process::registry(self.start));
        let _ = encode_eof(&mut text);
        format.of(text)
    }
}
