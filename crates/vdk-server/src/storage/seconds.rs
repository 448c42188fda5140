//! The time that storage engines take, for metrics.

use std::time::Instant;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Histograms by so many labels.
pub type Histograms<const N: usize> =
    Family<[(&'static str, &'static str); N], Histogram, fn() -> Histogram>;

/// The time that storage engines take. Clones count together.
#[derive(Clone)]
pub struct StorageSeconds(Histograms<2>);

/// Makes a histogram of times from 1 ms to 10 s.
pub fn histogram() -> Histogram {
    Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0])
}

impl Default for StorageSeconds {
    fn default() -> Self {
        StorageSeconds(Family::new_with_constructor(histogram))
    }
}

impl StorageSeconds {
    /// Registers the histograms under `name`.
    pub fn register(&self, registry: &mut Registry, name: &str, about: &str) {
        registry.register(name, about, self.0.clone());
    }

    /// Runs an operation of an engine and counts its time.
    pub async fn time<T>(
        &self,
        engine: &'static str,
        operation: &'static str,
        work: impl Future<Output = T>,
    ) -> T {
        let began = Instant::now();
        let done = work.await;
        let labels = [("engine", engine), ("operation", operation)];
        self.0.get_or_create(&labels).observe(began.elapsed().as_secs_f64());
        done
    }
}
