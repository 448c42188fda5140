//! The metrics that `/metrics` returns in the text format of Prometheus.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use vdk_api::Collection;

use crate::audit::Entry;

type Labels<const N: usize> = [(&'static str, String); N];

/// The service's counters.
pub struct Metrics {
    registry: Registry,
    requests: Family<Labels<3>, Counter>,
    seconds: Family<Labels<1>, Histogram, fn() -> Histogram>,
    backend_errors: Family<Labels<2>, Counter>,
    written: Family<Labels<1>, Counter>,
    /// Connections that are open now.
    pub connections: Gauge<i64, std::sync::atomic::AtomicI64>,
    refused: Counter<u64, AtomicU64>,
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
        registry.register("requests", "Requests answered", requests.clone());
        registry.register("request_seconds", "Time from request to response", seconds.clone());
        registry.register(
            "backend_errors",
            "Requests that failed in a storage engine",
            backend_errors.clone(),
        );
        registry.register("versions_written", "Versions of documents written", written.clone());
        registry.register("connections", "Connections open now", connections.clone());
        registry.register(
            "connections_refused",
            "Connections closed immediately because there were too many",
            refused.clone(),
        );
        Metrics { registry, requests, seconds, backend_errors, written, connections, refused }
    }
}

impl Metrics {
    /// Counts an answered request.
    pub fn count(&self, entry: &Entry, spent: Duration) {
        let operation = || entry.operation.to_string();
        // A client could otherwise create any number of labels.
        let method = match entry.method.as_str() {
            known @ ("GET" | "HEAD" | "PUT" | "POST" | "DELETE" | "PATCH" | "OPTIONS") => known,
            _ => "other",
        };
        let labels = [
            ("operation", operation()),
            ("method", method.to_string()),
            ("status", entry.status.to_string()),
        ];
        self.requests.get_or_create(&labels).inc();
        self.seconds.get_or_create(&[("operation", operation())]).observe(spent.as_secs_f64());
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

    /// Returns all metrics as text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

fn histogram() -> Histogram {
    Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0])
}
