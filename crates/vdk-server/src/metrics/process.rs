//! The metrics of the process, with the names that all programs have for Prometheus.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Metric, Registry};

/// Returns the time in seconds since 1970.
pub fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs_f64()
}

/// Makes the metrics of this process, which started at `start`.
pub fn registry(start: f64) -> Registry {
    let mut registry = Registry::with_prefix("process");
    let gauge = ConstGauge::new;
    registry.register("start_time_seconds", "Time of the start since 1970", gauge(start));
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit};
        add(&mut registry, "cpu_seconds", "Processor time used", cpu().map(ConstCounter::new));
        // Without a limit, there is no number.
        let limit = getrlimit(Resource::Nofile).current.map(gauge_of);
        add(&mut registry, "max_fds", "Most files that may be open", limit);
    }
    #[cfg(target_os = "linux")]
    {
        let memory = memory();
        let (all, resident) = memory.unzip();
        add(&mut registry, "virtual_memory_bytes", "Address space in use", all.map(gauge_of));
        add(&mut registry, "resident_memory_bytes", "Memory in use", resident.map(gauge_of));
        add(&mut registry, "open_fds", "Files open now", open_files().map(gauge_of));
    }
    registry
}

fn add(registry: &mut Registry, name: &str, about: &str, metric: Option<impl Metric>) {
    if let Some(metric) = metric {
        registry.register(name, about, metric);
    }
}

/// Metrics are floating point numbers to their readers.
#[allow(clippy::cast_precision_loss, reason = "Prometheus has no other numbers")]
fn gauge_of(number: u64) -> ConstGauge<f64> {
    ConstGauge::new(number as f64)
}

#[cfg(unix)]
fn cpu() -> Option<f64> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).ok().map(|time| time.as_secs_f64())
}

/// Returns the address space and the resident memory in bytes (`proc_pid_statm(5)`).
#[cfg(target_os = "linux")]
fn memory() -> Option<(u64, u64)> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let size = u64::try_from(rustix::param::page_size()).ok()?;
    let mut bytes = pages.split_whitespace().map_while(|pages| pages.parse::<u64>().ok());
    Some((bytes.next()? * size, bytes.next()? * size))
}

#[cfg(target_os = "linux")]
fn open_files() -> Option<u64> {
    // One of them is the folder itself.
    u64::try_from(std::fs::read_dir("/proc/self/fd").ok()?.count()).ok()?.checked_sub(1)
}
