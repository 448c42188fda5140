//! Numbers that are gathered when somebody asks for metrics: connections to storages, leases, the
//! certificate, and the audit log.

use std::time::Duration;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::storage::{EngineStatus, PoolStatus};

/// The numbers of one moment.
#[derive(Default)]
pub struct Now {
    /// The storages by the name of their engine.
    pub engines: Vec<(&'static str, EngineStatus)>,
    /// The end of the certificate in seconds since 1970.
    pub certificate_end: Option<i64>,
    /// True if the audit log cannot be written.
    pub audit_blocked: bool,
    /// The bytes of lines that the audit log owes.
    pub audit_owed: usize,
}

type ByEngine = Family<[(&'static str, &'static str); 1], Gauge>;

impl Now {
    /// Makes the metrics of these numbers. What there is none of has no metric.
    pub(super) fn registry(&self) -> Registry {
        let mut registry = Registry::with_prefix("vdk");
        self.add_pools(&mut registry);
        let leases = self
            .engines
            .iter()
            .filter_map(|(engine, status)| Some((*engine, whole_seconds(status.lease?))));
        add(
            &mut registry,
            "storage_lease_seconds",
            "Time until the service's token for the engine expires, unless it is renewed",
            leases,
        );
        if let Some(end) = self.certificate_end {
            let about = "End of the server certificate in seconds since 1970";
            registry.register("certificate_end_timestamp_seconds", about, gauge(end));
        }
        registry.register(
            "audit_blocked",
            "1 if the audit log cannot be written, so that requests are refused",
            gauge(self.audit_blocked.into()),
        );
        let about = "Bytes of audit lines that are still to be written";
        registry.register("audit_owed_bytes", about, gauge(number(self.audit_owed)));
        registry
    }

    fn add_pools(&self, registry: &mut Registry) {
        type Number = fn(&PoolStatus) -> usize;
        let numbers: [(&str, &str, Number); 4] = [
            ("storage_pool_max_connections", "Most connections to the engine", |pool| pool.most),
            ("storage_pool_connections", "Connections to the engine", |pool| pool.open),
            ("storage_pool_connections_in_use", "Connections that requests hold", |pool| pool.used),
            ("storage_pool_waiting", "Requests that wait for a connection", |pool| pool.waiting),
        ];
        for (name, about, of) in numbers {
            let pools = self.engines.iter().filter_map(|(engine, status)| {
                status.pool.as_ref().map(|pool| (*engine, number(of(pool))))
            });
            add(registry, name, about, pools);
        }
    }
}

fn add(
    registry: &mut Registry,
    name: &str,
    about: &str,
    values: impl Iterator<Item = (&'static str, i64)>,
) {
    let family = ByEngine::default();
    let mut is_empty = true;
    for (engine, value) in values {
        family.get_or_create(&[("engine", engine)]).set(value);
        is_empty = false;
    }
    if !is_empty {
        registry.register(name, about, family);
    }
}

fn gauge(value: i64) -> Gauge {
    let gauge = Gauge::default();
    gauge.set(value);
    gauge
}

fn number(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn whole_seconds(time: Duration) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}
